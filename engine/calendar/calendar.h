/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of calendar: availability windows to slots of 15 minutes, as docs/matching.md 3 says.
 * The only user of libical. */

#include "model/model.h"

#define SK_SLOT_MS (15 * SK_MINUTE_MS)
#define SK_HORIZON_SLOTS 2688
#define SK_HORIZON_WORDS (SK_HORIZON_SLOTS / 64)

typedef struct sk_calendar sk_calendar;

/** Loads the zones from the system's tz data. Thread: one calendar belongs to one thread. */
sk_status sk_calendar_open(sk_calendar **out, sk_error *err);
void sk_calendar_close(sk_calendar *calendar);

/** Zone known, RRULE valid after RFC 5545, end within 24 h after start. `err->field` is relative
 *  to the window ("rrule"). Refused too: a rule that starts more than 1,500 times a day, and a
 * COUNT that takes more than 100,000 steps to work out. What passes here can be expanded at any
 * time. */
sk_status sk_calendar_check(sk_calendar *calendar, const sk_window *window, sk_error *err);

/** Slots [first_slot, first_slot + slot_count) that lie wholly inside the union of the windows'
 *  occurrences; bit i of `out_bits` (slot_count/64 words, slot_count a multiple of 64) is slot
 *  first_slot + i. Slot n is [n * SK_SLOT_MS, (n + 1) * SK_SLOT_MS). No windows: all ones.
 *  validFrom and validUntil are not looked at. */
sk_status sk_calendar_expand(sk_calendar *calendar, const sk_window *windows, size_t count,
                             int64_t first_slot, size_t slot_count, uint64_t *out_bits,
                             sk_error *err);

/** The occurrences of one window that overlap [from_ms, until_ms), at most `max`, ascending start.
 */
sk_status sk_calendar_occurrences(sk_calendar *calendar, const sk_window *window, int64_t from_ms,
                                  int64_t until_ms, sk_appointment *out, size_t max,
                                  size_t *out_count, sk_error *err);

/** Local time to an instant: a time that occurs twice is the first, one that does not exist is
 *  read with the offset before the gap. And back. An empty tzid is Europe/Amsterdam. */
sk_status sk_calendar_to_utc(sk_calendar *calendar, sk_str tzid, int64_t local_s, int64_t *out_ms,
                             sk_error *err);
sk_status sk_calendar_to_local(sk_calendar *calendar, sk_str tzid, int64_t ms, int64_t *out_local_s,
                               sk_error *err);

/** The VEVENTs of an iCalendar text as windows, in `arena`; at least one. Refuses what windows
 * cannot say, naming the line or, in `err->field`, the property ("VEVENT[2].DTEND"). */
sk_status sk_calendar_read_ics(sk_calendar *calendar, sk_str text, sk_arena *arena,
                               const sk_window **out_windows, size_t *out_count, sk_error *err);

/** Dutch text for common times of an availability bitmap, in Europe/Amsterdam:
 *  "dinsdag 14.00-16.00 uur, donderdag 9.00-12.00 uur"; at most `max_items` stretches of at least
 *  `least_slots` slots, each weekday and time named once. Long ones read "maandag de hele dag",
 *  "op elk moment tot 12 maart", "op elk moment". `first_slot` is that of now. */
sk_status sk_calendar_describe(sk_calendar *calendar, int64_t first_slot, const uint64_t *bits,
                               size_t slot_count, size_t least_slots, size_t max_items, sk_buf *out,
                               sk_error *err);
