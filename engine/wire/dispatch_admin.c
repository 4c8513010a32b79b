/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <sodium.h>
#include <stdio.h>

/* Events, and running the engine: its state, backups, tokens, clock. */

/* ---- Events ---- */

static sk_status fill_events(turn *t, const sk_event *items, size_t count, Schakel__V1__Events *out)
{
    if ((out->items = turn_pointers(t, count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        if ((out->items[i] = sk_event_to_message(&items[i], t->arena)) == NULL)
            return turn_no_memory(t, t->err);
    out->n_items = count;
    return SK_OK;
}

/** Where reading starts; UINT64_MAX, behind what the consumer acknowledged, is no event's number.
 */
static uint64_t read_after(const Schakel__V1__ReadEvents *m)
{
    if (m->after_or_none_case != SCHAKEL__V1__READ_EVENTS__AFTER_OR_NONE_AFTER)
        return UINT64_MAX;
    return m->after < UINT64_MAX ? m->after : UINT64_MAX - 1;
}

sk_status run_read_events(turn *t)
{
    const Schakel__V1__ReadEvents *m = t->request->read_events;
    Schakel__V1__Events *out = turn_make(t, &schakel__v1__events__descriptor);
    const sk_event *items = NULL;
    size_t count = 0;
    uint64_t after = read_after(m);
    sk_status st = SK_OK;

    if (!out)
        return turn_no_memory(t, t->err);
    if (m->wait_ms > SK_WAIT_MAX_MS)
        return sk_fail_field(t->err, SK_EINVAL, "waitMs", "at most %d", SK_WAIT_MAX_MS);
    st = sk_engine_read_events(t->engine, t->actor, after, sk_str_from(m->consumer), m->limit,
                               t->scratch, &items, &count, &out->last, t->err);
    if (st != SK_OK || (st = fill_events(t, items, count, out)) != SK_OK)
        return st;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_EVENTS;
    t->response->events = out;
    if (count == 0 && m->wait_ms) {
        /* A consumer's own place is never past the newest event. */
        bool ahead = after != UINT64_MAX && after > out->last;

        t->wait = (sk_dispatch_wait){
            .waiting = true, .after = ahead ? after : out->last, .wait_ms = m->wait_ms};
    }
    return SK_OK;
}

sk_status run_ack_events(turn *t)
{
    const Schakel__V1__AckEvents *m = t->request->ack_events;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_ack_events(t->engine, &call, sk_str_from(m->consumer), m->seq, &receipt,
                                  t->err);
    return turn_receipt(t, st, &receipt);
}

/* ---- State, backups, clock ---- */

static sk_status fill_status(turn *t, const sk_engine_status *status,
                             Schakel__V1__EngineStatus *out)
{
    out->version = (char *)SK_VERSION;
    out->demand_listings = status->demand_listings;
    out->supply_listings = status->supply_listings;
    out->parties = status->parties;
    out->areas = status->areas;
    out->categories = status->categories;
    out->suggestions_open = status->suggestions_open;
    out->suggestions = status->suggestions;
    out->last_event = status->last_event;
    out->rules_name = turn_str(t, status->rules_name);
    out->rules_hash = turn_str(t, status->rules_hash);
    out->index_bytes = status->index_bytes;
    out->connectors = status->connectors;
    out->commands = status->commands;
    out->suggestions_to_test = status->suggestions_to_test;
    out->max_open_per_demand = status->max_open_per_demand;
    out->max_open_per_supply = status->max_open_per_supply;
    out->backup_dir = turn_str(t, status->backup_dir);
    out->connector_id = turn_str(t, status->connector_id);
    if (!sk_strs_to_message(status->rules_off, t->arena, &out->n_rules_off, &out->rules_off))
        return turn_no_memory(t, t->err);
    if (!out->rules_name || !out->rules_hash || !out->backup_dir || !out->connector_id ||
        !sk_time_to_message(status->now_ms, t->arena, &out->now))
        return turn_no_memory(t, t->err);
    return SK_OK;
}

sk_status run_get_status(turn *t)
{
    Schakel__V1__EngineStatus *out = turn_make(t, &schakel__v1__engine_status__descriptor);
    sk_engine_status status;
    sk_status st = sk_engine_get_status(t->engine, t->actor, &status, t->err);

    if (st != SK_OK)
        return st;
    if (!out)
        return turn_no_memory(t, t->err);
    if ((st = fill_status(t, &status, out)) != SK_OK)
        return st;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_ENGINE_STATUS;
    t->response->engine_status = out;
    return SK_OK;
}

sk_status run_backup(turn *t)
{
    const Schakel__V1__Backup *m = t->request->backup;
    sk_receipt receipt = {.created = true};
    sk_status st = sk_engine_backup(t->engine, t->actor, sk_str_from(m->name), t->err);

    if (st == SK_OK) {
        snprintf(receipt.id, sizeof(receipt.id), "%s", m->name);
        receipt.event_seq = sk_engine_last_event(t->engine);
    }
    return turn_receipt(t, st, &receipt);
}

sk_status run_step_clock(turn *t)
{
    const Schakel__V1__StepClock *m = t->request->step_clock;
    sk_receipt receipt;
    sk_call call;
    int64_t to_ms = 0;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK && !m->to)
        st = sk_fail_field(t->err, SK_EINVAL, "to", "is required");
    if (st == SK_OK)
        st = sk_time_from_message(m->to, "to", &to_ms, t->err);
    if (st == SK_OK)
        st = sk_engine_step_clock(t->engine, &call, to_ms, &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

/* ---- Tokens ---- */

static sk_status fill_token(turn *t, const sk_receipt *receipt, const char *secret)
{
    Schakel__V1__NewToken *out = turn_make(t, &schakel__v1__new_token__descriptor);

    if (!out || (out->id = turn_str(t, sk_str_from(receipt->id))) == NULL ||
        (out->token = turn_str(t, sk_str_from(secret))) == NULL)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_NEW_TOKEN;
    t->response->new_token = out;
    return SK_OK;
}

static sk_status read_areas(turn *t, const Schakel__V1__CreateToken *m, sk_strs *out)
{
    sk_str *areas = sk_arena_calloc(t->scratch, m->n_areas, sizeof(*areas));

    if (!areas)
        return sk_fail(t->err, SK_ENOMEM, "no memory for a token");
    for (size_t i = 0; i < m->n_areas; i++)
        areas[i] = sk_str_from(m->areas[i]);
    *out = (sk_strs){areas, m->n_areas};
    return SK_OK;
}

sk_status run_create_token(turn *t)
{
    const Schakel__V1__CreateToken *m = t->request->create_token;
    sk_token token = {.name = sk_str_from(m->name),
                      .role = (sk_role)m->role,
                      .connector_id = sk_str_from(m->connector_id)};
    char secret[65];
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st != SK_OK || (st = read_areas(t, m, &token.areas)) != SK_OK)
        return st;
    st = sk_engine_create_token(t->engine, &call, &token, secret, &receipt, t->err);
    if (st == SK_OK)
        st = fill_token(t, &receipt, secret);
    sodium_memzero(secret, sizeof(secret));
    return st;
}

sk_status run_list_tokens(turn *t)
{
    Schakel__V1__Tokens *out = turn_make(t, &schakel__v1__tokens__descriptor);
    const sk_token *items = NULL;
    size_t count = 0;
    sk_status st = sk_engine_list_tokens(t->engine, t->actor, t->scratch, &items, &count, t->err);

    if (st != SK_OK)
        return st;
    if (!out || (out->items = turn_pointers(t, count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        if ((out->items[i] = sk_token_to_message(&items[i], false, t->arena)) == NULL)
            return turn_no_memory(t, t->err);
    out->n_items = count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_TOKENS;
    t->response->tokens = out;
    return SK_OK;
}

sk_status run_revoke_token(turn *t)
{
    const Schakel__V1__RevokeToken *m = t->request->revoke_token;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_revoke_token(t->engine, &call, sk_str_from(m->id), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}
