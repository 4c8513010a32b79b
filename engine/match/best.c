/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

#include <math.h>

/* The best counterparts of one listing.
 *
 *     near categories, closest first
 *       -> walks of the index, nearest (or newest) first: blocks of 32 with cheap lower bounds
 *          -> who can still enter the ranking waits in a batch while its facts are fetched
 *             -> C1-C7 exactly, one by one; C8 and the score for the batch at once
 *                -> ranking
 *
 * Once the ranking is full, its last score is a bar. The rule set is asked how high a pair can
 * score at all that is so close in category, so far away, so old (ceiling.c); what stays under the
 * bar is passed over: a candidate, the rest of a walk, or all that is left. What equals the bar is
 * never passed over, since ids break ties.
 *
 * A candidate comes by once for each category that it shares a closeness with. Its closeness is
 * always computed from all its categories, and the ranking refuses who is in it already. A bound
 * for closeness c is used only while walking categories of closeness c; a candidate that is in
 * truth closer has come by in an earlier walk, where it was judged or rightly passed over.
 *
 * Nothing is allocated per candidate; the arrays of the matcher grow between searches. */

#define BATCH 32 /**< Small, so that there soon is a bar. */
#define RECENT 1024u

typedef struct search {
    sk_matcher *matcher;
    const sk_query *query;
    sk_asked asked;
    sk_times own;             /**< Of the query alone. */
    int64_t own_from, own_to; /**< In slots from `span`, when it is one run; else empty. */
    int64_t first_slot_ms, horizon_end_ms; /**< A listing valid in between is not cut. */
    uint32_t needed;                       /**< Slots, when the query is the demand side. */
    sk_allowance allowed; /**< Of the query; with a supply listing the widest that there is. */
    bool each;            /**< With a supply listing: of each candidate its own is looked at. */
    bool hard, push_down;
    sk_ceiling ceiling;
    sk_ranking ranking;
    uint32_t batch[BATCH];
    size_t batch_count;
    uint32_t recent[RECENT]; /**< Listings that were in the batch, at slot % RECENT: the latest. */
    sk_pair pairs[SK_LANES];
    uint32_t slots[SK_LANES];
    int64_t least[SK_LANES]; /**< What each must score. */
    size_t pair_count;
} search;

/* ---- Categories ---- */

static sk_status categories_reserve(sk_matcher *m, sk_error *err)
{
    size_t count = sk_taxonomy_count(sk_index_taxonomy(m->index));

    if (!sk_grow((void **)&m->closeness, &m->closeness_capacity, count + 1,
                 sizeof m->closeness[0]) ||
        !sk_grow((void **)&m->near, &m->near_capacity, count + 1, sizeof m->near[0]))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (m->closeness_count != count) { /* A new taxonomy, or the first search. */
        memset(m->closeness, 0, (count + 1) * sizeof m->closeness[0]);
        m->closeness_count = count;
        m->near_count = 0;
    }
    return SK_OK;
}

static void categories_sort(sk_matcher *m)
{
    for (size_t i = 1; i < m->near_count; i++) {
        sk_near_category item = m->near[i];
        size_t j = i;
        for (; j > 0 && m->near[j - 1].closeness < item.closeness; j--)
            m->near[j] = m->near[j - 1];
        m->near[j] = item;
    }
}

/** Every category that is near any of the query's, at least so near, closest first. */
static sk_status categories_collect(sk_matcher *m, const sk_facts *query, double least,
                                    sk_error *err)
{
    const sk_taxonomy *taxonomy = sk_index_taxonomy(m->index);
    sk_status st;

    if ((st = categories_reserve(m, err)) != SK_OK)
        return st;
    for (size_t i = 0; i < m->near_count; i++)
        m->closeness[m->near[i].category] = 0;
    m->near_count = 0;
    for (uint32_t i = 0; i < query->category_count; i++) {
        uint32_t own = sk_index_category(m->index, query->sets[i]);
        size_t count;
        const sk_near *near = sk_taxonomy_near(taxonomy, (int)own, &count);
        for (size_t j = 0; j < count && near[j].closeness >= least; j++) {
            double *best = &m->closeness[near[j].index];
            if (*best == 0)
                m->near[m->near_count++].category = (uint32_t)near[j].index;
            *best = near[j].closeness > *best ? near[j].closeness : *best;
        }
    }
    for (size_t i = 0; i < m->near_count; i++)
        m->near[i].closeness = m->closeness[m->near[i].category];
    categories_sort(m);
    return SK_OK;
}

static double closeness_of(const sk_matcher *m, const sk_facts *facts)
{
    double best = 0;

    for (uint32_t i = 0; i < facts->category_count; i++) {
        double c = m->closeness[sk_index_category(m->index, facts->sets[i])];
        best = c > best ? c : best;
    }
    return best;
}

