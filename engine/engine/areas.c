/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <math.h>
#include <stdio.h>

/* Areas arrive in pages, since a country does not fit in one message. Pages are staged in memory
 * and, with the last, take the place of the old areas in one command; then every listing gets its
 * buurt anew and open suggestions are tested again. */

/* ---- Loading ---- */

typedef struct area_load {
    sk_areas *areas;
} area_load;

static sk_status load_area(void *context, const sk_area *area, sk_error *err)
{
    return sk_areas_add(((area_load *)context)->areas, area, NULL, err);
}

const sk_area *area_named(const sk_engine *e, sk_str code)
{
    size_t lo = 0, hi = sk_areas_count(e->areas);

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (sk_str_cmp(sk_areas_at(e->areas, (int)mid)->code, code) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == sk_areas_count(e->areas) || !sk_str_eq(sk_areas_at(e->areas, (int)lo)->code, code))
        return NULL;
    return sk_areas_at(e->areas, (int)lo);
}

sk_status load_areas(sk_engine *e, sk_error *err)
{
    area_load load = {0};
    sk_status st = sk_areas_new(&load.areas, err);

    if (st != SK_OK)
        return st;
    if ((st = sk_store_each_area(e->store, load_area, &load, err)) != SK_OK) {
        sk_areas_free(load.areas);
        return st;
    }
    sk_areas_free(e->areas);
    e->areas = load.areas;
    return SK_OK;
}

/* ---- Import ---- */

static void drop_staged(sk_engine *e)
{
    sk_areas_free(e->staged);
    e->staged = NULL;
    e->staged_count = 0;
    if (e->staged_arena)
        sk_arena_reset(e->staged_arena);
}

/* Staged areas are kept as encoded bytes: the arena holds them, the geometry library its own. */
static sk_status stage(sk_engine *e, const sk_area *areas, size_t count, sk_error *err)
{
    sk_status st = SK_OK;

    if (!e->staged_arena && !(e->staged_arena = sk_arena_new(512u << 20)))
        return sk_fail(err, SK_ENOMEM, "no memory for areas");
    if (!e->staged && (st = sk_areas_new(&e->staged, err)) != SK_OK)
        return st;
    for (size_t i = 0; i < count && st == SK_OK; i++) {
        sk_buf bytes = {0};
        void *items = e->staged_items;
        sk_str copy;
        char prefix[32];

        if ((st = sk_areas_add(e->staged, &areas[i], NULL, err)) != SK_OK) {
            snprintf(prefix, sizeof(prefix), "areas[%zu].", i);
            sk_error_within(err, prefix);
            break;
        }
        sk_encode_area(&areas[i], &bytes);
        copy = sk_arena_str(e->staged_arena, sk_buf_view(&bytes));
        if (bytes.failed || !copy.data ||
            !sk_grow(&items, &e->staged_capacity, e->staged_count + 1, sizeof(sk_str)))
            st = sk_fail(err, SK_ELIMIT, "these areas are too large together");
        else {
            e->staged_items = items;
            e->staged_items[e->staged_count++] = copy;
        }
        sk_buf_done(&bytes);
    }
    return st;
}

static sk_status relocate_listing(sk_engine *e, uint32_t slot, sk_error *err)
{
    sk_str id = sk_index_id(e->index, slot);
    sk_listing listing, before;
    sk_status st = sk_store_get_listing(e->store, id, e->cmd.arena, &listing, err);

    if (st != SK_OK)
        return st;
    before = listing;
    listing_locate(e, &listing);
    if (sk_str_eq(before.buurt, listing.buurt) && sk_str_eq(before.wijk, listing.wijk) &&
        sk_str_eq(before.gemeente, listing.gemeente))
        return SK_OK;
    sk_index_set_area(e->index, slot, listing.buurt, listing.wijk, listing.gemeente);
    sk_batch_put_listing(e->cmd.batch, &listing,
                         e->parties[sk_index_facts(e->index, slot)->party].kind ==
                             SK_PARTY_RESIDENT);
    return SK_OK;
}

/* In commands of a fixed size, so that none grows with the municipality. */
sk_status relocate_all(sk_engine *e, sk_error *err)
{
    uint32_t slots = sk_index_slots(e->index);
    sk_status st = SK_OK;

    for (uint32_t slot = 0; slot < slots && st == SK_OK;) {
        uint32_t end = slot + SK_RETEST_CHUNK < slots ? slot + SK_RETEST_CHUNK : slots;

        command_begin_own(e);
        for (; slot < end && st == SK_OK; slot++)
            if (sk_index_facts(e->index, slot))
                st = relocate_listing(e, slot, err);
        st = st == SK_OK ? command_commit(e, SK_STR(""), 0, false, NULL, err)
                         : command_broken(e, st);
    }
    return st;
}

