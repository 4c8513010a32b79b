/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>
#include <schakel/client.h>
#include <time.h>

#include "fake_engine.h"

/* NNG 1.5.2 may lose the message that it was sending when a connection breaks. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libnng.so\n";
}

/* ---- One engine for a test ---- */

typedef struct bench {
    char *folder, *url;
    fake_engine *engine;
    atomic_int requests, at_once, most_at_once;
    pthread_mutex_t lock;
    char last[4096];
} bench;

static int bench_setup(void **state)
{
    bench *b = calloc(1, sizeof(*b));

    pthread_mutex_init(&b->lock, NULL);
    b->folder = fake_folder_make();
    b->url = fake_text("ipc://%s/schakel.sock", b->folder);
    unsetenv("SCHAKEL_URL");
    unsetenv("SCHAKEL_TOKEN");
    unsetenv("SCHAKEL_DATA_DIR");
    *state = b;
    return 0;
}

static int bench_teardown(void **state)
{
    bench *b = *state;

    if (b->engine)
        fake_engine_stop(b->engine);
    fake_folder_remove(b->folder);
    free(b->url);
    free(b);
    return 0;
}

static void start(bench *b, fake_answer answer)
{
    b->engine = fake_engine_start(b->url, 16, answer, b);
}

static schakel_client *open_client(const bench *b, uint32_t timeout_ms)
{
    schakel_options options = {
        .size = sizeof(options), .data_dir = b->folder, .timeout_ms = timeout_ms, .in_flight = 8};
    schakel_client *client = NULL;
    sk_error err = {0};

    if (schakel_open(&options, &client, &err) != SK_OK)
        fail_msg("open: %s", err.message);
    return client;
}

static void remember(bench *b, const char *request)
{
    pthread_mutex_lock(&b->lock);
    snprintf(b->last, sizeof(b->last), "%s", request);
    pthread_mutex_unlock(&b->lock);
    b->requests++;
}

/* A copy, valid until the next one. */
static const char *last(bench *b)
{
    static char copy[sizeof(b->last)];

    pthread_mutex_lock(&b->lock);
    memcpy(copy, b->last, sizeof(copy));
    pthread_mutex_unlock(&b->lock);
    return copy;
}

static char *answer_ok(void *context, const char *request)
{
    remember(context, request);
    return fake_text("{\"engineStatus\": {\"version\": \"9\"}}");
}

#define STATUS_REQUEST "{\"getStatus\": {}}"

/* ---- Opening ---- */

static void test_open__refuses_without_an_address(void **state)
{
    schakel_client *client = NULL;
    sk_error err = {0};

    (void)state;
    assert_int_equal(schakel_open(NULL, &client, &err), SK_EINVAL);
    assert_string_equal(err.field, "url");
    assert_null(client);
}

static void test_open__refuses_addresses_it_cannot_read(void **state)
{
    static const char *const bad[] = {"http://host", "ipc://", "tcp://host", "tls+tcp://host", "x"};
    schakel_client *client = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        schakel_options options = {.size = sizeof(options), .url = bad[i]};
        sk_error err = {0};

        assert_int_equal(schakel_open(&options, &client, &err), SK_EINVAL);
        assert_string_equal(err.field, "url");
    }
}

static void test_open__says_that_nobody_listens(void **state)
{
    bench *b = *state;
    const char *const urls[] = {b->url, "tcp://127.0.0.1:1", "tls+tcp://127.0.0.1:1"};
    schakel_client *client = NULL;

    for (size_t i = 0; i < 3; i++) {
        schakel_options options = {.size = sizeof(options), .url = urls[i], .timeout_ms = 2000};
        sk_error err = {0};

        assert_int_equal(schakel_open(&options, &client, &err), SK_EIO);
        assert_non_null(strstr(err.message, urls[i]));
    }
}

static void test_open__gives_up_after_the_timeout(void **state)
{
    /* 192.0.2.0/24 is for documentation: packets to it go nowhere. */
    schakel_options options = {
        .size = sizeof(options), .url = "tcp://192.0.2.1:9", .timeout_ms = 300};
    schakel_client *client = NULL;
    time_t before = time(NULL);

    (void)state;
    assert_int_equal(schakel_open(&options, &client, NULL), SK_EIO);
    assert_true(time(NULL) - before < 10);
}

