/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

/* schakel rules: from a file under an author's hands to the law of the engine. */

#define SOURCE_BYTES (200 * 1024)
#define HASH_SIZE 64

/* ---- Which rule set ---- */

static int list_rules(cli_app *cli, json_t **out_answer)
{
    bool json = cli->json;
    int code = CLI_DONE;

    cli->json = false;
    code = cli_ask(cli, json_pack("{s:{}}", "listRules"), out_answer);
    cli->json = json;
    return code;
}

static const json_t *rules_items(const json_t *answer)
{
    return json_object_get(json_object_get(answer, "rules"), "items");
}

/* A whole hash as it is; the beginning of one when it fits a single rule set. */
static int whole_hash(cli_app *cli, const char *given, const char **out)
{
    const char *found = NULL;
    json_t *answer = NULL, *item = NULL;
    size_t i = 0, fits = 0;
    int code = CLI_DONE;

    if (strlen(given) >= HASH_SIZE) {
        *out = given;
        return CLI_DONE;
    }
    if ((code = list_rules(cli, &answer)) != CLI_DONE)
        return code;
    json_array_foreach((json_t *)rules_items(answer), i, item)
    {
        if (strncmp(reply_text(item, "hash"), given, strlen(given)) == 0) {
            found = cli_text(cli, "%s", reply_text(item, "hash"));
            fits++;
        }
    }
    json_decref(answer);
    if (fits == 0)
        return cli_tell(cli, CLI_REFUSED, "hash",
                        cli_text(cli, "no rule set begins with %s", given));
    if (fits > 1)
        return cli_tell(cli, CLI_REFUSED, "hash",
                        cli_text(cli, "%zu rule sets begin with %s", fits, given));
    *out = found;
    return CLI_DONE;
}

static int with_hash(cli_app *cli, const char *op, const char *given, const char *done)
{
    const char *hash = NULL;
    int code = whole_hash(cli, given, &hash);

    if (code == CLI_DONE)
        code = cli_command_ask(cli, json_pack("{s:{s:s}}", op, "hash", hash), NULL);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%.12s %s\n", hash, done);
    return code;
}

/* ---- Commands ---- */

/* Names the rule set and counts its examples; the engine has run them before storing it. */
static void print_test(cli_app *cli, const json_t *test)
{
    print_pair(cli, "name", reply_text(test, "name"));
    print_pair(cli, "hash", reply_text(test, "hash"));
    fprintf(cli->out, "%-14s %lld run, %lld failed\n", "examples",
            (long long)reply_integer(test, "run"), (long long)reply_integer(test, "failed"));
    if (*reply_text(test, "report"))
        fprintf(cli->out, "%s\n", reply_text(test, "report"));
}

static int rules_push(cli_app *cli, const cli_args *args)
{
    sk_buf source = {0};
    json_t *answer = NULL, *text = NULL;
    const json_t *test = NULL, *receipt = NULL;
    const char *hash = "";
    int code = word_file(cli, args->word[0], SOURCE_BYTES, &source);

    if (code == CLI_DONE && !(text = json_stringn(source.data ? source.data : "", source.size)))
        code = cli_tell(cli, CLI_REFUSED, args->word[0], "is not UTF-8 text");
    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:{s:O}}", "pushRules", "source", text), &answer);
    if (code != CLI_DONE || cli->json)
        goto out;
    test = json_object_get(answer, "rulesTest");
    receipt = json_array_get(json_object_get(json_object_get(answer, "receipts"), "items"), 0);
    hash = test ? reply_text(test, "hash") : reply_text(receipt, "id");
    if (test)
        print_test(cli, test);
    else
        print_pair(cli, "hash", hash);
    fprintf(cli->out, "Pushed. A second person now runs:  schakel rules approve %.12s\n", hash);
out:
    sk_buf_done(&source);
    json_decref(text);
    json_decref(answer);
    return code;
}

static int rules_dry_run(cli_app *cli, const cli_args *args)
{
    return with_hash(cli, "dryRunRules", args->word[0], "tried");
}

static int rules_approve(cli_app *cli, const cli_args *args)
{
    return with_hash(cli, "approveRules", args->word[0], "approved; next: schakel rules activate");
}

static int rules_activate(cli_app *cli, const cli_args *args)
{
    return with_hash(cli, "activateRules", args->word[0], "is active");
}

