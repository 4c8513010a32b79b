/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* Listings: their facts in rows, found by id. The sets and attributes of a listing stand in one
 * piece of the pool. A change makes the new facts first and swaps them in when nothing can
 * fail any more. */

static uint32_t next_free(const void *row)
{
    return ((const sk_listing_row *)row)->facts.party;
}

/* ---- Finding ---- */

uint32_t sk_index_find(const sk_index *index, sk_str listing_id)
{
    uint32_t id = sk_intern_find(index->ids, listing_id);

    return id < index->slot_of_id_capacity ? index->slot_of_id[id] : SK_NO_SLOT;
}

const sk_facts *sk_index_facts(const sk_index *index, uint32_t slot)
{
    if (slot >= index->listings.count || listing_row(index, slot)->id == 0)
        return NULL;
    return &listing_row(index, slot)->facts;
}

void sk_index_prefetch(const sk_index *index, uint32_t slot)
{
    const char *row = rows_at(&index->listings, slot);

    __builtin_prefetch(row);
    __builtin_prefetch(row + ROW_BYTES / 2);
}

void sk_index_prefetch_more(const sk_index *index, uint32_t slot)
{
    const sk_facts *facts = &listing_row(index, slot)->facts;
    const char *party = rows_at(&index->parties, facts->party);

    __builtin_prefetch(facts->sets);
    __builtin_prefetch(party);
    __builtin_prefetch(party + ROW_BYTES / 2);
}

sk_str sk_index_id(const sk_index *index, uint32_t slot)
{
    return slot < index->listings.count ? sk_intern_str(index->ids, listing_row(index, slot)->id)
                                        : (sk_str){"", 0};
}

uint32_t sk_index_slots(const sk_index *index)
{
    return index->listings.count;
}

size_t sk_index_count(const sk_index *index, sk_side side)
{
    return index->side_count[side];
}

/* ---- Facts ---- */

static size_t word_count(const sk_listing *listing)
{
    return listing->categories.count + listing->languages.count + listing->requires_traits.count +
           listing->provides_traits.count;
}

size_t facts_bytes(const sk_listing *listing)
{
    return listing->attribute_count * sizeof(sk_attr_facts) +
           word_count(listing) * sizeof(uint32_t);
}

/** Words of one set behind those that are there; how many distinct ones, or -1 without memory. */
static int add_set(sk_index *index, sk_strs strings, uint32_t *ids)
{
    for (size_t i = 0; i < strings.count; i++) {
        if (!(ids[i] = sk_intern_add(index->words, strings.items[i])))
            return -1;
    }
    return (int)words_sort(ids, (uint32_t)strings.count);
}

static bool add_attrs(sk_index *index, const sk_listing *listing, sk_attr_facts *out,
                      sk_facts *facts)
{
    for (size_t i = 0; i < listing->attribute_count; i++) {
        const sk_attr *from = &listing->attributes[i];
        memset(&out[i], 0, sizeof out[i]);
        out[i].type = from->type;
        out[i].name = sk_intern_add(index->words, from->name);
        if (from->type == SK_ATTR_STRING)
            out[i].value = sk_intern_add(index->words, from->string);
        else
            out[i].value = from->type == SK_ATTR_BOOL ? from->boolean : from->number;
        if (!out[i].name || (from->type == SK_ATTR_STRING && out[i].value == 0))
            return false;
    }
    sk_facts_set_attrs(facts, out, listing->attribute_count);
    return true;
}

static sk_status add_sets(sk_index *index, const sk_listing *listing, void *memory, sk_facts *out,
                          sk_error *err)
{
    const sk_strs sets[4] = {listing->categories, listing->languages, listing->requires_traits,
                             listing->provides_traits};
    uint8_t *counts[4] = {&out->category_count, &out->language_count, &out->require_count,
                          &out->provide_count};
    sk_attr_facts *attrs = memory;
    uint32_t *ids = (uint32_t *)(attrs + listing->attribute_count);

    out->sets = ids;
    for (int i = 0; i < 4; i++) {
        int count = add_set(index, sets[i], ids);
        if (count < 0)
            return sk_fail(err, SK_ENOMEM, "out of memory");
        *counts[i] = (uint8_t)count;
        ids += count;
    }
    if (!add_attrs(index, listing, attrs, out))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    return SK_OK;
}

