/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/limits.h"

/* Buckets lie in a table of fixed size, found by a keyed hash, so that no stranger can fill the
 * memory or choose who is beside him. In a full neighbourhood the one longest unused makes place:
 * it is the fullest, so that forgetting it gives the least away. */

#define SLOTS 4096u
#define NEAR 8u

typedef struct bucket {
    uint64_t key; /**< 0: unused. */
    int64_t at_ms;
    double left;
} bucket;

struct http_rates {
    double per_second, burst;
    bucket slots[SLOTS];
};

http_rates *http_rates_new(double per_second, double burst)
{
    http_rates *rates = sk_calloc(1, sizeof(*rates));

    if (rates) {
        rates->per_second = per_second;
        rates->burst = burst;
    }
    return rates;
}

void http_rates_free(http_rates *rates)
{
    sk_free(rates);
}

static bucket *find(http_rates *rates, uint64_t key, int64_t now_ms)
{
    bucket *oldest = NULL;

    for (unsigned i = 0; i < NEAR; i++) {
        bucket *slot = &rates->slots[(key + i) % SLOTS];

        if (slot->key == key)
            return slot;
        if (!oldest || slot->at_ms < oldest->at_ms)
            oldest = slot;
    }
    *oldest = (bucket){.key = key, .at_ms = now_ms, .left = rates->burst};
    return oldest;
}

unsigned http_rates_take(http_rates *rates, sk_str key, int64_t now_ms)
{
    bucket *b;

    if (rates->per_second <= 0)
        return 0;
    b = find(rates, sk_str_hash(key) | 1, now_ms);
    b->left += (double)(now_ms - b->at_ms) / 1000 * rates->per_second;
    if (b->left > rates->burst)
        b->left = rates->burst;
    b->at_ms = now_ms;
    if (b->left < 1)
        return (unsigned)((1 - b->left) / rates->per_second) + 1;
    b->left -= 1;
    return 0;
}
