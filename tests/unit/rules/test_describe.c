/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include "rules/explain.h"
#include "rules/uses.h"

/* Rules in words, what they read, and the page and the register entry made of it. */

static const sk_category categories[] = {
    {SK_STR("zorg"), SK_STR("Zorg"), SK_STR("Care")},
    {SK_STR("zorg.thuis"), SK_STR("Hulp thuis"), SK_STR("Home help")}};

static sk_taxonomy *make_taxonomy(void)
{
    sk_taxonomy *taxonomy = NULL;

    assert_int_equal(sk_taxonomy_new(categories, 2, NULL, 0, &taxonomy, NULL), SK_OK);
    return taxonomy;
}

/* ---- Words ---- */

static const struct {
    const char *expr, *words;
} conditions[] = {
    {"has(offer.provides, 'vog')", "de helper heeft 'vog'"},
    {"not has(offer.provides, 'vog')", "de helper heeft geen 'vog'"},
    {"has(need.languages, 'ar')", "wie vraagt spreekt Arabisch"},
    {"under(need.categories, 'zorg.thuis')", "de vraag gaat over 'Hulp thuis'"},
    {"not under(need.categories, 'tuin')", "de vraag gaat niet over 'tuin'"},
    {"need.urgency >= 2", "de urgentie van de vraag (0 tot 3) is minstens 2"},
    {"not need.urgency >= 2", "de urgentie van de vraag (0 tot 3) is minder dan 2"},
    {"distance_m <= 1500", "de afstand is hoogstens 1,5 km"},
    {"500 m < distance_m", "500 meter is minder dan de afstand"},
    {"longest_min >= 90 min",
     "de langste tijd achter elkaar die beiden hebben is minstens 1,5 uur"},
    {"need.age_days > 1 d", "de tijd dat de vraag er staat is meer dan 1 dag"},
    {"need.wijk == offer.wijk", "vraag en aanbod liggen in dezelfde wijk"},
    {"need.wijk != offer.wijk", "vraag en aanbod liggen niet in dezelfde wijk"},
    {"attr(need, 'kerk') == attr(offer, 'kerk')",
     "vraag en aanbod hebben hetzelfde kenmerk 'kerk'"},
    {"attr(need, 'alleen') == true", "het kenmerk 'alleen' van de vraag is ja"},
    {"need.kind == 'NEED'", "de soort vraag is 'NEED'"},
    {"count(need.languages & offer.languages) > 0", "zij spreken een taal die beiden kennen"},
    {"need.requires <= offer.provides",
     "wat de vraag eist valt helemaal onder wat de helper heeft"},
    {"need.remote and not offer.remote",
     "de vraag kan op afstand en het aanbod kan niet op afstand"},
    {"need.remote and (offer.remote or need.urgency == 3)",
     "de vraag kan op afstand en (het aanbod kan op afstand of de urgentie van de vraag (0 tot 3) "
     "is 3)"},
    {"not (need.remote and offer.remote)",
     "de vraag kan niet op afstand of het aanbod kan niet op afstand"},
    {"if(need.remote, has(offer.provides, 'vog'), true)",
     "als geldt: de vraag kan op afstand, dan: de helper heeft 'vog'; anders: altijd"},
    {"need.remote == (need.urgency > 2)",
     "of de vraag op afstand kan is (de urgentie van de vraag (0 tot 3) is meer dan 2)"},
    {"false", "nooit"},
};

static const struct {
    const char *expr, *words;
} values[] = {
    {"decay(distance_m, 1500)", "hoe kleiner de afstand, hoe hoger; de helft bij 1,5 km"},
    {"1 / (1 + offer.load_30d)",
     "hoe kleiner het aantal keer dat de helper de laatste 30 dagen is gekoppeld, hoe hoger; de "
     "helft bij 1"},
    {"ramp(overlap_min, 0, 4 h)",
     "hoe groter de tijd die beiden hebben, hoe hoger; niets bij 0 minuten, vol vanaf 4 uur"},
    {"ramp(distance_m, 5 km, 1 km)",
     "hoe kleiner de afstand, hoe hoger; niets bij 5 km, vol vanaf 1 km"},
    {"1 - ramp(offer.load_30d, 0, 4)",
     "hoe kleiner het aantal keer dat de helper de laatste 30 dagen is gekoppeld, hoe hoger; vol "
     "bij 0, niets vanaf 4"},
    {"closeness", "hoe goed het aanbod bij de vraag past, van 0 tot 1"},
    {"if(need.wijk == offer.wijk, 1, 0)",
     "vol als geldt: vraag en aanbod liggen in dezelfde wijk; anders niets"},
    {"if(need.remote, 0.5, decay(distance_m, 500))",
     "als geldt: de vraag kan op afstand, dan 0,5; anders hoe kleiner de afstand, hoe hoger; de "
     "helft bij 500 meter"},
    {"decay(abs(attr(need, 'leeftijd') - attr(offer, 'leeftijd')), 10)",
     "hoe kleiner het verschil tussen het kenmerk 'leeftijd' van de vraag en het kenmerk "
     "'leeftijd' van het aanbod, hoe hoger; de helft bij 10"},
    {"need.urgency / 3",
     "de urgentie van de vraag (0 tot 3) gedeeld door 3 (onder 0 telt als 0, boven 1 als 1)"},
    {"(1 + closeness) * 0.5",
     "(1 plus hoe goed het aanbod bij de vraag past) keer 0,5 (onder 0 telt als 0, boven 1 als 1)"},
};

