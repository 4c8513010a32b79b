/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/translate.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"

/* Problem: a body, a path, a query and two headers have to become one Request, and everything wrong
 * with them is to be told at once.
 *
 *   body ----> JSON object \
 *   path, query, If-Match -+-> {"id", "token", operation: {within: [object]}} -> codec -> bytes
 *
 * The one mapping of JSON is codec's; here is only put around the body what the route's table says.
 * Codec names the first field that is wrong: that one is taken out and codec asked again, until
 * nothing is wrong or too much is. */

/* ---- Parameters ---- */

static const char *place_name(http_place in)
{
    return in == HTTP_IN_PATH ? "path" : in == HTTP_IN_QUERY ? "query" : "header";
}

static bool is_number(sk_str text, bool wide)
{
    uint64_t value = 0, most = wide ? UINT64_MAX : UINT32_MAX;

    if (text.size == 0 || text.size > 20)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');

        if (text.data[i] < '0' || text.data[i] > '9' || value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    return true;
}

static bool is_word(sk_str text, const char *const *words)
{
    for (; *words; words++)
        if (sk_str_eq(text, sk_str_from(*words)))
            return true;
    return false;
}

/** A value as JSON; NULL when it does not fit. */
static json_t *value_of(const http_param *p, sk_str text)
{
    switch (p->kind) {
    case HTTP_NUMBER:
        if (!is_number(text, p->wide))
            return NULL;
        /* 64-bit numbers are texts in JSON. The text ends with a NUL, as the target's all do. */
        return p->wide ? json_stringn(text.data, text.size)
                       : json_integer((json_int_t)strtoul(text.data, NULL, 10));
    case HTTP_TRUTH:
        if (sk_str_eq(text, SK_STR("true")))
            return json_true();
        return sk_str_eq(text, SK_STR("false")) ? json_false() : NULL;
    case HTTP_WORD:
        return is_word(text, p->words) ? json_stringn(text.data, text.size) : NULL;
    case HTTP_TEXT:
        break;
    }
    return json_stringn(text.data, text.size);
}

static void say_wrong(const http_param *p, sk_arena *arena, http_faults *faults)
{
    char text[300] = "moet een tekst zijn";
    size_t size = 0;

    if (p->kind == HTTP_NUMBER)
        snprintf(text, sizeof(text), "moet een geheel getal van 0 of meer zijn");
    else if (p->kind == HTTP_TRUTH)
        snprintf(text, sizeof(text), "moet true of false zijn");
    else if (p->kind == HTTP_WORD)
        for (const char *const *w = p->words; *w && size < sizeof(text); w++)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s",
                                     w == p->words ? "kan zijn: " : " ", *w);
    http_fault_add(faults, arena, place_name(p->in), sk_str_from(p->name), "invalid", "%s", text);
}

static json_t *list_of(const http_param *p, sk_str text)
{
    json_t *list = json_array();

    while (list && text.size) {
        const char *comma = memchr(text.data, ',', text.size);
        sk_str one = {text.data, comma ? (size_t)(comma - text.data) : text.size};
        json_t *value = value_of(p, one);

        if (!value || json_array_append_new(list, value) != 0) {
            json_decref(list);
            return NULL;
        }
        text = comma ? (sk_str){comma + 1, text.size - one.size - 1} : SK_STR("");
    }
    return list;
}

/** Sets a field that the request gives outside the body. The body may repeat it, but not differ. */
static void set(json_t *item, const http_param *p, sk_str text, sk_arena *arena,
                http_faults *faults)
{
    json_t *value = p->many ? list_of(p, text) : value_of(p, text);
    json_t *given = json_object_get(item, p->field);

    if (!value) {
        say_wrong(p, arena, faults);
        return;
    }
    if (given && !json_equal(given, value)) {
        char pointer[80];

        snprintf(pointer, sizeof(pointer), "/%s", p->field);
        http_fault_add(faults, arena, "body", sk_str_from(pointer), "differs",
                       "is anders dan in %s", place_name(p->in));
    }
    json_object_set_new(item, p->field, value);
}

static const http_param *query_param(const http_route *route, sk_str name)
{
    for (size_t i = 0; i < route->param_count; i++)
        if (route->params[i].in == HTTP_IN_QUERY &&
            sk_str_eq(name, sk_str_from(route->params[i].name)))
            return &route->params[i];
    return NULL;
}

static void set_query(const http_ask *ask, json_t *item, sk_arena *arena, http_faults *faults)
{
    const http_target *t = ask->target;

    for (size_t i = 0; i < t->query_count; i++) {
        const http_param *p = query_param(ask->match->route, t->names[i]);
        bool twice = false;

        for (size_t k = 0; k < i; k++)
            twice |= sk_str_eq(t->names[i], t->names[k]);
        if (!p)
            http_fault_add(faults, arena, "query", t->names[i], "unknown", "bestaat hier niet");
        else if (twice)
            http_fault_add(faults, arena, "query", t->names[i], "twice", "staat er twee keer");
        else
            set(item, p, t->values[i], arena, faults);
    }
}

static void set_if_match(const http_ask *ask, const http_param *p, json_t *item, sk_arena *arena,
                         http_faults *faults)
{
    sk_str tag = ask->if_match;

    if (!tag.data) {
        faults->precondition = true;
        http_fault_add(faults, arena, "header", SK_STR("If-Match"), "required", "ontbreekt");
    } else if (tag.size < 3 || tag.data[0] != '"' || tag.data[tag.size - 1] != '"' ||
               !is_number((sk_str){tag.data + 1, tag.size - 2}, true)) {
        http_fault_add(faults, arena, "header", SK_STR("If-Match"), "invalid",
                       "moet een ETag zijn, zoals \"3\"");
    } else {
        set(item, p, (sk_str){tag.data + 1, tag.size - 2}, arena, faults);
    }
}

