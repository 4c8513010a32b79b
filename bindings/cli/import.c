/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <pthread.h>
#include <sys/random.h>
#include <time.h>

#include "../c/src/fields.h"
#include "codec/codec.h"

/* schakel import: any number of lines in constant memory.
 *
 *   lines -> bytes of one record each -> batches of one kind -> [in flight] -> counts
 *
 * A line is turned into bytes here, so that a bad one is told by its number and touches no other.
 * Records of one kind go in batches of up to 256 that fit a request; WINDOW batches are under way
 * at once, and may be stored in any order. When the kind changes everything under way is waited
 * for, so that parties are there before the listings that follow them.
 *
 * Threads: the library's thread only puts an answered batch on the list `answered`; reading,
 * sending and printing happen in the one thread of the program. */

#define WINDOW 16
#define BATCH_ITEMS 256
#define BATCH_BYTES (200 * 1024)
#define LINE_BYTES (200 * 1024)
#define RESULT_RECEIPTS 10
#define NOTES_SHOWN 20

static const struct kind {
    const char *key, *message, *plural;
    uint32_t op;
} kinds[] = {{"party", "Party", "parties", 20},
             {"listing", "Listing", "listings", 10},
             {"connector", "Connector", "connectors", 50}};
#define KINDS CLI_COUNT(kinds)

typedef struct importer importer;

typedef struct batch {
    importer *owner;
    size_t kind, count;
    uint64_t lines[BATCH_ITEMS];
    sk_buf items;   /**< The fields of the operation. */
    sk_buf request; /**< With its id, so that asking again is the same request. */
    sk_buf response;
    sk_status status;
    sk_error err;
    struct batch *next;
} batch;

struct importer {
    cli_app *cli;
    batch batches[WINDOW];
    batch *free, *answered; /**< `answered` is shared, under `lock`. */
    size_t under_way;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    batch *filling;
    sk_buf line, record;
    uint64_t line_number, stored[KINDS], made[KINDS], refused, noted, suggestions;
    int64_t started_ms, shown_ms;
    int code; /**< Other than CLI_DONE: stop. */
};

/* ---- Saying ---- */

static void say_progress(importer *im, bool last)
{
    int64_t now_ms = sk_monotonic_ms();
    double seconds = (double)(now_ms - im->started_ms) / 1000;

    if (!im->cli->terminal || (!last && now_ms - im->shown_ms < 200))
        return;
    im->shown_ms = now_ms;
    fprintf(im->cli->err, "\r%llu lines, %.0f a second, %llu refused  %s",
            (unsigned long long)im->line_number,
            seconds > 0 ? (double)im->line_number / seconds : 0.0, (unsigned long long)im->refused,
            last ? "\n" : "");
}

static void refuse_line(importer *im, uint64_t number, const char *field, const char *message)
{
    im->refused++;
    fprintf(im->cli->err, "%sline %llu: %s%s%s\n", im->cli->terminal ? "\r" : "",
            (unsigned long long)number, cli_clean(im->cli, field), *field ? ": " : "",
            cli_clean(im->cli, message));
    /* Texts of millions of bad lines must not pile up. */
    sk_arena_reset(im->cli->arena);
}

static void say_counts(const importer *im)
{
    FILE *out = im->cli->out;

    if (im->cli->json) {
        fprintf(out, "{\"lines\": %llu", (unsigned long long)im->line_number);
        for (size_t k = 0; k < KINDS; k++)
            fprintf(out, ", \"%s\": %llu", kinds[k].plural, (unsigned long long)im->stored[k]);
        fprintf(out, ", \"suggestions\": %llu, \"refused\": %llu",
                (unsigned long long)im->suggestions, (unsigned long long)im->refused);
        if (im->noted > 0)
            fprintf(out, ", \"noted\": %llu", (unsigned long long)im->noted);
        fputs("}\n", out);
        return;
    }
    fprintf(out, "%llu lines", (unsigned long long)im->line_number);
    for (size_t k = 0; k < KINDS; k++) {
        if (im->stored[k] > 0)
            fprintf(out, ", %llu %s (%llu new)", (unsigned long long)im->stored[k], kinds[k].plural,
                    (unsigned long long)im->made[k]);
    }
    fprintf(out, ", %llu suggestions made, %llu lines refused", (unsigned long long)im->suggestions,
            (unsigned long long)im->refused);
    if (im->noted > 0)
        fprintf(out, ", %llu stored with a note", (unsigned long long)im->noted);
    fputc('\n', out);
}

