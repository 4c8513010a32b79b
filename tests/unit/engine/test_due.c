/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* Time by itself: what falls due, and clocks that do not behave. */

static void test_open__with_an_earlier_clock_does_not_run_back(void **state)
{
    stand *s = *state;
    sk_call call = call_by(&admin);

    stand_to(s, START_MS + SK_DAY_MS);
    stand_reopen_at(s, START_MS);
    put(s, need("n1", "p1"));
    assert_int_equal(sk_engine_now(s->engine), START_MS + SK_DAY_MS);
    assert_int_equal(listing_of(s, &admin, "n1").created_ms, START_MS + SK_DAY_MS);
    refused(s, SK_EINVAL, "to",
            sk_engine_step_clock(s->engine, &call, START_MS + SK_HOUR_MS, &s->receipt, &s->err));
    stand_to(s, START_MS + 2 * SK_DAY_MS);
    assert_int_equal(sk_engine_now(s->engine), START_MS + 2 * SK_DAY_MS);
}

static void test_step_clock__never_back_and_a_refusal_moves_nothing(void **state)
{
    stand *s = *state;
    sk_call bad = call_as(&admin, "not an id", 1), again = call_as(&admin, "step", 1);
    int64_t to = START_MS + SK_HOUR_MS;

    refused(s, SK_EINVAL, "id",
            sk_engine_step_clock(s->engine, &bad, START_MS + SK_DAY_MS, &s->receipt, &s->err));
    ok(s, sk_engine_tick(s->engine, &s->err));
    assert_int_equal(sk_engine_now(s->engine), START_MS);
    ok(s, sk_engine_step_clock(s->engine, &again, to, &s->receipt, &s->err));
    stand_to(s, to + SK_HOUR_MS);
    ok(s, sk_engine_step_clock(s->engine, &again, to, &s->receipt, &s->err));
    assert_true(s->receipt.repeated);
    assert_int_equal(sk_engine_now(s->engine), to + SK_HOUR_MS);
}

static void test_put_listing__an_end_in_the_past_expires_before_the_next_command(void **state)
{
    stand *s = *state;
    sk_listing late = need("n1", "p1");

    late.created_ms = START_MS - 2 * SK_DAY_MS;
    late.valid_until_ms = START_MS - SK_DAY_MS;
    put(s, offer("o1", "p2"));
    put(s, late);
    ok(s, sk_engine_tick(s->engine, &s->err));
    assert_str(last_event(s).type, "listing.expired");
    assert_int_equal(last_event(s).at_ms, START_MS);
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    assert_int_equal(sk_engine_now(s->engine), START_MS);
}

static void test_open__a_midnight_while_it_was_down_is_made_up_for(void **state)
{
    stand *s = *state;
    sk_listing old = offer("o1", "p2");
    const sk_event *events;
    size_t count;
    uint64_t last;

    /* Ends after a first midnight: withdrawn by nothing but time. */
    old.valid_until_ms = START_MS + SK_DAY_MS;
    put(s, need("n1", "p1"));
    put(s, old);
    stand_reopen_at(s, START_MS + 3 * SK_DAY_MS);
    ok(s, sk_engine_tick(s->engine, &s->err));
    ok(s, sk_engine_read_events(s->engine, &admin, 0, SK_STR(""), 1000, s->arena, &events, &count,
                                &last, &s->err));
    assert_str(events[count - 2].type, "listing.expired");
    assert_int_equal(events[count - 2].at_ms, START_MS + SK_DAY_MS);
    assert_str(events[count - 1].type, "suggestion.withdrawn");
    assert_int_equal(sk_engine_now(s->engine), START_MS + 3 * SK_DAY_MS);
    stand_check(s);
}

/* Both limits full, then room: a listing is left for midnight to find. */
static void test_midnight__once_whether_it_ran_or_not(void **state)
{
    stand *s = *state;
    void *other_state;
    stand *other;
    sk_buf a, b;

    assert_int_equal(stand_open(&other_state), 0);
    other = other_state;
    for (int i = 0; i < 2; i++) {
        stand *each = i ? other : s;
        sk_listing soon = offer("o1", "p2");

        put(each, need("n1", "p1"));
        soon.valid_from_ms = START_MS + 40 * SK_DAY_MS;
        soon.valid_until_ms = START_MS + 80 * SK_DAY_MS;
        put(each, soon);
    }
    for (int day = 1; day <= 20; day++)
        stand_to(s, START_MS + day * SK_DAY_MS);
    stand_reopen_at(other, START_MS + 20 * SK_DAY_MS);
    ok(other, sk_engine_tick(other->engine, &other->err));
    assert_true(has_pair(s, "n1", "o1", ALL_STATES));
    a = stand_dump(s);
    b = stand_dump(other);
    assert_same(&a, &b);
    stand_close(&other_state);
}

