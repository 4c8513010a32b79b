/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The Lua sandbox, inside the module. Only files that include this one see lua.h. */

#include "rules/ruleset.h"

#include <lua.h>
#include <sodium.h>

#define SK_HOST_MEMORY (512 * 1024) /**< Bytes of one Lua state. */
#define SK_HOST_TEXT (16 * 1024)    /**< Bytes of one Lua string. */
#define SK_HOST_SET 256             /**< Members that a helper takes. */
#define SK_HOST_STEP 100            /**< Instructions between two looks at the fuel. */
#define SK_HOST_LOAD_FUEL 100000    /**< Instructions + bytes / 64, to load a rule set. */
#define SK_HOST_CALL_FUEL 50000     /**< The same, for one function and one pair. */
#define SK_HOST_LONG 512            /**< Bytes of the longest text that make each step dearer. */
#define SK_HOST_ARGS 256            /**< Extra arguments (...) of one function. */
#define SK_HOST_DIGITS 64           /**< Characters that tonumber reads. */
#define SK_HOST_LOAD_MS 5000        /**< The belt: wall clock, only for what fuel forgot. */
#define SK_HOST_CALL_MS 500
#define SK_HOST_DEPTH 16 /**< Files that wait for one another. */

typedef enum sk_host_stop {
    SK_STOP_NONE,
    SK_STOP_FUEL,
    SK_STOP_CLOCK,
    SK_STOP_MEMORY,
    SK_STOP_TEXT,
    SK_STOP_NOMEM
} sk_host_stop;

struct sk_host {
    lua_State *state;
    sk_ruleset *rules;
    size_t used;    /**< Bytes in use. */
    size_t settled; /**< Bytes in use after loading, when all garbage is gone. */
    bool charging, in_call, loading;
    int64_t fuel;
    size_t longest; /**< Bytes of the longest text made since the meter started. */
    int64_t deadline_ms;
    sk_host_stop stop;
    sk_error error; /**< What a binding of ours refused. */
    int64_t now_ms;
    const sk_pair *pair;
    /* Loading. */
    const sk_rules_source *source;
    sk_buf file;
    crypto_generichash_state hash;
    unsigned depth;
    /* Upvalues of everything that functions reach, put back before each call. */
    uint16_t *upvalues;
    size_t upvalue_count, upvalue_capacity;
};

/** What a Lua function gave. */
typedef struct sk_host_result {
    bool missing; /**< nil, or it failed. */
    bool truth;
    double number;
} sk_host_result;

/** Load `source` into `rules`, whose words and arena are there. */
sk_status sk_host_load(sk_ruleset *rules, const sk_rules_source *source, sk_error *err);
void sk_host_free(sk_host *host);
/** Collect everything that earlier pairs left, so that fuel does not depend on them. */
void sk_host_settle(sk_host *host);
/** Call one rule's function for a pair. False: it failed, and `failure` says how. */
bool sk_host_call(sk_host *host, int function, bool hard, int64_t now_ms, const sk_pair *pair,
                  sk_host_result *out, char *failure, size_t failure_size);

/* ---- Between the files of the sandbox ---- */

sk_host *sk_host_of(lua_State *state);
/** Raise an error of ours: `field` and message go to the caller as they are. */
__attribute__((noreturn)) void sk_host_refuse(lua_State *state, sk_status status, const char *field,
                                              const char *format, ...)
    __attribute__((format(printf, 4, 5)));
__attribute__((noreturn)) void sk_host_no_memory(lua_State *state);
/** Take fuel for work in C. */
void sk_host_charge(lua_State *state, size_t amount);

/** Put the sandbox's globals in place; protected. */
void sk_bind_open(lua_State *state);
/** Push the three tables that a function gets. */
void sk_bind_push_args(lua_State *state);
/** The tag and table of `hard`, `term`, `relax`, `notify` or `example`; NULL for anything else. */
struct sk_item {
    char kind[8];
    char place[96];
};
const sk_item *sk_bind_item(lua_State *state, int index);

/** Make the function or table on top unchangeable, with all that it reaches. */
void sk_freeze(lua_State *state);
/** Note that the table on top is unchangeable by itself. */
void sk_freeze_known(lua_State *state);
/** Put every upvalue back to what it was after loading. */
void sk_freeze_restore(lua_State *state);
/** Loading is done: forget what was visited. */
void sk_freeze_end(lua_State *state);
int sk_freeze_refuse_write(lua_State *state);

/** Evaluate a file's text in the sandbox; leaves its one result on the stack. */
void sk_host_evaluate(lua_State *state, sk_str name, sk_str text);
/** Find, hash and evaluate the file `name`. */
void sk_host_evaluate_file(lua_State *state, sk_str name);

/** Read the table on top, which a rule file returned, into the rule set. */
void sk_read_ruleset(lua_State *state, bool is_main);
/** Read what the table of a rule set declares under `attributes`. */
void sk_read_attributes(lua_State *state, int table);
/** Read one `example` block: the table at `spec`. */
void sk_read_example(lua_State *state, int spec, const sk_item *item);

/* ---- Reading tables ---- */

/** Copy the text at the top into the rule set's arena. */
sk_str sk_read_copy(lua_State *state, int index);
/** [1] as the name of a rule. */
sk_str sk_read_name(lua_State *state, int spec, const char *what);
/** Field `key` as text; empty when nil. `what` names the block in errors. */
sk_str sk_read_text(lua_State *state, int table, const char *key, const char *what);
double sk_read_number(lua_State *state, int table, const char *key, const char *what,
                      double fallback, double least, double most);
bool sk_read_bool(lua_State *state, int table, const char *key, const char *what, bool fallback);
/** Refuse keys that are not in the list; `first` allows [1]. */
void sk_read_keys(lua_State *state, int table, const char *const *keys, size_t count, bool first,
                  const char *what);
