/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

/* schakel suggestion: the work of a buurtverbinder. */

/* ---- Showing ---- */

/* Titles by listing id, asked once each; one that may not be read stays empty. */
static const char *title_of(cli_app *cli, json_t *titles, const char *id)
{
    json_t *answer = NULL;
    const char *known = json_string_value(json_object_get(titles, id));

    if (known)
        return known;
    answer = cli_peek(cli, json_pack("{s:{s:s}}", "getListing", "id", id));
    known = cli_clean(cli, reply_text(json_object_get(answer, "listing"), "title"));
    known = cli_text(cli, "%s", known);
    json_object_set_new(titles, id, json_string(known));
    json_decref(answer);
    return known;
}

static const char *reasons(cli_app *cli, const json_t *s)
{
    const char *text = "", *comma = "";
    json_t *term = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(s, "terms"), i, term)
    {
        const char *why = cli_clean(cli, reply_text(term, "why"));

        if (!reply_true(term, "applies") || !*why)
            continue;
        text = cli_text(cli, "%s%s%s", text, comma, why);
        comma = "; ";
    }
    json_array_foreach(json_object_get(s, "relaxed"), i, term)
    {
        text = cli_text(cli, "%s%s%s", text, comma, cli_clean(cli, reply_text(term, "why")));
        comma = "; ";
    }
    if (*reply_text(s, "reason"))
        text = cli_text(cli, "%s%s[%s]", text, *text ? " " : "",
                        cli_clean(cli, reply_text(s, "reason")));
    return *text ? cli_text(cli, "       %s\n", text) : NULL;
}

static void print_list(cli_app *cli, const json_t *items)
{
    const char **lines = sk_arena_calloc(cli->arena, json_array_size(items) + 1, sizeof(*lines));
    json_t *titles = json_object(), *s = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, "id|state|score|needs|could help|who decides|>version");
    json_array_foreach((json_t *)items, i, s)
    {
        table_add(&t, cli_clean(cli, reply_text(s, "id")));
        table_add(&t, reply_text(s, "state"));
        table_add(&t, decimal(cli, "%.3f", (double)reply_integer(s, "score") / 1e6));
        table_add(&t, title_of(cli, titles, reply_text(s, "demandId")));
        table_add(&t, title_of(cli, titles, reply_text(s, "supplyId")));
        table_add(&t, cli_clean(cli, reply_text(s, "assignee")));
        table_add(&t, cli_text(cli, "%lld", (long long)reply_integer(s, "version")));
        if (lines)
            lines[i] = reasons(cli, s);
    }
    table_print(&t, cli->out, lines);
    table_done(&t);
    json_decref(titles);
}

/* Whose work list: who has a connector's token sees that connector's, unless something else is
 * asked for. */
static int set_assignee(cli_app *cli, const cli_args *args, json_t *op)
{
    static const char *const others[] = {"all", "assignee", "listing", "party", "area"};
    bool mine = cli_has(args, "mine");
    const char *own = "";

    for (size_t i = 0; i < CLI_COUNT(others); i++) {
        if (cli_has(args, others[i])) {
            word_set(args, "assignee", op, "assignee");
            return mine ? cli_usage(cli, "--mine and --%s do not go together", others[i])
                        : CLI_DONE;
        }
    }
    own = own_connector(cli);
    if (mine && !*own)
        return cli_usage(cli, "--mine: this token stands for no connector"
                              " (schakel token create --connector ID)");
    if (!*own)
        return CLI_DONE;
    json_object_set_new(op, "assignee", json_string(own));
    if (!mine && !cli->json)
        fprintf(cli->out, "The work list of %s; everybody's: --all\n", cli_clean(cli, own));
    return CLI_DONE;
}

