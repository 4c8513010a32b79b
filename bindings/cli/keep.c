/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include "store/store.h"

/* schakel backup, restore, verify, status, token and clock: running an engine. Restore and verify
 * work on a data folder whose engine is stopped, so they open the store themselves. */

/* ---- Backup, restore, verify ---- */

/* Where it is, on the engine's machine, and how it comes back. */
static void say_backup(cli_app *cli, const char *name)
{
    json_t *status = cli_peek(cli, json_pack("{s:{}}", "getStatus"));
    const char *folder = reply_text(json_object_get(status, "engineStatus"), "backupDir");

    folder = *folder ? cli_clean(cli, folder) : "the engine's backup folder";
    fprintf(cli->out,
            "backup made: %s/%s\n"
            "Keep it apart from keys/ and admin.token of the data folder, which are not in it.\n"
            "Put it back, the engine stopped, into an empty folder that has those two:\n"
            "  schakel restore %s/%s --data DIR\n",
            folder, name, folder, name);
    json_decref(status);
}

static int backup_run(cli_app *cli, const cli_args *args)
{
    int code = cli_command_ask(cli, json_pack("{s:{s:s}}", "backup", "name", args->word[0]), NULL);

    if (code == CLI_DONE && !cli->json)
        say_backup(cli, args->word[0]);
    return code;
}

static int needs_data_dir(cli_app *cli)
{
    const char *found = cli->data_dir ? cli->data_dir : getenv("SCHAKEL_DATA_DIR");

    if (!found || !*found)
        return cli_usage(cli, "--data DIR is missing: the data folder of the stopped engine");
    cli->data_dir = found;
    return CLI_DONE;
}

static int restore_run(cli_app *cli, const cli_args *args)
{
    sk_error err = {0};
    int code = needs_data_dir(cli);

    if (code != CLI_DONE)
        return code;
    if (sk_store_restore(args->word[0], cli->data_dir, &err) != SK_OK)
        return cli_tell_error(cli, &err);
    if (cli->json)
        fputs("{\"restored\": true}\n", cli->out);
    else
        fprintf(
            cli->out,
            "restored into %s\n"
            "Before you start the engine there: copy keys/ and admin.token of the old folder into\n"
            "it. Without keys/ the texts of residents and all contact details stay unreadable.\n",
            cli->data_dir);
    return CLI_DONE;
}

static int verify_run(cli_app *cli, const cli_args *args)
{
    sk_buf report = {0};
    sk_error err = {0};
    sk_status st = SK_OK;
    int code = needs_data_dir(cli);

    (void)args;
    if (code != CLI_DONE)
        return code;
    st = sk_store_verify(cli->data_dir, &report, &err);
    sk_buf_add(&report, "", 1);
    if (cli->json) {
        fprintf(cli->out, "{\"sound\": %s, \"report\": ", st == SK_OK ? "true" : "false");
        reply_print_string(cli->out, report.data ? report.data : "");
        fputs("}\n", cli->out);
    } else if (report.data) {
        fputs(report.data, cli->out);
    }
    if (st != SK_OK)
        code = cli_tell_error(cli, &err);
    else if (!cli->json)
        fprintf(cli->out, "%s is sound\n", cli->data_dir);
    sk_buf_done(&report);
    return code;
}

/* ---- Status ---- */

static int status_run(cli_app *cli, const cli_args *args)
{
    static const char *const counts[][2] = {
        {"demandListings", "asking"},     {"supplyListings", "offering"},
        {"parties", "parties"},           {"areas", "areas"},
        {"categories", "categories"},     {"connectors", "connectors"},
        {"suggestionsOpen", "to decide"}, {"suggestions", "suggestions"},
        {"lastEvent", "last event"},      {"commands", "commands"},
        {"indexBytes", "index bytes"}};
    json_t *answer = NULL, *term = NULL;
    const json_t *s = NULL;
    size_t at = 0;
    int code = cli_ask(cli, json_pack("{s:{}}", "getStatus"), &answer);

    (void)args;
    if (code != CLI_DONE || cli->json)
        goto out;
    s = json_object_get(answer, "engineStatus");
    print_pair(cli, "engine", schakel_url(cli->client));
    print_pair(cli, "version", reply_text(s, "version"));
    print_pair(cli, "its time", reply_text(s, "now"));
    for (size_t i = 0; i < CLI_COUNT(counts); i++)
        print_pair(cli, counts[i][1],
                   cli_text(cli, "%lld", (long long)reply_integer(s, counts[i][0])));
    print_pair(cli, "rule set",
               cli_text(cli, "%s %.12s", reply_text(s, "rulesName"), reply_text(s, "rulesHash")));
    json_array_foreach(json_object_get(s, "rulesOff"), at, term)
        print_pair(cli, "switched off", cli_clean(cli, json_string_value(term)));
    if (reply_integer(s, "suggestionsToTest"))
        print_pair(cli, "to test again",
                   cli_text(cli, "%lld", (long long)reply_integer(s, "suggestionsToTest")));
out:
    json_decref(answer);
    return code;
}

/* ---- Tokens ---- */

