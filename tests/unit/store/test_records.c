/* SPDX-License-Identifier: EUPL-1.2 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper.h"

/* Every kind of record goes in and comes out the same, also after the store was closed and opened
 * again; what was not written is not there. */

/* ---- Round trips ---- */

static void reopen(fixture *f)
{
    fixture_close(f);
    fixture_open(f, false);
}

static void test_listing__round_trip(void **state)
{
    fixture *f = *state;
    const sk_party party = make_party("p-1");
    const sk_listing listing = make_listing("l-1", "p-1");
    sk_listing bare = {.id = SK_STR("l-2"), .kind = SK_KIND_OFFER, .party_id = SK_STR("p-1")};

    for (int sealed = 0; sealed < 2; sealed++) {
        sk_listing got;

        sk_batch_put_party(f->batch, &party);
        sk_batch_put_listing(f->batch, &listing, sealed);
        sk_batch_put_listing(f->batch, &bare, sealed);
        fixture_write(f);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL),
                             SK_OK);
            assert_listing_equal(&listing, &got);
            assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-2"), f->arena, &got, NULL),
                             SK_OK);
            assert_listing_equal(&bare, &got);
            reopen(f);
        }
    }
    sk_batch_delete_listing(f->batch, SK_STR("l-1"));
    fixture_write(f);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &bare, NULL),
                     SK_ENOTFOUND);
}

static void test_party__round_trip_with_and_without_contact(void **state)
{
    fixture *f = *state;
    sk_party party = make_party("p-1"), got;

    sk_batch_put_party(f->batch, &party);
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_get_party(f->store, party.id, true, f->arena, &got, NULL), SK_OK);
    assert_party_equal(&party, &got);
    assert_int_equal(sk_store_get_party(f->store, party.id, false, f->arena, &got, NULL), SK_OK);
    assert_false(got.has_contact);
    /* Putting the party without contact details takes the old ones away. */
    party.has_contact = false;
    sk_batch_put_party(f->batch, &party);
    fixture_write(f);
    assert_int_equal(sk_store_get_party(f->store, party.id, true, f->arena, &got, NULL), SK_OK);
    assert_party_equal(&party, &got);
    sk_batch_delete_party(f->batch, party.id);
    fixture_write(f);
    assert_int_equal(sk_store_get_party(f->store, party.id, true, f->arena, &got, NULL),
                     SK_ENOTFOUND);
}

static void test_suggestion__round_trip(void **state)
{
    fixture *f = *state;
    const sk_suggestion suggestion = make_suggestion("s-1", "l-1", "l-2", "p-1");
    sk_suggestion got;

    sk_batch_put_suggestion(f->batch, &suggestion);
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_get_suggestion(f->store, SK_STR("s-1"), f->arena, &got, NULL), SK_OK);
    assert_suggestion_equal(&suggestion, &got);
    sk_batch_delete_suggestion(f->batch, SK_STR("s-1"));
    fixture_write(f);
    assert_int_equal(sk_store_get_suggestion(f->store, SK_STR("s-1"), f->arena, &got, NULL),
                     SK_ENOTFOUND);
}

static void test_rules__round_trip(void **state)
{
    fixture *f = *state;
    const sk_rules_record record = {.hash = SK_STR("0123abcd"),
                                    .name = SK_STR("gm0268-zorg"),
                                    .source = SK_STR("return ruleset {\n\tname = \"x\" }\n"),
                                    .state = SK_RULES_APPROVED,
                                    .author = SK_STR("t-1"),
                                    .approved_by = SK_STR("t-2"),
                                    .pushed_ms = 1,
                                    .approved_ms = 2,
                                    .activated_ms = 0};
    sk_rules_record got;

    sk_batch_put_rules(f->batch, &record);
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_get_rules(f->store, record.hash, f->arena, &got, NULL), SK_OK);
    assert_str_equal(got.hash, record.hash);
    assert_str_equal(got.name, record.name);
    assert_str_equal(got.source, record.source);
    assert_str_equal(got.approved_by, record.approved_by);
    assert_true(got.state == record.state && got.pushed_ms == 1 && got.approved_ms == 2);
    assert_int_equal(sk_store_get_rules(f->store, SK_STR("none"), f->arena, &got, NULL),
                     SK_ENOTFOUND);
}

