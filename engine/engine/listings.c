/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <math.h>
#include <stdio.h>

/* Commands and questions about listings. A put checks everything before it changes anything; the
 * index, the due heap and the batch then follow together. */

/* ---- Helpers ---- */

sk_str listing_party_id(const sk_engine *e, uint32_t slot)
{
    return sk_index_party_id(e->index, sk_index_facts(e->index, slot)->party);
}

void listing_locate(sk_engine *e, sk_listing *listing)
{
    int area = listing->has_point ? sk_areas_find(e->areas, listing->point) : -1;

    listing->buurt = listing->wijk = listing->gemeente = SK_STR("");
    if (area >= 0) {
        const sk_area *found = sk_areas_at(e->areas, area);

        listing->buurt = found->code;
        listing->wijk = found->wijk;
        listing->gemeente = found->gemeente;
    }
}

/* Outside the engine a place is the centre of its buurt or, where there is no buurt, one cell of a
 * hundredth of a degree: always the same point, on every channel. */
void listing_coarsen(sk_engine *e, const sk_actor *actor, sk_listing *listing)
{
    sk_point centre;

    if (!listing->has_point || actor_sees_points(actor))
        return;
    if (listing->buurt.size && sk_areas_centre(e->areas, listing->buurt, &centre, NULL) == SK_OK) {
        listing->point = centre;
        return;
    }
    listing->point.lat_deg = (floor(listing->point.lat_deg * 100) + 0.5) / 100;
    listing->point.lon_deg = (floor(listing->point.lon_deg * 100) + 0.5) / 100;
}

bool is_sealed(const sk_engine *e, uint32_t party)
{
    return e->parties[party].kind == SK_PARTY_RESIDENT;
}

/* ---- Put ---- */

static sk_status mask_texts(sk_engine *e, sk_listing *listing, bool *out_masked, sk_error *err)
{
    bool title = false, description = false;
    sk_status st = sk_bsn_mask(listing->title, e->cmd.arena, &listing->title, &title, err);

    if (st == SK_OK)
        st = sk_bsn_mask(listing->description, e->cmd.arena, &listing->description, &description,
                         err);
    if (st == SK_OK)
        *out_masked = title || description;
    return st;
}

static sk_status check_windows(sk_engine *e, const sk_listing *listing, sk_error *err)
{
    char prefix[40];

    for (size_t i = 0; i < listing->window_count; i++) {
        sk_status st = sk_calendar_check(e->calendar, &listing->windows[i], err);

        if (st != SK_OK) {
            snprintf(prefix, sizeof(prefix), "availability[%zu].", i);
            sk_error_within(err, prefix);
            return st;
        }
    }
    return SK_OK;
}

/** What an update keeps of the listing that was there. */
static sk_status keep_from_old(sk_engine *e, sk_listing *listing, sk_error *err)
{
    sk_listing old;
    sk_status st = sk_store_get_listing(e->store, listing->id, e->cmd.arena, &old, err);

    if (st != SK_OK)
        return st;
    if (!sk_str_eq(old.party_id, listing->party_id))
        return sk_fail_field(err, SK_EINVAL, "partyId", "a listing stays with its party");
    if (sk_kind_side(old.kind) != sk_kind_side(listing->kind))
        return sk_fail_field(err, SK_EINVAL, "kind", "a listing stays on its side");
    listing->created_ms = old.created_ms;
    listing->relaxed = old.relaxed;
    listing->relaxed_until_ms = old.relaxed_until_ms;
    listing->version = old.version + 1;
    return SK_OK;
}

/** Whether a point lies in the box around the Netherlands in Europe. */
static bool in_netherlands(double lat_deg, double lon_deg)
{
    return lat_deg > 50.7 && lat_deg < 53.7 && lon_deg > 3.2 && lon_deg < 7.3;
}

static uint32_t place_notes(const sk_engine *e, const sk_listing *listing)
{
    const sk_point *p = &listing->point;

    if (!listing->has_point)
        return 0;
    if (in_netherlands(p->lon_deg, p->lat_deg))
        return SK_NOTE_SWAPPED;
    return sk_areas_count(e->areas) > 0 && listing->buurt.size == 0 ? SK_NOTE_OUTSIDE : 0;
}

