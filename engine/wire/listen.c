/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/listen.h"

#include "wire/server_job.h"
#include "wire/wire.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <stdatomic.h>

/* A context of the REP socket carries one request at a time through
 *
 *   RECEIVING -> (engine) -> SENDING -> RECEIVING
 *
 * by its one aio, so that a context needs no lock. NNG sets no limit to what it receives unless
 * each listener is told one; a message over it closes the connection. */

typedef enum line_state { LINE_RECEIVING, LINE_ENGINE, LINE_SENDING } line_state;

typedef struct line {
    sk_listeners *owner;
    nng_ctx ctx;
    nng_aio *aio;
    nng_msg *message; /**< The request, kept until it is answered. */
    line_state state;
    sk_job job;
} line;

struct sk_listeners {
    sk_server *server;
    nng_socket rep, pub;
    bool rep_open, pub_open;
    atomic_bool quiet;
    atomic_uint sending; /**< Answers on their way out. */
    line *lines;
    uint32_t count;
};

static sk_status fail_nng(sk_error *err, int code, const char *what, const char *url)
{
    return sk_fail(err, SK_EIO, "%s %s: %s", what, url, nng_strerror(code));
}

/* ---- One line ---- */

static void receive(line *l)
{
    if (atomic_load(&l->owner->quiet))
        return;
    l->state = LINE_RECEIVING;
    nng_ctx_recv(l->ctx, l->aio);
}

static void send_answer(void *context, sk_str response)
{
    line *l = context;
    nng_msg *answer = NULL;

    nng_msg_free(l->message);
    l->message = NULL;
    if (nng_msg_alloc(&answer, 0) != 0 ||
        nng_msg_append(answer, response.data, response.size) != 0) {
        nng_msg_free(answer);
        receive(l);
        return;
    }
    l->state = LINE_SENDING;
    atomic_fetch_add(&l->owner->sending, 1);
    nng_aio_set_msg(l->aio, answer);
    nng_ctx_send(l->ctx, l->aio);
}

static void submit(line *l)
{
    l->message = nng_aio_get_msg(l->aio);
    l->state = LINE_ENGINE;
    l->job = (sk_job){.request = {nng_msg_body(l->message), nng_msg_len(l->message)},
                      .answer = send_answer,
                      .context = l};
    sk_server_post(l->owner->server, &l->job);
}

static void line_event(void *argument)
{
    line *l = argument;
    int code = nng_aio_result(l->aio);

    if (l->state == LINE_RECEIVING && code == 0) {
        submit(l);
    } else if (l->state == LINE_SENDING) {
        atomic_fetch_sub(&l->owner->sending, 1);
        if (code != 0) {
            nng_msg_free(nng_aio_get_msg(l->aio));
            nng_aio_set_msg(l->aio, NULL);
        }
        if (code != NNG_ECLOSED)
            receive(l);
    } else if (code != NNG_ECLOSED && code != NNG_ECANCELED) {
        receive(l);
    }
}

/* ---- Listening ---- */

static sk_status set_tls(nng_listener listener, const sk_server_options *options, const char *url,
                         sk_error *err)
{
    int code;

    if (!options->tls_cert_file)
        return sk_fail(err, SK_EINVAL, "%s needs tls.cert in the configuration", url);
    code = nng_listener_set_string(listener, NNG_OPT_TLS_CERT_KEY_FILE, options->tls_cert_file);
    return code ? fail_nng(err, code, "certificate for", url) : SK_OK;
}

static sk_status listen_on(nng_socket socket, const char *url, const sk_server_options *options,
                           sk_error *err)
{
    nng_listener listener;
    int code = nng_listener_create(&listener, socket, url);
    sk_status st;

    if (code)
        return fail_nng(err, code, "cannot use", url);
    if (strncmp(url, "tls+tcp://", 10) == 0 && (st = set_tls(listener, options, url, err)) != SK_OK)
        return st;
    /* One byte over the cap still arrives, so that it is answered with a clear error. */
    if ((code = nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, SK_MESSAGE_MAX + 1)) != 0 ||
        (code = nng_listener_start(listener, 0)) != 0)
        return fail_nng(err, code, "cannot listen on", url);
    return SK_OK;
}

static sk_status open_lines(sk_listeners *ls, uint32_t contexts, sk_error *err)
{
    ls->lines = sk_calloc(contexts, sizeof(line));
    if (!ls->lines)
        return sk_fail(err, SK_ENOMEM, "no memory for the listeners");
    for (; ls->count < contexts; ls->count++) {
        line *l = &ls->lines[ls->count];

        l->owner = ls;
        if (nng_aio_alloc(&l->aio, line_event, l) != 0)
            return sk_fail(err, SK_ENOMEM, "no memory for the listeners");
        if (nng_ctx_open(&l->ctx, ls->rep) != 0) {
            nng_aio_free(l->aio);
            return sk_fail(err, SK_ENOMEM, "no memory for the listeners");
        }
    }
    return SK_OK;
}

