/* SPDX-License-Identifier: EUPL-1.2 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <schakel/client.h>

#include "codec/codec.h"
#include "fields.h"
#include "measure.h"
#include "national.h"

/* What a front end sees: bench_socket SCHAKELD [listings ...]. Starts the given schakeld on an
 * empty folder, loads national data through the socket with libschakel, and measures
 *
 *   match    one question at a time; 16 under way; 64 to a message, one message at a time and 16
 *   command  1, 8 and 64 clients that each put new listings, with their suggestion rounds, one
 * after another and wait until it is on disk
 *
 * Prints TSV: name, n, value, unit. The engine and this program share the machine. */

#define NOW_TEXT "2026-03-02T10:00:00Z"
#define BATCH 256
#define BATCH_BYTES (200 * 1024)
#define QUESTIONS 2000
#define MANY_QUESTIONS 8000
#define TO_A_MESSAGE 64
#define COMMAND_SECONDS 3
#define CLIENTS_MAX 64
#define NUMBERS_OF_ONE 10000000 /**< So that no two clients make the same listing. */

/* Field numbers of service.proto. */
enum {
    OP_PUT_LISTINGS = 10,
    OP_PUT_PARTIES = 20,
    OP_MATCH = 30,
    OP_PUT_TAXONOMY = 80,
    RESPONSE_STATUS = 2,
    RESPONSE_RECEIPTS = 10,
    RECEIPT_STATUS = 1
};

static atomic_uint refused;

/* ---- The engine ---- */

static pid_t start_engine(const char *program, const char *folder)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl(program, program, "--data", folder, "--clock", NOW_TEXT, "--log", "warn",
              (char *)NULL);
        perror(program);
        _exit(127);
    }
    return pid;
}

static schakel_client *connect_to(const char *folder, uint32_t in_flight)
{
    schakel_options options = {
        .size = sizeof options, .data_dir = folder, .in_flight = in_flight, .timeout_ms = 300000};
    schakel_client *client = NULL;
    sk_error err = {0};

    must(schakel_open(&options, &client, &err), &err);
    return client;
}

/** The first client of an engine that is still starting. */
static schakel_client *wait_for(const char *folder, pid_t pid)
{
    schakel_options options = {
        .size = sizeof options, .data_dir = folder, .in_flight = 16, .timeout_ms = 300000};
    schakel_client *client = NULL;
    sk_error err = {0};

    for (int i = 0; i < 600 && schakel_open(&options, &client, &err) != SK_OK; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            break;
        usleep(50000);
    }
    if (!client)
        must(SK_EIO, &err);
    return client;
}

/* ---- Asking ---- */

/** A refused command or question would make a measurement meaningless. */
static void look_at(sk_str response)
{
    wire_field status = {0}, receipts = {0}, item = {0};

    if (field_find(response, RESPONSE_STATUS, &status) && status.value != 0)
        atomic_fetch_add(&refused, 1);
    if (!field_find(response, RESPONSE_RECEIPTS, &receipts))
        return;
    while (field_next(&receipts.bytes, &item)) {
        if (field_find(item.bytes, RECEIPT_STATUS, &status) && status.value != 0)
            atomic_fetch_add(&refused, 1);
    }
}

static void on_answer(void *context, sk_status status, const void *response, size_t size,
                      const sk_error *err)
{
    (void)context;
    must(status, err);
    look_at((sk_str){response, size});
}

static void submit(schakel_client *client, const sk_buf *request)
{
    sk_error err = {0};

    must(schakel_submit(client, request->data, request->size, on_answer, NULL, &err), &err);
}

static void call(schakel_client *client, const sk_buf *request)
{
    void *response = NULL;
    size_t size = 0;
    sk_error err = {0};

    must(schakel_call(client, request->data, request->size, &response, &size, &err), &err);
    look_at((sk_str){response, size});
    schakel_free(response);
}

/* ---- Loading ---- */

typedef struct loader {
    schakel_client *client;
    uint32_t op;
    size_t count;
    sk_buf items, item, request;
} loader;

static void load_flush(loader *l)
{
    if (l->count == 0)
        return;
    sk_buf_reset(&l->request);
    field_put_bytes(&l->request, l->op, sk_buf_view(&l->items));
    submit(l->client, &l->request);
    sk_buf_reset(&l->items);
    l->count = 0;
}

