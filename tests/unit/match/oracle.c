/* SPDX-License-Identifier: EUPL-1.2 */
#include "oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Values of a pair ---- */

static double distance(const sk_point *one, const sk_point *two)
{
    double k = 3.14159265358979323846 / 180;
    double s = sin((two->lat_deg - one->lat_deg) * k / 2);
    double t = sin((two->lon_deg - one->lon_deg) * k / 2);
    double a = s * s + cos(one->lat_deg * k) * cos(two->lat_deg * k) * (t * t);

    if (a > 1)
        a = 1;
    return 2 * 6371008.8 * asin(sqrt(a));
}

/** How many levels `code` stands below `above`, or -1. */
static int levels_below(sk_str code, sk_str above)
{
    int levels = 0;

    if (code.size < above.size || memcmp(code.data, above.data, above.size) != 0)
        return -1;
    if (code.size == above.size)
        return 0;
    if (code.data[above.size] != '.')
        return -1;
    for (size_t i = above.size; i < code.size; i++)
        levels += code.data[i] == '.';
    return levels;
}

static double closeness_of_codes(const world *w, sk_str a, sk_str b)
{
    static const double by_level[] = {1, 0.7, 0.49, 0.343, 0.2401};
    int down = levels_below(a, b), up = levels_below(b, a);
    int levels = down >= 0 ? down : up;
    double best = levels >= 0 && levels <= 4 ? by_level[levels] : 0;

    for (size_t i = 0; i < w->related_count; i++) {
        const sk_related *r = &w->related[i];
        if (((levels_below(a, r->a) >= 0 && levels_below(b, r->b) >= 0) ||
             (levels_below(a, r->b) >= 0 && levels_below(b, r->a) >= 0)) &&
            r->closeness > best)
            best = r->closeness;
    }
    return best;
}

static double closeness(const world *w, const sk_listing *a, const sk_listing *b)
{
    double best = 0;

    for (size_t i = 0; i < a->categories.count; i++) {
        for (size_t j = 0; j < b->categories.count; j++)
            best =
                fmax(best, closeness_of_codes(w, a->categories.items[i], b->categories.items[j]));
    }
    return best;
}

static bool has(sk_strs set, sk_str code)
{
    for (size_t i = 0; i < set.count; i++) {
        if (sk_str_eq(set.items[i], code))
            return true;
    }
    return false;
}

static bool provides(const world *w, const sk_listing *l, const world_party *p, sk_str trait)
{
    if (has(l->provides_traits, trait))
        return true;
    for (size_t i = 0; p && i < p->party.certificate_count; i++) {
        const sk_certificate *c = &p->party.certificates[i];
        if (sk_str_eq(c->type, trait) && c->checked_on_ms <= w->now_ms &&
            w->now_ms < c->valid_until_ms)
            return true;
    }
    return false;
}

static sk_strs languages(const sk_listing *l, const world_party *p)
{
    return l->languages.count || !p ? l->languages : p->party.languages;
}

static bool share(sk_strs a, sk_strs b)
{
    for (size_t i = 0; i < a.count; i++) {
        if (has(b, a.items[i]))
            return true;
    }
    return a.count == 0 || b.count == 0;
}

/* ---- Availability ---- */

static void expand(const world *w, const sk_listing *l, uint8_t out[SK_HORIZON_SLOTS])
{
    const world_party *p = world_party_of(w, l->party_id);
    int64_t first = w->now_ms / SK_SLOT_MS;
    uint64_t bits[SK_HORIZON_WORDS];
    sk_error err;

    if (sk_calendar_expand(w->calendar, l->windows, l->window_count, first, SK_HORIZON_SLOTS, bits,
                           &err) != SK_OK)
        fail_msg("%s", err.message);
    for (int64_t i = 0; i < SK_HORIZON_SLOTS; i++) {
        int64_t slot = first + i;
        out[i] = (bits[i / 64] >> (i % 64) & 1) && slot * SK_SLOT_MS >= l->valid_from_ms &&
                 (slot + 1) * SK_SLOT_MS <= l->valid_until_ms;
        for (uint32_t b = 0; p && b < p->busy_count; b++) {
            if (p->busy[2 * b] <= slot && slot < p->busy[2 * b + 1])
                out[i] = 0;
        }
    }
}

void oracle_init(oracle *o, const world *w, const oracle_rules *rules)
{
    o->w = w;
    o->rules = rules;
    o->available = malloc(w->listing_count * sizeof *o->available);
    for (size_t i = 0; i < w->listing_count; i++) {
        if (w->listings[i].there)
            expand(w, &w->listings[i].listing, o->available[i]);
    }
}

void oracle_done(oracle *o)
{
    free(o->available);
}

