/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Dry runs on small worlds whose outcome can be written down by hand.
 *
 * The usual one: n1 and n2 stand in one buurt, n3 in another, 4.5 km away. n1 and n3 ask a ride,
 * which o1 (of p2, beside n1) and o2 (of p3, beside n3) offer; n2 asks a job, which o3 (of p5, also
 * beside n1) offers. Under the standard rules n1 gets o1 and o2, n3 gets o2 and o1, n2 gets o3. */

#define SET(name, body)                                                                            \
    "return ruleset { name = \"" name "\", based_on = \"standaard\", policy = [[" name             \
    "]],\n" body " }\n"
#define SAME SET("zelfde", "")
#define STRICT SET("streng", "hard { \"samen\", expr = \"need.buurt == offer.buurt\", why = \"\" }")
#define FAR                                                                                        \
    SET("ver", "term { \"nabij\", weight = 3, expr = \"1 - decay(distance_m, 1500)\", why = \"\" " \
               "}")
#define NEAR_ONLY SET("dichtbij", "threshold = 0.9")
#define ONE_EACH SET("beurt", "limits = { per_need = 5, per_helper = 1 }")
#define FAILING                                                                                    \
    SET("stuk", "term { \"kapot\", weight = 1, lua = function(need, offer) return need.x.y end }")
/* Burns nearly all that a function may use, so that the run takes long. */
#define SLOW                                                                                       \
    SET("traag", "term { \"traag\", weight = 1, lua = function(need, offer)\n"                     \
                 "  local n = 0 for i = 1, 20000 do n = n + i % 7 end return 1 end }")

static const sk_str job[1] = {{"klussen", 7}};

static void put_world(stand *s)
{
    sk_listing n2 = need("n2", "p4"), n3 = need("n3", "p6"), o2 = offer("o2", "p3");
    sk_listing o3 = offer("o3", "p5");

    n2.categories = o3.categories = (sk_strs){job, 1};
    n3.point = (sk_point){52.1412, 5.1034};
    o2.point = (sk_point){52.1430, 5.1034};
    put(s, need("n1", "p1"));
    put(s, n2);
    put(s, n3);
    put(s, offer("o1", "p2"));
    put(s, o2);
    put(s, o3);
}

/* ---- Running ---- */

static char run_id[17];

static sk_status try_start(stand *s, const sk_actor *actor, const sk_dry_ask *ask)
{
    sk_dry_run run;
    sk_status st = sk_engine_start_dry_run(s->engine, actor, SK_STR(""), ask, &run, &s->err);

    if (st == SK_OK)
        snprintf(run_id, sizeof(run_id), "%.*s", SK_STR_ARG(run.id));
    return st;
}

static sk_dry_run wait_for(stand *s, const sk_actor *actor)
{
    sk_dry_run run;

    for (int i = 0; i < 60000; i++) {
        ok(s,
           sk_engine_get_dry_run(s->engine, actor, sk_str_from(run_id), s->arena, &run, &s->err));
        if (run.state != SK_DRY_RUNNING)
            return run;
        usleep(1000);
    }
    fail_msg("the dry run does not end");
    return run;
}

static sk_dry_run try_ask(stand *s, sk_dry_ask ask)
{
    ok(s, try_start(s, &author, &ask));
    return wait_for(s, &admin);
}

static const sk_dry_report *report_of(stand *s, sk_dry_ask ask)
{
    sk_dry_run run = try_ask(s, ask);

    if (run.state != SK_DRY_DONE)
        fail_msg("state %d: %s", (int)run.state, run.error.message);
    return run.report;
}

static const sk_dry_report *try_source(stand *s, const char *source)
{
    return report_of(s, (sk_dry_ask){.source = sk_str_from(source)});
}

static void assert_counts(const sk_dry_counts *got, sk_dry_counts expected)
{
    if (memcmp(got, &expected, sizeof(expected)) != 0)
        fail_msg("listings %d before %d after %d same %d moved %d appear %d vanish %d first %d "
                 "last %d",
                 (int)got->listings, (int)got->before, (int)got->after, (int)got->same,
                 (int)got->moved, (int)got->appear, (int)got->vanish, (int)got->first,
                 (int)got->last);
}

static const sk_dry_row *row_of(const sk_dry_row *rows, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (sk_str_eq(rows[i].key, sk_str_from(key)))
            return &rows[i];
    fail_msg("no row %s", key);
    return NULL;
}

