/* SPDX-License-Identifier: EUPL-1.2 */
#include "world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- Chance ---- */

uint64_t rng_next(rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t rng_below(rng *r, uint32_t n)
{
    return (uint32_t)(rng_next(r) % n);
}

double rng_unit(rng *r)
{
    return (double)(rng_next(r) >> 11) / 9007199254740992.0;
}

bool rng_once(rng *r, uint32_t n)
{
    return rng_below(r, n) == 0;
}

/* ---- Values ---- */

static const char *const languages[] = {"nl", "en", "tr", "ar", "pl"};
static const char *const traits[] = {"vog", "ehbo", "rijbewijs-b", "rolstoel"};

static sk_strs pick(world *w, const char *const *from, uint32_t count, uint32_t most)
{
    uint32_t n = rng_below(&w->random, most + 1);
    sk_str *items = sk_arena_calloc(w->arena, n + 1, sizeof *items);

    for (uint32_t i = 0; i < n; i++)
        items[i] = sk_str_from(from[rng_below(&w->random, count)]);
    return (sk_strs){items, n};
}

static void make_taxonomy(world *w)
{
    sk_error err;

    for (size_t root = 0; root < 3; root++) {
        sk_str code = sk_arena_printf(w->arena, "%c", (char)('a' + root));
        w->categories[w->category_count++] = (sk_category){code, code, code};
    }
    while (w->category_count < 24) {
        sk_str above = w->categories[rng_below(&w->random, (uint32_t)w->category_count)].code;
        sk_str code = sk_arena_printf(w->arena, "%.*s.x%zu", SK_STR_ARG(above), w->category_count);
        int parts = 1;
        for (size_t i = 0; i < code.size; i++)
            parts += code.data[i] == '.';
        if (parts <= 6)
            w->categories[w->category_count++] = (sk_category){code, code, code};
    }
    for (size_t i = 0; i < 6; i++) {
        static const double values[] = {0.2, 0.3, 0.5, 0.7, 0.8, 1};
        uint32_t a = rng_below(&w->random, 24), b = rng_below(&w->random, 24);
        if (a != b)
            w->related[w->related_count++] = (sk_related){
                w->categories[a].code, w->categories[b].code, values[rng_below(&w->random, 6)]};
    }
    if (sk_taxonomy_new(w->categories, w->category_count, w->related, w->related_count,
                        &w->taxonomy, &err) != SK_OK)
        fail_msg("taxonomy: %s %s", err.field, err.message);
}

static double spread(world *w)
{
    static const double degrees[] = {0, 0.0001, 0.003, 0.02, 0.2};

    return (rng_unit(&w->random) - 0.5) * degrees[rng_below(&w->random, w->crowded ? 4 : 5)];
}

static sk_point random_point(world *w)
{
    sk_point p = {w->lat_deg + spread(w), w->lon_deg + spread(w) * (w->lat_deg > 80 ? 50 : 1)};

    p.lat_deg = fmax(-90, fmin(90, p.lat_deg));
    if (p.lon_deg > 180)
        p.lon_deg -= 360;
    if (p.lon_deg < -180)
        p.lon_deg += 360;
    if (rng_once(&w->random, 40))
        p = (sk_point){rng_unit(&w->random) * 180 - 90, rng_unit(&w->random) * 360 - 180};
    return p;
}

static void random_windows(world *w, sk_listing *l)
{
    uint32_t n = rng_once(&w->random, 2) ? 0 : 1 + rng_below(&w->random, 3);
    sk_window *windows = sk_arena_calloc(w->arena, n + 1, sizeof *windows);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = rng_below(&w->random, 96), size = 1 + rng_below(&w->random, 24);
        windows[i] = (sk_window){.short_form = true,
                                 .days = (uint8_t)(1 + rng_below(&w->random, 127)),
                                 .from_min = (uint16_t)(from * 15 + rng_once(&w->random, 9) * 7),
                                 .to_min = (uint16_t)((from + size) * 15 % 1440)};
        if (rng_once(&w->random, 6)) {
            int64_t start = sk_floor_div(w->now_ms, SK_DAY_MS) * 86400 +
                            (int64_t)rng_below(&w->random, 30) * 86400 + 9 * 3600;
            windows[i] = (sk_window){.start_local_s = start,
                                     .end_local_s = start + 900 * (1 + rng_below(&w->random, 40))};
        }
    }
    l->windows = windows;
    l->window_count = n;
}

