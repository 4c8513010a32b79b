/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <stdio.h>
#include <string.h>

/* What those that wait are allowed: by themselves when the day comes, and one of them at once. */

#define RULES(name, steps)                                                                         \
    "return ruleset { name = \"" name "\", based_on = \"standaard\", policy = [[p]],\n" steps      \
    " threshold = 0.3 }\n"
#define REACH_AFTER_3D "relax { after = \"3d\", reach = \"5 km\" },"
#define REACH_AFTER_5D "relax { after = \"5d\", category = \"vervoer\", reach = \"5 km\" },"
#define DAY_THREE_MS (START_MS + 3 * SK_DAY_MS)

static const sk_actor connector = {.token_id = {"t-c", 3}, .role = SK_ROLE_CONNECTOR};

static void use(stand *s, const char *source)
{
    sk_call writer = call_by(&author), call = call_by(&admin);
    char hash[65];

    ok(s, sk_engine_push_rules(s->engine, &writer, sk_str_from(source), &s->receipt, &s->err));
    memcpy(hash, s->receipt.id, sizeof(hash));
    ok(s, sk_engine_approve_rules(s->engine, &call, sk_str_from(hash), &s->receipt, &s->err));
    ok(s, sk_engine_activate_rules(s->engine, &call, sk_str_from(hash), 100, &s->receipt, &s->err));
}

/** Two kilometres apart, and neither travels so far. */
static void put_far_apart(stand *s)
{
    sk_listing n = need("n1", "p1"), o = offer("o1", "p2");

    n.reach_m = 0;
    o.reach_m = 400;
    o.point = (sk_point){52.1192, 5.1034};
    put(s, n);
    put(s, o);
}

static sk_status try_relax(stand *s, const sk_actor *actor, const char *id, uint8_t bits,
                           int64_t until_ms)
{
    sk_call call = call_by(actor);

    return sk_engine_relax_case(s->engine, &call, sk_str_from(id), bits, until_ms, &s->receipt,
                                &s->err);
}

static bool is_open(stand *s)
{
    return has_pair(s, "n1", "o1", 1u << SK_STATE_PROPOSED);
}

/* ---- By itself ---- */

static void test_relax__gives_a_round_when_the_day_comes(void **state)
{
    stand *s = *state;
    sk_suggestion made;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    stand_to(s, DAY_THREE_MS - 1);
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    stand_reopen(s);
    stand_check(s);
    stand_to(s, DAY_THREE_MS + SK_HOUR_MS);
    made = pair_of(s, "n1", "o1");
    assert_int_equal(made.created_ms, DAY_THREE_MS);
    assert_int_equal(made.relaxed_count, 1);
    assert_int_equal(made.relaxed[0].constraint, SK_RELAX_DISTANCE);
    assert_str(made.relaxed[0].why,
               "verder weg dan normaal (1,7 km meer), omdat de hulpvraag al 3 dagen wacht");
    /* What was relaxed is not withdrawn when it is tested again: by a change, and at midnight. */
    put(s, need("n2", "p1"));
    stand_to(s, DAY_THREE_MS + 2 * SK_DAY_MS);
    assert_true(is_open(s));
    stand_check(s);
}

static void test_relax__an_instant_that_was_while_it_was_down_is_made_up_for(void **state)
{
    stand *s = *state;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    stand_reopen_at(s, DAY_THREE_MS + SK_HOUR_MS);
    ok(s, sk_engine_tick(s->engine, &s->err));
    assert_int_equal(pair_of(s, "n1", "o1").created_ms, DAY_THREE_MS);
}

static void test_relax__the_instants_follow_the_active_rules(void **state)
{
    stand *s = *state;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    stand_to(s, START_MS + SK_HOUR_MS);
    use(s, RULES("later", REACH_AFTER_5D));
    stand_check(s);
    stand_to(s, START_MS + 5 * SK_DAY_MS - 1);
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    stand_to(s, START_MS + 5 * SK_DAY_MS);
    assert_true(is_open(s));
    /* Rules that allow less withdraw what needed more. */
    use(s, RULES("streng", ""));
    assert_str(pair_of(s, "n1", "o1").reason, "distance");
    stand_check(s);
}

