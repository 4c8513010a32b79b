/* SPDX-License-Identifier: EUPL-1.2 */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>

/* Who may do what, through the wire: every operation with a token of every role. Only whether the
 * answer is DENIED counts; most requests name records that do not exist, so that nothing changes.
 */

enum { RESIDENT, CONNECTOR, ADMIN, INTEGRATOR, READER, RULE_AUTHOR, CHANNEL, ROLES };
static const char *const role_names[ROLES] = {"RESIDENT", "CONNECTOR",   "ADMIN",  "INTEGRATOR",
                                              "READER",   "RULE_AUTHOR", "CHANNEL"};

static const struct {
    const char *operation;
    const char *may; /**< One letter a role, in the order above; a point: denied. */
} table[] = {
    {"\"putListings\": {\"listings\": [{}]}", "RCAI..."},
    {"\"getListing\": {\"id\": \"x\"}", "RCAIEU."},
    {"\"listListings\": {}", "RCAIEU."},
    {"\"withdrawListing\": {\"id\": \"x\"}", "RCAI..."},
    {"\"setListingStatus\": {\"id\": \"x\", \"status\": \"OPEN\"}", "RCAI..."},
    {"\"putParties\": {\"parties\": [{}]}", "RCAI..."},
    {"\"getParty\": {\"id\": \"p1\", \"withContact\": true}", ".CA...."},
    {"\"eraseParty\": {\"id\": \"x\"}", "R.A...."},
    {"\"exportParty\": {\"id\": \"x\"}", "R.A...."},
    {"\"match\": {\"queries\": [{\"listingId\": \"need\"}]}", "RCAIEU."},
    {"\"whyNot\": {\"listingId\": \"need\"}", "RCAIEU."},
    {"\"listSuggestions\": {}", "RCAIEU."},
    {"\"getSuggestion\": {\"id\": \"x\"}", "RCAIEU."},
    {"\"decide\": {\"suggestionId\": \"x\", \"decision\": \"ACCEPT\"}", ".CAI..."},
    {"\"decide\": {\"suggestionId\": \"x\", \"decision\": \"YES\"}", "RCAI..."},
    {"\"handOver\": {\"suggestionId\": \"x\", \"connectorId\": \"vera\"}", ".CAI..."},
    {"\"undo\": {\"suggestionId\": \"x\"}", ".CAI..."},
    {"\"relaxCase\": {\"listingId\": \"x\"}", ".CA...."},
    {"\"setAppointments\": {\"suggestionId\": \"x\"}", "RCAI..."},
    {"\"putConnectors\": {\"connectors\": [{}]}", "..A...."},
    {"\"listConnectors\": {}", "RCAIEU."},
    {"\"readEvents\": {}", ".CAIE.."},
    {"\"ackEvents\": {\"consumer\": \"c\", \"seq\": \"1\"}", ".CAIE.."},
    {"\"putAreas\": {\"areas\": [{}]}", "..AI..."},
    {"\"listAreas\": {}", "RCAIEU."},
    {"\"findArea\": {\"point\": {\"lat\": 52, \"lon\": 5}}", "RCAIEU."},
    {"\"putTaxonomy\": {\"taxonomy\": {}}", "..AI..."},
    {"\"getTaxonomy\": {}", "RCAIEU."},
    {"\"pushRules\": {\"source\": \"nee\"}", "..A..U."},
    {"\"testRules\": {\"source\": \"nee\"}", "..A..U."},
    {"\"dryRunRules\": {\"hash\": \"x\"}", "..A..U."},
    {"\"getDryRun\": {\"id\": \"x\"}", "..A..U."},
    {"\"cancelDryRun\": {\"id\": \"x\"}", "..A..U."},
    {"\"approveRules\": {\"hash\": \"x\"}", "..A..U."},
    {"\"activateRules\": {\"hash\": \"x\"}", "..A...."},
    {"\"rollbackRules\": {}", "..A...."},
    {"\"listRules\": {}", "RCAIEU."},
    {"\"getRules\": {}", "RCAIEU."},
    {"\"export\": {}", "..AI..."},
    {"\"export\": {\"withContact\": true}", "..A...."},
    {"\"getStatus\": {}", "RCAIEU."},
    {"\"backup\": {\"name\": \"..\"}", "..A...."},
    {"\"createToken\": {\"name\": \"x\"}", "..A...."},
    {"\"listTokens\": {}", "..A...."},
    {"\"revokeToken\": {\"id\": \"x\"}", "..A...."},
    {"\"stepClock\": {\"to\": \"2026-03-02T10:00:00Z\"}", "..A...."},
    {"\"takeMessages\": {\"channel\": \"mail\"}", "..AI..H"},
    {"\"reportMessage\": {\"id\": \"x\", \"attempt\": 1, \"outcome\": \"SENT\"}", "..AI..H"},
    {"\"listMessages\": {}", ".CAI..."},
    {"\"retryMessage\": {\"id\": \"x\"}", ".CAI..."},
};

static bool is_denied(bench *b, const char *token, const char *operation, size_t number)
{
    char *text = NULL;
    bool denied;

    assert_true(
        asprintf(&text, "{\"id\": \"q%zu\", \"token\": \"%s\", %s}", number, token, operation) > 0);
    denied = strcmp(at(ask_wire(b, text), "status"), "DENIED") == 0;
    free(text);
    return denied;
}

static void test_rights__are_those_of_the_role(void **state)
{
    bench *b = *state;
    int wrong = 0;

    for (int role = 0; role < ROLES; role++) {
        char token[65];

        make_token(b, role_names[role], token);
        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
            bool may = table[i].may[role] != '.';

            if (is_denied(b, token, table[i].operation, i) == may) {
                print_message("%s, %s: %s\n", role_names[role], table[i].operation,
                              may ? "is denied" : "is allowed");
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_rights__end_at_the_areas_of_the_token(void **state)
{
    bench *b = *state;
    char token[65], *text = NULL;

    ask(b, "{\"createToken\": {\"name\": \"elders\", \"role\": \"CONNECTOR\", \"areas\":"
           " [\"WK000999\"]}}");
    snprintf(token, sizeof(token), "%s", at(b->last, "newToken.token"));
    assert_true(asprintf(&text, "{\"token\": \"%s\", \"listSuggestions\": {}}", token) > 0);
    assert_int_equal(size_at(ask_wire(b, text), "suggestions.items"), 0);
    assert_at(b->last, "status", "OK");
    free(text);
}

static void test_rights__blur_places_for_who_need_no_point(void **state)
{
    bench *b = *state;
    char token[65], *text = NULL;

    make_token(b, "READER", token);
    assert_true(asprintf(&text, "{\"token\": \"%s\", \"getListing\": {\"id\": \"offer\"}}", token) >
                0);
    assert_at(ask_wire(b, text), "status", "OK");
    assert_string_not_equal(at(b->last, "listing.point.lat"), "");
    assert_string_not_equal(at(b->last, "listing.point.lat"), "52.100999999999999");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"offer\"}}"), "listing.point.lat",
              "52.100999999999999");
    free(text);
}

#define peopled(name) cmocka_unit_test_setup_teardown(name, bench_open_peopled, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        peopled(test_rights__are_those_of_the_role),
        peopled(test_rights__end_at_the_areas_of_the_token),
        peopled(test_rights__blur_places_for_who_need_no_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
