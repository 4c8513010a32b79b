/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

/* schakel connector and schakel events: who decides, and what happened. */

/* ---- Connectors ---- */

static int connector_put(cli_app *cli, const cli_args *args)
{
    const char *file = cli_get(args, "file");
    json_t *connector = NULL, *receipt = NULL;
    int code = CLI_DONE;

    if (file && (code = word_json_file(cli, file, &connector)) != CLI_DONE)
        return code;
    if (!connector)
        connector = json_object();
    if (args->word_count > 0)
        json_object_set_new(connector, "id", json_string(args->word[0]));
    word_set(args, "name", connector, "name");
    word_list(args, "area", connector, "areas");
    word_set(args, "absent-from", connector, "absentFrom");
    word_set(args, "absent-until", connector, "absentUntil");
    word_set(args, "substitute", connector, "substituteId");
    code = word_set_count(cli, args, "ceiling", UINT32_MAX, connector, "ceiling");
    if (code == CLI_DONE)
        code = cli_command_ask(
            cli, json_pack("{s:{s:[O]}}", "putConnectors", "connectors", connector), &receipt);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s  version %lld, %s\n", cli_clean(cli, reply_text(receipt, "id")),
                (long long)reply_integer(receipt, "version"),
                reply_true(receipt, "created") ? "new" : "replaced");
    json_decref(connector);
    json_decref(receipt);
    return code;
}

static void print_connectors(cli_app *cli, const json_t *result)
{
    json_t *c = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, "id|name|areas|>cases|>ceiling|absent|substitute");
    json_array_foreach(json_object_get(result, "items"), i, c)
    {
        const json_t *cases = json_array_get(json_object_get(result, "cases"), i);
        const char *from = reply_text(c, "absentFrom");
        int64_t ceiling = reply_integer(c, "ceiling");

        table_add(&t, cli_clean(cli, reply_text(c, "id")));
        table_add(&t, cli_clean(cli, reply_text(c, "name")));
        table_add(&t, reply_joined(cli, json_object_get(c, "areas")));
        table_add(&t, cli_text(cli, "%lld", (long long)json_integer_value(cases)));
        table_add(&t, ceiling ? cli_text(cli, "%lld", (long long)ceiling) : "none");
        table_add(&t,
                  *from ? cli_text(cli, "%.10s to %.10s", from, reply_text(c, "absentUntil")) : "");
        table_add(&t, cli_clean(cli, reply_text(c, "substituteId")));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static int connector_list(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    int code = cli_ask(cli, json_pack("{s:{}}", "listConnectors"), &answer);

    (void)args;
    if (code == CLI_DONE && !cli->json)
        print_connectors(cli, json_object_get(answer, "connectors"));
    json_decref(answer);
    return code;
}

/* ---- One's own ceiling and absence ---- */

const char *own_connector(cli_app *cli)
{
    json_t *status = cli_peek(cli, json_pack("{s:{}}", "getStatus"));
    const char *id =
        cli_text(cli, "%s", reply_text(json_object_get(status, "engineStatus"), "connectorId"));

    json_decref(status);
    return id;
}

static json_t *find_connector(const json_t *answer, const char *id)
{
    json_t *c = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(json_object_get(answer, "connectors"), "items"), i, c)
    {
        if (strcmp(reply_text(c, "id"), id) == 0)
            return c;
    }
    return NULL;
}

static int change_connector(cli_app *cli, const cli_args *args, json_t *c)
{
    word_set(args, "absent-from", c, "absentFrom");
    word_set(args, "absent-until", c, "absentUntil");
    word_set(args, "substitute", c, "substituteId");
    if (cli_has(args, "back")) {
        json_object_del(c, "absentFrom");
        json_object_del(c, "absentUntil");
    }
    return word_set_count(cli, args, "ceiling", UINT32_MAX, c, "ceiling");
}

