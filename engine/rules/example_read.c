/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/host.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* `example` blocks -> pairs with expectations, built at loading with the facts that matching would
 * have. Fields are spelled as in expressions; what is left out has the contract's default, and a
 * pair that says nothing of itself has closeness 1 and no common time. */

#define KEYS(list) list, sizeof(list) / sizeof(list)[0]

typedef struct reader {
    lua_State *state;
    sk_ruleset *rules;
    sk_example *example;
    char what[160];
} reader;

static void *take(reader *r, size_t count, size_t size)
{
    void *memory = sk_arena_calloc(r->rules->arena, count, size);

    if (!memory)
        sk_host_no_memory(r->state);
    return memory;
}

static uint32_t word_of(reader *r, sk_str text)
{
    uint32_t word = 0;

    if (text.size > 0 && !(word = sk_intern_add(r->rules->words, text)))
        sk_host_no_memory(r->state);
    return word;
}

static double number(reader *r, int table, const char *key, double fallback, double most)
{
    return sk_read_number(r->state, table, key, r->what, fallback, 0, most);
}

/* ---- Sets and attributes ---- */

static int compare_words(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/** Append the set `key` to `words`, ascending and without doubles; returns its size. */
static uint8_t read_set(reader *r, int table, const char *key, uint32_t *words)
{
    lua_State *state = r->state;
    int type = lua_getfield(state, table, key);
    uint8_t kept = 0;
    lua_Integer count;

    if (type != LUA_TNIL && type != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a list of texts", r->what, key);
    count = type == LUA_TNIL ? 0 : luaL_len(state, -1);
    if (count < 0 || count > 32)
        sk_host_refuse(state, SK_ELIMIT, key, "%s: %s has more than 32 members", r->what, key);
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_geti(state, -1, i) != LUA_TSTRING)
            sk_host_refuse(state, SK_EINVAL, key, "%s: %s must be a list of texts", r->what, key);
        words[i - 1] = word_of(r, sk_read_copy(state, -1));
        lua_pop(state, 1);
    }
    lua_pop(state, 1);
    qsort(words, (size_t)count, sizeof *words, compare_words);
    for (lua_Integer i = 0; i < count; i++) {
        if (kept == 0 || words[kept - 1] != words[i])
            words[kept++] = words[i];
    }
    return kept;
}

/** An example with another type than declared would judge what no rule means. */
static void check_declared(reader *r, sk_str name, sk_attr_type type)
{
    static const char *const words[] = {
        [SK_ATTR_STRING] = "a string", [SK_ATTR_NUMBER] = "a number", [SK_ATTR_BOOL] = "a boolean"};
    sk_declared declared = {r->rules->attributes, r->rules->info.attribute_count};
    const sk_attribute_info *attribute = sk_declared_find(declared, name);

    if (attribute && attribute->type != type)
        sk_host_refuse(r->state, SK_EINVAL, "attributes",
                       "%s: attribute '%.*s' is declared as %s, but this is %s", r->what,
                       SK_STR_ARG(name), words[attribute->type], words[type]);
}

static sk_attr_facts read_attribute(reader *r)
{
    lua_State *state = r->state;
    sk_attr_facts attr = {0};
    sk_str name;

    if (lua_type(state, -2) != LUA_TSTRING)
        sk_host_refuse(state, SK_EINVAL, "attributes", "%s: attributes have texts as names",
                       r->what);
    name = sk_read_copy(state, -2);
    attr.name = word_of(r, name);
    switch (lua_type(state, -1)) {
    case LUA_TSTRING:
        attr.type = SK_ATTR_STRING;
        attr.value = word_of(r, sk_read_copy(state, -1));
        break;
    case LUA_TNUMBER:
        attr.type = SK_ATTR_NUMBER;
        attr.value = lua_tonumber(state, -1);
        break;
    case LUA_TBOOLEAN:
        attr.type = SK_ATTR_BOOL;
        attr.value = lua_toboolean(state, -1);
        break;
    default:
        sk_host_refuse(state, SK_EINVAL, "attributes",
                       "%s: an attribute is a text, a number or a boolean", r->what);
    }
    check_declared(r, name, attr.type);
    return attr;
}

