/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <lauxlib.h>

/* No state survives from one pair to the next. A Lua function could keep some in a table that it
 * reaches through an upvalue, or in the upvalue itself. After loading, therefore:
 *
 *     function --upvalue--> { a = 1, t = {..} }          before
 *     function --upvalue--> proxy --__index--> { a = 1, t = proxy --> {..} }
 *
 * every table that a rule's function reaches, through upvalues, fields and other functions, is
 * replaced by an empty proxy that reads from it and refuses writes; nothing in the sandbox can take
 * a metatable apart. Upvalues themselves are noted with their values and put back before each call.
 *
 * `memo` (in the registry while loading) maps what was visited to its replacement, so that shared
 * and circular tables stay shared and circular. Invariant: a value that memo maps to is never
 * changed again. Failure: tables keyed by tables or functions cannot be kept apart from their
 * originals and are refused by name; so is nesting beyond a bound. */

#define DEPTH_MAX 60

static const char memo_key, functions_key, values_key;

static void freeze_top(lua_State *state, int memo, unsigned depth);

int sk_freeze_refuse_write(lua_State *state)
{
    return luaL_error(state, "this table may not be changed: a rule keeps no state");
}

static int proxy_length(lua_State *state)
{
    lua_pushinteger(state, luaL_len(state, lua_upvalueindex(1)));
    return 1;
}

static void push_registry(lua_State *state, const char *key)
{
    if (lua_rawgetp(state, LUA_REGISTRYINDEX, key) != LUA_TNIL)
        return;
    lua_pop(state, 1);
    lua_newtable(state);
    lua_pushvalue(state, -1);
    lua_rawsetp(state, LUA_REGISTRYINDEX, key);
}

/** Replace the top by a proxy for it. */
static void make_proxy(lua_State *state)
{
    lua_createtable(state, 0, 0);
    lua_createtable(state, 0, 3);
    lua_pushvalue(state, -3);
    lua_setfield(state, -2, "__index");
    lua_pushvalue(state, -3);
    lua_pushcclosure(state, proxy_length, 1);
    lua_setfield(state, -2, "__len");
    lua_pushcfunction(state, sk_freeze_refuse_write);
    lua_setfield(state, -2, "__newindex");
    lua_setmetatable(state, -2);
    lua_replace(state, -2);
}

static bool is_container(lua_State *state, int index)
{
    return lua_istable(state, index) ||
           (lua_isfunction(state, index) && !lua_iscfunction(state, index));
}

static void freeze_fields(lua_State *state, int memo, int table, unsigned depth)
{
    lua_pushnil(state);
    while (lua_next(state, table)) {
        if (lua_type(state, -2) == LUA_TTABLE || lua_type(state, -2) == LUA_TFUNCTION)
            sk_host_refuse(state, SK_EINVAL, "",
                           "a table that rules use has a table or function as key");
        if (is_container(state, -1)) {
            lua_pushvalue(state, -2);
            lua_pushvalue(state, -2);
            freeze_top(state, memo, depth);
            lua_rawset(state, table);
        }
        lua_pop(state, 1);
    }
}

static void freeze_table(lua_State *state, int memo, unsigned depth)
{
    int table = lua_gettop(state);

    lua_pushvalue(state, table);
    make_proxy(state);
    lua_pushvalue(state, table);
    lua_pushvalue(state, -2);
    lua_rawset(state, memo);
    lua_pushvalue(state, -1);
    lua_pushvalue(state, -1);
    lua_rawset(state, memo);
    freeze_fields(state, memo, table, depth);
    lua_replace(state, table);
}

/** Note upvalue `number` of the function at `function`; its value is on top and stays there. */
static void note_upvalue(lua_State *state, int memo, int function, int number)
{
    sk_host *host = sk_host_of(state);
    void *id = lua_upvalueid(state, function, number);

    if (lua_rawgetp(state, memo, id) != LUA_TNIL) {
        lua_pop(state, 1);
        return;
    }
    lua_pop(state, 1);
    if (!sk_grow((void **)&host->upvalues, &host->upvalue_capacity, host->upvalue_count + 1,
                 sizeof *host->upvalues))
        sk_host_no_memory(state);
    host->upvalues[host->upvalue_count++] = (uint16_t)number;
    push_registry(state, &functions_key);
    lua_pushvalue(state, function);
    lua_rawseti(state, -2, (lua_Integer)host->upvalue_count);
    push_registry(state, &values_key);
    lua_pushvalue(state, -3);
    lua_rawseti(state, -2, (lua_Integer)host->upvalue_count);
    lua_pop(state, 2);
    lua_pushboolean(state, 1);
    lua_rawsetp(state, memo, id);
}

static void freeze_function(lua_State *state, int memo, unsigned depth)
{
    int function = lua_gettop(state);

    lua_pushvalue(state, function);
    lua_pushvalue(state, function);
    lua_rawset(state, memo);
    for (int i = 1; lua_getupvalue(state, function, i); i++) {
        if (is_container(state, -1)) {
            freeze_top(state, memo, depth);
            lua_pushvalue(state, -1);
            lua_setupvalue(state, function, i);
        }
        note_upvalue(state, memo, function, i);
        lua_pop(state, 1);
    }
}

static void freeze_top(lua_State *state, int memo, unsigned depth)
{
    luaL_checkstack(state, 12, "nested too deeply");
    if (depth > DEPTH_MAX)
        sk_host_refuse(state, SK_ELIMIT, "", "a table that rules use is nested too deeply");
    lua_pushvalue(state, -1);
    if (lua_rawget(state, memo) != LUA_TNIL) {
        lua_replace(state, -2);
        return;
    }
    lua_pop(state, 1);
    if (lua_istable(state, -1))
        freeze_table(state, memo, depth + 1);
    else
        freeze_function(state, memo, depth + 1);
}

void sk_freeze(lua_State *state)
{
    if (!is_container(state, -1))
        return;
    luaL_checkstack(state, 12, "nested too deeply");
    push_registry(state, &memo_key);
    lua_insert(state, -2);
    freeze_top(state, lua_gettop(state) - 1, 0);
    lua_remove(state, -2);
}

void sk_freeze_known(lua_State *state)
{
    push_registry(state, &memo_key);
    lua_pushvalue(state, -2);
    lua_pushvalue(state, -1);
    lua_rawset(state, -3);
    lua_pop(state, 1);
}

void sk_freeze_end(lua_State *state)
{
    lua_pushnil(state);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &memo_key);
}

void sk_freeze_restore(lua_State *state)
{
    const sk_host *host = sk_host_of(state);

    if (host->upvalue_count == 0)
        return;
    lua_rawgetp(state, LUA_REGISTRYINDEX, &functions_key);
    lua_rawgetp(state, LUA_REGISTRYINDEX, &values_key);
    for (size_t i = 0; i < host->upvalue_count; i++) {
        lua_rawgeti(state, -2, (lua_Integer)i + 1);
        lua_rawgeti(state, -2, (lua_Integer)i + 1);
        lua_setupvalue(state, -2, host->upvalues[i]);
        lua_pop(state, 1);
    }
    lua_pop(state, 2);
}
