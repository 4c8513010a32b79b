/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <stdio.h>

/* Erasing a party, and what must not survive it; a party's kind and its sealed texts; contact. */

static sk_status try_erase(stand *s, const char *id)
{
    sk_call call = call_by(&admin);

    return sk_engine_erase_party(s->engine, &call, sk_str_from(id), &s->receipt, &s->err);
}

static void erase(stand *s, const char *id)
{
    ok(s, try_erase(s, id));
}

static sk_status try_party(stand *s, const char *id)
{
    sk_call call = call_by(&admin);
    sk_party party = {.id = sk_str_from(id), .kind = SK_PARTY_RESIDENT};

    return sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err);
}

static void test_erase__the_id_is_never_used_again(void **state)
{
    stand *s = *state;

    erase(s, "p1");
    refused(s, SK_ECONFLICT, "id", try_party(s, "p1"));
    stand_reopen(s);
    refused(s, SK_ECONFLICT, "id", try_party(s, "p1"));
    refused(s, SK_ENOTFOUND, "id", try_erase(s, "p1"));
    stand_check(s);
}

static void test_erase__a_listing_id_may_be_used_by_another_party(void **state)
{
    stand *s = *state;

    put(s, need("n1", "p1"));
    erase(s, "p1");
    put(s, need("n1", "p2"));
    assert_true(s->receipt.created);
    assert_int_equal(listing_of(s, &admin, "n1").version, 1);
    put(s, offer("o1", "p3"));
    assert_true(has_pair(s, "n1", "o1", ALL_STATES));
    stand_reopen(s);
    stand_check(s);
}

static void test_erase__counterparts_regain_room_and_time(void **state)
{
    stand *s = *state;
    sk_str id;
    sk_call call = call_by(&admin);
    sk_appointment soon = {START_MS, START_MS + 4 * SK_HOUR_MS};
    sk_listing today = need("n2", "p3");

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    id = pair_of(s, "n1", "o1").id;
    connect(s, id);
    ok(s, sk_engine_set_appointments(s->engine, &call, id, suggestion_of(s, id).version, &soon, 1,
                                     &s->receipt, &s->err));
    today.valid_until_ms = START_MS + 4 * SK_HOUR_MS;
    put(s, today);
    assert_false(has_pair(s, "n2", "o1", ALL_STATES));
    erase(s, "p1");
    /* The offer's own round finds the need that it had no time and place for. */
    assert_true(has_pair(s, "n2", "o1", 1u << SK_STATE_PROPOSED));
    assert_int_equal(pair_of(s, "n2", "o1").values.offer_load_30d, 0);
    stand_check(s);
    stand_reopen(s);
    stand_check(s);
}

static void test_erase__writes_in_order_of_ids(void **state)
{
    stand *s = *state;
    const sk_event *events;
    size_t count;
    uint64_t last, before;

    put(s, need("n2", "p1"));
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    before = sk_engine_last_event(s->engine);
    erase(s, "p1");
    ok(s, sk_engine_read_events(s->engine, &admin, before, SK_STR(""), 10, s->arena, &events,
                                &count, &last, &s->err));
    assert_int_equal(count, 5);
    assert_str(events[0].type, "suggestion.erased");
    assert_true(sk_str_cmp(events[0].suggestion_id, events[1].suggestion_id) < 0);
    assert_str(events[2].listing_id, "n1");
    assert_str(events[3].listing_id, "n2");
    assert_str(events[4].type, "party.erased");
}

/* ---- Cut short ---- */

static void destroy_key(stand *s, const char *id)
{
    sk_store_options options = {.size = sizeof(options), .path = s->folder, .no_sync = true};
    sk_store *store;

    ok(s, sk_store_open(&options, &store, &s->err));
    ok(s, sk_store_destroy_key(store, sk_str_from(id), START_MS, &s->err));
    sk_store_close(store);
}

static void test_erase__cut_short_is_finished_at_opening(void **state)
{
    stand *s = *state;
    sk_party party;

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    connect(s, pair_of(s, "n1", "o1").id);
    stand_shut(s);
    destroy_key(s, "p1");
    ok(s, stand_try_open(s, START_MS));
    refused(s, SK_ENOTFOUND, "id",
            sk_engine_get_party(s->engine, &admin, SK_STR("p1"), false, s->arena, &party, &s->err));
    assert_int_equal(count_events(s, "party.erased"), 1);
    assert_int_equal(count_events(s, "listing.erased"), 1);
    assert_int_equal(count_events(s, "suggestion.erased"), 1);
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    stand_check(s);
    refused(s, SK_ECONFLICT, "id", try_party(s, "p1"));
    stand_reopen(s);
    assert_int_equal(count_events(s, "party.erased"), 1);
}

/* ---- Contact and kind ---- */

static sk_party party_with_contact(stand *s, const sk_actor *actor, const char *id)
{
    sk_party out;

    ok(s, sk_engine_get_party(s->engine, actor, sk_str_from(id), true, s->arena, &out, &s->err));
    return out;
}

