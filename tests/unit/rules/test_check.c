/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

/* What sk_ruleset_check finds, and what it leaves alone. */

static const sk_category categories[] = {{SK_STR("zorg"), SK_STR("Zorg"), SK_STR("Care")},
                                         {SK_STR("zorg.thuis"), SK_STR("Thuis"), SK_STR("Home")},
                                         {SK_STR("vervoer"), SK_STR("Rit"), SK_STR("Ride")}};

typedef struct checked {
    sk_intern *words;
    sk_arena *arena;
    sk_taxonomy *taxonomy;
    sk_ruleset *rules;
    sk_rules_check check;
} checked;

static void check_text(const char *text, const char *library, checked *out)
{
    sk_error err;
    sk_check_options options = {.text = sk_str_from(text)};

    *out = (checked){.words = sk_intern_new(), .arena = sk_arena_new(0)};
    assert_int_equal(sk_taxonomy_new(categories, 3, NULL, 0, &out->taxonomy, NULL), SK_OK);
    options.taxonomy = out->taxonomy;
    if (load_text(text, library, out->words, &out->rules, &err) != SK_OK)
        fail_msg("%s: %s", text, err.message);
    assert_int_equal(sk_ruleset_check(out->rules, &options, out->arena, &out->check, &err), SK_OK);
}

static void end(checked *c)
{
    sk_ruleset_free(c->rules);
    sk_taxonomy_free(c->taxonomy);
    sk_arena_free(c->arena);
    sk_intern_free(c->words);
}

static const sk_finding *find(const checked *c, const char *code)
{
    for (size_t i = 0; i < c->check.finding_count; i++) {
        if (strcmp(c->check.findings[i].code, code) == 0)
            return &c->check.findings[i];
    }
    return NULL;
}

/* Whatever is not about the part at hand: a policy, and an example that knows every rule. */
#define AROUND "return ruleset { name = 'a', policy = 'zo', threshold = 0.5,\n"
#define TERM "term { 't', weight = 1, expr = 'closeness', why = 'w' },\n"
#define EXAMPLE "example { 'e', expect = { match = true } } }"

