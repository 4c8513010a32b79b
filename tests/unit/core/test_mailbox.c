/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

static bool readable(const sk_mailbox *box)
{
    struct pollfd fd = {.fd = sk_mailbox_fd(box), .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void test_post__in_order_and_bounded(void **state)
{
    sk_error err;
    sk_mailbox *box = sk_mailbox_new(3, &err);
    int items[5];
    void *taken[8];

    (void)state;
    assert_non_null(box);
    assert_false(readable(box));
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            assert_int_equal(sk_mailbox_post(box, &items[i]), SK_OK);
        assert_int_equal(sk_mailbox_post(box, &items[3]), SK_EBUSY);
        assert_true(readable(box));
        assert_int_equal(sk_mailbox_take(box, taken, 2, 0), 2);
        assert_ptr_equal(taken[1], &items[1]);
        assert_true(readable(box));
        assert_int_equal(sk_mailbox_post(box, &items[4]), SK_OK);
        assert_int_equal(sk_mailbox_count(box), 2);
        assert_int_equal(sk_mailbox_take(box, taken, 8, -1), 2);
        assert_ptr_equal(taken[1], &items[4]);
        assert_false(readable(box));
    }
    assert_int_equal(sk_mailbox_take(box, taken, 8, 20), 0);
    sk_mailbox_free(box);
    sk_mailbox_free(NULL);
}

static void test_close__gives_what_is_left(void **state)
{
    sk_error err;
    sk_mailbox *box = sk_mailbox_new(3, &err);
    void *taken[8];
    int item;

    (void)state;
    assert_int_equal(sk_mailbox_post(box, &item), SK_OK);
    sk_mailbox_close(box);
    assert_true(sk_mailbox_closed(box));
    assert_int_equal(sk_mailbox_post(box, &item), SK_ECONFLICT);
    assert_int_equal(sk_mailbox_take(box, taken, 8, -1), 1);
    assert_int_equal(sk_mailbox_take(box, taken, 8, -1), 0);
    sk_mailbox_free(box);
}

static void test_new__reports_lack_of_memory(void **state)
{
    sk_error err;

    (void)state;
    for (long fail = 0; fail < 2; fail++) {
        sk_alloc_fail_after(fail);
        assert_null(sk_mailbox_new(3, &err));
        assert_int_equal(err.status, SK_ENOMEM);
    }
    sk_alloc_fail_after(-1);
}

/* ---- Several writers ---- */

enum { WRITERS = 3, EACH = 5000 };

static sk_mailbox *shared;

static void *write_numbers(void *first)
{
    for (uintptr_t i = 0; i < EACH; i++) {
        while (sk_mailbox_post(shared, (void *)((uintptr_t)first + i)) == SK_EBUSY)
            sched_yield();
    }
    return NULL;
}

static void test_post__loses_nothing_between_threads(void **state)
{
    sk_error err;
    pthread_t threads[WRITERS];
    uintptr_t next[WRITERS] = {0};
    size_t total = 0;
    void *taken[16];

    (void)state;
    shared = sk_mailbox_new(64, &err);
    for (uintptr_t i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_numbers, (void *)(i * EACH));
    while (total < WRITERS * EACH) {
        size_t count = sk_mailbox_take(shared, taken, 16, 10000);

        assert_true(count > 0);
        for (size_t i = 0; i < count; i++) {
            uintptr_t number = (uintptr_t)taken[i];

            assert_int_equal(number % EACH, next[number / EACH]++);
        }
        total += count;
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_false(readable(shared));
    sk_mailbox_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post__in_order_and_bounded),
        cmocka_unit_test(test_close__gives_what_is_left),
        cmocka_unit_test(test_new__reports_lack_of_memory),
        cmocka_unit_test(test_post__loses_nothing_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
