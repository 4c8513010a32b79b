/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/route.h"

#include <string.h>

#include "routes.inc"

#define ROUTE_COUNT (sizeof(routes) / sizeof(routes[0]))

/* ---- Targets ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

static sk_status decode(sk_str text, const char *field, sk_arena *arena, sk_str *out, sk_error *err)
{
    char *room = sk_arena_alloc(arena, text.size + 1);
    size_t size = 0;

    if (!room)
        return sk_fail(err, SK_ENOMEM, "no memory for a request");
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c == '%') {
            if (i + 2 >= text.size || hex(text.data[i + 1]) < 0 || hex(text.data[i + 2]) < 0)
                return sk_fail_field(err, SK_EINVAL, field, "a percent sign without two digits");
            c = (char)(hex(text.data[i + 1]) * 16 + hex(text.data[i + 2]));
            i += 2;
            if (c == '/' || c == '\\')
                return sk_fail_field(err, SK_EINVAL, field, "an encoded slash");
        }
        if ((unsigned char)c < ' ' || c == 0x7f)
            return sk_fail_field(err, SK_EINVAL, field, "a control character");
        room[size++] = c;
    }
    room[size] = '\0';
    *out = (sk_str){room, size};
    if (!sk_utf8_check(*out, NULL))
        return sk_fail_field(err, SK_EINVAL, field, "is not UTF-8");
    return SK_OK;
}

static sk_status check_path(sk_str path, sk_error *err)
{
    size_t begin = 1;

    if (path.size == 0 || path.data[0] != '/')
        return sk_fail_field(err, SK_EINVAL, "path", "begins with a slash");
    for (size_t i = 1; i <= path.size; i++) {
        sk_str segment;

        if (i < path.size && path.data[i] != '/')
            continue;
        segment = (sk_str){path.data + begin, i - begin};
        /* Only the last may be empty: "/" alone, or a folder of static files. */
        if ((segment.size == 0 && i < path.size) || sk_str_eq(segment, SK_STR(".")) ||
            sk_str_eq(segment, SK_STR("..")) || memchr(segment.data, '\\', segment.size))
            return sk_fail_field(err, SK_EINVAL, "path",
                                 "an empty segment, \".\", \"..\" or \"\\\"");
        begin = i + 1;
    }
    return SK_OK;
}

static sk_status parse_query(sk_str query, sk_arena *arena, http_target *out, sk_error *err)
{
    while (query.size) {
        const char *amp = memchr(query.data, '&', query.size);
        sk_str pair = {query.data, amp ? (size_t)(amp - query.data) : query.size};
        const char *equals = memchr(pair.data, '=', pair.size);
        sk_str name = {pair.data, equals ? (size_t)(equals - pair.data) : pair.size};
        sk_str value = equals ? (sk_str){equals + 1, pair.size - name.size - 1} : SK_STR("");
        size_t at = out->query_count;
        sk_status st;

        if (at == HTTP_MAX_QUERY)
            return sk_fail_field(err, SK_EINVAL, "query", "more than %d parameters",
                                 HTTP_MAX_QUERY);
        if ((st = decode(name, "query", arena, &out->names[at], err)) != SK_OK ||
            (st = decode(value, "query", arena, &out->values[at], err)) != SK_OK)
            return st;
        out->query_count++;
        query = amp ? (sk_str){amp + 1, query.size - pair.size - 1} : SK_STR("");
    }
    return SK_OK;
}

sk_status http_target_parse(sk_str target, sk_arena *arena, http_target *out, sk_error *err)
{
    const char *mark = memchr(target.data, '?', target.size);
    sk_str raw = {target.data, mark ? (size_t)(mark - target.data) : target.size};
    http_target made = {0};
    sk_status st = decode(raw, "path", arena, &made.path, err);

    if (st == SK_OK)
        st = check_path(made.path, err);
    if (st == SK_OK && mark)
        st = parse_query((sk_str){mark + 1, target.size - raw.size - 1}, arena, &made, err);
    if (st == SK_OK)
        *out = made;
    return st;
}

/* ---- The table ---- */

static sk_str segment(sk_str *rest)
{
    const char *slash = rest->size ? memchr(rest->data, '/', rest->size) : NULL;
    sk_str found = {rest->data, slash ? (size_t)(slash - rest->data) : rest->size};

    *rest = slash ? (sk_str){slash + 1, rest->size - found.size - 1} : SK_STR("");
    return found;
}

static bool path_fits(const char *pattern, sk_str path, sk_str *places)
{
    sk_str want = sk_str_from(pattern);
    size_t place = 0;

    if (path.size == 0 || path.data[path.size - 1] == '/')
        return false;
    while (want.size && path.size) {
        sk_str a = segment(&want), b = segment(&path);

        if (a.size && a.data[0] == '{') {
            if (b.size == 0)
                return false;
            places[place++] = b;
        } else if (!sk_str_eq(a, b)) {
            return false;
        }
    }
    return want.size == 0 && path.size == 0;
}

void http_route_find(sk_str path, http_method method, http_match *out)
{
    *out = (http_match){0};
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        sk_str places[HTTP_MAX_PLACES] = {{0}};

        if (!path_fits(routes[i].path, path, places))
            continue;
        out->known = true;
        out->allowed |= 1u << routes[i].method;
        if (routes[i].method != method || out->route)
            continue;
        out->route = &routes[i];
        memcpy(out->places, places, sizeof(places));
    }
}

const http_route *http_route_at(size_t index, size_t *out_count)
{
    *out_count = ROUTE_COUNT;
    return index < ROUTE_COUNT ? &routes[index] : NULL;
}

const char *http_method_name(http_method method)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

    return names[method];
}

sk_str http_openapi(void)
{
    return (sk_str){openapi_json, sizeof(openapi_json) - 1};
}
