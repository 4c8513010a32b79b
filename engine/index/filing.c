/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* Which trees a listing stands in: for each of its categories, the tree by place when it has a
 * point and the tree by age when it can be done from afar. A listing with both stands in both;
 * who searches takes pairs of two remote listings from the trees by age only.
 *
 * Each of these trees is there twice: those put aside (sk_index_set_aside) stand in the second, so
 * that a walk which has no use for them does not meet them at all. */

bool filing_wanted(const sk_facts *facts)
{
    return facts->status == SK_LISTING_OPEN && sk_facts_room(facts) >= 1;
}

sk_tree *filing_tree(const sk_index *index, uint32_t category, sk_side side, bool by_time,
                     bool aside)
{
    return &index->trees[((category * 2 + (uint32_t)side) * 2 + by_time) * 2 + aside];
}

uint32_t filing_minutes(int64_t created_ms)
{
    int64_t minutes = created_ms / SK_MINUTE_MS;

    if (created_ms < 0)
        return 0;
    return minutes >= UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)minutes;
}

/** C5's least common stretch as far as this listing says: a demand's meeting, else one slot. */
static uint8_t least_slots(const sk_facts *facts)
{
    uint32_t slots = ((uint32_t)facts->duration_min + 14) / 15;

    if (slots == 0 || sk_kind_side((sk_kind)facts->kind) == SK_SUPPLY)
        return 1;
    return slots < UINT8_MAX ? (uint8_t)slots : UINT8_MAX;
}

sk_entry filing_entry(const sk_facts *facts, bool by_time)
{
    sk_entry entry = {.slot = facts->slot,
                      .lat = (float)facts->lat_deg,
                      .lon = (float)facts->lon_deg,
                      .reach = (float)facts->reach_m,
                      .created_min = filing_minutes(facts->created_ms),
                      .pattern = facts->pattern,
                      .least_slots = least_slots(facts),
                      .remote = facts->remote};

    entry.curve =
        by_time ? tree_curve_of_time(entry.created_min) : tree_curve_of_place(entry.lat, entry.lon);
    return entry;
}

static bool stands_in(const sk_facts *facts, bool by_time)
{
    return by_time ? facts->remote : facts->has_point;
}

/** Takes a listing out of its first `count` trees, counted as filing_add fills them. */
static void drop_first(sk_index *index, const sk_facts *facts, bool aside, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool by_time = i % 2;
        sk_entry entry = filing_entry(facts, by_time);
        uint32_t category = index->category_of_word[facts->sets[i / 2]];
        if (stands_in(facts, by_time))
            SK_ASSERT(tree_remove(
                filing_tree(index, category, sk_kind_side(facts->kind), by_time, aside), &entry));
    }
}

bool filing_add(sk_index *index, uint32_t slot)
{
    sk_listing_row *row = listing_row(index, slot);
    const sk_facts *facts = &row->facts;

    if (index->holding)
        return true;
    for (uint32_t i = 0; i < 2u * facts->category_count; i++) {
        bool by_time = i % 2;
        sk_entry entry = filing_entry(facts, by_time);
        uint32_t category = index->category_of_word[facts->sets[i / 2]];
        if (!stands_in(facts, by_time))
            continue;
        if (!tree_insert(
                filing_tree(index, category, sk_kind_side(facts->kind), by_time, row->aside),
                &entry)) {
            drop_first(index, facts, row->aside, i);
            return false;
        }
    }
    row->filed = true;
    return true;
}

void filing_drop(sk_index *index, uint32_t slot)
{
    sk_listing_row *row = listing_row(index, slot);

    if (row->filed)
        drop_first(index, &row->facts, row->aside, 2u * row->facts.category_count);
    row->filed = false;
}

void sk_index_set_aside(sk_index *index, uint32_t slot, bool aside)
{
    sk_listing_row *row = listing_row(index, slot);

    if (row->aside == aside)
        return;
    filing_drop(index, slot);
    row->aside = aside;
    filing_settle(index, slot);
}

void filing_settle(sk_index *index, uint32_t slot)
{
    sk_listing_row *row = listing_row(index, slot);
    bool wanted = filing_wanted(&row->facts);

    if (wanted && !row->filed && !filing_add(index, slot))
        index->unfiled = true;
    else if (!wanted && row->filed)
        filing_drop(index, slot);
}

void sk_index_hold(sk_index *index)
{
    index->holding = true;
}

sk_status sk_index_release(sk_index *index, sk_error *err)
{
    index->holding = false;
    index->unfiled = true;
    return filing_retry(index, err);
}

sk_status filing_retry(sk_index *index, sk_error *err)
{
    if (!index->unfiled || index->holding)
        return SK_OK;
    index->unfiled = false;
    for (uint32_t slot = 0; slot < index->listings.count && !index->unfiled; slot++) {
        if (listing_row(index, slot)->id)
            filing_settle(index, slot);
    }
    return index->unfiled ? sk_fail(err, SK_ENOMEM, "out of memory") : SK_OK;
}
