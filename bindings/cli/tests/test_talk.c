/* SPDX-License-Identifier: EUPL-1.2 */
#include "talk.h"

/* The command against a stand-in for the engine: what is asked, what is printed, how it ends. */

/* ---- Putting ---- */

static void test_listing_put__asks_what_the_flags_say(void **state)
{
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"id\": \"n-1\", \"version\": \"1\","
                " \"created\": true, \"suggestionsCreated\": 3}]}}";
    assert_int_equal(run(t, talk_put), CLI_DONE);
    says(t->requests, "\"kind\":\"NEED\"");
    says(t->requests, "\"title\":\"Rit naar het ziekenhuis\"");
    says(t->requests, "\"categories\":[\"vervoer.ziekenhuis\"]");
    says(t->requests, "\"point\":{\"lat\":52.53,\"lon\":5.22}");
    says(t->requests, "\"reachM\":3000");
    says(t->requests, "\"days\":[\"MO\",\"TH\"]");
    says(t->requests, "\"languages\":[\"nl\",\"ar\"]");
    says(t->requests, "\"requires\":[\"rijbewijs-b\"]");
    says(t->requests, "\"trap\":3");
    says(t->requests, "\"lift\":false");
    says(t->requests, "\"code\":\"12\"");
    says(t->requests, "\"the-token\"");
    says(t->out, "n-1  version 1, new, 3 suggestions made\n");
    says(t->out, "schakel match n-1\n");
    says(t->out, "schakel suggestion list --listing n-1\n");
    assert_string_equal(t->err, "");
}

static void test_listing_put__points_at_whynot_when_nothing_came(void **state)
{
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"id\": \"n-1\", \"version\": \"2\","
                " \"warning\": \"a number was masked\"}]}}";
    assert_int_equal(run(t, talk_put), CLI_DONE);
    says(t->out, "n-1  version 2, replaced, 0 suggestions made\n");
    says(t->out, "schakel whynot n-1\n");
    assert_string_equal(t->err, "schakel: note: a number was masked\n");
}

static void test_listing_put__tells_a_refused_item(void **state)
{
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"status\": \"INVALID\", \"error\": {\"field\":"
                " \"putListings.listings[0].point.lat\", \"message\": \"latitude 95 is outside"
                " [-90, 90]\"}}]}}";
    assert_int_equal(run(t, talk_put), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: --at: latitude 95 is outside [-90, 90]\n");
    assert_string_equal(t->out, "");
    assert_int_equal(run(t, "--json listing put --kind need --party p --title t --category a "
                            "--remote"),
                     CLI_REFUSED);
    says(t->out, "\"INVALID\"");
}

static void test_listing_put__names_what_is_missing(void **state)
{
    talk *t = *state;

    assert_int_equal(run(t, "listing put --kind need --title x --category a --remote"), CLI_USAGE);
    assert_string_equal(t->err, "schakel: --party is missing (see schakel listing put --help)\n");
    assert_int_equal(run(t, "listing put --kind need --party p --title x --category a"), CLI_USAGE);
    says(t->err, "--at LAT,LON");
    assert_int_equal(t->count, 0);
}

static void test_listing_put__reads_json_with_flags_over_it(void **state)
{
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"id\": \"n-1\", \"version\": \"1\"}]}}";
    assert_int_equal(run_with(t, "listing put --file - --title Ander",
                              "{\"kind\": \"OFFER\", \"title\": \"Een\", \"partyId\": \"p9\"}"),
                     CLI_DONE);
    says(t->requests, "\"kind\":\"OFFER\"");
    says(t->requests, "\"title\":\"Ander\"");
    assert_int_equal(run_with(t, "listing put --file -", "{\"kind\": }"), CLI_REFUSED);
    says(t->err, "line 1, column");
    assert_int_equal(run_with(t, "listing put --file -", "{\"colour\": 3}"), CLI_REFUSED);
    says(t->err, "colour");
}

static char *party_unknown(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "getParty"))
        return fake_text("{\"status\": \"NOT_FOUND\", \"error\": {\"message\": \"no such\"}}");
    return NULL;
}

