/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <math.h>
#include <stdio.h>

/* Listings: ids that the engine makes, updates, statuses, and what others get to see of a place. */

/* ---- Ids ---- */

static void make_three(stand *s, char out[3][65])
{
    sk_listing made = need("", "p1");

    for (int i = 0; i < 3; i++) {
        put(s, made);
        memcpy(out[i], s->receipt.id, 65);
    }
}

static void test_put_listing__a_replay_makes_the_same_ids(void **state)
{
    stand *s = *state;
    void *other_state;
    stand *other;
    char first[3][65], second[3][65];

    make_three(s, first);
    assert_int_equal(stand_open(&other_state), 0);
    other = other_state;
    make_three(other, second);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(first[i], second[i]);
        assert_int_equal(strlen(first[i]), 36);
        assert_int_equal(first[i][14], '7');
    }
    assert_string_not_equal(first[0], first[1]);
    stand_close(&other_state);
}

static void test_put_listing__made_ids_stay_apart_after_a_refusal_and_a_restart(void **state)
{
    stand *s = *state;
    char ids[2][65];
    sk_listing made = need("", "p1"), bad = need("", "nobody");

    put(s, made);
    memcpy(ids[0], s->receipt.id, 65);
    refused(s, SK_EINVAL, "partyId", try_put(s, &bad));
    stand_reopen(s);
    put(s, made);
    memcpy(ids[1], s->receipt.id, 65);
    assert_string_not_equal(ids[0], ids[1]);
    assert_true(s->receipt.created);
}

/* ---- Updates ---- */

static void test_put_listing__keeps_party_side_and_creation(void **state)
{
    stand *s = *state;
    sk_listing changed = need("n1", "p1");

    put(s, changed);
    changed.party_id = SK_STR("p2");
    refused(s, SK_EINVAL, "partyId", try_put(s, &changed));
    changed = offer("n1", "p1");
    refused(s, SK_EINVAL, "kind", try_put(s, &changed));
    stand_to(s, START_MS + SK_DAY_MS);
    changed = need("n1", "p1");
    changed.kind = SK_KIND_INITIATIVE;
    put(s, changed);
    assert_int_equal(s->receipt.version, 2);
    assert_int_equal(listing_of(s, &admin, "n1").created_ms, START_MS);
    assert_int_equal(listing_of(s, &admin, "n1").valid_until_ms, START_MS + 90 * SK_DAY_MS);
    stand_check(s);
}

static void test_put_listing__an_update_that_does_not_match_withdraws(void **state)
{
    stand *s = *state;
    static const sk_str other[1] = {{"muziek", 6}};
    sk_listing changed = offer("o1", "p2");

    put(s, need("n1", "p1"));
    put(s, changed);
    assert_true(has_pair(s, "n1", "o1", 1u << SK_STATE_PROPOSED));
    changed.categories = (sk_strs){other, 1};
    put(s, changed);
    assert_str(pair_of(s, "n1", "o1").reason, "category");
    stand_check(s);
}

/* ---- Status ---- */

static void test_set_status__to_what_it_is_changes_nothing(void **state)
{
    stand *s = *state;
    uint64_t before;

    put(s, need("n1", "p1"));
    before = sk_engine_last_event(s->engine);
    ok(s, try_status(s, "n1", SK_LISTING_OPEN));
    assert_int_equal(sk_engine_last_event(s->engine), before);
    assert_int_equal(s->receipt.version, 1);
    refused(s, SK_EINVAL, "status", try_status(s, "n1", SK_LISTING_EXPIRED));
    refused(s, SK_EINVAL, "status", try_status(s, "n1", (sk_listing_status)9));
    refused(s, SK_ENOTFOUND, "id", try_status(s, "n9", SK_LISTING_OPEN));
}

static void test_set_status__pausing_withdraws_and_reopening_proposes_anew(void **state)
{
    stand *s = *state;

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    ok(s, try_status(s, "o1", SK_LISTING_PAUSED));
    assert_str(pair_of(s, "n1", "o1").reason, "closed");
    ok(s, try_status(s, "o1", SK_LISTING_OPEN));
    assert_int_equal(pair_of(s, "n1", "o1").state, SK_STATE_PROPOSED);
    assert_int_equal(suggestions(s, ALL_STATES).count, 2);
    stand_check(s);
}

