/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of daemon: its configuration, a small Lua file, and its command line. */

#include "core/core.h"

#define SK_MAX_LISTEN 8

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
 *      }
 *
 *  Unknown keys and wrong types are refused by name. The file runs without any library, with an
 *  instruction limit. */
sk_status sk_config_read(const char *path, sk_config *config, sk_error *err);
/** What follows from the rest: default URLs below the data folder. */
sk_status sk_config_finish(sk_config *config, sk_error *err);

typedef struct sk_daemon_options {
    sk_config config;
    bool check; /**< Only validate. */
    bool done;  /**< --help or --version was answered. */
} sk_daemon_options;
/** SK_EINVAL: usage, said on stderr. */
sk_status sk_daemon_options_parse(int argc, char **argv, sk_daemon_options *out, sk_error *err);
