/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <math.h>
#include <stdlib.h>

#include "rules/expr.h"

static const sk_declared no_declared = {NULL, 0};

/* ---- The cases of tests/data/expr_cases.txt ---- */

typedef struct known_pair {
    sk_intern *words;
    uint32_t need_sets[4], offer_sets[4];
    sk_attr_facts attrs[3];
    sk_facts need, offer;
    sk_party_facts party, offer_party;
    sk_pair pair;
} known_pair;

static uint32_t word(known_pair *k, const char *text)
{
    return sk_intern_add(k->words, sk_str_from(text));
}

static void make_known(known_pair *k)
{
    *k = (known_pair){.words = sk_intern_new()};
    k->need_sets[0] = word(k, "zorg.thuis");
    k->need_sets[1] = word(k, "nl");
    k->need_sets[2] = word(k, "en");
    k->need_sets[3] = word(k, "vog");
    k->offer_sets[2] = k->need_sets[3];
    k->offer_sets[0] = word(k, "zorg");
    k->offer_sets[1] = word(k, "vervoer");
    k->offer_sets[3] = word(k, "rolstoel");
    k->attrs[0] = (sk_attr_facts){word(k, "soort"), SK_ATTR_STRING, word(k, "vast")};
    k->attrs[1] = (sk_attr_facts){word(k, "aantal"), SK_ATTR_NUMBER, 3};
    k->attrs[2] = (sk_attr_facts){word(k, "haast"), SK_ATTR_BOOL, 1};
    k->need = (sk_facts){
        .kind_word = word(k, "NEED"),
        .duration_min = 60,
        .urgency = 2,
        .category_count = 1,
        .language_count = 2,
        .require_count = 1,
        .sets = k->need_sets,
    };
    sk_facts_set_attrs(&k->need, k->attrs, 3);
    k->offer = (sk_facts){.kind_word = word(k, "OFFER"),
                          .category_count = 2,
                          .provide_count = 2,
                          .sets = k->offer_sets};
    k->need.wijk = k->offer.wijk = word(k, "WK1");
    k->party.last_asked_ms = k->offer_party.last_asked_ms = INT64_MIN;
    k->offer_party.load_30d = 3;
    k->pair = (sk_pair){&k->need, &k->offer, &k->party, &k->offer_party, 600, 90, 45, 0.7};
}

static void check_value(known_pair *k, int line, const char *text, double want)
{
    sk_program *program = sk_program_new(k->words);
    sk_expr_fault fault;
    double got;
    int reg;

    if (sk_program_add(program, sk_str_from(text), SK_T_NUMBER, &reg, &fault) != SK_OK &&
        sk_program_add(program, sk_str_from(text), SK_T_BOOL, &reg, &fault) != SK_OK)
        fail_msg("line %d: character %u: %s", line, fault.character, fault.text);
    assert_int_equal(sk_program_seal(program, NULL), SK_OK);
    sk_program_run(program, NOW_MS, &k->pair, 1);
    got = sk_program_column(program, reg)[0];
    if (isnan(want) ? !isnan(got) : got != want)
        fail_msg("line %d: %s gives %g", line, text, got);
    sk_program_free(program);
}

static void check_refused(int line, const char *text, unsigned character, const char *message)
{
    sk_arena *arena = sk_arena_new(0);
    sk_expr_fault fault;
    sk_node *node;

    if (sk_expr_parse(sk_str_from(text), no_declared, arena, &node, &fault) == SK_OK)
        fail_msg("line %d: %s is accepted", line, text);
    if (fault.character != character || !strstr(fault.text, message))
        fail_msg("line %d: %s: character %u: %s", line, text, fault.character, fault.text);
    sk_arena_free(arena);
}

