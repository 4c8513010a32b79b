/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

/* Relaxing in words and numbers (docs/matching.md 7): what a pair needed beyond what is usual, and
 * what would open the list of a demand listing. */

/* ---- What a pair needed ---- */

/** Of the four, those that the pair needs beyond `usual` and that `allowed` gives. */
static uint8_t bits_needed(const sk_both *both, const sk_pair_report *report,
                           const sk_allowance *usual, const sk_allowance *allowed)
{
    double distance_m = report->values.distance_m, closeness = report->values.closeness;
    uint8_t bits = 0;

    if (!distance_allowed(both, distance_m, usual->extra_m) &&
        distance_allowed(both, distance_m, allowed->extra_m))
        bits |= SK_RELAX_DISTANCE;
    if (allowed->any_language && !pair_shares_language(both))
        bits |= SK_RELAX_LANGUAGE;
    if (closeness < usual->closeness && closeness >= allowed->closeness)
        bits |= SK_RELAX_CATEGORY;
    if (report->score < usual->threshold && report->score >= allowed->threshold)
        bits |= SK_RELAX_THRESHOLD;
    return bits;
}

static void say_needed(const sk_both *both, const sk_pair_report *report, sk_relax_bit bit,
                       sk_buf *out)
{
    uint32_t d = both->demand->reach_m, s = both->supply->reach_m;

    switch (bit) {
    case SK_RELAX_DISTANCE:
        sk_buf_text(out, "verder weg dan normaal (");
        dutch_distance(report->values.distance_m - (d > s ? d : s), out);
        sk_buf_text(out, " meer), omdat ");
        break;
    case SK_RELAX_LANGUAGE:
        sk_buf_text(out, "spreekt geen gemeenschappelijke taal; dat mag, omdat ");
        break;
    case SK_RELAX_CATEGORY:
        sk_buf_text(out, "lijkt minder op wat gevraagd is dan normaal, omdat ");
        break;
    case SK_RELAX_THRESHOLD:
        sk_buf_text(out, "past minder goed dan normaal, omdat ");
        break;
    }
}

static void say_because(const sk_facts *need, bool waited, int64_t now_ms, sk_buf *out)
{
    const char *kind = dutch_kind((sk_kind)need->kind);

    if (waited) {
        sk_buf_printf(out, "%s al ", kind);
        dutch_duration(now_ms - need->created_ms, out);
        sk_buf_text(out, " wacht");
    } else {
        sk_buf_printf(out, "%s een uitzondering heeft", kind);
    }
}

sk_status relaxed_report(const sk_matcher *matcher, const sk_both *both, int64_t now_ms,
                         sk_arena *arena, sk_pair_report *report, sk_error *err)
{
    const sk_allowance *usual = sk_ruleset_usual(matcher->rules);
    sk_allowance allowed = sk_ruleset_allowance(matcher->rules, both->demand, now_ms);
    sk_allowance by_age = sk_ruleset_allowance_as(matcher->rules, both->demand, now_ms, 0);
    uint8_t bits = bits_needed(both, report, usual, &allowed);
    uint8_t waited = bits_needed(both, report, usual, &by_age);
    sk_relaxed *items = bits ? sk_arena_calloc(arena, SK_RELAX_BITS, sizeof *items) : NULL;
    sk_buf text = {0};
    size_t count = 0;

    for (int i = 0; items && i < SK_RELAX_BITS; i++) {
        sk_relax_bit bit = (sk_relax_bit)(1 << i);

        if (!(bits & bit))
            continue;
        sk_buf_reset(&text);
        say_needed(both, report, bit, &text);
        say_because(both->demand, waited & bit, now_ms, &text);
        items[count] = (sk_relaxed){bit, sk_arena_str(arena, sk_buf_view(&text))};
        if (text.failed || !items[count++].why.data)
            items = NULL;
    }
    sk_buf_done(&text);
    if (bits && !items)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    report->relaxed = items;
    report->relaxed_count = count;
    return SK_OK;
}

/* ---- What would open the list ---- */

static void opens_add(sk_opens *opens, uint8_t constraints, int64_t after_ms,
                      const sk_allowance *allowed)
{
    opens->items[opens->count] =
        (sk_opening){.constraints = constraints,
                     .from_ms = after_ms ? opens->asked->facts->created_ms + after_ms : 0,
                     .after_ms = after_ms};
    opens->allowed[opens->count++] = *allowed;
}

/** The instants at which the listing will be old enough for more, ascending. */
static void add_steps(sk_opens *opens, const sk_ruleset *rules, const sk_relax *steps)
{
    const sk_facts *need = opens->asked->facts;
    sk_allowance before = opens->now, then;
    int64_t at_ms = opens->asked->now_ms;
    int next;

    while ((next = sk_ruleset_next_relax(rules, need, at_ms)) >= 0) {
        at_ms = need->created_ms + steps[next].after_ms;
        then = sk_ruleset_allowance(rules, need, at_ms);
        if (sk_allowance_wider(&then, &before))
            opens_add(opens, sk_allowance_wider(&then, &opens->now), steps[next].after_ms, &then);
        before = then;
    }
}

