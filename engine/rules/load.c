/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <lauxlib.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The table that a rule file returned -> the rule set's own structs.
 *
 * `based_on` is read first, by the same code, and the file's own parts are laid over it: rules of
 * the same name in place, new ones behind. Everything here runs inside lua_pcall: a refusal is
 * raised, and what was copied lies in the rule set's arena, which goes with it. Every error names
 * file and line of the block, and the block. */

/* ---- Reading values ---- */

sk_str sk_read_copy(lua_State *state, int index)
{
    size_t size;
    const char *data = lua_tolstring(state, index, &size);
    sk_str copy = sk_arena_str(sk_host_of(state)->rules->arena, (sk_str){data, size});

    if (!copy.data)
        sk_host_no_memory(state);
    return copy;
}

sk_str sk_read_text(lua_State *state, int table, const char *key, const char *what)
{
    int type = lua_getfield(state, table, key);
    sk_str text = {"", 0};

    if (type != LUA_TNIL && type != LUA_TSTRING)
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a text, in quotes", what, key);
    if (type == LUA_TSTRING)
        text = sk_read_copy(state, -1);
    if (memchr(text.data, '\0', text.size))
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s contains a zero byte", what, key);
    lua_pop(state, 1);
    return text;
}

double sk_read_number(lua_State *state, int table, const char *key, const char *what,
                      double fallback, double least, double most)
{
    int type = lua_getfield(state, table, key);
    double number = fallback;

    if (type != LUA_TNIL) {
        number = type == LUA_TNUMBER ? lua_tonumber(state, -1) : (double)NAN;
        if (!(number >= least && number <= most))
            sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a number from %g to %g", what,
                           key, least, most);
    }
    lua_pop(state, 1);
    return number;
}

bool sk_read_bool(lua_State *state, int table, const char *key, const char *what, bool fallback)
{
    int type = lua_getfield(state, table, key);
    bool value = type == LUA_TNIL ? fallback : lua_toboolean(state, -1);

    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be true or false", what, key);
    lua_pop(state, 1);
    return value;
}

static bool known_key(sk_str key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sk_str_eq(key, sk_str_from(keys[i])))
            return true;
    }
    return false;
}

/** The least unknown text key of the table, so that the error does not depend on table order. */
static bool find_unknown(lua_State *state, int table, const char *const *keys, size_t count,
                         bool first, char *out, size_t out_size)
{
    bool found = false;

    lua_pushnil(state);
    while (lua_next(state, table)) {
        char name[48] = "";

        if (lua_type(state, -2) == LUA_TSTRING) {
            size_t size;
            const char *key = lua_tolstring(state, -2, &size);

            if (!known_key((sk_str){key, size}, keys, count))
                snprintf(name, sizeof name, "%s", *key ? key : "?");
        } else if (!(first && lua_isinteger(state, -2) && lua_tointeger(state, -2) == 1)) {
            snprintf(name, sizeof name, "[%s]",
                     lua_isinteger(state, -2) ? "number" : luaL_typename(state, -2));
        }
        if (*name && (!found || strcmp(name, out) < 0)) {
            snprintf(out, out_size, "%s", name);
            found = true;
        }
        lua_pop(state, 1);
    }
    return found;
}

void sk_read_keys(lua_State *state, int table, const char *const *keys, size_t count, bool first,
                  const char *what)
{
    char name[48] = "";
    const char *near;
    sk_hint hint;

    if (!find_unknown(state, table, keys, count, first, name, sizeof name))
        return;
    sk_hint_start(&hint, sk_str_from(name));
    for (size_t i = 0; i < count; i++)
        sk_hint_add(&hint, keys[i]);
    near = sk_hint_best(&hint);
    sk_host_refuse(state, SK_EINVAL, name,
                   near ? "%s: unknown key '%s'; did you mean '%s'?" : "%s: unknown key '%s'", what,
                   name, near);
}

#define KEYS(list) list, sizeof(list) / sizeof(list)[0]

