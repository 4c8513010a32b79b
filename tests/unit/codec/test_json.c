/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "codec/codec.h"

#include "random_records.h"
#include "same_records.h"

/* JSON in, the same message's JSON out. */
static void assert_becomes(const char *name, const char *json, const char *expected)
{
    sk_buf bytes = {0}, text = {0};
    sk_error err = {0};

    if (sk_json_to_message(name, sk_str_from(json), &bytes, &err) != SK_OK)
        fail_msg("%s: %s: %s", json, err.field, err.message);
    if (sk_message_to_json(name, sk_buf_view(&bytes), false, &text, &err) != SK_OK)
        fail_msg("%s: %s: %s", json, err.field, err.message);
    sk_buf_add(&text, "", 1);
    assert_string_equal(text.data, expected);
    sk_buf_done(&bytes);
    sk_buf_done(&text);
}

/* Refused, naming the field, with `says` in the message; the output is not touched. */
static void assert_refused(const char *name, const char *json, const char *field, const char *says)
{
    sk_buf bytes = {0};
    sk_error err = {0};

    sk_buf_text(&bytes, "before");
    if (sk_json_to_message(name, sk_str_from(json), &bytes, &err) == SK_OK)
        fail_msg("accepted: %s", json);
    assert_string_equal(err.field, field);
    if (!strstr(err.message, says))
        fail_msg("%s: says \"%s\", not \"%s\"", json, err.message, says);
    assert_int_equal(bytes.size, 6);
    sk_buf_done(&bytes);
}

static void test_json__follows_the_proto3_mapping(void **state)
{
    (void)state;
    assert_becomes("Listing", "{\"partyId\":\"p\",\"kind\":\"NEED\",\"reachM\":5,\"remote\":true}",
                   "{\"kind\":\"NEED\",\"partyId\":\"p\",\"reachM\":5,\"remote\":true}");
    assert_becomes("Listing", "{\"party_id\":\"p\",\"reach_m\":7.0,\"within_m\":1e3}",
                   "{\"partyId\":\"p\",\"reachM\":7,\"withinM\":1000}");
    assert_becomes("Listing", "{\"kind\":\"KIND_OFFER\",\"status\":2}",
                   "{\"kind\":\"OFFER\",\"status\":\"PAUSED\"}");
    assert_becomes("Listing", "{\"version\":\"18446744073709551615\"}",
                   "{\"version\":\"18446744073709551615\"}");
    assert_becomes("Listing", "{\"version\":42}", "{\"version\":\"42\"}");
    assert_becomes("Suggestion", "{\"score\":-9223372036854775808}",
                   "{\"score\":\"-9223372036854775808\"}");
    assert_becomes("Listing", "{\"validFrom\":\"2026-03-05T14:00:00.25+01:00\"}",
                   "{\"validFrom\":\"2026-03-05T13:00:00.250Z\"}");
    assert_becomes("Listing", "{\"validFrom\":\"0001-01-01T00:00:00Z\"}",
                   "{\"validFrom\":\"0001-01-01T00:00:00Z\"}");
    assert_becomes("PairValues", "{\"needLoad30d\":2,\"offer_load_30d\":3}",
                   "{\"needLoad30d\":2,\"offerLoad30d\":3}");
    assert_becomes("FindArea", "{\"rd\":{\"xM\":1.5,\"y_m\":-2}}",
                   "{\"rd\":{\"xM\":1.5,\"yM\":-2}}");
    assert_becomes("Token", "{\"hash\":\"AP_-Zm8\"}", "{\"hash\":\"AP/+Zm8=\"}");
    assert_becomes("Token", "{\"hash\":\"YQ\"}", "{\"hash\":\"YQ==\"}");
    assert_becomes("Token", "{\"hash\":\"YWJj\"}", "{\"hash\":\"YWJj\"}");
    assert_becomes("ListSuggestions", "{\"states\":[\"PROPOSED\",4,\"STATE_UNSPECIFIED\"]}",
                   "{\"states\":[\"PROPOSED\",\"PARKED\",\"UNSPECIFIED\"]}");
    assert_becomes("Ring", "{\"lon\":[1,-0.0,0.1],\"lat\":[]}", "{\"lon\":[1,-0.0,0.1]}");
}

