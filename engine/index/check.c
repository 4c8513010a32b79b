/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* The deep check: every invariant that index.c states, walked from both ends. */

static sk_status check_listing(const sk_index *index, uint32_t slot, sk_error *err)
{
    const sk_listing_row *row = listing_row(index, slot);
    const sk_facts *facts = &row->facts;
    const uint32_t *slots;
    size_t count, times = 0;

    if (facts->slot != slot || index->slot_of_id[row->id] != slot)
        return sk_fail(err, SK_EINTERNAL, "listing slot %u is not found by its id", slot);
    if (facts->party >= index->parties.count || !party_row(index, facts->party)->facts.id)
        return sk_fail(err, SK_EINTERNAL, "listing slot %u has no party", slot);
    slots = sk_index_party_listings(index, facts->party, &count);
    for (size_t i = 0; i < count; i++)
        times += slots[i] == slot;
    if (times != 1)
        return sk_fail(err, SK_EINTERNAL, "party %u lists slot %u %zu times", facts->party, slot,
                       times);
    if (facts->pattern >= index->patterns.count ||
        (facts->pattern &&
         !sk_index_pattern_words(index, facts->pattern, sk_index_first_word(index->now_ms))))
        return sk_fail(err, SK_EINTERNAL, "slot %u has no expanded pattern", slot);
    if (row->filed != filing_wanted(facts) && !index->unfiled)
        return sk_fail(err, SK_EINTERNAL, "slot %u is filed: %d", slot, (int)row->filed);
    return SK_OK;
}

static sk_status check_parties(const sk_index *index, size_t listings, sk_error *err)
{
    size_t listed = 0;

    for (uint32_t i = 0; i < index->parties.count; i++) {
        const sk_party_row *row = party_row(index, i);
        if (!row->facts.id)
            continue;
        if (row->facts.slot != i || index->party_of_word[row->facts.id] != i)
            return sk_fail(err, SK_EINTERNAL, "party %u is not found by its id", i);
        listed += row->listing_count;
    }
    if (listed != listings)
        return sk_fail(err, SK_EINTERNAL, "parties list %zu of %zu listings", listed, listings);
    return SK_OK;
}

typedef struct filed_count {
    const sk_index *index;
    uint32_t tree;
    size_t wrong;
} filed_count;

static void visit_filed(void *context, uint32_t slot)
{
    filed_count *found = context;
    const sk_facts *facts = sk_index_facts(found->index, slot);
    bool names = false;

    for (uint32_t i = 0; facts && i < facts->category_count; i++)
        names |= sk_index_category(found->index, facts->sets[i]) == found->tree / TREES_EACH;
    if (!names || (uint32_t)sk_kind_side(facts->kind) != found->tree / 4 % 2 ||
        listing_row(found->index, slot)->aside != found->tree % 2 ||
        !listing_row(found->index, slot)->filed)
        found->wrong++;
}

static sk_status check_trees(const sk_index *index, sk_error *err)
{
    size_t filed = 0, wanted = 0;

    for (uint32_t i = 0; i < index->category_count * TREES_EACH; i++) {
        filed_count found = {index, i, 0};
        const char *fault = tree_check(&index->trees[i]);
        if (fault)
            return sk_fail(err, SK_EINTERNAL, "tree %u: %s", i, fault);
        tree_each(&index->trees[i], visit_filed, &found);
        if (found.wrong)
            return sk_fail(err, SK_EINTERNAL, "tree %u holds %zu strangers", i, found.wrong);
        filed += index->trees[i].count;
    }
    for (uint32_t slot = 0; slot < index->listings.count; slot++) {
        const sk_listing_row *row = listing_row(index, slot);
        if (row->id && row->filed)
            wanted += row->facts.category_count *
                      ((size_t)row->facts.has_point + (size_t)row->facts.remote);
    }
    if (filed != wanted)
        return sk_fail(err, SK_EINTERNAL, "%zu places in trees instead of %zu", filed, wanted);
    return SK_OK;
}

sk_status sk_index_check(const sk_index *index, sk_error *err)
{
    size_t count = 0;
    sk_status st;

    for (uint32_t slot = 0; slot < index->listings.count; slot++) {
        if (!listing_row(index, slot)->id)
            continue;
        count++;
        if ((st = check_listing(index, slot, err)) != SK_OK)
            return st;
    }
    if (count != index->side_count[SK_DEMAND] + index->side_count[SK_SUPPLY])
        return sk_fail(err, SK_EINTERNAL, "%zu listings, counted as %zu and %zu", count,
                       index->side_count[SK_DEMAND], index->side_count[SK_SUPPLY]);
    if ((st = check_parties(index, count, err)) != SK_OK)
        return st;
    return check_trees(index, err);
}