static const struct {
    const char *text, *code, *says;
    sk_finding_level level;
} findings[] = {
    {AROUND TERM
     "hard { 'h', when = 'need.urgency > 3', expr = 'need.remote', why = 'w' }," EXAMPLE,
     "never-applies", "`when` is never true", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, when = 'need.urgency >= 2 and need.urgency < 2',"
                 " expr = 'closeness', why = 'w' }," EXAMPLE,
     "never-applies", "never true", SK_FINDING_WARNING},
    {AROUND TERM
     "term { 'x', weight = 1, when = 'need.remote and (offer.remote and not need.remote)',"
     " expr = 'closeness', why = 'w' }," EXAMPLE,
     "never-applies", "never true", SK_FINDING_WARNING},
    {AROUND TERM
     "term { 'x', weight = 1, when = \"need.wijk == 'WK990101' and need.wijk == 'WK990102'\","
     " expr = 'closeness', why = 'w' }," EXAMPLE,
     "never-applies", "never true", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, expr = '1 / (need.urgency * 0)', why = 'w' }," EXAMPLE,
     "never-applies", "never has a value", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, when = 'distance_m >= 0 or not need.remote or true',"
                 " expr = 'closeness', why = 'w' }," EXAMPLE,
     "no-example", "counts in none", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, when = 'need.urgency >= 0', expr = 'need.urgency / 3',"
                 " why = 'w' }," EXAMPLE,
     "when-always", "leave it out", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = 'need.urgency <= 3', why = 'w' }," EXAMPLE, "no-effect",
     "does nothing", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = 'need.urgency > 3', why = 'w' }," EXAMPLE, "empties-lists",
     "nobody", SK_FINDING_ERROR},
    {AROUND TERM
     "hard { 'h', when = 'need.remote', expr = 'offer.reach_m > 100 km', why = 'w' }," EXAMPLE,
     "empties-lists", "whoever its `when`", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = 'need.remote' }," EXAMPLE, "no-why", "connector",
     SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = 'need.remote', why = 'w' }," EXAMPLE, "no-example", "refuses",
     SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, expr = '0.5 + 0 * closeness', why = 'w' }," EXAMPLE,
     "constant", "is 0.5 for every pair", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, expr = 'max(2, need.urgency)', why = 'w' }," EXAMPLE,
     "constant", "is 1 for every pair", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, expr = 'distance_m', why = 'w' }," EXAMPLE, "above-one",
     "runs up to 2.01e+07", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, expr = '1 - offer.load_30d', why = 'w' }," EXAMPLE,
     "below-zero", "down to", SK_FINDING_WARNING},
    {AROUND TERM "term { 'x', weight = 1, expr = 'closeness', why = 'w' }," EXAMPLE, "twins",
     "the same as 't'", SK_FINDING_WARNING},
    {"return ruleset { name = 'a', policy = 'zo', threshold = 0.9,\n"
     "term { 't', weight = 1, expr = 'closeness / 2', why = 'w' }," EXAMPLE,
     "threshold-out-of-reach", "more than 0.500", SK_FINDING_ERROR},
    {"return ruleset { name = 'a', policy = 'zo', threshold = 0.5,\n"
     "term { 't', weight = 1, expr = '0.5 + closeness / 2', why = 'w' }," EXAMPLE,
     "threshold-no-effect", "stops nobody", SK_FINDING_WARNING},
    {"return ruleset { name = 'a', policy = 'zo', threshold = 0, " TERM EXAMPLE,
     "threshold-no-effect", "stops nobody", SK_FINDING_WARNING},
    {"return ruleset { name = 'a', policy = 'zo', " EXAMPLE, "no-terms", "every score is 0",
     SK_FINDING_WARNING},
    {AROUND TERM "relax { after = '3d', threshold = 0.5 }," EXAMPLE, "relax-no-effect",
     "not below the ordinary", SK_FINDING_WARNING},
    {AROUND TERM "relax { after = '3d', threshold = 0.3 },\n"
                 "relax { after = '9d', threshold = 0.4, category = 'vervoer' }," EXAMPLE,
     "relax-no-effect", "another step", SK_FINDING_WARNING},
    {AROUND TERM "relax { after = '3d', reach = '5 km' },\n"
                 "relax { after = '9d', reach = '2 km', category = 'vervoer' }," EXAMPLE,
     "relax-no-effect", "another step", SK_FINDING_WARNING},
    {AROUND TERM
     "relax { after = '3d', reach = '5 km' }, relax { after = '4d', languages = 'any' },"
     "relax { after = '9d', reach = '5 km', languages = 'any' }," EXAMPLE,
     "relax-no-effect", "another step", SK_FINDING_WARNING},
    {AROUND TERM "relax { after = '900d', threshold = 0.3 }," EXAMPLE, "relax-no-effect",
     "900 days", SK_FINDING_WARNING},
    {AROUND TERM "relax { after = '3d', threshold = 0.3, category = 'vervor' }," EXAMPLE,
     "unknown-category", "did you mean 'vervoer'", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', when = \"under(need.categories, 'zorg.tuis')\", expr = 'need.remote',"
                 " why = 'w' }," EXAMPLE,
     "unknown-category", "did you mean 'zorg.thuis'", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = \"has(offer.languages, 'dutch')\", why = 'w' }," EXAMPLE,
     "unknown-language", "'dutch'", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = \"under(offer.languages, 'nl')\", why = 'w' }," EXAMPLE,
     "under-without-tree", "has(offer.languages, 'nl')", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = \"has(offer.provides, 'vgo')\", why = 'w' },\n"
                 "example { 'e', offer = { provides = { 'vog' } }, expect = { fails = 'h' } } }",
     "unknown-trait", "did you mean 'vog'", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = \"need.kind == 'OFFER'\", why = 'w' }," EXAMPLE,
     "unknown-kind", "NEED or INITIATIVE", SK_FINDING_WARNING},
    {AROUND TERM "hard { 'h', expr = \"need.wijk == 'BU99010101'\", why = 'w' }," EXAMPLE,
     "unknown-area", "WK and 6 digits", SK_FINDING_WARNING},
    {AROUND TERM "example { 'e', need = { categories = { 'tuin' } }, expect = { match = true } } }",
     "unknown-category", "'tuin'", SK_FINDING_WARNING},
    {"return ruleset { name = 'a', " TERM EXAMPLE, "no-policy", "is missing", SK_FINDING_WARNING},
    {"return ruleset { name = 'a', based_on = 'standaard' }", "no-policy", "that of 'standaard'",
     SK_FINDING_WARNING},
    {"return ruleset { name = 'standaard', policy = 'zo', " TERM EXAMPLE, "name-taken", "another",
     SK_FINDING_WARNING},
    {AROUND TERM "}", "no-examples", "nothing shows", SK_FINDING_WARNING},
    {AROUND "term { 't', weight = 1, expr = 'closeness' }," EXAMPLE, "no-why", "does not read",
     SK_FINDING_NOTE},
    {AROUND
     "term { 't', weight = 1, why = 'w', lua = function(n, o)\n"
     "if n.wijk == o.wijk then return 1 end return math.min(1, n.urgency / 3) end }," EXAMPLE,
     "function", "could be an expression", SK_FINDING_NOTE},
};

