/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A year and a month in two bytes, then the rule. What the check accepts can be expanded, in order
 * and within its bounds, and the occurrences tell the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sk_calendar *calendar;
    static uint64_t bits[SK_HORIZON_WORDS];
    static sk_appointment found[64];
    const int64_t first = 1969632, from_ms = first * SK_SLOT_MS;
    sk_window window = {0};
    size_t count = 0;
    sk_error err = {0};

    if (size < 2)
        return 0;
    if (!calendar)
        SK_ASSERT(sk_calendar_open(&calendar, NULL) == SK_OK);
    window.start_local_s =
        sk_civil_days(1970 + data[0] % 64, 1 + data[1] % 12, 28 - data[0] % 2) * 86400 +
        data[1] * 300;
    window.end_local_s = window.start_local_s + 60 * (1 + data[1]);
    window.rrule = (sk_str){(const char *)data + 2, size - 2};
    if (sk_calendar_check(calendar, &window, &err) != SK_OK) {
        SK_ASSERT(err.message[0] != '\0');
        return 0;
    }
    SK_ASSERT(sk_calendar_expand(calendar, &window, 1, first, SK_HORIZON_SLOTS, bits, &err) ==
              SK_OK);
    SK_ASSERT(sk_calendar_occurrences(calendar, &window, from_ms,
                                      from_ms + SK_HORIZON_SLOTS * SK_SLOT_MS, found, 64, &count,
                                      &err) == SK_OK);
    for (size_t i = 0; i < count; i++) {
        SK_ASSERT(found[i].start_ms < found[i].end_ms);
        SK_ASSERT(i == 0 || found[i - 1].start_ms <= found[i].start_ms);
    }
    return 0;
}
