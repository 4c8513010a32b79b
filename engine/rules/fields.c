/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/field_read.h"

/* The fields of docs/matching.md 4, by name, and how each is read from a pair; and the hints for
 * names that are nearly one of ours. */

/* The comments with three dashes are the reference: scripts/types/generate.py makes the tables of
 * docs/rules.md and the types for editors from them. The numbers say within what the field can be,
 * and whether it can be missing. */
/* clang-format off */
const sk_field sk_fields[SK_F_COUNT_] = {
    /*--- What the listing is: `NEED` or `INITIATIVE` on the need's side; `OFFER`, `SKILL`, `PLACE`
    or `ACTIVITY` on the other.
    ---@example need.kind == 'INITIATIVE' */
    [SK_F_KIND] = {"kind", SK_T_STRING, SK_U_NONE, true, 0, 0, false},
    /*--- What it is about: codes of the taxonomy.
    ---@example under(need.categories, 'vervoer') */
    [SK_F_CATEGORIES] = {"categories", SK_T_SET, SK_U_NONE, true, 0, 0, false},
    /*--- Languages, as two letters of ISO 639-1: the listing's own, or the party's when the listing
    names none.
    ---@example has(offer.languages, 'ar') */
    [SK_F_LANGUAGES] = {"languages", SK_T_SET, SK_U_NONE, true, 0, 0, false},
    /*--- Traits that the other one must have. Matching itself sees to it.
    ---@example has(need.requires, 'rolstoel') */
    [SK_F_REQUIRES] = {"requires", SK_T_SET, SK_U_NONE, true, 0, 0, false},
    /*--- Traits that this one has, with the party's certificates that are valid now.
    ---@example has(offer.provides, 'vog') */
    [SK_F_PROVIDES] = {"provides", SK_T_SET, SK_U_NONE, true, 0, 0, false},
    /*--- How far this one is willing to travel; 0: the other comes here.
    ---@example offer.reach_m >= 5 km */
    [SK_F_REACH] = {"reach_m", SK_T_NUMBER, SK_U_METRE, true, 0, 100000, false},
    /*--- How near the other must be; 0: no bound.
    ---@example need.within_m == 0 */
    [SK_F_WITHIN] = {"within_m", SK_T_NUMBER, SK_U_METRE, true, 0, 100000, false},
    /*--- Can it be done by telephone or online?
    ---@example need.remote and offer.remote */
    [SK_F_REMOTE] = {"remote", SK_T_BOOL, SK_U_NONE, true, 0, 1, false},
    /*--- How long one meeting takes; 0: not said.
    ---@example need.duration_min <= 2 h */
    [SK_F_DURATION] = {"duration_min", SK_T_NUMBER, SK_U_MINUTE, true, 0, 1440, false},
    /*--- How many pairs it can hold at once.
    ---@example offer.capacity > 1 */
    [SK_F_CAPACITY] = {"capacity", SK_T_NUMBER, SK_U_NONE, true, 1, 1000, false},
    /*--- What is left of the capacity.
    ---@example ramp(offer.room, 0, 5) */
    [SK_F_ROOM] = {"room", SK_T_NUMBER, SK_U_NONE, true, -1000, 1000, false},
    /*--- 0 (it can wait) to 3 (today).
    ---@example need.urgency >= 2 */
    [SK_F_URGENCY] = {"urgency", SK_T_NUMBER, SK_U_NONE, true, 0, 3, false},
    /*--- Time since it was created, with fractions.
    ---@example ramp(need.age_days, 0, 14 d) */
    [SK_F_AGE] = {"age_days", SK_T_NUMBER, SK_U_DAY, true, 0, 36500, false},
    /*--- CBS code of the buurt, `BU` and eight digits; missing outside all areas.
    ---@example need.buurt == offer.buurt */
    [SK_F_BUURT] = {"buurt", SK_T_STRING, SK_U_NONE, true, 0, 0, true},
    /*--- CBS code of the wijk, `WK` and six digits; missing outside all areas.
    ---@example if(need.wijk == offer.wijk, 1, 0) */
    [SK_F_WIJK] = {"wijk", SK_T_STRING, SK_U_NONE, true, 0, 0, true},
    /*--- CBS code of the gemeente, `GM` and four digits; missing outside all areas.
    ---@example need.gemeente == offer.gemeente */
    [SK_F_GEMEENTE] = {"gemeente", SK_T_STRING, SK_U_NONE, true, 0, 0, true},
    /*--- How often the party was connected in the last 30 days.
    ---@example 1 / (1 + offer.load_30d) */
    [SK_F_LOAD] = {"load_30d", SK_T_NUMBER, SK_U_NONE, true, 0, 1000000, false},
    /*--- How many open suggestions the party has.
    ---@example offer.open_suggestions == 0 */
    [SK_F_OPEN] = {"open_suggestions", SK_T_NUMBER, SK_U_NONE, true, 0, 1000000, false},
    /*--- Time since the party's latest suggestion; missing when never asked.
    ---@example ramp(offer.days_since_asked, 0, 14 d) */
    [SK_F_ASKED] = {"days_since_asked", SK_T_NUMBER, SK_U_DAY, true, 0, 36500, true},
    /*--- As the crow flies; missing when both are remote, or a place is not known.
    ---@example decay(distance_m, 1500 m) */
    [SK_F_DISTANCE] = {"distance_m", SK_T_NUMBER, SK_U_METRE, false, 0, 20100000, true},
    /*--- Time that both have in the next 28 days.
    ---@example ramp(overlap_min, 0, 4 h) */
    [SK_F_OVERLAP] = {"overlap_min", SK_T_NUMBER, SK_U_MINUTE, false, 0, 40320, false},
    /*--- The longest stretch of that.
    ---@example longest_min >= 90 min */
    [SK_F_LONGEST] = {"longest_min", SK_T_NUMBER, SK_U_MINUTE, false, 0, 40320, false},
    /*--- How near the categories are: 1 the same, 0.7 one level apart, down to what still counts as
    a match.
    ---@example closeness */
    [SK_F_CLOSENESS] = {"closeness", SK_T_NUMBER, SK_U_NONE, false, 0, 1, false},
};
/* clang-format on */

