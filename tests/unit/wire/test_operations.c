/* SPDX-License-Identifier: EUPL-1.2 */
#include "ask.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Every operation once, and what its answer holds. */

/* ---- Listings and parties ---- */

static void test_listings__are_put_read_listed_and_withdrawn(void **state)
{
    bench *b = *state;

    assert_at(ask(b, "{\"getListing\": {\"id\": \"need\"}}"), "listing.title", "Naar de arts");
    assert_at(b->last, "listing.buurt", "BU00010001");
    assert_at(b->last, "listing.point.lat", "52.100000000000001");
    assert_at(b->last, "listing.version", "1");
    assert_at(b->last, "listing.status", "OPEN");
    ask(b, "{\"listListings\": {\"kind\": \"OFFER\", \"category\": \"vervoer\"}}");
    assert_int_equal(size_at(b->last, "listings.items"), 1);
    assert_at(b->last, "listings.items.0.id", "offer");
    ask(b, "{\"listListings\": {\"limit\": 1}}");
    assert_at(b->last, "listings.next", "need");
    ask(b, "{\"listListings\": {\"limit\": 1, \"after\": \"need\"}}");
    assert_at(b->last, "listings.items.0.id", "offer");
    assert_at(b->last, "listings.next", "");
    assert_at(ask(b, "{\"listListings\": {\"limit\": 257}}"), "error.field", "listListings.limit");
    ask(b, "{\"setListingStatus\": {\"id\": \"need\", \"status\": \"PAUSED\"}}");
    assert_at(b->last, "receipts.items.0.version", "2");
    ask(b, "{\"listListings\": {\"status\": \"PAUSED\"}}");
    assert_at(b->last, "listings.items.0.id", "need");
    assert_at(ask(b, "{\"withdrawListing\": {\"id\": \"need\"}}"), "receipts.items.0.version", "3");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"need\"}}"), "listing.status", "WITHDRAWN");
    assert_at(ask(b, "{\"setListingStatus\": {\"id\": \"need\", \"status\": \"EXPIRED\"}}"),
              "error.field", "setListingStatus.status");
}

static void test_put_listings__warns_of_a_masked_number(void **state)
{
    bench *b = *state;

    ask(b, "{\"putListings\": {\"listings\": [{\"id\": \"m\", \"kind\": \"NEED\", \"partyId\":"
           " \"p1\", \"title\": \"bel 111222333\", \"categories\": [\"tuin\"], \"remote\":"
           " true}]}}");
    assert_at(b->last, "status", "OK");
    assert_non_null(strstr(at(b->last, "receipts.items.0.warning"), "BSN"));
    assert_at(ask(b, "{\"getListing\": {\"id\": \"m\"}}"), "listing.title", "bel *********");
}

static void test_parties__are_put_read_exported_and_erased(void **state)
{
    bench *b = *state;

    assert_at(ask(b, "{\"getParty\": {\"id\": \"p1\"}}"), "party.party.kind", "RESIDENT");
    assert_at(b->last, "party.party.contact.name", "");
    ask(b, "{\"getParty\": {\"id\": \"p1\", \"withContact\": true}}");
    assert_at(b->last, "party.party.contact.name", "Jansje");
    ask(b, "{\"exportParty\": {\"id\": \"p1\"}}");
    assert_at(b->last, "partyExport.party.contact.phone", "0301234567");
    assert_at(b->last, "partyExport.listings.0.id", "need");
    assert_at(b->last, "partyExport.suggestions.0.demandId", "need");
    assert_at(ask(b, "{\"eraseParty\": {\"id\": \"p1\"}}"), "receipts.items.0.id", "p1");
    assert_at(ask(b, "{\"getParty\": {\"id\": \"p1\"}}"), "status", "NOT_FOUND");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"need\"}}"), "status", "NOT_FOUND");
    ask(b, "{\"putParties\": {\"parties\": [{\"id\": \"p1\", \"kind\": \"RESIDENT\"}]}}");
    assert_at(b->last, "status", "CONFLICT");
    assert_at(b->last, "error.field", "putParties.parties[0].id");
}

