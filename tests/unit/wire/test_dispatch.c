/* SPDX-License-Identifier: EUPL-1.2 */
#include "ask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <schakel/v1/service.pb-c.h>

/* What holds for every request: size, decoding, who asks, ids, sending again, batches, waiting. */

static const sk_actor admin = {.token_id = {"local", 5}, .role = SK_ROLE_ADMIN};

/* ---- Bytes ---- */

static void test_dispatch__answers_bytes_that_are_no_request(void **state)
{
    bench *b = *state;
    json_t *answer = ask_bytes(b, NULL, SK_STR("\xff\xff\xff\xff"));

    assert_at(answer, "status", "PROTOCOL");
    assert_at(answer, "id", "");
    assert_string_not_equal(at(answer, "error.message"), "");
    assert_at(ask_bytes(b, NULL, SK_STR("\x0a")), "status", "PROTOCOL");
    assert_at(ask_bytes(b, NULL, (sk_str){NULL, 0}), "status", "DENIED");
}

static void test_dispatch__keeps_the_id_of_a_broken_request(void **state)
{
    bench *b = *state;
    json_t *answer = ask_bytes(b, NULL,
                               SK_STR("\x0a\x03"
                                      "abc\xff"));

    assert_at(answer, "status", "PROTOCOL");
    assert_at(answer, "id", "abc");
    assert_at(ask_bytes(b, NULL,
                        SK_STR("\x0a\x03"
                               "a c\xff")),
              "id", "");
    assert_at(ask_bytes(b, NULL,
                        SK_STR("\x0a\xff"
                               "abc")),
              "id", "");
}

static void test_dispatch__names_the_field_with_wrong_utf8(void **state)
{
    bench *b = *state;
    sk_str bytes = request_bytes(b, "{\"id\": \"a\", \"putListings\": {\"listings\": [{\"id\":"
                                    " \"ok\"}, {\"title\": \"XYZXYZ\"}]}}");
    char *place = memmem(b->bytes.data, bytes.size, "XYZXYZ", 6);
    json_t *answer;

    assert_non_null(place);
    place[2] = '\xC0';
    answer = ask_bytes(b, &admin, bytes);
    assert_at(answer, "status", "PROTOCOL");
    assert_at(answer, "error.field", "putListings.listings[1].title");
    place[2] = '\0';
    assert_at(ask_bytes(b, &admin, bytes), "status", "PROTOCOL");
}

static void test_dispatch__refuses_an_oversize_request(void **state)
{
    bench *b = *state;
    size_t size = SK_MESSAGE_MAX + 1;
    char *bytes = calloc(1, size);
    json_t *answer;

    memcpy(bytes,
           "\x0a\x03"
           "abc",
           5);
    answer = ask_bytes(b, NULL, (sk_str){bytes, size});
    assert_at(answer, "status", "LIMIT");
    assert_at(answer, "id", "abc");
    free(bytes);
}

static void test_dispatch__survives_flipped_bits(void **state)
{
    bench *b = *state;
    sk_str whole = request_bytes(
        b, "{\"id\": \"flip\", \"putListings\": {\"listings\": [{\"id\": \"flip\", \"kind\":"
           " \"NEED\", \"partyId\": \"p1\", \"title\": \"Rit\", \"categories\": [\"vervoer\"],"
           " \"point\": {\"lat\": 52.1, \"lon\": 5.1}, \"availability\": [{\"days\": [\"MO\"],"
           " \"from\": \"10:00\", \"to\": \"12:00\"}], \"attributes\": {\"a\": 1}}]}}");
    char *copy = malloc(whole.size);
    size_t refused = 0;

    for (size_t bit = 0; bit < whole.size * 8; bit++) {
        json_t *answer;

        memcpy(copy, whole.data, whole.size);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << (bit % 8)));
        answer = ask_bytes(b, &admin, (sk_str){copy, whole.size});
        refused += strcmp(at(answer, "status"), "OK") != 0;
        assert_string_not_equal(at(answer, "status"), "INTERNAL");
        assert_string_not_equal(at(answer, "status"), "IO");
        /* Cut short at the same place: a prefix of bytes is one of the commonest accidents. */
        ask_bytes(b, &admin, (sk_str){copy, bit / 8});
    }
    free(copy);
    assert_true(refused > whole.size);
    assert_int_equal(sk_engine_check(b->engine, NULL), SK_OK);
}

