/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <lauxlib.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* The Lua state of one rule set: memory, fuel, loading and calling.
 *
 * A rule file is written by a municipality, but nothing it says may harm the engine, and the same
 * rule must stop at the same point on every machine. So:
 *
 * - Memory: every byte of the state passes `allocate`, which refuses beyond a cap, and refuses one
 *   string beyond a smaller cap.
 * - Fuel: instructions (a count hook) and allocated bytes / 64 draw on one budget. One instruction
 *   may compare, copy or read much, so it counts for more once there are long texts, and a function
 *   takes a bounded number of arguments. Once the budget is spent the hook comes back at every
 *   instruction, so that nothing runs on.
 * - Belt: a wall clock behind it, for what fuel forgot; generous, since it is not reproducible.
 * - History: garbage is collected before each pair and never inside a call; each call has a Lua
 *   thread of its own. So stack, string table and free memory are the same at the start of every
 *   call, whatever ran before.
 *
 * One gap is known: Lua seeds its string hash per process, so a table whose text keys are removed
 * and added again may be rehashed a little sooner or later, which moves its fuel by the size of
 * that table / 64. It shows only in a function that does this and stops within a hair of its
 * budget.
 *
 * Lua errors leave by longjmp: everything that touches the state runs inside lua_pcall, and what C
 * code holds there belongs to the host or the arena, never to a local variable.
 *
 * Threads: one host belongs to one rule set, which belongs to one thread. */

/* ---- Memory and fuel ---- */

sk_host *sk_host_of(lua_State *state)
{
    return *(sk_host **)lua_getextraspace(state);
}

static void *refuse_memory(sk_host *host, sk_host_stop why)
{
    if (host->stop == SK_STOP_NONE || !host->in_call)
        host->stop = why;
    return NULL;
}

/** lua_Alloc. With a NULL pointer `old_size` is the type of the new object, not a size. */
static void *allocate(void *context, void *memory, size_t old_size, size_t new_size)
{
    sk_host *host = context;
    size_t old = memory ? old_size : 0;
    void *moved;

    if (new_size == 0) {
        sk_free(memory);
        host->used -= old;
        return NULL;
    }
    if (new_size > old) {
        if (host->in_call && host->stop != SK_STOP_NONE)
            return NULL;
        if (!memory && old_size == LUA_TSTRING && new_size > SK_HOST_TEXT)
            return refuse_memory(host, SK_STOP_TEXT);
        if (host->used - old + new_size > SK_HOST_MEMORY)
            return refuse_memory(host, SK_STOP_MEMORY);
        if (host->charging)
            host->fuel -= (int64_t)((new_size - old + 63) / 64);
        if (!memory && old_size == LUA_TSTRING && new_size > host->longest)
            host->longest = new_size;
    }
    moved = sk_realloc(memory, new_size);
    if (!moved)
        /* Lua counts on shrinking to succeed: keep the larger block. */
        return new_size <= old ? memory : refuse_memory(host, SK_STOP_NOMEM);
    host->used = host->used - old + new_size;
    return moved;
}

static void burn(lua_State *state, lua_Debug *ar)
{
    sk_host *host = sk_host_of(state);

    if (lua_getlocal(state, ar, -(SK_HOST_ARGS + 1)))
        luaL_error(state, "takes more than %d arguments", SK_HOST_ARGS);
    host->fuel -= (int64_t)(SK_HOST_STEP * (1 + host->longest / SK_HOST_LONG));
    if (host->fuel <= 0)
        host->stop = SK_STOP_FUEL;
    else if (sk_monotonic_ms() > host->deadline_ms)
        host->stop = SK_STOP_CLOCK;
    else
        return;
    lua_sethook(state, burn, LUA_MASKCOUNT, 1);
    luaL_error(state, host->stop == SK_STOP_FUEL ? "takes too many steps" : "takes too long");
}

void sk_host_charge(lua_State *state, size_t amount)
{
    sk_host *host = sk_host_of(state);

    host->fuel -= (int64_t)amount;
    if (host->fuel > 0)
        return;
    host->stop = SK_STOP_FUEL;
    lua_sethook(state, burn, LUA_MASKCOUNT, 1);
    luaL_error(state, "takes too many steps");
}

