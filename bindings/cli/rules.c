/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

#include "dry_run.h"

/* schakel rules: from a file under an author's hands to the law of the engine. */

#define SOURCE_BYTES (200 * 1024)
#define HASH_SIZE 64
#define LEAST_PREFIX 6

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

static bool is_beginning(const char *given)
{
    return strlen(given) >= LEAST_PREFIX && strspn(given, "0123456789abcdef") == strlen(given);
}

/* The record is meant by `given`, and is in one of the states ("" is any). */
static bool is_meant(const json_t *item, const char *given, const char *states)
{
    const char *hash = reply_text(item, "hash");

    if (is_beginning(given) && strncmp(hash, given, strlen(given)) == 0)
        return true;
    return strcmp(reply_text(item, "name"), given) == 0 &&
           (!*states || strstr(states, reply_text(item, "state")));
}

static int tell_many(cli_app *cli, const char *given, const char *hashes)
{
    return cli_tell(cli, CLI_REFUSED, "",
                    cli_text(cli,
                             "more than one rule set is meant by \"%s\": %s; give the "
                             "beginning of a hash",
                             given, hashes));
}

/* `others` are the sets of this name in other states. */
static int tell_none(cli_app *cli, const char *given, const char *others)
{
    if (strspn(given, "0123456789abcdef") == strlen(given) && strlen(given) < LEAST_PREFIX)
        return cli_tell(cli, CLI_REFUSED, "",
                        cli_text(cli,
                                 "\"%s\" is too short for the beginning of a hash; give %d "
                                 "or more characters, or a name",
                                 given, LEAST_PREFIX));
    if (*others)
        return cli_tell(cli, CLI_REFUSED, "",
                        cli_text(cli,
                                 "no rule set \"%s\" is waiting for this; of that name: %s "
                                 "(schakel rules list)",
                                 given, others));
    return cli_tell(cli, CLI_REFUSED, "",
                    cli_text(cli, "there is no rule set \"%s\" (schakel rules list)", given));
}

typedef struct meant {
    const char *hash, *all;
    size_t count;
} meant;

static meant find_meant(cli_app *cli, const json_t *answer, const char *given, const char *states)
{
    meant found = {.all = ""};
    json_t *item = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)rules_items(answer), i, item)
    {
        if (!is_meant(item, given, states))
            continue;
        found.hash = cli_text(cli, "%s", reply_text(item, "hash"));
        found.all = cli_text(cli, "%s%s%.12s (%s)", found.all, *found.all ? ", " : "", found.hash,
                             reply_text(item, "state"));
        found.count++;
    }
    return found;
}

int rules_find(cli_app *cli, const char *given, const char *states, const char *otherwise,
               const char **out)
{
    json_t *answer = NULL;
    meant found, any;
    int code = CLI_DONE;

    if (strlen(given) >= HASH_SIZE) {
        *out = given;
        return CLI_DONE;
    }
    if ((code = list_rules(cli, &answer)) != CLI_DONE)
        return code;
    found = find_meant(cli, answer, given, states);
    if (found.count == 0 && otherwise)
        found = find_meant(cli, answer, given, otherwise);
    any = find_meant(cli, answer, given, "");
    json_decref(answer);
    if (found.count == 0)
        return tell_none(cli, given, any.all);
    if (found.count > 1)
        return tell_many(cli, given, found.all);
    *out = found.hash;
    return CLI_DONE;
}

/* ---- Commands ---- */

static int with_hash(cli_app *cli, const char *op, const char *hash, const char *done)
{
    int code = cli_command_ask(cli, json_pack("{s:{s:s}}", op, "hash", hash), NULL);

    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%.12s %s\n", hash, done);
    return code;
}

/* What the engine has of this hash now: pushing what is there already changes nothing. */
static const char *state_of(cli_app *cli, const char *hash)
{
    json_t *answer = cli_peek(cli, json_pack("{s:{}}", "listRules")), *item = NULL;
    const char *state = "";
    size_t i = 0;

    json_array_foreach((json_t *)rules_items(answer), i, item)
    {
        if (strcmp(reply_text(item, "hash"), hash) == 0)
            state = cli_text(cli, "%s", reply_text(item, "state"));
    }
    json_decref(answer);
    return state;
}

static void print_next(cli_app *cli, const char *hash, bool created, const char *warning)
{
    const char *state = created ? "PUSHED" : state_of(cli, hash);

    if (!created)
        fputs("This very rule set was pushed before; nothing changed. ", cli->out);
    if (strcmp(state, "ACTIVE") == 0)
        fputs("It is active.\n", cli->out);
    else if (strcmp(state, "APPROVED") == 0)
        fprintf(cli->out, "It is approved. Next:  schakel rules activate %.12s\n", hash);
    else if (strcmp(state, "RETIRED") == 0)
        fprintf(cli->out, "It was active once. To bring it back:  schakel rules activate %.12s\n",
                hash);
    else if (*warning)
        fprintf(cli->out, "%s. See them with schakel rules test, mend it and push again.\n",
                cli_clean(cli, warning));
    else
        fprintf(cli->out,
                "%s\n  schakel rules dry-run %.12s     what would change\n"
                "  schakel rules approve %.12s     by a second person, with --token-file\n",
                created ? "Pushed; nothing changes yet. Next:" : "It waits for approval. Next:",
                hash, hash);
}

