/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/notify.h"

#include <lauxlib.h>
#include <stdio.h>

#include "model/model.h"
#include "rules/check.h"
#include "rules/host.h"
#include "rules/program.h"

/* `notify` and `pacing` blocks: read from the rule file, compiled, and asked which of them hold.
 *
 * Their `when`s are one program of their own. About an event of one listing only that listing's
 * side is known; what a `when` reads is found when it is compiled, so that one that needs more is
 * false without being evaluated. */

#define KEYS(list) list, sizeof(list) / sizeof(list)[0]

/* ---- Words ---- */

static const char *const events[SK_ON_COUNT_] = {
    [SK_ON_CREATED] = "suggestion.created",       [SK_ON_ACCEPTED] = "suggestion.accepted",
    [SK_ON_INTRODUCED] = "suggestion.introduced", [SK_ON_DECLINED] = "suggestion.declined",
    [SK_ON_REJECTED] = "suggestion.rejected",     [SK_ON_CONNECTED] = "suggestion.connected",
    [SK_ON_LISTING_EXPIRED] = "listing.expired",
};

static const char *const recipients[] = {
    [SK_TO_CONNECTOR] = "connector",          [SK_TO_NEED_PARTY] = "need_party",
    [SK_TO_OFFER_PARTY] = "offer_party",      [SK_TO_ADMIN] = "role:admin",
    [SK_TO_RULE_AUTHOR] = "role:rule_author",
};
#define RECIPIENTS (sizeof(recipients) / sizeof(recipients[0]))

const char *sk_on_name(sk_on on)
{
    return on > SK_ON_NONE && on < SK_ON_COUNT_ ? events[on] : "";
}

sk_on sk_on_from(sk_str name)
{
    for (int on = 1; on < SK_ON_COUNT_; on++)
        if (sk_str_eq(sk_str_from(events[on]), name))
            return (sk_on)on;
    return SK_ON_NONE;
}

const char *sk_to_name(sk_to to)
{
    return to > SK_TO_NONE && (size_t)to < RECIPIENTS ? recipients[to] : "";
}

/** The number of the word at `key`, from 1; refuses with the nearest when it is none. */
static int read_word(lua_State *state, int spec, const char *key, const char *const *words,
                     size_t count, const char *what)
{
    sk_str word = sk_read_text(state, spec, key, what);
    const char *near;
    sk_hint hint;

    if (word.size == 0)
        sk_host_refuse(state, SK_EINVAL, key, "%s: needs %s", what, key);
    sk_hint_start(&hint, word);
    for (size_t i = 1; i < count; i++) {
        if (sk_str_eq(sk_str_from(words[i]), word))
            return (int)i;
        sk_hint_add(&hint, words[i]);
    }
    near = sk_hint_best(&hint);
    sk_host_refuse(state, SK_EINVAL, key,
                   near ? "%s: unknown %s '%s'; did you mean '%s'?" : "%s: unknown %s '%s'", what,
                   key, word.data, near);
}

/* ---- Texts ---- */

static void check_letter(lua_State *state, const char *key, sk_str text, const char *what)
{
    sk_error err = {0};

    if (sk_letter_check(text, &err) != SK_OK)
        sk_host_refuse(state, SK_EINVAL, key, "%s, %s: %s", what, key, err.message);
}

static void add_tongue(lua_State *state, const char *key, sk_str language, sk_letter *out,
                       const char *what)
{
    uint32_t at = out->count;
    sk_str text;

    if (!sk_language_valid(language) || out->count == SK_MAX_TONGUES)
        sk_host_refuse(state, SK_EINVAL, key,
                       "%s: %s is { nl = \"...\" }, with at most %d languages of two letters", what,
                       key, SK_MAX_TONGUES);
    text = sk_read_copy(state, -1);
    check_letter(state, key, text, what);
    /* Dutch first, then by name, so that the order of Lua's tables is never seen. */
    while (at > 0 && !sk_str_eq(out->tongues[at - 1].language, SK_STR("nl")) &&
           (sk_str_eq(language, SK_STR("nl")) ||
            sk_str_cmp(language, out->tongues[at - 1].language) < 0)) {
        out->tongues[at] = out->tongues[at - 1];
        at--;
    }
    out->tongues[at] = (sk_tongue){language, text};
    out->count++;
}

