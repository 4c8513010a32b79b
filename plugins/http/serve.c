/* SPDX-License-Identifier: EUPL-1.2 */
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "http/gateway.h"

/* One request from evhttp to the engine and back:
 *
 *   request -> allowed to come? -> route -> token, content -> translate -> engine -> answer
 *
 * Each step either goes on or answers with a problem. An exchange is freed with its answer, which
 * comes exactly once. When the other side has gone meanwhile, evhttp frees the request as soon as
 * it is answered. */

#define REQUEST_MEMORY ((size_t)64 << 20)

/* ---- Headers ---- */

static const char *header(const exchange *x, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(x->request), name);
}

void header_put(exchange *x, const char *name, const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(x->request), name, value);
}

static bool origin_allowed(const gateway *g, const char *origin)
{
    for (size_t i = 0; i < g->set.origin_count; i++)
        if (strcmp(g->set.origins[i], origin) == 0)
            return true;
    return false;
}

static void add_cors(exchange *x)
{
    const char *origin = header(x, "Origin");

    /* The description is for anybody's tools. */
    if (sk_str_eq(x->target.path, SK_STR("/v1/openapi.json"))) {
        header_put(x, "Access-Control-Allow-Origin", "*");
        return;
    }
    if (x->gateway->set.origin_count == 0)
        return;
    header_put(x, "Vary", "Origin");
    if (!origin || !origin_allowed(x->gateway, origin))
        return;
    header_put(x, "Access-Control-Allow-Origin", origin);
    header_put(x, "Access-Control-Expose-Headers",
               "API-Version, ETag, Link, Location, Retry-After, Content-Crs");
}

