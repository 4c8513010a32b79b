/* SPDX-License-Identifier: EUPL-1.2 */
#include "national.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUPS 12
#define TOPICS 4

/* ---- Chance ---- */

static uint64_t next(nation *n)
{
    uint64_t z = n->chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t nation_below(nation *n, uint32_t bound)
{
    return (uint32_t)(next(n) % bound);
}

static double unit(nation *n)
{
    return (double)(next(n) >> 11) / 9007199254740992.0;
}

/** Cumulative frequencies 1, 1/2, 1/3 ... */
static void zipf_fill(double *sums, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sums[i] = sum += 1.0 / (double)(i + 1);
}

static size_t zipf(nation *of, const double *sums, size_t n)
{
    double x = unit(of) * sums[n - 1];
    size_t i = 0, step = 1;

    while (step < n)
        step *= 2;
    for (; step > 0; step /= 2) {
        if (i + step <= n && sums[i + step - 1] <= x)
            i += step;
    }
    return i < n ? i : n - 1;
}

static double normal(nation *n)
{
    return sqrt(-2 * log(1 - unit(n))) * cos(6.283185307179586 * unit(n));
}

/* ---- Data ---- */

static sk_str add_category(nation *n, sk_str above, size_t number)
{
    sk_str code = above.size ? sk_arena_printf(n->arena, "%.*s.k%zu", SK_STR_ARG(above), number)
                             : sk_arena_printf(n->arena, "thema%zu", number);

    n->categories[n->category_count++] = (sk_category){code, code, code};
    return code;
}

/** 12 themes, of 2 to 3 groups, of 4 leaves: 120 leaves; some related across themes. */
static void make_taxonomy(nation *n)
{
    for (size_t t = 0; t < GROUPS; t++) {
        sk_str theme = add_category(n, (sk_str){"", 0}, t);
        for (size_t g = 0; g < 2 + t % 2; g++) {
            sk_str group = add_category(n, theme, g);
            for (size_t l = 0; l < TOPICS; l++)
                n->leaves[n->leaf_count++] = add_category(n, group, l);
        }
    }
    for (size_t i = 0; i < 40; i++) {
        uint32_t a = nation_below(n, (uint32_t)n->leaf_count),
                 b = nation_below(n, (uint32_t)n->leaf_count);
        if (a != b)
            n->related[n->related_count++] =
                (sk_related){n->leaves[a], n->leaves[b], 0.3 + 0.1 * nation_below(n, 6)};
    }
    zipf_fill(n->leaf_sums, n->leaf_count);
}

static void make_towns(nation *n)
{
    for (size_t i = 0; i < NATION_TOWNS; i++) {
        n->towns[i] = (nation_town){51.3 + 2.0 * unit(n), 3.9 + 3.0 * unit(n),
                                    0.006 + 0.05 / sqrt((double)(i + 1))};
    }
    zipf_fill(n->town_sums, NATION_TOWNS);
}

static void make_patterns(nation *n)
{
    for (size_t i = 0; i < NATION_PATTERNS; i++) {
        n->pattern_windows[i] = (uint8_t)(1 + nation_below(n, 3));
        for (size_t j = 0; j < n->pattern_windows[i]; j++) {
            uint32_t from = 8 + nation_below(n, 12);
            n->patterns[i][j] =
                (sk_window){.short_form = true,
                            .days = (uint8_t)(1 + nation_below(n, 127)),
                            .from_min = (uint16_t)(60 * from),
                            .to_min = (uint16_t)(60 * (from + 1 + nation_below(n, 4)) % 1440)};
        }
    }
}

static sk_point some_place(nation *n)
{
    const nation_town *t = &n->towns[zipf(n, n->town_sums, NATION_TOWNS)];

    if (nation_below(n, 10) == 0)
        return (sk_point){51.3 + 2.0 * unit(n), 3.9 + 3.0 * unit(n)};
    return (sk_point){t->lat_deg + normal(n) * t->spread_deg * 0.6,
                      t->lon_deg + normal(n) * t->spread_deg};
}

/** A leaf that is not among the first `count` of `taken`. */
static sk_str other_leaf(nation *n, const sk_str *taken, size_t count)
{
    for (;;) {
        sk_str leaf = n->leaves[zipf(n, n->leaf_sums, n->leaf_count)];
        bool seen = false;

        for (size_t i = 0; i < count; i++)
            seen |= sk_str_eq(taken[i], leaf);
        if (!seen)
            return leaf;
    }
}

void nation_listing_make(nation *n, size_t number, nation_listing *m)
{
    static const uint32_t reach[] = {500, 1000, 2000, 3000, 5000, 7500, 10000, 15000, 25000};
    size_t pattern = zipf(n, n->leaf_sums, 100) * 3 + nation_below(n, 3);
    sk_listing *l = &m->listing;

    memset(m, 0, sizeof *m);
    sk_id_make(NATION_NOW_MS, number, m->id);
    snprintf(m->party, sizeof m->party, "p%zu", number / 2);
    l->id = sk_str_from(m->id);
    l->party_id = sk_str_from(m->party);
    l->kind = next(n) % 2 ? SK_KIND_NEED : SK_KIND_OFFER;
    l->categories = (sk_strs){m->categories, 1 + nation_below(n, 3)};
    for (size_t i = 0; i < l->categories.count; i++)
        m->categories[i] = other_leaf(n, m->categories, i);
    l->remote = nation_below(n, 20) == 0;
    l->has_point = true;
    l->point = some_place(n);
    l->reach_m = reach[nation_below(n, 9)];
    l->capacity = 1;
    l->status = SK_LISTING_OPEN;
    l->duration_min = 30 * nation_below(n, 5);
    l->created_ms = NATION_NOW_MS - (int64_t)(unit(n) * 89 * (double)SK_DAY_MS);
    l->valid_from_ms = l->created_ms;
    l->valid_until_ms = l->created_ms + 90 * SK_DAY_MS;
    if (nation_below(n, 5) < 2) {
        l->windows = n->patterns[pattern];
        l->window_count = n->pattern_windows[pattern];
    }
    m->language = nation_below(n, 10) ? SK_STR("nl") : SK_STR("tr");
    l->languages = (sk_strs){&m->language, nation_below(n, 3) == 0};
    m->trait = nation_below(n, 2) ? SK_STR("vog") : SK_STR("rijbewijs-b");
    if (sk_kind_side(l->kind) == SK_SUPPLY)
        l->provides_traits = (sk_strs){&m->trait, nation_below(n, 2)};
    else
        l->requires_traits = (sk_strs){&m->trait, nation_below(n, 10) == 0};
}

nation *nation_new(void)
{
    nation *n = calloc(1, sizeof *n);

    if (!n || !(n->arena = sk_arena_new(0))) {
        free(n);
        return NULL;
    }
    n->chance = 20260302;
    make_taxonomy(n);
    make_towns(n);
    make_patterns(n);
    return n;
}

void nation_free(nation *n)
{
    if (!n)
        return;
    sk_arena_free(n->arena);
    free(n);
}
