/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Opening: everything in memory is rebuilt from the store, in the order in which it leans on each
 * other: taxonomy, areas, parties, listings, suggestions, connectors, tokens, rules, messages. An
 * erasure that a crash cut short, or that a restored backup brought back, is finished last. */

/* ---- Numbers kept in meta ---- */

static uint64_t number_at(sk_str bytes, size_t place)
{
    uint64_t value = 0;

    for (size_t i = 0; i < 8; i++)
        value = value << 8 | (uint8_t)bytes.data[8 * place + i];
    return value;
}

static sk_status load_numbers(sk_engine *e, sk_error *err)
{
    sk_str value;
    sk_status st = sk_store_last_event(e->store, &e->last_event, err);

    if (st != SK_OK)
        return st;
    st = sk_store_get_meta(e->store, SK_STR(ENGINE_NUMBERS), e->cmd.arena, &value, err);
    if (st == SK_ENOTFOUND)
        return SK_OK;
    if (st == SK_OK && value.size != 24)
        return sk_fail(err, SK_ECORRUPT, "the engine's own numbers have the wrong size");
    if (st != SK_OK)
        return st;
    due_start(e, (int64_t)number_at(value, 0));
    e->next_midnight_ms = (int64_t)number_at(value, 1);
    e->audit_seq = number_at(value, 2);
    return SK_OK;
}

/* ---- Parties and listings ---- */