static void test_listing_put__makes_a_new_party_when_asked(void **state)
{
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"id\": \"n-1\", \"version\": \"1\"}]}}";
    t->special = party_unknown;
    assert_int_equal(run(t, "listing put --kind need --party p7 --new-party resident --title x "
                            "--category a --remote"),
                     CLI_DONE);
    says(t->requests, "\"putParties\":{\"parties\":[{\"id\":\"p7\",\"kind\":\"RESIDENT\"}]}");
    says(t->requests, "putListings");
}

/* ---- Matching ---- */

#define MATCHES                                                                                    \
    "{\"matches\": {\"results\": [{\"matches\": ["                                                 \
    "{\"listingId\": \"o-2\", \"score\": \"812345\", \"distanceM\": 612.5, \"overlapMin\": 480,"   \
    " \"title\": \"Rijdt gr\xc3\xa1"                                                               \
    "ag\", \"buurt\": \"BU99010101\", \"terms\": ["                                                \
    "{\"name\": \"nabij\", \"weight\": 3, \"value\": 0.71, \"applies\": true,"                     \
    " \"why\": \"woont 600 m verderop\"},"                                                         \
    "{\"name\": \"uit\", \"weight\": 1}]},"                                                        \
    "{\"listingId\": \"o-3\", \"score\": \"700000\", \"overlapMin\": 45, \"title\": \"Belt\"}"     \
    "]}]}}"

static void test_match__prints_rank_score_distance_and_reasons(void **state)
{
    talk *t = *state;

    t->answer = MATCHES;
    assert_int_equal(run(t, "match n-1 --limit 5"), CLI_DONE);
    says(t->requests, "\"listingId\":\"n-1\",\"limit\":5");
    says(t->out, "  #  score  who could help  buurt       distance  overlap  id\n");
    says(t->out, "  1  0,812  Rijdt gr\xc3\xa1"
                 "ag     BU99010101     612 m      8 h  o-2\n");
    says(t->out, "nabij      0,71 x 3  woont 600 m verderop\n");
    says(t->out, "  2  0,700  Belt                          remote   45 min  o-3\n");
    says_not(t->out, "uit ");
}

static void test_match__json_has_exactly_the_agreed_form(void **state)
{
    talk *t = *state;

    t->answer = MATCHES;
    assert_int_equal(run(t, "match n-1 --json"), CLI_DONE);
    assert_string_equal(
        t->out, "{\"matches\": [{\"listingId\": \"o-2\", \"score\": 812345, \"distanceM\": 612.5, "
                "\"overlapMin\": 480, \"terms\": [{\"name\": \"nabij\", \"weight\": 3, \"value\": "
                "0.71, \"why\": \"woont 600 m verderop\"}]}, {\"listingId\": \"o-3\", \"score\": "
                "700000, \"distanceM\": null, \"overlapMin\": 45, \"terms\": []}]}\n");
}

static void test_match__says_why_the_list_is_empty(void **state)
{
    talk *t = *state;

    t->answer = "{\"matches\": {\"results\": [{\"reason\": \"paused\"}]}}";
    assert_int_equal(run(t, "match n-1"), CLI_DONE);
    says(t->out, "No matches: the listing is paused.\n");
    assert_int_equal(run(t, "match n-1 --json"), CLI_DONE);
    assert_string_equal(t->out, "{\"matches\": [], \"reason\": \"paused\"}\n");
    t->answer = "{\"matches\": {\"results\": [{\"reason\": \"no match\"}]}}";
    assert_int_equal(run(t, "match n-1"), CLI_DONE);
    says(t->out, "schakel whynot n-1\n");
}

