/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

/* Listings and parties. */

/* ---- Listings ---- */

static sk_status put_listing(turn *t, const sk_call *call, const ProtobufCMessage *item,
                             sk_receipt *out, sk_error *err)
{
    sk_listing listing;
    sk_status st =
        sk_listing_from_message((const Schakel__V1__Listing *)item, t->scratch, &listing, err);

    return st == SK_OK ? sk_engine_put_listing(t->engine, call, &listing, out, err) : st;
}

sk_status run_put_listings(turn *t)
{
    const Schakel__V1__PutListings *m = t->request->put_listings;

    return turn_batch(t, "listings", (ProtobufCMessage *const *)m->listings, m->n_listings,
                      put_listing);
}

sk_status run_get_listing(turn *t)
{
    sk_str id = sk_str_from(t->request->get_listing->id);
    sk_listing listing;
    sk_status st = sk_engine_get_listing(t->engine, t->actor, id, t->scratch, &listing, t->err);

    if (st != SK_OK)
        return st;
    t->response->listing = sk_listing_to_message(&listing, t->arena);
    if (!t->response->listing)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_LISTING;
    return SK_OK;
}

/** `count` listings as messages; NULL: no memory. */
static Schakel__V1__Listing **make_listings(turn *t, const sk_listing *items, size_t count)
{
    Schakel__V1__Listing **out = turn_pointers(t, count);

    for (size_t i = 0; out && i < count; i++)
        if ((out[i] = sk_listing_to_message(&items[i], t->arena)) == NULL)
            return NULL;
    return out;
}

sk_status run_list_listings(turn *t)
{
    const Schakel__V1__ListListings *m = t->request->list_listings;
    sk_listing_filter filter = {.kind = (sk_kind)m->kind,
                                .status = (sk_listing_status)m->status,
                                .party_id = sk_str_from(m->party_id),
                                .category = sk_str_from(m->category),
                                .area = sk_str_from(m->area),
                                .after = sk_str_from(m->after),
                                .limit = m->limit};
    Schakel__V1__Listings *out = NULL;
    sk_listing_page page;
    sk_status st = sk_engine_list_listings(t->engine, t->actor, &filter, t->scratch, &page, t->err);

    if (st != SK_OK)
        return st;
    if ((out = turn_make(t, &schakel__v1__listings__descriptor)) == NULL ||
        (out->items = make_listings(t, page.items, page.count)) == NULL ||
        (out->next = turn_str(t, page.next)) == NULL)
        return turn_no_memory(t, t->err);
    out->n_items = page.count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_LISTINGS;
    t->response->listings = out;
    return SK_OK;
}

static sk_status set_status(turn *t, const ProtobufCMessage *body, const char *id,
                            sk_listing_status status, const char *reason)
{
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, body, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_set_listing_status(t->engine, &call, sk_str_from(id), status,
                                          sk_str_from(reason), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_withdraw_listing(turn *t)
{
    const Schakel__V1__WithdrawListing *m = t->request->withdraw_listing;

    return set_status(t, &m->base, m->id, SK_LISTING_WITHDRAWN, m->reason);
}

sk_status run_set_listing_status(turn *t)
{
    const Schakel__V1__SetListingStatus *m = t->request->set_listing_status;

    return set_status(t, &m->base, m->id, (sk_listing_status)m->status, "");
}

/* ---- Parties ---- */

static sk_status put_party(turn *t, const sk_call *call, const ProtobufCMessage *item,
                           sk_receipt *out, sk_error *err)
{
    sk_party party;
    sk_status st = sk_party_from_message((const Schakel__V1__Party *)item, t->scratch, &party, err);

    return st == SK_OK ? sk_engine_put_party(t->engine, call, &party, out, err) : st;
}

sk_status run_put_parties(turn *t)
{
    const Schakel__V1__PutParties *m = t->request->put_parties;

    return turn_batch(t, "parties", (ProtobufCMessage *const *)m->parties, m->n_parties, put_party);
}

sk_status run_get_party(turn *t)
{
    const Schakel__V1__GetParty *m = t->request->get_party;
    bool with_contact = m->with_contact != 0;
    Schakel__V1__PartyResult *out = NULL;
    sk_party party;
    sk_status st = sk_engine_get_party(t->engine, t->actor, sk_str_from(m->id), with_contact,
                                       t->scratch, &party, t->err);

    if (st != SK_OK)
        return st;
    if ((out = turn_make(t, &schakel__v1__party_result__descriptor)) == NULL ||
        (out->party = sk_party_to_message(&party, with_contact, t->arena)) == NULL)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_PARTY;
    t->response->party = out;
    return SK_OK;
}

sk_status run_erase_party(turn *t)
{
    const Schakel__V1__EraseParty *m = t->request->erase_party;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_erase_party(t->engine, &call, sk_str_from(m->id), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_export_party(turn *t)
{
    sk_str id = sk_str_from(t->request->export_party->id);
    Schakel__V1__PartyExport *out = NULL;
    sk_party_export page;
    sk_status st = sk_engine_export_party(t->engine, t->actor, id, t->scratch, &page, t->err);

    if (st != SK_OK)
        return st;
    if ((out = turn_make(t, &schakel__v1__party_export__descriptor)) == NULL ||
        (out->party = sk_party_to_message(&page.party, true, t->arena)) == NULL ||
        (out->listings = make_listings(t, page.listings, page.listing_count)) == NULL ||
        (out->suggestions = turn_pointers(t, page.suggestion_count)) == NULL)
        return turn_no_memory(t, t->err);
    out->n_listings = page.listing_count;
    for (size_t i = 0; i < page.suggestion_count; i++)
        if ((out->suggestions[i] = sk_suggestion_to_message(&page.suggestions[i], t->arena)) ==
            NULL)
            return turn_no_memory(t, t->err);
    out->n_suggestions = page.suggestion_count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_PARTY_EXPORT;
    t->response->party_export = out;
    return SK_OK;
}

/* ---- Everything, in pages ---- */

static sk_status fill_export(turn *t, const sk_export_page *page, bool with_contact,
                             Schakel__V1__ExportPage *out)
{
    if ((out->parties = turn_pointers(t, page->party_count)) == NULL ||
        (out->listings = make_listings(t, page->listings, page->listing_count)) == NULL ||
        (out->connectors = turn_pointers(t, page->connector_count)) == NULL ||
        (out->next = turn_str(t, page->next)) == NULL)
        return SK_ENOMEM;
    for (size_t i = 0; i < page->party_count; i++)
        if ((out->parties[i] = sk_party_to_message(&page->parties[i], with_contact, t->arena)) ==
            NULL)
            return SK_ENOMEM;
    for (size_t i = 0; i < page->connector_count; i++)
        if ((out->connectors[i] = sk_connector_to_message(&page->connectors[i], t->arena)) == NULL)
            return SK_ENOMEM;
    out->n_parties = page->party_count;
    out->n_listings = page->listing_count;
    out->n_connectors = page->connector_count;
    return SK_OK;
}

sk_status run_export(turn *t)
{
    const Schakel__V1__Export *m = t->request->export;
    Schakel__V1__ExportPage *out = NULL;
    sk_export_page page;
    sk_status st = sk_engine_export(t->engine, t->actor, sk_str_from(m->after), m->limit,
                                    m->with_contact != 0, t->scratch, &page, t->err);

    if (st != SK_OK)
        return st;
    if ((out = turn_make(t, &schakel__v1__export_page__descriptor)) == NULL ||
        fill_export(t, &page, m->with_contact != 0, out) != SK_OK)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_EXPORT_PAGE;
    t->response->export_page = out;
    return SK_OK;
}
