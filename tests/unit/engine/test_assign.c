/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* To whom a suggestion is assigned: levels, ceilings, absence, substitutes. */

static sk_status try_connector(stand *s, sk_connector c, const char *area)
{
    sk_str areas[1] = {sk_str_from(area)};
    sk_call call = call_by(&admin);

    c.name = c.id;
    c.areas = (sk_strs){areas, 1};
    return sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err);
}

static void connector(stand *s, const char *id, const char *area)
{
    ok(s, try_connector(s, (sk_connector){.id = sk_str_from(id)}, area));
}

static void absent(stand *s, const char *id, const char *area, const char *substitute)
{
    ok(s, try_connector(s,
                        (sk_connector){.id = sk_str_from(id),
                                       .absent_from_ms = START_MS,
                                       .absent_until_ms = START_MS + SK_DAY_MS,
                                       .substitute_id = sk_str_from(substitute)},
                        area));
}

/** Who gets the next suggestion in BU00010001. */
static const char *next_assignee(stand *s)
{
    static int number;
    sk_str made_demand, made_supply, assignee;

    number++;
    made_demand = sk_arena_printf(s->arena, "n%d", number);
    made_supply = sk_arena_printf(s->arena, "o%d", number);
    put(s, need(made_demand.data, "p1"));
    put(s, offer(made_supply.data, "p2"));
    assignee = pair_of(s, made_demand.data, made_supply.data).assignee;
    /* So that neither is proposed with later ones. */
    ok(s, try_status(s, made_supply.data, SK_LISTING_WITHDRAWN));
    ok(s, try_status(s, made_demand.data, SK_LISTING_WITHDRAWN));
    return sk_arena_str(s->arena, assignee).data;
}

static void test_assign__the_nearest_level_first(void **state)
{
    stand *s = *state;

    assert_string_equal(next_assignee(s), "");
    connector(s, "g", "GM0001");
    assert_string_equal(next_assignee(s), "g");
    connector(s, "w", "WK000100");
    assert_string_equal(next_assignee(s), "w");
    connector(s, "b", "BU00010001");
    assert_string_equal(next_assignee(s), "b");
    connector(s, "other", "BU00010101");
    assert_string_equal(next_assignee(s), "b");
}

static void test_assign__fewest_cases_then_the_lowest_id(void **state)
{
    stand *s = *state;
    sk_str id;

    connector(s, "b", "BU00010001");
    connector(s, "a", "BU00010001");
    put(s, need("need-1", "p1"));
    put(s, offer("offer-1", "p2"));
    id = pair_of(s, "need-1", "offer-1").id;
    assert_str(suggestion_of(s, id).assignee, "a");
    put(s, offer("offer-2", "p3"));
    assert_str(pair_of(s, "need-1", "offer-2").assignee, "b");
    stand_reopen(s);
    put(s, offer("offer-3", "p4"));
    assert_str(pair_of(s, "need-1", "offer-3").assignee, "a");
    /* One case less, and it is this one's turn. */
    decide(s, id, SK_DECIDE_REJECT);
    decide(s, pair_of(s, "need-1", "offer-3").id, SK_DECIDE_REJECT);
    put(s, offer("offer-4", "p5"));
    assert_str(pair_of(s, "need-1", "offer-4").assignee, "a");
}

static void test_assign__a_full_one_is_passed_over_for_the_next_level(void **state)
{
    stand *s = *state;

    ok(s, try_connector(s, (sk_connector){.id = SK_STR("b"), .ceiling = 1}, "BU00010001"));
    ok(s, try_connector(s, (sk_connector){.id = SK_STR("g"), .ceiling = 1}, "GM0001"));
    put(s, need("need-1", "p1"));
    put(s, offer("offer-1", "p2"));
    put(s, offer("offer-2", "p3"));
    put(s, offer("offer-3", "p4"));
    assert_str(pair_of(s, "need-1", "offer-1").assignee, "b");
    assert_str(pair_of(s, "need-1", "offer-2").assignee, "g");
    assert_str(pair_of(s, "need-1", "offer-3").assignee, "");
}