static void read_attributes(reader *r, int table, sk_facts *facts)
{
    lua_State *state = r->state;
    sk_attr_facts *attrs = take(r, SK_MAX_ATTRIBUTES, sizeof *attrs);
    int type = lua_getfield(state, table, "attributes");
    size_t count = 0;

    if (type != LUA_TNIL && type != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, "attributes", "%s: attributes must be a table", r->what);
    if (type == LUA_TTABLE) {
        lua_pushnil(state);
        while (lua_next(state, -2)) {
            if (count == SK_MAX_ATTRIBUTES)
                sk_host_refuse(state, SK_ELIMIT, "attributes", "%s: more than %d attributes",
                               r->what, SK_MAX_ATTRIBUTES);
            attrs[count++] = read_attribute(r);
            lua_pop(state, 1);
        }
    }
    lua_pop(state, 1);
    sk_facts_set_attrs(facts, attrs, count);
}

/* ---- A side ---- */

static void read_sets(reader *r, int table, sk_facts *facts)
{
    uint32_t *words = take(r, (size_t)4 * 32, sizeof *words);

    facts->sets = words;
    facts->category_count = read_set(r, table, "categories", words);
    words += facts->category_count;
    facts->language_count = read_set(r, table, "languages", words);
    words += facts->language_count;
    facts->require_count = read_set(r, table, "requires", words);
    words += facts->require_count;
    facts->provide_count = read_set(r, table, "provides", words);
}

static int64_t days_ago(double days)
{
    return SK_EXAMPLE_NOW_MS - (int64_t)(days * 86400000.0);
}

static void read_numbers(reader *r, int table, sk_example_side *side)
{
    sk_facts *f = &side->facts;
    sk_party_facts *p = &side->party;
    double asked;

    f->reach_m = (uint32_t)number(r, table, "reach_m", 0, 100000);
    f->within_m = (uint32_t)number(r, table, "within_m", 0, 100000);
    f->duration_min = (uint16_t)number(r, table, "duration_min", 0, 1440);
    f->capacity = (uint16_t)number(r, table, "capacity", 1, 1000);
    f->taken = (int32_t)f->capacity - (int32_t)number(r, table, "room", f->capacity, 1000);
    f->urgency = (uint8_t)number(r, table, "urgency", 0, 3);
    f->created_ms = days_ago(number(r, table, "age_days", 0, 10000));
    p->load_30d = (uint32_t)number(r, table, "load_30d", 0, 1000000);
    p->open_suggestions = (uint32_t)number(r, table, "open_suggestions", 0, 1000000);
    asked = number(r, table, "days_since_asked", -1, 10000);
    p->last_asked_ms = asked < 0 ? INT64_MIN : days_ago(asked);
    f->valid_from_ms = f->created_ms;
    f->valid_until_ms = SK_EXAMPLE_NOW_MS + SK_LISTING_LIFE_MS;
    f->remote = sk_read_bool(r->state, table, "remote", r->what, false);
    f->status = SK_LISTING_OPEN;
    f->slot = SK_NO_SLOT;
}

static void read_place(reader *r, int table, sk_facts *f)
{
    f->buurt = word_of(r, sk_read_text(r->state, table, "buurt", r->what));
    f->wijk = word_of(r, sk_read_text(r->state, table, "wijk", r->what));
    f->gemeente = word_of(r, sk_read_text(r->state, table, "gemeente", r->what));
    f->lat_deg = sk_read_number(r->state, table, "lat", r->what, NAN, -90, 90);
    f->lon_deg = sk_read_number(r->state, table, "lon", r->what, NAN, -180, 180);
    f->has_point = !isnan(f->lat_deg) && !isnan(f->lon_deg);
}

