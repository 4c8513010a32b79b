/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Step 3 of a command: rounds, by ascending listing id, once each. A round takes the best 20
 * counterparts over the threshold that fit both limits and were not suggested before, and proposes
 * them while both limits allow.
 *
 * The limits see each new suggestion at once (listing_extra, party_extra); the values that rules
 * read (open suggestions, last asked) follow after the last round, so that the order of the rounds
 * changes no score. */

typedef struct round_view {
    sk_engine *e;
    const sk_facts *self;
    sk_side side;
    const sk_ruleset_info *about;
    round_take take;
    void *context;
} round_view;

static bool demand_fits(const sk_engine *e, const sk_ruleset_info *about, uint32_t slot)
{
    return e->listings[slot].open_count < about->max_open_per_demand;
}

static bool supply_fits(const sk_engine *e, const sk_ruleset_info *about, uint32_t slot)
{
    uint32_t party = sk_index_facts(e->index, slot)->party;

    return e->parties[party].supply_open < about->max_open_per_supply;
}

static bool keep_counterpart(void *context, uint32_t slot)
{
    const round_view *view = context;
    sk_engine *e = view->e;

    if (e->listings[slot].round_stamp == e->round)
        return false;
    return view->side == SK_DEMAND ? supply_fits(e, view->about, slot)
                                   : demand_fits(e, view->about, slot);
}

/** Mark the counterparts that this listing was suggested with before. */
static void stamp_earlier(sk_engine *e, uint32_t slot)
{
    e->round++;
    for (uint32_t i = e->listings[slot].newest; i != SK_NONE; i = pairing_next(e, i, slot)) {
        const pairing *p = &e->pairings[i];

        if (p->state != SK_STATE_WITHDRAWN)
            e->listings[p->demand == slot ? p->supply : p->demand].round_stamp = e->round;
    }
}

/* ---- Creating a suggestion ---- */

static void fill_record(sk_engine *e, const pairing *p, const sk_facts *demand,
                        const sk_pair_report *report, sk_suggestion *s)
{
    memset(s, 0, sizeof(*s));
    s->demand_id = sk_index_id(e->index, p->demand);
    s->supply_id = sk_index_id(e->index, p->supply);
    s->demand_party_id = sk_index_party_id(e->index, demand->party);
    s->supply_party_id = sk_index_party_id(e->index, sk_index_facts(e->index, p->supply)->party);
    s->state = SK_STATE_PROPOSED;
    s->version = 1;
    s->score = report->score;
    s->terms = report->terms;
    s->term_count = report->term_count;
    s->values = report->values;
    s->relaxed = report->relaxed;
    s->relaxed_count = report->relaxed_count;
    s->rules_hash = sk_str_from(e->rules_hash);
    s->assignee = sk_intern_str(e->words, p->assignee);
    s->area = sk_intern_str(e->words, demand->buurt);
    s->created_ms = s->updated_ms = e->now_ms;
    s->expires_ms = e->now_ms + SK_OPEN_LIFE_MS;
}

static sk_status add_created(sk_engine *e, const pairing *p)
{
    uint32_t index, demand_party = sk_index_facts(e->index, p->demand)->party;
    uint32_t supply_party = sk_index_facts(e->index, p->supply)->party;

    if (pairing_add(e, p, &index) != SK_OK || list_push(&e->cmd.created, index) != SK_OK ||
        due_push(e, p->created_ms + SK_OPEN_LIFE_MS, DUE_EXPIRY, index) != SK_OK)
        return SK_ENOMEM;
    pairing_count(e, p, +1);
    /* Rules see the new suggestion only after the last round. */
    sk_index_party(e->index, demand_party)->open_suggestions--;
    sk_index_party(e->index, supply_party)->open_suggestions--;
    return SK_OK;
}

static sk_status create_suggestion(void *context, uint32_t demand_slot, uint32_t supply_slot,
                                   int64_t score, sk_error *err)
{
    sk_engine *e = context;
    const sk_facts *d = sk_index_facts(e->index, demand_slot);
    const sk_facts *o = sk_index_facts(e->index, supply_slot);
    pairing p = {.number = e->last_event + 1,
                 .created_ms = e->now_ms,
                 .demand = demand_slot,
                 .supply = supply_slot,
                 .version = 1,
                 .state = SK_STATE_PROPOSED,
                 .assignee = assign_connector(e, d)};
    sk_pair_report report;
    sk_suggestion record;
    char id[16];
    (void)score; /* The record has that of the pair in full, functions included. */
    sk_status st =
        sk_match_pair(e->matcher, d, sk_index_party(e->index, d->party), o,
                      sk_index_party(e->index, o->party), e->now_ms, e->cmd.arena, &report, err);

    if (st != SK_OK)
        return st;
    p.score = (int32_t)report.score;
    fill_record(e, &p, d, &report, &record);
    record.id = pairing_id(p.number, id);
    sk_batch_put_suggestion(e->cmd.batch, &record);
    emit_suggestion(e, &p, "suggestion.created", SK_STR(""));
    notify_told_values(e, &report.values);
    e->cmd.suggestions_created++;
    return add_created(e, &p);
}