static void test_parse__every_case_of_the_file(void **state)
{
    FILE *file = fopen(SK_TEST_DATA "/expr_cases.txt", "r");
    char text[512];
    known_pair k;
    int line = 0, cases = 0;

    (void)state;
    assert_non_null(file);
    make_known(&k);
    while (fgets(text, sizeof text, file)) {
        char *expression, *message;

        line++;
        text[strcspn(text, "\n")] = '\0';
        if (*text == '#' || *text == '\0')
            continue;
        expression = strchr(text, '\t');
        assert_non_null(expression);
        *expression++ = '\0';
        message = strchr(expression, '\t');
        if (message)
            *message++ = '\0';
        if (*text == '!')
            check_refused(line, expression, (unsigned)atoi(text + 1), message);
        else
            check_value(&k, line, expression, *text == '=' ? atof(text + 1) : (double)NAN);
        cases++;
    }
    assert_true(cases > 100);
    sk_intern_free(k.words);
    fclose(file);
}

/* ---- Limits ---- */

static sk_status parse(const sk_buf *text, sk_expr_fault *fault)
{
    sk_arena *arena = sk_arena_new(0);
    sk_node *node;
    sk_status st = sk_expr_parse(sk_buf_view(text), no_declared, arena, &node, fault);

    sk_arena_free(arena);
    return st;
}

static void test_parse__bounds_nesting_and_size(void **state)
{
    static const char *const openings[] = {"(", "-", "not ", "abs(", "min(1,"};
    sk_expr_fault fault;

    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        sk_buf text = {0};

        for (int k = 0; k < 65; k++)
            sk_buf_text(&text, openings[i]);
        assert_int_equal(parse(&text, &fault), SK_ELIMIT);
        assert_non_null(strstr(fault.text, "nested deeper than 64"));
        sk_buf_done(&text);
    }
    sk_buf text = {0};
    for (int i = 0; i < 999; i++)
        sk_buf_text(&text, "1+");
    sk_buf_text(&text, "1");
    assert_int_equal(parse(&text, &fault), SK_OK);
    sk_buf_text(&text, "+1");
    assert_int_equal(parse(&text, &fault), SK_ELIMIT);
    sk_buf_done(&text);
}

static void test_parse__any_bytes_end_in_an_answer(void **state)
{
    static const char *const parts[] = {
        "need.", "offer.", "(", ")",          "and ", "not ", "1",        "'a'", "&", "<=",
        "attr(", "if(",    ",", "distance_m", "km",   "\xff", "provides", "==",  "-", " "};
    rnd r = {7};
    sk_expr_fault fault;
    size_t good = 0;

    (void)state;
    for (int n = 0; n < 20000; n++) {
        sk_buf text = {0};

        for (uint32_t i = rnd_below(&r, 12); i > 0; i--)
            sk_buf_text(&text, parts[rnd_below(&r, sizeof parts / sizeof parts[0])]);
        if (parse(&text, &fault) == SK_OK)
            good++;
        else
            assert_true(fault.character >= 1 && fault.text[0] != '\0');
        sk_buf_done(&text);
    }
    assert_true(good > 100);
}

static void test_add__survives_any_failing_allocation(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_status st = SK_ENOMEM;
    long n = 0;

    (void)state;
    for (; st == SK_ENOMEM && n < 1000; n++) {
        sk_program *program = sk_program_new(words);
        sk_expr_fault fault;
        int reg = -1;

        sk_alloc_fail_after(n);
        st = sk_program_add(program,
                            SK_STR("if(under(need.categories & offer.categories, 'q'), "
                                   "decay(distance_m, 1 km), attr(need, 'w'))"),
                            SK_T_NUMBER, &reg, &fault);
        if (st == SK_OK)
            st = sk_program_seal(program, NULL);
        sk_alloc_fail_after(-1);
        assert_true(st == SK_OK || st == SK_ENOMEM);
        sk_program_free(program);
    }
    assert_int_equal(st, SK_OK);
    assert_true(n > 5);
    sk_intern_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse__every_case_of_the_file),
        cmocka_unit_test(test_parse__bounds_nesting_and_size),
        cmocka_unit_test(test_parse__any_bytes_end_in_an_answer),
        cmocka_unit_test(test_add__survives_any_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
