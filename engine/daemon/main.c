/* SPDX-License-Identifier: EUPL-1.2 */
#include "daemon/attach.h"

#include <event2/thread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* schakeld: opens the engine, starts the server around it and waits in the loop for a signal or
 * for the engine to fail. A failed engine ends the process with status 1; the supervisor starts it
 * again, and nothing that was acknowledged is lost. */

#define SIGNALS 3

typedef struct process {
    struct event_base *base;
    struct event *fatal;
    struct event *signals[SIGNALS];
    sk_engine *engine;
    sk_server *server;
    attached plugins;
    sk_error error;
    int exit_code;
} process;

/* ---- Log ---- */

static void write_log(void *context, sk_log_level level, const char *line)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    static const char *const priorities[] = {SD_DEBUG, SD_INFO, SD_WARNING, SD_ERR};
    bool *systemd = context;

    fprintf(stderr, "%slevel=%s %s\n", *systemd ? priorities[level] : "", names[level], line);
}

static int fail_start(const sk_error *error)
{
    fprintf(stderr, "schakeld: %s%s%s\n", error->field, error->field[0] ? ": " : "",
            error->message);
    return error->status == SK_EINVAL ? 2 : 1;
}

/* ---- The loop ---- */

static void on_signal(evutil_socket_t number, short what, void *context)
{
    process *p = context;

    (void)what;
    sk_log(SK_LOG_INFO, "signal=%d action=stop", (int)number);
    event_base_loopbreak(p->base);
}

static void on_hangup(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    (void)context;
    sk_log(SK_LOG_INFO, "signal=1 action=none hint=\"restart to read the configuration again\"");
}

static void on_fatal_event(evutil_socket_t fd, short what, void *context)
{
    process *p = context;

    (void)fd;
    (void)what;
    p->exit_code = 1;
    sk_log(SK_LOG_ERROR, "engine=failed reason=\"%s\"", p->error.message);
    event_base_loopbreak(p->base);
}

/* From a thread of the server: only wakes the loop. */
static void on_fatal(void *context, const sk_error *error)
{
    process *p = context;

    p->error = *error;
    event_active(p->fatal, EV_READ, 0);
}

/* From a thread of the server. */
static void on_event(void *context, uint64_t newest)
{
    process *p = context;

    attach_ring(&p->plugins, newest);
}

static sk_status open_loop(process *p, sk_error *err)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    static const event_callback_fn handlers[SIGNALS] = {on_signal, on_signal, on_hangup};

    evthread_use_pthreads();
    signal(SIGPIPE, SIG_IGN);
    if (!(p->base = event_base_new()) ||
        !(p->fatal = event_new(p->base, -1, EV_PERSIST, on_fatal_event, p)))
        return sk_fail(err, SK_ENOMEM, "cannot make the event loop");
    for (size_t i = 0; i < SIGNALS; i++) {
        p->signals[i] = evsignal_new(p->base, numbers[i], handlers[i], p);
        if (!p->signals[i] || event_add(p->signals[i], NULL) != 0)
            return sk_fail(err, SK_ENOMEM, "cannot watch for signals");
    }
    return SK_OK;
}

static void close_loop(process *p)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (p->signals[i])
            event_free(p->signals[i]);
    if (p->fatal)
        event_free(p->fatal);
    if (p->base)
        event_base_free(p->base);
    libevent_global_shutdown();
}

/* ---- Start and stop ---- */

static sk_status write_first_token(process *p, const sk_config *config, sk_error *err)
{
    char token[65], path[1100];
    sk_status st = sk_engine_bootstrap(p->engine, token, err);

    if (st != SK_OK || !token[0])
        return st;
    snprintf(path, sizeof(path), "%s/admin.token", config->data_dir);
    st = sk_file_write(path, sk_str_from(token), 0600, err);
    if (st == SK_OK)
        sk_log(SK_LOG_INFO, "token=created file=%s", path);
    return st;
}

/* A restored backup without its keys opens, but its sealed texts are lost to whoever goes on. */
static void warn_without_keys(const sk_config *c)
{
    char data[1100], keys[1100];

    snprintf(data, sizeof(data), "%s/db", c->data_dir);
    snprintf(keys, sizeof(keys), "%s/keys", c->data_dir);
    if (access(data, F_OK) == 0 && access(keys, F_OK) != 0)
        sk_log(SK_LOG_WARN,
               "keys=missing folder=%s effect=\"sealed texts cannot be read\" "
               "hint=\"stop, copy keys/ of the old folder here, start again\"",
               keys);
}