static void test_json__leaves_out_defaults_but_not_choices(void **state)
{
    (void)state;
    assert_becomes("Listing",
                   "{\"title\":\"\",\"reachM\":0,\"remote\":false,\"kind\":0,"
                   "\"categories\":[],\"attributes\":{},\"id\":null}",
                   "{}");
    assert_becomes("Listing", "{\"point\":{\"lat\":0,\"lon\":0.0}}", "{\"point\":{}}");
    assert_becomes("PairValues", "{\"distanceM\":0,\"overlapMin\":0}", "{\"distanceM\":0}");
    assert_becomes("ReadEvents", "{\"after\":0}", "{\"after\":\"0\"}");
    assert_becomes("Request", "{\"listRules\":{}}", "{\"listRules\":{}}");
    assert_becomes("Request", "{\"listRules\":{},\"match\":null}", "{\"listRules\":{}}");
}

static void test_json__writes_attributes_bare(void **state)
{
    (void)state;
    assert_becomes("Listing",
                   "{\"attributes\":{\"z\":\"\",\"b\":12.5,\"a\":false,\"\":0,\"n\":-0.0}}",
                   "{\"attributes\":{\"z\":\"\",\"b\":12.5,\"a\":false,\"\":0,\"n\":-0.0}}");
    assert_refused("Listing", "{\"attributes\":{\"x\":null}}", "attributes.x", "must be a string");
    assert_refused("Listing", "{\"attributes\":{\"x\":{\"stringValue\":\"y\"}}}", "attributes.x",
                   "must be a string");
    assert_refused("Listing", "{\"attributes\":{\"x\":1,\"x\":2}}", "", "duplicate");
    assert_refused("Listing", "{\"attributes\":[]}", "attributes", "must be an object");
}

static void test_json__refuses_wrong_types_naming_the_field(void **state)
{
    (void)state;
    assert_refused("Request",
                   "{\"putListings\":{\"listings\":[{\"point\":{\"lat\":\"52\",\"lon\":5}}]}}",
                   "putListings.listings[0].point.lat", "must be a number");
    assert_refused("Listing", "{\"title\":5}", "title", "must be a string");
    assert_refused("Listing", "{\"remote\":1}", "remote", "true or false");
    assert_refused("Listing", "{\"remote\":\"true\"}", "remote", "true or false");
    assert_refused("Listing", "{\"reachM\":\"5\"}", "reachM", "must be a number");
    assert_refused("Listing", "{\"categories\":\"a\"}", "categories", "must be a list");
    assert_refused("Listing", "{\"categories\":[\"a\",null]}", "categories[1]", "must be a string");
    assert_refused("Listing", "{\"categories\":[\"a\",[\"b\"]]}", "categories[1]", "a string");
    assert_refused("Listing", "{\"point\":[5,52]}", "point", "must be an object");
    assert_refused("Listing", "[]", "", "must be an object");
    assert_refused("Listing", "{\"kind\":\"need\"}", "kind", "must be one of NEED INITIATIVE");
    assert_refused("Listing", "{\"kind\":7}", "kind", "must be one of");
    assert_refused("Listing", "{\"kind\":1.5}", "kind", "must be one of");
    assert_refused("Listing", "{\"kind\":1e300}", "kind", "must be one of");
    assert_refused("Listing", "{\"validFrom\":\"gisteren\"}", "validFrom", "");
    assert_refused("Listing", "{\"validFrom\":1772719200}", "validFrom", "a time in a string");
    assert_refused("Token", "{\"hash\":\"a\"}", "hash", "base64");
    assert_refused("Token", "{\"hash\":\"ab!d\"}", "hash", "base64");
    assert_refused("Token", "{\"hash\":\"YQ=\"}", "hash", "base64");
    assert_refused("Token", "{\"hash\":\"====\"}", "hash", "base64");
    assert_refused("Geen", "{}", "", "no message is called");
}

