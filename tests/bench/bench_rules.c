/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What one candidate costs the rules: bench_rules [candidates]. The same term as an expression, as
 * a Lua function and as C written by hand, and a declared attribute beside a field of the engine's
 * own. All variants take turns over the same pairs in one run, round after round, and the median of
 * the rounds counts, so that whatever else the machine does falls on all alike. Every variant must
 * give the same bits first. Prints TSV: name, candidates, value, unit. */

#define ROUNDS 41
#define LUA_PAIRS 512
#define NOW_MS INT64_C(1780000000000)

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_rules: %s\n", what);
    exit(1);
}

/* ---- Pairs ---- */

typedef struct side {
    sk_facts facts;
    sk_party_facts party;
    sk_attr_facts attrs[5]; /**< As in the index, right before the sets. */
    uint32_t sets[6];
} side;

typedef struct bench {
    sk_intern *words;
    size_t count;
    side *sides; /**< The needs' one, then the offers. */
    sk_pair *pairs;
    double *scores, *expected;
    double weight;
    uint64_t random;
} bench;

static uint32_t below(bench *b, uint32_t bound)
{
    b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(b->random >> 33) % bound;
}

static uint32_t word(bench *b, const char *text)
{
    uint32_t found = sk_intern_add(b->words, sk_str_from(text));

    must(found != 0, "out of memory");
    return found;
}

/** Attributes as the index keeps them; one listing in four leaves one out. */
static void make_attrs(bench *b, side *s)
{
    static const char *const names[] = {"kleur", "lift", "trap_lopen", "verdieping", "vervoer"};
    uint8_t count = 0;

    for (size_t i = 0; i < 5; i++) {
        sk_attr_facts *attr = &s->attrs[count];

        if (i != 3 && below(b, 4) == 0)
            continue;
        *attr = (sk_attr_facts){.name = word(b, names[i]), .type = SK_ATTR_NUMBER};
        attr->value = below(b, 10);
        count++;
    }
    sk_facts_set_attrs(&s->facts, s->attrs, count);
}

static void make_side(bench *b, side *s)
{
    s->facts = (sk_facts){.sets = s->sets,
                          .category_count = 1,
                          .provide_count = (uint8_t)below(b, 3),
                          .capacity = 1,
                          .urgency = (uint8_t)below(b, 4),
                          .duration_min = (uint16_t)(below(b, 4) * 45),
                          .reach_m = below(b, 10),
                          .wijk = word(b, below(b, 2) ? "WK990101" : "WK990102"),
                          .created_ms = NOW_MS - (int64_t)below(b, 2000000000)};
    s->sets[0] = word(b, below(b, 2) ? "vervoer.ziekenhuis" : "zorg.thuis");
    s->sets[1] = word(b, "auto");
    s->sets[2] = word(b, "vog");
    s->party = (sk_party_facts){.load_30d = below(b, 4), .last_asked_ms = INT64_MIN};
    make_attrs(b, s);
}

static void make_pairs(bench *b)
{
    b->sides = calloc(b->count + 1, sizeof *b->sides);
    b->pairs = calloc(b->count, sizeof *b->pairs);
    b->scores = calloc(b->count, sizeof *b->scores);
    b->expected = calloc(b->count, sizeof *b->expected);
    must(b->sides && b->pairs && b->scores && b->expected, "out of memory");
    word(b, "auto");
    for (size_t i = 0; i <= b->count; i++)
        make_side(b, &b->sides[i]);
    for (size_t i = 0; i < b->count; i++)
        b->pairs[i] = (sk_pair){.need = &b->sides[0].facts,
                                .offer = &b->sides[i + 1].facts,
                                .need_party = &b->sides[0].party,
                                .offer_party = &b->sides[i + 1].party,
                                .distance_m = below(b, 8) ? below(b, 5000) : (double)NAN,
                                .overlap_min = 15.0 * below(b, 40),
                                .longest_min = 15.0 * below(b, 10),
                                .closeness = below(b, 2) ? 1.0 : 0.7};
}

/* ---- The terms in C ---- */

static double clamp_unit(double value)
{
    return value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
}