static void set_params(const http_ask *ask, json_t *item, sk_arena *arena, http_faults *faults)
{
    const http_route *route = ask->match->route;
    bool conditional = false;
    size_t place = 0;

    for (size_t i = 0; i < route->param_count; i++) {
        const http_param *p = &route->params[i];

        if (p->in == HTTP_IN_PATH)
            set(item, p, ask->match->places[place++], arena, faults);
        if (p->in == HTTP_IN_IF_MATCH) {
            conditional = true;
            set_if_match(ask, p, item, arena, faults);
        }
    }
    set_query(ask, item, arena, faults);
    /* A condition that nobody looks at would be worse than none. */
    if (!conditional && ask->if_match.data && route->method != HTTP_GET)
        http_fault_add(faults, arena, "header", SK_STR("If-Match"), "unknown", "kan hier niet");
    if (route->forbids_id && json_object_get(item, "id"))
        http_fault_add(faults, arena, "body", SK_STR("/id"), "unknown",
                       "een eigen nummer geeft u met PUT");
}

/* ---- The body ---- */

static json_t *read_body(const http_ask *ask, sk_arena *arena, http_faults *faults)
{
    const http_route *route = ask->match->route;
    sk_error inner = {0};
    json_error_t where;
    json_t *body;

    if (ask->body.size == 0) {
        if (route->body == HTTP_BODY_REQUIRED)
            http_fault_add(faults, arena, "body", SK_STR(""), "required", "ontbreekt");
        return json_object();
    }
    if (route->body == HTTP_BODY_NONE) {
        http_fault_add(faults, arena, "body", SK_STR(""), "unknown", "kan hier niet");
        return json_object();
    }
    if (sk_json_check(ask->body, &inner) != SK_OK) {
        http_fault_add(faults, arena, "body", SK_STR(""), "json", "%s", inner.message);
        return json_object();
    }
    body = json_loadb(ask->body.data, ask->body.size, JSON_REJECT_DUPLICATES, &where);
    if (!body || !json_is_object(body)) {
        http_fault_add(faults, arena, "body", SK_STR(""), "json",
                       body ? "moet een object zijn" : "line %d, column %d: %s", where.line,
                       where.column, where.text);
        json_decref(body);
        return json_object();
    }
    return body;
}

/** {"id", "token", operation: item}, which owns the item. */
static json_t *envelope(const http_ask *ask, json_t *item)
{
    const http_route *route = ask->match->route;
    json_t *operation = item;

    if (route->within_many)
        operation = json_pack("{s:[o]}", route->within, item);
    else if (route->within)
        operation = json_pack("{s:o}", route->within, item);
    return json_pack("{s:s%,s:s%,s:o}", "id", ask->request_id.data, ask->request_id.size, "token",
                     ask->token.data, ask->token.size, route->operation, operation);
}

/* ---- All faults at once ---- */

/** Takes the member at the path out. False: it is not there, or an element of a list, whose going
 *  would give the others another number. */
static bool take_out(json_t *at, const char *path)
{
    while (at && *path) {
        char name[96];
        size_t size = strcspn(path, ".[");
        const char *next = path + size;

        if (size >= sizeof(name))
            return false;
        memcpy(name, path, size);
        name[size] = '\0';
        if (!*next)
            return json_object_del(at, name) == 0;
        at = json_object_get(at, name);
        while (*next == '[') {
            at = json_array_get(at, strtoul(next + 1, NULL, 10));
            next = strchr(next, ']');
            if (!next)
                return false;
            next++;
        }
        path = *next == '.' ? next + 1 : next;
    }
    return false;
}

static int convert(const http_ask *ask, json_t *root, sk_arena *arena, sk_buf *out,
                   http_faults *faults)
{
    size_t before = faults->count;
    int status = 0;
    bool again = true;

    while (again && faults->count < HTTP_MAX_FAULTS) {
        char *text = json_dumps(root, JSON_COMPACT);
        sk_error inner = {0};
        sk_status st = SK_ENOMEM;

        if (text)
            st = sk_json_to_message("Request", sk_str_from(text), out, &inner);
        free(text);
        if (st == SK_ENOMEM)
            return 503;
        if (st == SK_OK)
            break;
        if (status == 0)
            status = st == SK_ELIMIT ? 413 : 400;
        inner.status = st;
        http_fault_from_engine(faults, arena, ask->match->route, &inner);
        again = take_out(root, inner.field);
    }
    return faults->count > before ? status : 0;
}

int http_translate(const http_ask *ask, sk_arena *arena, sk_buf *out, http_faults *faults)
{
    size_t begin = out->size;
    json_t *item = read_body(ask, arena, faults), *root;
    int status;

    if (!item)
        return 503;
    set_params(ask, item, arena, faults);
    if (!(root = envelope(ask, item)))
        return 503;
    status = convert(ask, root, arena, out, faults);
    json_decref(root);
    if (status == 0 && faults->count)
        status = faults->count == 1 && faults->precondition ? 428 : 400;
    if (status == 0 && out->failed)
        status = 503;
    if (status == 0 && out->size - begin > SK_MESSAGE_MAX)
        status = 413;
    if (status != 0)
        out->size = begin;
    return status;
}
