/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <math.h>
#include <stdlib.h>

#include "rules/host.h"
#include "sandbox_attempts.h"

/* What a hostile or careless rule file can try, one attempt a line. Each must end soon, with a
 * reason, and leave a host that gives the same answers as before. */

/* ---- While loading ---- */

/** A rule set that nothing tries to harm, and what it gives. */
typedef struct witness {
    sk_intern *words;
    sk_ruleset *rules;
    side_memory need, offer;
    sk_pair pair;
    double score;
    int64_t fuel;
} witness;

static void witness_start(witness *w)
{
    rnd r = {17};
    sk_verdict verdict;
    sk_error err;

    w->words = sk_intern_new();
    random_side(&r, w->words, &w->need, true);
    random_side(&r, w->words, &w->offer, false);
    w->pair = make_pair(&r, &w->need, &w->offer);
    assert_int_equal(
        load_text("local t = { 0.25 } return ruleset { name = 'goed', term { 'g', weight = 1,\n"
                  "lua = function(need, offer, pair) local s = '' for i = 1, 40 do\n"
                  "s = s .. i .. need.kind end return t[1] + #s / 1000 end } }",
                  NULL, w->words, &w->rules, &err),
        SK_OK);
    sk_ruleset_judge(w->rules, NOW_MS, &w->pair, &verdict);
    assert_int_equal(verdict.failed_functions, 0);
    w->score = verdict.score;
    w->fuel = w->rules->host->fuel;
}

/** It still gives the same, at the same cost. */
static void witness_check(const witness *w, const char *after)
{
    sk_verdict verdict;

    sk_ruleset_judge(w->rules, NOW_MS, &w->pair, &verdict);
    if (verdict.score != w->score || w->rules->host->fuel != w->fuel)
        fail_msg("after %s: %g, fuel %lld", after, verdict.score, (long long)w->rules->host->fuel);
}

static void witness_end(witness *w)
{
    sk_ruleset_free(w->rules);
    sk_intern_free(w->words);
}

static void test_load__every_attempt_ends_with_a_reason(void **state)
{
    static witness w;

    (void)state;
    witness_start(&w);
    for (size_t i = 0; i < LOADING; i++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_error err;

        if (load_text(loading[i].text, "return require('lib/proef')", words, &rules, &err) == SK_OK)
            fail_msg("loads: %s", loading[i].text);
        assert_null(rules);
        if (err.message[0] == '\0' || !strstr(err.message, loading[i].reason))
            fail_msg("%s: %s", loading[i].text, err.message);
        witness_check(&w, loading[i].text);
        sk_intern_free(words);
    }
    witness_end(&w);
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
    if (verdict.failed_functions != 1)
        fail_msg("%s: works", body);
    assert_int_equal(verdict.failed_terms, 1);
    assert_false(verdict.term[0].applies);
    if (!strstr(verdict.failure, "term 'deze': ") || !strstr(verdict.failure, reason))
        fail_msg("%s: %s", body, verdict.failure);
    assert_true(verdict.score == pair->closeness);
}

/** No attempt does more than its fuel allows: beyond it lies at most one call of a helper that is
 *  refused before it starts, and memory that is there. So its time has a bound; bench_sandbox
 *  measures it. */
static void check_fuel(sk_ruleset *rules, const sk_pair *pair, const char *text)
{
    const int64_t most = SK_HOST_CALL_FUEL + SK_HOST_SET * SK_HOST_SET + SK_HOST_MEMORY / 64;
    sk_host_result result;
    char failure[120];

    sk_host_call(rules->host, rules->terms[0].function, false, NOW_MS, pair, &result, failure,
                 sizeof failure);
    if (SK_HOST_CALL_FUEL - rules->host->fuel > most)
        fail_msg("%s: fuel %lld", text, (long long)rules->host->fuel);
}

