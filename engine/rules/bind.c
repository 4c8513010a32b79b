/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdio.h>

/* What a rule file can see: the globals of the sandbox, and nothing besides.
 *
 * The globals live in a table that only a proxy reaches; the proxy is what chunks get as their
 * environment, so no chunk can add or change a global. `ruleset`, `hard`, `term` and the like only
 * wrap the table that they get; load.c reads it when the whole file has been evaluated. The
 * comments that start with three dashes are the reference: scripts/types/generate.py copies them
 * into scripts/types/schakel.lua and docs/rules.md. */

#define ITEM_NAME "schakel.item"

/* ---- The base ---- */

/*--- A value as text. Tables and functions are refused, since their addresses differ each time.
---@param value string|number|boolean|nil
---@return string
function tostring(value) end */
static int base_tostring(lua_State *state)
{
    luaL_checkany(state, 1);
    switch (lua_type(state, 1)) {
    case LUA_TNIL:
        lua_pushliteral(state, "nil");
        return 1;
    case LUA_TBOOLEAN:
        lua_pushstring(state, lua_toboolean(state, 1) ? "true" : "false");
        return 1;
    case LUA_TNUMBER:
        sk_host_charge(state, 8);
        /* fall through */
    case LUA_TSTRING:
        lua_settop(state, 1);
        lua_tostring(state, 1);
        return 1;
    default:
        return luaL_error(state, "tostring takes a text, a number or a boolean");
    }
}

/*--- The number that a text of at most 64 characters says, or nil.
---@param value any
---@param base integer? 2 to 36
---@return number?
function tonumber(value, base) end */
static int base_tonumber(lua_State *state)
{
    lua_CFunction original = lua_tocfunction(state, lua_upvalueindex(1));

    if (lua_type(state, 1) == LUA_TSTRING && lua_rawlen(state, 1) > SK_HOST_DIGITS) {
        lua_pushnil(state);
        return 1;
    }
    return original(state);
}

/** A function of `math`, but for numbers only: Lua would read a long text as one each time. */
static int math_function(lua_State *state)
{
    lua_CFunction original = lua_tocfunction(state, lua_upvalueindex(1));

    for (int i = lua_gettop(state); i > 0; i--) {
        if (lua_type(state, i) == LUA_TSTRING)
            return luaL_argerror(state, i, "number expected, got string");
    }
    return original(state);
}

static int refuse_global(lua_State *state)
{
    const char *name = lua_type(state, 2) == LUA_TSTRING ? lua_tostring(state, 2) : "?";

    return luaL_error(state, "'%s' is not local; write `local %s`", name, name);
}

/*--- Read a file of the rule library, once. Its result cannot be changed.
---@param name string for instance "lib/buurt"
---@return table
function require(name) end */
static int base_require(lua_State *state)
{
    size_t size;
    const char *name = luaL_checklstring(state, 1, &size);

    if (!sk_host_of(state)->loading)
        return luaL_error(state, "require works only while a rule file loads");
    if (strncmp(name, "lib/", 4) != 0 ||
        strspn(name + 4, "abcdefghijklmnopqrstuvwxyz0123456789_-") != size - 4 || size < 5 ||
        size > 60)
        return luaL_error(state, "require reads the rule library only: \"lib/<name>\"");
    lua_getfield(state, LUA_REGISTRYINDEX, "schakel.loaded");
    lua_pushvalue(state, 1);
    if (lua_rawget(state, -2) != LUA_TNIL) {
        if (lua_isboolean(state, -1))
            return luaL_error(state, "%s requires itself", name);
        return 1;
    }
    lua_pop(state, 1);
    lua_pushvalue(state, 1);
    lua_pushboolean(state, 0);
    lua_rawset(state, -3);
    sk_host_evaluate_file(state, (sk_str){name, size});
    if (!lua_istable(state, -1))
        return luaL_error(state, "%s returns no table", name);
    sk_freeze(state);
    lua_pushvalue(state, 1);
    lua_pushvalue(state, -2);
    lua_rawset(state, -4);
    return 1;
}

/* ---- Parts of a rule set ---- */