static int rules_push(cli_app *cli, const cli_args *args)
{
    sk_buf source = {0};
    json_t *answer = NULL, *text = NULL;
    const json_t *receipt = NULL;
    int code = word_file(cli, args->word[0], SOURCE_BYTES, &source);

    if (code == CLI_DONE && !(text = json_stringn(source.data ? source.data : "", source.size)))
        code = cli_tell(cli, CLI_REFUSED, args->word[0], "is not UTF-8 text");
    cli->rules_file = args->word[0];
    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:{s:O}}", "pushRules", "source", text), &answer);
    if (code != CLI_DONE || cli->json)
        goto out;
    receipt = json_array_get(json_object_get(json_object_get(answer, "receipts"), "items"), 0);
    print_pair(cli, "hash", reply_text(receipt, "id"));
    print_next(cli, reply_text(receipt, "id"), reply_true(receipt, "created"),
               reply_text(receipt, "warning"));
out:
    sk_buf_done(&source);
    json_decref(text);
    json_decref(answer);
    return code;
}

static int rules_approve(cli_app *cli, const cli_args *args)
{
    const char *hash = NULL;
    int code = rules_find(cli, args->word[0], "PUSHED", NULL, &hash);

    if (code == CLI_DONE)
        code = with_hash(cli, "approveRules", hash,
                         cli_text(cli, "approved. Next:  schakel rules activate %.12s", hash));
    return code;
}

/** Which set is the law now: a hash alone says little. */
static void print_active(cli_app *cli, const char *hash, const char *words)
{
    json_t *status = cli_peek(cli, json_pack("{s:{}}", "getStatus"));
    const char *name = reply_text(json_object_get(status, "engineStatus"), "rulesName");

    fprintf(cli->out, "%s%s%.12s%s is active%s\n", name, *name ? " (" : "", hash, *name ? ")" : "",
            words);
    json_decref(status);
}

static int rules_activate(cli_app *cli, const cli_args *args)
{
    json_t *op = json_object();
    const char *hash = NULL;
    int code = word_set_count(cli, args, "max-change", 100, op, "maxChangePercent");

    if (code == CLI_DONE)
        code = rules_find(cli, args->word[0], "APPROVED", "RETIRED ACTIVE", &hash);
    if (code == CLI_DONE) {
        json_object_set_new(op, "hash", json_string(hash));
        code = cli_command_ask(cli, json_pack("{s:O}", "activateRules", op), NULL);
    }
    if (code == CLI_DONE && !cli->json)
        print_active(cli, hash, "");
    json_decref(op);
    return code;
}

/* Terms that the engine switched off, hard rules that fail. */
static const char *faults_text(cli_app *cli, const json_t *item)
{
    const char *text = "";
    json_t *fault = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(item, "faults"), i, fault)
    {
        bool off = json_object_get(fault, "offAt") != NULL;

        if (off || json_is_true(json_object_get(fault, "hard")))
            text = cli_text(cli, "%s%s%s %s", text, *text ? ", " : "",
                            cli_clean(cli, reply_text(fault, "rule")), off ? "off" : "fails");
    }
    return text;
}

/* A person's name says more than the id of a token. */
static const char *who(cli_app *cli, const json_t *item, const char *id, const char *name)
{
    return cli_clean(cli, reply_text(item, *reply_text(item, name) ? name : id));
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
    table_init(cli, &t, "hash|name|state|author|approved by|pushed|activated|dry run|faults");
    json_array_foreach((json_t *)rules_items(answer), i, item)
    {
        table_add(&t, cli_text(cli, "%.12s", reply_text(item, "hash")));
        table_add(&t, cli_clean(cli, reply_text(item, "name")));
        table_add(&t, reply_text(item, "state"));
        table_add(&t, who(cli, item, "author", "authorName"));
        table_add(&t, who(cli, item, "approvedBy", "approvedByName"));
        table_add(&t, reply_text(item, "pushedAt"));
        table_add(&t, reply_text(item, "activatedAt"));
        table_add(&t, dry_run_short(cli, item));
        table_add(&t, faults_text(cli, item));
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
    int code = rules_find(cli, args->word[0], "", NULL, &hash);

    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:{s:s}}", "getRules", "hash", hash), &answer);
    if (code == CLI_DONE && !cli->json)
        fputs(reply_text(json_object_get(answer, "rulesRecord"), "source"), cli->out);
    json_decref(answer);
    return code;
}