/* ---- Answers ---- */

static void batch_answered(void *context, sk_status status, const void *response, size_t size,
                           const sk_error *err)
{
    batch *b = context;
    importer *im = b->owner;

    b->status = status;
    sk_buf_reset(&b->response);
    if (status == SK_OK)
        sk_buf_add(&b->response, response, size);
    else
        b->err = *err;
    pthread_mutex_lock(&im->lock);
    b->next = im->answered;
    im->answered = b;
    pthread_cond_signal(&im->wake);
    pthread_mutex_unlock(&im->lock);
}

/* Response and Receipt differ in where status and error stand: 2 and 3, or 1 and 2. */
static bool receipt_ok(sk_str receipt, char *out_field, size_t field_size, char *out_message,
                       size_t message_size)
{
    wire_field status = {0}, error = {0}, f = {0};

    if (!field_find(receipt, 1, &status) || status.value == 0)
        return true;
    snprintf(out_field, field_size, "%s", "");
    snprintf(out_message, message_size, "%s", schakel_status_name((sk_status)status.value));
    if (field_find(receipt, 2, &error) && error.type == 2) {
        if (field_find(error.bytes, 1, &f) && f.type == 2)
            snprintf(out_field, field_size, "%.*s", SK_STR_ARG(f.bytes));
        if (field_find(error.bytes, 2, &f) && f.type == 2)
            snprintf(out_message, message_size, "%.*s", SK_STR_ARG(f.bytes));
    }
    return false;
}

static uint64_t receipt_number(sk_str receipt, uint32_t number)
{
    wire_field f;

    return field_find(receipt, number, &f) && f.type == 0 ? f.value : 0;
}

/* "putListings.listings[7].point.lat" is "point.lat" to the reader of one line. */
static const char *within_item(const char *path)
{
    const char *item = strncmp(path, "put", 3) == 0 ? strstr(path, "].") : NULL;

    return item ? item + 2 : path;
}

/* What the engine stored with a warning. */
static void note_line(importer *im, uint64_t number, sk_str receipt)
{
    wire_field f;

    if (!field_find(receipt, 9, &f) || f.type != 2 || f.bytes.size == 0)
        return;
    if (++im->noted <= NOTES_SHOWN)
        fprintf(im->cli->err, "%sline %llu: note: %s\n", im->cli->terminal ? "\r" : "",
                (unsigned long long)number,
                cli_clean(im->cli, cli_text(im->cli, "%.*s", SK_STR_ARG(f.bytes))));
    else if (im->noted == NOTES_SHOWN + 1)
        fprintf(im->cli->err, "more notes follow; they are only counted\n");
    sk_arena_reset(im->cli->arena);
}

static void count_receipts(importer *im, const batch *b)
{
    char path[96], message[288];
    wire_field receipts = {0}, item;
    size_t i = 0;

    if (!field_find(sk_buf_view(&b->response), RESULT_RECEIPTS, &receipts))
        receipts.bytes = SK_STR("");
    while (i < b->count && field_next(&receipts.bytes, &item)) {
        if (item.number != 1 || item.type != 2)
            continue;
        if (receipt_ok(item.bytes, path, sizeof(path), message, sizeof(message))) {
            note_line(im, b->lines[i], item.bytes);
            im->stored[b->kind]++;
            im->made[b->kind] += receipt_number(item.bytes, 5) != 0;
            im->suggestions += receipt_number(item.bytes, 7);
        } else {
            refuse_line(im, b->lines[i], within_item(path), message);
        }
        i++;
    }
    for (; i < b->count; i++)
        refuse_line(im, b->lines[i], "", "the engine gave no receipt");
}

static void send_batch(importer *im, batch *b)
{
    sk_error err = {0};

    if (b->request.failed || b->items.failed ||
        schakel_submit(im->cli->client, b->request.data, b->request.size, batch_answered, b,
                       &err) != SK_OK) {
        im->code =
            cli_tell(im->cli, CLI_REFUSED, err.field, *err.message ? err.message : "out of memory");
        b->next = im->free;
        im->free = b;
        return;
    }
    im->under_way++;
}

static void pause_ms(uint32_t wait_ms)
{
    nanosleep(&(struct timespec){wait_ms / 1000, (long)(wait_ms % 1000) * 1000000}, NULL);
}

