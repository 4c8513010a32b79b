/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <math.h>
#include <stdlib.h>

/* ---- Loading ---- */

static sk_ruleset *load(const char *text, const char *library, sk_intern *words)
{
    sk_ruleset *rules = NULL;
    sk_error err;

    if (load_text(text, library, words, &rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    return rules;
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"return ruleset {}", "needs a name"},
    {"return ruleset { name = 'a b' }", "needs a name"},
    {"return ruleset { name = 'a', naam = 1 }", "unknown key 'naam'; did you mean 'name'?"},
    {"return ruleset { name = 'a', treshold = 1 }", "did you mean 'threshold'?"},
    {"return ruleset { name = 'a', threshold = 2 }", "threshold must be a number from 0 to 1"},
    {"return ruleset { name = 'a', threshold = 0/0 }", "threshold must be a number"},
    {"return ruleset { name = 'a', threshold = '0.5' }", "threshold must be a number"},
    {"return ruleset { name = 'a', limits = 3 }", "limits must be"},
    {"return ruleset { name = 'a', limits = { per_helpr = 3 } }", "did you mean 'per_helper'?"},
    {"return ruleset { name = 'a', based_on = 'weg' }", "there is no rule file 'weg'"},
    {"return ruleset { name = 'a', based_on = '../x' }", "based_on is no name"},
    {"return ruleset { name = 'a', { } }", "part 1 is not made by"},
    {"return ruleset { name = 'a', threshold = 0,45 }", "a decimal is written with a point"},
    {"return ruleset { name = 'a', ruleset { name = 'b' } }", "cannot stand in a ruleset"},
    {"return ruleset { name = 'a', term { weight = 1 } }", "proef.lua:1: term: starts without"},
    {"return ruleset { name = 'a', term { 'x y', weight = 1 } }", "a name has 1-64"},
    {"return ruleset { name = 'a', term { 'x', expr = '1' } }", "needs a weight"},
    {"return ruleset { name = 'a', term { 'x', weight = 1 } }", "needs expr or lua"},
    {"return ruleset { name = 'a', term { 'x', weight = -1, expr = '1' } }", "weight must be"},
    {"return ruleset { name = 'a', term { 'x', weight = 0 } }", "removes a rule of the base"},
    {"return ruleset { name = 'a', hard { 'x', weight = 1, expr = 'true' } }", "weight must"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = '1', lua = function() end } }",
     "has both expr and lua"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, lua = 'f' } }", "must be a function"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, lua = tostring } }",
     "must be a function"},
    {"return ruleset { name = 'a', term { 'x', wieght = 1, expr = '1' } }",
     "term 'x': unknown key 'wieght'; did you mean 'weight'?"},
    {"return ruleset { name = 'a', term { 'x', 'y', weight = 1, expr = '1' } }",
     "unknown key '[number]'"},
    {"return ruleset { name = 'a',\nterm { 'x', weight = 1, expr = 'decay(distance, 1500)' } }",
     "proef.lua:2: term 'x', expr, character 7: unknown field `distance`; did you mean "
     "`distance_m`?"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = 'true' } }",
     "character 1: a number is needed, but this is true or false; write if(..., 1, 0)"},
    {"return ruleset { name = 'a', hard { 'x', expr = 'closeness' } }",
     "hard 'x', expr, character 1: true or false is needed"},
    {"return ruleset { name = 'a', hard { 'x', expr = 'true', when = '1 +' } }",
     "hard 'x', when, character 4"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = '1', why = '{afstand}' } }",
     "unknown placeholder {afstand}"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = '1', why = '{distanse}' } }",
     "did you mean {distance}?"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = '1', why = 'a {' } }",
     "character 3: this brace"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = '1' },\n"
     "term { 'x', weight = 1, expr = '1' } }",
     "proef.lua:2: term x occurs twice"},
    {"return ruleset { name = 'a', relax { after = '3', threshold = 0.3 } }", "duration such"},
    {"return ruleset { name = 'a', relax { after = '3 km', threshold = 0.3 } }", "duration"},
    {"return ruleset { name = 'a', relax { after = '3d' } }",
     "needs one of threshold, reach, languages and closeness"},
    {"return ruleset { name = 'a', relax { reach = '5 km' } }", "needs after"},
    {"return ruleset { name = 'a', relax { after = '3d', reach = '0 m' } }", "a distance from"},
    {"return ruleset { name = 'a', relax { after = '3d', reach = '101 km' } }", "a distance from"},
    {"return ruleset { name = 'a', relax { after = '3d', reach = '5' } }", "a distance from"},
    {"return ruleset { name = 'a', relax { after = '3d', reach = '5 km + 1 km' } }", "a distance"},
    {"return ruleset { name = 'a', relax { after = '3d', reach = 5 } }", "must be a text"},
    {"return ruleset { name = 'a', relax { after = '3d', languages = 'nl' } }",
     "can only be \"any\""},
    {"return ruleset { name = 'a', relax { after = '3d', closeness = 0.05 } }", "from 0.1 to 0.3"},
    {"return ruleset { name = 'a', relax { after = '3d', closeness = 0.31 } }", "from 0.1 to 0.3"},
    {"return ruleset { name = 'a', relax { after = '3d', taal = 'any' } }", "unknown key 'taal'"},
    {"return ruleset { name = 'a', notify { 'w', chanel = 'mail' } }", "did you mean 'channel'?"},
    {"return ruleset { name = 'a', notify { on = 'x' } }", "starts without a name"},
    {"return ruleset { name = 'a', notify { 'w', on = 'suggestion.creatd', to = 'connector' } }",
     "did you mean 'suggestion.created'?"},
    {"return ruleset { name = 'a', notify { 'w', on = 'suggestion.created', to = 'conector' } }",
     "did you mean 'connector'?"},
    {"return ruleset { name = 'a', notify { 'w', on = 'suggestion.created', to = 'connector' } }",
     "notify 'w': needs text"},
    {"return ruleset { name = 'a', notify { 'w', on = 'suggestion.created', to = 'connector',"
     " text = { en = 'x' } } }",
     "needs a text in Dutch"},
    {"return ruleset { name = 'a', notify { 'w', on = 'suggestion.created', to = 'connector',"
     " text = { nl = 'Over {need.titel}.' } } }",
     "unknown placeholder at character 6"},
    {"return ruleset { name = 'a', notify { 'w', on = 'suggestion.created', to = 'connector',"
     " when = 'need.urgncy > 1', text = { nl = 'x' } } }",
     "notify 'w', when, character 6"},
    {"return ruleset { name = 'a', notify { 'w', off = true } }", "none of this name"},
    {"return ruleset { name = 'a', pacing { quiet = { from = '25:00', to = '08:00' } } }",
     "from must be a time"},
    {"return ruleset { name = 'a', pacing { quiet = { from = '08:00', to = '08:00' } } }",
     "leaves no time"},
    {"return ruleset { name = 'a', pacing { quiet = { days = { 'MA' } } } }",
     "item 1 of days is not one of its words"},
    {"return ruleset { name = 'a', pacing { max_per_day = -1 } }", "from 0 to 1000"},
    {"return ruleset { name = 'a', example { 'e' } }", "expect = { match = true } is missing"},
    {"return ruleset { name = 'a', example { 'e', expect = { wat = '>0.5' } } }",
     "example 'e': there is no term 'wat'"},
    {"return ruleset { name = 'a', example { 'e', expect = { fails = 'vog' } } }",
     "there is no hard rule 'vog'"},
    {"return ruleset { name = 'a', term { 'nabij', weight = 1, expr = '1' },\n"
     "example { 'e', expect = { nabji = '>0.5' } } }",
     "there is no term 'nabji'; did you mean 'nabij'?"},
    {"return ruleset { name = 'a',\ntrem { 'x', weight = 1, expr = '1' } }",
     "proef.lua:2: attempt to call a nil value (global 'trem'); did you mean 'term'?"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = [[\n"
     "  0.5 * closeness +\n  if(need.wijk == 'één', 1, ofer.room)]] } }",
     "term 'x', expr, line 2, character 29: unknown side `ofer`; did you mean `offer`?"},
    {"return ruleset { name = 'a', term { 'x', weight = 1, expr = [[\n\n  true]] } }",
     "term 'x', expr, line 2, character 3: a number is needed"},
    {"return ruleset { name = 'a', example { 'e', expect = { score = '~1' } } }",
     "expect.score must be"},
    {"return ruleset { name = 'a', example { 'e', need = { kind = 'OFFER' }, expect = {} } }",
     "'OFFER' is no kind of the need side"},
    {"return ruleset { name = 'a', example { 'e', need = { langages = {} }, expect = {} } }",
     "did you mean 'languages'?"},
    {"local t = { [{}] = 1 }\nreturn ruleset { name = 'a', term { 'x', weight = 1,"
     "lua = function() return t end } }",
     "table or function as key"},
};

static void test_load__refuses_bad_files_and_says_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        sk_error err;

        if (load_text(bad[i].text, NULL, words, &rules, &err) == SK_OK)
            fail_msg("loads: %s", bad[i].text);
        if (!strstr(err.message, bad[i].message))
            fail_msg("%s: %s", bad[i].text, err.message);
        sk_intern_free(words);
    }
}