static void load_item(loader *l)
{
    if (l->count == BATCH || l->items.size + l->item.size > BATCH_BYTES)
        load_flush(l);
    field_put_bytes(&l->items, 1, sk_buf_view(&l->item));
    l->count++;
    sk_buf_reset(&l->item);
}

/** Of a party below `parties`. */
static void encode_listing(nation *n, size_t number, size_t parties, sk_buf *out)
{
    nation_listing m;

    nation_listing_make(n, number, &m);
    snprintf(m.party, sizeof m.party, "p%zu", number / 2 % parties);
    m.listing.party_id = sk_str_from(m.party);
    m.listing.title = SK_STR("Wie kan mij helpen met iets kleins in de buurt?");
    m.listing.description = SK_STR("Het gaat om een klein uur, liefst doordeeweks. Koffie staat "
                                   "klaar, en de hond is lief.");
    sk_encode_listing(&m.listing, out);
}

static void load_taxonomy(schakel_client *client, nation *n)
{
    sk_buf taxonomy = {0}, op = {0}, request = {0};

    sk_encode_taxonomy(n->categories, n->category_count, n->related, n->related_count, &taxonomy);
    field_put_bytes(&op, 1, sk_buf_view(&taxonomy));
    field_put_bytes(&request, OP_PUT_TAXONOMY, sk_buf_view(&op));
    call(client, &request);
    sk_buf_done(&taxonomy);
    sk_buf_done(&op);
    sk_buf_done(&request);
}

static void load(schakel_client *client, nation *n, size_t listings)
{
    loader l = {.client = client, .op = OP_PUT_PARTIES};
    int64_t start = sk_monotonic_ns();
    size_t parties = (listings + 1) / 2;

    load_taxonomy(client, n);
    for (size_t i = 0; i < parties; i++) {
        char id[40];
        sk_party party = {.kind = SK_PARTY_RESIDENT};

        snprintf(id, sizeof id, "p%zu", i);
        party.id = sk_str_from(id);
        sk_encode_party(&party, false, &l.item);
        load_item(&l);
    }
    load_flush(&l);
    schakel_drain(client);
    l.op = OP_PUT_LISTINGS;
    for (size_t i = 0; i < listings; i++) {
        encode_listing(n, i, parties, &l.item);
        load_item(&l);
    }
    load_flush(&l);
    schakel_drain(client);
    report("socket.load.seconds", listings, seconds_since(start), "s");
    report("socket.load.rate", listings, (double)listings / seconds_since(start), "listings/s");
    sk_buf_done(&l.items);
    sk_buf_done(&l.item);
    sk_buf_done(&l.request);
}

/* ---- Matches ---- */

/** `count` questions about stored listings, taken at random, in one request. */
static void make_questions(nation *n, size_t listings, size_t count, sk_buf *out)
{
    sk_buf query = {0}, op = {0};

    for (size_t i = 0; i < count; i++) {
        char id[40];

        sk_id_make(NATION_NOW_MS, nation_below(n, (uint32_t)listings), id);
        sk_buf_reset(&query);
        field_put_bytes(&query, 1, sk_str_from(id));
        field_put_number(&query, 3, 20);
        field_put_bytes(&op, 1, sk_buf_view(&query));
    }
    sk_buf_reset(out);
    field_put_bytes(out, OP_MATCH, sk_buf_view(&op));
    sk_buf_done(&query);
    sk_buf_done(&op);
}

static void match_alone(schakel_client *client, nation *n, size_t listings)
{
    static int64_t took[QUESTIONS];
    sk_buf request = {0};
    int64_t total = 0;

    for (size_t i = 0; i < QUESTIONS; i++) {
        int64_t start;

        make_questions(n, listings, 1, &request);
        start = sk_monotonic_ns();
        call(client, &request);
        total += took[i] = sk_monotonic_ns() - start;
    }
    report("socket.match.median", listings, (double)percentile(took, QUESTIONS, 50) / 1e3, "us");
    report("socket.match.p99", listings, (double)percentile(took, QUESTIONS, 99) / 1e3, "us");
    report("socket.match.alone", listings, 1e9 * QUESTIONS / (double)total, "matches/s");
    sk_buf_done(&request);
}

