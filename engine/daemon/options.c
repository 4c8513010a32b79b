/* SPDX-License-Identifier: EUPL-1.2 */
#include "daemon/daemon.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
    "schakeld - the engine of one municipality\n"
    "\n"
    "  schakeld --data DIR [--listen URL]... [--clock TIME]\n"
    "  schakeld --config FILE [--check]\n"
    "\n"
    "  --data DIR       where everything is kept; made when it is not there\n"
    "  --config FILE    a small Lua file: return { data = \"...\", listen = { ... } }\n"
    "  --listen URL     ipc://PATH, tcp://127.0.0.1:PORT or tls+tcp://HOST:PORT; may be given\n"
    "                   again; default ipc://DIR/schakel.sock\n"
    "  --events URL     where the doorbell rings; default the first ipc URL and .events\n"
    "  --tls-cert FILE  PEM with certificate and key, for tls+tcp\n"
    "  --rules-dir DIR  more rule sets and library files to base rules on\n"
    "  --plugin WORD    attach a plugin, NAME, or set something of it, NAME.KEY=VALUE; may be\n"
    "                   given again\n"
    "  --plugin-dir DIR where plugins are\n"
    "  --plugins        say which plugins there are and what can be set, and end\n"
    "  --clock TIME     stand still at this time (2026-03-05T10:00:00Z) until\n"
    "                   `schakel clock step`; for tests and demonstrations\n"
    "  --log LEVEL      debug, info (default), warn or error; lines go to stderr\n"
    "  --check          read and check the configuration, say what is wrong, and end\n"
    "  --version        print the version\n"
    "  --help           print this\n"
    "\n"
    "At the first start an administrator's token is written to DIR/admin.token. Then, on the\n"
    "same machine:\n"
    "\n"
    "  schakel --data DIR status\n"
    "\n"
    "See schakeld(8), schakel(1) and schakel-rules(5).\n";

enum {
    OPT_DATA = 256,
    OPT_CONFIG,
    OPT_LISTEN,
    OPT_EVENTS,
    OPT_TLS,
    OPT_RULES,
    OPT_PLUGIN,
    OPT_PLUGIN_DIR,
    OPT_PLUGINS,
    OPT_CLOCK,
    OPT_LOG,
    OPT_CHECK,
    OPT_VERSION,
    OPT_HELP
};

static const struct option options[] = {
    {"data", required_argument, NULL, OPT_DATA},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"events", required_argument, NULL, OPT_EVENTS},
    {"tls-cert", required_argument, NULL, OPT_TLS},
    {"rules-dir", required_argument, NULL, OPT_RULES},
    {"plugin", required_argument, NULL, OPT_PLUGIN},
    {"plugin-dir", required_argument, NULL, OPT_PLUGIN_DIR},
    {"plugins", no_argument, NULL, OPT_PLUGINS},
    {"clock", required_argument, NULL, OPT_CLOCK},
    {"log", required_argument, NULL, OPT_LOG},
    {"check", no_argument, NULL, OPT_CHECK},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

static sk_status copy(char out[1024], const char *text, const char *what, sk_error *err)
{
    if (snprintf(out, 1024, "%s", text) >= 1024)
        return sk_fail_field(err, SK_EINVAL, what, "is too long");
    return SK_OK;
}

static sk_status add_url(char urls[][1024], size_t *count, const char *text, const char *what,
                         sk_error *err)
{
    if (*count == SK_MAX_LISTEN)
        return sk_fail_field(err, SK_EINVAL, what, "is given more than %d times", SK_MAX_LISTEN);
    return copy(urls[(*count)++], text, what, err);
}

static sk_status set_log(const char *text, sk_config *c, sk_error *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(text, levels[i]) == 0) {
            c->log_level = (sk_log_level)i;
            return SK_OK;
        }
    }
    return sk_fail_field(err, SK_EINVAL, "--log", "must be debug, info, warn or error");
}

static sk_status set_option(int option, const char *text, sk_daemon_options *out, sk_error *err)
{
    sk_config *c = &out->config;

    switch (option) {
    case OPT_DATA:
        return copy(c->data_dir, text, "--data", err);
    case OPT_CONFIG:
        return sk_config_read(text, c, err);
    case OPT_LISTEN:
        return add_url(c->listen, &c->listen_count, text, "--listen", err);
    case OPT_EVENTS:
        return add_url(c->events, &c->events_count, text, "--events", err);
    case OPT_TLS:
        return copy(c->tls_cert, text, "--tls-cert", err);
    case OPT_RULES:
        return copy(c->rules_dir, text, "--rules-dir", err);
    case OPT_PLUGIN:
        return sk_config_add_plugin(c, text, err);
    case OPT_PLUGIN_DIR:
        return copy(c->plugin_dir, text, "--plugin-dir", err);
    case OPT_PLUGINS:
        out->plugins = true;
        return SK_OK;
    case OPT_CLOCK:
        c->has_clock = true;
        return sk_time_parse(sk_str_from(text), &c->clock_ms, err);
    case OPT_LOG:
        return set_log(text, c, err);
    case OPT_CHECK:
        out->check = true;
        return SK_OK;
    case OPT_VERSION:
        puts("schakeld " SK_VERSION);
        out->done = true;
        return SK_OK;
    case OPT_HELP:
        fputs(help, stdout);
        out->done = true;
        return SK_OK;
    default:
        return sk_fail(err, SK_EINVAL, "see schakeld --help");
    }
}

sk_status sk_daemon_options_parse(int argc, char **argv, sk_daemon_options *out, sk_error *err)
{
    int option;

    memset(out, 0, sizeof(*out));
    out->config.log_level = SK_LOG_INFO;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        sk_status st = set_option(option, optarg, out, err);

        if (st != SK_OK || out->done)
            return st;
    }
    if (optind < argc)
        return sk_fail(err, SK_EINVAL, "'%s' is no option; see schakeld --help", argv[optind]);
    /* Telling which plugins there are needs no data folder. */
    return out->plugins ? sk_config_finish_plugins(&out->config)
                        : sk_config_finish(&out->config, err);
}