static sk_status load_party(void *context, const sk_party *party, sk_error *err)
{
    sk_engine *e = context;
    uint32_t slot;
    sk_status st = e->lens ? e->lens->party(e->lens->context, party, err) : SK_OK;

    if (st != SK_OK)
        return st == SK_ENOTFOUND ? SK_OK : st;
    if ((st = sk_index_party_put(e->index, party, &slot, err)) != SK_OK)
        return st;
    if (extras_ensure(e, SK_NONE, slot) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for parties");
    e->parties[slot].kind = (uint8_t)party->kind;
    if (!e->lens && party_prefers(e, slot, party) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for parties");
    e->party_live++;
    return SK_OK;
}

static sk_status load_listing(void *context, const sk_listing *stored, sk_error *err)
{
    sk_engine *e = context;
    sk_listing listing = *stored;
    uint32_t slot;
    sk_status st = e->lens ? e->lens->listing(e->lens->context, &listing, err) : SK_OK;

    if (st != SK_OK)
        return st == SK_ENOTFOUND ? SK_OK : st;
    if ((st = sk_index_put(e->index, &listing, &slot, err)) != SK_OK)
        return st;
    st = extras_ensure(e, slot, SK_NONE);
    if (st == SK_OK && !e->lens)
        st = due_plan_listing(e, slot);
    if (st == SK_OK && listing.relaxed && !e->lens)
        st = due_push(e, listing.relaxed_until_ms, DUE_CASE_END, slot);
    return st == SK_OK ? SK_OK : sk_fail(err, st, "no memory for listings");
}

/* ---- Suggestions ---- */

static sk_status plan_suggestion(sk_engine *e, uint32_t index)
{
    const pairing *p = &e->pairings[index];
    sk_status st = SK_OK;

    if (sk_state_open((sk_state)p->state) && !e->lens)
        st = due_push(e, p->created_ms + SK_OPEN_LIFE_MS, DUE_EXPIRY, index);
    if (st == SK_OK && p->state == SK_STATE_PARKED && !e->lens)
        st = due_push(e, p->until_ms, DUE_PARKED, index);
    if (st == SK_OK && p->connected_ms)
        st = list_push(&e->connected, index);
    return st;
}

static sk_status load_suggestion(void *context, const sk_suggestion *s, sk_error *err)
{
    sk_engine *e = context;
    pairing p = {.created_ms = s->created_ms,
                 .until_ms = s->until_ms,
                 .connected_ms = s->connected_ms,
                 .demand = sk_index_find(e->index, s->demand_id),
                 .supply = sk_index_find(e->index, s->supply_id),
                 .version = (uint32_t)s->version,
                 .score = (int32_t)s->score,
                 .state = (uint8_t)s->state,
                 .has_appointments = s->appointment_count > 0};
    uint32_t index;

    if (p.demand == SK_NO_SLOT || p.supply == SK_NO_SLOT)
        return sk_fail(err, SK_ECORRUPT, "suggestion %.*s names a listing that is not there",
                       SK_STR_ARG(s->id));
    if (!pairing_number(s->id, &p.number))
        return sk_fail(err, SK_ECORRUPT, "%.*s is no id of a suggestion", SK_STR_ARG(s->id));
    if (s->assignee.size)
        if (!(p.assignee = sk_intern_add(e->words, s->assignee)))
            return sk_fail(err, SK_ENOMEM, "no memory for suggestions");
    if (pairing_add(e, &p, &index) != SK_OK || plan_suggestion(e, index) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for suggestions");
    pairing_count(e, &e->pairings[index], +1);
    sk_party_facts *demand = sk_index_party(e->index, sk_index_facts(e->index, p.demand)->party);
    sk_party_facts *supply = sk_index_party(e->index, sk_index_facts(e->index, p.supply)->party);
    /* Suggestions come in order of creation. */
    demand->last_asked_ms = supply->last_asked_ms = p.created_ms;
    return SK_OK;
}

static int compare_connected(const void *a, const void *b, void *context)
{
    const sk_engine *e = context;
    const pairing *x = &e->pairings[*(const uint32_t *)a];
    const pairing *y = &e->pairings[*(const uint32_t *)b];

    if (x->connected_ms != y->connected_ms)
        return x->connected_ms < y->connected_ms ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/** Each party with appointments once, however many pairs it has. */
static sk_status load_busy(sk_engine *e, sk_error *err)
{
    u32_list *parties = &e->cmd.touched;
    sk_status st = SK_OK;

    if (parties->count)
        qsort(parties->items, parties->count, sizeof(uint32_t), compare_u32);
    for (size_t i = 0; i < parties->count && st == SK_OK; i++) {
        if (i && parties->items[i - 1] == parties->items[i])
            continue;
        st = party_busy_recount(e, parties->items[i], err);
        sk_arena_reset(e->cmd.arena);
    }
    parties->count = 0;
    return st;
}

/** Load and appointments follow from the pairs that were connected. */
static sk_status count_connected(sk_engine *e, sk_error *err)
{
    if (e->connected.count)
        qsort_r(e->connected.items, e->connected.count, sizeof(uint32_t), compare_connected, e);
    for (size_t i = 0; i < e->connected.count; i++) {
        const pairing *p = &e->pairings[e->connected.items[i]];
        uint32_t demand = sk_index_facts(e->index, p->demand)->party;
        uint32_t supply = sk_index_facts(e->index, p->supply)->party;

        sk_index_party(e->index, demand)->load_30d++;
        sk_index_party(e->index, supply)->load_30d++;
        if (p->state != SK_STATE_CONNECTED || !p->has_appointments)
            continue;
        touch_party(e, demand);
        touch_party(e, supply);
    }
    return e->failed ? sk_fail(err, SK_ENOMEM, "no memory for suggestions") : load_busy(e, err);
}

/* ---- Erasures to finish ---- */

static sk_status finish_erasures(sk_engine *e, sk_error *err)
{
    sk_strs ids;
    sk_arena *arena = sk_arena_new(0);
    sk_status st = arena ? sk_store_erased(e->store, arena, &ids, err)
                         : sk_fail(err, SK_ENOMEM, "no memory to open the engine");

    for (size_t i = 0; st == SK_OK && i < ids.count; i++) {
        if (!sk_intern_add(e->erased, ids.items[i]))
            st = sk_fail(err, SK_ENOMEM, "no memory to open the engine");
        else if (sk_index_party_find(e->index, ids.items[i]) != SK_NO_SLOT)
            st = erase_party_now(e, ids.items[i], err);
    }
    sk_arena_free(arena);
    return st;
}

/* ---- Open and close ---- */

sk_status load_begin(sk_engine *e, int64_t now_ms, sk_error *err)
{
    sk_status st = sk_index_new(e->words, e->calendar, e->taxonomy, now_ms, &e->index, err);

    return st == SK_OK ? sk_matcher_new(e->index, &e->matcher, err) : st;
}

/** Parties and listings; meanwhile a second thread reads the suggestions. Only these tell where in
 *  the index a listing belongs, so the index files last. */
sk_status load_records(sk_engine *e, sk_error *err)
{
    early_reader *reader;
    sk_status st = early_start(e->store, e->lens, &reader, err);

    if (st != SK_OK)
        return st;
    sk_index_hold(e->index);
    st = sk_store_each_party(e->store, SK_STR(""), false, load_party, e, err);
    if (st == SK_OK)
        st = sk_store_each_listing(e->store, SK_STR(""), false, load_listing, e, err);
    if (st != SK_OK) {
        (void)early_finish(reader, NULL, NULL, NULL);
        return st;
    }
    if ((st = early_finish(reader, load_suggestion, e, err)) != SK_OK ||
        (st = sk_index_release(e->index, err)) != SK_OK || (st = count_connected(e, err)) != SK_OK)
        return st;
    if (e->started)
        load_advance(e, e->now_ms);
    return SK_OK;
}

sk_status engine_load(sk_engine *e, sk_error *err)
{
    sk_status st;

    if ((st = load_numbers(e, err)) != SK_OK || (st = pending_load(e, err)) != SK_OK ||
        (st = load_taxonomy(e, err)) != SK_OK || (st = load_areas(e, err)) != SK_OK ||
        (st = load_begin(e, e->started ? e->now_ms : sk_clock_now(&e->clock), err)) != SK_OK)
        return st;
    if ((st = load_rules(e, err)) != SK_OK || (st = load_records(e, err)) != SK_OK ||
        (st = load_connectors(e, err)) != SK_OK || (st = load_tokens(e, err)) != SK_OK ||
        (st = load_notices(e, err)) != SK_OK)
        return st;
    st = finish_erasures(e, err);
    return st == SK_OK ? pending_start(e, err) : st;
}

static char *copy_path(const char *path)
{
    size_t size = strlen(path) + 1;
    char *copy = sk_malloc(size);

    return copy ? memcpy(copy, path, size) : NULL;
}

static sk_status set_folders(sk_engine *e, const sk_engine_options *options, sk_error *err)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/backups", options->data_dir);
    e->backup_dir = copy_path(options->backup_dir ? options->backup_dir : path);
    e->rules_dir = options->rules_dir ? copy_path(options->rules_dir) : NULL;
    if (!e->backup_dir || (options->rules_dir && !e->rules_dir))
        return sk_fail(err, SK_ENOMEM, "no memory to open the engine");
    return SK_OK;
}

static sk_status open_parts(sk_engine *e, const sk_engine_options *options, sk_error *err)
{
    sk_store_options store = {
        .size = sizeof(store), .path = options->data_dir, .no_sync = options->no_sync};
    sk_status st;

    if (sodium_init() < 0)
        return sk_fail(err, SK_EINTERNAL, "libsodium does not start");
    e->words = sk_intern_new();
    e->notices = sk_calloc(1, sizeof(*e->notices));
    e->erased = sk_intern_new();
    e->cmd.arena = sk_arena_new(0);
    e->connector_arena = sk_arena_new(0);
    e->token_arena = sk_arena_new(0);
    if (!e->words || !e->notices || !e->erased || !e->cmd.arena || !e->connector_arena ||
        !e->token_arena)
        return sk_fail(err, SK_ENOMEM, "no memory to open the engine");
    if ((st = set_folders(e, options, err)) != SK_OK ||
        (st = sk_calendar_open(&e->calendar, err)) != SK_OK ||
        (st = sk_rd_open(&e->rd, err)) != SK_OK ||
        (st = sk_store_open(&store, &e->store, err)) != SK_OK)
        return st;
    e->cmd.batch = sk_batch_new(e->store);
    if (!e->cmd.batch)
        return sk_fail(err, SK_ENOMEM, "no memory to open the engine");
    return engine_load(e, err);
}

sk_status sk_engine_open(const sk_engine_options *options, sk_engine **out, sk_error *err)
{
    sk_engine *e = sk_calloc(1, sizeof(*e));
    sk_status st;

    if (!e)
        return sk_fail(err, SK_ENOMEM, "no memory to open the engine");
    e->clock = options->clock;
    e->dry_run_ms = options->dry_run_ms;
    e->dry_run_listings = options->dry_run_listings;
    if ((st = open_parts(e, options, err)) != SK_OK) {
        sk_engine_close(e);
        return st;
    }
    *out = e;
    return SK_OK;
}

static void free_lists(sk_engine *e)
{
    sk_free(e->pairings);
    sk_free(e->listings);
    sk_free(e->parties);
    sk_free(e->cases);
    sk_free(e->connected.items);
    sk_free(e->due);
    sk_free(e->connectors);
    sk_free(e->tokens);
    sk_free(e->staged_items);
    sk_free(e->cmd.touched.items);
    sk_free(e->cmd.rounds.items);
    sk_free(e->cmd.created.items);
    sk_free(e->cmd.stepped.items);
    sk_free(e->cmd.records);
    sk_free(e->backup_dir);
    sk_free(e->rules_dir);
}

void sk_engine_close(sk_engine *e)
{
    if (!e)
        return;
    dry_stop(e);
    sk_matcher_free(e->matcher);
    sk_ruleset_free(e->rules);
    sk_index_free(e->index);
    sk_taxonomy_free(e->taxonomy);
    sk_areas_free(e->areas);
    sk_areas_free(e->staged);
    sk_rd_close(e->rd);
    sk_calendar_close(e->calendar);
    sk_batch_free(e->cmd.batch);
    sk_store_close(e->store);
    sk_arena_free(e->cmd.arena);
    sk_arena_free(e->connector_arena);
    sk_arena_free(e->token_arena);
    sk_arena_free(e->staged_arena);
    sk_intern_free(e->words);
    sk_intern_free(e->erased);
    notices_done(e->notices);
    free_lists(e);
    sk_free(e);
}
