/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of plugin share. */

#include <pthread.h>
#include <stdatomic.h>

#include "plugin/plugin.h"

typedef struct setting {
    const sk_plugin_key *key;
    sk_plugin_value value; /**< Owns its texts. */
} setting;

struct sk_plugin {
    struct sk_plugins *all;
    void *object; /**< Of dlopen. */
    const sk_plugin_descriptor *descriptor;
    setting *settings;
    size_t setting_count, setting_capacity;
    char token_id[64];
    sk_actor own;
    void *state;
    bool live, stopped; /**< init succeeded; stop was called. */
};

typedef struct waiting_answer waiting_answer;

struct sk_plugins {
    sk_plugin **items; /**< In the order of the configuration; each stays where it is. */
    size_t count, capacity;
    const sk_plugins_base *base;
    atomic_uint_fast64_t newest;
    uint64_t told;
    pthread_mutex_t lock; /**< Of the answers that came. */
    waiting_answer *first, *last;
};

sk_plugin *plugin_find(const sk_plugins *plugins, const char *name);

/* ---- Settings (settings.c) ---- */

const sk_plugin_value *setting_get(const sk_plugin *plugin, const char *key, sk_plugin_kind kind);
void settings_done(sk_plugin *plugin);

/* ---- The host table (host.c) ---- */

extern const sk_plugin_host plugin_host;
void answers_deliver(sk_plugins *plugins);
void answers_done(sk_plugins *plugins);
