/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Who gets a suggestion: the connector of the demand side's buurt, else wijk, else gemeente, or a
 * substitute for who is absent; the one with the fewest cases. See docs/matching.md 7, Assignee. */

#define MAX_SUBSTITUTES 8

const sk_connector *connector_find(const sk_engine *e, sk_str id)
{
    size_t lo = 0, hi = e->connector_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = sk_str_cmp(e->connectors[mid].id, id);

        if (order == 0)
            return &e->connectors[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

uint32_t connector_cases(const sk_engine *e, uint32_t word)
{
    return word < e->cases_capacity ? e->cases[word] : 0;
}

const sk_connector *connector_present(const sk_engine *e, const sk_connector *c)
{
    for (int hop = 0; c && hop <= MAX_SUBSTITUTES; hop++) {
        if (!(c->absent_from_ms <= e->now_ms && e->now_ms < c->absent_until_ms))
            return c;
        c = connector_find(e, c->substitute_id);
    }
    return NULL;
}

static bool covers(const sk_connector *c, sk_str code, bool any_gemeente)
{
    for (size_t i = 0; i < c->areas.count; i++) {
        if (any_gemeente && sk_str_starts(c->areas.items[i], SK_STR("GM")))
            return true;
        if (!any_gemeente && sk_str_eq(c->areas.items[i], code))
            return true;
    }
    return false;
}

/** Fewest cases, then lowest id, among those who cover `code`; 0: nobody. */
static uint32_t best_of_level(const sk_engine *e, sk_str code, bool any_gemeente)
{
    uint32_t best = 0, best_cases = 0;
    sk_str best_id = {0};

    for (size_t i = 0; i < e->connector_count; i++) {
        const sk_connector *c = &e->connectors[i];
        uint32_t word, cases;

        if (!covers(c, code, any_gemeente) || !(c = connector_present(e, c)))
            continue;
        word = sk_intern_find(e->words, c->id);
        cases = connector_cases(e, word);
        if (c->ceiling && cases >= c->ceiling)
            continue;
        if (!best || cases < best_cases ||
            (cases == best_cases && sk_str_cmp(c->id, best_id) < 0)) {
            best = word;
            best_cases = cases;
            best_id = c->id;
        }
    }
    return best;
}

uint32_t assign_connector(sk_engine *e, const sk_facts *demand)
{
    const uint32_t levels[3] = {demand->buurt, demand->wijk, demand->gemeente};

    if (e->connector_count == 0)
        return 0;
    if (!demand->buurt)
        return best_of_level(e, SK_STR(""), true);
    for (int i = 0; i < 3; i++) {
        uint32_t word = best_of_level(e, sk_intern_str(e->words, levels[i]), false);

        if (word)
            return word;
    }
    return 0;
}