static sk_status open_engine(process *p, const sk_config *c, sk_error *err)
{
    sk_engine_options options = {.size = sizeof(options),
                                 .data_dir = c->data_dir,
                                 .clock = {.fixed = c->has_clock, .fixed_ms = c->clock_ms},
                                 .backup_dir = c->backup_dir[0] ? c->backup_dir : NULL,
                                 .rules_dir = c->rules_dir[0] ? c->rules_dir : NULL};
    int64_t begin = sk_monotonic_ms();
    sk_status st;

    warn_without_keys(c);
    st = sk_engine_open(&options, &p->engine, err);

    if (st == SK_OK)
        sk_log(SK_LOG_INFO, "engine=open data=%s events=%llu ms=%lld", c->data_dir,
               (unsigned long long)sk_engine_last_event(p->engine),
               (long long)(sk_monotonic_ms() - begin));
    return st == SK_OK ? write_first_token(p, c, err) : st;
}

static sk_status start_server(process *p, const sk_config *c, sk_error *err)
{
    const char *listen[SK_MAX_LISTEN], *events[SK_MAX_LISTEN];
    sk_server_options options = {.size = sizeof(options),
                                 .listen = listen,
                                 .listen_count = c->listen_count,
                                 .events = events,
                                 .events_count = c->events_count,
                                 .tls_cert_file = c->tls_cert[0] ? c->tls_cert : NULL,
                                 .contexts = c->contexts,
                                 .on_fatal = on_fatal,
                                 .on_event = on_event,
                                 .context = p};
    sk_status st;

    for (size_t i = 0; i < c->listen_count; i++)
        listen[i] = c->listen[i];
    for (size_t i = 0; i < c->events_count; i++)
        events[i] = c->events[i];
    if ((st = sk_server_start(&options, p->engine, &p->server, err)) != SK_OK)
        return st;
    for (size_t i = 0; i < c->listen_count; i++)
        sk_log(SK_LOG_INFO, "listen=%s", c->listen[i]);
    return attach_start(&p->plugins, p->server, err);
}

/* The disk failed in the midst of a sync: there is nothing left to write. */
static void on_disk_fault(void)
{
    sk_log(SK_LOG_ERROR, "engine=failed reason=\"the disk failed\"");
    _exit(1);
}

static int run(const sk_config *config)
{
    process p = {0};
    sk_error error = {0};
    sk_status st;

    sk_engine_on_disk_fault(on_disk_fault);

    if ((st = open_loop(&p, &error)) == SK_OK &&
        (st = attach_init(&p.plugins, config, p.base, &error)) == SK_OK &&
        (st = open_engine(&p, config, &error)) == SK_OK &&
        (st = start_server(&p, config, &error)) == SK_OK) {
        sd_notify(0, "READY=1");
        event_base_dispatch(p.base);
        sd_notify(0, "STOPPING=1");
    }
    attach_stop(&p.plugins);
    sk_server_stop(p.server);
    attach_done(&p.plugins);
    sk_engine_close(p.engine);
    close_loop(&p);
    if (st != SK_OK)
        return fail_start(&error);
    return p.exit_code;
}

/** --check: plugins are loaded and their settings judged, but not started. */
static int check(const sk_config *config)
{
    sk_plugins *plugins;
    sk_error error = {0};

    if (sk_config_plugins(config, &plugins, &error) != SK_OK)
        return fail_start(&error);
    sk_plugins_free(plugins);
    puts("schakeld: the configuration is right");
    return 0;
}

static int describe_plugins(const sk_config *config)
{
    sk_buf text = {0};
    sk_error error = {0};
    sk_status st = sk_config_describe_plugins(config, &text, &error);

    if (st == SK_OK)
        fwrite(text.data ? text.data : "", 1, text.size, stdout);
    sk_buf_done(&text);
    return st == SK_OK ? 0 : fail_start(&error);
}

int main(int argc, char **argv)
{
    sk_daemon_options options;
    sk_error error = {0};
    bool systemd = getenv("JOURNAL_STREAM") != NULL;

    int code = 0;

    if (sk_daemon_options_parse(argc, argv, &options, &error) != SK_OK) {
        code = fail_start(&error);
    } else if (options.plugins) {
        code = describe_plugins(&options.config);
    } else if (options.check) {
        code = check(&options.config);
    } else if (!options.done) {
        umask(077);
        sk_log_install(write_log, &systemd, options.config.log_level);
        code = run(&options.config);
    }
    sk_config_done(&options.config);
    return code;
}
