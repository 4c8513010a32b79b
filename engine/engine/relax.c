/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* Relaxing one case (docs/matching.md 7): a demand listing gets at once what the steps of the rule
 * set give those that wait. What is stored are only the words and the end; what they are worth
 * follows from the active rule set, each time. */

static sk_str words_of(sk_engine *e, uint8_t bits)
{
    sk_buf text = {0};
    sk_str words;

    for (int i = 0; i < SK_RELAX_BITS; i++) {
        if (!(bits >> i & 1))
            continue;
        if (text.size)
            sk_buf_text(&text, ",");
        sk_buf_text(&text, sk_relax_name((sk_relax_bit)(1 << i)));
    }
    words = bits ? sk_arena_str(e->cmd.arena, sk_buf_view(&text)) : SK_STR("ended");
    if (text.failed || !words.data)
        e->failed = true;
    sk_buf_done(&text);
    return words;
}

static void put_case(sk_engine *e, sk_listing *listing, uint8_t bits, int64_t until_ms)
{
    uint32_t slot = sk_index_find(e->index, listing->id);
    uint32_t party = sk_index_facts(e->index, slot)->party;

    listing->relaxed = bits;
    listing->relaxed_until_ms = bits ? until_ms : 0;
    listing->version++;
    listing->updated_ms = e->now_ms;
    sk_index_set_relaxed(e->index, slot, bits);
    sk_batch_put_listing(e->cmd.batch, listing, is_sealed(e, party));
    emit(e, "listing.relaxed", listing->id, listing->party_id, SK_STR(""), words_of(e, bits));
    touch_party(e, party);
}

sk_status case_ends(sk_engine *e, uint32_t slot, sk_error *err)
{
    sk_listing listing;
    sk_status st =
        sk_store_get_listing(e->store, sk_index_id(e->index, slot), e->cmd.arena, &listing, err);

    if (st == SK_OK && listing.relaxed_until_ms <= e->now_ms)
        put_case(e, &listing, 0, 0);
    return st;
}

/* ---- The command ---- */

/** Each constraint needs a step that covers the listing and widens it. */
static sk_status check_steps(const sk_engine *e, const sk_facts *need, uint8_t bits, sk_error *err)
{
    sk_allowance all = sk_ruleset_allowance_as(e->rules, need, need->created_ms, UINT8_MAX);
    uint8_t wider = sk_allowance_wider(&all, sk_ruleset_usual(e->rules));
    unsigned none = bits & ~(unsigned)wider;

    if (none)
        return sk_fail_field(err, SK_ECONFLICT, "constraints",
                             "the rule set has no step that widens %s for this listing",
                             sk_relax_name((sk_relax_bit)(none & -none)));
    return SK_OK;
}

static sk_status check_case(const sk_engine *e, const sk_actor *actor, const sk_listing *listing,
                            uint8_t bits, int64_t until_ms, sk_error *err)
{
    if (!actor_covers(actor, listing->buurt, listing->wijk, listing->gemeente))
        return sk_fail(err, SK_EDENIED, "this token may not relax cases in this area");
    if (sk_kind_side(listing->kind) != SK_DEMAND)
        return sk_fail_field(err, SK_EINVAL, "listingId",
                             "only a listing that asks (NEED, INITIATIVE) can be relaxed");
    if (bits == 0)
        return SK_OK;
    if (listing->status != SK_LISTING_OPEN && listing->status != SK_LISTING_PAUSED)
        return sk_fail_field(err, SK_ECONFLICT, "listingId", "the listing is %s",
                             sk_listing_status_name(listing->status));
    if (until_ms <= e->now_ms)
        return sk_fail_field(err, SK_EINVAL, "until", "must be later than now");
    return check_steps(e, sk_index_facts(e->index, sk_index_find(e->index, listing->id)), bits,
                       err);
}

static sk_status find_listing(sk_engine *e, sk_str id, sk_listing *out, sk_error *err)
{
    if (sk_index_find(e->index, id) == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "listingId", "there is no such listing");
    return sk_store_get_listing(e->store, id, e->cmd.arena, out, err);
}

sk_status sk_engine_relax_case(sk_engine *e, const sk_call *call, sk_str listing_id,
                               uint8_t relaxed, int64_t until_ms, sk_receipt *out, sk_error *err)
{
    sk_listing listing;
    sk_status st = require_right(call->actor, RIGHT_RELAX, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = find_listing(e, listing_id, &listing, err)) == SK_OK) {
        until_ms = until_ms ? until_ms : listing.valid_until_ms;
        st = check_case(e, call->actor, &listing, relaxed, until_ms, err);
    }
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    if (relaxed || listing.relaxed) {
        uint32_t slot = sk_index_find(e->index, listing_id);

        audit(e, "listing.relaxed", listing.id);
        put_case(e, &listing, relaxed, until_ms);
        want_round(e, slot);
        if (relaxed && due_push(e, until_ms, DUE_CASE_END, slot) != SK_OK)
            return command_broken(e, SK_ENOMEM);
    }
    return command_commit(e, listing_id, listing.version, false, out, err);
}