static void test_open__refuses_wrong_options(void **state)
{
    schakel_options options = {.size = sizeof(options), .url = "ipc:///x", .in_flight = 257};
    schakel_client *client = NULL;
    sk_error err = {0};

    (void)state;
    assert_int_equal(schakel_open(&options, &client, &err), SK_EINVAL);
    assert_string_equal(err.field, "in_flight");
    options.size = 4096;
    assert_int_equal(schakel_open(&options, &client, &err), SK_EINVAL);
    assert_string_equal(err.field, "options.size");
}

static void test_open__reads_the_token_of_the_folder(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_ok);
    fake_file(b->folder, "admin.token", "secret-of-folder\n");
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    assert_non_null(strstr(last(b), "\"secret-of-folder\""));
    schakel_free(answer);
    schakel_close(client);
}

static void test_open__never_sends_a_folders_token_elsewhere(void **state)
{
    bench *b = *state;
    schakel_options options = {.size = sizeof(options), .url = b->url, .timeout_ms = 5000};
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_ok);
    fake_file(b->folder, "admin.token", "secret-of-folder\n");
    setenv("SCHAKEL_DATA_DIR", b->folder, 1);
    assert_int_equal(schakel_open(&options, &client, NULL), SK_OK);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    assert_null(strstr(last(b), "secret-of-folder"));
    schakel_free(answer);
    schakel_close(client);
}

static void test_open__prefers_the_token_of_the_environment(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_ok);
    fake_file(b->folder, "admin.token", "secret-of-folder\n");
    setenv("SCHAKEL_TOKEN", "of-environment", 1);
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    assert_non_null(strstr(last(b), "\"of-environment\""));
    schakel_free(answer);
    schakel_close(client);
}

static void test_open__refuses_a_file_without_token(void **state)
{
    bench *b = *state;
    schakel_options options = {.size = sizeof(options), .data_dir = b->folder};
    schakel_client *client = NULL;
    sk_error err = {0};

    start(b, answer_ok);
    fake_file(b->folder, "admin.token", "two words\n");
    assert_int_equal(schakel_open(&options, &client, &err), SK_EINVAL);
    assert_null(strstr(err.message, "two"));
}

/* ---- Calling ---- */

static void test_call_json__adds_an_id_that_differs_each_time(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL, first[sizeof(b->last)];
    const char *id = NULL;

    start(b, answer_ok);
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    assert_non_null(strstr(answer, "\"9\""));
    schakel_free(answer);
    memcpy(first, last(b), sizeof(first));
    assert_non_null(id = strstr(last(b), "\"id\":\""));
    assert_int_equal(strspn(id + 6, "0123456789abcdef"), 32);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    assert_string_not_equal(first, last(b));
    schakel_free(answer);
    schakel_close(client);
}

static void test_call_json__keeps_the_callers_id_and_token(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_ok);
    setenv("SCHAKEL_TOKEN", "other", 1);
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client,
                                       "{\"id\": \"mine\", \"token\": \"own\", \"getStatus\": {}}",
                                       &answer, NULL),
                     SK_OK);
    assert_non_null(strstr(last(b), "\"mine\""));
    assert_non_null(strstr(last(b), "\"own\""));
    assert_null(strstr(last(b), "other"));
    schakel_free(answer);
    schakel_close(client);
}

static char *answer_refused(void *context, const char *request)
{
    remember(context, request);
    return fake_text("{\"status\": \"INVALID\", \"error\": {\"field\": \"getListing.id\","
                     " \"message\": \"is empty\"}}");
}

static void test_call_json__gives_the_refusal_and_the_answer(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;
    sk_error err = {0};

    start(b, answer_refused);
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client, "{\"getListing\": {}}", &answer, &err), SK_EINVAL);
    assert_string_equal(err.field, "getListing.id");
    assert_string_equal(err.message, "is empty");
    assert_non_null(answer);
    schakel_free(answer);
    schakel_close(client);
}

static char *answer_busy_twice(void *context, const char *request)
{
    bench *b = context;

    if (b->requests < 2) {
        remember(b, request);
        return fake_text("{\"status\": \"BUSY\", \"error\": {\"message\": \"full\","
                         " \"retryAfterMs\": 5}}");
    }
    return answer_ok(b, request);
}

