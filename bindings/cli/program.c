/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <ctype.h>
#include <unistd.h>

/* From the command line to a command of the table. The first word is the group, the second the verb
 * when the group has verbs; flags may stand anywhere. Which flags a command knows is only known
 * after its words, so the words are looked for first and everything is read in a second pass. */

const cli_group *const cli_groups[] = {
    &listing_group, &party_group,  &match_group,    &whynot_group, &suggestion_group,
    &message_group, &area_group,   &taxonomy_group, &rules_group,  &connector_group,
    &events_group,  &import_group, &export_group,   &backup_group, &restore_group,
    &verify_group,  &status_group, &token_group,    &clock_group,  NULL};

/* ---- The table ---- */

const cli_group *cli_find_group(const char *name)
{
    for (size_t i = 0; cli_groups[i]; i++) {
        if (strcmp(cli_groups[i]->name, name) == 0)
            return cli_groups[i];
    }
    return NULL;
}

const cli_command *cli_find_command(const cli_group *group, const char *verb)
{
    for (size_t i = 0; i < group->command_count; i++) {
        const cli_command *command = &group->commands[i];

        if (command->verb == NULL ? verb == NULL : verb && strcmp(command->verb, verb) == 0)
            return command;
    }
    return NULL;
}

const char *cli_get(const cli_args *args, const char *name)
{
    for (size_t i = args->given_count; i > 0; i--) {
        if (strcmp(args->given[i - 1].flag->name, name) == 0)
            return args->given[i - 1].value;
    }
    return NULL;
}

bool cli_has(const cli_args *args, const char *name)
{
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].flag->name, name) == 0)
            return true;
    }
    return false;
}

/* ---- Flags ---- */

static const cli_flag global_flags[] = {{"data", "DIR", NULL},        {"url", "URL", NULL},
                                        {"token-file", "FILE", NULL}, {"ca-file", "FILE", NULL},
                                        {"timeout", "S", NULL},       {"json", NULL, NULL},
                                        {"help", NULL, NULL},         {"version", NULL, NULL}};

typedef struct reader {
    cli_app *cli;
    int argc;
    char **argv;
    const cli_command *command; /**< NULL in the first pass. */
    cli_args *args;
    bool help, version;
} reader;

static const cli_flag *find_flag(const cli_flag *flags, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(flags[i].name) == size && strncmp(flags[i].name, name, size) == 0)
            return &flags[i];
    }
    return NULL;
}

/* A flag of any command: enough to know in the first pass whether a value follows. */
static const cli_flag *find_any(const char *name, size_t size)
{
    const cli_flag *flag = NULL;

    for (size_t g = 0; cli_groups[g] && !flag; g++) {
        for (size_t c = 0; c < cli_groups[g]->command_count && !flag; c++) {
            const cli_command *command = &cli_groups[g]->commands[c];

            flag = find_flag(command->flags, command->flag_count, name, size);
        }
    }
    return flag;
}

static int take_timeout(cli_app *cli, const char *value)
{
    double seconds = 0;
    int code = word_number(cli, "--timeout", value, &seconds);

    if (code == CLI_DONE && (seconds < 0.001 || seconds > 86400))
        code = cli_usage(cli, "--timeout: %s is outside [0.001, 86400]", value);
    if (code == CLI_DONE)
        cli->timeout_ms = (uint32_t)(seconds * 1000);
    return code;
}

static int take_global(reader *r, const cli_flag *flag, const char *value)
{
    switch (flag - global_flags) {
    case 0:
        r->cli->data_dir = value;
        break;
    case 1:
        r->cli->url = value;
        break;
    case 2:
        r->cli->token_file = value;
        break;
    case 3:
        r->cli->ca_file = value;
        break;
    case 4:
        return take_timeout(r->cli, value);
    case 5:
        r->cli->json = true;
        break;
    case 6:
        r->help = true;
        break;
    default:
        r->version = true;
    }
    return CLI_DONE;
}