static void start_meter(sk_host *host, lua_State *state, int64_t fuel, int64_t belt_ms)
{
    host->fuel = fuel;
    host->longest = 0;
    host->deadline_ms = sk_monotonic_ms() + belt_ms;
    host->stop = SK_STOP_NONE;
    host->charging = true;
    lua_sethook(state, burn, LUA_MASKCOUNT, SK_HOST_STEP);
}

static const char *stop_text(sk_host_stop stop)
{
    switch (stop) {
    case SK_STOP_TEXT:
        return "a text grows beyond 16 KiB";
    case SK_STOP_MEMORY:
        return "uses more than 512 KiB of memory";
    case SK_STOP_CLOCK:
        return "takes too long";
    case SK_STOP_FUEL:
        return "takes too many steps";
    default:
        return "out of memory";
    }
}

/* ---- Refusing ---- */

__attribute__((noreturn)) static void raise_refusal(lua_State *state)
{
    lua_pushnil(state);
    lua_error(state);
    __builtin_unreachable();
}

__attribute__((noreturn)) void sk_host_refuse(lua_State *state, sk_status status, const char *field,
                                              const char *format, ...)
{
    sk_host *host = sk_host_of(state);
    char text[sizeof host->error.message];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sk_fail_field(&host->error, status, field, "%s", text);
    raise_refusal(state);
}

__attribute__((noreturn)) void sk_host_no_memory(lua_State *state)
{
    sk_fail(&sk_host_of(state)->error, SK_ENOMEM, "out of memory");
    raise_refusal(state);
}

/** A message of Lua's about a global that is not there, with the one that was probably meant. */
static sk_status fail_with_hint(sk_error *err, const char *message)
{
    static const char *const globals[] = {"ruleset", "hard",    "term",     "relax", "notify",
                                          "pacing",  "example", "require",  "math",  "text",
                                          "set",     "ipairs",  "tostring", "type",  "tonumber"};
    const char *at = strstr(message, "(global '"), *end = at ? strchr(at + 9, '\'') : NULL;
    const char *near = NULL;
    sk_hint hint;

    if (end) {
        sk_hint_start(&hint, (sk_str){at + 9, (size_t)(end - at - 9)});
        for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++)
            sk_hint_add(&hint, globals[i]);
        near = sk_hint_best(&hint);
    }
    return sk_fail(err, SK_EINVAL, near ? "%s; did you mean '%s'?" : "%s", message, near);
}

/** Why a protected call ended; the error object is on top. */
static sk_status explain(sk_host *host, lua_State *state, int outcome, sk_error *err)
{
    if (host->error.status != SK_OK) {
        if (err)
            *err = host->error;
        return host->error.status;
    }
    if (outcome == LUA_ERRMEM || host->stop == SK_STOP_FUEL || host->stop == SK_STOP_CLOCK)
        return sk_fail(err, host->stop == SK_STOP_NOMEM ? SK_ENOMEM : SK_ELIMIT,
                       "%.*s: the rule file %s", SK_STR_ARG(host->source->name),
                       stop_text(host->stop));
    if (lua_type(state, -1) == LUA_TSTRING)
        return fail_with_hint(err, lua_tostring(state, -1));
    return sk_fail(err, SK_EINVAL, "%.*s: the rule file fails", SK_STR_ARG(host->source->name));
}

/* ---- Loading ---- */

static void hash_part(sk_host *host, sk_str part)
{
    uint8_t size[8];

    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)part.size >> (8 * i));
    crypto_generichash_update(&host->hash, size, sizeof size);
    crypto_generichash_update(&host->hash, (const unsigned char *)part.data, part.size);
}