static void test_relax__follows_the_categories_of_an_update(void **state)
{
    static const sk_str other[1] = {{"klussen", 7}};
    stand *s = *state;
    sk_listing n = need("n1", "p1");

    use(s, RULES("later", REACH_AFTER_5D));
    put_far_apart(s);
    for (int i = 0; i < 50; i++) {
        n.categories = i % 2 ? need("n1", "p1").categories : (sk_strs){other, 1};
        put(s, n);
        stand_check(s);
    }
    ok(s, try_status(s, "n1", SK_LISTING_PAUSED));
    stand_to(s, START_MS + 4 * SK_DAY_MS);
    ok(s, try_status(s, "n1", SK_LISTING_OPEN));
    stand_check(s);
    stand_reopen(s);
    stand_check(s);
}

/* ---- A case ---- */

static void test_case__opens_at_once_and_ends_by_itself(void **state)
{
    stand *s = *state;
    int64_t until_ms = START_MS + SK_HOUR_MS;
    sk_listing relaxed;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    ok(s, try_relax(s, &connector, "n1", SK_RELAX_DISTANCE, until_ms));
    assert_int_equal(s->receipt.suggestions_created, 1);
    assert_str(pair_of(s, "n1", "o1").relaxed[0].why,
               "verder weg dan normaal (1,7 km meer), omdat de hulpvraag een uitzondering heeft");
    relaxed = listing_of(s, &admin, "n1");
    assert_int_equal(relaxed.relaxed, SK_RELAX_DISTANCE);
    assert_int_equal(relaxed.relaxed_until_ms, until_ms);
    assert_int_equal(relaxed.version, 2);
    /* It outlives a restart, an update that names it or not, and a change of status. */
    stand_reopen(s);
    stand_check(s);
    relaxed.relaxed = SK_RELAX_THRESHOLD;
    put(s, relaxed);
    ok(s, try_status(s, "n1", SK_LISTING_PAUSED));
    ok(s, try_status(s, "n1", SK_LISTING_OPEN));
    assert_int_equal(listing_of(s, &admin, "n1").relaxed, SK_RELAX_DISTANCE);
    assert_true(is_open(s));
    stand_to(s, until_ms - 1);
    assert_true(is_open(s));
    stand_to(s, until_ms);
    assert_str(pair_of(s, "n1", "o1").reason, "distance");
    assert_int_equal(listing_of(s, &admin, "n1").relaxed, 0);
    assert_int_equal(listing_of(s, &admin, "n1").relaxed_until_ms, 0);
    assert_int_equal(count_events(s, "listing.relaxed"), 2);
    stand_check(s);
}

static void test_case__is_put_off_and_ended_by_hand(void **state)
{
    stand *s = *state;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    ok(s, try_relax(s, &admin, "n1", SK_RELAX_DISTANCE, START_MS + SK_HOUR_MS));
    ok(s, try_relax(s, &admin, "n1", SK_RELAX_DISTANCE, START_MS + SK_DAY_MS));
    stand_to(s, START_MS + 2 * SK_HOUR_MS);
    assert_true(is_open(s));
    assert_int_equal(count_events(s, "listing.relaxed"), 2);
    ok(s, try_relax(s, &admin, "n1", 0, 0));
    assert_str(pair_of(s, "n1", "o1").reason, "distance");
    /* Nothing to end: nothing happens. */
    ok(s, try_relax(s, &admin, "n1", 0, 0));
    assert_int_equal(count_events(s, "listing.relaxed"), 3);
    ok(s, try_relax(s, &admin, "n1", SK_RELAX_DISTANCE, 0));
    assert_int_equal(listing_of(s, &admin, "n1").relaxed_until_ms,
                     listing_of(s, &admin, "n1").valid_until_ms);
    stand_check(s);
}

static void test_case__is_refused_by_name_and_changes_nothing(void **state)
{
    static const sk_str areas[1] = {{"GM9999", 6}};
    stand *s = *state;
    sk_actor elsewhere = connector;
    sk_buf before, after;

    elsewhere.areas = (sk_strs){areas, 1};
    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    before = stand_dump(s);
    refused(s, SK_EDENIED, "", try_relax(s, &resident, "n1", SK_RELAX_DISTANCE, 0));
    refused(s, SK_EDENIED, "", try_relax(s, &elsewhere, "n1", SK_RELAX_DISTANCE, 0));
    refused(s, SK_ENOTFOUND, "listingId", try_relax(s, &admin, "n9", SK_RELAX_DISTANCE, 0));
    refused(s, SK_EINVAL, "listingId", try_relax(s, &admin, "o1", SK_RELAX_DISTANCE, 0));
    refused(s, SK_EINVAL, "until", try_relax(s, &admin, "n1", SK_RELAX_DISTANCE, START_MS));
    refused(s, SK_ECONFLICT, "constraints",
            try_relax(s, &admin, "n1", SK_RELAX_DISTANCE | SK_RELAX_LANGUAGE, 0));
    assert_non_null(strstr(s->err.message, "widens language"));
    after = stand_dump(s);
    assert_same(&before, &after);
    ok(s, try_status(s, "n1", SK_LISTING_FULFILLED));
    refused(s, SK_ECONFLICT, "listingId", try_relax(s, &admin, "n1", SK_RELAX_DISTANCE, 0));
}

