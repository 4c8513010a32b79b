/* SPDX-License-Identifier: EUPL-1.2 */
#include "ask.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const sk_actor local_admin = {.token_id = {"local", 5}, .role = SK_ROLE_ADMIN};

/* ---- The engine ---- */

static void open_engine(bench *b)
{
    sk_engine_options options = {
        .size = sizeof(options),
        .data_dir = b->folder,
        .clock = {.fixed = true, .fixed_ms = INT64_C(1772445600000)}, /* 2026-03-02T10:00:00Z */
        .no_sync = true};
    sk_error err = {0};

    if (sk_engine_open(&options, &b->engine, &err) != SK_OK ||
        sk_dispatcher_new(b->engine, &b->dispatcher, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
}

static void close_engine(bench *b)
{
    sk_dispatcher_free(b->dispatcher);
    sk_engine_close(b->engine);
}

int bench_open(void **state)
{
    bench *b = calloc(1, sizeof(*b));

    strcpy(b->folder, "/tmp/schakel-wire-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    open_engine(b);
    *state = b;
    return 0;
}

void bench_reopen(bench *b)
{
    close_engine(b);
    open_engine(b);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

int bench_close(void **state)
{
    bench *b = *state;

    close_engine(b);
    nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    json_decref(b->last);
    sk_buf_done(&b->bytes);
    sk_buf_done(&b->answer);
    sk_buf_done(&b->text);
    free(b);
    return 0;
}

/* A buurt of some 2 km around 52.1 north, 5.1 east. */
#define AREAS                                                                                      \
    "{\"putAreas\": {\"begin\": true, \"commit\": true, \"areas\": [{\"code\": \"BU00010001\","    \
    " \"name\": \"Oost\", \"wijk\": \"WK000100\", \"wijkName\": \"Oost\", \"gemeente\":"           \
    " \"GM0001\", \"gemeenteName\": \"Voorbeeld\", \"year\": 2025, \"polygons\": [{\"rings\":"     \
    " [{\"lon\": [5.08, 5.12, 5.12, 5.08, 5.08], \"lat\": [52.09, 52.09, 52.11, 52.11,"            \
    " 52.09]}]}]}]}}"

int bench_open_peopled(void **state)
{
    static const char *const requests[] = {
        "{\"putTaxonomy\": {\"taxonomy\": {\"categories\": [{\"code\": \"vervoer\", \"label\":"
        " {\"nl\": \"Vervoer\"}}, {\"code\": \"vervoer.arts\"}, {\"code\": \"tuin\"}],"
        " \"related\": [{\"a\": \"vervoer\", \"b\": \"tuin\", \"closeness\": 0.35}]}}}",
        AREAS,
        "{\"putConnectors\": {\"connectors\": [{\"id\": \"vera\", \"name\": \"Vera\", \"areas\":"
        " [\"BU00010001\"]}, {\"id\": \"omar\", \"name\": \"Omar\", \"areas\": [\"WK000999\"]}]}}",
        "{\"putParties\": {\"parties\": [{\"id\": \"p1\", \"kind\": \"RESIDENT\", \"contact\":"
        " {\"name\": \"Jansje\", \"phone\": \"0301234567\"}}, {\"id\": \"p2\", \"kind\":"
        " \"RESIDENT\"}]}}",
        "{\"putListings\": {\"listings\": [{\"id\": \"need\", \"kind\": \"NEED\", \"partyId\":"
        " \"p1\", \"title\": \"Naar de arts\", \"categories\": [\"vervoer.arts\"], \"point\":"
        " {\"lat\": 52.1, \"lon\": 5.1}, \"reachM\": 1000}, {\"id\": \"offer\", \"kind\":"
        " \"OFFER\", \"partyId\": \"p2\", \"title\": \"Auto\", \"categories\": [\"vervoer\"],"
        " \"point\": {\"lat\": 52.101, \"lon\": 5.1}, \"reachM\": 5000}]}}",
    };
    bench *b = NULL;

    bench_open(state);
    b = *state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        json_t *answer = ask(b, requests[i]);

        assert_at(answer, "status", "OK");
        assert_at(answer, "receipts.items.0.status", "OK");
    }
    assert_at(ask(b, "{\"getStatus\": {}}"), "engineStatus.suggestionsOpen", "1");
    return 0;
}

/* ---- Asking ---- */

sk_str request_bytes(bench *b, const char *request)
{
    sk_error err = {0};

    sk_buf_reset(&b->bytes);
    if (sk_json_to_message("Request", sk_str_from(request), &b->bytes, &err) != SK_OK)
        fail_msg("%s: %s in %.200s", err.field, err.message, request);
    return sk_buf_view(&b->bytes);
}

json_t *ask_bytes(bench *b, const sk_actor *local, sk_str bytes)
{
    sk_error err = {0};

    assert_int_equal(sk_dispatch(b->dispatcher, local, bytes, &b->answer, &b->wait), SK_OK);
    sk_buf_reset(&b->text);
    if (sk_message_to_json("Response", sk_buf_view(&b->answer), false, &b->text, &err) != SK_OK)
        fail_msg("the response cannot be read: %s: %s", err.field, err.message);
    json_decref(b->last);
    b->last = json_loadb(b->text.data, b->text.size, 0, NULL);
    assert_non_null(b->last);
    return b->last;
}

json_t *ask(bench *b, const char *request)
{
    json_t *whole = json_loads(request, 0, NULL);
    char id[32], *text = NULL;
    sk_str bytes;

    if (!whole)
        fail_msg("no JSON: %.200s", request);
    snprintf(id, sizeof(id), "r%u", ++b->ids);
    if (!json_object_get(whole, "id"))
        json_object_set_new(whole, "id", json_string(id));
    text = json_dumps(whole, JSON_COMPACT);
    bytes = request_bytes(b, text);
    free(text);
    json_decref(whole);
    return ask_bytes(b, &local_admin, bytes);
}

json_t *askf(bench *b, const char *format, ...)
{
    char *text = NULL;
    json_t *answer = NULL;
    va_list args;

    va_start(args, format);
    assert_true(vasprintf(&text, format, args) >= 0);
    va_end(args);
    answer = ask(b, text);
    free(text);
    return answer;
}

json_t *ask_wire(bench *b, const char *request)
{
    return ask_bytes(b, NULL, request_bytes(b, request));
}

void make_token(bench *b, const char *role, char *out)
{
    json_t *answer = askf(b, "{\"createToken\": {\"name\": \"test\", \"role\": \"%s\"}}", role);

    assert_at(answer, "status", "OK");
    snprintf(out, 65, "%s", at(answer, "newToken.token"));
    assert_int_equal(strlen(out), 64);
}

/* ---- Looking at answers ---- */

static json_t *find(json_t *from, const char *path)
{
    char step[64];

    while (from && *path) {
        size_t size = strcspn(path, ".");

        assert_true(size < sizeof(step));
        snprintf(step, sizeof(step), "%.*s", (int)size, path);
        if (json_is_array(from))
            from = json_array_get(from, strtoul(step, NULL, 10));
        else
            from = json_object_get(from, step);
        path += size + (path[size] == '.');
    }
    return from;
}

static bool ends_with(const char *path, const char *word)
{
    size_t size = strlen(path), tail = strlen(word);

    return size >= tail && strcmp(path + size - tail, word) == 0;
}

const char *at(json_t *answer, const char *path)
{
    static char number[32];
    json_t *found = find(answer, path);

    if (json_is_string(found))
        return json_string_value(found);
    if (json_is_integer(found))
        snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(found));
    else if (json_is_real(found))
        snprintf(number, sizeof(number), "%.17g", json_real_value(found));
    else if (json_is_boolean(found))
        return json_is_true(found) ? "true" : "false";
    else
        return ends_with(path, "status") ? "OK" : "";
    return number;
}

size_t size_at(json_t *answer, const char *path)
{
    return json_array_size(find(answer, path));
}

bool says(const bench *b, const char *words)
{
    return memmem(b->answer.data, b->answer.size, words, strlen(words)) != NULL;
}