static void test_meta__round_trip_of_any_bytes(void **state)
{
    fixture *f = *state;
    sk_str got;

    sk_batch_put_meta(f->batch, SK_STR("clock"), SK_STR("\0\xff\x80 any \n bytes"));
    sk_batch_put_meta(f->batch, SK_STR("empty"), SK_STR(""));
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_get_meta(f->store, SK_STR("clock"), f->arena, &got, NULL), SK_OK);
    assert_str_equal(got, SK_STR("\0\xff\x80 any \n bytes"));
    assert_int_equal(sk_store_get_meta(f->store, SK_STR("empty"), f->arena, &got, NULL), SK_OK);
    assert_int_equal(got.size, 0);
    assert_int_equal(sk_store_get_meta(f->store, SK_STR("format"), f->arena, &got, NULL),
                     SK_ENOTFOUND);
}

static void test_taxonomy__round_trip(void **state)
{
    fixture *f = *state;
    const sk_category categories[] = {
        {SK_STR("vervoer"), SK_STR("Vervoer"), SK_STR("Transport")},
        {SK_STR("vervoer.ziekenhuis"), SK_STR("Ziekenhuis"), SK_STR("Hospital")}};
    const sk_related related[] = {{SK_STR("vervoer"), SK_STR("vervoer.ziekenhuis"), 0.9}};
    sk_taxonomy *taxonomy = NULL;

    assert_int_equal(sk_store_get_taxonomy(f->store, &taxonomy, NULL), SK_ENOTFOUND);
    sk_batch_put_taxonomy(f->batch, categories, 2, related, 1);
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_get_taxonomy(f->store, &taxonomy, NULL), SK_OK);
    assert_int_equal(sk_taxonomy_count(taxonomy), 2);
    assert_str_equal(sk_taxonomy_at(taxonomy, 1)->label_en, SK_STR("Hospital"));
    assert_true(sk_taxonomy_related_at(taxonomy, 0)->closeness == 0.9);
    sk_taxonomy_free(taxonomy);
}

/* ---- Idempotency and audit ---- */

static bool has_idem(fixture *f, sk_str key)
{
    uint8_t hash[32];
    sk_str receipt;

    return sk_store_get_idem(f->store, key, f->arena, hash, &receipt, NULL) == SK_OK;
}

static void test_idem__kept_until_its_time(void **state)
{
    fixture *f = *state;
    uint8_t hash[32], got[32];
    sk_str receipt;

    for (int i = 0; i < 32; i++)
        hash[i] = (uint8_t)(i * 7);
    sk_batch_put_idem(f->batch,
                      SK_STR("t\0a\0"
                             "0"),
                      -5, hash, SK_STR("r0"));
    sk_batch_put_idem(f->batch,
                      SK_STR("t\0a\0"
                             "1"),
                      1000, hash, SK_STR("r1"));
    sk_batch_put_idem(f->batch,
                      SK_STR("t\0a\0"
                             "2"),
                      2000, hash, SK_STR(""));
    sk_batch_put_idem(f->batch, SK_STR("again"), 500, hash, SK_STR("old"));
    fixture_write(f);
    sk_batch_put_idem(f->batch, SK_STR("again"), 5000, hash, SK_STR("new"));
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_get_idem(f->store,
                                       SK_STR("t\0a\0"
                                              "1"),
                                       f->arena, got, &receipt, NULL),
                     SK_OK);
    assert_memory_equal(got, hash, 32);
    assert_str_equal(receipt, SK_STR("r1"));
    sk_batch_delete_idem_before(f->batch, 2000);
    fixture_write(f);
    assert_false(has_idem(f, SK_STR("t\0a\0"
                                    "0")));
    assert_false(has_idem(f, SK_STR("t\0a\0"
                                    "1")));
    assert_true(has_idem(f, SK_STR("t\0a\0"
                                   "2")));
    assert_true(has_idem(f, SK_STR("again")));
    sk_batch_delete_idem_before(f->batch, INT64_MAX);
    fixture_write(f);
    assert_false(has_idem(f, SK_STR("t\0a\0"
                                    "2")));
    assert_false(has_idem(f, SK_STR("again")));
}