static void test_export__gives_pages_of_everything(void **state)
{
    bench *b = *state;

    ask(b, "{\"export\": {\"limit\": 1}}");
    assert_at(b->last, "exportPage.parties.0.id", "p1");
    assert_at(b->last, "exportPage.parties.0.contact.name", "");
    ask(b, "{\"export\": {\"withContact\": true}}");
    assert_int_equal(size_at(b->last, "exportPage.parties"), 2);
    assert_at(b->last, "exportPage.parties.0.contact.name", "Jansje");
    askf(b, "{\"export\": {\"after\": \"%s\"}}", at(b->last, "exportPage.next"));
    assert_int_equal(size_at(b->last, "exportPage.listings"), 2);
    assert_int_equal(size_at(b->last, "exportPage.connectors"), 2);
    assert_at(b->last, "exportPage.next", "");
    assert_at(ask(b, "{\"export\": {\"after\": \"zomaar\"}}"), "error.field", "export.after");
}

/* ---- Match ---- */

static void test_match__answers_with_terms_times_and_distance(void **state)
{
    bench *b = *state;

    ask(b, "{\"match\": {\"queries\": [{\"listingId\": \"need\"}]}}");
    assert_at(b->last, "matches.results.0.matches.0.listingId", "offer");
    assert_at(b->last, "matches.results.0.matches.0.kind", "OFFER");
    assert_at(b->last, "matches.results.0.matches.0.title", "Auto");
    assert_at(b->last, "matches.results.0.matches.0.buurt", "BU00010001");
    assert_at(b->last, "matches.results.0.matches.0.overlapMin", "40320");
    assert_true(fabs(atof(at(b->last, "matches.results.0.matches.0.distanceM")) - 111.195) < 0.01);
    assert_int_equal(size_at(b->last, "matches.results.0.matches.0.terms"), 5);
    assert_at(b->last, "matches.results.0.matches.0.terms.0.name", "wat");
    assert_at(b->last, "matches.results.0.matches.0.terms.0.weight", "4");
    assert_at(b->last, "matches.results.0.matches.0.terms.0.applies", "true");
    assert_non_null(strstr(at(b->last, "matches.results.0.matches.0.terms.1.why"), "verderop"));
    assert_at(b->last, "matches.results.0.matches.0.common.0.start", "2026-03-02T10:00:00Z");
}

static void test_match__leaves_out_a_distance_that_is_missing(void **state)
{
    bench *b = *state;

    ask(b, "{\"putListings\": {\"listings\": [{\"id\": \"tel\", \"kind\": \"OFFER\", \"partyId\":"
           " \"p2\", \"title\": \"Bellen\", \"categories\": [\"tuin\"], \"remote\": true}]}}");
    ask(b, "{\"match\": {\"queries\": [{\"listing\": {\"kind\": \"NEED\", \"categories\":"
           " [\"tuin\"], \"remote\": true}}]}}");
    assert_at(b->last, "status", "OK");
    assert_at(b->last, "matches.results.0.matches.0.listingId", "tel");
    assert_at(b->last, "matches.results.0.matches.0.distanceM", "");
    assert_at(b->last, "matches.results.0.matches.0.terms.1.name", "nabij");
    assert_at(b->last, "matches.results.0.matches.0.terms.1.applies", "");
}

static void test_match__takes_each_query_by_itself(void **state)
{
    bench *b = *state;

    ask(b, "{\"match\": {\"queries\": [{\"listingId\": \"offer\"}, {}, {\"listingId\": \"need\","
           " \"listing\": {\"kind\": \"NEED\"}}, {\"listingId\": \"need\", \"limit\": 101},"
           " {\"listing\": {\"kind\": \"NEED\", \"categories\": [\"tuin\"], \"point\": {\"lat\":"
           " 52, \"lon\": 500}}}, {\"listing\": {\"kind\": \"NEED\", \"categories\": [\"tuin\"],"
           " \"remote\": true, \"status\": \"PAUSED\"}}]}}");
    assert_at(b->last, "status", "OK");
    assert_at(b->last, "matches.results.0.matches.0.listingId", "need");
    assert_at(b->last, "matches.results.1.error.field", "match.queries[1].listingId");
    assert_at(b->last, "matches.results.2.error.field", "match.queries[2].listing");
    assert_at(b->last, "matches.results.3.error.field", "match.queries[3].limit");
    assert_at(b->last, "matches.results.4.error.field", "match.queries[4].listing.point.lon");
    assert_at(b->last, "matches.results.5.reason", "paused");
}