static void test_due__the_same_before_and_after_a_restart(void **state)
{
    stand *s = *state;
    sk_listing soon = need("n1", "p1");

    soon.valid_until_ms = START_MS + 5 * SK_HOUR_MS;
    put(s, soon);
    put(s, offer("o1", "p2"));
    park(s, pair_of(s, "n1", "o1").id, START_MS + 5 * SK_HOUR_MS);
    stand_reopen(s);
    assert_int_equal(sk_engine_next_due(s->engine), SK_HOUR_MS);
    stand_to(s, START_MS + 5 * SK_HOUR_MS);
    assert_int_equal(count_events(s, "listing.expired"), 1);
    assert_int_equal(count_events(s, "suggestion.withdrawn"), 1);
    assert_int_equal(count_events(s, "suggestion.returned"), 0);
}

static void test_due__a_slot_used_again_expires_its_new_listing_only(void **state)
{
    stand *s = *state;
    sk_listing soon = need("n1", "p1");
    sk_call call = call_by(&admin);

    soon.valid_until_ms = START_MS + SK_HOUR_MS;
    put(s, soon);
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p1"), &s->receipt, &s->err));
    put(s, need("n2", "p2"));
    stand_to(s, START_MS + 2 * SK_HOUR_MS);
    assert_int_equal(listing_of(s, &admin, "n2").status, SK_LISTING_OPEN);
    assert_int_equal(count_events(s, "listing.expired"), 0);
}

/* ---- Centuries ---- */

/** Two listings, a stored answer, a parked suggestion; what is made is the same in every stand. */
static void begin_of_time(stand *s)
{
    sk_call call = call_as(&admin, "r1", 1);
    sk_listing second = need("n2", "p3");

    put(s, offer("o1", "p2"));
    put(s, need("n1", "p1"));
    ok(s, sk_engine_put_listing(s->engine, &call, &second, &s->receipt, &s->err));
    park(s, pair_of(s, "n1", "o1").id, START_MS + 3 * SK_DAY_MS);
}

static void test_step_clock__by_centuries_is_as_step_by_step(void **state)
{
    stand *s = *state, *other = NULL;
    const int64_t end_ms = START_MS + 300 * 365 * SK_DAY_MS;
    uint64_t commands;
    sk_buf at_once, by_steps;

    begin_of_time(s);
    commands = sk_engine_commands(s->engine);
    stand_to(s, end_ms);
    stand_check(s);
    /* Not 2,600,000 hours and 109,500 midnights. */
    assert_true(sk_engine_commands(s->engine) - commands < 300);
    assert_int_equal(count_events(s, "listing.expired"), 3);
    assert_int_equal(stand_open((void **)&other), 0);
    begin_of_time(other);
    for (int64_t at_ms = START_MS; at_ms < START_MS + 120 * SK_DAY_MS;
         at_ms += (1 + below(other, 30)) * SK_HOUR_MS) {
        stand_to(other, at_ms);
        if (below(other, 40) == 0)
            stand_reopen(other);
    }
    stand_to(other, end_ms);
    at_once = stand_dump(s);
    by_steps = stand_dump(other);
    assert_same(&at_once, &by_steps);
    sk_buf_done(&at_once);
    sk_buf_done(&by_steps);
    put(s, need("n9", "p1"));
    put(other, need("n9", "p1"));
    stand_to(s, end_ms + 2 * SK_DAY_MS);
    stand_to(other, end_ms + 2 * SK_DAY_MS);
    at_once = stand_dump(s);
    by_steps = stand_dump(other);
    assert_same(&at_once, &by_steps);
    sk_buf_done(&at_once);
    sk_buf_done(&by_steps);
    stand_close((void **)&other);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_open__with_an_earlier_clock_does_not_run_back),
        ON_STAND(test_step_clock__never_back_and_a_refusal_moves_nothing),
        ON_STAND(test_put_listing__an_end_in_the_past_expires_before_the_next_command),
        ON_STAND(test_open__a_midnight_while_it_was_down_is_made_up_for),
        ON_STAND(test_midnight__once_whether_it_ran_or_not),
        ON_STAND(test_due__the_same_before_and_after_a_restart),
        ON_STAND(test_step_clock__by_centuries_is_as_step_by_step),
        ON_STAND(test_due__a_slot_used_again_expires_its_new_listing_only),
    };

    return cmocka_run_group_tests_name("engine.due", tests, NULL, NULL);
}