/* ---- Who asks ---- */

static void test_dispatch__denies_whatever_is_wrong_with_a_token(void **state)
{
    bench *b = *state;
    static const char *const requests[] = {
        "{\"id\": \"a\", \"getStatus\": {}}",
        "{\"id\": \"a\", \"token\": \"geheim\", \"getStatus\": {}}",
        "{\"id\": \"a\", \"token\": \"%s\", \"getStatus\": {}}",
        "{\"id\": \"a\", \"token\": \"geheim\"}",
        "{\"token\": \"geheim\", \"putListings\": {}}",
    };
    char token[65], first[256] = "";

    make_token(b, "READER", token);
    assert_at(ask(b, "{\"listTokens\": {}}"), "tokens.items.0.hash", "");
    askf(b, "{\"revokeToken\": {\"id\": \"%s\"}}", at(b->last, "tokens.items.0.id"));
    assert_at(b->last, "status", "OK");
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char *text = NULL;
        json_t *answer;

        assert_true(asprintf(&text, requests[i], token) > 0);
        answer = ask_wire(b, text);
        free(text);
        assert_at(answer, "status", "DENIED");
        assert_false(says(b, "geheim"));
        assert_false(says(b, token));
        if (i > 0)
            assert_at(answer, "error.message", first);
        snprintf(first, sizeof(first), "%s", at(answer, "error.message"));
    }
}

static void test_dispatch__lets_a_token_in(void **state)
{
    bench *b = *state;
    char token[65], request[256];

    make_token(b, "READER", token);
    snprintf(request, sizeof(request), "{\"id\": \"q\", \"token\": \"%s\", \"getStatus\": {}}",
             token);
    assert_at(ask_wire(b, request), "status", "OK");
    assert_at(b->last, "id", "q");
    assert_at(b->last, "engineStatus.now", "2026-03-02T10:00:00Z");
}

/* ---- Ids and sending again ---- */

static void test_dispatch__wants_an_id_for_commands(void **state)
{
    bench *b = *state;
    json_t *answer = ask_bytes(b, &admin, request_bytes(b, "{\"putParties\": {\"parties\": []}}"));

    assert_at(answer, "status", "INVALID");
    assert_at(answer, "error.field", "id");
    assert_at(ask_bytes(b, &admin, request_bytes(b, "{\"getStatus\": {}}")), "status", "OK");
    answer = ask_bytes(b, &admin, request_bytes(b, "{\"id\": \"a b\", \"getStatus\": {}}"));
    assert_at(answer, "status", "INVALID");
    assert_at(answer, "error.field", "id");
    assert_at(answer, "id", "");
    assert_at(ask_bytes(b, &admin, request_bytes(b, "{\"id\": \"a\"}")), "status", "INVALID");
}

#define PARTY                                                                                      \
    "{\"id\": \"same\", \"putParties\": {\"parties\": [{\"id\": \"%s\", \"kind\": "                \
    "\"RESIDENT\"}]}}"

static void test_dispatch__gives_the_stored_answer_to_a_resend(void **state)
{
    bench *b = *state;
    char version[32];

    assert_at(askf(b, PARTY, "een"), "receipts.items.0.created", "true");
    assert_at(b->last, "receipts.items.0.repeated", "");
    snprintf(version, sizeof(version), "%s", at(b->last, "receipts.items.0.eventSeq"));
    for (int round = 0; round < 2; round++) {
        assert_at(askf(b, PARTY, "een"), "receipts.items.0.repeated", "true");
        assert_at(b->last, "receipts.items.0.id", "een");
        assert_at(b->last, "receipts.items.0.eventSeq", version);
        bench_reopen(b);
    }
    assert_at(ask(b, "{\"getStatus\": {}}"), "engineStatus.lastEvent", version);
}