static void read_letter(lua_State *state, int spec, const char *key, sk_letter *out,
                        const char *what)
{
    int type = lua_getfield(state, spec, key), table = lua_gettop(state);

    if (type != LUA_TNIL && type != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a table such as { nl = \"...\" }",
                       what, key);
    lua_pushnil(state);
    while (type == LUA_TTABLE && lua_next(state, table)) {
        if (lua_type(state, -2) != LUA_TSTRING || lua_type(state, -1) != LUA_TSTRING)
            sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be texts by language", what, key);
        add_tongue(state, key, sk_read_copy(state, -2), out, what);
        lua_pop(state, 1);
    }
    if (type == LUA_TTABLE &&
        (out->count == 0 || !sk_str_eq(out->tongues[0].language, SK_STR("nl"))))
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s needs a text in Dutch: nl = \"...\"", what,
                       key);
    lua_settop(state, table - 1);
}

/* ---- Blocks ---- */

static int find_block(const sk_ruleset *rules, sk_str name)
{
    for (uint32_t i = 0; i < rules->info.notify_count; i++)
        if (sk_str_eq(rules->notify[i].info.name, name))
            return (int)i;
    return -1;
}

static void remove_block(lua_State *state, sk_ruleset *rules, int at, const char *what)
{
    if (at < 0)
        sk_host_refuse(state, SK_EINVAL, "off",
                       "%s: off = true removes a block of the base, but it has none of this name",
                       what);
    memmove(rules->notify + at, rules->notify + at + 1,
            (--rules->info.notify_count - (uint32_t)at) * sizeof *rules->notify);
}

/* ---- Pacing ---- */

static uint16_t read_clock(lua_State *state, int table, const char *key, const char *what)
{
    sk_str text = sk_read_text(state, table, key, what);
    unsigned hour = 24, minute = 60;

    if (text.size == 5 && text.data[2] == ':' && strspn(text.data, "0123456789") == 2 &&
        strspn(text.data + 3, "0123456789") >= 2) {
        hour = (unsigned)(text.data[0] - '0') * 10 + (unsigned)(text.data[1] - '0');
        minute = (unsigned)(text.data[3] - '0') * 10 + (unsigned)(text.data[4] - '0');
    }
    if (hour > 23 || minute > 59)
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a time such as \"21:00\"", what, key);
    return (uint16_t)(hour * 60 + minute);
}

