/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/match.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Matching in process over made-up national data: bench_match [listings ...]. Prints TSV: name, n,
 * ns/op. The data: 350 towns over the Netherlands with sizes after Zipf, a tenth of the people
 * between them; 120 leaf categories in three levels, frequencies after Zipf; two of five with one
 * of 300 weekly patterns; reach 500 m to 25 km; one of twenty remote; half demand, half supply.
 * The questions are stored open listings, taken at random; limit 20, the standard rules. */

#define TOWNS 350
#define GROUPS 12
#define TOPICS 4
#define PATTERNS 300
#define QUESTIONS 4000
#define NOW_MS INT64_C(1772445600000)

static const char standaard[] =
    "return ruleset { name = \"standaard\", policy = [[Meting.]],\n"
    "term { \"wat\", weight = 4, expr = \"closeness\" },\n"
    "term { \"nabij\", weight = 3, expr = \"decay(distance_m, 1500)\" },\n"
    "term { \"tijd\", weight = 2, expr = \"ramp(overlap_min, 0, 4 * max(need.duration_min, 60))\" "
    "},\n"
    "term { \"eerlijk\", weight = 2, expr = \"1 / (1 + offer.load_30d)\" },\n"
    "term { \"vers\", weight = 1, expr = \"decay(min(need.age_days, offer.age_days), 30)\" },\n"
    "threshold = 0.45 }\n";

/* ---- Chance ---- */

static uint64_t chance = 20260302;

static uint64_t next(void)
{
    uint64_t z = chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)(next() % n);
}

static double unit(void)
{
    return (double)(next() >> 11) / 9007199254740992.0;
}

/** Cumulative frequencies 1, 1/2, 1/3 ... */
static void zipf_fill(double *sums, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sums[i] = sum += 1.0 / (double)(i + 1);
}

static size_t zipf(const double *sums, size_t n)
{
    double x = unit() * sums[n - 1];
    size_t i = 0, step = 1;

    while (step < n)
        step *= 2;
    for (; step > 0; step /= 2) {
        if (i + step <= n && sums[i + step - 1] <= x)
            i += step;
    }
    return i < n ? i : n - 1;
}

static double normal(void)
{
    return sqrt(-2 * log(1 - unit())) * cos(6.283185307179586 * unit());
}

/* ---- Data ---- */

typedef struct town {
    double lat_deg, lon_deg, spread_deg;
} town;

typedef struct nation {
    town towns[TOWNS];
    double town_sums[TOWNS];
    sk_category categories[512];
    sk_related related[64];
    size_t category_count, related_count;
    sk_str leaves[128];
    size_t leaf_count;
    double leaf_sums[128];
    sk_window patterns[PATTERNS][3];
    uint8_t pattern_windows[PATTERNS];
    sk_arena *arena;
    sk_intern *words;
    sk_calendar *calendar;
    sk_taxonomy *taxonomy;
    sk_index *index;
    sk_matcher *matcher;
    sk_ruleset *rules;
} nation;

static void must(sk_status st, const sk_error *err)
{
    if (st == SK_OK)
        return;
    fprintf(stderr, "%s: %s\n", err->field, err->message);
    exit(1);
}

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
    sk_error err;

    for (size_t t = 0; t < GROUPS; t++) {
        sk_str theme = add_category(n, (sk_str){"", 0}, t);
        for (size_t g = 0; g < 2 + t % 2; g++) {
            sk_str group = add_category(n, theme, g);
            for (size_t l = 0; l < TOPICS; l++)
                n->leaves[n->leaf_count++] = add_category(n, group, l);
        }
    }
    for (size_t i = 0; i < 40; i++) {
        uint32_t a = below((uint32_t)n->leaf_count), b = below((uint32_t)n->leaf_count);
        if (a != b)
            n->related[n->related_count++] =
                (sk_related){n->leaves[a], n->leaves[b], 0.3 + 0.1 * below(6)};
    }
    zipf_fill(n->leaf_sums, n->leaf_count);
    must(sk_taxonomy_new(n->categories, n->category_count, n->related, n->related_count,
                         &n->taxonomy, &err),
         &err);
}

