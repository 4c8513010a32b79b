/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* Opening: what is rebuilt from the store is what was in memory. A random sequence of commands, the
 * deep check after each step, and restarts that must change nothing. */

#define STEPS 250

/* With messages about everything, so that these are rebuilt and taken too. */
#define TELLING                                                                                    \
    "return ruleset { name = 'praat', based_on = 'standaard', policy = [[Zeg het.]],\n"            \
    "  notify { 'werk', on = 'suggestion.created', to = 'connector', channel = 'mail',\n"          \
    "    text = { nl = '{need.title} {reasons}' } },\n"                                            \
    "  notify { 'vraag', on = 'suggestion.created', to = 'offer_party', channel = 'mail',\n"       \
    "    text = { nl = '{need.title} {times} {distance}' } },\n"                                   \
    "  notify { 'ja', on = 'suggestion.connected', to = 'need_party', channel = 'mail',\n"         \
    "    text = { nl = '{party} {appointment}' } },\n"                                             \
    "  notify { 'nee', on = 'suggestion.declined', to = 'need_party', channel = 'mail',\n"         \
    "    text = { nl = 'Helaas.' } },\n"                                                           \
    "  notify { 'weg', on = 'listing.expired', to = 'need_party', channel = 'mail',\n"             \
    "    text = { nl = '{need.title} {deadline}' } } }"

static sk_str made_id(stand *s, char kind, uint32_t n)
{
    return sk_arena_printf(s->arena, "%c%u", kind, below(s, n));
}

static sk_status random_listing(stand *s)
{
    bool demand = below(s, 2);
    uint32_t party = below(s, 6);
    /* The engine's own ids begin with digits too. */
    sk_str id = sk_arena_printf(s->arena, "%u%c-%u", party, demand ? 'n' : 'o', below(s, 2));
    sk_str owner = sk_arena_printf(s->arena, "p%u", party + 1);
    sk_listing made = demand ? need(id.data, owner.data) : offer(id.data, owner.data);
    static const sk_str language[1] = {{"taal", 4}};

    made.point.lat_deg += 0.001 * below(s, 60);
    made.capacity = 1 + below(s, 3);
    if (below(s, 4) == 0)
        made.valid_until_ms = sk_engine_now(s->engine) + (1 + below(s, 20)) * SK_DAY_MS / 2;
    if (below(s, 5) == 0)
        made.categories = (sk_strs){language, 1};
    return try_put(s, &made);
}

static sk_status random_status(stand *s)
{
    static const sk_listing_status to[] = {SK_LISTING_OPEN, SK_LISTING_OPEN, SK_LISTING_PAUSED,
                                           SK_LISTING_FULFILLED, SK_LISTING_WITHDRAWN};
    sk_str id =
        sk_arena_printf(s->arena, "%u%c-%u", below(s, 6), below(s, 2) ? 'n' : 'o', below(s, 2));

    return try_status(s, id.data, to[below(s, 5)]);
}

static const sk_suggestion *random_suggestion(stand *s)
{
    sk_suggestion_page page = suggestions(s, ALL_STATES);

    return page.count ? &page.items[page.count - 1 - below(s, page.count < 12 ? page.count : 12)]
                      : NULL;
}

static sk_status random_decision(stand *s)
{
    const sk_suggestion *one = random_suggestion(s);

    if (!one)
        return SK_OK;
    return try_decide(s, one->id, (sk_decision)(1 + below(s, 8)),
                      sk_engine_now(s->engine) + (1 + below(s, 15)) * SK_DAY_MS);
}

static sk_status random_aside(stand *s)
{
    const sk_suggestion *one = random_suggestion(s);
    sk_call call = call_by(&admin);
    int64_t start = sk_engine_now(s->engine) + below(s, 40) * SK_HOUR_MS;
    sk_appointment when = {start, start + (1 + below(s, 9)) * SK_HOUR_MS};

    if (!one)
        return SK_OK;
    switch (below(s, 3)) {
    case 0:
        return try_undo(s, one->id);
    case 1:
        return sk_engine_hand_over(s->engine, &call, one->id, one->version, made_id(s, 'c', 3),
                                   &s->receipt, &s->err);
    default:
        return sk_engine_set_appointments(s->engine, &call, one->id, one->version, &when,
                                          below(s, 2), &s->receipt, &s->err);
    }
}

static sk_status random_party(stand *s)
{
    sk_str blocked = sk_arena_printf(s->arena, "p%u", 1 + below(s, 6));
    sk_call call = call_by(&admin);
    sk_party party = {.id = sk_arena_printf(s->arena, "p%u", 1 + below(s, 6)),
                      .kind = (sk_party_kind)(1 + below(s, 3))};

    if (below(s, 3) == 0 && !sk_str_eq(blocked, party.id))
        party.blocks = (sk_strs){&blocked, 1};
    return sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err);
}

static sk_status random_connector(stand *s)
{
    static const char *const areas[] = {"GM0001", "WK000100", "BU00010001", "BU00010101"};
    sk_str area = sk_str_from(areas[below(s, 4)]);
    sk_call call = call_by(&admin);
    sk_connector c = {
        .id = made_id(s, 'c', 3), .name = SK_STR("x"), .areas = {&area, 1}, .ceiling = below(s, 5)};

    if (below(s, 3) == 0) {
        c.absent_from_ms = sk_engine_now(s->engine);
        c.absent_until_ms = c.absent_from_ms + SK_DAY_MS;
        c.substitute_id = made_id(s, 'd', 3);
    }
    return sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err);
}

