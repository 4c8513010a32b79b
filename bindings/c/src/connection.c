/* SPDX-License-Identifier: EUPL-1.2 */
#include "internal.h"

#include <stdio.h>
#include <time.h>

#include <nng/protocol/reqrep0/req.h>
#include <nng/transport/tls/tls.h>

/* Opening and closing. NNG's own dialling of TCP waits as long as the host's kernel likes, so a
 * plain TCP connection with our timeout is tried first; it also gives the honest reason (refused,
 * no such host, no answer). Afterwards NNG connects again by itself whenever the connection breaks.
 *
 * A request that is under way when that happens is sent again at once by NNG. It would also be sent
 * again after a while without an answer; that is set beyond our timeout, since our engine answers
 * late only when it means to. */

static const char *reason_of(int code)
{
    switch (code) {
    case NNG_ENOENT:
    case NNG_ECONNREFUSED:
        return "no engine is listening there";
    case NNG_ETIMEDOUT:
        return "no answer in time";
    case NNG_ECANCELED:
        return "the client was closed";
    case NNG_EMSGSIZE:
        return "the answer is larger than the limit";
    default:
        return nng_strerror(code);
    }
}

sk_status connection_failed(sk_error *err, const char *url, int code)
{
    if (code == NNG_ENOMEM)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (code == NNG_EADDRINVAL || code == NNG_EINVAL)
        return sk_fail_field(err, SK_EINVAL, "url", "%s: %s", url, nng_strerror(code));
    return sk_fail(err, SK_EIO, "%s: %s", url, reason_of(code));
}

/* ---- Connecting ---- */

static int try_tcp(const char *url, uint32_t timeout_ms)
{
    nng_stream_dialer *dialer = NULL;
    nng_aio *aio = NULL;
    int code = 0;

    if ((code = nng_aio_alloc(&aio, NULL, NULL)) != 0)
        return code;
    if ((code = nng_stream_dialer_alloc(&dialer, url)) != 0)
        goto out;
    nng_aio_set_timeout(aio, (nng_duration)timeout_ms);
    nng_stream_dialer_dial(dialer, aio);
    nng_aio_wait(aio);
    code = nng_aio_result(aio);
    if (code == 0)
        nng_stream_free(nng_aio_get_output(aio, 0));
out:
    nng_stream_dialer_free(dialer);
    nng_aio_free(aio);
    return code;
}

static int dial_tls_or_plain(const schakel_client *client, nng_socket socket, const char *url)
{
    nng_dialer dialer;
    int code = nng_dialer_create(&dialer, socket, url);

    if (code == 0 && client->ca_file && strncmp(url, "tls+", 4) == 0)
        code = nng_dialer_set_string(dialer, NNG_OPT_TLS_CA_FILE, client->ca_file);
    return code == 0 ? nng_dialer_start(dialer, 0) : code;
}

sk_status connection_dial(const schakel_client *client, nng_socket socket, const char *url,
                          sk_error *err)
{
    const char *tcp = strstr(url, "tcp://");
    int code = 0;

    if (strncmp(url, "tls+", 4) == 0)
        nng_tls_register();
    if (tcp && (tcp == url || strncmp(url, "tls+", 4) == 0))
        code = try_tcp(tcp, client->timeout_ms);
    if (code == 0)
        code = dial_tls_or_plain(client, socket, url);
    return code == 0 ? SK_OK : connection_failed(err, url, code);
}

static sk_status connect_engine(schakel_client *client, sk_error *err)
{
    int code = nng_req0_open(&client->socket);

    if (code != 0)
        return connection_failed(err, client->url, code);
    client->has_socket = true;
    if ((code = nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, client->recv_max)) != 0 ||
        (code = nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME,
                                  (nng_duration)client->timeout_ms + 60000)) != 0)
        return connection_failed(err, client->url, code);
    return connection_dial(client, client->socket, client->url, err);
}

/* ---- Ending a socket ---- */

/* nng_close of NNG 1.5 may wait for ever when a message comes in at that moment (nanomsg/nng#1813,
 * mended in 1.8). A program must not hang for that, so the closing is done by a thread of its own,
 * and after a second left to itself. */

#define CLOSE_WAIT_S 1

typedef struct ending {
    nng_socket socket;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done, left; /**< Who comes last frees. */
} ending;

static void ending_free(ending *e)
{
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    sk_free(e);
}

static void *close_socket(void *argument)
{
    ending *e = argument;
    bool left = false;

    nng_close(e->socket);
    pthread_mutex_lock(&e->lock);
    e->done = true;
    left = e->left;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    if (left)
        ending_free(e);
    return NULL;
}

void connection_end(nng_socket socket)
{
    ending *e = sk_calloc(1, sizeof(*e));
    struct timespec until;
    pthread_t thread;
    bool done = false;

    if (!e)
        return;
    e->socket = socket;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    if (pthread_create(&thread, NULL, close_socket, e) != 0) {
        ending_free(e);
        return;
    }
    pthread_detach(thread);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_WAIT_S;
    pthread_mutex_lock(&e->lock);
    while (!e->done && pthread_cond_timedwait(&e->changed, &e->lock, &until) == 0)
        continue;
    done = e->done;
    e->left = !done;
    pthread_mutex_unlock(&e->lock);
    if (done)
        ending_free(e);
}

/* ---- Opening and closing ---- */

static sk_status options_read(const schakel_options *given, schakel_options *out, sk_error *err)
{
    *out = (schakel_options){.size = sizeof(*out)};
    if (given && (given->size == 0 || given->size > sizeof(*out)))
        return sk_fail_field(err, SK_EINVAL, "options.size", "is not sizeof(schakel_options)");
    if (given)
        memcpy(out, given, given->size);
    if (out->timeout_ms == 0)
        out->timeout_ms = TIMEOUT_MS;
    if (out->in_flight == 0)
        out->in_flight = IN_FLIGHT;
    if (out->recv_max == 0)
        out->recv_max = RECV_MAX;
    if (out->timeout_ms > 24 * SK_HOUR_MS)
        return sk_fail_field(err, SK_EINVAL, "timeout_ms", "%u is over 24 hours", out->timeout_ms);
    if (out->in_flight > SCHAKEL_IN_FLIGHT_MAX)
        return sk_fail_field(err, SK_EINVAL, "in_flight", "%u is over %d", out->in_flight,
                             SCHAKEL_IN_FLIGHT_MAX);
    return SK_OK;
}

sk_status schakel_open(const schakel_options *options, schakel_client **out, sk_error *err)
{
    sk_status st = SK_OK;
    schakel_options o;
    schakel_client *client = NULL;

    if (!out)
        return sk_fail_field(err, SK_EINVAL, "out", "is NULL");
    if ((st = options_read(options, &o, err)) != SK_OK)
        return st;
    if (!(client = sk_calloc(1, sizeof(*client))))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    client->timeout_ms = o.timeout_ms;
    client->recv_max = o.recv_max;
    client->slot_count = o.in_flight;
    if ((st = settings_find(client, &o, err)) != SK_OK ||
        (st = connect_engine(client, err)) != SK_OK || (st = slots_open(client, err)) != SK_OK)
        goto out;
    *out = client;
    client = NULL;
out:
    schakel_close(client);
    return st;
}

void schakel_close(schakel_client *client)
{
    if (!client)
        return;
    slots_close(client);
    sk_free(client->url);
    sk_free(client->events_url);
    sk_free(client->ca_file);
    sk_free(client->token);
    sk_free(client);
}

const char *schakel_url(const schakel_client *client)
{
    return client->url;
}
