/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

/* schakel message: who is told what, for staff and for a channel that is tried by hand. */

/* ---- Listing ---- */

static const char *about_of(cli_app *cli, const json_t *m)
{
    const char *suggestion = reply_text(m, "suggestionId");

    return cli_clean(cli, *suggestion ? suggestion : reply_text(m, "listingId"));
}

/** When it goes, went, or why not. */
static const char *fate_of(cli_app *cli, const json_t *m)
{
    const char *state = reply_text(m, "state"), *reason = reply_text(m, "reason");
    const char *held = reply_text(m, "heldBy");

    if (strcmp(state, "SENT") == 0)
        return cli_text(cli, "%.16s", reply_text(m, "sentAt"));
    if (strcmp(state, "PLANNED") == 0)
        return cli_text(cli, "%.16s%s%s", reply_text(m, "dueAt"), *held ? ", held by " : "",
                        cli_clean(cli, held));
    return cli_clean(cli, reason);
}

static void print_messages(cli_app *cli, const json_t *items)
{
    json_t *m = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, "id|state|to|channel|rule|about|>attempts|when or why");
    json_array_foreach((json_t *)items, i, m)
    {
        table_add(&t, cli_clean(cli, reply_text(m, "id")));
        table_add(&t, reply_text(m, "state"));
        table_add(&t, cli_clean(cli, reply_text(m, "recipientId")));
        table_add(&t, cli_clean(cli, reply_text(m, "channel")));
        table_add(&t, cli_clean(cli, reply_text(m, "rule")));
        table_add(&t, about_of(cli, m));
        table_add(&t, cli_text(cli, "%lld", (long long)reply_integer(m, "attempts")));
        table_add(&t, fate_of(cli, m));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static int message_list(cli_app *cli, const cli_args *args)
{
    json_t *op = json_object(), *answer = NULL, *state = NULL;
    const json_t *page = NULL;
    size_t i = 0;
    int code = word_set_count(cli, args, "limit", 256, op, "limit");

    word_set(args, "party", op, "partyId");
    word_set(args, "connector", op, "connectorId");
    word_set(args, "suggestion", op, "suggestionId");
    word_set(args, "rule", op, "rule");
    word_set(args, "after", op, "after");
    if (cli_get(args, "state"))
        word_list(args, "state", op, "states");
    json_array_foreach(json_object_get(op, "states"), i, state)
        json_string_set(state, word_enum(cli, json_string_value(state)));
    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:O}", "listMessages", op), &answer);
    if (code == CLI_DONE && !cli->json) {
        page = json_object_get(answer, "messages");
        if (json_array_size(json_object_get(page, "items")) == 0)
            fputs("No messages.\n", cli->out);
        else
            print_messages(cli, json_object_get(page, "items"));
        if (*reply_text(page, "next"))
            fprintf(cli->out, "There are more: --after %s\n", reply_text(page, "next"));
    }
    json_decref(op);
    json_decref(answer);
    return code;
}

/* ---- Taking and reporting ---- */

static void print_delivery(cli_app *cli, const json_t *d)
{
    static const char *const fields[][2] = {
        {"toName", "to"}, {"toEmail", "mail"}, {"toPhone", "phone"}, {"toAddress", "address"}};

    fprintf(cli->out, "%s  attempt %lld, %s\n", cli_clean(cli, reply_text(d, "id")),
            (long long)reply_integer(d, "attempt"), cli_clean(cli, reply_text(d, "recipientId")));
    for (size_t i = 0; i < CLI_COUNT(fields); i++)
        if (*reply_text(d, fields[i][0]))
            fprintf(cli->out, "  %s: %s\n", fields[i][1],
                    cli_clean(cli, reply_text(d, fields[i][0])));
    if (*reply_text(d, "subject"))
        fprintf(cli->out, "  %s\n", cli_clean(cli, reply_text(d, "subject")));
    fprintf(cli->out, "  %s\n", cli_clean(cli, reply_text(d, "text")));
}

