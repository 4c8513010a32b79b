/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../cli.h"

/* What people type, and what becomes of it. */

static int setup(void **state)
{
    cli_app *cli = calloc(1, sizeof(*cli));

    cli->in = fopen("/dev/null", "r");
    cli->out = fopen("/dev/null", "w");
    cli->err = fopen("/dev/null", "w");
    cli->arena = sk_arena_new(0);
    *state = cli;
    return 0;
}

static int teardown(void **state)
{
    cli_app *cli = *state;

    fclose(cli->in);
    fclose(cli->out);
    fclose(cli->err);
    sk_arena_free(cli->arena);
    free(cli);
    return 0;
}

static void expect_window(cli_app *cli, const char *text, const char *json)
{
    json_t *window = NULL, *wanted = json_loads(json, 0, NULL);

    assert_non_null(wanted);
    if (word_window(cli, "--when", text, &window) != CLI_DONE)
        fail_msg("\"%s\" was refused", text);
    if (!json_equal(window, wanted))
        fail_msg("\"%s\" became %s", text, json_dumps(window, 0));
    json_decref(window);
    json_decref(wanted);
}

static void test_window__reads_the_weekly_form(void **state)
{
    expect_window(*state, "MO,TH 14:00-16:00",
                  "{\"days\": [\"MO\", \"TH\"], \"from\": \"14:00\", \"to\": \"16:00\"}");
    expect_window(*state, "th,mo 9-12",
                  "{\"days\": [\"MO\", \"TH\"], \"from\": \"09:00\", \"to\": \"12:00\"}");
    expect_window(*state, "ma-vr 9.30-17",
                  "{\"days\": [\"MO\", \"TU\", \"WE\", \"TH\", \"FR\"], \"from\": \"09:30\","
                  " \"to\": \"17:00\"}");
    expect_window(*state, "SA-MO  22:00-24:00",
                  "{\"days\": [\"MO\", \"SA\", \"SU\"], \"from\": \"22:00\", \"to\": \"00:00\"}");
    expect_window(*state, "daily 19-21",
                  "{\"days\": [\"MO\", \"TU\", \"WE\", \"TH\", \"FR\", \"SA\", \"SU\"],"
                  " \"from\": \"19:00\", \"to\": \"21:00\"}");
    expect_window(*state, "zo 23:00-02:00",
                  "{\"days\": [\"SU\"], \"from\": \"23:00\", \"to\": \"02:00\"}");
}

static void test_window__reads_a_date(void **state)
{
    expect_window(*state, "2026-03-05 14:00-16:00",
                  "{\"start\": \"2026-03-05T14:00\", \"end\": \"2026-03-05T16:00\"}");
    expect_window(*state, "2026-12-31 22-2",
                  "{\"start\": \"2026-12-31T22:00\", \"end\": \"2027-01-01T02:00\"}");
    expect_window(*state, "2026-03-05T14:00-16:00 FREQ=WEEKLY;COUNT=4",
                  "{\"start\": \"2026-03-05T14:00\", \"end\": \"2026-03-05T16:00\","
                  " \"rrule\": \"FREQ=WEEKLY;COUNT=4\"}");
}

static void test_window__refuses_what_it_cannot_read(void **state)
{
    static const char *const bad[] = {"",
                                      "MO",
                                      "MO 14",
                                      "MO 14:00",
                                      "XX 14-16",
                                      "MO,, 14-16",
                                      "MO 25-26",
                                      "MO 14:60-16",
                                      "MO 14-16 x",
                                      "14-16",
                                      "MO-XX 14-16",
                                      "MO- 14-16",
                                      "MO 24:30-2",
                                      "MOO 1-2",
                                      "2026-03-05",
                                      "2026-02-30 14-16",
                                      "2026-03-05 14",
                                      "2026-03-05 14-16x",
                                      "2026-13-05 14-16",
                                      ", 14-16",
                                      "MO ,14-16"};

    for (size_t i = 0; i < CLI_COUNT(bad); i++) {
        json_t *window = NULL;

        if (word_window(*state, "--when", bad[i], &window) != CLI_USAGE)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_null(window);
    }
}

static void test_window__survives_anything(void **state)
{
    static const char letters[] = "MOTUWEmadi 0123456789:.-,T;=FRQ\xc3\xab";

    srand(7);
    for (int i = 0; i < 200000; i++) {
        char text[24];
        size_t size = (size_t)rand() % (sizeof(text) - 1);
        json_t *window = NULL;

        for (size_t c = 0; c < size; c++)
            text[c] = letters[(size_t)rand() % (sizeof(letters) - 1)];
        text[size] = '\0';
        if (word_window(*state, "--when", text, &window) == CLI_DONE)
            assert_true(json_object_get(window, "from") || json_object_get(window, "start"));
        json_decref(window);
        sk_arena_reset(((cli_app *)*state)->arena);
    }
}

static void test_point__reads_degrees(void **state)
{
    json_t *point = NULL;

    assert_int_equal(word_point(*state, "--at", "52.53,-5.22", &point), CLI_DONE);
    assert_true(json_real_value(json_object_get(point, "lat")) == 52.53);
    assert_true(json_real_value(json_object_get(point, "lon")) == -5.22);
    json_decref(point);
}

static void test_point__refuses_what_is_none(void **state)
{
    static const char *const bad[] = {"",    "52",    "52,",   ",5",     "52,5,1",
                                      "a,b", "nan,1", "inf,2", "0x10,2", "52;5"};
    json_t *point = NULL;

    for (size_t i = 0; i < CLI_COUNT(bad); i++)
        assert_int_equal(word_point(*state, "--at", bad[i], &point), CLI_USAGE);
    assert_null(point);
}

static void test_count__refuses_what_is_none(void **state)
{
    static const char *const bad[] = {"",  "-1", "+1", "1.5",
                                      "x", "1x", " 1", "99999999999999999999999"};
    uint64_t number = 0;

    for (size_t i = 0; i < CLI_COUNT(bad); i++)
        assert_int_equal(word_count(*state, "--n", bad[i], UINT64_MAX, &number), CLI_USAGE);
    assert_int_equal(word_count(*state, "--n", "256", 256, &number), CLI_DONE);
    assert_int_equal(number, 256);
    assert_int_equal(word_count(*state, "--n", "257", 256, &number), CLI_USAGE);
}

static void test_kind__knows_the_dutch_words(void **state)
{
    assert_string_equal(word_kind(*state, "Hulpvraag"), "NEED");
    assert_string_equal(word_kind(*state, "aanbod"), "OFFER");
    assert_string_equal(word_kind(*state, "skill"), "SKILL");
    assert_string_equal(word_enum(*state, "rule-author"), "RULE_AUTHOR");
}

static void test_clean__keeps_text_and_drops_control(void **state)
{
    assert_string_equal(cli_clean(*state, "Zoë"), "Zoë");
    assert_string_equal(cli_clean(*state, "a\x1b[31mb\nc\x7f"), "a?[31mb c?");
    assert_string_equal(cli_clean(*state, ""), "");
}

#define WORD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORD_TEST(test_window__reads_the_weekly_form),
        WORD_TEST(test_window__reads_a_date),
        WORD_TEST(test_window__refuses_what_it_cannot_read),
        WORD_TEST(test_window__survives_anything),
        WORD_TEST(test_point__reads_degrees),
        WORD_TEST(test_point__refuses_what_is_none),
        WORD_TEST(test_count__refuses_what_is_none),
        WORD_TEST(test_kind__knows_the_dutch_words),
        WORD_TEST(test_clean__keeps_text_and_drops_control),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