static void test_check__finds_what_cannot_be_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++) {
        const sk_finding *f;
        checked c;

        check_text(findings[i].text, NULL, &c);
        f = find(&c, findings[i].code);
        if (!f)
            fail_msg("no %s in %s", findings[i].code, findings[i].text);
        if (f->level != findings[i].level || !strstr(f->text.data, findings[i].says))
            fail_msg("%s: level %d, %s", findings[i].text, (int)f->level, f->text.data);
        end(&c);
    }
}

/* As a careful author writes: nothing to say. */
static const char clean[] =
    "return ruleset { name = 'a', policy = 'zo', threshold = 0.5,\n"
    "hard { 'vog', when = \"under(need.categories, 'zorg') and need.urgency >= 2\",\n"
    "  expr = \"has(offer.provides, 'vog')\", why = 'w' },\n"
    "term { 'wat', weight = 2, expr = 'closeness', why = 'w' },\n"
    "term { 'nabij', weight = 1, expr = 'decay(distance_m, 1500 m)', why = 'w' },\n"
    "term { 'wijk', weight = 1, expr = 'if(need.wijk == offer.wijk, 1, 0)', why = 'w' },\n"
    "term { 'zelf', weight = 1, why = 'w', lua = function(need, offer)\n"
    "  for _, c in ipairs(need.categories) do if c == 'zorg' then return 1 end end return 0 end "
    "},\n"
    "relax { after = '3d', threshold = 0.4, category = 'vervoer' },\n"
    "relax { after = '9d', threshold = 0.3 },\n"
    "relax { after = '10d', threshold = 0.3, reach = '1 km' },\n"
    "example { 'e', need = { categories = { 'zorg' }, urgency = 2, wijk = 'WK990101',\n"
    "  languages = { 'nl' } }, offer = { wijk = 'WK990101', provides = { 'rolstoel' } },\n"
    "  pair = { distance_m = 100 }, expect = { fails = 'vog' } } }";

/* The ends of intervals may be out of reach; only a value that some pair has is told. */
static void test_check__does_not_take_an_interval_for_a_value(void **state)
{
    checked c;

    (void)state;
    check_text(AROUND TERM
               "term { 'x', weight = 1, why = 'w',"
               " expr = 'decay(distance_m, if(need.remote, 8 km, 2 km))' },\n"
               "example { 'e', pair = { distance_m = 1 }, expect = { match = true } } }",
               NULL, &c);
    assert_true(c.check.term[1].hi > 1);
    assert_int_equal(c.check.finding_count, 0);
    end(&c);
}

static void test_check__is_silent_when_all_is_well(void **state)
{
    checked c;

    (void)state;
    check_text(clean, NULL, &c);
    for (size_t i = 0; i < c.check.finding_count; i++)
        fail_msg("%s: %s", c.check.findings[i].rule.data, c.check.findings[i].text.data);
    assert_int_equal(c.check.term[0].index, SK_INDEX_CLOSENESS);
    assert_int_equal(c.check.term[1].index, SK_INDEX_DISTANCE);
    assert_int_equal(c.check.term[2].index, 0);
    assert_true(c.check.function_ns > 0 && c.check.cost_ns > 0 && c.check.instructions > 10);
    assert_true(c.check.score_lo == 0 && c.check.score_hi == 1);
    end(&c);
}

