/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/change.h"

/* Why not: which counterparts fail one constraint alone, and what would have to change.
 *
 * A scan over all listings of the other side, since what the index passes over is what is looked
 * for. Each counterpart gets the set of constraints that it fails; sets are counted, and those of
 * one constraint ranked on the way; of those of another category also the ones that are about
 * something related, since the best by score may be about anything. Should none fail exactly one,
 * the smallest set that occurs (the most frequent one of that size, then the lowest constraints) is
 * ranked in a second scan.
 *
 * On the way it is counted for how many more the list would open if the asked listing were allowed
 * what it will be later, or what a case could give it now (relax.c).
 *
 * With function rules a counterpart's C8 and score are those of the full judgement. */

#define SETS 256 /**< Constraints 1 to 8 as bits 0 to 7. */
#define BEST 3

typedef struct scan {
    sk_matcher *matcher;
    const sk_query *query;
    sk_asked asked;
    bool coarse; /**< Distances are told in steps of 500 m. */
    bool hard, functions;
    sk_opens opens;
    uint32_t only_set; /**< Second scan: rank just this one. 0: the sets of one constraint. */
    uint64_t counts[SETS];
    sk_ranking best[SK_C_RULES + 1]; /**< By the only constraint; the second scan uses the first. */
    sk_ranking related;              /**< Of those ranked that fail C3, the related ones. */
    sk_pair pairs[SK_LANES];
    uint32_t slots[SK_LANES], failed[SK_LANES];
    size_t pair_count;
} scan;

/** Whether this set is ranked in this scan, and where. */
static sk_ranking *ranking_for(scan *s, uint32_t failed)
{
    if (s->only_set)
        return failed == s->only_set ? &s->best[0] : NULL;
    return failed && !(failed & (failed - 1)) ? &s->best[__builtin_ctz(failed)] : NULL;
}

/* ---- Judging ---- */

static sk_str first_part(sk_str code)
{
    const char *dot = memchr(code.data, '.', code.size);

    return (sk_str){code.data, dot ? (size_t)(dot - code.data) : code.size};
}

/** Whether two listings share a branch of the taxonomy, or are close at all. */
static bool is_related(const sk_index *index, const sk_pair *pair)
{
    const sk_taxonomy *taxonomy = sk_index_taxonomy(index);
    const sk_facts *a = pair->need, *b = pair->offer;

    for (uint32_t i = 0; i < a->category_count; i++) {
        sk_str mine =
            first_part(sk_taxonomy_at(taxonomy, sk_index_category(index, a->sets[i]))->code);
        for (uint32_t j = 0; j < b->category_count; j++) {
            uint32_t category = sk_index_category(index, b->sets[j]);
            if (sk_str_eq(mine, first_part(sk_taxonomy_at(taxonomy, category)->code)))
                return true;
        }
    }
    return pair->closeness > 0;
}

static void count_pair(scan *s, size_t i, double score)
{
    sk_match match = {s->slots[i], sk_millionths(score)};
    sk_ranking *ranking = ranking_for(s, s->failed[i]);
    const sk_pair *pair = &s->pairs[i];
    sk_both both = {pair->need, pair->offer, pair->need_party, pair->offer_party};

    if (!s->only_set)
        opens_count(&s->opens, &both, pair, s->failed[i], match.score);
    s->counts[s->failed[i] >> 1]++;
    if (!ranking)
        return;
    if (ranking_wants(ranking, match))
        ranking_add(ranking, match);
    if (s->failed[i] >> SK_C_CATEGORY & 1 && ranking_wants(&s->related, match) &&
        is_related(s->matcher->index, &s->pairs[i]))
        ranking_add(&s->related, match);
}

static void judge_with_functions(scan *s)
{
    sk_ruleset_begin(s->matcher->rules);
    for (size_t i = 0; i < s->pair_count; i++) {
        sk_verdict verdict;
        sk_ruleset_judge(s->matcher->rules, s->query->now_ms, &s->pairs[i], &verdict);
        if (!verdict.pass)
            s->failed[i] |= SK_C_BIT(SK_C_RULES);
        count_pair(s, i, verdict.score);
    }
}

