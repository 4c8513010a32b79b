/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Questions about suggestions: pages by id, or the best of a work list by score. */

static bool in_area(const sk_engine *e, const pairing *p, sk_str area)
{
    const sk_facts *f = sk_index_facts(e->index, p->demand);
    uint32_t word = sk_intern_find(e->words, area);

    return word && (f->buurt == word || f->wijk == word || f->gemeente == word);
}

static bool actor_sees(const sk_engine *e, const sk_actor *actor, const pairing *p)
{
    const sk_facts *f = sk_index_facts(e->index, p->demand);

    return actor_covers(actor, sk_intern_str(e->words, f->buurt), sk_intern_str(e->words, f->wijk),
                        sk_intern_str(e->words, f->gemeente));
}

/** What this actor may see of it, and for those who decide what the tokens of its steps are called.
 */
static sk_status fit_to_actor(const sk_engine *e, const sk_actor *actor, sk_arena *arena,
                              sk_suggestion *s, sk_error *err)
{
    sk_status st = suggestion_coarsen(actor, arena, s, err);
    sk_step *steps;

    if (st != SK_OK || s->step_count == 0 || require_right(actor, RIGHT_DECIDE, NULL) != SK_OK)
        return st;
    if (!(steps = sk_arena_calloc(arena, s->step_count, sizeof(*steps))))
        return sk_fail(err, SK_ELIMIT, "this answer would be too large; ask for fewer");
    for (size_t i = 0; i < s->step_count; i++) {
        steps[i] = s->steps[i];
        steps[i].by_name = token_called(e, steps[i].by, arena);
    }
    s->steps = steps;
    return SK_OK;
}

typedef struct pick {
    sk_engine *e;
    const sk_actor *actor;
    const sk_suggestion_filter *filter;
    uint32_t states;
    uint32_t listing, party, assignee;
    u32_list found;
} pick;

static bool wanted(const pick *k, const pairing *p)
{
    const sk_suggestion_filter *f = k->filter;

    if (p->erased || !(k->states & (1u << p->state)))
        return false;
    if (f->listing_id.size && p->demand != k->listing && p->supply != k->listing)
        return false;
    if (f->party_id.size && sk_index_facts(k->e->index, p->demand)->party != k->party &&
        sk_index_facts(k->e->index, p->supply)->party != k->party)
        return false;
    if (f->assignee.size && p->assignee != k->assignee)
        return false;
    if (f->area.size && !in_area(k->e, p, f->area))
        return false;
    return actor_sees(k->e, k->actor, p);
}

/** Index of the first pairing behind the id `after`, whether that one still exists or not. */
static size_t start_behind(const sk_engine *e, sk_str after)
{
    uint64_t number;

    return pairing_number(after, &number) ? pairing_from(e, number + 1) : 0;
}

static sk_status find_all(pick *k, size_t limit, bool *out_more)
{
    sk_engine *e = k->e;

    *out_more = false;
    for (size_t i = start_behind(e, k->filter->after); i < e->pairing_count; i++) {
        if (!wanted(k, &e->pairings[i]))
            continue;
        if (k->found.count == limit) {
            *out_more = true;
            return SK_OK;
        }
        if (list_push(&k->found, (uint32_t)i) != SK_OK)
            return SK_ENOMEM;
    }
    return SK_OK;
}

static int compare_scores(const void *a, const void *b, void *context)
{
    const sk_engine *e = context;
    const pairing *x = &e->pairings[*(const uint32_t *)a];
    const pairing *y = &e->pairings[*(const uint32_t *)b];

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

static sk_status read_page(pick *k, sk_arena *arena, size_t count, sk_suggestion_page *out,
                           sk_error *err)
{
    sk_suggestion *items = sk_arena_calloc(arena, count, sizeof(sk_suggestion));
    char id[16];

    if (!items)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    for (size_t i = 0; i < count; i++) {
        sk_str name = pairing_id(k->e->pairings[k->found.items[i]].number, id);
        sk_status st = sk_store_get_suggestion(k->e->store, name, arena, &items[i], err);

        if (st == SK_OK)
            st = fit_to_actor(k->e, k->actor, arena, &items[i], err);
        if (st != SK_OK)
            return st;
    }
    out->items = items;
    out->count = count;
    return SK_OK;
}

static sk_status list_page(pick *k, uint32_t limit, sk_arena *arena, sk_suggestion_page *out,
                           sk_error *err)
{
    bool best = k->filter->best_first, more = false;
    size_t count;
    sk_status st = find_all(k, best ? SIZE_MAX : limit, &more);

    if (st != SK_OK)
        return sk_fail(err, st, "no memory for a page");
    if (best && k->found.count)
        qsort_r(k->found.items, k->found.count, sizeof(uint32_t), compare_scores, k->e);
    count = k->found.count < limit ? k->found.count : limit;
    if ((st = read_page(k, arena, count, out, err)) != SK_OK)
        return st;
    out->next = more ? out->items[count - 1].id : SK_STR("");
    return SK_OK;
}

sk_status sk_engine_list_suggestions(sk_engine *e, const sk_actor *actor,
                                     const sk_suggestion_filter *filter, sk_arena *arena,
                                     sk_suggestion_page *out, sk_error *err)
{
    uint32_t limit = filter->limit ? filter->limit : 50;
    pick k = {.e = e, .actor = actor, .filter = filter, .states = filter->states};
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    if (limit > 256)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 256");
    if (filter->after.size && !pairing_number(filter->after, &(uint64_t){0}))
        return sk_fail_field(err, SK_EINVAL, "after", "give the `next` of the page before");
    if (k.states == 0)
        k.states = (1u << SK_STATE_PROPOSED) | (1u << SK_STATE_PARKED);
    k.listing = sk_index_find(e->index, filter->listing_id);
    k.party = sk_index_party_find(e->index, filter->party_id);
    k.assignee = sk_intern_find(e->words, filter->assignee);
    if (filter->listing_id.size && k.listing == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "listingId", "there is no such listing");
    if (filter->party_id.size && k.party == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "partyId", "there is no such party");
    st = list_page(&k, limit, arena, out, err);
    sk_free(k.found.items);
    return st;
}

sk_status sk_engine_get_suggestion(sk_engine *e, const sk_actor *actor, sk_str id, sk_arena *arena,
                                   sk_suggestion *out, sk_error *err)
{
    uint32_t index;
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    index = pairing_find(e, id);
    if (index == SK_NONE)
        return sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such suggestion");
    if (!actor_sees(e, actor, &e->pairings[index]))
        return sk_fail(err, SK_EDENIED, "this suggestion is outside the areas of this token");
    st = sk_store_get_suggestion(e->store, id, arena, out, err);
    return st == SK_OK ? fit_to_actor(e, actor, arena, out, err) : st;
}