static int rules_list(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL, *item = NULL;
    size_t i = 0;
    table t;
    int code = cli_ask(cli, json_pack("{s:{}}", "listRules"), &answer);

    (void)args;
    if (code != CLI_DONE || cli->json)
        goto out;
    table_init(cli, &t, "hash|name|state|author|approved by|pushed|activated");
    json_array_foreach((json_t *)rules_items(answer), i, item)
    {
        table_add(&t, cli_text(cli, "%.12s", reply_text(item, "hash")));
        table_add(&t, cli_clean(cli, reply_text(item, "name")));
        table_add(&t, reply_text(item, "state"));
        table_add(&t, cli_clean(cli, reply_text(item, "author")));
        table_add(&t, cli_clean(cli, reply_text(item, "approvedBy")));
        table_add(&t, reply_text(item, "pushedAt"));
        table_add(&t, reply_text(item, "activatedAt"));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
out:
    json_decref(answer);
    return code;
}

static int rules_get(cli_app *cli, const cli_args *args)
{
    const char *hash = NULL;
    json_t *answer = NULL;
    int code = whole_hash(cli, args->word[0], &hash);

    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:{s:s}}", "getRules", "hash", hash), &answer);
    if (code == CLI_DONE && !cli->json)
        fputs(reply_text(json_object_get(answer, "rulesRecord"), "source"), cli->out);
    json_decref(answer);
    return code;
}

/* The set that was active before: retired, and activated last. */
static int previous_hash(cli_app *cli, const char **out)
{
    const char *latest = "", *found = NULL;
    json_t *answer = NULL, *item = NULL;
    size_t i = 0;
    int code = list_rules(cli, &answer);

    if (code != CLI_DONE)
        return code;
    json_array_foreach((json_t *)rules_items(answer), i, item)
    {
        const char *at = reply_text(item, "activatedAt");

        /* The built-in set has no times, so it comes last. */
        if (strcmp(reply_text(item, "state"), "RETIRED") == 0 &&
            (!found || strcmp(at, latest) > 0)) {
            latest = cli_text(cli, "%s", at);
            found = cli_text(cli, "%s", reply_text(item, "hash"));
        }
    }
    json_decref(answer);
    if (!found)
        return cli_tell(cli, CLI_REFUSED, "", "there is no earlier rule set to go back to");
    *out = found;
    return CLI_DONE;
}

static int rules_rollback(cli_app *cli, const cli_args *args)
{
    const char *hash = args->word_count > 0 ? args->word[0] : NULL;
    int code = hash ? CLI_DONE : previous_hash(cli, &hash);

    return code == CLI_DONE ? with_hash(cli, "activateRules", hash, "is active again") : code;
}

/* ---- The commands ---- */

static const cli_flag local_flags[] = {
    {"rules-dir", "DIR", "where standaard.lua and lib/ are (default: beside FILE, then installed)"},
};

static const cli_command rules_commands[] = {
    {"check", "FILE [--rules-dir DIR]", "read a rule set on this machine and show what it says",
     "Needs no engine. Faults name the rule and the character.\n"
     "Example: schakel rules check wilgenmeer.lua\n",
     CLI_FLAGS(local_flags), 1, 1, rules_local_check},
    {"test", "FILE [--rules-dir DIR]", "run the examples of a rule set on this machine",
     "Needs no engine. Exit status 1 when an example fails, so that it fits a pipeline.\n"
     "Example: schakel rules test wilgenmeer.lua --rules-dir scripts/rules\n",
     CLI_FLAGS(local_flags), 1, 1, rules_local_test},
    {"push", "FILE", "give a rule set to the engine; nothing changes yet",
     "Example: schakel rules push wilgenmeer.lua\n", NULL, 0, 1, 1, rules_push},
    {"dry-run", "HASH", "what would change on the stored listings (not built yet)",
     "Example: schakel rules dry-run 3f2a9c\n", NULL, 0, 1, 1, rules_dry_run},
    {"approve", "HASH", "by somebody else than its author",
     "Example: schakel rules approve 3f2a9c --token-file second-person.token\n", NULL, 0, 1, 1,
     rules_approve},
    {"activate", "HASH", "make an approved rule set the law",
     "Example: schakel rules activate 3f2a9c\n", NULL, 0, 1, 1, rules_activate},
    {"list", "", "all rule sets and their state", "Example: schakel rules list\n", NULL, 0, 0, 0,
     rules_list},
    {"get", "HASH", "the text of a rule set", "Example: schakel rules get 3f2a9c > rules.lua\n",
     NULL, 0, 1, 1, rules_get},
    {"rollback", "[HASH]", "back to the rule set before, or to a given one",
     "Example: schakel rules rollback\n", NULL, 0, 0, 1, rules_rollback},
};
const cli_group rules_group = {
    "rules", "the municipality's rules, from file to law",
    "check and test on your own machine; push; approve by a second person; activate; rollback.\n"
    "The beginning of a hash is enough. How to write rules: man schakel-rules.\n",
    rules_commands, CLI_COUNT(rules_commands)};
