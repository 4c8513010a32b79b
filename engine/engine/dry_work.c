/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

#include <stdio.h>

/* The thread of a dry run: moment after moment a private state is loaded, both rule sets hold their
 * rounds on it, and the difference is added up. Of a moment nothing is left but its sums. */

sk_status dry_may_go_on(const struct dry_run *run, sk_error *err)
{
    if (atomic_load_explicit(&run->cancel, memory_order_relaxed))
        return sk_fail(err, SK_ECONFLICT, "the dry run was cancelled");
    if (sk_monotonic_ms() > run->deadline_ms)
        return sk_fail(err, SK_ELIMIT,
                       "the dry run takes longer than %lld s; try fewer moments, or a rule set "
                       "without functions",
                       (long long)((run->deadline_ms - run->begin_ms) / 1000));
    return SK_OK;
}

void dry_enter(struct dry_run *run, dry_phase phase, uint64_t total)
{
    atomic_store(&run->done, 0);
    atomic_store(&run->total, total);
    atomic_store(&run->phase, phase);
}

/* ---- One moment ---- */

static sk_status note_rules(const dry_state *state, sk_error *err)
{
    sk_dry_report *report = &state->run->report;
    sk_arena *arena = state->run->arena;

    for (int side = 0; side < 2; side++) {
        const sk_ruleset_info *about = sk_ruleset_about(state->rules[side]);

        report->name[side] = sk_arena_str(arena, about->name);
        report->hash[side] = sk_arena_str(arena, sk_str_from(about->hash));
        report->policy[side] = sk_arena_str(arena, about->policy);
        report->threshold[side] = about->threshold;
        if (!report->name[side].data || !report->hash[side].data || !report->policy[side].data)
            return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    }
    return SK_OK;
}

static sk_status look_at(struct dry_run *run, uint32_t moment, sk_error *err)
{
    bool last = moment + 1 == run->moment_count;
    dry_state state;
    sk_status st;

    atomic_store(&run->moment, moment + 1);
    dry_enter(run, DRY_LOADING, 0);
    st = dry_state_open(run, run->moments[moment], &state, err);
    if (st == SK_OK && moment == 0)
        st = note_rules(&state, err);
    for (int side = 0; side < 2 && st == SK_OK; side++)
        st = dry_hold_rounds(&state, side, err);
    if (st == SK_OK) {
        dry_enter(run, DRY_COUNTING, 0);
        st = dry_count(&state, err);
    }
    if (st == SK_OK)
        st = dry_cases(&state, err);
    if (st == SK_OK && last)
        st = dry_load(&state, err);
    dry_state_close(&state);
    return st;
}

/* ---- All of them ---- */

static sk_status open_backup(struct dry_run *run, sk_error *err)
{
    sk_status st;

    if (run->view)
        return SK_OK;
    if ((st = sk_store_open_backup(run->backup_path.data, &run->view, err)) != SK_OK) {
        if (err)
            snprintf(err->field, sizeof(err->field), "backup");
        return st;
    }
    if (run->moments[0] == 0)
        st = dry_store_time(run->view, &run->moments[0], err);
    return st;
}

static sk_status work(struct dry_run *run, sk_error *err)
{
    sk_status st = open_backup(run, err);

    run->sums.areas.keys = sk_intern_new();
    run->sums.branches.keys = sk_intern_new();
    if (st == SK_OK && (!run->sums.areas.keys || !run->sums.branches.keys))
        st = sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    for (uint32_t i = 0; i < run->moment_count && st == SK_OK; i++)
        st = look_at(run, i, err);
    if (st == SK_OK)
        dry_count_end(run);
    return st;
}

void *dry_work(void *argument)
{
    struct dry_run *run = argument;

    run->status = work(run, &run->error);
    sk_store_close(run->view);
    run->view = NULL;
    run->took_ms = (uint64_t)(sk_monotonic_ms() - run->begin_ms);
    dry_enter(run, DRY_ENDED, 0);
    atomic_store(&run->ended, true);
    return NULL;
}