static int rules_rollback(cli_app *cli, const cli_args *args)
{
    json_t *receipt = NULL;
    int code = CLI_DONE;

    (void)args;
    code = cli_command_ask(cli, json_pack("{s:{}}", "rollbackRules"), &receipt);
    if (code == CLI_DONE && !cli->json)
        print_active(cli, reply_text(receipt, "id"), " again");
    json_decref(receipt);
    return code;
}

/* ---- The commands ---- */

#define RULES_DIR                                                                                  \
    {                                                                                              \
        "rules-dir", "DIR", "where other sets and lib/ are (default: beside FILE, then installed)" \
    }
#define TAXONOMY                                                                                   \
    {                                                                                              \
        "taxonomy", "FILE", "categories to look up (default: the one installed)"                   \
    }

static const cli_flag check_flags[] = {
    RULES_DIR, TAXONOMY, {"strict", NULL, "warnings make it fail too"}};
static const cli_flag test_flags[] = {RULES_DIR};
static const cli_flag describe_flags[] = {
    {"format", "F", "md, html, register (the algorithm register) or json"}, TAXONOMY, RULES_DIR};

static const cli_flag activate_flags[] = {
    {"max-change", "N", "per cent of the open suggestions that it may withdraw (25)"},
};

static const cli_command rules_commands[] = {
    {"check", "FILE [--strict] [--taxonomy FILE] [--rules-dir DIR]",
     "read a rule set on this machine and say what cannot be meant",
     "Needs no engine. Faults name the rule and the character. Then it looks for rules that never\n"
     "or always hold, thresholds out of reach, unknown words, missing reasons and examples; and "
     "it\n"
     "shows what each rule costs and what the index can use. Exit status 1 on an error, with\n"
     "--strict on a warning too.\n"
     "Example: schakel rules check wilgenmeer.lua --strict\n",
     CLI_FLAGS(check_flags), 1, 1, rules_local_check},
    {"test", "FILE [--rules-dir DIR]", "run the examples of a rule set on this machine",
     "Needs no engine. Exit status 1 when an example fails, so that it fits a pipeline.\n"
     "Example: schakel rules test wilgenmeer.lua\n",
     CLI_FLAGS(test_flags), 1, 1, rules_local_test},
    {"program", "FILE [--rules-dir DIR]", "what the engine makes of the expressions of a rule set",
     "Needs no engine. One instruction a line, run over 64 pairs at a time; parts that rules "
     "share\n"
     "are there once.\n"
     "Example: schakel rules program wilgenmeer.lua\n",
     CLI_FLAGS(test_flags), 1, 1, rules_local_program},
    {"describe", "FILE [--format md|html|register|json] [--taxonomy FILE] [--rules-dir DIR]",
     "the rule set in Dutch words, for council and residents",
     "A page with the policy, what must be, what counts for how much, examples, the data that is\n"
     "read and who decides; or the entry for the algorithm register (--json: as JSON).\n"
     "Example: schakel rules describe wilgenmeer.lua --format html > regels.html\n",
     CLI_FLAGS(describe_flags), 1, 1, rules_local_describe},
    {"push", "FILE", "give a rule set to the engine; nothing changes yet",
     "Example: schakel rules push wilgenmeer.lua\n", NULL, 0, 1, 1, rules_push},
    {"dry-run", "FILE|HASH [--at TIME | --from DATE --to DATE] [--backup NAME] [--html FILE]",
     "what would change on the stored listings",
     "The rule set is compared with the active one, from a clean slate; nothing changes. The "
     "report "
     "is\nin Dutch, for who decides. Figures per buurt under 5 are hidden in text and page, not "
     "with --json.\n"
     "Example: schakel rules dry-run wilgenmeer.lua --html proef.html\n",
     CLI_FLAGS(dry_run_flags), 1, 1, rules_dry_run},
    {"approve", "HASH", "by somebody else than its author",
     "Example: schakel rules approve 3f2a9c --token-file second-person.token\n", NULL, 0, 1, 1,
     rules_approve},
    {"activate", "HASH [--max-change N]", "make an approved rule set the law",
     "Refused when it would withdraw more than 25 % of the open suggestions at once.\n"
     "Example: schakel rules activate 3f2a9c --max-change 40\n",
     CLI_FLAGS(activate_flags), 1, 1, rules_activate},
    {"list", "", "all rule sets and their state", "Example: schakel rules list\n", NULL, 0, 0, 0,
     rules_list},
    {"get", "HASH", "the text of a rule set", "Example: schakel rules get 3f2a9c > rules.lua\n",
     NULL, 0, 1, 1, rules_get},
    {"rollback", "", "back to the rule set that was active before",
     "Again: to the one before that. Another set comes back with activate.\n"
     "Example: schakel rules rollback\n",
     NULL, 0, 0, 0, rules_rollback},
};
const cli_group rules_group = {
    "rules", "the municipality's rules, from file to law",
    "check and test on your own machine; push; approve by a second person; activate; rollback.\n"
    "Where a HASH is asked, its first 6 characters or a name will do. How to write rules: man "
    "schakel-rules.\n",
    rules_commands, CLI_COUNT(rules_commands)};
