/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* libschakel: talking to a Schakel engine from C.
 *
 * Requests and answers are the messages of schakel/v1/service.proto, as protobuf bytes or as their
 * JSON text. One client holds one connection, which is made again by itself when it breaks.
 *
 * Threads: a client may be used by any number of threads at once, except that schakel_close must be
 * the last call. schakel_submit's callbacks come from a thread of the library; they must not call
 * schakel_submit, schakel_call*, schakel_drain or schakel_close on the same client.
 *
 * Errors: every call returns an sk_status and describes a fault in the caller's sk_error (NULL is
 * allowed). Neither ever holds a token or a word of a request.
 *
 * Repeating is safe: each request carries an id, and the engine does a command with the same token
 * and id once, whatever the network does. Without an id of your own the library makes a random one
 * of 128 bits. */

#include <schakel/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SCHAKEL_API
#define SCHAKEL_API __attribute__((visibility("default")))
#endif

#define SCHAKEL_REQUEST_MAX (256 * 1024) /**< Bytes of one request at most. */
#define SCHAKEL_IN_FLIGHT_MAX 256

typedef struct schakel_client schakel_client;

/** How to reach the engine. Zero or NULL means the default. Everything is copied. */
typedef struct schakel_options {
    size_t size;            /**< sizeof(schakel_options) */
    const char *url;        /**< ipc://PATH, tcp://HOST:PORT or tls+tcp://HOST:PORT. */
    const char *data_dir;   /**< The engine's data folder, on the same machine. */
    const char *token;      /**< As given by "schakel token create". */
    const char *events_url; /**< The doorbell; default: see schakel_doorbell_open. */
    const char *ca_file;    /**< tls+tcp: certificates to trust, PEM. */
    uint32_t timeout_ms;    /**< For connecting and for each answer; default 30,000. */
    uint32_t in_flight;     /**< Requests under way at once, at most 256; default 16. */
    size_t recv_max;        /**< Bytes of one answer at most; default 16 MiB. */
} schakel_options;

/** Connect. `options` may be NULL.
 *  Where: `url`; else ipc://<data_dir>/schakel.sock; else $SCHAKEL_URL; else the socket in
 *  $SCHAKEL_DATA_DIR. Token: `token`; else $SCHAKEL_TOKEN; else the file admin.token in the data
 *  folder, which is never read for a `url` that was given without its data folder.
 *  @param out  owned: schakel_close.
 *  @return SK_EINVAL: no address, or one that cannot be read; SK_EDENIED: admin.token may not be
 *          read; SK_EIO: no engine there. Thread: any. */
SCHAKEL_API sk_status schakel_open(const schakel_options *options, schakel_client **out,
                                   sk_error *err);
/** Ends what is still under way (callbacks get SK_EIO) and frees. NULL is legal. */
SCHAKEL_API void schakel_close(schakel_client *client);
/** View, valid while the client lives. */
SCHAKEL_API const char *schakel_url(const schakel_client *client);

/** One Request as protobuf bytes, its Response as protobuf bytes. The request's id and token are
 *  added when it has none. The status inside the response is the caller's to look at.
 *  @param out_response  owned: schakel_free.
 *  @return SK_ELIMIT: larger than SCHAKEL_REQUEST_MAX; SK_EPROTO: not a message; SK_EIO: no answer
 *          within the timeout. Thread: any. */
SCHAKEL_API sk_status schakel_call(schakel_client *client, const void *request, size_t size,
                                   void **out_response, size_t *out_size, sk_error *err);

/** The same in JSON: {"getListing": {"id": "n-1"}}. While the engine is busy, asks again after the
 *  time it names, within the timeout.
 *  @param out_response_json  owned: schakel_free. Given whenever the engine answered, also when it
 *                            refused; NULL when there was no answer or the request was no message.
 *  @return what the engine answered, its field and message in `err`; SK_EPROTO or SK_EINVAL naming
 *          the field of a request that is no Request; SK_EIO: no answer. Thread: any. */
SCHAKEL_API sk_status schakel_call_json(schakel_client *client, const char *request_json,
                                        char **out_response_json, sk_error *err);

