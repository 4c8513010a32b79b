/* SPDX-License-Identifier: EUPL-1.2 */
#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/gateway.h"

/* The HTTP gateway as a plugin: its settings, its beginning and its end. Everything happens on the
 * loop thread; README.md draws how the files hang together. */

int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- Settings ---- */

static const sk_plugin_key config[] = {
    {"listen", SK_PLUGIN_TEXT, false, "HOST:PORT, 127.0.0.1:8080; port 0 is any free one"},
    {"cors_origins", SK_PLUGIN_LIST, false, "origins whose pages may read answers, none"},
    {"files", SK_PLUGIN_TEXT, false, "a folder of files to serve beside the API, none"},
    {"behind_proxy", SK_PLUGIN_TRUTH, false, "believe the last address of X-Forwarded-For, false"},
    {"hsts", SK_PLUGIN_TRUTH, false, "tell browsers to use https only, false"},
    {"open_metrics", SK_PLUGIN_TRUTH, false, "/metrics for others than this machine, false"},
    {"rate_per_token", SK_PLUGIN_NUMBER, false, "requests a second of one token, 100; 0: any"},
    {"rate_per_address", SK_PLUGIN_NUMBER, false, "requests a second of one address, 200; 0: any"},
    {"max_connections", SK_PLUGIN_NUMBER, false, "open at once, 512"},
    {"max_streams", SK_PLUGIN_NUMBER, false, "streams of events at once, 100"},
    {"request_seconds", SK_PLUGIN_NUMBER, false, "for a whole request to come in, 20"},
    {"idle_seconds", SK_PLUGIN_NUMBER, false, "for a connection without a request, 60"},
    {"heartbeat_seconds", SK_PLUGIN_NUMBER, false, "between signs of life of a stream, 15"},
    {NULL, SK_PLUGIN_TEXT, false, NULL},
};

static sk_status read_listen(gateway *g, sk_error *err)
{
    const char *text = g->host->text(g->plugin, "listen", "127.0.0.1:8080");
    const char *colon = strrchr(text, ':'), *host = text;
    size_t size = colon ? (size_t)(colon - text) : 0;
    unsigned char room[16];
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

    if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    }
    if (!colon || size == 0 || size >= sizeof(g->set.host) || end == colon + 1 || *end ||
        port > 65535)
        return sk_fail_field(err, SK_EINVAL, "plugins.http.listen",
                             "'%s' is not HOST:PORT, such as 127.0.0.1:8080", text);
    memcpy(g->set.host, host, size);
    if (inet_pton(AF_INET, g->set.host, room) != 1 && inet_pton(AF_INET6, g->set.host, room) != 1)
        return sk_fail_field(err, SK_EINVAL, "plugins.http.listen",
                             "'%s' is no address; names are not looked up", g->set.host);
    g->set.port = (uint16_t)port;
    return SK_OK;
}

static sk_status number(gateway *g, const char *key, double fallback, double least, double most,
                        double *out, sk_error *err)
{
    char field[64];
    double value = g->host->number(g->plugin, key, fallback);

    snprintf(field, sizeof(field), "plugins.http.%s", key);
    if (!(value >= least && value <= most))
        return sk_fail_field(err, SK_EINVAL, field, "%g is outside [%g, %g]", value, least, most);
    *out = value;
    return SK_OK;
}

static sk_status read_settings(gateway *g, sk_error *err)
{
    settings *set = &g->set;
    double token, address, connections, streams, request, idle, beat;
    sk_status st;

    set->guard = (http_guard_limits){.head = 16 << 10, .body = 256 << 10};
    set->behind_proxy = g->host->truth(g->plugin, "behind_proxy", false);
    set->hsts = g->host->truth(g->plugin, "hsts", false);
    set->open_metrics = g->host->truth(g->plugin, "open_metrics", false);
    set->origins = g->host->list(g->plugin, "cors_origins", &set->origin_count);
    set->files = g->host->text(g->plugin, "files", NULL);
    if ((st = read_listen(g, err)) != SK_OK ||
        (st = number(g, "rate_per_token", 100, 0, 1e6, &token, err)) != SK_OK ||
        (st = number(g, "rate_per_address", 200, 0, 1e6, &address, err)) != SK_OK ||
        (st = number(g, "max_connections", 512, 1, 10000, &connections, err)) != SK_OK ||
        (st = number(g, "max_streams", 100, 0, 10000, &streams, err)) != SK_OK ||
        (st = number(g, "request_seconds", 20, 1, 600, &request, err)) != SK_OK ||
        (st = number(g, "idle_seconds", 60, 1, 3600, &idle, err)) != SK_OK ||
        (st = number(g, "heartbeat_seconds", 15, 1, 600, &beat, err)) != SK_OK)
        return st;
    set->max_connections = (size_t)connections;
    set->max_streams = (size_t)streams;
    set->request_s = (int)request;
    set->heartbeat_s = (int)beat;
    evhttp_set_timeout(g->http, (int)idle);
    g->by_token = http_rates_new(token, 2 * token + 1);
    g->by_address = http_rates_new(address, 2 * address + 1);
    return g->by_token && g->by_address ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for http");
}

