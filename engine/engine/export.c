/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* Everything that an import can read back, in pages: parties, then listings, then connectors. The
 * cursor is the kind and the last id, "l:" and "wm-need-0001". */

typedef struct export_walk {
    sk_engine *e;
    sk_arena *arena;
    sk_export_page *page;
    sk_party *parties;
    sk_listing *listings;
    uint32_t limit;
    bool with_contact;
} export_walk;

static sk_status export_party(void *context, const sk_party *party, sk_error *err)
{
    export_walk *w = context;
    sk_str id = sk_arena_str(w->arena, party->id);
    sk_status st;

    if (w->page->party_count == w->limit)
        return SK_ELIMIT;
    if (!id.data)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    st = sk_store_get_party(w->e->store, id, w->with_contact, w->arena,
                            &w->parties[w->page->party_count], err);
    if (st == SK_OK)
        w->page->party_count++;
    return st;
}

static sk_status export_listing(void *context, const sk_listing *listing, sk_error *err)
{
    export_walk *w = context;
    sk_str id = sk_arena_str(w->arena, listing->id);
    sk_status st;

    if (w->page->listing_count == w->limit)
        return SK_ELIMIT;
    if (!id.data)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    st = sk_store_get_listing(w->e->store, id, w->arena, &w->listings[w->page->listing_count], err);
    if (st == SK_OK)
        w->page->listing_count++;
    return st;
}

static sk_str next_cursor(const export_walk *w, char kind, sk_str last)
{
    return sk_arena_printf(w->arena, "%c:%.*s", kind, SK_STR_ARG(last));
}

/** A page of parties; after the last one the listings begin. */
static sk_status parties_page(export_walk *w, sk_str after, sk_error *err)
{
    sk_export_page *page = w->page;
    sk_status st = sk_store_each_party(w->e->store, after, false, export_party, w, err);

    if (st == SK_ELIMIT && page->party_count == w->limit) {
        page->next = next_cursor(w, 'p', w->parties[page->party_count - 1].id);
        return SK_OK;
    }
    page->next = SK_STR("l:");
    return st;
}

static sk_status listings_page(export_walk *w, sk_str after, sk_error *err)
{
    sk_export_page *page = w->page;
    sk_status st = sk_store_each_listing(w->e->store, after, false, export_listing, w, err);

    if (st == SK_ELIMIT && page->listing_count == w->limit) {
        page->next = next_cursor(w, 'l', w->listings[page->listing_count - 1].id);
        return SK_OK;
    }
    if (st == SK_OK) {
        page->connectors = w->e->connectors;
        page->connector_count = w->e->connector_count;
    }
    return st;
}

/* Contact details leave the engine: the audit says up to which party. */
static sk_status audit_page(sk_engine *e, const sk_actor *actor, const sk_export_page *page,
                            sk_error *err)
{
    sk_call call = {.actor = actor};
    sk_receipt receipt;
    sk_status st = command_begin(e, &call, &receipt, err);

    if (st != SK_OK)
        return st;
    audit(e, "export.contact", page->parties[page->party_count - 1].id);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

sk_status sk_engine_export(sk_engine *e, const sk_actor *actor, sk_str after, uint32_t limit,
                           bool with_contact, sk_arena *arena, sk_export_page *out, sk_error *err)
{
    sk_export_page page = {0};
    export_walk w = {.e = e,
                     .arena = arena,
                     .page = &page,
                     .limit = limit ? limit : 100,
                     .with_contact = with_contact};
    bool listings = sk_str_starts(after, SK_STR("l:"));
    sk_status st = question_begin(e, actor, RIGHT_EXPORT, err);

    if (st == SK_OK && with_contact)
        st = require_right(actor, RIGHT_CONTACT, err);
    if (st != SK_OK)
        return st;
    if (w.limit > 256)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 256");
    if (after.size && !listings && !sk_str_starts(after, SK_STR("p:")))
        return sk_fail_field(err, SK_EINVAL, "after", "give the `next` of the page before");
    if (after.size)
        after = (sk_str){after.data + 2, after.size - 2};
    w.parties = sk_arena_calloc(arena, w.limit, sizeof(sk_party));
    w.listings = sk_arena_calloc(arena, w.limit, sizeof(sk_listing));
    if (!w.parties || !w.listings)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    page.parties = w.parties;
    page.listings = w.listings;
    st = listings ? listings_page(&w, after, err) : parties_page(&w, after, err);
    if (st == SK_OK && with_contact && page.party_count)
        st = audit_page(e, actor, &page, err);
    if (st == SK_OK)
        *out = page;
    return st;
}
