/* SPDX-License-Identifier: EUPL-1.2 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "raw.h"

/* Backup, restore and verify: what comes back, what must not, and what is said about damage. */

typedef struct paths {
    char backup[160], restored[160];
} paths;

static paths make_paths(fixture *f)
{
    paths p;

    snprintf(p.backup, sizeof p.backup, "%s/backup", f->root);
    snprintf(p.restored, sizeof p.restored, "%s/restored", f->root);
    return p;
}

/* Two parties, a listing of each, a suggestion between them, and three events. */
static void fill(fixture *f)
{
    static const char *const parties[] = {"p-1", "p-2"}, *const listings[] = {"l-1", "l-2"};
    sk_suggestion suggestion = make_suggestion("s-1", "l-1", "l-2", "p-1");
    const sk_area area = make_area("BU1");
    const uint8_t hash[32] = {1};

    suggestion.supply_party_id = SK_STR("p-2");
    for (int i = 0; i < 2; i++) {
        const sk_party party = make_party(parties[i]);
        const sk_listing listing = make_listing(listings[i], parties[i]);

        sk_batch_put_party(f->batch, &party);
        sk_batch_put_listing(f->batch, &listing, true);
    }
    for (uint64_t seq = 1; seq <= 3; seq++) {
        const sk_event event = make_event(seq);

        sk_batch_put_event(f->batch, &event);
    }
    sk_batch_put_suggestion(f->batch, &suggestion);
    sk_batch_put_area(f->batch, &area);
    sk_batch_put_idem(f->batch, SK_STR("key"), 1, hash, SK_STR("l-1"));
    sk_batch_put_audit(f->batch, 1, 1, SK_STR("line"));
    sk_batch_put_meta(f->batch, SK_STR("clock"), SK_STR("1"));
    fixture_write(f);
}

static sk_status verify(const char *path, char *report, size_t size)
{
    sk_buf text = {0};
    const sk_status st = sk_store_verify(path, &text, NULL);

    snprintf(report, size, "%.*s", SK_STR_ARG(sk_buf_view(&text)));
    sk_buf_done(&text);
    return st;
}

static void assert_sound(const char *path)
{
    char report[8192];

    if (verify(path, report, sizeof report) != SK_OK)
        fail_msg("%s", report);
    assert_non_null(strstr(report, "No faults found."));
}

static void assert_fault(const char *path, const char *words)
{
    char report[8192];

    assert_int_equal(verify(path, report, sizeof report), SK_ECORRUPT);
    if (!strstr(report, words))
        fail_msg("\"%s\" is not in:\n%s", words, report);
}

/* ---- Backup and restore ---- */

static void copy_keys(fixture *f, const char *to)
{
    char command[900];

    snprintf(command, sizeof command, "mkdir -p %s && cp -r %s/keys %s/", to, f->path, to);
    assert_int_equal(system(command), 0);
}

static void read_back(fixture *f, const char *path, sk_listing *listing, sk_party *party)
{
    fixture other = {.arena = f->arena};

    snprintf(other.path, sizeof other.path, "%s", path);
    fixture_open(&other, false);
    assert_int_equal(sk_store_get_listing(other.store, SK_STR("l-1"), f->arena, listing, NULL),
                     SK_OK);
    assert_int_equal(sk_store_get_party(other.store, SK_STR("p-1"), true, f->arena, party, NULL),
                     SK_OK);
    fixture_close(&other);
}

static void test_backup__restores_with_the_keys_that_are_there(void **state)
{
    fixture *f = *state;
    const paths p = make_paths(f);
    const sk_listing wanted = make_listing("l-1", "p-1");
    const sk_event late = make_event(4);
    sk_buf manifest = {0};
    char name[200];
    sk_listing listing;
    sk_party party;

    fill(f);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_OK);
    sk_batch_put_event(f->batch, &late);
    fixture_write(f);
    snprintf(name, sizeof name, "%s/backup.json", p.backup);
    assert_int_equal(sk_file_read(name, 1000, &manifest, NULL), SK_OK);
    assert_non_null(memmem(manifest.data, manifest.size, "{\"format\": 3, \"lastEvent\": 3,", 29));
    sk_buf_done(&manifest);
    snprintf(name, sizeof name, "%s/keys", p.backup);
    assert_int_equal(access(name, F_OK), -1);
    copy_keys(f, p.restored);
    assert_int_equal(sk_store_restore(p.backup, p.restored, NULL), SK_OK);
    assert_sound(p.restored);
    read_back(f, p.restored, &listing, &party);
    assert_listing_equal(&wanted, &listing);
    assert_true(party.has_contact);
}

