/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/codec.h"

#define PROPERTIES                                                                                 \
    "\"properties\":{\"code\":\"BU00010001\",\"naam\":\"Kade\",\"wijkcode\":\"WK000100\","         \
    "\"gemeentecode\":\"GM0001\"}"
#define SQUARE "[[5,52],[6,52],[6,53],[5,52]]"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define FEATURE(properties, geometry)                                                              \
    "{\"type\":\"Feature\"," properties ",\"geometry\":" geometry "}"
#define POLYGON(rings) "{\"type\":\"Polygon\",\"coordinates\":" rings "}"

static void test_areas__are_read_whole(void **state)
{
    static const char text[] =
        " { \"crs\" : {\"a\":[1]} , \"features\" : [ {\"type\":\"Feature\",\"id\":7,\"properties\":"
        "{\"code\":\"BU1\",\"naam\":\"\\u00c9\\u00e9n\",\"wijkcode\":\"WK1\",\"gemeentecode\":"
        "\"GM1\",\"wijknaam\":\"Wijk\",\"gemeentenaam\":\"Stad\",\"jaar\":2024,\"x\":null},"
        "\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[[" SQUARE "],[" SQUARE "," SQUARE
        "]]}} , " FEATURE(
            PROPERTIES,
            POLYGON(
                "[[[5.5,52.25,3],[6,52],[6,53],[7,8],[5.5,52.25]]]")) " ] , \"type\" : "
                                                                      "\"FeatureCollection\" }\n";
    sk_arena *arena = sk_arena_new(0);
    const sk_area *areas = NULL;
    size_t count = 0;
    sk_error err = {0};

    (void)state;
    if (sk_geojson_areas(sk_str_from(text), arena, &areas, &count, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
    assert_int_equal(count, 2);
    assert_true(sk_str_eq(areas[0].code, SK_STR("BU1")));
    assert_true(sk_str_eq(areas[0].name, SK_STR("Één")));
    assert_true(sk_str_eq(areas[0].wijk, SK_STR("WK1")));
    assert_true(sk_str_eq(areas[0].wijk_name, SK_STR("Wijk")));
    assert_true(sk_str_eq(areas[0].gemeente, SK_STR("GM1")));
    assert_true(sk_str_eq(areas[0].gemeente_name, SK_STR("Stad")));
    assert_int_equal(areas[0].year, 2024);
    assert_int_equal(areas[0].polygon_count, 2);
    assert_int_equal(areas[0].polygons[0].ring_count, 1);
    assert_int_equal(areas[0].polygons[1].ring_count, 2);
    assert_int_equal(areas[1].year, 0);
    assert_int_equal(areas[1].wijk_name.size, 0);
    assert_int_equal(areas[1].polygon_count, 1);
    assert_int_equal(areas[1].polygons[0].rings[0].count, 5);
    assert_true(areas[1].polygons[0].rings[0].points[0].lon_deg == 5.5);
    assert_true(areas[1].polygons[0].rings[0].points[0].lat_deg == 52.25);
    sk_arena_free(arena);
}

static const struct {
    const char *text, *field, *says;
} faults[] = {
    {"", "", "too early"},
    {"[1,", "", "too early"},
    {"[]", "type", "FeatureCollection"},
    {"3", "type", "FeatureCollection"},
    {"{}", "type", "FeatureCollection"},
    {"{\"type\":\"FeatureCollection\"}", "features", "must be a list"},
    {"{\"type\":\"FeatureCollection\",\"features\":{}}", "features", "must be a list"},
    {"{\"type\":\"FeatureCollection\",\"features\":[],\"features\":[]}", "features", "twice"},
    {COLLECTION("3"), "features[0]", "type Feature"},
    {COLLECTION("{\"type\":\"Feature\"}"), "features[0].properties", "object"},
    {COLLECTION(FEATURE("\"properties\":{}", "null")), "features[0].properties.code", "text"},
    {COLLECTION(FEATURE("\"properties\":{\"code\":\"a\",\"naam\":3}", "null")),
     "features[0].properties.naam", "text"},
    {COLLECTION(FEATURE("\"properties\":{\"code\":\"a\",\"naam\":\"b\",\"wijkcode\":\"c\","
                        "\"gemeentecode\":\"d\",\"jaar\":\"2024\"}",
                        "null")),
     "features[0].properties.jaar", "year"},
    {COLLECTION(FEATURE(PROPERTIES, "null")), "features[0].geometry", "a Polygon or"},
    {COLLECTION(FEATURE(PROPERTIES, "{\"type\":\"Point\",\"coordinates\":[5,52]}")),
     "features[0].geometry", "a Polygon or"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[]"))), "features[0].geometry.coordinates",
     "at least one ring"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[[[5,52],[6,52],[5,52]]]"))),
     "features[0].geometry.coordinates[0]", "a ring needs at least four positions"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[[[5,52],[6,52],[6,53],[5,52.1]]]"))),
     "features[0].geometry.coordinates[0]", "ends where it starts"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[" SQUARE ",[[5,52],[6,52],[\"6\",53],[5,52]]]"))),
     "features[0].geometry.coordinates[1][2]", "[longitude, latitude]"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[[[5,52],[6],[6,53],[5,52]]]"))),
     "features[0].geometry.coordinates[0][1]", "[longitude, latitude]"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[[[155000,463000],[6,1],[6,53],[5,52]]]"))),
     "features[0].geometry.coordinates[0][0]", "longitude 155000 is outside"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[[[5,90.5],[6,1],[6,53],[5,52]]]"))),
     "features[0].geometry.coordinates[0][0]", "latitude 90.5 is outside"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[[[1e999,9],[6,1],[6,53],[5,52]]]"))), "features[0]",
     "overflow"},
    {COLLECTION(FEATURE(PROPERTIES, POLYGON("[" SQUARE "]")) "," FEATURE(
         PROPERTIES, "{\"type\":\"MultiPolygon\",\"coordinates\":[[" SQUARE "],[[]]]}")),
     "features[1].geometry.coordinates[1][0]", "four positions"},
    {COLLECTION(FEATURE(PROPERTIES, "{\"type\":\"MultiPolygon\",\"coordinates\":[]}")),
     "features[0].geometry.coordinates", "at least one polygon"},
    {COLLECTION("{\"type\":\"Feature\",\"type\":\"Feature\"}"), "features[0]", "duplicate"},
    {COLLECTION("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), "", "nested too deeply"},
};

static void test_areas__faults_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        sk_arena *arena = sk_arena_new(0);
        const sk_area *areas = NULL;
        size_t count = 99;
        sk_error err = {0};

        if (sk_geojson_areas(sk_str_from(faults[i].text), arena, &areas, &count, &err) == SK_OK)
            fail_msg("accepted: %s", faults[i].text);
        if (strcmp(err.field, faults[i].field) != 0 || !strstr(err.message, faults[i].says))
            fail_msg("%s\nsays \"%s\": \"%s\"", faults[i].text, err.field, err.message);
        assert_int_equal(count, 99);
        sk_arena_free(arena);
    }
}

static void read_real(const char *name, size_t expected)
{
    const char *data = getenv("SCHAKEL_DATA");
    sk_arena *arena = sk_arena_new(0);
    const sk_area *areas = NULL;
    size_t count = 0;
    sk_buf text = {0};
    sk_error err = {0};
    char path[4096];
    int64_t started = 0;

    snprintf(path, sizeof(path), "%s/geo/%s", data, name);
    assert_int_equal(sk_file_read(path, 64 << 20, &text, &err), SK_OK);
    started = sk_monotonic_ms();
    if (sk_geojson_areas(sk_buf_view(&text), arena, &areas, &count, &err) != SK_OK)
        fail_msg("%s: %s: %s", name, err.field, err.message);
    print_message("%s: %zu areas in %d ms\n", name, count, (int)(sk_monotonic_ms() - started));
    assert_int_equal(count, expected);
    sk_buf_done(&text);
    sk_arena_free(arena);
}

static void test_areas__of_the_country(void **state)
{
    (void)state;
    if (!getenv("SCHAKEL_DATA")) {
        print_message("SCHAKEL_DATA is not set: skipped\n");
        return;
    }
    read_real("buurten2024.geojson", 9868);
    read_real("buurten2024_staphorst.geojson", 25);
}

/* Twenty thousand areas of a few kilobytes each: tens of megabytes. */
static void test_areas__of_a_large_file(void **state)
{
    enum { FEATURES = 20000, POSITIONS = 60 };
    sk_arena *arena = sk_arena_new(0);
    const sk_area *areas = NULL;
    size_t count = 0;
    sk_buf text = {0};
    sk_error err = {0};

    (void)state;
    sk_buf_text(&text, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (int i = 0; i < FEATURES; i++) {
        sk_buf_printf(&text, "%s{\"type\":\"Feature\"," PROPERTIES ",\"geometry\":", i ? "," : "");
        sk_buf_text(&text, "{\"type\":\"Polygon\",\"coordinates\":[[");
        for (int k = 0; k < POSITIONS; k++)
            sk_buf_printf(&text, "[%.12f,%.12f],", 5 + k * 1e-4, 52 + i * 1e-5);
        sk_buf_printf(&text, "[%.12f,%.12f]]]}}", 5.0, 52 + i * 1e-5);
    }
    sk_buf_text(&text, "]}");
    assert_true(text.size > 30 << 20);
    if (sk_geojson_areas(sk_buf_view(&text), arena, &areas, &count, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
    assert_int_equal(count, FEATURES);
    sk_buf_done(&text);
    sk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_areas__are_read_whole),
        cmocka_unit_test(test_areas__faults_are_named),
        cmocka_unit_test(test_areas__of_the_country),
        cmocka_unit_test(test_areas__of_a_large_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