static void test_judge__every_attempt_loses_only_its_term(void **state)
{
    static side_memory need, offer;
    rnd r = {11};
    int64_t good_fuel = 0;

    (void)state;
    for (size_t i = 0; i < CALLING; i++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_buf text = {0};
        sk_error err;
        sk_pair pair;

        random_side(&r, words, &need, true);
        random_side(&r, words, &offer, false);
        pair = make_pair(&r, &need, &offer);
        sk_buf_printf(&text, "%s%s%s", head, calling[i].text, tail);
        sk_buf_add(&text, "", 1);
        if (load_text(text.data, library, words, &rules, &err) != SK_OK)
            fail_msg("%s: %s", calling[i].text, err.message);
        for (int k = 0; k < 4; k++) {
            judge_once(rules, &pair, calling[i].text, calling[i].reason);
            /* What is left is that of the neighbour, which came last. */
            good_fuel = good_fuel ? good_fuel : rules->host->fuel;
            assert_int_equal(rules->host->fuel, good_fuel);
            sk_ruleset_begin(rules);
            /* Nothing is left behind: neither a table nor a larger stack. */
            assert_int_equal(rules->host->used, rules->host->settled);
            check_fuel(rules, &pair, calling[i].text);
        }
        sk_ruleset_free(rules);
        sk_buf_done(&text);
        sk_intern_free(words);
    }
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

/** The same work costs the same in every run and every build: these numbers are written down. They
 *  may change with the version of Lua, and with what the sandbox offers. */
static const struct {
    const char *body;
    int64_t fuel;
} recorded[] = {
    {"return 0.5", 1},
    {"for i = 1, 1000 do end return 0.5", 1001},
    {"local t = {} for i = 1, 1000 do t[i] = i * 0.5 end return 0.5", 3260},
    {"local t = {} for i = 1, 500 do t['k' .. i] = { i } end return 0.5", 6611},
    {"local s = '' for i = 1, 200 do s = s .. tostring(i) end return 0.5", 4186},
    {"local function f(k) if k == 0 then return 0 end return 1 + f(k - 1) end return f(100) / 200",
     850},
    {"return set.has(need.categories, 'zorg') and 0.5 or 0.5", 4},
    {"return set.jaccard(shared.list, shared.list) / 2", 20},
    {"local n = 0 for _, v in ipairs(shared.list) do n = n + v end return n / 42", 2},
    {"return library.count() / 2", 2},
    {LONG_TEXT "return text.lower(a) == a and text.contains(a, 'hab') and 0.5", 1551},
    {"while true do end", 50001},
    {"local t = {} while true do t = { t } end", 49180},
    {"local s = 'x' while true do s = s .. s end", 269},
};

static void test_judge__fuel_is_the_same_everywhere(void **state)
{
    static side_memory need, offer;
    bool same = true;

    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_host_result result;
        sk_buf text = {0};
        char failure[120];
        rnd r = {11};
        sk_pair pair;
        sk_error err;

        random_side(&r, words, &need, true);
        random_side(&r, words, &offer, false);
        pair = make_pair(&r, &need, &offer);
        sk_buf_printf(&text, "%s%s%s", head, recorded[i].body, tail);
        sk_buf_add(&text, "", 1);
        assert_int_equal(load_text(text.data, library, words, &rules, &err), SK_OK);
        for (int k = 0; k < 3; k++) {
            sk_host_call(rules->host, rules->terms[0].function, false, NOW_MS, &pair, &result,
                         failure, sizeof failure);
            if (SK_HOST_CALL_FUEL - rules->host->fuel == recorded[i].fuel)
                continue;
            print_error("%lld steps: %s\n", (long long)(SK_HOST_CALL_FUEL - rules->host->fuel),
                        recorded[i].body);
            same = false;
        }
        sk_ruleset_free(rules);
        sk_buf_done(&text);
        sk_intern_free(words);
    }
    assert_true(same);
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
        cmocka_unit_test(test_judge__fuel_is_the_same_everywhere),
        cmocka_unit_test(test_judge__a_failing_hard_function_fails_the_pair),
        cmocka_unit_test(test_switch_term__leaves_a_term_out),
        cmocka_unit_test(test_load__survives_any_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
