/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_names__there_and_back(void **state)
{
    (void)state;
    for (int i = SK_KIND_NEED; i <= SK_KIND_ACTIVITY; i++)
        assert_int_equal(sk_kind_from(sk_str_from(sk_kind_name((sk_kind)i))), i);
    for (int i = SK_ROLE_RESIDENT; i <= SK_ROLE_CHANNEL; i++)
        assert_int_equal(sk_role_from(sk_str_from(sk_role_name((sk_role)i))), i);
    assert_string_equal(sk_state_name(SK_STATE_PROPOSED), "PROPOSED");
    assert_string_equal(sk_state_name(SK_STATE_ENDED), "ENDED");
    assert_string_equal(sk_listing_status_name(SK_LISTING_EXPIRED), "EXPIRED");
    assert_string_equal(sk_role_name(SK_ROLE_RULE_AUTHOR), "RULE_AUTHOR");
    for (int i = 0; i < SK_RELAX_BITS; i++)
        assert_int_equal(sk_relax_from(sk_str_from(sk_relax_name((sk_relax_bit)(1 << i)))), 1 << i);
    assert_null(sk_relax_name((sk_relax_bit)3));
    assert_int_equal(sk_relax_from(SK_STR("traits")), 0);
    assert_null(sk_kind_name(SK_KIND_NONE));
    assert_null(sk_kind_name((sk_kind)7));
    assert_null(sk_state_name((sk_state)12));
    assert_null(sk_state_name((sk_state)-1));
    assert_int_equal(sk_kind_from(SK_STR("need")), 0);
    assert_int_equal(sk_kind_from(SK_STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names__there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