static int wrap_item(lua_State *state, const char *kind)
{
    lua_Debug ar;
    sk_item *item;

    if (!lua_istable(state, 1))
        return luaL_error(state, "%s takes a table: %s { ... }", kind, kind);
    item = lua_newuserdatauv(state, sizeof *item, 1);
    *item = (sk_item){0};
    snprintf(item->kind, sizeof item->kind, "%s", kind);
    if (lua_getstack(state, 1, &ar) && lua_getinfo(state, "Sl", &ar))
        snprintf(item->place, sizeof item->place, "%s:%d", ar.short_src, ar.currentline);
    lua_pushvalue(state, 1);
    lua_setiuservalue(state, -2, 1);
    luaL_setmetatable(state, ITEM_NAME);
    return 1;
}

const sk_item *sk_bind_item(lua_State *state, int index)
{
    const sk_item *item = luaL_testudata(state, index, ITEM_NAME);

    if (item)
        lua_getiuservalue(state, index, 1);
    return item;
}

/*--- The whole rule set; a rule file ends with `return ruleset { ... }`.
---@param definition RuleSet
---@return any
function ruleset(definition) end */
static int item_ruleset(lua_State *state)
{
    return wrap_item(state, "ruleset");
}

/*--- A rule that every pair must meet.
---@param rule Hard
---@return any
function hard(rule) end */
static int item_hard(lua_State *state)
{
    return wrap_item(state, "hard");
}

/*--- A part of the score.
---@param rule Term
---@return any
function term(rule) end */
static int item_term(lua_State *state)
{
    return wrap_item(state, "term");
}

/*--- What needs that have waited are allowed beyond what is usual.
---@param rule Relax
---@return any
function relax(rule) end */
static int item_relax(lua_State *state)
{
    return wrap_item(state, "relax");
}

/*--- Who is told of what: see notifications.md.
---@param rule Notify
---@return any
function notify(rule) end */
static int item_notify(lua_State *state)
{
    return wrap_item(state, "notify");
}

/*--- How the municipality spares people: see notifications.md.
---@param rule Pacing
---@return any
function pacing(rule) end */
static int item_pacing(lua_State *state)
{
    return wrap_item(state, "pacing");
}

/*--- A pair with its expected outcome, judged by `schakel rules test` and before activation.
---@param example Example
---@return any
function example(example) end */
static int item_example(lua_State *state)
{
    return wrap_item(state, "example");
}

/* ---- text ---- */

/*--- Does a text start with another?
---@param s string
---@param start string
---@return boolean
function text.starts(s, start) end */
static int text_starts(lua_State *state)
{
    size_t size, part_size;
    const char *s = luaL_checklstring(state, 1, &size);
    const char *part = luaL_checklstring(state, 2, &part_size);

    sk_host_charge(state, part_size / 64 + 1);
    lua_pushboolean(state, part_size <= size && memcmp(s, part, part_size) == 0);
    return 1;
}

/*--- Does a text end with another?
---@param s string
---@param ending string
---@return boolean
function text.ends(s, ending) end */
static int text_ends(lua_State *state)
{
    size_t size, part_size;
    const char *s = luaL_checklstring(state, 1, &size);
    const char *part = luaL_checklstring(state, 2, &part_size);

    sk_host_charge(state, part_size / 64 + 1);
    lua_pushboolean(state, part_size <= size && memcmp(s + size - part_size, part, part_size) == 0);
    return 1;
}

/*--- Does a text occur in another, letter by letter? There are no patterns.
---@param s string
---@param part string
---@return boolean
function text.contains(s, part) end */
static int text_contains(lua_State *state)
{
    size_t size, part_size;
    const char *s = luaL_checklstring(state, 1, &size);
    const char *part = luaL_checklstring(state, 2, &part_size);

    sk_host_charge(state, size / 16 + 1);
    lua_pushboolean(state, memmem(s, size, part, part_size) != NULL);
    return 1;
}

/*--- A text with A-Z as a-z; other letters stay as they are.
---@param s string
---@return string
function text.lower(s) end */
static int text_lower(lua_State *state)
{
    size_t size;
    const char *s = luaL_checklstring(state, 1, &size);
    char *copy = lua_newuserdatauv(state, size + 1, 0);

    sk_host_charge(state, size / 16 + 1);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + ('a' - 'A') : s[i]);
    lua_pushlstring(state, copy, size);
    return 1;
}

/*--- Is a category code another, or below it: text.under("vervoer.ziekenhuis", "vervoer").
---@param code string
---@param top string
---@return boolean
function text.under(code, top) end */
static bool is_under(const char *code, size_t size, const char *top, size_t top_size)
{
    return size >= top_size && memcmp(code, top, top_size) == 0 &&
           (size == top_size || code[top_size] == '.');
}