static void test_dispatch__refuses_an_id_with_another_body(void **state)
{
    bench *b = *state;

    assert_at(askf(b, PARTY, "een"), "status", "OK");
    assert_at(askf(b, PARTY, "twee"), "status", "CONFLICT");
    assert_at(b->last, "receipts.items.0.status", "CONFLICT");
    assert_at(ask(b, "{\"id\": \"same\", \"eraseParty\": {\"id\": \"een\"}}"), "status",
              "CONFLICT");
    assert_at(b->last, "error.field", "id");
    assert_at(ask(b, "{\"getParty\": {\"id\": \"een\"}}"), "status", "OK");
    assert_at(ask(b, "{\"getParty\": {\"id\": \"twee\"}}"), "status", "NOT_FOUND");
    assert_at(b->last, "error.field", "getParty.id");
}

static void test_dispatch__refuses_an_id_with_another_operation(void **state)
{
    bench *b = *state;

    /* The same bytes in another operation: only its number tells them apart. */
    ask(b, "{\"id\": \"same\", \"withdrawListing\": {\"id\": \"need\"}}");
    assert_at(b->last, "status", "OK");
    ask(b, "{\"id\": \"same\", \"eraseParty\": {\"id\": \"need\"}}");
    assert_at(b->last, "status", "CONFLICT");
    assert_at(b->last, "error.field", "id");
}

static void test_dispatch__shows_a_new_token_once(void **state)
{
    bench *b = *state;
    const char *request =
        "{\"id\": \"t\", \"createToken\": {\"name\": \"x\", \"role\": \"READER\"}}";

    assert_int_equal(strlen(at(ask(b, request), "newToken.token")), 64);
    assert_at(ask(b, request), "status", "CONFLICT");
    assert_at(b->last, "newToken.token", "");
    assert_non_null(strstr(at(b->last, "error.message"), "shown once"));
    assert_at(b->last, "error.field", "id");
}

/* ---- Batches ---- */

static void test_dispatch__takes_each_item_of_a_batch_by_itself(void **state)
{
    bench *b = *state;
    json_t *answer =
        ask(b, "{\"putListings\": {\"listings\": ["
               "{\"id\": \"l1\", \"kind\": \"NEED\", \"partyId\": \"p1\", \"title\": \"a\","
               " \"categories\": [\"tuin\"], \"remote\": true},"
               "{\"id\": \"l2\", \"kind\": \"NEED\", \"partyId\": \"nobody\", \"title\": \"a\","
               " \"categories\": [\"tuin\"], \"remote\": true},"
               "{\"id\": \"l3\", \"kind\": \"NEED\", \"partyId\": \"p1\", \"title\": \"a\","
               " \"categories\": [\"tuin\"], \"point\": {\"lat\": 91, \"lon\": 5}},"
               "{\"id\": \"l4\", \"kind\": \"NEED\", \"partyId\": \"p1\", \"title\": \"a\","
               " \"categories\": [\"tuin\"], \"remote\": true, \"availability\":"
               " [{\"days\": [\"MO\"], \"from\": \"25:00\", \"to\": \"12:00\"}]},"
               "{\"id\": \"l5\", \"kind\": \"NEED\", \"partyId\": \"p1\", \"title\": \"a\","
               " \"categories\": [\"tuin\"], \"remote\": true}]}}");

    assert_at(answer, "status", "OK");
    assert_int_equal(size_at(answer, "receipts.items"), 5);
    assert_at(answer, "receipts.items.0.status", "OK");
    assert_at(answer, "receipts.items.0.id", "l1");
    assert_at(answer, "receipts.items.1.status", "INVALID");
    assert_at(answer, "receipts.items.1.error.field", "putListings.listings[1].partyId");
    assert_at(answer, "receipts.items.2.error.field", "putListings.listings[2].point.lat");
    assert_at(answer, "receipts.items.3.error.field",
              "putListings.listings[3].availability[0].from");
    assert_at(answer, "receipts.items.4.status", "OK");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"l2\"}}"), "status", "NOT_FOUND");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"l5\"}}"), "listing.title", "a");
}

static void test_dispatch__says_what_is_wrong_with_the_only_item(void **state)
{
    bench *b = *state;
    json_t *answer = ask(b, "{\"putParties\": {\"parties\": [{\"id\": \"x\"}]}}");

    assert_at(answer, "status", "INVALID");
    assert_at(answer, "error.field", "putParties.parties[0].kind");
    assert_at(answer, "receipts.items.0.status", "INVALID");
    assert_at(answer, "receipts.items.0.error.field", "putParties.parties[0].kind");
    answer = ask(b, "{\"match\": {\"queries\": [{\"listingId\": \"none\"}]}}");
    assert_at(answer, "status", "NOT_FOUND");
    assert_at(answer, "error.field", "match.queries[0].listingId");
    assert_at(answer, "matches.results.0.status", "NOT_FOUND");
}

