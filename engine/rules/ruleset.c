/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <math.h>
#include <stdio.h>

/* A rule set at work: passing, scoring, judging and bounding pairs.
 *
 * Three programs: the hard rules' expressions, the terms' expressions, and the `when` of functions,
 * so that the first ranking pays for what it uses only. Scores are summed in the order of the rule
 * set, one column for the weights and one for the weighted values; a term that does not apply adds
 * zero to both, which changes neither. The verdict on one pair runs the same programs with one lane
 * and puts the functions between the expressions, in the same order.
 *
 * Invariants: nothing here changes the rule set but its scratch columns and the Lua heap, which is
 * brought back to the same state before each pair. Failure after loading: only functions can fail,
 * and a failing one loses its term or fails its pair, with a reason in the verdict. */

/* ---- Loading ---- */

static sk_status compile_one(sk_program *program, sk_str text, sk_expr_type want,
                             const sk_rule *rule, const char *kind, const char *part, int *out_reg,
                             sk_error *err)
{
    sk_expr_fault fault;
    char field[96], line[24] = "";

    if (sk_program_add(program, text, want, out_reg, &fault) == SK_OK)
        return SK_OK;
    snprintf(field, sizeof field, "%s.%.*s.%s", kind, SK_STR_ARG(rule->info.name), part);
    if (memchr(text.data, '\n', text.size))
        snprintf(line, sizeof line, "line %u, ", fault.line);
    return sk_fail_field(err, fault.status, field, "%s: %s '%.*s', %s, %scharacter %u: %s",
                         rule->place, kind, SK_STR_ARG(rule->info.name), part, line,
                         fault.character, fault.text);
}

static sk_status compile_rule(sk_ruleset *rules, sk_rule *rule, bool hard, sk_error *err)
{
    const char *kind = hard ? "hard" : "term";
    sk_program *program = hard ? rules->hard_program : rules->term_program;
    sk_status st = SK_OK;

    if (rule->info.function) {
        rules->info.has_functions = true;
        program = rules->when_program;
    } else {
        st = compile_one(program, rule->info.source, hard ? SK_T_BOOL : SK_T_NUMBER, rule, kind,
                         "expr", &rule->value_reg, err);
    }
    if (st == SK_OK && rule->when.size > 0)
        st = compile_one(program, rule->when, SK_T_BOOL, rule, kind, "when", &rule->when_reg, err);
    return st;
}

static sk_status compile(sk_ruleset *rules, sk_error *err)
{
    sk_declared declared = {rules->attributes, rules->info.attribute_count};
    sk_status st = SK_OK;

    rules->hard_program = sk_program_new(rules->words);
    rules->term_program = sk_program_new(rules->words);
    rules->when_program = sk_program_new(rules->words);
    if (!rules->hard_program || !rules->term_program || !rules->when_program)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    sk_program_declare(rules->hard_program, declared);
    sk_program_declare(rules->term_program, declared);
    sk_program_declare(rules->when_program, declared);
    for (uint32_t i = 0; i < rules->info.hard_count && st == SK_OK; i++)
        st = compile_rule(rules, &rules->hards[i], true, err);
    for (uint32_t i = 0; i < rules->info.term_count && st == SK_OK; i++)
        st = compile_rule(rules, &rules->terms[i], false, err);
    if (st != SK_OK || (st = sk_program_seal(rules->hard_program, err)) != SK_OK ||
        (st = sk_program_seal(rules->term_program, err)) != SK_OK)
        return st;
    st = sk_program_seal(rules->when_program, err);
    return st == SK_OK ? sk_notify_compile(rules, err) : st;
}

static int term_named(const sk_ruleset *rules, sk_str name)
{
    for (uint32_t i = 0; i < rules->info.term_count; i++) {
        if (sk_str_eq(rules->terms[i].info.name, name))
            return (int)i;
    }
    return -1;
}

static bool hard_named(const sk_ruleset *rules, sk_str name)
{
    for (uint32_t i = 0; i < rules->info.hard_count; i++) {
        if (sk_str_eq(rules->hards[i].info.name, name))
            return true;
    }
    return false;
}

