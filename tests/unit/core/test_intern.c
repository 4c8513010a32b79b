/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A text of its own for each number, of very different sizes. */
static sk_str text_of(uint32_t number, sk_buf *scratch)
{
    sk_buf_reset(scratch);
    sk_buf_printf(scratch, "%u", number);
    for (uint32_t i = 0; i < number % 41; i++)
        sk_buf_text(scratch, "x");
    if (number % 5000 == 17) {
        for (uint32_t i = 0; i < 70000 + number; i++)
            sk_buf_text(scratch, "y");
    }
    return sk_buf_view(scratch);
}

static void test_add__gives_dense_numbers(void **state)
{
    enum { COUNT = 60000 };
    sk_intern *intern = sk_intern_new();
    sk_buf scratch = {0};

    (void)state;
    for (uint32_t i = 1; i <= COUNT; i++)
        assert_int_equal(sk_intern_add(intern, text_of(i, &scratch)), i);
    assert_int_equal(sk_intern_count(intern), COUNT);
    for (uint32_t i = 1; i <= COUNT; i++) {
        sk_str text = text_of(i, &scratch);

        assert_int_equal(sk_intern_find(intern, text), i);
        assert_int_equal(sk_intern_add(intern, text), i);
        assert_true(sk_str_eq(sk_intern_str(intern, i), text));
    }
    assert_int_equal(sk_intern_find(intern, SK_STR("absent")), 0);
    assert_int_equal(sk_intern_str(intern, 0).size, 0);
    assert_int_equal(sk_intern_str(intern, COUNT + 1).size, 0);
    sk_buf_done(&scratch);
    sk_intern_free(intern);
}

static void test_add__takes_empty_and_binary(void **state)
{
    sk_intern *intern = sk_intern_new();

    (void)state;
    assert_int_equal(sk_intern_find(intern, SK_STR("")), 0);
    assert_int_equal(sk_intern_add(intern, SK_STR("")), 1);
    assert_int_equal(sk_intern_add(intern, (sk_str){NULL, 0}), 1);
    assert_int_equal(sk_intern_add(intern, SK_STR("a\0b")), 2);
    assert_int_equal(sk_intern_add(intern, SK_STR("a\0c")), 3);
    sk_intern_free(intern);
    sk_intern_free(NULL);
}

static void test_add__is_tight(void **state)
{
    sk_intern *intern = sk_intern_new();
    char id[37];
    double each = 0;

    (void)state;
    for (uint64_t seq = 0; seq < 200000; seq++) {
        sk_id_make(1, seq, id);
        sk_intern_add(intern, sk_str_from(id));
    }
    each = (double)sk_intern_memory(intern) / 200000;
    print_message("memory: %.1f bytes for a string of 36\n", each);
    assert_true(each < 36 + 20);
    sk_intern_free(intern);
}

static void test_add__unchanged_without_memory(void **state)
{
    sk_buf scratch = {0};
    uint32_t count = 0;
    sk_intern *intern = NULL;

    (void)state;
    for (long fail = 0; fail < 2; fail++) {
        sk_alloc_fail_after(fail);
        assert_null(sk_intern_new());
    }
    sk_alloc_fail_after(-1);
    intern = sk_intern_new();
    for (uint32_t i = 1; i <= 3000; i++) {
        sk_str text = text_of(i, &scratch);

        sk_alloc_fail_after(0);
        if (sk_intern_add(intern, text) == 0) {
            assert_int_equal(sk_intern_count(intern), count);
            assert_int_equal(sk_intern_find(intern, text), 0);
        }
        sk_alloc_fail_after(-1);
        assert_int_equal(sk_intern_add(intern, text), i);
        count = i;
    }
    sk_buf_done(&scratch);
    sk_intern_free(intern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add__gives_dense_numbers),
        cmocka_unit_test(test_add__takes_empty_and_binary),
        cmocka_unit_test(test_add__is_tight),
        cmocka_unit_test(test_add__unchanged_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
