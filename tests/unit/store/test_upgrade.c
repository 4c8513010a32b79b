/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"
#include "raw.h"

/* A stored sample of format 1 is upgraded, whole or after any interruption; other formats are
 * refused. */

#define MANY_EVENTS 1300 /* More than two chunks. */

/* ---- The sample ---- */

static sk_str from_hex(char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = 0;

    for (; text[2 * size] && text[2 * size] != '\n'; size++) {
        const char *high = strchr(digits, text[2 * size]);
        const char *low = strchr(digits, text[2 * size + 1]);

        assert_true(high && low);
        text[size] = (char)((high - digits) << 4 | (low - digits));
    }
    return (sk_str){text, size};
}

static size_t load_sample(raw *r)
{
    FILE *file = fopen(STORE_V1, "r");
    char *line = NULL;
    size_t size = 0, count = 0;

    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        char *key = strchr(line, '\t'), *value = key ? strchr(key + 1, '\t') : NULL;

        if (line[0] == '#')
            continue;
        assert_non_null(value);
        *key = *value = '\0';
        raw_put(r, line, from_hex(key + 1), from_hex(value + 1));
        count++;
    }
    free(line);
    fclose(file);
    return count;
}

/* Further events, as format 1 wrote them. */
static void add_events(raw *r, uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++) {
        const sk_event event = make_event(seq);
        sk_buf value = {0};
        char key[32];

        snprintf(key, sizeof key, "%020llu", (unsigned long long)seq);
        sk_encode_event(&event, &value);
        raw_put(r, "event", sk_str_from(key), sk_buf_view(&value));
        sk_buf_done(&value);
    }
}

/* Put a folder of format 1 in place of the fixture's store. */
static void lay_out_v1(fixture *f, uint64_t events)
{
    raw r;

    fixture_close(f);
    remove_tree(f->path);
    raw_open(f->path, &r);
    assert_int_equal(load_sample(&r), 25);
    add_events(&r, 13, events);
    raw_close(&r);
}

static void assert_upgraded(fixture *f, uint64_t events)
{
    const sk_listing wanted = make_listing("l-1", "p-1");
    const sk_party wanted_party = make_party("p-1");
    sk_suggestion wanted_suggestion = make_suggestion("s-1", "l-1", "l-2", "p-1"), suggestion;
    const sk_event *list = NULL;
    size_t count = 0;
    sk_listing listing;
    sk_party party;
    sk_rules_record rules;
    sk_str clock;

    wanted_suggestion.supply_party_id = SK_STR("p-2");
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &listing, NULL),
                     SK_OK);
    assert_listing_equal(&wanted, &listing);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-2"), f->arena, &listing, NULL),
                     SK_OK);
    assert_str_equal(listing.title, SK_STR("Ontmoetingsruimte De Kring"));
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-1"), true, f->arena, &party, NULL),
                     SK_OK);
    assert_party_equal(&wanted_party, &party);
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-3"), true, f->arena, &party, NULL),
                     SK_OK);
    assert_false(party.has_contact);
    assert_int_equal(sk_store_get_suggestion(f->store, SK_STR("s-1"), f->arena, &suggestion, NULL),
                     SK_OK);
    assert_suggestion_equal(&wanted_suggestion, &suggestion);
    assert_int_equal(sk_store_read_events(f->store, 0, SIZE_MAX, f->arena, &list, &count, NULL),
                     SK_OK);
    assert_int_equal(count, events);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i].seq, i + 1);
    assert_int_equal(sk_store_get_rules(f->store, SK_STR("0123abcd"), f->arena, &rules, NULL),
                     SK_OK);
    assert_str_equal(rules.name, SK_STR("standaard"));
    assert_int_equal(sk_store_get_meta(f->store, SK_STR("clock"), f->arena, &clock, NULL), SK_OK);
    assert_str_equal(clock, SK_STR("1772719200000"));
}

static void assert_sound(const char *path)
{
    sk_buf report = {0};

    if (sk_store_verify(path, &report, NULL) != SK_OK)
        fail_msg("%.*s", SK_STR_ARG(sk_buf_view(&report)));
    sk_buf_done(&report);
}

/* ---- Upgrading ---- */

static void test_upgrade__keeps_everything_and_seals(void **state)
{
    fixture *f = *state;
    sk_taxonomy *taxonomy = NULL;

    lay_out_v1(f, 12);
    assert_true(tree_contains(f->path, "rollator", 8));
    assert_true(tree_contains(f->path, "024-1234567", 11));
    fixture_open(f, true);
    assert_upgraded(f, 12);
    assert_int_equal(sk_store_get_taxonomy(f->store, &taxonomy, NULL), SK_OK);
    assert_int_equal(sk_taxonomy_count(taxonomy), 2);
    sk_taxonomy_free(taxonomy);
    fixture_close(f);
    assert_sound(f->path);
    fixture_open(f, true);
    assert_upgraded(f, 12);
    /* The texts that stood there unsealed have left the files too. */
    assert_false(tree_contains(f->path, "024-1234567", 11));
    assert_false(tree_contains(f->path, "Lift naar het ziekenhuis", 24));
}