static void test_match__tells_an_error_of_its_query(void **state)
{
    talk *t = *state;

    t->answer = "{\"matches\": {\"results\": [{\"status\": \"NOT_FOUND\", \"error\":"
                " {\"field\": \"listingId\", \"message\": \"there is no n-1\"}}]}}";
    assert_int_equal(run(t, "match n-1 --json"), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: n-1: there is no n-1\n");
    assert_string_equal(t->out, "");
}

static void test_match__takes_a_listing_that_is_not_stored(void **state)
{
    talk *t = *state;

    t->answer = MATCHES;
    assert_int_equal(run_with(t, "match --listing -", "{\"kind\": \"NEED\", \"title\": \"x\"}"),
                     CLI_DONE);
    says(t->requests, "\"listing\":{\"kind\":\"NEED\",\"title\":\"x\"}");
    assert_int_equal(run_with(t, "match n-1 --listing -", "{}"), CLI_USAGE);
}

static void test_whynot__shows_groups_and_near_misses(void **state)
{
    talk *t = *state;

    t->answer = "{\"whyNot\": {\"counterparts\": \"40\", \"possible\": \"1\", \"groups\": ["
                "{\"constraints\": [\"distance\"], \"count\": \"7\", \"best\": [{\"listingId\":"
                " \"o-8\", \"score\": \"650000\", \"change\": \"2,1 km verder\","
                " \"title\": \"Klust\"}]},"
                "{\"constraints\": [\"time\", \"traits\"], \"count\": \"2\"}]}}";
    assert_int_equal(run(t, "whynot n-1"), CLI_DONE);
    says(t->out, "Of 40 counterparts 1 fit.\n");
    says(t->out, "7 by distance: too far away\n");
    says(t->out, "  0,650  Klust    2,1 km verder   o-8\n");
    says(t->out, "2 by time, traits together\n");
}

static void test_whynot__shows_related_ones_of_another_category(void **state)
{
    talk *t = *state;

    t->answer = "{\"whyNot\": {\"counterparts\": \"9\", \"groups\": ["
                "{\"constraints\": [\"category\"], \"count\": \"7\", \"best\": [{\"listingId\":"
                " \"far\", \"title\": \"Haakt\"}], \"related\": [{\"listingId\": \"near\","
                " \"title\": \"Rijdt\"}]},"
                "{\"constraints\": [\"category\", \"time\"], \"count\": \"2\","
                " \"best\": [{\"listingId\": \"far\"}]}]}}";
    assert_int_equal(run(t, "whynot n-1"), CLI_DONE);
    says(t->out, "Rijdt");
    says_not(t->out, "far");
    says(t->out, "  None of them is about something related.\n");
}

static void test_whynot__says_what_would_open_the_list(void **state)
{
    talk *t = *state;

    t->answer = "{\"whyNot\": {\"counterparts\": \"3\", \"opens\": ["
                "{\"constraints\": [\"distance\"], \"count\": \"2\", \"from\":"
                " \"2026-03-05T09:00:00Z\", \"change\": \"na 3 dagen\"},"
                " {\"constraints\": [\"distance\"], \"count\": \"2\", \"relaxCase\": true,"
                " \"change\": \"als uitzondering verder\"},"
                " {\"constraints\": [\"language\"], \"relaxCase\": true, \"change\":"
                " \"als uitzondering zonder taal\"}]}}";
    assert_int_equal(run(t, "whynot n-1"), CLI_DONE);
    says(t->out, "What would open the list:\n  na 3 dagen\n  als uitzondering verder\n");
    says_not(t->out, "zonder taal");
    says(t->out, "schakel listing relax n-1 --all\n");
}

static char *relax_answers(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "whyNot"))
        return fake_text("{\"whyNot\": {\"opens\": [{\"constraints\": [\"threshold\"]},"
                         " {\"constraints\": [\"category\"], \"from\":"
                         " \"2026-03-05T09:00:00Z\"}]}}");
    if (strstr(request, "getListing"))
        return fake_text(
            "{\"listing\": {\"id\": \"n-1\", \"kind\": \"NEED\", \"relaxed\": [\"language\"]}}");
    return fake_text("{\"receipts\": {\"items\": [{\"id\": \"n-1\","
                     " \"suggestionsCreated\": 2}]}}");
}

