/* SPDX-License-Identifier: EUPL-1.2 */
#include "helper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A view stands still while the store goes on, and a backup can be read where it stands. */

static sk_status count_one(void *context, const sk_listing *listing, sk_error *err)
{
    (void)listing;
    (void)err;
    (*(size_t *)context)++;
    return SK_OK;
}

static size_t count_listings(sk_store *store)
{
    sk_error err = {0};
    size_t count = 0;

    assert_int_equal(sk_store_each_listing(store, SK_STR(""), false, count_one, &count, &err),
                     SK_OK);
    return count;
}

static void put(fixture *f, const char *id)
{
    sk_listing listing = make_listing(id, "p1");

    sk_batch_put_listing(f->batch, &listing, true);
    fixture_write(f);
}

static void test_view__stands_still(void **state)
{
    fixture *f = *state;
    sk_store *view = NULL;
    sk_listing read;
    sk_error err = {0};

    put(f, "a");
    assert_int_equal(sk_store_open_view(f->store, &view, &err), SK_OK);
    put(f, "b");
    sk_batch_delete_listing(f->batch, SK_STR("a"));
    fixture_write(f);
    assert_int_equal(count_listings(view), 1);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("a"), f->arena, &read, &err),
                     SK_ENOTFOUND);
    assert_int_equal(sk_store_get_listing(view, SK_STR("b"), f->arena, &read, &err), SK_ENOTFOUND);
    sk_store_close(view);
    assert_int_equal(count_listings(f->store), 1);
}

static void test_view__refuses_to_write(void **state)
{
    fixture *f = *state;
    sk_store *view = NULL;
    sk_listing listing = make_listing("a", "p1");
    sk_error err = {0};

    assert_int_equal(sk_store_open_view(f->store, &view, &err), SK_OK);
    sk_batch_put_listing(f->batch, &listing, false);
    assert_int_equal(sk_store_write(view, f->batch, &err), SK_EDENIED);
    sk_store_close(view);
    assert_int_equal(count_listings(f->store), 0);
}

static void test_open_backup__reads_it_where_it_stands(void **state)
{
    fixture *f = *state;
    sk_store *backup = NULL;
    sk_error err = {0};
    char path[128];

    snprintf(path, sizeof(path), "%s/kept", f->root);
    put(f, "a");
    assert_int_equal(sk_store_backup(f->store, path, &err), SK_OK);
    put(f, "b");
    assert_int_equal(sk_store_open_backup(path, &backup, &err), SK_OK);
    assert_int_equal(count_listings(backup), 1);
    sk_store_close(backup);
    /* And once more: looking changed nothing. */
    assert_int_equal(sk_store_open_backup(path, &backup, &err), SK_OK);
    sk_store_close(backup);
    assert_int_equal(sk_store_open_backup(f->root, &backup, &err), SK_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_view__stands_still, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_view__refuses_to_write, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_open_backup__reads_it_where_it_stands, open_fixture,
                                        close_fixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