static void push(stand *s, const char *source, char hash[65])
{
    sk_call call = call_by(&author);

    ok(s, sk_engine_push_rules(s->engine, &call, sk_str_from(source), &s->receipt, &s->err));
    memcpy(hash, s->receipt.id, 65);
}

static void activate(stand *s, const char *source)
{
    sk_call call = call_by(&admin);
    char hash[65];

    push(s, source, hash);
    ok(s, sk_engine_approve_rules(s->engine, &call, sk_str_from(hash), &s->receipt, &s->err));
    ok(s, sk_engine_activate_rules(s->engine, &call, sk_str_from(hash), 0, &s->receipt, &s->err));
}

/* ---- What is counted ---- */

static void test_report__same_rules_change_nothing(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    r = try_source(s, SAME);
    assert_counts(&r->total, (sk_dry_counts){.listings = 3, .before = 5, .after = 5, .same = 5});
    assert_int_equal(r->case_count, 0);
    assert_int_equal(r->gainer_count + r->loser_count, 0);
    assert_int_equal(r->supply, 3);
}

static void test_report__counts_what_vanishes(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    r = try_source(s, STRICT);
    assert_counts(&r->total,
                  (sk_dry_counts){.listings = 3, .before = 5, .after = 3, .same = 3, .vanish = 2});
    assert_int_equal(r->area_count, 2);
    assert_counts(&row_of(r->areas, 2, "BU00010001")->n,
                  (sk_dry_counts){.listings = 2, .before = 3, .after = 2, .same = 2, .vanish = 1});
    assert_counts(&row_of(r->areas, 2, "BU00010101")->n,
                  (sk_dry_counts){.listings = 1, .before = 2, .after = 1, .same = 1, .vanish = 1});
    assert_str(r->areas[1].wijk, "WK000101");
    assert_str(r->areas[1].name, "BU00010101");
    assert_counts(&row_of(r->categories, r->category_count, "klussen")->n,
                  (sk_dry_counts){.listings = 1, .before = 1, .after = 1, .same = 1});
    assert_counts(&row_of(r->categories, r->category_count, "vervoer")->n,
                  (sk_dry_counts){.listings = 2, .before = 4, .after = 2, .same = 2, .vanish = 2});
    assert_str(row_of(r->categories, r->category_count, "vervoer")->name, "Vervoer");
    assert_counts(&r->ages[0].n, r->total);
}

static void test_report__counts_what_moves(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    r = try_source(s, FAR);
    assert_counts(&r->total,
                  (sk_dry_counts){.listings = 3, .before = 5, .after = 5, .same = 1, .moved = 4});
    assert_int_equal(r->case_count, 0);
}

/* With one proposal per helper n1, whose id is the lowest, takes all rides and n3 loses its own. */
static void test_report__limits_make_the_last_one_go(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    r = try_source(s, ONE_EACH);
    assert_counts(
        &r->total,
        (sk_dry_counts){.listings = 3, .before = 5, .after = 3, .same = 3, .vanish = 2, .last = 1});
    assert_int_equal(r->case_count, 1);
    assert_str(r->cases[0].listing_id, "n3");
    assert_str(r->cases[0].pairs[0].why, "others");
}

static void test_report__counts_first_candidates(void **state)
{
    stand *s = *state;
    sk_listing far = offer("o1", "p2");
    const sk_dry_report *r;

    activate(s, STRICT);
    far.point = (sk_point){52.1412, 5.1034};
    put(s, need("n1", "p1"));
    put(s, far);
    r = try_source(s, SAME);
    assert_counts(&r->total, (sk_dry_counts){.listings = 1, .after = 1, .appear = 1, .first = 1});
    assert_str(r->name[0], "streng");
    assert_str(r->name[1], "zelfde");
    assert_str(r->cases[0].pairs[0].why, "rule:samen");
    assert_int_equal(r->cases[0].pairs[0].rank[0], 0);
    assert_int_equal(r->cases[0].pairs[0].rank[1], 1);
}

