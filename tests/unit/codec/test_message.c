/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/message.h"

#include "random_records.h"

#define REQUEST (&schakel__v1__request__descriptor)
#define LISTING (&schakel__v1__listing__descriptor)

/* ---- Making bytes ---- */

static void add_varint(sk_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        sk_buf_printf(out, "%c", (int)(value & 0x7F) | 0x80);
    sk_buf_add(out, &(char){(char)value}, 1);
}

static void add_bytes(sk_buf *out, unsigned field, sk_str bytes)
{
    add_varint(out, field << 3 | 2);
    add_varint(out, bytes.size);
    sk_buf_str(out, bytes);
}

static void add_number(sk_buf *out, unsigned field, uint64_t value)
{
    add_varint(out, field << 3);
    add_varint(out, value);
}

/* `inner` becomes field `field` of the message in which it then is. */
static void wrap(sk_buf *inner, unsigned field)
{
    sk_buf outer = {0};

    add_bytes(&outer, field, sk_buf_view(inner));
    sk_buf_done(inner);
    *inner = outer;
}

static sk_status unpack(const ProtobufCMessageDescriptor *type, sk_str bytes, sk_error *err)
{
    sk_arena *arena = sk_arena_new(0);
    ProtobufCMessage *message = NULL;
    sk_status st = sk_message_unpack(type, bytes, 1 << 20, arena, &message, err);

    assert_true((st == SK_OK) == (message != NULL));
    sk_arena_free(arena);
    return st;
}

static void assert_refused(const ProtobufCMessageDescriptor *type, sk_buf *bytes, sk_status st,
                           const char *field, const char *says)
{
    sk_error err = {0};

    assert_int_equal(unpack(type, sk_buf_view(bytes), &err), st);
    assert_int_equal(err.status, st);
    assert_string_equal(err.field, field);
    if (!strstr(err.message, says))
        fail_msg("says \"%s\", not \"%s\"", err.message, says);
    sk_buf_done(bytes);
}

/* ---- Faults with a name ---- */

static void test_unpack__names_the_field_of_bad_text(void **state)
{
    sk_buf bytes = {0};

    (void)state;
    add_bytes(&bytes, 6, SK_STR("ok"));
    add_bytes(&bytes, 6, SK_STR("\xff"));
    assert_refused(LISTING, &bytes, SK_EPROTO, "categories[1]", "UTF-8");
    add_bytes(&bytes, 4, (sk_str){"a\0b", 3});
    wrap(&bytes, 1);
    wrap(&bytes, 10);
    assert_refused(REQUEST, &bytes, SK_EPROTO, "putListings.listings[0].title", "NUL");
    add_bytes(&bytes, 1, SK_STR("\xc3"));
    wrap(&bytes, 20);
    assert_refused(LISTING, &bytes, SK_EPROTO, "attributes[0].key", "UTF-8");
}

static void test_unpack__refuses_what_does_not_fit(void **state)
{
    sk_buf bytes = {0};

    (void)state;
    add_number(&bytes, 2, 99);
    assert_refused(LISTING, &bytes, SK_EPROTO, "kind", "unknown number 99");
    add_number(&bytes, 2, UINT64_MAX);
    assert_refused(LISTING, &bytes, SK_EPROTO, "kind", "unknown number -1");
    add_number(&bytes, 8, UINT64_C(1) << 32);
    assert_refused(LISTING, &bytes, SK_EPROTO, "reachM", "too large");
    add_number(&bytes, 10, 2);
    assert_refused(LISTING, &bytes, SK_EPROTO, "remote", "bool");
    add_number(&bytes, 4, 1);
    assert_refused(LISTING, &bytes, SK_EPROTO, "title", "another type");
    add_bytes(&bytes, 8, SK_STR("x"));
    assert_refused(LISTING, &bytes, SK_EPROTO, "reachM", "another type");
    add_bytes(&bytes, 1, SK_STR("\x63"));
    assert_refused(&schakel__v1__list_suggestions__descriptor, &bytes, SK_EPROTO, "states[0]",
                   "unknown number 99");
    add_bytes(&bytes, 1, SK_STR("1234567"));
    assert_refused(&schakel__v1__ring__descriptor, &bytes, SK_EPROTO, "lon[0]", "ends inside");
}

