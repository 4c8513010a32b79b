/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_alloc__is_aligned_and_separate(void **state)
{
    sk_arena *arena = sk_arena_new(0);
    unsigned char *pieces[500];
    size_t sizes[500];

    (void)state;
    assert_non_null(arena);
    srandom(7);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 500; i++) {
            sizes[i] = (size_t)random() % (i % 50 == 0 ? 100000 : 200);
            pieces[i] = sk_arena_alloc(arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            memset(pieces[i], i & 255, sizes[i]);
        }
        for (int i = 0; i < 500; i++) {
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal(pieces[i][at], i & 255);
        }
        sk_arena_reset(arena);
        assert_int_equal(sk_arena_used(arena), 0);
    }
    sk_arena_free(arena);
    sk_arena_free(NULL);
}

static void test_alloc__stops_at_the_cap(void **state)
{
    sk_arena *arena = sk_arena_new(1024);

    (void)state;
    assert_non_null(sk_arena_alloc(arena, 1000));
    assert_null(sk_arena_alloc(arena, 32));
    assert_non_null(sk_arena_alloc(arena, 16));
    assert_null(sk_arena_alloc(arena, 1));
    assert_null(sk_arena_alloc(arena, SIZE_MAX));
    assert_null(sk_arena_calloc(arena, SIZE_MAX / 2, 4));
    sk_arena_reset(arena);
    assert_non_null(sk_arena_alloc(arena, 1000));
    sk_arena_free(arena);
}

static void test_alloc__survives_lack_of_memory(void **state)
{
    sk_arena *arena = sk_arena_new(0);

    (void)state;
    sk_alloc_fail_after(0);
    assert_null(sk_arena_new(0));
    assert_null(sk_arena_alloc(arena, 1 << 20));
    assert_non_null(sk_arena_alloc(arena, 16));
    sk_alloc_fail_after(1);
    assert_null(sk_arena_new(0));
    sk_alloc_fail_after(-1);
    assert_non_null(sk_arena_alloc(arena, 1 << 20));
    sk_arena_free(arena);
}

static void test_str__copies_and_prints(void **state)
{
    sk_arena *arena = sk_arena_new(0);
    char text[] = "buurt";
    sk_str copy = sk_arena_str(arena, sk_str_from(text));
    unsigned char *clear = NULL;

    (void)state;
    text[0] = 'x';
    assert_string_equal(copy.data, "buurt");
    assert_int_equal(sk_arena_str(arena, SK_STR("")).size, 0);
    assert_string_equal(sk_arena_printf(arena, "%d-%s", 12, "a").data, "12-a");
    clear = sk_arena_calloc(arena, 10, 10);
    for (int i = 0; i < 100; i++)
        assert_int_equal(clear[i], 0);
    sk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc__is_aligned_and_separate),
        cmocka_unit_test(test_alloc__stops_at_the_cap),
        cmocka_unit_test(test_alloc__survives_lack_of_memory),
        cmocka_unit_test(test_str__copies_and_prints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
