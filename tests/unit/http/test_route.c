/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/route.h"

static sk_status parse(sk_arena *arena, const char *target, http_target *out, sk_error *err)
{
    sk_arena_reset(arena);
    *err = (sk_error){0};
    return http_target_parse(sk_str_from(target), arena, out, err);
}

static void test_target__decodes_path_and_query(void **state)
{
    sk_arena *arena = sk_arena_new(0);
    http_target t = {0};
    sk_error err;

    (void)state;
    assert_int_equal(parse(arena, "/v1/a%20b?x=1%2C2&y&z=%C3%A9", &t, &err), SK_OK);
    assert_true(sk_str_eq(t.path, SK_STR("/v1/a b")));
    assert_int_equal(t.query_count, 3);
    assert_true(sk_str_eq(t.values[0], SK_STR("1,2")));
    assert_true(sk_str_eq(t.names[1], SK_STR("y")) && t.values[1].size == 0);
    assert_true(sk_str_eq(t.values[2], SK_STR("\xC3\xA9")));
    assert_int_equal(parse(arena, "/", &t, &err), SK_OK);
    assert_int_equal(parse(arena, "/v1/x?", &t, &err), SK_OK);
    sk_arena_free(arena);
}

static void test_target__refuses_tricks(void **state)
{
    static const char *const bad[] = {
        "",          "x",      "/../x",   "/a/..", "/a/./b",   "//a",      "/a//b",
        "/%2e%2e/a", "/a%2fb", "/a%5cb",  "/a\\b", "/a%00",    "/a%0ab",   "/%",
        "/%4",       "/%zz",   "/%c0%af", "/%ff",  "/a?x=%0d", "/a?%2f=1", "/a?x=%e2%82"};
    sk_arena *arena = sk_arena_new(0);
    http_target t = {.query_count = 99};
    sk_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse(arena, bad[i], &t, &err) == SK_OK)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(err.status, SK_EINVAL);
        assert_true(err.field[0] == 'p' || err.field[0] == 'q');
    }
    assert_int_equal(t.query_count, 99);
    sk_arena_free(arena);
}

static void test_find__by_path_and_method(void **state)
{
    http_match m;

    (void)state;
    http_route_find(SK_STR("/v1/plaatsingen/n-1/matches"), HTTP_GET, &m);
    assert_string_equal(m.route->operation, "match");
    assert_true(sk_str_eq(m.places[0], SK_STR("n-1")));
    http_route_find(SK_STR("/v1/plaatsingen"), HTTP_DELETE, &m);
    assert_null(m.route);
    assert_true(m.known && m.allowed == (1u << HTTP_GET | 1u << HTTP_POST));
    http_route_find(SK_STR("/v1/plaatsingen/"), HTTP_GET, &m);
    assert_false(m.known);
    http_route_find(SK_STR("/v1"), HTTP_GET, &m);
    assert_false(m.known);
    http_route_find(SK_STR(""), HTTP_GET, &m);
    assert_false(m.known);
}

/** Each route is found by its own path, and described. */
static void test_table__is_whole(void **state)
{
    size_t count;

    (void)state;
    for (size_t i = 0; http_route_at(i, &count); i++) {
        const http_route *route = http_route_at(i, &count);
        char described[200];
        http_match m;

        http_route_find(sk_str_from(route->path), route->method, &m);
        assert_ptr_equal(m.route, route);
        snprintf(described, sizeof(described), "\"%s\":{", route->path + strlen("/v1"));
        if (!strstr(http_openapi().data, described))
            fail_msg("%s is not described", route->path);
    }
    assert_true(count > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target__decodes_path_and_query),
        cmocka_unit_test(test_target__refuses_tricks),
        cmocka_unit_test(test_find__by_path_and_method),
        cmocka_unit_test(test_table__is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
