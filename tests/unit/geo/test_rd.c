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

#define DEGREE_M 111195.0

static int open_rd(void **state)
{
    sk_rd *rd = NULL;

    assert_int_equal(sk_rd_open(&rd, NULL), SK_OK);
    *state = rd;
    return 0;
}

static int close_rd(void **state)
{
    sk_rd_close(*state);
    return 0;
}

static void test_rd__origin_in_amersfoort(void **state)
{
    double x = 0, y = 0;
    sk_point point;

    assert_int_equal(sk_rd_from_wgs84(*state, (sk_point){52.15517440, 5.38720621}, &x, &y, NULL),
                     SK_OK);
    assert_true(fabs(x - 155000) < 0.5 && fabs(y - 463000) < 0.5);
    assert_int_equal(sk_rd_to_wgs84(*state, 155000, 463000, &point, NULL), SK_OK);
    assert_true(fabs(point.lat_deg - 52.15517440) < 5e-6);
    assert_true(fabs(point.lon_deg - 5.38720621) < 5e-6);
}

static void test_rd__there_and_back(void **state)
{
    for (double x = 0; x <= 290000; x += 14500)
        for (double y = 300000; y <= 620000; y += 16000) {
            sk_point point;
            double x2 = 0, y2 = 0;

            assert_int_equal(sk_rd_to_wgs84(*state, x, y, &point, NULL), SK_OK);
            assert_int_equal(sk_rd_from_wgs84(*state, point, &x2, &y2, NULL), SK_OK);
            assert_true(fabs(x - x2) < 0.002 && fabs(y - y2) < 0.002);
        }
}

static void test_rd__refuses_points_outside(void **state)
{
    const sk_point far[] = {{0, 0},        {52, 5000},      {91, 5},    {-52, 5},
                            {52, 1.0},     {48.85, 2.35},   {NAN, 5},   {52, NAN},
                            {INFINITY, 5}, {52, -INFINITY}, {54.4, 2.6}};
    double x = 1, y = 2;
    sk_error err = {0};

    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        assert_int_equal(sk_rd_from_wgs84(*state, far[i], &x, &y, &err), SK_EINVAL);
        assert_string_equal(err.field, "point");
    }
    assert_true(x == 1 && y == 2);

    const double rd[][2] = {{-7001, 400000},  {300001, 400000}, {100000, 288999},
                            {100000, 629001}, {NAN, 400000},    {100000, INFINITY}};
    sk_point point = {1, 2};

    for (size_t i = 0; i < sizeof rd / sizeof *rd; i++)
        assert_int_equal(sk_rd_to_wgs84(*state, rd[i][0], rd[i][1], &point, &err), SK_EINVAL);
    assert_true(point.lat_deg == 1 && point.lon_deg == 2);
}

static void test_rd__within_a_quarter_metre_of_the_official_points(void **state)
{
    const char *folder = getenv("SCHAKEL_DATA");
    char path[4096], line[512];
    int count = 0;

    if (!folder) {
        print_message("SCHAKEL_DATA is not set: skipped\n");
        return;
    }
    snprintf(path, sizeof path, "%s/geo/rdnaptrans2018_points.csv", folder);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        double lat, lon, x, y, x2, y2;
        sk_point point;
        int in_box = 0;

        if (sscanf(line, "%*[^,],%lf,%lf,%*[^,],%lf,%lf,%*[^,],%*[^,],%d", &lat, &lon, &x, &y,
                   &in_box) != 5 ||
            !in_box)
            continue;
        count++;
        assert_int_equal(sk_rd_from_wgs84(*state, (sk_point){lat, lon}, &x2, &y2, NULL), SK_OK);
        assert_true(hypot(x - x2, y - y2) < 0.25);
        assert_int_equal(sk_rd_to_wgs84(*state, x, y, &point, NULL), SK_OK);
        assert_true(hypot((point.lat_deg - lat) * DEGREE_M,
                          (point.lon_deg - lon) * DEGREE_M * sk_geo_cos_lat(lat)) < 0.25);
    }
    fclose(file);
    assert_true(count > 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rd__origin_in_amersfoort),
        cmocka_unit_test(test_rd__there_and_back),
        cmocka_unit_test(test_rd__refuses_points_outside),
        cmocka_unit_test(test_rd__within_a_quarter_metre_of_the_official_points),
    };

    return cmocka_run_group_tests(tests, open_rd, close_rd);
}
