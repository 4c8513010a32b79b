/* SPDX-License-Identifier: EUPL-1.2 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "geo/geo.h"

static double between(double lat1, double lon1, double lat2, double lon2)
{
    return sk_geo_distance(lat1, lon1, sk_geo_cos_lat(lat1), lat2, lon2, sk_geo_cos_lat(lat2));
}

/* The contract's formula, written again with every operation stored on its own. */
static double oracle(double lat1, double lon1, double lat2, double lon2)
{
    const volatile double k = M_PI / 180;
    volatile double x = lat2 - lat1;
    x = x * k;
    x = x / 2;
    volatile double s = sin(x);
    volatile double s2 = s * s;
    volatile double y = lon2 - lon1;
    y = y * k;
    y = y / 2;
    volatile double t = sin(y);
    volatile double t2 = t * t;
    volatile double l1 = lat1 * k, l2 = lat2 * k;
    volatile double c1 = cos(l1), c2 = cos(l2);
    volatile double c = c1 * c2;
    volatile double ct = c * t2;
    volatile double a = s2 + ct;
    volatile double least = a < 1 ? a : 1;
    volatile double root = sqrt(least);
    volatile double angle = asin(root);
    volatile double r2 = 2 * 6371008.8;

    return r2 * angle;
}

static void test_distance__known_places(void **state)
{
    (void)state;
    /* One degree along a meridian is R * pi / 180. */
    assert_true(fabs(between(52, 5, 53, 5) - 6371008.8 * M_PI / 180) < 1e-6);
    assert_true(between(52, 5, 52, 5) == 0);
    /* The Dom in Utrecht to the Martinitoren in Groningen: about 160 km. */
    assert_true(fabs(between(52.09066, 5.12131, 53.21939, 6.56816) - 159041) < 1500);
    /* Antipodes: half the circumference, with `a` rounded past 1 or not. */
    assert_true(fabs(between(90, 0, -90, 0) - 6371008.8 * M_PI) < 1e-3);
    assert_true(fabs(between(0.5, 10, -0.5, -170) - 6371008.8 * M_PI) < 1e-3);
}

static double any(double least, double most)
{
    return least + (most - least) * ((double)rand() / RAND_MAX);
}

static void test_distance__equals_the_contract_to_the_bit(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 200000; i++) {
        const double lat1 = any(50.7, 53.6), lon1 = any(3.3, 7.3);
        const double lat2 = i % 3 ? lat1 + any(-0.1, 0.1) : any(-90, 90);
        const double lon2 = i % 3 ? lon1 + any(-0.1, 0.1) : any(-180, 180);

        assert_true(between(lat1, lon1, lat2, lon2) == oracle(lat1, lon1, lat2, lon2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance__known_places),
        cmocka_unit_test(test_distance__equals_the_contract_to_the_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