static void test_json__refuses_numbers_out_of_range(void **state)
{
    (void)state;
    assert_refused("Listing", "{\"reachM\":1.5}", "reachM", "whole number");
    assert_refused("Listing", "{\"reachM\":-1}", "reachM", "out of range");
    assert_refused("Listing", "{\"reachM\":4294967296}", "reachM", "out of range");
    assert_refused("Listing", "{\"reachM\":1e300}", "reachM", "whole number");
    assert_refused("Listing", "{\"reachM\":1e19}", "reachM", "out of range");
    assert_refused("Listing", "{\"reachM\":1e999999999}", "", "overflow");
    assert_refused("Listing", "{\"reachM\":99999999999999999999}", "", "too big");
    assert_refused("Listing", "{\"version\":\"18446744073709551616\"}", "version", "whole number");
    assert_refused("Listing", "{\"version\":\"-1\"}", "version", "out of range");
    assert_refused("Listing", "{\"version\":\"1 \"}", "version", "whole number");
    assert_refused("Listing", "{\"version\":\"\"}", "version", "whole number");
    assert_refused("Listing", "{\"version\":1e20}", "version", "whole number");
    assert_refused("Suggestion", "{\"score\":\"9223372036854775808\"}", "score", "out of range");
    assert_refused("Suggestion", "{\"score\":9.3e18}", "score", "out of range");
    assert_refused("Listing", "{\"point\":{\"lat\":NaN}}", "", "line 1, column 17");
    assert_refused("Listing", "{\"point\":{\"lat\":\"NaN\"}}", "point.lat", "must be a number");
}

static void test_json__refuses_unknown_and_doubled_names(void **state)
{
    (void)state;
    assert_refused("Listing", "{\"titel\":\"x\"}", "titel", "did you mean \"title\"?");
    assert_refused("Listing", "{\"partyid\":\"x\"}", "partyid", "did you mean \"partyId\"?");
    assert_refused("Listing", "{\"zzzz\":\"x\"}", "zzzz", "unknown field of Listing");
    assert_refused("Listing", "{\"title\":\"x\",\"title\":\"x\"}", "", "duplicate");
    assert_refused("Listing", "{\"partyId\":\"x\",\"party_id\":\"x\"}", "party_id", "twice");
    assert_refused("Request", "{\"match\":{},\"whyNot\":{}}", "whyNot", "beside \"match\"");
    assert_refused("Request",
                   "{\"putListings\":{\"listings\":[{},{\"availability\":[{\"foo\":1}]}]}}",
                   "putListings.listings[1].availability[0].foo", "unknown field of Window");
    assert_refused("Listing", "{\"title\":\"a\\u0000b\"}", "", "line 1");
    assert_refused("Listing", "{\"ti\\u0000\":1}", "", "line 1");
    assert_refused("Listing", "{} {}", "", "behind the value");
    assert_refused("Listing", "{\"title\":\"\\ud800\"}", "", "surrogate");
    assert_refused("Listing", "{\"title\":\"\xff\"}", "", "not UTF-8");
}

static void test_json__is_pretty_on_request(void **state)
{
    sk_buf bytes = {0}, text = {0};

    (void)state;
    assert_int_equal(sk_json_to_message("Listing",
                                        SK_STR("{\"title\":\"a\",\"categories\":[\"b\",\"c\"],"
                                               "\"point\":{},\"attributes\":{\"x\":1},"
                                               "\"availability\":[{\"from\":\"1\"},{}]}"),
                                        &bytes, NULL),
                     SK_OK);
    assert_int_equal(sk_message_to_json("Listing", sk_buf_view(&bytes), true, &text, NULL), SK_OK);
    sk_buf_add(&text, "", 1);
    assert_string_equal(text.data, "{\n"
                                   "  \"title\": \"a\",\n"
                                   "  \"categories\": [\"b\", \"c\"],\n"
                                   "  \"point\": {},\n"
                                   "  \"availability\": [\n"
                                   "    {\n"
                                   "      \"from\": \"1\"\n"
                                   "    },\n"
                                   "    {}\n"
                                   "  ],\n"
                                   "  \"attributes\": {\n"
                                   "    \"x\": 1\n"
                                   "  }\n"
                                   "}");
    sk_buf_done(&bytes);
    sk_buf_done(&text);
}