static void finish_batch(importer *im, batch *b)
{
    uint32_t retry_ms = 0;
    sk_status st = b->status;

    im->under_way--;
    if (st == SK_OK)
        st = cli_response_status(sk_buf_view(&b->response), &retry_ms, &b->err);
    if (st == SK_EBUSY && im->code == CLI_DONE) {
        pause_ms(retry_ms ? retry_ms : 50);
        send_batch(im, b);
        return;
    }
    if (b->status != SK_OK || st == SK_EDENIED)
        im->code = im->code != CLI_DONE
                       ? im->code
                       : cli_tell(im->cli, b->status == SK_EIO ? CLI_NO_CONNECTION : CLI_REFUSED,
                                  "", b->err.message);
    else if (st != SK_OK)
        for (size_t i = 0; i < b->count; i++)
            refuse_line(im, b->lines[i], within_item(b->err.field), b->err.message);
    else
        count_receipts(im, b);
    b->next = im->free;
    im->free = b;
}

/* Takes in all answers that are there; waits for one first when `wait` is set. */
static void take_answers(importer *im, bool wait)
{
    batch *list = NULL;

    pthread_mutex_lock(&im->lock);
    while (wait && im->under_way > 0 && !im->answered)
        pthread_cond_wait(&im->wake, &im->lock);
    list = im->answered;
    im->answered = NULL;
    pthread_mutex_unlock(&im->lock);
    while (list) {
        batch *b = list;

        list = b->next;
        finish_batch(im, b);
    }
    say_progress(im, false);
}

/* ---- Batches ---- */

/* The id is made here, so that asking again after BUSY is the same request to the engine. */
static bool add_request_id(sk_buf *request)
{
    char id[33];
    unsigned char random[16];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(id + 2 * i, 3, "%02x", random[i]);
    field_put_bytes(request, 1, (sk_str){id, 32});
    return true;
}

static void send_filling(importer *im)
{
    batch *b = im->filling;

    if (!b || b->count == 0)
        return;
    im->filling = NULL;
    sk_buf_reset(&b->request);
    b->request.failed |= !add_request_id(&b->request);
    field_put_bytes(&b->request, kinds[b->kind].op, sk_buf_view(&b->items));
    send_batch(im, b);
}

static void wait_for_all(importer *im)
{
    send_filling(im);
    while (im->under_way > 0)
        take_answers(im, true);
}

static void add_record(importer *im, size_t kind)
{
    if (im->filling && im->filling->kind != kind)
        wait_for_all(im);
    if (im->filling && (im->filling->count == BATCH_ITEMS ||
                        im->filling->items.size + im->record.size + FIELD_OVERHEAD > BATCH_BYTES))
        send_filling(im);
    if (!im->filling) {
        take_answers(im, !im->free);
        im->filling = im->free;
        if (!im->filling)
            return;
        im->free = im->filling->next;
        im->filling->kind = kind;
        im->filling->count = 0;
        sk_buf_reset(&im->filling->items);
    }
    field_put_bytes(&im->filling->items, 1, sk_buf_view(&im->record));
    im->filling->lines[im->filling->count++] = im->line_number;
}

/* ---- Lines ---- */

