/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "../c/src/fields.h"

/* Asking the engine and saying what came of it. A command of this program makes a request as JSON,
 * asks, and prints; whatever goes wrong is told here, once, in one form, with its exit status. */

/* ---- Saying ---- */

const char *cli_text(cli_app *cli, const char *format, ...)
{
    sk_str text = {0};
    char *copy = NULL;
    int size = 0;
    va_list list;

    va_start(list, format);
    size = vasprintf(&copy, format, list);
    va_end(list);
    if (size >= 0)
        text = sk_arena_str(cli->arena, (sk_str){copy, (size_t)size});
    free(copy);
    if (!text.data) {
        fputs("schakel: out of memory\n", stderr);
        exit(CLI_REFUSED);
    }
    return text.data;
}

const char *cli_clean(cli_app *cli, const char *text)
{
    char *copy = NULL;

    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 32 || *c == 127)
            break;
        if (c[1] == '\0')
            return text;
    }
    copy = (char *)cli_text(cli, "%s", text);
    for (char *c = copy; *c; c++) {
        if (*c == '\n' || *c == '\t')
            *c = ' ';
        else if ((unsigned char)*c < 32 || *c == 127)
            *c = '?';
    }
    return copy;
}

int cli_tell(cli_app *cli, int code, const char *field, const char *message)
{
    fflush(cli->out);
    fprintf(cli->err, "schakel: %s%s%s\n", cli_clean(cli, field), *field ? ": " : "",
            cli_clean(cli, message));
    return code;
}

int cli_tell_error(cli_app *cli, const sk_error *error)
{
    static const char sent[] = "source:"; /* What the engine calls a rule set that was sent. */

    if (cli->rules_file && strncmp(error->message, sent, sizeof(sent) - 1) == 0)
        return cli_tell(cli, CLI_REFUSED, "",
                        cli_text(cli, "%s:%s", cli->rules_file, error->message + sizeof(sent) - 1));
    return cli_tell(cli, CLI_REFUSED, place_in_words(cli, error->field), error->message);
}

int cli_usage(cli_app *cli, const char *format, ...)
{
    char *text = NULL;
    va_list list;

    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    cli_tell(cli, CLI_USAGE, "", text ? text : "out of memory");
    free(text);
    return CLI_USAGE;
}

/* ---- Connecting ---- */

static int token_from_file(cli_app *cli, sk_buf *out)
{
    sk_error err = {0};

    if (!cli->token_file)
        return CLI_DONE;
    if (sk_file_read(cli->token_file, 4096, out, &err) != SK_OK)
        return cli_tell(cli, CLI_USAGE, "--token-file", err.message);
    while (out->size > 0 && isspace((unsigned char)out->data[out->size - 1]))
        out->size--;
    sk_buf_add(out, "", 1);
    return out->size > 1 ? CLI_DONE
                         : cli_tell(cli, CLI_USAGE, "--token-file", "the file holds no token");
}

int cli_connect(cli_app *cli)
{
    schakel_options options = {.size = sizeof(options),
                               .url = cli->url,
                               .data_dir = cli->data_dir,
                               .ca_file = cli->ca_file,
                               .timeout_ms = cli->timeout_ms};
    sk_error err = {0};
    sk_status st = SK_OK;
    sk_buf token = {0};
    int code = CLI_DONE;

    if (cli->client)
        return CLI_DONE;
    if ((code = token_from_file(cli, &token)) != CLI_DONE)
        goto out;
    options.token = token.data;
    if ((st = schakel_open(&options, &cli->client, &err)) == SK_OK)
        goto out;
    code = st == SK_EIO ? CLI_NO_CONNECTION : st == SK_EINVAL ? CLI_USAGE : CLI_REFUSED;
    if (st == SK_EINVAL && !cli->url && !cli->data_dir)
        cli_tell(cli, code, "", "which engine? Give --data DIR or --url URL (schakel --help)");
    else
        cli_tell(cli, code, "", err.message);
out:
    sk_buf_done(&token);
    return code;
}

/* ---- Asking ---- */

static int ask_text(cli_app *cli, const char *text, char **out_answer, sk_error *err, bool quiet)
{
    sk_status st = schakel_call_json(cli->client, text, out_answer, err);

    if (st == SK_OK)
        return CLI_DONE;
    if (!*out_answer && st == SK_EIO)
        return quiet ? CLI_NO_CONNECTION
                     : cli_tell(cli, CLI_NO_CONNECTION, err->field, err->message);
    return quiet ? CLI_REFUSED : cli_tell_error(cli, err);
}

