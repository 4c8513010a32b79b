/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "http/translate.h"

typedef struct asked {
    int status;
    http_faults faults;
    char json[2000]; /**< The Request, as JSON. */
} asked;

static sk_arena *arena;

static asked ask(http_method method, const char *target, const char *if_match, const char *body)
{
    asked a = {0};
    http_target t = {0};
    http_match m;
    sk_error err = {0};
    sk_buf bytes = {0}, json = {0};
    http_ask request = {.match = &m,
                        .target = &t,
                        .token = SK_STR("se\"cret"),
                        .request_id = SK_STR("id-1"),
                        .if_match = if_match ? sk_str_from(if_match) : (sk_str){NULL, 0},
                        .body = sk_str_from(body)};

    assert_int_equal(http_target_parse(sk_str_from(target), arena, &t, &err), SK_OK);
    http_route_find(t.path, method, &m);
    assert_non_null(m.route);
    a.status = http_translate(&request, arena, &bytes, &a.faults);
    if (a.status == 0) {
        assert_int_equal(sk_message_to_json("Request", sk_buf_view(&bytes), false, &json, &err),
                         SK_OK);
        snprintf(a.json, sizeof(a.json), "%.*s", (int)json.size, json.data);
    } else {
        assert_int_equal(bytes.size, 0);
    }
    sk_buf_done(&bytes);
    sk_buf_done(&json);
    return a;
}

static bool faulty(const asked *a, const char *in, const char *place)
{
    for (size_t i = 0; i < a->faults.count; i++)
        if (strcmp(a->faults.items[i].in, in) == 0 &&
            sk_str_eq(a->faults.items[i].place, sk_str_from(place)))
            return true;
    return false;
}

static void test_translate__puts_all_in_the_operation(void **state)
{
    asked a = ask(HTTP_PUT, "/v1/plaatsingen/n%22-1", NULL, "{\"kind\":\"NEED\",\"title\":\"a\"}");

    (void)state;
    assert_string_equal(a.json, "{\"id\":\"id-1\",\"token\":\"se\\\"cret\",\"putListings\":{"
                                "\"listings\":[{\"id\":\"n\\\"-1\",\"kind\":\"NEED\",\"title\":"
                                "\"a\"}]}}");
    a = ask(HTTP_GET, "/v1/plaatsingen/n-1/matches?limit=5", NULL, "");
    assert_non_null(
        strstr(a.json, "\"match\":{\"queries\":[{\"listingId\":\"n-1\",\"limit\":5}]}"));
    a = ask(HTTP_POST, "/v1/matchvoorstellen/s1/beoordelingen", "\"18446744073709551615\"",
            "{\"decision\":\"ACCEPT\"}");
    assert_non_null(strstr(a.json, "\"decide\":{\"suggestionId\":\"s1\",\"version\":"
                                   "\"18446744073709551615\",\"decision\":\"ACCEPT\"}"));
    a = ask(HTTP_GET, "/v1/matchvoorstellen?states=PROPOSED,PARKED&bestFirst=true", NULL, "");
    assert_non_null(strstr(a.json, "\"states\":[\"PROPOSED\",\"PARKED\"],\"bestFirst\":true"));
    a = ask(HTTP_GET, "/v1/gebeurtenissen?after=0", NULL, "");
    assert_non_null(strstr(a.json, "\"readEvents\":{\"after\":\"0\"}"));
    a = ask(HTTP_PUT, "/v1/categorieen", NULL, "{\"categories\":[{\"code\":\"a\"}]}");
    assert_non_null(strstr(a.json, "\"putTaxonomy\":{\"taxonomy\":{\"categories\":[{\"code\":"));
}

static void test_translate__says_all_faults(void **state)
{
    asked a = ask(HTTP_POST, "/v1/plaatsingen?bogus=1&bogus=2", "\"1\"",
                  "{\"id\":\"x\",\"kind\":\"no\",\"title\":1,\"nope\":2,\"point\":{\"lat\":true},"
                  "\"availability\":[{\"days\":5}]}");

    (void)state;
    assert_int_equal(a.status, 400);
    assert_true(faulty(&a, "query", "bogus"));
    assert_true(faulty(&a, "header", "If-Match"));
    assert_true(faulty(&a, "body", "/id"));
    assert_true(faulty(&a, "body", "/kind"));
    assert_true(faulty(&a, "body", "/title"));
    assert_true(faulty(&a, "body", "/nope"));
    assert_true(faulty(&a, "body", "/point/lat"));
    assert_true(faulty(&a, "body", "/availability/0/days"));
    a = ask(HTTP_GET, "/v1/plaatsingen?limit=4294967296&kind=NEEDS&status=", NULL, "");
    assert_true(faulty(&a, "query", "limit") && faulty(&a, "query", "kind") &&
                faulty(&a, "query", "status"));
    a = ask(HTTP_GET, "/v1/plaatsingen?limit=1&limit=2", NULL, "");
    assert_true(faulty(&a, "query", "limit"));
}