/** Called once for each submitted request, from a thread of the library. `response` is borrowed and
 *  NULL unless `status` is SK_OK; `err` is NULL when it is. */
typedef void (*schakel_answer)(void *context, sk_status status, const void *response, size_t size,
                               const sk_error *err);

/** Send without waiting for the answer: up to `in_flight` requests are under way, more block until
 *  one is answered. Answers may come in any order.
 *  @param request  copied. The id and the token are added when it has none.
 *  @return as schakel_call; `answer` is called if and only if this is SK_OK. Thread: any. */
SCHAKEL_API sk_status schakel_submit(schakel_client *client, const void *request, size_t size,
                                     schakel_answer answer, void *context, sk_error *err);
/** Wait until every submitted request has been answered. Thread: any. */
SCHAKEL_API void schakel_drain(schakel_client *client);

/** Between JSON text and the bytes of a message of schakel/v1 ("Request", "Listing" ...). Strict:
 *  the error names the field. Outputs owned: schakel_free; the text ends in NUL. Thread: any. */
SCHAKEL_API sk_status schakel_encode(const char *message, const char *json, void **out_bytes,
                                     size_t *out_size, sk_error *err);
SCHAKEL_API sk_status schakel_decode(const char *message, const void *bytes, size_t size,
                                     char **out_json, sk_error *err);

/* ---- Events ---- */

/** One line of the engine's event log: ids only. Strings end in NUL, empty when absent, and live
 *  until the callback returns. */
typedef struct schakel_event {
    uint64_t seq;
    int64_t at_ms; /**< Since 1970-01-01T00:00Z. */
    const char *type, *listing_id, *party_id, *suggestion_id, *detail, *rules_hash;
} schakel_event;

typedef struct schakel_follow_options {
    size_t size;          /**< sizeof(schakel_follow_options) */
    const char *consumer; /**< The engine remembers what this name acknowledged. */
    bool has_after;       /**< Start behind `after`; else behind what the consumer acknowledged. */
    uint64_t after;
    uint32_t limit;   /**< Events of one read, default 100, at most 1,000. */
    uint32_t wait_ms; /**< Of one read, at most 30,000 (default) and half the timeout. */
    bool ack;       /**< Acknowledge each read after its last event was taken; needs `consumer`. */
    bool until_end; /**< Return at the end of the log instead of waiting for more. */
} schakel_follow_options;

/** SK_OK: taken, go on. Anything else ends the following; nothing of this read is acknowledged. */
typedef sk_status (*schakel_event_taker)(void *context, const schakel_event *event);

/** Read events in order, each at least once, and go on for ever (or until the end).
 *  @return what the taker returned, or the fault. Thread: any; the taker is called in the caller's
 *          thread and may use the client. */
SCHAKEL_API sk_status schakel_events_follow(schakel_client *client,
                                            const schakel_follow_options *options,
                                            schakel_event_taker taker, void *context,
                                            sk_error *err);

typedef struct schakel_doorbell schakel_doorbell;

/** Hear that there are new events. A hint only: rings may be lost, so keep reading now and then.
 *  Address: `events_url` of the options; else the engine's with ".events" behind it (ipc) or the
 *  port after it (tcp, tls+tcp).
 *  @param out  owned: schakel_doorbell_close, before the client is closed. Thread: any. */
SCHAKEL_API sk_status schakel_doorbell_open(schakel_client *client, schakel_doorbell **out,
                                            sk_error *err);
/** Wait for a ring. `*out_seq` gets the highest event number heard, 0 when there was no ring in
 *  time. Thread: one at a time. */
SCHAKEL_API sk_status schakel_doorbell_wait(schakel_doorbell *bell, uint32_t timeout_ms,
                                            uint64_t *out_seq, sk_error *err);
SCHAKEL_API void schakel_doorbell_close(schakel_doorbell *bell);

/* ---- Small things ---- */

/** Free what a call gave. NULL is legal. */
SCHAKEL_API void schakel_free(void *memory);
/** The status as an upper-case word, such as "INVALID". */
SCHAKEL_API const char *schakel_status_name(sk_status status);

#ifdef __cplusplus
}
#endif
