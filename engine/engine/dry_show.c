/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

/* The report as one reader may see it: with names of areas and categories and titles as they are
 * now, and with distances and scores as coarse as that reader gets them everywhere else. The run's
 * own report stays as it is; what is changed is copied. */

/* ---- Names ---- */

static sk_dry_row *copy_rows(sk_arena *arena, const sk_dry_row *rows, size_t count)
{
    sk_dry_row *copy = sk_arena_calloc(arena, count + 1, sizeof(*copy));

    if (copy && count)
        memcpy(copy, rows, count * sizeof(*copy));
    return copy;
}

static sk_status name_rows(sk_engine *e, sk_arena *arena, sk_dry_report *report, sk_error *err)
{
    report->areas = copy_rows(arena, report->areas, report->area_count);
    report->categories = copy_rows(arena, report->categories, report->category_count);
    if (!report->areas || !report->categories)
        return sk_fail(err, SK_ELIMIT, "this answer would be too large");
    (void)sk_areas_find(e->areas, (sk_point){0, 0}); /* Puts them in order of their codes. */
    for (size_t i = 0; i < report->area_count; i++) {
        const sk_area *area = area_named(e, report->areas[i].key);

        if (area) {
            report->areas[i].name = area->name;
            report->areas[i].wijk_name = area->wijk_name;
        }
    }
    for (size_t i = 0; i < report->category_count; i++) {
        int at = sk_taxonomy_find(e->taxonomy, report->categories[i].key);

        if (at >= 0)
            report->categories[i].name = sk_taxonomy_at(e->taxonomy, (size_t)at)->label_nl;
    }
    return SK_OK;
}

/* ---- Cases ---- */

/** Empty for one that is gone meanwhile, or lies outside the reader's areas. */
static sk_status title_of(sk_engine *e, const sk_actor *actor, sk_str id, sk_arena *arena,
                          sk_str *out, sk_error *err)
{
    sk_listing listing;
    sk_status st = sk_store_get_listing(e->store, id, arena, &listing, err);

    *out = SK_STR("");
    if (st == SK_OK && actor_covers(actor, listing.buurt, listing.wijk, listing.gemeente))
        *out = listing.title;
    return st == SK_ENOTFOUND ? SK_OK : st;
}

static sk_status show_pair(sk_engine *e, const sk_actor *actor, sk_arena *arena, sk_dry_pair *pair,
                           sk_error *err)
{
    sk_status st = title_of(e, actor, pair->supply_id, arena, &pair->supply_title, err);
    double metres = pair->distance_m;

    for (int side = 0; side < 2 && st == SK_OK; side++) {
        pair->distance_m = metres;
        st = distance_coarsen(actor, arena, &pair->distance_m, &pair->terms[side],
                              pair->term_count[side], &pair->score[side], err);
    }
    return st;
}

static sk_status show_case(sk_engine *e, const sk_actor *actor, sk_arena *arena, sk_dry_case *c,
                           sk_error *err)
{
    sk_dry_pair *pairs = sk_arena_calloc(arena, c->pair_count + 1, sizeof(*pairs));
    sk_status st;

    if (!pairs)
        return sk_fail(err, SK_ELIMIT, "this answer would be too large");
    memcpy(pairs, c->pairs, c->pair_count * sizeof(*pairs));
    c->pairs = pairs;
    st = title_of(e, actor, c->listing_id, arena, &c->title, err);
    for (size_t i = 0; i < c->pair_count && st == SK_OK; i++)
        st = show_pair(e, actor, arena, &pairs[i], err);
    return st;
}

sk_status dry_show(sk_engine *e, const sk_actor *actor, sk_arena *arena,
                   const sk_dry_report **report, sk_error *err)
{
    sk_dry_report *copy = sk_arena_calloc(arena, 1, sizeof(*copy));
    sk_dry_case *cases = sk_arena_calloc(arena, SK_DRY_CASES, sizeof(*cases));
    sk_status st;

    if (!copy || !cases)
        return sk_fail(err, SK_ELIMIT, "this answer would be too large");
    *copy = **report;
    memcpy(cases, copy->cases, copy->case_count * sizeof(*cases));
    copy->cases = cases;
    st = name_rows(e, arena, copy, err);
    for (size_t i = 0; i < copy->case_count && st == SK_OK; i++)
        st = show_case(e, actor, arena, &cases[i], err);
    if (st == SK_OK)
        *report = copy;
    return st;
}