static void test_explain__says_it_in_dutch(void **state)
{
    sk_taxonomy *taxonomy = make_taxonomy();
    sk_buf out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        sk_buf_reset(&out);
        assert_int_equal(sk_explain_condition(sk_str_from(conditions[i].expr),
                                              (sk_declared){NULL, 0}, taxonomy, &out, NULL),
                         SK_OK);
        if (!sk_str_eq(sk_buf_view(&out), sk_str_from(conditions[i].words)))
            fail_msg("%s: %.*s", conditions[i].expr, SK_STR_ARG(sk_buf_view(&out)));
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sk_buf_reset(&out);
        assert_int_equal(sk_explain_value(sk_str_from(values[i].expr), (sk_declared){NULL, 0},
                                          taxonomy, &out, NULL),
                         SK_OK);
        if (!sk_str_eq(sk_buf_view(&out), sk_str_from(values[i].words)))
            fail_msg("%s: %.*s", values[i].expr, SK_STR_ARG(sk_buf_view(&out)));
    }
    sk_buf_done(&out);
    sk_taxonomy_free(taxonomy);
}

/* ---- What is read ---- */

static const char rules_text[] =
    "local lib = require('lib/proef')\n"
    "return ruleset { name = 'a', policy = 'Zo.', threshold = 0.5,\n"
    "hard { 'vog', when = \"attr(need, 'thuis') == true\", expr = \"has(offer.provides, 'vog')\",\n"
    "  why = 'een VOG' },\n"
    "term { 'wat', weight = 3, expr = 'closeness', why = 'past ({category})' },\n"
    "term { 'zelf', weight = 1, lua = function(need, offer) return lib.gebruikt(need, offer) end "
    "},\n"
    "relax { after = '3d', threshold = 0.4, reach = '2 km', languages = 'any' },\n"
    "notify { 'werk', on = 'suggestion.created', to = 'connector', when = 'need.urgency > 1',\n"
    "  text = { nl = 'Kijk naar {need.title}.' } },\n"
    "example { 'met', need = { categories = { 'zorg.thuis' }, attributes = { thuis = true } },\n"
    "  offer = { provides = { 'vog' } }, expect = { match = true } },\n"
    "example { 'zonder', need = { attributes = { thuis = true } }, expect = { fails = 'vog' } } }";

static const char library[] =
    "local hulp = { diep = function(x) return x.urgency end }\n"
    "local lib = {}\n"
    "function lib.gebruikt(need, offer)\n"
    "  if need.wijk == offer.wijk then return 1 end\n"
    "  return hulp.diep(need) / 3\n"
    "end\n"
    "function lib.nooit(need) return need.gemeente and need.attributes.geheim end\n"
    "return lib";

