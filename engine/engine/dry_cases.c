/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

#include <math.h>

/* The ten listings for which most changes, with both lists, the reasons of each pair before and
 * after, and why a pair is in one list only. Most changes first, then the lowest id; a listing
 * once, with the moment at which most changed for it, or the first of such moments.
 *
 * Strings of a case that a later moment pushes out stay in the run's arena: a few hundred at most.
 */

#define MAX_PAIRS ((size_t)2 * SK_ROUND_SIZE)

static uint64_t weight(const sk_dry_counts *n)
{
    return n->appear + n->vanish;
}

/* ---- Choosing ---- */

typedef struct chosen {
    size_t demand;
    sk_dry_counts n;
} chosen;

/** The ten of this moment. Listings come in order of ids, so equals stay behind. */
static size_t choose(const dry_state *state, chosen *best)
{
    size_t count = 0;

    for (size_t i = 0; i < state->demand_count; i++) {
        chosen c = {i, dry_compare(state, i)};
        size_t at = count;

        if (weight(&c.n) == 0)
            continue;
        while (at > 0 && weight(&best[at - 1].n) < weight(&c.n))
            at--;
        if (at == SK_DRY_CASES)
            continue;
        count += count < SK_DRY_CASES;
        memmove(&best[at + 1], &best[at], (count - 1 - at) * sizeof(*best));
        best[at] = c;
    }
    return count;
}

/* ---- One pair ---- */

static sk_status report_pair(dry_state *state, int side, uint32_t demand, uint32_t supply,
                             sk_pair_report *out, sk_error *err)
{
    sk_engine *e = state->e;
    const sk_facts *d = sk_index_facts(e->index, demand), *s = sk_index_facts(e->index, supply);

    dry_use(state, side);
    return sk_match_pair(e->matcher, d, sk_index_party(e->index, d->party), s,
                         sk_index_party(e->index, s->party), state->at_ms, state->run->arena, out,
                         err);
}

/** Why this rule set does not propose the pair. */
static sk_str reason_of(dry_state *state, int side, uint32_t demand, const sk_pair_report *report)
{
    const sk_ruleset *rules = state->rules[side];
    const sk_facts *need = sk_index_facts(state->e->index, demand);
    sk_str rule = SK_STR("");

    if (report->failed == SK_C_RULES && report->failed_hard >= 0)
        rule = sk_ruleset_hard_rule(rules, (uint32_t)report->failed_hard)->name;
    if (rule.size)
        return sk_arena_printf(state->run->arena, "rule:%.*s", SK_STR_ARG(rule));
    /* What one set allows those that wait, and the other does not. */
    if (report->failed == SK_C_CATEGORY || report->failed == SK_C_DISTANCE ||
        report->failed == SK_C_LANGUAGE)
        return sk_str_from(sk_constraint_name(report->failed));
    if (report->score < sk_ruleset_allowance(rules, need, state->at_ms).threshold)
        return SK_STR("threshold");
    return SK_STR("others");
}

static sk_status fill_pair(dry_state *state, size_t place, uint32_t supply, sk_dry_pair *out,
                           sk_error *err)
{
    sk_engine *e = state->e;
    uint32_t demand = state->demands[place];
    sk_pair_report report;

    *out =
        (sk_dry_pair){.supply_id = sk_arena_str(state->run->arena, sk_index_id(e->index, supply)),
                      .supply_title = SK_STR(""),
                      .supply_kind = (sk_kind)sk_index_facts(e->index, supply)->kind,
                      .distance_m = dry_distance(state, demand, supply),
                      .why = SK_STR("")};
    for (int side = 0; side < 2; side++) {
        sk_status st = report_pair(state, side, demand, supply, &report, err);

        if (st != SK_OK)
            return st;
        out->rank[side] = dry_rank(state, side, place, supply);
        out->score[side] = report.score;
        out->terms[side] = report.terms;
        out->term_count[side] = report.term_count;
        if (out->rank[side] == 0)
            out->why = reason_of(state, side, demand, &report);
    }
    return out->supply_id.data && out->why.data ? SK_OK
                                                : sk_fail(err, SK_ENOMEM, "no memory for a case");
}

/* ---- One listing ---- */