/** A case comes with a new listing only when who may export imports it. */
static void keep_case(sk_engine *e, const sk_actor *actor, sk_listing *listing)
{
    if (require_right(actor, RIGHT_EXPORT, NULL) == SK_OK &&
        sk_kind_side(listing->kind) == SK_DEMAND && listing->relaxed_until_ms > e->now_ms)
        return;
    listing->relaxed = 0;
    listing->relaxed_until_ms = 0;
}

/** Defaults, checks, place: everything that can refuse a listing. */
static sk_status prepare(sk_engine *e, sk_listing *listing, bool exists, uint32_t *out_notes,
                         sk_error *err)
{
    bool masked = false;
    sk_status st;

    if (exists && listing->kind != SK_KIND_NONE && (st = keep_from_old(e, listing, err)) != SK_OK)
        return st;
    sk_listing_defaults(listing, e->now_ms);
    if ((st = sk_listing_check(listing, e->taxonomy, e->now_ms, err)) != SK_OK ||
        (st = check_windows(e, listing, err)) != SK_OK ||
        (st = mask_texts(e, listing, &masked, err)) != SK_OK)
        return st;
    if (sk_index_party_find(e->index, listing->party_id) == SK_NO_SLOT)
        return sk_fail_field(err, SK_EINVAL, "partyId", "there is no party '%.*s'",
                             SK_STR_ARG(listing->party_id));
    listing->updated_ms = e->now_ms;
    listing_locate(e, listing);
    *out_notes = (masked ? SK_NOTE_MASKED : 0) | place_notes(e, listing);
    return SK_OK;
}

static sk_status store_listing(sk_engine *e, const sk_listing *listing, bool exists, sk_error *err)
{
    uint32_t slot, party = sk_index_party_find(e->index, listing->party_id);
    sk_status st = sk_index_put(e->index, listing, &slot, err);

    if (st != SK_OK)
        return st;
    if (extras_ensure(e, slot, party) != SK_OK)
        return command_broken(e, SK_ENOMEM);
    sk_batch_put_listing(e->cmd.batch, listing, is_sealed(e, party));
    if (due_plan_listing(e, slot) != SK_OK ||
        (listing->relaxed && !exists &&
         due_push(e, listing->relaxed_until_ms, DUE_CASE_END, slot) != SK_OK))
        return command_broken(e, SK_ENOMEM);
    settle_aside(e, slot);
    emit(e, exists ? "listing.updated" : "listing.created", listing->id, listing->party_id,
         SK_STR(""), SK_STR(""));
    touch_party(e, party);
    want_round(e, slot);
    return SK_OK;
}

