/* SPDX-License-Identifier: EUPL-1.2 */
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <string.h>
#include <sys/socket.h>

#include "http/gateway.h"

/* Problem: the guard has to see bytes before evhttp does, and we have to know each connection from
 * beginning to end, while libevent 2.1 lets us make its bufferevent and tells nothing more.
 *
 * A callback on the bufferevent's input buffer runs inside the read, before evhttp hears of it: it
 * takes what was added away, and puts back what the guard lets pass. `clean` counts what lies in
 * front because evhttp has not taken it yet.
 *
 * evhttp's connection does not exist yet when the bufferevent is made. So an event is made active
 * that runs in the same pass of the loop, after the accepting and before anything can be read: it
 * finds the connection as the argument of the bufferevent's callbacks, and asks to be told when it
 * closes. From then on a peer lives exactly as long as its connection. */

static void peer_free(peer *p)
{
    LIST_REMOVE(p, next);
    p->gateway->peer_count--;
    evbuffer_free(p->raw);
    http_guard_done(&p->guard);
    sk_free(p);
}

/** Splits the input into what had passed and what is new, and lets the guard look at the new. */
static bool filter(peer *p, struct evbuffer *input)
{
    struct evbuffer *passed = evbuffer_new();
    bool fine = passed && evbuffer_remove_buffer(input, passed, p->clean) == (int)p->clean &&
                evbuffer_add_buffer(p->raw, input) == 0 &&
                http_guard_step(&p->guard, &p->gateway->set.guard, p->raw, passed) &&
                evbuffer_add_buffer(input, passed) == 0;

    if (passed)
        evbuffer_free(passed);
    p->clean = evbuffer_get_length(input);
    return fine;
}

static void send_continue(peer *p)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    p->guard.wants_continue = false;
    if (http_guard_amid(&p->guard, p->raw))
        send(bufferevent_getfd(p->bev), text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *context)
{
    peer *p = context;

    if (p->inside)
        return;
    p->clean -= info->n_deleted < p->clean ? info->n_deleted : p->clean;
    if (info->n_added == 0)
        return;
    p->inside = true;
    if (!filter(p, input))
        peer_cut(p);
    p->inside = false;
    if (!http_guard_amid(&p->guard, p->raw))
        p->begun_ms = 0;
    else if (p->begun_ms == 0)
        p->begun_ms = sk_monotonic_ms();
    if (p->guard.wants_continue)
        send_continue(p);
}

struct bufferevent *peer_make(struct event_base *base, void *context)
{
    gateway *g = context;
    peer *p = sk_calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->gateway = g;
    p->bev = bufferevent_socket_new(base, -1, 0);
    p->raw = evbuffer_new();
    if (!p->bev || !p->raw || !evbuffer_add_cb(bufferevent_get_input(p->bev), on_input, p)) {
        if (p->bev)
            bufferevent_free(p->bev);
        if (p->raw)
            evbuffer_free(p->raw);
        sk_free(p);
        return NULL;
    }
    LIST_INSERT_HEAD(&g->peers, p, next);
    g->peer_count++;
    event_active(g->adopt, EV_READ, 0);
    return p->bev;
}

static void on_close(struct evhttp_connection *connection, void *context)
{
    peer *p = context;
    gateway *g = p->gateway;

    (void)connection;
    if (p->stream)
        stream_gone(p->stream);
    peer_free(p);
    if (!g->stopping && g->listener && g->peer_count < g->set.max_connections)
        evconnlistener_enable(g->listener);
}

void peers_adopt(evutil_socket_t fd, short what, void *context)
{
    gateway *g = context;
    peer *p;

    (void)fd;
    (void)what;
    LIST_FOREACH(p, &g->peers, next)
    {
        void *connection = NULL;

        /* New ones are in front. */
        if (p->adopted)
            break;
        bufferevent_getcb(p->bev, NULL, NULL, NULL, &connection);
        p->adopted = true;
        evhttp_connection_set_closecb(connection, on_close, p);
    }
    if (g->peer_count >= g->set.max_connections)
        evconnlistener_disable(g->listener);
}

void peer_cut(peer *p)
{
    shutdown(bufferevent_getfd(p->bev), SHUT_RDWR);
}

void peers_sweep(gateway *g, int64_t now_ms)
{
    peer *p;

    LIST_FOREACH(p, &g->peers, next)
    {
        if (!p->begun_ms || now_ms - p->begun_ms < (int64_t)g->set.request_s * 1000)
            continue;
        p->begun_ms = 0;
        g->dropped++;
        peer_cut(p);
    }
}

peer *peer_of(gateway *g, struct evhttp_connection *connection)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
    peer *p;

    LIST_FOREACH(p, &g->peers, next)
    {
        if (p->bev == bev)
            return p;
    }
    return NULL;
}
