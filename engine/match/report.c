/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

#include <math.h>

/* Everything about one pair, for an answer or for the record of a suggestion, and the same tests
 * without the words. Nothing here is on the path of a search. */

#define MAX_STRETCHES 64
#define TIMES_IN_WHY 2

/* ---- Constraints ---- */

static sk_constraint first_of(uint32_t failed)
{
    return failed ? (sk_constraint)__builtin_ctz(failed) : SK_C_NONE;
}

sk_constraint sk_match_test(sk_matcher *matcher, uint32_t demand_slot, uint32_t supply_slot,
                            int64_t now_ms, int *out_failed_hard)
{
    const sk_facts *demand = sk_index_facts(matcher->index, demand_slot);
    const sk_facts *supply = sk_index_facts(matcher->index, supply_slot);
    const sk_ruleset_info *about = sk_ruleset_about(matcher->rules);
    sk_verdict verdict;
    sk_asked asked;
    uint32_t failed;

    *out_failed_hard = -1;
    if (!demand || !supply)
        return SK_C_OPEN;
    asked_init(&asked, matcher->index, demand, sk_index_party(matcher->index, demand->party),
               now_ms);
    sk_both both = both_of(&asked, supply, sk_index_party(matcher->index, supply->party));
    sk_times times = pair_times(&asked, matcher->index, supply, NULL);
    sk_pair pair = pair_for_rules(&both, pair_distance(&both), times,
                                  pair_closeness(matcher->index, demand, supply));
    sk_allowance allowed = sk_ruleset_allowance(matcher->rules, demand, now_ms);
    failed = pair_failures(&both, &pair, &allowed, now_ms, times.longest);
    if (failed || about->hard_count == 0)
        return first_of(failed);
    if (!about->has_functions && (sk_ruleset_pass(matcher->rules, now_ms, &pair, 1) & 1))
        return SK_C_NONE;
    sk_ruleset_begin(matcher->rules);
    sk_ruleset_judge_hards(matcher->rules, now_ms, &pair, &verdict);
    failures_count(matcher, &verdict, false);
    *out_failed_hard = verdict.failed_hard;
    return verdict.pass ? SK_C_NONE : SK_C_RULES;
}

/* ---- Common times ---- */

static bool common_at(const uint64_t *common, int64_t i)
{
    return common[i / 64] >> (i % 64) & 1;
}

static sk_status stretches(const sk_asked *asked, const uint64_t *common, sk_arena *arena,
                           sk_pair_report *out, sk_error *err)
{
    sk_appointment *items = sk_arena_calloc(arena, MAX_STRETCHES, sizeof *items);
    const int64_t end = SK_SPAN_WORDS * 64;
    size_t count = 0;

    if (!items)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    for (int64_t i = 0; i < end && count < MAX_STRETCHES; i++) {
        int64_t from = i;
        while (i < end && common_at(common, i))
            i++;
        if (i > from)
            items[count++] = (sk_appointment){(asked->first_word * 64 + from) * SK_SLOT_MS,
                                              (asked->first_word * 64 + i) * SK_SLOT_MS};
    }
    out->common = items;
    out->common_count = count;
    return SK_OK;
}

/* ---- Reasons ---- */

typedef struct best_label {
    double closeness;
    sk_str a, b;
    uint32_t category;
} best_label;

/** Dutch label of the category through which the pair is closest: the wider of the two when one
 *  stands under the other. Equally close ones: the first by code. */
static sk_str shared_label(const sk_index *index, const sk_facts *demand, const sk_facts *supply)
{
    const sk_taxonomy *taxonomy = sk_index_taxonomy(index);
    best_label best = {0};

    for (uint32_t i = 0; i < demand->category_count; i++) {
        for (uint32_t j = 0; j < supply->category_count; j++) {
            uint32_t x = sk_index_category(index, demand->sets[i]);
            uint32_t y = sk_index_category(index, supply->sets[j]);
            sk_str a = sk_taxonomy_at(taxonomy, x)->code, b = sk_taxonomy_at(taxonomy, y)->code;
            double c = sk_taxonomy_closeness(taxonomy, (int)x, (int)y);
            int order = best.closeness > 0 ? sk_str_cmp(a, best.a) : -1;
            if (order == 0)
                order = sk_str_cmp(b, best.b);
            if (c > best.closeness || (c > 0 && c == best.closeness && order < 0))
                best = (best_label){c, a, b, b.size < a.size && sk_str_starts(a, b) ? y : x};
        }
    }
    return best.closeness > 0 ? sk_taxonomy_at(taxonomy, best.category)->label_nl : (sk_str){"", 0};
}

static sk_status describe_times(sk_matcher *matcher, const sk_asked *asked, const uint64_t *common,
                                uint32_t needed, sk_buf *out, sk_error *err)
{
    uint64_t horizon[SK_HORIZON_WORDS];
    unsigned shift = (unsigned)(asked->slot - asked->first_word * 64);

    for (size_t w = 0; w < SK_HORIZON_WORDS; w++)
        horizon[w] = common[w] >> shift | (shift ? common[w + 1] << (64 - shift) : 0);
    return sk_calendar_describe(sk_index_calendar(matcher->index), asked->slot, horizon,
                                SK_HORIZON_SLOTS, needed, TIMES_IN_WHY, out, err);
}

