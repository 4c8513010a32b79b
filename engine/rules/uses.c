/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/uses.h"
#include "rules/check.h"
#include "rules/host.h"
#include "rules/program.h"

#include <lauxlib.h>
#include <stdio.h>

/* What a rule reads.
 *
 * An expression is a program: its leaves are its fields. A function is Lua, which may reach a field
 * by its name only, so the name stands among the constants of the function or of a function that it
 * calls. Those are looked through:
 *
 *     function --constants--> "wijk" "samen"
 *              --upvalue----> gebied (a proxy, see freeze.c) --"samen"--> function ...
 *
 * Of a table only what the function mentions is followed. The answer may name a field that is never
 * read; it leaves none out, unless a name is put together from pieces while the function runs. */

/* ---- Expressions ---- */

typedef struct collector {
    const sk_ruleset *rules;
    sk_uses *uses;
} collector;

static void add_attribute(sk_uses *uses, sk_side side, sk_str name)
{
    for (size_t i = 0; i < uses->attribute_count; i++) {
        if (uses->attributes[i].side == side && sk_str_eq(uses->attributes[i].name, name))
            return;
    }
    if (uses->attribute_count == SK_USES_MAX_ATTRIBUTES) {
        uses->any_attribute = true;
        return;
    }
    uses->attributes[uses->attribute_count].side = side;
    uses->attributes[uses->attribute_count++].name = name;
}

static void collect(void *context, const sk_program *program, const sk_instr *instr)
{
    collector *c = context;

    if (instr->op == SK_OP_ATTR)
        add_attribute(c->uses, (sk_side)instr->side, sk_intern_str(program->words, instr->word));
    else if (instr->op != SK_OP_FIELD && instr->op != SK_OP_SET_FIELD)
        return;
    else if (sk_fields[instr->field].of_side)
        c->uses->side[instr->side][instr->field] = true;
    else
        c->uses->pair[instr->field] = true;
}

/* ---- Functions ---- */

#define VISITS_MAX 256

typedef struct search {
    sk_uses *uses;
    int function; /**< The host's number of it. */
    const void *seen[VISITS_MAX];
    size_t seen_count;
    sk_buf code; /**< Of the function at hand, as Lua writes it. */
} search;

static void follow(lua_State *state, search *s);

static int write_code(lua_State *state, const void *bytes, size_t size, void *context)
{
    search *s = context;

    (void)state;
    sk_buf_add(&s->code, bytes, size);
    return s->code.failed;
}

/** Lua writes a short text as one byte, its size + 1 with the highest bit set, and the text. */
static bool mentions(const search *s, const char *name)
{
    char text[130];
    size_t size = strlen(name);

    if (size >= 126 || !s->code.data)
        return false;
    snprintf(text, sizeof text, "%c%s", (int)(0x80 | (size + 1)), name);
    return memmem(s->code.data, s->code.size, text, size + 1) != NULL;
}

static void note_fields(const search *s)
{
    for (int id = 0; id < SK_F_COUNT_; id++) {
        if (!mentions(s, sk_fields[id].name))
            continue;
        if (sk_fields[id].of_side)
            s->uses->side[SK_DEMAND][id] = s->uses->side[SK_SUPPLY][id] = true;
        else
            s->uses->pair[id] = true;
    }
    s->uses->any_attribute |= mentions(s, "attributes");
}

static bool first_visit(search *s, const void *what)
{
    for (size_t i = 0; i < s->seen_count; i++) {
        if (s->seen[i] == what)
            return false;
    }
    if (s->seen_count == VISITS_MAX)
        return false;
    s->seen[s->seen_count++] = what;
    return true;
}

/** The table on top, a proxy or not: what the code at hand mentions of it. The code is kept apart,
 *  since each function that is followed replaces it. */
static void follow_table(lua_State *state, search *s)
{
    sk_buf code = s->code;
    int table, type;

    type = luaL_getmetafield(state, -1, "__index");
    if (type == LUA_TTABLE)
        lua_replace(state, -2);
    else if (type != LUA_TNIL)
        lua_pop(state, 1);
    table = lua_gettop(state);
    s->code = (sk_buf){0};
    lua_pushnil(state);
    while (lua_istable(state, table) && lua_next(state, table)) {
        search outer = {.code = code};

        if (lua_type(state, -2) != LUA_TSTRING || mentions(&outer, lua_tostring(state, -2)))
            follow(state, s);
        lua_pop(state, 1);
    }
    sk_buf_done(&s->code);
    s->code = code;
    lua_settop(state, table);
}