static void test_load__lays_a_file_over_its_base(void **state)
{
    static const char *const names[] = {"wat", "nabij", "tijd", "vers", "nieuw"};
    static const double weights[] = {4, 9, 2, 1, 5};
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load("return ruleset { name = 'eigen', based_on = 'standaard',\n"
                             "threshold = 0.6, limits = { per_need = 2 },\n"
                             "term { 'nabij', weight = 9 },\n"
                             "term { 'eerlijk', weight = 0 },\n"
                             "term { 'vers', weight = 1, expr = '1' },\n"
                             "term { 'nieuw', weight = 5, expr = '0.5', why = 'nieuw' } }",
                             NULL, words);
    const sk_ruleset_info *info = sk_ruleset_about(rules);

    (void)state;
    assert_int_equal(info->term_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(sk_str_eq(sk_ruleset_term(rules, i)->name, sk_str_from(names[i])));
        assert_true(sk_ruleset_term(rules, i)->weight == weights[i]);
    }
    assert_true(sk_str_eq(sk_ruleset_term(rules, 1)->source, SK_STR("decay(distance_m, 1500)")));
    assert_true(sk_ruleset_term(rules, 1)->why.size > 0);
    assert_true(sk_str_eq(sk_ruleset_term(rules, 3)->source, SK_STR("1")));
    assert_null(sk_ruleset_term(rules, 5));
    assert_int_equal(info->threshold, 600000);
    assert_int_equal(info->max_open_per_demand, 2);
    assert_int_equal(info->max_open_per_supply, 3);
    assert_int_equal(info->example_count, 0);
    assert_true(sk_str_eq(info->name, SK_STR("eigen")));
    assert_true(info->policy.size > 0);
    assert_false(info->has_functions);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void test_load__hashes_everything_that_it_read(void **state)
{
    static const char text[] = "local l = require('lib/proef') return ruleset { name = 'a' }";
    sk_intern *words = sk_intern_new();
    sk_ruleset *one = load(text, "return { 1 }", words), *same = load(text, "return { 1 }", words);
    sk_ruleset *other = load(text, "return { 2 }", words);

    (void)state;
    assert_int_equal(strlen(sk_ruleset_about(one)->hash), 64);
    assert_string_equal(sk_ruleset_about(one)->hash, sk_ruleset_about(same)->hash);
    assert_string_not_equal(sk_ruleset_about(one)->hash, sk_ruleset_about(other)->hash);
    sk_ruleset_free(one);
    sk_ruleset_free(same);
    sk_ruleset_free(other);
    sk_intern_free(words);
}

static void test_load__bounds_the_number_of_terms(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_buf text = {0};
    sk_error err;

    (void)state;
    sk_buf_text(&text, "return ruleset { name = 'a'");
    for (int i = 0; i <= SK_MAX_TERMS; i++)
        sk_buf_printf(&text, ", term { 't%d', weight = 1, expr = '1' }", i);
    sk_buf_add(&text, "}", 2);
    assert_int_equal(load_text(text.data, NULL, words, &rules, &err), SK_ELIMIT);
    assert_non_null(strstr(err.message, "more than 32"));
    sk_buf_done(&text);
    sk_intern_free(words);
}

/* ---- The files that we ship ---- */

static void run_examples(const char *name, uint32_t least)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_buf text = {0}, report = {0};
    uint32_t run = 0, failed = 0;
    sk_error err;

    assert_int_equal(find_script(NULL, sk_str_from(name), &text, &err), SK_OK);
    sk_buf_add(&text, "", 1);
    rules = load(text.data, NULL, words);
    assert_int_equal(sk_ruleset_test(rules, &run, &failed, &report, &err), SK_OK);
    if (failed > 0)
        fail_msg("%s:\n%.*s", name, SK_STR_ARG(sk_buf_view(&report)));
    assert_true(run >= least);
    assert_int_equal(report.size, 0);
    sk_ruleset_free(rules);
    sk_buf_done(&text);
    sk_buf_done(&report);
    sk_intern_free(words);
}

