/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* All that matching knows, in memory, and a two-sided index over the open listings.
 *
 *     words (shared)  codes, party ids, areas as numbers
 *     listings        rows of two cache lines by slot: facts of every listing, whatever its status
 *     parties         rows of two cache lines by slot
 *     patterns        distinct availability windows, expanded to slots          patterns.c
 *     trees           [category][side][by place | by age][not | aside]: open    filing.c, tree.c
 *     walk            candidates of some categories, nearest first              walk.c
 *
 * A listing stands under the exact codes that it names; a search goes to the categories near those
 * of the query (ancestors, descendants and related ones), as the taxonomy lists them.
 *
 * Invariants: a listing is filed, once in each tree of its own, when and only when it is OPEN with
 * room (or `unfiled` is set, after memory was out); validity in time is not looked at here. A
 * party's list of listings and the listings' parties agree. Every pattern covers the horizon of
 * `now_ms` after sk_index_advance. Slots are used again after a removal; ids, once seen, keep their
 * number.
 *
 * Threads: one owner. Failure: a change that runs out of memory leaves everything as it was, but
 * for words and ids that nobody uses. */

/* ---- Life ---- */

static sk_status fill_kind_words(sk_index *index, sk_error *err)
{
    for (int kind = SK_KIND_NEED; kind <= SK_KIND_ACTIVITY; kind++) {
        index->kind_words[kind] =
            sk_intern_add(index->words, sk_str_from(sk_kind_name((sk_kind)kind)));
        if (!index->kind_words[kind])
            return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    return SK_OK;
}

sk_status sk_index_new(sk_intern *words, sk_calendar *calendar, const sk_taxonomy *taxonomy,
                       int64_t now_ms, sk_index **out, sk_error *err)
{
    sk_index *index = sk_calloc(1, sizeof *index);
    sk_status st;

    if (!index)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    index->words = words;
    index->calendar = calendar;
    index->now_ms = now_ms;
    index->listings.free = index->parties.free = SK_NO_SLOT;
    index->newest_ms = SK_TIME_MIN_MS;
    if (!(index->ids = sk_intern_new())) {
        st = sk_fail(err, SK_ENOMEM, "out of memory");
        goto out;
    }
    if ((st = patterns_init(&index->patterns, err)) != SK_OK ||
        (st = fill_kind_words(index, err)) != SK_OK ||
        (st = sk_index_set_taxonomy(index, taxonomy, err)) != SK_OK)
        goto out;
    *out = index;
    return SK_OK;
out:
    sk_index_free(index);
    return st;
}

static void free_trees(sk_tree *trees, size_t category_count)
{
    for (size_t i = 0; trees && i < category_count * TREES_EACH; i++)
        tree_clear(&trees[i]);
    sk_free(trees);
}

void sk_index_free(sk_index *index)
{
    if (!index)
        return;
    free_trees(index->trees, index->category_count);
    listings_done(index);
    parties_done(index);
    patterns_done(&index->patterns);
    sk_intern_free(index->ids);
    pool_done(&index->pool);
    sk_free(index->category_of_word);
    sk_free(index);
}

sk_status sk_index_advance(sk_index *index, int64_t now_ms, sk_error *err)
{
    sk_status st;

    if ((st = filing_retry(index, err)) != SK_OK)
        return st;
    index->now_ms = now_ms;
    return patterns_advance(index, err);
}

const sk_taxonomy *sk_index_taxonomy(const sk_index *index)
{
    return index->taxonomy;
}

sk_calendar *sk_index_calendar(const sk_index *index)
{
    return index->calendar;
}

sk_intern *sk_index_words(const sk_index *index)
{
    return index->words;
}

int64_t sk_index_newest(const sk_index *index)
{
    return index->newest_ms;
}

/* ---- The taxonomy ---- */

uint32_t sk_index_category(const sk_index *index, uint32_t word)
{
    return word < index->category_words ? index->category_of_word[word] : UINT32_MAX;
}

/** What depends on the taxonomy, made aside. */
typedef struct filing {
    sk_tree *trees;
    size_t category_count;
    uint32_t *category_of_word;
    size_t category_words;
} filing;

static sk_status make_filing(sk_index *index, const sk_taxonomy *taxonomy, filing *out,
                             sk_error *err)
{
    size_t count = sk_taxonomy_count(taxonomy);
    uint32_t word;

    *out = (filing){.category_count = count};
    if (!(out->trees = sk_calloc(count * TREES_EACH + 1, sizeof out->trees[0])))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    for (size_t i = 0; i < count * TREES_EACH; i++) {
        out->trees[i].by_time = i / 2 % 2;
        out->trees[i].pool = &index->pool;
    }
    for (size_t i = 0; i < count; i++) {
        word = sk_intern_add(index->words, sk_taxonomy_at(taxonomy, i)->code);
        if (!word || !table_reach(&out->category_of_word, &out->category_words, word, UINT32_MAX)) {
            sk_free(out->trees);
            sk_free(out->category_of_word);
            return sk_fail(err, SK_ENOMEM, "out of memory");
        }
        out->category_of_word[word] = (uint32_t)i;
    }
    return SK_OK;
}

static sk_status check_codes(const sk_index *index, const filing *next, sk_error *err)
{
    for (uint32_t slot = 0; slot < index->listings.count; slot++) {
        const sk_facts *facts = sk_index_facts(index, slot);
        for (uint32_t i = 0; facts && i < facts->category_count; i++) {
            uint32_t word = facts->sets[i];
            if (word >= next->category_words || next->category_of_word[word] == UINT32_MAX)
                return sk_fail(err, SK_ECONFLICT, "listing %.*s uses the category %.*s",
                               SK_STR_ARG(sk_index_id(index, slot)),
                               SK_STR_ARG(sk_intern_str(index->words, word)));
        }
    }
    return SK_OK;
}

static void swap_filing(sk_index *index, filing *other)
{
    filing mine = {index->trees, index->category_count, index->category_of_word,
                   index->category_words};

    index->trees = other->trees;
    index->category_count = other->category_count;
    index->category_of_word = other->category_of_word;
    index->category_words = other->category_words;
    *other = mine;
}

static bool file_all(sk_index *index)
{
    for (uint32_t slot = 0; slot < index->listings.count; slot++) {
        if (listing_row(index, slot)->id && filing_wanted(&listing_row(index, slot)->facts) &&
            !filing_add(index, slot))
            return false;
    }
    return true;
}

sk_status sk_index_set_taxonomy(sk_index *index, const sk_taxonomy *taxonomy, sk_error *err)
{
    filing other;
    sk_status st;

    if ((st = make_filing(index, taxonomy, &other, err)) != SK_OK)
        return st;
    if ((st = check_codes(index, &other, err)) != SK_OK)
        goto out;
    swap_filing(index, &other);
    if (!file_all(index)) {
        /* The old trees are untouched: what they hold was filed, and is again. */
        swap_filing(index, &other);
        for (uint32_t slot = 0; slot < index->listings.count; slot++) {
            sk_listing_row *row = listing_row(index, slot);
            row->filed = row->id && filing_wanted(&row->facts) && !index->unfiled;
        }
        st = sk_fail(err, SK_ENOMEM, "out of memory");
        goto out;
    }
    index->taxonomy = taxonomy;
    index->unfiled = false;
out:
    free_trees(other.trees, other.category_count);
    sk_free(other.category_of_word);
    return st;
}

/* ---- Memory ---- */

size_t sk_index_memory(const sk_index *index)
{
    size_t bytes = sizeof *index + index->pool.bytes + index->party_bytes +
                   patterns_memory(&index->patterns) + sk_intern_memory(index->ids);

    bytes += (index->slot_of_id_capacity + index->party_of_word_capacity + index->category_words) *
             sizeof(uint32_t);
    return bytes + index->category_count * TREES_EACH * sizeof index->trees[0];
}