/* ---- One round ---- */

static sk_status take_match(sk_engine *e, const round_view *view, sk_match match, sk_error *err)
{
    uint32_t self = view->self->slot;
    uint32_t demand = view->side == SK_DEMAND ? self : match.slot;
    uint32_t supply = view->side == SK_DEMAND ? match.slot : self;

    if (!demand_fits(e, view->about, demand) || !supply_fits(e, view->about, supply))
        return SK_OK;
    return view->take(view->context, demand, supply, match.score, err);
}

/** How many suggestions the listing's own limit still allows. */
static uint32_t own_room(const sk_engine *e, const round_view *view)
{
    uint32_t open = view->side == SK_DEMAND ? e->listings[view->self->slot].open_count
                                            : e->parties[view->self->party].supply_open;
    uint32_t most = view->side == SK_DEMAND ? view->about->max_open_per_demand
                                            : view->about->max_open_per_supply;

    return open < most ? most - open : 0;
}

/** The best counterparts of a round, at most `limit`, each over its threshold. */
static sk_status round_matches(sk_engine *e, round_view *view, size_t limit, sk_match *out,
                               size_t *out_count, sk_error *err)
{
    sk_query query = {.self = view->self,
                      .self_party = sk_index_party(e->index, view->self->party),
                      .now_ms = e->now_ms,
                      .limit = limit,
                      .least_score = INT64_MIN,
                      .over_threshold = true,
                      .keep = keep_counterpart,
                      .context = view,
                      .skip_aside = true};

    return sk_match_best(e->matcher, &query, out, out_count, err);
}

/** Would an earlier one of the list fill the party of a later one? Only a demand listing's round
 * can: its counterparts may be of one party. */
static bool may_collide(const sk_engine *e, const round_view *view, const sk_match *matches,
                        size_t count)
{
    for (size_t i = 0; view->side == SK_DEMAND && i < count; i++) {
        uint32_t party = sk_index_facts(e->index, matches[i].slot)->party;
        uint32_t open = e->parties[party].supply_open;

        for (size_t j = 0; j < i; j++)
            open += sk_index_facts(e->index, matches[j].slot)->party == party;
        if (open >= view->about->max_open_per_supply)
            return true;
    }
    return false;
}

/* The listing's own limit stops a round after a few suggestions, so the search asks for no more
 * than those: a shorter list ends it sooner. Only when one of them may not fit by the time that it
 * is reached, the whole list of 20 is needed. With functions a shorter list gains nothing, and
 * their failures are to be counted once: the whole list is asked for at once. */
sk_status round_run(sk_engine *e, uint32_t slot, round_take take, void *context, sk_error *err)
{
    const sk_facts *self = sk_index_facts(e->index, slot);
    round_view view = {.e = e,
                       .self = self,
                       .side = sk_kind_side((sk_kind)self->kind),
                       .about = sk_ruleset_about(e->rules),
                       .take = take,
                       .context = context};
    size_t limit = own_room(e, &view);
    sk_match matches[SK_ROUND_SIZE];
    size_t count = 0;
    sk_status st;

    if (!listing_open(e, self) || limit == 0)
        return SK_OK;
    if (limit > SK_ROUND_SIZE || view.about->has_functions)
        limit = SK_ROUND_SIZE;
    stamp_earlier(e, slot);
    st = round_matches(e, &view, limit, matches, &count, err);
    if (st == SK_OK && limit < SK_ROUND_SIZE && may_collide(e, &view, matches, count))
        st = round_matches(e, &view, SK_ROUND_SIZE, matches, &count, err);
    for (size_t i = 0; i < count && st == SK_OK; i++)
        st = take_match(e, &view, matches[i], err);
    return st;
}

/* ---- All rounds of a command ---- */

/** Now rules may see what the rounds created. */
static void publish_created(sk_engine *e)
{
    for (size_t i = 0; i < e->cmd.created.count; i++) {
        const pairing *p = &e->pairings[e->cmd.created.items[i]];
        sk_party_facts *demand =
            sk_index_party(e->index, sk_index_facts(e->index, p->demand)->party);
        sk_party_facts *supply =
            sk_index_party(e->index, sk_index_facts(e->index, p->supply)->party);

        demand->open_suggestions++;
        supply->open_suggestions++;
        demand->last_asked_ms = supply->last_asked_ms = p->created_ms;
    }
}

sk_status run_rounds(sk_engine *e, sk_error *err)
{
    u32_list *rounds = &e->cmd.rounds;
    sk_status st = SK_OK;

    if (rounds->count > 1)
        qsort_r(rounds->items, rounds->count, sizeof(uint32_t), compare_slots, e);
    for (size_t i = 0; i < rounds->count && st == SK_OK; i++) {
        uint32_t slot = rounds->items[i];

        if ((i == 0 || rounds->items[i - 1] != slot) && sk_index_facts(e->index, slot))
            st = round_run(e, slot, create_suggestion, e, err);
    }
    publish_created(e);
    return st;
}
