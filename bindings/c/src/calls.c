/* SPDX-License-Identifier: EUPL-1.2 */
#include "fields.h"
#include "internal.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "codec/codec.h"

/* Requests and answers. Every request under way has a slot: an NNG context, which pairs the answer
 * with it, and an aio, which runs send and receive and calls back.
 *
 *   submit -> [free slot] -> SENDING -> RECEIVING -> answer() -> [free slot]
 *
 * Invariant: a slot is `busy` from the moment that a caller takes it until its answer has returned,
 * and only then touched by NNG's threads. A waiting call is a submit whose answer wakes the caller.
 *
 * Closing cancels what is under way and waits for the slots before it closes contexts and socket:
 * NNG 1.5.2 may hang, or use freed memory, when a socket is closed under contexts in use. A cancel
 * between the end of sending and the begin of receiving hits nothing, so it is repeated. */

typedef enum phase { SENDING, RECEIVING } phase;

struct slot {
    schakel_client *client;
    nng_ctx ctx;
    nng_aio *aio;
    bool has_ctx, busy;
    phase phase;
    int64_t deadline_ms;
    schakel_answer answer;
    void *context;
};

/* ---- The envelope ---- */

static sk_status add_id(sk_buf *out, sk_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[16];
    char id[32];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return sk_fail(err, SK_EIO, "the host gives no random bytes");
    for (size_t i = 0; i < sizeof(random); i++) {
        id[2 * i] = digits[random[i] >> 4];
        id[2 * i + 1] = digits[random[i] & 15];
    }
    field_put_bytes(out, 1, (sk_str){id, sizeof(id)});
    return SK_OK;
}

