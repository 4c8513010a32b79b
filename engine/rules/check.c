/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/check.h"
#include "rules/program.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* What loads but cannot be meant.
 *
 * Every program is run once over intervals with neither side known, each field within what it can
 * be at all (fields.c). What comes out holds for every pair there will ever be: a condition that
 * cannot be true, a term that is always the same, a score that no threshold separates. Intervals
 * are wider than the truth, so silence proves nothing; what they find is never wrong. That a value
 * does leave [0, 1] is found the other way, by a pair that shows it (check_sample.c).
 *
 * An error makes the rule set useless (no pair can pass or reach the threshold); a warning is very
 * likely a slip; a note is worth knowing. Rules of the base are its author's business: only what
 * stands in the file itself is reported, but for what concerns the whole. */

void sk_check_add(sk_checker *c, sk_finding_level level, const char *code, const sk_rule *rule,
                  const char *kind, const char *format, ...)
{
    sk_finding *bigger, finding = {.level = level, .code = code};
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    finding.text = sk_arena_str(c->arena, sk_str_from(text));
    finding.place = rule ? sk_arena_str(c->arena, sk_str_from(rule->place)) : SK_STR("");
    finding.rule = rule ? sk_arena_printf(c->arena, "%s '%.*s'", kind, SK_STR_ARG(rule->info.name))
                        : sk_str_from(kind);
    if (c->count == c->capacity) {
        bigger = sk_arena_calloc(c->arena, c->capacity * 2 + 32, sizeof *bigger);
        if (bigger && c->count > 0)
            memcpy(bigger, c->findings, c->count * sizeof *bigger);
        c->findings = bigger;
        c->capacity = c->capacity * 2 + 32;
    }
    if (!c->findings || !finding.text.data || !finding.place.data || !finding.rule.data) {
        c->failed = true;
        c->count = c->capacity = 0;
        return;
    }
    c->findings[c->count++] = finding;
    *(level == SK_FINDING_ERROR     ? &c->out->errors
      : level == SK_FINDING_WARNING ? &c->out->warnings
                                    : &c->out->notes) += 1;
}

bool sk_check_is_own(const sk_checker *c, const sk_rule *rule)
{
    sk_str place = sk_str_from(rule->place);

    return sk_str_starts(place, c->rules->file) && place.data[c->rules->file.size] == ':';
}

/* ---- Bounds ---- */

/** Nothing is known of the pair but what the contract promises of every field. */
static sk_bounds widest(void)
{
    const int64_t day = SK_DAY_MS;

    return (sk_bounds){.distance_hi_m = sk_fields[SK_F_DISTANCE].most,
                       .distance_may_miss = true,
                       .closeness_lo = sk_fields[SK_F_CLOSENESS].least,
                       .closeness_hi = sk_fields[SK_F_CLOSENESS].most,
                       .overlap_hi_min = sk_fields[SK_F_OVERLAP].most,
                       .created_lo_ms = SK_EXAMPLE_NOW_MS - (int64_t)sk_fields[SK_F_AGE].most * day,
                       .created_hi_ms = SK_EXAMPLE_NOW_MS};
}

static void bound_all(sk_ruleset *rules, const sk_bounds *bounds)
{
    sk_program_bound(rules->hard_program, SK_EXAMPLE_NOW_MS, bounds, SK_MOVES_ALL);
    sk_program_bound(rules->term_program, SK_EXAMPLE_NOW_MS, bounds, SK_MOVES_ALL);
    sk_program_bound(rules->when_program, SK_EXAMPLE_NOW_MS, bounds, SK_MOVES_ALL);
}

static double clamp_unit(double value)
{
    return value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
}

/* ---- Cost ---- */

/* As tests/bench/bench_rules measures them on an ordinary server, rounded: arithmetic goes 64 pairs
 * at a time, sets pair by pair, and a call of Lua starts from a clean heap. */
#define ARITHMETIC_NS 1.0
#define SET_NS 4.0
#define FUNCTION_NS 2000.0

static void count_cost(void *context, const sk_program *program, const sk_instr *instr)
{
    sk_rule_check *out = context;
    bool set = instr->op >= SK_OP_COUNT || instr->op == SK_OP_SET_FIELD;

    (void)program;
    out->instructions++;
    if (instr->op != SK_OP_CONST)
        out->cost_ns += set ? SET_NS : ARITHMETIC_NS;
}