static void test_backup__without_keys_nothing_sealed_is_readable(void **state)
{
    fixture *f = *state;
    const paths p = make_paths(f);
    sk_listing listing;
    sk_party party;

    fill(f);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_OK);
    assert_false(tree_contains(p.backup, "rollator", 8));
    assert_int_equal(sk_store_restore(p.backup, p.restored, NULL), SK_OK);
    assert_fault(p.restored, "The folder keys/ is missing");
    read_back(f, p.restored, &listing, &party);
    assert_int_equal(listing.title.size, 0);
    assert_false(party.has_contact);
}

static void test_restore__an_erased_party_stays_erased(void **state)
{
    fixture *f = *state;
    const paths p = make_paths(f);
    sk_listing listing;
    sk_party party;
    sk_strs erased;
    char command[900];

    /* With syncs, so that the folder knows how far the lost store had come. */
    fixture_close(f);
    fixture_open(f, true);
    fill(f);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_OK);
    sk_batch_delete_listing(f->batch, SK_STR("l-1"));
    sk_batch_delete_party(f->batch, SK_STR("p-1"));
    fixture_write(f);
    assert_int_equal(sk_store_destroy_key(f->store, SK_STR("p-1"), 9, NULL), SK_OK);
    fixture_close(f);
    assert_sound(f->path);
    snprintf(command, sizeof command, "rm -r %s/db", f->path);
    assert_int_equal(system(command), 0);
    assert_int_equal(sk_store_restore(p.backup, f->path, NULL), SK_OK);
    read_back(f, f->path, &listing, &party);
    assert_int_equal(listing.title.size, 0);
    assert_false(party.has_contact);
    assert_sound(f->path);
    fixture_open(f, false);
    assert_int_equal(sk_store_erased(f->store, f->arena, &erased, NULL), SK_OK);
    assert_int_equal(erased.count, 1);
    assert_str_equal(erased.items[0], SK_STR("p-1"));
}

static void test_backup__refuses_a_folder_in_use(void **state)
{
    fixture *f = *state;
    const paths p = make_paths(f);

    fill(f);
    assert_int_equal(sk_store_backup(f->store, f->path, NULL), SK_ECONFLICT);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_OK);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_ECONFLICT);
    assert_int_equal(sk_store_restore(p.backup, f->path, NULL), SK_ECONFLICT);
}

static void test_restore__refuses_what_is_no_finished_backup(void **state)
{
    fixture *f = *state;
    const paths p = make_paths(f);
    char name[200];
    sk_error err = {0};

    assert_int_equal(sk_store_restore("/tmp/there/is/none", p.restored, &err), SK_EINVAL);
    fill(f);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_OK);
    snprintf(name, sizeof name, "%s/backup.json", p.backup);
    assert_int_equal(sk_file_write(name, SK_STR("{\"format\": 4}"), 0600, NULL), SK_OK);
    assert_int_equal(sk_store_restore(p.backup, p.restored, &err), SK_EINVAL);
    assert_non_null(strstr(err.message, "format 4"));
    assert_int_equal(sk_file_write(name, SK_STR("{}"), 0600, NULL), SK_OK);
    assert_int_equal(sk_store_restore(p.backup, p.restored, &err), SK_ECORRUPT);
    unlink(name);
    assert_int_equal(sk_store_restore(p.backup, p.restored, &err), SK_EINVAL);
    assert_int_equal(access(p.restored, F_OK), -1);
}

