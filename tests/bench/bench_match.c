/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/match.h"

#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "national.h"

/* Matching in process over made-up national data (national.h): bench_match [listings ...]. Prints
 * TSV: name, n, value, unit. The questions are stored open listings, taken at random; limit 20, the
 * standard rules. */

#define QUESTIONS 4000

static const char standaard[] =
    "return ruleset { name = \"standaard\", policy = [[Meting.]],\n"
    "term { \"wat\", weight = 4, expr = \"closeness\" },\n"
    "term { \"nabij\", weight = 3, expr = \"decay(distance_m, 1500)\" },\n"
    "term { \"tijd\", weight = 2, expr = \"ramp(overlap_min, 0, 4 * max(need.duration_min, 60))\" "
    "},\n"
    "term { \"eerlijk\", weight = 2, expr = \"1 / (1 + offer.load_30d)\" },\n"
    "term { \"vers\", weight = 1, expr = \"decay(min(need.age_days, offer.age_days), 30)\" },\n"
    "threshold = 0.45 }\n";

/* ---- Building ---- */

typedef struct bench {
    nation *nation;
    sk_intern *words;
    sk_calendar *calendar;
    sk_taxonomy *taxonomy;
    sk_index *index;
    sk_matcher *matcher;
    sk_ruleset *rules;
} bench;

static void make_party(bench *b, size_t number)
{
    char id[40];
    sk_party party = {.kind = SK_PARTY_RESIDENT};
    uint32_t slot;
    sk_error err;

    snprintf(id, sizeof id, "p%zu", number);
    party.id = sk_str_from(id);
    must(sk_index_party_put(b->index, &party, &slot, &err), &err);
    if (nation_below(b->nation, 8) == 0)
        sk_index_party(b->index, slot)->load_30d = 1 + nation_below(b->nation, 3);
}

static void build(bench *b, size_t listings)
{
    int64_t took = 0;
    size_t words = sk_intern_memory(b->words);
    sk_error err;
    nation_listing m;

    for (size_t i = 0; i < (listings + 1) / 2; i++)
        make_party(b, i);
    for (size_t i = 0; i < listings; i++) {
        uint32_t slot;
        nation_listing_make(b->nation, i, &m);
        int64_t start = sk_monotonic_ns();
        must(sk_index_put(b->index, &m.listing, &slot, &err), &err);
        took += sk_monotonic_ns() - start;
    }
    report("index.put", listings, (double)took / (double)listings, "ns");
    report("index.bytes_per_listing", listings,
           (double)(sk_index_memory(b->index) + sk_intern_memory(b->words) - words) /
               (double)listings,
           "bytes");
}

/* ---- Measuring ---- */

static void ask(bench *b, size_t listings)
{
    int64_t *took = malloc(QUESTIONS * sizeof *took), total = 0;
    size_t asked = 0, found = 0;
    sk_error err;

    while (asked < QUESTIONS) {
        uint32_t slot = nation_below(b->nation, (uint32_t)listings);
        const sk_facts *self = sk_index_facts(b->index, slot);
        sk_query query = {.self = self,
                          .self_party = sk_index_party(b->index, self->party),
                          .now_ms = NATION_NOW_MS,
                          .limit = 20,
                          .least_score = INT64_MIN};
        sk_match out[20];
        size_t count = 0;
        int64_t start = sk_monotonic_ns();
        must(sk_match_best(b->matcher, &query, out, &count, &err), &err);
        took[asked] = sk_monotonic_ns() - start;
        total += took[asked++];
        found += count;
    }
    report("match.median", listings, (double)percentile(took, asked, 50), "ns");
    report("match.p99", listings, (double)percentile(took, asked, 99), "ns");
    report("match.mean", listings, (double)total / (double)asked, "ns");
    report("match.per_second", listings, 1e9 * (double)asked / (double)total, "matches/s");
    report("match.found_mean", listings, (double)found / (double)asked, "matches");
    free(took);
}

static void run(size_t listings)
{
    bench b = {.nation = nation_new(), .words = sk_intern_new()};
    sk_rules_source source = {.name = SK_STR("standaard"),
                              .text = {standaard, sizeof standaard - 1}};
    sk_error err;

    if (!b.nation || !b.words)
        exit(1);
    must(sk_taxonomy_new(b.nation->categories, b.nation->category_count, b.nation->related,
                         b.nation->related_count, &b.taxonomy, &err),
         &err);
    must(sk_calendar_open(&b.calendar, &err), &err);
    must(sk_index_new(b.words, b.calendar, b.taxonomy, NATION_NOW_MS, &b.index, &err), &err);
    must(sk_matcher_new(b.index, &b.matcher, &err), &err);
    must(sk_ruleset_load(&source, b.words, &b.rules, &err), &err);
    sk_matcher_set_rules(b.matcher, b.rules);
    build(&b, listings);
    ask(&b, listings);
    sk_ruleset_free(b.rules);
    sk_matcher_free(b.matcher);
    sk_index_free(b.index);
    sk_calendar_close(b.calendar);
    sk_taxonomy_free(b.taxonomy);
    sk_intern_free(b.words);
    nation_free(b.nation);
}

int main(int argc, char **argv)
{
    printf("name\tn\tvalue\tunit\n");
    for (int i = 1; i < argc; i++)
        run((size_t)strtoul(argv[i], NULL, 10));
    if (argc == 1)
        run(100000);
    return 0;
}
