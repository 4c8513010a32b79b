/* SPDX-License-Identifier: EUPL-1.2 */
#include "oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static sk_calendar *calendar;

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

static double days(const world *w, int64_t then_ms)
{
    return (double)(w->now_ms - then_ms) / (double)SK_DAY_MS;
}

static void check_common(const sk_pair_report *r, const world *w)
{
    double minutes = 0;

    for (size_t i = 0; i < r->common_count; i++) {
        const sk_appointment *a = &r->common[i];
        assert_true(a->start_ms < a->end_ms && a->start_ms % SK_SLOT_MS == 0);
        assert_true(a->end_ms > w->now_ms);
        assert_true(i == 0 || r->common[i - 1].end_ms < a->start_ms);
        minutes += (double)(a->end_ms - a->start_ms) / (double)SK_MINUTE_MS;
    }
    if (r->common_count < 64)
        assert_true(minutes == r->values.overlap_min);
}

/** What is said to be needed fails without it and not with it. */
static void check_relaxed(const sk_pair_report *r, const oracle *o, const sk_listing *need,
                          const sk_listing *offer, const oracle_pair *p)
{
    oracle_allowance a = oracle_allowed(o->rules, need, o->w->now_ms, need->relaxed);
    uint8_t want = 0, got = 0;

    if (!oracle_near(need, offer, 0) && oracle_near(need, offer, a.extra_m))
        want |= SK_RELAX_DISTANCE;
    if (!p->shares_language && a.any_language)
        want |= SK_RELAX_LANGUAGE;
    if (p->closeness < 0.3 && p->closeness >= a.closeness)
        want |= SK_RELAX_CATEGORY;
    if (p->millionths < ORACLE_THRESHOLD && p->millionths >= a.threshold)
        want |= SK_RELAX_THRESHOLD;
    for (size_t i = 0; i < r->relaxed_count; i++) {
        assert_true(r->relaxed[i].constraint > got);
        assert_true(r->relaxed[i].why.size > 0);
        got |= (uint8_t)r->relaxed[i].constraint;
    }
    assert_int_equal(got, want);
}

static void check_terms(const sk_pair_report *r, const oracle_rules *rules)
{
    double sum = 0, weights = 0;

    assert_int_equal(r->term_count, rules->term_count);
    for (size_t i = 0; i < r->term_count; i++) {
        assert_true(r->terms[i].weight == rules->terms[i].weight);
        if (!r->terms[i].applies) {
            assert_int_equal(r->terms[i].why.size, 0);
            continue;
        }
        sum += r->terms[i].weight * r->terms[i].value;
        weights += r->terms[i].weight;
    }
    assert_int_equal(r->score, (int64_t)floor((weights > 0 ? sum / weights : 0) * 1e6 + 0.5));
}

static void compare(world *w, oracle *o, size_t demand, size_t supply)
{
    const world_listing *d = &w->listings[demand], *s = &w->listings[supply];
    const sk_facts *df = sk_index_facts(w->index, d->slot), *sf = sk_index_facts(w->index, s->slot);
    oracle_pair want = oracle_judge(o, &d->listing, demand, supply, true);
    sk_pair_report got;
    sk_constraint failed;
    int failed_hard;
    sk_error err;

    if (sk_match_pair(w->matcher, df, sk_index_party(w->index, df->party), sf,
                      sk_index_party(w->index, sf->party), w->now_ms, w->arena, &got,
                      &err) != SK_OK)
        fail_msg("%s %s", err.field, err.message);
    assert_int_equal(got.failed_set, want.failed);
    assert_int_equal(got.failed, want.failed ? __builtin_ctz(want.failed) : 0);
    assert_int_equal(got.score, want.millionths);
    assert_true(same(got.values.distance_m, want.distance_m));
    assert_true(got.values.overlap_min == want.overlap_min);
    assert_true(got.values.longest_min == want.longest_min);
    assert_true(got.values.closeness == want.closeness);
    assert_true(got.values.need_age_days == days(w, d->listing.created_ms));
    assert_true(got.values.offer_room == (double)s->listing.capacity - s->taken);
    check_common(&got, w);
    check_terms(&got, o->rules);
    check_relaxed(&got, o, &d->listing, &s->listing, &want);
    failed = sk_match_test(w->matcher, d->slot, s->slot, w->now_ms, &failed_hard);
    assert_int_equal(failed, got.failed);
    assert_int_equal(failed_hard, failed == SK_C_RULES ? got.failed_hard : -1);
}

static void test_pair__agrees_with_the_full_scan(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        world w;
        oracle o;
        oracle_rules rules = oracle_standaard;
        world_init(&w, calendar, seed, 10, 40);
        if (seed % 2)
            rules = oracle_rules_random(&w.random, seed % 3 == 0);
        sk_ruleset *set = oracle_rules_load(&rules, w.words);
        sk_matcher_set_rules(w.matcher, set);
        for (int i = 0; i < 20; i++)
            world_change(&w);
        oracle_init(&o, &w, &rules);
        for (size_t d = 0; d < w.listing_count; d++) {
            for (size_t s = 0; s < w.listing_count; s++) {
                if (w.listings[d].there && w.listings[s].there &&
                    sk_kind_side(w.listings[d].listing.kind) == SK_DEMAND &&
                    sk_kind_side(w.listings[s].listing.kind) == SK_SUPPLY)
                    compare(&w, &o, d, s);
            }
        }
        oracle_done(&o);
        sk_ruleset_free(set);
        world_done(&w);
    }
}

static void test_test__says_open_for_a_listing_that_is_gone(void **state)
{
    world w;
    sk_ruleset *set;
    int failed_hard;

    (void)state;
    world_init(&w, calendar, 3, 3, 3);
    set = oracle_rules_load(&oracle_standaard, w.words);
    sk_matcher_set_rules(w.matcher, set);
    assert_int_equal(sk_match_test(w.matcher, 0, 4000, w.now_ms, &failed_hard), SK_C_OPEN);
    assert_int_equal(failed_hard, -1);
    sk_ruleset_free(set);
    world_done(&w);
}

static void test_constraint_name__knows_each(void **state)
{
    (void)state;
    assert_string_equal(sk_constraint_name(SK_C_OPEN), "open");
    assert_string_equal(sk_constraint_name(SK_C_TRAITS), "traits");
    assert_string_equal(sk_constraint_name(SK_C_RULES), "rules");
    assert_string_equal(sk_constraint_name((sk_constraint)99), "none");
}

static int open_calendar(void **state)
{
    (void)state;
    return sk_calendar_open(&calendar, NULL) == SK_OK ? 0 : -1;
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
        cmocka_unit_test(test_pair__agrees_with_the_full_scan),
        cmocka_unit_test(test_test__says_open_for_a_listing_that_is_gone),
        cmocka_unit_test(test_constraint_name__knows_each),
    };

    return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
