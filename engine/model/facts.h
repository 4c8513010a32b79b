/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "model/records.h"

/* What matching and rules know of a listing and its party, kept in memory for every open listing.
 * Strings are numbers of one shared sk_intern ("words": categories, languages, traits, areas,
 * attribute names and string values). */

#define SK_NO_SLOT UINT32_MAX

/** A view of distinct words in ascending number. */
typedef struct sk_ids {
    const uint32_t *ids;
    uint32_t count;
} sk_ids;

typedef struct sk_attr_facts {
    uint32_t name;
    sk_attr_type type;
    double value; /**< Of a string its word, of a boolean 0 or 1. */
} sk_attr_facts;

typedef struct sk_cert_facts {
    uint32_t type;
    int64_t from_ms, until_ms; /**< Counts when from_ms <= now < until_ms. */
} sk_cert_facts;

/** A party as matching sees it. Arrays are owned by the index. */
typedef struct sk_party_facts {
    uint32_t slot;
    sk_ids languages;
    sk_ids blocks; /**< Words of the blocked party ids, ascending. */
    uint32_t id;   /**< Word of its own id. */
    const sk_cert_facts *certs;
    uint32_t cert_count;
    /* Frozen while rounds run: see docs/matching.md 5. */
    uint32_t load_30d;
    uint32_t open_suggestions;
    int64_t last_asked_ms; /**< INT64_MIN: never. */
    /** Appointments as half-open slot ranges [from, to), absolute slot numbers, ascending. */
    const int64_t *busy_slots; /**< 2 x busy_count numbers */
    uint32_t busy_count;
} sk_party_facts;

/** A listing as matching sees it. */
typedef struct sk_facts {
    uint32_t
        slot; /**< Its place in the index; SK_NO_SLOT for a listing that is only asked about. */
    uint32_t party; /**< Slot of its party. */
    double lat_deg, lon_deg;
    double cos_lat; /**< cos(lat_deg * k) of the contract's distance. */
    int64_t valid_from_ms, valid_until_ms, created_ms;
    uint32_t reach_m, within_m;
    uint32_t buurt, wijk, gemeente; /**< Words, 0: none. */
    uint32_t pattern;               /**< Availability pattern; 0: no windows. */
    uint32_t kind_word;             /**< Word of "NEED" ... */
    int32_t taken;                  /**< Pairs that count against the capacity. */
    uint16_t capacity;
    uint16_t duration_min;
    uint8_t kind, status, urgency;
    bool has_point : 1, remote : 1;
    uint8_t relaxed : SK_RELAX_BITS; /**< Bits of sk_relax_bit, as long as the case lasts. */
    uint8_t category_count, language_count, require_count, provide_count, attr_count;
    uint16_t attr_first;  /**< Where each bucket of names begins: see sk_facts_attr. */
    const uint32_t *sets; /**< categories, languages, requires, provides, one after the other */
    const sk_attr_facts *attrs; /**< From sk_facts_set_attrs, as attr_count and attr_first. */
} sk_facts;

/* Attributes are found nearly as fast as a field is read: names fall in four buckets, attributes
 * lie in the order of their buckets, and four bits per bucket say which one is its first, counted
 * from 1; 0: none of them is there, 15: the 15th or a later one. */
static inline unsigned sk_attr_bucket(uint32_t name)
{
    return name & 3;
}
/** Give the listing its attributes: borrowed, and sorted in place. count <= SK_MAX_ATTRIBUTES */
void sk_facts_set_attrs(sk_facts *facts, sk_attr_facts *attrs, size_t count);
/** NULL: it has none of this name. */
static inline const sk_attr_facts *sk_facts_attr(const sk_facts *f, uint32_t name)
{
    unsigned first = ((unsigned)f->attr_first >> (4 * sk_attr_bucket(name))) & 15;
    const sk_attr_facts *at, *end;

    if (first == 0)
        return NULL;
    at = f->attrs + first - 1;
    if (at->name == name)
        return at;
    for (end = f->attrs + f->attr_count; at < end && at->name != name;)
        at++;
    return at < end ? at : NULL;
}

static inline sk_ids sk_facts_categories(const sk_facts *f)
{
    return (sk_ids){f->sets, f->category_count};
}
/** Its own; see sk_facts_languages_effective in match for the party's. */
static inline sk_ids sk_facts_languages(const sk_facts *f)
{
    return (sk_ids){f->sets + f->category_count, f->language_count};
}
static inline sk_ids sk_facts_requires(const sk_facts *f)
{
    return (sk_ids){f->sets + f->category_count + f->language_count, f->require_count};
}
/** Without the certificates of the party. */
static inline sk_ids sk_facts_provides(const sk_facts *f)
{
    return (sk_ids){f->sets + f->category_count + f->language_count + f->require_count,
                    f->provide_count};
}
static inline int32_t sk_facts_room(const sk_facts *f)
{
    return (int32_t)f->capacity - f->taken;
}
/** A listing's languages, or its party's when it names none. */
static inline sk_ids sk_effective_languages(const sk_facts *f, const sk_party_facts *p)
{
    return f->language_count ? sk_facts_languages(f) : p->languages;
}