static sk_status random_time(stand *s)
{
    static const int64_t steps[] = {60000, SK_HOUR_MS, SK_HOUR_MS, SK_DAY_MS, 3 * SK_DAY_MS};

    stand_to(s, sk_engine_now(s->engine) + steps[below(s, 5)] * (1 + below(s, 5)));
    return SK_OK;
}

static sk_status random_erase(stand *s)
{
    sk_call call = call_by(&admin);
    sk_str id = sk_arena_printf(s->arena, "p%u", 1 + below(s, 6));

    return below(s, 6) ? SK_OK : sk_engine_erase_party(s->engine, &call, id, &s->receipt, &s->err);
}

static sk_status random_areas(stand *s)
{
    sk_area areas[2] = {square(s, "BU00010001", "WK000100", "GM0001", 52.10, 5.10),
                        square(s, "BU00010101", "WK000101", "GM0001", 52.14, 5.10)};
    sk_call call = call_by(&admin);

    return sk_engine_put_areas(s->engine, &call, true, areas + below(s, 2), 1, true, &s->receipt,
                               &s->err);
}

static sk_status random_message(stand *s)
{
    const sk_delivery *items;
    size_t count = take(s, "mail", 1 + below(s, 5), &items);

    for (size_t i = 0; i < count; i++)
        if (below(s, 4))
            ok(s, try_report(s, items[i].id, items[i].attempt, (sk_outcome)(1 + below(s, 3))));
    return SK_OK;
}

static sk_status random_step(stand *s)
{
    uint32_t chance = below(s, 100);

    if (chance < 35)
        return random_listing(s);
    if (chance < 45)
        return random_status(s);
    if (chance < 65)
        return random_decision(s);
    if (chance < 70)
        return random_message(s);
    if (chance < 80)
        return random_aside(s);
    if (chance < 86)
        return random_party(s);
    if (chance < 90)
        return random_connector(s);
    if (chance < 96)
        return random_time(s);
    return chance < 98 ? random_areas(s) : random_erase(s);
}

static void restart_unchanged(stand *s)
{
    sk_buf before = stand_dump(s), after;

    stand_reopen(s);
    stand_check(s);
    after = stand_dump(s);
    assert_same(&before, &after);
}

static void run_random(stand *s, uint64_t seed)
{
    size_t done = 0;

    s->random = seed * 1000003;
    for (int i = 0; i < STEPS; i++) {
        sk_status st = random_step(s);

        assert_false(sk_engine_failed(s->engine));
        done += st == SK_OK;
        if (sk_engine_check(s->engine, &s->err) != SK_OK)
            fail_msg("seed %llu, step %d: %s", (unsigned long long)seed, i, s->err.message);
        if (i % 50 == 49)
            restart_unchanged(s);
    }
    assert_true(done > STEPS / 3);
}

static void test_open__a_restart_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        void *each;

        assert_int_equal(stand_open(&each), 0);
        use_rules(each, TELLING);
        run_random(each, seed);
        stand_close(&each);
    }
}

/* The same commands on an engine that restarts and on one that does not: the same answers. */
static void test_open__restarts_make_no_difference_later(void **state)
{
    void *state_a, *state_b;
    stand *a, *b;
    sk_buf x, y;

    (void)state;
    assert_int_equal(stand_open(&state_a), 0);
    assert_int_equal(stand_open(&state_b), 0);
    a = state_a;
    b = state_b;
    use_rules(a, TELLING);
    use_rules(b, TELLING);
    a->random = b->random = 77;
    for (int i = 0; i < STEPS; i++) {
        assert_int_equal(random_step(a), random_step(b));
        if (i % 20 == 19)
            stand_reopen(b);
    }
    x = stand_dump(a);
    y = stand_dump(b);
    assert_same(&x, &y);
    stand_close(&state_a);
    stand_close(&state_b);
}

/* ---- Memory that runs out while opening ---- */

static void test_open__without_memory_is_refused_and_leaves_all_as_it_was(void **state)
{
    void *each;
    stand *s;
    sk_buf before, after;
    sk_status st = SK_ENOMEM;
    long n = 0;

    (void)state;
    assert_int_equal(stand_open(&each), 0);
    s = each;
    s->random = 5;
    for (int i = 0; i < 80; i++)
        random_step(s);
    before = stand_dump(s);
    stand_shut(s);
    for (; st != SK_OK; n += 3 + n / 8) {
        int64_t clock_ms = START_MS;

        sk_alloc_fail_after(n);
        st = stand_try_open(s, clock_ms);
        sk_alloc_fail_after(-1);
        if (st == SK_OK && sk_engine_failed(s->engine)) {
            st = SK_ENOMEM;
            stand_shut(s);
        }
        assert_true(st == SK_OK || st == SK_ENOMEM);
    }
    stand_check(s);
    after = stand_dump(s);
    assert_same(&before, &after);
    assert_true(n > 200);
    stand_close(&each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open__a_restart_changes_nothing),
        cmocka_unit_test(test_open__restarts_make_no_difference_later),
        cmocka_unit_test(test_open__without_memory_is_refused_and_leaves_all_as_it_was),
    };

    return cmocka_run_group_tests_name("engine.open", tests, NULL, NULL);
}
