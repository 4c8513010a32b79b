/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "helper.h"
#include "raw.h"

/* Texts of residents and contact details: never in plain bytes on disk, and gone with the key. */

/* Short enough, and without repetition, that compression of a block leaves it in one piece. */
#define TITLE_MARK "Qx7kZp2Lw9Vt"
#define TEXT_MARK "Hb4nRy8Mc3Jd"
#define CONTACT_MARK "Gf6sUw1Xe5Ka"
#define OPEN_MARK "Tv3oPi9Ql0Zy"

static void put_person(fixture *f, const char *party_id, const char *listing_id)
{
    sk_party party = make_party(party_id);
    sk_listing listing = make_listing(listing_id, party_id);

    party.contact.name = SK_STR("Mevrouw " CONTACT_MARK);
    listing.title = SK_STR("Wie helpt " TITLE_MARK "?");
    listing.description = SK_STR("Elke week " TEXT_MARK " graag.");
    sk_batch_put_party(f->batch, &party);
    sk_batch_put_listing(f->batch, &listing, true);
}

static bool on_disk(fixture *f, const char *mark)
{
    return tree_contains(f->root, mark, strlen(mark));
}

static void assert_nothing_plain(fixture *f)
{
    assert_false(on_disk(f, TITLE_MARK));
    assert_false(on_disk(f, TEXT_MARK));
    assert_false(on_disk(f, CONTACT_MARK));
}

static void reopen(fixture *f)
{
    fixture_close(f);
    fixture_open(f, true);
}

static void test_sealed__never_plain_in_any_file(void **state)
{
    fixture *f = *state;
    sk_listing open = make_listing("l-2", "p-1");

    open.title = SK_STR("Buurthuis " OPEN_MARK);
    reopen(f);
    put_person(f, "p-1", "l-1");
    sk_batch_put_listing(f->batch, &open, false);
    fixture_write(f);
    assert_int_equal(sk_store_sync(f->store, NULL), SK_OK);
    /* What is not sealed can be found: the search itself works, in the log and in tables. */
    assert_true(on_disk(f, OPEN_MARK));
    assert_nothing_plain(f);
    reopen(f);
    assert_true(on_disk(f, OPEN_MARK));
    assert_nothing_plain(f);
    reopen(f);
    assert_nothing_plain(f);
}

static void test_sealed__two_writes_of_one_text_differ(void **state)
{
    fixture *f = *state;
    sk_str first, second;
    raw r;

    put_person(f, "p-1", "l-1");
    fixture_write(f);
    fixture_close(f);
    raw_open(f->path, &r);
    first = raw_get(&r, "listing", SK_STR("l-1"), f->arena);
    raw_close(&r);
    fixture_open(f, false);
    put_person(f, "p-1", "l-1");
    fixture_write(f);
    fixture_close(f);
    raw_open(f->path, &r);
    second = raw_get(&r, "listing", SK_STR("l-1"), f->arena);
    raw_close(&r);
    fixture_open(f, false);
    assert_int_equal(first.size, second.size);
    assert_false(sk_str_eq(first, second));
}

static void assert_person_reads(fixture *f, bool texts)
{
    sk_listing listing;
    sk_party party;

    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &listing, NULL),
                     SK_OK);
    assert_str_equal(listing.title, texts ? SK_STR("Wie helpt " TITLE_MARK "?") : SK_STR(""));
    assert_str_equal(listing.description,
                     texts ? SK_STR("Elke week " TEXT_MARK " graag.") : SK_STR(""));
    assert_int_equal(listing.reach_m, 1500);
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-1"), true, f->arena, &party, NULL),
                     SK_OK);
    assert_int_equal(party.has_contact, texts);
}

static size_t erased_count(fixture *f)
{
    sk_strs erased;

    assert_int_equal(sk_store_erased(f->store, f->arena, &erased, NULL), SK_OK);
    return erased.count;
}

