/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../cli.h"

/* The command table is the truth: help, completion and manual must know all of it. */

static char *read_text(const char *path)
{
    sk_buf text = {0};
    sk_error err = {0};

    if (sk_file_read(path, 1 << 20, &text, &err) != SK_OK)
        fail_msg("%s", err.message);
    sk_buf_add(&text, "", 1);
    return text.data;
}

static bool has_word(const char *text, const char *word)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyz-";
    size_t size = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        if ((at == text || !strchr(inside, at[-1])) && !(at[size] && strchr(inside, at[size])))
            return true;
    }
    return false;
}

typedef void (*each_command)(const cli_group *group, const cli_command *command, void *context);

static void for_each(each_command each, void *context)
{
    for (size_t g = 0; cli_groups[g]; g++) {
        for (size_t c = 0; c < cli_groups[g]->command_count; c++)
            each(cli_groups[g], &cli_groups[g]->commands[c], context);
    }
}

/* The text between `[listing]="` or `[listing put]="` and the quote after it. */
static char *bash_entry(const char *text, const char *key)
{
    char *mark = NULL, *entry = NULL;
    const char *at = NULL;

    assert_true(asprintf(&mark, "[%s]=\"", key) > 0);
    if ((at = strstr(text, mark)))
        entry = strndup(at + strlen(mark), strcspn(at + strlen(mark), "\""));
    free(mark);
    return entry;
}

static void in_completion(const cli_group *group, const cli_command *command, void *context)
{
    const char *text = context;
    char *key = NULL, *verbs = bash_entry(text, group->name), *flags = NULL;

    if (!has_word(text, group->name))
        fail_msg("completion lacks %s", group->name);
    if (command->verb && (!verbs || !has_word(verbs, command->verb)))
        fail_msg("completion lacks %s %s", group->name, command->verb);
    assert_true(asprintf(&key, "%s%s%s", group->name, command->verb ? " " : "",
                         command->verb ? command->verb : "") > 0);
    flags = bash_entry(text, key);
    for (size_t f = 0; f < command->flag_count; f++) {
        char *flag = NULL;

        assert_true(asprintf(&flag, "--%s", command->flags[f].name) > 0);
        if (!flags || !has_word(flags, flag))
            fail_msg("completion of %s lacks %s", key, flag);
        free(flag);
    }
    free(key);
    free(verbs);
    free(flags);
}

static void test_completion__knows_every_command_and_flag(void **state)
{
    char *text = read_text(SOURCE_DIR "/bindings/cli/completion/schakel.bash");

    (void)state;
    for_each(in_completion, text);
    sk_free(text);
}

static void in_manual(const cli_group *group, const cli_command *command, void *context)
{
    char *line = NULL;

    assert_true(asprintf(&line, "schakel %s%s%s", group->name, command->verb ? " " : "",
                         command->verb ? command->verb : "") > 0);
    if (!strstr(context, line))
        fail_msg("the manual lacks %s", line);
    free(line);
    for (size_t f = 0; f < command->flag_count; f++) {
        char *flag = NULL;

        assert_true(asprintf(&flag, "-%s", command->flags[f].name) > 0);
        if (!has_word(context, flag))
            fail_msg("the manual lacks --%s", command->flags[f].name);
        free(flag);
    }
}

static void test_manual__knows_every_command_and_flag(void **state)
{
    char *text = read_text(SOURCE_DIR "/docs/man/schakel.1");

    (void)state;
    for_each(in_manual, text);
    sk_free(text);
}

static char *run(int *out_code, const char *a, const char *b, const char *c)
{
    char *argv[] = {"schakel", (char *)a, (char *)b, (char *)c, NULL}, *text = NULL;
    int argc = 1;
    size_t size = 0;
    FILE *both = open_memstream(&text, &size);

    while (argv[argc])
        argc++;
    *out_code = cli_main(argc, argv, stdin, both, both);
    fclose(both);
    return text;
}

static void has_help(const cli_group *group, const cli_command *command, void *context)
{
    char *text = NULL;
    int code = 0;

    (void)context;
    text = run(&code, group->name, command->verb ? command->verb : "--help", "--help");
    assert_int_equal(code, CLI_DONE);
    assert_non_null(strstr(text, "usage: schakel"));
    assert_non_null(strstr(text, "Example"));
    assert_non_null(command->run);
    assert_true(command->least <= command->most);
    free(text);
    text = run(&code, "help", group->name, command->verb);
    assert_int_equal(code, CLI_DONE);
    free(text);
}

static void test_help__teaches_every_command_with_an_example(void **state)
{
    (void)state;
    for_each(has_help, NULL);
}

static void expect(const char *a, const char *b, const char *c, int code, const char *part)
{
    int got = 0;
    char *text = run(&got, a, b, c);

    if (got != code || !strstr(text, part))
        fail_msg("schakel %s %s %s: %d, %s", a ? a : "", b ? b : "", c ? c : "", got, text);
    free(text);
}

static void test_usage__is_status_2_and_says_what_is_wrong(void **state)
{
    (void)state;
    expect(NULL, NULL, NULL, CLI_USAGE, "Commands:");
    expect("--help", NULL, NULL, CLI_DONE, "First steps");
    expect("help", NULL, NULL, CLI_DONE, "First steps");
    expect("--version", NULL, NULL, CLI_DONE, "schakel ");
    expect("listing", NULL, NULL, CLI_USAGE, "schakel listing put");
    expect("listing", "--help", NULL, CLI_DONE, "schakel listing put");
    expect("lisst", NULL, NULL, CLI_USAGE, "did you mean \"listing\"");
    expect("put", "listing", NULL, CLI_USAGE, "did you mean \"schakel listing put\"?");
    expect("hand-over", NULL, NULL, CLI_USAGE, "There is suggestion hand-over");
    expect("sugestion", NULL, NULL, CLI_USAGE, "did you mean \"suggestion\"");
    expect("listing", "widthraw", NULL, CLI_USAGE, "did you mean \"withdraw\"");
    expect("listing", "pu", NULL, CLI_USAGE, "did you mean \"put\"");
    expect("listing", "get", NULL, CLI_USAGE, "something is missing");
    expect("status", "now", NULL, CLI_USAGE, "one word too many");
    expect("listing", "get", "--nothing", CLI_USAGE, "unknown flag --nothing");
    expect("listing", "get", "--limit=3", CLI_USAGE, "unknown flag --limit");
    expect("listing", "list", "--limit", CLI_USAGE, "--limit needs N");
    expect("status", "--timeout=0", NULL, CLI_USAGE, "outside");
    expect("status", "--json=1", NULL, CLI_USAGE, "takes no value");
    expect("status", "-x", NULL, CLI_USAGE, "unknown flag -x");
    expect("status", NULL, NULL, CLI_USAGE, "which engine?");
    expect("status", "--url=ftp://x", NULL, CLI_USAGE, "ftp://x");
    expect("status", "--data=/nonexistent", NULL, CLI_NO_CONNECTION, "no engine is listening");
    expect("events", "--ack", NULL, CLI_USAGE, "--consumer");
    expect("match", NULL, NULL, CLI_USAGE, "--listing FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_completion__knows_every_command_and_flag),
        cmocka_unit_test(test_manual__knows_every_command_and_flag),
        cmocka_unit_test(test_help__teaches_every_command_with_an_example),
        cmocka_unit_test(test_usage__is_status_2_and_says_what_is_wrong),
    };

    unsetenv("SCHAKEL_URL");
    unsetenv("SCHAKEL_DATA_DIR");
    unsetenv("SCHAKEL_TOKEN");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
