/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "match/internal.h"

/** Append what would have to change, for each constraint in `failed_set`, before `other` could be a
 *  counterpart of `asked`. `failed_hard`: the hard rule that failed, or -1. `coarse`: distances
 *  in steps of 500 m. */
sk_status change_text(const sk_matcher *matcher, const sk_asked *asked, const sk_facts *other,
                      const sk_party_facts *other_party, uint32_t failed_set, int failed_hard,
                      bool coarse, sk_buf *out, sk_error *err);
