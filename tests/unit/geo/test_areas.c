/* SPDX-License-Identifier: EUPL-1.2 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "geo/geo.h"
#include "read_geojson.h"

#define GRID 12

/* ---- Making areas ---- */

static int new_areas(void **state)
{
    return sk_areas_new((sk_areas **)state, NULL) != SK_OK;
}

static int free_areas(void **state)
{
    sk_areas_free(*state);
    return 0;
}

static sk_status add_rings(sk_areas *areas, const char *code, const sk_ring *rings, size_t count,
                           bool *out_repaired, sk_error *err)
{
    const sk_polygon polygon = {rings, count};
    const sk_area area = {.code = sk_str_from(code),
                          .name = SK_STR("Buurt"),
                          .wijk = SK_STR("WK000001"),
                          .gemeente = SK_STR("GM0000"),
                          .year = 2024,
                          .polygons = &polygon,
                          .polygon_count = 1};

    return sk_areas_add(areas, &area, out_repaired, err);
}

static sk_status add_points(sk_areas *areas, const char *code, const sk_point *points, size_t count,
                            bool *out_repaired, sk_error *err)
{
    const sk_ring ring = {points, count};

    return add_rings(areas, code, &ring, 1, out_repaired, err);
}

static void add_box(sk_areas *areas, const char *code, double lat, double lon, double size)
{
    const sk_point points[] = {
        {lat, lon}, {lat, lon + size}, {lat + size, lon + size}, {lat + size, lon}, {lat, lon}};

    assert_int_equal(add_points(areas, code, points, 5, NULL, NULL), SK_OK);
}

static void assert_in(sk_areas *areas, double lat, double lon, const char *code)
{
    const int index = sk_areas_find(areas, (sk_point){lat, lon});

    if (!code) {
        assert_int_equal(index, -1);
        return;
    }
    assert_true(index >= 0);
    assert_true(sk_str_eq(sk_areas_at(areas, index)->code, sk_str_from(code)));
}

/* ---- Finding ---- */

static void test_find__empty_and_hostile_points(void **state)
{
    const sk_point hostile[] = {{NAN, 5}, {52, NAN}, {INFINITY, 5}, {91, 5}, {52, 181}, {0, 0}};

    assert_in(*state, 52, 5, NULL);
    add_box(*state, "BU1", 52, 5, 1);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        assert_int_equal(sk_areas_find(*state, hostile[i]), -1);
    assert_in(*state, 52.5, 5.5, "BU1");
}

static void test_find__a_shared_border_belongs_to_the_lowest_code(void **state)
{
    /* Added out of order, so that only the code can decide. */
    add_box(*state, "BU3", 52, 5, 1);
    add_box(*state, "BU1", 52, 6, 1);
    add_box(*state, "BU2", 53, 5, 1);
    add_box(*state, "BU0", 53, 6, 1);
    assert_in(*state, 52.5, 6, "BU1");
    assert_in(*state, 53, 5.5, "BU2");
    assert_in(*state, 53, 6, "BU0");
    assert_in(*state, 52, 5, "BU3");
    assert_in(*state, 52.5, 5.5, "BU3");
    assert_in(*state, 54.0000001, 5.5, NULL);
}

static void test_find__mesh_agrees_with_arithmetic(void **state)
{
    char code[16];

    for (int i = GRID * GRID - 1; i >= 0; i--) {
        const int mixed = (i * 7) % (GRID * GRID);

        snprintf(code, sizeof code, "BU%04d", mixed);
        add_box(*state, code, 50 + mixed / GRID, mixed % GRID, 1);
    }
    assert_int_equal(sk_areas_count(*state), GRID * GRID);
    for (double lat = 49.75; lat < 50.5 + GRID; lat += 0.25)
        for (double lon = -0.25; lon < 0.5 + GRID; lon += 0.25) {
            /* The lowest code is the lower row and column whose closed box holds the point. */
            const int row = (int)ceil(lat - 50) - 1 < 0 ? 0 : (int)ceil(lat - 50) - 1;
            const int column = (int)ceil(lon) - 1 < 0 ? 0 : (int)ceil(lon) - 1;

            snprintf(code, sizeof code, "BU%04d", row * GRID + column);
            assert_in(*state, lat, lon,
                      lat < 50 || lat > 50 + GRID || lon < 0 || lon > GRID ? NULL : code);
        }
}

