/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/change.h"

#include <math.h>

/* What would have to change, in Dutch: "2,1 km verder", "VOG", "ook op woensdag". Where several
 * words would do, the first by code is named, since the numbers of words differ after a restart. */

#define SHORT_TRAIT 4 /**< "vog", "ehbo": abbreviations, written in capitals. */
#define MAX_MISSING 16

typedef struct change {
    const sk_matcher *matcher;
    const sk_asked *asked;
    const sk_facts *other;
    const sk_party_facts *other_party;
    sk_both both;
    int failed_hard;
    bool coarse;
    sk_buf *out;
    sk_error *err;
} change;

static sk_str word_str(const change *c, uint32_t word)
{
    return sk_intern_str(sk_index_words(c->matcher->index), word);
}

/** The first of these words by its bytes; empty when there is none. */
static sk_str first_word_of(const change *c, sk_ids ids)
{
    sk_str first = {"", 0};

    for (uint32_t i = 0; i < ids.count; i++) {
        sk_str s = word_str(c, ids.ids[i]);
        if (i == 0 || sk_str_cmp(s, first) < 0)
            first = s;
    }
    return first;
}

static void say_open(const change *c)
{
    if (c->other->status == SK_LISTING_PAUSED)
        sk_buf_printf(c->out, "als %s niet meer gepauzeerd is",
                      dutch_kind((sk_kind)c->other->kind));
    else
        sk_buf_text(c->out, "als er weer plaats is");
}

static void say_category(const change *c)
{
    const sk_taxonomy *taxonomy = sk_index_taxonomy(c->matcher->index);
    int category = sk_taxonomy_find(taxonomy, first_word_of(c, sk_facts_categories(c->other)));

    sk_buf_text(c->out, "ook ");
    sk_buf_str(c->out, category < 0 ? (sk_str){"iets anders", 11}
                                    : sk_taxonomy_at(taxonomy, (size_t)category)->label_nl);
}

static void say_distance(const change *c)
{
    const sk_facts *d = c->both.demand, *s = c->both.supply;
    double distance_m = pair_distance(&c->both);
    sk_allowance allowance = sk_ruleset_allowance(c->matcher->rules, d, c->asked->now_ms);
    double allowed = (d->reach_m > s->reach_m ? d->reach_m : s->reach_m) + allowance.extra_m;

    if (!c->other->has_point) {
        sk_buf_text(c->out, "als het op afstand mag");
    } else if (isnan(distance_m)) {
        sk_buf_printf(c->out, "als %s op afstand kan", dutch_kind((sk_kind)c->other->kind));
    } else {
        if (d->within_m && d->within_m < allowed)
            allowed = d->within_m;
        if (s->within_m && s->within_m < allowed)
            allowed = s->within_m;
        distance_m -= allowed;
        dutch_distance(c->coarse ? ceil(distance_m / 500) * 500 : distance_m, c->out);
        sk_buf_text(c->out, " verder");
    }
}

static void say_language(const change *c)
{
    sk_ids ids = sk_effective_languages(c->other, c->other_party);

    sk_buf_text(c->out, "ook ");
    sk_buf_str(c->out, sk_language_dutch(first_word_of(c, ids)));
}

static void say_rules(const change *c)
{
    const sk_rule_info *info =
        c->failed_hard < 0 ? NULL
                           : sk_ruleset_hard_rule(c->matcher->rules, (uint32_t)c->failed_hard);

    if (!info)
        sk_buf_text(c->out, "een regel van de gemeente");
    else if (info->why.size && !memchr(info->why.data, '{', info->why.size))
        sk_buf_str(c->out, info->why);
    else
        sk_buf_str(c->out, info->name);
}

/* ---- Traits ---- */

typedef struct missing {
    sk_str codes[MAX_MISSING];
    size_t count;
} missing;

/** Ascending by code, each once. */
static void missing_add(missing *m, sk_str code)
{
    size_t i = 0;

    while (i < m->count && sk_str_cmp(m->codes[i], code) < 0)
        i++;
    if (m->count == MAX_MISSING || (i < m->count && sk_str_eq(m->codes[i], code)))
        return;
    memmove(&m->codes[i + 1], &m->codes[i], (m->count - i) * sizeof code);
    m->codes[i] = code;
    m->count++;
}

static void collect_missing(const change *c, const sk_facts *asker, const sk_facts *giver,
                            const sk_party_facts *giver_party, missing *m)
{
    sk_ids asks = sk_facts_requires(asker);

    for (uint32_t i = 0; i < asks.count; i++) {
        if (!has_trait(giver, giver_party, c->asked->now_ms, asks.ids[i]))
            missing_add(m, word_str(c, asks.ids[i]));
    }
}

