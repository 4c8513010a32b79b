/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <math.h>

/* Who could help, and why nobody. A match may carry many queries; each stands by itself. */

/** Stored or given, never both. Errors about what is given lie under "listing". */
static sk_status read_ask(turn *t, const char *listing_id, const Schakel__V1__Listing *given,
                          uint32_t limit, sk_listing *listing, sk_ask *out, sk_error *err)
{
    sk_status st = SK_OK;

    *out = (sk_ask){.id = sk_str_from(listing_id), .limit = limit};
    if (!given == !out->id.size)
        return sk_fail_field(err, SK_EINVAL, given ? "listing" : "listingId",
                             "give either the id of a stored listing or a listing");
    if (!given)
        return SK_OK;
    if ((st = sk_listing_from_message(given, t->scratch, listing, err)) != SK_OK)
        sk_error_within(err, "listing.");
    out->given = listing;
    return st;
}

/** Where the engine found a fault of a question: in the listing given, or beside it. */
static void place_fault(const sk_ask *ask, sk_error *err)
{
    if (ask->given && err->field[0] && strcmp(err->field, "limit") != 0)
        sk_error_within(err, "listing.");
}

/* ---- Match ---- */

static sk_status make_terms(turn *t, const sk_pair_report *report, Schakel__V1__MatchItem *out)
{
    if ((out->terms = turn_pointers(t, report->term_count)) == NULL)
        return SK_ENOMEM;
    for (size_t i = 0; i < report->term_count; i++) {
        sk_term_value term = report->terms[i];

        if (!term.applies)
            term.value = 0;
        if ((out->terms[i] = sk_term_to_message(&term, t->arena)) == NULL)
            return SK_ENOMEM;
    }
    out->n_terms = report->term_count;
    return SK_OK;
}

static sk_status make_common(turn *t, const sk_pair_report *report, Schakel__V1__MatchItem *out)
{
    if ((out->common = turn_pointers(t, report->common_count)) == NULL)
        return SK_ENOMEM;
    for (size_t i = 0; i < report->common_count; i++)
        if ((out->common[i] = sk_appointment_to_message(&report->common[i], t->arena)) == NULL)
            return SK_ENOMEM;
    out->n_common = report->common_count;
    return SK_OK;
}

static sk_status make_relaxed(turn *t, const sk_pair_report *report, Schakel__V1__MatchItem *out)
{
    if ((out->relaxed = turn_pointers(t, report->relaxed_count)) == NULL)
        return SK_ENOMEM;
    for (size_t i = 0; i < report->relaxed_count; i++)
        if ((out->relaxed[i] = sk_relaxed_to_message(&report->relaxed[i], t->arena)) == NULL)
            return SK_ENOMEM;
    out->n_relaxed = report->relaxed_count;
    return SK_OK;
}

static Schakel__V1__MatchItem *make_item(turn *t, const sk_match_item *item)
{
    Schakel__V1__MatchItem *out = turn_make(t, &schakel__v1__match_item__descriptor);
    double distance_m = item->report.values.distance_m;

    if (!out)
        return NULL;
    out->listing_id = turn_str(t, item->listing_id);
    out->score = item->report.score;
    if (!isnan(distance_m)) {
        out->distance_m_or_none_case = SCHAKEL__V1__MATCH_ITEM__DISTANCE_M_OR_NONE_DISTANCE_M;
        out->distance_m = distance_m;
    }
    out->overlap_min = item->report.values.overlap_min;
    out->title = turn_str(t, item->title);
    out->buurt = turn_str(t, item->buurt);
    out->kind = (Schakel__V1__Kind)item->kind;
    if (!out->listing_id || !out->title || !out->buurt ||
        make_terms(t, &item->report, out) != SK_OK || make_common(t, &item->report, out) != SK_OK ||
        make_relaxed(t, &item->report, out) != SK_OK)
        return NULL;
    return out;
}

