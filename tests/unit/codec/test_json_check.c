/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <dirent.h>

#include <cmocka.h>

#include "codec/codec.h"

static sk_status check(const char *text)
{
    return sk_json_check(sk_str_from(text), NULL);
}

static void test_check__takes_what_rfc_8259_allows(void **state)
{
    static const char *const good[] = {
        "null",
        " true\n",
        "-0",
        "0.5e-7",
        "1E+2",
        "\"\"",
        "[]",
        "{}",
        "[ [ ] , { } ]",
        "{\"a\":1,\"a\":2}",
        "\"\\u0000 \\ud834\\udd1e \\/\"",
        "\"\xc3\xa9\x7f\"",
        "[[[[[[[[[[[[]]]]]]]]]]]]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        sk_error err = {0};

        if (sk_json_check(sk_str_from(good[i]), &err) != SK_OK)
            fail_msg("%s: %s", good[i], err.message);
    }
}

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "01",
    "-",
    "1.",
    ".5",
    "+1",
    "1e",
    "0x1",
    "NaN",
    "Infinity",
    "\"",
    "\"\t\"",
    "\"\\x\"",
    "\"\\u12g4\"",
    "\"\\ud834\"",
    "\"\\udd1e\\ud834\"",
    "\"\\ud834\\u0041\"",
    "\"\xff\"",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "[] []",
    "1 // one",
    "/* */ 1",
    "\xef\xbb\xbf{}",
    "[1]\x0b",
    "[[[[[[[[[[[[[]]]]]]]]]]]]]",
};

static void test_check__refuses_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (check(bad[i]) == SK_OK)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_int_not_equal(sk_json_check((sk_str){"[1]\0", 4}, NULL), SK_OK);
    assert_int_not_equal(sk_json_check((sk_str){"\"\\\0\"", 4}, NULL), SK_OK);
}

static void test_check__names_line_and_column(void **state)
{
    sk_error err = {0};

    (void)state;
    sk_json_check(SK_STR("{\n  \"a\": 1,\n  \"é\": x}"), &err);
    assert_string_equal(err.message, "line 3, column 8: a value is expected here");
    assert_int_equal(err.status, SK_EPROTO);
    sk_json_check(SK_STR("[1, 2"), &err);
    assert_string_equal(err.message, "line 1, column 6: the text ends too early");
    sk_json_check(SK_STR("[[[[[[[[[[[[[["), &err);
    assert_string_equal(err.message, "line 1, column 13: nested too deeply");
    assert_int_equal(err.status, SK_ELIMIT);
}

/* Never crashes, and every prefix of a valid text but the whole is refused. */
static void test_check__refuses_every_cut(void **state)
{
    const char text[] = "{\"a\": [1.5e3, \"\\u00e9\\ud834\\udd1e\", {\"b\": null}], \"c\": true}";

    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        char *cut = sk_malloc(size + 1);

        memcpy(cut, text, size);
        assert_int_not_equal(sk_json_check((sk_str){cut, size}, NULL), SK_OK);
        sk_free(cut);
    }
    assert_int_equal(check(text), SK_OK);
}

static void check_suite_file(const char *folder, const char *name, size_t *counts)
{
    char path[4096];
    sk_buf text = {0};
    sk_error err = {0};
    sk_status st = SK_OK;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(sk_file_read(path, 10 << 20, &text, &err), SK_OK);
    st = sk_json_check(sk_buf_view(&text), &err);
    if (name[0] == 'y' && st != SK_OK)
        fail_msg("%s refused: %s", name, err.message);
    if (name[0] == 'n' && st == SK_OK)
        fail_msg("%s accepted", name);
    counts[name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2]++;
    sk_buf_done(&text);
}

static void test_check__passes_the_json_test_suite(void **state)
{
    const char *data = getenv("SCHAKEL_DATA");
    size_t counts[3] = {0};
    char folder[2048];
    DIR *listing = NULL;

    (void)state;
    if (!data) {
        print_message("SCHAKEL_DATA is not set: skipped\n");
        return;
    }
    snprintf(folder, sizeof(folder), "%s/json/jsontestsuite", data);
    listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (strstr(entry->d_name, ".json"))
            check_suite_file(folder, entry->d_name, counts);
    }
    closedir(listing);
    print_message("%zu accepted, %zu refused, %zu free\n", counts[0], counts[1], counts[2]);
    assert_true(counts[0] > 50 && counts[1] > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check__takes_what_rfc_8259_allows),
        cmocka_unit_test(test_check__refuses_the_rest),
        cmocka_unit_test(test_check__names_line_and_column),
        cmocka_unit_test(test_check__refuses_every_cut),
        cmocka_unit_test(test_check__passes_the_json_test_suite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