static json_t *many(bench *b, const char *list, const char *item, int count)
{
    sk_buf text = {0};
    json_t *answer;

    sk_buf_text(&text, list);
    for (int i = 0; i < count; i++)
        sk_buf_printf(&text, "%s%s", i ? "," : "", item);
    sk_buf_text(&text, "]}}");
    sk_buf_add(&text, "", 1);
    answer = ask(b, text.data);
    sk_buf_done(&text);
    return answer;
}

static void test_dispatch__takes_256_items_and_no_more(void **state)
{
    bench *b = *state;

    assert_at(ask(b, "{\"putParties\": {}}"), "status", "INVALID");
    assert_at(b->last, "error.field", "putParties.parties");
    assert_at(ask(b, "{\"match\": {}}"), "error.field", "match.queries");
    assert_at(many(b, "{\"putParties\": {\"parties\": [", "{\"kind\": \"RESIDENT\"}", 257),
              "status", "LIMIT");
    assert_at(ask(b, "{\"getStatus\": {}}"), "engineStatus.parties", "2");
    many(b, "{\"putParties\": {\"parties\": [", "{\"kind\": \"RESIDENT\"}", 256);
    assert_at(b->last, "status", "OK");
    assert_int_equal(size_at(b->last, "receipts.items"), 256);
    assert_at(ask(b, "{\"getStatus\": {}}"), "engineStatus.parties", "258");
    many(b, "{\"match\": {\"queries\": [", "{\"listingId\": \"need\", \"limit\": 100}", 256);
    assert_int_equal(size_at(b->last, "matches.results"), 256);
    assert_at(b->last, "matches.results.255.matches.0.listingId", "offer");
}

/* ---- Large answers ---- */

#define LARGE_TITLE 4000

static void put_large_listings(bench *b, int count)
{
    char *description = malloc(LARGE_TITLE * 4 + 1);
    json_t *listing = json_pack("{s:s, s:s, s:s, s:[s], s:b}", "kind", "OFFER", "partyId", "p2",
                                "title", "a", "categories", "tuin", "remote", 1);
    json_t *request = json_pack("{s:{s:[o]}}", "putListings", "listings", listing);
    char *text;

    /* Four bytes a character. */
    for (int i = 0; i < LARGE_TITLE; i++)
        memcpy(description + (ptrdiff_t)i * 4, "\xF0\x9F\x8C\xB3", 4);
    description[LARGE_TITLE * 4] = '\0';
    json_object_set_new(listing, "description", json_string(description));
    text = json_dumps(request, JSON_COMPACT);
    for (int i = 0; i < count; i++)
        assert_at(ask(b, text), "status", "OK");
    free(text);
    free(description);
    json_decref(request);
}

static void test_dispatch__replaces_an_answer_that_is_too_large(void **state)
{
    bench *b = *state;

    /* Each page of 256 listings is 4 MiB; a party's own export has no pages. */
    put_large_listings(b, 1100);
    assert_at(ask(b, "{\"listListings\": {\"limit\": 256}}"), "status", "OK");
    assert_int_equal(size_at(b->last, "listings.items"), 256);
    assert_at(ask(b, "{\"id\": \"big\", \"exportParty\": {\"id\": \"p2\"}}"), "status", "LIMIT");
    assert_at(b->last, "id", "big");
    assert_true(b->answer.size < 1024);
}

/* ---- Waiting ---- */