static sk_status fill_result(turn *t, const sk_match_answer *answer, Schakel__V1__MatchResult *out,
                             sk_error *err)
{
    if ((out->matches = turn_pointers(t, answer->count)) == NULL ||
        (out->reason = turn_str(t, sk_str_from(answer->reason))) == NULL)
        return turn_no_memory(t, err);
    for (size_t i = 0; i < answer->count; i++)
        if ((out->matches[i] = make_item(t, &answer->items[i])) == NULL)
            return turn_no_memory(t, err);
    out->n_matches = answer->count;
    out->threshold = answer->threshold;
    return SK_OK;
}

static sk_status match_one(turn *t, const Schakel__V1__MatchQuery *query,
                           Schakel__V1__MatchResult *out, sk_error *err)
{
    sk_match_answer answer;
    sk_listing listing;
    sk_ask ask;
    sk_status st = SK_OK;

    sk_arena_reset(t->scratch);
    st = read_ask(t, query->listing_id, query->listing, query->limit, &listing, &ask, err);
    if (st != SK_OK)
        return st;
    st = sk_engine_match(t->engine, t->actor, &ask, t->scratch, &answer, err);
    if (st == SK_ENOMEM)
        return turn_no_memory(t, err);
    if (st != SK_OK) {
        place_fault(&ask, err);
        return st;
    }
    return fill_result(t, &answer, out, err);
}

/** One query and its result; a failure is kept in the result. False: no memory for that. */
static bool answer_query(turn *t, size_t i, Schakel__V1__MatchResult *out, sk_status *out_status,
                         sk_error *err)
{
    sk_status st = match_one(t, t->request->match->queries[i], out, err);

    *out_status = st;
    if (st == SK_OK)
        return true;
    turn_place(t, "queries", i, err);
    schakel__v1__match_result__init(out);
    out->status = (Schakel__V1__Status)st;
    out->error = turn_make_error(t, st, err);
    return out->error != NULL;
}