static void test_json__prints_doubles_shortest(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1e21, "1e+21"},
                 {1.0 / 3, "0.3333333333333333"},
                 {5e-324, "5e-324"},
                 {2.2250738585072014e-308, "2.2250738585072014e-308"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"},
                 {123456789012345680.0, "1.2345678901234568e+17"},
                 {52.09083, "52.09083"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sk_point point = {cases[i].value, 0};
        sk_listing listing = {.has_point = true, .point = point};
        sk_buf bytes = {0}, text = {0}, expected = {0};

        sk_encode_listing(&listing, &bytes);
        assert_int_equal(sk_message_to_json("Listing", sk_buf_view(&bytes), false, &text, NULL),
                         SK_OK);
        sk_buf_printf(&expected, "{\"point\":{\"lat\":%s}}", cases[i].text);
        assert_int_equal(text.size, expected.size);
        assert_memory_equal(text.data, expected.data, text.size);
        sk_buf_done(&bytes);
        sk_buf_done(&text);
        sk_buf_done(&expected);
    }
}

static void test_json__refuses_to_print_what_json_lacks(void **state)
{
    sk_listing listing = {.has_point = true, .point = {NAN, INFINITY}};
    sk_buf bytes = {0}, text = {0};
    sk_error err = {0};

    (void)state;
    sk_encode_listing(&listing, &bytes);
    assert_int_equal(sk_message_to_json("Listing", sk_buf_view(&bytes), false, &text, &err),
                     SK_EINVAL);
    assert_string_equal(err.field, "point.lat");
    assert_int_equal(text.size, 0);
    sk_buf_done(&bytes);
    sk_buf_done(&text);
}

/* Random records keep their bytes through JSON, compact and pretty. */
static void test_json__keeps_random_records(void **state)
{
    dice d = {.state = 11, .arena = sk_arena_new(0)};

    (void)state;
    for (int i = 0; i < 3000; i++) {
        static const char *const names[] = {"Listing", "Suggestion", "Party", "Area"};
        sk_buf bytes = {0}, text = {0}, again = {0};
        sk_error err = {0};
        sk_listing listing = roll_listing(&d);
        sk_suggestion suggestion = roll_suggestion(&d);
        sk_party party = roll_party(&d);
        sk_area area = roll_area(&d);

        if (i % 4 == 0)
            sk_encode_listing(&listing, &bytes);
        if (i % 4 == 1)
            sk_encode_suggestion(&suggestion, &bytes);
        if (i % 4 == 2)
            sk_encode_party(&party, true, &bytes);
        if (i % 4 == 3)
            sk_encode_area(&area, &bytes);
        if (sk_message_to_json(names[i % 4], sk_buf_view(&bytes), i & 4, &text, &err) != SK_OK)
            fail_msg("out: %s: %s", err.field, err.message);
        assert_int_equal(sk_json_check(sk_buf_view(&text), &err), SK_OK);
        if (sk_json_to_message(names[i % 4], sk_buf_view(&text), &again, &err) != SK_OK)
            fail_msg("in: %s: %s in %.*s", err.field, err.message, (int)text.size, text.data);
        assert_int_equal(bytes.size, again.size);
        assert_memory_equal(sk_buf_view(&bytes).data, sk_buf_view(&again).data, bytes.size);
        sk_buf_done(&bytes);
        sk_buf_done(&text);
        sk_buf_done(&again);
        sk_arena_reset(d.arena);
    }
    sk_arena_free(d.arena);
}

