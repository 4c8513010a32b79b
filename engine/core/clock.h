/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Where the engine's time comes from: the host, or a fixed moment that only its owner moves. */
typedef struct sk_clock {
    bool fixed;
    int64_t fixed_ms;
} sk_clock;

/** Milliseconds since 1970 UTC. Thread: owner of the clock. */
int64_t sk_clock_now(const sk_clock *clock);
/** Monotonic milliseconds of the host, for waits and rates; never part of an answer. Thread: any.
 */
int64_t sk_monotonic_ms(void);
int64_t sk_monotonic_ns(void);