bool sk_rules_duration(sk_str text, int64_t *out_ms)
{
    uint32_t position = 0;
    sk_lexeme token = sk_expr_token(text, &position);
    double factor = token.unit == SK_U_DAY ? (double)SK_DAY_MS : (double)SK_MINUTE_MS;

    if (token.kind != SK_TOK_NUMBER || (token.unit != SK_U_DAY && token.unit != SK_U_MINUTE) ||
        sk_expr_token(text, &position).kind != SK_TOK_END || token.number * factor > 1e12)
        return false;
    *out_ms = (int64_t)(token.number * factor);
    return true;
}

static int64_t read_duration(lua_State *state, int table, const char *key, const char *what)
{
    sk_str text = sk_read_text(state, table, key, what);
    int64_t ms = 0;

    if (text.size > 0 && !sk_rules_duration(text, &ms))
        sk_host_refuse(state, SK_EINVAL, key,
                       "%s: %s must be a duration such as \"3d\", \"2h\" or \"90min\"", what, key);
    return ms;
}

/* ---- Rules ---- */

sk_str sk_read_name(lua_State *state, int spec, const char *what)
{
    sk_str name;

    if (lua_geti(state, spec, 1) != LUA_TSTRING)
        sk_host_refuse(state, SK_EINVAL, "1", "%s: starts without a name: { \"naam\", ... }", what);
    name = sk_read_copy(state, -1);
    lua_pop(state, 1);
    if (!sk_id_valid(name))
        sk_host_refuse(state, SK_EINVAL, "1",
                       "%s: a name has 1-64 letters, digits or - _ . :", what);
    return name;
}

static int find_rule(const sk_rule *rules, uint32_t count, sk_str name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sk_str_eq(rules[i].info.name, name))
            return (int)i;
    }
    return -1;
}

static void read_function(lua_State *state, int spec, sk_rule *rule, const char *what)
{
    int type = lua_getfield(state, spec, "lua");

    if (type == LUA_TNIL) {
        lua_pop(state, 1);
        return;
    }
    if (type != LUA_TFUNCTION || lua_iscfunction(state, -1))
        sk_host_refuse(state, SK_EINVAL, "lua", "%s: lua must be a function", what);
    sk_freeze(state);
    rule->function = luaL_ref(state, LUA_REGISTRYINDEX);
    rule->info.function = true;
}

/** Read a `hard` or `term` block; `base` is the rule of the same name that it replaces, or NULL. */
static sk_rule read_rule(lua_State *state, int spec, bool hard, const sk_rule *base,
                         const char *what)
{
    static const char *const keys[] = {"weight", "expr", "lua", "when", "why"};
    sk_rule rule = {.function = -1, .value_reg = -1, .when_reg = -1};
    sk_error err = {0};

    sk_read_keys(state, spec, KEYS(keys), true, what);
    rule.info.name = sk_read_name(state, spec, what);
    rule.info.source = sk_read_text(state, spec, "expr", what);
    read_function(state, spec, &rule, what);
    rule.when = sk_read_text(state, spec, "when", what);
    rule.info.why = sk_read_text(state, spec, "why", what);
    rule.info.weight = sk_read_number(state, spec, "weight", what, -1, 0, hard ? 0 : 1000);
    if (rule.info.source.size > 0 && rule.info.function)
        sk_host_refuse(state, SK_EINVAL, "expr", "%s: has both expr and lua; keep one", what);
    if (sk_why_check(rule.info.why, &err) != SK_OK)
        sk_host_refuse(state, SK_EINVAL, "why", "%s, why: %s", what, err.message);
    if (rule.info.source.size == 0 && !rule.info.function && base && rule.info.weight != 0) {
        /* Only the weight or the words change: the rest stays as the base has it. */
        rule.info.source = base->info.source;
        rule.info.function = base->info.function;
        rule.function = base->function;
        rule.when = rule.when.size ? rule.when : base->when;
        rule.info.why = rule.info.why.size ? rule.info.why : base->info.why;
        rule.info.weight = rule.info.weight < 0 ? base->info.weight : rule.info.weight;
    }
    return rule;
}

