/* SPDX-License-Identifier: EUPL-1.2 */
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "fields.h"
#include "http/gateway.h"

/* Server-sent events: a stream is a cursor in the event log. Whenever the log grows, each stream
 * reads behind its cursor, with its own token, and writes what it got; the number of an event is
 * its id, so that a browser that comes back says with Last-Event-ID where it was. Nothing is kept
 * here that the log does not have, so that a restart of either side loses and doubles nothing.
 *
 *   ring -> ask (one read under way at most) -> answer -> write -> ask, while there is more
 *
 * A slow reader is not read for while much lies ready for it, and cut off when it takes nothing at
 * all (evhttp's write timeout). A token that was revoked meanwhile ends the stream at the next
 * heartbeat, since that reads too. */

#define AHEAD ((size_t)256 << 10)
#define PAGE 100u

enum { REQUEST_TOKEN = 2, REQUEST_READ_EVENTS = 60 };
enum { READ_AFTER = 1, READ_CONSUMER = 2, READ_LIMIT = 3 };
enum { RESPONSE_STATUS = 2, RESPONSE_EVENTS = 60 };
enum { EVENTS_ITEMS = 1, EVENTS_LAST = 2 };
enum { EVENT_SEQ = 1, EVENT_TYPE = 3 };

struct stream {
    LIST_ENTRY(stream) next;
    exchange *x;
    peer *peer;
    sk_str consumer; /**< View in x's arena. */
    uint64_t cursor;
    bool has_cursor;
    bool asking, ringing, started;
    bool over; /**< Freed as soon as no read is under way. */
    int64_t wrote_ms;
};

static void stream_ask(stream *s);

static void stream_free(stream *s)
{
    s->x->gateway->stream_count--;
    LIST_REMOVE(s, next);
    exchange_free(s->x);
    sk_free(s);
}

static void stream_close(stream *s)
{
    if (s->peer)
        s->peer->stream = NULL;
    s->peer = NULL;
    if (!s->over) {
        s->over = true;
        if (s->started)
            evhttp_send_reply_end(s->x->request);
        else
            evhttp_send_reply(s->x->request, 503, http_reason(503), NULL);
    }
    if (!s->asking)
        stream_free(s);
}

/* ---- Writing ---- */

static void write_event(sk_buf *out, sk_str event)
{
    sk_buf json = {0};
    wire_field seq = {0}, type = {0};

    if (field_find(event, EVENT_SEQ, &seq) && field_find(event, EVENT_TYPE, &type) &&
        sk_message_to_json("Event", event, false, &json, NULL) == SK_OK)
        sk_buf_printf(out, "id: %llu\nevent: %.*s\ndata: %.*s\n\n", (unsigned long long)seq.value,
                      (int)type.bytes.size, type.bytes.data, (int)json.size, json.data);
    sk_buf_done(&json);
}

static void write_reset(sk_buf *out, uint64_t cursor)
{
    sk_buf_printf(out, "id: %llu\nevent: reset\ndata: {}\n\n", (unsigned long long)cursor);
}

/** All that was written has left: a stream that was ahead of its reader goes on. */
static void on_drained(struct evhttp_connection *connection, void *context)
{
    stream *s = context;

    (void)connection;
    if (s->ringing)
        stream_ask(s);
}

static void push(stream *s, const sk_buf *text)
{
    struct evbuffer *chunk;

    if (text->size == 0 || !(chunk = evbuffer_new()))
        return;
    evbuffer_add(chunk, text->data, text->size);
    evhttp_send_reply_chunk_with_cb(s->x->request, chunk, on_drained, s);
    evbuffer_free(chunk);
    s->wrote_ms = sk_monotonic_ms();
}

static void start(stream *s)
{
    exchange *x = s->x;

    s->started = true;
    headers_add(x, true);
    header_put(x, "Content-Type", "text/event-stream; charset=utf-8");
    header_put(x, "X-Accel-Buffering", "no");
    metrics_count(x->gateway, x, 200);
    evhttp_send_reply_start(x->request, 200, http_reason(200));
}

/** The events of one read; false when it says nothing about events. Moves the cursor. */
static unsigned write_page(stream *s, sk_str events, sk_buf *out)
{
    unsigned count = 0;
    uint64_t last = 0;
    wire_field f, seq;

    if (field_find(events, EVENTS_LAST, &f))
        last = f.value;
    if (s->has_cursor && s->cursor > last) {
        /* The log is shorter than what the reader saw: another engine, or a restored one. */
        s->cursor = last;
        write_reset(out, last);
    }
    while (field_next(&events, &f)) {
        if (f.number != EVENTS_ITEMS || !field_find(f.bytes, EVENT_SEQ, &seq))
            continue;
        if (s->has_cursor && seq.value > s->cursor + 1)
            /* What lay between is no longer kept. */
            write_reset(out, seq.value - 1);
        write_event(out, f.bytes);
        s->cursor = seq.value;
        s->has_cursor = true;
        count++;
    }
    if (!s->has_cursor) {
        s->cursor = last;
        s->has_cursor = true;
    }
    return count;
}

/* ---- Reading ---- */

static void refuse(stream *s, sk_str response)
{
    exchange *x = s->x;
    http_answer answer = {0};

    if (s->started) {
        stream_close(s);
        return;
    }
    x->gateway->stream_count--;
    LIST_REMOVE(s, next);
    if (s->peer)
        s->peer->stream = NULL;
    sk_free(s);
    if (response.size)
        http_answer_read(x->route, response, x->arena, &answer);
    else
        http_answer_problem(&answer, 503, NULL, NULL);
    exchange_answer(x, &answer);
}

