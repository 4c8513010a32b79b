/* SPDX-License-Identifier: EUPL-1.2 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "codec/codec.h"
#include "wire/wire.h"

/* An engine without sockets, for tests in any language: one JSON object a line in, one line out.
 *
 *   {"open": "FOLDER", "clock": "2026-03-01T12:00:00Z"}   a fixed clock; "sync": true syncs to disk
 *   {"clock": "2026-03-01T13:00:00Z"}                     moves the clock
 *   {"request": {...}}                                    a Request; without a token as the local
 *                                                         administrator, without an id with a new
 * one
 *   {"close": true}
 *
 * What a change of rules leaves to do is done before the next line is read, as by a server that
 * nobody else asks. A request is answered by its Response, everything else by {"ok": true}, and
 * what is wrong by
 * {"error": "..."}. */

#define LINE_MAX_BYTES (4 * 1024 * 1024)

typedef struct driver {
    sk_engine *engine;
    sk_dispatcher *dispatcher;
    sk_buf bytes, answer, text;
    long started;
    unsigned long long ids;
} driver;

static const sk_actor local_admin = {.token_id = {"local", 5}, .role = SK_ROLE_ADMIN};

/* ---- Answers ---- */

static void print(const char *text, size_t size)
{
    fwrite(text, 1, size, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

static void print_json(json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

    if (text)
        print(text, strlen(text));
    else
        print("{\"error\":\"no memory\"}", 21);
    free(text);
    json_decref(value);
}

static void print_ok(void)
{
    print("{\"ok\":true}", 11);
}

static void print_error(const char *field, const char *message)
{
    if (field && field[0])
        print_json(json_pack("{s:o}", "error", json_sprintf("%s: %s", field, message)));
    else
        print_json(json_pack("{s:s}", "error", message));
}

/** As the engine would answer bytes that are no request. */
static void print_refusal(const json_t *request, sk_status st, const sk_error *err)
{
    json_t *id = json_object_get(request, "id");
    json_t *out = json_object();

    if (json_is_string(id))
        json_object_set(out, "id", id);
    json_object_set_new(out, "status", json_string(sk_status_name(st)));
    json_object_set_new(out, "error",
                        json_pack("{s:s, s:s}", "field", err->field, "message", err->message));
    print_json(out);
}

/* ---- Open and close ---- */

static void close_engine(driver *d)
{
    sk_dispatcher_free(d->dispatcher);
    sk_engine_close(d->engine);
    d->dispatcher = NULL;
    d->engine = NULL;
}

static sk_status open_engine(driver *d, const char *folder, int64_t clock_ms, bool sync,
                             sk_error *err)
{
    sk_engine_options options = {.size = sizeof(options),
                                 .data_dir = folder,
                                 .clock = {.fixed = true, .fixed_ms = clock_ms},
                                 .no_sync = !sync};
    sk_status st = sk_engine_open(&options, &d->engine, err);

    if (st == SK_OK && (st = sk_dispatcher_new(d->engine, &d->dispatcher, err)) != SK_OK)
        close_engine(d);
    return st;
}

static void do_open(driver *d, const json_t *line)
{
    const char *folder = json_string_value(json_object_get(line, "open"));
    const char *clock = json_string_value(json_object_get(line, "clock"));
    const json_t *sync = json_object_get(line, "sync");
    sk_error err = {0};
    int64_t clock_ms = 0;

    if (d->engine)
        print_error("open", "an engine is open already");
    else if (!folder || !clock || (sync && !json_is_boolean(sync)))
        print_error("open", "give a folder, a clock and perhaps sync");
    else if (sk_time_parse(sk_str_from(clock), &clock_ms, &err) != SK_OK)
        print_error("clock", err.message);
    else if (open_engine(d, folder, clock_ms, json_is_true(sync), &err) != SK_OK)
        print_error(err.field, err.message);
    else
        print_ok();
}

/* ---- Requests ---- */

/** JSON of a request to JSON of its response, in d->text. */
static sk_status ask(driver *d, const json_t *request, sk_error *err)
{
    bool has_token = json_object_get(request, "token") != NULL;
    char *text = json_dumps(request, JSON_COMPACT);
    sk_status st = SK_OK;

    sk_buf_reset(&d->bytes);
    sk_buf_reset(&d->text);
    if (!text)
        return sk_fail(err, SK_ENOMEM, "no memory for a request");
    if ((st = sk_json_to_message("Request", sk_str_from(text), &d->bytes, err)) != SK_OK)
        goto out;
    if ((st = sk_dispatch(d->dispatcher, has_token ? NULL : &local_admin, sk_buf_view(&d->bytes),
                          &d->answer, NULL)) != SK_OK) {
        sk_fail(err, st, "no memory for an answer");
        goto out;
    }
    st = sk_message_to_json("Response", sk_buf_view(&d->answer), false, &d->text, err);
out:
    free(text);
    return st;
}

static json_t *make_id(driver *d)
{
    return json_sprintf("driver-%ld-%ld-%llu", d->started, (long)getpid(), ++d->ids);
}

static void do_request(driver *d, const json_t *given)
{
    sk_error err = {0};
    sk_status st = SK_OK;
    json_t *request = NULL;

    if (!d->engine) {
        print_error("request", "no engine is open");
        return;
    }
    if (!json_is_object(given)) {
        print_error("request", "must be an object");
        return;
    }
    request = json_copy((json_t *)given);
    if (!json_object_get(request, "id"))
        json_object_set_new(request, "id", make_id(d));
    if ((st = ask(d, request, &err)) == SK_OK)
        print(d->text.data, d->text.size);
    else
        print_refusal(request, st, &err);
    json_decref(request);
}

static void finish_work(const driver *d)
{
    sk_error err = {0};

    while (d->engine && sk_engine_has_work(d->engine))
        if (sk_engine_tick(d->engine, &err) != SK_OK)
            return;
}

static void do_clock(driver *d, const json_t *line)
{
    json_t *request = NULL, *answer = NULL, *error = NULL;
    sk_error err = {0};

    if (!d->engine) {
        print_error("clock", "no engine is open");
        return;
    }
    request = json_pack("{s:o, s:{s:O}}", "id", make_id(d), "stepClock", "to",
                        json_object_get(line, "clock"));
    if (!request || ask(d, request, &err) != SK_OK) {
        print_error(err.field, err.message);
        goto out;
    }
    answer = json_loadb(d->text.data, d->text.size, 0, NULL);
    if ((error = json_object_get(answer, "error")) != NULL)
        print_error("clock", json_string_value(json_object_get(error, "message")));
    else
        print_ok();
out:
    json_decref(answer);
    json_decref(request);
}

/* ---- Lines ---- */

static void do_line(driver *d, const char *text, size_t size)
{
    json_error_t fault;
    json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);

    if (!line)
        print_error("line", fault.text);
    else if (json_object_get(line, "open"))
        do_open(d, line);
    else if (json_object_get(line, "request"))
        do_request(d, json_object_get(line, "request"));
    else if (json_object_get(line, "clock"))
        do_clock(d, line);
    else if (json_is_true(json_object_get(line, "close"))) {
        close_engine(d);
        print_ok();
    } else
        print_error("line", "one of open, clock, request, close");
    json_decref(line);
}

int main(void)
{
    driver d = {.started = (long)time(NULL)};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size = 0;

    while ((size = getline(&line, &capacity, stdin)) > 0) {
        if (size > LINE_MAX_BYTES)
            print_error("line", "at most 4 MiB");
        else
            do_line(&d, line, (size_t)size);
        finish_work(&d);
    }
    free(line);
    close_engine(&d);
    sk_buf_done(&d.bytes);
    sk_buf_done(&d.answer);
    sk_buf_done(&d.text);
    return 0;
}