typedef struct audit_count {
    size_t count;
    const char *word;
} audit_count;

static sk_status count_line(void *context, uint64_t seq, int64_t at_ms, sk_str line, sk_error *err)
{
    audit_count *a = context;

    (void)seq;
    (void)at_ms;
    (void)err;
    a->count += memmem(line.data, line.size, a->word, strlen(a->word)) != NULL;
    return SK_OK;
}

static size_t audited(stand *s, const char *word)
{
    sk_store_options options = {.size = sizeof(options), .path = s->folder, .no_sync = true};
    audit_count a = {.word = word};
    int64_t now = sk_engine_now(s->engine);
    sk_store *store;

    stand_shut(s);
    ok(s, sk_store_open(&options, &store, &s->err));
    ok(s, sk_store_each_audit(store, 0, count_line, &a, &s->err));
    sk_store_close(store);
    ok(s, stand_try_open(s, now));
    return a.count;
}

static void test_get_party__contact_is_kept_and_its_reading_audited(void **state)
{
    stand *s = *state;
    sk_call call = call_by(&admin);
    sk_party party = {.id = SK_STR("p1"),
                      .kind = SK_PARTY_RESIDENT,
                      .has_contact = true,
                      .contact = {.name = SK_STR("Ans"), .phone = SK_STR("0301234567")}};
    sk_export_page page;

    ok(s, sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err));
    put_party(s, "p1", SK_PARTY_RESIDENT);
    assert_str(party_with_contact(s, &admin, "p1").contact.name, "Ans");
    refused(
        s, SK_EDENIED, "",
        sk_engine_get_party(s->engine, &resident, SK_STR("p1"), true, s->arena, &party, &s->err));
    assert_int_equal(audited(s, "actor=t-admin action=party.contact.read object=p1"), 1);
    assert_int_equal(audited(s, "t-resident"), 0);
    ok(s, sk_engine_export(s->engine, &admin, SK_STR(""), 0, true, s->arena, &page, &s->err));
    assert_str(page.parties[0].contact.name, "Ans");
    assert_int_equal(audited(s, "action=export.contact"), 1);
}

static void test_put_party__a_change_of_kind_seals_texts_anew(void **state)
{
    stand *s = *state;

    put(s, need("n1", "p1"));
    put_party(s, "p1", SK_PARTY_ORGANISATION);
    assert_str(listing_of(s, &admin, "n1").title, "Rit naar het ziekenhuis");
    /* Not under the key any more: it outlives the key. */
    stand_reopen(s);
    assert_str(listing_of(s, &admin, "n1").title, "Rit naar het ziekenhuis");
    put_party(s, "p1", SK_PARTY_RESIDENT);
    assert_str(listing_of(s, &admin, "n1").title, "Rit naar het ziekenhuis");
    ok(s, try_status(s, "n1", SK_LISTING_PAUSED));
    stand_reopen(s);
    assert_str(listing_of(s, &admin, "n1").title, "Rit naar het ziekenhuis");
    assert_int_equal(listing_of(s, &admin, "n1").status, SK_LISTING_PAUSED);
}

static sk_status title_without_key(stand *s, char out[64])
{
    sk_store_options options = {.size = sizeof(options), .path = s->folder, .no_sync = true};
    sk_listing listing;
    sk_store *store;
    sk_status st;

    stand_shut(s);
    ok(s, sk_store_open(&options, &store, &s->err));
    ok(s, sk_store_destroy_key(store, SK_STR("p1"), START_MS, &s->err));
    st = sk_store_get_listing(store, SK_STR("n1"), s->arena, &listing, &s->err);
    snprintf(out, 64, "%.*s", SK_STR_ARG(listing.title));
    sk_store_close(store);
    ok(s, stand_try_open(s, START_MS));
    return st;
}

static void test_put_party__a_resident_again_is_sealed_again(void **state)
{
    stand *s = *state;
    char title[64];

    put(s, need("n1", "p1"));
    put_party(s, "p1", SK_PARTY_ORGANISATION);
    put_party(s, "p1", SK_PARTY_RESIDENT);
    ok(s, title_without_key(s, title));
    assert_string_equal(title, "");
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_erase__the_id_is_never_used_again),
        ON_STAND(test_erase__a_listing_id_may_be_used_by_another_party),
        ON_STAND(test_erase__counterparts_regain_room_and_time),
        ON_STAND(test_erase__writes_in_order_of_ids),
        ON_STAND(test_erase__cut_short_is_finished_at_opening),
        ON_STAND(test_get_party__contact_is_kept_and_its_reading_audited),
        ON_STAND(test_put_party__a_change_of_kind_seals_texts_anew),
        ON_STAND(test_put_party__a_resident_again_is_sealed_again),
    };

    return cmocka_run_group_tests_name("engine.erase", tests, NULL, NULL);
}