static void test_report__cases_have_reasons_before_and_after(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;
    const sk_dry_case *c;

    put_world(s);
    r = try_source(s, NEAR_ONLY);
    assert_int_equal(r->case_count, 2);
    c = &r->cases[0];
    assert_str(c->listing_id, "n1");
    assert_str(c->title, "Rit naar het ziekenhuis");
    assert_str(c->category, "vervoer.ziekenhuis");
    assert_int_equal(c->vanish, 1);
    assert_int_equal(c->pair_count, 2);
    assert_str(c->pairs[0].supply_id, "o1");
    assert_str(c->pairs[0].why, "");
    assert_str(c->pairs[1].supply_id, "o2");
    assert_str(c->pairs[1].supply_title, "Ik rijd graag");
    assert_str(c->pairs[1].why, "threshold");
    assert_int_equal(c->pairs[1].rank[0], 2);
    assert_int_equal(c->pairs[1].rank[1], 0);
    assert_int_equal(c->pairs[1].term_count[0], 5);
    assert_int_equal(c->pairs[1].score[0], c->pairs[1].score[1]);
    assert_true(c->pairs[1].distance_m > 4000 && c->pairs[1].distance_m < 5000);
}

static void test_report__load_per_helper(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    r = try_source(s, STRICT);
    assert_int_equal(r->load[0].helpers, 3);
    assert_int_equal(r->load[0].reached, 3);
    assert_int_equal(r->load[0].idle, 3);
    assert_int_equal(r->load[1].idle_reached, 3);
    assert_int_equal(r->load[0].by_count[2], 2);
    assert_int_equal(r->load[1].by_count[1], 3);
    assert_int_equal(r->load[0].most, 2);
    assert_true(fabs(r->load[0].gini - 2.0 / 15) < 1e-12);
    assert_true(fabs(r->load[1].gini) < 1e-12);
    assert_true(fabs(r->load[0].lorenz[10] - 1) < 1e-12);
    /* The least asked third has one of the five. */
    assert_true(fabs(r->load[0].lorenz[5] - (1 + 0.5 * 2) / 5) < 1e-12);
    assert_int_equal(r->loser_count, 2);
    assert_str(r->losers[0].party_id, "p2");
    assert_int_equal(r->losers[0].before, 2);
    assert_int_equal(r->losers[0].after, 1);
    assert_int_equal(r->gainer_count, 0);
    assert_int_equal(r->spread[0].distances[1] + r->spread[0].distances[0], 3);
    assert_int_equal(r->spread[0].distances[4], 2);
    assert_int_equal(r->spread[1].distances[4], 0);
}

static void test_report__decided_pairs_stay_out(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    decide(s, pair_of(s, "n1", "o1").id, SK_DECIDE_REJECT);
    r = try_source(s, STRICT);
    assert_counts(
        &r->total,
        (sk_dry_counts){.listings = 3, .before = 4, .after = 2, .same = 2, .vanish = 2, .last = 1});
}

static void test_report__says_which_functions_failed(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    r = try_source(s, FAILING);
    assert_int_equal(r->failure_count, 1);
    assert_true(r->failures[0].after);
    assert_str(r->failures[0].rule, "kapot");
    assert_int_equal(r->failures[0].count, 5);
    assert_true(r->failures[0].reason.size > 0);
}

/* ---- Past moments and backups ---- */

static void test_at__sees_what_was_open_then(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    stand_to(s, START_MS + SK_DAY_MS);
    ok(s, try_status(s, "o1", SK_LISTING_WITHDRAWN));
    put(s, need("n4", "p4"));
    r = try_source(s, SAME);
    assert_counts(&r->total, (sk_dry_counts){.listings = 4, .before = 4, .after = 4, .same = 4});
    r = report_of(s, (sk_dry_ask){.source = SK_STR(STRICT), .at_ms = START_MS + SK_HOUR_MS});
    assert_counts(&r->total,
                  (sk_dry_counts){.listings = 3, .before = 5, .after = 3, .same = 3, .vanish = 2});
    assert_int_equal(r->moments[0].at_ms, START_MS + SK_HOUR_MS);
}

static void test_at__takes_back_what_was_decided_later(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    stand_to(s, START_MS + SK_DAY_MS);
    connect(s, pair_of(s, "n1", "o1").id);
    r = try_source(s, SAME);
    assert_int_equal(r->total.listings, 2); /* n1 and o1 have no room left. */
    r = report_of(s, (sk_dry_ask){.source = SK_STR(SAME), .at_ms = START_MS + SK_HOUR_MS});
    assert_counts(&r->total, (sk_dry_counts){.listings = 3, .before = 5, .after = 5, .same = 5});
    assert_int_equal(r->load[0].idle, 3);
}