static void test_unpack__refuses_what_comes_twice(void **state)
{
    sk_buf bytes = {0};

    (void)state;
    add_bytes(&bytes, 4, SK_STR("a"));
    add_bytes(&bytes, 4, SK_STR("b"));
    assert_refused(LISTING, &bytes, SK_EPROTO, "title", "given twice");
    add_bytes(&bytes, 7, SK_STR(""));
    add_bytes(&bytes, 7, SK_STR(""));
    assert_refused(LISTING, &bytes, SK_EPROTO, "point", "given twice");
    add_bytes(&bytes, 30, SK_STR(""));
    add_bytes(&bytes, 31, SK_STR(""));
    assert_refused(REQUEST, &bytes, SK_EPROTO, "whyNot", "cannot stand beside match");
}

static void test_unpack__refuses_broken_wire(void **state)
{
    static const struct {
        sk_str bytes;
        const char *says;
    } cases[] = {
        {{"\x0a", 1}, "ends inside"},
        {{"\x0a\x05"
          "ab",
          4},
         "ends inside"},
        {{"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, "ends inside"},
        {{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, "field number"},
        {{"\x00\x00", 2}, "field number"},
        {{"\x80", 1}, "field number"},
        {{"\x40\x80", 2}, "malformed number"},
        {{"\xf8\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 12}, "malformed number"},
        {{"\x0b\x0c", 2}, "another type"},
        {{"\xa3\x06\xa4\x06", 4}, "groups"},
        {{"\xa6\x06", 2}, "wire types"},
        {{"\xa1\x06\x01", 3}, "unknown field"},
        {{"\xa2\x06\x7f", 3}, "unknown field"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sk_error err = {0};

        assert_int_equal(unpack(LISTING, cases[i].bytes, &err), SK_EPROTO);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%zu: says \"%s\", not \"%s\"", i, err.message, cases[i].says);
    }
}

static void test_unpack__takes_unknown_fields_and_unpacked_lists(void **state)
{
    sk_buf bytes = {0};
    sk_error err = {0};

    (void)state;
    add_number(&bytes, 1, 3);
    add_bytes(&bytes, 1, SK_STR("\x01\x04"));
    add_number(&bytes, 1000, 5);
    add_bytes(&bytes, 1001, SK_STR("\xff\xff"));
    assert_int_equal(unpack(&schakel__v1__list_suggestions__descriptor, sk_buf_view(&bytes), &err),
                     SK_OK);
    assert_int_equal(unpack(LISTING, SK_STR(""), &err), SK_OK);
    sk_buf_done(&bytes);
}

/* ---- Bounds ---- */

/* A hundred thousand levels, of groups and of submessages: refused, or stepped over as one unknown
 * field, either way at once and without recursion. */
static void test_unpack__survives_deep_nesting(void **state)
{
    static const unsigned fields[] = {1, 7, 10, 20, 100, 1000};
    enum { DEPTH = 100000 };
    int64_t started = sk_monotonic_ms();
    size_t room = DEPTH * 8;
    char *bytes = sk_malloc(room);
    sk_error err = {0};

    (void)state;
    memset(bytes, 0x0b, DEPTH);
    assert_int_equal(unpack(REQUEST, (sk_str){bytes, DEPTH}, &err), SK_EPROTO);
    memset(bytes, 0xfb, DEPTH);
    assert_int_not_equal(unpack(REQUEST, (sk_str){bytes, DEPTH}, &err), SK_OK);
    for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
        size_t at = room;

        /* From the inside out, so that nothing moves. */
        for (int i = 0; i < DEPTH && at > 16; i++) {
            sk_buf head = {0};

            add_varint(&head, fields[f] << 3 | 2);
            add_varint(&head, room - at);
            at -= head.size;
            memcpy(bytes + at, head.data, head.size);
            sk_buf_done(&head);
        }
        unpack(REQUEST, (sk_str){bytes + at, room - at}, &err);
    }
    assert_true(sk_monotonic_ms() - started < 2000);
    sk_free(bytes);
}

static void test_unpack__bounds_the_number_of_parts(void **state)
{
    sk_buf bytes = {0};

    (void)state;
    for (int i = 0; i < SK_ELEMENTS_MAX; i++)
        add_bytes(&bytes, 6, SK_STR(""));
    assert_int_equal(unpack(LISTING, sk_buf_view(&bytes), NULL), SK_ELIMIT);
    sk_buf_reset(&bytes);
    for (int i = 0; i <= SK_ELEMENTS_MAX; i++)
        add_bytes(&bytes, 6, SK_STR(""));
    assert_refused(LISTING, &bytes, SK_ELIMIT, "categories[65536]", "parts");
    for (int i = 0; i <= SK_ELEMENTS_MAX; i++)
        add_number(&bytes, 1000, 1);
    assert_refused(LISTING, &bytes, SK_ELIMIT, "", "parts");
    for (int i = 0; i <= SK_ELEMENTS_MAX; i++)
        add_bytes(&bytes, 11, SK_STR(""));
    assert_refused(LISTING, &bytes, SK_ELIMIT, "availability[65536]", "parts");
}

/* Ten thousand categories, or windows of two bytes each: never more memory than the cap. */
static void test_unpack__stays_under_its_cap(void **state)
{
    static const size_t caps[] = {100, 10000, 100000, 1 << 20, 16 << 20};

    (void)state;
    for (int field = 6; field <= 11; field += 5) {
        sk_buf bytes = {0};

        for (int i = 0; i < 10000; i++)
            add_bytes(&bytes, (unsigned)field, SK_STR(""));
        for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
            sk_arena *arena = sk_arena_new(0);
            ProtobufCMessage *message = NULL;
            sk_error err = {0};
            sk_status st =
                sk_message_unpack(LISTING, sk_buf_view(&bytes), caps[i], arena, &message, &err);

            assert_true(st == SK_OK || st == SK_ELIMIT);
            assert_true(st == SK_OK || caps[i] < 16 << 20);
            assert_true(sk_arena_used(arena) <= caps[i]);
            sk_arena_free(arena);
        }
        sk_buf_done(&bytes);
    }
}

/* ---- Random damage ---- */

static void make_request(dice *d, sk_buf *out)
{
    Schakel__V1__PutListings put = SCHAKEL__V1__PUT_LISTINGS__INIT;
    Schakel__V1__Request request = SCHAKEL__V1__REQUEST__INIT;
    Schakel__V1__Listing *items[3];
    sk_listing listings[3];

    for (int i = 0; i < 3; i++) {
        listings[i] = roll_listing(d);
        items[i] = sk_listing_to_message(&listings[i], d->arena);
    }
    put.n_listings = 3;
    put.listings = items;
    request.id = (char *)"r-1";
    request.op_case = SCHAKEL__V1__REQUEST__OP_PUT_LISTINGS;
    request.put_listings = &put;
    sk_message_pack(&request.base, out);
}

/* What unpacks also converts or is refused with a field, and packs again. */
static void use_request(const ProtobufCMessage *message, sk_arena *arena)
{
    const Schakel__V1__Request *request = (const Schakel__V1__Request *)message;
    sk_buf again = {0};

    sk_message_pack(message, &again);
    assert_int_equal(unpack(REQUEST, sk_buf_view(&again), NULL), SK_OK);
    sk_buf_done(&again);
    if (request->op_case != SCHAKEL__V1__REQUEST__OP_PUT_LISTINGS)
        return;
    for (size_t i = 0; i < request->put_listings->n_listings; i++) {
        sk_listing listing;
        sk_error err = {0};
        sk_status st =
            sk_listing_from_message(request->put_listings->listings[i], arena, &listing, &err);

        assert_true(st == SK_OK || (st == SK_EINVAL && err.field[0] && err.message[0]));
    }
}

static void test_unpack__survives_flips_and_cuts(void **state)
{
    dice d = {.state = 5, .arena = sk_arena_new(0)};
    sk_arena *arena = sk_arena_new(0);
    size_t taken = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        sk_buf bytes = {0};
        ProtobufCMessage *message = NULL;
        sk_error err = {0};
        size_t flips = roll_below(&d, 4);
        char *copy = NULL;

        make_request(&d, &bytes);
        for (size_t i = 0; i < flips; i++)
            bytes.data[roll_below(&d, bytes.size)] ^= (char)(1 << roll_below(&d, 8));
        if (roll_below(&d, 3) == 0)
            bytes.size = roll_below(&d, bytes.size);
        /* In a block of its own size, so that a sanitizer sees the first byte too far. */
        copy = sk_malloc(bytes.size + 1);
        memcpy(copy, bytes.data, bytes.size);
        if (sk_message_unpack(REQUEST, (sk_str){copy, bytes.size}, 1 << 20, arena, &message,
                              &err) == SK_OK) {
            use_request(message, arena);
            taken++;
        } else {
            assert_true(err.status == SK_EPROTO || err.status == SK_ELIMIT);
            assert_true(err.message[0] != '\0');
        }
        sk_free(copy);
        sk_buf_done(&bytes);
        sk_arena_reset(arena);
        sk_arena_reset(d.arena);
    }
    assert_true(taken > 5000 && taken < 19000);
    sk_arena_free(arena);
    sk_arena_free(d.arena);
}

/* The library reads what we pack, and packs the same bytes where it can (it drops -0). */
static void test_pack__agrees_with_the_library(void **state)
{
    dice d = {.state = 9, .arena = sk_arena_new(0)};
    int compared = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        sk_suggestion suggestion = roll_suggestion(&d);
        const ProtobufCMessage *message = NULL;
        sk_buf bytes = {0};
        uint8_t *theirs = NULL;
        size_t size = 0;

        suggestion.term_count = 0;
        suggestion.values = (sk_pair_values){.distance_m = 0, .overlap_min = 15};
        message = &sk_suggestion_to_message(&suggestion, d.arena)->base;
        sk_message_pack(message, &bytes);
        size = protobuf_c_message_get_packed_size(message);
        assert_int_equal(size, bytes.size);
        theirs = sk_malloc(size);
        protobuf_c_message_pack(message, theirs);
        assert_memory_equal(theirs, bytes.data, size);
        compared++;
        sk_free(theirs);
        sk_buf_done(&bytes);
        sk_arena_reset(d.arena);
    }
    assert_int_equal(compared, 2000);
    sk_arena_free(d.arena);
}

/* Every type that the contract uses can be packed and printed: an empty request of each operation
 * and an empty answer of each kind pass both ways. */
static void test_messages__all_have_a_json_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REQUEST->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &REQUEST->fields[i];
        sk_buf bytes = {0}, text = {0}, again = {0};

        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        add_bytes(&bytes, field->id, SK_STR(""));
        assert_int_equal(sk_message_to_json("Request", sk_buf_view(&bytes), false, &text, NULL),
                         SK_OK);
        assert_int_equal(sk_json_to_message("Request", sk_buf_view(&text), &again, NULL), SK_OK);
        assert_int_equal(again.size, bytes.size);
        assert_memory_equal(again.data, bytes.data, bytes.size);
        sk_buf_done(&bytes);
        sk_buf_done(&text);
        sk_buf_done(&again);
    }
}

