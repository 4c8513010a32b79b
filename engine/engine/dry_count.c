/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

#include <math.h>
#include <stdlib.h>

/* The lists of both rule sets side by side, listing by listing, added up per buurt, branch of the
 * taxonomy and age. */

/* ---- One listing ---- */

static size_t list_of(const dry_state *state, int side, size_t demand, const dry_pick **out)
{
    const dry_lists *lists = &state->lists[side];

    *out = lists->picks + lists->first[demand];
    return lists->first[demand + 1] - lists->first[demand];
}

uint32_t dry_rank(const dry_state *state, int side, size_t demand, uint32_t supply)
{
    const dry_pick *picks;
    size_t count = list_of(state, side, demand, &picks);

    for (size_t i = 0; i < count; i++)
        if (picks[i].supply == supply)
            return (uint32_t)i + 1;
    return 0;
}

sk_dry_counts dry_compare(const dry_state *state, size_t demand)
{
    const dry_pick *before, *after;
    sk_dry_counts n = {.listings = 1};

    n.before = list_of(state, 0, demand, &before);
    n.after = list_of(state, 1, demand, &after);
    for (size_t i = 0; i < n.before; i++) {
        uint32_t rank = dry_rank(state, 1, demand, before[i].supply);

        n.vanish += rank == 0;
        n.same += rank == i + 1;
        n.moved += rank != 0 && rank != i + 1;
    }
    n.appear = n.after - n.same - n.moved;
    n.first = n.before == 0 && n.after > 0;
    n.last = n.before > 0 && n.after == 0;
    return n;
}

double dry_distance(const dry_state *state, uint32_t demand, uint32_t supply)
{
    const sk_facts *d = sk_index_facts(state->e->index, demand);
    const sk_facts *s = sk_index_facts(state->e->index, supply);

    if ((d->remote && s->remote) || !d->has_point || !s->has_point)
        return NAN;
    return sk_geo_distance(d->lat_deg, d->lon_deg, d->cos_lat, s->lat_deg, s->lon_deg, s->cos_lat);
}

/* ---- Sums ---- */

static void add(sk_dry_counts *sum, const sk_dry_counts *n)
{
    sum->listings += n->listings;
    sum->before += n->before;
    sum->after += n->after;
    sum->same += n->same;
    sum->moved += n->moved;
    sum->appear += n->appear;
    sum->vanish += n->vanish;
    sum->first += n->first;
    sum->last += n->last;
}

static sk_dry_row *row_of(struct dry_run *run, dry_rows *rows, sk_str key, bool *out_new)
{
    uint32_t had = sk_intern_count(rows->keys), number;
    sk_str copy = key;

    *out_new = false;
    if (key.size == 0) /* Interns take no empty key; a blank is no code. */
        key = SK_STR(" ");
    if (!(number = sk_intern_add(rows->keys, key)) ||
        !sk_grow((void **)&rows->items, &rows->capacity, number, sizeof(*rows->items)))
        return NULL;
    if (number > had) {
        if (!(copy = sk_arena_str(run->arena, copy)).data)
            return NULL;
        rows->items[number - 1] = (sk_dry_row){.key = copy};
        *out_new = true;
    }
    return &rows->items[number - 1];
}

static sk_status add_area(dry_state *state, const sk_facts *f, const sk_dry_counts *n,
                          sk_error *err)
{
    sk_intern *words = state->e->words;
    bool made;
    sk_dry_row *row =
        row_of(state->run, &state->run->sums.areas, sk_intern_str(words, f->buurt), &made);

    if (row && made)
        row->wijk = sk_arena_str(state->run->arena, sk_intern_str(words, f->wijk));
    if (!row || (made && !row->wijk.data))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    add(&row->n, n);
    return SK_OK;
}

sk_str dry_branch(sk_str code)
{
    const char *dot = code.size ? memchr(code.data, '.', code.size) : NULL;

    return dot ? (sk_str){code.data, (size_t)(dot - code.data)} : code;
}

/** Once per branch, however many of its categories the listing names. */
static sk_status add_branches(dry_state *state, const sk_facts *f, const sk_dry_counts *n,
                              sk_error *err)
{
    sk_ids codes = sk_facts_categories(f);
    bool made;

    for (uint32_t i = 0; i < codes.count; i++) {
        sk_str branch = dry_branch(sk_intern_str(state->e->words, codes.ids[i]));
        bool seen = false;
        sk_dry_row *row;

        for (uint32_t j = 0; j < i && !seen; j++)
            seen = sk_str_eq(branch, dry_branch(sk_intern_str(state->e->words, codes.ids[j])));
        if (seen)
            continue;
        if (!(row = row_of(state->run, &state->run->sums.branches, branch, &made)))
            return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
        add(&row->n, n);
    }
    return SK_OK;
}

static void add_age(dry_state *state, const sk_facts *f, const sk_dry_counts *n)
{
    static const int64_t until_days[SK_DRY_AGES] = {1, 7, 30, 90, INT64_MAX / SK_DAY_MS};
    int age = 0;

    while (age + 1 < SK_DRY_AGES && state->at_ms - f->created_ms >= until_days[age] * SK_DAY_MS)
        age++;
    add(&state->run->sums.ages[age].n, n);
}

/* ---- Pairs ---- */

static int distance_bin(double metres)
{
    static const double up_to[] = {250, 500, 1000, 2000, 5000, 10000};
    int bin = 0;

    if (isnan(metres))
        return SK_DRY_DISTANCES - 1;
    while (bin < 6 && metres > up_to[bin])
        bin++;
    return bin;
}