static void test_period__adds_up_its_days(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;

    put_world(s);
    stand_to(s, START_MS + 3 * SK_DAY_MS);
    r = report_of(s, (sk_dry_ask){.source = SK_STR(STRICT),
                                  .from_ms = START_MS - SK_DAY_MS,
                                  .to_ms = START_MS + 2 * SK_DAY_MS});
    assert_int_equal(r->moment_count, 4);
    assert_int_equal(r->moments[0].n.listings, 0);
    assert_int_equal(r->moments[1].n.vanish, 2);
    assert_counts(&r->total,
                  (sk_dry_counts){.listings = 9, .before = 15, .after = 9, .same = 9, .vanish = 6});
    assert_int_equal(r->load[0].helpers, 3);
    assert_int_equal(r->load[0].idle, 9);
    assert_int_equal(r->losers[0].before, 6);
    assert_int_equal(r->case_count, 2);
    assert_int_equal(r->cases[0].at_ms, START_MS);
    r = report_of(s, (sk_dry_ask){.source = SK_STR(SAME),
                                  .from_ms = START_MS - 400 * SK_DAY_MS,
                                  .to_ms = START_MS});
    assert_int_equal(r->moment_count, 31);
    assert_int_equal(r->moments[30].at_ms, START_MS);
}

static void test_backup__is_looked_at_without_who_was_erased(void **state)
{
    stand *s = *state;
    sk_call call = call_by(&admin);
    const sk_dry_report *r;

    put_world(s);
    ok(s, sk_engine_backup(s->engine, &admin, SK_STR("gisteren"), &s->err));
    ok(s, try_status(s, "n2", SK_LISTING_WITHDRAWN));
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p3"), &s->receipt, &s->err));
    stand_to(s, START_MS + SK_DAY_MS);
    r = report_of(s, (sk_dry_ask){.source = SK_STR(SAME), .backup = SK_STR("gisteren")});
    assert_counts(&r->total, (sk_dry_counts){.listings = 3, .before = 3, .after = 3, .same = 3});
    assert_int_equal(r->moments[0].at_ms, START_MS);
    assert_str(r->backup, "gisteren");
}

/* ---- Nothing changes ---- */

static void test_run__changes_nothing_and_says_the_same_again(void **state)
{
    stand *s = *state;
    const sk_dry_report *first, *second;
    sk_buf before, after;

    put_world(s);
    before = stand_dump(s);
    first = try_source(s, STRICT);
    second = try_source(s, STRICT);
    assert_memory_equal(&first->total, &second->total, sizeof(first->total));
    assert_memory_equal(first->load, second->load, sizeof(first->load));
    assert_memory_equal(first->spread, second->spread, sizeof(first->spread));
    after = stand_dump(s);
    assert_same(&before, &after);
    sk_buf_done(&before);
    sk_buf_done(&after);
    stand_check(s);
}

static void test_run__is_noted_by_hash_and_survives(void **state)
{
    stand *s = *state;
    sk_rules_record record;
    char hash[65];

    put_world(s);
    try_source(s, STRICT); /* Before it is pushed. */
    push(s, STRICT, hash);
    for (int i = 0; i < 2; i++) {
        ok(s,
           sk_engine_get_rules(s->engine, &reader, sk_str_from(hash), s->arena, &record, &s->err));
        assert_non_null(record.dry_run);
        assert_str(record.dry_run->by, "t-author");
        assert_str(record.dry_run->against_name, "standaard");
        assert_int_equal(record.dry_run->run_ms, START_MS);
        assert_int_equal(record.dry_run->counts.vanish, 2);
        stand_reopen(s);
    }
    ok(s, sk_engine_get_rules(s->engine, &reader, SK_STR(""), s->arena, &record, &s->err));
    assert_null(record.dry_run);
}

static void test_run__of_a_stored_set(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;
    char hash[65];

    put_world(s);
    push(s, STRICT, hash);
    r = report_of(s, (sk_dry_ask){.hash = sk_str_from(hash)});
    assert_str(r->hash[1], hash);
    assert_int_equal(r->total.vanish, 2);
}

/* ---- Refusals and bounds ---- */

static void refuse_ask(stand *s, sk_status expected, const char *field, sk_dry_ask ask)
{
    refused(s, expected, field, try_start(s, &admin, &ask));
    assert_false(sk_engine_dry_running(s->engine));
}

