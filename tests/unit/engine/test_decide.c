/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* Decisions, their undo, hand-over and appointments. */

#define EXPIRY_MS (14 * SK_DAY_MS)

static sk_str propose(stand *s)
{
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    return pair_of(s, "n1", "o1").id;
}

/* ---- Undo ---- */

static void test_undo__returns_to_parked_while_its_time_is_ahead(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    park(s, id, START_MS + SK_DAY_MS);
    decide(s, id, SK_DECIDE_ACCEPT);
    ok(s, try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PARKED);
    assert_int_equal(suggestion_of(s, id).until_ms, START_MS + SK_DAY_MS);
    stand_reopen(s);
    stand_to(s, START_MS + SK_DAY_MS);
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PROPOSED);
    assert_int_equal(count_events(s, "suggestion.returned"), 1);
    stand_check(s);
}

static void test_undo__returns_to_proposed_when_its_time_is_past(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    park(s, id, START_MS + SK_DAY_MS);
    decide(s, id, SK_DECIDE_REJECT);
    stand_to(s, START_MS + SK_DAY_MS);
    ok(s, try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PROPOSED);
    assert_int_equal(suggestion_of(s, id).until_ms, 0);
    assert_int_equal(count_events(s, "suggestion.returned"), 0);
}

static void test_undo__of_a_second_park_proposes(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    park(s, id, START_MS + SK_DAY_MS);
    park(s, id, START_MS + 2 * SK_DAY_MS);
    ok(s, try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PROPOSED);
    stand_to(s, START_MS + 3 * SK_DAY_MS);
    assert_int_equal(count_events(s, "suggestion.returned"), 0);
    stand_check(s);
}

static void test_park__a_second_time_returns_at_the_second_instant(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    park(s, id, START_MS + SK_DAY_MS);
    park(s, id, START_MS + 2 * SK_DAY_MS);
    stand_to(s, START_MS + SK_DAY_MS);
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PARKED);
    stand_to(s, START_MS + 2 * SK_DAY_MS);
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PROPOSED);
    assert_int_equal(count_events(s, "suggestion.returned"), 1);
}

static void test_undo__at_the_border_of_expiry(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    decide(s, id, SK_DECIDE_REJECT);
    stand_to(s, START_MS + EXPIRY_MS - 1);
    ok(s, try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PROPOSED);
    stand_to(s, START_MS + EXPIRY_MS);
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_EXPIRED);
    refused(s, SK_ECONFLICT, "version", try_undo(s, id));
    stand_check(s);
}

static void test_undo__is_refused_at_expiry(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    decide(s, id, SK_DECIDE_ACCEPT);
    stand_to(s, START_MS + EXPIRY_MS);
    refused(s, SK_ECONFLICT, "version", try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_ACCEPTED);
}

static void test_undo__only_once_and_only_the_last_step(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    decide(s, id, SK_DECIDE_ACCEPT);
    ok(s, try_undo(s, id));
    refused(s, SK_ECONFLICT, "version", try_undo(s, id));
    decide(s, id, SK_DECIDE_ACCEPT);
    decide(s, id, SK_DECIDE_INTRODUCE);
    refused(s, SK_ECONFLICT, "version", try_undo(s, id));
}

static void test_undo__is_tested_again(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    decide(s, id, SK_DECIDE_REJECT);
    put_blocker(s, "p2", "p1");
    ok(s, try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_WITHDRAWN);
    assert_str(suggestion_of(s, id).reason, "parties");
    stand_check(s);
}

static void test_undo__across_a_restart(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    decide(s, id, SK_DECIDE_ACCEPT);
    stand_reopen(s);
    ok(s, try_undo(s, id));
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_PROPOSED);
    stand_to(s, START_MS + EXPIRY_MS);
    assert_int_equal(suggestion_of(s, id).state, SK_STATE_EXPIRED);
}

/* ---- Refusals ---- */