static int text_under(lua_State *state)
{
    size_t size, top_size;
    const char *code = luaL_checklstring(state, 1, &size);
    const char *top = luaL_checklstring(state, 2, &top_size);

    sk_host_charge(state, top_size / 64 + 1);
    lua_pushboolean(state, is_under(code, size, top, top_size));
    return 1;
}

/* ---- set ---- */

/** The length of the list at `index`, within what helpers take; pays for reading it. */
static lua_Integer list_length(lua_State *state, int index)
{
    lua_Integer size;

    luaL_checktype(state, index, LUA_TTABLE);
    size = luaL_len(state, index);
    if (size < 0 || size > SK_HOST_SET)
        luaL_error(state, "a set has at most %d members", SK_HOST_SET);
    sk_host_charge(state, (size_t)size + 1);
    return size;
}

/** Is the value at `value` in the list at `list`? Pays for comparing long texts. */
static bool list_has(lua_State *state, int list, lua_Integer size, int value)
{
    if (lua_type(state, value) == LUA_TSTRING)
        sk_host_charge(state, (size_t)size * (lua_rawlen(state, value) / 64));
    for (lua_Integer i = 1; i <= size; i++) {
        bool found;

        lua_geti(state, list, i);
        found = lua_rawequal(state, -1, value);
        lua_pop(state, 1);
        if (found)
            return true;
    }
    return false;
}

static lua_Integer count_common(lua_State *state, lua_Integer a, lua_Integer b)
{
    lua_Integer common = 0;

    sk_host_charge(state, (size_t)(a * b));
    for (lua_Integer i = 1; i <= a; i++) {
        lua_geti(state, 1, i);
        common += list_has(state, 2, b, lua_gettop(state));
        lua_pop(state, 1);
    }
    return common;
}

/*--- How many members a set has.
---@param list string[]
---@return integer
function set.count(list) end */
static int set_count(lua_State *state)
{
    lua_pushinteger(state, list_length(state, 1));
    return 1;
}

/*--- Is a value in a set?
---@param list string[]
---@param value string
---@return boolean
function set.has(list, value) end */
static int set_has(lua_State *state)
{
    lua_Integer size = list_length(state, 1);

    luaL_checkany(state, 2);
    lua_pushboolean(state, list_has(state, 1, size, 2));
    return 1;
}

/*--- Is some category code of a set `top` or below it?
---@param list string[]
---@param top string
---@return boolean
function set.under(list, top) end */
static int set_under(lua_State *state)
{
    lua_Integer size = list_length(state, 1);
    size_t top_size, code_size;
    const char *top = luaL_checklstring(state, 2, &top_size);

    sk_host_charge(state, (size_t)size * (top_size / 64));
    for (lua_Integer i = 1; i <= size; i++) {
        bool found = lua_geti(state, 1, i) == LUA_TSTRING;
        const char *code = found ? lua_tolstring(state, -1, &code_size) : NULL;

        found = code && is_under(code, code_size, top, top_size);
        lua_pop(state, 1);
        if (found) {
            lua_pushboolean(state, 1);
            return 1;
        }
    }
    lua_pushboolean(state, 0);
    return 1;
}

/*--- The members of `a` that are in `b` too, in the order of `a`.
---@param a string[]
---@param b string[]
---@return string[]
function set.common(a, b) end */
static int set_common(lua_State *state)
{
    lua_Integer a = list_length(state, 1), b = list_length(state, 2), count = 0;

    sk_host_charge(state, (size_t)(a * b));
    lua_settop(state, 2);
    lua_newtable(state);
    for (lua_Integer i = 1; i <= a; i++) {
        lua_geti(state, 1, i);
        if (list_has(state, 2, b, 4))
            lua_rawseti(state, 3, ++count);
        else
            lua_pop(state, 1);
    }
    return 1;
}

/*--- Are all members of `a` in `b`?
---@param a string[]
---@param b string[]
---@return boolean
function set.subset(a, b) end */
static int set_subset(lua_State *state)
{
    lua_Integer a = list_length(state, 1), b = list_length(state, 2);

    lua_pushboolean(state, count_common(state, a, b) == a);
    return 1;
}

/*--- How alike two sets are: common members / all members; nil for two empty sets.
---@param a string[]
---@param b string[]
---@return number?
function set.jaccard(a, b) end */
static int set_jaccard(lua_State *state)
{
    lua_Integer a = list_length(state, 1), b = list_length(state, 2);
    lua_Integer common = count_common(state, a, b);

    if (a + b == 0)
        lua_pushnil(state);
    else
        lua_pushnumber(state, (double)common / (double)(a + b - common));
    return 1;
}

