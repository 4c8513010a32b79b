/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of the gateway share. All on the loop thread. */

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <schakel/plugin.h>
#include <sys/queue.h>

#include "http/guard.h"
#include "http/limits.h"
#include "http/translate.h"

typedef struct gateway gateway;
typedef struct stream stream;

typedef struct settings {
    char host[64];
    uint16_t port;
    http_guard_limits guard;
    size_t max_connections, max_streams;
    int request_s, heartbeat_s;
    bool hsts, behind_proxy, open_metrics;
    const char *const *origins;
    size_t origin_count;
    const char *files; /**< A folder, or NULL. */
} settings;

/** One connection, from its acceptance to evhttp's closing it. */
typedef struct peer {
    LIST_ENTRY(peer) next;
    gateway *gateway;
    struct bufferevent *bev;
    struct evbuffer *raw;
    size_t clean; /**< Bytes at the front of bev's input that the guard has let pass. */
    bool adopted, inside;
    int64_t begun_ms; /**< When the request that is coming in began; 0: none is. */
    http_guard guard;
    stream *stream;
} peer;

/** One request that is being answered. */
typedef struct exchange {
    LIST_ENTRY(exchange) next;
    gateway *gateway;
    struct evhttp_request *request; /**< NULL: there is nobody to answer any more. */
    const http_route *route;
    http_target target;
    http_match match;
    sk_str self; /**< The target as it came. */
    sk_arena *arena;
    int64_t begun_us;
    bool head, closing, wants_rd;
    char token[300];
} exchange;

#define STATUS_COUNT 24
#define BUCKET_COUNT 9

/** Of one route. */
typedef struct tally {
    uint64_t statuses[STATUS_COUNT];
    uint64_t buckets[BUCKET_COUNT];
    double seconds;
} tally;

LIST_HEAD(peer_list, peer);
LIST_HEAD(exchange_list, exchange);
LIST_HEAD(stream_list, stream);

struct gateway {
    sk_plugin *plugin;
    const sk_plugin_host *host;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *adopt, *tick;
    settings set;
    struct peer_list peers;
    struct exchange_list exchanges;
    struct stream_list streams;
    size_t peer_count, stream_count;
    sk_rd *rd;
    http_rates *by_token, *by_address;
    tally *tallies; /**< One for each route, and a last one for all else. */
    size_t route_count;
    uint64_t dropped; /**< Connections that were too slow. */
    bool stopping;
};

int64_t monotonic_us(void);

/* ---- Connections (peer.c) ---- */

/** For evhttp_set_bevcb: a guarded connection. */
struct bufferevent *peer_make(struct event_base *base, void *context);
void peers_adopt(evutil_socket_t fd, short what, void *context);
/** Ends connections whose request takes too long. */
void peers_sweep(gateway *g, int64_t now_ms);
peer *peer_of(gateway *g, struct evhttp_connection *connection);
/** Ends the connection as if the other side had. */
void peer_cut(peer *p);

/* ---- Requests (serve.c) ---- */

/** For evhttp_set_gencb. */
void serve(struct evhttp_request *request, void *context);
/** Sends and frees. */
void exchange_answer(exchange *x, http_answer *answer);
void exchange_problem(exchange *x, int status, const char *detail, const http_faults *faults);
/** Sends text of our own. */
void exchange_text(exchange *x, int status, const char *type, sk_str text);
void exchange_free(exchange *x);
/** Headers that every answer has. */
void headers_add(exchange *x, bool is_api);
void header_put(exchange *x, const char *name, const char *value);

/* ---- Beside the routes ---- */

/** GET /gezondheid: does the engine answer? (health.c) */
void serve_health(exchange *x);
/** GET /metrics (metrics.c). */
void serve_metrics(exchange *x);
void metrics_count(gateway *g, const exchange *x, int status);
/** GET of any other path, from the folder of files (files.c). */
void serve_file(exchange *x);

/* ---- Streams (stream.c) ---- */

/** GET /v1/gebeurtenissen as text/event-stream; takes the exchange. */
void stream_open(exchange *x);
/** There are new events. */
void streams_ring(gateway *g);
void streams_tick(gateway *g, int64_t now_ms);
/** At the stop: ends all. Those whose read is under way are freed with its answer. */
void streams_end(gateway *g);
/** No answer comes any more: frees all that were ended. */
void streams_drop(gateway *g);
/** evhttp has let go of the connection. */
void stream_gone(stream *s);
