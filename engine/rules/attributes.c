/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

/* `attributes`: the municipality's own fields, declared with a type.
 *
 *     attributes = { trap_lopen = "boolean",
 *                    reistijd = { type = "number", unit = "min", note = "met de bus" } }
 *
 * Lua's tables have no order of their own, so the names are sorted before anything is said about
 * them. What the base declares stays, unless the file declares the name anew. */

#define KEYS(list) list, sizeof(list) / sizeof(list)[0]

static const struct {
    const char *word;
    sk_attr_type type;
} types[] = {{"number", SK_ATTR_NUMBER}, {"boolean", SK_ATTR_BOOL}, {"string", SK_ATTR_STRING}};
#define TYPES (sizeof types / sizeof types[0])

static sk_attr_type read_type(lua_State *state, sk_str word, const char *what)
{
    const char *near;
    sk_hint hint;

    sk_hint_start(&hint, word);
    for (size_t i = 0; i < TYPES; i++) {
        if (sk_str_eq(word, sk_str_from(types[i].word)))
            return types[i].type;
        sk_hint_add(&hint, types[i].word);
    }
    /* What the documents and other languages call them. */
    if (sk_str_eq(word, SK_STR("text")) || sk_str_eq(word, SK_STR("tekst")))
        near = "string";
    else
        near = sk_hint_best(&hint);
    sk_host_refuse(state, SK_EINVAL, "attributes",
                   near ? "%s: unknown type '%.*s'; did you mean '%s'?"
                        : "%s: unknown type '%.*s'; known are number, boolean and string",
                   what, word.size > 40 ? 40 : (int)word.size, word.data, near);
}

/** The type, or a table with it, is on top. */
static sk_attribute_info read_declaration(lua_State *state, sk_str name)
{
    static const char *const keys[] = {"type", "unit", "note"};
    sk_attribute_info attribute = {.name = name, .unit = SK_STR(""), .note = SK_STR("")};
    char what[96];

    snprintf(what, sizeof what, "ruleset, attributes, %.*s", SK_STR_ARG(name));
    if (lua_type(state, -1) == LUA_TSTRING) {
        attribute.type = read_type(state, sk_read_copy(state, -1), what);
        return attribute;
    }
    if (!lua_istable(state, -1))
        sk_host_refuse(state, SK_EINVAL, "attributes",
                       "%s: must be \"number\", \"boolean\" or \"string\", or a table with type",
                       what);
    int table = lua_gettop(state);
    sk_read_keys(state, table, KEYS(keys), false, what);
    attribute.type = read_type(state, sk_read_text(state, table, "type", what), what);
    attribute.unit = sk_read_text(state, table, "unit", what);
    attribute.note = sk_read_text(state, table, "note", what);
    if (attribute.unit.size > 0 &&
        (attribute.type != SK_ATTR_NUMBER || sk_unit_find(attribute.unit) == SK_U_NONE))
        sk_host_refuse(state, SK_EINVAL, "attributes",
                       "%s: unit must be \"m\", \"min\" or \"d\", and of a number", what);
    return attribute;
}

static void put_attribute(lua_State *state, sk_attribute_info attribute)
{
    sk_ruleset *rules = sk_host_of(state)->rules;
    sk_declared declared = {rules->attributes, rules->info.attribute_count};
    const sk_attribute_info *found = sk_declared_find(declared, attribute.name);
    size_t at = found ? (size_t)(found - rules->attributes) : declared.count;

    if (at == SK_RULES_MAX_ATTRIBUTES)
        sk_host_refuse(state, SK_ELIMIT, "attributes", "ruleset, attributes: more than %d of them",
                       SK_RULES_MAX_ATTRIBUTES);
    rules->attributes[at] = attribute;
    rules->info.attribute_count += !found;
}

static int compare_names(const void *a, const void *b)
{
    return sk_str_cmp(*(const sk_str *)a, *(const sk_str *)b);
}

/** The names in the table, ascending. */
static size_t read_names(lua_State *state, int table, sk_str *names)
{
    size_t count = 0;

    lua_pushnil(state);
    while (lua_next(state, table)) {
        lua_pop(state, 1);
        if (lua_type(state, -1) != LUA_TSTRING)
            sk_host_refuse(state, SK_EINVAL, "attributes",
                           "ruleset, attributes: must be names with their types, such as "
                           "trap_lopen = \"boolean\"");
        if (count == SK_RULES_MAX_ATTRIBUTES)
            sk_host_refuse(state, SK_ELIMIT, "attributes",
                           "ruleset, attributes: more than %d of them", SK_RULES_MAX_ATTRIBUTES);
        names[count++] = sk_read_copy(state, -1);
    }
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

void sk_read_attributes(lua_State *state, int table)
{
    sk_str names[SK_RULES_MAX_ATTRIBUTES];
    int type = lua_getfield(state, table, "attributes"), list = lua_gettop(state);
    size_t count = 0;

    if (type != LUA_TNIL && type != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, "attributes",
                       "ruleset: attributes must be a table of names with their types");
    if (type == LUA_TTABLE)
        count = read_names(state, list, names);
    for (size_t i = 0; i < count; i++) {
        if (!sk_attribute_name_valid(names[i]))
            sk_host_refuse(state, SK_EINVAL, "attributes",
                           "ruleset, attributes: '%.*s' is no name: 1-64 letters, digits, - or _",
                           names[i].size > 64 ? 64 : (int)names[i].size, names[i].data);
        lua_pushlstring(state, names[i].data, names[i].size);
        lua_rawget(state, list);
        put_attribute(state, read_declaration(state, names[i]));
        lua_settop(state, list);
    }
    lua_settop(state, list - 1);
}