static void check_source(lua_State *state, sk_str name, sk_str text)
{
    if (text.size > SK_RULES_MAX_FILE)
        sk_host_refuse(state, SK_ELIMIT, "", "%.*s: larger than %d KiB", SK_STR_ARG(name),
                       SK_RULES_MAX_FILE / 1024);
    if (text.size > 0 && text.data[0] == LUA_SIGNATURE[0])
        sk_host_refuse(state, SK_EINVAL, "", "%.*s: compiled Lua is refused; send the source",
                       SK_STR_ARG(name));
    if (!sk_utf8_check(text, NULL))
        sk_host_refuse(state, SK_EINVAL, "", "%.*s: not UTF-8 text", SK_STR_ARG(name));
    if (memmem(text.data, text.size, "_ENV", 4))
        sk_host_refuse(state, SK_EINVAL, "", "%.*s: the word _ENV may not appear",
                       SK_STR_ARG(name));
}

void sk_host_evaluate(lua_State *state, sk_str name, sk_str text)
{
    sk_host *host = sk_host_of(state);
    char chunk[80];

    check_source(state, name, text);
    /* The main file keeps its hash under any name: at the author's desk, pushed, and stored. */
    hash_part(host, host->depth > 0 ? name : SK_STR(""));
    hash_part(host, text);
    if (++host->depth > SK_HOST_DEPTH)
        sk_host_refuse(state, SK_ELIMIT, "", "%.*s: files require one another too deeply",
                       SK_STR_ARG(name));
    snprintf(chunk, sizeof chunk, "=%.*s", name.size > 56 ? 56 : (int)name.size, name.data);
    if (luaL_loadbufferx(state, text.data, text.size, chunk, "t") != LUA_OK)
        lua_error(state);
    lua_call(state, 0, 1);
    host->depth--;
}

void sk_host_evaluate_file(lua_State *state, sk_str name)
{
    sk_host *host = sk_host_of(state);
    const sk_rules_source *source = host->source;
    sk_status st;
    sk_str text;

    if (!source->find)
        sk_host_refuse(state, SK_ENOTFOUND, "", "%.*s: no other rule files can be read here",
                       SK_STR_ARG(name));
    sk_buf_reset(&host->file);
    st = source->find(source->context, name, &host->file, &host->error);
    if (st == SK_ENOTFOUND)
        sk_host_refuse(state, SK_ENOTFOUND, "", "there is no rule file '%.*s'", SK_STR_ARG(name));
    if (st == SK_OK && host->file.failed)
        sk_host_no_memory(state);
    if (st != SK_OK) {
        host->error.status = st;
        raise_refusal(state);
    }
    text = sk_arena_str(host->rules->arena, sk_buf_view(&host->file));
    if (!text.data)
        sk_host_no_memory(state);
    sk_host_evaluate(state, name, text);
}

/** Make the string table as large as a call may make it, so that it ends at the same size later. */
static void stretch_string_table(lua_State *state)
{
    for (int i = 0; i < 1500; i++) {
        lua_pushfstring(state, "~%d", i);
        lua_pop(state, 1);
    }
}

static int load_protected(lua_State *state)
{
    sk_host *host = sk_host_of(state);

    sk_bind_open(state);
    start_meter(host, state, SK_HOST_LOAD_FUEL, SK_HOST_LOAD_MS);
    sk_host_evaluate(state, host->source->name, host->source->text);
    sk_read_ruleset(state, true);
    lua_settop(state, 0);
    lua_sethook(state, NULL, 0, 0);
    host->charging = false;
    sk_freeze_end(state);
    stretch_string_table(state);
    return 0;
}

static void collect_all(sk_host *host)
{
    size_t before;

    do {
        before = host->used;
        lua_gc(host->state, LUA_GCCOLLECT);
    } while (host->used < before);
    host->settled = host->used;
}

static void finish_hash(sk_host *host)
{
    uint8_t digest[32];

    crypto_generichash_final(&host->hash, digest, sizeof digest);
    sodium_bin2hex(host->rules->info.hash, sizeof host->rules->info.hash, digest, sizeof digest);
}

