/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <stdio.h>

/* Suggestions and what people decide about them. */

/* ---- Questions ---- */

static sk_status read_states(turn *t, const Schakel__V1__ListSuggestions *m, uint32_t *out)
{
    char field[40];

    *out = 0;
    for (size_t i = 0; i < m->n_states; i++) {
        if (m->states[i] == SCHAKEL__V1__STATE__STATE_UNSPECIFIED) {
            snprintf(field, sizeof(field), "states[%zu]", i);
            return sk_fail_field(t->err, SK_EINVAL, field, "must be a state such as PROPOSED");
        }
        *out |= 1u << m->states[i];
    }
    return SK_OK;
}

static sk_status fill_suggestions(turn *t, const sk_suggestion_page *page,
                                  Schakel__V1__Suggestions *out)
{
    if ((out->items = turn_pointers(t, page->count)) == NULL ||
        (out->next = turn_str(t, page->next)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < page->count; i++)
        if ((out->items[i] = sk_suggestion_to_message(&page->items[i], t->arena)) == NULL)
            return turn_no_memory(t, t->err);
    out->n_items = page->count;
    return SK_OK;
}

sk_status run_list_suggestions(turn *t)
{
    const Schakel__V1__ListSuggestions *m = t->request->list_suggestions;
    sk_suggestion_filter filter = {.listing_id = sk_str_from(m->listing_id),
                                   .party_id = sk_str_from(m->party_id),
                                   .assignee = sk_str_from(m->assignee),
                                   .area = sk_str_from(m->area),
                                   .after = sk_str_from(m->after),
                                   .limit = m->limit,
                                   .best_first = m->best_first != 0};
    Schakel__V1__Suggestions *out = turn_make(t, &schakel__v1__suggestions__descriptor);
    sk_suggestion_page page;
    sk_status st = read_states(t, m, &filter.states);

    if (st == SK_OK)
        st = sk_engine_list_suggestions(t->engine, t->actor, &filter, t->scratch, &page, t->err);
    if (st != SK_OK)
        return st;
    if (!out)
        return turn_no_memory(t, t->err);
    if ((st = fill_suggestions(t, &page, out)) != SK_OK)
        return st;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_SUGGESTIONS;
    t->response->suggestions = out;
    return SK_OK;
}

sk_status run_get_suggestion(turn *t)
{
    sk_str id = sk_str_from(t->request->get_suggestion->id);
    sk_suggestion suggestion;
    sk_status st =
        sk_engine_get_suggestion(t->engine, t->actor, id, t->scratch, &suggestion, t->err);

    if (st != SK_OK)
        return st;
    t->response->suggestion = sk_suggestion_to_message(&suggestion, t->arena);
    if (!t->response->suggestion)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_SUGGESTION;
    return SK_OK;
}

/* ---- Decisions ---- */

static sk_status read_decide(turn *t, const Schakel__V1__Decide *m, sk_decide *out)
{
    sk_status st = SK_OK;

    *out = (sk_decide){.suggestion_id = sk_str_from(m->suggestion_id),
                       .version = m->version,
                       .decision = (sk_decision)m->decision,
                       .reason = sk_str_from(m->reason),
                       .outcome = sk_str_from(m->outcome),
                       /* NONE, DEMAND, SUPPLY, BOTH are 0 to 3: one bit for each side. */
                       .sides = (uint32_t)m->side,
                       .appointment_count = m->n_appointments};
    if ((st = sk_time_from_message(m->until, "until", &out->until_ms, t->err)) != SK_OK)
        return st;
    return sk_appointments_from_message(m->appointments, m->n_appointments, "appointments",
                                        t->scratch, &out->appointments, t->err);
}

sk_status run_decide(turn *t)
{
    const Schakel__V1__Decide *m = t->request->decide;
    sk_receipt receipt;
    sk_decide decide;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = read_decide(t, m, &decide);
    if (st == SK_OK)
        st = sk_engine_decide(t->engine, &call, &decide, &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_hand_over(turn *t)
{
    const Schakel__V1__HandOver *m = t->request->hand_over;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_hand_over(t->engine, &call, sk_str_from(m->suggestion_id), m->version,
                                 sk_str_from(m->connector_id), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_undo(turn *t)
{
    const Schakel__V1__Undo *m = t->request->undo;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_undo(t->engine, &call, sk_str_from(m->suggestion_id), m->version, &receipt,
                            t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_relax_case(turn *t)
{
    const Schakel__V1__RelaxCase *m = t->request->relax_case;
    uint8_t relaxed = 0;
    int64_t until_ms = 0;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_relax_from_message(m->n_constraints, m->constraints, "constraints", &relaxed,
                                   t->err);
    if (st == SK_OK)
        st = sk_time_from_message(m->until, "until", &until_ms, t->err);
    if (st == SK_OK)
        st = sk_engine_relax_case(t->engine, &call, sk_str_from(m->listing_id), relaxed, until_ms,
                                  &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_set_appointments(turn *t)
{
    const Schakel__V1__SetAppointments *m = t->request->set_appointments;
    const sk_appointment *appointments = NULL;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_appointments_from_message(m->appointments, m->n_appointments, "appointments",
                                          t->scratch, &appointments, t->err);
    if (st == SK_OK)
        st = sk_engine_set_appointments(t->engine, &call, sk_str_from(m->suggestion_id), m->version,
                                        appointments, m->n_appointments, &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}