static void test_why_not__names_what_stands_in_the_way(void **state)
{
    bench *b = *state;

    ask(b, "{\"whyNot\": {\"listing\": {\"kind\": \"NEED\", \"categories\": [\"vervoer\"],"
           " \"point\": {\"lat\": 52.101, \"lon\": 5.1}, \"requires\": [\"vog\"]}}}");
    assert_at(b->last, "whyNot.counterparts", "1");
    assert_at(b->last, "whyNot.groups.0.constraints.0", "traits");
    assert_at(b->last, "whyNot.groups.0.count", "1");
    assert_at(b->last, "whyNot.groups.0.best.0.listingId", "offer");
    assert_at(b->last, "whyNot.groups.0.best.0.title", "Auto");
    assert_string_not_equal(at(b->last, "whyNot.groups.0.best.0.change"), "");
    assert_at(ask(b, "{\"whyNot\": {\"listingId\": \"need\"}}"), "whyNot.possible", "1");
    assert_at(ask(b, "{\"whyNot\": {}}"), "error.field", "whyNot.listingId");
    ask(b, "{\"whyNot\": {\"listing\": {\"kind\": \"NEED\", \"categories\": [\"niets\"],"
           " \"remote\": true}}}");
    assert_at(b->last, "error.field", "whyNot.listing.categories[0]");
}

/* ---- Suggestions ---- */

/** The only suggestion's id, with the version that is seen. */
static const char *the_suggestion(bench *b, char out[64])
{
    ask(b, "{\"listSuggestions\": {\"states\": [\"PROPOSED\", \"ACCEPTED\", \"REJECTED\","
           " \"INTRODUCED\", \"CONNECTED\", \"PARKED\", \"COMPLETED\"]}}");
    assert_int_equal(size_at(b->last, "suggestions.items"), 1);
    snprintf(out, 64, "\"suggestionId\": \"%s\", \"version\": \"%s\"",
             at(b->last, "suggestions.items.0.id"), at(b->last, "suggestions.items.0.version"));
    return out;
}

static void decide(bench *b, const char *decision)
{
    char seen[64];

    the_suggestion(b, seen);
    assert_at(askf(b, "{\"decide\": {%s, %s}}", seen, decision), "status", "OK");
}

static void test_suggestions__are_listed_and_read(void **state)
{
    bench *b = *state;
    char request[128];

    ask(b, "{\"listSuggestions\": {\"bestFirst\": true}}");
    assert_at(b->last, "suggestions.items.0.demandId", "need");
    assert_at(b->last, "suggestions.items.0.assignee", "vera");
    snprintf(request, sizeof(request), "{\"getSuggestion\": {\"id\": \"%s\"}}",
             at(b->last, "suggestions.items.0.id"));
    assert_at(ask(b, request), "suggestion.supplyId", "offer");
    assert_at(b->last, "suggestion.values.closeness", "0.69999999999999996");
    assert_int_equal(
        size_at(ask(b, "{\"listSuggestions\": {\"states\": [\"ENDED\"]}}"), "suggestions.items"),
        0);
    assert_at(ask(b, "{\"listSuggestions\": {\"states\": [\"UNSPECIFIED\"]}}"), "error.field",
              "listSuggestions.states[0]");
    assert_at(ask(b, "{\"getSuggestion\": {\"id\": \"s1\"}}"), "error.field", "getSuggestion.id");
}

static void test_decide__leads_from_proposed_to_completed(void **state)
{
    bench *b = *state;
    char seen[64];

    decide(b, "\"decision\": \"ACCEPT\"");
    decide(b, "\"decision\": \"INTRODUCE\"");
    decide(b, "\"decision\": \"YES\", \"side\": \"DEMAND\"");
    assert_at(ask(b, "{\"listSuggestions\": {\"states\": [\"INTRODUCED\"]}}"),
              "suggestions.items.0.demandYes", "true");
    assert_at(b->last, "suggestions.items.0.supplyYes", "");
    decide(b, "\"decision\": \"YES\", \"side\": \"SUPPLY\", \"appointments\": [{\"start\":"
              " \"2026-03-03T10:00:00Z\", \"end\": \"2026-03-03T11:00:00Z\"}]");
    assert_at(ask(b, "{\"listSuggestions\": {\"states\": [\"CONNECTED\"]}}"),
              "suggestions.items.0.appointments.0.end", "2026-03-03T11:00:00Z");
    the_suggestion(b, seen);
    askf(b,
         "{\"setAppointments\": {%s, \"appointments\": [{\"start\": \"2026-03-04T10:00:00Z\"}]}}",
         seen);
    assert_at(b->last, "error.field", "setAppointments.appointments[0].end");
    assert_at(askf(b, "{\"setAppointments\": {%s}}", seen), "status", "OK");
    decide(b, "\"decision\": \"COMPLETE\", \"outcome\": \"gelukt\"");
    assert_at(ask(b, "{\"listSuggestions\": {\"states\": [\"COMPLETED\"]}}"),
              "suggestions.items.0.outcome", "gelukt");
}