static void test_dispatch__lets_a_reader_of_events_wait(void **state)
{
    bench *b = *state;
    unsigned long long last;

    assert_at(ask(b, "{\"readEvents\": {\"waitMs\": 1000}}"), "status", "OK");
    assert_false(b->wait.waiting);
    last = strtoull(at(b->last, "events.last"), NULL, 10);
    assert_at(askf(b, "{\"readEvents\": {\"after\": \"%llu\", \"waitMs\": 1000}}", last), "status",
              "OK");
    assert_true(b->wait.waiting);
    assert_int_equal(b->wait.after, last);
    assert_int_equal(b->wait.wait_ms, 1000);
    askf(b, "{\"readEvents\": {\"after\": \"%llu\", \"waitMs\": 1000}}", last + 10);
    assert_int_equal(b->wait.after, last + 10);
    askf(b, "{\"readEvents\": {\"after\": \"%llu\"}}", last);
    assert_false(b->wait.waiting);
    assert_at(ask(b, "{\"readEvents\": {\"waitMs\": 30001}}"), "error.field", "readEvents.waitMs");
}

static void test_dispatch__continues_behind_what_a_consumer_acknowledged(void **state)
{
    bench *b = *state;
    unsigned long long last;

    ask(b, "{\"readEvents\": {\"consumer\": \"c\", \"limit\": 2}}");
    assert_at(b->last, "events.items.0.seq", "1");
    last = strtoull(at(b->last, "events.last"), NULL, 10);
    assert_at(ask(b, "{\"ackEvents\": {\"consumer\": \"c\", \"seq\": \"2\"}}"), "status", "OK");
    assert_at(ask(b, "{\"readEvents\": {\"consumer\": \"c\"}}"), "events.items.0.seq", "3");
    askf(b, "{\"ackEvents\": {\"consumer\": \"c\", \"seq\": \"%llu\"}}", last);
    ask(b, "{\"readEvents\": {\"consumer\": \"c\", \"waitMs\": 5}}");
    assert_true(b->wait.waiting);
    assert_int_equal(b->wait.after, last);
    assert_at(ask(b, "{\"readEvents\": {\"after\": \"18446744073709551615\"}}"), "status", "OK");
    assert_int_equal(size_at(b->last, "events.items"), 0);
}

/* ---- Every operation ---- */

static void json_name(const char *name, char out[64])
{
    size_t size = 0;

    for (; *name; name++)
        out[size++] = (char)(*name == '_' ? toupper(*++name) : *name);
    out[size] = '\0';
}

static void test_dispatch__knows_every_operation_of_the_contract(void **state)
{
    bench *b = *state;
    const ProtobufCMessageDescriptor *request = &schakel__v1__request__descriptor;
    int operations = 0;

    for (unsigned i = 0; i < request->n_fields; i++) {
        char name[64];
        const char *field;

        if (request->fields[i].id < 10)
            continue;
        json_name(request->fields[i].name, name);
        field = at(askf(b, "{\"%s\": {}}", name), "error.field");
        if (field[0] && strncmp(field, name, strlen(name)) != 0)
            fail_msg("%s names the field %s", name, field);
        if (strcmp(at(b->last, "status"), "OK") != 0)
            assert_null(strstr(at(b->last, "error.message"), "names no operation"));
        operations++;
    }
    assert_int_equal(operations, 48);
}

/* ---- Memory ---- */

/** The request with the allocation after the next `count` failing; false once none failed. */
static bool starve(bench *b, sk_str request, long count)
{
    json_t *answer;
    sk_error err = {0};
    sk_status st;

    sk_alloc_fail_after(count);
    st = sk_dispatch(b->dispatcher, &admin, request, &b->answer, NULL);
    sk_alloc_fail_after(-1);
    if (st != SK_OK) {
        assert_int_equal(st, SK_ENOMEM);
        return true;
    }
    sk_buf_reset(&b->text);
    if (sk_message_to_json("Response", sk_buf_view(&b->answer), false, &b->text, &err) != SK_OK)
        fail_msg("%s", err.message);
    answer = json_loadb(b->text.data, b->text.size, 0, NULL);
    snprintf(b->text.data, b->text.capacity, "%s", at(answer, "status"));
    json_decref(answer);
    return strcmp(b->text.data, "OK") != 0;
}