static void test_call_json__asks_again_while_the_engine_is_busy(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_busy_twice);
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    assert_int_equal(b->requests, 3);
    schakel_free(answer);
    schakel_close(client);
}

static char *answer_never(void *context, const char *request)
{
    remember(context, request);
    return NULL;
}

static void test_call_json__says_when_no_answer_came(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;
    sk_error err = {0};

    start(b, answer_never);
    client = open_client(b, 100);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, &err), SK_EIO);
    assert_null(answer);
    assert_non_null(strstr(err.message, "no answer in time"));
    schakel_close(client);
}

static void test_call_json__refuses_what_is_no_request(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;
    sk_error err = {0};

    start(b, answer_ok);
    client = open_client(b, 5000);
    assert_int_not_equal(schakel_call_json(client, "{\"getListing\": {\"nr\": 3}}", &answer, &err),
                         SK_OK);
    assert_non_null(strstr(err.field, "getListing"));
    assert_int_not_equal(schakel_call_json(client, "not json", &answer, &err), SK_OK);
    assert_null(answer);
    assert_int_equal(b->requests, 0);
    schakel_close(client);
}

static char *answer_garbage(void *context, const char *request)
{
    remember(context, request);
    return fake_text("raw:\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void test_call_json__survives_an_answer_that_is_no_message(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_garbage);
    client = open_client(b, 5000);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_EPROTO);
    assert_null(answer);
    schakel_close(client);
}

static void test_call__refuses_oversize_and_broken_bytes(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    const unsigned char head[] = {0x0a, 0x80, 0x80, 0x10}; /* Field 1, 262,144 bytes. */
    char *large = calloc(1, SCHAKEL_REQUEST_MAX + 8);
    void *answer = NULL;
    size_t size = 0;

    start(b, answer_ok);
    client = open_client(b, 5000);
    memcpy(large, head, sizeof(head));
    assert_int_equal(schakel_call(client, large, 4 + SCHAKEL_REQUEST_MAX, &answer, &size, NULL),
                     SK_ELIMIT);
    assert_int_equal(schakel_call(client, "\x0a\x05x", 3, &answer, &size, NULL), SK_EPROTO);
    assert_int_equal(schakel_call(client, "\x00", 1, &answer, &size, NULL), SK_EPROTO);
    assert_int_equal(b->requests, 0);
    free(large);
    schakel_close(client);
}

static void test_call__connects_again_after_a_restart(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    char *answer = NULL;

    start(b, answer_ok);
    client = open_client(b, 10000);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    schakel_free(answer);
    fake_engine_stop(b->engine);
    start(b, answer_ok);
    assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
    schakel_free(answer);
    schakel_close(client);
}

static void *call_often(void *client)
{
    for (int i = 0; i < 100; i++) {
        char *answer = NULL;

        if (schakel_call_json(client, STATUS_REQUEST, &answer, NULL) != SK_OK)
            return client;
        schakel_free(answer);
    }
    return NULL;
}

static void test_call__serves_several_threads(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    pthread_t threads[12];

    start(b, answer_ok);
    client = open_client(b, 20000);
    for (int i = 0; i < 12; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, client), 0);
    for (int i = 0; i < 12; i++) {
        void *failed = NULL;

        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(b->requests, 1200);
    schakel_close(client);
}

/* ---- Many at once ---- */

static char *answer_counting(void *context, const char *request)
{
    bench *b = context;
    int now = ++b->at_once;

    if (now > b->most_at_once)
        b->most_at_once = now;
    usleep(500);
    b->at_once--;
    return answer_ok(b, request);
}

static void count_answer(void *context, sk_status status, const void *response, size_t size,
                         const sk_error *err)
{
    atomic_int *counts = context;

    (void)response;
    (void)err;
    counts[status == SK_OK && size > 0 ? 0 : 1]++;
}

