/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* Commands and questions about parties. A new block ends what runs between the two. */

static bool names(sk_strs list, sk_str id)
{
    for (size_t i = 0; i < list.count; i++)
        if (sk_str_eq(list.items[i], id))
            return true;
    return false;
}

/* ---- Blocks ---- */

static bool runs(sk_state state)
{
    return state == SK_STATE_ACCEPTED || state == SK_STATE_INTRODUCED ||
           state == SK_STATE_CONNECTED;
}

/** The party on the other side of the pairing. */
static uint32_t other_party(const sk_engine *e, const pairing *p, uint32_t party)
{
    uint32_t demand = sk_index_facts(e->index, p->demand)->party;

    return demand == party ? sk_index_facts(e->index, p->supply)->party : demand;
}

static sk_status end_by_block(sk_engine *e, uint32_t index, uint32_t party, sk_error *err)
{
    bool connected = e->pairings[index].state == SK_STATE_CONNECTED;
    uint32_t other = other_party(e, &e->pairings[index], party);
    sk_status st = suggestion_step(e, index, connected ? SK_STATE_ENDED : SK_STATE_DECLINED,
                                   connected ? "suggestion.ended" : "suggestion.declined",
                                   SK_STR("block"), SK_STR("block"), err);

    if (st == SK_OK && connected) {
        st = party_busy_recount(e, party, err);
        if (st == SK_OK)
            st = party_busy_recount(e, other, err);
    }
    return st;
}

static sk_status end_blocked(sk_engine *e, uint32_t party, sk_strs blocks, sk_error *err)
{
    sk_status st = SK_OK;

    /* Pairings are in order of their ids. Few parties block, so the walk over all is rare. */
    if (blocks.count == 0)
        return SK_OK;
    for (uint32_t i = 0; i < e->pairing_count && st == SK_OK; i++) {
        const pairing *p = &e->pairings[i];

        if (p->erased || !runs((sk_state)p->state))
            continue;
        if (sk_index_facts(e->index, p->demand)->party != party &&
            sk_index_facts(e->index, p->supply)->party != party)
            continue;
        if (names(blocks, sk_index_party_id(e->index, other_party(e, p, party))))
            st = end_by_block(e, i, party, err);
    }
    return st;
}

/* ---- Put ---- */

static sk_status keep_from_old(sk_engine *e, sk_party *party, sk_error *err)
{
    sk_party old;
    sk_status st =
        sk_store_get_party(e->store, party->id, !party->has_contact, e->cmd.arena, &old, err);

    if (st != SK_OK)
        return st;
    party->created_ms = old.created_ms;
    party->version = old.version + 1;
    if (!party->has_contact && old.has_contact) {
        party->has_contact = true;
        party->contact = old.contact;
    }
    return SK_OK;
}

static sk_status prepare(sk_engine *e, sk_party *party, bool exists, sk_error *err)
{
    sk_status st = sk_party_check(party, e->now_ms, err);

    if (st != SK_OK)
        return st;
    party->created_ms = party->updated_ms = e->now_ms;
    party->version = 1;
    if (exists)
        return keep_from_old(e, party, err);
    if (sk_intern_find(e->erased, party->id))
        return sk_fail_field(err, SK_ECONFLICT, "id",
                             "a party with this id was erased; give the new one another id");
    return SK_OK;
}

/* A change of kind decides whether its listings' texts are sealed: write them anew. */
static sk_status reseal(sk_engine *e, uint32_t party, sk_error *err)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);

    for (size_t i = 0; i < count; i++) {
        sk_listing listing;
        sk_status st = sk_store_get_listing(e->store, sk_index_id(e->index, slots[i]), e->cmd.arena,
                                            &listing, err);

        if (st != SK_OK)
            return st;
        sk_batch_put_listing(e->cmd.batch, &listing, e->parties[party].kind == SK_PARTY_RESIDENT);
    }
    return SK_OK;
}

static sk_status store_party(sk_engine *e, const sk_party *party, bool exists, sk_error *err)
{
    uint32_t slot;
    bool kind_changed;
    sk_status st = sk_index_party_put(e->index, party, &slot, err);

    if (st != SK_OK)
        return st;
    if (extras_ensure(e, SK_NONE, slot) != SK_OK)
        return command_broken(e, SK_ENOMEM);
    kind_changed = exists && e->parties[slot].kind != (uint8_t)party->kind;
    if (!exists) {
        memset(&e->parties[slot], 0, sizeof(party_extra));
        e->party_live++;
    }
    e->parties[slot].kind = (uint8_t)party->kind;
    if (party_prefers(e, slot, party) != SK_OK)
        return command_broken(e, SK_ENOMEM);
    if ((st = notices_settle(e, SK_RECIPIENT_PARTY, sk_index_party(e->index, slot)->id, err)) !=
        SK_OK)
        return command_broken(e, st);
    sk_batch_put_party(e->cmd.batch, party);
    if (kind_changed && (st = reseal(e, slot, err)) != SK_OK)
        return command_broken(e, st);
    emit(e, exists ? "party.updated" : "party.created", SK_STR(""), party->id, SK_STR(""),
         SK_STR(""));
    if ((st = end_blocked(e, slot, party->blocks, err)) != SK_OK)
        return command_broken(e, st);
    touch_party(e, slot);
    want_rounds_of_party(e, slot);
    return SK_OK;
}

