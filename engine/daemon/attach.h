/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <event2/event.h>

#include "daemon/daemon.h"
#include "wire/wire.h"

/** The plugins of a process, between its loop and its server. Thread: loop. */
typedef struct attached {
    sk_plugins *plugins;
    sk_plugins_base base;
    struct event *wake;
    sk_server *server;
    bool fixed_clock;
} attached;

/** Loads what the configuration names and initialises it; `a` stays where it is. */
sk_status attach_init(attached *a, const sk_config *config, struct event_base *loop, sk_error *err);
sk_status attach_start(attached *a, sk_server *server, sk_error *err);
/** The event log has grown. Thread: any. */
void attach_ring(attached *a, uint64_t newest);
/** Before the server stops. */
void attach_stop(attached *a);
/** After it. */
void attach_done(attached *a);
