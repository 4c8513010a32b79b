/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the tests of rules share: random pairs, and loading rule files from text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules/rules.h"

/** A small generator of its own, so that a failure comes back with the same seed. */
typedef struct rnd {
    uint64_t state;
} rnd;

static inline uint32_t rnd_next(rnd *r)
{
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(r->state >> 33);
}
static inline uint32_t rnd_below(rnd *r, uint32_t bound)
{
    return rnd_next(r) % bound;
}
static inline double rnd_real(rnd *r, double lo, double hi)
{
    return lo + (hi - lo) * ((double)rnd_next(r) / 2147483648.0);
}

#define NOW_MS INT64_C(1780000000000)

static const char *const word_pool[] = {
    "zorg", "zorg.thuis", "zorgen", "vervoer",   "vervoer.ziekenhuis",
    "nl",   "en",         "vog",    "rijbewijs", "BU1",
    "BU2",  "WK1",        "soort",  "aantal",    "rolstoel",
    "NEED", "OFFER",
};
#define WORD_POOL (sizeof word_pool / sizeof word_pool[0])

/** A side with everything that it points at. */
typedef struct side_memory {
    sk_facts facts;
    sk_party_facts party;
    uint32_t sets[16], languages[2];
    sk_attr_facts attrs[3];
    sk_cert_facts certs[2];
} side_memory;

static inline uint32_t pool_word(sk_intern *words, size_t index)
{
    return sk_intern_add(words, sk_str_from(word_pool[index]));
}

/** Up to `most` distinct words, ascending. */
static inline uint8_t random_set(rnd *r, uint32_t *out, uint32_t most)
{
    uint8_t count = 0;
    uint32_t word = 0;

    while (count < most && rnd_below(r, 4) != 0) {
        word += 1 + rnd_below(r, 5);
        if (word > WORD_POOL)
            break;
        out[count++] = word;
    }
    return count;
}

static inline void random_attrs(rnd *r, sk_intern *words, side_memory *m)
{
    static const size_t names[] = {12, 13, 14};
    static const double numbers[] = {0, 1, 2, 3, 4, -2.5, 1e308, -1e-308};
    uint8_t count = 0;

    for (int i = 0; i < 3; i++) {
        sk_attr_facts *attr = &m->attrs[count];

        if (rnd_below(r, 4) == 0)
            continue;
        *attr = (sk_attr_facts){.name = pool_word(words, names[i])};
        attr->type = (sk_attr_type)(1 + rnd_below(r, 3));
        attr->value = attr->type == SK_ATTR_STRING ? 1 + rnd_below(r, 4)
                      : attr->type == SK_ATTR_BOOL ? rnd_below(r, 2)
                                                   : numbers[rnd_below(r, 8)];
        count++;
    }
    sk_facts_set_attrs(&m->facts, m->attrs, count);
}

static inline void random_party(rnd *r, side_memory *m)
{
    sk_party_facts *p = &m->party;

    *p = (sk_party_facts){.certs = m->certs, .load_30d = rnd_below(r, 4)};
    p->languages = (sk_ids){m->languages, random_set(r, m->languages, 2)};
    p->cert_count = rnd_below(r, 3);
    for (uint32_t i = 0; i < p->cert_count; i++)
        m->certs[i] =
            (sk_cert_facts){1 + rnd_below(r, WORD_POOL), NOW_MS + (int64_t)rnd_below(r, 3) - 1,
                            NOW_MS + (int64_t)rnd_below(r, 3)};
    p->open_suggestions = rnd_below(r, 3);
    p->last_asked_ms = rnd_below(r, 2) ? INT64_MIN : NOW_MS - (int64_t)rnd_below(r, 1000000000);
}

static inline void random_side(rnd *r, sk_intern *words, side_memory *m, bool need)
{
    sk_facts *f = &m->facts;
    uint32_t *set = m->sets;

    for (size_t i = 0; i < WORD_POOL; i++)
        pool_word(words, i);
    *f = (sk_facts){.sets = m->sets, .kind = need ? SK_KIND_NEED : SK_KIND_OFFER};
    f->kind_word = pool_word(words, need ? 15 : 16);
    f->category_count = random_set(r, set, 4);
    set += f->category_count;
    f->language_count = rnd_below(r, 2) ? 0 : random_set(r, set, 3);
    set += f->language_count;
    f->require_count = random_set(r, set, 3);
    set += f->require_count;
    f->provide_count = random_set(r, set, 4);
    f->reach_m = rnd_below(r, 3) * 500;
    f->within_m = rnd_below(r, 2) * 1000;
    f->remote = rnd_below(r, 2);
    f->duration_min = (uint16_t)(rnd_below(r, 4) * 45);
    f->capacity = (uint16_t)(1 + rnd_below(r, 3));
    f->taken = (int32_t)rnd_below(r, 5);
    f->urgency = (uint8_t)rnd_below(r, 4);
    f->created_ms = NOW_MS - (int64_t)rnd_below(r, 2000000000);
    f->buurt = rnd_below(r, 2) ? 0 : pool_word(words, 9 + rnd_below(r, 2));
    f->wijk = rnd_below(r, 2) ? 0 : pool_word(words, 11);
    f->gemeente = rnd_below(r, 2) ? 0 : pool_word(words, 9);
    random_attrs(r, words, m);
    random_party(r, m);
}