static void test_test__the_shipped_rule_sets_meet_their_examples(void **state)
{
    (void)state;
    run_examples("standaard", 3);
    run_examples("wilgenmeer", 4);
}

static void test_test__reports_what_differs(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load("return ruleset { name = 'a', threshold = 0.5,\n"
                             "hard { 'vog', expr = \"has(offer.provides, 'vog')\" },\n"
                             "term { 'wat', weight = 1, expr = 'closeness' },\n"
                             "term { 'ver', weight = 1, expr = 'decay(distance_m, 1 km)' },\n"
                             "example { 'goed', offer = { provides = { 'vog' } },"
                             "expect = { match = true, wat = 1, ver = 'missing', score = 1 } },\n"
                             "example { 'fout', need = { lat = 52, lon = 5 },"
                             "offer = { lat = 52, lon = 5.01 }, pair = { closeness = 0.25 },"
                             "expect = { match = true, wat = '>0.5', ver = '>=0.9' } } }",
                             NULL, words);
    sk_buf report = {0};
    uint32_t run, failed;

    (void)state;
    assert_int_equal(sk_ruleset_test(rules, &run, &failed, &report, NULL), SK_OK);
    assert_int_equal(run, 2);
    assert_int_equal(failed, 1);
    sk_buf_add(&report, "", 1);
    assert_non_null(strstr(report.data, "proef.lua:6: example 'fout'\n"
                                        "  match            expected true         found false "
                                        "(fails vog)\n"));
    assert_non_null(strstr(report.data, "  wat              expected >0.5         found 0.25\n"));
    /* 0.01 degree at 52 degrees north is 684.6 m. */
    assert_non_null(strstr(report.data, "  ver              expected >=0.9        found 0.5936"));
    assert_null(strstr(report.data, "goed"));
    sk_ruleset_free(rules);
    sk_buf_done(&report);
    sk_intern_free(words);
}