static sk_status collect_audit(void *context, uint64_t seq, int64_t at_ms, sk_str line,
                               sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%llu %lld %.*s|", (unsigned long long)seq, (long long)at_ms,
                  SK_STR_ARG(line));
    return SK_OK;
}

static void test_audit__read_after_a_number(void **state)
{
    fixture *f = *state;
    sk_buf text = {0};

    sk_batch_put_audit(f->batch, 1, 100, SK_STR("een"));
    sk_batch_put_audit(f->batch, 2, -1, SK_STR("twee"));
    sk_batch_put_audit(f->batch, 256, 300, SK_STR("drie"));
    fixture_write(f);
    assert_int_equal(sk_store_each_audit(f->store, 0, collect_audit, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("1 100 een|2 -1 twee|256 300 drie|"));
    sk_buf_reset(&text);
    assert_int_equal(sk_store_each_audit(f->store, 2, collect_audit, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("256 300 drie|"));
    sk_buf_done(&text);
}

/* ---- Events ---- */

static void test_events__read_with_a_cursor(void **state)
{
    fixture *f = *state;
    const sk_event *events = NULL;
    size_t count = 9;
    uint64_t last = 9;

    assert_int_equal(sk_store_last_event(f->store, &last, NULL), SK_OK);
    assert_int_equal(last, 0);
    assert_int_equal(sk_store_read_events(f->store, 0, 10, f->arena, &events, &count, NULL), SK_OK);
    assert_int_equal(count, 0);
    for (uint64_t seq = 1; seq <= 300; seq++) {
        const sk_event event = make_event(seq);

        sk_batch_put_event(f->batch, &event);
    }
    fixture_write(f);
    reopen(f);
    assert_int_equal(sk_store_last_event(f->store, &last, NULL), SK_OK);
    assert_int_equal(last, 300);
    assert_int_equal(sk_store_read_events(f->store, 254, 4, f->arena, &events, &count, NULL),
                     SK_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(events[i].seq, 255 + i);
        assert_int_equal(events[i].at_ms, make_event(255 + i).at_ms);
        assert_str_equal(events[i].type, SK_STR("listing.created"));
        assert_str_equal(events[i].detail, SK_STR("test"));
    }
    assert_int_equal(sk_store_read_events(f->store, 298, SIZE_MAX, f->arena, &events, &count, NULL),
                     SK_OK);
    assert_int_equal(count, 2);
    for (uint64_t after = 300; after != 299; after = after == 300 ? UINT64_MAX : 299) {
        assert_int_equal(sk_store_read_events(f->store, after, 5, f->arena, &events, &count, NULL),
                         SK_OK);
        assert_int_equal(count, 0);
    }
}

/* ---- Walks ---- */

static sk_status collect_listing(void *context, const sk_listing *listing, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s%s ", SK_STR_ARG(listing->id), listing->title.size ? "+" : "");
    return listing->id.data[0] == 'z' ? SK_EBUSY : SK_OK;
}

static void test_each__in_order_from_a_place(void **state)
{
    static const char *const ids[] = {"b", "a-2", "a", "c", "a.b"};
    fixture *f = *state;
    const sk_party party = make_party("p-1");
    sk_buf text = {0};

    sk_batch_put_party(f->batch, &party);
    for (size_t i = 0; i < 5; i++) {
        const sk_listing listing = make_listing(ids[i], "p-1");

        sk_batch_put_listing(f->batch, &listing, i % 2);
    }
    fixture_write(f);
    assert_int_equal(
        sk_store_each_listing(f->store, SK_STR(""), true, collect_listing, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("a+ a-2+ a.b+ b+ c+ "));
    sk_buf_reset(&text);
    assert_int_equal(
        sk_store_each_listing(f->store, SK_STR("a-2"), false, collect_listing, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("a.b+ b+ c "));
    sk_buf_reset(&text);
    /* A place that does not exist is as good. */
    assert_int_equal(
        sk_store_each_listing(f->store, SK_STR("a-3"), false, collect_listing, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("a.b+ b+ c "));
    sk_buf_done(&text);
}

static void test_each__ends_with_the_callers_status(void **state)
{
    fixture *f = *state;
    const sk_listing z = make_listing("z", "p-1"), zz = make_listing("zz", "p-1");
    sk_buf text = {0};

    sk_batch_put_listing(f->batch, &z, false);
    sk_batch_put_listing(f->batch, &zz, false);
    fixture_write(f);
    assert_int_equal(
        sk_store_each_listing(f->store, SK_STR(""), true, collect_listing, &text, NULL), SK_EBUSY);
    assert_str_equal(sk_buf_view(&text), SK_STR("z+ "));
    sk_buf_done(&text);
}

static sk_status collect_party(void *context, const sk_party *party, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s%s ", SK_STR_ARG(party->id), party->has_contact ? "+" : "");
    return SK_OK;
}

static sk_status collect_suggestion(void *context, const sk_suggestion *s, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s ", SK_STR_ARG(s->id));
    return SK_OK;
}

static sk_status collect_connector(void *context, const sk_connector *c, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s:%zu:%u ", SK_STR_ARG(c->id), c->areas.count, c->ceiling);
    return SK_OK;
}

static sk_status collect_token(void *context, const sk_token *t, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s:%d:%d:%d ", SK_STR_ARG(t->id), t->role, t->hash[31], t->revoked);
    return SK_OK;
}

static sk_status collect_area(void *context, const sk_area *a, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s:%zu:%u ", SK_STR_ARG(a->code), a->polygons[0].rings[0].count,
                  a->year);
    return SK_OK;
}

static sk_status collect_rules(void *context, const sk_rules_record *r, sk_error *err)
{
    (void)err;
    sk_buf_printf(context, "%.*s ", SK_STR_ARG(r->hash));
    return SK_OK;
}

static void put_one_of_each(fixture *f)
{
    static const sk_str areas[] = {{"WK026801", 8}};
    const sk_party p1 = make_party("p-1"), p2 = make_party("p-2");
    const sk_suggestion s = make_suggestion("s-1", "l-1", "l-2", "p-1");
    const sk_connector connector = {
        .id = SK_STR("c-1"), .name = SK_STR("Ans"), .areas = {areas, 1}, .ceiling = 12};
    const sk_token token = {
        .id = SK_STR("t-1"), .role = SK_ROLE_ADMIN, .hash = {[31] = 77}, .revoked = true};
    const sk_area a = make_area("BU2"), b = make_area("BU1");
    const sk_rules_record rules = {.hash = SK_STR("ff"), .state = SK_RULES_ACTIVE};

    sk_batch_put_party(f->batch, &p2);
    sk_batch_put_party(f->batch, &p1);
    sk_batch_put_suggestion(f->batch, &s);
    sk_batch_put_connector(f->batch, &connector);
    sk_batch_put_token(f->batch, &token);
    sk_batch_put_area(f->batch, &a);
    sk_batch_put_area(f->batch, &b);
    sk_batch_put_rules(f->batch, &rules);
    fixture_write(f);
}

static void test_each__of_every_kind(void **state)
{
    fixture *f = *state;
    sk_buf text = {0};

    put_one_of_each(f);
    reopen(f);
    assert_int_equal(sk_store_each_party(f->store, SK_STR(""), true, collect_party, &text, NULL),
                     SK_OK);
    assert_int_equal(
        sk_store_each_party(f->store, SK_STR("p-1"), false, collect_party, &text, NULL), SK_OK);
    assert_int_equal(
        sk_store_each_suggestion(f->store, SK_STR(""), collect_suggestion, &text, NULL), SK_OK);
    assert_int_equal(sk_store_each_connector(f->store, collect_connector, &text, NULL), SK_OK);
    assert_int_equal(sk_store_each_token(f->store, collect_token, &text, NULL), SK_OK);
    assert_int_equal(sk_store_each_area(f->store, collect_area, &text, NULL), SK_OK);
    assert_int_equal(sk_store_each_rules(f->store, collect_rules, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("p-1+ p-2+ p-2 s-1 c-1:1:12 t-1:3:77:1 "
                                                "BU1:4:2024 BU2:4:2024 ff "));
    sk_buf_done(&text);
}

static void test_areas__cleared_and_put_in_one_batch(void **state)
{
    fixture *f = *state;
    const sk_area area = make_area("BU3"), same = make_area("BU1");
    sk_buf text = {0};

    put_one_of_each(f);
    sk_batch_clear_areas(f->batch);
    sk_batch_put_area(f->batch, &area);
    sk_batch_put_area(f->batch, &same);
    fixture_write(f);
    assert_int_equal(sk_store_each_area(f->store, collect_area, &text, NULL), SK_OK);
    assert_str_equal(sk_buf_view(&text), SK_STR("BU1:4:2024 BU3:4:2024 "));
    sk_buf_done(&text);
}

/* ---- Batches ---- */

static void test_write__all_or_nothing(void **state)
{
    fixture *f = *state;
    const sk_listing listing = make_listing("l-1", "p-1");
    const sk_event event = make_event(1);
    char long_id[80];
    sk_listing got;
    sk_error err = {0};

    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    const sk_party bad = make_party(long_id);

    sk_batch_put_listing(f->batch, &listing, false);
    sk_batch_put_party(f->batch, &bad);
    sk_batch_put_event(f->batch, &event);
    assert_int_equal(sk_store_write(f->store, f->batch, &err), SK_EINVAL);
    assert_string_equal(err.field, "partyId");
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL),
                     SK_ENOTFOUND);
    /* The batch is empty again and usable. */
    sk_batch_put_listing(f->batch, &listing, false);
    fixture_write(f);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL), SK_OK);
    sk_batch_delete_listing(f->batch, SK_STR("l-1"));
    sk_batch_clear(f->batch);
    fixture_write(f);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL), SK_OK);
}