static void test_find__holes_and_parts(void **state)
{
    const sk_point outer[] = {{52, 5}, {52, 9}, {56, 9}, {56, 5}};
    const sk_point hole[] = {{53, 6}, {53, 8}, {55, 8}, {55, 6}, {53, 6}};
    const sk_point island[] = {{10, 10}, {10, 11}, {11, 11}};
    const sk_ring rings[] = {{outer, 4}, {hole, 5}};
    const sk_ring island_ring = {island, 3};
    const sk_polygon polygons[] = {{rings, 2}, {&island_ring, 1}};
    const sk_area area = {.code = SK_STR("BU1"), .polygons = polygons, .polygon_count = 2};
    bool repaired = true;

    assert_int_equal(sk_areas_add(*state, &area, &repaired, NULL), SK_OK);
    assert_false(repaired);
    assert_in(*state, 52.5, 7, "BU1");
    assert_in(*state, 54, 7, NULL);
    assert_in(*state, 53, 7, "BU1");
    assert_in(*state, 10.2, 10.8, "BU1");
    add_box(*state, "BU2", 53, 6, 2);
    assert_in(*state, 54, 7, "BU2");
    assert_in(*state, 53, 7, "BU1");
}

/* ---- Adding ---- */

static void test_add__repairs_rings_that_cross_themselves(void **state)
{
    const sk_point bow[] = {{52, 5}, {53, 6}, {53, 5}, {52, 6}, {52, 5}};
    bool repaired = false;

    assert_int_equal(add_points(*state, "BU1", bow, 5, &repaired, NULL), SK_OK);
    assert_true(repaired);
    assert_in(*state, 52.1, 5.5, "BU1");
    assert_in(*state, 52.9, 5.5, "BU1");
    assert_in(*state, 52.5, 5.1, NULL);
}

static void test_add__keeps_what_overlaps_itself(void **state)
{
    /* A ring that goes round a square, and then round a quarter of it again. */
    const sk_point twice[] = {{52, 5}, {52, 7}, {54, 7}, {54, 5}, {52, 5},
                              {52, 6}, {53, 6}, {53, 5}, {52, 5}};
    bool repaired = false;

    assert_int_equal(add_points(*state, "BU1", twice, 9, &repaired, NULL), SK_OK);
    assert_true(repaired);
    assert_in(*state, 52.5, 5.5, "BU1");
    assert_in(*state, 53.5, 6.5, "BU1");
}

static void test_add__refuses_bad_geometry_and_changes_nothing(void **state)
{
    const sk_point line[] = {{52, 5}, {52, 6}, {52, 7}, {52, 5}};
    const sk_point two[] = {{52, 5}, {52, 6}, {52, 5}};
    const sk_point same[] = {{52, 5}, {52, 5}, {52, 5}, {52, 5}};
    const sk_point wild[] = {{52, 5}, {52, 6}, {99, 6}};
    const sk_point nan[] = {{52, 5}, {52, NAN}, {53, 6}};
    const struct {
        const sk_point *points;
        size_t count;
        const char *field;
    } cases[] = {{line, 4, "polygons"},
                 {two, 3, "polygons[0].rings[0]"},
                 {same, 4, "polygons"},
                 {wild, 3, "polygons[0].rings[0].points[2]"},
                 {nan, 3, "polygons[0].rings[0].points[1]"},
                 {line, 0, "polygons[0].rings[0]"}};
    bool repaired = false;

    add_box(*state, "BU1", 52, 5, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sk_error err = {0};

        assert_int_equal(
            add_points(*state, "BU1", cases[i].points, cases[i].count, &repaired, &err), SK_EINVAL);
        assert_string_equal(err.field, cases[i].field);
    }
    assert_false(repaired);
    assert_int_equal(sk_areas_count(*state), 1);
    assert_in(*state, 52.5, 5.5, "BU1");
}