/** What no validated listing has, but what would break an invariant here. */
static sk_status check_shape(const sk_index *index, const sk_listing *listing, sk_error *err)
{
    const sk_strs sets[4] = {listing->categories, listing->languages, listing->requires_traits,
                             listing->provides_traits};
    static const char *const names[4] = {"categories", "languages", "requires", "provides"};

    if (listing->kind < SK_KIND_NEED || listing->kind > SK_KIND_ACTIVITY)
        return sk_fail_field(err, SK_EINVAL, "kind", "no such kind: %d", (int)listing->kind);
    for (int i = 0; i < 4; i++) {
        if (sets[i].count > SK_MAX_CODES)
            return sk_fail_field(err, SK_ELIMIT, names[i], "more than %d codes", SK_MAX_CODES);
    }
    if (listing->attribute_count > SK_MAX_ATTRIBUTES)
        return sk_fail_field(err, SK_ELIMIT, "attributes", "more than %d", SK_MAX_ATTRIBUTES);
    for (size_t i = 0; i < listing->categories.count; i++) {
        if (sk_taxonomy_find(index->taxonomy, listing->categories.items[i]) < 0)
            return sk_fail_field(err, SK_EINVAL, "categories", "no such category: %.*s",
                                 SK_STR_ARG(listing->categories.items[i]));
    }
    return SK_OK;
}

static uint32_t area_word(sk_index *index, sk_str code)
{
    return code.size ? sk_intern_add(index->words, code) : 0;
}

sk_status facts_fill(sk_index *index, const sk_listing *listing, bool asked, void *memory,
                     sk_facts *out, sk_error *err)
{
    sk_facts f = {.slot = SK_NO_SLOT,
                  .valid_from_ms = listing->valid_from_ms,
                  .valid_until_ms = listing->valid_until_ms,
                  .created_ms = listing->created_ms,
                  .reach_m = listing->reach_m,
                  .within_m = listing->within_m,
                  .capacity = (uint16_t)listing->capacity,
                  .duration_min = (uint16_t)listing->duration_min,
                  .kind = (uint8_t)listing->kind,
                  .status = (uint8_t)listing->status,
                  .urgency = (uint8_t)listing->urgency,
                  .has_point = listing->has_point,
                  .remote = listing->remote,
                  .relaxed = listing->relaxed};
    sk_status st;

    f.party = sk_index_party_find(index, listing->party_id);
    if (f.party == SK_NO_SLOT && !(asked && listing->party_id.size == 0))
        return sk_fail_field(err, SK_EINVAL, "partyId", "no such party: %.*s",
                             SK_STR_ARG(listing->party_id));
    f.kind_word = index->kind_words[listing->kind];
    if (f.has_point) {
        f.lat_deg = listing->point.lat_deg;
        f.lon_deg = listing->point.lon_deg;
        f.cos_lat = sk_geo_cos_lat(f.lat_deg);
    }
    f.buurt = area_word(index, listing->buurt);
    f.wijk = area_word(index, listing->wijk);
    f.gemeente = area_word(index, listing->gemeente);
    if ((st = add_sets(index, listing, memory, &f, err)) != SK_OK ||
        (st = patterns_take(index, listing->windows, listing->window_count, &f.pattern, err)) !=
            SK_OK)
        return st;
    *out = f;
    return SK_OK;
}

sk_status sk_index_facts_of(sk_index *index, const sk_listing *listing, sk_arena *arena,
                            sk_facts *out, sk_error *err)
{
    void *memory;
    sk_status st;

    if ((st = check_shape(index, listing, err)) != SK_OK)
        return st;
    if (!(memory = sk_arena_alloc(arena, facts_bytes(listing))))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = facts_fill(index, listing, true, memory, out, err)) != SK_OK)
        return st;
    patterns_asked(&index->patterns, out->pattern);
    return SK_OK;
}

/* ---- Changing ---- */

static sk_status find_or_take(sk_index *index, sk_str id, uint32_t *out_slot, bool *out_fresh,
                              sk_error *err)
{
    uint32_t number = sk_intern_add(index->ids, id), slot;

    if (!number ||
        !table_reach(&index->slot_of_id, &index->slot_of_id_capacity, number, SK_NO_SLOT))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    slot = index->slot_of_id[number];
    *out_fresh = slot == SK_NO_SLOT;
    if (*out_fresh) {
        if ((slot = rows_take(&index->listings, &index->pool, next_free)) == SK_NO_SLOT)
            return sk_fail(err, SK_ENOMEM, "out of memory");
        listing_row(index, slot)->id = number;
        listing_row(index, slot)->facts = (sk_facts){.slot = slot, .party = SK_NO_SLOT};
        index->slot_of_id[number] = slot;
    }
    *out_slot = slot;
    return SK_OK;
}

static void give_back_row(sk_index *index, uint32_t slot)
{
    sk_listing_row *row = listing_row(index, slot);

    index->slot_of_id[row->id] = SK_NO_SLOT;
    memset(row, 0, sizeof *row);
    row->facts.party = index->listings.free;
    index->listings.free = slot;
}