/* ---- Conversions ---- */

static void assert_listing_refused(const char *json, const char *field, const char *says)
{
    sk_arena *arena = sk_arena_new(0);
    sk_listing listing = {.urgency = 77};
    sk_buf bytes = {0};
    sk_error err = {0};

    if (sk_json_to_message("Listing", sk_str_from(json), &bytes, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
    assert_int_equal(sk_decode_listing(sk_buf_view(&bytes), arena, &listing, &err), SK_EINVAL);
    assert_string_equal(err.field, field);
    if (!strstr(err.message, says))
        fail_msg("says \"%s\", not \"%s\"", err.message, says);
    assert_int_equal(listing.urgency, 77);
    sk_buf_done(&bytes);
    sk_arena_free(arena);
}

static void test_listing__refuses_windows_that_mean_nothing(void **state)
{
    (void)state;
    assert_listing_refused("{\"availability\":[{}]}", "availability[0]", "either days");
    assert_listing_refused("{\"availability\":[{\"tzid\":\"x\"}]}", "availability[0]", "either");
    assert_listing_refused("{\"availability\":[{\"days\":[\"MO\"],\"from\":\"14:00\",\"to\":"
                           "\"15:00\",\"start\":\"2026-03-05T14:00\"}]}",
                           "availability[0]", "either");
    assert_listing_refused("{\"availability\":[{\"days\":[\"MO\"],\"from\":\"14:00\",\"to\":"
                           "\"15:00\",\"rrule\":\"FREQ=DAILY\"}]}",
                           "availability[0]", "either");
    assert_listing_refused("{\"availability\":[{\"days\":[\"MO\"],\"to\":\"15:00\"}]}",
                           "availability[0].from", "needed");
    assert_listing_refused("{\"availability\":[{\"from\":\"14:00\",\"to\":\"15:00\"}]}",
                           "availability[0].days", "at least one");
    assert_listing_refused("{\"availability\":[{\"days\":[\"MO\",\"mo\"],\"from\":\"14:00\",\"to\":"
                           "\"15:00\"}]}",
                           "availability[0].days[1]", "none of MO");
    assert_listing_refused("{\"availability\":[{\"days\":[\"MO\"],\"from\":\"24:00\",\"to\":"
                           "\"15:00\"}]}",
                           "availability[0].from", "00:00 to 23:59");
    assert_listing_refused("{\"availability\":[{\"days\":[\"MO\"],\"from\":\"14:00\",\"to\":"
                           "\"15:0\"}]}",
                           "availability[0].to", "00:00 to 23:59");
    assert_listing_refused("{\"availability\":[{\"start\":\"2026-03-05T14:00\"}]}",
                           "availability[0].end", "needed");
    assert_listing_refused("{\"availability\":[{\"rrule\":\"x\"}]}", "availability[0].start",
                           "needed");
    assert_listing_refused("{\"availability\":[{\"start\":\"2026-02-30T14:00\",\"end\":"
                           "\"2026-03-05T15:00\"}]}",
                           "availability[0].start", "no local time");
    assert_listing_refused("{\"availability\":[{\"start\":\"2026-02-20T14:00Z\",\"end\":"
                           "\"2026-03-05T15:00\"}]}",
                           "availability[0].start", "no local time");
    assert_listing_refused("{\"availability\":[{\"start\":\"2026-02-20T14:00\",\"end\":"
                           "\"2026-02-20T15:00\",\"exdate\":[\"2026-02-20T14:00\",\"x\"]}]}",
                           "availability[0].exdate[1]", "no local time");
}

static void test_time__keeps_to_years_1_to_9999(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        sk_status st;
        int64_t ms;
    } cases[] = {{0, 1999999, SK_OK, 1},
                 {-1, 999999999, SK_OK, -1},
                 {-62135596800, 0, SK_OK, SK_TIME_MIN_MS},
                 {253402300799, 999999999, SK_OK, SK_TIME_MAX_MS},
                 {-62135596801, 999999999, SK_EINVAL, 0},
                 {253402300800, 0, SK_EINVAL, 0},
                 {INT64_MAX, 0, SK_EINVAL, 0},
                 {INT64_MIN, 0, SK_EINVAL, 0},
                 {0, -1, SK_EINVAL, 0},
                 {0, 1000000000, SK_EINVAL, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Google__Protobuf__Timestamp message = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        int64_t ms = 0;
        sk_error err = {0};

        message.seconds = cases[i].seconds;
        message.nanos = cases[i].nanos;
        assert_int_equal(sk_time_from_message(&message, "until", &ms, &err), cases[i].st);
        assert_int_equal(ms, cases[i].ms);
        assert_string_equal(err.field, cases[i].st == SK_OK ? "" : "until");
    }
}

static void test_records__refuse_what_the_model_cannot_hold(void **state)
{
    static const struct {
        const char *name, *json, *field;
    } cases[] = {
        {"Area", "{\"polygons\":[{\"rings\":[{},{\"lon\":[1,2],\"lat\":[1]}]}]}",
         "polygons[0].rings[1]"},
        {"Token", "{\"hash\":\"AAAA\"}", "hash"},
        {"Party", "{\"preferences\":{\"quietFrom\":\"21:00\"}}", "preferences.quietTo"},
        {"Suggestion", "{\"appointments\":[{\"start\":\"2026-03-05T14:00:00Z\"}]}",
         "appointments[0].end"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sk_arena *arena = sk_arena_new(0);
        sk_buf bytes = {0};
        sk_error err = {0};
        sk_str view;
        sk_status st = SK_OK;

        assert_int_equal(
            sk_json_to_message(cases[i].name, sk_str_from(cases[i].json), &bytes, &err), SK_OK);
        view = sk_buf_view(&bytes);
        if (i == 0)
            st = sk_decode_area(view, arena, &(sk_area){0}, &err);
        if (i == 1)
            st = sk_decode_token(view, arena, &(sk_token){0}, &err);
        if (i == 2)
            st = sk_decode_party(view, arena, &(sk_party){0}, &err);
        if (i == 3)
            st = sk_decode_suggestion(view, arena, &(sk_suggestion){0}, &err);
        assert_int_equal(st, SK_EINVAL);
        assert_string_equal(err.field, cases[i].field);
        sk_buf_done(&bytes);
        sk_arena_free(arena);
    }
}

static void test_listing__refuses_doubled_attributes(void **state)
{
    sk_arena *arena = sk_arena_new(0);
    sk_buf bytes = {0}, text = {0};
    sk_error err = {0};
    sk_listing listing;

    (void)state;
    for (int i = 0; i < 2; i++) {
        sk_buf entry = {0};

        add_bytes(&entry, 1, SK_STR("x"));
        add_bytes(&entry, 2, SK_STR("\x18\x01"));
        add_bytes(&bytes, 20, sk_buf_view(&entry));
        sk_buf_done(&entry);
    }
    assert_int_equal(sk_decode_listing(sk_buf_view(&bytes), arena, &listing, &err), SK_EINVAL);
    assert_string_equal(err.field, "attributes.x");
    assert_int_equal(sk_message_to_json("Listing", sk_buf_view(&bytes), false, &text, &err),
                     SK_EINVAL);
    assert_int_equal(text.size, 0);
    assert_string_equal(err.field, "attributes.x");
    sk_buf_reset(&bytes);
    add_bytes(&bytes, 20, SK_STR("\x0a\x01y"));
    assert_int_equal(sk_decode_listing(sk_buf_view(&bytes), arena, &listing, &err), SK_EINVAL);
    assert_string_equal(err.field, "attributes.y");
    sk_buf_done(&bytes);
    sk_buf_done(&text);
    sk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unpack__names_the_field_of_bad_text),
        cmocka_unit_test(test_unpack__refuses_what_does_not_fit),
        cmocka_unit_test(test_unpack__refuses_what_comes_twice),
        cmocka_unit_test(test_unpack__refuses_broken_wire),
        cmocka_unit_test(test_unpack__takes_unknown_fields_and_unpacked_lists),
        cmocka_unit_test(test_unpack__survives_deep_nesting),
        cmocka_unit_test(test_unpack__bounds_the_number_of_parts),
        cmocka_unit_test(test_unpack__stays_under_its_cap),
        cmocka_unit_test(test_unpack__survives_flips_and_cuts),
        cmocka_unit_test(test_pack__agrees_with_the_library),
        cmocka_unit_test(test_messages__all_have_a_json_name),
        cmocka_unit_test(test_listing__refuses_windows_that_mean_nothing),
        cmocka_unit_test(test_time__keeps_to_years_1_to_9999),
        cmocka_unit_test(test_records__refuse_what_the_model_cannot_hold),
        cmocka_unit_test(test_listing__refuses_doubled_attributes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