static void test_listing_relax__asks_for_what_was_named(void **state)
{
    talk *t = *state;

    t->special = relax_answers;
    assert_int_equal(run(t, "listing relax n-1 --category --distance --until 2026-03-20T00:00:00Z"),
                     CLI_DONE);
    says(t->requests, "\"relaxCase\":{\"listingId\":\"n-1\",\"constraints\":[\"distance\","
                      "\"category\"],\"until\":\"2026-03-20T00:00:00Z\"}");
    says(t->out, "n-1 relaxed: distance, category; 2 suggestions made\n");
    assert_int_equal(run(t, "listing relax n-1 --off"), CLI_DONE);
    says(t->requests, "\"relaxCase\":{\"listingId\":\"n-1\"}}");
    says(t->out, "n-1 as usual again\n");
    /* What it has, and what a case would open; not what only waiting would. */
    assert_int_equal(run(t, "listing relax n-1 --all"), CLI_DONE);
    says(t->requests, "\"constraints\":[\"language\",\"threshold\"]");
    assert_int_equal(run(t, "listing relax n-1"), CLI_USAGE);
    assert_int_equal(run(t, "listing relax n-1 --all --off"), CLI_USAGE);
    assert_int_equal(run(t, "listing relax n-1 --distance --off"), CLI_USAGE);
}

static void test_whynot__of_a_closed_listing_is_its_reason_alone(void **state)
{
    talk *t = *state;

    t->answer = "{\"whyNot\": {\"reason\": \"withdrawn\"}}";
    assert_int_equal(run(t, "whynot n-1"), CLI_DONE);
    assert_string_equal(t->out, "The listing itself is withdrawn.\n");
}

/* ---- Suggestions ---- */

static char *suggestion_answers(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "listSuggestions"))
        return fake_text("{\"suggestions\": {\"items\": [{\"id\": \"s1\", \"state\": \"PROPOSED\","
                         " \"score\": \"512000\", \"demandId\": \"n-1\", \"supplyId\": \"o-1\","
                         " \"version\": \"1\", \"terms\": [{\"name\": \"wat\", \"applies\": true,"
                         " \"why\": \"zelfde soort hulp\"}]}], \"next\": \"s1\"}}");
    if (strstr(request, "getSuggestion"))
        return fake_text("{\"suggestion\": {\"id\": \"s1\", \"version\": \"4\"}}");
    if (strstr(request, "\"getListing\":{\"id\":\"n-1\"}"))
        return fake_text("{\"listing\": {\"id\": \"n-1\", \"title\": \"Zoekt lift\"}}");
    if (strstr(request, "getListing"))
        return fake_text("{\"status\": \"DENIED\", \"error\": {\"message\": \"not yours\"}}");
    return NULL;
}

static void test_suggestion_list__shows_titles_where_it_may(void **state)
{
    talk *t = *state;

    t->special = suggestion_answers;
    assert_int_equal(run(t, "suggestion list --state proposed,parked --best-first"), CLI_DONE);
    says(t->requests, "\"states\":[\"PROPOSED\",\"PARKED\"]");
    says(t->out, "  s1  PROPOSED  0,512  Zoekt lift");
    says(t->out, "zelfde soort hulp\n");
    says(t->out, "There are more: --after s1\n");
    assert_string_equal(t->err, "");
}

static void test_suggestion_decide__names_the_version_it_saw(void **state)
{
    talk *t = *state;

    t->special = suggestion_answers;
    t->answer = "{\"receipts\": {\"items\": [{\"id\": \"s1\", \"version\": \"5\"}]}}";
    assert_int_equal(run(t, "suggestion decide s1 accept"), CLI_DONE);
    says(t->requests, "\"version\":\"4\",\"decision\":\"ACCEPT\"");
    assert_string_equal(t->out, "s1 accepted, version 5\n");
    assert_int_equal(run(t, "suggestion decide s1 reject --seen 3 --reason kent_al"), CLI_DONE);
    says(t->requests, "\"version\":\"3\",\"decision\":\"REJECT\",\"reason\":\"kent al\"");
    assert_int_equal(run(t, "suggestion decide s1 yes --side both --meet "
                            "2026-03-05T13:00:00Z,2026-03-05T14:00:00Z"),
                     CLI_DONE);
    says(t->requests, "\"side\":\"BOTH\"");
    says(t->requests, "\"appointments\":[{\"start\":\"2026-03-05T13:00:00Z\"");
    assert_int_equal(run(t, "suggestion decide s1 maybe"), CLI_USAGE);
    says(t->err, "accept, reject, park");
    assert_int_equal(run(t, "suggestion decide s1 acept"), CLI_USAGE);
    says(t->err, "did you mean \"accept\"?");
}