static void test_set_status__reopened_past_its_end_expires_at_once(void **state)
{
    stand *s = *state;
    sk_listing short_lived = need("n1", "p1");

    short_lived.valid_until_ms = START_MS + SK_HOUR_MS;
    put(s, short_lived);
    ok(s, try_status(s, "n1", SK_LISTING_WITHDRAWN));
    stand_to(s, START_MS + 2 * SK_HOUR_MS);
    assert_int_equal(listing_of(s, &admin, "n1").status, SK_LISTING_WITHDRAWN);
    ok(s, try_status(s, "n1", SK_LISTING_OPEN));
    assert_int_equal(listing_of(s, &admin, "n1").status, SK_LISTING_EXPIRED);
    assert_int_equal(count_events(s, "listing.expired"), 1);
}

/* ---- Places ---- */

static const sk_role coarse_roles[] = {SK_ROLE_RESIDENT, SK_ROLE_CONNECTOR, SK_ROLE_READER,
                                       SK_ROLE_RULE_AUTHOR};

static bool same_point(sk_point a, sk_point b)
{
    return a.lat_deg == b.lat_deg && a.lon_deg == b.lon_deg;
}

static void test_questions__no_exact_point_for_who_may_not_see_it(void **state)
{
    stand *s = *state;
    sk_listing outside = need("n2", "p1"), inside = need("n1", "p1");
    sk_listing_filter filter = {.limit = 10};
    sk_listing_page page;

    outside.point = (sk_point){52.3456, 5.4321};
    put(s, inside);
    put(s, outside);
    for (size_t i = 0; i < sizeof(coarse_roles) / sizeof(coarse_roles[0]); i++) {
        sk_actor actor = {.token_id = SK_STR("t"), .role = coarse_roles[i]};

        ok(s, sk_engine_list_listings(s->engine, &actor, &filter, s->arena, &page, &s->err));
        assert_int_equal(page.count, 2);
        assert_false(same_point(page.items[0].point, inside.point));
        assert_false(same_point(page.items[1].point, outside.point));
        assert_false(same_point(listing_of(s, &actor, "n1").point, inside.point));
        assert_true(fabs(listing_of(s, &actor, "n2").point.lat_deg - 52.345) < 1e-9);
    }
    assert_true(same_point(listing_of(s, &admin, "n1").point, inside.point));
}