static double near_in_c(const sk_pair *pair)
{
    return 1500.0 / (1500.0 + pair->distance_m);
}

static double mixed_in_c(const sk_pair *pair)
{
    double whole = 4.0 * fmax(pair->need->duration_min, 60.0);

    return 0.5 * (1500.0 / (1500.0 + pair->distance_m)) +
           0.3 * clamp_unit(pair->overlap_min / whole) +
           0.2 * (1.0 / (1.0 + pair->offer_party->load_30d));
}

static double wijk_in_c(const sk_pair *pair)
{
    if (!pair->need->wijk || !pair->offer->wijk)
        return NAN;
    return pair->need->wijk == pair->offer->wijk ? 1.0 : pair->need->urgency >= 2 ? 0.5 : 0.0;
}

static uint32_t vog; /**< The word, as a C programmer would keep it. */

static double vog_in_c(const sk_pair *pair)
{
    sk_ids provides = sk_facts_provides(pair->offer);

    for (uint32_t i = 0; i < provides.count; i++) {
        if (provides.ids[i] == vog)
            return 1.0;
    }
    return 0.5;
}

static const struct {
    const char *name, *expr, *lua;
    double (*in_c)(const sk_pair *pair);
} terms[] = {
    {"near", "decay(distance_m, 1500 m)",
     "if pair.distance_m == nil then return nil end return 1500 / (1500 + pair.distance_m)",
     near_in_c},
    {"mixed",
     "0.5 * decay(distance_m, 1500 m) + 0.3 * ramp(overlap_min, 0, 4 * max(need.duration_min, 60))"
     " + 0.2 * (1 / (1 + offer.load_30d))",
     "local d = pair.distance_m if d == nil then return nil end\n"
     "local r = pair.overlap_min / (4 * math.max(need.duration_min, 60))\n"
     "return 0.5 * (1500 / (1500 + d)) + 0.3 * math.max(0, math.min(1, r)) +\n"
     "0.2 * (1 / (1 + offer.load_30d))",
     mixed_in_c},
    {"wijk", "if(need.wijk == offer.wijk, 1, if(need.urgency >= 2, 0.5, 0))",
     "local a, b = need.wijk, offer.wijk if a == nil or b == nil then return nil end\n"
     "return a == b and 1 or need.urgency >= 2 and 0.5 or 0",
     wijk_in_c},
    {"vog", "if(has(offer.provides, 'vog'), 1, 0.5)",
     "return set.has(offer.provides, 'vog') and 1 or 0.5", vog_in_c},
};
#define TERMS (sizeof terms / sizeof terms[0])

/* ---- Running one variant over all pairs ---- */

typedef enum way { AS_C, AS_EXPRESSION, AS_LUA, WAYS } way;

static sk_ruleset *load(bench *b, const char *part, const char *code, const char *end)
{
    sk_ruleset *rules = NULL;
    char text[1200];
    sk_error err = {0};
    sk_rules_source source = {.name = SK_STR("bench.lua")};

    snprintf(text, sizeof text,
             "return ruleset { name = 'bench', attributes = { verdieping = 'number' },\n"
             "term { 't', weight = 1, %s%s%s } }",
             part, code, end);
    source.text = sk_str_from(text);
    must(sk_ruleset_load(&source, b->words, &rules, &err) == SK_OK, err.message);
    return rules;
}

/** The contract's weighted mean, with the one term. */
static void run_c(bench *b, double (*in_c)(const sk_pair *), size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value = in_c(&b->pairs[i]), sum = 0.0, weights = 0.0;

        if (!isnan(value)) {
            sum += b->weight * clamp_unit(value);
            weights += b->weight;
        }
        b->scores[i] = weights > 0.0 ? sum / weights : 0.0;
    }
}

static void run_expression(bench *b, sk_ruleset *rules, size_t count)
{
    for (size_t i = 0; i < count; i += SK_LANES)
        sk_ruleset_score(rules, NOW_MS, b->pairs + i, count - i < SK_LANES ? count - i : SK_LANES,
                         b->scores + i);
}