sk_field_id sk_field_find(sk_str name, bool of_side)
{
    int id = 0;

    while (id < SK_F_COUNT_ &&
           (sk_fields[id].of_side != of_side || !sk_str_eq(name, sk_str_from(sk_fields[id].name))))
        id++;
    return (sk_field_id)id;
}

/* The types of expressions, for the reference:
 *---@type number: a value in metres, minutes, days or none of them; a term's `expr` is one
 *---@type true or false: a `hard` rule's `expr` and every `when` is one
 *---@type text: compared with `==` and `!=` only
 *---@type set: of texts; knows `&` (what both have), `<=` (is part of), `==`, `!=`
 *---@type attribute: what `attr` gives; it fits where a number, a text or true or false is needed
 */
const char *sk_expr_type_name(sk_expr_type type)
{
    static const char *const names[] = {"a number", "true or false", "a text", "a set",
                                        "an attribute"};

    return names[type];
}

/* ---- Reading a pair ---- */

double sk_days_between(int64_t now_ms, int64_t then_ms)
{
    return sk_field_days(now_ms, then_ms);
}

double sk_field_value(sk_field_id id, sk_side side, const sk_pair *pair, int64_t now_ms)
{
    return sk_field_read(id, side, pair, now_ms);
}

static uint32_t insert_word(uint32_t *words, uint32_t count, uint32_t word)
{
    uint32_t i = 0;

    while (i < count && words[i] < word)
        i++;
    if ((i < count && words[i] == word) || count == SK_SET_MAX)
        return count;
    memmove(words + i + 1, words + i, (count - i) * sizeof *words);
    words[i] = word;
    return count + 1;
}

sk_ids sk_field_provides(const sk_facts *f, const sk_party_facts *p, int64_t now_ms,
                         uint32_t *scratch)
{
    sk_ids own = sk_facts_provides(f);
    uint32_t count = 0;

    for (uint32_t i = 0; i < own.count; i++)
        count = insert_word(scratch, count, own.ids[i]);
    for (uint32_t i = 0; i < p->cert_count; i++) {
        const sk_cert_facts *cert = &p->certs[i];

        if (cert->from_ms <= now_ms && now_ms < cert->until_ms)
            count = insert_word(scratch, count, cert->type);
    }
    return (sk_ids){scratch, count};
}

sk_ids sk_field_set(sk_field_id id, sk_side side, const sk_pair *pair, int64_t now_ms,
                    uint32_t *scratch)
{
    return sk_field_read_set(id, side, pair, now_ms, scratch);
}

/* ---- Hints ---- */

#define HINT_MAX 32

/** Insertions, deletions, replacements and swaps of neighbours between two short words. */
static size_t edit_distance(sk_str a, sk_str b)
{
    size_t rows[3][HINT_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.size; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t best = last[j - 1] + (a.data[i - 1] != b.data[j - 1]);

            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                best = before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
            row[j] = best;
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b.size];
}

void sk_hint_start(sk_hint *hint, sk_str word)
{
    *hint = (sk_hint){.word = word, .best = NULL, .distance = SIZE_MAX};
}

void sk_hint_add(sk_hint *hint, const char *name)
{
    sk_str candidate = sk_str_from(name);
    size_t distance;

    if (hint->word.size > HINT_MAX || candidate.size > HINT_MAX)
        return;
    distance = edit_distance(hint->word, candidate);
    /* "distance" for "distance_m", "overlap" for "overlap_min": the unit was left out. */
    if (hint->word.size >= 3 && sk_str_starts(candidate, hint->word) && distance > 1)
        distance = 1;
    if (distance < hint->distance) {
        hint->distance = distance;
        hint->best = name;
    }
}

const char *sk_hint_best(const sk_hint *hint)
{
    size_t most = hint->word.size >= 8 ? 3 : hint->word.size >= 4 ? 2 : 1;

    return hint->distance <= most ? hint->best : NULL;
}
