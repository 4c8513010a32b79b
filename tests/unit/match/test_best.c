/* SPDX-License-Identifier: EUPL-1.2 */
#include "oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The engine against the plain full scan: every listing, order and score in millionths, over
 * random municipalities that change between questions. SK_TEST_WORLDS sets how many. */

static sk_calendar *calendar;

static bool keep_some(void *context, uint32_t slot)
{
    return (slot * 7 + *(const uint32_t *)context) % 3 != 0;
}

static void show(const world *w, const sk_match *got, size_t got_count, const oracle_match *want,
                 size_t want_count)
{
    for (size_t i = 0; i < got_count || i < want_count; i++) {
        sk_str a = i < got_count ? sk_index_id(w->index, got[i].slot) : SK_STR("-");
        sk_str b = i < want_count ? w->listings[want[i].at].listing.id : SK_STR("-");
        print_message("%2zu  engine %.*s %lld  oracle %.*s %lld\n", i, SK_STR_ARG(a),
                      i < got_count ? (long long)got[i].score : 0, SK_STR_ARG(b),
                      i < want_count ? (long long)want[i].millionths : 0);
    }
}

/** How many matches there were, so that the tests can tell that they tested something. */
static size_t compare(world *w, oracle *o, const sk_listing *self, size_t self_at, uint64_t seed)
{
    static const size_t limits[] = {1, 2, 5, 20, 100};
    uint32_t salt = rng_below(&w->random, 3);
    sk_query query = {.now_ms = w->now_ms,
                      .limit = limits[rng_below(&w->random, 5)],
                      .least_score = rng_once(&w->random, 3)
                                         ? (int64_t)rng_below(&w->random, 1000000)
                                         : INT64_MIN,
                      .over_threshold = rng_once(&w->random, 3),
                      .keep = rng_once(&w->random, 4) ? keep_some : NULL,
                      .context = &salt};
    sk_facts asked;
    sk_match got[100];
    oracle_match want[100];
    size_t got_count = 0, want_count;
    sk_error err = {0};

    if (self_at == SIZE_MAX) {
        oracle_ask(o, self);
        if (sk_index_facts_of(w->index, self, w->arena, &asked, &err) != SK_OK)
            fail_msg("%s %s", err.field, err.message);
        query.self = &asked;
    } else {
        query.self = sk_index_facts(w->index, w->listings[self_at].slot);
    }
    query.self_party =
        query.self->party == SK_NO_SLOT ? NULL : sk_index_party(w->index, query.self->party);
    if (sk_match_best(w->matcher, &query, got, &got_count, &err) != SK_OK)
        fail_msg("%s %s", err.field, err.message);
    want_count = oracle_best(o, self, self_at, query.limit, query.least_score, query.over_threshold,
                             query.keep, &salt, want);
    bool same = got_count == want_count;
    for (size_t i = 0; same && i < got_count; i++)
        same = got[i].slot == w->listings[want[i].at].slot && got[i].score == want[i].millionths;
    if (!same) {
        show(w, got, got_count, want, want_count);
        fail_msg("seed %llu, %.*s, limit %zu, least %lld, keep %d", (unsigned long long)seed,
                 SK_STR_ARG(self->id), query.limit, (long long)query.least_score,
                 query.keep != NULL);
    }
    return got_count;
}

static size_t ask_all(world *w, const oracle_rules *rules, size_t questions, uint64_t seed)
{
    size_t found = 0;
    oracle o;

    oracle_init(&o, w, rules);
    for (size_t q = 0; q < questions; q++) {
        size_t at = rng_below(&w->random, (uint32_t)w->listing_count);
        const world_listing *l = &w->listings[at];
        if (rng_once(&w->random, 8)) {
            sk_listing asked = world_listing_random(w);
            asked.id = SK_STR("gevraagd");
            if (rng_once(&w->random, 2) || !world_party_of(w, asked.party_id))
                asked.party_id = (sk_str){"", 0};
            if (w->now_ms < asked.valid_until_ms)
                found += compare(w, &o, &asked, SIZE_MAX, seed);
        } else if (l->there && l->listing.status == SK_LISTING_OPEN &&
                   w->now_ms < l->listing.valid_until_ms &&
                   (int32_t)l->listing.capacity > l->taken) {
            found += compare(w, &o, &l->listing, at, seed);
        }
    }
    oracle_done(&o);
    return found;
}