static sk_status fill_pairs(dry_state *state, size_t place, sk_dry_case *out, sk_error *err)
{
    sk_dry_pair *pairs = sk_arena_calloc(state->run->arena, MAX_PAIRS, sizeof(*pairs));
    sk_status st = pairs ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for a case");

    out->pairs = pairs;
    for (int side = 1; side >= 0 && st == SK_OK; side--) {
        const dry_lists *lists = &state->lists[side];

        for (uint32_t k = lists->first[place]; k < lists->first[place + 1] && st == SK_OK; k++) {
            uint32_t supply = lists->picks[k].supply;

            if (side == 0 && dry_rank(state, 1, place, supply))
                continue;
            SK_ASSERT(out->pair_count < MAX_PAIRS);
            st = fill_pair(state, place, supply, &pairs[out->pair_count++], err);
        }
    }
    return st;
}

static sk_status fill_case(dry_state *state, const chosen *c, sk_dry_case *out, sk_error *err)
{
    sk_engine *e = state->e;
    sk_arena *arena = state->run->arena;
    uint32_t slot = state->demands[c->demand];
    const sk_facts *f = sk_index_facts(e->index, slot);
    sk_str first = SK_STR("");

    /* Its categories have no order in memory: the first by code. */
    for (uint32_t i = 0; i < f->category_count; i++) {
        sk_str code = sk_intern_str(e->words, f->sets[i]);

        if (first.size == 0 || sk_str_cmp(code, first) < 0)
            first = code;
    }
    *out = (sk_dry_case){.listing_id = sk_arena_str(arena, sk_index_id(e->index, slot)),
                         .title = SK_STR(""),
                         .kind = (sk_kind)f->kind,
                         .buurt = sk_arena_str(arena, sk_intern_str(e->words, f->buurt)),
                         .category = sk_arena_str(arena, first),
                         .age_days = (double)(state->at_ms - f->created_ms) / (double)SK_DAY_MS,
                         .at_ms = state->at_ms,
                         .appear = (uint32_t)c->n.appear,
                         .vanish = (uint32_t)c->n.vanish,
                         .moved = (uint32_t)c->n.moved};
    if (!out->listing_id.data || !out->buurt.data || !out->category.data)
        return sk_fail(err, SK_ENOMEM, "no memory for a case");
    return fill_pairs(state, c->demand, out, err);
}

/* ---- Among the moments ---- */

/** Does `a` stand before `b`, which came at an earlier moment or is the same listing? */
static bool comes_before(uint64_t weight_a, sk_str id_a, const sk_dry_case *b)
{
    uint64_t weight_b = (uint64_t)b->appear + b->vanish;

    return weight_a != weight_b ? weight_a > weight_b : sk_str_cmp(id_a, b->listing_id) < 0;
}

static void drop(dry_sums *sums, size_t at)
{
    memmove(&sums->cases[at], &sums->cases[at + 1],
            (--sums->case_count - at) * sizeof(*sums->cases));
}

static sk_status keep(dry_state *state, const chosen *c, sk_error *err)
{
    dry_sums *sums = &state->run->sums;
    sk_str id = sk_index_id(state->e->index, state->demands[c->demand]);
    sk_dry_case made;
    size_t at = 0;
    sk_status st;

    for (size_t i = 0; i < sums->case_count; i++) {
        if (!sk_str_eq(sums->cases[i].listing_id, id))
            continue;
        if (!comes_before(weight(&c->n), id, &sums->cases[i]))
            return SK_OK;
        drop(sums, i);
    }
    while (at < sums->case_count && !comes_before(weight(&c->n), id, &sums->cases[at]))
        at++;
    if (at == SK_DRY_CASES)
        return SK_OK;
    if ((st = fill_case(state, c, &made, err)) != SK_OK)
        return st;
    sums->case_count += sums->case_count < SK_DRY_CASES;
    memmove(&sums->cases[at + 1], &sums->cases[at], (sums->case_count - 1 - at) * sizeof(made));
    sums->cases[at] = made;
    return SK_OK;
}

sk_status dry_cases(dry_state *state, sk_error *err)
{
    chosen best[SK_DRY_CASES];
    size_t count = choose(state, best);
    sk_status st = SK_OK;

    for (size_t i = 0; i < count && st == SK_OK; i++)
        st = keep(state, &best[i], err);
    return st;
}
