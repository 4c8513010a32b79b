/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

#include <stdlib.h>

/* Parties: their facts in rows, found by the word of their id. A party's arrays stand in one piece
 * of memory (certificates, then languages, then blocks), replaced as a whole. */

static uint32_t next_free(const void *row)
{
    return ((const sk_party_row *)row)->facts.slot;
}

static int compare_words(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t words_sort(uint32_t *ids, uint32_t count)
{
    uint32_t kept = 0;

    if (count < 2)
        return count;
    if (count <= 8) { /* Nearly every set: a call of qsort costs more than the sorting. */
        for (uint32_t i = 1; i < count; i++) {
            uint32_t word = ids[i], j = i;
            for (; j > 0 && ids[j - 1] > word; j--)
                ids[j] = ids[j - 1];
            ids[j] = word;
        }
    } else {
        qsort(ids, count, sizeof ids[0], compare_words);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    }
    return kept;
}

/* ---- Finding ---- */

uint32_t sk_index_party_find(const sk_index *index, sk_str party_id)
{
    uint32_t word = sk_intern_find(index->words, party_id);

    return word < index->party_of_word_capacity ? index->party_of_word[word] : SK_NO_SLOT;
}

sk_party_facts *sk_index_party(sk_index *index, uint32_t slot)
{
    if (slot >= index->parties.count || party_row(index, slot)->facts.id == 0)
        return NULL;
    return &party_row(index, slot)->facts;
}

sk_str sk_index_party_id(const sk_index *index, uint32_t slot)
{
    return slot < index->parties.count
               ? sk_intern_str(index->words, party_row(index, slot)->facts.id)
               : (sk_str){"", 0};
}

const uint32_t *sk_index_party_listings(const sk_index *index, uint32_t slot, size_t *out_count)
{
    const sk_party_row *row;

    *out_count = 0;
    if (slot >= index->parties.count)
        return NULL;
    row = party_row(index, slot);
    *out_count = row->listing_count;
    return row->many ? row->many : row->few;
}

/* ---- Changing ---- */

static bool intern_all(sk_index *index, sk_strs strings, uint32_t *out)
{
    for (size_t i = 0; i < strings.count; i++) {
        if (!(out[i] = sk_intern_add(index->words, strings.items[i])))
            return false;
    }
    return true;
}

static size_t party_set_bytes(const sk_party_facts *facts)
{
    return facts->cert_count * sizeof(sk_cert_facts) +
           (facts->languages.count + facts->blocks.count) * sizeof(uint32_t);
}

/** Fills the arrays of `facts` from the party; the old ones stay the caller's. */
static sk_status make_sets(sk_index *index, const sk_party *party, sk_party_facts *facts,
                           sk_error *err)
{
    size_t certs = party->certificate_count;
    size_t words = party->languages.count + party->blocks.count;
    sk_cert_facts *memory = sk_malloc(certs * sizeof *memory + words * sizeof(uint32_t) + 1);
    uint32_t *languages = (uint32_t *)(memory + certs);
    uint32_t *blocks = languages + party->languages.count;

    if (!memory)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (!intern_all(index, party->languages, languages) ||
        !intern_all(index, party->blocks, blocks))
        goto no_memory;
    for (size_t i = 0; i < certs; i++) {
        const sk_certificate *from = &party->certificates[i];
        memory[i] = (sk_cert_facts){.type = sk_intern_add(index->words, from->type),
                                    .from_ms = from->checked_on_ms,
                                    .until_ms = from->valid_until_ms};
        if (!memory[i].type)
            goto no_memory;
    }
    facts->certs = memory;
    facts->cert_count = (uint32_t)certs;
    facts->languages = (sk_ids){languages, words_sort(languages, (uint32_t)party->languages.count)};
    facts->blocks = (sk_ids){blocks, words_sort(blocks, (uint32_t)party->blocks.count)};
    return SK_OK;
no_memory:
    sk_free(memory);
    return sk_fail(err, SK_ENOMEM, "out of memory");
}

static sk_status take_row(sk_index *index, uint32_t word, uint32_t *out, sk_error *err)
{
    uint32_t slot;

    if (!table_reach(&index->party_of_word, &index->party_of_word_capacity, word, SK_NO_SLOT) ||
        (slot = rows_take(&index->parties, &index->pool, next_free)) == SK_NO_SLOT)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    party_row(index, slot)->facts =
        (sk_party_facts){.slot = slot, .id = word, .last_asked_ms = INT64_MIN};
    index->party_of_word[word] = slot;
    *out = slot;
    return SK_OK;
}

sk_status sk_index_party_put(sk_index *index, const sk_party *party, uint32_t *out_slot,
                             sk_error *err)
{
    uint32_t word = sk_intern_add(index->words, party->id), slot;
    sk_party_facts fresh = {0}, *facts;
    sk_status st;

    if (!word)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = make_sets(index, party, &fresh, err)) != SK_OK)
        return st;
    slot = sk_index_party_find(index, party->id);
    if (slot == SK_NO_SLOT && (st = take_row(index, word, &slot, err)) != SK_OK) {
        sk_free((void *)fresh.certs);
        return st;
    }
    facts = &party_row(index, slot)->facts;
    index->party_bytes += party_set_bytes(&fresh) - party_set_bytes(facts);
    sk_free((void *)facts->certs);
    facts->certs = fresh.certs;
    facts->cert_count = fresh.cert_count;
    facts->languages = fresh.languages;
    facts->blocks = fresh.blocks;
    *out_slot = slot;
    return SK_OK;
}