static void cost_of_program(sk_checker *c, const sk_program *program)
{
    sk_rule_check all = {0};

    for (size_t i = 0; i < program->count; i++)
        count_cost(&all, program, &program->code[i]);
    c->out->instructions += all.instructions;
    c->out->cost_ns += all.cost_ns;
}

static void cost_of_rule(sk_checker *c, const sk_program *program, const sk_rule *rule,
                         sk_rule_check *out)
{
    if (rule->value_reg >= 0)
        sk_program_walk(program, rule->value_reg, count_cost, out);
    if (rule->when_reg >= 0)
        sk_program_walk(program, rule->when_reg, count_cost, out);
    if (rule->info.function) {
        out->cost_ns += FUNCTION_NS;
        c->out->function_ns += FUNCTION_NS;
    }
}

/* ---- What the index can use ---- */

typedef struct leaves {
    bool side[2], pair;
} leaves;

static void note_leaf(void *context, const sk_program *program, const sk_instr *instr)
{
    leaves *seen = context;

    (void)program;
    if (instr->op == SK_OP_SET_FIELD || instr->op == SK_OP_ATTR)
        seen->side[instr->side] = true;
    else if (instr->op == SK_OP_FIELD && sk_fields[instr->field].of_side)
        seen->side[instr->side] = true;
    else if (instr->op == SK_OP_FIELD)
        seen->pair = true;
}

/** Does the upper end come down when only `bounds` of a pair are left? */
static bool lowers(sk_ruleset *rules, const sk_rule *rule, const sk_bounds *bounds, double from)
{
    sk_program_bound(rules->term_program, SK_EXAMPLE_NOW_MS, bounds, SK_MOVES_ALL);
    return clamp_unit(sk_program_interval(rules->term_program, rule->value_reg)->hi) < from - 1e-9;
}

static void check_index(sk_checker *c, const sk_rule *rule, sk_rule_check *out)
{
    sk_bounds far = widest(), near = widest(), odd = widest(), busy = widest(), old = widest(),
              young = widest();
    double from = clamp_unit(out->hi);
    leaves seen = {.pair = false};

    sk_program_walk(c->rules->term_program, rule->value_reg, note_leaf, &seen);
    far.distance_lo_m = far.distance_hi_m;
    far.distance_may_miss = near.distance_may_miss = false;
    near.distance_hi_m = 0.0;
    odd.closeness_hi = 0.3;
    busy.overlap_hi_min = 0.0;
    old.created_hi_ms = old.created_lo_ms;
    young.created_lo_ms = young.created_hi_ms;
    if (lowers(c->rules, rule, &far, from) || lowers(c->rules, rule, &near, from))
        out->index |= SK_INDEX_DISTANCE;
    if (lowers(c->rules, rule, &odd, from))
        out->index |= SK_INDEX_CLOSENESS;
    if (lowers(c->rules, rule, &busy, from))
        out->index |= SK_INDEX_OVERLAP;
    if (lowers(c->rules, rule, &old, from) || lowers(c->rules, rule, &young, from))
        out->index |= SK_INDEX_AGE;
    if (out->index == 0 && !seen.pair && seen.side[0] != seen.side[1])
        out->index |= SK_INDEX_ONE_SIDE;
}

/* ---- One rule ---- */

static void check_when(sk_checker *c, const sk_program *program, const sk_rule *rule,
                       const char *kind)
{
    sk_truth truth = rule->when_reg < 0 ? SK_TRUTH_OPEN : sk_check_truth(program, rule->when_reg);

    if (truth == SK_TRUTH_NEVER)
        sk_check_add(c, SK_FINDING_WARNING, "never-applies", rule, kind,
                     "its `when` is never true, so it never counts");
    else if (truth == SK_TRUTH_ALWAYS)
        sk_check_add(c, SK_FINDING_WARNING, "when-always", rule, kind,
                     "its `when` is true for every pair; leave it out");
}

static void check_hard(sk_checker *c, const sk_rule *rule)
{
    const sk_program *program = c->rules->hard_program;
    sk_truth truth = rule->info.function ? SK_TRUTH_OPEN : sk_check_truth(program, rule->value_reg);
    bool gated = rule->when_reg >= 0;

    check_when(c, rule->info.function ? c->rules->when_program : program, rule, "hard");
    if (truth == SK_TRUTH_ALWAYS)
        sk_check_add(c, SK_FINDING_WARNING, "no-effect", rule, "hard",
                     "is true for every pair, so it does nothing");
    else if (truth == SK_TRUTH_NEVER && !gated)
        sk_check_add(c, SK_FINDING_ERROR, "empties-lists", rule, "hard",
                     "is never true: nobody would be proposed to anybody");
    else if (truth == SK_TRUTH_NEVER)
        sk_check_add(c, SK_FINDING_WARNING, "empties-lists", rule, "hard",
                     "is never true: whoever its `when` is about is proposed to nobody");
    if (rule->info.why.size == 0)
        sk_check_add(c, SK_FINDING_WARNING, "no-why", rule, "hard",
                     "has no `why`: a connector who misses somebody reads only its name");
}