/* ---- Scores ---- */

static sk_ruleset *load_standard(sk_intern *words)
{
    return load("return ruleset { name = 'x', based_on = 'standaard' }", NULL, words);
}

static void test_score__standard_terms_as_computed_by_hand(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load_standard(words);
    sk_facts need = {.duration_min = 30, .created_ms = NOW_MS - 30 * SK_DAY_MS, .capacity = 1};
    sk_facts offer = {.created_ms = NOW_MS - 60 * SK_DAY_MS, .capacity = 1};
    sk_party_facts one = {.last_asked_ms = INT64_MIN}, two = {.load_30d = 1};
    /* wat 0.7, nabij 1500/3000, tijd 120/240, eerlijk 1/2, vers 30/60. */
    sk_pair pairs[3] = {{&need, &offer, &one, &two, 1500, 120, 60, 0.7}};
    double scores[3];
    sk_verdict verdict;

    (void)state;
    pairs[1] = pairs[2] = pairs[0];
    pairs[1].distance_m = NAN;
    pairs[2].distance_m = 0;
    pairs[2].closeness = 1;
    pairs[2].overlap_min = 480;
    sk_ruleset_score(rules, NOW_MS, pairs, 3, scores);
    /* (4*0.7 + 3*0.5 + 2*0.5 + 2*0.5 + 1*0.5) / 12 = 6.8 / 12 */
    assert_int_equal(sk_millionths(scores[0]), 566667);
    /* Without nabij: 5.3 / 9 */
    assert_int_equal(sk_millionths(scores[1]), 588889);
    /* (4 + 3 + 2 + 1 + 0.5) / 12 */
    assert_int_equal(sk_millionths(scores[2]), 875000);
    sk_ruleset_judge(rules, NOW_MS, &pairs[1], &verdict);
    assert_true(verdict.pass && verdict.failed_hard == -1);
    assert_true(verdict.score == scores[1]);
    assert_false(verdict.term[1].applies);
    assert_true(verdict.term[0].value == 0.7 && verdict.term[2].value == 0.5);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void test_score__is_zero_when_no_term_applies(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load("return ruleset { name = 'x',"
                             "term { 'a', weight = 1, expr = '1', when = 'false' },"
                             "term { 'b', weight = 1, expr = '1', when = '1 / 0 == 1' },"
                             "term { 'c', weight = 1, expr = '1 / 0' } }",
                             NULL, words);
    side_memory need, offer;
    rnd r = {1};
    sk_pair pair;
    double score = 9;

    (void)state;
    random_side(&r, words, &need, true);
    random_side(&r, words, &offer, false);
    pair = make_pair(&r, &need, &offer);
    sk_ruleset_score(rules, NOW_MS, &pair, 1, &score);
    assert_true(score == 0.0);
    assert_int_equal(sk_ruleset_pass(rules, NOW_MS, &pair, 1), 1);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

/* ---- Random rule sets: passing, scoring, judging and bounding agree ---- */

static const char *const term_pool[] = {
    "closeness",
    "decay(distance_m, 1500)",
    "ramp(overlap_min, 0, 4 * max(need.duration_min, 60))",
    "1 / (1 + offer.load_30d)",
    "decay(min(need.age_days, offer.age_days), 30)",
    "if(need.wijk == offer.wijk, 1, 0.2)",
    "jaccard(need.languages, offer.languages)",
    "attr(need, 'aantal') / 4",
    "1 - decay(distance_m, 1 km)",
    "offer.urgency / need.urgency",
    "clamp(need.days_since_asked - offer.days_since_asked, -3, 3)",
    "closeness * closeness",
    "if(attr(offer, 'soort') == 'zorg', 1, closeness)",
    "count(offer.provides & need.requires) / 2",
    "min(closeness, decay(distance_m, 300))",
    "(distance_m - 2 km) / (distance_m - 1 km)",
    "if(under(need.categories, 'zorg'), 1, 0)",
    "abs(need.room - offer.room) / 5",
    "0.3",
};
static const char *const when_pool[] = {
    "true",
    "need.urgency >= 2",
    "distance_m < 2 km",
    "offer.buurt == need.buurt",
    "not need.remote",
    "attr(offer, 'rolstoel')",
    "offer.age_days > 10 d",
    "overlap_min > 60 min",
};
static const char *const hard_pool[] = {
    "need.requires <= offer.provides",
    "distance_m < 3 km",
    "closeness > 0.5",
    "need.wijk == offer.wijk or need.urgency > 1",
    "not offer.remote",
};
#define PICK(r, pool) (pool)[rnd_below(r, sizeof(pool) / sizeof(pool)[0])]

static void write_rules(rnd *r, sk_buf *text)
{
    sk_buf_reset(text);
    sk_buf_text(text, "return ruleset { name = 'r'");
    for (uint32_t i = 0; i < rnd_below(r, 4); i++)
        sk_buf_printf(text, ", hard { 'h%u', expr = \"%s\", when = \"%s\" }", i, PICK(r, hard_pool),
                      PICK(r, when_pool));
    for (uint32_t i = 0, n = 1 + rnd_below(r, 6); i < n; i++)
        sk_buf_printf(text, ", term { 't%u', weight = %u.5, expr = \"%s\", when = \"%s\" }", i,
                      rnd_below(r, 9), PICK(r, term_pool), PICK(r, when_pool));
    sk_buf_add(text, " }", 3);
}

static void check_block(sk_ruleset *rules, const block *b, const char *text)
{
    double scores[BLOCK], bound;
    uint64_t pass;

    /* None of these allocates; if one did, it would fail here. */
    sk_alloc_fail_after(0);
    bound = sk_ruleset_bound(rules, NOW_MS, &b->bounds);
    pass = sk_ruleset_pass(rules, NOW_MS, b->pairs, BLOCK);
    sk_ruleset_score(rules, NOW_MS, b->pairs, BLOCK, scores);
    sk_alloc_fail_after(-1);
    for (int i = 0; i < BLOCK; i++) {
        sk_verdict verdict;

        sk_ruleset_judge(rules, NOW_MS, &b->pairs[i], &verdict);
        assert_true(verdict.score == scores[i]);
        assert_int_equal(verdict.pass, (pass >> i) & 1);
        if (scores[i] > bound)
            fail_msg("score %.17g is over the bound %.17g: %s", scores[i], bound, text);
    }
}

/** Nearer, farther, closer in category, younger: each asked again and anew. */
static void check_again(sk_ruleset *rules, rnd *r, const sk_bounds *start)
{
    sk_bounds bounds = *start;

    (void)sk_ruleset_bound(rules, NOW_MS, &bounds);
    for (int i = 0; i < 6; i++) {
        double again;

        if (rnd_below(r, 2))
            bounds.distance_lo_m = bounds.distance_hi_m * rnd_below(r, 100) / 100.0;
        if (rnd_below(r, 2))
            bounds.distance_may_miss = !bounds.distance_may_miss;
        if (rnd_below(r, 3) == 0)
            bounds.closeness_lo = bounds.closeness_hi = 0.3 + rnd_below(r, 70) / 100.0;
        if (rnd_below(r, 3) == 0)
            bounds.created_hi_ms = NOW_MS - (int64_t)rnd_below(r, 60) * SK_DAY_MS;
        again = sk_ruleset_bound_again(rules, NOW_MS, &bounds);
        assert_true(again == sk_ruleset_bound(rules, NOW_MS, &bounds));
        (void)sk_ruleset_bound_again(rules, NOW_MS, &bounds);
    }
}

static void test_bound__is_never_below_a_score(void **state)
{
    static block b;
    rnd r = {99};
    sk_intern *words = sk_intern_new();
    sk_buf text = {0};
    double useful = 0;

    (void)state;
    for (int n = 0; n < 400; n++) {
        sk_ruleset *rules;

        write_rules(&r, &text);
        rules = load(text.data, NULL, words);
        for (int k = 0; k < 4; k++) {
            make_block(&r, words, &b);
            check_block(rules, &b, text.data);
            useful += sk_ruleset_bound(rules, NOW_MS, &b.bounds) < 0.999;
            check_again(rules, &r, &b.bounds);
        }
        sk_ruleset_free(rules);
    }
    /* A bound of one would pass, and help nobody. */
    assert_true(useful > 200);
    sk_buf_done(&text);
    sk_intern_free(words);
}

static void test_bound__of_the_standard_rules_falls_with_distance(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load_standard(words);
    side_memory need;
    rnd r = {3};
    sk_bounds bounds = {.query = &need.facts,
                        .query_party = &need.party,
                        .closeness_lo = 0.3,
                        .closeness_hi = 0.7,
                        .overlap_hi_min = 10000,
                        .created_lo_ms = 0,
                        .created_hi_ms = NOW_MS,
                        .distance_lo_m = 4500,
                        .distance_hi_m = 6000};

    (void)state;
    random_side(&r, words, &need, true);
    need.facts.created_ms = NOW_MS;
    /* (4*0.7 + 3*0.25 + 2 + 2 + 1) / 12; without distances it may be (2.8 + 5) / 9. */
    assert_float_equal(sk_ruleset_bound(rules, NOW_MS, &bounds), 8.55 / 12, 1e-9);
    bounds.distance_may_miss = true;
    assert_float_equal(sk_ruleset_bound(rules, NOW_MS, &bounds), 7.8 / 9, 1e-9);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

/* ---- Threshold and reasons ---- */

static void test_relax__widens_with_age_and_category(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load("return ruleset { name = 'x', threshold = 0.5,"
                             "relax { after = '3d', threshold = 0.35, category = 'vervoer' },"
                             "relax { after = '240h', threshold = 0.4, reach = '2.5 km' },"
                             "relax { after = '11d', reach = '800 m', closeness = 0.2,"
                             "  languages = 'any' } }",
                             NULL, words);
    uint32_t set[1] = {sk_intern_add(words, SK_STR("vervoer.ziekenhuis"))};
    sk_facts need = {.sets = set, .category_count = 1, .created_ms = 0};
    sk_allowance a;
    size_t count;

    (void)state;
    assert_int_equal(sk_ruleset_allowance(rules, &need, 3 * SK_DAY_MS - 1).threshold, 500000);
    assert_int_equal(sk_ruleset_allowance(rules, &need, 3 * SK_DAY_MS).threshold, 350000);
    assert_int_equal(sk_ruleset_next_relax(rules, &need, 3 * SK_DAY_MS - 1), 0);
    assert_int_equal(sk_ruleset_next_relax(rules, &need, 3 * SK_DAY_MS), 1);
    assert_int_equal(sk_ruleset_next_relax(rules, &need, 11 * SK_DAY_MS), -1);
    a = sk_ruleset_allowance(rules, &need, 30 * SK_DAY_MS);
    assert_int_equal(a.threshold, 350000);
    assert_int_equal(a.extra_m, 2500);
    assert_true(a.any_language && a.closeness == 0.2);
    set[0] = sk_intern_add(words, SK_STR("vervoerd"));
    assert_int_equal(sk_ruleset_allowance(rules, &need, 3 * SK_DAY_MS).threshold, 500000);
    a = sk_ruleset_allowance(rules, &need, 10 * SK_DAY_MS);
    assert_int_equal(a.threshold, 400000);
    assert_true(!a.any_language && a.closeness == 0.3);
    /* A case, whatever the age: only what it names. */
    need.relaxed = SK_RELAX_DISTANCE | SK_RELAX_CATEGORY;
    a = sk_ruleset_allowance(rules, &need, 0);
    assert_int_equal(a.threshold, 500000);
    assert_int_equal(a.extra_m, 2500);
    assert_true(!a.any_language && a.closeness == 0.2);
    assert_int_equal(sk_allowance_wider(&a, sk_ruleset_usual(rules)), need.relaxed);
    assert_int_equal(sk_ruleset_widest(rules)->threshold, 350000);
    assert_int_equal(sk_ruleset_relax(rules, &count)[2].gives.extra_m, 800);
    assert_int_equal(count, 3);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void test_why__fills_in_dutch(void **state)
{
    static const struct {
        double distance_m, overlap_min;
        const char *text;
    } cases[] = {
        {600, 135, "woont 600 m verderop|samen 2 uur en 15 minuten"},
        {3, 60, "woont 50 m verderop|samen 1 uur"},
        {624, 61, "woont 600 m verderop|samen 1 uur en 1 minuut"},
        {625, 45, "woont 650 m verderop|samen 45 minuten"},
        {974, 120, "woont 950 m verderop|samen 2 uur"},
        {980, 0, "woont 1 km verderop|"},
        {1234, 15, "woont 1,2 km verderop|samen 15 minuten"},
        {12050, 15, "woont 12,1 km verderop|samen 15 minuten"},
        {NAN, 15, "|samen 15 minuten"},
    };
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules =
        load("return ruleset { name = 'x',"
             "term { 'a', weight = 1, expr = '1', why = 'woont {distance} verderop' },"
             "term { 'b', weight = 1, expr = '1', why = 'samen {overlap}' },"
             "term { 'c', weight = 1, expr = '1', why = '{category}, {times}: {value}' },"
             "term { 'd', weight = 1, expr = '1', why = '{need.reach_m} m, {offer.kind}' },"
             "term { 'e', weight = 1, expr = '1' } }",
             NULL, words);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sk_why values = {.distance_m = cases[i].distance_m, .overlap_min = cases[i].overlap_min};
        sk_buf out = {0};

        sk_ruleset_why(rules, 0, &values, &out);
        sk_buf_text(&out, "|");
        sk_ruleset_why(rules, 1, &values, &out);
        sk_buf_add(&out, "", 1);
        assert_string_equal(out.data, cases[i].text);
        sk_buf_done(&out);
    }
    sk_facts need = {.reach_m = 1500}, offer = {.kind_word = sk_intern_add(words, SK_STR("OFFER"))};
    sk_party_facts party = {0};
    sk_pair pair = {&need, &offer, &party, &party, 1, 1, 1, 1};
    sk_why values = {.times = SK_STR("dinsdag"),
                     .category = SK_STR("Vervoer"),
                     .value = 0.834,
                     .pair = &pair,
                     .now_ms = NOW_MS};
    sk_buf out = {0};

    sk_ruleset_why(rules, 2, &values, &out);
    sk_buf_text(&out, "|");
    sk_ruleset_why(rules, 3, &values, &out);
    sk_ruleset_why(rules, 4, &values, &out);
    sk_ruleset_why(rules, 99, &values, &out);
    values.times = SK_STR("");
    values.pair = NULL;
    sk_ruleset_why(rules, 2, &values, &out);
    sk_ruleset_why(rules, 3, &values, &out);
    sk_buf_add(&out, "", 1);
    assert_string_equal(out.data, "Vervoer, dinsdag: 83 %|1500 m, OFFER");
    sk_buf_done(&out);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load__refuses_bad_files_and_says_where),
        cmocka_unit_test(test_load__lays_a_file_over_its_base),
        cmocka_unit_test(test_load__hashes_everything_that_it_read),
        cmocka_unit_test(test_load__bounds_the_number_of_terms),
        cmocka_unit_test(test_test__the_shipped_rule_sets_meet_their_examples),
        cmocka_unit_test(test_test__reports_what_differs),
        cmocka_unit_test(test_score__standard_terms_as_computed_by_hand),
        cmocka_unit_test(test_score__is_zero_when_no_term_applies),
        cmocka_unit_test(test_bound__is_never_below_a_score),
        cmocka_unit_test(test_bound__of_the_standard_rules_falls_with_distance),
        cmocka_unit_test(test_relax__widens_with_age_and_category),
        cmocka_unit_test(test_why__fills_in_dutch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