static sk_status open_sockets(sk_listeners *ls, const sk_server_options *options, sk_error *err)
{
    int code = nng_rep0_open(&ls->rep);
    sk_status st;

    if (code)
        return fail_nng(err, code, "cannot open", "a REP socket");
    ls->rep_open = true;
    if ((code = nng_pub0_open(&ls->pub)) != 0)
        return fail_nng(err, code, "cannot open", "a PUB socket");
    ls->pub_open = true;
    for (size_t i = 0; i < options->listen_count; i++)
        if ((st = listen_on(ls->rep, options->listen[i], options, err)) != SK_OK)
            return st;
    for (size_t i = 0; i < options->events_count; i++)
        if ((st = listen_on(ls->pub, options->events[i], options, err)) != SK_OK)
            return st;
    return SK_OK;
}

sk_status sk_listeners_open(const sk_server_options *options, sk_server *server, uint32_t contexts,
                            sk_listeners **out, sk_error *err)
{
    sk_listeners *ls = sk_calloc(1, sizeof(*ls));
    sk_status st;

    if (!ls)
        return sk_fail(err, SK_ENOMEM, "no memory for the listeners");
    ls->server = server;
    if ((st = open_sockets(ls, options, err)) != SK_OK ||
        (st = open_lines(ls, contexts, err)) != SK_OK) {
        sk_listeners_close(ls);
        return st;
    }
    *out = ls;
    return SK_OK;
}

sk_status sk_listeners_start(sk_listeners *ls, sk_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < ls->count; i++)
        receive(&ls->lines[i]);
    return SK_OK;
}

void sk_listeners_quiet(sk_listeners *ls)
{
    if (ls)
        atomic_store(&ls->quiet, true);
}

/** A member of NNG's statistics, or 0. */
static uint64_t stat_of(nng_stat *parent, const char *name)
{
    for (nng_stat *s = nng_stat_child(parent); s; s = nng_stat_next(s))
        if (strcmp(nng_stat_name(s), name) == 0)
            return nng_stat_value(s);
    return 0;
}

/* NNG calls an answer sent once its connection has taken it over, of a large one perhaps a part.
 * What left in whole is only in the statistics: a connection on which more messages came than went
 * still has one to get. */
static bool answers_under_way(const sk_listeners *ls)
{
    nng_stat *all = NULL;
    bool found = false;

    if (!ls->rep_open || nng_stats_get(&all) != 0)
        return false;
    for (nng_stat *s = nng_stat_child(all); s && !found; s = nng_stat_next(s))
        found = strcmp(nng_stat_name(s), "pipe") == 0 &&
                stat_of(s, "socket") == (uint64_t)nng_socket_id(ls->rep) &&
                stat_of(s, "rx_msgs") > stat_of(s, "tx_msgs");
    nng_stats_free(all);
    return found;
}

/* Answers that were handed over still leave, if their readers take them within a second. */
static void wait_for_answers(sk_listeners *ls)
{
    for (int i = 0; i < 200 && (atomic_load(&ls->sending) > 0 || answers_under_way(ls)); i++)
        nng_msleep(5);
}

static void close_line(line *l)
{
    nng_aio_stop(l->aio);
    nng_ctx_close(l->ctx);
    nng_aio_free(l->aio);
    nng_msg_free(l->message);
}

/* ---- Closing the sockets ---- */

/* nng_close of NNG 1.5.2 now and then waits for ever for a pipe that is going away at the same
 * moment, also when every context was closed before. The process is about to end, so the sockets
 * get a thread of their own to close in and two seconds; after that they are left to the kernel. */

#define CLOSE_STEPS 400
#define CLOSE_STEP_MS 5

typedef struct closing {
    nng_socket sockets[2];
    size_t count;
    atomic_int holders; /**< The thread and who waits for it: the last one frees. */
    atomic_bool done;
} closing;

static void closing_release(closing *c)
{
    if (atomic_fetch_sub(&c->holders, 1) == 1)
        sk_free(c);
}

static void *close_sockets(void *argument)
{
    closing *c = argument;

    for (size_t i = 0; i < c->count; i++)
        nng_close(c->sockets[i]);
    atomic_store(&c->done, true);
    closing_release(c);
    return NULL;
}

static void close_bounded(closing *c)
{
    pthread_t thread;

    atomic_store(&c->holders, 2);
    if (pthread_create(&thread, NULL, close_sockets, c) != 0) {
        sk_free(c);
        return;
    }
    pthread_detach(thread);
    for (int i = 0; i < CLOSE_STEPS && !atomic_load(&c->done); i++)
        nng_msleep(CLOSE_STEP_MS);
    if (!atomic_load(&c->done))
        sk_log(SK_LOG_WARN, "listen=abandoned reason=\"closing took longer than two seconds\"");
    closing_release(c);
}

void sk_listeners_close(sk_listeners *ls)
{
    closing *c;

    if (!ls)
        return;
    atomic_store(&ls->quiet, true);
    wait_for_answers(ls);
    for (uint32_t i = 0; i < ls->count; i++)
        close_line(&ls->lines[i]);
    c = sk_calloc(1, sizeof(*c));
    if (c && ls->rep_open)
        c->sockets[c->count++] = ls->rep;
    if (c && ls->pub_open)
        c->sockets[c->count++] = ls->pub;
    if (c)
        close_bounded(c);
    sk_free(ls->lines);
    sk_free(ls);
}

/* ---- The doorbell ---- */

void sk_listeners_ring(sk_listeners *ls, uint64_t event)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(event >> (56 - 8 * i));
    nng_send(ls->pub, bytes, sizeof(bytes), NNG_FLAG_NONBLOCK);
}