void headers_add(exchange *x, bool is_api)
{
    header_put(x, "X-Content-Type-Options", "nosniff");
    header_put(x, "X-Frame-Options", "DENY");
    header_put(x, "Referrer-Policy", "no-referrer");
    header_put(x, "Cross-Origin-Opener-Policy", "same-origin");
    if (x->gateway->set.hsts)
        header_put(x, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    if (is_api) {
        header_put(x, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        header_put(x, "API-Version", SK_VERSION);
        header_put(x, "Cache-Control", "no-store");
        add_cors(x);
    } else {
        header_put(x, "Content-Security-Policy",
                   "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
                   "frame-ancestors 'none'");
    }
}

/* ---- Answers ---- */

void exchange_free(exchange *x)
{
    LIST_REMOVE(x, next);
    sk_arena_free(x->arena);
    sk_free(x);
}

static void add_page_links(exchange *x, http_answer *answer)
{
    sk_buf next = {0}, line = {0};

    if (answer->next.size) {
        sk_str path = x->target.path;

        sk_buf_printf(&next, "%.*s?", (int)path.size, path.data);
        for (size_t i = 0; i < x->target.query_count; i++) {
            char *value;

            if (sk_str_eq(x->target.names[i], SK_STR("after")))
                continue;
            if ((value = evhttp_uriencode(x->target.values[i].data,
                                          (ev_ssize_t)x->target.values[i].size, 0)) != NULL)
                sk_buf_printf(&next, "%.*s=%s&", (int)x->target.names[i].size,
                              x->target.names[i].data, value);
            free(value);
        }
        char *after = evhttp_uriencode(answer->next.data, (ev_ssize_t)answer->next.size, 0);

        sk_buf_printf(&next, "after=%s", after ? after : "");
        free(after);
        sk_buf_printf(&line, "<%.*s>; rel=\"next\"", (int)next.size, next.data);
        sk_buf_add(&line, "", 1);
        if (!line.failed)
            header_put(x, "Link", line.data);
    }
    http_answer_links(answer, x->self, sk_buf_view(&next));
    sk_buf_done(&next);
    sk_buf_done(&line);
}

/** True when the other side has this version already. */
static bool add_etag(exchange *x, const http_answer *answer)
{
    const char *have = header(x, "If-None-Match");
    char tag[32];

    if (!answer->version)
        return false;
    snprintf(tag, sizeof(tag), "\"%llu\"", (unsigned long long)answer->version);
    header_put(x, "ETag", tag);
    return x->route->method == HTTP_GET && have && strcmp(have, tag) == 0;
}

static void add_location(exchange *x, const http_answer *answer)
{
    char *id = evhttp_uriencode(answer->created.data, (ev_ssize_t)answer->created.size, 0);
    char place[400];

    if (id && snprintf(place, sizeof(place), "%s%s", x->route->creates, id) < (int)sizeof(place))
        header_put(x, "Location", place);
    free(id);
}

static void send_body(exchange *x, int status, const char *type, sk_str body)
{
    struct evbuffer *out = evbuffer_new();
    char size[24];

    if (body.size && status != 204 && status != 304)
        header_put(x, "Content-Type", type);
    if (x->head) {
        snprintf(size, sizeof(size), "%zu", body.size);
        header_put(x, "Content-Length", size);
    } else if (out && status != 204 && status != 304) {
        evbuffer_add(out, body.data, body.size);
    }
    if (x->closing || x->gateway->stopping)
        header_put(x, "Connection", "close");
    metrics_count(x->gateway, x, status);
    evhttp_send_reply(x->request, status, http_reason(status), out);
    if (out)
        evbuffer_free(out);
    exchange_free(x);
}

void exchange_answer(exchange *x, http_answer *answer)
{
    char seconds[16];
    int status;

    headers_add(x, true);
    if (answer->status < 300 && x->route->paged)
        add_page_links(x, answer);
    if (answer->status < 300 && add_etag(x, answer))
        answer->status = 304;
    if (answer->created.size)
        add_location(x, answer);
    if (x->route && x->route->geojson && answer->status == 200)
        header_put(x, "Content-Crs",
                   answer->rd ? "<http://www.opengis.net/def/crs/EPSG/0/28992>"
                              : "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
    if (answer->status == 401)
        header_put(x, "WWW-Authenticate", "Bearer");
    if (answer->retry_s) {
        snprintf(seconds, sizeof(seconds), "%u", answer->retry_s);
        header_put(x, "Retry-After", seconds);
    }
    status = answer->body.failed ? 503 : answer->status;
    send_body(x, status, answer->type, sk_buf_view(&answer->body));
    http_answer_done(answer);
}

static void answer_problem(exchange *x, int status, const char *detail, const http_faults *faults,
                           unsigned retry_s)
{
    http_answer answer = {.retry_s = retry_s};

    http_answer_problem(&answer, status, detail, faults);
    exchange_answer(x, &answer);
}

void exchange_problem(exchange *x, int status, const char *detail, const http_faults *faults)
{
    answer_problem(x, status, detail, faults, status == 503 ? 1 : 0);
}

void exchange_text(exchange *x, int status, const char *type, sk_str text)
{
    headers_add(x, true);
    send_body(x, status, type, text);
}

/* ---- To the engine ---- */

static void on_answer(void *context, const void *response, size_t size)
{
    exchange *x = context;
    http_answer answer = {.rd = x->wants_rd ? x->gateway->rd : NULL};

    if (size)
        http_answer_read(x->route, (sk_str){response, size}, x->arena, &answer);
    else
        http_answer_problem(&answer, 503, NULL, NULL);
    exchange_answer(x, &answer);
}

/** The caller's own key, or one that nobody has used. False: not of the form. */
static bool request_id(exchange *x, char out[65])
{
    const char *given = header(x, "Idempotency-Key");
    size_t size = given ? strlen(given) : 0, from = 0;
    unsigned char random[16];

    if (given && size > 2 && given[0] == '"' && given[size - 1] == '"') {
        from = 1;
        size -= 2;
    }
    if (given) {
        if (size == 0 || size > 64 ||
            strspn(given + from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "._:-") < size)
            return false;
        memcpy(out, given + from, size);
        out[size] = '\0';
        return true;
    }
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return false;
    memcpy(out, "http-", 5);
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(out + 5 + 2 * i, 3, "%02x", random[i]);
    return true;
}

static sk_str read_body(exchange *x)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(x->request);
    size_t size = evbuffer_get_length(in);

    return size ? (sk_str){(const char *)evbuffer_pullup(in, -1), size} : SK_STR("");
}

static void ask_engine(exchange *x)
{
    const char *if_match = header(x, "If-Match");
    char id[65];
    http_faults faults = {0};
    sk_buf bytes = {0};
    sk_error err = {0};
    int status = 0;
    http_ask ask = {.match = &x->match,
                    .target = &x->target,
                    .token = sk_str_from(x->token),
                    .if_match = if_match ? sk_str_from(if_match) : (sk_str){NULL, 0},
                    .body = read_body(x)};

    if (request_id(x, id)) {
        ask.request_id = sk_str_from(id);
    } else {
        ask.request_id = SK_STR("");
        http_fault_add(&faults, x->arena, "header", SK_STR("Idempotency-Key"), "invalid",
                       "1-64 tekens: A-Z a-z 0-9 . _ : -");
    }
    status = http_translate(&ask, x->arena, &bytes, &faults);
    if (status == 0 && x->gateway->host->submit(x->gateway->plugin, bytes.data, bytes.size,
                                                on_answer, x, &err) != SK_OK)
        status = 503;
    sk_buf_done(&bytes);
    if (status != 0)
        exchange_problem(x, status, NULL, &faults);
}

/* ---- What a request of a route must have ---- */

static bool read_token(exchange *x)
{
    const char *given = header(x, "Authorization");

    if (!given || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    given += 7;
    while (*given == ' ')
        given++;
    return *given && snprintf(x->token, sizeof(x->token), "%s", given) < (int)sizeof(x->token) &&
           sk_utf8_check(sk_str_from(x->token), NULL);
}

static bool content_is_json(const exchange *x)
{
    const char *type = header(x, "Content-Type"), *coding = header(x, "Content-Encoding");
    size_t size = type ? strcspn(type, "; \t") : 0;

    if (coding && strcasecmp(coding, "identity") != 0)
        return false;
    if (evbuffer_get_length(evhttp_request_get_input_buffer(x->request)) == 0)
        return true;
    return size == 16 && strncasecmp(type, "application/json", 16) == 0 &&
           (!strcasestr(type, "charset=") || strcasestr(type, "charset=utf-8") ||
            strcasestr(type, "charset=\"utf-8\""));
}

static bool wants_stream(const exchange *x)
{
    const char *accept = header(x, "Accept");

    return x->route->stream && accept && strcasestr(accept, "text/event-stream");
}

/** Accept-Crs: degrees unless RD is asked for. False: neither. */
static bool read_crs(exchange *x)
{
    const char *wanted = x->route->geojson ? header(x, "Accept-Crs") : NULL;

    if (!wanted || strcasestr(wanted, "CRS84"))
        return true;
    x->wants_rd = strcasestr(wanted, "28992") != NULL;
    return x->wants_rd;
}

static void serve_route(exchange *x)
{
    unsigned wait;

    x->route = x->match.route;
    if (!read_token(x)) {
        exchange_problem(x, 401, NULL, NULL);
        return;
    }
    wait = http_rates_take(x->gateway->by_token, sk_str_from(x->token), sk_monotonic_ms());
    if (wait)
        answer_problem(x, 429, NULL, NULL, wait);
    else if (!content_is_json(x))
        exchange_problem(x, 415, NULL, NULL);
    else if (!read_crs(x))
        exchange_problem(x, 406, NULL, NULL);
    else if (wants_stream(x))
        stream_open(x);
    else
        ask_engine(x);
}

/* ---- Where to ---- */

static void add_allow(exchange *x, const char *name, unsigned allowed)
{
    char text[64] = "OPTIONS";

    for (int m = 0; m < HTTP_OPTIONS; m++)
        if (allowed & 1u << m)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %s%s",
                     http_method_name((http_method)m), m == HTTP_GET ? ", HEAD" : "");
    header_put(x, name, text);
}

static void serve_options(exchange *x, unsigned allowed)
{
    const char *origin = header(x, "Origin");

    add_allow(x, "Allow", allowed);
    if (origin && origin_allowed(x->gateway, origin)) {
        add_allow(x, "Access-Control-Allow-Methods", allowed);
        header_put(
            x, "Access-Control-Allow-Headers",
            "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Accept-Crs, "
            "Last-Event-ID");
        header_put(x, "Access-Control-Max-Age", "3600");
    }
    exchange_text(x, 204, NULL, SK_STR(""));
}

static void serve_own(exchange *x, http_method method, void (*answer)(exchange *x))
{
    if (method == HTTP_GET) {
        answer(x);
    } else if (method == HTTP_OPTIONS) {
        serve_options(x, 1u << HTTP_GET);
    } else {
        add_allow(x, "Allow", 1u << HTTP_GET);
        exchange_problem(x, 405, NULL, NULL);
    }
}

static void serve_openapi(exchange *x)
{
    exchange_text(x, 200, "application/json", http_openapi());
}

static void serve_alive(exchange *x)
{
    exchange_text(x, 200, "application/json", SK_STR("{\"leeft\":true}"));
}

static const struct {
    const char *path;
    void (*answer)(exchange *x);
} own[] = {{"/v1/openapi.json", serve_openapi},
           {"/gezondheid", serve_health},
           {"/gezondheid/leeft", serve_alive},
           {"/metrics", serve_metrics}};

static void serve_target(exchange *x, http_method method)
{
    sk_str path = x->target.path;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (sk_str_eq(path, sk_str_from(own[i].path))) {
            serve_own(x, method, own[i].answer);
            return;
        }
    }
    if (!sk_str_starts(path, SK_STR("/v1/")) && !sk_str_eq(path, SK_STR("/v1"))) {
        serve_own(x, method, serve_file);
        return;
    }
    http_route_find(path, method, &x->match);
    if (x->match.route) {
        serve_route(x);
    } else if (!x->match.known) {
        exchange_problem(x, 404, NULL, NULL);
    } else if (method == HTTP_OPTIONS) {
        serve_options(x, x->match.allowed);
    } else {
        add_allow(x, "Allow", x->match.allowed);
        exchange_problem(x, 405, NULL, NULL);
    }
}

/** Who comes: behind a proxy, the last one that it names. */
static sk_str address_of(const exchange *x)
{
    const char *list = x->gateway->set.behind_proxy ? header(x, "X-Forwarded-For") : NULL;
    const char *comma = list ? strrchr(list, ',') : NULL;
    char *address = NULL;
    ev_uint16_t port;

    if (list) {
        const char *last = comma ? comma + 1 : list;

        return sk_str_from(last + strspn(last, " \t"));
    }
    evhttp_connection_get_peer(evhttp_request_get_connection(x->request), &address, &port);
    return sk_str_from(address);
}

static void serve_checked(exchange *x, http_method method)
{
    sk_error err = {0};
    unsigned wait = http_rates_take(x->gateway->by_address, address_of(x), sk_monotonic_ms());

    x->self = sk_arena_str(x->arena, sk_str_from(evhttp_request_get_uri(x->request)));
    if (!x->self.data) {
        exchange_problem(x, 503, NULL, NULL);
    } else if (wait) {
        answer_problem(x, 429, NULL, NULL, wait);
    } else if (http_target_parse(x->self, x->arena, &x->target, &err) != SK_OK) {
        http_faults faults = {0};

        http_fault_add(&faults, x->arena, err.field[0] == 'p' ? "path" : "query", SK_STR(""),
                       "invalid", "%s", err.message);
        exchange_problem(x, 400, NULL, &faults);
    } else {
        serve_target(x, method);
    }
}

static bool read_method(const struct evhttp_request *request, exchange *x, http_method *out)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_HEAD:
        x->head = true;
        *out = HTTP_GET;
        return true;
    case EVHTTP_REQ_GET:
        *out = HTTP_GET;
        return true;
    case EVHTTP_REQ_POST:
        *out = HTTP_POST;
        return true;
    case EVHTTP_REQ_PUT:
        *out = HTTP_PUT;
        return true;
    case EVHTTP_REQ_PATCH:
        *out = HTTP_PATCH;
        return true;
    case EVHTTP_REQ_DELETE:
        *out = HTTP_DELETE;
        return true;
    case EVHTTP_REQ_OPTIONS:
        *out = HTTP_OPTIONS;
        return true;
    default:
        return false;
    }
}

static exchange *exchange_new(gateway *g, struct evhttp_request *request)
{
    exchange *x = sk_calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    if (!(x->arena = sk_arena_new(REQUEST_MEMORY))) {
        sk_free(x);
        return NULL;
    }
    x->gateway = g;
    x->request = request;
    x->begun_us = monotonic_us();
    LIST_INSERT_HEAD(&g->exchanges, x, next);
    return x;
}

void serve(struct evhttp_request *request, void *context)
{
    exchange *x = exchange_new(context, request);
    const char *refused;
    http_method method;

    if (!x) {
        evhttp_send_error(request, 503, NULL);
        return;
    }
    if ((refused = header(x, HTTP_REFUSED)) != NULL) {
        x->closing = true;
        exchange_problem(x, (int)strtol(refused, NULL, 10), NULL, NULL);
    } else if (!read_method(request, x, &method)) {
        exchange_problem(x, 501, NULL, NULL);
    } else {
        serve_checked(x, method);
    }
}