/** What examples expect names rules that exist. */
static sk_status link_expectation(const sk_ruleset *rules, const sk_example *example,
                                  sk_expect *expect, sk_error *err)
{
    int term = expect->kind == SK_EXPECT_TERM ? term_named(rules, expect->name) : 0;
    bool is_term = expect->kind == SK_EXPECT_TERM;
    uint32_t count = is_term ? rules->info.term_count : rules->info.hard_count;
    const char *near;
    sk_hint hint;

    if (term >= 0 && (expect->kind != SK_EXPECT_FAILS || hard_named(rules, expect->name))) {
        expect->term = (uint32_t)term;
        return SK_OK;
    }
    sk_hint_start(&hint, expect->name);
    for (uint32_t i = 0; i < count; i++)
        sk_hint_add(&hint, (is_term ? rules->terms : rules->hards)[i].info.name.data);
    near = sk_hint_best(&hint);
    return sk_fail_field(err, SK_EINVAL, "expect",
                         near ? "%s: example '%.*s': there is no %s '%.*s'; did you mean '%s'?"
                              : "%s: example '%.*s': there is no %s '%.*s'",
                         example->place, SK_STR_ARG(example->name), is_term ? "term" : "hard rule",
                         SK_STR_ARG(expect->name), near);
}

static sk_status link_examples(const sk_ruleset *rules, sk_error *err)
{
    sk_status st = SK_OK;

    for (uint32_t i = 0; i < rules->info.example_count; i++) {
        for (uint32_t k = 0; k < rules->examples[i]->expect_count && st == SK_OK; k++)
            st = link_expectation(rules, rules->examples[i], &rules->examples[i]->expect[k], err);
    }
    return st;
}