static sk_ruleset *load_rules(sk_intern *words)
{
    sk_ruleset *rules = NULL;
    sk_error err;

    if (load_text(rules_text, library, words, &rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    return rules;
}

static void test_uses__finds_what_is_read(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = load_rules(words);
    sk_uses uses;

    (void)state;
    assert_int_equal(sk_uses_of(rules, &uses, NULL), SK_OK);
    assert_true(uses.side[SK_SUPPLY][SK_F_PROVIDES] && !uses.side[SK_DEMAND][SK_F_PROVIDES]);
    assert_true(uses.pair[SK_F_CLOSENESS] && !uses.pair[SK_F_DISTANCE]);
    /* Through the function, and through the one that it calls. */
    assert_true(uses.side[SK_DEMAND][SK_F_WIJK] && uses.side[SK_SUPPLY][SK_F_WIJK]);
    assert_true(uses.side[SK_DEMAND][SK_F_URGENCY]);
    /* What only another function of the library reads is not read. */
    assert_false(uses.side[SK_DEMAND][SK_F_GEMEENTE] || uses.any_attribute);
    assert_true(uses.side[SK_DEMAND][SK_F_AGE]);
    assert_int_equal(uses.attribute_count, 1);
    assert_true(sk_str_eq(uses.attributes[0].name, SK_STR("thuis")));
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

/* ---- The page ---- */

static const sk_block *block_of(const sk_page *page, const char *key)
{
    for (size_t i = 0; i < page->count; i++) {
        if (strcmp(page->blocks[i].key, key) == 0)
            return &page->blocks[i];
    }
    fail_msg("no block %s", key);
    return NULL;
}

static void cell_is(const sk_block *from, size_t row, size_t column, const char *text)
{
    sk_str cell = from->cells[row * from->column_count + column];

    if (row >= from->row_count || !sk_str_eq(cell, sk_str_from(text)))
        fail_msg("%s, row %zu: %.*s, not %s", from->key, row, SK_STR_ARG(cell), text);
}

static void test_describe__says_what_the_rules_do(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_arena *arena = sk_arena_new(0);
    sk_taxonomy *taxonomy = make_taxonomy();
    sk_ruleset *rules = load_rules(words);
    sk_page page;

    (void)state;
    assert_int_equal(sk_ruleset_describe(rules, taxonomy, arena, &page, NULL), SK_OK);
    cell_is(block_of(&page, "version"), 2, 1, sk_ruleset_about(rules)->hash);
    cell_is(block_of(&page, "hard"), 0, 1, "het kenmerk 'thuis' van de vraag is ja");
    cell_is(block_of(&page, "hard"), 0, 2, "de helper heeft 'vog'");
    cell_is(block_of(&page, "terms"), 0, 1, "75 %");
    cell_is(block_of(&page, "terms"), 0, 4, "past ([onderwerp])");
    cell_is(block_of(&page, "terms"), 1, 1, "25 %");
    cell_is(block_of(&page, "relax"), 0, 0, "3 dagen");
    cell_is(block_of(&page, "relax"), 0, 2,
            "een score vanaf 0,4; 2 km verder weg; zonder een taal die beiden kennen");
    cell_is(block_of(&page, "notify"), 0, 3, "de buurtverbinder");
    cell_is(block_of(&page, "notify"), 0, 4, "Kijk naar {need.title}.");
    cell_is(block_of(&page, "examples"), 0, 1, "Hulp thuis; thuis: ja");
    cell_is(block_of(&page, "examples"), 0, 4, "voorstel, score 1");
    cell_is(block_of(&page, "examples"), 1, 4, "geen voorstel: een VOG");
    assert_true(sk_str_eq(block_of(&page, "policy")->text, SK_STR("Zo.")));
    assert_true(block_of(&page, "data")->row_count >= 8);
    sk_ruleset_free(rules);
    sk_taxonomy_free(taxonomy);
    sk_arena_free(arena);
    sk_intern_free(words);
}

static const sk_register_field *field_of(const sk_register_field *fields, size_t count,
                                         const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    }
    fail_msg("no field %s", key);
    return NULL;
}

static size_t characters(sk_str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return count;
}

/* The fields of publication standard 1.0.0 and how long their texts may be. */
static const struct {
    const char *key;
    size_t most;
    bool to_fill;
} standard[] = {{"name", 100, false},
                {"description_short", 350, false},
                {"organization", 100, true},
                {"category", 100, false},
                {"status", 100, true},
                {"begin_date", 100, true},
                {"contact_email", 500, true},
                {"website", 500, true},
                {"publication_category", 100, true},
                {"goal", 2500, false},
                {"proportionality", 2500, true},
                {"human_intervention", 2500, false},
                {"risks", 2500, false},
                {"lawful_basis", 2500, true},
                {"lawful_basis_grouping", 0, false},
                {"process_index_url", 500, true},
                {"impacttoetsen", 2500, true},
                {"impacttoetsen_grouping", 0, false},
                {"source_data", 2500, false},
                {"source_data_grouping", 0, false},
                {"methods_and_models", 5000, false},
                {"provider", 200, false},
                {"publiccode", 500, true},
                {"lang", 3, false},
                {"standard_version", 5, false},
                {"source_id", 100, false},
                {"tags", 2500, false}};

static void test_register__keeps_to_the_standard(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_arena *arena = sk_arena_new(0);
    const sk_register_field *fields;
    sk_buf text = {0};
    sk_ruleset *rules = NULL;
    size_t count = 0;
    sk_error err;

    (void)state;
    /* A policy longer than the register takes, with letters of two bytes. */
    sk_buf_text(&text, "return ruleset { name = 'lang', based_on = 'standaard', policy = [[");
    for (int i = 0; i < 600; i++)
        sk_buf_text(&text, "één reden ");
    sk_buf_add(&text, "]] }", 5);
    if (load_text(text.data, NULL, words, &rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    assert_int_equal(sk_ruleset_register(rules, NULL, arena, &fields, &count, &err), SK_OK);
    assert_int_equal(count, sizeof standard / sizeof standard[0]);
    for (size_t i = 0; i < count; i++) {
        const sk_register_field *field = field_of(fields, count, standard[i].key);

        if (characters(field->text) > standard[i].most || field->to_fill != standard[i].to_fill ||
            !sk_utf8_check(field->text, NULL))
            fail_msg("%s: %zu characters", field->key, characters(field->text));
    }
    assert_true(characters(field_of(fields, count, "goal")->text) > 2400);
    assert_non_null(strstr(field_of(fields, count, "methods_and_models")->text.data,
                           sk_ruleset_about(rules)->hash));
    assert_non_null(
        strstr(field_of(fields, count, "methods_and_models")->text.data, "niet zelflerend"));
    sk_buf_done(&text);
    sk_ruleset_free(rules);
    sk_arena_free(arena);
    sk_intern_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explain__says_it_in_dutch),
        cmocka_unit_test(test_uses__finds_what_is_read),
        cmocka_unit_test(test_describe__says_what_the_rules_do),
        cmocka_unit_test(test_register__keeps_to_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