static void test_decide__refuses_what_is_stale_and_undo_takes_back(void **state)
{
    bench *b = *state;
    char seen[64];

    the_suggestion(b, seen);
    askf(b, "{\"decide\": {%s, \"decision\": \"PARK\", \"until\": \"2026-03-05T10:00:00Z\"}}",
         seen);
    assert_at(b->last, "receipts.items.0.version", "2");
    assert_at(askf(b, "{\"decide\": {%s, \"decision\": \"ACCEPT\"}}", seen), "status", "CONFLICT");
    assert_at(b->last, "error.field", "decide.version");
    assert_non_null(strstr(at(b->last, "error.message"), "PARKED"));
    assert_non_null(strstr(at(b->last, "error.message"), "local"));
    the_suggestion(b, seen);
    assert_at(askf(b, "{\"undo\": {%s}}", seen), "receipts.items.0.version", "3");
    decide(b, "\"decision\": \"REJECT\", \"reason\": \"past niet\"");
    assert_at(ask(b, "{\"decide\": {\"suggestionId\": \"s\"}}"), "error.field", "decide.decision");
}

static void test_hand_over__moves_a_suggestion_to_another_connector(void **state)
{
    bench *b = *state;
    char seen[64];

    the_suggestion(b, seen);
    askf(b, "{\"handOver\": {%s, \"connectorId\": \"niemand\"}}", seen);
    assert_at(b->last, "error.field", "handOver.connectorId");
    assert_at(askf(b, "{\"handOver\": {%s, \"connectorId\": \"omar\"}}", seen), "status", "OK");
    assert_at(ask(b, "{\"listSuggestions\": {\"assignee\": \"omar\"}}"),
              "suggestions.items.0.assignee", "omar");
}

/* ---- Relaxing a case ---- */

/** Pushed, approved by a second person, active. */
static void use_rules(bench *b, const char *source)
{
    char hash[65], token[65], *text = NULL;

    askf(b, "{\"pushRules\": {\"source\": \"%s\"}}", source);
    snprintf(hash, sizeof(hash), "%s", at(b->last, "receipts.items.0.id"));
    make_token(b, "RULE_AUTHOR", token);
    assert_true(asprintf(&text,
                         "{\"id\": \"a\", \"token\": \"%s\", \"approveRules\": {\"hash\":"
                         " \"%s\"}}",
                         token, hash) > 0);
    assert_at(ask_wire(b, text), "status", "OK");
    free(text);
    assert_at(askf(b, "{\"activateRules\": {\"hash\": \"%s\"}}", hash), "status", "OK");
}

static void test_relax_case__is_told_given_and_ended(void **state)
{
    bench *b = *state;

    assert_at(ask(b, "{\"relaxCase\": {\"listingId\": \"need\", \"constraints\": [\"time\"]}}"),
              "error.field", "relaxCase.constraints[0]");
    assert_at(ask(b, "{\"relaxCase\": {\"listingId\": \"x\"}}"), "status", "NOT_FOUND");
    /* The standard rules relax nothing. */
    ask(b, "{\"relaxCase\": {\"listingId\": \"need\", \"constraints\": [\"language\"]}}");
    assert_at(b->last, "status", "CONFLICT");
    assert_non_null(strstr(at(b->last, "error.message"), "no step that widens language"));
    use_rules(b, "return ruleset { name = 'ruim', based_on = 'standaard', policy = [[p]],"
                 " relax { after = '3d', reach = '5 km', languages = 'any' } }");
    ask(b, "{\"whyNot\": {\"listingId\": \"need\"}}");
    assert_at(b->last, "whyNot.opens.0.afterMs", "259200000");
    assert_at(b->last, "whyNot.opens.0.constraints.1", "language");
    assert_non_null(strstr(at(b->last, "whyNot.opens.0.change"), "na 3 dagen wachten (vanaf "));
    assert_at(b->last, "whyNot.opens.1.from", "");
    assert_at(b->last, "whyNot.opens.1.constraints.0", "distance");
    ask(b, "{\"relaxCase\": {\"listingId\": \"need\", \"constraints\": [\"language\","
           " \"distance\"]}}");
    assert_at(b->last, "receipts.items.0.version", "2");
    ask(b, "{\"getListing\": {\"id\": \"need\"}}");
    assert_at(b->last, "listing.relaxed.0", "distance");
    assert_at(b->last, "listing.relaxed.1", "language");
    assert_true(*at(b->last, "listing.relaxedUntil") != '\0');
    ask(b, "{\"relaxCase\": {\"listingId\": \"need\"}}");
    assert_at(ask(b, "{\"getListing\": {\"id\": \"need\"}}"), "listing.relaxedUntil", "");
}