static sk_status fill_terms(sk_matcher *matcher, const sk_verdict *verdict, sk_why *why,
                            sk_arena *arena, sk_pair_report *out, sk_error *err)
{
    size_t count = sk_ruleset_about(matcher->rules)->term_count;
    sk_term_value *terms = sk_arena_calloc(arena, count, sizeof *terms);
    sk_buf text = {0};
    sk_status st = SK_OK;

    for (size_t i = 0; terms && i < count; i++) {
        const sk_rule_info *info = sk_ruleset_term(matcher->rules, (uint32_t)i);
        terms[i] = (sk_term_value){.name = sk_arena_str(arena, info->name),
                                   .weight = info->weight,
                                   .value = verdict->term[i].value,
                                   .applies = verdict->term[i].applies,
                                   .failed = verdict->failed_terms >> i & 1};
        sk_buf_reset(&text);
        why->value = terms[i].value;
        /* A value of 0 is no reason: who lives elsewhere does not "live in your wijk". */
        if (terms[i].applies && terms[i].value > 0)
            sk_ruleset_why(matcher->rules, (uint32_t)i, why, &text);
        terms[i].why = sk_arena_str(arena, sk_buf_view(&text));
        if (!terms[i].name.data || !terms[i].why.data || text.failed)
            terms = NULL;
    }
    if (!terms)
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    out->terms = terms;
    out->term_count = count;
    sk_buf_done(&text);
    return st;
}

/* ---- The report ---- */

static double days_since(int64_t now_ms, int64_t then_ms)
{
    return then_ms == INT64_MIN ? NAN : (double)(now_ms - then_ms) / (double)SK_DAY_MS;
}

static sk_pair_values values_of(const sk_pair *pair, int64_t now_ms)
{
    return (sk_pair_values){
        .distance_m = pair->distance_m,
        .overlap_min = pair->overlap_min,
        .longest_min = pair->longest_min,
        .closeness = pair->closeness,
        .need_load_30d = pair->need_party->load_30d,
        .offer_load_30d = pair->offer_party->load_30d,
        .need_open_suggestions = pair->need_party->open_suggestions,
        .offer_open_suggestions = pair->offer_party->open_suggestions,
        .need_days_since_asked = days_since(now_ms, pair->need_party->last_asked_ms),
        .offer_days_since_asked = days_since(now_ms, pair->offer_party->last_asked_ms),
        .need_age_days = days_since(now_ms, pair->need->created_ms),
        .offer_age_days = days_since(now_ms, pair->offer->created_ms),
        .need_room = sk_facts_room(pair->need),
        .offer_room = sk_facts_room(pair->offer)};
}

static sk_status explain(sk_matcher *matcher, const sk_asked *asked, const sk_pair *pair,
                         const uint64_t *common, const sk_verdict *verdict, sk_arena *arena,
                         sk_pair_report *out, sk_error *err)
{
    sk_buf times = {0};
    sk_why why = {.distance_m = pair->distance_m, .overlap_min = pair->overlap_min};
    sk_status st;

    if ((st = stretches(asked, common, arena, out, err)) != SK_OK ||
        (st = describe_times(matcher, asked, common, slots_needed(pair->need), &times, err)) !=
            SK_OK)
        goto out;
    why.times = sk_buf_view(&times);
    why.category = shared_label(matcher->index, pair->need, pair->offer);
    st = fill_terms(matcher, verdict, &why, arena, out, err);
out:
    sk_buf_done(&times);
    return st;
}

sk_status sk_match_pair(sk_matcher *matcher, const sk_facts *demand,
                        const sk_party_facts *demand_party, const sk_facts *supply,
                        const sk_party_facts *supply_party, int64_t now_ms, sk_arena *arena,
                        sk_pair_report *out, sk_error *err)
{
    uint64_t common[SK_SPAN_WORDS];
    sk_pair_report report = {0};
    sk_verdict verdict;
    sk_asked asked;
    sk_status st;

    if (!matcher->rules)
        return sk_fail(err, SK_EINTERNAL, "no rule set is active");
    asked_init(&asked, matcher->index, demand, demand_party, now_ms);
    sk_both both = both_of(&asked, supply, supply_party ? supply_party : &no_party);
    sk_times times = pair_times(&asked, matcher->index, supply, common);
    sk_pair pair = pair_for_rules(&both, pair_distance(&both), times,
                                  pair_closeness(matcher->index, demand, supply));
    sk_ruleset_begin(matcher->rules);
    sk_ruleset_judge(matcher->rules, now_ms, &pair, &verdict);
    sk_allowance allowed = sk_ruleset_allowance(matcher->rules, demand, now_ms);
    report.failed_set = pair_failures(&both, &pair, &allowed, now_ms, times.longest) |
                        (verdict.pass ? 0 : SK_C_BIT(SK_C_RULES));
    report.failed = first_of(report.failed_set);
    report.failed_hard = verdict.failed_hard;
    report.score = sk_millionths(verdict.score);
    report.values = values_of(&pair, now_ms);
    memcpy(report.function_failure, verdict.failure, sizeof report.function_failure);
    if ((st = explain(matcher, &asked, &pair, common, &verdict, arena, &report, err)) != SK_OK ||
        (st = relaxed_report(matcher, &both, now_ms, arena, &report, err)) != SK_OK)
        return st;
    *out = report;
    return SK_OK;
}
