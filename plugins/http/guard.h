/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Strict HTTP/1.1 framing, before evhttp sees a byte. Thread: loop. */

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct http_guard_limits {
    size_t head, body; /**< Bytes at most of the request line with its headers, and of the body. */
} http_guard_limits;

/** One connection's side that sends requests. Zero-initialise. */
typedef struct http_guard {
    int stage;
    size_t body_left;      /**< Of a body with a length, or of a chunk. */
    struct evbuffer *head; /**< The checked head while its chunked body comes in. */
    struct evbuffer *body; /**< The chunks so far. */
    bool wants_continue;   /**< The sender waits for "100 Continue"; whoever sends it clears it. */
    bool dead;             /**< Refused: what else comes is dropped. */
    uint64_t requests;     /**< Passed on so far. */
} http_guard;

/** A header of refused requests: "<status> <code>". Never from outside. */
#define HTTP_REFUSED "Schakel-Refused"

/** Moves whole requests of `raw` to `clean`, rewritten so that there is one way to read them: a
 *  body has exactly one Content-Length. A request that breaks the rules becomes a GET with the
 *  header HTTP_REFUSED, and nothing passes after it. False: no memory, close the connection. */
bool http_guard_step(http_guard *guard, const http_guard_limits *limits, struct evbuffer *raw,
                     struct evbuffer *clean);
/** True while a request has begun and is not complete. */
bool http_guard_amid(const http_guard *guard, struct evbuffer *raw);
void http_guard_done(http_guard *guard);