static void test_decide__park_lies_between_now_and_expiry(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    refused(s, SK_EINVAL, "until", try_decide(s, id, SK_DECIDE_PARK, START_MS));
    refused(s, SK_EINVAL, "until", try_decide(s, id, SK_DECIDE_PARK, START_MS + EXPIRY_MS));
    ok(s, try_decide(s, id, SK_DECIDE_PARK, START_MS + EXPIRY_MS - 1));
}

static void test_decide__the_second_of_two_learns_who_was_first(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);
    sk_call call = call_by(&second_admin);
    sk_decide late = {.suggestion_id = id, .version = 1, .decision = SK_DECIDE_ACCEPT};

    decide(s, id, SK_DECIDE_REJECT);
    refused(s, SK_ECONFLICT, "version",
            sk_engine_decide(s->engine, &call, &late, &s->receipt, &s->err));
    assert_non_null(strstr(s->err.message, "REJECTED"));
    assert_non_null(strstr(s->err.message, "t-admin"));
}

static void test_decide__no_more_pairs_than_places(void **state)
{
    stand *s = *state;
    sk_str id = propose(s), other;

    put(s, offer("o2", "p3"));
    other = pair_of(s, "n1", "o2").id;
    decide(s, id, SK_DECIDE_ACCEPT);
    assert_str(suggestion_of(s, other).reason, "filled");
    ok(s, try_undo(s, id));
    assert_true(has_pair(s, "n1", "o2", 1u << SK_STATE_PROPOSED));
    stand_check(s);
}

/* ---- Hand-over ---- */

static void put_connector(stand *s, const char *id)
{
    static const sk_str areas[1] = {{"GM0001", 6}};
    sk_call call = call_by(&admin);
    sk_connector c = {.id = sk_str_from(id), .name = sk_str_from(id), .areas = {areas, 1}};

    ok(s, sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
}

static sk_status hand_over(stand *s, sk_str id, const char *to)
{
    sk_call call = call_by(&admin);

    return sk_engine_hand_over(s->engine, &call, id, suggestion_of(s, id).version, sk_str_from(to),
                               &s->receipt, &s->err);
}

static void assert_cases(stand *s, uint32_t first, uint32_t second)
{
    const sk_connector *list;
    const uint32_t *cases;
    size_t count;

    ok(s, sk_engine_list_connectors(s->engine, &admin, s->arena, &list, &cases, &count, &s->err));
    assert_int_equal(count, 2);
    assert_int_equal(cases[0], first);
    assert_int_equal(cases[1], second);
}

static void test_hand_over__moves_the_case_and_nothing_else(void **state)
{
    stand *s = *state;
    sk_suggestion before, after;
    sk_str id;

    put_connector(s, "anna");
    put_connector(s, "bram");
    id = propose(s);
    assert_str(suggestion_of(s, id).assignee, "anna");
    assert_cases(s, 1, 0);
    park(s, id, START_MS + SK_DAY_MS);
    before = suggestion_of(s, id);
    ok(s, hand_over(s, id, "bram"));
    after = suggestion_of(s, id);
    assert_int_equal(after.state, SK_STATE_PARKED);
    assert_int_equal(after.until_ms, before.until_ms);
    assert_true(sk_str_eq(after.reason, before.reason));
    assert_str(after.assignee, "bram");
    assert_cases(s, 0, 1);
    refused(s, SK_ECONFLICT, "version", try_undo(s, id));
    refused(s, SK_ENOTFOUND, "connectorId", hand_over(s, id, "carla"));
    stand_reopen(s);
    assert_cases(s, 0, 1);
    stand_check(s);
}

static void test_hand_over__a_finished_case_stays_finished(void **state)
{
    stand *s = *state;
    sk_str id;

    put_connector(s, "anna");
    put_connector(s, "bram");
    id = propose(s);
    decide(s, id, SK_DECIDE_REJECT);
    ok(s, hand_over(s, id, "bram"));
    assert_str(suggestion_of(s, id).reason, "daarom");
    assert_cases(s, 0, 0);
    stand_check(s);
}

/* ---- Appointments ---- */

static sk_status appoint(stand *s, sk_str id, int64_t start_ms, int64_t end_ms)
{
    sk_call call = call_by(&admin);
    sk_appointment one = {start_ms, end_ms};

    return sk_engine_set_appointments(s->engine, &call, id, suggestion_of(s, id).version, &one, 1,
                                      &s->receipt, &s->err);
}

static void test_appointments__keep_the_party_busy_until_the_pair_ends(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);
    int64_t end = START_MS + 2 * SK_HOUR_MS;
    sk_listing today = need("n2", "p3");

    refused(s, SK_ECONFLICT, "suggestionId", appoint(s, id, START_MS, end));
    connect(s, id);
    ok(s, appoint(s, id, START_MS, end));
    put(s, offer("o2", "p2"));
    today.valid_until_ms = end;
    put(s, today);
    assert_false(has_pair(s, "n2", "o2", ALL_STATES));
    stand_reopen(s);
    put(s, today);
    assert_false(has_pair(s, "n2", "o2", ALL_STATES));
    decide(s, id, SK_DECIDE_END);
    put(s, today);
    assert_true(has_pair(s, "n2", "o2", ALL_STATES));
    stand_check(s);
}

