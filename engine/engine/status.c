/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>

/* Running the engine: how it stands, its clock, its backups. */

sk_status sk_engine_get_status(sk_engine *e, const sk_actor *actor, sk_engine_status *out,
                               sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    *out = (sk_engine_status){
        .now_ms = e->now_ms,
        .demand_listings = sk_index_count(e->index, SK_DEMAND),
        .supply_listings = sk_index_count(e->index, SK_SUPPLY),
        .parties = e->party_live,
        .areas = sk_areas_count(e->areas),
        .categories = sk_taxonomy_count(e->taxonomy),
        .connectors = e->connector_count,
        .suggestions_open = e->open_count,
        .suggestions = e->live_count,
        .last_event = e->last_event,
        .index_bytes = sk_index_memory(e->index),
        .commands = e->commands,
        .rules_name = sk_ruleset_about(e->rules)->name,
        .rules_hash = sk_str_from(e->rules_hash),
        .rules_off = {e->rules_off, e->rules_off_count},
        .suggestions_to_test = pairing_from(e, e->retest_end) - pairing_from(e, e->retest_from),
        .max_open_per_demand = sk_ruleset_about(e->rules)->max_open_per_demand,
        .max_open_per_supply = sk_ruleset_about(e->rules)->max_open_per_supply,
        .backup_dir = require_right(actor, RIGHT_ADMIN, NULL) == SK_OK ? sk_str_from(e->backup_dir)
                                                                       : SK_STR(""),
        .connector_id = actor->connector_id,
    };
    return SK_OK;
}

sk_status sk_engine_step_clock(sk_engine *e, const sk_call *call, int64_t to_ms, sk_receipt *out,
                               sk_error *err)
{
    sk_status st = require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK)
        return st;
    if (!e->clock.fixed)
        return sk_fail(err, SK_ECONFLICT,
                       "this engine follows the host's clock; start it with --clock to step it");
    /* A repetition is answered, and whatever can be refused is, before the clock moves. */
    if ((st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    command_cancel(e);
    if (to_ms < e->now_ms || to_ms > SK_TIME_MAX_MS)
        return sk_fail_field(err, SK_EINVAL, "to", "the clock never runs back");
    e->clock.fixed_ms = to_ms;
    if ((st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    return command_commit(e, SK_STR(""), 0, false, out, err);
}

sk_status sk_engine_backup(sk_engine *e, const sk_actor *actor, sk_str name, sk_error *err)
{
    char path[4096];
    sk_status st = require_right(actor, RIGHT_ADMIN, err);

    if (st != SK_OK)
        return st;
    if (!sk_id_valid(name) || name.data[0] == '.')
        return sk_fail_field(err, SK_EINVAL, "name", "a plain name, such as 2026-11-23");
    if ((st = sk_dir_make(e->backup_dir, 0700, err)) != SK_OK)
        return st;
    if (snprintf(path, sizeof(path), "%s/%.*s", e->backup_dir, SK_STR_ARG(name)) >=
        (int)sizeof(path))
        return sk_fail_field(err, SK_EINVAL, "name", "the path becomes too long");
    return sk_store_backup(e->store, path, err);
}

sk_status sk_engine_sync(sk_engine *e, sk_error *err)
{
    return sk_store_sync(e->store, err);
}

void sk_engine_on_disk_fault(void (*end)(void))
{
    sk_store_on_fatal(end);
}

bool sk_engine_failed(const sk_engine *e)
{
    return e->failed;
}

uint64_t sk_engine_commands(const sk_engine *e)
{
    return e->commands;
}
