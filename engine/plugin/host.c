/* SPDX-License-Identifier: EUPL-1.2 */
#include "plugin/internal.h"

/* The functions that plugins call.
 *
 * An answer comes on a thread of the server, while plugins live on the loop thread: it is copied
 * into a list, and the loop is woken to hand it out. The list is as long as requests are in flight,
 * which the server's mailbox bounds. What comes after `stop` is dropped. */

struct waiting_answer {
    waiting_answer *next;
    sk_plugin *plugin;
    sk_plugin_answer answer;
    void *context;
    sk_buf response;
};

/* ---- Questions and answers ---- */

static void on_answer(void *context, sk_str response)
{
    waiting_answer *waiting = context;
    sk_plugins *plugins = waiting->plugin->all;

    sk_buf_add(&waiting->response, response.data, response.size);
    pthread_mutex_lock(&plugins->lock);
    if (plugins->last)
        plugins->last->next = waiting;
    else
        plugins->first = waiting;
    plugins->last = waiting;
    pthread_mutex_unlock(&plugins->lock);
    plugins->base->wake(plugins->base->context);
}

static sk_status ask(sk_plugin *plugin, const sk_actor *own, const void *request, size_t size,
                     sk_plugin_answer answer, void *context, sk_error *err)
{
    const sk_plugins_base *base = plugin->all->base;
    waiting_answer *waiting = sk_calloc(1, sizeof(*waiting));
    sk_status st;

    if (!waiting)
        return sk_fail(err, SK_ENOMEM, "no memory for a request");
    waiting->plugin = plugin;
    waiting->answer = answer;
    waiting->context = context;
    st = base->submit(base->context, own, (sk_str){request, size}, on_answer, waiting, err);
    if (st != SK_OK)
        sk_free(waiting);
    return st;
}

static sk_status submit(sk_plugin *plugin, const void *request, size_t size,
                        sk_plugin_answer answer, void *context, sk_error *err)
{
    return ask(plugin, NULL, request, size, answer, context, err);
}

static sk_status submit_own(sk_plugin *plugin, const void *request, size_t size,
                            sk_plugin_answer answer, void *context, sk_error *err)
{
    return ask(plugin, &plugin->own, request, size, answer, context, err);
}

static waiting_answer *take_answers(sk_plugins *plugins)
{
    waiting_answer *first;

    pthread_mutex_lock(&plugins->lock);
    first = plugins->first;
    plugins->first = plugins->last = NULL;
    pthread_mutex_unlock(&plugins->lock);
    return first;
}

static void answer_free(waiting_answer *waiting)
{
    sk_buf_done(&waiting->response);
    sk_free(waiting);
}

void answers_deliver(sk_plugins *plugins)
{
    waiting_answer *waiting = take_answers(plugins);

    while (waiting) {
        waiting_answer *next = waiting->next;

        /* A copy that memory was out for comes as no bytes at all, which is no Response. */
        if (!waiting->plugin->stopped)
            waiting->answer(waiting->context,
                            waiting->response.failed ? "" : waiting->response.data,
                            waiting->response.failed ? 0 : waiting->response.size);
        answer_free(waiting);
        waiting = next;
    }
}

void answers_done(sk_plugins *plugins)
{
    waiting_answer *waiting = take_answers(plugins);

    while (waiting) {
        waiting_answer *next = waiting->next;

        answer_free(waiting);
        waiting = next;
    }
}

/* ---- The rest of the table ---- */

static void log_line(sk_plugin *plugin, sk_plugin_level level, const char *line)
{
    sk_log((sk_log_level)level, "plugin=%s %s", plugin->descriptor->name, line);
}

static int64_t now_ms(sk_plugin *plugin)
{
    return plugin->all->base->now_ms(plugin->all->base->context);
}

static const char *text(sk_plugin *plugin, const char *key, const char *fallback)
{
    const sk_plugin_value *value = setting_get(plugin, key, SK_PLUGIN_TEXT);

    return value ? value->text : fallback;
}

static double number(sk_plugin *plugin, const char *key, double fallback)
{
    const sk_plugin_value *value = setting_get(plugin, key, SK_PLUGIN_NUMBER);

    return value ? value->number : fallback;
}

static bool truth(sk_plugin *plugin, const char *key, bool fallback)
{
    const sk_plugin_value *value = setting_get(plugin, key, SK_PLUGIN_TRUTH);

    return value ? value->truth : fallback;
}

static const char *const *list(sk_plugin *plugin, const char *key, size_t *out_count)
{
    const sk_plugin_value *value = setting_get(plugin, key, SK_PLUGIN_LIST);

    *out_count = value ? value->list_count : 0;
    return value ? value->list : NULL;
}

static void *loop(sk_plugin *plugin)
{
    return plugin->all->base->loop;
}

const sk_plugin_host plugin_host = {
    .size = sizeof(sk_plugin_host),
    .log = log_line,
    .now_ms = now_ms,
    .submit = submit,
    .submit_own = submit_own,
    .text = text,
    .number = number,
    .truth = truth,
    .list = list,
    .loop = loop,
};
