/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/clock.h"

#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec now = {0};

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t sk_clock_now(const sk_clock *clock)
{
    return clock->fixed ? clock->fixed_ms : read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t sk_monotonic_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t sk_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}