/* ---- Errors ---- */

static void test_refusal__is_status_1_and_never_shows_the_token(void **state)
{
    talk *t = *state;

    t->answer = "{\"status\": \"DENIED\", \"error\": {\"message\": \"this token may not\"}}";
    assert_int_equal(run(t, "status"), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: this token may not\n");
    assert_int_equal(run(t, "status --json"), CLI_REFUSED);
    says(t->out, "\"DENIED\"");
    says_not(t->out, "the-token");
    says_not(t->err, "the-token");
}

static void test_silence__is_status_3(void **state)
{
    talk *t = *state;

    t->answer =
        "{\"status\": \"BUSY\", \"error\": {\"message\": \"full\", \"retryAfterMs\": 9000}}";
    assert_int_equal(run(t, "status --timeout 0.2"), CLI_REFUSED);
    fake_engine_stop(t->engine);
    assert_int_equal(run(t, "status"), CLI_NO_CONNECTION);
    t->engine = fake_engine_start(t->url, 16, talk_answer, t);
}

static void test_terminal__is_safe_from_titles(void **state)
{
    talk *t = *state;

    t->answer = "{\"listing\": {\"id\": \"n-1\", \"title\": \"\\u001b[2Jweg\"}}";
    assert_int_equal(run(t, "listing get n-1"), CLI_DONE);
    says(t->out, "?[2Jweg");
}

/* ---- Events, rules, tokens ---- */

static char *event_pages(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "ackEvents"))
        return fake_text("{\"receipts\": {\"items\": [{}]}}");
    if (strstr(request, "\"after\":\"2\""))
        return fake_text("{\"events\": {\"last\": \"2\"}}");
    return fake_text("{\"events\": {\"items\": [{\"seq\": \"1\", \"type\": \"party.created\","
                     " \"partyId\": \"p1\"}, {\"seq\": \"2\", \"type\": \"listing.created\","
                     " \"listingId\": \"n-1\"}], \"last\": \"2\"}}");
}

static void test_events__reads_to_the_end_and_acknowledges(void **state)
{
    talk *t = *state;

    t->special = event_pages;
    assert_int_equal(run(t, "events --after 0 --consumer site --ack"), CLI_DONE);
    says(t->out, "party.created             party p1\n");
    says(t->out, "listing n-1\n");
    says(t->requests, "\"ackEvents\":{\"consumer\":\"site\",\"seq\":\"2\"}");
    assert_int_equal(t->count, 3);
}

static const char three_rule_sets[] =
    "{\"rules\": {\"items\": [{\"hash\": \"aaaaaa11\", \"name\": \"een\", \"state\": \"RETIRED\","
    " \"activatedAt\": \"2026-01-01T00:00:00Z\"}, {\"hash\": \"bbbbbb11\", \"name\": \"een\", "
    "\"state\":"
    " \"RETIRED\", \"activatedAt\": \"2026-02-01T00:00:00Z\"}, {\"hash\": \"cccccc11\", \"name\": "
    "\"twee\","
    " \"state\": \"ACTIVE\", \"activatedAt\": \"2026-03-01T00:00:00Z\"}]}}";