/* The request with an id and a token, which may stand behind the operation: order is free. */
static sk_status complete(const schakel_client *client, sk_str request, sk_buf *out, sk_error *err)
{
    sk_status st = SK_OK;
    sk_str rest = request;
    bool has_id = false, has_token = false;
    wire_field f;

    while (field_next(&rest, &f)) {
        has_id |= f.number == 1 && f.bytes.size > 0;
        has_token |= f.number == 2 && f.bytes.size > 0;
    }
    if (rest.size > 0)
        return sk_fail(err, SK_EPROTO, "the request is not a message");
    sk_buf_str(out, request);
    if (!has_id && (st = add_id(out, err)) != SK_OK)
        return st;
    if (!has_token && client->token)
        field_put_bytes(out, 2, sk_str_from(client->token));
    if (out->failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (out->size > SCHAKEL_REQUEST_MAX)
        return sk_fail(err, SK_ELIMIT, "the request has %zu bytes, at most %d can be sent",
                       out->size, SCHAKEL_REQUEST_MAX);
    return SK_OK;
}

/* ---- Slots ---- */

static void slot_finish(slot *s, int code, nng_msg *msg)
{
    schakel_client *client = s->client;
    sk_error err = {0};

    if (code == 0)
        s->answer(s->context, SK_OK, nng_msg_body(msg), nng_msg_len(msg), NULL);
    else
        s->answer(s->context, connection_failed(&err, client->url, code), NULL, 0, &err);
    nng_msg_free(msg);
    pthread_mutex_lock(&client->lock);
    s->busy = false;
    pthread_cond_broadcast(&client->idle);
    pthread_mutex_unlock(&client->lock);
}

static void slot_set_timeout(slot *s)
{
    int64_t left_ms = s->deadline_ms - sk_monotonic_ms();

    nng_aio_set_timeout(s->aio, left_ms > 1 ? (nng_duration)left_ms : 1);
}

static void slot_step(void *argument)
{
    slot *s = argument;
    int code = nng_aio_result(s->aio);

    if (s->phase == SENDING && code == 0) {
        s->phase = RECEIVING;
        slot_set_timeout(s);
        nng_ctx_recv(s->ctx, s->aio);
    } else if (s->phase == SENDING) {
        nng_msg_free(nng_aio_get_msg(s->aio));
        slot_finish(s, code, NULL);
    } else {
        slot_finish(s, code, code == 0 ? nng_aio_get_msg(s->aio) : NULL);
    }
}

static slot *slot_take(schakel_client *client)
{
    slot *found = NULL;

    pthread_mutex_lock(&client->lock);
    while (!found && !client->closing) {
        for (size_t i = 0; i < client->slot_count && !found; i++) {
            if (!client->slots[i].busy)
                found = &client->slots[i];
        }
        if (!found)
            pthread_cond_wait(&client->idle, &client->lock);
    }
    if (found)
        found->busy = true;
    pthread_mutex_unlock(&client->lock);
    return found;
}

sk_status slots_open(schakel_client *client, sk_error *err)
{
    int code = 0;

    if (pthread_mutex_init(&client->lock, NULL) != 0)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (pthread_cond_init(&client->idle, NULL) != 0) {
        pthread_mutex_destroy(&client->lock);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    client->has_lock = true;
    client->slots = sk_calloc(client->slot_count, sizeof(*client->slots));
    if (!client->slots)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    for (size_t i = 0; i < client->slot_count; i++) {
        slot *s = &client->slots[i];

        s->client = client;
        if ((code = nng_ctx_open(&s->ctx, client->socket)) != 0)
            return connection_failed(err, client->url, code);
        s->has_ctx = true;
        if ((code = nng_aio_alloc(&s->aio, slot_step, s)) != 0)
            return connection_failed(err, client->url, code);
    }
    return SK_OK;
}

static void wait_until_idle(schakel_client *client)
{
    pthread_mutex_lock(&client->lock);
    for (size_t i = 0; client->slots && i < client->slot_count; i++) {
        while (client->slots[i].busy)
            pthread_cond_wait(&client->idle, &client->lock);
    }
    pthread_mutex_unlock(&client->lock);
}

static bool any_busy(schakel_client *client)
{
    bool busy = false;

    pthread_mutex_lock(&client->lock);
    for (size_t i = 0; i < client->slot_count; i++)
        busy |= client->slots[i].busy;
    pthread_mutex_unlock(&client->lock);
    return busy;
}

static void cancel_all(schakel_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->closing = true;
    pthread_cond_broadcast(&client->idle);
    pthread_mutex_unlock(&client->lock);
    while (client->slots && any_busy(client)) {
        for (size_t i = 0; i < client->slot_count; i++)
            nng_aio_cancel(client->slots[i].aio);
        pause_ms(1);
    }
}

void slots_close(schakel_client *client)
{
    if (client->has_lock)
        cancel_all(client);
    for (size_t i = 0; client->slots && i < client->slot_count; i++) {
        nng_aio_free(client->slots[i].aio);
        if (client->slots[i].has_ctx)
            nng_ctx_close(client->slots[i].ctx);
    }
    if (client->has_socket)
        connection_end(client->socket);
    sk_free(client->slots);
    if (client->has_lock) {
        pthread_cond_destroy(&client->idle);
        pthread_mutex_destroy(&client->lock);
    }
}

/* ---- Sending without waiting ---- */

static sk_status submit_complete(schakel_client *client, sk_str request, schakel_answer answer,
                                 void *context, sk_error *err)
{
    slot *s = NULL;
    nng_msg *msg = NULL;

    if (nng_msg_alloc(&msg, 0) != 0 || nng_msg_append(msg, request.data, request.size) != 0) {
        nng_msg_free(msg);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    if (!(s = slot_take(client))) {
        nng_msg_free(msg);
        return sk_fail(err, SK_EIO, "the client is being closed");
    }
    s->answer = answer;
    s->context = context;
    s->phase = SENDING;
    s->deadline_ms = sk_monotonic_ms() + client->timeout_ms;
    nng_aio_set_msg(s->aio, msg);
    slot_set_timeout(s);
    nng_ctx_send(s->ctx, s->aio);
    return SK_OK;
}

sk_status schakel_submit(schakel_client *client, const void *request, size_t size,
                         schakel_answer answer, void *context, sk_error *err)
{
    sk_buf bytes = {0};
    sk_status st = complete(client, (sk_str){request, size}, &bytes, err);

    if (st == SK_OK)
        st = submit_complete(client, sk_buf_view(&bytes), answer, context, err);
    sk_buf_done(&bytes);
    return st;
}

void schakel_drain(schakel_client *client)
{
    wait_until_idle(client);
}

/* ---- Sending and waiting ---- */

typedef struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done;
    sk_status status;
    sk_buf response;
    sk_error err;
} waiter;

static void waiter_answer(void *context, sk_status status, const void *response, size_t size,
                          const sk_error *err)
{
    waiter *w = context;

    pthread_mutex_lock(&w->lock);
    w->status = status;
    if (status == SK_OK)
        sk_buf_add(&w->response, response, size);
    else
        w->err = *err;
    if (w->response.failed)
        w->status = sk_fail(&w->err, SK_ENOMEM, "out of memory");
    w->done = true;
    pthread_cond_signal(&w->answered);
    pthread_mutex_unlock(&w->lock);
}

/* Appends the answer to `out`, which the caller frees whatever happens. */
static sk_status call_complete(schakel_client *client, sk_str request, sk_buf *out, sk_error *err)
{
    sk_status st = SK_OK;
    waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};

    if ((st = submit_complete(client, request, waiter_answer, &w, err)) != SK_OK)
        return st;
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.answered, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.answered);
    pthread_mutex_destroy(&w.lock);
    if (w.status != SK_OK && err)
        *err = w.err;
    sk_buf_done(out);
    *out = w.response;
    return w.status;
}