void oracle_ask(oracle *o, const sk_listing *self)
{
    expand(o->w, self, o->asked);
}

/* ---- Constraints ---- */

static bool open_at(const world *w, const sk_listing *l, int32_t taken)
{
    return l->status == SK_LISTING_OPEN && w->now_ms < l->valid_until_ms &&
           (int64_t)l->capacity - taken >= 1;
}

static bool parties_fine(const world_party *a, const world_party *b)
{
    if (!a || !b)
        return true;
    return !sk_str_eq(a->party.id, b->party.id) && !has(a->party.blocks, b->party.id) &&
           !has(b->party.blocks, a->party.id);
}

bool oracle_near(const sk_listing *d, const sk_listing *s, uint32_t extra_m)
{
    double m;

    if (d->remote && s->remote)
        return true;
    if (!d->has_point || !s->has_point)
        return false;
    m = distance(&d->point, &s->point);
    return m <= (double)(d->reach_m > s->reach_m ? d->reach_m : s->reach_m) + extra_m &&
           (!d->within_m || m <= d->within_m) && (!s->within_m || m <= s->within_m);
}

bool oracle_covers(const oracle_relax *step, const sk_listing *need)
{
    sk_str top = sk_str_from(step->category ? step->category : "");

    for (size_t i = 0; i < need->categories.count && top.size; i++) {
        sk_str code = need->categories.items[i];
        if (sk_str_eq(code, top) || (sk_str_starts(code, top) && code.data[top.size] == '.'))
            return true;
    }
    return top.size == 0;
}

oracle_allowance oracle_allowed(const oracle_rules *rules, const sk_listing *need, int64_t at_ms,
                                uint8_t relaxed)
{
    oracle_allowance a = {ORACLE_THRESHOLD, 0, false, 0.3};

    for (size_t i = 0; i < rules->relax_count; i++) {
        const oracle_relax *step = &rules->relax[i];
        bool old = at_ms - need->created_ms >= step->after_h * SK_HOUR_MS;
        double threshold = floor(step->threshold * 1e6 + 0.5);
        if (!oracle_covers(step, need))
            continue;
        if ((old || relaxed & SK_RELAX_THRESHOLD) && threshold < (double)a.threshold)
            a.threshold = (int64_t)threshold;
        if ((old || relaxed & SK_RELAX_DISTANCE) && step->extra_m > a.extra_m)
            a.extra_m = step->extra_m;
        if ((old || relaxed & SK_RELAX_LANGUAGE) && step->any_language)
            a.any_language = true;
        if ((old || relaxed & SK_RELAX_CATEGORY) && step->closeness < a.closeness)
            a.closeness = step->closeness;
    }
    return a;
}

static bool traits_fine(const oracle_view *v)
{
    for (size_t i = 0; i < v->need->requires_traits.count; i++) {
        if (!provides(v->w, v->offer, v->offer_party, v->need->requires_traits.items[i]))
            return false;
    }
    for (size_t i = 0; i < v->offer->requires_traits.count; i++) {
        if (!provides(v->w, v->need, v->need_party, v->offer->requires_traits.items[i]))
            return false;
    }
    return true;
}

static double value_of(const oracle_rule *rule, const oracle_view *v)
{
    double x = rule->value(v);
    return isfinite(x) ? x : NAN;
}

static double score_of(const oracle_rules *rules, const oracle_view *v, bool functions)
{
    double sum = 0, weights = 0;

    for (size_t i = 0; i < rules->term_count; i++) {
        const oracle_term *t = &rules->terms[i];
        double x;
        if ((t->rule->function && !functions) || (t->when && value_of(t->when, v) != 1))
            continue;
        x = value_of(t->rule, v);
        if (isnan(x))
            continue;
        sum += t->weight * (x < 0 ? 0 : x > 1 ? 1 : x);
        weights += t->weight;
    }
    return weights > 0 ? sum / weights : 0;
}

