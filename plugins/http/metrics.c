/* SPDX-License-Identifier: EUPL-1.2 */
#include <string.h>

#include "fields.h"
#include "http/gateway.h"

/* Prometheus text: requests by route and status, how long they took, connections, and what the
 * engine says of itself. Labels are routes of the table, so their number is bounded. */

static const int statuses[STATUS_COUNT] = {200, 201, 204, 304, 400, 401, 403, 404,
                                           405, 406, 409, 412, 413, 414, 415, 417,
                                           422, 428, 429, 431, 500, 501, 503, 505};
static const double bounds[BUCKET_COUNT] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2};

static const struct {
    uint32_t field;
    const char *name, *type, *help;
} gauges[] = {
    {3, "schakel_demand_listings", "gauge", "Stored listings that ask"},
    {4, "schakel_supply_listings", "gauge", "Stored listings that offer"},
    {5, "schakel_parties", "gauge", "Stored parties"},
    {8, "schakel_suggestions_open", "gauge", "Suggestions that wait for a decision"},
    {9, "schakel_suggestions", "gauge", "All suggestions"},
    {10, "schakel_last_event", "counter", "Newest number of the event log"},
    {13, "schakel_index_bytes", "gauge", "Memory of the index"},
    {15, "schakel_commands_total", "counter", "Commands since the start"},
    {17, "schakel_suggestions_to_test", "gauge", "Suggestions to be tested again after a change"},
};

static tally *tally_of(gateway *g, const exchange *x)
{
    size_t count, at = g->route_count;

    if (x->route)
        at = (size_t)(x->route - http_route_at(0, &count));
    return &g->tallies[at];
}

void metrics_count(gateway *g, const exchange *x, int status)
{
    tally *t = tally_of(g, x);
    double seconds = (double)(monotonic_us() - x->begun_us) / 1e6;

    for (size_t i = 0; i < STATUS_COUNT; i++)
        if (statuses[i] == status)
            t->statuses[i]++;
    for (size_t i = 0; i < BUCKET_COUNT; i++)
        if (seconds <= bounds[i])
            t->buckets[i]++;
    t->seconds += seconds;
}

static void head(sk_buf *out, const char *name, const char *type, const char *help)
{
    sk_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static uint64_t total(const tally *t)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < STATUS_COUNT; i++)
        sum += t->statuses[i];
    return sum;
}

static void label(sk_buf *out, size_t at)
{
    size_t count;
    const http_route *route = http_route_at(at, &count);

    sk_buf_printf(out, "{method=\"%s\",route=\"%s\"",
                  route ? http_method_name(route->method) : "other", route ? route->path : "other");
}

static void write_requests(const gateway *g, sk_buf *out)
{
    head(out, "schakel_http_requests_total", "counter", "Requests by route and status");
    for (size_t i = 0; i <= g->route_count; i++) {
        for (size_t k = 0; k < STATUS_COUNT; k++) {
            if (!g->tallies[i].statuses[k])
                continue;
            sk_buf_text(out, "schakel_http_requests_total");
            label(out, i);
            sk_buf_printf(out, ",status=\"%d\"} %llu\n", statuses[k],
                          (unsigned long long)g->tallies[i].statuses[k]);
        }
    }
}

static void write_times(const gateway *g, sk_buf *out)
{
    head(out, "schakel_http_request_seconds", "histogram", "Time until the answer was handed over");
    for (size_t i = 0; i <= g->route_count; i++) {
        const tally *t = &g->tallies[i];
        unsigned long long all = total(t);

        if (!all)
            continue;
        for (size_t k = 0; k < BUCKET_COUNT; k++) {
            sk_buf_text(out, "schakel_http_request_seconds_bucket");
            label(out, i);
            sk_buf_printf(out, ",le=\"%g\"} %llu\n", bounds[k], (unsigned long long)t->buckets[k]);
        }
        sk_buf_text(out, "schakel_http_request_seconds_bucket");
        label(out, i);
        sk_buf_printf(out, ",le=\"+Inf\"} %llu\nschakel_http_request_seconds_sum", all);
        label(out, i);
        sk_buf_printf(out, "} %.6f\nschakel_http_request_seconds_count", t->seconds);
        label(out, i);
        sk_buf_printf(out, "} %llu\n", all);
    }
}

static void write_gateway(const gateway *g, sk_buf *out)
{
    head(out, "schakel_http_connections", "gauge", "Open connections");
    sk_buf_printf(out, "schakel_http_connections %zu\n", g->peer_count);
    head(out, "schakel_http_streams", "gauge", "Open streams of events");
    sk_buf_printf(out, "schakel_http_streams %zu\n", g->stream_count);
    head(out, "schakel_http_slow_connections_total", "counter",
         "Connections ended because their request took too long");
    sk_buf_printf(out, "schakel_http_slow_connections_total %llu\n",
                  (unsigned long long)g->dropped);
}

/** Response.status is 0 and its field 110 the EngineStatus. */
static void write_engine(sk_str response, sk_buf *out)
{
    wire_field f, value;
    bool up = field_find(response, 110, &f) && f.type == 2;

    head(out, "schakel_up", "gauge", "Whether the engine answers");
    sk_buf_printf(out, "schakel_up %d\n", up);
    if (!up)
        return;
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        uint64_t number = field_find(f.bytes, gauges[i].field, &value) ? value.value : 0;

        head(out, gauges[i].name, gauges[i].type, gauges[i].help);
        sk_buf_printf(out, "%s %llu\n", gauges[i].name, (unsigned long long)number);
    }
}

static void on_status(void *context, const void *response, size_t size)
{
    exchange *x = context;
    sk_buf out = {0};

    write_engine((sk_str){response, size}, &out);
    write_gateway(x->gateway, &out);
    write_requests(x->gateway, &out);
    write_times(x->gateway, &out);
    exchange_text(x, out.failed ? 503 : 200, "text/plain; version=0.0.4; charset=utf-8",
                  out.failed ? SK_STR("") : sk_buf_view(&out));
    sk_buf_done(&out);
}

/** Numbers of a municipality are not everybody's: only this machine asks, unless set otherwise. */
static bool may_see(const exchange *x)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(x->request);
    char *address = NULL;
    ev_uint16_t port;

    if (x->gateway->set.open_metrics)
        return true;
    evhttp_connection_get_peer(evhttp_request_get_connection(x->request), &address, &port);
    return address && (strcmp(address, "127.0.0.1") == 0 || strcmp(address, "::1") == 0) &&
           !evhttp_find_header(headers, "X-Forwarded-For") &&
           !evhttp_find_header(headers, "Forwarded");
}

void serve_metrics(exchange *x)
{
    static const unsigned char get_status[] = {0xf2, 0x06, 0x00};
    gateway *g = x->gateway;

    if (!may_see(x))
        exchange_problem(x, 403, "Alleen deze machine mag dit zien.", NULL);
    else if (g->host->submit_own(g->plugin, get_status, sizeof(get_status), on_status, x, NULL) !=
             SK_OK)
        on_status(x, "", 0);
}