/* ---- Dry runs ---- */

static void wait_for_run(bench *b, const char *id)
{
    do
        askf(b, "{\"getDryRun\": {\"id\": \"%s\", \"waitMs\": 100}}", id);
    while (strcmp(at(b->last, "dryRun.state"), "RUNNING") == 0 && usleep(1000) == 0);
}

static void test_dry_run__is_started_watched_and_read(void **state)
{
    bench *b = *state;
    char id[32];

    ask(b, "{\"dryRunRules\": {\"source\": \"return ruleset { name = 'proef', based_on = "
           "'standaard', policy = [[p]], hard { 'nooit', expr = 'false', why = '' } }\"}}");
    assert_at(b->last, "status", "OK");
    assert_at(b->last, "dryRun.report", "");
    snprintf(id, sizeof(id), "%s", at(b->last, "dryRun.id"));
    wait_for_run(b, id);
    assert_at(b->last, "dryRun.state", "DONE");
    assert_at(b->last, "dryRun.report.before.name", "standaard");
    assert_at(b->last, "dryRun.report.after.name", "proef");
    assert_at(b->last, "dryRun.report.total.vanish", "1");
    assert_at(b->last, "dryRun.report.cases.0.title", "Naar de arts");
    assert_at(b->last, "dryRun.report.cases.0.pairs.0.why", "rule:nooit");
    assert_int_equal(size_at(b->last, "dryRun.report.before.scores"), 20);
    assert_int_equal(size_at(b->last, "dryRun.report.ages"), 5);
    assert_at(askf(b, "{\"cancelDryRun\": {\"id\": \"%s\"}}", id), "dryRun.state", "DONE");
}

static void test_dry_run__refuses_by_field(void **state)
{
    bench *b = *state;

    assert_at(ask(b, "{\"dryRunRules\": {}}"), "error.field", "dryRunRules.source");
    assert_at(ask(b, "{\"dryRunRules\": {\"hash\": \"x\"}}"), "error.field", "dryRunRules.hash");
    assert_at(ask(b, "{\"getDryRun\": {\"id\": \"x\"}}"), "status", "NOT_FOUND");
    assert_at(ask(b, "{\"cancelDryRun\": {\"id\": \"x\"}}"), "error.field", "cancelDryRun.id");
    assert_at(ask(b, "{\"getDryRun\": {\"id\": \"x\", \"waitMs\": 30001}}"), "error.field",
              "getDryRun.waitMs");
}

/* ---- What listings refer to ---- */

static void test_connectors__are_listed_with_their_cases(void **state)
{
    bench *b = *state;

    ask(b, "{\"listConnectors\": {}}");
    assert_at(b->last, "connectors.items.1.id", "vera");
    assert_at(b->last, "connectors.cases.0", "0");
    assert_at(b->last, "connectors.cases.1", "1");
    ask(b, "{\"putConnectors\": {\"connectors\": [{\"id\": \"vera\", \"name\": \"\"}]}}");
    assert_at(b->last, "error.field", "putConnectors.connectors[0].name");
}