/* The base's rules are its author's business. */
static void test_check__looks_at_the_file_itself(void **state)
{
    checked c;

    (void)state;
    check_text("return ruleset { name = 'a', based_on = 'standaard', policy = 'zo',\n" EXAMPLE,
               NULL, &c);
    assert_int_equal(c.check.finding_count, 0);
    assert_int_equal(c.check.term[2].index, SK_INDEX_OVERLAP);
    assert_int_equal(c.check.term[3].index, SK_INDEX_ONE_SIDE);
    assert_int_equal(c.check.term[4].index, SK_INDEX_AGE);
    end(&c);
}

/* What is said of all pairs holds for random ones: values in their range, scores between the ends,
 * a condition that is never true is not. */
static void test_check__ranges_hold_for_random_pairs(void **state)
{
    checked c;
    rnd r = {7};

    (void)state;
    check_text(clean, NULL, &c);
    for (int round = 0; round < 5000; round++) {
        side_memory need, offer;
        sk_verdict verdict;
        sk_pair pair;

        random_side(&r, c.words, &need, true);
        random_side(&r, c.words, &offer, false);
        pair = make_pair(&r, &need, &offer);
        sk_ruleset_judge(c.rules, NOW_MS, &pair, &verdict);
        assert_true(verdict.score >= c.check.score_lo - 1e-12 &&
                    verdict.score <= c.check.score_hi + 1e-12);
        for (uint32_t t = 0; t < 4; t++) {
            if (verdict.term[t].applies)
                assert_true(verdict.term[t].value >= c.check.term[t].lo - 1e-12 &&
                            verdict.term[t].value <= c.check.term[t].hi + 1e-12);
            else
                assert_true(c.check.term[t].may_miss);
        }
    }
    end(&c);
}

static const char *const atoms[] = {"need.urgency >= 2",
                                    "need.urgency < 2",
                                    "need.urgency == 1",
                                    "need.urgency > 3",
                                    "need.remote",
                                    "not need.remote",
                                    "offer.remote",
                                    "distance_m < 500",
                                    "distance_m >= 500",
                                    "need.wijk == 'WK1'",
                                    "need.wijk == 'BU1'",
                                    "need.wijk == offer.wijk",
                                    "has(offer.provides, 'vog')",
                                    "not has(offer.provides, 'vog')",
                                    "closeness > 1",
                                    "count(need.languages) >= 0",
                                    "overlap_min == 15 min",
                                    "need.load_30d + 1 > 0"};

static void random_condition(rnd *r, sk_buf *out)
{
    uint32_t parts = 1 + rnd_below(r, 4);

    for (uint32_t i = 0; i < parts; i++)
        sk_buf_printf(out, "%s(%s)",
                      i == 0            ? ""
                      : rnd_below(r, 4) ? " and "
                                        : " or ",
                      atoms[rnd_below(r, sizeof atoms / sizeof atoms[0])]);
}

/* A finding about a condition is never wrong: not once in many pairs is it otherwise. */
static void test_check__never_and_always_are_so(void **state)
{
    uint32_t never = 0, always = 0;
    rnd r = {11};

    (void)state;
    for (int round = 0; round < 400; round++) {
        sk_buf text = {0};
        checked c;

        sk_buf_text(&text, AROUND "term { 't', weight = 1, expr = '1', why = 'w', when = [[");
        random_condition(&r, &text);
        sk_buf_add(&text, "]] } }", 7);
        check_text(text.data, NULL, &c);
        never += find(&c, "never-applies") != NULL;
        always += find(&c, "when-always") != NULL;
        for (int k = 0; k < 60; k++) {
            side_memory need, offer;
            sk_verdict verdict;
            sk_pair pair;

            random_side(&r, c.words, &need, true);
            random_side(&r, c.words, &offer, false);
            pair = make_pair(&r, &need, &offer);
            sk_ruleset_judge(c.rules, NOW_MS, &pair, &verdict);
            if (find(&c, verdict.term[0].applies ? "never-applies" : "when-always"))
                fail_msg("%s", text.data);
        }
        end(&c);
        sk_buf_done(&text);
    }
    assert_true(never > 40 && always > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check__finds_what_cannot_be_meant),
        cmocka_unit_test(test_check__does_not_take_an_interval_for_a_value),
        cmocka_unit_test(test_check__is_silent_when_all_is_well),
        cmocka_unit_test(test_check__looks_at_the_file_itself),
        cmocka_unit_test(test_check__ranges_hold_for_random_pairs),
        cmocka_unit_test(test_check__never_and_always_are_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