static void put_a_command(fixture *f)
{
    const sk_party party = make_party("p-1");
    const sk_listing listing = make_listing("l-1", "p-1");
    const sk_suggestion suggestion = make_suggestion("s-1", "l-1", "l-2", "p-1");
    const sk_event event = make_event(1);
    const uint8_t hash[32] = {1};

    sk_batch_put_party(f->batch, &party);
    sk_batch_put_listing(f->batch, &listing, true);
    sk_batch_put_suggestion(f->batch, &suggestion);
    sk_batch_put_event(f->batch, &event);
    sk_batch_put_idem(f->batch, SK_STR("key"), 1, hash, SK_STR("l-1"));
    sk_batch_delete_idem_before(f->batch, 0);
}

static void test_write__survives_every_failed_allocation(void **state)
{
    fixture *f = *state;
    sk_listing got;
    long failed = 0;

    for (long after = 0;; after++) {
        sk_batch *fresh = sk_batch_new(f->store);

        sk_batch_free(f->batch);
        f->batch = fresh;
        sk_alloc_fail_after(after);
        put_a_command(f);
        sk_alloc_fail_after(-1);
        const sk_status st = sk_store_write(f->store, f->batch, NULL);

        if (st == SK_OK)
            break;
        failed++;
        assert_int_equal(st, SK_ENOMEM);
        assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL),
                         SK_ENOTFOUND);
    }
    assert_true(failed > 3);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL), SK_OK);
    assert_str_equal(got.title, SK_STR("Lift naar het ziekenhuis"));
    for (long after = 0;; after++) {
        sk_arena *arena = sk_arena_new(0);

        sk_alloc_fail_after(after);
        const sk_status st = sk_store_get_listing(f->store, SK_STR("l-1"), arena, &got, NULL);

        sk_alloc_fail_after(-1);
        sk_arena_free(arena);
        if (st == SK_OK)
            break;
        assert_int_equal(st, SK_ENOMEM);
    }
}

