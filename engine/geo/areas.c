/* SPDX-License-Identifier: EUPL-1.2 */
#include "geo/geo.h"

#include <float.h>

#include "geo/geometry.h"

/* In which buurt does a point lie?
 *
 *     entries   one per buurt, ascending code        groups   one per wijk and gemeente code,
 *     [BU..01][BU..02][BU..07] ...                   [GM0268 x44][WK026801 x5] ...  counted
 *        |
 *        +- strings in one block, GEOS geometry, prepared geometry (made at the first question)
 *
 *     tree      STRtree over the entries' boxes, made again at the first question after a change
 *
 * Additions keep the entries sorted and only throw the tree away, so that an import of ten thousand
 * buurten builds it once. A question takes the entries whose box holds the point (two or three) and
 * asks their prepared polygons; among those that cover it, border included, the lowest code wins,
 * which makes the answer independent of the tree's order.
 *
 * Invariants: entries and groups are strictly ascending; a group counts the entries that name it
 * and is removed at zero; a cached centre belongs to the present entries (every change drops them).
 *
 * Threads: one owner; questions too change the caches. Failure: an addition that fails changes
 * nothing; when memory is out during a question, the point lies in no area. */

typedef struct entry {
    sk_area area; /**< Without polygons; its strings are in `text`. */
    char *text;
    GEOSGeometry *geometry;
    const GEOSPreparedGeometry *prepared;
    int index; /**< Its place among the entries, set when the tree is made. */
    bool has_centre;
    sk_point centre;
} entry;

typedef struct group {
    sk_str code;
    char *text;
    size_t count;
    bool has_centre;
    sk_point centre;
} group;

struct sk_areas {
    geometry_context context;
    entry **entries;
    size_t count, capacity;
    group **groups;
    size_t group_count, group_capacity;
    GEOSSTRtree *tree;
};

/* ---- Searching ---- */

