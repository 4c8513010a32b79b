/* SPDX-License-Identifier: EUPL-1.2 */
#include "fields.h"
#include "internal.h"

#include <nng/protocol/pubsub0/sub.h>

#include "codec/codec.h"

/* Events: reading the log with a cursor, and hearing the doorbell. The log is the truth; the bell
 * only says that looking is worth while, and may be missed. */

/* ---- Following ---- */

#define WAIT_MAX_MS 30000
#define BUSY_PAUSE_MS 200
#define OP_READ_EVENTS 60
#define OP_ACK_EVENTS 61
#define RESULT_EVENTS 60

typedef struct follower {
    schakel_client *client;
    schakel_follow_options options;
    schakel_event_taker taker;
    void *context;
    sk_arena *arena;
    bool has_after;
    uint64_t after;
} follower;

static sk_status options_read(follower *f, const schakel_follow_options *given, sk_error *err)
{
    schakel_follow_options *o = &f->options;
    uint32_t most_ms = f->client->timeout_ms / 2;

    if (!given || given->size == 0 || given->size > sizeof(*given))
        return sk_fail_field(err, SK_EINVAL, "options.size",
                             "is not sizeof(schakel_follow_options)");
    memcpy(o, given, given->size);
    if (o->ack && !o->consumer)
        return sk_fail_field(err, SK_EINVAL, "consumer", "is needed to acknowledge");
    if (o->wait_ms == 0 || o->wait_ms > WAIT_MAX_MS)
        o->wait_ms = WAIT_MAX_MS;
    if (o->wait_ms > most_ms)
        o->wait_ms = most_ms;
    f->has_after = o->has_after || !o->consumer;
    f->after = o->has_after ? o->after : 0;
    return SK_OK;
}

static void request_read(const follower *f, sk_buf *out)
{
    const schakel_follow_options *o = &f->options;
    sk_buf op = {0};

    if (f->has_after)
        field_put_number(&op, 1, f->after);
    if (o->consumer)
        field_put_bytes(&op, 2, sk_str_from(o->consumer));
    if (o->limit)
        field_put_number(&op, 3, o->limit);
    if (!o->until_end)
        field_put_number(&op, 4, o->wait_ms);
    field_put_bytes(out, OP_READ_EVENTS, sk_buf_view(&op));
    out->failed |= op.failed;
    sk_buf_done(&op);
}

static void request_ack(const follower *f, sk_buf *out)
{
    sk_buf op = {0};

    field_put_bytes(&op, 1, sk_str_from(f->options.consumer));
    field_put_number(&op, 2, f->after);
    field_put_bytes(out, OP_ACK_EVENTS, sk_buf_view(&op));
    out->failed |= op.failed;
    sk_buf_done(&op);
}

/* Sends `request` until the engine is not busy; a following is patient. */
static sk_status ask(const follower *f, const sk_buf *request, void **out, size_t *out_size,
                     sk_error *err)
{
    uint32_t retry_ms = 0;
    sk_status st = SK_OK;

    if (request->failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    for (;;) {
        st = schakel_call(f->client, request->data, request->size, out, out_size, err);
        if (st != SK_OK)
            return st;
        st = response_status((sk_str){*out, *out_size}, &retry_ms, err);
        if (st == SK_OK)
            return SK_OK;
        schakel_free(*out);
        *out = NULL;
        if (st != SK_EBUSY)
            return st;
        pause_ms(retry_ms ? retry_ms : BUSY_PAUSE_MS);
    }
}

static const char *text(sk_arena *arena, sk_str s)
{
    return sk_arena_str(arena, s).data;
}

static sk_status take(follower *f, sk_str bytes, sk_error *err)
{
    sk_event e;
    schakel_event view;
    sk_status st = SK_OK;

    sk_arena_reset(f->arena);
    if ((st = sk_decode_event(bytes, f->arena, &e, err)) != SK_OK)
        return st;
    view = (schakel_event){e.seq,
                           e.at_ms,
                           text(f->arena, e.type),
                           text(f->arena, e.listing_id),
                           text(f->arena, e.party_id),
                           text(f->arena, e.suggestion_id),
                           text(f->arena, e.detail),
                           text(f->arena, e.rules_hash)};
    if (!view.type || !view.listing_id || !view.party_id || !view.suggestion_id || !view.detail ||
        !view.rules_hash)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = f->taker(f->context, &view)) != SK_OK)
        return sk_fail(err, st, "stopped at event %llu", (unsigned long long)e.seq);
    f->has_after = true;
    f->after = e.seq;
    return SK_OK;
}

