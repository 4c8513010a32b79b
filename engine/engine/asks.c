/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* The questions of matching: who could help, and why nobody. The listing is a stored one, or one
 * that is given with the question and forgotten again. */

typedef struct asker {
    const sk_facts *facts;
    const sk_party_facts *party;
    sk_facts given;
    sk_party_facts nobody; /**< For a given listing without a party. */
} asker;

static sk_status prepare_given(sk_engine *e, const sk_listing *given, sk_arena *arena, asker *out,
                               sk_error *err)
{
    sk_listing listing = *given;
    sk_status st;

    if (listing.id.size == 0)
        listing.id = SK_STR("given");
    if (listing.party_id.size && sk_index_party_find(e->index, listing.party_id) == SK_NO_SLOT)
        return sk_fail_field(err, SK_EINVAL, "partyId", "there is no party '%.*s'",
                             SK_STR_ARG(listing.party_id));
    if (listing.title.size == 0)
        listing.title = SK_STR("-");
    sk_listing_defaults(&listing, e->now_ms);
    if (listing.party_id.size == 0)
        listing.party_id = SK_STR("-");
    if ((st = sk_listing_check(&listing, e->taxonomy, e->now_ms, err)) != SK_OK)
        return st;
    listing.party_id = given->party_id;
    listing.relaxed = 0;
    for (size_t i = 0; i < listing.window_count; i++)
        if ((st = sk_calendar_check(e->calendar, &listing.windows[i], err)) != SK_OK)
            return st;
    listing_locate(e, &listing);
    if ((st = sk_index_facts_of(e->index, &listing, arena, &out->given, err)) != SK_OK)
        return st;
    out->facts = &out->given;
    out->nobody = (sk_party_facts){.slot = SK_NO_SLOT, .last_asked_ms = INT64_MIN};
    out->party = given->party_id.size ? sk_index_party(e->index, out->given.party) : &out->nobody;
    return SK_OK;
}

static sk_status prepare_asker(sk_engine *e, const sk_ask *ask, sk_arena *arena, asker *out,
                               sk_error *err)
{
    uint32_t slot;

    if (ask->given)
        return prepare_given(e, ask->given, arena, out, err);
    slot = sk_index_find(e->index, ask->id);
    if (slot == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "listingId", "there is no such listing");
    out->facts = sk_index_facts(e->index, slot);
    out->party = sk_index_party(e->index, out->facts->party);
    return SK_OK;
}

static sk_status report_pair(sk_engine *e, const asker *a, uint32_t slot, sk_arena *arena,
                             sk_pair_report *out, sk_error *err)
{
    const sk_facts *other = sk_index_facts(e->index, slot);
    const sk_party_facts *party = sk_index_party(e->index, other->party);

    if (sk_kind_side((sk_kind)a->facts->kind) == SK_DEMAND)
        return sk_match_pair(e->matcher, a->facts, a->party, other, party, e->now_ms, arena, out,
                             err);
    return sk_match_pair(e->matcher, other, party, a->facts, a->party, e->now_ms, arena, out, err);
}

static sk_status fill_item(sk_engine *e, const asker *a, const sk_match *match, sk_arena *arena,
                           sk_match_item *item, sk_error *err)
{
    sk_listing listing;
    sk_status st =
        sk_store_get_listing(e->store, sk_index_id(e->index, match->slot), arena, &listing, err);

    if (st != SK_OK)
        return st;
    item->listing_id = listing.id;
    item->kind = listing.kind;
    item->title = listing.title;
    item->buurt = listing.buurt;
    if ((st = report_pair(e, a, match->slot, arena, &item->report, err)) != SK_OK)
        return st;
    /* The ranking's own score stands, also where a function failed in between. */
    item->report.score = match->score;
    return SK_OK;
}

/** A demand listing may have a lower one of its own; that of a supply listing's counterparts is the
 *  rule set's at most. */
static int64_t own_threshold(const sk_engine *e, const sk_facts *facts)
{
    return sk_kind_side((sk_kind)facts->kind) == SK_DEMAND
               ? sk_ruleset_allowance(e->rules, facts, e->now_ms).threshold
               : sk_ruleset_about(e->rules)->threshold;
}