static void check_value(sk_checker *c, const sk_rule *rule, const sk_rule_check *range)
{
    double lo = clamp_unit(range->lo), hi = clamp_unit(range->hi);
    double seen_lo = c->seen_lo[rule - c->rules->terms],
           seen_hi = c->seen_hi[rule - c->rules->terms];

    if (!(range->lo <= range->hi))
        sk_check_add(c, SK_FINDING_WARNING, "never-applies", rule, "term",
                     "never has a value, so it never counts");
    else if (lo == hi)
        sk_check_add(c, SK_FINDING_WARNING, "constant", rule, "term",
                     "is %g for every pair, so it separates nobody", lo);
    else if (seen_hi > 1.0 + 1e-9)
        sk_check_add(c, SK_FINDING_WARNING, "above-one", rule, "term",
                     "runs up to %.6g, but all above 1 counts as 1; use ramp or decay", seen_hi);
    else if (seen_lo < -1e-9)
        sk_check_add(c, SK_FINDING_WARNING, "below-zero", rule, "term",
                     "goes down to %.6g, but all below 0 counts as 0; use ramp or clamp", seen_lo);
}

static void check_term(sk_checker *c, const sk_rule *rule, const sk_rule_check *range)
{
    check_when(c, rule->info.function ? c->rules->when_program : c->rules->term_program, rule,
               "term");
    if (!rule->info.function)
        check_value(c, rule, range);
    if (rule->info.why.size == 0)
        sk_check_add(c, SK_FINDING_NOTE, "no-why", rule, "term",
                     "has no `why`, so a connector does not read that it counted");
}

static void check_twins(sk_checker *c, const sk_rule *rules, uint32_t count, const char *kind)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (!rules[i].info.function && !rules[k].info.function &&
                rules[i].value_reg == rules[k].value_reg &&
                rules[i].when_reg == rules[k].when_reg && sk_check_is_own(c, &rules[i]))
                sk_check_add(c, SK_FINDING_WARNING, "twins", &rules[i], kind,
                             "says the same as '%.*s'; keep one", SK_STR_ARG(rules[k].info.name));
        }
    }
}

/* ---- The score ---- */

typedef struct share {
    double weight, value;
    bool optional;
} share;

/** The highest (or lowest) weighted mean, when each optional part may count or not. */
static double extreme(share *parts, size_t count, bool highest)
{
    double sum = 0.0, weights = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += parts[i].optional ? 0.0 : parts[i].weight * parts[i].value;
        weights += parts[i].optional ? 0.0 : parts[i].weight;
    }
    if (weights == 0.0 && !highest)
        return 0.0;
    for (;;) {
        share *best = NULL;

        for (size_t i = 0; i < count; i++) {
            bool helps = weights == 0.0 || (highest ? parts[i].value * weights > sum
                                                    : parts[i].value * weights < sum);

            if (parts[i].optional && helps &&
                (!best || (highest ? parts[i].value > best->value : parts[i].value < best->value)))
                best = &parts[i];
        }
        if (!best)
            break;
        sum += best->weight * best->value;
        weights += best->weight;
        best->optional = false;
    }
    return weights > 0.0 ? sum / weights : 0.0;
}

static size_t collect_shares(const sk_checker *c, bool highest, share *out)
{
    const sk_ruleset *rules = c->rules;
    size_t count = 0;

    for (uint32_t t = 0; t < rules->info.term_count; t++) {
        const sk_rule *rule = &rules->terms[t];
        const sk_rule_check *range = &c->out->term[t];
        const sk_program *program = rule->info.function ? rules->when_program : rules->term_program;
        sk_truth when =
            rule->when_reg < 0 ? SK_TRUTH_ALWAYS : sk_check_truth(program, rule->when_reg);

        if (!(range->lo <= range->hi) || when == SK_TRUTH_NEVER)
            continue;
        out[count++] = (share){.weight = rule->info.weight,
                               .value = clamp_unit(highest ? range->hi : range->lo),
                               .optional = range->may_miss || when != SK_TRUTH_ALWAYS};
    }
    return count;
}