static int take_flag(reader *r, int *i)
{
    const char *name = r->argv[*i] + 2, *equals = strchr(name, '='), *value = NULL;
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const cli_flag *flag = find_flag(global_flags, CLI_COUNT(global_flags), name, size);
    bool global = flag != NULL;

    if (!flag)
        flag = r->command ? find_flag(r->command->flags, r->command->flag_count, name, size)
                          : find_any(name, size);
    if (!flag)
        return r->command || !find_any(name, size)
                   ? cli_usage(r->cli, "unknown flag --%.*s (see --help)", (int)size, name)
                   : CLI_DONE;
    if (!flag->argument && equals)
        return cli_usage(r->cli, "--%s takes no value", flag->name);
    if (flag->argument)
        value = equals ? equals + 1 : ++*i < r->argc ? r->argv[*i] : NULL;
    /* In the first pass it may be another command's flag of this name, which takes one. */
    if (flag->argument && !value && (r->command || global))
        return cli_usage(r->cli, "--%s needs %s", flag->name, flag->argument);
    if (global)
        return take_global(r, flag, value);
    if (!r->command)
        return CLI_DONE;
    if (r->args->given_count == CLI_MAX_FLAGS)
        return cli_usage(r->cli, "too many flags");
    r->args->given[r->args->given_count].flag = flag;
    r->args->given[r->args->given_count++].value = value;
    return CLI_DONE;
}

static int read_words(reader *r)
{
    bool only_words = false;
    int code = CLI_DONE;

    r->args->word_count = 0;
    for (int i = 1; i < r->argc && code == CLI_DONE; i++) {
        const char *word = r->argv[i];

        if (!only_words && strcmp(word, "--") == 0)
            only_words = true;
        else if (!only_words && strcmp(word, "-h") == 0)
            r->help = true;
        else if (!only_words && strncmp(word, "--", 2) == 0)
            code = take_flag(r, &i);
        else if (!only_words && word[0] == '-' && isalpha((unsigned char)word[1]))
            code = cli_usage(r->cli, "unknown flag %s (see --help)", word);
        else if (r->args->word_count == CLI_MAX_WORDS)
            code = cli_usage(r->cli, "too many words, from \"%s\"", word);
        else
            r->args->word[r->args->word_count++] = word;
    }
    return code;
}

/* ---- Running ---- */

static int unknown(cli_app *cli, const char *what, const char *word, const cli_group *group)
{
    nearest near = {.word = word};

    for (size_t i = 0; !group && cli_groups[i]; i++)
        near_offer(&near, cli_groups[i]->name);
    for (size_t i = 0; group && i < group->command_count; i++) {
        if (group->commands[i].verb)
            near_offer(&near, group->commands[i].verb);
    }
    if (near.best)
        return cli_usage(cli, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, near.best);
    return cli_usage(cli, "unknown %s \"%s\" (see schakel %s--help)", what, word,
                     group ? cli_text(cli, "%s ", group->name) : "");
}

static int explain(cli_app *cli, const cli_group *group, const char *verb)
{
    const cli_command *command = cli_find_command(group, NULL);

    if (!command && verb)
        command = cli_find_command(group, verb);
    if (!command && verb)
        return unknown(cli, "verb", verb, group);
    if (command)
        help_command(cli->out, group, command);
    else
        help_group(cli->out, group);
    return CLI_DONE;
}

static int explain_words(cli_app *cli, const cli_args *args, size_t first)
{
    const cli_group *group = NULL;

    if (args->word_count <= first) {
        help_program(cli->out);
        return CLI_DONE;
    }
    if (!(group = cli_find_group(args->word[first])))
        return unknown(cli, "command", args->word[first], NULL);
    return explain(cli, group, args->word_count > first + 1 ? args->word[first + 1] : NULL);
}