static void test_add__refuses_missing_parts(void **state)
{
    const sk_polygon hollow = {NULL, 0};
    sk_error err = {0};
    sk_area area = {.code = SK_STR("BU1")};

    assert_int_equal(sk_areas_add(*state, &area, NULL, &err), SK_EINVAL);
    assert_string_equal(err.field, "polygons");
    area.polygons = &hollow;
    area.polygon_count = 1;
    assert_int_equal(sk_areas_add(*state, &area, NULL, &err), SK_EINVAL);
    assert_string_equal(err.field, "polygons[0].rings[0]");
    area.code = SK_STR("");
    assert_int_equal(sk_areas_add(*state, &area, NULL, &err), SK_EINVAL);
    assert_string_equal(err.field, "code");
    assert_int_equal(sk_areas_count(*state), 0);
}

static void test_add__replaces_a_code(void **state)
{
    add_box(*state, "BU1", 52, 5, 1);
    add_box(*state, "BU2", 52, 6, 1);
    assert_in(*state, 52.5, 5.5, "BU1");
    add_box(*state, "BU1", 60, 5, 1);
    assert_int_equal(sk_areas_count(*state), 2);
    assert_in(*state, 52.5, 5.5, NULL);
    assert_in(*state, 60.5, 5.5, "BU1");
}

static void test_add__survives_every_failed_allocation(void **state)
{
    const sk_point points[] = {{52, 5}, {52, 6}, {53, 6}};
    long failed = 0;

    for (long after = 0;; after++) {
        sk_error err = {0};

        sk_alloc_fail_after(after);
        const sk_status st = add_points(*state, "BU1", points, 3, NULL, &err);

        sk_alloc_fail_after(-1);
        if (st == SK_OK)
            break;
        failed++;
        assert_int_equal(st, SK_ENOMEM);
        assert_int_equal(sk_areas_count(*state), 0);
        assert_false(sk_areas_known(*state, SK_STR("WK000001")));
        assert_false(sk_areas_known(*state, SK_STR("GM0000")));
    }
    assert_true(failed > 4);
    assert_in(*state, 52.1, 5.9, "BU1");
}

/* ---- Codes and centres ---- */

static void test_known__every_level_and_only_while_named(void **state)
{
    sk_areas *areas = *state;
    const sk_point points[] = {{52, 5}, {52, 6}, {53, 6}};
    const sk_ring ring = {points, 3};
    const sk_polygon polygon = {&ring, 1};
    sk_area area = {.code = SK_STR("BU02680101"),
                    .wijk = SK_STR("WK026801"),
                    .gemeente = SK_STR("GM0268"),
                    .polygons = &polygon,
                    .polygon_count = 1};

    assert_int_equal(sk_areas_add(areas, &area, NULL, NULL), SK_OK);
    assert_true(sk_areas_known(areas, SK_STR("BU02680101")));
    assert_true(sk_areas_known(areas, SK_STR("WK026801")));
    assert_true(sk_areas_known(areas, SK_STR("GM0268")));
    assert_false(sk_areas_known(areas, SK_STR("GM026")));
    assert_false(sk_areas_known(areas, SK_STR("")));
    area.wijk = SK_STR("WK026802");
    assert_int_equal(sk_areas_add(areas, &area, NULL, NULL), SK_OK);
    assert_false(sk_areas_known(areas, SK_STR("WK026801")));
    assert_true(sk_areas_known(areas, SK_STR("WK026802")));
    assert_true(sk_areas_known(areas, SK_STR("GM0268")));
}