static void make_towns(nation *n)
{
    for (size_t i = 0; i < TOWNS; i++) {
        n->towns[i] =
            (town){51.3 + 2.0 * unit(), 3.9 + 3.0 * unit(), 0.006 + 0.05 / sqrt((double)(i + 1))};
    }
    zipf_fill(n->town_sums, TOWNS);
}

static void make_patterns(nation *n)
{
    for (size_t i = 0; i < PATTERNS; i++) {
        n->pattern_windows[i] = (uint8_t)(1 + below(3));
        for (size_t j = 0; j < n->pattern_windows[i]; j++) {
            uint32_t from = 8 + below(12);
            n->patterns[i][j] =
                (sk_window){.short_form = true,
                            .days = (uint8_t)(1 + below(127)),
                            .from_min = (uint16_t)(60 * from),
                            .to_min = (uint16_t)(60 * (from + 1 + below(4)) % 1440)};
        }
    }
}

static sk_point some_place(const nation *n)
{
    const town *t = &n->towns[zipf(n->town_sums, TOWNS)];

    if (below(10) == 0)
        return (sk_point){51.3 + 2.0 * unit(), 3.9 + 3.0 * unit()};
    return (sk_point){t->lat_deg + normal() * t->spread_deg * 0.6,
                      t->lon_deg + normal() * t->spread_deg};
}

typedef struct made {
    char id[40], party[40];
    sk_str categories[3], language, trait;
    sk_listing listing;
} made;

static void make_listing(const nation *n, size_t number, made *m)
{
    static const uint32_t reach[] = {500, 1000, 2000, 3000, 5000, 7500, 10000, 15000, 25000};
    size_t pattern = zipf(n->leaf_sums, 100) * 3 + below(3);
    sk_listing *l = &m->listing;

    memset(m, 0, sizeof *m);
    sk_id_make(NOW_MS, number, m->id);
    snprintf(m->party, sizeof m->party, "p%zu", number / 2);
    l->id = sk_str_from(m->id);
    l->party_id = sk_str_from(m->party);
    l->kind = next() % 2 ? SK_KIND_NEED : SK_KIND_OFFER;
    l->categories = (sk_strs){m->categories, 1 + below(3)};
    for (size_t i = 0; i < l->categories.count; i++)
        m->categories[i] = n->leaves[zipf(n->leaf_sums, n->leaf_count)];
    l->remote = below(20) == 0;
    l->has_point = true;
    l->point = some_place(n);
    l->reach_m = reach[below(9)];
    l->capacity = 1;
    l->status = SK_LISTING_OPEN;
    l->duration_min = 30 * below(5);
    l->created_ms = NOW_MS - (int64_t)(unit() * 89 * (double)SK_DAY_MS);
    l->valid_from_ms = l->created_ms;
    l->valid_until_ms = l->created_ms + 90 * SK_DAY_MS;
    if (below(5) < 2) {
        l->windows = n->patterns[pattern];
        l->window_count = n->pattern_windows[pattern];
    }
    m->language = below(10) ? SK_STR("nl") : SK_STR("tr");
    l->languages = (sk_strs){&m->language, below(3) == 0};
    m->trait = below(2) ? SK_STR("vog") : SK_STR("rijbewijs-b");
    if (sk_kind_side(l->kind) == SK_SUPPLY)
        l->provides_traits = (sk_strs){&m->trait, below(2)};
    else
        l->requires_traits = (sk_strs){&m->trait, below(10) == 0};
}

