/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "wire/server.h"

/** A request on its way through the threads, and its answer. */
typedef struct sk_job {
    struct sk_job *next;
    sk_str request;
    char *copy;                 /**< Owned bytes of `request`, or NULL when the owner keeps them. */
    void (*release)(void *job); /**< With its answer; NULL: its owner uses it again. */
    const sk_actor *own;        /**< Who asks, from within the process; NULL: the token says it. */
    sk_answer answer;           /**< NULL: only wants a sync. */
    void *context;
    sk_buf response;
    uint64_t commands; /**< What the answer may have seen. */
    uint64_t event;
    int64_t deadline_ms; /**< Of a waiting read; 0: it does not wait yet. */
    uint64_t seen_news;
} sk_job;

/** To the engine thread; a full mailbox is answered at once. Thread: any. */
void sk_server_post(sk_server *server, sk_job *job);