static void check_threshold(sk_checker *c)
{
    share parts[SK_MAX_TERMS];
    const sk_ruleset_info *info = &c->rules->info;
    double threshold = (double)info->threshold / 1e6;

    c->out->score_hi = extreme(parts, collect_shares(c, true, parts), true);
    c->out->score_lo = extreme(parts, collect_shares(c, false, parts), false);
    if (info->term_count == 0)
        sk_check_add(c, SK_FINDING_WARNING, "no-terms", NULL, "",
                     "there are no terms, so every score is 0");
    if (sk_millionths(c->out->score_hi) < info->threshold)
        sk_check_add(c, SK_FINDING_ERROR, "threshold-out-of-reach", NULL, "threshold",
                     "no pair can score more than %.3f, so none reaches %.3f", c->out->score_hi,
                     threshold);
    else if (info->threshold <= sk_millionths(c->out->score_lo))
        sk_check_add(c, SK_FINDING_WARNING, "threshold-no-effect", NULL, "threshold",
                     "every pair scores %.3f or more, so %.3f stops nobody", c->out->score_lo,
                     threshold);
}

/* ---- The rest of the file ---- */

/** What the same needs are allowed no later by the other steps. */
static sk_allowance allowed_without(const sk_ruleset *rules, uint32_t which)
{
    const sk_relax *relax = &rules->relax[which];
    sk_allowance allowed = rules->usual;

    for (uint32_t i = 0; i < rules->relax_count; i++) {
        const sk_relax *other = &rules->relax[i];
        bool same = other->after_ms == relax->after_ms && other->category == relax->category &&
                    !sk_allowance_wider(&other->gives, &relax->gives) &&
                    !sk_allowance_wider(&relax->gives, &other->gives);
        sk_ids own = {&relax->category, 1};

        if (i == which || (same && i > which) || other->after_ms > relax->after_ms)
            continue;
        if (!other->category ||
            (relax->category && sk_set_under(own, other->category, rules->words)))
            sk_allowance_widen(&allowed, &other->gives, UINT8_MAX);
    }
    return allowed;
}

static void check_relax(sk_checker *c)
{
    const sk_ruleset *rules = c->rules;
    char which[32];

    for (uint32_t i = 0; i < rules->relax_count; i++) {
        const sk_relax *relax = &rules->relax[i];
        double days = (double)relax->after_ms / (double)SK_DAY_MS;
        sk_allowance others = allowed_without(rules, i);
        sk_str name;

        snprintf(which, sizeof which, "relax %u", i + 1);
        name = sk_arena_str(c->arena, sk_str_from(which));
        if (relax->gives.threshold <= 1000000 && relax->gives.threshold >= rules->info.threshold)
            sk_check_add(c, SK_FINDING_WARNING, "relax-no-effect", NULL, name.data,
                         "its threshold %.3f is not below the ordinary %.3f",
                         (double)relax->gives.threshold / 1e6, (double)rules->info.threshold / 1e6);
        else if (!sk_allowance_wider(&relax->gives, &others))
            sk_check_add(c, SK_FINDING_WARNING, "relax-no-effect", NULL, name.data,
                         "another step gives the same needs as much no later");
        else if (relax->after_ms > SK_LISTING_LIFE_MAX_MS)
            sk_check_add(c, SK_FINDING_WARNING, "relax-no-effect", NULL, name.data,
                         "no need lives as long as %.0f days", days);
    }
}

static bool is_refused_in_an_example(const sk_ruleset *rules, const sk_rule *rule)
{
    for (uint32_t i = 0; i < rules->info.example_count; i++) {
        for (uint32_t k = 0; k < rules->examples[i]->expect_count; k++) {
            const sk_expect *expect = &rules->examples[i]->expect[k];

            if (expect->kind == SK_EXPECT_FAILS && sk_str_eq(expect->name, rule->info.name))
                return true;
        }
    }
    return false;
}