static void run_lua(bench *b, sk_ruleset *rules, size_t count)
{
    sk_verdict verdict;

    for (size_t i = 0; i < count; i++) {
        sk_ruleset_judge(rules, NOW_MS, &b->pairs[i], &verdict);
        must(verdict.failed_functions == 0, verdict.failure);
        b->scores[i] = verdict.score;
    }
}

static size_t pairs_of(const bench *b, way which)
{
    return which == AS_LUA && b->count > LUA_PAIRS ? LUA_PAIRS : b->count;
}

static void run(bench *b, size_t term, way which, sk_ruleset *rules)
{
    size_t count = pairs_of(b, which);

    if (which == AS_C)
        run_c(b, terms[term].in_c, count);
    else if (which == AS_EXPRESSION)
        run_expression(b, rules, count);
    else
        run_lua(b, rules, count);
}

/* ---- Measuring ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static void report(const bench *b, const char *name, const char *way_name, double value,
                   const char *unit)
{
    printf("rules.%s.%s\t%zu\t%.3f\t%s\n", name, way_name, b->count, value, unit);
}

static void measure_term(bench *b, size_t term)
{
    static const char *const names[WAYS] = {"c", "expression", "lua"};
    sk_ruleset *rules[WAYS] = {
        NULL, load(b, "expr = \"", terms[term].expr, "\""),
        load(b, "lua = function(need, offer, pair) ", terms[term].lua, " end")};
    double took[WAYS][ROUNDS], middle[WAYS];

    for (way w = AS_C; w < WAYS; w++) {
        run(b, term, w, rules[w]);
        if (w == AS_C)
            memcpy(b->expected, b->scores, b->count * sizeof *b->scores);
        must(memcmp(b->expected, b->scores, pairs_of(b, w) * sizeof *b->scores) == 0,
             "the variants of a term differ");
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (way w = AS_C; w < WAYS; w++) {
            int64_t start = sk_monotonic_ns();

            run(b, term, w, rules[w]);
            took[w][round] = (double)(sk_monotonic_ns() - start) / (double)pairs_of(b, w);
        }
    }
    for (way w = AS_C; w < WAYS; w++) {
        middle[w] = median(took[w]);
        report(b, terms[term].name, names[w], middle[w], "ns");
    }
    report(b, terms[term].name, "expression_per_c", middle[1] / middle[0], "times");
    report(b, terms[term].name, "lua_per_expression", middle[2] / middle[1], "times");
    sk_ruleset_free(rules[1]);
    sk_ruleset_free(rules[2]);
}

/** A field of the listing, one of the party, and attributes, as the same term. */
static void measure_attributes(bench *b)
{
    static const char *const names[] = {"field", "party_field", "declared", "undeclared",
                                        "often_absent"};
    static const char *const exprs[] = {"ramp(offer.reach_m, 0, 10)", "ramp(offer.load_30d, 0, 10)",
                                        "ramp(attr(offer, 'verdieping'), 0, 10)",
                                        "ramp(attr(offer, 'vervoer'), 0, 10)",
                                        "ramp(attr(offer, 'lift'), 0, 10)"};
    enum { COUNT = sizeof exprs / sizeof exprs[0] };
    sk_ruleset *rules[COUNT];
    double took[COUNT][ROUNDS];

    for (size_t i = 0; i < COUNT; i++)
        rules[i] = load(b, "expr = \"", exprs[i], "\"");
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            int64_t start = sk_monotonic_ns();

            run_expression(b, rules[i], b->count);
            took[i][round] = (double)(sk_monotonic_ns() - start) / (double)b->count;
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        report(b, "attribute", names[i], median(took[i]), "ns");
        sk_ruleset_free(rules[i]);
    }
}

int main(int argc, char **argv)
{
    bench b = {.words = sk_intern_new(), .weight = 1.0, .random = 42};

    b.count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 4096;
    must(b.words && b.count > 0, "needs a number of candidates");
    make_pairs(&b);
    vog = word(&b, "vog");
    printf("name\tn\tvalue\tunit\n");
    for (size_t term = 0; term < TERMS; term++)
        measure_term(&b, term);
    measure_attributes(&b);
    free(b.sides);
    free(b.pairs);
    free(b.scores);
    free(b.expected);
    sk_intern_free(b.words);
    return 0;
}