static void test_submit__keeps_within_its_limit_and_answers_all(void **state)
{
    bench *b = *state;
    atomic_int counts[2] = {0, 0};
    schakel_client *client = NULL;
    void *request = NULL;
    size_t size = 0;

    start(b, answer_counting);
    client = open_client(b, 20000);
    assert_int_equal(schakel_encode("Request", STATUS_REQUEST, &request, &size, NULL), SK_OK);
    for (int i = 0; i < 500; i++)
        assert_int_equal(schakel_submit(client, request, size, count_answer, counts, NULL), SK_OK);
    schakel_drain(client);
    assert_int_equal(counts[0], 500);
    assert_int_equal(counts[1], 0);
    assert_in_range(b->most_at_once, 2, 8);
    schakel_free(request);
    schakel_close(client);
}

static void test_close__comes_back_however_often(void **state)
{
    bench *b = *state;

    start(b, answer_ok);
    for (int i = 0; i < 300; i++) {
        schakel_client *client = open_client(b, 5000);
        char *answer = NULL;

        assert_int_equal(schakel_call_json(client, STATUS_REQUEST, &answer, NULL), SK_OK);
        schakel_free(answer);
        schakel_close(client);
    }
}

static void test_close__tells_those_under_way(void **state)
{
    bench *b = *state;
    atomic_int counts[2] = {0, 0};
    schakel_client *client = NULL;
    void *request = NULL;
    size_t size = 0;

    start(b, answer_never);
    client = open_client(b, 20000);
    assert_int_equal(schakel_encode("Request", STATUS_REQUEST, &request, &size, NULL), SK_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(schakel_submit(client, request, size, count_answer, counts, NULL), SK_OK);
    schakel_close(client);
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[1], 5);
    schakel_free(request);
}

/* ---- Events ---- */

/* Seven events in pages of at most three; waits at the end are answered at once with nothing. */
static char *answer_events(void *context, const char *request)
{
    const char *after = strstr(request, "\"after\":");
    unsigned long from = after ? strtoul(after + 8 + (after[8] == '"'), NULL, 10) : 4;
    char *text = NULL;

    remember(context, request);
    if (strstr(request, "ackEvents"))
        return fake_text("{\"receipts\": {\"items\": [{}]}}");
    text = fake_text("{\"events\": {\"items\": [");
    for (unsigned long seq = from + 1; seq <= 7 && seq <= from + 3; seq++) {
        char *longer = fake_text("%s%s{\"seq\": \"%lu\", \"type\": \"listing.created\","
                                 " \"listingId\": \"n-%lu\", \"at\": \"2026-03-05T14:00:00Z\"}",
                                 text, seq > from + 1 ? "," : "", seq, seq);

        free(text);
        text = longer;
    }
    {
        char *longer = fake_text("%s], \"last\": \"7\"}}", text);

        free(text);
        return longer;
    }
}

typedef struct heard {
    uint64_t last;
    int count, stop_at;
    bool ordered;
} heard;

static sk_status hear(void *context, const schakel_event *event)
{
    heard *h = context;
    char id[32];

    snprintf(id, sizeof(id), "n-%llu", (unsigned long long)event->seq);
    if (h->stop_at && h->count == h->stop_at)
        return SK_ECONFLICT;
    h->ordered &= event->seq > h->last && strcmp(event->listing_id, id) == 0 &&
                  strcmp(event->type, "listing.created") == 0 && event->at_ms == 1772719200000;
    h->last = event->seq;
    h->count++;
    return SK_OK;
}

static void test_events_follow__reads_all_pages_in_order(void **state)
{
    bench *b = *state;
    schakel_follow_options options = {
        .size = sizeof(options), .has_after = true, .until_end = true};
    heard h = {.ordered = true};
    schakel_client *client = NULL;

    start(b, answer_events);
    client = open_client(b, 5000);
    assert_int_equal(schakel_events_follow(client, &options, hear, &h, NULL), SK_OK);
    assert_int_equal(h.count, 7);
    assert_true(h.ordered);
    schakel_close(client);
}

static void test_events_follow__acknowledges_what_was_taken_only(void **state)
{
    bench *b = *state;
    schakel_follow_options options = {
        .size = sizeof(options), .consumer = "site", .ack = true, .until_end = true};
    heard h = {.ordered = true};
    schakel_client *client = NULL;

    start(b, answer_events);
    client = open_client(b, 5000);
    assert_int_equal(schakel_events_follow(client, &options, hear, &h, NULL), SK_OK);
    assert_int_equal(h.count, 3);     /* behind 4, which the consumer acknowledged */
    assert_int_equal(b->requests, 3); /* read, acknowledge, read nothing */
    h = (heard){.ordered = true, .stop_at = 2};
    assert_int_equal(schakel_events_follow(client, &options, hear, &h, NULL), SK_ECONFLICT);
    assert_int_equal(b->requests, 4); /* read, no acknowledgement */
    schakel_close(client);
}