static void test_rules_hash__is_its_beginning_or_a_name(void **state)
{
    talk *t = *state;

    t->answer = three_rule_sets;
    assert_int_equal(run(t, "rules get dddddd"), CLI_REFUSED);
    says(t->err, "there is no rule set \"dddddd\"");
    assert_int_equal(run(t, "rules get aaaaa"), CLI_REFUSED);
    says(t->err, "too short");
    assert_int_equal(run(t, "rules approve aaaaaa"), CLI_DONE);
    says(t->requests, "\"approveRules\":{\"hash\":\"aaaaaa11\"}");
    assert_int_equal(run(t, "rules get twee"), CLI_DONE);
    says(t->requests, "\"getRules\":{\"hash\":\"cccccc11\"}");
    assert_int_equal(run(t, "rules get een"), CLI_REFUSED);
    says(t->err, "more than one rule set is meant");
    assert_int_equal(run(t, "rules approve twee"), CLI_REFUSED);
    says(t->err, "is waiting for this; of that name: cccccc11 (ACTIVE)");
    assert_int_equal(run(t, "rules activate twee"), CLI_DONE);
    says(t->requests, "\"hash\":\"cccccc11\"");
    assert_int_equal(run(t, "rules activate een"), CLI_REFUSED);
    says(t->err, "more than one rule set is meant");
}

static void test_rules_activate__says_how_much_may_change(void **state)
{
    talk *t = *state;

    t->answer = three_rule_sets;
    assert_int_equal(run(t, "rules activate aaaaaa --max-change 40"), CLI_DONE);
    says(t->requests, "\"activateRules\":{\"hash\":\"aaaaaa11\",\"maxChangePercent\":40}");
}

static void test_rules_list__names_people_and_what_fails(void **state)
{
    talk *t = *state;

    t->answer = "{\"rules\": {\"items\": [{\"hash\": \"cccc\", \"state\": \"ACTIVE\", \"author\":"
                " \"t-1\", \"authorName\": \"Anna\", \"approvedBy\": \"t-2\", \"faults\": [{"
                "\"rule\": \"druk\", \"hard\": true}, {\"rule\": \"samen\", \"offAt\":"
                " \"2026-03-01T00:00:00Z\"}, {\"rule\": \"wat\"}]}]}}";
    assert_int_equal(run(t, "rules list"), CLI_DONE);
    says(t->out, "Anna");
    says(t->out, "t-2");
    says(t->out, "druk fails, samen off");
}

static void test_rules_rollback__says_what_is_active(void **state)
{
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"id\": \"bbbb\"}]}}";
    assert_int_equal(run(t, "rules rollback"), CLI_DONE);
    says(t->requests, "\"rollbackRules\":{}");
    says(t->out, "bbbb is active again");
    assert_int_equal(t->count, 2); /* And what is active now. */
}

static void test_token_create__shows_the_token_once(void **state)
{
    talk *t = *state;

    t->answer = "{\"newToken\": {\"id\": \"t-4\", \"token\": \"brand-new\"}}";
    assert_int_equal(run(t, "token create --role rule-author --area BU1,BU2 --area BU3"), CLI_DONE);
    says(t->requests, "\"role\":\"RULE_AUTHOR\",\"areas\":[\"BU1\",\"BU2\",\"BU3\"]");
    says(t->out, "brand-new\n");
}

/* ---- Import and export ---- */

/* A receipt for each item; refuses listings whose title is "slecht". */
static char *import_answers(talk *t, const char *request)
{
    const char *at = request;
    char *text = fake_text("{\"receipts\": {\"items\": [");
    const char *comma = "";

    while ((at = strstr(at, strstr(request, "putListings") ? "\"title\":\"" : "{\"id\":\"p"))) {
        bool bad = strncmp(at, "\"title\":\"slecht", 15) == 0;
        char *longer = fake_text("%s%s%s", text, comma,
                                 bad ? "{\"status\": \"INVALID\", \"error\": {\"field\":"
                                       " \"putListings.listings[1].title\", \"message\": \"no\"}}"
                                     : "{\"created\": true, \"suggestionsCreated\": 1}");

        free(text);
        text = longer;
        comma = ", ";
        at++;
        t->items++;
    }
    {
        char *longer = fake_text("%s]}}", text);

        free(text);
        return longer;
    }
}

