/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/gateway.h"

/* Ready is an engine that answers a question; how long that may take is for whoever asks to say. */

/** Request { get_status {} }: field 110, no bytes. */
static const unsigned char get_status[] = {0xf2, 0x06, 0x00};

static void on_status(void *context, const void *response, size_t size)
{
    exchange *x = context;
    static const http_route route = {.answer = "EngineStatus", .result = 110};
    http_answer answer = {0};
    bool good;

    http_answer_read(&route, (sk_str){response, size}, x->arena, &answer);
    good = answer.status == 200;
    http_answer_done(&answer);
    exchange_text(x, good ? 200 : 503, "application/json",
                  good ? SK_STR("{\"gereed\":true}") : SK_STR("{\"gereed\":false}"));
}

void serve_health(exchange *x)
{
    gateway *g = x->gateway;

    if (g->host->submit_own(g->plugin, get_status, sizeof(get_status), on_status, x, NULL) != SK_OK)
        exchange_text(x, 503, "application/json", SK_STR("{\"gereed\":false}"));
}