static void read_side(reader *r, int spec, sk_side which)
{
    static const char *const keys[] = {
        "kind",
        "categories",
        "languages",
        "requires",
        "provides",
        "reach_m",
        "within_m",
        "remote",
        "duration_min",
        "capacity",
        "room",
        "urgency",
        "age_days",
        "buurt",
        "wijk",
        "gemeente",
        "load_30d",
        "attributes",
        "lat",
        "lon",
        "open_suggestions",
        "days_since_asked",
    };
    const char *key = which == SK_DEMAND ? "need" : "offer";
    sk_example_side *side = &r->example->side[which];
    sk_kind kind = which == SK_DEMAND ? SK_KIND_NEED : SK_KIND_OFFER;
    int type = lua_getfield(r->state, spec, key), table = lua_gettop(r->state);
    sk_str name;

    if (type == LUA_TNIL) {
        lua_newtable(r->state);
        lua_replace(r->state, table);
    } else if (type != LUA_TTABLE) {
        sk_host_refuse(r->state, SK_EINVAL, key, "%s: %s must be a table", r->what, key);
    }
    sk_read_keys(r->state, table, KEYS(keys), false, r->what);
    read_numbers(r, table, side);
    read_sets(r, table, &side->facts);
    read_attributes(r, table, &side->facts);
    read_place(r, table, &side->facts);
    name = sk_read_text(r->state, table, "kind", r->what);
    if (name.size > 0)
        kind = sk_kind_from(name);
    if (kind == SK_KIND_NONE || sk_kind_side(kind) != which)
        sk_host_refuse(r->state, SK_EINVAL, "kind", "%s: '%.*s' is no kind of the %s side", r->what,
                       SK_STR_ARG(name), key);
    side->facts.kind = (uint8_t)kind;
    side->facts.kind_word = word_of(r, sk_str_from(sk_kind_name(kind)));
    lua_pop(r->state, 1);
}

/* ---- The pair ---- */

/** The contract's distance (docs/matching.md 2). */
static double great_circle(const sk_facts *demand, const sk_facts *supply)
{
    const double k = M_PI / 180.0;
    double s = sin((supply->lat_deg - demand->lat_deg) * k / 2.0);
    double t = sin((supply->lon_deg - demand->lon_deg) * k / 2.0);
    double a = s * s + cos(demand->lat_deg * k) * cos(supply->lat_deg * k) * (t * t);

    return 2.0 * 6371008.8 * asin(sqrt(fmin(1.0, a)));
}

static void read_pair(reader *r, int spec)
{
    static const char *const keys[] = {"distance_m", "overlap_min", "longest_min", "closeness"};
    const sk_facts *need = &r->example->side[0].facts, *offer = &r->example->side[1].facts;
    sk_pair *pair = &r->example->pair;
    bool both_remote = need->remote && offer->remote;
    double distance = NAN;

    *pair = (sk_pair){.need = need,
                      .offer = offer,
                      .need_party = &r->example->side[0].party,
                      .offer_party = &r->example->side[1].party};
    if (need->has_point && offer->has_point && !both_remote)
        distance = great_circle(need, offer);
    if (lua_getfield(r->state, spec, "pair") == LUA_TNIL)
        lua_newtable(r->state);
    if (!lua_istable(r->state, -1))
        sk_host_refuse(r->state, SK_EINVAL, "pair", "%s: pair must be a table", r->what);
    int table = lua_gettop(r->state);
    sk_read_keys(r->state, table, KEYS(keys), false, r->what);
    pair->distance_m = number(r, table, "distance_m", distance, 3e7);
    pair->overlap_min = number(r, table, "overlap_min", 0, 40320);
    pair->longest_min = number(r, table, "longest_min", pair->overlap_min, 40320);
    pair->closeness = number(r, table, "closeness", 1, 1);
    lua_settop(r->state, spec);
}

/* ---- Expectations ---- */

static const struct {
    const char *spelling;
    char compare;
} comparisons[] = {{"<=", 'l'}, {">=", 'g'}, {"==", '='}, {"<", '<'}, {">", '>'}, {"=", '='}};

static bool read_comparison(sk_str text, sk_expect *out)
{
    uint32_t position = 0;
    sk_lexeme token;

    if (sk_str_eq(text, SK_STR("missing"))) {
        out->compare = '-';
        return true;
    }
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        if (!sk_str_starts(text, sk_str_from(comparisons[i].spelling)))
            continue;
        out->compare = comparisons[i].compare;
        position = (uint32_t)strlen(comparisons[i].spelling);
        break;
    }
    token = sk_expr_token(text, &position);
    out->number = token.number;
    return out->compare && token.kind == SK_TOK_NUMBER && token.unit == SK_U_NONE &&
           sk_expr_token(text, &position).kind == SK_TOK_END;
}

