/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* The record of a suggestion, with its scores, reasons and steps. It is read from the store when a
 * command changes it and written with the command's batch; between the two it stands in
 * command.records, so that two steps in one command see each other. */

static sk_status records_ensure(command *c)
{
    void *items = c->records;

    if (!sk_grow(&items, &c->record_capacity, c->record_count + 1, sizeof(sk_suggestion)))
        return SK_ENOMEM;
    c->records = items;
    return SK_OK;
}

/** The record that this command holds already, or NULL. The flag spares nearly every search: at
 *  midnight a command may hold a hundred thousand. */
static sk_suggestion *record_held(sk_engine *e, uint32_t index)
{
    command *c = &e->cmd;

    if (!e->pairings[index].stepped)
        return NULL;
    for (size_t i = c->record_count; i > 0; i--) {
        if (c->stepped.items[i - 1] == index)
            return &c->records[i - 1];
    }
    return NULL;
}

sk_status record_of(sk_engine *e, uint32_t index, sk_suggestion **out, sk_error *err)
{
    command *c = &e->cmd;
    sk_suggestion *held = record_held(e, index);
    char id[16];
    sk_status st;

    if (held) {
        *out = held;
        return SK_OK;
    }
    if (records_ensure(c) != SK_OK || list_push(&c->stepped, index) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for a suggestion");
    st = sk_store_get_suggestion(e->store, pairing_id(e->pairings[index].number, id), c->arena,
                                 &c->records[c->record_count], err);
    if (st != SK_OK) {
        c->stepped.count--;
        return st;
    }
    e->pairings[index].stepped = true;
    *out = &c->records[c->record_count++];
    return SK_OK;
}

sk_status record_peek(sk_engine *e, uint32_t index, sk_suggestion *room, const sk_suggestion **out,
                      sk_error *err)
{
    const sk_suggestion *held = record_held(e, index);
    char id[16];

    *out = held ? held : room;
    if (held)
        return SK_OK;
    return sk_store_get_suggestion(e->store, pairing_id(e->pairings[index].number, id),
                                   e->cmd.arena, room, err);
}

void emit_suggestion(sk_engine *e, const pairing *p, const char *type, sk_str detail)
{
    char id[16];

    emit(e, type, sk_index_id(e->index, p->demand), SK_STR(""), pairing_id(p->number, id), detail);
}

static sk_status add_step(sk_engine *e, sk_suggestion *s, sk_state state, sk_str reason)
{
    sk_step *steps = sk_arena_calloc(e->cmd.arena, s->step_count + 1, sizeof(sk_step));

    if (!steps)
        return SK_ENOMEM;
    if (s->step_count)
        memcpy(steps, s->steps, s->step_count * sizeof(sk_step));
    steps[s->step_count] = (sk_step){.version = s->version,
                                     .state = state,
                                     .at_ms = e->now_ms,
                                     .by = call_token(e->cmd.call),
                                     .reason = reason};
    s->steps = steps;
    s->step_count++;
    return SK_OK;
}

sk_status suggestion_step(sk_engine *e, uint32_t index, sk_state state, const char *event,
                          sk_str reason, sk_str detail, sk_error *err)
{
    sk_suggestion *s;
    sk_status st = record_of(e, index, &s, err);

    if (st != SK_OK)
        return st;
    s->state = state;
    s->version++;
    s->updated_ms = e->now_ms;
    s->reason = sk_arena_str(e->cmd.arena, reason);
    s->undo_state = SK_STATE_NONE;
    if (state == SK_STATE_PROPOSED)
        s->until_ms = 0;
    if (!s->reason.data || add_step(e, s, state, s->reason) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for a step");
    e->pairings[index].version = (uint32_t)s->version;
    e->pairings[index].until_ms = s->until_ms;
    pairing_set_state(e, index, state);
    emit_suggestion(e, &e->pairings[index], event, detail);
    return SK_OK;
}

sk_status records_write(sk_engine *e)
{
    for (size_t i = 0; i < e->cmd.record_count; i++)
        if (!e->pairings[e->cmd.stepped.items[i]].erased)
            sk_batch_put_suggestion(e->cmd.batch, &e->cmd.records[i]);
    return SK_OK;
}
