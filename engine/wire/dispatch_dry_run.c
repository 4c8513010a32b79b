/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <math.h>

/* Dry runs: start, progress and report, cancel. Starting answers at once; who asks for the report
 * may wait for its end, as readers of events wait. */

#define BUSY_RETRY_MS 2000

/* ---- Pieces of the report ---- */

static Schakel__V1__DryRunSet *make_set(turn *t, const sk_dry_report *report, int side)
{
    Schakel__V1__DryRunSet *out = turn_make(t, &schakel__v1__dry_run_set__descriptor);
    const sk_dry_spread *spread = &report->spread[side];
    const sk_dry_load *load = &report->load[side];
    Schakel__V1__DryRunLoad *l = turn_make(t, &schakel__v1__dry_run_load__descriptor);

    if (!out || !l || !(out->name = turn_str(t, report->name[side])) ||
        !(out->hash = turn_str(t, report->hash[side])) ||
        !(out->policy = turn_str(t, report->policy[side])))
        return NULL;
    out->threshold = report->threshold[side];
    out->load = l;
    out->n_scores = SK_DRY_SCORES;
    out->scores = (uint64_t *)spread->scores;
    out->n_distances = SK_DRY_DISTANCES;
    out->distances = (uint64_t *)spread->distances;
    out->median_m = spread->median_m;
    out->p90_m = spread->p90_m;
    l->helpers = load->helpers;
    l->reached = load->reached;
    l->idle = load->idle;
    l->idle_reached = load->idle_reached;
    l->median = load->median;
    l->p90 = load->p90;
    l->most = load->most;
    l->gini = load->gini;
    l->n_lorenz = SK_DRY_LORENZ;
    l->lorenz = (double *)load->lorenz;
    l->n_by_count = SK_DRY_COUNTS;
    l->by_count = (uint64_t *)load->by_count;
    return out;
}

static Schakel__V1__DryRunRow *make_row(turn *t, const sk_dry_row *row)
{
    Schakel__V1__DryRunRow *out = turn_make(t, &schakel__v1__dry_run_row__descriptor);

    if (!out || !(out->key = turn_str(t, row->key)) || !(out->name = turn_str(t, row->name)) ||
        !(out->wijk = turn_str(t, row->wijk)) || !(out->wijk_name = turn_str(t, row->wijk_name)) ||
        !(out->counts = sk_dry_counts_to_message(&row->n, t->arena)))
        return NULL;
    return out;
}