static void random_times(world *w, sk_listing *l)
{
    static const int64_t ages[] = {
        0, 1, 15 * SK_MINUTE_MS, SK_DAY_MS, 9 * SK_DAY_MS, 45 * SK_DAY_MS, 200 * SK_DAY_MS};

    l->created_ms = w->now_ms - ages[rng_below(&w->random, 7)] -
                    (rng_once(&w->random, 2) ? (int64_t)rng_below(&w->random, 80000000) : 0);
    l->valid_from_ms = l->created_ms;
    l->valid_until_ms = w->now_ms + 90 * SK_DAY_MS;
    if (rng_once(&w->random, 4))
        l->valid_until_ms = w->now_ms + (int64_t)rng_below(&w->random, 28 * 24 * 3600) * 1000;
    if (rng_once(&w->random, 10))
        l->valid_until_ms = w->now_ms + (int64_t)rng_below(&w->random, 3) - 1;
    if (rng_once(&w->random, 6))
        l->valid_from_ms = w->now_ms + (int64_t)rng_below(&w->random, 30 * 24 * 3600) * 1000;
}

static void random_place(world *w, sk_listing *l)
{
    static const uint32_t metres[] = {0, 1, 50, 300, 1500, 5000, 25000, 100000};

    l->remote = rng_once(&w->random, 5);
    l->has_point = !l->remote || rng_once(&w->random, 2);
    if (l->has_point)
        l->point = random_point(w);
    l->reach_m = metres[rng_below(&w->random, 8)];
    l->within_m = rng_once(&w->random, 4) ? metres[rng_below(&w->random, 8)] : 0;
}

sk_listing world_listing_random(world *w)
{
    static const uint32_t durations[] = {0, 0, 15, 30, 60, 61, 120, 1440};
    uint32_t n = 1 + rng_below(&w->random, 3);
    sk_str *codes = sk_arena_calloc(w->arena, n, sizeof *codes);
    sk_listing l = {.kind = (sk_kind)(1 + rng_below(&w->random, 6)), .capacity = 1};

    for (uint32_t i = 0; i < n; i++)
        codes[i] = w->categories[rng_below(&w->random, w->crowded ? 5 : 24)].code;
    l.party_id = w->parties[rng_below(&w->random, (uint32_t)w->party_count)].party.id;
    l.categories = (sk_strs){codes, n};
    random_place(w, &l);
    random_windows(w, &l);
    random_times(w, &l);
    l.duration_min = durations[rng_below(&w->random, 8)];
    l.languages = pick(w, languages, 5, rng_once(&w->random, 2) ? 0 : 2);
    l.requires_traits = pick(w, traits, 4, rng_once(&w->random, 4));
    l.provides_traits = pick(w, traits, 4, 2);
    l.capacity = 1 + rng_below(&w->random, 2);
    l.urgency = rng_below(&w->random, 4);
    l.status = SK_LISTING_OPEN;
    if (sk_kind_side(l.kind) == SK_DEMAND && rng_once(&w->random, 6))
        l.relaxed = (uint8_t)rng_below(&w->random, 1 << SK_RELAX_BITS);
    return l;
}

/* ---- Changes ---- */

static void check(world *w, sk_status st, const sk_error *err)
{
    (void)w;
    if (st != SK_OK)
        fail_msg("%s: %s", err->field, err->message);
}

