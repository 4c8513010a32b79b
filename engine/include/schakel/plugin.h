/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The interface of native plugins: a shared object that schakeld loads from its plugin folder. It
 * ends with one line,
 *
 *     SK_PLUGIN(geofence, .config = geofence_config, .init = geofence_init, ...);
 *
 * and is named in the configuration: plugins = { geofence = { radius_m = 500 } }.
 *
 * A plugin talks to the engine as every front end does, with the messages of proto/schakel/v1. It
 * sees neither the store nor the rules' Lua. All its functions are called on the loop thread and
 * must not block; work that takes long belongs in a thread of its own. */

#include <schakel/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Grows when a plugin built before would no longer work. Members are only added at the end of the
 *  structs, whose `size` says what is there. */
#define SK_PLUGIN_ABI 1u

/** The host's side of one loaded plugin. */
typedef struct sk_plugin sk_plugin;

/** What a plugin can be told in the configuration. A list ends with a key without a name. */
typedef enum sk_plugin_kind {
    SK_PLUGIN_TEXT,
    SK_PLUGIN_NUMBER,
    SK_PLUGIN_TRUTH,
    SK_PLUGIN_LIST /**< Of texts. */
} sk_plugin_kind;

typedef struct sk_plugin_key {
    const char *name;
    sk_plugin_kind kind;
    bool required;
    const char *meaning; /**< One line, for whoever writes the configuration. */
} sk_plugin_key;

typedef enum sk_plugin_level {
    SK_PLUGIN_DEBUG,
    SK_PLUGIN_INFO,
    SK_PLUGIN_WARN,
    SK_PLUGIN_ERROR
} sk_plugin_level;

/** The bytes of a Response, borrowed. Never called after `stop`. Thread: loop. */
typedef void (*sk_plugin_answer)(void *context, const void *response, size_t size);

/** What the engine does for a plugin. Valid from `init` until `stop` has returned. */
typedef struct sk_plugin_host {
    size_t size;
    /** One `key=value` line: ids only, never a name, a text or a token. Thread: any. */
    void (*log)(sk_plugin *plugin, sk_plugin_level level, const char *line);
    /** The engine's clock, in milliseconds since 1970. Thread: any. */
    int64_t (*now_ms)(sk_plugin *plugin);
    /** Ask with a Request that carries the token of whoever asks. `request` is copied. SK_ENOMEM,
     *  or SK_OK and exactly one answer, unless the plugin stops first. Thread: any. */
    sk_status (*submit)(sk_plugin *plugin, const void *request, size_t size,
                        sk_plugin_answer answer, void *context, sk_error *err);
    /** The same on the plugin's own behalf, as an integrator named "plugin:NAME"; a token in the
     *  request is ignored. Never for what came from outside. */
    sk_status (*submit_own)(sk_plugin *plugin, const void *request, size_t size,
                            sk_plugin_answer answer, void *context, sk_error *err);
    /** Settings; `fallback` where the configuration is silent. Views, valid until `stop` has
     *  returned. Asking for a key that the plugin does not declare gives the fallback. */
    const char *(*text)(sk_plugin *plugin, const char *key, const char *fallback);
    double (*number)(sk_plugin *plugin, const char *key, double fallback);
    bool (*truth)(sk_plugin *plugin, const char *key, bool fallback);
    /** Texts of a list; NULL and a count of 0 where the configuration is silent. */
    const char *const *(*list)(sk_plugin *plugin, const char *key, size_t *out_count);
    /** The loop thread's struct event_base of libevent. */
    void *(*loop)(sk_plugin *plugin);
} sk_plugin_host;

typedef struct sk_plugin_descriptor {
    uint32_t abi;
    uint32_t size;
    const char *name;            /**< As the file: NAME.so. */
    const sk_plugin_key *config; /**< NULL: takes no settings. */
    /** Before the engine listens. On failure nothing of the plugin is called any more. */
    sk_status (*init)(sk_plugin *plugin, const sk_plugin_host *host, void **out_state,
                      sk_error *err);
    /** The engine answers from now on. On failure `stop` is still called. May be NULL. */
    sk_status (*start)(void *state, sk_error *err);
    /** The event log has grown, up to this number; several rings may come as one. May be NULL. */
    void (*on_event)(void *state, uint64_t newest);
    /** End and free everything; takes half a second at most. */
    void (*stop)(void *state);
} sk_plugin_descriptor;

/** The one symbol that a plugin exports. */
#define SK_PLUGIN_SYMBOL "schakel_plugin"
#define SK_PLUGIN(plugin_name, ...)                                                                \
    __attribute__((visibility("default"))) extern const sk_plugin_descriptor schakel_plugin;       \
    const sk_plugin_descriptor schakel_plugin = {.abi = SK_PLUGIN_ABI,                             \
                                                 .size = sizeof(sk_plugin_descriptor),             \
                                                 .name = #plugin_name,                             \
                                                 __VA_ARGS__}

#ifdef __cplusplus
}
#endif
