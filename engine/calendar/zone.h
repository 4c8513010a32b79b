/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/** Inside calendar only: one zone of the tz database. Immutable once read. */
typedef struct sk_zone sk_zone;

/** SK_EINVAL when the name is no zone's. */
sk_status sk_zone_read(sk_str name, sk_zone **out, sk_error *err);
void sk_zone_free(sk_zone *zone);
sk_str sk_zone_name(const sk_zone *zone);

/** Seconds since 1970 to local seconds and back, as docs/matching.md 3 wants it. */
int64_t sk_zone_to_local(const sk_zone *zone, int64_t utc_s);
int64_t sk_zone_to_utc(const sk_zone *zone, int64_t local_s);