static void judge_batch(scan *s)
{
    sk_ruleset *rules = s->matcher->rules;
    double scores[SK_LANES];
    uint64_t pass = ~UINT64_C(0);

    if (s->functions) {
        judge_with_functions(s);
    } else if (s->pair_count > 0) {
        if (s->hard)
            pass = sk_ruleset_pass(rules, s->query->now_ms, s->pairs, s->pair_count);
        sk_ruleset_score(rules, s->query->now_ms, s->pairs, s->pair_count, scores);
        for (size_t i = 0; i < s->pair_count; i++) {
            if (!(pass >> i & 1))
                s->failed[i] |= SK_C_BIT(SK_C_RULES);
            count_pair(s, i, scores[i]);
        }
    }
    s->pair_count = 0;
}

/* ---- Scanning ---- */

static void look_at(scan *s, uint32_t slot, const sk_facts *facts)
{
    sk_index *index = s->matcher->index;
    const sk_party_facts *party = sk_index_party(index, facts->party);
    sk_both both = both_of(&s->asked, facts, party);
    sk_times times;
    sk_pair pair;
    size_t i = s->pair_count;

    if (!parties_allowed(s->asked.party, party))
        return;
    times = pair_times(&s->asked, index, facts, NULL);
    pair = pair_for_rules(&both, pair_distance(&both), times,
                          pair_closeness(index, s->asked.facts, facts));
    sk_allowance allowed = s->asked.side == SK_DEMAND
                               ? s->opens.now
                               : sk_ruleset_allowance(s->matcher->rules, facts, s->query->now_ms);
    s->failed[i] = pair_failures(&both, &pair, &allowed, s->query->now_ms, times.longest);
    s->pairs[i] = pair;
    s->slots[i] = slot;
    if (++s->pair_count == SK_LANES)
        judge_batch(s);
}

static void scan_all(scan *s)
{
    sk_index *index = s->matcher->index;
    uint32_t end = sk_index_slots(index);

    memset(s->counts, 0, sizeof s->counts);
    for (uint32_t slot = 0; slot < end; slot++) {
        const sk_facts *facts = sk_index_facts(index, slot);
        if (facts && sk_kind_side((sk_kind)facts->kind) != s->asked.side &&
            (facts->status == SK_LISTING_OPEN || facts->status == SK_LISTING_PAUSED) &&
            s->query->now_ms < facts->valid_until_ms)
            look_at(s, slot, facts);
    }
    judge_batch(s);
}

static uint32_t smallest_set(const scan *s)
{
    uint32_t best = 0;

    for (uint32_t set = 1; set < SETS; set++) {
        int size = __builtin_popcount(set), best_size = __builtin_popcount(best);
        if (s->counts[set] && (best == 0 || size < best_size ||
                               (size == best_size && s->counts[set] > s->counts[best])))
            best = set;
    }
    return best << 1;
}

/* ---- Answering ---- */

static int failed_hard_of(const scan *s, const sk_facts *facts, const sk_party_facts *party)
{
    sk_both both = both_of(&s->asked, facts, party);
    sk_verdict verdict;
    sk_pair pair = pair_for_rules(&both, pair_distance(&both),
                                  pair_times(&s->asked, s->matcher->index, facts, NULL),
                                  pair_closeness(s->matcher->index, s->asked.facts, facts));

    sk_ruleset_begin(s->matcher->rules);
    sk_ruleset_judge(s->matcher->rules, s->query->now_ms, &pair, &verdict);
    return verdict.failed_hard;
}