static int connector_set(cli_app *cli, const cli_args *args)
{
    const char *id = args->word_count > 0 ? args->word[0] : own_connector(cli);
    json_t *answer = NULL, *receipt = NULL, *c = NULL;
    bool json = cli->json;
    int code = CLI_DONE;

    if (!*id)
        return cli_usage(cli, "which connector? This token stands for none; give an ID");
    cli->json = false;
    code = cli_ask(cli, json_pack("{s:{}}", "listConnectors"), &answer);
    cli->json = json;
    if (code == CLI_DONE && !(c = find_connector(answer, id)))
        code = cli_tell(cli, CLI_REFUSED, id, "there is no such connector");
    if (code == CLI_DONE)
        code = change_connector(cli, args, c);
    if (code == CLI_DONE)
        code = cli_command_ask(cli, json_pack("{s:{s:[O]}}", "putConnectors", "connectors", c),
                               &receipt);
    if (code == CLI_DONE && !cli->json) {
        print_pair(cli, "connector", id);
        print_pair(cli, "ceiling", cli_text(cli, "%lld", (long long)reply_integer(c, "ceiling")));
        print_pair(cli, "absent from", reply_text(c, "absentFrom"));
        print_pair(cli, "absent until", reply_text(c, "absentUntil"));
        print_pair(cli, "substitute", reply_text(c, "substituteId"));
    }
    json_decref(receipt);
    json_decref(answer);
    return code;
}

static const cli_flag set_flags[] = {
    {"ceiling", "N", "cases at once at most (0: no ceiling)"},
    {"absent-from", "TIME", "away from"},
    {"absent-until", "TIME", "back at"},
    {"back", NULL, "not away any more"},
    {"substitute", "ID", "who takes over meanwhile"},
};
static const cli_flag put_flags[] = {
    {"name", "TEXT", "how colleagues know this connector"},
    {"area", "CODE", "buurten, wijken or gemeenten; repeat for more"},
    {"ceiling", "N", "cases at once at most (0: no ceiling)"},
    {"absent-from", "TIME", "away from"},
    {"absent-until", "TIME", "back at"},
    {"substitute", "ID", "who takes over meanwhile"},
    {"file", "FILE", "a connector as JSON, - for standard input; flags go over it"},
};
static const cli_command connector_commands[] = {
    {"put", "ID --name TEXT --area CODE ... | --file FILE", "make a connector, or replace one",
     "Example: schakel connector put anna --name Anna --area BU99010201 --ceiling 12\n",
     CLI_FLAGS(put_flags), 0, 1, connector_put},
    {"set", "[ID] [--ceiling N] [--absent-from TIME --absent-until TIME | --back] ...",
     "change a ceiling, an absence or a substitute",
     "Without an ID: of the connector that this token stands for, which may do this itself.\n"
     "Example: schakel connector set --absent-from 2026-07-06T00:00:00Z \\\n"
     "    --absent-until 2026-07-20T00:00:00Z --substitute bram\n",
     CLI_FLAGS(set_flags), 0, 1, connector_set},
    {"list", "", "all connectors with their number of cases", "Example: schakel connector list\n",
     NULL, 0, 0, 0, connector_list},
};
const cli_group connector_group = {
    "connector", "buurtverbinders: who decides about suggestions where",
    "A suggestion goes to a connector of the buurt of the need, or of its wijk or gemeente.\n",
    connector_commands, CLI_COUNT(connector_commands)};

/* ---- Events ---- */

#define WAIT_MAX_MS 30000
#define READ_LIMIT 1000

typedef struct cursor {
    bool has_after;
    int64_t after;
    const char *consumer;
    bool follow, ack;
    uint64_t limit;
} cursor;

static json_t *read_request(const cli_app *cli, const cursor *c)
{
    json_t *op = json_object();
    /* The answer must come before the client stops waiting for it. */
    uint32_t timeout_ms = cli->timeout_ms ? cli->timeout_ms : 30000;
    uint32_t wait_ms = timeout_ms / 2 < WAIT_MAX_MS ? timeout_ms / 2 : WAIT_MAX_MS;

    if (c->has_after)
        json_object_set_new(op, "after", json_integer(c->after));
    if (c->consumer)
        json_object_set_new(op, "consumer", json_string(c->consumer));
    json_object_set_new(op, "limit", json_integer((json_int_t)c->limit));
    if (c->follow)
        json_object_set_new(op, "waitMs", json_integer(wait_ms));
    return json_pack("{s:o}", "readEvents", op);
}

