/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

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