oracle_pair oracle_judge(oracle *o, const sk_listing *self, size_t self_at, size_t other_at,
                         bool functions)
{
    const world *w = o->w;
    const world_listing *other = &w->listings[other_at];
    const uint8_t *mine = self_at == SIZE_MAX ? o->asked : o->available[self_at];
    const uint8_t *theirs = o->available[other_at];
    const world_party *my_party = world_party_of(w, self->party_id);
    const world_party *their_party = world_party_of(w, other->listing.party_id);
    bool demand = sk_kind_side(self->kind) == SK_DEMAND;
    oracle_view v = {w,
                     demand ? self : &other->listing,
                     demand ? &other->listing : self,
                     demand ? my_party : their_party,
                     demand ? their_party : my_party,
                     NAN,
                     0,
                     0,
                     closeness(w, self, &other->listing)};
    oracle_allowance allowed = oracle_allowed(o->rules, v.need, w->now_ms, v.need->relaxed);
    int run = 0, longest = 0, total = 0;
    oracle_pair p = {0};

    for (int i = 0; i < SK_HORIZON_SLOTS; i++) {
        run = mine[i] && theirs[i] ? run + 1 : 0;
        total += run > 0;
        longest = run > longest ? run : longest;
    }
    v.overlap_min = 15.0 * total;
    v.longest_min = 15.0 * longest;
    if (!(self->remote && other->listing.remote) && self->has_point && other->listing.has_point)
        v.distance_m = distance(&v.need->point, &v.offer->point);
    p.failed |= (uint32_t) !(open_at(w, &other->listing, other->taken) &&
                             open_at(w, self, self_at == SIZE_MAX ? 0 : w->listings[self_at].taken))
                << SK_C_OPEN;
    p.failed |= (uint32_t)!parties_fine(my_party, their_party) << SK_C_PARTIES;
    p.failed |= (uint32_t) !(v.closeness >= allowed.closeness) << SK_C_CATEGORY;
    p.failed |= (uint32_t)!oracle_near(v.need, v.offer, allowed.extra_m) << SK_C_DISTANCE;
    p.failed |= (uint32_t) !(v.longest_min >= fmax(15, v.need->duration_min)) << SK_C_TIME;
    p.shares_language = share(languages(v.need, v.need_party), languages(v.offer, v.offer_party));
    p.failed |= (uint32_t) !(p.shares_language || allowed.any_language) << SK_C_LANGUAGE;
    p.failed |= (uint32_t)!traits_fine(&v) << SK_C_TRAITS;
    for (size_t i = 0; i < o->rules->hard_count; i++) {
        if ((!o->rules->hard[i]->function || functions) && value_of(o->rules->hard[i], &v) != 1)
            p.failed |= 1u << SK_C_RULES;
    }
    p.would = p.failed & ~(1u << SK_C_CATEGORY | 1u << SK_C_DISTANCE | 1u << SK_C_LANGUAGE);
    p.distance_m = v.distance_m;
    p.overlap_min = v.overlap_min;
    p.longest_min = v.longest_min;
    p.closeness = v.closeness;
    p.score = score_of(o->rules, &v, functions);
    p.millionths = (int64_t)floor(p.score * 1e6 + 0.5);
    return p;
}

/* ---- Ranking ---- */

static const world *sorting; /* qsort has no context. */

static int compare(const void *a, const void *b)
{
    const oracle_match *x = a, *y = b;

    if (x->millionths != y->millionths)
        return x->millionths > y->millionths ? -1 : 1;
    return sk_str_cmp(sorting->listings[x->at].listing.id, sorting->listings[y->at].listing.id);
}

size_t oracle_best(oracle *o, const sk_listing *self, size_t self_at, size_t limit,
                   int64_t least_score, bool over_threshold,
                   bool (*keep)(void *context, uint32_t slot), void *context, oracle_match *out)
{
    oracle_match *all = malloc((o->w->listing_count + 1) * sizeof *all);
    bool functions = oracle_has_functions(o->rules);
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < o->w->listing_count; i++) {
        oracle_pair p;
        if (!o->w->listings[i].there ||
            sk_kind_side(o->w->listings[i].listing.kind) == sk_kind_side(self->kind))
            continue;
        p = oracle_judge(o, self, self_at, i, false);
        if (p.failed == 0)
            all[count++] = (oracle_match){i, p.millionths};
    }
    sorting = o->w;
    qsort(all, count, sizeof *all, compare);
    if (functions) {
        size_t passed = 0;
        for (size_t i = 0; i < count && i < 100; i++) {
            oracle_pair p = oracle_judge(o, self, self_at, all[i].at, true);
            if (p.failed == 0)
                all[passed++] = (oracle_match){all[i].at, p.millionths};
        }
        count = passed;
        qsort(all, count, sizeof *all, compare);
    }
    for (size_t i = 0; i < count && kept < limit; i++) {
        const sk_listing *other = &o->w->listings[all[i].at].listing;
        const sk_listing *need = sk_kind_side(self->kind) == SK_DEMAND ? self : other;
        int64_t threshold = oracle_allowed(o->rules, need, o->w->now_ms, need->relaxed).threshold;
        if (all[i].millionths >= least_score &&
            (!over_threshold || all[i].millionths >= threshold) &&
            (!keep || keep(context, o->w->listings[all[i].at].slot)))
            out[kept++] = all[i];
    }
    free(all);
    return kept;
}