sk_status run_match(turn *t)
{
    size_t count = t->request->match->n_queries, bytes = 0;
    Schakel__V1__Matches *out = NULL;
    sk_status st = turn_check_count(t, "queries", count);

    if (st != SK_OK)
        return st;
    if ((out = turn_make(t, &schakel__v1__matches__descriptor)) == NULL ||
        (out->results = turn_pointers(t, count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++) {
        sk_error err = {0};

        if ((out->results[i] = turn_make(t, &schakel__v1__match_result__descriptor)) == NULL ||
            !answer_query(t, i, out->results[i], &st, &err))
            return turn_no_memory(t, t->err);
        bytes += protobuf_c_message_get_packed_size(&out->results[i]->base);
        if (bytes > SK_RESPONSE_MAX)
            return sk_fail_field(t->err, SK_ELIMIT, "queries",
                                 "the answer would be larger than %d MiB; ask for less at a time",
                                 SK_RESPONSE_MAX >> 20);
        if (st == SK_EIO || (st != SK_OK && count == 1))
            *t->err = err;
        if (st == SK_EIO)
            return st;
    }
    out->n_results = count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_MATCHES;
    t->response->matches = out;
    t->placed = true;
    return count == 1 ? st : SK_OK;
}

/* ---- Why not ---- */

static sk_status make_constraints(turn *t, uint32_t set, Schakel__V1__WhyNotGroup *out)
{
    if ((out->constraints = turn_pointers(t, SK_C_RULES + 1)) == NULL)
        return SK_ENOMEM;
    for (unsigned c = SK_C_OPEN; c <= SK_C_RULES; c++)
        if (set & 1u << c)
            out->constraints[out->n_constraints++] = (char *)sk_constraint_name((sk_constraint)c);
    return SK_OK;
}

static sk_status make_misses(turn *t, const sk_near_miss *misses, size_t count, const sk_str *ids,
                             const sk_str *titles, Schakel__V1__NearMiss ***out)
{
    if ((*out = turn_pointers(t, count)) == NULL)
        return SK_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        Schakel__V1__NearMiss *miss = turn_make(t, &schakel__v1__near_miss__descriptor);

        if (!miss)
            return SK_ENOMEM;
        miss->listing_id = turn_str(t, ids[i]);
        miss->score = misses[i].score;
        miss->change = turn_str(t, misses[i].change);
        miss->title = turn_str(t, titles[i]);
        if (!miss->listing_id || !miss->change || !miss->title)
            return SK_ENOMEM;
        (*out)[i] = miss;
    }
    return SK_OK;
}

static Schakel__V1__WhyNotGroup *make_group(turn *t, const sk_whynot_answer *answer, size_t g)
{
    const sk_whynot_group *group = &answer->whynot.groups[g];
    Schakel__V1__WhyNotGroup *out = turn_make(t, &schakel__v1__why_not_group__descriptor);

    if (!out || make_constraints(t, group->failed_set, out) != SK_OK ||
        make_misses(t, group->best, group->best_count, answer->ids[g], answer->titles[g],
                    &out->best) != SK_OK ||
        make_misses(t, group->related, group->related_count, &answer->ids[g][3],
                    &answer->titles[g][3], &out->related) != SK_OK)
        return NULL;
    out->count = group->count;
    out->n_best = group->best_count;
    out->n_related = group->related_count;
    return out;
}

static Schakel__V1__Opening *make_opening(turn *t, const sk_opening *opening, bool may_case)
{
    Schakel__V1__Opening *out = turn_make(t, &schakel__v1__opening__descriptor);

    if (!out || (out->constraints = turn_pointers(t, SK_RELAX_BITS)) == NULL)
        return NULL;
    for (int i = 0; i < SK_RELAX_BITS; i++)
        if (opening->constraints >> i & 1)
            out->constraints[out->n_constraints++] = (char *)sk_relax_name((sk_relax_bit)(1 << i));
    out->count = opening->count;
    out->after_ms = (uint64_t)opening->after_ms;
    out->relax_case = may_case;
    if ((out->change = turn_str(t, opening->change)) == NULL ||
        !sk_time_to_message(opening->from_ms, t->arena, &out->from))
        return NULL;
    return out;
}

static sk_status fill_why_not(turn *t, const sk_whynot_answer *answer,
                              Schakel__V1__WhyNotResult *out)
{
    out->counterparts = answer->whynot.counterparts;
    out->possible = answer->whynot.possible;
    if ((out->groups = turn_pointers(t, answer->whynot.group_count)) == NULL ||
        (out->reason = turn_str(t, sk_str_from(answer->reason))) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t g = 0; g < answer->whynot.group_count; g++)
        if ((out->groups[out->n_groups++] = make_group(t, answer, g)) == NULL)
            return turn_no_memory(t, t->err);
    if ((out->opens = turn_pointers(t, answer->whynot.open_count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < answer->whynot.open_count; i++)
        if ((out->opens[out->n_opens++] =
                 make_opening(t, &answer->whynot.opens[i], answer->may_case)) == NULL)
            return turn_no_memory(t, t->err);
    return SK_OK;
}

sk_status run_why_not(turn *t)
{
    const Schakel__V1__WhyNot *m = t->request->why_not;
    Schakel__V1__WhyNotResult *out = turn_make(t, &schakel__v1__why_not_result__descriptor);
    sk_whynot_answer answer;
    sk_listing listing;
    sk_ask ask;
    sk_status st = read_ask(t, m->listing_id, m->listing, 0, &listing, &ask, t->err);

    if (st != SK_OK)
        return st;
    if ((st = sk_engine_whynot(t->engine, t->actor, &ask, t->scratch, &answer, t->err)) != SK_OK) {
        place_fault(&ask, t->err);
        return st;
    }
    if (!out)
        return turn_no_memory(t, t->err);
    if ((st = fill_why_not(t, &answer, out)) != SK_OK)
        return st;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_WHY_NOT;
    t->response->why_not = out;
    return SK_OK;
}