/** `out` holds BEST. */
static sk_status fill_misses(const scan *s, uint32_t set, const sk_ranking *ranking,
                             sk_arena *arena, sk_near_miss *out, sk_error *err)
{
    sk_buf text = {0};
    sk_status st = SK_OK;

    for (size_t i = 0; i < ranking->count && st == SK_OK; i++) {
        const sk_facts *facts = sk_index_facts(s->matcher->index, ranking->items[i].slot);
        const sk_party_facts *party = sk_index_party(s->matcher->index, facts->party);
        int failed_hard = set >> SK_C_RULES & 1 ? failed_hard_of(s, facts, party) : -1;
        sk_buf_reset(&text);
        st = change_text(s->matcher, &s->asked, facts, party, set, failed_hard, s->coarse, &text,
                         err);
        out[i] = (sk_near_miss){ranking->items[i].slot, ranking->items[i].score,
                                sk_arena_str(arena, sk_buf_view(&text))};
        if (st == SK_OK && (text.failed || !out[i].change.data))
            st = sk_fail(err, SK_ENOMEM, "out of memory");
    }
    sk_buf_done(&text);
    return st;
}

static sk_status fill_group(const scan *s, uint32_t set, const sk_ranking *ranking, sk_arena *arena,
                            sk_whynot_group *out, sk_error *err)
{
    out->failed_set = set;
    out->count = s->counts[set >> 1];
    out->best_count = ranking->count;
    if (set >> SK_C_CATEGORY & 1) {
        sk_status st = fill_misses(s, set, &s->related, arena, out->related, err);
        if (st != SK_OK)
            return st;
        out->related_count = s->related.count;
    }
    return fill_misses(s, set, ranking, arena, out->best, err);
}

static void init(scan *s, sk_matcher *matcher, const sk_query *query)
{
    const sk_ruleset_info *about = sk_ruleset_about(matcher->rules);

    s->matcher = matcher;
    s->query = query;
    asked_init(&s->asked, matcher->index, query->self, query->self_party, query->now_ms);
    s->hard = about->hard_count > 0;
    s->functions = about->has_functions;
    for (int i = 0; i <= SK_C_RULES; i++)
        s->best[i] = (sk_ranking){.index = matcher->index, .limit = BEST, .least = INT64_MIN};
    s->related = s->best[0];
}

static sk_status answer(scan *s, sk_arena *arena, sk_whynot *out, sk_error *err)
{
    sk_whynot result = {.possible = s->counts[0]};
    sk_status st;

    for (uint32_t set = 0; set < SETS; set++)
        result.counterparts += s->counts[set];
    for (uint32_t c = SK_C_OPEN; c <= SK_C_RULES; c++) {
        if (s->counts[SK_C_BIT(c) >> 1] == 0)
            continue;
        if ((st = fill_group(s, SK_C_BIT(c), &s->best[c], arena, &result.groups[result.group_count],
                             err)) != SK_OK)
            return st;
        result.group_count++;
    }
    if (result.group_count == 0 && (s->only_set = smallest_set(s)) != 0) {
        scan_all(s);
        if ((st = fill_group(s, s->only_set, &s->best[0], arena, &result.groups[0], err)) != SK_OK)
            return st;
        result.group_count = 1;
    }
    if ((st = opens_say(&s->opens, s->matcher, arena, err)) != SK_OK)
        return st;
    result.opens = s->opens.items;
    result.open_count = s->opens.count;
    *out = result;
    return SK_OK;
}

sk_status sk_match_whynot(sk_matcher *matcher, const sk_query *query, sk_arena *arena,
                          sk_whynot *out, sk_error *err)
{
    scan *s;
    sk_status st;

    if (!matcher->rules)
        return sk_fail(err, SK_EINTERNAL, "no rule set is active");
    if (!(s = sk_calloc(1, sizeof *s)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    init(s, matcher, query);
    s->coarse = query->coarse;
    st = opens_init(&s->opens, matcher, &s->asked, query->may_case, arena, err);
    if (st == SK_OK) {
        scan_all(s);
        st = answer(s, arena, out, err);
    }
    sk_free(s);
    return st;
}
