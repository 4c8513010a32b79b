/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of plugin: loads the shared objects that the configuration names, gives them their
 * settings and carries their questions. What a plugin sees: schakel/plugin.h. Thread: loop, unless
 * said otherwise. */

#include <schakel/plugin.h>

#include "engine/engine.h"

typedef struct sk_plugins sk_plugins;

/** What the process offers; borrowed until sk_plugins_free. */
typedef struct sk_plugins_base {
    void *context;
    void *loop;
    /** As sk_server_submit: `own` NULL means that the request's token says who asks. The answer may
     *  come on any thread. */
    sk_status (*submit)(void *context, const sk_actor *own, sk_str request,
                        void (*answer)(void *context, sk_str response), void *answer_context,
                        sk_error *err);
    /** Thread: any. */
    int64_t (*now_ms)(void *context);
    /** Make the loop thread call sk_plugins_deliver soon. Thread: any. */
    void (*wake)(void *context);
} sk_plugins_base;

sk_plugins *sk_plugins_new(void);
/** Loads FOLDER/NAME.so. Refused with a message: no such file, no plugin, another ABI, another
 *  name, or one that is loaded already. */
sk_status sk_plugins_load(sk_plugins *plugins, const char *folder, const char *name, sk_error *err);

/** One value of the configuration. */
typedef struct sk_plugin_value {
    sk_plugin_kind kind;
    const char *text;
    double number;
    bool truth;
    const char *const *list;
    size_t list_count;
} sk_plugin_value;
/** Copied. Unknown plugins and keys, wrong kinds and second values are refused. */
sk_status sk_plugins_set(sk_plugins *plugins, const char *name, const char *key,
                         const sk_plugin_value *value, sk_error *err);
/** The same from a word of the command line, read as the key's kind says ("true", "1500"; a list is
 *  separated by commas). */
sk_status sk_plugins_set_word(sk_plugins *plugins, const char *name, const char *key,
                              const char *word, sk_error *err);
/** Every required setting is there. */
sk_status sk_plugins_check(const sk_plugins *plugins, sk_error *err);
/** A plugin's keys and what they mean, as text. */
void sk_plugins_describe(const sk_plugins *plugins, sk_buf *out);

sk_status sk_plugins_init(sk_plugins *plugins, const sk_plugins_base *base, sk_error *err);
sk_status sk_plugins_start(sk_plugins *plugins, sk_error *err);
/** The event log has grown. Thread: any. */
void sk_plugins_ring(sk_plugins *plugins, uint64_t newest);
/** Hands out the answers and rings that came since. */
void sk_plugins_deliver(sk_plugins *plugins);
/** Stops them, the last one first; answers that come later are dropped. */
void sk_plugins_stop(sk_plugins *plugins);
/** After the server ended, so that no answer is under way. */
void sk_plugins_free(sk_plugins *plugins);