/** MANY_QUESTIONS in requests of `together`, as many under way as the client allows. */
static void match_many(const char *folder, nation *n, size_t listings, size_t together,
                       uint32_t in_flight, const char *name)
{
    schakel_client *client = connect_to(folder, in_flight);
    sk_buf requests[MANY_QUESTIONS / TO_A_MESSAGE + 1] = {{0}};
    size_t count = MANY_QUESTIONS / TO_A_MESSAGE;
    int64_t start;

    /* Made beforehand, and in turn, so that the time is the engine's and the socket's. */
    for (size_t i = 0; i < count; i++)
        make_questions(n, listings, together, &requests[i]);
    start = sk_monotonic_ns();
    for (size_t asked = 0; asked < MANY_QUESTIONS; asked += together)
        submit(client, &requests[asked / together % count]);
    schakel_drain(client);
    report(name, listings, MANY_QUESTIONS / seconds_since(start), "matches/s");
    for (size_t i = 0; i < count; i++)
        sk_buf_done(&requests[i]);
    schakel_close(client);
}

/* ---- Commands ---- */

typedef struct worker {
    pthread_t thread;
    schakel_client *client;
    nation *nation; /**< Its own: chance is not shared. */
    size_t first, done, parties;
    int64_t end_ns;
} worker;

static void *work(void *context)
{
    worker *w = context;
    sk_buf listing = {0}, op = {0}, request = {0};

    while (sk_monotonic_ns() < w->end_ns) {
        sk_buf_reset(&listing);
        sk_buf_reset(&op);
        sk_buf_reset(&request);
        encode_listing(w->nation, w->first + w->done, w->parties, &listing);
        field_put_bytes(&op, 1, sk_buf_view(&listing));
        field_put_bytes(&request, OP_PUT_LISTINGS, sk_buf_view(&op));
        call(w->client, &request);
        w->done++;
    }
    sk_buf_done(&listing);
    sk_buf_done(&op);
    sk_buf_done(&request);
    return NULL;
}

static void commands(const char *folder, size_t listings, size_t clients)
{
    static worker workers[CLIENTS_MAX];
    static size_t used;
    size_t done = 0;
    int64_t start;
    char name[64];

    for (size_t i = 0; i < clients; i++) {
        workers[i] = (worker){.client = connect_to(folder, 1),
                              .nation = nation_new(),
                              .parties = (listings + 1) / 2,
                              .first = listings + used};
        used += NUMBERS_OF_ONE;
        if (!workers[i].nation)
            exit(1);
    }
    start = sk_monotonic_ns();
    for (size_t i = 0; i < clients; i++) {
        workers[i].end_ns = start + COMMAND_SECONDS * INT64_C(1000000000);
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < clients; i++) {
        pthread_join(workers[i].thread, NULL);
        done += workers[i].done;
    }
    snprintf(name, sizeof name, "socket.command.%zu_clients", clients);
    report(name, listings, (double)done / seconds_since(start), "commands/s");
    for (size_t i = 0; i < clients; i++) {
        schakel_close(workers[i].client);
        nation_free(workers[i].nation);
    }
}

/* ---- A run ---- */

static void run(const char *program, size_t listings)
{
    char folder[] = "/tmp/schakel-bench-XXXXXX";
    nation *n = nation_new();
    schakel_client *client;
    pid_t pid;

    if (!n || !mkdtemp(folder) || (pid = start_engine(program, folder)) < 0)
        exit(1);
    client = wait_for(folder, pid);
    load(client, n, listings);
    match_alone(client, n, listings);
    match_many(folder, n, listings, 1, 16, "socket.match.16_in_flight");
    match_many(folder, n, listings, TO_A_MESSAGE, 1, "socket.match.64_to_a_message");
    match_many(folder, n, listings, TO_A_MESSAGE, 16, "socket.match.64_to_a_message_16_in_flight");
    commands(folder, listings, 1);
    commands(folder, listings, 8);
    commands(folder, listings, CLIENTS_MAX);
    schakel_close(client);
    nation_free(n);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    if (atomic_load(&refused) > 0) {
        fprintf(stderr, "bench_socket: the engine refused %u times\n", atomic_load(&refused));
        exit(1);
    }
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_socket SCHAKELD [LISTINGS ...]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    printf("name\tn\tvalue\tunit\n");
    for (int i = 2; i < argc; i++)
        run(argv[1], (size_t)strtoul(argv[i], NULL, 10));
    if (argc == 2)
        run(argv[1], 10000);
    return 0;
}