static void test_case__comes_with_an_import_and_with_nobody_else(void **state)
{
    stand *s = *state;
    sk_call call = call_by(&resident);
    sk_listing n = need("n1", "p1");

    use(s, RULES("ruim", REACH_AFTER_3D));
    n.relaxed = SK_RELAX_DISTANCE;
    n.relaxed_until_ms = START_MS + SK_DAY_MS;
    ok(s, sk_engine_put_listing(s->engine, &call, &n, &s->receipt, &s->err));
    n.id = SK_STR("n2");
    put(s, n);
    n.id = SK_STR("n3");
    n.relaxed_until_ms = START_MS;
    put(s, n);
    assert_int_equal(listing_of(s, &admin, "n1").relaxed, 0);
    assert_int_equal(listing_of(s, &admin, "n2").relaxed, SK_RELAX_DISTANCE);
    assert_int_equal(listing_of(s, &admin, "n3").relaxed, 0);
    stand_check(s);
    stand_to(s, START_MS + SK_DAY_MS);
    assert_int_equal(listing_of(s, &admin, "n2").relaxed, 0);
    stand_check(s);
}

/* ---- Said so ---- */

static void test_match__gives_no_place_away_by_what_was_needed(void **state)
{
    stand *s = *state;
    sk_ask question = {.id = SK_STR("n1")};
    sk_match_answer exact, coarse;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    stand_to(s, DAY_THREE_MS);
    ok(s, sk_engine_match(s->engine, &admin, &question, s->arena, &exact, &s->err));
    ok(s, sk_engine_match(s->engine, &resident, &question, s->arena, &coarse, &s->err));
    assert_non_null(strstr(exact.items[0].report.relaxed[0].why.data, "1,7 km"));
    assert_str(coarse.items[0].report.relaxed[0].why,
               "verder weg dan normaal, omdat de hulpvraag al 3 dagen wacht");
}

static void test_whynot__says_when_it_opens_and_who_may_open_it(void **state)
{
    stand *s = *state;
    sk_ask question = {.id = SK_STR("n1")};
    sk_whynot_answer answer;

    use(s, RULES("ruim", REACH_AFTER_3D));
    put_far_apart(s);
    ok(s, sk_engine_whynot(s->engine, &resident, &question, s->arena, &answer, &s->err));
    assert_false(answer.may_case);
    assert_int_equal(answer.whynot.open_count, 1);
    ok(s, sk_engine_whynot(s->engine, &connector, &question, s->arena, &answer, &s->err));
    assert_true(answer.may_case);
    assert_int_equal(answer.whynot.open_count, 2);
    assert_int_equal(answer.whynot.opens[0].from_ms, DAY_THREE_MS);
    assert_str(answer.whynot.opens[0].change,
               "na 3 dagen wachten (vanaf 5 maart) mag de afstand 5 km groter zijn: dan komt er "
               "1 bij");
    assert_int_equal(answer.whynot.opens[1].constraints, SK_RELAX_DISTANCE);
    assert_str(answer.whynot.opens[1].change,
               "als de hulpvraag een uitzondering krijgt, mag de afstand 5 km groter zijn: dan "
               "komt er 1 bij");
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_relax__gives_a_round_when_the_day_comes),
        ON_STAND(test_relax__an_instant_that_was_while_it_was_down_is_made_up_for),
        ON_STAND(test_relax__the_instants_follow_the_active_rules),
        ON_STAND(test_relax__follows_the_categories_of_an_update),
        ON_STAND(test_case__opens_at_once_and_ends_by_itself),
        ON_STAND(test_case__is_put_off_and_ended_by_hand),
        ON_STAND(test_case__is_refused_by_name_and_changes_nothing),
        ON_STAND(test_case__comes_with_an_import_and_with_nobody_else),
        ON_STAND(test_match__gives_no_place_away_by_what_was_needed),
        ON_STAND(test_whynot__says_when_it_opens_and_who_may_open_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