static void test_import__reports_bad_lines_and_goes_on(void **state)
{
    talk *t = *state;

    t->special = import_answers;
    assert_int_equal(run_with(t, "import -",
                              "{\"party\": {\"id\": \"p1\", \"kind\": \"RESIDENT\"}}\n"
                              "\n"
                              "{\"listing\": {\"title\": \"goed\"}}\r\n"
                              "{\"listing\": {\"title\": \"slecht\"}}\n"
                              "{\"listing\": {\"titel\": \"x\"}}\n"
                              "{\"listing\": {\"title\": \"goed\"}}{}\n"
                              "{\"boat\": {}}\n"
                              "not json\n"
                              " { \"listing\" : {\"title\": \"goed\"} } "),
                     CLI_REFUSED);
    says(t->err, "line 4: title: no\n");
    says(t->err, "line 5: titel");
    says(t->err, "line 6: ");
    says(t->err, "line 7: is not {\"listing\"");
    says(t->err, "line 8: is not {\"listing\"");
    assert_string_equal(t->out, "9 lines, 1 parties (1 new), 2 listings (2 new), 3 suggestions "
                                "made, 5 lines refused\n");
}

static void test_import__sends_batches_and_parties_first(void **state)
{
    talk *t = *state;
    sk_buf text = {0};

    for (int i = 0; i < 1000; i++)
        sk_buf_printf(&text, "{\"party\": {\"id\": \"p%d\", \"kind\": \"RESIDENT\"}}\n", i);
    for (int i = 0; i < 3000; i++)
        sk_buf_printf(&text, "{\"listing\": {\"title\": \"goed %d\"}}\n", i);
    sk_buf_add(&text, "", 1);
    t->special = import_answers;
    assert_int_equal(run_with(t, "import - --json", text.data), CLI_DONE);
    assert_string_equal(t->out, "{\"lines\": 4000, \"parties\": 1000, \"listings\": 3000, "
                                "\"connectors\": 0, \"suggestions\": 4000, \"refused\": 0}\n");
    assert_int_equal(t->count, 4 + 12);
    assert_int_equal(t->items, 4000);
    sk_buf_done(&text);
}

static char *busy_first(talk *t, const char *request)
{
    if (t->count <= 5)
        return fake_text("{\"status\": \"BUSY\", \"error\": {\"message\": \"full\","
                         " \"retryAfterMs\": 2}}");
    return import_answers(t, request);
}

static void test_import__asks_again_when_the_engine_is_busy(void **state)
{
    talk *t = *state;

    t->special = busy_first;
    assert_int_equal(run_with(t, "import -", "{\"listing\": {\"title\": \"goed\"}}\n"), CLI_DONE);
    assert_int_equal(t->items, 1);
    assert_int_equal(t->count, 6);
}

static void test_import__stops_when_it_may_not(void **state)
{
    talk *t = *state;

    t->answer = "{\"status\": \"DENIED\", \"error\": {\"message\": \"this token may not\"}}";
    assert_int_equal(run_with(t, "import -", "{\"listing\": {\"title\": \"goed\"}}\n"),
                     CLI_REFUSED);
    says(t->err, "schakel: this token may not\n");
}

static char *export_pages(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "\"after\":\"k2\""))
        return fake_text(
            "{\"exportPage\": {\"listings\": [{\"id\": \"n-1\", \"title\": \"Zo\\u00eb\","
            " \"point\": {\"lat\": 52.1, \"lon\": 5.22}}]}}");
    return fake_text("{\"exportPage\": {\"parties\": [{\"id\": \"p1\"}], \"next\": \"k2\"}}");
}

static void test_export__writes_what_import_reads(void **state)
{
    talk *t = *state;
    char *line = fake_text("export %s/all.ndjson", t->folder), *path = line + 7;
    char *forced = fake_text("%s --force", line);
    char *first = NULL;
    sk_buf file = {0};

    t->special = export_pages;
    assert_int_equal(run(t, "export"), CLI_DONE);
    says(t->out, "{\"party\": {\"id\":\"p1\"}}\n{\"listing\": {");
    says(t->out, "\"lat\":52.1,");
    first = strdup(t->out);
    assert_int_equal(run(t, line), CLI_DONE);
    assert_string_equal(t->out, "1 parties, 1 listings, 0 connectors exported\n");
    assert_int_equal(sk_file_read(path, 4096, &file, NULL), SK_OK);
    assert_int_equal(file.size, strlen(first));
    assert_memory_equal(file.data, first, file.size);
    assert_int_equal(run(t, line), CLI_REFUSED);
    says(t->err, "is there already; --force replaces it");
    assert_int_equal(run(t, forced), CLI_DONE);
    sk_buf_done(&file);
    free(forced);
    free(first);
    free(line);
}