/* A restore that was broken off leaves a folder beside; the next one takes over. */
static void test_restore__again_after_a_broken_one(void **state)
{
    fixture *f = *state;
    const paths p = make_paths(f);
    char command[900];

    fill(f);
    assert_int_equal(sk_store_backup(f->store, p.backup, NULL), SK_OK);
    copy_keys(f, p.restored);
    snprintf(command, sizeof command,
             "mkdir %s/db.restoring && echo half > %s/db.restoring/000001.sst && "
             "echo half > %s/db.restoring/CURRENT",
             p.restored, p.restored, p.restored);
    assert_int_equal(system(command), 0);
    assert_int_equal(sk_store_restore(p.backup, p.restored, NULL), SK_OK);
    assert_sound(p.restored);
}

/* ---- Verify ---- */

static void test_verify__sound_store_and_no_store(void **state)
{
    fixture *f = *state;
    char report[8192];

    fill(f);
    fixture_close(f);
    assert_int_equal(verify(f->path, report, sizeof report), SK_OK);
    assert_non_null(strstr(report, "listing: 2 records, sound.\n"));
    assert_non_null(strstr(report, "event: 3 records, sound.\n"));
    assert_int_equal(verify("/tmp/there/is/none", report, sizeof report), SK_ENOTFOUND);
    fixture_open(f, false);
}

static void damage(fixture *f, const char *family, sk_str key, sk_str value)
{
    raw r;

    fixture_close(f);
    raw_open(f->path, &r);
    if (value.data)
        raw_put(&r, family, key, value);
    else
        raw_delete(&r, family, key);
    raw_close(&r);
}

static const sk_str gone = {NULL, 0};

static void test_verify__names_a_missing_event(void **state)
{
    fixture *f = *state;

    fill(f);
    damage(f, "event", SK_STR("\0\0\0\0\0\0\0\2"), gone);
    assert_fault(f->path, "event 2 is missing");
    fixture_open(f, false);
    damage(f, "event", SK_STR("\0\0\0\0\0\0\0\1"), gone);
    assert_fault(f->path, "the events 1 to 2 are missing");
    fixture_open(f, false);
}

static void test_verify__names_a_missing_listing_and_party(void **state)
{
    fixture *f = *state;

    fill(f);
    damage(f, "listing", SK_STR("l-2"), gone);
    assert_fault(f->path, "suggestion \"s-1\" names the listing \"l-2\"");
    fixture_open(f, false);
    damage(f, "party", SK_STR("p-1"), gone);
    assert_fault(f->path, "listing \"l-1\" names the party \"p-1\"");
    assert_fault(f->path, "secret \"p-1\" names the party \"p-1\"");
    fixture_open(f, false);
}

static void test_verify__names_records_that_do_not_decode(void **state)
{
    static const struct {
        const char *family;
        sk_str key, value;
    } cases[] = {{"listing", {"l-1", 3}, {"\1\1\0\0\0\2\xff\xff", 8}},
                 {"party", {"p-1", 3}, {"", 0}},
                 {"secret", {"p-1", 3}, {"\1\2\0\0\0\2xx", 8}},
                 {"suggestion", {"s-1", 3}, {"\2", 1}},
                 {"event", {"\0\0\0\0\0\0\0\1", 8}, {"\1\1\0\0\0\x9", 6}},
                 {"idem", {"kkey", 4}, {"\1", 1}},
                 {"rules", {"ff", 2}, {"\1\1\0\0\0\1\x07", 7}},
                 {"area", {"BU1", 3}, {"\1\1", 2}},
                 {"audit", {"\0\0\0\0\0\0\0\1", 8}, {"\1\3\0\0\0\1x", 7}},
                 {"meta", {"taxonomy", 8}, {"\1\1\0\0\0\1\x07", 7}},
                 {"meta", {"connector/c", 11}, {"junk", 4}},
                 {"meta", {"what", 4}, {"", 0}}};
    fixture *f = *state;

    fill(f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const words =
            strcmp(cases[i].family, "meta") == 0 && i == 9 ? "the taxonomy" : cases[i].family;
        char line[64];
        raw r;

        fixture_close(f);
        raw_open(f->path, &r);
        const sk_str before = raw_get(&r, cases[i].family, cases[i].key, f->arena);

        raw_put(&r, cases[i].family, cases[i].key, cases[i].value);
        raw_close(&r);
        snprintf(line, sizeof line, "%s", words);
        assert_fault(f->path, line);
        assert_fault(f->path, "1 fault found.");
        raw_open(f->path, &r);
        if (before.size)
            raw_put(&r, cases[i].family, cases[i].key, before);
        else
            raw_delete(&r, cases[i].family, cases[i].key);
        raw_close(&r);
        assert_sound(f->path);
        fixture_open(f, false);
    }
}