static inline sk_pair make_pair(rnd *r, const side_memory *need, const side_memory *offer)
{
    return (sk_pair){.need = &need->facts,
                     .offer = &offer->facts,
                     .need_party = &need->party,
                     .offer_party = &offer->party,
                     .distance_m =
                         rnd_below(r, 4) ? rnd_real(r, 0, 5000) : (double)__builtin_nan(""),
                     .overlap_min = 15.0 * rnd_below(r, 20),
                     .longest_min = 15.0 * rnd_below(r, 8),
                     .closeness = rnd_below(r, 2) ? 1.0 : rnd_real(r, 0.3, 1.0)};
}

#define BLOCK SK_LANES

typedef struct block {
    side_memory query, others[BLOCK];
    sk_pair pairs[BLOCK];
    sk_bounds bounds;
} block;

/** One listing against 64 others, and what is known of them together. */
static inline void make_block(rnd *r, sk_intern *words, block *b)
{
    sk_side side = (sk_side)rnd_below(r, 2);
    double lo = 1e9, hi = -1;

    random_side(r, words, &b->query, side == SK_DEMAND);
    b->bounds = (sk_bounds){.query = &b->query.facts,
                            .query_party = &b->query.party,
                            .query_side = side,
                            .closeness_lo = 1,
                            .created_lo_ms = INT64_MAX,
                            .created_hi_ms = INT64_MIN};
    for (int i = 0; i < BLOCK; i++) {
        sk_pair *p = &b->pairs[i];
        int64_t created;

        random_side(r, words, &b->others[i], side != SK_DEMAND);
        *p = side == SK_DEMAND ? make_pair(r, &b->query, &b->others[i])
                               : make_pair(r, &b->others[i], &b->query);
        created = b->others[i].facts.created_ms;
        b->bounds.distance_may_miss |= p->distance_m != p->distance_m;
        lo = __builtin_fmin(lo, p->distance_m);
        hi = __builtin_fmax(hi, p->distance_m);
        b->bounds.closeness_lo = __builtin_fmin(b->bounds.closeness_lo, p->closeness);
        b->bounds.closeness_hi = __builtin_fmax(b->bounds.closeness_hi, p->closeness);
        b->bounds.overlap_hi_min = __builtin_fmax(b->bounds.overlap_hi_min,
                                                  __builtin_fmax(p->overlap_min, p->longest_min));
        if (created < b->bounds.created_lo_ms)
            b->bounds.created_lo_ms = created;
        if (created > b->bounds.created_hi_ms)
            b->bounds.created_hi_ms = created;
    }
    b->bounds.distance_lo_m = lo;
    b->bounds.distance_hi_m = hi;
}

#ifdef SK_SCRIPTS
/** Finds rule files in scripts/; `context` (may be NULL) is the text of "lib/proef". */
static inline sk_status find_script(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    char path[512];

    if (context && sk_str_eq(name, SK_STR("lib/proef"))) {
        sk_buf_text(out, context);
        return SK_OK;
    }
    snprintf(path, sizeof path, "%s/%s%.*s.lua", SK_SCRIPTS,
             sk_str_starts(name, SK_STR("lib/")) ? "" : "rules/", SK_STR_ARG(name));
    return sk_file_read(path, 100000, out, err) == SK_OK
               ? SK_OK
               : sk_fail(err, SK_ENOTFOUND, "no file %.*s", SK_STR_ARG(name));
}

static inline sk_status load_text(const char *text, const char *library, sk_intern *words,
                                  sk_ruleset **out, sk_error *err)
{
    sk_rules_source source = {.name = SK_STR("proef.lua"),
                              .text = sk_str_from(text),
                              .find = find_script,
                              .context = (void *)library};

    *err = (sk_error){0};
    return sk_ruleset_load(&source, words, out, err);
}
#endif
