/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

#include <stdlib.h>

/* Who gets how much: the proposals per helper, before and after, and who gains or loses most. A
 * helper is a party that offered something at one of the moments. */

/* ---- The spread ---- */

static uint32_t at_share(const uint32_t *sorted, size_t count, double share)
{
    size_t at = (size_t)((double)count * share);

    return count == 0 ? 0 : sorted[at < count ? at : count - 1];
}

/** Gini's coefficient and Lorenz' curve, from the counts in ascending order. */
static void measure(const uint32_t *sorted, size_t count, sk_dry_load *out)
{
    double sum = 0, weighted = 0, before = 0, part = 0;
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        sum += sorted[i];
        weighted += (double)(i + 1) * sorted[i];
    }
    if (sum == 0)
        return;
    out->gini = 2 * weighted / ((double)count * sum) - (double)(count + 1) / (double)count;
    for (size_t k = 0; k < SK_DRY_LORENZ; k++) {
        double upto = (double)count * (double)k / (SK_DRY_LORENZ - 1);

        for (; (double)(at + 1) <= upto; at++)
            before += sorted[at];
        part = at < count ? (upto - (double)at) * sorted[at] : 0;
        out->lorenz[k] = (before + part) / sum;
    }
}

static void spread(struct dry_run *run, uint32_t parties, int side, uint32_t *room)
{
    sk_dry_load *out = &run->report.load[side];
    size_t count = 0;

    *out = run->sums.load[side]; /* The idle ones. */
    for (uint32_t slot = 0; slot < parties; slot++)
        if (run->sums.parties[slot].moment)
            room[count++] = run->sums.parties[slot].n[side];
    if (count > 1)
        qsort(room, count, sizeof(*room), compare_u32);
    out->helpers = count;
    for (size_t i = 0; i < count; i++) {
        out->reached += room[i] > 0;
        out->by_count[room[i] < SK_DRY_COUNTS - 1 ? room[i] : SK_DRY_COUNTS - 1]++;
    }
    out->median = at_share(room, count, 0.5);
    out->p90 = at_share(room, count, 0.9);
    out->most = at_share(room, count, 1);
    measure(room, count, out);
}

/* ---- Gainers and losers ---- */

/** Keeps the ten with the largest change; slots come ascending, which is in order of the ids. */
static void keep(sk_dry_helper *best, uint32_t *changes, size_t *count, uint32_t change,
                 sk_dry_helper helper)
{
    size_t at = *count;

    while (at > 0 && changes[at - 1] < change)
        at--;
    if (at == SK_DRY_HELPERS)
        return;
    *count += *count < SK_DRY_HELPERS;
    memmove(&best[at + 1], &best[at], (*count - 1 - at) * sizeof(*best));
    memmove(&changes[at + 1], &changes[at], (*count - 1 - at) * sizeof(*changes));
    best[at] = helper;
    changes[at] = change;
}

static sk_status find_movers(dry_state *state, sk_error *err)
{
    struct dry_run *run = state->run;
    sk_dry_report *report = &run->report;
    uint32_t gains[SK_DRY_HELPERS], losses[SK_DRY_HELPERS];

    for (uint32_t slot = 0; slot < state->e->party_slots; slot++) {
        const dry_party *p = &run->sums.parties[slot];
        sk_dry_helper helper = {.before = p->n[0], .after = p->n[1]};

        if (!p->moment || p->n[0] == p->n[1])
            continue;
        helper.party_id = sk_index_party_id(state->e->index, slot);
        if (p->n[1] > p->n[0])
            keep(report->gainers, gains, &report->gainer_count, p->n[1] - p->n[0], helper);
        else
            keep(report->losers, losses, &report->loser_count, p->n[0] - p->n[1], helper);
    }
    for (size_t i = 0; i < report->gainer_count + report->loser_count; i++) {
        sk_dry_helper *h = i < report->gainer_count ? &report->gainers[i]
                                                    : &report->losers[i - report->gainer_count];

        if (!(h->party_id = sk_arena_str(run->arena, h->party_id)).data)
            return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    }
    return SK_OK;
}

/* ---- Distances ---- */

static uint32_t step_at(const uint32_t *steps, double share)
{
    uint64_t all = 0, seen = 0;
    size_t i = 0;

    for (size_t k = 0; k < DRY_STEPS; k++)
        all += steps[k];
    if (all == 0)
        return 0;
    for (; i < DRY_STEPS - 1; i++)
        if ((double)(seen += steps[i]) >= (double)all * share)
            break;
    return (uint32_t)i * DRY_STEP_M;
}

sk_status dry_load(dry_state *state, sk_error *err)
{
    struct dry_run *run = state->run;
    uint32_t *room = sk_calloc(state->e->party_slots + (size_t)1, sizeof(*room));

    if (!room)
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    for (int side = 0; side < 2; side++) {
        spread(run, state->e->party_slots, side, room);
        run->report.spread[side].median_m = step_at(run->sums.steps[side], 0.5);
        run->report.spread[side].p90_m = step_at(run->sums.steps[side], 0.9);
    }
    sk_free(room);
    return find_movers(state, err);
}
