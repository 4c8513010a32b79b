/* SPDX-License-Identifier: EUPL-1.2 */
#include <schakel/plugin.h>
#include <stdio.h>
#include <stdlib.h>

/* A plugin for the tests: says in the log what it is told, and asks the engine for its status as
 * soon as it may. */

typedef struct echo {
    sk_plugin *plugin;
    const sk_plugin_host *host;
    unsigned answers;
} echo;

static const sk_plugin_key echo_config[] = {
    {"word", SK_PLUGIN_TEXT, true, "what to say"},
    {"times", SK_PLUGIN_NUMBER, false, "how often"},
    {"loud", SK_PLUGIN_TRUTH, false, "in capitals"},
    {"friends", SK_PLUGIN_LIST, false, "to whom"},
    {NULL, SK_PLUGIN_TEXT, false, NULL},
};

static void say(echo *e, const char *what, unsigned long long number)
{
    char line[100];

    snprintf(line, sizeof line, "%s=%llu", what, number);
    e->host->log(e->plugin, SK_PLUGIN_INFO, line);
}

static sk_status echo_init(sk_plugin *plugin, const sk_plugin_host *host, void **out_state,
                           sk_error *err)
{
    echo *e = calloc(1, sizeof *e);
    size_t friends;

    (void)err;
    if (!e)
        return SK_ENOMEM;
    e->plugin = plugin;
    e->host = host;
    host->list(plugin, "friends", &friends);
    say(e, host->text(plugin, "word", "-"), (unsigned long long)host->number(plugin, "times", 1));
    say(e, "friends", friends);
    say(e, "loud", host->truth(plugin, "loud", false));
    *out_state = e;
    return SK_OK;
}

static void on_status(void *context, const void *response, size_t size)
{
    echo *e = context;

    (void)response;
    e->answers++;
    say(e, "status_bytes", size);
}

static sk_status echo_start(void *state, sk_error *err)
{
    /* Request { get_status {} }: field 110, no bytes. */
    static const unsigned char get_status[] = {0xf2, 0x06, 0x00};
    echo *e = state;
    sk_status st = e->host->submit_own(e->plugin, get_status, sizeof get_status, on_status, e, err);

    say(e, "now", e->host->now_ms(e->plugin) > 0);
    return st;
}

static void echo_event(void *state, uint64_t newest)
{
    say(state, "event", newest);
}

static void echo_stop(void *state)
{
    echo *e = state;

    say(e, "stopped_after_answers", e->answers);
    free(e);
}

SK_PLUGIN(echo, .config = echo_config, .init = echo_init, .start = echo_start,
          .on_event = echo_event, .stop = echo_stop);
