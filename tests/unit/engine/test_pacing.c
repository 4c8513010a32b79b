/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/pacing.h"

/* The first instant at which nothing holds a message. 2026: the clock goes forward on Sunday 29
 * March at 01:00 UTC and back on Sunday 25 October at 01:00 UTC. */

static sk_calendar *calendar;

static int64_t at(const char *utc)
{
    int64_t ms = 0;

    assert_true(sk_time_parse(sk_str_from(utc), &ms, NULL) == SK_OK);
    return ms;
}

static void expect(const pace_question *q, const char *utc, pace_hold hold)
{
    int64_t got = 0;
    pace_hold held = PACE_FREE;
    char text[32];

    assert_int_equal(pace_first(calendar, q, &got, &held, NULL), SK_OK);
    if (got != at(utc))
        fail_msg("%.*s is not %s", SK_STR_ARG(sk_time_format(got, text)), utc);
    assert_int_equal(held, hold);
}

static const pace_quiet night = {true, 21 * 60, 8 * 60, 0};

static void test_quiet__passes_midnight(void **state)
{
    pace_question q = {.from_ms = at("2026-03-02T19:59:00Z"), .quiet = {night}};

    (void)state;
    expect(&q, "2026-03-02T19:59:00Z", PACE_FREE);
    q.from_ms = at("2026-03-02T20:00:00Z");
    expect(&q, "2026-03-03T07:00:00Z", PACE_QUIET);
    q.from_ms = at("2026-03-03T06:59:00Z");
    expect(&q, "2026-03-03T07:00:00Z", PACE_QUIET);
}

static void test_quiet__of_either_and_whole_days(void **state)
{
    pace_question q = {.from_ms = at("2026-03-06T20:30:00Z"),
                       .quiet = {night, {true, 8 * 60, 9 * 60, 1u << 5 | 1u << 6}}};

    (void)state;
    /* Friday evening; Saturday and Sunday are quiet, and on Monday both their mornings. */
    expect(&q, "2026-03-09T08:00:00Z", PACE_QUIET);
}

static void test_quiet__over_both_changes_of_the_clock(void **state)
{
    pace_question q = {.from_ms = at("2026-03-28T22:00:00Z"), .quiet = {night}};
    pace_quiet gap = {true, 60, 150, 0}; /* until 02:30, which does not exist that night */

    (void)state;
    expect(&q, "2026-03-29T06:00:00Z", PACE_QUIET);
    q.from_ms = at("2026-10-24T22:00:00Z");
    expect(&q, "2026-10-25T07:00:00Z", PACE_QUIET);
    q = (pace_question){.from_ms = at("2026-03-29T00:30:00Z"), .quiet = {gap}};
    expect(&q, "2026-03-29T01:30:00Z", PACE_QUIET);
    /* 02:10 for the second time: quiet again until its second 02:30. */
    q.from_ms = at("2026-10-25T01:10:00Z");
    expect(&q, "2026-10-25T01:30:00Z", PACE_QUIET);
}

static void test_budget__by_local_day_and_week(void **state)
{
    const int64_t sent[3] = {at("2026-03-02T09:00:00Z"), at("2026-03-03T23:30:00Z"),
                             at("2026-03-05T09:00:00Z")};
    pace_question q = {.from_ms = at("2026-03-02T10:00:00Z"),
                       .sent_ms = sent,
                       .sent_count = 1,
                       .day_most = {1, 0}};

    (void)state;
    expect(&q, "2026-03-02T23:00:00Z", PACE_BUDGET);
    /* 23:30 UTC on Tuesday is Wednesday in the Netherlands. */
    q.sent_count = 2;
    q.from_ms = at("2026-03-03T22:00:00Z");
    expect(&q, "2026-03-03T22:00:00Z", PACE_FREE);
    q.from_ms = at("2026-03-04T10:00:00Z");
    expect(&q, "2026-03-04T23:00:00Z", PACE_BUDGET);
    q.sent_count = 3;
    q.day_most[0] = 0;
    q.week_most[1] = 3;
    q.from_ms = at("2026-03-06T10:00:00Z");
    expect(&q, "2026-03-08T23:00:00Z", PACE_BUDGET);
    q.quiet[0] = night;
    expect(&q, "2026-03-09T07:00:00Z", PACE_QUIET);
}