static void test_centre__lies_inside(void **state)
{
    sk_areas *areas = *state;
    /* A horseshoe: its centroid lies outside it. */
    const sk_point shoe[] = {{50, 5},     {50, 9},     {54, 9},   {54, 8.9},
                             {50.1, 8.9}, {50.1, 5.1}, {54, 5.1}, {54, 5}};
    sk_point centre;
    sk_error err = {0};

    assert_int_equal(add_points(areas, "BU1", shoe, 8, NULL, NULL), SK_OK);
    assert_int_equal(sk_areas_centre(areas, SK_STR("BU1"), &centre, NULL), SK_OK);
    assert_in(areas, centre.lat_deg, centre.lon_deg, "BU1");
    /* The wijk's mean lies in none of its buurten either: the nearest buurt's centre it is. */
    assert_int_equal(sk_areas_centre(areas, SK_STR("WK000001"), &centre, NULL), SK_OK);
    assert_in(areas, centre.lat_deg, centre.lon_deg, "BU1");
    add_box(areas, "BU2", 50.5, 5.5, 3);
    assert_int_equal(sk_areas_centre(areas, SK_STR("GM0000"), &centre, NULL), SK_OK);
    assert_in(areas, centre.lat_deg, centre.lon_deg, "BU2");
    assert_int_equal(sk_areas_centre(areas, SK_STR("GM9999"), &centre, &err), SK_ENOTFOUND);
}

/* ---- Real buurten ---- */

static void load_into(sk_areas *areas, const char *name, sk_arena *arena, size_t *out_repaired)
{
    sk_area *list = NULL;
    size_t count = 0;

    assert_true(read_geojson(name, arena, &list, &count));
    for (size_t i = 0; i < count; i++) {
        bool repaired = false;
        sk_error err = {0};

        if (sk_areas_add(areas, &list[i], &repaired, &err) != SK_OK)
            fail_msg("%.*s: %s %s", SK_STR_ARG(list[i].code), err.field, err.message);
        *out_repaired += repaired;
    }
}

/* How many label points lie in an area, and how many of those in exactly one. The collection
 * answers with the lowest code; one in which the codes sort the other way answers with the highest,
 * and where both are the same there is only one. */
static void count_points(sk_areas *areas, sk_areas *reversed, size_t *out_in, size_t *out_one)
{
    FILE *file = open_data("geo/buurt2014_labelpoints.csv");
    char line[512];

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        const char *comma = strrchr(line, ',');
        sk_point point;

        if (!comma)
            continue;
        point.lat_deg = atof(comma + 1);
        while (comma > line && *--comma != ',')
            ;
        point.lon_deg = atof(comma + 1);
        const int low = sk_areas_find(areas, point), high = sk_areas_find(reversed, point);

        if (low < 0)
            continue;
        ++*out_in;
        assert_true(high >= 0);
        *out_one += sk_str_eq(sk_areas_at(areas, low)->code, sk_areas_at(reversed, high)->name);
    }
    fclose(file);
}

/* A code that sorts the other way: digits and capitals are all that CBS uses. */
static sk_str reverse_code(sk_str code, sk_arena *arena)
{
    sk_str text = sk_arena_str(arena, code);
    char *bytes = (char *)text.data;

    for (size_t i = 0; i < text.size; i++)
        bytes[i] =
            bytes[i] <= '9' ? (char)('z' - (bytes[i] - '0')) : (char)('Z' - (bytes[i] - 'A'));
    return text;
}

static sk_areas *reverse_codes(const char *name, sk_arena *arena)
{
    sk_areas *reversed = NULL;
    sk_area *list = NULL;
    size_t count = 0;

    assert_int_equal(sk_areas_new(&reversed, NULL), SK_OK);
    assert_true(read_geojson(name, arena, &list, &count));
    for (size_t i = 0; i < count; i++) {
        sk_area area = list[i];

        area.name = area.code;
        area.code = reverse_code(area.code, arena);
        assert_int_equal(sk_areas_add(reversed, &area, NULL, NULL), SK_OK);
    }
    assert_int_equal(sk_areas_count(reversed), count);
    return reversed;
}