static void test_translate__conditions(void **state)
{
    static const char *const wrong[] = {
        "3", "\"\"", "W/\"3\"", "*", "\"x\"", "\"3\", \"4\"", "\"", "\"18446744073709551616\""};
    asked a =
        ask(HTTP_POST, "/v1/matchvoorstellen/s1/beoordelingen", NULL, "{\"decision\":\"ACCEPT\"}");

    (void)state;
    assert_int_equal(a.status, 428);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        a = ask(HTTP_POST, "/v1/matchvoorstellen/s1/beoordelingen", wrong[i],
                "{\"decision\":\"ACCEPT\"}");
        assert_int_equal(a.status, 400);
        assert_true(faulty(&a, "header", "If-Match"));
    }
    a = ask(HTTP_POST, "/v1/matchvoorstellen/s1/beoordelingen", "\"3\"",
            "{\"decision\":\"ACCEPT\",\"suggestionId\":\"s2\"}");
    assert_true(faulty(&a, "body", "/suggestionId"));
}

static void test_translate__bodies(void **state)
{
    static const char *const wrong[] = {"",    "{", "[]", "1", "{}{}", "x", "{\"a\":1,\"a\":2}",
                                        "null"};
    static char large[300000];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        asked a = ask(HTTP_POST, "/v1/plaatsingen", NULL, wrong[i]);

        assert_int_equal(a.status, 400);
        assert_true(faulty(&a, "body", ""));
    }
    assert_int_equal(ask(HTTP_POST, "/v1/terugdraaiingen", NULL, "{}").status, 400);
    assert_int_equal(ask(HTTP_POST, "/v1/terugdraaiingen", NULL, "").status, 0);
    memset(large, 'a', sizeof(large) - 1);
    memcpy(large, "{\"source\":\"", 11);
    memcpy(large + sizeof(large) - 3, "\"}", 3);
    assert_int_equal(ask(HTTP_POST, "/v1/regelsets", NULL, large).status, 413);
}

static void test_problem__is_json_whatever_it_says(void **state)
{
    http_faults faults = {0};
    sk_buf out = {0};
    sk_error err = {0};

    (void)state;
    for (int i = 0; i < 30; i++)
        http_fault_add(&faults, arena, "body", SK_STR("/\"\\\n<script>"), "invalid", "%s",
                       "\x01\"</script>");
    assert_int_equal(faults.count, HTTP_MAX_FAULTS);
    http_problem_write(400, NULL, &faults, &out);
    assert_int_equal(sk_json_check(sk_buf_view(&out), &err), SK_OK);
    sk_buf_add(&out, "", 1);
    assert_null(strstr(out.data, "<script"));
    sk_buf_done(&out);
}

static void test_answer__never_trusts_the_bytes(void **state)
{
    size_t count;

    (void)state;
    srand(3);
    for (int round = 0; round < 5000; round++) {
        char bytes[64];
        size_t size = (size_t)rand() % sizeof(bytes);
        http_answer answer = {0};
        const http_route *route;

        http_route_at(0, &count);
        route = http_route_at((size_t)rand() % count, &count);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)rand();
        http_answer_read(route, (sk_str){bytes, size}, arena, &answer);
        assert_true(answer.status >= 200 && answer.status < 600 && answer.body.size > 0);
        http_answer_done(&answer);
        sk_arena_reset(arena);
    }
}

static int begin(void **state)
{
    (void)state;
    arena = sk_arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sk_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_translate__puts_all_in_the_operation),
        cmocka_unit_test(test_translate__says_all_faults),
        cmocka_unit_test(test_translate__conditions),
        cmocka_unit_test(test_translate__bodies),
        cmocka_unit_test(test_problem__is_json_whatever_it_says),
        cmocka_unit_test(test_answer__never_trusts_the_bytes),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