/* ---- Opening ---- */

static void test_open__refuses_bad_options_and_double_opening(void **state)
{
    fixture *f = *state;
    sk_store_options options = {.size = sizeof options, .path = f->path};
    sk_store *second = NULL;
    sk_error err = {0};

    assert_int_equal(sk_store_open(&options, &second, &err), SK_ECONFLICT);
    assert_non_null(strstr(err.message, "in use"));
    options.size = 1;
    assert_int_equal(sk_store_open(&options, &second, &err), SK_EINVAL);
    options = (sk_store_options){.size = sizeof options, .path = "", .no_sync = true};
    assert_int_equal(sk_store_open(&options, &second, &err), SK_EINVAL);
    options.path = "/proc/nowhere/at/all";
    assert_int_not_equal(sk_store_open(&options, &second, &err), SK_OK);
    options.read_only = true;
    assert_int_equal(sk_store_open(&options, &second, &err), SK_ENOTFOUND);
    assert_null(second);
}

static void test_open__read_only_reads_and_refuses_writes(void **state)
{
    fixture *f = *state;
    const sk_store_options options = {.size = sizeof options, .path = f->path, .read_only = true};
    const sk_event event = make_event(2);
    sk_listing got;

    put_a_command(f);
    fixture_write(f);
    fixture_close(f);
    assert_int_equal(sk_store_open(&options, &f->store, NULL), SK_OK);
    f->batch = sk_batch_new(f->store);
    assert_int_equal(sk_store_get_listing(f->store, SK_STR("l-1"), f->arena, &got, NULL), SK_OK);
    assert_str_equal(got.title, SK_STR("Lift naar het ziekenhuis"));
    sk_batch_put_event(f->batch, &event);
    assert_int_equal(sk_store_write(f->store, f->batch, NULL), SK_EDENIED);
}

static void test_open__is_quick(void **state)
{
    fixture *f = *state;
    const int64_t start = sk_monotonic_ms();

    put_a_command(f);
    fixture_write(f);
    for (int i = 0; i < 20; i++)
        reopen(f);
    print_message("%.1f ms for closing and opening\n", (double)(sk_monotonic_ms() - start) / 20);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_listing__round_trip),
        TEST(test_party__round_trip_with_and_without_contact),
        TEST(test_suggestion__round_trip),
        TEST(test_rules__round_trip),
        TEST(test_meta__round_trip_of_any_bytes),
        TEST(test_taxonomy__round_trip),
        TEST(test_idem__kept_until_its_time),
        TEST(test_audit__read_after_a_number),
        TEST(test_events__read_with_a_cursor),
        TEST(test_each__in_order_from_a_place),
        TEST(test_each__ends_with_the_callers_status),
        TEST(test_each__of_every_kind),
        TEST(test_areas__cleared_and_put_in_one_batch),
        TEST(test_write__all_or_nothing),
        TEST(test_write__survives_every_failed_allocation),
        TEST(test_open__refuses_bad_options_and_double_opening),
        TEST(test_open__read_only_reads_and_refuses_writes),
        TEST(test_open__is_quick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