static int suggestion_list(cli_app *cli, const cli_args *args)
{
    json_t *op = json_object(), *answer = NULL;
    const json_t *page = NULL;
    int code = word_set_count(cli, args, "limit", 256, op, "limit");

    if (code == CLI_DONE)
        code = set_assignee(cli, args, op);

    if (cli_get(args, "state")) {
        word_list(args, "state", op, "states");
        for (size_t i = 0; i < json_array_size(json_object_get(op, "states")); i++) {
            json_t *item = json_array_get(json_object_get(op, "states"), i);

            json_string_set(item, word_enum(cli, json_string_value(item)));
        }
    }
    word_set(args, "listing", op, "listingId");
    word_set(args, "party", op, "partyId");
    word_set(args, "area", op, "area");
    word_set(args, "after", op, "after");
    if (cli_has(args, "best-first"))
        json_object_set_new(op, "bestFirst", json_true());
    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:O}", "listSuggestions", op), &answer);
    if (code == CLI_DONE && !cli->json) {
        page = json_object_get(answer, "suggestions");
        if (json_array_size(json_object_get(page, "items")) == 0)
            fputs("No suggestions.\n", cli->out);
        else
            print_list(cli, json_object_get(page, "items"));
        if (*reply_text(page, "next"))
            fprintf(cli->out, "There are more: --after %s\n", reply_text(page, "next"));
    }
    json_decref(op);
    json_decref(answer);
    return code;
}

