/* SPDX-License-Identifier: EUPL-1.2 */
#include <stdlib.h>

#include "rules/rules.h"

/* Any bytes as a rule file: refused with a reason, or loaded; then its examples run, its programs
 * are shown, and it is checked. */

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

static void check(sk_ruleset *rules, sk_str text)
{
    sk_check_options options = {.text = text};
    sk_arena *arena = sk_arena_new(0);
    sk_rules_check found;

    if (sk_ruleset_check(rules, &options, arena, &found, NULL) != SK_OK)
        abort();
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
        check(rules, source.text);
        sk_buf_done(&report);
    } else if (rules || err.message[0] == '\0') {
        abort();
    }
    sk_ruleset_free(rules);
    sk_intern_free(words);
    return 0;
}