static void test_destroy_key__texts_and_contact_are_gone(void **state)
{
    fixture *f = *state;
    sk_strs erased;

    put_person(f, "p-1", "l-1");
    put_person(f, "p-2", "l-2");
    fixture_write(f);
    assert_person_reads(f, true);
    assert_int_equal(erased_count(f), 0);
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-1"), 5000, NULL), SK_OK);
    for (int again = 0; again < 2; again++) {
        sk_listing other;

        assert_person_reads(f, false);
        assert_int_equal(sk_store_erased(f->store, f->arena, &erased, NULL), SK_OK);
        assert_int_equal(erased.count, 1);
        assert_str_equal(erased.items[0], SK_STR("p-1"));
        assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-2"), f->arena, &other, NULL),
                         SK_OK);
        assert_str_equal(other.title, SK_STR("Wie helpt " TITLE_MARK "?"));
        reopen(f);
    }
    /* Destroying twice, and a party that was never there, are no faults. */
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-1"), 6000, NULL), SK_OK);
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-9"), 6000, NULL), SK_OK);
    assert_int_equal(erased_count(f), 2);
}

static void test_destroy_key__its_bytes_leave_the_files(void **state)
{
    fixture *f = *state;

    for (int i = 0; i < 40; i++) {
        char id[16];

        snprintf(id, sizeof id, "p-%d", i);
        const sk_party party = make_party(id);

        sk_batch_put_party(f->batch, &party);
    }
    fixture_write(f);
    /* Twice opened: the keys are in tables now, where only a compaction removes them. */
    reopen(f);
    fixture_close(f);
    const sk_str key = raw_get_key(f->path, SK_STR("k/p-1"), f->arena);
    const sk_str other = raw_get_key(f->path, SK_STR("k/p-2"), f->arena);

    assert_true(key.size > 40 && other.size > 40);
    fixture_open(f, true);
    assert_true(tree_contains(f->path, key.data + 9, 32));
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-1"), 1, NULL), SK_OK);
    assert_false(tree_contains(f->path, key.data + 9, 32));
    assert_true(tree_contains(f->path, other.data + 9, 32));
    /* And a key that never left the log. */
    const sk_party young = make_party("p-young");

    sk_batch_put_party(f->batch, &young);
    fixture_write(f);
    const sk_str young_key = raw_get_key(f->path, SK_STR("k/p-young"), f->arena);

    assert_true(tree_contains(f->path, young_key.data + 9, 32));
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-young"), 1, NULL), SK_OK);
    assert_false(tree_contains(f->path, young_key.data + 9, 32));
}

static void test_destroy_key__an_erased_id_may_register_again(void **state)
{
    fixture *f = *state;
    const sk_listing late = make_listing("l-3", "p-1");
    sk_party party;
    sk_error err = {0};

    put_person(f, "p-1", "l-1");
    fixture_write(f);
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-1"), 5000, NULL), SK_OK);
    /* A sealed listing of an erased party would bring its key back: refused. */
    sk_batch_put_listing(f->batch, &late, true);
    assert_int_equal(sk_store_write(f->store, f->batch, &err), SK_ECONFLICT);
    assert_string_equal(err.field, "partyId");
    party = make_party("p-1");
    sk_batch_put_party(f->batch, &party);
    sk_batch_put_listing(f->batch, &late, true);
    fixture_write(f);
    assert_int_equal(erased_count(f), 0);
    reopen(f);
    sk_listing old, new;

    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &old, NULL), SK_OK);
    assert_int_equal(old.title.size, 0);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-3"), f->arena, &new, NULL), SK_OK);
    assert_str_equal(new.title, late.title);
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-1"), true, f->arena, &party, NULL),
                     SK_OK);
    assert_true(party.has_contact);
}

/* A folder without its keys, where the engine writes a listing again; then the keys come back. */
static void test_sealed__kept_while_the_keys_are_away(void **state)
{
    fixture *f = *state;
    sk_listing listing;
    char command[500];

    put_person(f, "p-1", "l-1");
    fixture_write(f);
    fixture_close(f);
    snprintf(command, sizeof command, "mv %s/keys %s/away", f->path, f->root);
    assert_int_equal(system(command), 0);
    fixture_open(f, false);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &listing, NULL),
                     SK_OK);
    assert_int_equal(listing.title.size, 0);
    listing.version = 8;
    sk_batch_put_listing(f->batch, &listing, true);
    fixture_write(f);
    fixture_close(f);
    snprintf(command, sizeof command, "rm -r %s/keys && mv %s/away %s/keys", f->path, f->root,
             f->path);
    assert_int_equal(system(command), 0);
    fixture_open(f, false);
    assert_person_reads(f, true);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &listing, NULL),
                     SK_OK);
    assert_int_equal(listing.version, 8);
}