sk_status sk_host_load(sk_ruleset *rules, const sk_rules_source *source, sk_error *err)
{
    sk_host *host = sk_calloc(1, sizeof *host);
    int outcome;

    if (!host || sodium_init() < 0) {
        sk_free(host);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    rules->host = host;
    host->rules = rules;
    host->source = source;
    host->loading = true;
    crypto_generichash_init(&host->hash, NULL, 0, 32);
    host->state = lua_newstate(allocate, host);
    if (!host->state)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    *(sk_host **)lua_getextraspace(host->state) = host;
    lua_pushcfunction(host->state, load_protected);
    outcome = lua_pcall(host->state, 0, 0, 0);
    host->charging = false;
    host->loading = false;
    if (outcome != LUA_OK)
        return explain(host, host->state, outcome, err);
    host->source = NULL;
    sk_buf_done(&host->file);
    finish_hash(host);
    lua_gc(host->state, LUA_GCSTOP);
    collect_all(host);
    return SK_OK;
}

void sk_host_free(sk_host *host)
{
    if (!host)
        return;
    if (host->state)
        lua_close(host->state);
    sk_buf_done(&host->file);
    sk_free(host->upvalues);
    sk_free(host);
}

/* ---- Calling ---- */

void sk_host_settle(sk_host *host)
{
    /* A table of strings that grew shrinks by half in each collection: a few may be needed. */
    for (int i = 0; i < 8 && host->used != host->settled; i++)
        lua_gc(host->state, LUA_GCCOLLECT);
}

typedef struct call {
    int function;
    bool hard;
    sk_host_result *out;
    char *failure;
    size_t failure_size;
    bool ok;
} call;

static void read_result(lua_State *thread, call *c)
{
    int type = lua_type(thread, -1);

    c->out->missing = true;
    c->ok = true;
    if (type == LUA_TNIL)
        return;
    if (c->hard && type == LUA_TBOOLEAN) {
        c->out->truth = lua_toboolean(thread, -1);
    } else if (!c->hard && type == LUA_TNUMBER && isfinite(lua_tonumber(thread, -1))) {
        c->out->number = lua_tonumber(thread, -1);
    } else {
        c->ok = false;
        snprintf(c->failure, c->failure_size, "gives %s where %s is needed",
                 type == LUA_TNUMBER ? "a number that is not finite" : lua_typename(thread, type),
                 c->hard ? "true or false" : "a number");
        return;
    }
    c->out->missing = false;
}

static void read_failure(sk_host *host, lua_State *thread, int outcome, call *c)
{
    const char *text = NULL;

    if (outcome != LUA_ERRMEM && lua_type(thread, -1) == LUA_TSTRING)
        text = lua_tostring(thread, -1);
    snprintf(c->failure, c->failure_size, "%s", text ? text : stop_text(host->stop));
}

static int call_protected(lua_State *state)
{
    sk_host *host = sk_host_of(state);
    call *c = lua_touserdata(state, 1);
    lua_State *thread;
    int results = 0, outcome;

    sk_freeze_restore(state);
    thread = lua_newthread(state);
    lua_rawgeti(state, LUA_REGISTRYINDEX, c->function);
    sk_bind_push_args(state);
    lua_xmove(state, thread, 4);
    start_meter(host, thread, SK_HOST_CALL_FUEL, SK_HOST_CALL_MS);
    host->in_call = true;
    outcome = lua_resume(thread, state, 3, &results);
    host->in_call = false;
    host->charging = false;
    if (outcome != LUA_OK) {
        read_failure(host, thread, outcome, c);
        return 0;
    }
    if (results == 0)
        lua_pushnil(thread);
    else
        lua_pop(thread, results - 1);
    read_result(thread, c);
    return 0;
}

bool sk_host_call(sk_host *host, int function, bool hard, int64_t now_ms, const sk_pair *pair,
                  sk_host_result *out, char *failure, size_t failure_size)
{
    lua_State *state = host->state;
    call c = {.function = function,
              .hard = hard,
              .out = out,
              .failure = failure,
              .failure_size = failure_size};

    *out = (sk_host_result){.missing = true};
    sk_host_settle(host);
    host->now_ms = now_ms;
    host->pair = pair;
    host->error.status = SK_OK;
    lua_pushcfunction(state, call_protected);
    lua_pushlightuserdata(state, &c);
    if (lua_pcall(state, 1, 0, 0) != LUA_OK) {
        snprintf(failure, failure_size, "%s", stop_text(host->stop));
        c.ok = false;
        lua_settop(state, 0);
    }
    host->in_call = false;
    host->charging = false;
    host->pair = NULL;
    return c.ok;
}