static void release_facts(sk_index *index, const sk_facts *facts, uint16_t bytes)
{
    patterns_drop(&index->patterns, facts->pattern);
    pool_give(&index->pool, (void *)facts->attrs, bytes);
}

/** Puts `fresh` in the row in place of what is there; on failure all is as before. */
static sk_status swap_facts(sk_index *index, uint32_t slot, const sk_facts *fresh, sk_error *err)
{
    sk_listing_row *row = listing_row(index, slot);
    sk_facts old = row->facts;
    bool moved = old.party != fresh->party, was_filed = row->filed;
    sk_status st;

    if (moved && (st = party_add_listing(index, fresh->party, slot, err)) != SK_OK)
        return st;
    filing_drop(index, slot);
    row->facts = *fresh;
    row->facts.slot = slot;
    row->facts.taken = old.taken;
    if (filing_wanted(&row->facts) && !filing_add(index, slot)) {
        row->facts = old;
        /* What was just given back is enough for this, unless another thread took it. */
        if (was_filed && !filing_add(index, slot))
            index->unfiled = true;
        if (moved)
            party_drop_listing(index, fresh->party, slot);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    if (moved && old.party != SK_NO_SLOT)
        party_drop_listing(index, old.party, slot);
    return SK_OK;
}

static void count_in(sk_index *index, const sk_facts *facts)
{
    index->side_count[sk_kind_side(facts->kind)]++;
    if (facts->created_ms > index->newest_ms)
        index->newest_ms = facts->created_ms;
}

sk_status sk_index_put(sk_index *index, const sk_listing *listing, uint32_t *out_slot,
                       sk_error *err)
{
    size_t bytes = facts_bytes(listing);
    sk_listing_row *row, old;
    sk_facts fresh = {0};
    void *memory = NULL;
    uint32_t slot = SK_NO_SLOT;
    bool is_new = false;
    sk_status st;

    if ((st = check_shape(index, listing, err)) != SK_OK ||
        (st = filing_retry(index, err)) != SK_OK)
        return st;
    if (!(memory = pool_take(&index->pool, bytes)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = facts_fill(index, listing, false, memory, &fresh, err)) != SK_OK ||
        (st = find_or_take(index, listing->id, &slot, &is_new, err)) != SK_OK)
        goto out;
    row = listing_row(index, slot);
    old = *row;
    if ((st = swap_facts(index, slot, &fresh, err)) != SK_OK) {
        if (is_new)
            give_back_row(index, slot);
        goto out;
    }
    if (!is_new) {
        index->side_count[sk_kind_side((sk_kind)old.facts.kind)]--;
        release_facts(index, &old.facts, old.bytes);
    }
    row->bytes = (uint16_t)bytes;
    count_in(index, &fresh);
    *out_slot = slot;
    return SK_OK;
out:
    patterns_drop(&index->patterns, fresh.pattern);
    pool_give(&index->pool, memory, bytes);
    return st;
}

void sk_index_remove(sk_index *index, uint32_t slot)
{
    sk_listing_row row;

    if (!sk_index_facts(index, slot))
        return;
    filing_drop(index, slot);
    row = *listing_row(index, slot);
    party_drop_listing(index, row.facts.party, slot);
    index->side_count[sk_kind_side((sk_kind)row.facts.kind)]--;
    release_facts(index, &row.facts, row.bytes);
    give_back_row(index, slot);
}

void sk_index_set_status(sk_index *index, uint32_t slot, sk_listing_status status)
{
    if (!sk_index_facts(index, slot))
        return;
    listing_row(index, slot)->facts.status = (uint8_t)status;
    filing_settle(index, slot);
}

void sk_index_set_taken(sk_index *index, uint32_t slot, int32_t taken)
{
    if (!sk_index_facts(index, slot))
        return;
    listing_row(index, slot)->facts.taken = taken;
    filing_settle(index, slot);
}

void sk_index_set_relaxed(sk_index *index, uint32_t slot, uint8_t relaxed)
{
    if (sk_index_facts(index, slot))
        listing_row(index, slot)->facts.relaxed = relaxed;
}

void sk_index_set_area(sk_index *index, uint32_t slot, sk_str buurt, sk_str wijk, sk_str gemeente)
{
    sk_facts *facts;

    if (!sk_index_facts(index, slot))
        return;
    facts = &listing_row(index, slot)->facts;
    facts->buurt = area_word(index, buurt);
    facts->wijk = area_word(index, wijk);
    facts->gemeente = area_word(index, gemeente);
}

void listings_done(sk_index *index)
{
    rows_done(&index->listings);
    sk_free(index->slot_of_id);
}