static void check_examples(sk_checker *c)
{
    sk_ruleset *rules = c->rules;
    uint32_t counted = 0;

    if (rules->info.example_count == 0)
        sk_check_add(c, SK_FINDING_WARNING, "no-examples", NULL, "",
                     "there are no examples: nothing shows that the rules do what they should");
    for (uint32_t i = 0; i < rules->info.example_count; i++) {
        sk_verdict verdict;

        sk_ruleset_judge(rules, SK_EXAMPLE_NOW_MS, &rules->examples[i]->pair, &verdict);
        for (uint32_t t = 0; t < rules->info.term_count; t++)
            counted |= verdict.term[t].applies ? UINT32_C(1) << t : 0;
    }
    for (uint32_t i = 0; i < rules->info.hard_count; i++) {
        const sk_rule *rule = &rules->hards[i];

        if (sk_check_is_own(c, rule) && !is_refused_in_an_example(rules, rule))
            sk_check_add(c, SK_FINDING_WARNING, "no-example", rule, "hard",
                         "no example shows whom it refuses: expect = { fails = \"%.*s\" }",
                         SK_STR_ARG(rule->info.name));
    }
    for (uint32_t t = 0; t < rules->info.term_count && rules->info.example_count > 0; t++) {
        if (sk_check_is_own(c, &rules->terms[t]) && !(counted >> t & 1))
            sk_check_add(c, SK_FINDING_WARNING, "no-example", &rules->terms[t], "term",
                         "counts in none of the examples");
    }
}

static void check_policy(sk_checker *c)
{
    if (c->rules->info.policy.size == 0)
        sk_check_add(c, SK_FINDING_WARNING, "no-policy", NULL, "policy",
                     "is missing: it tells council and residents why these are the rules");
    else if (!c->rules->own_policy)
        sk_check_add(c, SK_FINDING_WARNING, "no-policy", NULL, "policy",
                     "is that of '%.*s'; say what this rule set does differently",
                     SK_STR_ARG(c->rules->info.based_on));
}

/** A copy of a set that comes with the program, under the name of that set. */
static void check_name(sk_checker *c)
{
    sk_str text = c->options->text;

    for (const sk_builtin_script *s = sk_builtin_scripts; s->name; s++) {
        if (text.size > 0 && sk_str_eq(c->rules->info.name, sk_str_from(s->name)) &&
            !sk_str_eq(text, (sk_str){s->text, s->size}))
            sk_check_add(c, SK_FINDING_WARNING, "name-taken", NULL, "name",
                         "'%s' is the name of the set that comes with Schakel; give yours another",
                         s->name);
    }
}

/* ---- Face ---- */

static void measure(sk_checker *c, const sk_rule *rule, const sk_program *program,
                    sk_rule_check *out)
{
    *out = (sk_rule_check){.lo = 0.0, .hi = 1.0, .may_miss = true};
    if (!rule->info.function) {
        const sk_interval *value = sk_program_interval(program, rule->value_reg);

        out->lo = value->lo;
        out->hi = value->hi;
        out->may_miss = value->may_miss;
    }
    cost_of_rule(c, rule->info.function ? c->rules->when_program : program, rule, out);
}

static void check_rules(sk_checker *c)
{
    sk_ruleset *rules = c->rules;

    for (uint32_t i = 0; i < rules->info.hard_count; i++) {
        measure(c, &rules->hards[i], rules->hard_program, &c->out->hard[i]);
        if (sk_check_is_own(c, &rules->hards[i]))
            check_hard(c, &rules->hards[i]);
    }
    for (uint32_t i = 0; i < rules->info.term_count; i++) {
        measure(c, &rules->terms[i], rules->term_program, &c->out->term[i]);
        if (sk_check_is_own(c, &rules->terms[i]))
            check_term(c, &rules->terms[i], &c->out->term[i]);
    }
    check_twins(c, rules->hards, rules->info.hard_count, "hard");
    check_twins(c, rules->terms, rules->info.term_count, "term");
}

sk_status sk_ruleset_check(sk_ruleset *rules, const sk_check_options *options, sk_arena *arena,
                           sk_rules_check *out, sk_error *err)
{
    sk_rules_check result = {0};
    sk_checker c = {.rules = rules, .options = options, .arena = arena, .out = &result};
    sk_bounds bounds = widest();

    sk_check_sample(&c, c.seen_lo, c.seen_hi);
    bound_all(rules, &bounds);
    check_name(&c);
    check_policy(&c);
    check_rules(&c);
    check_threshold(&c);
    check_relax(&c);
    check_examples(&c);
    sk_check_words(&c);
    sk_check_functions(&c);
    cost_of_program(&c, rules->hard_program);
    cost_of_program(&c, rules->term_program);
    for (uint32_t i = 0; i < rules->info.term_count; i++) {
        if (!rules->terms[i].info.function)
            check_index(&c, &rules->terms[i], &result.term[i]);
    }
    if (c.failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    result.findings = c.findings;
    result.finding_count = c.count;
    *out = result;
    return SK_OK;
}