static void put_listing(world *w, size_t i)
{
    world_listing *l = &w->listings[i];
    sk_str id = l->listing.id;
    sk_str party = l->listing.party_id;
    sk_error err;

    l->listing = world_listing_random(w);
    if (id.size == 0) /* Some ids are prefixes of others. */
        id = sk_arena_printf(w->arena, "%s%zu", i % 3 ? "L" : "L1.", i);
    else if (l->there)
        l->listing.party_id = party;
    l->listing.id = id;
    while (!world_party_of(w, l->listing.party_id))
        l->listing.party_id = w->parties[rng_below(&w->random, (uint32_t)w->party_count)].party.id;
    if (!l->there)
        l->taken = 0;
    l->there = true;
    check(w, sk_index_put(w->index, &l->listing, &l->slot, &err), &err);
}

static void random_party(world *w, world_party *p)
{
    uint32_t certs = rng_below(&w->random, 3), blocks = rng_once(&w->random, 4);
    sk_certificate *c = sk_arena_calloc(w->arena, certs + 1, sizeof *c);
    sk_str *b = sk_arena_calloc(w->arena, blocks + 1, sizeof *b);

    for (uint32_t i = 0; i < certs; i++) {
        int64_t from = w->now_ms + ((int64_t)rng_below(&w->random, 5) - 2) * SK_DAY_MS / 2;
        c[i] = (sk_certificate){.type = sk_str_from(traits[rng_below(&w->random, 4)]),
                                .checked_on_ms = from,
                                .valid_until_ms = from + SK_DAY_MS};
    }
    for (uint32_t i = 0; i < blocks; i++)
        b[i] =
            sk_arena_printf(w->arena, "P%u", rng_below(&w->random, (uint32_t)w->party_count + 3));
    p->party.kind = SK_PARTY_RESIDENT;
    p->party.languages = pick(w, languages, 5, 2);
    p->party.certificates = c;
    p->party.certificate_count = certs;
    p->party.blocks = (sk_strs){b, blocks};
}

static void put_party(world *w, size_t i)
{
    world_party *p = &w->parties[i];
    sk_party_facts *facts;
    uint32_t slot;
    sk_error err;

    random_party(w, p);
    if (!p->there) {
        p->last_asked_ms = INT64_MIN;
        p->load_30d = p->open_suggestions = p->busy_count = 0;
        p->there = true;
    }
    check(w, sk_index_party_put(w->index, &p->party, &slot, &err), &err);
    if (rng_once(&w->random, 3)) {
        p->load_30d = rng_below(&w->random, 4);
        p->open_suggestions = rng_below(&w->random, 3);
        p->last_asked_ms = w->now_ms - (int64_t)rng_below(&w->random, 100000000);
        facts = sk_index_party(w->index, slot);
        facts->load_30d = p->load_30d;
        facts->open_suggestions = p->open_suggestions;
        facts->last_asked_ms = p->last_asked_ms;
    }
    if (rng_once(&w->random, 6)) {
        int64_t at = w->now_ms / SK_SLOT_MS - 10;
        p->busy_count = rng_below(&w->random, WORLD_BUSY + 1);
        for (uint32_t j = 0; j < 2 * p->busy_count; j++)
            p->busy[j] = at += 1 + rng_below(&w->random, 500);
        check(w, sk_index_party_set_busy(w->index, slot, p->busy, p->busy_count, &err), &err);
    }
}

static void remove_party(world *w, size_t i)
{
    world_party *p = &w->parties[i];

    if (!p->there)
        return;
    for (size_t j = 0; j < w->listing_count; j++) {
        if (w->listings[j].there && sk_str_eq(w->listings[j].listing.party_id, p->party.id))
            w->listings[j].there = false;
    }
    sk_index_party_remove(w->index, sk_index_party_find(w->index, p->party.id));
    p->there = false;
    put_party(w, i);
}

