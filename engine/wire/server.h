/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The server around one engine: it owns the engine thread and the committer, and listens on NNG.
 *
 *   NNG threads, loop   post requests to a bounded mailbox; a full one answers BUSY at once
 *   engine thread       takes them, calls the dispatcher, holds waiting reads
 *   committer           one sync for all that the engine wrote meanwhile, then the answers leave
 *
 * An answer leaves only after everything that it may have seen is synced. */

#include "engine/engine.h"

typedef struct sk_server sk_server;

typedef struct sk_server_options {
    size_t size;               /**< sizeof(sk_server_options) */
    const char *const *listen; /**< URLs for requests: ipc://, tcp://, tls+tcp:// */
    size_t listen_count;
    const char *const *events; /**< URLs for the doorbell. */
    size_t events_count;
    const char *tls_cert_file; /**< PEM with certificate and key, for tls+tcp. */
    uint32_t contexts;         /**< Requests in flight at most; 0: 64. */
    /** Called once from any of the server's threads when the engine had to stop. */
    void (*on_fatal)(void *context, const sk_error *error);
    /** The event log has grown, and is on disk, up to this number; NULL: nobody wants to know.
     *  Called from a thread of the server. */
    void (*on_event)(void *context, uint64_t newest);
    void *context;
} sk_server_options;

/** Starts threads and listeners. `engine` is the server's alone until sk_server_stop returns. */
sk_status sk_server_start(const sk_server_options *options, sk_engine *engine, sk_server **out,
                          sk_error *err);
/** Takes no more requests, finishes those that wait, syncs, ends the threads and frees. */
void sk_server_stop(sk_server *server);

/** Called once, from a thread of the server; `response` is borrowed. */
typedef void (*sk_answer)(void *context, sk_str response);
/** A request from within the process (gateway, plugins). `own`: who asks, whatever the request's
 *  token; borrowed until the answer; NULL: the token says it. `request` is copied. A full mailbox
 *  is answered BUSY. SK_ENOMEM: there will be no answer. Thread: any. */
sk_status sk_server_submit(sk_server *server, const sk_actor *own, sk_str request, sk_answer answer,
                           void *context, sk_error *err);
/** The engine's clock when it last did something, in milliseconds. Thread: any. */
int64_t sk_server_now(const sk_server *server);

/** A Response that the server gives by itself, without the engine: full, or stopped. Appended to
 *  `out`. Thread: any. */
void sk_server_refusal(sk_status status, const char *message, uint32_t retry_ms, sk_buf *out);
