/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any text is read or refused, and what is read can be expanded. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sk_calendar *calendar;
    static uint64_t bits[SK_HORIZON_WORDS];
    sk_arena *arena = sk_arena_new(8 * 1024 * 1024);
    const sk_window *windows = NULL;
    size_t count = 0;
    sk_error err = {0};

    if (!calendar)
        SK_ASSERT(sk_calendar_open(&calendar, NULL) == SK_OK);
    if (sk_calendar_read_ics(calendar, (sk_str){(const char *)data, size}, arena, &windows, &count,
                             &err) == SK_OK) {
        SK_ASSERT(count > 0);
        for (size_t i = 0; i < count && i < 20; i++)
            SK_ASSERT(sk_calendar_expand(calendar, &windows[i], 1, 1969632, SK_HORIZON_SLOTS, bits,
                                         &err) == SK_OK);
    } else {
        SK_ASSERT(err.message[0] != '\0');
    }
    sk_arena_free(arena);
    return 0;
}
