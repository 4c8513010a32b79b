/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The inside of a rule set, shared by loading, judging, reasons and examples. */

#include "rules/expr.h"
#include "rules/notify.h"

#define SK_RULES_MAX_FILE (64 * 1024)
#define SK_RULES_MAX_RELAX 32
#define SK_RULES_MAX_EXAMPLES SK_MAX_EXAMPLES
#define SK_RULES_MAX_EXPECT 16
#define SK_RULES_MAX_ATTRIBUTES 64

typedef struct sk_host sk_host;

typedef struct sk_rule {
    sk_rule_info info;
    sk_str when;             /**< Empty: always. */
    int function;            /**< The host's number of its Lua function; -1: an expression. */
    int value_reg, when_reg; /**< In their programs; -1: none. */
    bool off;                /**< A function term that was switched off. */
    char place[96];          /**< "wilgenmeer.lua:12" */
    char failure[120];       /**< Of its function, the latest. */
} sk_rule;

typedef enum sk_expect_kind {
    SK_EXPECT_MATCH,
    SK_EXPECT_FAILS,
    SK_EXPECT_SCORE,
    SK_EXPECT_TERM
} sk_expect_kind;

typedef struct sk_expect {
    sk_expect_kind kind;
    sk_str name;   /**< Term, or the hard rule of `fails`. */
    uint32_t term; /**< Found once all terms are known. */
    char compare;  /**< '<' '>' 'l' (<=) 'g' (>=) '=' or '-' (does not apply). */
    double number;
    bool truth;
} sk_expect;

typedef struct sk_example_side {
    sk_facts facts;
    sk_party_facts party;
} sk_example_side;

typedef struct sk_example {
    sk_str name;
    char place[96];
    sk_example_side side[2];
    sk_pair pair;
    sk_expect expect[SK_RULES_MAX_EXPECT];
    uint32_t expect_count;
} sk_example;

/** The moment at which examples are judged; ages are counted back from it. */
#define SK_EXAMPLE_NOW_MS INT64_C(1767225600000)

struct sk_ruleset {
    sk_ruleset_info info;
    sk_arena *arena;
    sk_intern *words;
    sk_str file;     /**< The name of the main file, as places begin. */
    bool own_policy; /**< The main file says why, not only its base. */
    sk_rule terms[SK_MAX_TERMS], hards[SK_MAX_HARD];
    sk_relax relax[SK_RULES_MAX_RELAX];
    sk_notify notify[SK_MAX_NOTIFY];
    sk_pacing pacing;
    sk_example *examples[SK_RULES_MAX_EXAMPLES];
    uint32_t relax_count;
    uint32_t notify_on[SK_ON_COUNT_]; /**< Bit per block. */
    sk_attribute_info attributes[SK_RULES_MAX_ATTRIBUTES];
    sk_allowance usual, widest;
    sk_program *hard_program, *term_program, *when_program; /**< The last: `when` of functions. */
    sk_program *notify_program;
    sk_host *host;
    sk_bounds bounded; /**< What the last bound was asked for. */
};

static inline bool sk_rule_applies(const sk_program *program, const sk_rule *rule, size_t lane)
{
    return rule->when_reg < 0 || sk_program_column(program, rule->when_reg)[lane] == 1.0;
}

/** Of these bits of sk_relax_bit, what `by` has wider. */
void sk_allowance_widen(sk_allowance *a, const sk_allowance *by, uint8_t bits);
/** Work out `usual` and `widest`, when all else is loaded. */
void sk_relax_settle(sk_ruleset *rules);
/** Write a number as Dutch readers expect it: "1,2", no ending zeros, at most `decimals`. */
void sk_why_number(sk_buf *out, double value, int decimals);
/** Check the placeholders of a template. */
sk_status sk_why_check(sk_str why, sk_error *err);
/** A duration such as "3d", "90min", "2h". */
bool sk_rules_duration(sk_str text, int64_t *out_ms);
