/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <stdio.h>

/* Messages for people: taken and reported on by channels, listed and sent anew by staff. */

/* ---- Taking ---- */

static Schakel__V1__Delivery *make_delivery(turn *t, const sk_delivery *d)
{
    Schakel__V1__Delivery *out = turn_make(t, &schakel__v1__delivery__descriptor);

    if (!out)
        return NULL;
    const struct {
        sk_str from;
        char **to;
    } texts[] = {{d->id, &out->id},
                 {d->recipient_id, &out->recipient_id},
                 {d->to_name, &out->to_name},
                 {d->to_email, &out->to_email},
                 {d->to_phone, &out->to_phone},
                 {d->to_address, &out->to_address},
                 {d->language, &out->language},
                 {d->subject, &out->subject},
                 {d->text, &out->text},
                 {d->rule, &out->rule},
                 {d->on, &out->on},
                 {d->suggestion_id, &out->suggestion_id},
                 {d->listing_id, &out->listing_id}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].from.size && !(*texts[i].to = turn_str(t, texts[i].from)))
            return NULL;
    if (!sk_strs_to_message(d->message_ids, t->arena, &out->n_message_ids, &out->message_ids))
        return NULL;
    out->attempt = d->attempt;
    out->recipient_kind = (Schakel__V1__RecipientKind)d->recipient_kind;
    return out;
}

/** Until something falls due, at most as long as the channel is willing. */
static void wait_for_due(turn *t, uint32_t wait_ms, int64_t next_ms)
{
    int64_t left_ms = next_ms - sk_engine_now(t->engine);

    if (left_ms < 1)
        left_ms = 1;
    t->wait = (sk_dispatch_wait){.waiting = true,
                                 .after = sk_engine_last_event(t->engine),
                                 .wait_ms = left_ms < wait_ms ? (uint32_t)left_ms : wait_ms};
}

sk_status run_take_messages(turn *t)
{
    const Schakel__V1__TakeMessages *m = t->request->take_messages;
    sk_take take = {sk_str_from(m->channel), m->limit, m->lease_ms};
    Schakel__V1__Deliveries *out = turn_make(t, &schakel__v1__deliveries__descriptor);
    const sk_delivery *items;
    size_t count = 0;
    int64_t next_ms;
    sk_status st;

    if (m->wait_ms > SK_WAIT_MAX_MS)
        return sk_fail_field(t->err, SK_EINVAL, "waitMs", "at most %d", SK_WAIT_MAX_MS);
    st = sk_engine_take_messages(t->engine, t->actor, &take, t->scratch, &items, &count, &next_ms,
                                 t->err);
    if (st != SK_OK)
        return st;
    if (!out || !(out->items = turn_pointers(t, count)))
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        if (!(out->items[i] = make_delivery(t, &items[i])))
            return turn_no_memory(t, t->err);
    out->n_items = count;
    if (next_ms != INT64_MAX && !sk_time_to_message(next_ms, t->arena, &out->next_due_at))
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_DELIVERIES;
    t->response->deliveries = out;
    if (count == 0 && m->wait_ms)
        wait_for_due(t, m->wait_ms, next_ms);
    return SK_OK;
}

sk_status run_report_message(turn *t)
{
    const Schakel__V1__ReportMessage *m = t->request->report_message;
    sk_report report = {sk_str_from(m->id), m->attempt, (sk_outcome)m->outcome,
                        sk_str_from(m->reason)};
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_report_message(t->engine, &call, &report, &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

/* ---- Staff ---- */

static sk_status read_states(turn *t, const Schakel__V1__ListMessages *m, uint32_t *out)
{
    char field[40];

    *out = 0;
    for (size_t i = 0; i < m->n_states; i++) {
        if (m->states[i] == SCHAKEL__V1__MESSAGE_STATE__MESSAGE_STATE_UNSPECIFIED) {
            snprintf(field, sizeof(field), "states[%zu]", i);
            return sk_fail_field(t->err, SK_EINVAL, field, "must be a state such as PLANNED");
        }
        *out |= 1u << m->states[i];
    }
    return SK_OK;
}

sk_status run_list_messages(turn *t)
{
    const Schakel__V1__ListMessages *m = t->request->list_messages;
    sk_notice_filter filter = {.party_id = sk_str_from(m->party_id),
                               .connector_id = sk_str_from(m->connector_id),
                               .suggestion_id = sk_str_from(m->suggestion_id),
                               .rule = sk_str_from(m->rule),
                               .after = sk_str_from(m->after),
                               .limit = m->limit};
    Schakel__V1__Messages *out = turn_make(t, &schakel__v1__messages__descriptor);
    sk_notice_page page;
    sk_status st = read_states(t, m, &filter.states);

    if (st == SK_OK)
        st = sk_engine_list_messages(t->engine, t->actor, &filter, t->scratch, &page, t->err);
    if (st != SK_OK)
        return st;
    if (!out || !(out->items = turn_pointers(t, page.count)) ||
        !(out->next = turn_str(t, page.next)))
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < page.count; i++)
        if (!(out->items[i] = sk_notice_to_message(&page.items[i], t->arena)))
            return turn_no_memory(t, t->err);
    out->n_items = page.count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_MESSAGES;
    t->response->messages = out;
    return SK_OK;
}

sk_status run_retry_message(turn *t)
{
    const Schakel__V1__RetryMessage *m = t->request->retry_message;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_retry_message(t->engine, &call, sk_str_from(m->id), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}
