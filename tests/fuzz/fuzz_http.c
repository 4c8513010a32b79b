/* SPDX-License-Identifier: EUPL-1.2 */
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "http/guard.h"
#include "http/translate.h"

/* Bytes of a connection: through the guard, in pieces, and what passes on to a Request. What the
 * guard lets pass must be readable in one way: a head, and a body of the length that it says. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
    if (!fact)
        abort();
}

static size_t length_of(const char *head, size_t size)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *found = memmem(head, size, name, sizeof(name) - 1);

    return found ? strtoul(found + sizeof(name) - 1, NULL, 10) : 0;
}

static http_method method_of(const char *head)
{
    for (int m = 0; m < HTTP_METHOD_COUNT; m++) {
        const char *name = http_method_name((http_method)m);

        if (strncmp(head, name, strlen(name)) == 0)
            return (http_method)m;
    }
    return HTTP_GET;
}

static void translate(const char *head, size_t head_size, sk_str body)
{
    const char *begin = (const char *)memchr(head, ' ', head_size) + 1;
    const char *stop = memchr(begin, ' ', head_size - (size_t)(begin - head));
    sk_arena *arena = sk_arena_new(64 << 20);
    http_target target = {0};
    http_match match;
    http_faults faults = {0};
    sk_buf bytes = {0}, json = {0};

    if (http_target_parse((sk_str){begin, (size_t)(stop - begin)}, arena, &target, NULL) == SK_OK) {
        http_ask ask = {.match = &match,
                        .target = &target,
                        .token = SK_STR("t"),
                        .request_id = SK_STR("i"),
                        .if_match = SK_STR("\"1\""),
                        .body = body};

        http_route_find(target.path, method_of(head), &match);
        if (match.route) {
            int status = http_translate(&ask, arena, &bytes, &faults);

            require(status == 0 ? faults.count == 0 && bytes.size > 0
                                : status >= 400 && bytes.size == 0);
            http_problem_write(status ? status : 500, NULL, &faults, &json);
            require(sk_json_check(sk_buf_view(&json), NULL) == SK_OK);
        }
    }
    sk_buf_done(&bytes);
    sk_buf_done(&json);
    sk_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const http_guard_limits limits = {.head = 16 << 10, .body = 256 << 10};
    struct evbuffer *raw = evbuffer_new(), *clean = evbuffer_new();
    http_guard guard = {0};
    size_t piece = size ? (size_t)data[0] + 1 : 1, at = size ? 1 : 0, rest;
    const char *text;

    while (at < size) {
        size_t some = piece < size - at ? piece : size - at;

        evbuffer_add(raw, data + at, some);
        require(http_guard_step(&guard, &limits, raw, clean));
        at += some;
    }
    rest = evbuffer_get_length(clean);
    text = rest ? (const char *)evbuffer_pullup(clean, -1) : "";
    while (rest) {
        const char *end = memmem(text, rest, "\r\n\r\n", 4);
        size_t head, body;

        require(end != NULL && guard.requests > 0);
        guard.requests--;
        head = (size_t)(end - text) + 4;
        body = length_of(text, head);
        require(body <= rest - head);
        translate(text, head, (sk_str){text + head, body});
        text += head + body;
        rest -= head + body;
    }
    require(guard.requests == 0);
    evbuffer_free(raw);
    evbuffer_free(clean);
    http_guard_done(&guard);
    return 0;
}