static int token_create(cli_app *cli, const cli_args *args)
{
    json_t *op = json_object(), *answer = NULL;
    const json_t *made = NULL;
    int code = CLI_DONE;

    if (!cli_get(args, "role")) {
        json_decref(op);
        return cli_usage(cli, "--role is missing: resident, connector, admin, integrator, reader, "
                              "rule-author or channel");
    }
    json_object_set_new(op, "role", json_string(word_enum(cli, cli_get(args, "role"))));
    word_set(args, "name", op, "name");
    word_set(args, "connector", op, "connectorId");
    word_list(args, "area", op, "areas");
    code = cli_ask(cli, json_pack("{s:o}", "createToken", op), &answer);
    if (code == CLI_DONE && !cli->json) {
        made = json_object_get(answer, "newToken");
        print_pair(cli, "id", reply_text(made, "id"));
        print_pair(cli, "token", reply_text(made, "token"));
        fputs("Keep the token now: it is not shown again.\n", cli->out);
    }
    json_decref(answer);
    return code;
}

static int token_list(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL, *token = NULL;
    size_t i = 0;
    table t;
    int code = cli_ask(cli, json_pack("{s:{}}", "listTokens"), &answer);

    (void)args;
    if (code != CLI_DONE || cli->json)
        goto out;
    table_init(cli, &t, "id|name|role|areas|connector|created|revoked");
    json_array_foreach(json_object_get(json_object_get(answer, "tokens"), "items"), i, token)
    {
        table_add(&t, cli_clean(cli, reply_text(token, "id")));
        table_add(&t, cli_clean(cli, reply_text(token, "name")));
        table_add(&t, reply_text(token, "role"));
        table_add(&t, reply_joined(cli, json_object_get(token, "areas")));
        table_add(&t, cli_clean(cli, reply_text(token, "connectorId")));
        table_add(&t, reply_text(token, "createdAt"));
        table_add(&t, reply_true(token, "revoked") ? "revoked" : "");
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
out:
    json_decref(answer);
    return code;
}

static int token_revoke(cli_app *cli, const cli_args *args)
{
    int code =
        cli_command_ask(cli, json_pack("{s:{s:s}}", "revokeToken", "id", args->word[0]), NULL);

    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s revoked\n", args->word[0]);
    return code;
}

static int clock_step(cli_app *cli, const cli_args *args)
{
    int code = cli_command_ask(cli, json_pack("{s:{s:s}}", "stepClock", "to", args->word[0]), NULL);

    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "the engine's clock stands at %s\n", args->word[0]);
    return code;
}

/* ---- The commands ---- */

static const cli_command backup_commands[] = {
    {NULL, "NAME", "a consistent copy while the engine runs",
     "Written on the engine's machine, below its backup folder; without the keys of the parties,\n"
     "which you keep apart.\n"
     "Example: schakel backup 2026-03-05\n",
     NULL, 0, 1, 1, backup_run},
};
const cli_group backup_group = {"backup", "a consistent copy while the engine runs", "",
                                backup_commands, CLI_COUNT(backup_commands)};
static const cli_command restore_commands[] = {
    {NULL, "FROM --data DIR", "put a backup back; the engine is stopped",
     "DIR must be empty or absent, but for the keys. Erasures since the backup are done again when "
     "the\nengine starts.\n"
     "Example: schakel restore /var/backups/schakel/2026-03-05 --data /var/lib/schakel\n",
     NULL, 0, 1, 1, restore_run},
};
const cli_group restore_group = {"restore", "put a backup back; the engine is stopped", "",
                                 restore_commands, CLI_COUNT(restore_commands)};
static const cli_command verify_commands[] = {
    {NULL, "--data DIR", "read and check a whole data folder; the engine is stopped",
     "Refused while an engine runs on the folder, and no engine starts on it meanwhile.\n"
     "Example: schakel verify --data /var/lib/schakel\n",
     NULL, 0, 0, 0, verify_run},
};
const cli_group verify_group = {"verify", "check a whole data folder; the engine is stopped", "",
                                verify_commands, CLI_COUNT(verify_commands)};
static const cli_command status_commands[] = {
    {NULL, "", "what the engine holds and how it is", "Example: schakel status --data DIR\n", NULL,
     0, 0, 0, status_run},
};
const cli_group status_group = {"status", "what the engine holds and how it is", "",
                                status_commands, CLI_COUNT(status_commands)};

static const cli_flag create_flags[] = {
    {"role", "ROLE", "resident, connector, admin, integrator, reader, rule-author or channel"},
    {"name", "TEXT", "what it is for"},
    {"area", "CODE", "only for these areas; repeat for more"},
    {"connector", "ID", "whose work it does, with role connector"},
};
static const cli_command token_commands[] = {
    {"create", "--role ROLE [--name TEXT] [--area CODE]... [--connector ID]",
     "a token for somebody or something that asks",
     "Shown once, stored hashed.\n"
     "Example: schakel token create --role connector --connector anna --name \"laptop Anna\"\n",
     CLI_FLAGS(create_flags), 0, 0, token_create},
    {"list", "", "all tokens, without their secret", "Example: schakel token list\n", NULL, 0, 0, 0,
     token_list},
    {"revoke", "ID", "refuse a token from now on", "Example: schakel token revoke t-4\n", NULL, 0,
     1, 1, token_revoke},
};
const cli_group token_group = {"token", "who may ask what",
                               "Every request shows a token, which has a role and areas.\n",
                               token_commands, CLI_COUNT(token_commands)};
static const cli_command clock_commands[] = {
    {"step", "TIME", "move a fixed clock forward (tests and demonstrations)",
     "Only an engine that was started with --clock.\n"
     "Example: schakel clock step 2026-03-06T09:00:00Z\n",
     NULL, 0, 1, 1, clock_step},
};
const cli_group clock_group = {"clock", "move the fixed clock of a demonstration",
                               "The clock never runs back.\n", clock_commands,
                               CLI_COUNT(clock_commands)};