/* Each allocation of ours in turn fails; the output is as it was. */
static void test_json__reports_lack_of_memory(void **state)
{
    const sk_str json = SK_STR("{\"title\":\"a long enough title to need more than one block\","
                               "\"categories\":[\"a\",\"b\"],\"attributes\":{\"x\":1}}");
    sk_buf bytes = {0};
    sk_status st = SK_ENOMEM;

    (void)state;
    assert_int_equal(sk_json_to_message("Listing", json, &bytes, NULL), SK_OK);
    for (long n = 0; st != SK_OK; n++) {
        sk_buf text = {0}, again = {0};

        sk_alloc_fail_after(n);
        st = sk_json_to_message("Listing", json, &again, NULL);
        assert_true(st != SK_OK || !again.failed);
        if (st == SK_OK)
            st = sk_message_to_json("Listing", sk_buf_view(&bytes), true, &text, NULL);
        sk_alloc_fail_after(-1);
        assert_true(st == SK_OK || (st == SK_ENOMEM && text.size == 0));
        assert_true(st != SK_OK || !text.failed);
        assert_true(n < 100);
        sk_buf_done(&text);
        sk_buf_done(&again);
    }
    sk_buf_done(&bytes);
}

/* ---- Hostile strings ---- */

static void assert_survives(json_t *string)
{
    json_t *listing = json_pack("{s:O, s:{s:O}, s:[O]}", "title", string, "attributes", "x", string,
                                "categories", string);
    char *given = json_dumps(listing, JSON_COMPACT);
    sk_buf bytes = {0}, stored = {0}, text = {0};
    sk_arena *arena = sk_arena_new(0);
    sk_listing record;
    sk_error err = {0};
    json_t *got = NULL;

    if (sk_json_to_message("Listing", sk_str_from(given), &bytes, &err) != SK_OK)
        fail_msg("%s: %s", given, err.message);
    assert_int_equal(sk_decode_listing(sk_buf_view(&bytes), arena, &record, &err), SK_OK);
    assert_int_equal(record.title.size, json_string_length(string));
    sk_encode_listing(&record, &stored);
    assert_int_equal(sk_message_to_json("Listing", sk_buf_view(&stored), false, &text, &err),
                     SK_OK);
    got = json_loadb(text.data, text.size, 0, NULL);
    if (json_string_length(string) == 0)
        json_object_del(listing, "title");
    assert_true(json_equal(listing, got));
    json_decref(got);
    json_decref(listing);
    free(given);
    sk_arena_free(arena);
    sk_buf_done(&bytes);
    sk_buf_done(&stored);
    sk_buf_done(&text);
}

static void test_json__keeps_naughty_strings(void **state)
{
    const char *data = getenv("SCHAKEL_DATA");
    char path[4096];
    json_t *list = NULL;
    size_t i = 0;
    json_t *string = NULL;

    (void)state;
    if (!data) {
        print_message("SCHAKEL_DATA is not set: skipped\n");
        return;
    }
    snprintf(path, sizeof(path), "%s/text/blns.json", data);
    list = json_load_file(path, 0, NULL);
    assert_true(json_array_size(list) > 400);
    json_array_foreach(list, i, string) assert_survives(string);
    print_message("%zu strings\n", json_array_size(list));
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__follows_the_proto3_mapping),
        cmocka_unit_test(test_json__leaves_out_defaults_but_not_choices),
        cmocka_unit_test(test_json__writes_attributes_bare),
        cmocka_unit_test(test_json__refuses_wrong_types_naming_the_field),
        cmocka_unit_test(test_json__refuses_numbers_out_of_range),
        cmocka_unit_test(test_json__refuses_unknown_and_doubled_names),
        cmocka_unit_test(test_json__is_pretty_on_request),
        cmocka_unit_test(test_json__prints_doubles_shortest),
        cmocka_unit_test(test_json__refuses_to_print_what_json_lacks),
        cmocka_unit_test(test_json__keeps_random_records),
        cmocka_unit_test(test_json__reports_lack_of_memory),
        cmocka_unit_test(test_json__keeps_naughty_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
