/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <stdio.h>

/* Idempotency, and memory that runs out in the midst of a command. */

static sk_status put_as(stand *s, const char *request_id, uint8_t body, sk_listing listing)
{
    sk_call call = call_as(&admin, request_id, body);

    return sk_engine_put_listing(s->engine, &call, &listing, &s->receipt, &s->err);
}

static void test_idempotency__the_same_request_gets_the_stored_answer(void **state)
{
    stand *s = *state;
    sk_receipt first;

    put(s, offer("o1", "p2"));
    ok(s, put_as(s, "r1", 1, need("", "p1")));
    first = s->receipt;
    assert_int_equal(first.suggestions_created, 1);
    for (int i = 0; i < 2; i++) {
        ok(s, put_as(s, "r1", 1, need("", "p1")));
        assert_true(s->receipt.repeated);
        assert_string_equal(s->receipt.id, first.id);
        assert_int_equal(s->receipt.version, first.version);
        assert_int_equal(s->receipt.created, first.created);
        assert_int_equal(s->receipt.suggestions_created, 1);
        assert_int_equal(s->receipt.event_seq, first.event_seq);
        assert_int_equal(sk_engine_last_event(s->engine), first.event_seq);
        stand_reopen(s);
    }
    refused(s, SK_ECONFLICT, "id", put_as(s, "r1", 2, need("", "p1")));
    assert_int_equal(sk_engine_last_event(s->engine), first.event_seq);
}

/** A hyphen alone is an id as any other. */
static void test_idempotency__keeps_any_id_and_any_note(void **state)
{
    stand *s = *state;
    sk_listing listing = need("-", "p1");

    listing.title = SK_STR("bel 123456782");
    listing.point = (sk_point){5.12, 52.09};
    for (int i = 0; i < 2; i++) {
        ok(s, put_as(s, "r1", 1, listing));
        assert_int_equal(s->receipt.repeated, i);
        assert_string_equal(s->receipt.id, "-");
        assert_int_equal(s->receipt.notes, SK_NOTE_MASKED | SK_NOTE_SWAPPED);
    }
    ok(s, put_as(s, "r2", 1, (listing.point = (sk_point){51.5, 4.5}, listing)));
    assert_int_equal(s->receipt.notes, SK_NOTE_MASKED | SK_NOTE_OUTSIDE);
    ok(s, put_as(s, "r3", 1, need("n2", "p1")));
    assert_int_equal(s->receipt.notes, 0);
}

static void test_idempotency__by_token_and_place_in_the_batch(void **state)
{
    stand *s = *state;
    sk_call call = call_as(&second_admin, "r1", 1);
    sk_listing listing = need("", "p1");

    ok(s, put_as(s, "r1", 1, listing));
    ok(s, sk_engine_put_listing(s->engine, &call, &listing, &s->receipt, &s->err));
    assert_false(s->receipt.repeated);
    call.item = 1;
    ok(s, sk_engine_put_listing(s->engine, &call, &listing, &s->receipt, &s->err));
    assert_false(s->receipt.repeated);
}

static void test_idempotency__is_forgotten_after_a_day(void **state)
{
    stand *s = *state;

    stand_to(s, START_MS + 30 * 60000);
    ok(s, put_as(s, "r1", 1, need("n1", "p1")));
    /* At the full hour after 24 hours; START_MS is one. */
    stand_to(s, START_MS + SK_DAY_MS);
    ok(s, put_as(s, "r1", 1, need("n1", "p1")));
    assert_true(s->receipt.repeated);
    stand_to(s, START_MS + SK_DAY_MS + SK_HOUR_MS);
    ok(s, put_as(s, "r1", 2, need("n1", "p1")));
    assert_false(s->receipt.repeated);
    assert_int_equal(s->receipt.version, 2);
}