static void test_areas__are_put_listed_and_found(void **state)
{
    bench *b = *state;

    ask(b, "{\"listAreas\": {}}");
    assert_at(b->last, "areas.items.0.code", "BU00010001");
    assert_int_equal(size_at(b->last, "areas.items.0.polygons"), 0);
    ask(b, "{\"listAreas\": {\"withPolygons\": true}}");
    assert_int_equal(size_at(b->last, "areas.items.0.polygons.0.rings.0.lon"), 5);
    ask(b, "{\"findArea\": {\"point\": {\"lat\": 52.1, \"lon\": 5.1}}}");
    assert_at(b->last, "foundArea.buurt", "BU00010001");
    assert_at(b->last, "foundArea.gemeente", "GM0001");
    assert_true(fabs(atof(at(b->last, "foundArea.rd.xM")) - 135300) < 500);
    ask(b, "{\"findArea\": {\"rd\": {\"xM\": 155000, \"yM\": 463000}}}");
    assert_at(b->last, "foundArea.buurt", "");
    assert_true(fabs(atof(at(b->last, "foundArea.point.lat")) - 52.15517) < 1e-4);
    assert_at(ask(b, "{\"findArea\": {}}"), "error.field", "findArea.point");
    ask(b, "{\"putAreas\": {\"begin\": true, \"areas\": [{\"code\": \"X\"}]}}");
    assert_at(b->last, "status", "INVALID");
    assert_memory_equal(at(b->last, "error.field"), "putAreas.areas[0]", 17);
}

static void test_taxonomy__is_put_and_read(void **state)
{
    bench *b = *state;

    ask(b, "{\"getTaxonomy\": {}}");
    assert_int_equal(size_at(b->last, "taxonomy.categories"), 3);
    assert_at(b->last, "taxonomy.categories.1.label.nl", "Vervoer");
    assert_at(b->last, "taxonomy.related.0.closeness", "0.34999999999999998");
    ask(b, "{\"putTaxonomy\": {\"taxonomy\": {\"categories\": [{\"code\": \"A B\"}]}}}");
    assert_at(b->last, "error.field", "putTaxonomy.taxonomy.categories[0].code");
    ask(b, "{\"putTaxonomy\": {\"taxonomy\": {\"categories\": [{\"code\": \"tuin\"}]}}}");
    assert_at(b->last, "status", "CONFLICT");
    assert_at(ask(b, "{\"putTaxonomy\": {}}"), "error.field", "putTaxonomy.taxonomy");
}

/* ---- Rules ---- */

#define RULES                                                                                      \
    "return ruleset { name = \\\"klein\\\", policy = [[Alleen wat.]], threshold = 0.1,"            \
    " term { \\\"wat\\\", weight = 1, expr = \\\"closeness\\\" } }"

static void test_rules__go_from_pushed_to_active(void **state)
{
    bench *b = *state;
    char hash[65];

    ask(b, "{\"testRules\": {\"source\": \"" RULES "\"}}");
    assert_at(b->last, "rulesTest.name", "klein");
    assert_int_equal(strlen(at(b->last, "rulesTest.hash")), 64);
    ask(b, "{\"pushRules\": {\"source\": \"" RULES "\"}}");
    snprintf(hash, sizeof(hash), "%s", at(b->last, "receipts.items.0.id"));
    assert_at(askf(b, "{\"activateRules\": {\"hash\": \"%s\"}}", hash), "status", "CONFLICT");
    assert_at(askf(b, "{\"approveRules\": {\"hash\": \"%s\"}}", hash), "status", "DENIED");
    use_rules(b, RULES);
    assert_at(ask(b, "{\"getStatus\": {}}"), "engineStatus.rulesName", "klein");
    assert_at(ask(b, "{\"getRules\": {}}"), "rulesRecord.state", "ACTIVE");
    assert_non_null(strstr(at(b->last, "rulesRecord.source"), "klein"));
    assert_int_equal(size_at(ask(b, "{\"listRules\": {}}"), "rules.items"), 2);
    assert_at(b->last, "rules.items.0.source", "");
    assert_at(ask(b, "{\"testRules\": {}}"), "error.field", "testRules.source");
    assert_at(ask(b, "{\"pushRules\": {\"source\": \"return 1 +\"}}"), "status", "INVALID");
    assert_at(ask(b, "{\"getRules\": {\"hash\": \"x\"}}"), "error.field", "getRules.hash");
}

/* ---- Running it ---- */

static void test_status__counts(void **state)
{
    bench *b = *state;

    ask(b, "{\"getStatus\": {}}");
    assert_string_not_equal(at(b->last, "engineStatus.version"), "");
    assert_at(b->last, "engineStatus.demandListings", "1");
    assert_at(b->last, "engineStatus.supplyListings", "1");
    assert_at(b->last, "engineStatus.areas", "1");
    assert_at(b->last, "engineStatus.categories", "3");
    assert_at(b->last, "engineStatus.connectors", "2");
    assert_at(b->last, "engineStatus.rulesName", "standaard");
}

