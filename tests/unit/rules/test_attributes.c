/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <math.h>

/* Attributes that a rule set declares: their types at compile time, what they are worth when a
 * listing disagrees, and what an author is told. */

#define DECLARED                                                                                   \
    "return ruleset { name = 'a', attributes = { trap_lopen = 'boolean', verdieping = 'number',\n" \
    "vervoer = 'string', reistijd = { type = 'number', unit = 'min', note = 'met de bus' } },\n"
#define TERM(expr) DECLARED "term { 't', weight = 1, expr = \"" expr "\" } }"

static const struct {
    const char *text, *message;
} bad[] = {
    {"return ruleset { name = 'a', attributes = 3 }", "attributes must be a table"},
    {"return ruleset { name = 'a', attributes = { 'trap' } }", "names with their types"},
    {"return ruleset { name = 'a', attributes = { x = 3 } }", "attributes, x: must be"},
    {"return ruleset { name = 'a', attributes = { x = 'bolean' } }", "did you mean 'boolean'?"},
    {"return ruleset { name = 'a', attributes = { x = 'tekst' } }", "did you mean 'string'?"},
    {"return ruleset { name = 'a', attributes = { x = 'date' } }", "known are number"},
    {"return ruleset { name = 'a', attributes = { x = {} } }", "unknown type ''"},
    {"return ruleset { name = 'a', attributes = { ['a b'] = 'number' } }", "'a b' is no name"},
    {"return ruleset { name = 'a', attributes = { x = { type = 'number', unti = 'm' } } }",
     "attributes, x: unknown key 'unti'; did you mean 'unit'?"},
    {"return ruleset { name = 'a', attributes = { x = { type = 'number', unit = 'km' } } }",
     "unit must be"},
    {"return ruleset { name = 'a', attributes = { x = { type = 'string', unit = 'm' } } }",
     "unit must be"},
    {"return ruleset { name = 'a', atributes = {} }", "did you mean 'attributes'?"},
    {TERM("attr(need, 'trap_lopen') + 1"), "character 1: + needs a number, but this is true or"},
    {TERM("1 + attr(need, 'vervoer')"), "character 5: + needs a number, but this is a text"},
    {TERM("if(attr(need, 'verdieping'), 1, 0)"), "character 4: if needs true or false"},
    {TERM("if(attr(need, 'vervoer') == attr(offer, 'verdieping'), 1, 0)"), "compared with a text"},
    {TERM("attr(need, 'reistijd') / (distance_m + attr(need, 'reistijd'))"), "this is in minutes"},
    {TERM("need.verdieping"), "character 6: an attribute; write `attr(need, 'verdieping')`"},
    {TERM("verdieping / 10"), "an attribute; write `attr(need, 'verdieping')`"},
    {DECLARED "example { 'e', need = { attributes = { verdieping = '3' } }, expect = {} } }",
     "attribute 'verdieping' is declared as a number, but this is a string"},
};

static void test_load__refuses_what_a_declaration_forbids(void **state)
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