static void remove_rule(sk_rule *rules, uint32_t *count, int at)
{
    memmove(rules + at, rules + at + 1, (*count - (uint32_t)at - 1) * sizeof *rules);
    (*count)--;
}

/** `own` has a bit for each rule that this file has named; kept in step with removals. */
static void put_rule(lua_State *state, int spec, const sk_item *item, bool hard)
{
    sk_ruleset *rules = sk_host_of(state)->rules;
    sk_rule *list = hard ? rules->hards : rules->terms;
    uint32_t *count = hard ? &rules->info.hard_count : &rules->info.term_count;
    uint32_t most = hard ? SK_MAX_HARD : SK_MAX_TERMS;
    char what[200];
    sk_rule rule;
    sk_str name;
    int at;

    snprintf(what, sizeof what, "%s: %s", item->place, item->kind);
    name = sk_read_name(state, spec, what);
    snprintf(what, sizeof what, "%s: %s '%.*s'", item->place, item->kind, SK_STR_ARG(name));
    at = find_rule(list, *count, name);
    rule = read_rule(state, spec, hard, at >= 0 ? &list[at] : NULL, what);
    snprintf(rule.place, sizeof rule.place, "%s", item->place);
    if (rule.info.weight == 0) {
        if (at < 0)
            sk_host_refuse(
                state, SK_EINVAL, "weight",
                "%s: weight = 0 removes a rule of the base, but it has none of this name", what);
        remove_rule(list, count, at);
        return;
    }
    if (rule.info.source.size == 0 && !rule.info.function)
        sk_host_refuse(state, SK_EINVAL, "expr", "%s: needs expr or lua", what);
    if (!hard && rule.info.weight < 0)
        sk_host_refuse(state, SK_EINVAL, "weight", "%s: needs a weight", what);
    if (hard)
        rule.info.weight = 0;
    if (at < 0 && *count == most)
        sk_host_refuse(state, SK_ELIMIT, "", "%s: more than %u rules of this kind", what, most);
    list[at >= 0 ? (uint32_t)at : (*count)++] = rule;
}

/* ---- Relax ---- */

#define REACH_MOST_M 100000

/** Metres of "5 km" or "800 m", to the nearest whole one; 0 when left out. */
static uint32_t read_metres(lua_State *state, int table, const char *key, const char *what)
{
    sk_str text = sk_read_text(state, table, key, what);
    uint32_t position = 0;
    sk_lexeme token;
    double metres;

    if (text.size == 0)
        return 0;
    token = sk_expr_token(text, &position);
    metres = floor(token.number + 0.5);
    if (token.kind != SK_TOK_NUMBER || token.unit != SK_U_METRE ||
        sk_expr_token(text, &position).kind != SK_TOK_END ||
        !(metres >= 1 && metres <= REACH_MOST_M))
        sk_host_refuse(state, SK_EINVAL, key,
                       "%s: %s must be a distance from \"1 m\" to \"100 km\", such as \"5 km\"",
                       what, key);
    return (uint32_t)metres;
}

static bool read_any(lua_State *state, int table, const char *key, const char *what)
{
    sk_str text = sk_read_text(state, table, key, what);

    if (text.size > 0 && !sk_str_eq(text, SK_STR("any")))
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s can only be \"any\"", what, key);
    return text.size > 0;
}

/** What a step leaves out widens nothing. */
static sk_allowance read_allowance(lua_State *state, int spec, const char *what)
{
    double threshold = sk_read_number(state, spec, "threshold", what, 2, 0, 1);

    return (sk_allowance){.threshold = threshold > 1 ? INT64_MAX : sk_millionths(threshold),
                          .closeness =
                              sk_read_number(state, spec, "closeness", what, 1,
                                             SK_CLOSENESS_RELAXED_LEAST, SK_CLOSENESS_LEAST),
                          .extra_m = read_metres(state, spec, "reach", what),
                          .any_language = read_any(state, spec, "languages", what)};
}

