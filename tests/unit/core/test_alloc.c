/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_alloc_fail_after__fails_the_next_ones(void **state)
{
    void *memory = NULL;

    (void)state;
    sk_alloc_fail_after(2);
    memory = sk_malloc(8);
    assert_non_null(memory);
    memory = sk_realloc(memory, 16);
    assert_non_null(memory);
    assert_null(sk_malloc(8));
    assert_null(sk_calloc(1, 8));
    assert_null(sk_realloc(memory, 32));
    sk_alloc_fail_after(-1);
    sk_free(memory);
    memory = sk_malloc(0);
    assert_non_null(memory);
    sk_free(memory);
    sk_free(NULL);
}

static void test_grow__keeps_items_and_refuses_overflow(void **state)
{
    void *items = NULL;
    size_t capacity = 0;

    (void)state;
    assert_true(sk_grow(&items, &capacity, 3, sizeof(int)));
    assert_true(capacity >= 3);
    ((int *)items)[2] = 42;
    assert_true(sk_grow(&items, &capacity, 1000, sizeof(int)));
    assert_true(capacity >= 1000);
    assert_int_equal(((int *)items)[2], 42);
    assert_false(sk_grow(&items, &capacity, SIZE_MAX / 2, sizeof(int)));
    assert_false(sk_grow(&items, &capacity, SIZE_MAX, 1));
    sk_alloc_fail_after(0);
    assert_false(sk_grow(&items, &capacity, 100000, sizeof(int)));
    sk_alloc_fail_after(-1);
    assert_int_equal(((int *)items)[2], 42);
    sk_free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_fail_after__fails_the_next_ones),
        cmocka_unit_test(test_grow__keeps_items_and_refuses_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