static void test_step_clock__moves_time_forward_only(void **state)
{
    bench *b = *state;

    ask(b, "{\"stepClock\": {\"to\": \"2026-03-20T10:00:00Z\"}}");
    assert_at(b->last, "status", "OK");
    assert_at(ask(b, "{\"getStatus\": {}}"), "engineStatus.now", "2026-03-20T10:00:00Z");
    assert_at(b->last, "engineStatus.suggestionsOpen", "");
    ask(b, "{\"stepClock\": {\"to\": \"2026-03-19T10:00:00Z\"}}");
    assert_at(b->last, "error.field", "stepClock.to");
    assert_at(ask(b, "{\"stepClock\": {}}"), "error.field", "stepClock.to");
}

static void test_backup__makes_a_copy_below_the_backup_folder(void **state)
{
    bench *b = *state;

    assert_at(ask(b, "{\"backup\": {\"name\": \"maandag\"}}"), "receipts.items.0.id", "maandag");
    assert_at(ask(b, "{\"backup\": {\"name\": \"../weg\"}}"), "error.field", "backup.name");
    assert_at(ask(b, "{\"backup\": {\"name\": \"maandag\"}}"), "receipts.items.0.created", "");
    assert_string_not_equal(at(b->last, "status"), "OK");
    assert_at(ask(b, "{\"getStatus\": {}}"), "status", "OK");
}

static void test_tokens__are_made_listed_and_revoked(void **state)
{
    bench *b = *state;
    char id[65];

    ask(b, "{\"createToken\": {\"name\": \"balie\", \"role\": \"CONNECTOR\", \"areas\":"
           " [\"BU00010001\"], \"connectorId\": \"vera\"}}");
    snprintf(id, sizeof(id), "%s", at(b->last, "newToken.id"));
    ask(b, "{\"listTokens\": {}}");
    assert_at(b->last, "tokens.items.0.id", id);
    assert_at(b->last, "tokens.items.0.name", "balie");
    assert_at(b->last, "tokens.items.0.areas.0", "BU00010001");
    assert_at(b->last, "tokens.items.0.connectorId", "vera");
    assert_at(b->last, "tokens.items.0.hash", "");
    assert_at(askf(b, "{\"revokeToken\": {\"id\": \"%s\"}}", id), "status", "OK");
    assert_at(ask(b, "{\"listTokens\": {}}"), "tokens.items.0.revoked", "true");
    assert_at(ask(b, "{\"createToken\": {\"name\": \"x\"}}"), "error.field", "createToken.role");
    assert_at(ask(b, "{\"revokeToken\": {\"id\": \"t\"}}"), "error.field", "revokeToken.id");
}

#define peopled(name) cmocka_unit_test_setup_teardown(name, bench_open_peopled, bench_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        peopled(test_listings__are_put_read_listed_and_withdrawn),
        peopled(test_put_listings__warns_of_a_masked_number),
        peopled(test_parties__are_put_read_exported_and_erased),
        peopled(test_export__gives_pages_of_everything),
        peopled(test_match__answers_with_terms_times_and_distance),
        peopled(test_match__leaves_out_a_distance_that_is_missing),
        peopled(test_match__takes_each_query_by_itself),
        peopled(test_why_not__names_what_stands_in_the_way),
        peopled(test_suggestions__are_listed_and_read),
        peopled(test_decide__leads_from_proposed_to_completed),
        peopled(test_decide__refuses_what_is_stale_and_undo_takes_back),
        peopled(test_hand_over__moves_a_suggestion_to_another_connector),
        peopled(test_relax_case__is_told_given_and_ended),
        peopled(test_dry_run__is_started_watched_and_read),
        peopled(test_dry_run__refuses_by_field),
        peopled(test_connectors__are_listed_with_their_cases),
        peopled(test_areas__are_put_listed_and_found),
        peopled(test_taxonomy__is_put_and_read),
        peopled(test_rules__go_from_pushed_to_active),
        peopled(test_status__counts),
        peopled(test_step_clock__moves_time_forward_only),
        peopled(test_backup__makes_a_copy_below_the_backup_folder),
        peopled(test_tokens__are_made_listed_and_revoked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