static void put_relax(lua_State *state, int spec, const sk_item *item)
{
    static const char *const keys[] = {"after", "category",  "threshold",
                                       "reach", "languages", "closeness"};
    sk_ruleset *rules = sk_host_of(state)->rules;
    sk_relax relax = {0};
    sk_str category;
    char what[128];

    snprintf(what, sizeof what, "%s: relax", item->place);
    sk_read_keys(state, spec, KEYS(keys), false, what);
    relax.after_ms = read_duration(state, spec, "after", what);
    relax.gives = read_allowance(state, spec, what);
    category = sk_read_text(state, spec, "category", what);
    if (relax.after_ms == 0)
        sk_host_refuse(state, SK_EINVAL, "after", "%s: needs after", what);
    if (relax.gives.threshold > 1000000 && relax.gives.closeness > SK_CLOSENESS_LEAST &&
        relax.gives.extra_m == 0 && !relax.gives.any_language)
        sk_host_refuse(state, SK_EINVAL, "threshold",
                       "%s: needs one of threshold, reach, languages and closeness", what);
    if (category.size > 0 && !(relax.category = sk_intern_add(rules->words, category)))
        sk_host_no_memory(state);
    if (rules->relax_count == SK_RULES_MAX_RELAX)
        sk_host_refuse(state, SK_ELIMIT, "", "%s: more than %d of them", what, SK_RULES_MAX_RELAX);
    rules->relax[rules->relax_count++] = relax;
}

/* ---- The whole ---- */

static void put_item(lua_State *state, int spec, const sk_item *item, bool is_main)
{
    if (strcmp(item->kind, "hard") == 0 || strcmp(item->kind, "term") == 0)
        put_rule(state, spec, item, item->kind[0] == 'h');
    else if (strcmp(item->kind, "relax") == 0)
        put_relax(state, spec, item);
    else if (strcmp(item->kind, "notify") == 0)
        sk_read_notify(state, spec, item);
    else if (strcmp(item->kind, "pacing") == 0)
        sk_read_pacing(state, spec, item);
    else if (strcmp(item->kind, "example") == 0) {
        if (is_main)
            sk_read_example(state, spec, item);
    } else
        sk_host_refuse(state, SK_EINVAL, "", "%s: a ruleset cannot stand in a ruleset",
                       item->place);
}

/** One file may name a rule once, and takes over all `relax` once it has its own. */
static void check_items(lua_State *state, int table, lua_Integer count)
{
    sk_ruleset *rules = sk_host_of(state)->rules;

    lua_newtable(state);
    for (lua_Integer i = 1; i <= count; i++) {
        const sk_item *item;

        lua_geti(state, table, i);
        item = sk_bind_item(state, -1);
        if (!item)
            sk_host_refuse(
                state, SK_EINVAL, "",
                "ruleset: part %d is not made by hard, term, relax, notify, pacing or example%s",
                (int)i,
                lua_type(state, -1) == LUA_TNUMBER ? "; a decimal is written with a point, as 0.5"
                                                   : "");
        if (item->kind[0] == 'r')
            rules->relax_count = 0;
        lua_geti(state, -1, 1);
        if (lua_type(state, -1) == LUA_TSTRING) {
            lua_pushfstring(state, "%s %s", item->kind, lua_tostring(state, -1));
            lua_pushvalue(state, -1);
            if (lua_rawget(state, table + 1) != LUA_TNIL)
                sk_host_refuse(state, SK_EINVAL, "", "%s: %s occurs twice", item->place,
                               lua_tostring(state, -2));
            lua_pop(state, 1);
            lua_pushboolean(state, 1);
            lua_rawset(state, table + 1);
        }
        lua_settop(state, table + 1);
    }
    lua_pop(state, 1);
}

static void read_items(lua_State *state, int table, bool is_main)
{
    lua_Integer count = luaL_len(state, table);

    check_items(state, table, count);
    for (lua_Integer i = 1; i <= count; i++) {
        const sk_item *item;

        lua_geti(state, table, i);
        item = sk_bind_item(state, -1);
        put_item(state, lua_gettop(state), item, is_main);
        lua_settop(state, table);
    }
}