static void check_starving(bench *b, const char *request)
{
    bool refused = true;
    int stopped = 0;
    long count = 0;

    for (count = 0; refused && count < 5000; count++) {
        sk_str bytes = request_bytes(b, request);

        sk_buf_done(&b->answer);
        refused = starve(b, bytes, count);
        if (sk_engine_failed(b->engine)) {
            assert_at(ask(b, "{\"getStatus\": {}}"), "status", "IO");
            bench_reopen(b);
            stopped++;
        }
        assert_int_equal(sk_engine_check(b->engine, NULL), SK_OK);
    }
    assert_false(refused);
    assert_true(count > 3);
    print_message("%ld allocations, %d stops: %.40s\n", count - 1, stopped, request);
}

static void test_dispatch__answers_when_memory_is_out(void **state)
{
    bench *b = *state;

    check_starving(b, "{\"getListing\": {\"id\": \"need\"}}");
    check_starving(b, "{\"match\": {\"queries\": [{\"listingId\": \"need\"}]}}");
    check_starving(b, "{\"id\": \"one\", \"putParties\": {\"parties\": [{\"id\": \"honger\","
                      " \"kind\": \"RESIDENT\", \"contact\": {\"name\": \"x\"}}]}}");
    check_starving(b, "{\"id\": \"two\", \"putListings\": {\"listings\": [{\"id\": \"honger\","
                      " \"kind\": \"NEED\", \"partyId\": \"honger\", \"title\": \"a\","
                      " \"categories\": [\"vervoer\"], \"remote\": true}]}}");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"honger\"}}"), "listing.title", "a");
}

/* ---- What never leaves ---- */

static void test_dispatch__keeps_private_matters_out_of_errors(void **state)
{
    bench *b = *state;
    static const char *const requests[] = {
        "{\"putParties\": {\"parties\": [{\"id\": \"x\", \"kind\": \"RESIDENT\", \"contact\":"
        " {\"phone\": \"geheim\\u0001\"}}]}}",
        "{\"putParties\": {\"parties\": [{\"id\": \"x\", \"contact\": {\"name\": \"geheim\","
        " \"email\": \"geheim@geheim\"}}]}}",
        "{\"putListings\": {\"listings\": [{\"kind\": \"NEED\", \"partyId\": \"p1\", \"title\":"
        " \"geheim\\u0001\", \"categories\": [\"tuin\"], \"remote\": true}]}}",
        "{\"putListings\": {\"listings\": [{\"kind\": \"NEED\", \"partyId\": \"p1\", \"title\":"
        " \"geheim\", \"description\": \"geheim\", \"categories\": [\"tuin\"]}]}}",
    };

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        assert_at(ask(b, requests[i]), "status", "INVALID");
        assert_false(says(b, "geheim"));
    }
    ask(b, "{\"listSuggestions\": {}}");
    assert_int_equal(size_at(b->last, "suggestions.items"), 1);
    assert_false(says(b, "Jansje"));
    assert_false(says(b, "0301234567"));
}

#define peopled(name) cmocka_unit_test_setup_teardown(name, bench_open_peopled, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        peopled(test_dispatch__answers_bytes_that_are_no_request),
        peopled(test_dispatch__keeps_the_id_of_a_broken_request),
        peopled(test_dispatch__names_the_field_with_wrong_utf8),
        peopled(test_dispatch__refuses_an_oversize_request),
        peopled(test_dispatch__survives_flipped_bits),
        peopled(test_dispatch__denies_whatever_is_wrong_with_a_token),
        peopled(test_dispatch__lets_a_token_in),
        peopled(test_dispatch__wants_an_id_for_commands),
        peopled(test_dispatch__gives_the_stored_answer_to_a_resend),
        peopled(test_dispatch__refuses_an_id_with_another_body),
        peopled(test_dispatch__refuses_an_id_with_another_operation),
        peopled(test_dispatch__shows_a_new_token_once),
        peopled(test_dispatch__takes_each_item_of_a_batch_by_itself),
        peopled(test_dispatch__says_what_is_wrong_with_the_only_item),
        peopled(test_dispatch__takes_256_items_and_no_more),
        peopled(test_dispatch__replaces_an_answer_that_is_too_large),
        peopled(test_dispatch__lets_a_reader_of_events_wait),
        peopled(test_dispatch__continues_behind_what_a_consumer_acknowledged),
        peopled(test_dispatch__knows_every_operation_of_the_contract),
        peopled(test_dispatch__answers_when_memory_is_out),
        peopled(test_dispatch__keeps_private_matters_out_of_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
