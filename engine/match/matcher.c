/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

#include <stdio.h>

const char *sk_constraint_name(sk_constraint constraint)
{
    static const char *const names[] = {"none", "open",     "parties", "category", "distance",
                                        "time", "language", "traits",  "rules"};

    return (unsigned)constraint < sizeof names / sizeof names[0] ? names[constraint] : "none";
}

sk_status sk_matcher_new(sk_index *index, sk_matcher **out, sk_error *err)
{
    sk_matcher *matcher = sk_calloc(1, sizeof *matcher);

    if (!matcher || !(matcher->walk = sk_walk_new())) {
        sk_free(matcher);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    matcher->index = index;
    *out = matcher;
    return SK_OK;
}

void sk_matcher_free(sk_matcher *matcher)
{
    if (!matcher)
        return;
    sk_walk_free(matcher->walk);
    sk_free(matcher->times);
    sk_free(matcher->closeness);
    sk_free(matcher->near);
    sk_free(matcher);
}

void sk_matcher_set_rules(sk_matcher *matcher, sk_ruleset *rules)
{
    matcher->rules = rules;
}

/* ---- Functions that failed ---- */

static void count_one(sk_failure *failure, const char *reason)
{
    if (failure->count++ == 0)
        snprintf(failure->reason, sizeof failure->reason, "%s", reason);
}

void failures_count(sk_matcher *matcher, const sk_verdict *verdict, bool with_terms)
{
    uint32_t hards = verdict->failed_hards, terms = with_terms ? verdict->failed_terms : 0;

    if ((hards | terms) == 0)
        return;
    matcher->failures.any = true;
    for (uint32_t i = 0; i < SK_MAX_HARD; i++)
        if (hards >> i & 1)
            count_one(&matcher->failures.hard[i], sk_ruleset_failure(matcher->rules, true, i));
    for (uint32_t i = 0; i < SK_MAX_TERMS; i++)
        if (terms >> i & 1)
            count_one(&matcher->failures.term[i], sk_ruleset_failure(matcher->rules, false, i));
}

const sk_failures *sk_matcher_failures(const sk_matcher *matcher)
{
    return &matcher->failures;
}

void sk_matcher_forget_failures(sk_matcher *matcher)
{
    if (matcher && matcher->failures.any)
        memset(&matcher->failures, 0, sizeof matcher->failures);
}
