/* SPDX-License-Identifier: EUPL-1.2 */
#include "daemon/attach.h"

/* Plugins live on the loop thread, answers and events come on the server's threads: those wake the
 * loop, which hands out what came. */

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    attached *a = context;

    (void)fd;
    (void)what;
    sk_plugins_deliver(a->plugins);
}

static void wake(void *context)
{
    attached *a = context;

    event_active(a->wake, EV_READ, 0);
}

static sk_status submit(void *context, const sk_actor *own, sk_str request,
                        void (*answer)(void *context, sk_str response), void *answer_context,
                        sk_error *err)
{
    attached *a = context;

    if (!a->server)
        return sk_fail(err, SK_EBUSY, "the engine does not answer before plugins are started");
    return sk_server_submit(a->server, own, request, answer, answer_context, err);
}

/* A fixed clock stands where the engine stepped it to; a running one runs between its steps too. */
static int64_t now_ms(void *context)
{
    const attached *a = context;
    int64_t engine = a->server ? sk_server_now(a->server) : 0;
    const sk_clock host_clock = {.fixed = false};
    int64_t host = a->fixed_clock ? engine : sk_clock_now(&host_clock);

    return host > engine ? host : engine;
}

sk_status attach_init(attached *a, const sk_config *config, struct event_base *loop, sk_error *err)
{
    sk_status st = sk_config_plugins(config, &a->plugins, err);

    if (st != SK_OK)
        return st;
    a->fixed_clock = config->has_clock;
    a->base = (sk_plugins_base){
        .context = a, .loop = loop, .submit = submit, .now_ms = now_ms, .wake = wake};
    if (!(a->wake = event_new(loop, -1, EV_PERSIST, on_wake, a)))
        return sk_fail(err, SK_ENOMEM, "no memory for plugins");
    return sk_plugins_init(a->plugins, &a->base, err);
}

sk_status attach_start(attached *a, sk_server *server, sk_error *err)
{
    a->server = server;
    return sk_plugins_start(a->plugins, err);
}

void attach_ring(attached *a, uint64_t newest)
{
    sk_plugins_ring(a->plugins, newest);
}

void attach_stop(attached *a)
{
    sk_plugins_stop(a->plugins);
}

void attach_done(attached *a)
{
    sk_plugins_free(a->plugins);
    if (a->wake)
        event_free(a->wake);
}