static void free_arrays(sk_index *index, sk_party_row *row)
{
    index->party_bytes -= party_set_bytes(&row->facts) +
                          row->facts.busy_count * 2 * sizeof(int64_t) +
                          row->listing_capacity * sizeof(uint32_t);
    sk_free((void *)row->facts.certs);
    sk_free((void *)row->facts.busy_slots);
    sk_free(row->many);
}

void sk_index_party_remove(sk_index *index, uint32_t slot)
{
    sk_party_row *row;

    if (!sk_index_party(index, slot))
        return;
    row = party_row(index, slot);
    while (row->listing_count > 0)
        sk_index_remove(index, row->many ? row->many[0] : row->few[0]);
    index->party_of_word[row->facts.id] = SK_NO_SLOT;
    free_arrays(index, row);
    memset(row, 0, sizeof *row);
    row->facts.slot = index->parties.free;
    index->parties.free = slot;
}

sk_status sk_index_party_set_busy(sk_index *index, uint32_t slot, const int64_t *ranges,
                                  uint32_t count, sk_error *err)
{
    sk_party_facts *facts = sk_index_party(index, slot);
    size_t bytes = (size_t)count * 2 * sizeof(int64_t);
    int64_t *copy = NULL;

    if (!facts)
        return sk_fail(err, SK_ENOTFOUND, "no party in slot %u", slot);
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[2 * i] >= ranges[2 * i + 1] || (i > 0 && ranges[2 * i] < ranges[2 * i - 1]))
            return sk_fail(err, SK_EINVAL, "appointment %u is empty or out of order", i);
    }
    if (count > 0 && !(copy = sk_malloc(bytes)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (count > 0)
        memcpy(copy, ranges, bytes);
    index->party_bytes += bytes - facts->busy_count * 2 * sizeof(int64_t);
    sk_free((void *)facts->busy_slots);
    facts->busy_slots = copy;
    facts->busy_count = count;
    return SK_OK;
}

/* ---- Its listings ---- */

sk_status party_add_listing(sk_index *index, uint32_t party, uint32_t slot, sk_error *err)
{
    sk_party_row *row = party_row(index, party);

    if (!row->many && row->listing_count < 2) {
        row->few[row->listing_count++] = slot;
        return SK_OK;
    }
    if (!row->many || row->listing_count >= row->listing_capacity) {
        size_t capacity = row->listing_capacity;
        if (!sk_grow((void **)&row->many, &capacity, row->listing_count + 1, sizeof row->many[0]))
            return sk_fail(err, SK_ENOMEM, "out of memory");
        if (row->listing_capacity == 0)
            memcpy(row->many, row->few, row->listing_count * sizeof row->many[0]);
        index->party_bytes += (capacity - row->listing_capacity) * sizeof row->many[0];
        row->listing_capacity = (uint32_t)capacity;
    }
    row->many[row->listing_count++] = slot;
    return SK_OK;
}

void party_drop_listing(sk_index *index, uint32_t party, uint32_t slot)
{
    sk_party_row *row = party_row(index, party);
    uint32_t *slots = row->many ? row->many : row->few;

    for (uint32_t i = 0; i < row->listing_count; i++) {
        if (slots[i] != slot)
            continue;
        slots[i] = slots[--row->listing_count];
        return;
    }
}

void parties_done(sk_index *index)
{
    for (uint32_t i = 0; i < index->parties.count; i++) {
        if (party_row(index, i)->facts.id)
            free_arrays(index, party_row(index, i));
    }
    rows_done(&index->parties);
    sk_free(index->party_of_word);
}