sk_status sk_engine_match(sk_engine *e, const sk_actor *actor, const sk_ask *ask, sk_arena *arena,
                          sk_match_answer *out, sk_error *err)
{
    uint32_t limit = ask->limit ? ask->limit : 20;
    sk_match matches[100];
    size_t count = 0;
    asker a;
    sk_match_item *items;
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    if (limit > 100)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 100");
    if ((st = prepare_asker(e, ask, arena, &a, err)) != SK_OK)
        return st;
    *out = (sk_match_answer){.reason = closed_reason(a.facts, e->now_ms),
                             .threshold = own_threshold(e, a.facts)};
    if (out->reason[0])
        return SK_OK;
    sk_query query = {.self = a.facts,
                      .self_party = a.party,
                      .now_ms = e->now_ms,
                      .limit = limit,
                      .least_score = INT64_MIN};
    if ((st = sk_match_best(e->matcher, &query, matches, &count, err)) != SK_OK)
        return st;
    items = sk_arena_calloc(arena, count, sizeof(sk_match_item));
    if (!items)
        return sk_fail(err, SK_ELIMIT, "this answer would be too large; ask for fewer");
    for (size_t i = 0; i < count; i++) {
        if ((st = fill_item(e, &a, &matches[i], arena, &items[i], err)) != SK_OK)
            return st;
        if ((st = distance_coarsen(actor, arena, &items[i].report.values.distance_m,
                                   &items[i].report.terms, items[i].report.term_count,
                                   &items[i].report.score, err)) != SK_OK ||
            (st = relaxed_coarsen(actor, arena, &items[i].report.relaxed,
                                  items[i].report.relaxed_count, err)) != SK_OK)
            return st;
    }
    out->items = items;
    out->count = count;
    out->reason = count ? "" : "no match";
    return SK_OK;
}

/* ---- Why not ---- */

static sk_status fill_titles(sk_engine *e, const sk_near_miss *misses, size_t count,
                             sk_str *out_ids, sk_str *out_titles, sk_arena *arena, sk_error *err)
{
    for (size_t i = 0; i < count; i++) {
        sk_listing listing;
        sk_status st = sk_store_get_listing(e->store, sk_index_id(e->index, misses[i].slot), arena,
                                            &listing, err);

        if (st != SK_OK)
            return st;
        out_ids[i] = listing.id;
        out_titles[i] = listing.title;
    }
    return SK_OK;
}

/** Whether this actor could use RelaxCase for it. */
static bool may_relax(const sk_engine *e, const sk_actor *actor, const asker *a)
{
    const sk_facts *f = a->facts;

    return f->slot != SK_NO_SLOT && require_right(actor, RIGHT_RELAX, NULL) == SK_OK &&
           actor_covers(actor, sk_intern_str(e->words, f->buurt), sk_intern_str(e->words, f->wijk),
                        sk_intern_str(e->words, f->gemeente));
}

sk_status sk_engine_whynot(sk_engine *e, const sk_actor *actor, const sk_ask *ask, sk_arena *arena,
                           sk_whynot_answer *out, sk_error *err)
{
    asker a;
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK || (st = prepare_asker(e, ask, arena, &a, err)) != SK_OK)
        return st;
    memset(out, 0, sizeof(*out));
    out->reason = closed_reason(a.facts, e->now_ms);
    if (out->reason[0])
        return SK_OK;
    sk_query query = {.self = a.facts,
                      .self_party = a.party,
                      .now_ms = e->now_ms,
                      .limit = 3,
                      .least_score = INT64_MIN,
                      .coarse = !actor_sees_distances(actor),
                      .may_case = out->may_case = may_relax(e, actor, &a)};
    if ((st = sk_match_whynot(e->matcher, &query, arena, &out->whynot, err)) != SK_OK)
        return st;
    for (size_t g = 0; g < out->whynot.group_count && st == SK_OK; g++) {
        const sk_whynot_group *group = &out->whynot.groups[g];

        st =
            fill_titles(e, group->best, group->best_count, out->ids[g], out->titles[g], arena, err);
        if (st == SK_OK)
            st = fill_titles(e, group->related, group->related_count, &out->ids[g][3],
                             &out->titles[g][3], arena, err);
    }
    return st;
}