static void test_assign__substitutes_in_turn_and_in_circles(void **state)
{
    stand *s = *state;

    absent(s, "a", "BU00010001", "b");
    assert_string_equal(next_assignee(s), "");
    absent(s, "b", "BU00010101", "c");
    connector(s, "c", "BU00010101");
    assert_string_equal(next_assignee(s), "c");
    /* Back from absence at the very moment. */
    stand_to(s, START_MS + SK_DAY_MS - 1);
    assert_string_equal(next_assignee(s), "c");
    stand_to(s, START_MS + SK_DAY_MS);
    assert_string_equal(next_assignee(s), "a");
}

static void test_assign__a_circle_of_absent_ones_is_nobody(void **state)
{
    stand *s = *state;

    absent(s, "a", "BU00010001", "b");
    absent(s, "b", "BU00010001", "a");
    assert_string_equal(next_assignee(s), "");
    connector(s, "g", "GM0001");
    assert_string_equal(next_assignee(s), "g");
    refused(s, SK_EINVAL, "substituteId",
            try_connector(s, (sk_connector){.id = SK_STR("x"), .substitute_id = SK_STR("x")},
                          "GM0001"));
}

static void test_assign__eight_substitutes_and_no_more(void **state)
{
    stand *s = *state;
    static const char *const chain[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"};

    for (int i = 0; i < 8; i++)
        absent(s, chain[i], i ? "BU00010101" : "BU00010001", chain[i + 1]);
    connector(s, "c8", "BU00010101");
    assert_string_equal(next_assignee(s), "c8");
    absent(s, "c8", "BU00010101", "c9");
    connector(s, "c9", "BU00010101");
    assert_string_equal(next_assignee(s), "");
}

static void test_assign__outside_all_areas_any_gemeente(void **state)
{
    stand *s = *state;
    sk_listing outside = need("need-1", "p1"), there = offer("offer-1", "p2");

    outside.point = there.point = (sk_point){53.0, 6.0};
    connector(s, "b", "BU00010001");
    connector(s, "g", "GM0009");
    put(s, outside);
    put(s, there);
    assert_str(pair_of(s, "need-1", "offer-1").assignee, "g");
    assert_str(pair_of(s, "need-1", "offer-1").area, "");
}

static void test_put_connector__its_own_token_changes_ceiling_and_absence(void **state)
{
    stand *s = *state;
    const sk_actor anna = {
        .token_id = SK_STR("t-anna"), .role = SK_ROLE_CONNECTOR, .connector_id = SK_STR("anna")};
    sk_str areas[2] = {SK_STR("BU00010001"), SK_STR("BU00010002")};
    sk_connector c = {.id = SK_STR("anna"), .name = SK_STR("anna"), .areas = {areas, 1}};
    sk_call call = call_by(&anna);

    refused(s, SK_EDENIED, "", sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
    connector(s, "anna", "BU00010001");
    connector(s, "bram", "BU00010001");
    c.ceiling = 3;
    c.absent_from_ms = START_MS;
    c.absent_until_ms = START_MS + SK_DAY_MS;
    c.substitute_id = SK_STR("bram");
    ok(s, sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
    assert_string_equal(next_assignee(s), "bram");
    c.areas.count = 2;
    refused(s, SK_EDENIED, "areas",
            sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
    c.areas.count = 1;
    c.name = SK_STR("Anna");
    refused(s, SK_EDENIED, "name",
            sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
    c.id = c.name = SK_STR("bram");
    refused(s, SK_EDENIED, "", sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_assign__the_nearest_level_first),
        ON_STAND(test_assign__fewest_cases_then_the_lowest_id),
        ON_STAND(test_assign__a_full_one_is_passed_over_for_the_next_level),
        ON_STAND(test_assign__substitutes_in_turn_and_in_circles),
        ON_STAND(test_assign__a_circle_of_absent_ones_is_nobody),
        ON_STAND(test_assign__eight_substitutes_and_no_more),
        ON_STAND(test_assign__outside_all_areas_any_gemeente),
        ON_STAND(test_put_connector__its_own_token_changes_ceiling_and_absence),
    };

    return cmocka_run_group_tests_name("engine.assign", tests, NULL, NULL);
}