static void make_party(nation *n, size_t number)
{
    char id[40];
    sk_party party = {.kind = SK_PARTY_RESIDENT};
    uint32_t slot;
    sk_error err;

    snprintf(id, sizeof id, "p%zu", number);
    party.id = sk_str_from(id);
    must(sk_index_party_put(n->index, &party, &slot, &err), &err);
    if (below(8) == 0)
        sk_index_party(n->index, slot)->load_30d = 1 + below(3);
}

/* ---- Measuring ---- */

static void report(const char *name, size_t n, double ns)
{
    printf("%s\t%zu\t%.1f\n", name, n, ns);
    fflush(stdout);
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void ask(nation *n, size_t listings)
{
    int64_t *took = malloc(QUESTIONS * sizeof *took), total = 0;
    size_t asked = 0, found = 0;
    sk_error err;

    while (asked < QUESTIONS) {
        uint32_t slot = below((uint32_t)listings);
        const sk_facts *self = sk_index_facts(n->index, slot);
        sk_query query = {.self = self,
                          .self_party = sk_index_party(n->index, self->party),
                          .now_ms = NOW_MS,
                          .limit = 20,
                          .least_score = INT64_MIN};
        sk_match out[20];
        size_t count = 0;
        int64_t start = sk_monotonic_ns();
        must(sk_match_best(n->matcher, &query, out, &count, &err), &err);
        took[asked] = sk_monotonic_ns() - start;
        total += took[asked++];
        found += count;
    }
    qsort(took, asked, sizeof *took, compare_ns);
    report("match.median", listings, (double)took[asked / 2]);
    report("match.p99", listings, (double)took[asked * 99 / 100]);
    report("match.mean", listings, (double)total / (double)asked);
    report("match.per_second", listings, 1e9 * (double)asked / (double)total);
    report("match.found_mean", listings, (double)found / (double)asked);
    free(took);
}

static void build(nation *n, size_t listings)
{
    int64_t took = 0;
    size_t words = sk_intern_memory(n->words);
    sk_error err;
    made m;

    for (size_t i = 0; i < (listings + 1) / 2; i++)
        make_party(n, i);
    for (size_t i = 0; i < listings; i++) {
        uint32_t slot;
        make_listing(n, i, &m);
        int64_t start = sk_monotonic_ns();
        must(sk_index_put(n->index, &m.listing, &slot, &err), &err);
        took += sk_monotonic_ns() - start;
    }
    report("index.put", listings, (double)took / (double)listings);
    report("index.bytes_per_listing", listings,
           (double)(sk_index_memory(n->index) + sk_intern_memory(n->words) - words) /
               (double)listings);
}

static void run(size_t listings)
{
    nation *n = calloc(1, sizeof *n);
    sk_rules_source source = {.name = SK_STR("standaard"),
                              .text = {standaard, sizeof standaard - 1}};
    sk_error err;

    n->arena = sk_arena_new(0);
    n->words = sk_intern_new();
    make_taxonomy(n);
    make_towns(n);
    make_patterns(n);
    must(sk_calendar_open(&n->calendar, &err), &err);
    must(sk_index_new(n->words, n->calendar, n->taxonomy, NOW_MS, &n->index, &err), &err);
    must(sk_matcher_new(n->index, &n->matcher, &err), &err);
    must(sk_ruleset_load(&source, n->words, &n->rules, &err), &err);
    sk_matcher_set_rules(n->matcher, n->rules);
    build(n, listings);
    ask(n, listings);
    sk_ruleset_free(n->rules);
    sk_matcher_free(n->matcher);
    sk_index_free(n->index);
    sk_calendar_close(n->calendar);
    sk_taxonomy_free(n->taxonomy);
    sk_intern_free(n->words);
    sk_arena_free(n->arena);
    free(n);
}

int main(int argc, char **argv)
{
    printf("name\tn\tns/op\n");
    for (int i = 1; i < argc; i++)
        run((size_t)strtoul(argv[i], NULL, 10));
    if (argc == 1)
        run(100000);
    return 0;
}
