/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <math.h>
#include <stdlib.h>

#include "rules/host.h"

/* What a hostile or careless rule file can try, one attempt a line. Each must end soon, with a
 * reason, and leave a host that gives the same answers as before. */

/* ---- While loading ---- */

static const struct {
    const char *text, *reason;
} loading[] = {
    {"while true do end", "too many steps"},
    {"::a:: goto a", "too many steps"},
    {"for i = 1, math.huge do end", "too many steps"},
    {"repeat until false", "too many steps"},
    {"local function f() return f() end f()", "too many steps"},
    {"local function f() return 1 + f() end f()", ""},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", "512 KiB"},
    {"local t = {} while true do t = {t, t, t} end", ""},
    {"local s = 'x' while true do s = s .. s end", "16 KiB"},
    {"local s = 'x' while true do s = s .. 'y' end", ""},
    {"local t = {} for i = 1, 1e6 do t[i] = 'k' .. i end", "512 KiB"},
    {"local t = {} for i = 1, 1e6 do t[i] = function() return i end end", "512 KiB"},
    {"\x1bLua", "compiled Lua"},
    {"_ENV.x = 1", "_ENV"},
    {"local _ENV = {}", "_ENV"},
    {"local _ENV <const> = 1", "_ENV"},
    {"x = 1", "not local"},
    {"function f() end", "not local"},
    {"ruleset = nil", "not local"},
    {"math.floor = nil", "may not be changed"},
    {"math.pi = 3", "may not be changed"},
    {"text.extra = 1", "may not be changed"},
    {"os.exit(1)", "global 'os'"},
    {"io.open('x')", "global 'io'"},
    {"debug.getregistry()", "global 'debug'"},
    {"package.loadlib('x', '*')", "global 'package'"},
    {"string.rep('x', 1e9)", "global 'string'"},
    {"local s = ('x'):rep(1e9)", "index a string value"},
    {"table.concat({})", "global 'table'"},
    {"utf8.char(1)", "global 'utf8'"},
    {"coroutine.wrap(function() end)()", "global 'coroutine'"},
    {"load('return 1')()", "global 'load'"},
    {"loadstring('x')", "global 'loadstring'"},
    {"dofile('x')", "global 'dofile'"},
    {"pcall(function() end)", "global 'pcall'"},
    {"xpcall(function() end, function() end)", "global 'xpcall'"},
    {"error('x')", "global 'error'"},
    {"setmetatable({}, {})", "global 'setmetatable'"},
    {"getmetatable('x').__index = 1", "global 'getmetatable'"},
    {"rawset(math, 'x', 1)", "global 'rawset'"},
    {"collectgarbage('stop')", "global 'collectgarbage'"},
    {"for k in next, {} do end", ""},
    {"for k in pairs({}) do end", "global 'pairs'"},
    {"math.random()", "field 'random'"},
    {"math.randomseed(1)", "field 'randomseed'"},
    {"tostring({})", "tostring takes"},
    {"tostring(tostring)", "tostring takes"},
    {"require('os')", "rule library"},
    {"require('lib/../../etc/passwd')", "rule library"},
    {"require('lib/')", "rule library"},
    {"require('lib/bestaat-niet')", "no rule file"},
    {"require('lib/proef')", "requires itself"},
    {"local x = 1 // 0", "divide by zero"},
    {"local x = 1 % 0", "'n%"},
    {"local x = {} .. 'a'", "concatenate"},
    {"local x <close> = {}", "non-closable"},
    {"local x = #nil", "length"},
    {"term(1)", "takes a table"},
    {"term{ 'a' }.kind = 1", ""},
    {"return ruleset(ruleset{ name = 'x' })", "takes a table"},
    {"return 1", "return ruleset"},
    {"return setmetatable", "return ruleset"},
    {"", "return ruleset"},
    {"syntax error here", "near"},
};

static void test_load__every_attempt_ends_with_a_reason(void **state)
{
    int64_t start = sk_monotonic_ms();

    (void)state;
    for (size_t i = 0; i < sizeof loading / sizeof loading[0]; i++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_error err;

        if (load_text(loading[i].text, "return require('lib/proef')", words, &rules, &err) == SK_OK)
            fail_msg("loads: %s", loading[i].text);
        assert_null(rules);
        if (err.message[0] == '\0' || !strstr(err.message, loading[i].reason))
            fail_msg("%s: %s", loading[i].text, err.message);
        sk_intern_free(words);
    }
    assert_true(sk_monotonic_ms() - start < 20000);
}