static int message_take(cli_app *cli, const cli_args *args)
{
    json_t *op = json_pack("{s:s}", "channel", args->word[0]), *answer = NULL, *d = NULL;
    const json_t *taken = NULL;
    size_t i = 0;
    int code = word_set_count(cli, args, "limit", 64, op, "limit");

    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:O}", "takeMessages", op), &answer);
    if (code == CLI_DONE && !cli->json) {
        taken = json_object_get(answer, "deliveries");
        json_array_foreach(json_object_get(taken, "items"), i, d) print_delivery(cli, d);
        if (json_array_size(json_object_get(taken, "items")) == 0)
            fputs("No messages are due.\n", cli->out);
        if (*reply_text(taken, "nextDueAt"))
            fprintf(cli->out, "The next: %s\n", reply_text(taken, "nextDueAt"));
    }
    json_decref(op);
    json_decref(answer);
    return code;
}

static int message_report(cli_app *cli, const cli_args *args)
{
    json_t *op =
        json_pack("{s:s, s:s}", "id", args->word[0], "outcome", word_enum(cli, args->word[1]));
    int code = word_set_count(cli, args, "attempt", UINT32_MAX, op, "attempt");

    if (code == CLI_DONE && !cli_get(args, "attempt"))
        json_object_set_new(op, "attempt", json_integer(1));
    word_set(args, "reason", op, "reason");
    if (code == CLI_DONE)
        code = cli_command_ask(cli, json_pack("{s:O}", "reportMessage", op), NULL);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s  noted\n", cli_clean(cli, args->word[0]));
    json_decref(op);
    return code;
}

static int message_retry(cli_app *cli, const cli_args *args)
{
    int code =
        cli_command_ask(cli, json_pack("{s:{s:s}}", "retryMessage", "id", args->word[0]), NULL);

    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s  is sent anew\n", cli_clean(cli, args->word[0]));
    return code;
}

/* ---- The group ---- */

static const cli_flag list_flags[] = {
    {"party", "ID", "to this party"},
    {"connector", "ID", "to this connector"},
    {"suggestion", "ID", "about this suggestion"},
    {"rule", "NAME", "of this notify block"},
    {"state", "STATE", "planned, sending, sent, cancelled or dead; several with commas"},
    {"after", "ID", "the page behind this message"},
    {"limit", "N", "at most so many (50)"},
};
static const cli_flag take_flags[] = {
    {"limit", "N", "at most so many (16)"},
};
static const cli_flag report_flags[] = {
    {"attempt", "N", "the attempt that was taken (1)"},
    {"reason", "WORD", "why not, in one word"},
};

static const cli_command message_commands[] = {
    {"list", "[--party ID] [--state STATE] [--rule NAME]", "who was told what, and what comes",
     "Example:\n"
     "  schakel message list --party p-anna\n"
     "  schakel message list --state dead\n",
     CLI_FLAGS(list_flags), 0, 0, message_list},
    {"take", "CHANNEL [--limit N]", "take what is due, as a channel does",
     "What is taken comes again after a minute, unless it is reported on. Shows contact details,\n"
     "and is written in the audit log.\n"
     "Example:\n"
     "  schakel message take console\n",
     CLI_FLAGS(take_flags), 1, 1, message_take},
    {"report", "ID sent|retry|refused [--attempt N] [--reason WORD]", "what became of it",
     "Example:\n"
     "  schakel message report m000000000042 sent\n",
     CLI_FLAGS(report_flags), 2, 2, message_report},
    {"retry", "ID", "send a dead one anew",
     "Example:\n"
     "  schakel message retry m000000000042\n",
     NULL, 0, 1, 1, message_retry},
};
const cli_group message_group = {"message", "who is told what", "", message_commands,
                                 CLI_COUNT(message_commands)};