static int ask(cli_app *cli, json_t *request, json_t **out_answer, bool quiet)
{
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL, *answer = NULL;
    sk_error err = {0};
    int code = text ? cli_connect(cli) : cli_tell(cli, CLI_REFUSED, "", "out of memory");

    if (code != CLI_DONE)
        goto out;
    cli->op = cli_text(cli, "%s", json_object_iter_key(json_object_iter(request)));
    code = ask_text(cli, text, &answer, &err, quiet);
    if (answer && cli->json && !quiet)
        fprintf(cli->out, "%s\n", answer);
    if (code == CLI_DONE && !(*out_answer = json_loads(answer, 0, NULL)))
        code = cli_tell(cli, CLI_REFUSED, "", "the answer cannot be read");
out:
    free(text);
    schakel_free(answer);
    json_decref(request);
    return code;
}

int cli_ask(cli_app *cli, json_t *request, json_t **out_answer)
{
    return ask(cli, request, out_answer, false);
}

json_t *cli_peek(cli_app *cli, json_t *request)
{
    json_t *answer = NULL;

    return ask(cli, request, &answer, true) == CLI_DONE ? answer : NULL;
}

int cli_command_ask(cli_app *cli, json_t *request, json_t **out_receipt)
{
    json_t *answer = NULL, *receipt = NULL, *error = NULL;
    const char *status = "";
    int code = cli_ask(cli, request, &answer);

    if (code != CLI_DONE)
        return code;
    receipt = json_array_get(json_object_get(json_object_get(answer, "receipts"), "items"), 0);
    status = reply_text(receipt, "status");
    error = json_object_get(receipt, "error");
    if (*status && strcmp(status, "OK") != 0)
        code = cli_tell(cli, CLI_REFUSED, place_in_words(cli, reply_text(error, "field")),
                        *reply_text(error, "message") ? reply_text(error, "message") : status);
    else if (*reply_text(receipt, "warning"))
        cli_tell(cli, CLI_DONE, "note", reply_text(receipt, "warning"));
    if (code == CLI_DONE && out_receipt)
        *out_receipt = receipt ? json_incref(receipt) : json_object();
    json_decref(answer);
    return code;
}

/* ---- Bytes ---- */

static void copy_field(sk_str message, uint32_t number, char *out, size_t size)
{
    wire_field f;

    if (field_find(message, number, &f) && f.type == 2)
        snprintf(out, size, "%.*s", SK_STR_ARG(f.bytes));
}

sk_status cli_response_status(sk_str response, uint32_t *out_retry_ms, sk_error *err)
{
    wire_field status = {0}, error = {0}, f = {0};

    *out_retry_ms = 0;
    if (!field_find(response, 2, &status) || status.type != 0 || status.value == 0)
        return SK_OK;
    sk_fail(err, (sk_status)status.value, "%s", schakel_status_name((sk_status)status.value));
    if (field_find(response, 3, &error) && error.type == 2) {
        copy_field(error.bytes, 1, err->field, sizeof(err->field));
        copy_field(error.bytes, 2, err->message, sizeof(err->message));
        if (field_find(error.bytes, 3, &f) && f.type == 0)
            *out_retry_ms = (uint32_t)f.value;
    }
    return (sk_status)status.value;
}

int cli_ask_bytes(cli_app *cli, const sk_buf *request, void **out, size_t *out_size)
{
    sk_error err = {0};
    sk_status st = SK_OK;
    uint32_t retry_ms = 0;
    int code = cli_connect(cli);

    if (code != CLI_DONE)
        return code;
    if (request->failed)
        return cli_tell(cli, CLI_REFUSED, "", "out of memory");
    for (;;) {
        st = schakel_call(cli->client, request->data, request->size, out, out_size, &err);
        if (st != SK_OK)
            return st == SK_EIO ? cli_tell(cli, CLI_NO_CONNECTION, "", err.message)
                                : cli_tell_error(cli, &err);
        st = cli_response_status((sk_str){*out, *out_size}, &retry_ms, &err);
        if (st == SK_OK)
            return CLI_DONE;
        schakel_free(*out);
        if (st != SK_EBUSY)
            return cli_tell_error(cli, &err);
        nanosleep(&(struct timespec){0, (long)(retry_ms % 1000 ? retry_ms % 1000 : 100) * 1000000},
                  NULL);
    }
}