static void test_idempotency__refusals_are_not_remembered(void **state)
{
    stand *s = *state;

    refused(s, SK_EINVAL, "partyId", put_as(s, "r1", 1, need("n1", "p9")));
    ok(s, put_as(s, "r1", 2, need("n1", "p1")));
    assert_false(s->receipt.repeated);
    refused(s, SK_EINVAL, "id", put_as(s, "no good", 1, need("n1", "p1")));
}

/* ---- Memory that runs out ---- */

typedef struct act {
    const char *name;
    void (*prepare)(stand *s);
    sk_status (*run)(stand *s);
} act;

static void prepare_pairs(stand *s)
{
    static const sk_str areas[1] = {{"GM0001", 6}};
    sk_call call = call_by(&admin);
    sk_connector vera = {.id = SK_STR("vera"), .name = SK_STR("Vera"), .areas = {areas, 1}};
    sk_party known = {.id = SK_STR("p1"),
                      .kind = SK_PARTY_RESIDENT,
                      .has_contact = true,
                      .contact = {.name = SK_STR("Ans")}};
    sk_listing two = need("n1", "p1");
    sk_appointment soon = {START_MS, START_MS + SK_HOUR_MS};
    sk_str id;

    ok(s, sk_engine_put_connector(s->engine, &call, &vera, &s->receipt, &s->err));
    ok(s, sk_engine_put_party(s->engine, &call, &known, &s->receipt, &s->err));
    two.capacity = 3;
    put(s, two);
    put(s, need("n2", "p3"));
    put(s, offer("o1", "p2"));
    put(s, offer("o2", "p4"));
    id = pair_of(s, "n1", "o1").id;
    connect(s, id);
    ok(s, sk_engine_set_appointments(s->engine, &call, id, suggestion_of(s, id).version, &soon, 1,
                                     &s->receipt, &s->err));
}

static sk_status run_put(stand *s)
{
    sk_listing made = offer("", "p5");

    return try_put(s, &made);
}

static sk_status run_block(stand *s)
{
    static const sk_str names[2] = {{"p1", 2}, {"p3", 2}};
    sk_call call = call_by(&admin);
    sk_party party = {.id = SK_STR("p2"), .kind = SK_PARTY_ORGANISATION, .blocks = {names, 2}};

    return sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err);
}

/* The version is known beforehand, so that only the decision itself can run out. */
static sk_status decide_open(stand *s, sk_decision decision)
{
    sk_call call = call_as(&admin, "decision", 1);
    sk_suggestion_filter filter = {.limit = 1};
    sk_suggestion_page page = {0};
    sk_decide d = {.decision = decision, .until_ms = START_MS + SK_DAY_MS};
    sk_status st = sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err);

    if (st != SK_OK || page.count == 0)
        return st;
    d.suggestion_id = page.items[0].id;
    d.version = page.items[0].version;
    return sk_engine_decide(s->engine, &call, &d, &s->receipt, &s->err);
}

static sk_status run_accept(stand *s)
{
    return decide_open(s, SK_DECIDE_ACCEPT);
}

static sk_status run_park(stand *s)
{
    return decide_open(s, SK_DECIDE_PARK);
}

static sk_status run_erase(stand *s)
{
    sk_call call = call_by(&admin);

    return sk_engine_erase_party(s->engine, &call, SK_STR("p1"), &s->receipt, &s->err);
}

static sk_status run_areas(stand *s)
{
    sk_area moved = square(s, "BU00020001", "WK000200", "GM0002", 52.10, 5.10);
    sk_call call = call_by(&admin);

    return sk_engine_put_areas(s->engine, &call, true, &moved, 1, true, &s->receipt, &s->err);
}

static sk_status run_taxonomy(stand *s)
{
    sk_call call = call_by(&admin);

    return sk_engine_put_taxonomy(s->engine, &call, categories, 2, NULL, 0, &s->receipt, &s->err);
}

static const char strict[] =
    "return ruleset { name = \"streng\", based_on = \"standaard\", policy = [[Streng.]],\n"
    "  hard { \"nooit\", expr = \"distance_m < 1\", why = \"nooit\" } }\n";
