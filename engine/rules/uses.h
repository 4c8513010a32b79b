/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Which data of people a rule set reads: found in its programs and functions, not written down by
 * hand, so that it cannot be forgotten. */

#include "rules/ruleset.h"

#define SK_USES_MAX_ATTRIBUTES 64

typedef struct sk_uses {
    bool side[2][SK_F_COUNT_]; /**< By sk_side and field. */
    bool pair[SK_F_COUNT_];
    struct {
        sk_side side;
        sk_str name;
    } attributes[SK_USES_MAX_ATTRIBUTES];
    size_t attribute_count;
    bool any_attribute; /**< A function reads attributes; which ones cannot be told. */
} sk_uses;

/** What one rule reads, added to `uses`. Of a function: every field that it, or what it calls,
 *  mentions; of both sides, since a name does not tell whose it is. */
sk_status sk_uses_of_rule(sk_ruleset *rules, const sk_rule *rule, bool hard, sk_uses *uses,
                          sk_error *err);
/** What the steps for needs that wait read. */
void sk_uses_of_relax(const sk_ruleset *rules, sk_uses *uses);
/** What the whole rule set reads, thresholds included. */
sk_status sk_uses_of(sk_ruleset *rules, sk_uses *out, sk_error *err);

/** The lines of the main file between which the rule's function stands; false when it stands
 *  elsewhere. */
bool sk_function_lines(sk_ruleset *rules, const sk_rule *rule, int *out_first, int *out_last);
