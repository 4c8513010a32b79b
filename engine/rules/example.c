/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/ruleset.h"

#include <math.h>
#include <stdio.h>

/* Judging the `example` blocks, and the table of what differs. A pair of an example matches when it
 * passes every hard rule and reaches the threshold of its need; C1-C7 of the contract are not the
 * rule set's business. */

typedef struct outcome {
    sk_verdict verdict;
    int64_t threshold; /**< Of the example's need, in millionths. */
    bool match;
} outcome;

static bool compares(const sk_expect *expect, bool applies, double value)
{
    if (expect->compare == '-')
        return !applies;
    if (!applies)
        return false;
    switch (expect->compare) {
    case '<':
        return value < expect->number;
    case '>':
        return value > expect->number;
    case 'l':
        return value <= expect->number;
    case 'g':
        return value >= expect->number;
    default:
        return fabs(value - expect->number) <= 0.5e-6;
    }
}

static bool holds(const sk_ruleset *rules, const sk_expect *expect, const outcome *got)
{
    const sk_verdict *v = &got->verdict;

    switch (expect->kind) {
    case SK_EXPECT_MATCH:
        return got->match == expect->truth;
    case SK_EXPECT_FAILS:
        return v->failed_hard >= 0 &&
               sk_str_eq(rules->hards[v->failed_hard].info.name, expect->name);
    case SK_EXPECT_SCORE:
        return compares(expect, true, v->score);
    default:
        return compares(expect, v->term[expect->term].applies, v->term[expect->term].value);
    }
}

static void print_wanted(const sk_expect *expect, char *out, size_t size)
{
    static const char *const spellings[128] = {
        ['<'] = "<", ['>'] = ">", ['l'] = "<=", ['g'] = ">=", ['='] = "="};

    if (expect->kind == SK_EXPECT_MATCH)
        snprintf(out, size, "%s", expect->truth ? "true" : "false");
    else if (expect->kind == SK_EXPECT_FAILS)
        snprintf(out, size, "%.*s", SK_STR_ARG(expect->name));
    else if (expect->compare == '-')
        snprintf(out, size, "missing");
    else
        snprintf(out, size, "%s%g", spellings[(unsigned char)expect->compare], expect->number);
}

static void print_got(const sk_ruleset *rules, const sk_expect *expect, const outcome *got,
                      char *out, size_t size)
{
    const sk_verdict *v = &got->verdict;

    if (expect->kind == SK_EXPECT_MATCH)
        snprintf(out, size, "%s", got->match ? "true" : "false");
    else if (expect->kind == SK_EXPECT_FAILS && v->failed_hard < 0)
        snprintf(out, size, "none");
    else if (expect->kind == SK_EXPECT_FAILS)
        snprintf(out, size, "%.*s", SK_STR_ARG(rules->hards[v->failed_hard].info.name));
    else if (expect->kind == SK_EXPECT_SCORE)
        snprintf(out, size, "%.6g", v->score);
    else if (!v->term[expect->term].applies)
        snprintf(out, size, "missing");
    else
        snprintf(out, size, "%.6g", v->term[expect->term].value);
}

/** The first difference of an example names it. */
static void report_title(const sk_example *example, bool *good, sk_buf *report)
{
    if (*good)
        sk_buf_printf(report, "%s: example '%.*s'\n", example->place, SK_STR_ARG(example->name));
    *good = false;
}

/** Why a pair matches or not, for who expected the other. */
static void print_reason(const sk_ruleset *rules, const outcome *got, char *out, size_t size)
{
    if (got->verdict.failed_hard >= 0)
        snprintf(out, size, " (fails %.*s)",
                 SK_STR_ARG(rules->hards[got->verdict.failed_hard].info.name));
    else
        snprintf(out, size, " (score %.6g, threshold %.6g)", got->verdict.score,
                 (double)got->threshold / 1e6);
}

static void report_line(const sk_ruleset *rules, const sk_expect *expect, const outcome *got,
                        sk_buf *report)
{
    char what[72], wanted[72], value[72], reason[120] = "";
    sk_str label = expect->kind == SK_EXPECT_MATCH   ? SK_STR("match")
                   : expect->kind == SK_EXPECT_FAILS ? SK_STR("fails")
                                                     : expect->name;

    snprintf(what, sizeof what, "%.*s", SK_STR_ARG(label));
    print_wanted(expect, wanted, sizeof wanted);
    print_got(rules, expect, got, value, sizeof value);
    if (expect->kind == SK_EXPECT_MATCH)
        print_reason(rules, got, reason, sizeof reason);
    sk_buf_printf(report, "  %-16s expected %-12s found %s%s\n", what, wanted, value, reason);
}

static bool run_example(sk_ruleset *rules, const sk_example *example, sk_buf *report)
{
    bool good = true;
    outcome got;

    sk_ruleset_judge(rules, SK_EXAMPLE_NOW_MS, &example->pair, &got.verdict);
    got.threshold = sk_ruleset_allowance(rules, example->pair.need, SK_EXAMPLE_NOW_MS).threshold;
    got.match = got.verdict.pass && sk_millionths(got.verdict.score) >= got.threshold;
    for (uint32_t i = 0; i < example->expect_count; i++) {
        if (holds(rules, &example->expect[i], &got))
            continue;
        report_title(example, &good, report);
        report_line(rules, &example->expect[i], &got, report);
    }
    if (got.verdict.failed_functions > 0) {
        report_title(example, &good, report);
        sk_buf_printf(report, "  %s\n", got.verdict.failure);
    }
    return good;
}

sk_status sk_ruleset_test(sk_ruleset *rules, uint32_t *out_run, uint32_t *out_failed,
                          sk_buf *report, sk_error *err)
{
    uint32_t failed = 0;

    for (uint32_t i = 0; i < rules->info.example_count; i++)
        failed += !run_example(rules, rules->examples[i], report);
    if (report->failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    *out_run = rules->info.example_count;
    *out_failed = failed;
    return SK_OK;
}