static sk_ruleset *load(const char *text, const char *library, sk_intern *words)
{
    sk_ruleset *rules = NULL;
    sk_error err;

    if (load_text(text, library, words, &rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    return rules;
}

static void test_about__tells_what_is_declared(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load(TERM("1"), NULL, words);
    const sk_attribute_info *first = sk_ruleset_attribute(rules, 0);

    (void)state;
    assert_int_equal(sk_ruleset_about(rules)->attribute_count, 4);
    assert_true(sk_str_eq(first->name, SK_STR("reistijd")));
    assert_int_equal(first->type, SK_ATTR_NUMBER);
    assert_true(sk_str_eq(first->unit, SK_STR("min")));
    assert_true(sk_str_eq(first->note, SK_STR("met de bus")));
    assert_true(sk_str_eq(sk_ruleset_attribute(rules, 3)->name, SK_STR("vervoer")));
    assert_null(sk_ruleset_attribute(rules, 4));
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static sk_status find_base(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    (void)context;
    (void)name;
    (void)err;
    sk_buf_text(out, "return ruleset { name = 'basis', attributes = { verdieping = 'number',"
                     "lift = 'boolean' },\n"
                     "hard { 'h', expr = \"attr(offer, 'lift')\" } }");
    return SK_OK;
}

static void test_load__takes_over_what_the_base_declares(void **state)
{
    sk_rules_source source = {.name = SK_STR("proef.lua"), .find = find_base};
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_error err = {0};

    (void)state;
    source.text = SK_STR("return ruleset { name = 'a', based_on = 'basis',\n"
                         "attributes = { lift = 'string', hond = 'boolean' },\n"
                         "hard { 'h', expr = \"attr(offer, 'lift') == 'ja'\" } }");
    assert_int_equal(sk_ruleset_load(&source, words, &rules, &err), SK_OK);
    assert_int_equal(sk_ruleset_about(rules)->attribute_count, 3);
    assert_int_equal(sk_ruleset_attribute(rules, 0)->type, SK_ATTR_STRING);
    assert_true(sk_str_eq(sk_ruleset_attribute(rules, 2)->name, SK_STR("hond")));
    sk_ruleset_free(rules);
    /* A rule of the base that the new type breaks is named. */
    source.text = SK_STR("return ruleset { name = 'a', based_on = 'basis',\n"
                         "attributes = { lift = 'string' } }");
    assert_int_equal(sk_ruleset_load(&source, words, &rules, &err), SK_EINVAL);
    assert_non_null(strstr(err.message, "hard 'h', expr, character 1: true or false is needed"));
    sk_intern_free(words);
}

/** One term over a listing whose attribute has each of the types in turn. */
static void test_score__another_type_than_declared_is_missing(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load(TERM("if(attr(offer, 'verdieping') == attr(offer, 'verdieping'), "
                                  "attr(offer, 'verdieping') / 10, 1)"),
                             NULL, words);
    static side_memory need, offer;
    rnd r = {3};
    sk_pair pair;

    (void)state;
    random_side(&r, words, &need, true);
    random_side(&r, words, &offer, false);
    pair = make_pair(&r, &need, &offer);
    for (sk_attr_type type = SK_ATTR_STRING; type <= SK_ATTR_BOOL; type++) {
        sk_verdict verdict;

        offer.attrs[0] = (sk_attr_facts){sk_intern_add(words, SK_STR("verdieping")), type, 1};
        sk_facts_set_attrs(&offer.facts, offer.attrs, 1);
        sk_ruleset_judge(rules, NOW_MS, &pair, &verdict);
        assert_int_equal(verdict.term[0].applies, type == SK_ATTR_NUMBER);
        if (type == SK_ATTR_NUMBER)
            assert_true(verdict.term[0].value == 0.1);
    }
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

static void test_check__names_the_attribute_that_was_meant(void **state)
{
    static const sk_check_options options = {.taxonomy = NULL};
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load(DECLARED "term { 't', weight = 1, expr = \"attr(need, 'verdiping')\"},"
                                      "example { 'e', offer = { attributes = { b_b = 1, a = 2 } },"
                                      "expect = { t = 'missing' } } }",
                             NULL, words);
    const char *says[] = {"declare 'verdiping'; did you mean 'verdieping'?", "declare 'a'",
                          "declare 'b_b'"};
    sk_arena *arena = sk_arena_new(0);
    sk_rules_check check;
    size_t found = 0;

    (void)state;
    assert_int_equal(sk_ruleset_check(rules, &options, arena, &check, NULL), SK_OK);
    for (size_t i = 0; i < check.finding_count; i++) {
        if (strcmp(check.findings[i].code, "undeclared-attribute") != 0)
            continue;
        assert_true(found < 3);
        if (!strstr(check.findings[i].text.data, says[found]))
            fail_msg("%s", check.findings[i].text.data);
        found++;
    }
    assert_int_equal(found, 3);
    sk_arena_free(arena);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load__refuses_what_a_declaration_forbids),
        cmocka_unit_test(test_about__tells_what_is_declared),
        cmocka_unit_test(test_load__takes_over_what_the_base_declares),
        cmocka_unit_test(test_score__another_type_than_declared_is_missing),
        cmocka_unit_test(test_check__names_the_attribute_that_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