/* ---- Time ---- */

static sk_status times_reserve(sk_matcher *m, sk_error *err)
{
    size_t old = m->times_capacity;

    if (!sk_grow((void **)&m->times, &m->times_capacity, sk_index_patterns(m->index),
                 sizeof m->times[0]))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    memset(m->times + old, 0, (m->times_capacity - old) * sizeof m->times[0]);
    if (++m->epoch == 0) {
        memset(m->times, 0, m->times_capacity * sizeof m->times[0]);
        m->epoch = 1;
    }
    return SK_OK;
}

/** Common times with anybody whose validity does not cut the horizon and who has no appointments.
 */
static sk_times times_of_pattern(search *s, uint32_t pattern)
{
    sk_time_cell *cell = &s->matcher->times[pattern];
    const uint64_t *words;
    uint64_t common[SK_SPAN_WORDS];
    sk_times times = s->own;

    if (pattern == 0)
        return times;
    if (cell->epoch == s->matcher->epoch)
        return (sk_times){cell->overlap, cell->longest};
    words = sk_index_pattern_words(s->matcher->index, pattern, s->asked.first_word);
    for (size_t w = 0; w < SK_SPAN_WORDS; w++)
        common[w] = words ? s->asked.span[w] & words[w] : 0;
    times = times_of_words(common, SK_SPAN_WORDS);
    *cell = (sk_time_cell){s->matcher->epoch, (uint16_t)times.overlap, (uint16_t)times.longest};
    return times;
}

/** C5 as far as the windows tell, which is before anything of the candidate is fetched. */
static bool pattern_allowed(search *s, uint32_t pattern, uint32_t least_slots)
{
    uint32_t longest = times_of_pattern(s, pattern).longest;

    return longest >= least_slots && (s->asked.side == SK_SUPPLY || longest >= s->needed);
}

/** As times_of_pattern, for a listing that is valid in only a part of the horizon. */
static sk_times times_of_part(const search *s, const sk_facts *facts)
{
    const uint64_t *words =
        sk_index_pattern_words(s->matcher->index, facts->pattern, s->asked.first_word);
    int64_t first = s->asked.first_word * 64, last = SK_SPAN_WORDS * 64;
    int64_t from = -sk_floor_div(-facts->valid_from_ms, SK_SLOT_MS) - first;
    int64_t to = sk_floor_div(facts->valid_until_ms, SK_SLOT_MS) - first;
    uint64_t common[SK_SPAN_WORDS];
    int64_t w = 0;

    from = from < 0 ? 0 : from;
    to = to > last ? last : to;
    if (!words && s->own_from < s->own_to) {
        from = from > s->own_from ? from : s->own_from;
        to = to < s->own_to ? to : s->own_to;
        return from < to ? (sk_times){(uint32_t)(to - from), (uint32_t)(to - from)}
                         : (sk_times){0, 0};
    }
    if (from >= to)
        return (sk_times){0, 0};
    w = from / 64;
    do
        common[w] = words ? s->asked.span[w] & words[w] : s->asked.span[w];
    while (++w <= (to - 1) / 64);
    common[from / 64] &= ~UINT64_C(0) << (from % 64);
    common[(to - 1) / 64] &= ~UINT64_C(0) >> (63 - (to - 1) % 64);
    return times_of_words(common + from / 64, (size_t)(w - from / 64));
}

/** C5. */
static bool times_allowed(search *s, const sk_facts *facts, const sk_party_facts *party,
                          sk_times *out)
{
    uint32_t needed = s->asked.side == SK_DEMAND ? s->needed : slots_needed(facts);

    *out = times_of_pattern(s, facts->pattern);
    if (out->longest < needed)
        return false;
    if (party->busy_count > 0)
        *out = pair_times(&s->asked, s->matcher->index, facts, NULL);
    else if (facts->valid_from_ms > s->first_slot_ms || facts->valid_until_ms < s->horizon_end_ms)
        *out = times_of_part(s, facts);
    return out->longest >= needed;
}

/* ---- Judging ---- */

/** C8 and scores of the pairs that passed all else. */
static void judge_pairs(search *s)
{
    sk_ruleset *rules = s->matcher->rules;
    double scores[SK_LANES];
    uint64_t pass = ~UINT64_C(0);

    if (s->pair_count == 0)
        return;
    if (s->hard)
        pass = sk_ruleset_pass(rules, s->query->now_ms, s->pairs, s->pair_count);
    sk_ruleset_score(rules, s->query->now_ms, s->pairs, s->pair_count, scores);
    for (size_t i = 0; i < s->pair_count; i++) {
        sk_match match = {s->slots[i], sk_millionths(scores[i])};
        if ((pass >> i & 1) && match.score >= s->least[i] && ranking_wants(&s->ranking, match) &&
            (!s->push_down || !s->query->keep || s->query->keep(s->query->context, match.slot)))
            ranking_add(&s->ranking, match);
    }
    s->pair_count = 0;
}

