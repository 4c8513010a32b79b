/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

/* One moment as a private state: an engine without store of its own, plans, connectors or tokens,
 * loaded by the same code that opens the real one.
 *
 * The lens turns what is stored into what was so at the moment. All listings and parties are
 * loaded, whatever the moment, so that their slots are the same at every moment; a listing that was
 * not open then is one that is withdrawn. For a moment that is now it changes nothing.
 *
 * Thread: the dry run's; the suggestions come in the reader's thread. */

/* ---- The lens ---- */

static sk_status see_party(void *context, const sk_party *party, sk_error *err)
{
    const dry_state *state = context;

    (void)err;
    return sk_intern_find(state->run->erased, party->id) ? SK_ENOTFOUND : SK_OK;
}

static sk_status see_listing(void *context, sk_listing *listing, sk_error *err)
{
    dry_state *state = context;
    struct dry_run *run = state->run;
    sk_status st = dry_may_go_on(run, err);

    if (st != SK_OK)
        return st;
    if (sk_intern_find(run->erased, listing->party_id))
        return SK_ENOTFOUND;
    if (++state->loaded > run->most_listings)
        return sk_fail(err, SK_ELIMIT, "a dry run looks at no more than %llu listings",
                       (unsigned long long)run->most_listings);
    atomic_store(&run->done, state->loaded);
    if (listing->created_ms > state->at_ms)
        listing->status = SK_LISTING_WITHDRAWN;
    else if (listing->status != SK_LISTING_OPEN && listing->updated_ms > state->at_ms)
        listing->status = SK_LISTING_OPEN;
    if (listing->relaxed_until_ms <= state->at_ms)
        listing->relaxed = 0;
    return SK_OK;
}

static sk_state state_at(const sk_suggestion *s, int64_t at_ms)
{
    sk_state state = SK_STATE_PROPOSED;

    for (size_t i = 0; i < s->step_count && s->steps[i].at_ms <= at_ms; i++)
        state = s->steps[i].state;
    return state;
}

static sk_status see_suggestion(void *context, sk_suggestion *s, sk_error *err)
{
    const dry_state *state = context;
    sk_status st = dry_may_go_on(state->run, err);

    if (st != SK_OK)
        return st;
    if (s->created_ms > state->at_ms || sk_intern_find(state->run->erased, s->demand_party_id) ||
        sk_intern_find(state->run->erased, s->supply_party_id))
        return SK_ENOTFOUND;
    if (s->updated_ms > state->at_ms)
        s->state = state_at(s, state->at_ms);
    if (s->connected_ms > state->at_ms)
        s->connected_ms = 0;
    return SK_OK;
}

/* ---- Loading ---- */

/** The rule set as it was given or stored. A stored one must still be what its hash says. */
static sk_status compile(dry_state *state, int side, sk_error *err)
{
    const struct dry_run *run = state->run;
    const sk_rules_source from = {.name = run->set_name[side],
                                  .text = run->source[side],
                                  .find = sk_engine_find_script,
                                  .context = state->e};
    sk_status st = sk_ruleset_load(&from, state->e->words, &state->rules[side], err);

    if (st != SK_OK || run->hash[side].size == 0 ||
        sk_str_eq(run->hash[side], sk_str_from(sk_ruleset_about(state->rules[side])->hash)))
        return st;
    return sk_fail_field(
        err, SK_ECONFLICT, side ? "hash" : "", "what %s rule set is based on has changed since; %s",
        side ? "this" : "the active", side ? "push it again" : "restart the engine");
}

static sk_status open_parts(dry_state *state, sk_error *err)
{
    sk_engine *e = state->e;

    e->store = state->run->view;
    e->rules_dir = state->run->rules_dir.size ? (char *)state->run->rules_dir.data : NULL;
    e->lens = &state->lens;
    e->now_ms = state->at_ms;
    e->started = true;
    e->words = sk_intern_new();
    e->cmd.arena = sk_arena_new(0);
    if (!e->words || !e->cmd.arena)
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    return sk_calendar_open(&e->calendar, err);
}

static sk_status gather_demands(dry_state *state, sk_error *err)
{
    const sk_engine *e = state->e;
    uint32_t slots = sk_index_slots(e->index);

    state->demands = sk_calloc(slots + (size_t)1, sizeof(uint32_t));
    if (!state->demands)
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    /* Slots were given out as the store walks, which is in order of the ids. */
    for (uint32_t slot = 0; slot < slots; slot++) {
        const sk_facts *f = sk_index_facts(e->index, slot);

        if (f && sk_kind_side((sk_kind)f->kind) == SK_DEMAND && listing_open(e, f))
            state->demands[state->demand_count++] = slot;
    }
    return SK_OK;
}

/** Open suggestions are forgotten, but for the values that rules read. */
static void clean_slate(sk_engine *e)
{
    for (size_t i = 0; i < e->pairing_count; i++)
        if (sk_state_open((sk_state)e->pairings[i].state))
            e->pairings[i].state = SK_STATE_WITHDRAWN;
}

sk_status dry_state_open(struct dry_run *run, int64_t at_ms, dry_state *out, sk_error *err)
{
    sk_status st;

    *out = (dry_state){.run = run,
                       .at_ms = at_ms,
                       .lens = {.context = out,
                                .party = see_party,
                                .listing = see_listing,
                                .suggestion = see_suggestion}};
    if (!(out->e = sk_calloc(1, sizeof(*out->e))))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    if ((st = open_parts(out, err)) != SK_OK || (st = compile(out, 0, err)) != SK_OK ||
        (st = compile(out, 1, err)) != SK_OK || (st = load_taxonomy(out->e, err)) != SK_OK ||
        (st = load_begin(out->e, at_ms, err)) != SK_OK)
        return st;
    /* The active set as it works now; the other one would begin with a clean record. */
    health_switch_off(out->rules[0], run->faults, run->fault_count);
    out->e->rules = out->rules[0];
    sk_matcher_set_rules(out->e->matcher, out->rules[0]);
    if ((st = load_records(out->e, err)) != SK_OK ||
        (st = sk_index_advance(out->e->index, at_ms, err)) != SK_OK)
        return st;
    clean_slate(out->e);
    return gather_demands(out, err);
}

void dry_state_close(dry_state *state)
{
    if (state->e) {
        /* Of these the engine has no more than a view. */
        state->e->store = NULL;
        state->e->rules = NULL;
        state->e->rules_dir = NULL;
        sk_engine_close(state->e);
    }
    for (int side = 0; side < 2; side++) {
        sk_ruleset_free(state->rules[side]);
        sk_free(state->lists[side].first);
        sk_free(state->lists[side].picks);
    }
    sk_free(state->demands);
}

sk_status dry_store_time(sk_store *store, int64_t *out_ms, sk_error *err)
{
    sk_arena *arena = sk_arena_new(0);
    sk_str value;
    uint64_t time = 0;
    sk_status st = arena ? sk_store_get_meta(store, SK_STR(ENGINE_NUMBERS), arena, &value, err)
                         : sk_fail(err, SK_ENOMEM, "no memory for a dry run");

    if (st == SK_ENOTFOUND || (st == SK_OK && value.size != 24))
        st =
            sk_fail_field(err, SK_EINVAL, "backup", "holds no time at which it was made; give one");
    for (size_t i = 0; i < 8 && st == SK_OK; i++)
        time = time << 8 | (uint8_t)value.data[i];
    if (st == SK_OK)
        *out_ms = (int64_t)time;
    sk_arena_free(arena);
    return st;
}