static void test_verify__names_a_record_under_another_key(void **state)
{
    fixture *f = *state;
    raw r;

    fill(f);
    fixture_close(f);
    raw_open(f->path, &r);
    raw_put(&r, "listing", SK_STR("l-9"), raw_get(&r, "listing", SK_STR("l-1"), f->arena));
    raw_close(&r);
    assert_fault(f->path, "is stored under another key, \"l-9\"");
    fixture_open(f, false);
}

/* Flip single bytes of a table with data, all over it; each must be noticed or change nothing. */
static void test_verify__notices_a_changed_byte_in_a_table(void **state)
{
    fixture *f = *state;
    char folder[160], table[500] = "", report[8192];
    const struct dirent *entry = NULL;
    struct stat info = {0};
    off_t most = 0;
    int noticed = 0, tried = 0;

    for (int i = 0; i < 200; i++) {
        char id[16];

        snprintf(id, sizeof id, "l-%d", i);
        const sk_listing listing = make_listing(id, "p-1");

        sk_batch_put_listing(f->batch, &listing, false);
    }
    fill(f);
    damage(f, "meta", SK_STR("value/x"), SK_STR("y")); /* Puts everything into tables. */
    snprintf(folder, sizeof folder, "%s/db", f->path);
    DIR *dir = opendir(folder);

    while ((entry = readdir(dir))) {
        char name[500];

        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (strstr(name, ".sst") && stat(name, &info) == 0 && info.st_size > most) {
            most = info.st_size;
            strcpy(table, name);
        }
    }
    closedir(dir);
    assert_sound(f->path);
    const int fd = open(table, O_RDWR);

    for (off_t place = 11; place < most * 3 / 4; place += most / 13, tried++) {
        char byte = 0;

        assert_int_equal(pread(fd, &byte, 1, place), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, place), 1);
        noticed += verify(f->path, report, sizeof report) == SK_ECORRUPT;
        assert_non_null(strstr(report, "Fault: "));
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, place), 1);
    }
    close(fd);
    assert_true(tried > 5);
    assert_int_equal(noticed, tried);
    assert_sound(f->path);
    fixture_open(f, false);
}

static void test_verify__survives_every_failed_allocation(void **state)
{
    fixture *f = *state;
    long failed = 0;

    fill(f);
    fixture_close(f);
    for (long after = 0;; after++) {
        sk_buf report = {0};

        sk_alloc_fail_after(after);
        const sk_status st = sk_store_verify(f->path, &report, NULL);

        sk_alloc_fail_after(-1);
        sk_buf_done(&report);
        if (st == SK_OK)
            break;
        assert_int_equal(st, SK_ENOMEM);
        failed++;
    }
    assert_true(failed > 10);
    fixture_open(f, false);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_backup__restores_with_the_keys_that_are_there),
        TEST(test_backup__without_keys_nothing_sealed_is_readable),
        TEST(test_restore__an_erased_party_stays_erased),
        TEST(test_backup__refuses_a_folder_in_use),
        TEST(test_restore__refuses_what_is_no_finished_backup),
        TEST(test_restore__again_after_a_broken_one),
        TEST(test_verify__sound_store_and_no_store),
        TEST(test_verify__names_a_missing_event),
        TEST(test_verify__names_a_missing_listing_and_party),
        TEST(test_verify__names_records_that_do_not_decode),
        TEST(test_verify__names_a_record_under_another_key),
        TEST(test_verify__notices_a_changed_byte_in_a_table),
        TEST(test_verify__survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
