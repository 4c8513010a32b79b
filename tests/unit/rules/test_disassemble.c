/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

/* The listing of a program, word for word: what is shared is there once, constants are computed
 * beforehand, and every result names its rule. */

static const char source[] =
    "return ruleset { name = 'a', attributes = { lift = 'boolean' },\n"
    "hard { 'vog', when = \"under(need.categories, 'zorg\\27')\",\n"
    "  expr = \"has(offer.provides, 'vog')\" },\n"
    "term { 'een', weight = 1, expr = 'decay(distance_m, 1.5 km)' },\n"
    "term { 'twee', weight = 1, expr = '1 - decay(distance_m, 3 * 500 m)', when = \"attr(offer, "
    "'lift')\" },\n"
    "term { 'drie', weight = 1, expr = '1 / 0' },\n"
    "term { 'vier', weight = 1, when = 'need.remote', lua = function() return 1 end } }";

static const char expected[] = "hard rules: 6 instructions\n"
                               "  r0    set        offer.provides\n"
                               "  r1    const      'vog'\n"
                               "  r2    has        r0 r1                      hard 'vog'\n"
                               "  r3    set        need.categories\n"
                               "  r4    const      'zorg?'\n"
                               "  r5    under      r3 r4                      when of hard 'vog'\n"
                               "\n"
                               "terms: 11 instructions\n"
                               "  r0    field      distance_m\n"
                               "  r1    const      1500                       used 2 times\n"
                               "  r2    add        r1 r0\n"
                               "  r3    div        r1 r2                      term 'een'\n"
                               "  r4    const      1\n"
                               "  r5    const      3                          folded\n"
                               "  r6    const      500                        folded\n"
                               "  r7    sub        r4 r3                      term 'twee'\n"
                               "  r8    attr       offer 'lift' boolean       when of term 'twee'\n"
                               "  r9    const      0                          folded\n"
                               "  r10   const      missing                    term 'drie'\n"
                               "\n"
                               "when of functions: 1 instruction\n"
                               "  r0    field      need.remote                when of term 'vier'\n"
                               "\n"
                               "term 'vier' is a function in Lua: proef.lua:7\n";

static void test_disassemble__shows_every_program(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_buf text = {0};
    sk_error err;

    (void)state;
    if (load_text(source, NULL, words, &rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    assert_int_equal(sk_ruleset_disassemble(rules, &text, &err), SK_OK);
    sk_buf_add(&text, "", 1);
    assert_string_equal(text.data, expected);
    sk_buf_done(&text);
    sk_ruleset_free(rules);
    sk_intern_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disassemble__shows_every_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
