/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_text(const sk_window *windows, size_t count, const char *begin,
                        size_t least_slots, size_t max_items, const char *expected)
{
    uint64_t bits[SK_HORIZON_WORDS];
    sk_calendar *calendar = NULL;
    int64_t ms = 0;
    sk_buf out = {0};

    assert_int_equal(sk_calendar_open(&calendar, NULL), SK_OK);
    assert_int_equal(sk_time_parse(sk_str_from(begin), &ms, NULL), SK_OK);
    assert_int_equal(
        sk_calendar_expand(calendar, windows, count, ms / SK_SLOT_MS, SK_HORIZON_SLOTS, bits, NULL),
        SK_OK);
    assert_int_equal(sk_calendar_describe(calendar, ms / SK_SLOT_MS, bits, SK_HORIZON_SLOTS,
                                          least_slots, max_items, &out, NULL),
                     SK_OK);
    sk_buf_add(&out, "", 1);
    assert_string_equal(out.data, expected);
    sk_buf_done(&out);
    sk_calendar_close(calendar);
}

static void test_describe__names_each_time_once(void **state)
{
    const sk_window two[] = {
        {.short_form = true, .days = 2, .from_min = 840, .to_min = 960},
        {.short_form = true, .days = 8, .from_min = 540, .to_min = 720},
        {.short_form = true, .days = 16, .from_min = 540, .to_min = 555},
    };
    const sk_window night[] = {{.short_form = true, .days = 1, .from_min = 1320, .to_min = 120},
                               {.short_form = true, .days = 32, .from_min = 1200, .to_min = 0}};
    const sk_window days[] = {{.short_form = true, .days = 3, .from_min = 600, .to_min = 600}};

    (void)state;
    assert_text(two, 3, "2026-03-23T00:00:00Z", 4, 10,
                "dinsdag 14.00-16.00 uur, donderdag 9.00-12.00 uur");
    assert_text(two, 3, "2026-03-23T00:00:00Z", 1, 10,
                "dinsdag 14.00-16.00 uur, donderdag 9.00-12.00 uur, vrijdag 9.00-9.15 uur");
    assert_text(two, 3, "2026-03-23T00:00:00Z", 1, 1, "dinsdag 14.00-16.00 uur");
    assert_text(two, 3, "2026-03-23T00:00:00Z", 1, 0, "");
    /* Cut off by now on Tuesday at 15:00; named whole from the next week. */
    assert_text(two, 2, "2026-03-24T14:00:00Z", 1, 10,
                "dinsdag 14.00-16.00 uur, donderdag 9.00-12.00 uur");
    assert_text(night, 2, "2026-03-02T00:00:00Z", 1, 10,
                "maandag 22.00-2.00 uur, zaterdag 20.00-24.00 uur");
    assert_text(days, 1, "2026-03-02T00:00:00Z", 1, 10, "maandag 10.00 uur tot woensdag 10.00 uur");
    assert_text(NULL, 0, "2026-03-02T00:00:00Z", 1, 10, "op elk moment");
}

static void test_describe__says_long_stretches_in_words(void **state)
{
    /* All slots but those of [from, until), hours after Monday 2 March 2026, 0:00 local. */
    static const struct {
        int from_h, until_h, back_h;
        const char *begin, *text;
    } cases[] = {
        {240, 672, 672, "2026-03-01T23:00:00Z", "op elk moment tot 12 maart"},
        {0, 240, 672, "2026-03-01T23:00:00Z", "op elk moment vanaf 12 maart"},
        {0, 240, 480, "2026-03-01T23:00:00Z", "op elk moment van 12 maart tot 22 maart"},
        {100, 103, 672, "2026-03-01T23:00:00Z", "bijna altijd"},
        {0, 24, 48, "2026-03-01T23:00:00Z", "dinsdag de hele dag"},
        {0, 24, 96, "2026-03-01T23:00:00Z", "dinsdag tot en met donderdag de hele dag"},
        {33, 672, 672, "2026-03-01T23:00:00Z", "tot dinsdag 9.00 uur"},
        {0, 33, 72, "2026-03-01T23:00:00Z", "dinsdag 9.00 uur tot donderdag 0.00 uur"},
    };
    sk_calendar *calendar = NULL;

    (void)state;
    assert_int_equal(sk_calendar_open(&calendar, NULL), SK_OK);
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        uint64_t bits[SK_HORIZON_WORDS] = {0};
        int64_t ms = 0;
        sk_buf out = {0};

        for (int i = 0; i < SK_HORIZON_SLOTS; i++) {
            int hour = i / 4;
            if (hour < cases[c].from_h || (hour >= cases[c].until_h && hour < cases[c].back_h))
                bits[i / 64] |= UINT64_C(1) << i % 64;
        }
        /* Made just now: the first slot is not whole. */
        bits[0] &= ~UINT64_C(1);
        assert_int_equal(sk_time_parse(sk_str_from(cases[c].begin), &ms, NULL), SK_OK);
        assert_int_equal(sk_calendar_describe(calendar, ms / SK_SLOT_MS, bits, SK_HORIZON_SLOTS, 1,
                                              10, &out, NULL),
                         SK_OK);
        sk_buf_add(&out, "", 1);
        assert_string_equal(out.data, cases[c].text);
        sk_buf_done(&out);
    }
    sk_calendar_close(calendar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe__names_each_time_once),
        cmocka_unit_test(test_describe__says_long_stretches_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