static sk_status take_all(follower *f, sk_str response, size_t *out_count, sk_error *err)
{
    wire_field events = {0}, item;
    sk_status st = SK_OK;

    *out_count = 0;
    if (!field_find(response, RESULT_EVENTS, &events) || events.type != 2)
        return SK_OK;
    while (st == SK_OK && field_next(&events.bytes, &item)) {
        if (item.number != 1 || item.type != 2)
            continue;
        st = take(f, item.bytes, err);
        (*out_count)++;
    }
    return st;
}

static sk_status acknowledge(const follower *f, sk_error *err)
{
    sk_buf request = {0};
    void *response = NULL;
    size_t size = 0;
    sk_status st = SK_OK;

    request_ack(f, &request);
    st = ask(f, &request, &response, &size, err);
    schakel_free(response);
    sk_buf_done(&request);
    return st;
}

static sk_status read_once(follower *f, size_t *out_count, sk_error *err)
{
    sk_buf request = {0};
    void *response = NULL;
    size_t size = 0;
    sk_status st = SK_OK;

    request_read(f, &request);
    if ((st = ask(f, &request, &response, &size, err)) == SK_OK)
        st = take_all(f, (sk_str){response, size}, out_count, err);
    if (st == SK_OK && *out_count > 0 && f->options.ack)
        st = acknowledge(f, err);
    schakel_free(response);
    sk_buf_done(&request);
    return st;
}

sk_status schakel_events_follow(schakel_client *client, const schakel_follow_options *options,
                                schakel_event_taker taker, void *context, sk_error *err)
{
    follower f = {.client = client, .taker = taker, .context = context};
    sk_status st = options_read(&f, options, err);
    size_t count = 1;

    if (st != SK_OK)
        return st;
    if (!(f.arena = sk_arena_new(0)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    while (st == SK_OK && (count > 0 || !f.options.until_end))
        st = read_once(&f, &count, err);
    sk_arena_free(f.arena);
    return st;
}

/* ---- Doorbell ---- */

struct schakel_doorbell {
    nng_socket socket;
    char *url;
};

sk_status schakel_doorbell_open(schakel_client *client, schakel_doorbell **out, sk_error *err)
{
    sk_status st = SK_OK;
    schakel_doorbell *bell = sk_calloc(1, sizeof(*bell));
    int code = 0;

    if (!bell)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = settings_events_url(client, &bell->url, err)) != SK_OK)
        goto out;
    if ((code = nng_sub0_open(&bell->socket)) != 0) {
        st = connection_failed(err, bell->url, code);
        goto out;
    }
    if ((code = nng_socket_set(bell->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0)) != 0 ||
        (code = nng_socket_set_size(bell->socket, NNG_OPT_RECVMAXSZ, 64)) != 0)
        st = connection_failed(err, bell->url, code);
    if (st == SK_OK)
        st = connection_dial(client, bell->socket, bell->url, err);
    if (st != SK_OK)
        goto out;
    *out = bell;
    bell = NULL;
out:
    schakel_doorbell_close(bell);
    return st;
}

static uint64_t ring_number(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 8 && size == 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

sk_status schakel_doorbell_wait(schakel_doorbell *bell, uint32_t timeout_ms, uint64_t *out_seq,
                                sk_error *err)
{
    uint64_t newest = 0, number = 0;
    nng_msg *msg = NULL;
    int flags = 0;
    int code = nng_socket_set_ms(bell->socket, NNG_OPT_RECVTIMEO,
                                 (nng_duration)(timeout_ms > INT32_MAX ? INT32_MAX : timeout_ms));

    /* Waits for the first ring, then takes along all that have come in meanwhile. */
    while (code == 0 && (code = nng_recvmsg(bell->socket, &msg, flags)) == 0) {
        number = ring_number(nng_msg_body(msg), nng_msg_len(msg));
        newest = number > newest ? number : newest;
        nng_msg_free(msg);
        flags = NNG_FLAG_NONBLOCK;
    }
    if (code != NNG_EAGAIN && code != NNG_ETIMEDOUT)
        return connection_failed(err, bell->url, code);
    *out_seq = newest;
    return SK_OK;
}

void schakel_doorbell_close(schakel_doorbell *bell)
{
    if (!bell)
        return;
    if (nng_socket_id(bell->socket) > 0)
        connection_end(bell->socket);
    sk_free(bell->url);
    sk_free(bell);
}