static void test_area_import__sends_pages_that_fit(void **state)
{
    talk *t = *state;
    sk_buf json = {0};

    sk_buf_text(&json, "{\"type\": \"FeatureCollection\", \"features\": [");
    for (int i = 0; i < 40; i++) {
        sk_buf_printf(&json,
                      "%s{\"type\": \"Feature\", \"properties\": {\"code\": \"BU9901%04d\","
                      " \"naam\": \"B%d\", \"wijkcode\": \"WK990101\", \"gemeentecode\":"
                      " \"GM9901\"}, \"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[",
                      i ? "," : "", i, i);
        for (int k = 0; k < 1000; k++)
            sk_buf_printf(&json, "[%.6f, %.6f],", 5 + k * 1e-5, 52 + i * 0.001 + (k % 2) * 1e-6);
        sk_buf_printf(&json, "[5.0, %.6f]]]}}", 52 + i * 0.001);
    }
    sk_buf_text(&json, "]}");
    sk_buf_add(&json, "", 1);
    t->answer = "{\"receipts\": {\"items\": [{}]}}";
    assert_int_equal(run_with(t, "area import -", json.data), CLI_DONE);
    assert_string_equal(t->out, "40 areas imported\n");
    assert_int_equal(t->count, 4); /* 40 of 16 kB, at most 200 KiB at once */
    sk_buf_done(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_listing_put__asks_what_the_flags_say),
        TALK_TEST(test_listing_put__points_at_whynot_when_nothing_came),
        TALK_TEST(test_listing_put__tells_a_refused_item),
        TALK_TEST(test_listing_put__names_what_is_missing),
        TALK_TEST(test_listing_put__reads_json_with_flags_over_it),
        TALK_TEST(test_listing_put__makes_a_new_party_when_asked),
        TALK_TEST(test_match__prints_rank_score_distance_and_reasons),
        TALK_TEST(test_match__json_has_exactly_the_agreed_form),
        TALK_TEST(test_match__says_why_the_list_is_empty),
        TALK_TEST(test_match__tells_an_error_of_its_query),
        TALK_TEST(test_match__takes_a_listing_that_is_not_stored),
        TALK_TEST(test_whynot__shows_groups_and_near_misses),
        TALK_TEST(test_whynot__shows_related_ones_of_another_category),
        TALK_TEST(test_whynot__says_what_would_open_the_list),
        TALK_TEST(test_listing_relax__asks_for_what_was_named),
        TALK_TEST(test_whynot__of_a_closed_listing_is_its_reason_alone),
        TALK_TEST(test_suggestion_list__shows_titles_where_it_may),
        TALK_TEST(test_suggestion_decide__names_the_version_it_saw),
        TALK_TEST(test_refusal__is_status_1_and_never_shows_the_token),
        TALK_TEST(test_silence__is_status_3),
        TALK_TEST(test_terminal__is_safe_from_titles),
        TALK_TEST(test_events__reads_to_the_end_and_acknowledges),
        TALK_TEST(test_rules_hash__is_its_beginning_or_a_name),
        TALK_TEST(test_rules_activate__says_how_much_may_change),
        TALK_TEST(test_rules_list__names_people_and_what_fails),
        TALK_TEST(test_rules_rollback__says_what_is_active),
        TALK_TEST(test_token_create__shows_the_token_once),
        TALK_TEST(test_import__reports_bad_lines_and_goes_on),
        TALK_TEST(test_import__sends_batches_and_parties_first),
        TALK_TEST(test_import__asks_again_when_the_engine_is_busy),
        TALK_TEST(test_import__stops_when_it_may_not),
        TALK_TEST(test_export__writes_what_import_reads),
        TALK_TEST(test_area_import__sends_pages_that_fit),
    };

    talk_forget_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