static void test_list_listings__pages_and_areas_of_the_token(void **state)
{
    stand *s = *state;
    static const sk_str areas[1] = {{"WK000101", 8}};
    sk_actor local = {.token_id = SK_STR("t"), .role = SK_ROLE_CONNECTOR, .areas = {areas, 1}};
    sk_listing_filter filter = {.limit = 2};
    sk_listing_page page;
    sk_listing far = need("n4", "p1");

    put(s, need("n1", "p1"));
    put(s, need("n2", "p1"));
    put(s, need("n3", "p1"));
    far.point = (sk_point){52.1412, 5.1034};
    put(s, far);
    ok(s, sk_engine_list_listings(s->engine, &admin, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 2);
    filter.after = page.next;
    ok(s, sk_engine_list_listings(s->engine, &admin, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.next.size, 0);
    filter.after = SK_STR("");
    ok(s, sk_engine_list_listings(s->engine, &local, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 1);
    assert_str(page.items[0].id, "n4");
}

/* ---- Match, as residents see it ---- */

static void ask(stand *s, const sk_actor *actor, sk_match_answer *out)
{
    sk_ask question = {.id = SK_STR("n1")};

    ok(s, sk_engine_match(s->engine, actor, &question, s->arena, out, &s->err));
}

static void test_match__gives_a_place_away_to_nobody(void **state)
{
    stand *s = *state;
    static const sk_role roles[] = {SK_ROLE_RESIDENT, SK_ROLE_READER, SK_ROLE_RULE_AUTHOR};
    sk_match_answer exact, coarse;

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    ask(s, &admin, &exact);
    assert_int_equal(exact.count, 1);
    for (size_t i = 0; i < 3; i++) {
        sk_actor actor = {.token_id = SK_STR("t"), .role = roles[i]};
        const sk_pair_report *report;

        ask(s, &actor, &coarse);
        report = &coarse.items[0].report;
        assert_true(fmod(report->values.distance_m, 500) == 0);
        assert_true(report->values.distance_m > exact.items[0].report.values.distance_m);
        /* Nor by way of a term or a score that was computed from it. */
        for (size_t t = 0; t < report->term_count; t++)
            if (report->terms[t].applies)
                assert_true(fabs(report->terms[t].value * 10 - round(report->terms[t].value * 10)) <
                            1e-9);
        assert_int_equal(report->score % 10000, 0);
        /* Term 1 of the standard rules is the distance. */
        assert_str(report->terms[1].why, "woont minder dan 500 m verderop");
        assert_false(sk_str_eq(exact.items[0].report.terms[1].why, report->terms[1].why));
    }
}

static void test_whynot__gives_a_place_away_to_nobody(void **state)
{
    stand *s = *state;
    sk_listing near = need("n1", "p1"), far = offer("o1", "p2");
    const sk_actor *const actors[] = {&admin, &reader};
    const char *const changes[] = {"4,9 km verder", "5 km verder"};

    near.reach_m = 100;
    far.reach_m = 0;
    far.point.lat_deg += 0.041;
    put(s, near);
    put(s, far);
    for (size_t i = 0; i < 2; i++) {
        sk_ask question = {.id = SK_STR("n1")};
        sk_whynot_answer answer;

        ok(s, sk_engine_whynot(s->engine, actors[i], &question, s->arena, &answer, &s->err));
        assert_int_equal(answer.whynot.groups[0].best_count, 1);
        assert_str(answer.whynot.groups[0].best[0].change, changes[i]);
    }
}

static void test_suggestions__give_a_place_away_to_nobody(void **state)
{
    stand *s = *state;
    sk_suggestion_filter filter = {0};
    sk_suggestion_page page;
    sk_suggestion one;

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    ok(s, sk_engine_list_suggestions(s->engine, &reader, &filter, s->arena, &page, &s->err));
    assert_true(fmod(page.items[0].values.distance_m, 500) == 0);
    assert_int_equal(page.items[0].score % 10000, 0);
    ok(s,
       sk_engine_get_suggestion(s->engine, &resident, page.items[0].id, s->arena, &one, &s->err));
    assert_true(fmod(one.values.distance_m, 500) == 0);
    assert_false(fmod(pair_of(s, "n1", "o1").values.distance_m, 500) == 0);
}

static void test_export_party__own_place_yes_that_of_others_no(void **state)
{
    stand *s = *state;
    sk_party_export out;

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    ok(s, sk_engine_export_party(s->engine, &resident, SK_STR("p1"), s->arena, &out, &s->err));
    assert_int_equal(out.listing_count, 1);
    assert_true(same_point(out.listings[0].point, need("n1", "p1").point));
    assert_int_equal(out.suggestion_count, 1);
    assert_true(fmod(out.suggestions[0].values.distance_m, 500) == 0);
}

static void test_list_suggestions__goes_on_behind_one_that_was_erased(void **state)
{
    stand *s = *state;
    sk_suggestion_filter filter = {.limit = 1};
    sk_suggestion_page page;
    sk_call call = call_by(&admin);
    sk_str first;

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    put(s, offer("o2", "p3"));
    ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
    first = page.next;
    assert_int_equal(first.size, 13);
    ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p2"), &s->receipt, &s->err));
    filter.after = first;
    filter.limit = 10;
    ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 1);
    filter.after = pair_of(s, "n1", "o2").id;
    ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 0);
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p3"), &s->receipt, &s->err));
    put(s, need("n2", "p4"));
    put(s, offer("o4", "p5"));
    /* The cursor's suggestion is gone: those behind it, not all from the start. */
    filter.after = SK_STR("s000000000999");
    ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 0);
    filter.after = SK_STR("last");
    refused(s, SK_EINVAL, "after",
            sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_put_listing__a_replay_makes_the_same_ids),
        ON_STAND(test_put_listing__made_ids_stay_apart_after_a_refusal_and_a_restart),
        ON_STAND(test_put_listing__keeps_party_side_and_creation),
        ON_STAND(test_put_listing__an_update_that_does_not_match_withdraws),
        ON_STAND(test_set_status__to_what_it_is_changes_nothing),
        ON_STAND(test_set_status__pausing_withdraws_and_reopening_proposes_anew),
        ON_STAND(test_set_status__reopened_past_its_end_expires_at_once),
        ON_STAND(test_questions__no_exact_point_for_who_may_not_see_it),
        ON_STAND(test_list_listings__pages_and_areas_of_the_token),
        ON_STAND(test_match__gives_a_place_away_to_nobody),
        ON_STAND(test_whynot__gives_a_place_away_to_nobody),
        ON_STAND(test_suggestions__give_a_place_away_to_nobody),
        ON_STAND(test_export_party__own_place_yes_that_of_others_no),
        ON_STAND(test_list_suggestions__goes_on_behind_one_that_was_erased),
    };

    return cmocka_run_group_tests_name("engine.listings", tests, NULL, NULL);
}
