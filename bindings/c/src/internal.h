/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of libschakel share. */

#include "core/core.h"

#include <nng/nng.h>
#include <pthread.h>
#include <schakel/client.h>

#define TIMEOUT_MS 30000
#define IN_FLIGHT 16
#define RECV_MAX ((size_t)16 * 1024 * 1024)

typedef struct slot slot;

struct schakel_client {
    nng_socket socket;
    bool has_socket;
    char *url;
    char *events_url; /**< NULL: derived from url. */
    char *ca_file;    /**< NULL: none. */
    char *token;      /**< NULL: none. */
    uint32_t timeout_ms;
    size_t recv_max;
    slot *slots;
    size_t slot_count;
    pthread_mutex_t lock; /**< Guards the slots' `busy` and `closing`. */
    pthread_cond_t idle;  /**< Signalled when a slot becomes free. */
    bool has_lock;
    bool closing;
};

/** Where and with what, from options and environment. Fills url, events_url, ca_file and token. */
sk_status settings_find(schakel_client *client, const schakel_options *options, sk_error *err);
/** The doorbell's address; owned: sk_free. */
sk_status settings_events_url(const schakel_client *client, char **out, sk_error *err);
/** Copy of a text with sk_malloc, NULL without memory. */
char *settings_copy(const char *text);

/** Connect `socket` to `url`, waiting at most the client's timeout. */
sk_status connection_dial(const schakel_client *client, nng_socket socket, const char *url,
                          sk_error *err);
/** Close a socket that nobody uses any more. */
void connection_end(nng_socket socket);
sk_status connection_failed(sk_error *err, const char *url, int code);

sk_status slots_open(schakel_client *client, sk_error *err);
void slots_close(schakel_client *client);
/** The status of a Response, with its error in `err` and the time to wait when it is busy. */
sk_status response_status(sk_str response, uint32_t *out_retry_ms, sk_error *err);
void pause_ms(uint32_t wait_ms);