sk_status sk_engine_put_party(sk_engine *e, const sk_call *call, const sk_party *given,
                              sk_receipt *out, sk_error *err)
{
    sk_party party = *given;
    char made[37];
    bool exists;
    sk_status st = require_right(call->actor, RIGHT_PUT, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (party.id.size == 0) {
        sk_id_make(e->now_ms, e->last_event + 1, made);
        party.id = sk_str_from(made);
    }
    exists = sk_index_party_find(e->index, party.id) != SK_NO_SLOT;
    if ((st = prepare(e, &party, exists, err)) != SK_OK ||
        (st = store_party(e, &party, exists, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    return command_commit(e, party.id, party.version, !exists, out, err);
}

/* ---- Questions ---- */

static sk_status find_party(sk_engine *e, sk_str id, sk_error *err)
{
    if (sk_index_party_find(e->index, id) == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such party");
    return SK_OK;
}

sk_status sk_engine_get_party(sk_engine *e, const sk_actor *actor, sk_str id, bool with_contact,
                              sk_arena *arena, sk_party *out, sk_error *err)
{
    sk_call call = {.actor = actor};
    sk_receipt receipt;
    sk_status st = question_begin(e, actor, with_contact ? RIGHT_CONTACT : RIGHT_READ, err);

    if (st != SK_OK || (st = find_party(e, id, err)) != SK_OK ||
        (st = sk_store_get_party(e->store, id, with_contact, arena, out, err)) != SK_OK)
        return st;
    if (!with_contact)
        return SK_OK;
    if ((st = command_begin(e, &call, &receipt, err)) != SK_OK)
        return st;
    audit(e, "party.contact.read", id);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

static sk_status export_listings(sk_engine *e, uint32_t party, sk_arena *arena,
                                 sk_party_export *out, sk_error *err)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);
    sk_listing *items = sk_arena_calloc(arena, count, sizeof(sk_listing));

    if (!items)
        return sk_fail(err, SK_ELIMIT, "this party has too much to export in one answer");
    for (size_t i = 0; i < count; i++) {
        sk_status st =
            sk_store_get_listing(e->store, sk_index_id(e->index, slots[i]), arena, &items[i], err);
        if (st != SK_OK)
            return st;
    }
    out->listings = items;
    out->listing_count = count;
    return SK_OK;
}

static sk_status export_suggestions(sk_engine *e, const sk_actor *actor, uint32_t party,
                                    sk_arena *arena, sk_party_export *out, sk_error *err)
{
    size_t count, total = 0, n = 0;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);
    sk_suggestion *items;
    char id[16];

    for (size_t i = 0; i < count; i++)
        for (uint32_t p = e->listings[slots[i]].newest; p != SK_NONE;
             p = pairing_next(e, p, slots[i]))
            total++;
    items = sk_arena_calloc(arena, total, sizeof(sk_suggestion));
    if (!items)
        return sk_fail(err, SK_ELIMIT, "this party has too much to export in one answer");
    for (size_t i = 0; i < count; i++) {
        for (uint32_t p = e->listings[slots[i]].newest; p != SK_NONE;
             p = pairing_next(e, p, slots[i])) {
            sk_status st = sk_store_get_suggestion(e->store, pairing_id(e->pairings[p].number, id),
                                                   arena, &items[n], err);
            if (st == SK_OK)
                st = suggestion_coarsen(actor, arena, &items[n++], err);
            if (st != SK_OK)
                return st;
        }
    }
    out->suggestions = items;
    out->suggestion_count = total;
    return SK_OK;
}

sk_status sk_engine_export_party(sk_engine *e, const sk_actor *actor, sk_str id, sk_arena *arena,
                                 sk_party_export *out, sk_error *err)
{
    sk_call call = {.actor = actor};
    sk_party_export answer = {0};
    sk_receipt receipt;
    uint32_t party;
    sk_status st = question_begin(e, actor, RIGHT_ERASE, err);

    if (st != SK_OK || (st = find_party(e, id, err)) != SK_OK ||
        (st = sk_store_get_party(e->store, id, true, arena, &answer.party, err)) != SK_OK)
        return st;
    party = sk_index_party_find(e->index, id);
    if ((st = export_listings(e, party, arena, &answer, err)) != SK_OK ||
        (st = export_suggestions(e, actor, party, arena, &answer, err)) != SK_OK ||
        (st = command_begin(e, &call, &receipt, err)) != SK_OK)
        return st;
    audit(e, "party.export", id);
    if ((st = command_commit(e, SK_STR(""), 0, false, NULL, err)) == SK_OK)
        *out = answer;
    return st;
}