static char strict_hash[65];

static void prepare_rules(stand *s)
{
    sk_call call = call_by(&author), second = call_by(&admin);

    prepare_pairs(s);
    ok(s, sk_engine_push_rules(s->engine, &call, sk_str_from(strict), &s->receipt, &s->err));
    memcpy(strict_hash, s->receipt.id, 65);
    ok(s,
       sk_engine_approve_rules(s->engine, &second, sk_str_from(strict_hash), &s->receipt, &s->err));
}

static sk_status run_activate(stand *s)
{
    sk_call call = call_by(&admin);

    return sk_engine_activate_rules(s->engine, &call, sk_str_from(strict_hash), 100, &s->receipt,
                                    &s->err);
}

static sk_status run_connector(stand *s)
{
    sk_call call = call_by(&admin);
    sk_connector wim = {.id = SK_STR("wim"), .name = SK_STR("Wim")};

    return sk_engine_put_connector(s->engine, &call, &wim, &s->receipt, &s->err);
}

static const act acts[] = {{"put", prepare_pairs, run_put},
                           {"block", prepare_pairs, run_block},
                           {"accept", prepare_pairs, run_accept},
                           {"park", prepare_pairs, run_park},
                           {"erase", prepare_pairs, run_erase},
                           {"areas", prepare_pairs, run_areas},
                           {"taxonomy", prepare_pairs, run_taxonomy},
                           {"activate", prepare_rules, run_activate},
                           {"connector", prepare_pairs, run_connector}};

static stand *prepared(const act *a, void **state)
{
    assert_int_equal(stand_open(state), 0);
    a->prepare(*state);
    return *state;
}

static bool same(const sk_buf *a, const sk_buf *b)
{
    return sk_str_eq(sk_buf_view(a), sk_buf_view(b));
}

/** What is there after a failure: all of it, or nothing. True: nothing, and the stand goes on. */
static bool all_or_nothing(stand *s, const act *a, long n, const sk_buf *before,
                           const sk_buf *after)
{
    bool failed = sk_engine_failed(s->engine), untouched;
    sk_buf now;

    if (failed)
        stand_reopen_at(s, START_MS);
    now = stand_dump(s);
    untouched = same(&now, before);
    if (!untouched && !(failed && same(&now, after)))
        fail_msg("%s, allocation %ld (%s): neither before nor after", a->name, n,
                 failed ? "failed" : "refused");
    sk_buf_done(&now);
    stand_check(s);
    return untouched;
}

static void starve(const act *a)
{
    void *state;
    stand *s = prepared(a, &state);
    sk_buf before = stand_dump(s), after;
    sk_status st;

    ok(s, a->run(s));
    after = stand_dump(s);
    stand_close(&state);
    s = prepared(a, &state);
    for (long n = 0;; n += 2 + n / 4) {
        sk_alloc_fail_after(n);
        st = a->run(s);
        sk_alloc_fail_after(-1);
        if (st == SK_OK)
            break;
        if (!all_or_nothing(s, a, n, &before, &after)) {
            stand_close(&state);
            s = prepared(a, &state);
        }
    }
    sk_buf_done(&before);
    before = stand_dump(s);
    assert_same(&before, &after);
    stand_close(&state);
}

static void test_commands__all_or_nothing_when_memory_is_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        starve(&acts[i]);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_idempotency__the_same_request_gets_the_stored_answer),
        ON_STAND(test_idempotency__keeps_any_id_and_any_note),
        ON_STAND(test_idempotency__by_token_and_place_in_the_batch),
        ON_STAND(test_idempotency__is_forgotten_after_a_day),
        ON_STAND(test_idempotency__refusals_are_not_remembered),
        cmocka_unit_test(test_commands__all_or_nothing_when_memory_is_out),
    };

    return cmocka_run_group_tests_name("engine.command", tests, NULL, NULL);
}
