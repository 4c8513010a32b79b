/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

/* The rounds of one rule set from a clean slate: every open demand listing once, in order of ids,
 * by the engine's own round. Only the counts that the limits look at grow; what rules read stays as
 * it is stored, so that both rule sets judge the same. */

#define REPORT_EACH 64

void dry_use(dry_state *state, int side)
{
    state->e->rules = state->rules[side];
    sk_matcher_set_rules(state->e->matcher, state->rules[side]);
}

static void begin(dry_state *state, int side)
{
    sk_engine *e = state->e;

    for (size_t i = 0; i < e->listing_capacity; i++)
        e->listings[i].open_count = 0;
    for (size_t i = 0; i < e->party_capacity; i++)
        e->parties[i].supply_open = 0;
    dry_use(state, side);
    settle_all_aside(e);
}

typedef struct taker {
    dry_state *state;
    dry_lists *lists;
} taker;

static sk_status take(void *context, uint32_t demand, uint32_t supply, int64_t score, sk_error *err)
{
    const taker *t = context;
    sk_engine *e = t->state->e;
    dry_lists *lists = t->lists;
    uint32_t party = sk_index_facts(e->index, supply)->party;
    const uint32_t *slots;
    size_t count;

    if (!sk_grow((void **)&lists->picks, &lists->capacity, lists->count + 1, sizeof(*lists->picks)))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    lists->picks[lists->count++] = (dry_pick){supply, (int32_t)score};
    e->listings[demand].open_count++;
    if (++e->parties[party].supply_open != sk_ruleset_about(e->rules)->max_open_per_supply)
        return SK_OK;
    slots = sk_index_party_listings(e->index, party, &count);
    for (size_t i = 0; i < count; i++)
        settle_aside(e, slots[i]);
    return SK_OK;
}

/* ---- Functions that failed ---- */

static void note_failure(struct dry_run *run, int side, sk_str rule, uint64_t count,
                         const char *reason)
{
    sk_dry_report *report = &run->report;
    sk_dry_failure *f;

    for (size_t i = 0; i < report->failure_count; i++) {
        f = &report->failures[i];
        if (f->after == (side == 1) && sk_str_eq(f->rule, rule)) {
            f->count += count;
            return;
        }
    }
    if (report->failure_count == SK_DRY_FAILURES)
        return;
    f = &report->failures[report->failure_count++];
    *f = (sk_dry_failure){.after = side == 1,
                          .rule = sk_arena_str(run->arena, rule),
                          .count = count,
                          .reason = sk_arena_str(run->arena, sk_str_from(reason))};
    if (!f->rule.data || !f->reason.data)
        report->failure_count--;
}

static void note_failures(dry_state *state, int side)
{
    const sk_failures *failures = sk_matcher_failures(state->e->matcher);
    const sk_ruleset *rules = state->rules[side];

    for (uint32_t i = 0; i < sk_ruleset_about(rules)->hard_count; i++)
        if (failures->hard[i].count > 0)
            note_failure(state->run, side, sk_ruleset_hard_rule(rules, i)->name,
                         failures->hard[i].count, failures->hard[i].reason);
    for (uint32_t i = 0; i < sk_ruleset_about(rules)->term_count; i++)
        if (failures->term[i].count > 0)
            note_failure(state->run, side, sk_ruleset_term(rules, i)->name, failures->term[i].count,
                         failures->term[i].reason);
    sk_matcher_forget_failures(state->e->matcher);
}

/* ---- The rounds ---- */

sk_status dry_hold_rounds(dry_state *state, int side, sk_error *err)
{
    struct dry_run *run = state->run;
    dry_lists *lists = &state->lists[side];
    taker t = {state, lists};
    sk_status st = SK_OK;

    dry_enter(run, side ? DRY_AFTER : DRY_BEFORE, state->demand_count);
    if (!(lists->first = sk_calloc(state->demand_count + 1, sizeof(uint32_t))))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    begin(state, side);
    for (size_t i = 0; i < state->demand_count && st == SK_OK; i++) {
        if (i % REPORT_EACH == 0)
            atomic_store(&run->done, i);
        if ((st = dry_may_go_on(run, err)) == SK_OK)
            st = round_run(state->e, state->demands[i], take, &t, err);
        lists->first[i + 1] = (uint32_t)lists->count;
    }
    note_failures(state, side);
    return st;
}