static void follow_function(lua_State *state, search *s)
{
    sk_buf outer = s->code;
    int function = lua_gettop(state);

    s->code = (sk_buf){0};
    lua_dump(state, write_code, s, 1);
    note_fields(s);
    for (int i = 1; lua_getupvalue(state, function, i); i++) {
        follow(state, s);
        lua_settop(state, function);
    }
    sk_buf_done(&s->code);
    s->code = outer;
}

/** Follow the value on top, and leave the stack as it was. */
static void follow(lua_State *state, search *s)
{
    int top = lua_gettop(state);

    luaL_checkstack(state, 10, "nested too deeply");
    if (lua_isfunction(state, -1) && !lua_iscfunction(state, -1)) {
        if (first_visit(s, lua_topointer(state, -1)))
            follow_function(state, s);
    } else if (lua_istable(state, -1)) {
        lua_pushvalue(state, -1);
        follow_table(state, s);
    }
    lua_settop(state, top);
}

/** Runs in lua_pcall; the search is the light userdata. */
static int search_function(lua_State *state)
{
    search *s = lua_touserdata(state, 1);

    lua_rawgeti(state, LUA_REGISTRYINDEX, s->function);
    follow(state, s);
    return 0;
}

static sk_status collect_function(sk_ruleset *rules, const sk_rule *rule, sk_uses *uses,
                                  sk_error *err)
{
    lua_State *state = rules->host->state;
    search s = {.uses = uses, .function = rule->function};
    int outcome;
    bool failed;

    lua_pushcfunction(state, search_function);
    lua_pushlightuserdata(state, &s);
    outcome = lua_pcall(state, 1, 0, 0);
    failed = s.code.failed;
    sk_buf_done(&s.code);
    lua_settop(state, 0);
    return outcome == LUA_OK && !failed ? SK_OK : sk_fail(err, SK_ENOMEM, "out of memory");
}

/* ---- Face ---- */

sk_status sk_uses_of_rule(sk_ruleset *rules, const sk_rule *rule, bool hard, sk_uses *uses,
                          sk_error *err)
{
    const sk_program *program = rule->info.function ? rules->when_program
                                : hard              ? rules->hard_program
                                                    : rules->term_program;
    collector c = {rules, uses};

    if (rule->value_reg >= 0)
        sk_program_walk(program, rule->value_reg, collect, &c);
    if (rule->when_reg >= 0)
        sk_program_walk(program, rule->when_reg, collect, &c);
    return rule->info.function ? collect_function(rules, rule, uses, err) : SK_OK;
}

sk_status sk_uses_of(sk_ruleset *rules, sk_uses *out, sk_error *err)
{
    sk_status st = SK_OK;

    *out = (sk_uses){.any_attribute = false};
    for (uint32_t i = 0; i < rules->info.hard_count && st == SK_OK; i++)
        st = sk_uses_of_rule(rules, &rules->hards[i], true, out, err);
    for (uint32_t i = 0; i < rules->info.term_count && st == SK_OK; i++)
        st = sk_uses_of_rule(rules, &rules->terms[i], false, out, err);
    for (uint32_t i = 0; i < rules->info.notify_count; i++)
        if (rules->notify[i].when_reg >= 0)
            sk_program_walk(rules->notify_program, rules->notify[i].when_reg, collect,
                            &(collector){rules, out});
    sk_uses_of_relax(rules, out);
    return st;
}

void sk_uses_of_relax(const sk_ruleset *rules, sk_uses *uses)
{
    for (uint32_t i = 0; i < rules->relax_count; i++) {
        uses->side[SK_DEMAND][SK_F_AGE] = true;
        uses->side[SK_DEMAND][SK_F_CATEGORIES] |= rules->relax[i].category != 0;
    }
}

bool sk_function_lines(sk_ruleset *rules, const sk_rule *rule, int *out_first, int *out_last)
{
    lua_State *state = rules->host->state;
    lua_Debug ar;

    if (rule->function < 0)
        return false;
    lua_rawgeti(state, LUA_REGISTRYINDEX, rule->function);
    lua_getinfo(state, ">S", &ar);
    *out_first = ar.linedefined;
    *out_last = ar.lastlinedefined;
    return sk_str_eq(sk_str_from(ar.short_src), rules->file);
}