/* ---- Life ---- */

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    gateway *g = context;
    int64_t now_ms = sk_monotonic_ms();

    (void)fd;
    (void)what;
    peers_sweep(g, now_ms);
    streams_tick(g, now_ms);
}

static void gateway_free(gateway *g)
{
    if (g->http)
        evhttp_free(g->http);
    if (g->adopt)
        event_free(g->adopt);
    if (g->tick)
        event_free(g->tick);
    http_rates_free(g->by_token);
    http_rates_free(g->by_address);
    sk_rd_close(g->rd);
    sk_free(g->tallies);
    sk_free(g);
}

static void prepare(gateway *g)
{
    evhttp_set_allowed_methods(g->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                            EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE |
                                            EVHTTP_REQ_OPTIONS);
    /* The guard is stricter; these only bound what should never come. */
    evhttp_set_max_headers_size(g->http, 64 << 10);
    evhttp_set_max_body_size(g->http, 512 << 10);
    evhttp_set_bevcb(g->http, peer_make, g);
    evhttp_set_gencb(g->http, serve, g);
}

static sk_status http_init(sk_plugin *plugin, const sk_plugin_host *host, void **out_state,
                           sk_error *err)
{
    gateway *g = sk_calloc(1, sizeof(*g));
    sk_status st = SK_ENOMEM;

    if (!g)
        return sk_fail(err, SK_ENOMEM, "no memory for http");
    g->plugin = plugin;
    g->host = host;
    g->base = host->loop(plugin);
    http_route_at(0, &g->route_count);
    g->http = evhttp_new(g->base);
    g->adopt = event_new(g->base, -1, EV_PERSIST, peers_adopt, g);
    g->tick = event_new(g->base, -1, EV_PERSIST, on_tick, g);
    if ((st = sk_rd_open(&g->rd, err)) != SK_OK) {
        gateway_free(g);
        return st;
    }
    st = SK_ENOMEM;
    g->tallies = sk_calloc(g->route_count + 1, sizeof(*g->tallies));
    if (g->http && g->adopt && g->tick && g->tallies)
        st = read_settings(g, err);
    else
        sk_fail(err, SK_ENOMEM, "no memory for http");
    if (st != SK_OK) {
        gateway_free(g);
        return st;
    }
    prepare(g);
    *out_state = g;
    return SK_OK;
}

static void say_where(gateway *g, evutil_socket_t fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } where = {.six = {0}};
    socklen_t size = sizeof(where);
    char line[120];
    unsigned port = g->set.port;

    if (getsockname(fd, &where.any, &size) == 0)
        port = ntohs(where.any.sa_family == AF_INET ? where.four.sin_port : where.six.sin6_port);
    snprintf(line, sizeof(line),
             strchr(g->set.host, ':') ? "listen=http://[%s]:%u" : "listen=http://%s:%u",
             g->set.host, port);
    g->host->log(g->plugin, SK_PLUGIN_INFO, line);
}

static sk_status http_start(void *state, sk_error *err)
{
    gateway *g = state;
    const struct timeval second = {.tv_sec = 1};
    struct evhttp_bound_socket *bound =
        evhttp_bind_socket_with_handle(g->http, g->set.host, g->set.port);

    if (!bound)
        return sk_fail_field(err, SK_EIO, "plugins.http.listen", "cannot listen on %s:%u: %s",
                             g->set.host, g->set.port, evutil_socket_error_to_string(errno));
    g->listener = evhttp_bound_socket_get_listener(bound);
    event_add(g->tick, &second);
    say_where(g, evhttp_bound_socket_get_fd(bound));
    return SK_OK;
}

static void http_event(void *state, uint64_t newest)
{
    (void)newest;
    streams_ring(state);
}

static bool is_busy(const gateway *g)
{
    const peer *p;

    if (!LIST_EMPTY(&g->exchanges))
        return true;
    LIST_FOREACH(p, &g->peers, next)
    {
        if (evbuffer_get_length(bufferevent_get_output(p->bev)))
            return true;
    }
    return false;
}

/** What is being answered gets its answer, within the time that a plugin has to stop. */
static void http_stop(void *state)
{
    gateway *g = state;
    const struct timespec pause = {.tv_nsec = 2000000};
    int64_t until_ms = sk_monotonic_ms() + 400;

    g->stopping = true;
    if (g->listener)
        evconnlistener_disable(g->listener);
    streams_end(g);
    while (is_busy(g) && sk_monotonic_ms() < until_ms) {
        event_base_loop(g->base, EVLOOP_NONBLOCK);
        nanosleep(&pause, NULL);
    }
    streams_drop(g);
    for (exchange *x; (x = LIST_FIRST(&g->exchanges)) != NULL;)
        exchange_problem(x, 503, NULL, NULL);
    gateway_free(g);
}

SK_PLUGIN(http, .config = config, .init = http_init, .start = http_start, .on_event = http_event,
          .stop = http_stop);