/* ---- need, offer and pair ---- */

static void push_word(lua_State *state, uint32_t word)
{
    sk_str s = sk_intern_str(sk_host_of(state)->rules->words, word);

    lua_pushlstring(state, s.data, s.size);
}

/** A set as an array in ascending order of the codes. */
static void push_set(lua_State *state, sk_field_id id, sk_side side)
{
    sk_host *host = sk_host_of(state);
    uint32_t scratch[SK_SET_MAX], sorted[SK_SET_MAX];
    sk_ids ids = sk_field_set(id, side, host->pair, host->now_ms, scratch);
    uint32_t count = ids.count < SK_SET_MAX ? ids.count : SK_SET_MAX;

    for (uint32_t i = 0; i < count; i++) {
        sk_str code = sk_intern_str(host->rules->words, ids.ids[i]);
        uint32_t at = i;

        for (; at > 0 && sk_str_cmp(code, sk_intern_str(host->rules->words, sorted[at - 1])) < 0;
             at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = ids.ids[i];
    }
    lua_createtable(state, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        push_word(state, sorted[i]);
        lua_rawseti(state, -2, (lua_Integer)i + 1);
    }
}

static void push_field(lua_State *state, sk_field_id id, sk_side side)
{
    sk_host *host = sk_host_of(state);
    double value;

    if (sk_fields[id].type == SK_T_SET) {
        push_set(state, id, side);
        return;
    }
    value = sk_field_value(id, side, host->pair, host->now_ms);
    if (isnan(value))
        lua_pushnil(state);
    else if (sk_fields[id].type == SK_T_STRING)
        push_word(state, (uint32_t)value);
    else if (sk_fields[id].type == SK_T_BOOL)
        lua_pushboolean(state, value != 0.0);
    else
        lua_pushnumber(state, value);
}

static int read_attribute(lua_State *state)
{
    sk_host *host = sk_host_of(state);
    sk_side side = (sk_side)lua_tointeger(state, lua_upvalueindex(1));
    const sk_attr_facts *attr = NULL;
    const sk_pair *pair = host->pair;
    size_t size;
    const char *name = luaL_checklstring(state, 2, &size);
    uint32_t word = sk_intern_find(host->rules->words, (sk_str){name, size});

    if (word && pair)
        attr = sk_facts_attr(side == SK_DEMAND ? pair->need : pair->offer, word);
    if (!attr)
        lua_pushnil(state);
    else if (attr->type == SK_ATTR_STRING)
        push_word(state, (uint32_t)attr->value);
    else if (attr->type == SK_ATTR_BOOL)
        lua_pushboolean(state, attr->value != 0.0);
    else
        lua_pushnumber(state, attr->value);
    return 1;
}

/** upvalues: 1 the side, or -1 for the pair; 2 the attributes of the side. */
static int read_pair(lua_State *state)
{
    lua_Integer which = lua_tointeger(state, lua_upvalueindex(1));
    size_t size;
    const char *name = luaL_checklstring(state, 2, &size);
    sk_str key = {name, size};
    sk_field_id id = sk_field_find(key, which >= 0);
    const char *near;
    sk_hint hint;

    if (which >= 0 && sk_str_eq(key, SK_STR("attributes"))) {
        lua_pushvalue(state, lua_upvalueindex(2));
        return 1;
    }
    if (!sk_host_of(state)->pair)
        return luaL_error(state, "there is no pair while a rule file loads");
    if (id != SK_F_COUNT_) {
        push_field(state, id, which > 0 ? SK_SUPPLY : SK_DEMAND);
        return 1;
    }
    sk_hint_start(&hint, key);
    for (int i = 0; i < SK_F_COUNT_; i++) {
        if (sk_fields[i].of_side == (which >= 0))
            sk_hint_add(&hint, sk_fields[i].name);
    }
    near = sk_hint_best(&hint);
    return luaL_error(state, near ? "unknown field '%s'; did you mean '%s'?" : "unknown field '%s'",
                      name, near);
}

/** An empty table that `read` fills in when it is asked; its upvalues are on the stack. */
static void push_view(lua_State *state, lua_CFunction read, int upvalues)
{
    lua_pushcclosure(state, read, upvalues);
    lua_createtable(state, 0, 0);
    lua_createtable(state, 0, 2);
    lua_pushvalue(state, -3);
    lua_setfield(state, -2, "__index");
    lua_pushcfunction(state, sk_freeze_refuse_write);
    lua_setfield(state, -2, "__newindex");
    lua_setmetatable(state, -2);
    lua_replace(state, -2);
}

static void open_args(lua_State *state)
{
    static const char *const names[] = {"schakel.need", "schakel.offer"};

    for (lua_Integer side = 0; side < 2; side++) {
        lua_pushinteger(state, side);
        lua_pushinteger(state, side);
        push_view(state, read_attribute, 1);
        push_view(state, read_pair, 2);
        lua_setfield(state, LUA_REGISTRYINDEX, names[side]);
    }
    lua_pushinteger(state, -1);
    push_view(state, read_pair, 1);
    lua_setfield(state, LUA_REGISTRYINDEX, "schakel.pair");
}

void sk_bind_push_args(lua_State *state)
{
    lua_getfield(state, LUA_REGISTRYINDEX, "schakel.need");
    lua_getfield(state, LUA_REGISTRYINDEX, "schakel.offer");
    lua_getfield(state, LUA_REGISTRYINDEX, "schakel.pair");
}

/* ---- Putting it in place ---- */

static const luaL_Reg text_functions[] = {{"starts", text_starts},     {"ends", text_ends},
                                          {"contains", text_contains}, {"lower", text_lower},
                                          {"under", text_under},       {NULL, NULL}};
static const luaL_Reg set_functions[] = {
    {"count", set_count},   {"has", set_has},         {"under", set_under}, {"common", set_common},
    {"subset", set_subset}, {"jaccard", set_jaccard}, {NULL, NULL}};
static const luaL_Reg global_functions[] = {{"ruleset", item_ruleset},   {"hard", item_hard},
                                            {"term", item_term},         {"relax", item_relax},
                                            {"notify", item_notify},     {"pacing", item_pacing},
                                            {"example", item_example},   {"require", base_require},
                                            {"tostring", base_tostring}, {NULL, NULL}};

/** Take what is harmless out of Lua's base library, which is on top, into the table below it. */
static void take_base(lua_State *state)
{
    static const char *const names[] = {"ipairs", "type"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        lua_getfield(state, -1, names[i]);
        lua_setfield(state, -3, names[i]);
    }
    lua_getfield(state, -1, "tonumber");
    lua_pushcclosure(state, base_tonumber, 1);
    lua_setfield(state, -3, "tonumber");
    lua_pop(state, 1);
}

/** Put every function of the table on top behind math_function. */
static void wrap_math(lua_State *state)
{
    int table = lua_gettop(state);

    lua_pushnil(state);
    while (lua_next(state, table)) {
        /* math.type only looks. */
        if (lua_isfunction(state, -1) && strcmp(lua_tostring(state, -2), "type") != 0) {
            lua_pushvalue(state, -2);
            lua_insert(state, -2);
            lua_pushcclosure(state, math_function, 1);
            lua_rawset(state, table);
        } else {
            lua_pop(state, 1);
        }
    }
}

static void add_library(lua_State *state, const char *name)
{
    sk_freeze(state);
    lua_setfield(state, -2, name);
}

void sk_bind_open(lua_State *state)
{
    luaL_newmetatable(state, ITEM_NAME);
    lua_pop(state, 1);
    lua_newtable(state);
    lua_setfield(state, LUA_REGISTRYINDEX, "schakel.loaded");
    open_args(state);

    luaL_newlib(state, global_functions);
    lua_pushcfunction(state, luaopen_base);
    lua_call(state, 0, 1);
    take_base(state);
    lua_pushcfunction(state, luaopen_math);
    lua_call(state, 0, 1);
    lua_pushnil(state);
    lua_setfield(state, -2, "random");
    lua_pushnil(state);
    lua_setfield(state, -2, "randomseed");
    wrap_math(state);
    add_library(state, "math");
    luaL_newlib(state, text_functions);
    add_library(state, "text");
    luaL_newlib(state, set_functions);
    add_library(state, "set");

    lua_createtable(state, 0, 0);
    lua_createtable(state, 0, 2);
    lua_pushvalue(state, -3);
    lua_setfield(state, -2, "__index");
    lua_pushcfunction(state, refuse_global);
    lua_setfield(state, -2, "__newindex");
    lua_setmetatable(state, -2);
    sk_freeze_known(state);
    lua_rawseti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pop(state, 1);
}