sk_status sk_ruleset_load(const sk_rules_source *source, sk_intern *words, sk_ruleset **out,
                          sk_error *err)
{
    sk_ruleset *rules = sk_calloc(1, sizeof *rules);
    sk_status st;

    if (!rules || !(rules->arena = sk_arena_new((size_t)4 * 1024 * 1024))) {
        sk_ruleset_free(rules);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    rules->words = words;
    rules->info.threshold = 450000;
    rules->info.max_open_per_demand = 5;
    rules->info.max_open_per_supply = 3;
    rules->info.policy = SK_STR("");
    rules->pacing = (sk_pacing){true, 21 * 60, 8 * 60, 0, 2, 6, SK_STR("console")};
    rules->file = sk_arena_str(rules->arena, source->name);
    if ((st = sk_host_load(rules, source, err)) != SK_OK || (st = compile(rules, err)) != SK_OK ||
        (st = link_examples(rules, err)) != SK_OK) {
        sk_ruleset_free(rules);
        return st;
    }
    sk_relax_settle(rules);
    *out = rules;
    return SK_OK;
}

void sk_ruleset_free(sk_ruleset *rules)
{
    if (!rules)
        return;
    sk_host_free(rules->host);
    sk_program_free(rules->hard_program);
    sk_program_free(rules->term_program);
    sk_program_free(rules->when_program);
    sk_program_free(rules->notify_program);
    sk_arena_free(rules->arena);
    sk_free(rules);
}

/* ---- Looking at it ---- */

const sk_ruleset_info *sk_ruleset_about(const sk_ruleset *rules)
{
    return &rules->info;
}

const sk_attribute_info *sk_ruleset_attribute(const sk_ruleset *rules, uint32_t index)
{
    return index < rules->info.attribute_count ? &rules->attributes[index] : NULL;
}

const sk_rule_info *sk_ruleset_term(const sk_ruleset *rules, uint32_t index)
{
    return index < rules->info.term_count ? &rules->terms[index].info : NULL;
}

const sk_rule_info *sk_ruleset_hard_rule(const sk_ruleset *rules, uint32_t index)
{
    return index < rules->info.hard_count ? &rules->hards[index].info : NULL;
}

/* ---- Scoring ---- */

int64_t sk_millionths(double score)
{
    return (int64_t)floor(score * 1e6 + 0.5);
}

uint64_t sk_ruleset_pass(sk_ruleset *rules, int64_t now_ms, const sk_pair *pairs, size_t count)
{
    uint64_t pass = count >= SK_LANES ? UINT64_MAX : (UINT64_C(1) << count) - 1;

    SK_ASSERT(count <= SK_LANES);
    if (sk_program_size(rules->hard_program) == 0)
        return pass;
    sk_program_run(rules->hard_program, now_ms, pairs, count);
    for (uint32_t r = 0; r < rules->info.hard_count; r++) {
        const sk_rule *rule = &rules->hards[r];
        const double *value;

        if (rule->info.function)
            continue;
        value = sk_program_column(rules->hard_program, rule->value_reg);
        for (size_t i = 0; i < count; i++) {
            if (sk_rule_applies(rules->hard_program, rule, i) && value[i] != 1.0)
                pass &= ~(UINT64_C(1) << i);
        }
    }
    return pass;
}

static double clamp_unit(double value)
{
    return value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
}

/** Add one term's column to the sums. */
static void add_term(double weight, const double *value, const double *when, size_t count,
                     double *restrict sum, double *restrict weights)
{
    for (size_t i = 0; i < count; i++) {
        bool applies = value[i] == value[i] && (!when || when[i] == 1.0);

        sum[i] += applies ? weight * clamp_unit(value[i]) : 0.0;
        weights[i] += applies ? weight : 0.0;
    }
}

void sk_ruleset_score(sk_ruleset *rules, int64_t now_ms, const sk_pair *pairs, size_t count,
                      double *out_scores)
{
    double sum[SK_LANES] = {0}, weights[SK_LANES] = {0};
    const sk_program *program = rules->term_program;

    SK_ASSERT(count <= SK_LANES);
    sk_program_run(rules->term_program, now_ms, pairs, count);
    for (uint32_t t = 0; t < rules->info.term_count; t++) {
        const sk_rule *rule = &rules->terms[t];

        if (!rule->info.function)
            add_term(rule->info.weight, sk_program_column(program, rule->value_reg),
                     rule->when_reg < 0 ? NULL : sk_program_column(program, rule->when_reg), count,
                     sum, weights);
    }
    for (size_t i = 0; i < count; i++)
        out_scores[i] = weights[i] > 0.0 ? sum[i] / weights[i] : 0.0;
}

/* ---- Judging ---- */

static bool call_function(sk_ruleset *rules, sk_rule *rule, bool hard, int64_t now_ms,
                          const sk_pair *pair, sk_host_result *result, sk_verdict *out)
{
    if (sk_host_call(rules->host, rule->function, hard, now_ms, pair, result, rule->failure,
                     sizeof rule->failure))
        return true;
    if (out->failed_functions++ == 0)
        snprintf(out->failure, sizeof out->failure, "%s '%.*s': %s", hard ? "hard" : "term",
                 rule->info.name.size > 32 ? 32 : (int)rule->info.name.size, rule->info.name.data,
                 rule->failure);
    return false;
}

static bool judge_hard(sk_ruleset *rules, sk_rule *rule, int64_t now_ms, const sk_pair *pair,
                       sk_verdict *out)
{
    sk_host_result result;

    if (!rule->info.function)
        return !sk_rule_applies(rules->hard_program, rule, 0) ||
               sk_program_column(rules->hard_program, rule->value_reg)[0] == 1.0;
    if (!sk_rule_applies(rules->when_program, rule, 0))
        return true;
    if (!call_function(rules, rule, true, now_ms, pair, &result, out)) {
        out->failed_hards |= UINT32_C(1) << (rule - rules->hards);
        return false;
    }
    return !result.missing && result.truth;
}

/** The value of a term, NAN when it does not apply. */
static double judge_term(sk_ruleset *rules, sk_rule *rule, int64_t now_ms, const sk_pair *pair,
                         sk_verdict *out)
{
    sk_host_result result;

    if (!rule->info.function)
        return sk_rule_applies(rules->term_program, rule, 0)
                   ? sk_program_column(rules->term_program, rule->value_reg)[0]
                   : (double)NAN;
    if (rule->off || !sk_rule_applies(rules->when_program, rule, 0))
        return (double)NAN;
    if (!call_function(rules, rule, false, now_ms, pair, &result, out)) {
        out->failed_terms |= UINT32_C(1) << (rule - rules->terms);
        return (double)NAN;
    }
    return result.missing ? (double)NAN : result.number;
}

const char *sk_ruleset_failure(const sk_ruleset *rules, bool hard, uint32_t index)
{
    if (index >= (hard ? rules->info.hard_count : rules->info.term_count))
        return "";
    return hard ? rules->hards[index].failure : rules->terms[index].failure;
}

void sk_ruleset_switch_term(sk_ruleset *rules, uint32_t index, bool on)
{
    if (index < rules->info.term_count && rules->terms[index].info.function)
        rules->terms[index].off = !on;
}

void sk_ruleset_begin(sk_ruleset *rules)
{
    if (rules->info.has_functions)
        sk_host_settle(rules->host);
}

void sk_ruleset_judge_hards(sk_ruleset *rules, int64_t now_ms, const sk_pair *pair, sk_verdict *out)
{
    *out = (sk_verdict){.failed_hard = -1};
    sk_program_run(rules->hard_program, now_ms, pair, 1);
    sk_program_run(rules->when_program, now_ms, pair, 1);
    for (uint32_t r = 0; r < rules->info.hard_count; r++) {
        if (!judge_hard(rules, &rules->hards[r], now_ms, pair, out) && out->failed_hard < 0)
            out->failed_hard = (int)r;
    }
    out->pass = out->failed_hard < 0;
}

void sk_ruleset_judge(sk_ruleset *rules, int64_t now_ms, const sk_pair *pair, sk_verdict *out)
{
    double sum = 0.0, weights = 0.0;

    sk_ruleset_judge_hards(rules, now_ms, pair, out);
    sk_program_run(rules->term_program, now_ms, pair, 1);
    for (uint32_t t = 0; t < rules->info.term_count; t++) {
        sk_rule *rule = &rules->terms[t];
        double value = judge_term(rules, rule, now_ms, pair, out);

        if (isnan(value))
            continue;
        out->term[t].applies = true;
        out->term[t].value = clamp_unit(value);
        sum += rule->info.weight * out->term[t].value;
        weights += rule->info.weight;
    }
    out->score = weights > 0.0 ? sum / weights : 0.0;
}

/* ---- Bounding ---- */

typedef struct part {
    double weight, value;
} part;

static void sort_parts(part *parts, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        part moved = parts[i];
        size_t at = i;

        for (; at > 0 && parts[at - 1].value < moved.value; at--)
            parts[at] = parts[at - 1];
        parts[at] = moved;
    }
}