static void change_listing(world *w, size_t i)
{
    world_listing *l = &w->listings[i];

    if (!l->there || rng_once(&w->random, 3)) {
        put_listing(w, i);
    } else if (rng_once(&w->random, 4)) {
        sk_index_remove(w->index, l->slot);
        l->there = false;
    } else if (rng_once(&w->random, 4) && sk_kind_side(l->listing.kind) == SK_DEMAND) {
        l->listing.relaxed = (uint8_t)rng_below(&w->random, 1 << SK_RELAX_BITS);
        sk_index_set_relaxed(w->index, l->slot, l->listing.relaxed);
    } else if (rng_once(&w->random, 2)) {
        l->listing.status = (sk_listing_status)(1 + rng_below(&w->random, 3));
        sk_index_set_status(w->index, l->slot, l->listing.status);
    } else {
        l->taken = (int32_t)rng_below(&w->random, 3);
        sk_index_set_taken(w->index, l->slot, l->taken);
    }
}

void world_change(world *w)
{
    static const int64_t steps[] = {1, 59999, 15 * SK_MINUTE_MS, SK_DAY_MS, 12 * SK_DAY_MS};
    sk_error err;

    if (rng_once(&w->random, 20)) {
        w->now_ms += steps[rng_below(&w->random, 5)];
        if (rng_once(&w->random, 2)) /* On the border of two slots. */
            w->now_ms =
                (w->now_ms / SK_SLOT_MS + 1) * SK_SLOT_MS - (int64_t)rng_below(&w->random, 2);
        check(w, sk_index_advance(w->index, w->now_ms, &err), &err);
    } else if (rng_once(&w->random, 30)) {
        remove_party(w, rng_below(&w->random, (uint32_t)w->party_count));
    } else if (rng_once(&w->random, 6)) {
        put_party(w, rng_below(&w->random, (uint32_t)w->party_count));
    } else {
        change_listing(w, rng_below(&w->random, (uint32_t)w->listing_count));
    }
}

/* ---- Life ---- */

void world_init(world *w, sk_calendar *calendar, uint64_t seed, size_t parties, size_t listings)
{
    static const sk_point centres[] = {{52.09, 5.12}, {52.37, 4.9},  {0, 180},    {-17.5, -179.999},
                                       {89.99, 10},   {-89.9, -170}, {51.9, 4.48}};
    sk_point centre;
    sk_error err;

    *w = (world){.random = {seed}, .calendar = calendar};
    centre = centres[rng_below(&w->random, rng_once(&w->random, 3) ? 7 : 2)];
    w->lat_deg = centre.lat_deg;
    w->lon_deg = centre.lon_deg;
    w->crowded = rng_once(&w->random, 3);
    w->arena = sk_arena_new(0);
    w->now_ms = INT64_C(1772000000000) + (int64_t)rng_below(&w->random, 2000000000) * 15;
    if (rng_once(&w->random, 3))
        w->now_ms = w->now_ms / SK_SLOT_MS * SK_SLOT_MS;
    w->words = sk_intern_new();
    make_taxonomy(w);
    check(w, sk_index_new(w->words, calendar, w->taxonomy, w->now_ms, &w->index, &err), &err);
    check(w, sk_matcher_new(w->index, &w->matcher, &err), &err);
    w->party_count = parties;
    w->parties = sk_arena_calloc(w->arena, parties, sizeof *w->parties);
    for (size_t i = 0; i < parties; i++) {
        w->parties[i].party.id = sk_arena_printf(w->arena, "P%zu", i);
        put_party(w, i);
    }
    w->listing_count = listings;
    w->listings = sk_arena_calloc(w->arena, listings, sizeof *w->listings);
    for (size_t i = 0; i < listings; i++)
        put_listing(w, i);
}

void world_done(world *w)
{
    sk_matcher_free(w->matcher);
    sk_index_free(w->index);
    sk_taxonomy_free(w->taxonomy);
    sk_intern_free(w->words);
    sk_arena_free(w->arena);
}

const world_party *world_party_of(const world *w, sk_str id)
{
    for (size_t i = 0; i < w->party_count; i++) {
        if (w->parties[i].there && sk_str_eq(w->parties[i].party.id, id))
            return &w->parties[i];
    }
    return NULL;
}
