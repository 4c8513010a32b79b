/* SPDX-License-Identifier: EUPL-1.2 */
#include <stdio.h>
#include <stdlib.h>

#include "rules/rules.h"
#include "unit/rules/sandbox_attempts.h"

/* How long each attempt of tests/unit/rules/sandbox_attempts.h holds the engine up:
 * bench_sandbox [all]. Prints TSV: name, attempts, value, unit; with "all" first each attempt with
 * its milliseconds and how it ended. */

#define TRIES 5
#define NOW_MS INT64_C(1780000000000)

typedef struct tally {
    double worst_ms;
    size_t over; /**< Attempts that took more than 10 ms. */
    bool all;
} tally;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_sandbox: %s\n", what);
    exit(1);
}

static sk_status find(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    if (!sk_str_eq(name, SK_STR("lib/proef")))
        return sk_fail(err, SK_ENOTFOUND, "no such file");
    sk_buf_text(out, context);
    return SK_OK;
}

static sk_status load(const char *text, const char *lib, sk_intern *words, sk_ruleset **out,
                      sk_error *err)
{
    sk_rules_source source = {.name = SK_STR("proef.lua"),
                              .text = sk_str_from(text),
                              .find = find,
                              .context = (void *)lib};

    *out = NULL;
    *err = (sk_error){0};
    return sk_ruleset_load(&source, words, out, err);
}

static void note(tally *t, const char *text, double ms, const char *how)
{
    if (t->all)
        printf("%9.3f ms  %-60.60s  %s\n", ms, text, how);
    t->worst_ms = ms > t->worst_ms ? ms : t->worst_ms;
    t->over += ms > 10.0;
}

/** The best of a few tries: what else the machine does is not the attempt's doing. */
static void run_loading(tally *t, const attempt *a)
{
    double best = 1e9;
    sk_error err;

    for (int k = 0; k < TRIES; k++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        int64_t start = sk_monotonic_ns();
        double ms;

        must(words != NULL, "out of memory");
        if (load(a->text, "return require('lib/proef')", words, &rules, &err) == SK_OK)
            snprintf(err.message, sizeof err.message, "loads");
        ms = (double)(sk_monotonic_ns() - start) / 1e6;
        best = ms < best ? ms : best;
        sk_ruleset_free(rules);
        sk_intern_free(words);
    }
    note(t, a->text, best, err.message);
}

static void run_calling(tally *t, const attempt *a)
{
    static const uint32_t sets[] = {1};
    sk_intern *words = sk_intern_new();
    sk_facts facts = {.sets = sets, .category_count = 1, .capacity = 1};
    sk_party_facts party = {.last_asked_ms = INT64_MIN};
    sk_pair pair = {&facts, &facts, &party, &party, 600, 90, 45, 0.7};
    sk_ruleset *rules = NULL;
    double best = 1e9;
    char text[4096];
    sk_verdict verdict;
    sk_error err;

    must(words && sk_intern_add(words, SK_STR("zorg")) == 1, "out of memory");
    facts.kind_word = sk_intern_add(words, SK_STR("NEED"));
    snprintf(text, sizeof text, "%s%s%s", head, a->text, tail);
    if (load(text, library, words, &rules, &err) != SK_OK) {
        note(t, a->text, 0, err.message);
        sk_intern_free(words);
        return;
    }
    for (int k = 0; k < TRIES; k++) {
        int64_t start = sk_monotonic_ns();
        double ms;

        sk_ruleset_judge(rules, NOW_MS, &pair, &verdict);
        ms = (double)(sk_monotonic_ns() - start) / 1e6;
        best = ms < best ? ms : best;
    }
    note(t, a->text, best, verdict.failed_functions ? verdict.failure : "works");
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void report(const char *name, size_t n, double value, const char *unit)
{
    printf("sandbox.%s\t%zu\t%.3f\t%s\n", name, n, value, unit);
}

int main(int argc, char **argv)
{
    tally loads = {.all = argc > 1}, calls = {.all = argc > 1};

    (void)argv;
    for (size_t i = 0; i < LOADING; i++)
        run_loading(&loads, &loading[i]);
    for (size_t i = 0; i < CALLING; i++)
        run_calling(&calls, &calling[i]);
    printf("name\tn\tvalue\tunit\n");
    report("load.worst", LOADING, loads.worst_ms, "ms");
    report("load.over_10_ms", LOADING, (double)loads.over, "attempts");
    report("call.worst", CALLING, calls.worst_ms, "ms");
    report("call.over_10_ms", CALLING, (double)calls.over, "attempts");
    return 0;
}