/** The key is at -2, the value at -1. */
static sk_expect read_expectation(reader *r)
{
    lua_State *state = r->state;
    int type = lua_type(state, -1);
    sk_expect expect = {.kind = SK_EXPECT_TERM};
    bool ok = false;

    if (lua_type(state, -2) != LUA_TSTRING)
        sk_host_refuse(state, SK_EINVAL, "expect", "%s: expect has texts as keys", r->what);
    expect.name = sk_read_copy(state, -2);
    if (sk_str_eq(expect.name, SK_STR("match"))) {
        expect.kind = SK_EXPECT_MATCH;
        expect.truth = lua_toboolean(state, -1);
        ok = type == LUA_TBOOLEAN;
    } else if (sk_str_eq(expect.name, SK_STR("fails"))) {
        expect.kind = SK_EXPECT_FAILS;
        ok = type == LUA_TSTRING;
        if (ok)
            expect.name = sk_read_copy(state, -1);
    } else {
        if (sk_str_eq(expect.name, SK_STR("score")))
            expect.kind = SK_EXPECT_SCORE;
        if (type == LUA_TNUMBER) {
            expect.compare = '=';
            expect.number = lua_tonumber(state, -1);
            ok = true;
        } else if (type == LUA_TSTRING) {
            ok = read_comparison(sk_read_copy(state, -1), &expect);
        }
    }
    if (!ok)
        sk_host_refuse(state, SK_EINVAL, "expect", "%s: expect.%.*s must be %s", r->what,
                       SK_STR_ARG(expect.name),
                       expect.kind == SK_EXPECT_MATCH   ? "true or false"
                       : expect.kind == SK_EXPECT_FAILS ? "the name of a hard rule"
                                                        : "such as \">0.6\", 0.5 or \"missing\"");
    return expect;
}

static int compare_expectations(const void *a, const void *b)
{
    const sk_expect *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind : sk_str_cmp(x->name, y->name);
}

static void read_expect(reader *r, int spec)
{
    lua_State *state = r->state;
    sk_example *example = r->example;

    if (lua_getfield(state, spec, "expect") != LUA_TTABLE)
        sk_host_refuse(state, SK_EINVAL, "expect", "%s: expect = { match = true } is missing",
                       r->what);
    lua_pushnil(state);
    while (lua_next(state, -2)) {
        if (example->expect_count == SK_RULES_MAX_EXPECT)
            sk_host_refuse(state, SK_ELIMIT, "expect", "%s: expects more than %d things", r->what,
                           SK_RULES_MAX_EXPECT);
        example->expect[example->expect_count++] = read_expectation(r);
        lua_pop(state, 1);
    }
    /* Lua's tables have no order of their own; the report has. */
    qsort(example->expect, example->expect_count, sizeof *example->expect, compare_expectations);
    lua_settop(state, spec);
}

void sk_read_example(lua_State *state, int spec, const sk_item *item)
{
    static const char *const keys[] = {"need", "offer", "pair", "expect"};
    sk_ruleset *rules = sk_host_of(state)->rules;
    reader r = {.state = state, .rules = rules};

    snprintf(r.what, sizeof r.what, "%s: example", item->place);
    if (rules->info.example_count == SK_RULES_MAX_EXAMPLES)
        sk_host_refuse(state, SK_ELIMIT, "", "%s: more than %d of them", r.what,
                       SK_RULES_MAX_EXAMPLES);
    r.example = take(&r, 1, sizeof *r.example);
    snprintf(r.example->place, sizeof r.example->place, "%s", item->place);
    sk_read_keys(state, spec, KEYS(keys), true, r.what);
    if (lua_geti(state, spec, 1) != LUA_TSTRING)
        sk_host_refuse(state, SK_EINVAL, "1", "%s: starts without a name", r.what);
    r.example->name = sk_read_copy(state, -1);
    lua_pop(state, 1);
    snprintf(r.what, sizeof r.what, "%s: example '%.*s'", item->place,
             r.example->name.size > 40 ? 40 : (int)r.example->name.size, r.example->name.data);
    read_side(&r, spec, SK_DEMAND);
    read_side(&r, spec, SK_SUPPLY);
    read_pair(&r, spec);
    read_expect(&r, spec);
    rules->examples[rules->info.example_count++] = r.example;
}