static void test_load__deeply_nested_source_is_refused(void **state)
{
    static const char *const openings[] = {"(", "{", "do ", "not ", "function() return "};
    sk_intern *words = sk_intern_new();

    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        sk_buf text = {0};
        sk_ruleset *rules = NULL;
        sk_error err;

        sk_buf_text(&text, i == 2 ? "" : "local x = ");
        for (int k = 0; k < 3000; k++)
            sk_buf_text(&text, openings[i]);
        sk_buf_add(&text, "", 1);
        assert_int_not_equal(load_text(text.data, NULL, words, &rules, &err), SK_OK);
        assert_true(err.message[0] != '\0');
        sk_buf_done(&text);
    }
    sk_intern_free(words);
}

/* ---- In a function ---- */

static const struct {
    const char *body, *reason; /**< NULL: it works, and gives 0.5 each time. */
} calling[] = {
    {"while true do end", "too many steps"},
    {"::a:: goto a", "too many steps"},
    {"for i = 1, math.huge do local t = {} end", "512 KiB"},
    {"local function f() return f() end return f()", "too many steps"},
    {"local function f() return 1 + f() end return f()", ""},
    {"local function f(...) return f(1, ...) end return f()", ""},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", ""},
    {"local s = 'x' while true do s = s .. s end", "16 KiB"},
    {"local s = '' while true do s = s .. 'y' end", ""},
    {"local t = {} while true do t = {t} end", ""},
    {"local t = {} for i = 1, 256 do t[i] = i end while true do set.jaccard(t, t) end",
     "too many steps"},
    {"local t = {} for i = 1, 257 do t[i] = i end return set.count(t)", "at most 256"},
    {"global = 1", "not local"},
    {"need.reach_m = 1", "may not be changed"},
    {"need.attributes.x = 1", "may not be changed"},
    {"pair.distance_m = 1", "may not be changed"},
    {"shared.x = 1", "may not be changed"},
    {"shared.inner.x = 1", "may not be changed"},
    {"shared.list[1] = 2", "may not be changed"},
    {"library.keep.x = 1", "may not be changed"},
    {"return need.nonsense", "unknown field 'nonsense'"},
    {"return need.categorie", "did you mean 'categories'"},
    {"return pair.distance", "did you mean 'distance_m'"},
    {"return 0 / 0", "not finite"},
    {"return 1 / 0", "not finite"},
    {"return -1e308 * 10", "not finite"},
    {"return '0.5'", "gives string"},
    {"return true", "gives boolean"},
    {"return {}", "gives table"},
    {"return need", "gives table"},
    {"return 1 // 0", "divide by zero"},
    {"return math.mininteger // -1 % 0", "'n%"},
    {"return nil + 1", "arithmetic"},
    {"return require('lib/buurt')", "only while"},
    {"return tostring(need)", "tostring takes"},
    {"return ('x'):len()", "index a string"},
    {"counter = counter + 1 return counter == 1 and 0.5 or 9", NULL},
    {"bump() bump() return counter == 2 and 0.5 or 9", NULL},
    {"note = note or {} note[1] = (note[1] or 0) + 1 return note[1] == 1 and 0.5 or 9", NULL},
    {"return library.count() == 1 and 0.5 or 9", NULL},
    {"local own = {} own.x = 1 return own.x / 2", NULL},
    {"for i, v in ipairs(shared.list) do if v ~= 7 then return 9 end end return #shared.list / 6",
     NULL},
    {"return math.floor(0.9) + math.max(0.5, 0.1)", NULL},
    {"local t for i = 1, 7000 do t = {} end return 0.5", NULL},
    {"return set.has(need.categories, 'zorg') and 0.5 or 0.5", NULL},
};

static const char head[] = "local counter, note = 0, nil\n"
                           "local shared = { list = { 7, 7, 7 }, inner = {} }\n"
                           "shared.inner.back = shared\n"
                           "local library = require('lib/proef')\n"
                           "local function bump() counter = counter + 1 end\n"
                           "return ruleset { name = 'proef', term { 'deze', weight = 1,\n"
                           "lua = function(need, offer, pair) ";