static void test_start__refuses_bad_questions(void **state)
{
    stand *s = *state;
    sk_str set = SK_STR(SAME);
    static char large[65 * 1024 + 1];

    memset(large, ' ', sizeof(large) - 1);
    refuse_ask(s, SK_EINVAL, "source", (sk_dry_ask){.at_ms = 1});
    refuse_ask(s, SK_EINVAL, "hash", (sk_dry_ask){.source = set, .hash = SK_STR("abc")});
    refuse_ask(s, SK_ELIMIT, "source", (sk_dry_ask){.source = sk_str_from(large)});
    refuse_ask(s, SK_ENOTFOUND, "hash", (sk_dry_ask){.hash = SK_STR("abc")});
    refuse_ask(s, SK_EINVAL, "at", (sk_dry_ask){.source = set, .at_ms = START_MS + 1});
    refuse_ask(s, SK_EINVAL, "at", (sk_dry_ask){.source = set, .at_ms = 1, .to_ms = 2});
    refuse_ask(s, SK_EINVAL, "to", (sk_dry_ask){.source = set, .from_ms = 5});
    refuse_ask(s, SK_EINVAL, "from", (sk_dry_ask){.source = set, .to_ms = 5});
    refuse_ask(s, SK_EINVAL, "to", (sk_dry_ask){.source = set, .from_ms = 5, .to_ms = 4});
    refuse_ask(s, SK_EINVAL, "backup", (sk_dry_ask){.source = set, .backup = SK_STR("../x")});
    refuse_ask(s, SK_EINVAL, "backup", (sk_dry_ask){.source = set, .backup = SK_STR("..")});
    refuse_ask(s, SK_EINVAL, "backup", (sk_dry_ask){.source = set, .backup = SK_STR("a/b")});
    refused(s, SK_EDENIED, "", try_start(s, &resident, &(sk_dry_ask){.source = set}));
    refused(s, SK_EDENIED, "", try_start(s, &reader, &(sk_dry_ask){.source = set}));
}

static void test_run__tells_faults_of_the_rule_set(void **state)
{
    stand *s = *state;
    sk_dry_run run = try_ask(s, (sk_dry_ask){.source = SK_STR("return ruleset { name = 5 }")});

    assert_int_equal(run.state, SK_DRY_FAILED);
    assert_int_equal(run.error.status, SK_EINVAL);
    assert_non_null(strstr(run.error.message, "name"));
    run = try_ask(s, (sk_dry_ask){.source = SK_STR(SAME), .backup = SK_STR("nergens")});
    assert_int_equal(run.state, SK_DRY_FAILED);
    assert_string_equal(run.error.field, "backup");
}

static void put_many(stand *s, int count)
{
    char id[16];

    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "n%d", i);
        put(s, need(id, "p1"));
        snprintf(id, sizeof(id), "o%d", i);
        put(s, offer(id, i % 2 ? "p2" : "p3"));
    }
}

static void test_start__one_at_a_time(void **state)
{
    stand *s = *state;
    sk_dry_ask slow = {.source = SK_STR(SLOW)};
    sk_dry_run run;

    put_many(s, 40);
    ok(s, try_start(s, &admin, &slow));
    refused(s, SK_EBUSY, "", try_start(s, &author, &slow));
    assert_true(sk_engine_dry_running(s->engine));
    /* The engine serves meanwhile. */
    put(s, need("later", "p4"));
    ok(s, sk_engine_cancel_dry_run(s->engine, &author, sk_str_from(run_id), &run, &s->err));
    run = wait_for(s, &admin);
    assert_int_equal(run.state, SK_DRY_CANCELLED);
    assert_null(run.report);
    assert_counts(&try_source(s, STRICT)->total,
                  (sk_dry_counts){.listings = 41, .before = 6, .after = 6, .same = 6});
}

static void test_start__again_with_the_same_request_is_the_same_run(void **state)
{
    stand *s = *state;
    sk_dry_ask slow = {.source = SK_STR(SLOW)};
    sk_dry_run first, second;
    char id[17];

    put_many(s, 40);
    ok(s, sk_engine_start_dry_run(s->engine, &admin, SK_STR("r-1"), &slow, &first, &s->err));
    snprintf(id, sizeof(id), "%.*s", SK_STR_ARG(first.id));
    ok(s, sk_engine_start_dry_run(s->engine, &admin, SK_STR("r-1"), &slow, &second, &s->err));
    assert_str(second.id, id);
    refused(s, SK_EBUSY, "",
            sk_engine_start_dry_run(s->engine, &author, SK_STR("r-1"), &slow, &second, &s->err));
    refused(s, SK_ENOTFOUND, "id",
            sk_engine_get_dry_run(s->engine, &admin, SK_STR("x"), s->arena, &second, &s->err));
}

