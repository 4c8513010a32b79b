/* SPDX-License-Identifier: EUPL-1.2 */
#include "talk.h"

/* What is said to who made a slip or got nothing: the place in their own words, the nearest word,
 * and the one reason that holds. */

static void test_refusal__names_the_flag_the_word_or_the_place_in_the_file(void **state)
{
    static const char listing[] = "{\"kind\": \"NEED\", \"title\": \"x\", \"partyId\": \"p\"}";
    talk *t = *state;

    t->answer = "{\"receipts\": {\"items\": [{\"status\": \"INVALID\", \"error\": {\"field\":"
                " \"putListings.listings[0].availability[1].rrule\", \"message\": \"no rule\"}}]}}";
    assert_int_equal(run(t, talk_put), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: --when: no rule\n");
    assert_int_equal(run_with(t, "listing put --file -", listing), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: availability[1].rrule: no rule\n");
    t->answer = "{\"status\": \"NOT_FOUND\", \"error\": {\"field\": \"getListing.id\","
                " \"message\": \"there is no such listing\"}}";
    assert_int_equal(run(t, "listing get n-9"), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: n-9: there is no such listing\n");
    t->answer = "{\"status\": \"INVALID\", \"error\": {\"field\": \"listSuggestions.limit\","
                " \"message\": \"at most 256\"}}";
    assert_int_equal(run(t, "suggestion list --limit 200"), CLI_REFUSED);
    assert_string_equal(t->err, "schakel: --limit: at most 256\n");
}

#define TAXONOMY                                                                                   \
    "{\"taxonomy\": {\"categories\": ["                                                            \
    "{\"code\": \"vervoer\", \"label\": {\"nl\": \"Vervoer\", \"en\": \"Transport\"}},"            \
    "{\"code\": \"vervoer.ziekenhuis\","                                                           \
    " \"label\": {\"nl\": \"Rit naar het ziekenhuis\", \"en\": \"Ride to the hospital\"}}]}}"

static char *unknown_category(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "getTaxonomy"))
        return fake_text("%s", TAXONOMY);
    return fake_text("{\"receipts\": {\"items\": [{\"status\": \"INVALID\", \"error\": {\"field\":"
                     " \"putListings.listings[0].categories[0]\", \"message\": \"unknown\"}}]}}");
}

static void test_listing_put__names_the_nearest_category(void **state)
{
    talk *t = *state;

    t->special = unknown_category;
    assert_int_equal(run(t, "listing put --kind need --party p --title x --remote --category "
                            "vervoer.zeikenhuis"),
                     CLI_REFUSED);
    says(t->err, "schakel: --category: unknown\n");
    says(t->err, "Did you mean the category \"vervoer.ziekenhuis\"?");
    assert_int_equal(run(t, "listing put --kind need --party p --title x --remote --category "
                            "ziekenhuis"),
                     CLI_REFUSED);
    says(t->err, "\"vervoer.ziekenhuis\"");
    assert_int_equal(run(t, "listing put --kind need --party p --title x --remote --category qqq"),
                     CLI_REFUSED);
    says_not(t->err, "Did you mean");
    says(t->err, "schakel taxonomy find WORD");
}

static void test_taxonomy_find__looks_in_codes_and_labels(void **state)
{
    talk *t = *state;

    t->answer = TAXONOMY;
    assert_int_equal(run(t, "taxonomy find HOSPITAL"), CLI_DONE);
    says(t->out, "vervoer.ziekenhuis  Rit naar het ziekenhuis");
    says_not(t->out, "Transport");
    assert_int_equal(run(t, "taxonomy find vervor"), CLI_DONE);
    says(t->out, "near it is \"vervoer\"");
    assert_int_equal(run(t, "--json taxonomy find hospital"), CLI_DONE);
    says(t->out, "{\"categories\": [{\"code\": \"vervoer.ziekenhuis\"");
}

/* What is asked after a put without suggestions, with one counterpart of this score. */
static const char *_Atomic counterpart_score, *_Atomic earlier;

static char *nothing_made(talk *t, const char *request)
{
    (void)t;
    if (strstr(request, "putListings"))
        return fake_text("{\"receipts\": {\"items\": [{\"id\": \"n-1\", \"version\": \"1\"}]}}");
    if (strstr(request, "listSuggestions"))
        return fake_text("{\"suggestions\": {\"items\": [%s]}}", earlier);
    if (strstr(request, "getStatus"))
        return fake_text("{\"engineStatus\": {\"maxOpenPerDemand\": 1, \"maxOpenPerSupply\": 3}}");
    return fake_text("{\"matches\": {\"results\": [{\"threshold\": \"450000\", \"matches\": ["
                     "{\"listingId\": \"o-1\", \"kind\": \"OFFER\", \"score\": \"%s\"}]}]}}",
                     counterpart_score);
}

static void says_why_none(talk *t, const char *score, const char *suggestions, const char *wanted)
{
    counterpart_score = score;
    earlier = suggestions;
    assert_int_equal(run(t, talk_put), CLI_DONE);
    says(t->out, wanted);
}

static void test_listing_put__says_which_reason_made_nothing(void **state)
{
    talk *t = *state;

    t->special = nothing_made;
    says_why_none(t, "410000", "",
                  "1 fits, but none well enough: the best scores 0,410, the rules ask 0,450.\n");
    says_why_none(t, "500000",
                  "{\"demandId\": \"n-1\", \"supplyId\": \"o-1\", \"state\": \"REJECTED\"}",
                  "Whoever fits well enough (1) was suggested before.\n");
    says_why_none(t, "500000",
                  "{\"demandId\": \"n-1\", \"supplyId\": \"o-2\", \"state\": \"PROPOSED\"}",
                  "It has 1 open suggestion, as many as the rules allow.");
    says_why_none(t, "500000", "",
                  "1 fits well enough, but has as many open suggestions as the rules allow (3)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_refusal__names_the_flag_the_word_or_the_place_in_the_file),
        TALK_TEST(test_listing_put__names_the_nearest_category),
        TALK_TEST(test_taxonomy_find__looks_in_codes_and_labels),
        TALK_TEST(test_listing_put__says_which_reason_made_nothing),
    };

    talk_forget_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
