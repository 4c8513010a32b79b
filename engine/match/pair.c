/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

#include <math.h>

/* The constraints and values of one pair, exactly as docs/matching.md 2 and 3 define them. Whatever
 * discards candidates earlier only repeats these tests with less precision. */

void asked_init(sk_asked *asked, const sk_index *index, const sk_facts *facts,
                const sk_party_facts *party, int64_t now_ms)
{
    asked->facts = facts;
    asked->party = party ? party : &no_party;
    asked->side = sk_kind_side((sk_kind)facts->kind);
    asked->now_ms = now_ms;
    asked->languages = sk_effective_languages(facts, asked->party);
    asked->slot = sk_floor_div(now_ms, SK_SLOT_MS);
    asked->first_word = sk_index_first_word(now_ms);
    sk_index_span(index, facts, now_ms, asked->span);
}

/* ---- Place ---- */

double pair_distance(const sk_both *both)
{
    const sk_facts *d = both->demand, *s = both->supply;

    if ((d->remote && s->remote) || !d->has_point || !s->has_point)
        return NAN;
    return sk_geo_distance(d->lat_deg, d->lon_deg, d->cos_lat, s->lat_deg, s->lon_deg, s->cos_lat);
}

bool distance_allowed(const sk_both *both, double distance_m, uint32_t extra_m)
{
    const sk_facts *d = both->demand, *s = both->supply;

    if (d->remote && s->remote)
        return true;
    uint32_t reach_m = d->reach_m > s->reach_m ? d->reach_m : s->reach_m;
    if (isnan(distance_m) || !(distance_m <= reach_m + extra_m))
        return false;
    return (d->within_m == 0 || distance_m <= d->within_m) &&
           (s->within_m == 0 || distance_m <= s->within_m);
}

/* ---- Sets ---- */

bool ids_have(sk_ids ids, uint32_t word)
{
    for (uint32_t i = 0; i < ids.count; i++) {
        if (ids.ids[i] >= word)
            return ids.ids[i] == word;
    }
    return false;
}

bool parties_allowed(const sk_party_facts *a, const sk_party_facts *b)
{
    if (a->slot == SK_NO_SLOT || b->slot == SK_NO_SLOT)
        return true;
    return a->slot != b->slot && !ids_have(a->blocks, b->id) && !ids_have(b->blocks, a->id);
}

bool languages_allowed(sk_ids a, sk_ids b)
{
    uint32_t i = 0, j = 0;

    if (a.count == 0 || b.count == 0)
        return true;
    while (i < a.count && j < b.count) {
        if (a.ids[i] == b.ids[j])
            return true;
        if (a.ids[i] < b.ids[j])
            i++;
        else
            j++;
    }
    return false;
}

bool pair_shares_language(const sk_both *both)
{
    return languages_allowed(sk_effective_languages(both->demand, both->demand_party),
                             sk_effective_languages(both->supply, both->supply_party));
}

bool has_trait(const sk_facts *facts, const sk_party_facts *party, int64_t now_ms, uint32_t trait)
{
    if (ids_have(sk_facts_provides(facts), trait))
        return true;
    for (uint32_t i = 0; i < party->cert_count; i++) {
        const sk_cert_facts *cert = &party->certs[i];
        if (cert->type == trait && cert->from_ms <= now_ms && now_ms < cert->until_ms)
            return true;
    }
    return false;
}

bool traits_allowed(const sk_both *both, int64_t now_ms)
{
    sk_ids needs = sk_facts_requires(both->demand), asks = sk_facts_requires(both->supply);

    for (uint32_t i = 0; i < needs.count; i++) {
        if (!has_trait(both->supply, both->supply_party, now_ms, needs.ids[i]))
            return false;
    }
    for (uint32_t i = 0; i < asks.count; i++) {
        if (!has_trait(both->demand, both->demand_party, now_ms, asks.ids[i]))
            return false;
    }
    return true;
}

