/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <dirent.h>
#include <stdlib.h>

#include "rules/expr.h"

/* The rule library and the reference: what they promise is run. */

static char *read_text(const char *path)
{
    sk_buf text = {0};
    sk_error err = {0};

    if (sk_file_read(path, 1 << 20, &text, &err) != SK_OK)
        fail_msg("%s", err.message);
    sk_buf_add(&text, "", 1);
    return text.data;
}

static void test_library__computes_what_it_says(void **state)
{
    char *text = read_text(SK_TEST_DATA "/library_proof.lua");
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    uint32_t run = 0, failed = 0;
    sk_buf report = {0};
    sk_error err;

    (void)state;
    if (load_text(text, NULL, words, &rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    assert_int_equal(sk_ruleset_test(rules, &run, &failed, &report, &err), SK_OK);
    if (failed > 0)
        fail_msg("\n%.*s", SK_STR_ARG(sk_buf_view(&report)));
    assert_true(run > 25);
    sk_buf_done(&report);
    sk_ruleset_free(rules);
    sk_intern_free(words);
    sk_free(text);
}

/* Each example of a library file is a rule that loads. */
static int load_examples(const char *file)
{
    char path[600], *text, *next;
    int count = 0;

    snprintf(path, sizeof path, SK_SCRIPTS "/lib/%s", file);
    text = read_text(path);
    for (char *at = strstr(text, "---@example "); at; at = strstr(next, "---@example ")) {
        int stem = (int)(strlen(file) - 4);
        sk_intern *words = sk_intern_new();
        sk_ruleset *rules = NULL;
        char *rule = NULL;
        sk_error err;

        next = at + strcspn(at, "\n");
        assert_true(
            asprintf(&rule,
                     "local %.*s = require('lib/%.*s')\nreturn ruleset { name = 'a',\n%.*s }", stem,
                     file, stem, file, (int)(next - at - 12), at + 12) > 0);
        if (load_text(rule, NULL, words, &rules, &err) != SK_OK)
            fail_msg("%s: %s: %s", file, err.message, rule);
        count++;
        sk_ruleset_free(rules);
        sk_intern_free(words);
        free(rule);
    }
    sk_free(text);
    return count;
}

static void test_library__examples_load(void **state)
{
    DIR *folder = opendir(SK_SCRIPTS "/lib");
    int files = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        size_t size = strlen(entry->d_name);

        if (size < 5 || strcmp(entry->d_name + size - 4, ".lua") != 0)
            continue;
        if (load_examples(entry->d_name) == 0)
            fail_msg("%s has no examples", entry->d_name);
        files++;
    }
    closedir(folder);
    assert_true(files >= 10);
}

/* The examples of fields, units and functions in the comments that the reference is made from. */
static void compile_examples(const char *file)
{
    char *text = read_text(file), *next;
    int count = 0;

    for (char *at = strstr(text, "---@example "); at; at = strstr(next, "---@example ")) {
        sk_intern *words = sk_intern_new();
        sk_program *program = sk_program_new(words);
        sk_expr_fault fault;
        sk_str expr;
        int reg;

        next = strstr(at, " */");
        assert_non_null(next);
        expr = (sk_str){at + 12, (size_t)(next - at - 12)};
        if (sk_program_add(program, expr, SK_T_NUMBER, &reg, &fault) != SK_OK &&
            sk_program_add(program, expr, SK_T_BOOL, &reg, &fault) != SK_OK)
            fail_msg("%.*s: character %u: %s", SK_STR_ARG(expr), fault.character, fault.text);
        count++;
        sk_program_free(program);
        sk_intern_free(words);
    }
    assert_true(count >= 5);
    sk_free(text);
}

static void test_reference__examples_compile(void **state)
{
    (void)state;
    compile_examples(SK_ENGINE "/rules/fields.c");
    compile_examples(SK_ENGINE "/rules/lex.c");
    compile_examples(SK_ENGINE "/rules/parse.c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_library__computes_what_it_says),
        cmocka_unit_test(test_library__examples_load),
        cmocka_unit_test(test_reference__examples_compile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
