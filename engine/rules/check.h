/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Looking at a rule set with its author's eyes: what the files behind sk_ruleset_check share. */

#include "rules/ruleset.h"

typedef struct sk_checker {
    sk_ruleset *rules;
    const sk_check_options *options;
    sk_arena *arena;
    sk_rules_check *out;
    sk_finding *findings;
    size_t count, capacity;
    double seen_lo[SK_MAX_TERMS], seen_hi[SK_MAX_TERMS]; /**< See sk_check_sample. */
    bool failed;                                         /**< Memory was out. */
} sk_checker;

/** `rule` NULL: about the file; else its kind is "term" or "hard". */
void sk_check_add(sk_checker *c, sk_finding_level level, const char *code, const sk_rule *rule,
                  const char *kind, const char *format, ...) __attribute__((format(printf, 6, 7)));
/** The rule stands in the file itself, not in what it is based on. */
bool sk_check_is_own(const sk_checker *c, const sk_rule *rule);

typedef enum sk_truth { SK_TRUTH_OPEN, SK_TRUTH_NEVER, SK_TRUTH_ALWAYS } sk_truth;

/** Can the condition in `reg` be true at all, and can it be anything else? After sk_program_bound
 *  with neither side known. Never wrong when it says NEVER or ALWAYS; OPEN may be either. */
sk_truth sk_check_truth(const sk_program *program, int reg);

/** The least and greatest value of each term over made-up pairs: what a term can be, while
 * intervals say what it cannot. SK_MAX_TERMS of each. */
void sk_check_sample(sk_checker *c, double *out_lo, double *out_hi);
/** Codes, languages, traits and kinds that nothing has. */
void sk_check_words(sk_checker *c);
/** Function rules that an expression could say. */
void sk_check_functions(sk_checker *c);

/** Visits the instructions that `reg` is made of, each once. */
typedef void (*sk_instr_visit)(void *context, const sk_program *program, const sk_instr *instr);
void sk_program_walk(const sk_program *program, int reg, sk_instr_visit visit, void *context);