/* Let the Nth allocation fail, for ever larger N: the upgrade stops somewhere, and goes on from
 * there at the next opening. */
static void test_upgrade__goes_on_after_any_interruption(void **state)
{
    fixture *f = *state;
    long interrupted = 0;

    lay_out_v1(f, MANY_EVENTS);
    const sk_store_options options = {.size = sizeof options, .path = f->path, .no_sync = true};

    for (long after = 5;; after += after < 400 ? 61 : 1501) {
        sk_alloc_fail_after(after);
        const sk_status st = sk_store_open(&options, &f->store, NULL);

        sk_alloc_fail_after(-1);
        if (st == SK_OK)
            break;
        assert_int_equal(st, SK_ENOMEM);
        interrupted++;
    }
    print_message("%ld interruptions\n", interrupted);
    assert_true(interrupted > 5);
    f->batch = sk_batch_new(f->store);
    assert_upgraded(f, MANY_EVENTS);
    fixture_close(f);
    assert_sound(f->path);
    fixture_open(f, false);
}

/* ---- Format 2 ---- */

/* Format 2 differs from 3 in the family of messages only. */
static void test_upgrade__from_2_makes_room_for_messages(void **state)
{
    fixture *f = *state;
    const sk_store_options looking = {.size = sizeof looking, .path = f->path, .read_only = true};
    const sk_notice notice = {
        .id = SK_STR("m000000000013"), .state = SK_MESSAGE_PLANNED, .rule = SK_STR("werklijst")};
    char *message = NULL;
    sk_store *store = NULL;
    sk_error err = {0};
    sk_buf report = {0};
    raw r;

    lay_out_v1(f, 12);
    fixture_open(f, false);
    fixture_close(f);
    raw_open(f->path, &r);
    raw_put(&r, "meta", SK_STR("format"), SK_STR("2"));
    rocksdb_drop_column_family(r.db, r.handles[RAW_FAMILIES - 1], &message);
    assert_null(message);
    r.dropped = true;
    raw_close(&r);
    assert_int_equal(sk_store_open(&looking, &store, &err), SK_EINVAL);
    assert_non_null(strstr(err.message, "open it for writing once"));
    assert_int_equal(sk_store_verify(f->path, &report, &err), SK_ECORRUPT);
    sk_buf_done(&report);
    fixture_open(f, false);
    assert_upgraded(f, 12);
    sk_batch_put_notice(f->batch, &notice);
    assert_int_equal(sk_store_write(f->store, f->batch, NULL), SK_OK);
    fixture_close(f);
    assert_sound(f->path);
    fixture_open(f, false);
}

/* ---- Other formats ---- */

static void put_format(fixture *f, sk_str format)
{
    raw r;

    fixture_close(f);
    raw_open(f->path, &r);
    raw_put(&r, "meta", SK_STR("format"), format);
    raw_close(&r);
}

static void assert_refused(fixture *f, sk_status status, bool read_only, const char *words)
{
    const sk_store_options options = {
        .size = sizeof options, .path = f->path, .read_only = read_only};
    sk_store *store = NULL;
    sk_error err = {0};

    assert_int_equal(sk_store_open(&options, &store, &err), status);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.message);
    assert_null(store);
}

static void test_open__refuses_other_formats(void **state)
{
    fixture *f = *state;
    raw r;

    put_format(f, SK_STR("4"));
    assert_refused(f, SK_EINVAL, false, "format 4");
    assert_refused(f, SK_EINVAL, true, "use the newer version");
    raw_open(f->path, &r);
    raw_put(&r, "meta", SK_STR("format"), SK_STR("two"));
    raw_close(&r);
    assert_refused(f, SK_ECORRUPT, false, "cannot be read");
    raw_open(f->path, &r);
    raw_delete(&r, "meta", SK_STR("format"));
    raw_put(&r, "meta", SK_STR("value/x"), SK_STR("y"));
    raw_close(&r);
    assert_refused(f, SK_ECORRUPT, false, "no format version");
    raw_open(f->path, &r);
    raw_put(&r, "meta", SK_STR("format"), SK_STR("1"));
    raw_close(&r);
    assert_refused(f, SK_EINVAL, true, "open it for writing once");
    fixture_open(f, false);
}

static void test_open__refuses_families_of_a_newer_version(void **state)
{
    fixture *f = *state;
    rocksdb_options_t *options = rocksdb_options_create();
    char *message = NULL;
    raw r;

    fixture_close(f);
    raw_open(f->path, &r);
    rocksdb_column_family_handle_t *handle =
        rocksdb_create_column_family(r.db, options, "digest", &message);

    assert_null(message);
    rocksdb_column_family_handle_destroy(handle);
    raw_close(&r);
    assert_refused(f, SK_EINVAL, false, "newer version of Schakel");
    rocksdb_options_destroy(options);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_upgrade__keeps_everything_and_seals),
        TEST(test_upgrade__goes_on_after_any_interruption),
        TEST(test_upgrade__from_2_makes_room_for_messages),
        TEST(test_open__refuses_other_formats),
        TEST(test_open__refuses_families_of_a_newer_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