sk_status sk_engine_put_listing(sk_engine *e, const sk_call *call, const sk_listing *given,
                                sk_receipt *out, sk_error *err)
{
    sk_listing listing = *given;
    char made[37];
    bool exists;
    sk_status st = require_right(call->actor, RIGHT_PUT, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (listing.id.size == 0) {
        sk_id_make(e->now_ms, e->last_event + 1, made);
        listing.id = sk_str_from(made);
    }
    exists = sk_index_find(e->index, listing.id) != SK_NO_SLOT;
    listing.version = 1;
    keep_case(e, call->actor, &listing);
    if ((st = prepare(e, &listing, exists, &out->notes, err)) != SK_OK ||
        (st = store_listing(e, &listing, exists, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    return command_commit(e, listing.id, listing.version, !exists, out, err);
}

/* ---- Status ---- */

static const char *status_event(sk_listing_status status)
{
    switch (status) {
    case SK_LISTING_OPEN:
        return "listing.reopened";
    case SK_LISTING_PAUSED:
        return "listing.paused";
    case SK_LISTING_FULFILLED:
        return "listing.fulfilled";
    case SK_LISTING_WITHDRAWN:
        return "listing.withdrawn";
    default:
        return NULL;
    }
}

static sk_status change_status(sk_engine *e, sk_listing *listing, sk_listing_status status,
                               sk_str reason)
{
    uint32_t slot = sk_index_find(e->index, listing->id);
    uint32_t party = sk_index_facts(e->index, slot)->party;

    listing->status = status;
    listing->version++;
    listing->updated_ms = e->now_ms;
    sk_index_set_status(e->index, slot, status);
    sk_batch_put_listing(e->cmd.batch, listing, is_sealed(e, party));
    if (due_plan_listing(e, slot) != SK_OK)
        return SK_ENOMEM;
    emit(e, status_event(status), listing->id, listing->party_id, SK_STR(""), reason);
    touch_party(e, party);
    want_round(e, slot);
    return SK_OK;
}

sk_status sk_engine_set_listing_status(sk_engine *e, const sk_call *call, sk_str id,
                                       sk_listing_status status, sk_str reason, sk_receipt *out,
                                       sk_error *err)
{
    sk_listing listing;
    sk_status st = require_right(call->actor, RIGHT_PUT, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (!status_event(status))
        st = sk_fail_field(err, SK_EINVAL, "status",
                           "OPEN, PAUSED, FULFILLED or WITHDRAWN; an engine expires by itself");
    else if (reason.size && !sk_trait_valid(reason))
        st = sk_fail_field(err, SK_EINVAL, "reason",
                           "a word of a-z 0-9 - . since events hold nothing about people");
    else if (sk_index_find(e->index, id) == SK_NO_SLOT)
        st = sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such listing");
    else
        st = sk_store_get_listing(e->store, id, e->cmd.arena, &listing, err);
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    if (listing.status != status && change_status(e, &listing, status, reason) != SK_OK)
        return command_broken(e, SK_ENOMEM);
    return command_commit(e, id, listing.version, false, out, err);
}

/* ---- Questions ---- */

sk_status sk_engine_get_listing(sk_engine *e, const sk_actor *actor, sk_str id, sk_arena *arena,
                                sk_listing *out, sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    if (sk_index_find(e->index, id) == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such listing");
    if ((st = sk_store_get_listing(e->store, id, arena, out, err)) == SK_OK)
        listing_coarsen(e, actor, out);
    return st;
}

typedef struct list_walk {
    sk_engine *e;
    const sk_actor *actor;
    const sk_listing_filter *filter;
    sk_arena *arena;
    sk_listing *items;
    uint32_t count, limit;
    bool more;
} list_walk;

static bool under(sk_str code, sk_str root)
{
    return sk_str_starts(code, root) && (code.size == root.size || code.data[root.size] == '.');
}

static bool has_category(const sk_listing *listing, sk_str root)
{
    for (size_t i = 0; i < listing->categories.count; i++)
        if (under(listing->categories.items[i], root))
            return true;
    return false;
}

static bool wanted(const list_walk *walk, const sk_listing *l)
{
    const sk_listing_filter *f = walk->filter;

    if ((f->kind && l->kind != f->kind) || (f->status && l->status != f->status))
        return false;
    if (f->party_id.size && !sk_str_eq(f->party_id, l->party_id))
        return false;
    if (f->category.size && !has_category(l, f->category))
        return false;
    if (f->area.size && !sk_str_eq(f->area, l->buurt) && !sk_str_eq(f->area, l->wijk) &&
        !sk_str_eq(f->area, l->gemeente))
        return false;
    return actor_covers(walk->actor, l->buurt, l->wijk, l->gemeente);
}

/* The walk ends by SK_ELIMIT once a page is full and one more was seen. */
static sk_status visit(void *context, const sk_listing *listing, sk_error *err)
{
    list_walk *walk = context;
    sk_listing *item = &walk->items[walk->count];
    sk_str id;
    sk_status st;

    if (!wanted(walk, listing))
        return SK_OK;
    if (walk->count == walk->limit) {
        walk->more = true;
        return SK_ELIMIT;
    }
    id = sk_arena_str(walk->arena, listing->id);
    if (!id.data)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    if ((st = sk_store_get_listing(walk->e->store, id, walk->arena, item, err)) != SK_OK)
        return st;
    listing_coarsen(walk->e, walk->actor, item);
    walk->count++;
    return SK_OK;
}

sk_status sk_engine_list_listings(sk_engine *e, const sk_actor *actor,
                                  const sk_listing_filter *filter, sk_arena *arena,
                                  sk_listing_page *out, sk_error *err)
{
    uint32_t limit = filter->limit ? filter->limit : 50;
    list_walk walk = {.e = e, .actor = actor, .filter = filter, .arena = arena, .limit = limit};
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    if (limit > 256)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 256");
    walk.items = sk_arena_calloc(arena, limit + (size_t)1, sizeof(sk_listing));
    if (!walk.items)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    st = sk_store_each_listing(e->store, filter->after, false, visit, &walk, err);
    if (st != SK_OK && !(st == SK_ELIMIT && walk.more))
        return st;
    out->items = walk.items;
    out->count = walk.count;
    out->next = walk.more ? walk.items[walk.count - 1].id : SK_STR("");
    return SK_OK;
}
