/* SPDX-License-Identifier: EUPL-1.2 */
#include "fixture.h"

#include <math.h>
#include <stdlib.h>

/* Walks against every listing: nobody near enough is left out, bounds hold, the order too. */

#define LISTINGS 3000

static uint64_t chance;

static uint32_t below(uint32_t n)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(chance >> 33) % n;
}

static double unit(void)
{
    return below(1u << 30) / (double)(1u << 30);
}

static sk_point place(const sk_point *centre, double spread)
{
    sk_point p = {centre->lat_deg + (unit() - 0.5) * spread,
                  centre->lon_deg + (unit() - 0.5) * spread * 2};

    if (below(4) == 0)
        p = *centre;
    p.lat_deg = fmax(-90, fmin(90, p.lat_deg));
    if (p.lon_deg > 180)
        p.lon_deg -= 360;
    if (p.lon_deg < -180)
        p.lon_deg += 360;
    return p;
}

static void fill(fixture *f, const sk_point *centre, double spread)
{
    static const uint32_t reach[] = {0, 100, 2000, 30000, 100000};
    char id[16];
    uint32_t slot;
    sk_error err;

    for (uint32_t i = 0; i < LISTINGS; i++) {
        snprintf(id, sizeof id, "l%u", i);
        sk_listing l = fixture_listing(id);
        l.categories.count = 1 + below(2);
        l.point = place(centre, spread);
        l.reach_m = reach[below(5)];
        l.within_m = below(9) ? 0 : reach[1 + below(4)];
        l.remote = below(6) == 0;
        l.created_ms = NOW - (int64_t)below(90) * SK_DAY_MS - below(100000);
        assert_int_equal(sk_index_put(f->index, &l, &slot, &err), SK_OK);
    }
    for (uint32_t i = 0; i < LISTINGS / 4; i++)
        sk_index_remove(f->index, below(LISTINGS));
    fixture_sound(f);
}

static bool near_enough(const sk_facts *q, const sk_facts *f, double m)
{
    return !(q->remote && f->remote) && (m <= q->reach_m || m <= f->reach_m) &&
           (!q->within_m || m <= q->within_m) && (!f->within_m || m <= f->within_m);
}

static void check_places(const fixture *f, const sk_facts *q)
{
    static sk_candidates seen;
    uint8_t *found = calloc(LISTINGS + 1, 1);
    sk_walk *walk = sk_walk_new();
    double farthest = 0;

    sk_walk_begin(walk, f->index, q, SK_SUPPLY, false, 0);
    for (uint32_t c = 0; c < 3; c++)
        sk_walk_add(walk, c);
    while (sk_walk_next(walk, &seen)) {
        assert_true(sqrt(seen.near_m2) >= farthest);
        farthest = sqrt(seen.near_m2);
        for (uint32_t i = 0; i < seen.count; i++) {
            const sk_facts *o = sk_index_facts(f->index, seen.slots[i]);
            double m = sk_geo_distance(q->lat_deg, q->lon_deg, q->cos_lat, o->lat_deg, o->lon_deg,
                                       o->cos_lat);
            assert_true(sqrt(seen.distance_m2[i]) <= m && farthest <= m);
            assert_int_equal(seen.created_min[i], o->created_ms / SK_MINUTE_MS);
            found[seen.slots[i]]++;
        }
    }
    for (uint32_t slot = 0; slot < sk_index_slots(f->index); slot++) {
        const sk_facts *o = sk_index_facts(f->index, slot);
        if (o && near_enough(q, o,
                             sk_geo_distance(q->lat_deg, q->lon_deg, q->cos_lat, o->lat_deg,
                                             o->lon_deg, o->cos_lat)))
            assert_int_equal(found[slot], o->category_count);
    }
    sk_walk_free(walk);
    free(found);
}

static void check_ages(const fixture *f, const sk_facts *q)
{
    static sk_candidates seen;
    sk_walk *walk = sk_walk_new();
    size_t count = 0, want = 0;
    uint32_t newest = UINT32_MAX;

    sk_walk_begin(walk, f->index, q, SK_SUPPLY, true, 0);
    for (uint32_t c = 0; c < 3; c++)
        sk_walk_add(walk, c);
    while (sk_walk_next(walk, &seen)) {
        assert_true(seen.newest_min <= newest);
        newest = seen.newest_min;
        count += seen.count;
        for (uint32_t i = 0; i < seen.count; i++) {
            assert_true(sk_index_facts(f->index, seen.slots[i])->remote);
            assert_true(seen.created_min[i] <= newest);
        }
    }
    for (uint32_t slot = 0; slot < sk_index_slots(f->index); slot++) {
        const sk_facts *o = sk_index_facts(f->index, slot);
        want += o && o->remote ? o->category_count : 0;
    }
    assert_int_equal(count, want);
    sk_walk_free(walk);
}

static void run(sk_point centre, double spread, uint64_t seed)
{
    static const uint32_t metres[] = {0, 50, 1000, 20000, 100000};
    fixture f;

    chance = seed;
    fixture_init(&f);
    fill(&f, &centre, spread);
    for (int i = 0; i < 60; i++) {
        sk_point p = place(&centre, spread);
        sk_facts q = {.kind = SK_KIND_NEED,
                      .has_point = true,
                      .lat_deg = p.lat_deg,
                      .lon_deg = p.lon_deg,
                      .cos_lat = sk_geo_cos_lat(p.lat_deg),
                      .reach_m = metres[below(5)],
                      .within_m = below(3) ? 0 : metres[below(5)],
                      .remote = below(3) == 0};
        check_places(&f, &q);
        check_ages(&f, &q);
    }
    fixture_done(&f);
}

static void test_walk__finds_all_in_a_town(void **state)
{
    (void)state;
    run((sk_point){52.09, 5.12}, 0.05, 1);
    run((sk_point){52.09, 5.12}, 0.0, 2);
}

static void test_walk__finds_all_in_a_country(void **state)
{
    (void)state;
    run((sk_point){52.2, 5.4}, 2.5, 3);
}

static void test_walk__finds_all_round_the_antimeridian_and_the_poles(void **state)
{
    (void)state;
    run((sk_point){-17, 180}, 0.5, 4);
    run((sk_point){0, -179.9999}, 0.01, 5);
    run((sk_point){89.99, 0}, 0.4, 6);
    run((sk_point){-90, 30}, 179, 7);
    run((sk_point){0, 0}, 180, 8);
}

static void test_walk__stops_at_the_limit(void **state)
{
    static sk_candidates seen;
    fixture f;
    sk_facts q = {.kind = SK_KIND_NEED,
                  .lat_deg = 52.09,
                  .lon_deg = 5.12,
                  .cos_lat = sk_geo_cos_lat(52.09),
                  .reach_m = 100000};
    sk_walk *walk = sk_walk_new();

    (void)state;
    chance = 9;
    fixture_init(&f);
    fill(&f, &(sk_point){52.09, 5.12}, 1);
    sk_walk_begin(walk, f.index, &q, SK_SUPPLY, false, 0);
    sk_walk_add(walk, 0);
    sk_walk_limit(walk, 1e6f);
    while (sk_walk_next(walk, &seen)) {
        for (uint32_t i = 0; i < seen.count; i++)
            assert_true(seen.distance_m2[i] <= 1e6f);
    }
    sk_walk_free(walk);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk__finds_all_in_a_town),
        cmocka_unit_test(test_walk__finds_all_in_a_country),
        cmocka_unit_test(test_walk__finds_all_round_the_antimeridian_and_the_poles),
        cmocka_unit_test(test_walk__stops_at_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