/** What the pair's demand listing is allowed; `own` is room for it. */
static const sk_allowance *allowance_with(const search *s, const sk_facts *facts, sk_allowance *own)
{
    if (!s->each)
        return &s->allowed;
    *own = sk_ruleset_allowance(s->matcher->rules, facts, s->query->now_ms);
    return own;
}

static int64_t least_score(const search *s, const sk_allowance *allowed)
{
    int64_t least = s->query->least_score;

    return s->query->over_threshold && allowed->threshold > least ? allowed->threshold : least;
}

/** C1-C7 of one candidate, cheapest first; those that pass wait for judge_pairs. */
static void test_candidate(search *s, uint32_t slot)
{
    const sk_facts *facts = sk_index_facts(s->matcher->index, slot);
    const sk_party_facts *party = sk_index_party(s->matcher->index, facts->party);
    sk_both both = both_of(&s->asked, facts, party);
    const sk_allowance *allowed;
    double distance_m, closeness;
    sk_allowance own;
    sk_times times;

    if (!is_open(facts, s->query->now_ms) || !parties_allowed(s->asked.party, party) ||
        !times_allowed(s, facts, party, &times))
        return;
    allowed = allowance_with(s, facts, &own);
    distance_m = pair_distance(&both);
    if (!distance_allowed(&both, distance_m, allowed->extra_m))
        return;
    closeness = closeness_of(s->matcher, facts);
    if (closeness < allowed->closeness ||
        !(allowed->any_language ||
          languages_allowed(s->asked.languages, sk_effective_languages(facts, party))) ||
        !traits_allowed(&both, s->query->now_ms))
        return;
    s->least[s->pair_count] = s->push_down ? least_score(s, allowed) : INT64_MIN;
    s->pairs[s->pair_count] = pair_for_rules(&both, distance_m, times, closeness);
    s->slots[s->pair_count++] = slot;
}

static void flush(search *s)
{
    for (size_t i = 0; i < s->batch_count; i++)
        sk_index_prefetch_more(s->matcher->index, s->batch[i]);
    for (size_t i = 0; i < s->batch_count; i++)
        test_candidate(s, s->batch[i]);
    s->batch_count = 0;
    judge_pairs(s);
    ceiling_set_bar(&s->ceiling, ranking_bar(&s->ranking));
}

/* ---- Searching ---- */

/** Many come by once for each category that they share with the query. */
static bool was_recent(search *s, uint32_t slot)
{
    uint32_t *cell = &s->recent[slot % RECENT];

    if (*cell == slot)
        return true;
    *cell = slot;
    return false;
}

static void take_block(search *s, const sk_candidates *seen)
{
    for (uint32_t i = 0; i < seen->count; i++) {
        uint32_t slot = seen->slots[i];
        if (ceiling_under(&s->ceiling, seen->distance_m2[i], seen->created_min[i]) ||
            was_recent(s, slot) || !pattern_allowed(s, seen->pattern[i], seen->least_slots[i]))
            continue;
        sk_index_prefetch(s->matcher->index, slot);
        s->batch[s->batch_count++] = slot;
        if (s->batch_count == BATCH)
            flush(s);
    }
}