static void add_cases(sk_opens *opens, const sk_ruleset *rules)
{
    const sk_facts *need = opens->asked->facts;

    for (int i = 0; i < SK_RELAX_BITS; i++) {
        uint8_t bit = (uint8_t)(1 << i);
        sk_allowance then = sk_ruleset_allowance_as(rules, need, opens->asked->now_ms,
                                                    (uint8_t)(need->relaxed | bit));
        if (sk_allowance_wider(&then, &opens->now))
            opens_add(opens, bit, 0, &then);
    }
}

sk_status opens_init(sk_opens *opens, const sk_matcher *matcher, const sk_asked *asked,
                     bool may_case, sk_arena *arena, sk_error *err)
{
    size_t count;
    const sk_relax *steps = sk_ruleset_relax(matcher->rules, &count);

    *opens = (sk_opens){.now = *sk_ruleset_usual(matcher->rules), .asked = asked};
    if (asked->side != SK_DEMAND || count == 0)
        return SK_OK;
    count += SK_RELAX_BITS;
    opens->items = sk_arena_calloc(arena, count, sizeof *opens->items);
    opens->allowed = sk_arena_calloc(arena, count, sizeof *opens->allowed);
    if (!opens->items || !opens->allowed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    opens->now = sk_ruleset_allowance(matcher->rules, asked->facts, asked->now_ms);
    add_steps(opens, matcher->rules, steps);
    if (may_case)
        add_cases(opens, matcher->rules);
    return SK_OK;
}

#define RELAXED_SET (SK_C_BIT(SK_C_CATEGORY) | SK_C_BIT(SK_C_DISTANCE) | SK_C_BIT(SK_C_LANGUAGE))

static bool would_do(const sk_both *both, const sk_pair *pair, int64_t score, bool shares_language,
                     const sk_allowance *allowed)
{
    return pair->closeness >= allowed->closeness && score >= allowed->threshold &&
           (shares_language || allowed->any_language) &&
           distance_allowed(both, pair->distance_m, allowed->extra_m);
}

void opens_count(sk_opens *opens, const sk_both *both, const sk_pair *pair, uint32_t failed,
                 int64_t score)
{
    bool shares = pair_shares_language(both);

    if (opens->count == 0 || (failed & ~RELAXED_SET) ||
        would_do(both, pair, score, shares, &opens->now))
        return;
    for (size_t i = 0; i < opens->count; i++)
        opens->items[i].count += would_do(both, pair, score, shares, &opens->allowed[i]);
}

/* ---- In words ---- */

static void say_wider(const sk_opens *opens, size_t i, sk_relax_bit bit, sk_buf *out)
{
    switch (bit) {
    case SK_RELAX_DISTANCE:
        sk_buf_text(out, "mag de afstand ");
        dutch_distance(opens->allowed[i].extra_m, out);
        sk_buf_text(out, " groter zijn");
        break;
    case SK_RELAX_LANGUAGE:
        sk_buf_text(out, "is een gemeenschappelijke taal niet nodig");
        break;
    case SK_RELAX_CATEGORY:
        sk_buf_text(out, "mag het aanbod minder op de vraag lijken");
        break;
    case SK_RELAX_THRESHOLD:
        sk_buf_text(out, "mag het minder goed passen");
        break;
    }
}

static void say_all_wider(const sk_opens *opens, size_t i, sk_buf *out)
{
    unsigned left = opens->items[i].constraints;

    while (left) {
        unsigned bit = left & -left;

        say_wider(opens, i, (sk_relax_bit)bit, out);
        left &= ~bit;
        if (left)
            sk_buf_text(out, left & (left - 1) ? ", " : " en ");
    }
}

static sk_status say_opening(const sk_opens *opens, size_t i, sk_calendar *calendar, sk_buf *out,
                             sk_error *err)
{
    const sk_opening *item = &opens->items[i];
    sk_status st = SK_OK;

    if (item->from_ms) {
        sk_buf_text(out, "na ");
        dutch_duration(item->after_ms, out);
        sk_buf_text(out, " wachten (vanaf ");
        st = dutch_date(calendar, item->from_ms, out, err);
        sk_buf_text(out, ") ");
    } else {
        sk_buf_printf(out, "als %s een uitzondering krijgt, ",
                      dutch_kind((sk_kind)opens->asked->facts->kind));
    }
    say_all_wider(opens, i, out);
    if (item->count == 0)
        sk_buf_text(out, ": dan komt er niemand bij");
    else
        sk_buf_printf(out, item->count == 1 ? ": dan komt er %llu bij" : ": dan komen er %llu bij",
                      (unsigned long long)item->count);
    return st;
}

sk_status opens_say(sk_opens *opens, const sk_matcher *matcher, sk_arena *arena, sk_error *err)
{
    sk_buf text = {0};
    sk_status st = SK_OK;

    for (size_t i = 0; i < opens->count && st == SK_OK; i++) {
        sk_buf_reset(&text);
        st = say_opening(opens, i, sk_index_calendar(matcher->index), &text, err);
        opens->items[i].change = sk_arena_str(arena, sk_buf_view(&text));
        if (st == SK_OK && (text.failed || !opens->items[i].change.data))
            st = sk_fail(err, SK_ENOMEM, "out of memory");
    }
    sk_buf_done(&text);
    return st;
}