static void test_digest__waits_once(void **state)
{
    pace_question q = {.from_ms = at("2026-03-02T10:00:00Z"),
                       .has_digest = true,
                       .digest_min = 7 * 60,
                       .digest_days = 1u << 0 | 1u << 2};

    (void)state;
    expect(&q, "2026-03-04T06:00:00Z", PACE_DIGEST);
    /* In quiet hours: it goes when they end, and does not wait for the next. */
    q.quiet[0] = night;
    expect(&q, "2026-03-04T07:00:00Z", PACE_QUIET);
    q.from_ms = at("2026-03-04T06:00:00Z");
    q.quiet[0].has_hours = false;
    expect(&q, "2026-03-04T06:00:00Z", PACE_FREE);
}

static void test_pause__and_never(void **state)
{
    pace_question q = {.from_ms = at("2026-03-02T10:00:00Z"),
                       .pause_until_ms = at("2026-03-20T21:00:00Z")};
    int64_t got;
    pace_hold held;

    (void)state;
    expect(&q, "2026-03-20T21:00:00Z", PACE_PAUSE);
    q.quiet[0] = night;
    expect(&q, "2026-03-21T07:00:00Z", PACE_QUIET);
    q.quiet[1].days = 0x7f;
    assert_int_equal(pace_first(calendar, &q, &got, &held, NULL), SK_OK);
    assert_true(got >= q.from_ms + PACE_FAR_MS);
}

/* Random questions: what comes out is held by nothing, and nothing earlier on the way was free. */
static void test_pace__random(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        int64_t sent[6];
        pace_question q = {.from_ms = at("2026-01-01T00:00:00Z"), .sent_ms = sent};
        int64_t first, again;
        pace_hold held;

#define ROLL(n)                                                                                    \
    ((uint32_t)((random = random * 6364136223846793005u + 1442695040888963407u) >> 33) % (n))
        q.from_ms += (int64_t)ROLL(500000) * SK_MINUTE_MS;
        q.quiet[0] =
            (pace_quiet){ROLL(2), (uint16_t)ROLL(1440), (uint16_t)ROLL(1440), (uint8_t)ROLL(64)};
        q.quiet[1] = (pace_quiet){ROLL(2), (uint16_t)ROLL(1440), (uint16_t)ROLL(1440), 0};
        q.day_most[0] = ROLL(3);
        q.week_most[1] = ROLL(5);
        q.sent_count = ROLL(6);
        for (size_t k = 0; k < q.sent_count; k++)
            sent[k] = q.from_ms - (int64_t)ROLL(5000) * SK_MINUTE_MS;
        assert_int_equal(pace_first(calendar, &q, &first, &held, NULL), SK_OK);
        assert_true(first >= q.from_ms);
        if (first >= q.from_ms + PACE_FAR_MS)
            continue;
        /* Held by nothing: asked from there, it stays. */
        int64_t from = q.from_ms;

        q.from_ms = first;
        assert_int_equal(pace_first(calendar, &q, &again, &held, NULL), SK_OK);
        assert_true(again == first && held == PACE_FREE);
        /* Nothing before it was free: by minutes, from a place before it. */
        for (int64_t t = first - SK_MINUTE_MS; t >= from && t > first - 90 * SK_MINUTE_MS;
             t -= 7 * SK_MINUTE_MS) {
            q.from_ms = t;
            assert_int_equal(pace_first(calendar, &q, &again, &held, NULL), SK_OK);
            assert_true(again > t);
        }
    }
}

static int open_calendar(void **state)
{
    (void)state;
    return sk_calendar_open(&calendar, NULL) == SK_OK ? 0 : -1;
}

static int close_calendar(void **state)
{
    (void)state;
    sk_calendar_close(calendar);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet__passes_midnight),
        cmocka_unit_test(test_quiet__of_either_and_whole_days),
        cmocka_unit_test(test_quiet__over_both_changes_of_the_clock),
        cmocka_unit_test(test_budget__by_local_day_and_week),
        cmocka_unit_test(test_digest__waits_once),
        cmocka_unit_test(test_pause__and_never),
        cmocka_unit_test(test_pace__random),
    };

    return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