/* The neighbour needs memory of its own, whatever garbage the first one left. */
static const char tail[] = " end }, term { 'goed', weight = 1, lua = function(need, offer, pair)\n"
                           "local t = {} for i = 1, 9000 do t[i] = i end\n"
                           "return pair.closeness end } }";
static const char library[] = "local n = 0\n"
                              "return { keep = {}, count = function() n = n + 1 return n end }";

static void judge_once(sk_ruleset *rules, const sk_pair *pair, const char *body, const char *reason)
{
    sk_verdict verdict;

    sk_ruleset_judge(rules, NOW_MS, pair, &verdict);
    assert_true(verdict.pass);
    /* The neighbour is unharmed. */
    assert_true(verdict.term[1].applies && verdict.term[1].value == pair->closeness);
    if (!reason) {
        if (!verdict.term[0].applies || verdict.term[0].value != 0.5)
            fail_msg("%s: %g, %s", body, verdict.term[0].value, verdict.failure);
        return;
    }
    assert_int_equal(verdict.failed_functions, 1);
    assert_int_equal(verdict.failed_terms, 1);
    assert_false(verdict.term[0].applies);
    if (!strstr(verdict.failure, "term 'deze': ") || !strstr(verdict.failure, reason))
        fail_msg("%s: %s", body, verdict.failure);
    assert_true(verdict.score == pair->closeness);
}

static void test_judge__every_attempt_loses_only_its_term(void **state)
{
    static side_memory need, offer;
    rnd r = {11};
    int64_t start = sk_monotonic_ms();

    (void)state;
    for (size_t i = 0; i < sizeof calling / sizeof calling[0]; i++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_buf text = {0};
        sk_error err;
        sk_pair pair;

        random_side(&r, words, &need, true);
        random_side(&r, words, &offer, false);
        pair = make_pair(&r, &need, &offer);
        sk_buf_printf(&text, "%s%s%s", head, calling[i].body, tail);
        sk_buf_add(&text, "", 1);
        if (load_text(text.data, library, words, &rules, &err) != SK_OK)
            fail_msg("%s: %s", calling[i].body, err.message);
        for (int k = 0; k < 4; k++) {
            judge_once(rules, &pair, calling[i].body, calling[i].reason);
            sk_ruleset_begin(rules);
            /* Nothing is left behind: neither a table nor a larger stack. */
            assert_int_equal(rules->host->used, rules->host->settled);
        }
        sk_ruleset_free(rules);
        sk_buf_done(&text);
        sk_intern_free(words);
    }
    assert_true(sk_monotonic_ms() - start < 20000);
}

/* ---- Fuel ---- */

/** Functions that work in proportion to a number of the pair: one runs out of memory first, the
 *  other out of steps. */
static const char *const workers[] = {
    "return ruleset { name = 'proef', term { 'deze', weight = 1, lua = function(need, offer, "
    "pair)\n"
    "local t, s, n = {}, '', need.reach_m\n"
    "for i = 1, n do\n"
    "  t[i] = 'sleutel' .. i\n"
    "  if i % 50 == 0 then s = s .. t[i] end\n"
    "  local f = function() return t[i] end\n"
    "  if f() == n then return 0 end\n"
    "end\n"
    "return 1 end } }",
    "return ruleset { name = 'proef', term { 'deze', weight = 1, lua = function(need, offer, "
    "pair)\n"
    "local n, last = need.reach_m, ''\n"
    "local function deep(k) if k > 0 then return 1 + deep(k - 1) end return 0 end\n"
    "for i = 1, n do\n"
    "  if i % 100 == 0 then last = 'tekst' .. i .. need.kind .. deep(i // 100) end\n"
    "end\n"
    "return 1 end } }",
};

/** The largest amount of work that does not fail, with other work done before each attempt. */
static uint32_t breaking_point(sk_ruleset *rules, sk_pair *pair, sk_facts *need, rnd *r)
{
    uint32_t low = 0, high = 100000;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        sk_verdict verdict;

        for (uint32_t k = rnd_below(r, 3); k > 0; k--) {
            need->reach_m = rnd_below(r, 4000);
            sk_ruleset_judge(rules, NOW_MS, pair, &verdict);
        }
        need->reach_m = middle;
        sk_ruleset_judge(rules, NOW_MS, pair, &verdict);
        if (verdict.failed_functions)
            high = middle;
        else
            low = middle;
    }
    return low;
}