/* Index of the first entry whose code is not below `code`. */
static size_t entry_place(const sk_areas *areas, sk_str code, bool *out_found)
{
    size_t low = 0, high = areas->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (sk_str_cmp(areas->entries[middle]->area.code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_found = low < areas->count && sk_str_eq(areas->entries[low]->area.code, code);
    return low;
}

static size_t group_place(const sk_areas *areas, sk_str code, bool *out_found)
{
    size_t low = 0, high = areas->group_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (sk_str_cmp(areas->groups[middle]->code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_found = low < areas->group_count && sk_str_eq(areas->groups[low]->code, code);
    return low;
}

/* ---- Entries ---- */

static void entry_free(sk_areas *areas, entry *e)
{
    if (!e)
        return;
    if (e->prepared)
        GEOSPreparedGeom_destroy_r(areas->context.geos, e->prepared);
    if (e->geometry)
        GEOSGeom_destroy_r(areas->context.geos, e->geometry);
    sk_free(e->text);
    sk_free(e);
}

/* Append `s` at `*at` and give back the view of the copy. */
static sk_str pack(char **at, sk_str s)
{
    sk_str copy = {*at, s.size};

    if (s.size)
        memcpy(*at, s.data, s.size);
    *at += s.size;
    return copy;
}

static bool entry_copy_text(entry *e, const sk_area *area)
{
    const size_t size = area->code.size + area->name.size + area->wijk.size + area->wijk_name.size +
                        area->gemeente.size + area->gemeente_name.size;
    char *at = e->text = sk_malloc(size + 1);

    if (!at)
        return false;
    e->area = (sk_area){.code = pack(&at, area->code),
                        .name = pack(&at, area->name),
                        .wijk = pack(&at, area->wijk),
                        .wijk_name = pack(&at, area->wijk_name),
                        .gemeente = pack(&at, area->gemeente),
                        .gemeente_name = pack(&at, area->gemeente_name),
                        .year = area->year};
    return true;
}

static sk_status entry_make(sk_areas *areas, const sk_area *area, entry **out, bool *out_repaired,
                            sk_error *err)
{
    sk_status st = SK_OK;
    entry *e = NULL;

    if (!sk_id_valid(area->code))
        return sk_fail_field(err, SK_EINVAL, "code", "the area has no valid code");
    if (area->wijk.size && !sk_id_valid(area->wijk))
        return sk_fail_field(err, SK_EINVAL, "wijk", "the wijk has no valid code");
    if (area->gemeente.size && !sk_id_valid(area->gemeente))
        return sk_fail_field(err, SK_EINVAL, "gemeente", "the gemeente has no valid code");
    e = sk_calloc(1, sizeof *e);
    if (!e)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (!entry_copy_text(e, area)) {
        st = sk_fail(err, SK_ENOMEM, "out of memory");
        goto out;
    }
    if ((st = geometry_make(&areas->context, area, &e->geometry, out_repaired, err)) != SK_OK)
        goto out;
    *out = e;
    e = NULL;
out:
    entry_free(areas, e);
    return st;
}

/* ---- Groups ---- */

static void group_free(group *g)
{
    if (!g)
        return;
    sk_free(g->text);
    sk_free(g);
}

static group *group_make(sk_str code)
{
    group *g = sk_calloc(1, sizeof *g);

    if (g && (g->text = sk_malloc(code.size + 1)) != NULL) {
        char *at = g->text;

        g->code = pack(&at, code);
        return g;
    }
    sk_free(g);
    return NULL;
}

/* Make sure that a group for `code` exists, so that counting it later cannot fail. One that stays
 * at zero is swept away again. */
static bool group_want(sk_areas *areas, sk_str code)
{
    bool found = false;
    const size_t place = group_place(areas, code, &found);
    group *g = NULL;

    if (found || code.size == 0)
        return true;
    if (!sk_grow((void **)&areas->groups, &areas->group_capacity, areas->group_count + 1,
                 sizeof *areas->groups) ||
        !(g = group_make(code)))
        return false;
    memmove(areas->groups + place + 1, areas->groups + place,
            (areas->group_count - place) * sizeof *areas->groups);
    areas->groups[place] = g;
    areas->group_count++;
    return true;
}

/* Drop the group of `code` when no entry names it any more. */
static void group_sweep(sk_areas *areas, sk_str code)
{
    bool found = false;
    const size_t place = group_place(areas, code, &found);

    if (!found || areas->groups[place]->count > 0)
        return;
    group_free(areas->groups[place]);
    areas->group_count--;
    memmove(areas->groups + place, areas->groups + place + 1,
            (areas->group_count - place) * sizeof *areas->groups);
}

static void group_count(sk_areas *areas, const sk_area *area, int change)
{
    const sk_str codes[2] = {area->wijk, area->gemeente};

    for (int i = 0; i < 2; i++) {
        bool found = false;
        const size_t place = group_place(areas, codes[i], &found);

        if (!found)
            continue;
        areas->groups[place]->count += (size_t)change;
        areas->groups[place]->has_centre = false;
    }
}

/* ---- Making and filling ---- */

sk_status sk_areas_new(sk_areas **out, sk_error *err)
{
    sk_areas *areas = sk_calloc(1, sizeof *areas);

    if (!areas || !geometry_open(&areas->context)) {
        sk_free(areas);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    *out = areas;
    return SK_OK;
}

static void drop_tree(sk_areas *areas)
{
    if (areas->tree)
        GEOSSTRtree_destroy_r(areas->context.geos, areas->tree);
    areas->tree = NULL;
}

void sk_areas_free(sk_areas *areas)
{
    if (!areas)
        return;
    drop_tree(areas);
    for (size_t i = 0; i < areas->count; i++)
        entry_free(areas, areas->entries[i]);
    for (size_t i = 0; i < areas->group_count; i++)
        group_free(areas->groups[i]);
    sk_free(areas->entries);
    sk_free(areas->groups);
    geometry_close(&areas->context);
    sk_free(areas);
}

/* Put `e` at its place; nothing here can fail. The replaced entry's groups are swept after the new
 * one's were counted, so that a group both name survives. */
static void place_entry(sk_areas *areas, entry *e)
{
    bool found = false;
    const size_t place = entry_place(areas, e->area.code, &found);

    group_count(areas, &e->area, 1);
    if (found) {
        entry *old = areas->entries[place];

        group_count(areas, &old->area, -1);
        group_sweep(areas, old->area.wijk);
        group_sweep(areas, old->area.gemeente);
        entry_free(areas, old);
    } else {
        memmove(areas->entries + place + 1, areas->entries + place,
                (areas->count - place) * sizeof *areas->entries);
        areas->count++;
    }
    areas->entries[place] = e;
}

sk_status sk_areas_add(sk_areas *areas, const sk_area *area, bool *out_repaired, sk_error *err)
{
    sk_status st = SK_OK;
    entry *e = NULL;
    bool repaired = false;

    if ((st = entry_make(areas, area, &e, &repaired, err)) != SK_OK)
        return st;
    if (!sk_grow((void **)&areas->entries, &areas->capacity, areas->count + 1,
                 sizeof *areas->entries) ||
        !group_want(areas, area->wijk) || !group_want(areas, area->gemeente)) {
        group_sweep(areas, area->wijk);
        entry_free(areas, e);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    drop_tree(areas);
    place_entry(areas, e);
    if (out_repaired)
        *out_repaired = repaired;
    return SK_OK;
}

/* ---- Asking ---- */

static bool make_tree(sk_areas *areas)
{
    if (areas->tree)
        return true;
    areas->tree = GEOSSTRtree_create_r(areas->context.geos, 10);
    if (!areas->tree)
        return false;
    for (size_t i = 0; i < areas->count; i++) {
        areas->entries[i]->index = (int)i;
        GEOSSTRtree_insert_r(areas->context.geos, areas->tree, areas->entries[i]->geometry,
                             areas->entries[i]);
    }
    return true;
}

static bool entry_covers(sk_areas *areas, entry *e, const GEOSGeometry *point)
{
    if (!e->prepared)
        e->prepared = GEOSPrepare_r(areas->context.geos, e->geometry);
    return e->prepared && GEOSPreparedCovers_r(areas->context.geos, e->prepared, point) == 1;
}

typedef struct question {
    sk_areas *areas;
    const GEOSGeometry *point;
    int best;
} question;

static void consider(void *item, void *user)
{
    question *q = user;
    entry *e = item;

    if ((q->best < 0 || e->index < q->best) && entry_covers(q->areas, e, q->point))
        q->best = e->index;
}

int sk_areas_find(sk_areas *areas, sk_point point)
{
    question q = {.areas = areas, .best = -1};
    GEOSGeometry *geometry = NULL;

    if (!(point.lat_deg >= -90 && point.lat_deg <= 90 && point.lon_deg >= -180 &&
          point.lon_deg <= 180))
        return -1;
    if (areas->count == 0 || !make_tree(areas))
        return -1;
    geometry = GEOSGeom_createPointFromXY_r(areas->context.geos, point.lon_deg, point.lat_deg);
    if (!geometry)
        return -1;
    q.point = geometry;
    GEOSSTRtree_query_r(areas->context.geos, areas->tree, geometry, consider, &q);
    GEOSGeom_destroy_r(areas->context.geos, geometry);
    return q.best;
}

size_t sk_areas_count(const sk_areas *areas)
{
    return areas->count;
}

const sk_area *sk_areas_at(const sk_areas *areas, int index)
{
    return index >= 0 && (size_t)index < areas->count ? &areas->entries[index]->area : NULL;
}

bool sk_areas_known(const sk_areas *areas, sk_str code)
{
    bool found = false;

    entry_place(areas, code, &found);
    if (!found)
        group_place(areas, code, &found);
    return found;
}

/* ---- Centres ---- */

static bool entry_find_centre(sk_areas *areas, entry *e)
{
    if (!e->has_centre)
        e->has_centre = geometry_centre(&areas->context, e->geometry, &e->centre);
    return e->has_centre;
}

static bool in_group(const entry *e, sk_str code)
{
    return sk_str_eq(e->area.wijk, code) || sk_str_eq(e->area.gemeente, code);
}

/* The weighted mean of the members' centroids: the centroid of the whole, without the cost and the
 * faults of a union of borders that do not quite meet. */
static bool group_mean(sk_areas *areas, sk_str code, sk_point *out)
{
    double sum = 0, lat = 0, lon = 0;

    for (size_t i = 0; i < areas->count; i++) {
        const entry *e = areas->entries[i];
        sk_point centre;
        double surface = 0;

        if (!in_group(e, code))
            continue;
        if (!geometry_centroid(&areas->context, e->geometry, &centre, &surface))
            return false;
        sum += surface;
        lat += surface * centre.lat_deg;
        lon += surface * centre.lon_deg;
    }
    *out = (sk_point){.lat_deg = lat / sum, .lon_deg = lon / sum};
    return sum > 0;
}

/* The mean when a member holds it, else the centre of the member whose centre is nearest to it. */
static bool group_find_centre(sk_areas *areas, sk_str code, sk_point *out)
{
    sk_point mean, best = {0};
    double best_m = DBL_MAX;

    if (!group_mean(areas, code, &mean))
        return false;
    const int index = sk_areas_find(areas, mean);

    if (index >= 0 && in_group(areas->entries[index], code)) {
        *out = mean;
        return true;
    }
    for (size_t i = 0; i < areas->count; i++) {
        if (!in_group(areas->entries[i], code) || !entry_find_centre(areas, areas->entries[i]))
            continue;
        const sk_point centre = areas->entries[i]->centre;
        const double m =
            sk_geo_distance(mean.lat_deg, mean.lon_deg, sk_geo_cos_lat(mean.lat_deg),
                            centre.lat_deg, centre.lon_deg, sk_geo_cos_lat(centre.lat_deg));

        if (m < best_m) {
            best_m = m;
            best = centre;
        }
    }
    *out = best;
    return best_m < DBL_MAX;
}

sk_status sk_areas_centre(sk_areas *areas, sk_str code, sk_point *out, sk_error *err)
{
    bool found = false;
    size_t place = entry_place(areas, code, &found);

    if (found) {
        if (!entry_find_centre(areas, areas->entries[place]))
            return sk_fail(err, SK_ENOMEM, "out of memory for the centre of an area");
        *out = areas->entries[place]->centre;
        return SK_OK;
    }
    place = group_place(areas, code, &found);
    if (!found)
        return sk_fail(err, SK_ENOTFOUND, "no area has the code \"%.*s\"", SK_STR_ARG(code));
    group *g = areas->groups[place];

    if (!g->has_centre) {
        if (!group_find_centre(areas, code, &g->centre))
            return sk_fail(err, SK_ENOMEM, "out of memory for the centre of an area");
        g->has_centre = true;
    }
    *out = g->centre;
    return SK_OK;
}