double pair_closeness(const sk_index *index, const sk_facts *a, const sk_facts *b)
{
    const sk_taxonomy *taxonomy = sk_index_taxonomy(index);
    double best = 0;

    for (uint32_t i = 0; i < a->category_count; i++) {
        for (uint32_t j = 0; j < b->category_count; j++) {
            double c = sk_taxonomy_closeness(taxonomy, (int)sk_index_category(index, a->sets[i]),
                                             (int)sk_index_category(index, b->sets[j]));
            best = c > best ? c : best;
        }
    }
    return best;
}

/* ---- Time ---- */

uint32_t slots_needed(const sk_facts *demand)
{
    uint32_t slots = ((uint32_t)demand->duration_min + 14) / 15;

    return slots ? slots : 1;
}

/** Runs of ones, which may go on from one word into the next. */
typedef struct runs {
    uint32_t run, longest, total;
} runs;

static void runs_close(runs *r)
{
    r->longest = r->run > r->longest ? r->run : r->longest;
    r->run = 0;
}

static void runs_add(runs *r, uint64_t word)
{
    unsigned left = 64;

    if (word == ~UINT64_C(0)) {
        r->run += 64;
        r->total += 64;
        return;
    }
    while (word != 0) {
        unsigned zeros = (unsigned)__builtin_ctzll(word), ones;
        if (zeros > 0)
            runs_close(r);
        word >>= zeros;
        ones = (unsigned)__builtin_ctzll(~word);
        r->run += ones;
        r->total += ones;
        left -= zeros + ones;
        word >>= ones;
    }
    if (left > 0)
        runs_close(r);
}

sk_times times_of_words(const uint64_t *words, size_t count)
{
    runs r = {0};

    for (size_t w = 0; w < count; w++)
        runs_add(&r, words[w]);
    runs_close(&r);
    return (sk_times){r.total, r.longest};
}

sk_times pair_times(const sk_asked *asked, const sk_index *index, const sk_facts *other,
                    uint64_t out_common[SK_SPAN_WORDS])
{
    uint64_t common[SK_SPAN_WORDS];

    sk_index_span(index, other, asked->now_ms, common);
    for (size_t w = 0; w < SK_SPAN_WORDS; w++)
        common[w] &= asked->span[w];
    if (out_common)
        memcpy(out_common, common, sizeof common);
    return times_of_words(common, SK_SPAN_WORDS);
}

/* ---- For the rules ---- */

sk_pair pair_for_rules(const sk_both *both, double distance_m, sk_times times, double closeness)
{
    return (sk_pair){.need = both->demand,
                     .offer = both->supply,
                     .need_party = both->demand_party,
                     .offer_party = both->supply_party,
                     .distance_m = distance_m,
                     .overlap_min = 15.0 * times.overlap,
                     .longest_min = 15.0 * times.longest,
                     .closeness = closeness};
}

/* ---- All of them ---- */

uint32_t pair_failures(const sk_both *both, const sk_pair *pair, const sk_allowance *allowed,
                       int64_t now_ms, uint32_t longest)
{
    uint32_t failed = 0;

    if (!is_open(both->demand, now_ms) || !is_open(both->supply, now_ms))
        failed |= SK_C_BIT(SK_C_OPEN);
    if (!parties_allowed(both->demand_party, both->supply_party))
        failed |= SK_C_BIT(SK_C_PARTIES);
    if (pair->closeness < allowed->closeness)
        failed |= SK_C_BIT(SK_C_CATEGORY);
    if (!distance_allowed(both, pair->distance_m, allowed->extra_m))
        failed |= SK_C_BIT(SK_C_DISTANCE);
    if (longest < slots_needed(both->demand))
        failed |= SK_C_BIT(SK_C_TIME);
    if (!allowed->any_language && !pair_shares_language(both))
        failed |= SK_C_BIT(SK_C_LANGUAGE);
    if (!traits_allowed(both, now_ms))
        failed |= SK_C_BIT(SK_C_TRAITS);
    return failed;
}