static void say_traits(const change *c)
{
    missing m = {.count = 0};

    collect_missing(c, c->both.demand, c->both.supply, c->both.supply_party, &m);
    collect_missing(c, c->both.supply, c->both.demand, c->both.demand_party, &m);
    for (size_t i = 0; i < m.count; i++) {
        if (i > 0)
            sk_buf_text(c->out, ", ");
        for (size_t j = 0; j < m.codes[i].size; j++) {
            char ch = m.codes[i].data[j];
            if (m.codes[i].size <= SHORT_TRAIT && ch >= 'a' && ch <= 'z')
                ch = (char)(ch - 'a' + 'A');
            sk_buf_add(c->out, &ch, 1);
        }
    }
}

/* ---- Time ---- */

static bool slot_in(const uint64_t *span, int64_t i)
{
    return span[i / 64] >> (i % 64) & 1;
}

static sk_status weekday_of(const change *c, int64_t i, int *out)
{
    int64_t local_s;
    sk_status st =
        sk_calendar_to_local(sk_index_calendar(c->matcher->index), (sk_str){"", 0},
                             (c->asked->first_word * 64 + i) * SK_SLOT_MS, &local_s, c->err);

    if (st == SK_OK)
        *out = sk_weekday_of_days(sk_floor_div(local_s, 86400));
    return st;
}

/** Days of the week with a slot in a run of at least `needed`, as bits; the first such day on which
 *  `without` has no bit goes to `out_first`, if any. */
static sk_status days_of(const change *c, const uint64_t *span, uint32_t needed, unsigned without,
                         unsigned *out_days, int *out_first)
{
    const int64_t end = SK_SPAN_WORDS * 64;
    sk_status st;

    *out_days = 0;
    for (int64_t i = 0, to; i < end; i = to + 1) {
        for (to = i; to < end && slot_in(span, to); to++)
            continue;
        for (int64_t j = i; j < to && to - i >= needed; j++) {
            int day;
            if ((st = weekday_of(c, j, &day)) != SK_OK)
                return st;
            if (out_first && *out_first < 0 && !(without >> day & 1))
                *out_first = day;
            *out_days |= 1u << day;
        }
    }
    return SK_OK;
}

static sk_status say_time(const change *c)
{
    uint32_t needed = slots_needed(c->both.demand);
    sk_times times = pair_times(c->asked, c->matcher->index, c->other, NULL);
    uint64_t theirs[SK_SPAN_WORDS];
    unsigned mine_days, their_days;
    int day = -1;
    sk_status st;

    if (times.longest > 0) {
        sk_buf_printf(c->out, "%u minuten langer", 15 * (needed - times.longest));
        return SK_OK;
    }
    sk_index_span(c->matcher->index, c->other, c->asked->now_ms, theirs);
    if ((st = days_of(c, c->asked->span, 1, 0, &mine_days, NULL)) != SK_OK ||
        (st = days_of(c, theirs, needed, mine_days, &their_days, &day)) != SK_OK)
        return st;
    if (day >= 0)
        sk_buf_printf(c->out, "ook op %s", dutch_weekday(day));
    else
        sk_buf_text(c->out, "op een ander tijdstip");
    return SK_OK;
}

/* ---- All of it ---- */

static sk_status say(const change *c, sk_constraint constraint)
{
    switch (constraint) {
    case SK_C_OPEN:
        say_open(c);
        break;
    case SK_C_CATEGORY:
        say_category(c);
        break;
    case SK_C_DISTANCE:
        say_distance(c);
        break;
    case SK_C_TIME:
        return say_time(c);
    case SK_C_LANGUAGE:
        say_language(c);
        break;
    case SK_C_TRAITS:
        say_traits(c);
        break;
    case SK_C_RULES:
        say_rules(c);
        break;
    case SK_C_PARTIES:
    case SK_C_NONE:
        break;
    }
    return SK_OK;
}

sk_status change_text(const sk_matcher *matcher, const sk_asked *asked, const sk_facts *other,
                      const sk_party_facts *other_party, uint32_t failed_set, int failed_hard,
                      bool coarse, sk_buf *out, sk_error *err)
{
    change c = {.matcher = matcher,
                .asked = asked,
                .other = other,
                .other_party = other_party,
                .both = both_of(asked, other, other_party),
                .failed_hard = failed_hard,
                .coarse = coarse,
                .out = out,
                .err = err};
    size_t start = out->size;
    sk_status st;

    for (int constraint = SK_C_OPEN; constraint <= SK_C_RULES; constraint++) {
        if (!(failed_set >> constraint & 1))
            continue;
        if (out->size > start)
            sk_buf_text(out, ", ");
        if ((st = say(&c, (sk_constraint)constraint)) != SK_OK)
            return st;
    }
    return SK_OK;
}