static size_t worlds(size_t fallback)
{
    const char *text = getenv("SK_TEST_WORLDS");

    return text ? (size_t)strtoul(text, NULL, 10) : fallback;
}

static size_t run_world(uint64_t seed, size_t parties, size_t listings, bool random, bool functions)
{
    world w;
    oracle_rules rules = oracle_standaard;
    sk_ruleset *set;
    size_t found = 0;
    sk_error err = {0};

    world_init(&w, calendar, seed, parties, listings);
    if (random)
        rules = oracle_rules_random(&w.random, functions);
    set = oracle_rules_load(&rules, w.words);
    sk_matcher_set_rules(w.matcher, set);
    for (int round = 0; round < 3; round++) {
        found += ask_all(&w, &rules, 12, seed);
        for (size_t i = 0; i < listings / 3; i++)
            world_change(&w);
        if (sk_index_check(w.index, &err) != SK_OK)
            fail_msg("seed %llu: %s", (unsigned long long)seed, err.message);
    }
    sk_ruleset_free(set);
    world_done(&w);
    return found;
}

static void test_best__agrees_with_a_full_scan(void **state)
{
    size_t count = worlds(600), found = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= count; seed++)
        found += run_world(seed, 4 + seed % 20, 10 + seed % 90, false, false);
    assert_true(found > 10 * count);
}

static void test_best__agrees_with_random_rule_sets(void **state)
{
    size_t count = worlds(600), found = 0;

    (void)state;
    for (uint64_t seed = 100001; seed <= 100000 + count; seed++)
        found += run_world(seed, 4 + seed % 20, 10 + seed % 90, true, false);
    assert_true(found > 5 * count);
}

static void test_best__agrees_with_functions_in_two_phases(void **state)
{
    size_t count = worlds(600) / 20 + 1, found = 0;

    (void)state;
    for (uint64_t seed = 200001; seed <= 200000 + count; seed++)
        found += run_world(seed, 40, seed % 3 ? 60 : 900, true, true);
    assert_true(found > count);
}

static void test_best__agrees_with_three_thousand_listings(void **state)
{
    size_t found = 0;

    (void)state;
    for (uint64_t seed = 300001; seed <= 300004; seed++)
        found += run_world(seed, 900, 3000, seed % 2, false);
    assert_true(found > 100);
}

static void test_best__refuses_a_limit_out_of_range(void **state)
{
    world w;
    sk_match out[1];
    size_t count;
    sk_error err;

    (void)state;
    world_init(&w, calendar, 7, 3, 3);
    sk_query query = {.self = sk_index_facts(w.index, 0), .now_ms = w.now_ms, .limit = 0};
    assert_int_equal(sk_match_best(w.matcher, &query, out, &count, &err), SK_EINVAL);
    assert_string_equal(err.field, "limit");
    query.limit = 101;
    assert_int_equal(sk_match_best(w.matcher, &query, out, &count, &err), SK_EINVAL);
    world_done(&w);
}

static int open_calendar(void **state)
{
    sk_error err;

    (void)state;
    return sk_calendar_open(&calendar, &err) == SK_OK ? 0 : -1;
}

static int close_calendar(void **state)
{
    (void)state;
    sk_calendar_close(calendar);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best__refuses_a_limit_out_of_range),
        cmocka_unit_test(test_best__agrees_with_a_full_scan),
        cmocka_unit_test(test_best__agrees_with_random_rule_sets),
        cmocka_unit_test(test_best__agrees_with_functions_in_two_phases),
        cmocka_unit_test(test_best__agrees_with_three_thousand_listings),
    };

    return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