static bool make_rows(turn *t, const sk_dry_row *rows, size_t count, size_t *out_count,
                      Schakel__V1__DryRunRow ***out)
{
    if (!(*out = turn_pointers(t, count)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!((*out)[i] = make_row(t, &rows[i])))
            return false;
    *out_count = count;
    return true;
}

static bool make_moments(turn *t, const sk_dry_report *report, Schakel__V1__DryRunReport *out)
{
    if (!(out->moments = turn_pointers(t, report->moment_count)))
        return false;
    for (size_t i = 0; i < report->moment_count; i++) {
        const sk_dry_moment *moment = &report->moments[i];
        Schakel__V1__DryRunMoment *m = turn_make(t, &schakel__v1__dry_run_moment__descriptor);

        if (!m || !sk_time_to_message(moment->at_ms, t->arena, &m->at) ||
            !(m->counts = sk_dry_counts_to_message(&moment->n, t->arena)))
            return false;
        m->helpers = moment->helpers;
        out->moments[i] = m;
    }
    out->n_moments = report->moment_count;
    return true;
}

static bool make_helpers(turn *t, const sk_dry_helper *helpers, size_t count, size_t *out_count,
                         Schakel__V1__DryRunHelper ***out)
{
    if (!(*out = turn_pointers(t, count)))
        return false;
    for (size_t i = 0; i < count; i++) {
        Schakel__V1__DryRunHelper *h = turn_make(t, &schakel__v1__dry_run_helper__descriptor);

        if (!h || !(h->party_id = turn_str(t, helpers[i].party_id)))
            return false;
        h->before = helpers[i].before;
        h->after = helpers[i].after;
        (*out)[i] = h;
    }
    *out_count = count;
    return true;
}

static bool make_failures(turn *t, const sk_dry_report *report, Schakel__V1__DryRunReport *out)
{
    if (!(out->failures = turn_pointers(t, report->failure_count)))
        return false;
    for (size_t i = 0; i < report->failure_count; i++) {
        const sk_dry_failure *failure = &report->failures[i];
        Schakel__V1__DryRunFailure *f = turn_make(t, &schakel__v1__dry_run_failure__descriptor);

        if (!f || !(f->rule = turn_str(t, failure->rule)) ||
            !(f->reason = turn_str(t, failure->reason)))
            return false;
        f->after = failure->after;
        f->count = failure->count;
        out->failures[i] = f;
    }
    out->n_failures = report->failure_count;
    return true;
}

/* ---- Cases ---- */

static bool make_terms(turn *t, const sk_dry_pair *pair, int side, size_t *out_count,
                       Schakel__V1__Term ***out)
{
    if (!(*out = turn_pointers(t, pair->term_count[side])))
        return false;
    for (size_t i = 0; i < pair->term_count[side]; i++) {
        sk_term_value term = pair->terms[side][i];

        if (!term.applies)
            term.value = 0;
        if (!((*out)[i] = sk_term_to_message(&term, t->arena)))
            return false;
    }
    *out_count = pair->term_count[side];
    return true;
}

static Schakel__V1__DryRunPair *make_pair(turn *t, const sk_dry_pair *pair)
{
    Schakel__V1__DryRunPair *out = turn_make(t, &schakel__v1__dry_run_pair__descriptor);

    if (!out || !(out->listing_id = turn_str(t, pair->supply_id)) ||
        !(out->title = turn_str(t, pair->supply_title)) || !(out->why = turn_str(t, pair->why)) ||
        !make_terms(t, pair, 0, &out->n_terms_before, &out->terms_before) ||
        !make_terms(t, pair, 1, &out->n_terms_after, &out->terms_after))
        return NULL;
    out->kind = (Schakel__V1__Kind)pair->supply_kind;
    out->rank_before = pair->rank[0];
    out->rank_after = pair->rank[1];
    out->score_before = pair->score[0];
    out->score_after = pair->score[1];
    if (!isnan(pair->distance_m)) {
        out->distance_m_or_none_case = SCHAKEL__V1__DRY_RUN_PAIR__DISTANCE_M_OR_NONE_DISTANCE_M;
        out->distance_m = pair->distance_m;
    }
    return out;
}

static Schakel__V1__DryRunCase *make_case(turn *t, const sk_dry_case *c)
{
    Schakel__V1__DryRunCase *out = turn_make(t, &schakel__v1__dry_run_case__descriptor);

    if (!out || !(out->listing_id = turn_str(t, c->listing_id)) ||
        !(out->title = turn_str(t, c->title)) || !(out->buurt = turn_str(t, c->buurt)) ||
        !(out->category = turn_str(t, c->category)) ||
        !sk_time_to_message(c->at_ms, t->arena, &out->at) ||
        !(out->pairs = turn_pointers(t, c->pair_count)))
        return NULL;
    out->kind = (Schakel__V1__Kind)c->kind;
    out->age_days = c->age_days;
    out->appear = c->appear;
    out->vanish = c->vanish;
    out->moved = c->moved;
    for (size_t i = 0; i < c->pair_count; i++)
        if (!(out->pairs[i] = make_pair(t, &c->pairs[i])))
            return NULL;
    out->n_pairs = c->pair_count;
    return out;
}

static bool make_cases(turn *t, const sk_dry_report *report, Schakel__V1__DryRunReport *out)
{
    if (!(out->cases = turn_pointers(t, report->case_count)))
        return false;
    for (size_t i = 0; i < report->case_count; i++)
        if (!(out->cases[i] = make_case(t, &report->cases[i])))
            return false;
    out->n_cases = report->case_count;
    return true;
}

/* ---- The answer ---- */

static Schakel__V1__DryRunReport *make_report(turn *t, const sk_dry_report *report)
{
    Schakel__V1__DryRunReport *out = turn_make(t, &schakel__v1__dry_run_report__descriptor);

    if (!out || !(out->before = make_set(t, report, 0)) || !(out->after = make_set(t, report, 1)) ||
        !(out->backup = turn_str(t, report->backup)) ||
        !(out->total = sk_dry_counts_to_message(&report->total, t->arena)) ||
        !make_moments(t, report, out) || !make_cases(t, report, out) ||
        !make_failures(t, report, out) ||
        !make_rows(t, report->areas, report->area_count, &out->n_areas, &out->areas) ||
        !make_rows(t, report->categories, report->category_count, &out->n_categories,
                   &out->categories) ||
        !make_rows(t, report->ages, report->age_count, &out->n_ages, &out->ages) ||
        !make_helpers(t, report->gainers, report->gainer_count, &out->n_gainers, &out->gainers) ||
        !make_helpers(t, report->losers, report->loser_count, &out->n_losers, &out->losers))
        return NULL;
    out->supply = report->supply;
    return out;
}

static sk_status answer_run(turn *t, sk_status st, const sk_dry_run *run)
{
    Schakel__V1__DryRun *out = turn_make(t, &schakel__v1__dry_run__descriptor);

    if (st == SK_EBUSY)
        t->retry_ms = BUSY_RETRY_MS;
    if (st != SK_OK)
        return st;
    if (!out || !(out->id = turn_str(t, run->id)) ||
        !(out->phase = turn_str(t, sk_str_from(run->phase))) ||
        (run->report && !(out->report = make_report(t, run->report))))
        return turn_no_memory(t, t->err);
    out->state = (Schakel__V1__DryRunState)run->state;
    out->done = run->done;
    out->total = run->total;
    out->moment = run->moment;
    out->moments = run->moments;
    out->took_ms = run->took_ms;
    out->status = (Schakel__V1__Status)run->error.status;
    if (run->error.status != SK_OK &&
        !(out->error = turn_make_error(t, run->error.status, &run->error)))
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_DRY_RUN;
    t->response->dry_run = out;
    return SK_OK;
}

/* ---- Operations ---- */

sk_status run_dry_run_rules(turn *t)
{
    const Schakel__V1__DryRunRules *m = t->request->dry_run_rules;
    sk_dry_ask ask = {.source = sk_str_from(m->source),
                      .hash = sk_str_from(m->hash),
                      .backup = sk_str_from(m->backup)};
    sk_dry_run run = {0};
    sk_status st = SK_OK;

    if ((st = sk_time_from_message(m->at, "at", &ask.at_ms, t->err)) != SK_OK ||
        (st = sk_time_from_message(m->from, "from", &ask.from_ms, t->err)) != SK_OK ||
        (st = sk_time_from_message(m->to, "to", &ask.to_ms, t->err)) != SK_OK)
        return st;
    st = sk_engine_start_dry_run(t->engine, t->actor, sk_str_from(t->request->id), &ask, &run,
                                 t->err);
    run.report = NULL; /* A request sent again: the report is for getDryRun. */
    return answer_run(t, st, &run);
}

sk_status run_get_dry_run(turn *t)
{
    const Schakel__V1__GetDryRun *m = t->request->get_dry_run;
    sk_dry_run run = {0};
    sk_status st = SK_OK;

    if (m->wait_ms > SK_WAIT_MAX_MS)
        return sk_fail_field(t->err, SK_EINVAL, "waitMs", "at most %d", SK_WAIT_MAX_MS);
    st = sk_engine_get_dry_run(t->engine, t->actor, sk_str_from(m->id), t->scratch, &run, t->err);
    if (st == SK_OK && run.state == SK_DRY_RUNNING && m->wait_ms)
        t->wait = (sk_dispatch_wait){
            .waiting = true, .after = sk_engine_last_event(t->engine), .wait_ms = m->wait_ms};
    return answer_run(t, st, &run);
}

sk_status run_cancel_dry_run(turn *t)
{
    sk_dry_run run = {0};
    sk_status st = sk_engine_cancel_dry_run(
        t->engine, t->actor, sk_str_from(t->request->cancel_dry_run->id), &run, t->err);

    return answer_run(t, st, &run);
}