static void add_pair(dry_state *state, int side, uint32_t demand, dry_pick pick)
{
    struct dry_run *run = state->run;
    sk_dry_spread *spread = &run->report.spread[side];
    double metres = dry_distance(state, demand, pick.supply);
    int score = pick.score / (1000000 / SK_DRY_SCORES);

    spread->scores[score < 0 ? 0 : score >= SK_DRY_SCORES ? SK_DRY_SCORES - 1 : score]++;
    spread->distances[distance_bin(metres)]++;
    if (!isnan(metres)) {
        double step = ceil(metres / DRY_STEP_M);

        run->sums.steps[side][step < DRY_STEPS - 1 ? (size_t)step : DRY_STEPS - 1]++;
    }
    run->sums.parties[sk_index_facts(state->e->index, pick.supply)->party].n[side]++;
}

static void add_pairs(dry_state *state, int side)
{
    const dry_lists *lists = &state->lists[side];

    for (size_t i = 0; i < state->demand_count; i++)
        for (uint32_t k = lists->first[i]; k < lists->first[i + 1]; k++)
            add_pair(state, side, state->demands[i], lists->picks[k]);
}

/* ---- Helpers ---- */

/** Who offers something at this moment, and what they had been proposed until now. */
static sk_status mark_helpers(dry_state *state, uint32_t moment, sk_error *err)
{
    const sk_engine *e = state->e;
    dry_sums *sums = &state->run->sums;
    size_t had = sums->party_capacity;

    if (!sk_grow((void **)&sums->parties, &sums->party_capacity, e->party_slots + (size_t)1,
                 sizeof(*sums->parties)))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    memset(sums->parties + had, 0, (sums->party_capacity - had) * sizeof(*sums->parties));
    for (uint32_t slot = 0; slot < sk_index_slots(e->index); slot++) {
        const sk_facts *f = sk_index_facts(e->index, slot);
        dry_party *p;

        if (!f || sk_kind_side((sk_kind)f->kind) != SK_SUPPLY || !listing_open(e, f))
            continue;
        state->run->report.supply++;
        p = &sums->parties[f->party];
        p->moment = moment;
        p->had[0] = p->n[0];
        p->had[1] = p->n[1];
    }
    return SK_OK;
}

/** Idle is who was not connected with anybody in the 30 days before. */
static void count_idle(dry_state *state, sk_dry_moment *moment, uint32_t number)
{
    dry_sums *sums = &state->run->sums;

    for (uint32_t slot = 0; slot < state->e->party_slots; slot++) {
        const dry_party *p = &sums->parties[slot];

        if (p->moment != number)
            continue;
        moment->helpers++;
        if (sk_index_party(state->e->index, slot)->load_30d > 0)
            continue;
        for (int side = 0; side < 2; side++) {
            sums->load[side].idle++;
            sums->load[side].idle_reached += p->n[side] > p->had[side];
        }
    }
}

/* ---- One moment ---- */

sk_status dry_count(dry_state *state, sk_error *err)
{
    struct dry_run *run = state->run;
    uint32_t number = atomic_load(&run->moment);
    sk_dry_moment *moment = &run->sums.moments[number - 1];
    sk_status st;

    moment->at_ms = state->at_ms;
    if ((st = mark_helpers(state, number, err)) != SK_OK)
        return st;
    for (size_t i = 0; i < state->demand_count; i++) {
        const sk_facts *f = sk_index_facts(state->e->index, state->demands[i]);
        sk_dry_counts n = dry_compare(state, i);

        if ((st = add_area(state, f, &n, err)) != SK_OK ||
            (st = add_branches(state, f, &n, err)) != SK_OK)
            return st;
        add_age(state, f, &n);
        add(&moment->n, &n);
    }
    add(&run->report.total, &moment->n);
    add_pairs(state, 0);
    add_pairs(state, 1);
    count_idle(state, moment, number);
    return SK_OK;
}

/* ---- At the end ---- */

static int compare_keys(const void *a, const void *b)
{
    return sk_str_cmp(((const sk_dry_row *)a)->key, ((const sk_dry_row *)b)->key);
}

static size_t sort_rows(dry_rows *rows)
{
    size_t count = sk_intern_count(rows->keys);

    if (count > 1)
        qsort(rows->items, count, sizeof(*rows->items), compare_keys);
    return count;
}

void dry_count_end(struct dry_run *run)
{
    sk_dry_report *report = &run->report;
    dry_sums *sums = &run->sums;
    static const char *const ages[SK_DRY_AGES] = {"0-1", "1-7", "7-30", "30-90", "90-"};

    for (int i = 0; i < SK_DRY_AGES; i++)
        sums->ages[i].key = sk_str_from(ages[i]);
    report->backup = run->backup;
    report->area_count = sort_rows(&sums->areas);
    report->areas = sums->areas.items;
    report->category_count = sort_rows(&sums->branches);
    report->categories = sums->branches.items;
    report->ages = sums->ages;
    report->age_count = SK_DRY_AGES;
    report->moments = sums->moments;
    report->moment_count = run->moment_count;
    report->cases = sums->cases;
    report->case_count = sums->case_count;
}

static void rows_done(dry_rows *rows)
{
    sk_intern_free(rows->keys);
    sk_free(rows->items);
}

void dry_sums_done(dry_sums *sums)
{
    rows_done(&sums->areas);
    rows_done(&sums->branches);
    sk_free(sums->parties);
}