sk_status schakel_call(schakel_client *client, const void *request, size_t size,
                       void **out_response, size_t *out_size, sk_error *err)
{
    sk_buf bytes = {0}, response = {0};
    sk_status st = complete(client, (sk_str){request, size}, &bytes, err);

    if (st == SK_OK)
        st = call_complete(client, sk_buf_view(&bytes), &response, err);
    sk_buf_done(&bytes);
    if (st != SK_OK) {
        sk_buf_done(&response);
        return st;
    }
    /* An answer without a byte is a Response as well; give it memory to point at. */
    if (!response.data)
        sk_buf_add(&response, "", 0);
    *out_response = response.data;
    *out_size = response.size;
    return SK_OK;
}

/* ---- JSON ---- */

static void copy_text(char *out, size_t size, sk_str text)
{
    size_t length = text.size < size ? text.size : size - 1;

    /* Never cut inside a UTF-8 sequence. */
    while (length < text.size && length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80)
        length--;
    memcpy(out, text.data, length);
    out[length] = '\0';
}

sk_status response_status(sk_str response, uint32_t *out_retry_ms, sk_error *err)
{
    wire_field status, error, f;

    *out_retry_ms = 0;
    if (!field_find(response, 2, &status) || status.type != 0 || status.value == 0)
        return SK_OK;
    sk_fail(err, (sk_status)status.value, "%s", schakel_status_name((sk_status)status.value));
    if (!field_find(response, 3, &error) || error.type != 2)
        return (sk_status)status.value;
    if (err && field_find(error.bytes, 1, &f) && f.type == 2)
        copy_text(err->field, sizeof(err->field), f.bytes);
    if (err && field_find(error.bytes, 2, &f) && f.type == 2)
        copy_text(err->message, sizeof(err->message), f.bytes);
    if (field_find(error.bytes, 3, &f) && f.type == 0)
        *out_retry_ms = (uint32_t)f.value;
    return (sk_status)status.value;
}

void pause_ms(uint32_t wait_ms)
{
    struct timespec wait = {wait_ms / 1000, (long)(wait_ms % 1000) * 1000000};

    nanosleep(&wait, NULL);
}

/* Asks until the engine is not busy or the time is up. `*out_answered` tells a refusal from
 * silence. */
static sk_status call_patiently(schakel_client *client, sk_str request, sk_buf *response,
                                bool *out_answered, sk_error *err)
{
    int64_t deadline_ms = sk_monotonic_ms() + client->timeout_ms;
    uint32_t retry_ms = 0;
    sk_status st = SK_OK;

    for (;;) {
        if ((st = call_complete(client, request, response, err)) != SK_OK)
            return st;
        *out_answered = true;
        st = response_status(sk_buf_view(response), &retry_ms, err);
        retry_ms = retry_ms ? retry_ms : 50;
        if (st != SK_EBUSY || sk_monotonic_ms() + retry_ms >= deadline_ms)
            return st;
        pause_ms(retry_ms);
    }
}

sk_status schakel_call_json(schakel_client *client, const char *request_json,
                            char **out_response_json, sk_error *err)
{
    sk_status st = SK_OK, told = SK_OK;
    sk_buf message = {0}, request = {0}, response = {0}, json = {0};
    bool answered = false;

    *out_response_json = NULL;
    if ((st = sk_json_to_message("Request", sk_str_from(request_json), &message, err)) != SK_OK ||
        (st = complete(client, sk_buf_view(&message), &request, err)) != SK_OK)
        goto out;
    st = call_patiently(client, sk_buf_view(&request), &response, &answered, err);
    if (!answered)
        goto out;
    told = sk_message_to_json("Response", sk_buf_view(&response), false, &json, err);
    sk_buf_add(&json, "", 1);
    if (told != SK_OK || json.failed) {
        st = told != SK_OK ? told : sk_fail(err, SK_ENOMEM, "out of memory");
        goto out;
    }
    *out_response_json = json.data;
    json = (sk_buf){0};
out:
    sk_buf_done(&message);
    sk_buf_done(&request);
    sk_buf_done(&response);
    sk_buf_done(&json);
    return st;
}