static void test_close__does_not_wait_for_a_run(void **state)
{
    stand *s = *state;
    sk_dry_ask slow = {.source = SK_STR(SLOW)};
    int64_t begin;

    put_many(s, 200);
    ok(s, try_start(s, &admin, &slow));
    usleep(50000);
    assert_true(sk_engine_dry_running(s->engine));
    begin = sk_monotonic_ms();
    stand_reopen(s);
    assert_true(sk_monotonic_ms() - begin < 2000);
    assert_false(sk_engine_dry_running(s->engine));
}

static void reopen_bounded(stand *s, int64_t run_ms, uint64_t listings)
{
    sk_engine_options options = {.size = sizeof(options),
                                 .data_dir = s->folder,
                                 .clock = {.fixed = true, .fixed_ms = START_MS},
                                 .no_sync = true,
                                 .dry_run_ms = run_ms,
                                 .dry_run_listings = listings};

    stand_shut(s);
    ok(s, sk_engine_open(&options, &s->engine, &s->err));
}

static void test_run__is_bounded(void **state)
{
    stand *s = *state;
    sk_dry_run run;

    put_many(s, 40);
    reopen_bounded(s, 0, 79);
    run = try_ask(s, (sk_dry_ask){.source = SK_STR(SAME)});
    assert_int_equal(run.state, SK_DRY_FAILED);
    assert_int_equal(run.error.status, SK_ELIMIT);
    reopen_bounded(s, 20, 80);
    run = try_ask(s, (sk_dry_ask){.source = SK_STR(SLOW)});
    assert_int_equal(run.state, SK_DRY_FAILED);
    assert_int_equal(run.error.status, SK_ELIMIT);
    assert_non_null(strstr(run.error.message, "longer"));
}

/* Memory that is out ends the run, not the engine. */
static void test_run__survives_without_memory(void **state)
{
    stand *s = *state;
    sk_dry_ask ask = {.source = SK_STR(STRICT)};
    uint32_t failed = 0;

    put_world(s);
    for (long count = 0; count < 4000; count += 1 + count / 4) {
        sk_status st;
        sk_dry_run run;

        sk_alloc_fail_after(count);
        st = try_start(s, &admin, &ask);
        usleep(20000);
        sk_alloc_fail_after(-1);
        if (st != SK_OK) {
            assert_int_equal(st, SK_ENOMEM);
            continue;
        }
        run = wait_for(s, &admin);
        failed += run.state == SK_DRY_FAILED;
        if (run.state == SK_DRY_FAILED)
            assert_int_equal(run.error.status, SK_ENOMEM);
    }
    assert_true(failed > 5);
    assert_false(sk_engine_failed(s->engine));
    assert_int_equal(try_source(s, STRICT)->total.vanish, 2);
    stand_check(s);
}

/* ---- What a reader sees ---- */

static void test_get__is_coarse_for_an_author(void **state)
{
    stand *s = *state;
    const sk_dry_report *r;
    sk_dry_ask ask = {.source = SK_STR(STRICT)};

    put_world(s);
    ok(s, try_start(s, &admin, &ask));
    r = wait_for(s, &author).report;
    assert_true(r->cases[0].pairs[0].distance_m == 500);
    assert_int_equal(r->cases[0].pairs[0].score[1] % 10000, 0);
    r = wait_for(s, &admin).report;
    assert_false(r->cases[0].pairs[0].distance_m == 500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stand_open, stand_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report__same_rules_change_nothing),
        TEST(test_report__counts_what_vanishes),
        TEST(test_report__counts_what_moves),
        TEST(test_report__limits_make_the_last_one_go),
        TEST(test_report__counts_first_candidates),
        TEST(test_report__cases_have_reasons_before_and_after),
        TEST(test_report__load_per_helper),
        TEST(test_report__decided_pairs_stay_out),
        TEST(test_report__says_which_functions_failed),
        TEST(test_at__sees_what_was_open_then),
        TEST(test_at__takes_back_what_was_decided_later),
        TEST(test_period__adds_up_its_days),
        TEST(test_backup__is_looked_at_without_who_was_erased),
        TEST(test_run__changes_nothing_and_says_the_same_again),
        TEST(test_run__is_noted_by_hash_and_survives),
        TEST(test_run__of_a_stored_set),
        TEST(test_start__refuses_bad_questions),
        TEST(test_run__tells_faults_of_the_rule_set),
        TEST(test_start__one_at_a_time),
        TEST(test_start__again_with_the_same_request_is_the_same_run),
        TEST(test_close__does_not_wait_for_a_run),
        TEST(test_run__is_bounded),
        TEST(test_run__survives_without_memory),
        TEST(test_get__is_coarse_for_an_author),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