/* The next line without its end. False at the end of the input; `*out_long` when it was cut. */
static bool next_line(importer *im, FILE *in, bool *out_long)
{
    char chunk[4096];
    size_t size = 0;
    int c = EOF;

    sk_buf_reset(&im->line);
    *out_long = false;
    while ((c = getc_unlocked(in)) != EOF && c != '\n') {
        if (im->line.size + size >= LINE_BYTES) {
            *out_long = true;
            continue;
        }
        chunk[size++] = (char)c;
        if (size == sizeof(chunk)) {
            sk_buf_add(&im->line, chunk, size);
            size = 0;
        }
    }
    sk_buf_add(&im->line, chunk, size);
    return c != EOF || im->line.size > 0 || *out_long;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static sk_str trim(sk_str s)
{
    while (s.size > 0 && is_space(s.data[0])) {
        s.data++;
        s.size--;
    }
    while (s.size > 0 && is_space(s.data[s.size - 1]))
        s.size--;
    return s;
}

/* {"listing": {...}} into the kind and the text of the object; the object itself is read strictly
 * by codec afterwards, so here only the shell is looked at. */
static bool unwrap(sk_str line, size_t *out_kind, sk_str *out)
{
    if (line.size < 2 || line.data[0] != '{' || line.data[line.size - 1] != '}')
        return false;
    line = trim((sk_str){line.data + 1, line.size - 2});
    for (size_t k = 0; k < KINDS; k++) {
        size_t size = strlen(kinds[k].key);
        sk_str rest;

        if (line.size < size + 3 || line.data[0] != '"' || line.data[size + 1] != '"' ||
            memcmp(line.data + 1, kinds[k].key, size) != 0)
            continue;
        rest = trim((sk_str){line.data + size + 2, line.size - size - 2});
        if (rest.size < 2 || rest.data[0] != ':')
            return false;
        *out_kind = k;
        *out = trim((sk_str){rest.data + 1, rest.size - 1});
        return true;
    }
    return false;
}

static void take_line(importer *im, bool too_long)
{
    sk_str line = trim(sk_buf_view(&im->line)), json = {0};
    sk_error err = {0};
    size_t kind = 0;

    if (im->line_number == 1 && sk_str_starts(line, SK_STR("\xef\xbb\xbf")))
        line = trim((sk_str){line.data + 3, line.size - 3});
    if (line.size == 0)
        return;
    if (too_long) {
        refuse_line(im, im->line_number, "",
                    cli_text(im->cli, "is longer than %d bytes", LINE_BYTES));
        return;
    }
    if (!unwrap(line, &kind, &json)) {
        refuse_line(im, im->line_number, "",
                    "is not {\"listing\": {...}}, {\"party\": {...}} or {\"connector\": {...}}");
        return;
    }
    sk_buf_reset(&im->record);
    if (sk_json_to_message(kinds[kind].message, json, &im->record, &err) != SK_OK)
        refuse_line(im, im->line_number, err.field, err.message);
    else
        add_record(im, kind);
}

/* ---- Running ---- */

static importer *import_new(cli_app *cli)
{
    importer *im = sk_calloc(1, sizeof(*im));

    if (!im)
        return NULL;
    im->cli = cli;
    pthread_mutex_init(&im->lock, NULL);
    pthread_cond_init(&im->wake, NULL);
    for (size_t i = 0; i < WINDOW; i++) {
        im->batches[i].owner = im;
        im->batches[i].next = im->free;
        im->free = &im->batches[i];
    }
    im->started_ms = im->shown_ms = sk_monotonic_ms();
    return im;
}

static void import_free(importer *im)
{
    for (size_t i = 0; i < WINDOW; i++) {
        sk_buf_done(&im->batches[i].items);
        sk_buf_done(&im->batches[i].request);
        sk_buf_done(&im->batches[i].response);
    }
    sk_buf_done(&im->line);
    sk_buf_done(&im->record);
    pthread_cond_destroy(&im->wake);
    pthread_mutex_destroy(&im->lock);
    sk_free(im);
}

static int import_run(cli_app *cli, const cli_args *args)
{
    bool standard = strcmp(args->word[0], "-") == 0, too_long = false;
    FILE *in = standard ? cli->in : fopen(args->word[0], "re");
    importer *im = NULL;
    int code = CLI_DONE;

    if (!in)
        return cli_tell(cli, CLI_REFUSED, args->word[0], "cannot be opened");
    if ((code = cli_connect(cli)) != CLI_DONE)
        goto out;
    if (!(im = import_new(cli))) {
        code = cli_tell(cli, CLI_REFUSED, "", "out of memory");
        goto out;
    }
    while (im->code == CLI_DONE && next_line(im, in, &too_long)) {
        im->line_number++;
        take_line(im, too_long);
    }
    if (im->code == CLI_DONE)
        wait_for_all(im);
    while (im->under_way > 0)
        take_answers(im, true);
    if (ferror(in) && im->code == CLI_DONE)
        im->code = cli_tell(cli, CLI_REFUSED, args->word[0], "cannot be read to its end");
    say_progress(im, true);
    say_counts(im);
    code = im->code != CLI_DONE ? im->code : im->refused > 0 ? CLI_REFUSED : CLI_DONE;
    import_free(im);
out:
    if (!standard)
        fclose(in);
    return code;
}

static const cli_command import_commands[] = {
    {NULL, "FILE | -", "read parties, listings and connectors, one JSON object a line",
     "{\"party\": {...}}, {\"listing\": {...}} or {\"connector\": {...}}. Bad lines are reported "
     "by\n"
     "number and skipped; exit status 1 when there were any. Lines of one kind in a row are "
     "stored\n"
     "in any order and fastest; put the parties before their listings.\n"
     "Examples:\n"
     "  schakel import wilgenmeer.ndjson\n"
     "  zcat export.ndjson.gz | schakel import -\n",
     NULL, 0, 1, 1, import_run},
};
const cli_group import_group = {"import", "read parties and listings, one JSON object a line", "",
                                import_commands, CLI_COUNT(import_commands)};