static void test_areas__real_municipalities(void **state)
{
    static const char *const files[] = {"geo/buurten2024_nijmegen.geojson",
                                        "geo/buurten2024_shertogenbosch.geojson",
                                        "geo/buurten2024_staphorst.geojson"};
    static const size_t counts[] = {44, 108, 25};
    sk_arena *arena = sk_arena_new(0);
    size_t repaired = 0, sum = 0;

    if (!getenv("SCHAKEL_DATA")) {
        print_message("SCHAKEL_DATA is not set: skipped\n");
        sk_arena_free(arena);
        return;
    }
    for (int i = 0; i < 3; i++) {
        load_into(*state, files[i], arena, &repaired);
        assert_int_equal(sk_areas_count(*state), sum += counts[i]);
    }
    /* The Valkhof in Nijmegen, the Sint-Jan in Den Bosch, and a place in the sea. */
    const int nijmegen = sk_areas_find(*state, (sk_point){51.8479, 5.8700});
    const int bosch = sk_areas_find(*state, (sk_point){51.6877, 5.3084});

    assert_true(nijmegen >= 0 && bosch >= 0);
    assert_true(sk_str_eq(sk_areas_at(*state, nijmegen)->gemeente, SK_STR("GM0268")));
    assert_true(sk_str_eq(sk_areas_at(*state, bosch)->gemeente, SK_STR("GM0796")));
    assert_int_equal(sk_areas_find(*state, (sk_point){53, 4}), -1);
    sk_arena_free(arena);
}

static void test_areas__real_country(void **state)
{
    static const char name[] = "geo/buurten2024.geojson";
    sk_arena *arena = sk_arena_new(0);
    size_t repaired = 0, in = 0, one = 0;

    if (!getenv("SCHAKEL_DATA")) {
        print_message("SCHAKEL_DATA is not set: skipped\n");
        sk_arena_free(arena);
        return;
    }
    const int64_t start = sk_monotonic_ms();

    load_into(*state, name, arena, &repaired);
    print_message("%zu areas added in %ld ms, %zu repaired\n", sk_areas_count(*state),
                  (long)(sk_monotonic_ms() - start), repaired);
    assert_int_equal(sk_areas_count(*state), 9868);
    assert_true(repaired > 0);
    sk_areas *reversed = reverse_codes(name, arena);

    count_points(*state, reversed, &in, &one);
    print_message("%zu label points lie in an area, %zu of them in exactly one\n", in, one);
    assert_true(in > 7500);
    assert_true((double)one >= 0.98 * (double)in);
    in = one = 0;
    const int64_t warm = sk_monotonic_ns();

    for (int i = 0; i < 100000; i++)
        in += sk_areas_find(*state, (sk_point){51 + (i % 317) * 0.007, 4 + (i % 401) * 0.007}) >= 0;
    print_message("%.2f us a question, %zu of 100000 in an area\n",
                  (double)(sk_monotonic_ns() - warm) / 1e8, in);
    sk_areas_free(reversed);
    sk_arena_free(arena);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, new_areas, free_areas)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find__empty_and_hostile_points),
        TEST(test_find__a_shared_border_belongs_to_the_lowest_code),
        TEST(test_find__mesh_agrees_with_arithmetic),
        TEST(test_find__holes_and_parts),
        TEST(test_add__repairs_rings_that_cross_themselves),
        TEST(test_add__keeps_what_overlaps_itself),
        TEST(test_add__refuses_bad_geometry_and_changes_nothing),
        TEST(test_add__refuses_missing_parts),
        TEST(test_add__replaces_a_code),
        TEST(test_add__survives_every_failed_allocation),
        TEST(test_known__every_level_and_only_while_named),
        TEST(test_centre__lies_inside),
        TEST(test_areas__real_municipalities),
        TEST(test_areas__real_country),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
