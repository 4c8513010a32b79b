/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* How often somebody may come: one bucket per key, of bounded number. Thread: loop. */

#include "core/core.h"

typedef struct http_rates http_rates;

/** `per_second` requests on the long run, `burst` at once; 0 per second: no limit. NULL: no
 *  memory. */
http_rates *http_rates_new(double per_second, double burst);
void http_rates_free(http_rates *rates);
/** 0: go on; otherwise the seconds to wait. */
unsigned http_rates_take(http_rates *rates, sk_str key, int64_t now_ms);