/** The words of a list, as bits in the order of `words`; 0 when there is none. */
static unsigned read_words(lua_State *state, int table, const char *key, const char *const *words,
                           size_t count, const char *what)
{
    int type = lua_getfield(state, table, key), list = lua_gettop(state);
    unsigned bits = 0;

    if (type != LUA_TNIL && type != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a list", what, key);
    for (lua_Integer i = 1; type == LUA_TTABLE && i <= luaL_len(state, list); i++) {
        size_t word = 0;

        lua_geti(state, list, i);
        while (word < count && (lua_type(state, -1) != LUA_TSTRING ||
                                strcmp(lua_tostring(state, -1), words[word]) != 0))
            word++;
        if (word == count)
            sk_host_refuse(state, SK_EINVAL, key, "%s: item %d of %s is not one of its words", what,
                           (int)i, key);
        bits |= 1u << word;
        lua_pop(state, 1);
    }
    lua_settop(state, list - 1);
    return bits;
}

static const char *const days[7] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

static void read_digest(lua_State *state, int spec, sk_notify_info *out, const char *what)
{
    static const char *const keys[] = {"at", "days"};
    int type = lua_getfield(state, spec, "digest"), table = lua_gettop(state);

    if (type != LUA_TNIL && type != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, "digest", "%s: digest must be { at = \"09:00\" }", what);
    if (type == LUA_TTABLE) {
        sk_read_keys(state, table, KEYS(keys), false, what);
        out->has_digest = true;
        out->digest_min = read_clock(state, table, "at", what);
        out->digest_days = (uint8_t)read_words(state, table, "days", days, 7, what);
    }
    lua_settop(state, table - 1);
}

static void read_quiet(lua_State *state, int spec, sk_pacing *out, const char *what)
{
    static const char *const keys[] = {"from", "to", "days"};
    int type = lua_getfield(state, spec, "quiet"), table = lua_gettop(state);

    if (type == LUA_TTABLE) {
        sk_read_keys(state, table, KEYS(keys), false, what);
        out->quiet_days = (uint8_t)read_words(state, table, "days", days, 7, what);
        out->has_quiet = lua_getfield(state, table, "from") != LUA_TNIL ||
                         lua_getfield(state, table, "to") != LUA_TNIL;
        if (out->has_quiet) {
            out->quiet_from_min = read_clock(state, table, "from", what);
            out->quiet_to_min = read_clock(state, table, "to", what);
        }
        if (out->quiet_days == 0x7f || (out->has_quiet && out->quiet_from_min == out->quiet_to_min))
            sk_host_refuse(state, SK_EINVAL, "quiet", "%s: quiet leaves no time for messages",
                           what);
    } else if (type == LUA_TBOOLEAN && !lua_toboolean(state, -1)) {
        out->has_quiet = false;
        out->quiet_days = 0;
    } else if (type != LUA_TNIL) {
        sk_host_refuse(state, SK_EINVAL, "quiet",
                       "%s: quiet must be { from = \"21:00\", to = \"08:00\" } or false", what);
    }
    lua_settop(state, table - 1);
}

void sk_read_pacing(lua_State *state, int spec, const sk_item *item)
{
    static const char *const keys[] = {"quiet", "max_per_day", "max_per_week", "channel"};
    sk_pacing *p = &sk_host_of(state)->rules->pacing;
    sk_str channel;
    char what[128];

    snprintf(what, sizeof what, "%s: pacing", item->place);
    sk_read_keys(state, spec, KEYS(keys), false, what);
    read_quiet(state, spec, p, what);
    p->max_per_day =
        (uint32_t)sk_read_number(state, spec, "max_per_day", what, p->max_per_day, 0, 1000);
    p->max_per_week =
        (uint32_t)sk_read_number(state, spec, "max_per_week", what, p->max_per_week, 0, 1000);
    channel = sk_read_text(state, spec, "channel", what);
    if (channel.size && !sk_trait_valid(channel))
        sk_host_refuse(state, SK_EINVAL, "channel",
                       "%s: a channel is a name of 1 to 64 of a-z 0-9 . and hyphen", what);
    if (channel.size)
        p->channel = channel;
}

const sk_pacing *sk_ruleset_pacing(const sk_ruleset *rules)
{
    return &rules->pacing;
}

/* ---- One block ---- */

static sk_notify read_block(lua_State *state, int spec, sk_str name, const char *what)
{
    static const char *const breaks[] = {"quiet", "budget", "digest"};
    sk_notify block = {.when_reg = -1};

    block.info.name = name;
    block.info.on = (sk_on)read_word(state, spec, "on", events, SK_ON_COUNT_, what);
    block.info.to = (sk_to)read_word(state, spec, "to", recipients, RECIPIENTS, what);
    block.info.channel = sk_read_text(state, spec, "channel", what);
    block.when = sk_read_text(state, spec, "when", what);
    block.info.breaks = read_words(state, spec, "breaks", breaks, 3, what);
    read_digest(state, spec, &block.info, what);
    if (block.info.channel.size && !sk_trait_valid(block.info.channel))
        sk_host_refuse(state, SK_EINVAL, "channel",
                       "%s: a channel is a name of 1 to 64 of a-z 0-9 . and hyphen", what);
    read_letter(state, spec, "subject", &block.info.subject, what);
    read_letter(state, spec, "text", &block.info.text, what);
    if (block.info.text.count == 0)
        sk_host_refuse(state, SK_EINVAL, "text", "%s: needs text = { nl = \"...\" }", what);
    return block;
}

void sk_read_notify(lua_State *state, int spec, const sk_item *item)
{
    static const char *const keys[] = {"on",      "to",  "when",   "channel", "text",
                                       "subject", "off", "digest", "breaks"};
    sk_ruleset *rules = sk_host_of(state)->rules;
    char what[200];
    sk_notify block;
    sk_str name;
    int at;

    snprintf(what, sizeof what, "%s: notify", item->place);
    name = sk_read_name(state, spec, what);
    snprintf(what, sizeof what, "%s: notify '%.*s'", item->place, SK_STR_ARG(name));
    sk_read_keys(state, spec, KEYS(keys), true, what);
    at = find_block(rules, name);
    if (sk_read_bool(state, spec, "off", what, false)) {
        remove_block(state, rules, at, what);
        return;
    }
    block = read_block(state, spec, name, what);
    snprintf(block.place, sizeof block.place, "%s", item->place);
    if (at < 0 && rules->info.notify_count == SK_MAX_NOTIFY)
        sk_host_refuse(state, SK_ELIMIT, "", "%s: more than %d of them", what, SK_MAX_NOTIFY);
    rules->notify[at >= 0 ? (uint32_t)at : rules->info.notify_count++] = block;
}

/* ---- Compiling ---- */

static void note_read(void *context, const sk_program *program, const sk_instr *instr)
{
    unsigned *reads = context;

    (void)program;
    if (instr->op != SK_OP_ATTR && instr->op != SK_OP_FIELD && instr->op != SK_OP_SET_FIELD)
        return;
    if (instr->op != SK_OP_ATTR && !sk_fields[instr->field].of_side)
        *reads |= SK_KNOWS_PAIR;
    else
        *reads |= instr->side == SK_DEMAND ? SK_KNOWS_NEED : SK_KNOWS_OFFER;
}

static sk_status compile_block(sk_ruleset *rules, sk_notify *block, sk_error *err)
{
    sk_expr_fault fault;
    char field[96];

    if (block->when.size == 0)
        return SK_OK;
    if (sk_program_add(rules->notify_program, block->when, SK_T_BOOL, &block->when_reg, &fault) ==
        SK_OK)
        return SK_OK;
    snprintf(field, sizeof field, "notify.%.*s.when", SK_STR_ARG(block->info.name));
    return sk_fail_field(err, fault.status, field, "%s: notify '%.*s', when, character %u: %s",
                         block->place, SK_STR_ARG(block->info.name), fault.character, fault.text);
}

sk_status sk_notify_compile(sk_ruleset *rules, sk_error *err)
{
    sk_status st = SK_OK;

    rules->notify_program = sk_program_new(rules->words);
    if (!rules->notify_program)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    sk_program_declare(rules->notify_program,
                       (sk_declared){rules->attributes, rules->info.attribute_count});
    for (uint32_t i = 0; i < rules->info.notify_count && st == SK_OK; i++) {
        sk_notify *block = &rules->notify[i];

        rules->notify_on[block->info.on] |= UINT32_C(1) << i;
        st = compile_block(rules, block, err);
        if (st == SK_OK && block->when_reg >= 0)
            sk_program_walk(rules->notify_program, block->when_reg, note_read, &block->reads);
    }
    return st == SK_OK ? sk_program_seal(rules->notify_program, err) : st;
}

/* ---- Asking ---- */

const sk_notify_info *sk_ruleset_notify(const sk_ruleset *rules, uint32_t index)
{
    return index < rules->info.notify_count ? &rules->notify[index].info : NULL;
}

uint32_t sk_ruleset_notify_on(const sk_ruleset *rules, sk_on on)
{
    return rules->notify_on[on];
}

uint32_t sk_ruleset_notify_holds(sk_ruleset *rules, int64_t now_ms, sk_on on, const sk_pair *pair,
                                 unsigned knows)
{
    uint32_t held = rules->notify_on[on];
    bool ran = false;

    for (uint32_t i = 0; i < rules->info.notify_count; i++) {
        const sk_notify *block = &rules->notify[i];

        if (!(held & UINT32_C(1) << i) || block->when_reg < 0)
            continue;
        if (!ran)
            sk_program_run(rules->notify_program, now_ms, pair, 1);
        ran = true;
        if ((block->reads & ~knows) ||
            sk_program_column(rules->notify_program, block->when_reg)[0] != 1.0)
            held &= ~(UINT32_C(1) << i);
    }
    return held;
}
