/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Erasing a party: its suggestions, its listings, itself. The key of its sealed texts is destroyed
 * first and for good; should the machine stop right after, the engine finishes the erasure when it
 * opens again (open.c). */

/** All pairings of the party and its listings, each in order of ids. */
static sk_status gather(sk_engine *e, uint32_t party, u32_list *pairs, u32_list *listings)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);

    for (size_t i = 0; i < count; i++) {
        if (list_push(listings, slots[i]) != SK_OK)
            return SK_ENOMEM;
        for (uint32_t p = e->listings[slots[i]].newest; p != SK_NONE;
             p = pairing_next(e, p, slots[i]))
            if (list_push(pairs, p) != SK_OK)
                return SK_ENOMEM;
    }
    if (pairs->count)
        qsort(pairs->items, pairs->count, sizeof(uint32_t), compare_u32);
    if (listings->count)
        qsort_r(listings->items, listings->count, sizeof(uint32_t), compare_slots, e);
    return SK_OK;
}

static sk_status erase_pair(sk_engine *e, uint32_t index, uint32_t party, sk_error *err)
{
    pairing p = e->pairings[index];
    uint32_t demand_party = sk_index_facts(e->index, p.demand)->party;
    uint32_t other =
        demand_party == party ? sk_index_facts(e->index, p.supply)->party : demand_party;
    bool busy = p.state == SK_STATE_CONNECTED && p.has_appointments;
    char id[16];

    if (sk_state_open((sk_state)p.state)) {
        if (demand_party == party)
            want_rounds_of_party(e, other);
        else
            want_round(e, p.demand);
    }
    notices_erase_subject(e, ABOUT_PAIRING, index);
    pairing_erase(e, index);
    sk_batch_delete_suggestion(e->cmd.batch, pairing_id(p.number, id));
    emit_suggestion(e, &p, "suggestion.erased", SK_STR(""));
    return busy ? party_busy_recount(e, other, err) : SK_OK;
}

static void erase_listing(sk_engine *e, uint32_t slot, sk_str party_id)
{
    sk_str id = sk_arena_str(e->cmd.arena, sk_index_id(e->index, slot));

    emit(e, "listing.erased", id, party_id, SK_STR(""), SK_STR(""));
    notices_erase_subject(e, ABOUT_LISTING, slot);
    sk_batch_delete_listing(e->cmd.batch, id);
    e->listings[slot] = (listing_extra){.newest = SK_NONE};
    sk_index_remove(e->index, slot);
}

static sk_status erase_all(sk_engine *e, uint32_t party, sk_str id, sk_error *err)
{
    u32_list pairs = {0}, listings = {0};
    sk_status st = gather(e, party, &pairs, &listings);

    for (size_t i = 0; i < pairs.count && st == SK_OK; i++)
        st = erase_pair(e, pairs.items[i], party, err);
    for (size_t i = 0; i < listings.count && st == SK_OK; i++)
        erase_listing(e, listings.items[i], id);
    if (st == SK_OK) {
        notices_erase_party(e, party);
        emit(e, "party.erased", SK_STR(""), id, SK_STR(""), SK_STR(""));
        sk_batch_delete_party(e->cmd.batch, id);
        sk_index_party_remove(e->index, party);
        e->parties[party] = (party_extra){0};
        e->party_live--;
        if (!sk_intern_add(e->erased, id))
            st = SK_ENOMEM;
    }
    sk_free(pairs.items);
    sk_free(listings.items);
    return st;
}

sk_status erase_party_now(sk_engine *e, sk_str id, sk_error *err)
{
    sk_status st;

    command_begin_own(e);
    st = erase_all(e, sk_index_party_find(e->index, id), id, err);
    if (st != SK_OK)
        return command_broken(e, st);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

sk_status sk_engine_erase_party(sk_engine *e, const sk_call *call, sk_str id, sk_receipt *out,
                                sk_error *err)
{
    uint32_t party;
    sk_status st = require_right(call->actor, RIGHT_ERASE, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    party = sk_index_party_find(e->index, id);
    if (party == SK_NO_SLOT)
        st = sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such party");
    else
        st = sk_store_destroy_key(e->store, id, e->now_ms, err);
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    audit(e, "party.erased", id);
    if ((st = erase_all(e, party, id, err)) != SK_OK)
        return command_broken(e, st);
    return command_commit(e, id, 0, false, out, err);
}
