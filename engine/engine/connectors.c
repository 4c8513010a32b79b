/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Connectors are few: all of them in one sorted array, read anew from the store after a change. */

static int compare_connectors(const void *a, const void *b)
{
    return sk_str_cmp(((const sk_connector *)a)->id, ((const sk_connector *)b)->id);
}

static sk_strs copy_strs(sk_arena *arena, sk_strs from)
{
    sk_str *items = sk_arena_calloc(arena, from.count, sizeof(sk_str));

    if (!items)
        return (sk_strs){NULL, 0};
    for (size_t i = 0; i < from.count; i++)
        items[i] = sk_arena_str(arena, from.items[i]);
    return (sk_strs){items, from.count};
}

static sk_status add_connector(void *context, const sk_connector *c, sk_error *err)
{
    sk_engine *e = context;
    sk_connector *items =
        sk_realloc(e->connectors, (e->connector_count + 1) * sizeof(sk_connector));
    sk_connector *copy;

    if (!items)
        return sk_fail(err, SK_ENOMEM, "no memory for connectors");
    e->connectors = items;
    copy = &items[e->connector_count];
    *copy = *c;
    copy->id = sk_arena_str(e->connector_arena, c->id);
    copy->name = sk_arena_str(e->connector_arena, c->name);
    copy->substitute_id = sk_arena_str(e->connector_arena, c->substitute_id);
    copy->areas = copy_strs(e->connector_arena, c->areas);
    if (!copy->id.data || !copy->name.data || !copy->substitute_id.data ||
        copy->areas.count != c->areas.count || !sk_intern_add(e->words, c->id))
        return sk_fail(err, SK_ENOMEM, "no memory for connectors");
    e->connector_count++;
    return SK_OK;
}

sk_status load_connectors(sk_engine *e, sk_error *err)
{
    sk_status st;

    e->connector_count = 0;
    sk_arena_reset(e->connector_arena);
    if ((st = sk_store_each_connector(e->store, add_connector, e, err)) != SK_OK)
        return st;
    if (e->connector_count)
        qsort(e->connectors, e->connector_count, sizeof(sk_connector), compare_connectors);
    return SK_OK;
}

/* ---- Put ---- */

static bool is_own(const sk_actor *actor, sk_str id)
{
    return actor && actor->role == SK_ROLE_CONNECTOR && actor->connector_id.size &&
           sk_str_eq(actor->connector_id, id);
}

static bool same_areas(sk_strs a, sk_strs b)
{
    bool same = a.count == b.count;

    for (size_t i = 0; same && i < a.count; i++)
        same = sk_str_eq(a.items[i], b.items[i]);
    return same;
}

/** An administrator changes everything; a connector its own ceiling, absence and substitute. */
static sk_status check_put(const sk_actor *actor, const sk_connector *c, const sk_connector *old,
                           sk_error *err)
{
    bool own = old && require_right(actor, RIGHT_ADMIN, NULL) != SK_OK;

    if (own && !sk_str_eq(c->name, old->name))
        return sk_fail_field(err, SK_EDENIED, "name", "only an administrator changes it");
    if (own && !same_areas(c->areas, old->areas))
        return sk_fail_field(err, SK_EDENIED, "areas", "only an administrator changes them");
    return sk_connector_check(c, err);
}

sk_status sk_engine_put_connector(sk_engine *e, const sk_call *call, const sk_connector *given,
                                  sk_receipt *out, sk_error *err)
{
    sk_connector c = *given;
    const sk_connector *old;
    bool created;
    bool own = is_own(call->actor, c.id) && connector_find(e, c.id);
    sk_status st = own ? SK_OK : require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    old = connector_find(e, c.id);
    if ((st = check_put(call->actor, &c, old, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    created = old == NULL;
    c.version = old ? old->version + 1 : 1;
    sk_batch_put_connector(e->cmd.batch, &c);
    emit(e, "connector.put", SK_STR(""), SK_STR(""), SK_STR(""), c.id);
    audit(e, "connector.put", c.id);
    if ((st = command_commit(e, c.id, c.version, created, out, err)) != SK_OK)
        return st;
    if ((st = load_connectors(e, err)) != SK_OK)
        return command_broken(e, st);
    return notices_settle_connectors(e, err);
}

sk_status sk_engine_list_connectors(sk_engine *e, const sk_actor *actor, sk_arena *arena,
                                    const sk_connector **out, const uint32_t **out_cases,
                                    size_t *out_count, sk_error *err)
{
    uint32_t *cases;
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    cases = sk_arena_calloc(arena, e->connector_count, sizeof(uint32_t));
    if (!cases)
        return sk_fail(err, SK_ENOMEM, "no memory for connectors");
    for (size_t i = 0; i < e->connector_count; i++)
        cases[i] = connector_cases(e, sk_intern_find(e->words, e->connectors[i].id));
    *out = e->connectors;
    *out_cases = cases;
    *out_count = e->connector_count;
    return SK_OK;
}