static void test_events_follow__needs_a_consumer_to_acknowledge(void **state)
{
    bench *b = *state;
    schakel_follow_options options = {.size = sizeof(options), .ack = true};
    schakel_client *client = NULL;
    sk_error err = {0};

    start(b, answer_events);
    client = open_client(b, 5000);
    assert_int_equal(schakel_events_follow(client, &options, hear, NULL, &err), SK_EINVAL);
    assert_string_equal(err.field, "consumer");
    schakel_close(client);
}

static void test_doorbell__hears_the_newest_number(void **state)
{
    bench *b = *state;
    schakel_client *client = NULL;
    schakel_doorbell *bell = NULL;
    uint64_t seq = 99;

    start(b, answer_ok);
    client = open_client(b, 5000);
    assert_int_equal(schakel_doorbell_open(client, &bell, NULL), SK_EIO);
    fake_engine_open_doorbell(b->engine);
    assert_int_equal(schakel_doorbell_open(client, &bell, NULL), SK_OK);
    assert_int_equal(schakel_doorbell_wait(bell, 10, &seq, NULL), SK_OK);
    assert_int_equal(seq, 0);
    /* The subscription reaches the publisher a moment after the connection; a ring before is lost.
     */
    for (int i = 0; i < 200 && seq == 0; i++) {
        fake_engine_ring(b->engine, 41);
        fake_engine_ring(b->engine, 0x0102030405060708);
        assert_int_equal(schakel_doorbell_wait(bell, 20, &seq, NULL), SK_OK);
    }
    assert_true(seq == 41 || seq == 0x0102030405060708);
    schakel_doorbell_close(bell);
    schakel_close(client);
}

static void test_status_name__knows_all(void **state)
{
    (void)state;
    assert_string_equal(schakel_status_name(SK_EBUSY), "BUSY");
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_open__refuses_without_an_address),
        BENCH_TEST(test_open__refuses_addresses_it_cannot_read),
        BENCH_TEST(test_open__says_that_nobody_listens),
        BENCH_TEST(test_open__gives_up_after_the_timeout),
        BENCH_TEST(test_open__refuses_wrong_options),
        BENCH_TEST(test_open__reads_the_token_of_the_folder),
        BENCH_TEST(test_open__never_sends_a_folders_token_elsewhere),
        BENCH_TEST(test_open__prefers_the_token_of_the_environment),
        BENCH_TEST(test_open__refuses_a_file_without_token),
        BENCH_TEST(test_call_json__adds_an_id_that_differs_each_time),
        BENCH_TEST(test_call_json__keeps_the_callers_id_and_token),
        BENCH_TEST(test_call_json__gives_the_refusal_and_the_answer),
        BENCH_TEST(test_call_json__asks_again_while_the_engine_is_busy),
        BENCH_TEST(test_call_json__says_when_no_answer_came),
        BENCH_TEST(test_call_json__refuses_what_is_no_request),
        BENCH_TEST(test_call_json__survives_an_answer_that_is_no_message),
        BENCH_TEST(test_call__refuses_oversize_and_broken_bytes),
        BENCH_TEST(test_call__connects_again_after_a_restart),
        BENCH_TEST(test_call__serves_several_threads),
        BENCH_TEST(test_submit__keeps_within_its_limit_and_answers_all),
        BENCH_TEST(test_close__comes_back_however_often),
        BENCH_TEST(test_close__tells_those_under_way),
        BENCH_TEST(test_events_follow__reads_all_pages_in_order),
        BENCH_TEST(test_events_follow__acknowledges_what_was_taken_only),
        BENCH_TEST(test_events_follow__needs_a_consumer_to_acknowledge),
        BENCH_TEST(test_doorbell__hears_the_newest_number),
        BENCH_TEST(test_status_name__knows_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
