/* SPDX-License-Identifier: EUPL-1.2 */
#include <stdlib.h>

#include "rules/rules.h"

/* Any bytes as a rule file: refused with a reason, or loaded; then its examples run, its programs
 * are shown, and it is checked and put into words. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sk_status find(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    (void)context;
    if (sk_str_eq(name, SK_STR("standaard")))
        sk_buf_text(out, "return ruleset { name = 'standaard',"
                         "term { 'wat', weight = 4, expr = 'closeness' } }");
    else if (sk_str_eq(name, SK_STR("lib/a")))
        sk_buf_text(out, "local n = 0 return { f = function() n = n + 1 return n end, t = {} }");
    else
        return sk_fail(err, SK_ENOTFOUND, "no such file");
    return SK_OK;
}

static void look_at(sk_ruleset *rules, sk_str text)
{
    sk_arena *arena = sk_arena_new(0);
    sk_check_options options = {.text = text};
    const sk_register_field *fields = NULL;
    sk_rules_check check;
    size_t count = 0;
    sk_page page;
    sk_error err = {0};

    if (sk_ruleset_check(rules, &options, arena, &check, &err) != SK_OK ||
        !(check.score_lo <= check.score_hi + 1e-9) ||
        sk_ruleset_describe(rules, NULL, arena, &page, &err) != SK_OK || page.count < 10 ||
        sk_ruleset_register(rules, NULL, arena, &fields, &count, &err) != SK_OK || count == 0)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (!sk_utf8_check(fields[i].text, NULL))
            abort();
    }
    sk_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sk_rules_source source = {
        .name = SK_STR("fuzz.lua"), .text = {(const char *)data, size}, .find = find};
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_error err = {0};

    if (sk_ruleset_load(&source, words, &rules, &err) == SK_OK) {
        sk_buf report = {0};
        uint32_t run, failed;

        sk_ruleset_test(rules, &run, &failed, &report, NULL);
        sk_ruleset_disassemble(rules, &report, NULL);
        sk_buf_done(&report);
        look_at(rules, source.text);
    } else if (rules || err.message[0] == '\0') {
        abort();
    }
    sk_ruleset_free(rules);
    sk_intern_free(words);
    return 0;
}
