/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* How a field is read from a pair: inline, so that a loop over a column with a constant field keeps
 * one case of the switch. Everybody else calls sk_field_value. */

#include "rules/expr.h"

#include <math.h>

static inline double sk_field_days(int64_t now_ms, int64_t then_ms)
{
    /* Unsigned, so that absurd times wrap instead of being undefined. */
    return (double)(int64_t)((uint64_t)now_ms - (uint64_t)then_ms) / 86400000.0;
}

static inline double sk_field_word(uint32_t word)
{
    return word ? (double)word : NAN;
}

static inline double sk_field_read(sk_field_id id, sk_side side, const sk_pair *pair,
                                   int64_t now_ms)
{
    const sk_facts *f = side == SK_DEMAND ? pair->need : pair->offer;
    const sk_party_facts *p = side == SK_DEMAND ? pair->need_party : pair->offer_party;

    switch (id) {
    case SK_F_KIND:
        return sk_field_word(f->kind_word);
    case SK_F_REACH:
        return f->reach_m;
    case SK_F_WITHIN:
        return f->within_m;
    case SK_F_REMOTE:
        return f->remote;
    case SK_F_DURATION:
        return f->duration_min;
    case SK_F_CAPACITY:
        return f->capacity;
    case SK_F_ROOM:
        return sk_facts_room(f);
    case SK_F_URGENCY:
        return f->urgency;
    case SK_F_AGE:
        return sk_field_days(now_ms, f->created_ms);
    case SK_F_BUURT:
        return sk_field_word(f->buurt);
    case SK_F_WIJK:
        return sk_field_word(f->wijk);
    case SK_F_GEMEENTE:
        return sk_field_word(f->gemeente);
    case SK_F_LOAD:
        return p->load_30d;
    case SK_F_OPEN:
        return p->open_suggestions;
    case SK_F_ASKED:
        return p->last_asked_ms == INT64_MIN ? NAN : sk_field_days(now_ms, p->last_asked_ms);
    case SK_F_DISTANCE:
        return pair->distance_m;
    case SK_F_OVERLAP:
        return pair->overlap_min;
    case SK_F_LONGEST:
        return pair->longest_min;
    case SK_F_CLOSENESS:
        return pair->closeness;
    default:
        return NAN;
    }
}

/** A side's own traits and the certificates that count now. */
sk_ids sk_field_provides(const sk_facts *f, const sk_party_facts *p, int64_t now_ms,
                         uint32_t *scratch);

static inline sk_ids sk_field_read_set(sk_field_id id, sk_side side, const sk_pair *pair,
                                       int64_t now_ms, uint32_t *scratch)
{
    const sk_facts *f = side == SK_DEMAND ? pair->need : pair->offer;
    const sk_party_facts *p = side == SK_DEMAND ? pair->need_party : pair->offer_party;

    switch (id) {
    case SK_F_CATEGORIES:
        return sk_facts_categories(f);
    case SK_F_LANGUAGES:
        return sk_effective_languages(f, p);
    case SK_F_REQUIRES:
        return sk_facts_requires(f);
    default:
        return p->cert_count == 0 ? sk_facts_provides(f) : sk_field_provides(f, p, now_ms, scratch);
    }
}