static sk_status put_staged(sk_engine *e, sk_error *err)
{
    sk_status st = SK_OK;

    sk_batch_clear_areas(e->cmd.batch);
    for (size_t i = 0; i < e->staged_count && st == SK_OK; i++) {
        sk_area area;

        if ((st = sk_decode_area(e->staged_items[i], e->cmd.arena, &area, err)) == SK_OK)
            sk_batch_put_area(e->cmd.batch, &area);
    }
    return st;
}

static sk_status commit_areas(sk_engine *e, sk_receipt *out, sk_error *err)
{
    size_t count = e->staged_count;
    sk_status st = put_staged(e, err);

    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    emit(e, "areas.changed", SK_STR(""), SK_STR(""), SK_STR(""), SK_STR(""));
    audit(e, "areas.changed", SK_STR(""));
    pending_begin(e, true);
    if ((st = command_commit(e, SK_STR(""), count, false, out, err)) != SK_OK)
        return st;
    sk_areas_free(e->areas);
    e->areas = e->staged;
    e->staged = NULL;
    drop_staged(e);
    return pending_start(e, err);
}

sk_status sk_engine_put_areas(sk_engine *e, const sk_call *call, bool begin, const sk_area *areas,
                              size_t count, bool commit, sk_receipt *out, sk_error *err)
{
    sk_status st = require_right(call->actor, RIGHT_REFERENCE, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (!begin && !e->staged) {
        command_cancel(e);
        return sk_fail_field(err, SK_ECONFLICT, "begin",
                             "no import is under way: send the first page with begin again");
    }
    if (begin)
        drop_staged(e);
    if ((st = stage(e, areas, count, err)) != SK_OK) {
        drop_staged(e);
        command_cancel(e);
        return st;
    }
    if (commit)
        return commit_areas(e, out, err);
    return command_commit(e, SK_STR(""), e->staged_count, false, out, err);
}

/* ---- Questions ---- */

typedef struct area_walk {
    sk_str after;
    sk_area *items;
    uint32_t count, limit;
    bool with_polygons, more;
    sk_arena *arena;
} area_walk;

static sk_status visit_area(void *context, const sk_area *area, sk_error *err)
{
    area_walk *walk = context;
    sk_buf bytes = {0};
    sk_area slim = *area;
    sk_str copy;
    sk_status st;

    if (walk->after.size && sk_str_cmp(area->code, walk->after) <= 0)
        return SK_OK;
    if (walk->count == walk->limit) {
        walk->more = true;
        return SK_ELIMIT;
    }
    if (!walk->with_polygons)
        slim.polygon_count = 0;
    sk_encode_area(&slim, &bytes);
    copy = sk_arena_str(walk->arena, sk_buf_view(&bytes));
    sk_buf_done(&bytes);
    if (!copy.data)
        return sk_fail(err, SK_ENOMEM, "no memory for areas");
    st = sk_decode_area(copy, walk->arena, &walk->items[walk->count], err);
    if (st == SK_OK)
        walk->count++;
    return st;
}

sk_status sk_engine_list_areas(sk_engine *e, const sk_actor *actor, sk_str after, uint32_t limit,
                               bool with_polygons, sk_arena *arena, const sk_area **out,
                               size_t *out_count, sk_str *out_next, sk_error *err)
{
    area_walk walk = {.after = after,
                      .limit = limit ? limit : 50,
                      .with_polygons = with_polygons,
                      .arena = arena};
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    if (walk.limit > 256)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 256");
    walk.items = sk_arena_calloc(arena, walk.limit, sizeof(sk_area));
    if (!walk.items)
        return sk_fail(err, SK_ENOMEM, "no memory for areas");
    st = sk_store_each_area(e->store, visit_area, &walk, err);
    if (st != SK_OK && !(st == SK_ELIMIT && walk.more))
        return st;
    *out = walk.items;
    *out_count = walk.count;
    *out_next = walk.more ? walk.items[walk.count - 1].code : SK_STR("");
    return SK_OK;
}

static sk_status read_point(sk_engine *e, bool rd, double x, double y, sk_point *out, sk_error *err)
{
    if (rd)
        return sk_rd_to_wgs84(e->rd, x, y, out, err);
    if (!(fabs(y) <= 90) || !(fabs(x) <= 180))
        return sk_fail_field(err, SK_EINVAL, "point", "latitude or longitude is out of range");
    *out = (sk_point){.lat_deg = y, .lon_deg = x};
    return SK_OK;
}

sk_status sk_engine_find_area(sk_engine *e, const sk_actor *actor, bool rd, double x, double y,
                              sk_arena *arena, sk_found_area *out, sk_error *err)
{
    sk_found_area found = {0};
    int area;
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    (void)arena;
    if (st != SK_OK || (st = read_point(e, rd, x, y, &found.point, err)) != SK_OK)
        return st;
    area = sk_areas_find(e->areas, found.point);
    if (area >= 0)
        found.area = *sk_areas_at(e->areas, area);
    found.has_rd =
        sk_rd_from_wgs84(e->rd, found.point, &found.rd_x_m, &found.rd_y_m, NULL) == SK_OK;
    *out = found;
    return SK_OK;
}