/* "put listing" is "listing put" in the wrong order; "put" alone is a verb of some groups. */
static int unknown_group(cli_app *cli, const cli_args *args)
{
    const char *word = args->word[0], *groups = "";
    const cli_group *behind = args->word_count > 1 ? cli_find_group(args->word[1]) : NULL;

    if (behind && cli_find_command(behind, word))
        return cli_usage(cli, "unknown command \"%s\"; did you mean \"schakel %s %s\"?", word,
                         behind->name, word);
    for (size_t i = 0; cli_groups[i]; i++) {
        if (cli_find_command(cli_groups[i], word))
            groups =
                cli_text(cli, "%s%s%s %s", groups, *groups ? ", " : "", cli_groups[i]->name, word);
    }
    if (*groups)
        return cli_usage(cli, "\"%s\" of what? There is %s", word, groups);
    return unknown(cli, "command", word, NULL);
}

/* Finds the command in the words and takes group and verb off them. */
static int find_command(cli_app *cli, cli_args *args, const cli_group **out_group,
                        const cli_command **out)
{
    const cli_group *group = cli_find_group(args->word[0]);

    if (!group)
        return unknown_group(cli, args);
    *out_group = group;
    *out = cli_find_command(group, NULL);
    if (!*out && args->word_count > 1) {
        *out = cli_find_command(group, args->word[1]);
        if (!*out)
            return unknown(cli, "verb", args->word[1], group);
    }
    return CLI_DONE;
}

static int check_count(cli_app *cli, const cli_group *group, const cli_command *command,
                       size_t count)
{
    if (count >= command->least && count <= command->most)
        return CLI_DONE;
    return cli_usage(cli, "%s; usage: schakel %s%s%s %s",
                     count < command->least ? "something is missing" : "that is one word too many",
                     group->name, command->verb ? " " : "", command->verb ? command->verb : "",
                     command->arguments);
}

static int run(reader *r)
{
    cli_app *cli = r->cli;
    cli_args *args = r->args;
    const cli_group *group = NULL;
    const cli_command *command = NULL;
    size_t taken = 0;
    int code = read_words(r);

    if (code != CLI_DONE)
        return code;
    if (r->version) {
        fprintf(cli->out, "schakel %s\n", SCHAKEL_VERSION);
        return CLI_DONE;
    }
    if (args->word_count > 0 && strcmp(args->word[0], "help") == 0)
        return explain_words(cli, args, 1);
    if (r->help || args->word_count == 0) {
        code = explain_words(cli, args, 0);
        return code == CLI_DONE && !r->help ? CLI_USAGE : code;
    }
    if ((code = find_command(cli, args, &group, &command)) != CLI_DONE)
        return code;
    if (!command) {
        help_group(cli->err, group);
        return CLI_USAGE;
    }
    r->command = command;
    if ((code = read_words(r)) != CLI_DONE)
        return code;
    taken = command->verb ? 2 : 1;
    args->word_count -= taken;
    memmove(args->word, args->word + taken, args->word_count * sizeof(*args->word));
    if ((code = check_count(cli, group, command, args->word_count)) != CLI_DONE)
        return code;
    return command->run(cli, args);
}

int cli_main(int argc, char **argv, FILE *in, FILE *out, FILE *err)
{
    cli_args args = {0};
    cli_app cli = {.in = in, .out = out, .err = err, .op = "", .args = &args};
    reader r = {.cli = &cli, .argc = argc, .argv = argv, .args = &args};
    int code = CLI_DONE;

    cli.terminal = fileno(err) >= 0 && isatty(fileno(err));
    if (!(cli.arena = sk_arena_new(0))) {
        fputs("schakel: out of memory\n", err);
        return CLI_REFUSED;
    }
    code = run(&r);
    schakel_close(cli.client);
    sk_arena_free(cli.arena);
    if (fflush(out) != 0 || ferror(out)) {
        fputs("schakel: cannot write the output\n", err);
        code = code == CLI_DONE ? CLI_REFUSED : code;
    }
    return code;
}