static void on_events(void *context, const void *response, size_t size)
{
    stream *s = context;
    sk_str bytes = {response, size};
    sk_buf out = {0};
    unsigned count;
    wire_field f;

    s->asking = false;
    if (s->over) {
        stream_free(s);
        return;
    }
    if ((field_find(bytes, RESPONSE_STATUS, &f) && f.value == SK_EBUSY && s->started)) {
        s->ringing = true;
        return;
    }
    if ((field_find(bytes, RESPONSE_STATUS, &f) && f.value != SK_OK) ||
        !field_find(bytes, RESPONSE_EVENTS, &f)) {
        refuse(s, bytes);
        return;
    }
    if (!s->started) {
        start(s);
        sk_buf_text(&out, "retry: 2000\n\n");
    }
    count = write_page(s, f.bytes, &out);
    if (out.failed)
        peer_cut(s->peer);
    else
        push(s, &out);
    sk_buf_done(&out);
    if (count == PAGE)
        s->ringing = true;
    if (s->ringing)
        stream_ask(s);
}

static void write_request(const stream *s, sk_buf *out)
{
    sk_buf read = {0};

    if (s->has_cursor)
        field_put_number(&read, READ_AFTER, s->cursor);
    else if (s->consumer.size)
        field_put_bytes(&read, READ_CONSUMER, s->consumer);
    else
        /* From now on: nothing lies behind this, and the answer says where the log ends. */
        field_put_number(&read, READ_AFTER, INT64_MAX);
    field_put_number(&read, READ_LIMIT, PAGE);
    field_put_bytes(out, REQUEST_TOKEN, sk_str_from(s->x->token));
    field_put_bytes(out, REQUEST_READ_EVENTS, sk_buf_view(&read));
    out->failed |= read.failed;
    sk_buf_done(&read);
}

static void stream_ask(stream *s)
{
    gateway *g = s->x->gateway;
    sk_buf request = {0};

    s->ringing = true;
    if (s->asking || s->over || evbuffer_get_length(bufferevent_get_output(s->peer->bev)) > AHEAD)
        return;
    write_request(s, &request);
    if (!request.failed &&
        g->host->submit(g->plugin, request.data, request.size, on_events, s, NULL) == SK_OK) {
        s->asking = true;
        s->ringing = false;
    }
    sk_buf_done(&request);
}

void streams_ring(gateway *g)
{
    stream *s;

    LIST_FOREACH(s, &g->streams, next)
    {
        stream_ask(s);
    }
}

void streams_tick(gateway *g, int64_t now_ms)
{
    static char beat[] = ":\n\n";
    const sk_buf text = {.data = beat, .size = sizeof(beat) - 1};
    stream *s;

    LIST_FOREACH(s, &g->streams, next)
    {
        bool due =
            s->started && !s->over && now_ms - s->wrote_ms >= (int64_t)g->set.heartbeat_s * 1000;

        if (due)
            push(s, &text);
        if (due || s->ringing)
            stream_ask(s);
    }
}

/* ---- Beginning and end ---- */

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    if (!text || *text < '0' || *text > '9' || strlen(text) > 18)
        return false;
    *out = strtoull(text, &end, 10);
    return *end == '\0';
}

/** Last-Event-ID, or the parameters `after` and `consumer`. False: they are wrong. */
static bool read_cursor(stream *s)
{
    exchange *x = s->x;
    const char *given =
        evhttp_find_header(evhttp_request_get_input_headers(x->request), "Last-Event-ID");

    for (size_t i = 0; i < x->target.query_count; i++) {
        if (sk_str_eq(x->target.names[i], SK_STR("consumer")))
            s->consumer = x->target.values[i];
        else if (!sk_str_eq(x->target.names[i], SK_STR("after")))
            return false;
        else if (!given)
            given = x->target.values[i].data;
    }
    if (given && !read_number(given, &s->cursor))
        return false;
    s->has_cursor = given != NULL;
    return true;
}

void stream_open(exchange *x)
{
    gateway *g = x->gateway;
    stream *s;

    if (g->stream_count >= g->set.max_streams) {
        exchange_problem(x, 503, "Er staan al te veel gebeurtenisstromen open.", NULL);
        return;
    }
    if (!(s = sk_calloc(1, sizeof(*s)))) {
        exchange_problem(x, 503, NULL, NULL);
        return;
    }
    s->x = x;
    s->peer = peer_of(g, evhttp_request_get_connection(x->request));
    if (!s->peer || x->head || !read_cursor(s)) {
        sk_free(s);
        exchange_problem(x, 400, "Last-Event-ID en after zijn het nummer van een gebeurtenis.",
                         NULL);
        return;
    }
    s->peer->stream = s;
    LIST_INSERT_HEAD(&g->streams, s, next);
    g->stream_count++;
    stream_ask(s);
}

void stream_gone(stream *s)
{
    struct evhttp_request *request = s->x->request;

    s->peer = NULL;
    s->over = true;
    /* When evhttp has let go of the request too, it is ours to end. */
    if (!evhttp_request_get_connection(request))
        evhttp_send_reply_end(request);
    if (!s->asking)
        stream_free(s);
}

void streams_end(gateway *g)
{
    stream *s, *after;

    for (s = LIST_FIRST(&g->streams); s; s = after) {
        after = LIST_NEXT(s, next);
        stream_close(s);
    }
}

void streams_drop(gateway *g)
{
    stream *s;

    while ((s = LIST_FIRST(&g->streams)) != NULL)
        stream_free(s);
}
