/* SPDX-License-Identifier: EUPL-1.2 */
#include "dry_run.h"
#include "rules_local.h"

#include <signal.h>
#include <unistd.h>

/* schakel rules dry-run: starts the run, shows how far it is, and gives the report as text, as the
 * engine's answer, or as a page. Ctrl-C cancels the run before the command ends. */

#define SOURCE_BYTES (64 * 1024)
#define WAIT_MS 1000

const cli_flag dry_run_flags[5] = {
    {"at", "TIME", "as things were at this moment"},
    {"from", "DATE", "with --to: each day of a period, at noon UTC (31 at most)"},
    {"to", "DATE", "the last day of the period"},
    {"backup", "NAME", "on a backup, in the engine's backup folder"},
    {"html", "FILE", "write a page with plots too"},
};

/* ---- The question ---- */

/** A date as noon of that day; a time as it is. */
static const char *moment_of(cli_app *cli, const char *text)
{
    return strlen(text) == 10 ? cli_text(cli, "%sT12:00:00Z", text) : text;
}

static int read_source(cli_app *cli, const char *word, json_t *op)
{
    sk_buf text = {0};
    json_t *source = NULL;
    const char *hash = NULL;
    int code = CLI_DONE;

    if (strcmp(word, "-") != 0 && access(word, F_OK) != 0) {
        if (strchr(word, '/') || (strlen(word) > 4 && strcmp(word + strlen(word) - 4, ".lua") == 0))
            return cli_tell(cli, CLI_USAGE, "", cli_text(cli, "there is no file %s", word));
        if ((code = rules_find(cli, word, "", NULL, &hash)) == CLI_DONE)
            json_object_set_new(op, "hash", json_string(hash));
        return code;
    }
    cli->rules_file = word;
    if ((code = word_file(cli, word, SOURCE_BYTES, &text)) == CLI_DONE &&
        !(source = json_stringn(text.data ? text.data : "", text.size)))
        code = cli_tell(cli, CLI_REFUSED, word, "is not UTF-8 text");
    if (source)
        json_object_set_new(op, "source", source);
    sk_buf_done(&text);
    return code;
}

static int start(cli_app *cli, const cli_args *args, json_t **out_answer)
{
    static const char *const times[] = {"at", "from", "to"};
    json_t *op = json_object();
    int code = read_source(cli, args->word[0], op);

    for (size_t i = 0; i < CLI_COUNT(times); i++)
        if (cli_has(args, times[i]))
            json_object_set_new(op, times[i], json_string(moment_of(cli, cli_get(args, times[i]))));
    word_set(args, "backup", op, "backup");
    if (code != CLI_DONE) {
        json_decref(op);
        return code;
    }
    return cli_ask(cli, json_pack("{s:o}", "dryRunRules", op), out_answer);
}

/* ---- Waiting ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void say_progress(cli_app *cli, const json_t *run)
{
    static const char *const phases[][2] = {{"loading", "loading"},
                                            {"before", "the rules of now"},
                                            {"after", "the rules to try"},
                                            {"counting", "counting"}};
    const char *phase = reply_text(run, "phase");
    int64_t done = reply_integer(run, "done"), total = reply_integer(run, "total");

    if (!cli->terminal)
        return;
    for (size_t i = 0; i < CLI_COUNT(phases); i++)
        if (strcmp(phases[i][0], phase) == 0)
            phase = phases[i][1];
    fprintf(cli->err, "\rmoment %lld of %lld, %s", (long long)reply_integer(run, "moment"),
            (long long)reply_integer(run, "moments"), cli_clean(cli, phase));
    if (total > 0)
        fprintf(cli->err, ", %lld %%", (long long)(100 * done / total));
    fputs("          ", cli->err);
}

static int cancel(cli_app *cli, const char *id)
{
    json_t *answer = NULL;

    if (cli_ask(cli, json_pack("{s:{s:s}}", "cancelDryRun", "id", id), &answer) == CLI_DONE)
        cli_tell(cli, CLI_REFUSED, "", "cancelled");
    json_decref(answer);
    return CLI_REFUSED;
}

/** Asks until the run has ended. `*answer` goes in as that of the start and comes out as the last
 *  one. */
static int wait_for_end(cli_app *cli, json_t **answer)
{
    const char *id = cli_text(cli, "%s", reply_text(json_object_get(*answer, "dryRun"), "id"));
    struct sigaction now = {.sa_handler = on_interrupt}, before;
    int code = CLI_DONE;

    interrupted = 0;
    sigaction(SIGINT, &now, &before);
    do {
        json_decref(*answer);
        *answer = NULL;
        if (interrupted)
            break;
        code = cli_ask(cli, json_pack("{s:{s:s,s:i}}", "getDryRun", "id", id, "waitMs", WAIT_MS),
                       answer);
        if (code == CLI_DONE)
            say_progress(cli, json_object_get(*answer, "dryRun"));
    } while (code == CLI_DONE &&
             strcmp(reply_text(json_object_get(*answer, "dryRun"), "state"), "RUNNING") == 0);
    sigaction(SIGINT, &before, NULL);
    if (cli->terminal)
        fputc('\n', cli->err);
    return interrupted ? cancel(cli, id) : code;
}

/* ---- The report ---- */

static int write_page(cli_app *cli, const json_t *report, const char *path)
{
    sk_buf page = {0};
    sk_error err = {0};
    int code = CLI_DONE;

    dry_run_html(cli, report, &page);
    if (page.failed)
        code = cli_tell(cli, CLI_REFUSED, "", "out of memory");
    else if (sk_file_write(path, sk_buf_view(&page), 0600, &err) != SK_OK)
        code = cli_tell(cli, CLI_REFUSED, "--html", err.message);
    sk_buf_done(&page);
    return code;
}

static int show(cli_app *cli, const cli_args *args, const json_t *answer, bool json)
{
    const json_t *run = json_object_get(answer, "dryRun");
    const json_t *report = json_object_get(run, "report"), *error = json_object_get(run, "error");
    int code = CLI_DONE;

    if (json) {
        json_dumpf(answer, cli->out, JSON_COMPACT);
        fputc('\n', cli->out);
    }
    if (!report)
        return cli_tell(cli, CLI_REFUSED, reply_text(error, "field"),
                        *reply_text(error, "message") ? reply_text(error, "message")
                                                      : "the run gave no report");
    if (cli_has(args, "html"))
        code = write_page(cli, report, cli_get(args, "html"));
    if (!json)
        dry_run_text(cli, report);
    return code;
}

int rules_dry_run(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    bool json = cli->json;
    int code = CLI_DONE;

    cli->json = false; /* Only the last answer is the one that was asked for. */
    code = start(cli, args, &answer);
    if (code == CLI_DONE)
        code = wait_for_end(cli, &answer);
    if (code == CLI_DONE)
        code = show(cli, args, answer, json);
    cli->json = json;
    json_decref(answer);
    return code;
}