static void test_judge__fuel_does_not_depend_on_history(void **state)
{
    static side_memory need, offer;
    uint32_t first = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_error err;
        sk_pair pair;
        rnd r = {seed + 1};
        uint32_t found;

        random_side(&r, words, &need, true);
        random_side(&r, words, &offer, false);
        pair = make_pair(&r, &need, &offer);
        assert_int_equal(load_text(workers[seed / 6], NULL, words, &rules, &err), SK_OK);
        found = breaking_point(rules, &pair, &need.facts, &r);
        assert_true(found > 100 && found < 90000);
        if (seed % 6 == 0)
            first = found;
        assert_int_equal(found, first);
        sk_ruleset_free(rules);
        sk_intern_free(words);
    }
}

static void test_judge__a_failing_hard_function_fails_the_pair(void **state)
{
    static side_memory need, offer;
    rnd r = {5};
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_verdict verdict;
    sk_error err;
    sk_pair pair;

    (void)state;
    random_side(&r, words, &need, true);
    random_side(&r, words, &offer, false);
    pair = make_pair(&r, &need, &offer);
    assert_int_equal(
        load_text("return ruleset { name = 'p', hard { 'ja', lua = function() return true end },"
                  "hard { 'nooit', when = 'false', lua = function() return false end },"
                  "hard { 'stuk', lua = function() return nil + 1 end },"
                  "hard { 'nee', lua = function() return false end } }",
                  NULL, words, &rules, &err),
        SK_OK);
    assert_true(sk_ruleset_about(rules)->has_functions);
    sk_ruleset_judge(rules, NOW_MS, &pair, &verdict);
    assert_false(verdict.pass);
    assert_int_equal(verdict.failed_hard, 2);
    assert_int_equal(verdict.failed_functions, 1);
    assert_non_null(strstr(verdict.failure, "hard 'stuk': proef.lua:1:"));
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void test_switch_term__leaves_a_term_out(void **state)
{
    static side_memory need, offer;
    rnd r = {5};
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_verdict verdict;
    sk_error err;
    sk_pair pair;

    (void)state;
    random_side(&r, words, &need, true);
    random_side(&r, words, &offer, false);
    pair = make_pair(&r, &need, &offer);
    assert_int_equal(
        load_text("return ruleset { name = 'p', term { 'een', weight = 1, expr = '1' },"
                  "term { 'nul', weight = 1, lua = function() return 0 end } }",
                  NULL, words, &rules, &err),
        SK_OK);
    sk_ruleset_judge(rules, NOW_MS, &pair, &verdict);
    assert_true(verdict.score == 0.5);
    sk_ruleset_switch_term(rules, 0, false);
    sk_ruleset_switch_term(rules, 1, false);
    sk_ruleset_switch_term(rules, 2, false);
    sk_ruleset_judge(rules, NOW_MS, &pair, &verdict);
    assert_true(verdict.score == 1.0 && verdict.failed_functions == 0);
    sk_ruleset_switch_term(rules, 1, true);
    sk_ruleset_judge(rules, NOW_MS, &pair, &verdict);
    assert_true(verdict.score == 0.5);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void test_load__survives_any_failing_allocation(void **state)
{
    sk_status st = SK_ENOMEM;
    long n = 0;

    (void)state;
    for (; st != SK_OK && n < 100000; n += 1 + n / 20) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_error err;

        sk_alloc_fail_after(n);
        st =
            load_text("local t = { 1, { 2 } }\n"
                      "return ruleset { name = 'p', based_on = 'standaard', term { 'x', weight = 1,"
                      "lua = function() return t[1] end }, example { 'a', expect = { x = 1 } } }",
                      NULL, words, &rules, &err);
        sk_alloc_fail_after(-1);
        if (st != SK_OK) {
            assert_null(rules);
            assert_true(err.message[0] != '\0');
        }
        sk_ruleset_free(rules);
        sk_intern_free(words);
    }
    assert_int_equal(st, SK_OK);
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load__every_attempt_ends_with_a_reason),
        cmocka_unit_test(test_load__deeply_nested_source_is_refused),
        cmocka_unit_test(test_judge__every_attempt_loses_only_its_term),
        cmocka_unit_test(test_judge__fuel_does_not_depend_on_history),
        cmocka_unit_test(test_judge__a_failing_hard_function_fails_the_pair),
        cmocka_unit_test(test_switch_term__leaves_a_term_out),
        cmocka_unit_test(test_load__survives_any_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
