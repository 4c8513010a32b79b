/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of daemon: its configuration, a small Lua file, and its command line. */

#include "core/core.h"
#include "plugin/plugin.h"

#define SK_MAX_LISTEN 8

/** One setting of a plugin as it was written; without a key it only names the plugin. */
typedef struct sk_plugin_setting {
    const char *plugin, *key;
    const char *word; /**< From the command line; else NULL and `value` counts. */
    sk_plugin_value value;
} sk_plugin_setting;

typedef struct sk_config {
    char data_dir[1024];
    char listen[SK_MAX_LISTEN][1024];
    size_t listen_count;
    char events[SK_MAX_LISTEN][1024];
    size_t events_count;
    char tls_cert[1024];
    char backup_dir[1024];
    char rules_dir[1024];
    sk_log_level log_level;
    uint32_t contexts;
    bool has_clock;
    int64_t clock_ms;
    char plugin_dir[1024];
    sk_plugin_setting *plugins; /**< Freed by sk_config_done; texts in `arena`. */
    size_t plugin_count, plugin_capacity;
    sk_arena *arena;
} sk_config;

/** Reads a configuration file:
 *
 *      return {
 *        data = "/var/lib/schakel",
 *        listen = { "ipc:///run/schakel/schakel.sock", "tcp://127.0.0.1:7700" },
 *        events = { "ipc:///run/schakel/schakel.sock.events" },
 *        tls = { cert = "/etc/schakel/server.pem" },
 *        backups = "/var/backups/schakel", rules = "/etc/schakel/rules",
 *        log = "info", contexts = 64,
 *        plugin_dir = "/usr/lib/schakel/plugins",
 *        plugins = { http = { listen = "127.0.0.1:8080" } },
 *      }
 *
 *  Unknown keys and wrong types are refused by name. The file runs without any library, with an
 *  instruction limit. */
sk_status sk_config_read(const char *path, sk_config *config, sk_error *err);
/** What follows from the rest: default URLs below the data folder. */
sk_status sk_config_finish(sk_config *config, sk_error *err);
/** Only where plugins are. */
sk_status sk_config_finish_plugins(sk_config *config);
/** `word` as on the command line: "http" or "http.listen=127.0.0.1:8080". */
sk_status sk_config_add_plugin(sk_config *config, const char *word, sk_error *err);
/** Loads the plugins and gives them their settings; starts nothing. */
sk_status sk_config_plugins(const sk_config *config, sk_plugins **out, sk_error *err);
/** The plugins of the folder with what can be set, as text appended to `out`. */
sk_status sk_config_describe_plugins(const sk_config *config, sk_buf *out, sk_error *err);
void sk_config_done(sk_config *config);

typedef struct sk_daemon_options {
    sk_config config;
    bool check;   /**< Only validate. */
    bool plugins; /**< Only tell which plugins there are. */
    bool done;    /**< --help or --version was answered. */
} sk_daemon_options;
/** SK_EINVAL: usage, said on stderr. */
sk_status sk_daemon_options_parse(int argc, char **argv, sk_daemon_options *out, sk_error *err);
