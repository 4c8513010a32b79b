/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of wire: requests in, answers out. The dispatcher turns the bytes of one Request into
 * calls of the engine and what came of them into the bytes of one Response. */

#include "engine/engine.h"
#include "wire/server.h"

/** An answer's bytes at most; a larger one is replaced by an error (SK_ELIMIT). */
#define SK_RESPONSE_MAX (16 * 1024 * 1024)
/** A reader of events waits at most this long. */
#define SK_WAIT_MAX_MS 30000

typedef struct sk_dispatcher sk_dispatcher;

/** Borrows the engine; memory for requests is its own and bounded. Thread: engine. */
sk_status sk_dispatcher_new(sk_engine *engine, sk_dispatcher **out, sk_error *err);
void sk_dispatcher_free(sk_dispatcher *dispatcher);

/** A ReadEvents that found nothing and is willing to wait. */
typedef struct sk_dispatch_wait {
    bool waiting;
    uint64_t after;   /**< Ask again when sk_engine_last_event is greater. */
    uint32_t wait_ms; /**< As the client said; counted from the first time. */
} sk_dispatch_wait;

/** Answers one request. The Response in `out_response` (its earlier content is dropped) is there
 * for every input, hostile bytes included: what went wrong stands in it.
 *  @param local     NULL: the request's token says who asks. Else: this actor does (in process),
 *                   whatever the token.
 *  @param out_wait  may be NULL. With `waiting` set the response says that there are no events; the
 *                   caller may hold it and dispatch the same request again later.
 *  @return SK_OK, or SK_ENOMEM without a response. Thread: engine. */
sk_status sk_dispatch(sk_dispatcher *dispatcher, const sk_actor *local, sk_str request_bytes,
                      sk_buf *out_response, sk_dispatch_wait *out_wait);
