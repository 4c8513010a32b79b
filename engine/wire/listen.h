/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "wire/server.h"

/* The NNG side of the server: one REP socket with many contexts, one PUB socket as a doorbell. */

typedef struct sk_listeners sk_listeners;

sk_status sk_listeners_open(const sk_server_options *options, sk_server *server, uint32_t contexts,
                            sk_listeners **out, sk_error *err);
/** Begin to receive. */
sk_status sk_listeners_start(sk_listeners *listeners, sk_error *err);
/** Receive no more; answers still leave. */
void sk_listeners_quiet(sk_listeners *listeners);
void sk_listeners_close(sk_listeners *listeners);
/** Tell whoever listens that the log has grown; eight bytes, the newest number, nothing else.
 *  Thread: any. */
void sk_listeners_ring(sk_listeners *listeners, uint64_t event);
