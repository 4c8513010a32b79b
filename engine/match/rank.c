/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

/* The best so far, kept in order. At most a hundred stand in it, so that a sorted array is enough,
 * and so is looking through it for a listing that comes by once for each of its categories. */

static bool before(const sk_index *index, sk_match a, sk_match b)
{
    if (a.score != b.score)
        return a.score > b.score;
    return sk_str_cmp(sk_index_id(index, a.slot), sk_index_id(index, b.slot)) < 0;
}

bool ranking_wants(const sk_ranking *ranking, sk_match match)
{
    if (match.score < ranking_bar(ranking))
        return false;
    for (size_t i = 0; i < ranking->count; i++) {
        if (ranking->items[i].slot == match.slot)
            return false;
    }
    return ranking->count < ranking->limit ||
           before(ranking->index, match, ranking->items[ranking->count - 1]);
}

void ranking_add(sk_ranking *ranking, sk_match match)
{
    size_t lo = 0, hi = ranking->count, last;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (before(ranking->index, match, ranking->items[mid]))
            hi = mid;
        else
            lo = mid + 1;
    }
    if (lo == ranking->limit)
        return;
    last = ranking->count < ranking->limit ? ranking->count++ : ranking->count - 1;
    memmove(&ranking->items[lo + 1], &ranking->items[lo], (last - lo) * sizeof match);
    ranking->items[lo] = match;
}
