/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/facts.h"

/** Any set of distinct names, few or many to a bucket: each is found, and nothing else. */
static void test_attr__finds_each_name_and_no_other(void **state)
{
    unsigned short seed[3] = {1, 2, 3};

    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint32_t most = 1 + (uint32_t)nrand48(seed) % 200, count = 0;
        sk_attr_facts attrs[32];
        bool there[201] = {false};
        sk_facts facts = {0};

        for (uint32_t i = (uint32_t)nrand48(seed) % 33; i > 0; i--) {
            uint32_t name = 1 + (uint32_t)nrand48(seed) % most;

            if (there[name])
                continue;
            there[name] = true;
            attrs[count++] = (sk_attr_facts){name, SK_ATTR_NUMBER, name * 2.0};
        }
        sk_facts_set_attrs(&facts, attrs, count);
        assert_int_equal(facts.attr_count, count);
        for (uint32_t name = 1; name <= 200; name++) {
            const sk_attr_facts *found = sk_facts_attr(&facts, name);

            assert_int_equal(found != NULL, there[name]);
            if (found)
                assert_true(found->name == name && found->value == name * 2.0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attr__finds_each_name_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