static void read_limits(lua_State *state, int table)
{
    static const char *const keys[] = {"per_need", "per_helper"};
    sk_ruleset_info *info = &sk_host_of(state)->rules->info;

    if (lua_getfield(state, table, "limits") != LUA_TNIL) {
        int limits = lua_gettop(state);

        if (!lua_istable(state, limits))
            sk_host_refuse(state, SK_EINVAL, "limits",
                           "ruleset: limits must be { per_need = 5, per_helper = 3 }");
        sk_read_keys(state, limits, KEYS(keys), false, "ruleset, limits");
        info->max_open_per_demand = (uint32_t)sk_read_number(
            state, limits, "per_need", "ruleset, limits", info->max_open_per_demand, 0, 1000);
        info->max_open_per_supply = (uint32_t)sk_read_number(
            state, limits, "per_helper", "ruleset, limits", info->max_open_per_supply, 0, 1000);
    }
    lua_pop(state, 1);
}

static void read_scalars(lua_State *state, int table)
{
    sk_ruleset_info *info = &sk_host_of(state)->rules->info;
    sk_str policy;

    info->name = sk_read_text(state, table, "name", "ruleset");
    if (!sk_id_valid(info->name))
        sk_host_refuse(state, SK_EINVAL, "name",
                       "ruleset: needs a name of 1-64 letters, digits or - _ . :");
    policy = sk_read_text(state, table, "policy", "ruleset");
    sk_host_of(state)->rules->own_policy = policy.size > 0;
    if (policy.size > 0)
        info->policy = policy;
    info->threshold = sk_millionths(
        sk_read_number(state, table, "threshold", "ruleset", (double)info->threshold / 1e6, 0, 1));
    read_limits(state, table);
    sk_read_attributes(state, table);
}

static void read_base(lua_State *state, int table)
{
    sk_str base = sk_read_text(state, table, "based_on", "ruleset");

    sk_host_of(state)->rules->info.based_on = base;
    if (base.size == 0)
        return;
    if (!sk_id_valid(base))
        sk_host_refuse(state, SK_EINVAL, "based_on", "ruleset: based_on is no name of a rule set");
    sk_host_of(state)->depth++;
    sk_host_evaluate_file(state, base);
    sk_read_ruleset(state, false);
    sk_host_of(state)->rules->info.based_on = base;
    sk_host_of(state)->depth--;
}

/** Refuse unknown text keys; the numbered ones are the parts. */
static void check_ruleset_keys(lua_State *state, int table)
{
    static const char *const keys[] = {"name",      "based_on", "policy",
                                       "threshold", "limits",   "attributes"};
    lua_Integer count = luaL_len(state, table);

    lua_newtable(state);
    lua_pushnil(state);
    while (lua_next(state, table)) {
        bool part = lua_isinteger(state, -2) && lua_tointeger(state, -2) >= 1 &&
                    lua_tointeger(state, -2) <= count;

        lua_pop(state, 1);
        if (!part) {
            lua_pushvalue(state, -1);
            lua_pushboolean(state, 1);
            lua_rawset(state, table + 1);
        }
    }
    sk_read_keys(state, table + 1, KEYS(keys), false, "ruleset");
    lua_pop(state, 1);
}

void sk_read_ruleset(lua_State *state, bool is_main)
{
    const sk_item *item = sk_bind_item(state, -1);
    int table = lua_gettop(state);

    luaL_checkstack(state, 20, "too many rule files");
    if (!item || strcmp(item->kind, "ruleset") != 0)
        sk_host_refuse(state, SK_EINVAL, "",
                       "a rule file ends with `return ruleset { ... }`; this one does not");
    check_ruleset_keys(state, table);
    read_base(state, table);
    lua_settop(state, table);
    read_scalars(state, table);
    read_items(state, table, is_main);
}
