/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/ruleset.h"

/* What a municipality allows those that wait (docs/matching.md 7, "Relaxing"). Each of the four
 * widens by itself, so that the order of the steps never matters. */

void sk_allowance_widen(sk_allowance *a, const sk_allowance *by, uint8_t bits)
{
    if ((bits & SK_RELAX_THRESHOLD) && by->threshold < a->threshold)
        a->threshold = by->threshold;
    if ((bits & SK_RELAX_CATEGORY) && by->closeness < a->closeness)
        a->closeness = by->closeness;
    if ((bits & SK_RELAX_DISTANCE) && by->extra_m > a->extra_m)
        a->extra_m = by->extra_m;
    if ((bits & SK_RELAX_LANGUAGE) && by->any_language)
        a->any_language = true;
}

void sk_relax_settle(sk_ruleset *rules)
{
    rules->usual =
        (sk_allowance){.threshold = rules->info.threshold, .closeness = SK_CLOSENESS_LEAST};
    rules->widest = rules->usual;
    for (uint32_t i = 0; i < rules->relax_count; i++)
        sk_allowance_widen(&rules->widest, &rules->relax[i].gives, UINT8_MAX);
}

const sk_relax *sk_ruleset_relax(const sk_ruleset *rules, size_t *out_count)
{
    *out_count = rules->relax_count;
    return rules->relax;
}

bool sk_relax_covers(const sk_ruleset *rules, const sk_relax *step, const sk_facts *need)
{
    return !step->category || sk_set_under(sk_facts_categories(need), step->category, rules->words);
}

sk_allowance sk_ruleset_allowance_as(const sk_ruleset *rules, const sk_facts *need, int64_t now_ms,
                                     uint8_t relaxed)
{
    sk_allowance a = rules->usual;

    for (uint32_t i = 0; i < rules->relax_count; i++) {
        const sk_relax *step = &rules->relax[i];
        uint8_t bits = now_ms - need->created_ms >= step->after_ms ? UINT8_MAX : relaxed;

        if (bits && sk_relax_covers(rules, step, need))
            sk_allowance_widen(&a, &step->gives, bits);
    }
    return a;
}

sk_allowance sk_ruleset_allowance(const sk_ruleset *rules, const sk_facts *need, int64_t now_ms)
{
    return sk_ruleset_allowance_as(rules, need, now_ms, need->relaxed);
}

const sk_allowance *sk_ruleset_usual(const sk_ruleset *rules)
{
    return &rules->usual;
}

const sk_allowance *sk_ruleset_widest(const sk_ruleset *rules)
{
    return &rules->widest;
}

uint8_t sk_allowance_wider(const sk_allowance *a, const sk_allowance *b)
{
    return (uint8_t)((a->extra_m > b->extra_m ? SK_RELAX_DISTANCE : 0) |
                     (a->any_language && !b->any_language ? SK_RELAX_LANGUAGE : 0) |
                     (a->closeness < b->closeness ? SK_RELAX_CATEGORY : 0) |
                     (a->threshold < b->threshold ? SK_RELAX_THRESHOLD : 0));
}

int sk_ruleset_next_relax(const sk_ruleset *rules, const sk_facts *need, int64_t now_ms)
{
    int next = -1;

    for (uint32_t i = 0; i < rules->relax_count; i++) {
        const sk_relax *step = &rules->relax[i];

        if (need->created_ms + step->after_ms > now_ms && sk_relax_covers(rules, step, need) &&
            (next < 0 || step->after_ms < rules->relax[next].after_ms))
            next = (int)i;
    }
    return next;
}