/* Damage of a sealed part is said, never shown as an empty text. */
static void test_sealed__a_changed_byte_is_corrupt(void **state)
{
    fixture *f = *state;
    sk_listing listing;
    sk_party party;
    sk_error err = {0};
    raw r;

    put_person(f, "p-1", "l-1");
    fixture_write(f);
    fixture_close(f);
    raw_open(f->path, &r);
    sk_str value = raw_get(&r, "listing", SK_STR("l-1"), f->arena);

    ((char *)value.data)[value.size - 20] ^= 1;
    raw_put(&r, "listing", SK_STR("l-1"), value);
    value = raw_get(&r, "secret", SK_STR("p-1"), f->arena);
    raw_put(&r, "secret", SK_STR("p-1"), (sk_str){value.data, value.size - 1});
    raw_close(&r);
    fixture_open(f, false);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &listing, &err),
                     SK_ECORRUPT);
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-1"), true, f->arena, &party, &err),
                     SK_ECORRUPT);
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-1"), false, f->arena, &party, &err),
                     SK_OK);
}

static void test_sealed__one_persons_contact_does_not_open_under_another_id(void **state)
{
    fixture *f = *state;
    sk_party party;
    raw r;

    put_person(f, "p-1", "l-1");
    put_person(f, "p-2", "l-2");
    fixture_write(f);
    fixture_close(f);
    raw_open(f->path, &r);
    raw_put(&r, "secret", SK_STR("p-2"), raw_get(&r, "secret", SK_STR("p-1"), f->arena));
    raw_close(&r);
    fixture_open(f, false);
    assert_int_equal(sk_store_get_party(f->store, SK_STR("p-2"), true, f->arena, &party, NULL),
                     SK_OK);
    assert_false(party.has_contact);
}

static size_t message_size(sk_str value)
{
    return 6 + ((size_t)(unsigned char)value.data[4] << 8 | (unsigned char)value.data[5]);
}

static void test_sealed__texts_do_not_open_in_another_listing(void **state)
{
    fixture *f = *state;
    sk_listing listing;
    raw r;

    put_person(f, "p-1", "l-1");
    put_person(f, "p-1", "l-2");
    fixture_write(f);
    fixture_close(f);
    raw_open(f->path, &r);
    const sk_str one = raw_get(&r, "listing", SK_STR("l-1"), f->arena);
    const sk_str two = raw_get(&r, "listing", SK_STR("l-2"), f->arena);
    const size_t own = message_size(two), other = message_size(one);
    sk_buf mixed = {0};

    /* The second's message with the first's sealed section behind it. */
    sk_buf_add(&mixed, two.data, own);
    sk_buf_add(&mixed, one.data + other, one.size - other);
    raw_put(&r, "listing", SK_STR("l-2"), sk_buf_view(&mixed));
    sk_buf_done(&mixed);
    raw_close(&r);
    fixture_open(f, false);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &listing, NULL),
                     SK_OK);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-2"), f->arena, &listing, NULL),
                     SK_ECORRUPT);
}

static void test_folders__are_private(void **state)
{
    static const char *const names[] = {"", "/db", "/keys"};
    fixture *f = *state;
    struct stat info;
    char path[160];

    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0700);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sealed__never_plain_in_any_file),
        TEST(test_sealed__two_writes_of_one_text_differ),
        TEST(test_destroy_key__texts_and_contact_are_gone),
        TEST(test_destroy_key__its_bytes_leave_the_files),
        TEST(test_destroy_key__an_erased_id_may_register_again),
        TEST(test_sealed__kept_while_the_keys_are_away),
        TEST(test_sealed__a_changed_byte_is_corrupt),
        TEST(test_sealed__one_persons_contact_does_not_open_under_another_id),
        TEST(test_sealed__texts_do_not_open_in_another_listing),
        TEST(test_folders__are_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