static void test_appointments__must_mean_something(void **state)
{
    stand *s = *state;
    sk_str id = propose(s);

    connect(s, id);
    refused(s, SK_EINVAL, "appointments", appoint(s, id, START_MS, START_MS));
    refused(s, SK_EINVAL, "appointments", appoint(s, id, START_MS, START_MS + 25 * SK_HOUR_MS));
    /* Instants that overflow the arithmetic, and those before 1970. */
    refused(s, SK_EINVAL, "appointments", appoint(s, id, INT64_MIN, INT64_MAX));
    refused(s, SK_EINVAL, "appointments", appoint(s, id, INT64_MAX - SK_HOUR_MS, INT64_MAX));
}

/* ---- Blocks ---- */

static void test_block__ends_what_runs(void **state)
{
    stand *s = *state;
    sk_str connected = propose(s), accepted;

    connect(s, connected);
    ok(s, appoint(s, connected, START_MS, START_MS + SK_HOUR_MS));
    put(s, need("n2", "p1"));
    put(s, offer("o2", "p2"));
    accepted = pair_of(s, "n2", "o2").id;
    decide(s, accepted, SK_DECIDE_ACCEPT);
    put_blocker(s, "p2", "p1");
    assert_int_equal(suggestion_of(s, connected).state, SK_STATE_ENDED);
    assert_int_equal(suggestion_of(s, accepted).state, SK_STATE_DECLINED);
    assert_str(suggestion_of(s, accepted).reason, "block");
    assert_int_equal(suggestions(s, 0).count, 0);
    stand_check(s);
    stand_reopen(s);
    stand_check(s);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_undo__returns_to_parked_while_its_time_is_ahead),
        ON_STAND(test_undo__returns_to_proposed_when_its_time_is_past),
        ON_STAND(test_undo__of_a_second_park_proposes),
        ON_STAND(test_park__a_second_time_returns_at_the_second_instant),
        ON_STAND(test_undo__at_the_border_of_expiry),
        ON_STAND(test_undo__is_refused_at_expiry),
        ON_STAND(test_undo__only_once_and_only_the_last_step),
        ON_STAND(test_undo__is_tested_again),
        ON_STAND(test_undo__across_a_restart),
        ON_STAND(test_decide__park_lies_between_now_and_expiry),
        ON_STAND(test_decide__the_second_of_two_learns_who_was_first),
        ON_STAND(test_decide__no_more_pairs_than_places),
        ON_STAND(test_hand_over__moves_the_case_and_nothing_else),
        ON_STAND(test_hand_over__a_finished_case_stays_finished),
        ON_STAND(test_appointments__keep_the_party_busy_until_the_pair_ends),
        ON_STAND(test_appointments__must_mean_something),
        ON_STAND(test_block__ends_what_runs),
    };

    return cmocka_run_group_tests_name("engine.decide", tests, NULL, NULL);
}