/** Above every rounded mean of the same numbers. */
#define BOUND_SLACK 1e-12

/* A weighted mean is highest with every value at its upper end. Of the terms that may or may not
 * apply, those above the mean so far raise it: taken from the highest down until one does not. */
static double bound(sk_ruleset *rules, int64_t now_ms, const sk_bounds *bounds, unsigned moved)
{
    part optional[SK_MAX_TERMS];
    size_t optional_count = 0;
    double sum = 0.0, weights = 0.0;

    sk_program_bound(rules->term_program, now_ms, bounds, moved);
    rules->bounded = *bounds;
    for (uint32_t t = 0; t < rules->info.term_count; t++) {
        const sk_rule *rule = &rules->terms[t];
        const sk_interval *value, *when;
        bool may_miss;

        if (rule->info.function)
            continue;
        value = sk_program_interval(rules->term_program, rule->value_reg);
        when = rule->when_reg < 0 ? NULL : sk_program_interval(rules->term_program, rule->when_reg);
        if (!(value->lo <= value->hi) || (when && !(when->lo <= when->hi && when->hi >= 1.0)))
            continue;
        may_miss = value->may_miss || (when && (when->may_miss || when->lo < 1.0));
        if (may_miss) {
            optional[optional_count++] = (part){rule->info.weight, clamp_unit(value->hi)};
        } else {
            sum += rule->info.weight * clamp_unit(value->hi);
            weights += rule->info.weight;
        }
    }
    sort_parts(optional, optional_count);
    for (size_t i = 0; i < optional_count; i++) {
        if (weights > 0.0 && optional[i].value * weights <= sum)
            break;
        sum += optional[i].weight * optional[i].value;
        weights += optional[i].weight;
    }
    return weights > 0.0 ? sum / weights + BOUND_SLACK : 0.0;
}

double sk_ruleset_bound(sk_ruleset *rules, int64_t now_ms, const sk_bounds *bounds)
{
    return bound(rules, now_ms, bounds, SK_MOVES_ALL);
}

double sk_ruleset_bound_again(sk_ruleset *rules, int64_t now_ms, const sk_bounds *bounds)
{
    const sk_bounds *last = &rules->bounded;
    unsigned moved = 0;

    if (bounds->distance_lo_m != last->distance_lo_m ||
        bounds->distance_hi_m != last->distance_hi_m ||
        bounds->distance_may_miss != last->distance_may_miss)
        moved |= SK_MOVES_DISTANCE;
    if (bounds->closeness_lo != last->closeness_lo || bounds->closeness_hi != last->closeness_hi)
        moved |= SK_MOVES_CLOSENESS;
    if (bounds->created_lo_ms != last->created_lo_ms ||
        bounds->created_hi_ms != last->created_hi_ms)
        moved |= SK_MOVES_CREATED;
    return bound(rules, now_ms, bounds, moved);
}
