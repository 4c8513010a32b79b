/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/guard.h"

static const http_guard_limits limits = {.head = 2048, .body = 4096};

/** What evhttp gets to see of these bytes when they come in pieces of at most `piece` bytes, of
 *  random size when 0. The caller frees. */
static char *passed(const char *bytes, size_t size, size_t piece, size_t *out_size)
{
    struct evbuffer *raw = evbuffer_new(), *clean = evbuffer_new();
    http_guard guard = {0};
    char *text;

    for (size_t at = 0; at < size;) {
        size_t some = piece ? piece : (size_t)(rand() % 9) + 1;

        if (some > size - at)
            some = size - at;
        evbuffer_add(raw, bytes + at, some);
        assert_true(http_guard_step(&guard, &limits, raw, clean));
        at += some;
    }
    *out_size = evbuffer_get_length(clean);
    text = calloc(1, *out_size + 1);
    evbuffer_remove(clean, text, *out_size);
    evbuffer_free(raw);
    evbuffer_free(clean);
    http_guard_done(&guard);
    return text;
}

static void expect(const char *bytes, const char *want)
{
    size_t size;
    char *got = passed(bytes, strlen(bytes), strlen(bytes), &size);

    assert_string_equal(got, want);
    free(got);
}

static void test_guard__passes_whole_requests_in_one_form(void **state)
{
    (void)state;
    expect("GET /a HTTP/1.1\r\nHost: x\r\nTE: gzip\r\nUpgrade: h2c\r\nX:  y \r\n\r\n",
           "GET /a HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n");
    expect("PUT /a HTTP/1.1\r\nHost: x\r\ncontent-length: 2\r\n\r\n{}",
           "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    expect("POST /a HTTP/1.1\r\nHost: x\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
           "1;a=b\r\n{\r\n1\r\n}\r\n0\r\nT: u\r\n\r\n",
           "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    expect("\r\nGET /a HTTP/1.0\r\nConnection: x, Close\r\n\r\n",
           "GET /a HTTP/1.0\r\nConnection: close\r\n\r\n");
    expect("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{}", "");
    expect("GET /a HTTP/1.1\r\nHost: x\r\n", "");
}

static void test_guard__refuses_once_and_passes_nothing_behind(void **state)
{
    static const char second[] = "GET /b HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char *const bad[] = {
        "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /a HTTP/1.1\nHost: x\n\n",
        "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char both[400];
        size_t size;
        char *got;

        snprintf(both, sizeof(both), "%s%s", bad[i], second);
        got = passed(both, strlen(both), strlen(both), &size);
        assert_non_null(strstr(got, "\r\n" HTTP_REFUSED ": 4"));
        assert_null(strstr(got, "/b"));
        assert_non_null(strstr(got, "Connection: close"));
        free(got);
    }
}

/** What is passed on does not depend on how the bytes are cut, whatever they are. */
static void test_guard__pieces_make_no_difference(void **state)
{
    static const char good[] =
        "GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\n\r\n"
        "PUT /v1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\n12345\r\nA;x\r\n1234567890\r\n0\r\n\r\n"
        "POST /v1/b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd"
        "DELETE /v1/c HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char marks[] = "\r\n :;,0aF\0\x7f/%";

    (void)state;
    srand(7);
    for (int round = 0; round < 3000; round++) {
        char bytes[sizeof(good)];
        size_t whole_size, cut_size;
        char *whole, *cut;

        memcpy(bytes, good, sizeof(good));
        for (int change = rand() % 4; change > 0; change--)
            bytes[(size_t)rand() % (sizeof(good) - 1)] =
                marks[(size_t)rand() % (sizeof(marks) - 1)];
        whole = passed(bytes, sizeof(good) - 1, sizeof(good), &whole_size);
        cut = passed(bytes, sizeof(good) - 1, 0, &cut_size);
        /* Cut finely, a head may be called too large or wrong sooner, never later: what passed
         * before a refusal is the same. */
        assert_int_equal(whole_size, cut_size);
        assert_memory_equal(whole, cut, whole_size);
        free(whole);
        free(cut);
    }
}

static void test_guard__bounds_what_it_holds(void **state)
{
    struct evbuffer *raw = evbuffer_new(), *clean = evbuffer_new();
    http_guard guard = {0};
    char block[1000];

    (void)state;
    memset(block, 'a', sizeof(block));
    evbuffer_add_printf(raw, "GET / HTTP/1.1\r\nHost: ");
    for (int i = 0; i < 10; i++) {
        evbuffer_add(raw, block, sizeof(block));
        assert_true(http_guard_step(&guard, &limits, raw, clean));
        assert_true(evbuffer_get_length(raw) <= limits.head + sizeof(block));
    }
    assert_true(guard.dead);
    assert_false(http_guard_amid(&guard, raw));
    evbuffer_free(raw);
    evbuffer_free(clean);
    http_guard_done(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard__passes_whole_requests_in_one_form),
        cmocka_unit_test(test_guard__refuses_once_and_passes_nothing_behind),
        cmocka_unit_test(test_guard__pieces_make_no_difference),
        cmocka_unit_test(test_guard__bounds_what_it_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