static void print_event(cli_app *cli, const json_t *e)
{
    static const char *const ids[][2] = {{"listingId", "listing"},
                                         {"partyId", "party"},
                                         {"suggestionId", "suggestion"},
                                         {"detail", "detail"}};

    fprintf(cli->out, "%8lld  %s  %-24s", (long long)reply_integer(e, "seq"), reply_text(e, "at"),
            cli_clean(cli, reply_text(e, "type")));
    for (size_t i = 0; i < CLI_COUNT(ids); i++) {
        if (*reply_text(e, ids[i][0]))
            fprintf(cli->out, "  %s %s", ids[i][1], cli_clean(cli, reply_text(e, ids[i][0])));
    }
    fputc('\n', cli->out);
}

static int acknowledge(cli_app *cli, const cursor *c)
{
    json_t *answer = NULL;
    bool json = cli->json;
    int code = CLI_DONE;

    cli->json = false;
    code = cli_ask(cli,
                   json_pack("{s:{s:s, s:I}}", "ackEvents", "consumer", c->consumer, "seq",
                             (json_int_t)c->after),
                   &answer);
    cli->json = json;
    json_decref(answer);
    return code;
}

static int read_page(cli_app *cli, cursor *c, size_t *out_count)
{
    json_t *answer = NULL, *items = NULL, *item = NULL;
    size_t i = 0;
    int code = cli_ask(cli, read_request(cli, c), &answer);

    if (code != CLI_DONE)
        return code;
    items = json_object_get(json_object_get(answer, "events"), "items");
    *out_count = json_array_size(items);
    json_array_foreach(items, i, item)
    {
        if (!cli->json)
            print_event(cli, item);
        c->after = reply_integer(item, "seq");
        c->has_after = true;
    }
    fflush(cli->out);
    json_decref(answer);
    /* Texts of one page are not needed for the next; a follower may run for months. */
    sk_arena_reset(cli->arena);
    /* What did not reach the reader is not acknowledged. */
    if (ferror(cli->out))
        return CLI_REFUSED;
    return c->ack && *out_count > 0 ? acknowledge(cli, c) : CLI_DONE;
}

static int events_run(cli_app *cli, const cli_args *args)
{
    cursor c = {.consumer = cli_get(args, "consumer"),
                .follow = cli_has(args, "follow"),
                .ack = cli_has(args, "ack")};
    uint64_t after = 0;
    size_t count = 0;
    bool once = false;
    int code = CLI_DONE;

    if (cli_get(args, "after") &&
        (code = word_count(cli, "--after", cli_get(args, "after"), INT64_MAX, &after)) != CLI_DONE)
        return code;
    if (cli_get(args, "limit") &&
        (code = word_count(cli, "--limit", cli_get(args, "limit"), 1000, &c.limit)) != CLI_DONE)
        return code;
    if (c.ack && !c.consumer)
        return cli_usage(cli, "--ack needs --consumer NAME");
    c.has_after = cli_get(args, "after") || !c.consumer;
    c.after = (int64_t)after;
    /* One answer for whoever asked for one; people see the log to its end. */
    once = cli->json || c.limit > 0;
    if (c.limit == 0)
        c.limit = READ_LIMIT;
    do
        code = read_page(cli, &c, &count);
    while (code == CLI_DONE && (c.follow || (!once && count > 0)));
    return code;
}

static const cli_flag events_flags[] = {
    {"after", "SEQ", "events with a number over this (0: all)"},
    {"follow", NULL, "wait for more, until interrupted"},
    {"consumer", "NAME", "go on where this name acknowledged"},
    {"ack", NULL, "acknowledge what was printed"},
    {"limit", "N", "events of one read, at most 1,000; without --follow only one read"},
};
static const cli_command events_commands[] = {
    {NULL, "[--after SEQ] [--follow] [--consumer NAME [--ack]] [--limit N]",
     "what happened, in order",
     "Every event has a number; none is missing. With --consumer and --ack each event is printed\n"
     "at least once, also when this program is stopped in between.\n"
     "Examples:\n"
     "  schakel events --after 0\n"
     "  schakel events --follow --consumer website --ack --json\n",
     CLI_FLAGS(events_flags), 0, 0, events_run},
};
const cli_group events_group = {"events", "what happened, in order", "", events_commands,
                                CLI_COUNT(events_commands)};