static void print_terms(cli_app *cli, const json_t *s)
{
    json_t *term = NULL;
    size_t i = 0;
    table t;

    fputs("\n", cli->out);
    table_init(cli, &t, "term|>value|>weight|why");
    json_array_foreach(json_object_get(s, "terms"), i, term)
    {
        bool applies = reply_true(term, "applies");

        table_add(&t, cli_clean(cli, reply_text(term, "name")));
        table_add(&t, applies ? decimal(cli, "%.3f", reply_number(term, "value")) : "-");
        table_add(&t, decimal(cli, "%.3g", reply_number(term, "weight")));
        table_add(&t, cli_clean(cli, reply_text(term, "why")));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static void print_steps(cli_app *cli, const json_t *s)
{
    json_t *step = NULL;
    size_t i = 0;
    table t;

    fputs("\n", cli->out);
    table_init(cli, &t, ">version|state|at|by|reason");
    json_array_foreach(json_object_get(s, "steps"), i, step)
    {
        const char *id = reply_text(step, "by"), *name = reply_text(step, "byName");
        const char *by = *name ? name : id;

        table_add(&t, cli_text(cli, "%lld", (long long)reply_integer(step, "version")));
        table_add(&t, reply_text(step, "state"));
        table_add(&t, reply_text(step, "at"));
        table_add(&t, *by ? cli_clean(cli, by) : "engine");
        table_add(&t, cli_clean(cli, reply_text(step, "reason")));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static void print_suggestion(cli_app *cli, const json_t *s)
{
    static const char *const names[][2] = {
        {"assignee", "who decides"}, {"area", "buurt"},        {"createdAt", "created"},
        {"until", "parked until"},   {"expiresAt", "expires"}, {"connectedAt", "connected"},
        {"reason", "reason"},        {"outcome", "outcome"},   {"rulesHash", "rule set"}};
    json_t *titles = json_object(), *item = NULL;
    size_t i = 0;

    print_pair(cli, "id", reply_text(s, "id"));
    print_pair(cli, "state", reply_text(s, "state"));
    print_pair(cli, "score", decimal(cli, "%.3f", (double)reply_integer(s, "score") / 1e6));
    print_pair(cli, "version", cli_text(cli, "%lld", (long long)reply_integer(s, "version")));
    print_pair(cli, "needs",
               cli_text(cli, "%s  %s", reply_text(s, "demandId"),
                        title_of(cli, titles, reply_text(s, "demandId"))));
    print_pair(cli, "could help",
               cli_text(cli, "%s  %s", reply_text(s, "supplyId"),
                        title_of(cli, titles, reply_text(s, "supplyId"))));
    for (i = 0; i < CLI_COUNT(names); i++)
        print_pair(cli, names[i][1], reply_text(s, names[i][0]));
    json_array_foreach(json_object_get(s, "appointments"), i, item)
        print_pair(cli, "appointment",
                   cli_text(cli, "%s to %s", reply_text(item, "start"), reply_text(item, "end")));
    print_terms(cli, s);
    print_steps(cli, s);
    json_decref(titles);
}

static int suggestion_get(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    int code = cli_ask(cli, json_pack("{s:{s:s}}", "getSuggestion", "id", args->word[0]), &answer);

    if (code == CLI_DONE && !cli->json)
        print_suggestion(cli, json_object_get(answer, "suggestion"));
    json_decref(answer);
    return code;
}

/* ---- Deciding ---- */

/* {"suggestionId", "version"}: with --version-seen what the caller saw, else what is there now,
 * which is what somebody sees who decides on one command line. */
static int start_op(cli_app *cli, const cli_args *args, json_t **out)
{
    json_t *op = json_pack("{s:s}", "suggestionId", args->word[0]), *answer = NULL;
    bool json = cli->json;
    int code = word_set_count(cli, args, "seen", INT64_MAX, op, "version");

    if (code == CLI_DONE && !cli_has(args, "seen")) {
        cli->json = false;
        code = cli_ask(cli, json_pack("{s:{s:s}}", "getSuggestion", "id", args->word[0]), &answer);
        cli->json = json;
        json_object_set_new(
            op, "version",
            json_integer(reply_integer(json_object_get(answer, "suggestion"), "version")));
        json_decref(answer);
    }
    if (code == CLI_DONE)
        *out = op;
    else
        json_decref(op);
    return code;
}

static int finish_op(cli_app *cli, const cli_args *args, const char *name, json_t *op,
                     const char *what)
{
    json_t *receipt = NULL;
    int code = cli_command_ask(cli, json_pack("{s:o}", name, op), &receipt);

    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s %s, version %lld\n", args->word[0], what,
                (long long)reply_integer(receipt, "version"));
    json_decref(receipt);
    return code;
}

/* Every --meet START,END as an appointment. */
static int add_meetings(cli_app *cli, const cli_args *args, json_t *op, bool always)
{
    json_t *list = json_array();

    for (size_t i = 0; i < args->given_count; i++) {
        const char *value = args->given[i].value, *comma = NULL;

        if (strcmp(args->given[i].flag->name, "meet") != 0)
            continue;
        if (!(comma = strchr(value, ','))) {
            json_decref(list);
            return cli_usage(cli, "--meet: \"%s\" is not START,END", value);
        }
        json_array_append_new(list, json_pack("{s:o, s:s}", "start",
                                              json_stringn(value, (size_t)(comma - value)), "end",
                                              comma + 1));
    }
    if (always || json_array_size(list) > 0)
        json_object_set(op, "appointments", list);
    json_decref(list);
    return CLI_DONE;
}

static int unknown_decision(cli_app *cli, const char *word)
{
    static const char *const decisions[] = {"accept",  "reject",   "park", "introduce", "yes",
                                            "decline", "complete", "end",  "undo"};
    nearest near = {.word = word};

    for (size_t i = 0; i < CLI_COUNT(decisions); i++)
        near_offer(&near, decisions[i]);
    if (near.best && strcmp(near.best, "undo") == 0)
        return cli_usage(cli, "to take a decision back: schakel suggestion undo ID");
    if (near.best)
        return cli_usage(cli, "unknown decision \"%s\"; did you mean \"%s\"?", word, near.best);
    return cli_usage(cli,
                     "unknown decision \"%s\": accept, reject, park, introduce, yes, decline, "
                     "complete or end",
                     word);
}

static int suggestion_decide(cli_app *cli, const cli_args *args)
{
    static const char *const done[][2] = {{"ACCEPT", "accepted"},    {"REJECT", "rejected"},
                                          {"PARK", "parked"},        {"INTRODUCE", "introduced"},
                                          {"YES", "yes recorded"},   {"DECLINE", "declined"},
                                          {"COMPLETE", "completed"}, {"END", "ended"}};
    const char *decision = word_enum(cli, args->word[1]), *what = NULL;
    json_t *op = NULL;
    int code = CLI_DONE;

    for (size_t i = 0; i < CLI_COUNT(done); i++) {
        if (strcmp(done[i][0], decision) == 0)
            what = done[i][1];
    }
    if (!what)
        return unknown_decision(cli, args->word[1]);
    if ((code = start_op(cli, args, &op)) != CLI_DONE)
        return code;
    json_object_set_new(op, "decision", json_string(decision));
    word_set(args, "reason", op, "reason");
    word_set(args, "until", op, "until");
    word_set(args, "outcome", op, "outcome");
    if (cli_get(args, "side"))
        json_object_set_new(op, "side", json_string(word_enum(cli, cli_get(args, "side"))));
    if ((code = add_meetings(cli, args, op, false)) != CLI_DONE) {
        json_decref(op);
        return code;
    }
    return finish_op(cli, args, "decide", op, what);
}

static int suggestion_hand_over(cli_app *cli, const cli_args *args)
{
    json_t *op = NULL;
    int code = start_op(cli, args, &op);

    if (code != CLI_DONE)
        return code;
    json_object_set_new(op, "connectorId", json_string(args->word[1]));
    return finish_op(cli, args, "handOver", op, cli_text(cli, "handed to %s", args->word[1]));
}

static int suggestion_undo(cli_app *cli, const cli_args *args)
{
    json_t *op = NULL;
    int code = start_op(cli, args, &op);

    return code == CLI_DONE ? finish_op(cli, args, "undo", op, "back to what it was") : code;
}

static int suggestion_appointments(cli_app *cli, const cli_args *args)
{
    json_t *op = NULL;
    int code = start_op(cli, args, &op);

    if (code != CLI_DONE)
        return code;
    if ((code = add_meetings(cli, args, op, true)) != CLI_DONE) {
        json_decref(op);
        return code;
    }
    return finish_op(cli, args, "setAppointments", op, "appointments set");
}

/* ---- The commands ---- */

#define SEEN                                                                                       \
    {                                                                                              \
        "seen", "VERSION", "the version that you saw (default: the newest)"                        \
    }
#define MEET                                                                                       \
    {                                                                                              \
        "meet", "START,END", "an appointment, two times; repeat for more"                          \
    }

static const cli_flag list_flags[] = {
    {"state", "STATE", "proposed, parked (default both), accepted ..."},
    {"listing", "ID", "of this listing, on either side"},
    {"party", "ID", "of this party"},
    {"assignee", "ID", "for this connector to decide"},
    {"mine", NULL, "for the connector of this token; so without flags, when it has one"},
    {"all", NULL, "for any connector"},
    {"area", "CODE", "buurt, wijk or gemeente of the need"},
    {"best-first", NULL, "by score, without pages"},
    {"after", "ID", "the page behind this id"},
    {"limit", "N", "at most 256 (50)"},
};
static const cli_flag decide_flags[] = {
    {"reason", "TEXT", "with reject and decline"},
    {"until", "TIME", "with park"},
    {"side", "SIDE", "with yes and decline: demand, supply or both"},
    {"outcome", "TEXT", "with complete"},
    MEET,
    SEEN,
};
static const cli_flag seen_flags[] = {SEEN};
static const cli_flag meet_flags[] = {MEET, SEEN};

static const cli_command suggestion_commands[] = {
    {"list", "[--mine | --assignee ID] [--listing ID] [--state STATE] [--best-first] ...",
     "what waits for a decision",
     "With a token that stands for a connector: that connector's work list, unless --all, a\n"
     "listing, a party, an area or another assignee is asked for.\n"
     "Example: schakel suggestion list --assignee anna --best-first\n",
     CLI_FLAGS(list_flags), 0, 0, suggestion_list},
    {"get", "ID", "one suggestion with its reasons and its history",
     "Example: schakel suggestion get s000000000012\n", NULL, 0, 1, 1, suggestion_get},
    {"decide", "ID DECISION [--reason TEXT] [--until TIME] [--side SIDE] ...",
     "accept, reject, park, introduce, yes, decline, complete or end",
     "A suggestion goes from proposed to accepted, introduced, connected (both said yes) and\n"
     "completed. Somebody who decided before you is named; nothing is overwritten with --seen.\n"
     "Examples:\n"
     "  schakel suggestion decide s000000000012 accept\n"
     "  schakel suggestion decide s000000000012 reject --reason \"kent elkaar al\"\n"
     "  schakel suggestion decide s000000000012 yes --side both\n",
     CLI_FLAGS(decide_flags), 2, 2, suggestion_decide},
    {"hand-over", "ID CONNECTOR", "give it to another connector",
     "Example: schakel suggestion hand-over s000000000012 bram\n", CLI_FLAGS(seen_flags), 2, 2,
     suggestion_hand_over},
    {"undo", "ID", "take back the last accept, reject or park",
     "Example: schakel suggestion undo s000000000012\n", CLI_FLAGS(seen_flags), 1, 1,
     suggestion_undo},
    {"appointments", "ID [--meet START,END]...", "when the two meet; none frees the time",
     "Example:\n  schakel suggestion appointments s000000000012 \\\n"
     "      --meet 2026-03-05T13:00:00Z,2026-03-05T14:00:00Z\n",
     CLI_FLAGS(meet_flags), 1, 1, suggestion_appointments},
};
const cli_group suggestion_group = {
    "suggestion", "what the engine proposes, and what became of it",
    "A suggestion is a need and somebody who could help, for a connector to decide on.\n",
    suggestion_commands, CLI_COUNT(suggestion_commands)};