/** One walk over categories [from, to) of the near ones, which are equally close. */
static sk_status walk_level(search *s, size_t from, size_t to, bool from_afar, sk_error *err)
{
    sk_matcher *m = s->matcher;
    sk_candidates *seen = &m->seen;

    ceiling_level(&s->ceiling, m->near[from].closeness, from_afar);
    sk_walk_begin(m->walk, m->index, s->asked.facts,
                  s->asked.side == SK_DEMAND ? SK_SUPPLY : SK_DEMAND, from_afar,
                  s->allowed.extra_m);
    if (s->query->skip_aside && s->push_down)
        sk_walk_skip_aside(m->walk);
    for (size_t i = from; i < to; i++) {
        if (sk_walk_add(m->walk, m->near[i].category) != SK_OK)
            return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    while (sk_walk_next(m->walk, seen)) {
        if (ceiling_under(&s->ceiling, seen->near_m2, seen->newest_min))
            break;
        take_block(s, seen);
    }
    if (sk_walk_failed(m->walk))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    flush(s);
    return SK_OK;
}

static sk_status search_all(search *s, sk_error *err)
{
    sk_matcher *m = s->matcher;
    const sk_facts *self = s->asked.facts;
    sk_status st = SK_OK;

    for (size_t from = 0, to; from < m->near_count && st == SK_OK; from = to) {
        double closeness = m->near[from].closeness;
        for (to = from + 1; to < m->near_count && m->near[to].closeness == closeness; to++)
            continue;
        if (ceiling_below(&s->ceiling, closeness, self->remote))
            break;
        if (self->remote)
            st = walk_level(s, from, to, true, err);
        if (st == SK_OK && self->has_point)
            st = walk_level(s, from, to, false, err);
    }
    return st;
}

/** Most listings name no windows: then their time is one run. */
static void find_own_run(search *s)
{
    s->own_from = s->own_to = 0;
    if (s->own.overlap == 0 || s->own.overlap != s->own.longest)
        return;
    while (!(s->asked.span[s->own_from / 64] >> (s->own_from % 64) & 1))
        s->own_from++;
    s->own_to = s->own_from + s->own.longest;
}

static void find_allowance(search *s)
{
    const sk_ruleset *rules = s->matcher->rules;
    const sk_allowance *usual = sk_ruleset_usual(rules), *widest = sk_ruleset_widest(rules);

    s->each = s->asked.side == SK_SUPPLY && sk_allowance_wider(widest, usual) != 0;
    s->allowed = s->asked.side == SK_SUPPLY
                     ? *widest
                     : sk_ruleset_allowance(rules, s->query->self, s->query->now_ms);
}

static void search_init(search *s, sk_matcher *m, const sk_query *query)
{
    const sk_ruleset_info *about = sk_ruleset_about(m->rules);

    s->matcher = m;
    s->query = query;
    asked_init(&s->asked, m->index, query->self, query->self_party, query->now_ms);
    find_allowance(s);
    s->own = times_of_words(s->asked.span, SK_SPAN_WORDS);
    find_own_run(s);
    s->first_slot_ms = s->asked.slot * SK_SLOT_MS;
    s->horizon_end_ms = (s->asked.slot + SK_HORIZON_SLOTS) * SK_SLOT_MS;
    s->needed = slots_needed(query->self);
    s->hard = about->hard_count > 0;
    s->push_down = !about->has_functions;
    s->batch_count = s->pair_count = 0;
    memset(s->recent, 0xff, sizeof s->recent);
    s->ranking.index = m->index;
    s->ranking.count = 0;
    s->ranking.limit = s->push_down ? query->limit : SK_TWO_PHASE;
    s->ranking.least = s->push_down ? least_score(s, &s->allowed) : INT64_MIN;
    ceiling_init(&s->ceiling, m->rules, &s->asked, &s->allowed, m->index, 15.0 * s->own.overlap);
    ceiling_set_bar(&s->ceiling, ranking_bar(&s->ranking));
}

/** The second phase: everything, functions included, for the first hundred. */
static void judge_again(search *s)
{
    sk_ranking first = s->ranking;

    s->ranking.count = 0;
    s->ranking.limit = s->query->limit;
    s->ranking.least = least_score(s, &s->allowed);
    sk_ruleset_begin(s->matcher->rules);
    for (size_t i = 0; i < first.count; i++) {
        const sk_facts *facts = sk_index_facts(s->matcher->index, first.items[i].slot);
        const sk_party_facts *party = sk_index_party(s->matcher->index, facts->party);
        sk_both both = both_of(&s->asked, facts, party);
        sk_allowance own;
        sk_times times;
        sk_verdict verdict;
        times_allowed(s, facts, party, &times);
        sk_pair pair =
            pair_for_rules(&both, pair_distance(&both), times, closeness_of(s->matcher, facts));
        sk_ruleset_judge(s->matcher->rules, s->query->now_ms, &pair, &verdict);
        failures_count(s->matcher, &verdict, verdict.pass);
        sk_match match = {first.items[i].slot, sk_millionths(verdict.score)};
        if (verdict.pass && match.score >= least_score(s, allowance_with(s, facts, &own)) &&
            ranking_wants(&s->ranking, match) &&
            (!s->query->keep || s->query->keep(s->query->context, match.slot)))
            ranking_add(&s->ranking, match);
    }
}

sk_status sk_match_best(sk_matcher *matcher, const sk_query *query, sk_match *out_matches,
                        size_t *out_count, sk_error *err)
{
    search s;
    sk_status st;

    if (query->limit < 1 || query->limit > SK_TWO_PHASE)
        return sk_fail_field(err, SK_EINVAL, "limit", "must be 1 to %d", SK_TWO_PHASE);
    if (!matcher->rules)
        return sk_fail(err, SK_EINTERNAL, "no rule set is active");
    search_init(&s, matcher, query);
    if ((st = categories_collect(matcher, query->self, s.allowed.closeness, err)) != SK_OK ||
        (st = times_reserve(matcher, err)) != SK_OK)
        return st;
    if ((st = search_all(&s, err)) != SK_OK)
        return st;
    if (!s.push_down)
        judge_again(&s);
    memcpy(out_matches, s.ranking.items, s.ranking.count * sizeof out_matches[0]);
    *out_count = s.ranking.count;
    return SK_OK;
}
