/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <stdio.h>

/* The life of a rule set, across restarts, and what its rules do to suggestions. */

#define STRICT                                                                                     \
    "return ruleset { name = \"streng\", based_on = \"standaard\", policy = [[Streng.]],\n"        \
    "  hard { \"samen\", expr = \"need.buurt == offer.buurt\", why = \"zelfde buurt\" } }\n"
#define WRONG                                                                                      \
    "return ruleset { name = \"fout\", based_on = \"standaard\", policy = [[Fout.]],\n"            \
    "  example { \"nooit\", need = {}, offer = {}, pair = { closeness = 0 },\n"                    \
    "    expect = { score = 1 } } }\n"
#define PATIENT                                                                                    \
    "return ruleset { name = \"geduld\", based_on = \"standaard\", policy = [[Geduld.]],\n"        \
    "  threshold = 0.99, relax { after = \"3d\", threshold = 0.5 } }\n"
#define FAILING                                                                                    \
    "return ruleset { name = \"stuk\", based_on = \"standaard\", policy = [[Stuk.]],\n"            \
    "  term { \"kapot\", weight = 1, lua = function(need, offer) return need.x.y end } }\n"

static char last_hash[65];

static const char *push(stand *s, const char *source)
{
    sk_call call = call_by(&author);

    ok(s, sk_engine_push_rules(s->engine, &call, sk_str_from(source), &s->receipt, &s->err));
    memcpy(last_hash, s->receipt.id, 65);
    return last_hash;
}

static sk_status approve(stand *s, const sk_actor *actor, const char *hash)
{
    sk_call call = call_by(actor);

    return sk_engine_approve_rules(s->engine, &call, sk_str_from(hash), &s->receipt, &s->err);
}

static sk_status activate(stand *s, const char *hash)
{
    sk_call call = call_by(&admin);

    return sk_engine_activate_rules(s->engine, &call, sk_str_from(hash), 0, &s->receipt, &s->err);
}

static void use(stand *s, const char *source)
{
    push(s, source);
    ok(s, approve(s, &admin, last_hash));
    ok(s, activate(s, last_hash));
}

static void active_hash(stand *s, char out[65])
{
    sk_engine_status st;

    ok(s, sk_engine_get_status(s->engine, &admin, &st, &s->err));
    assert_int_equal(st.rules_hash.size, 64);
    memcpy(out, st.rules_hash.data, 64);
    out[64] = '\0';
}

static void propose_across(stand *s)
{
    sk_listing far = offer("o1", "p2");

    far.point = (sk_point){52.1412, 5.1034};
    put(s, need("n1", "p1"));
    put(s, far);
    assert_true(has_pair(s, "n1", "o1", 1u << SK_STATE_PROPOSED));
}

static void test_rules__a_second_person_approves(void **state)
{
    stand *s = *state;

    push(s, STRICT);
    refused(s, SK_ECONFLICT, "hash", activate(s, last_hash));
    refused(s, SK_EDENIED, "", approve(s, &author, last_hash));
    stand_reopen(s);
    refused(s, SK_EDENIED, "", approve(s, &author, last_hash));
    ok(s, approve(s, &admin, last_hash));
    refused(s, SK_ECONFLICT, "hash", approve(s, &second_admin, last_hash));
    stand_reopen(s);
    ok(s, activate(s, last_hash));
    refused(s, SK_ECONFLICT, "hash", activate(s, last_hash));
    refused(s, SK_ENOTFOUND, "hash", activate(s, "x"));
}

static void test_rules__failing_examples_are_told_and_end_there(void **state)
{
    stand *s = *state;
    char before[65], after[65];

    active_hash(s, before);
    push(s, WRONG);
    assert_int_equal(s->receipt.examples_run, 1);
    assert_int_equal(s->receipt.examples_failed, 1);
    refused(s, SK_EINVAL, "hash", approve(s, &admin, last_hash));
    refused(s, SK_ECONFLICT, "hash", activate(s, last_hash));
    active_hash(s, after);
    assert_string_equal(before, after);
    stand_check(s);
}

static void test_rules__a_repeated_push_tells_of_its_examples_too(void **state)
{
    stand *s = *state;
    sk_call call = call_as(&author, "once", 1);

    for (int i = 0; i < 2; i++) {
        ok(s, sk_engine_push_rules(s->engine, &call, SK_STR(WRONG), &s->receipt, &s->err));
        assert_int_equal(s->receipt.repeated, i == 1);
        assert_int_equal(s->receipt.examples_failed, 1);
    }
}

/* ---- Who ---- */

/** An actor with a token that is stored. */
static sk_actor person(stand *s, const char *name, sk_role role)
{
    sk_call call = call_by(&admin);
    sk_token token = {.name = sk_str_from(name), .role = role};
    char secret[65];

    ok(s, sk_engine_create_token(s->engine, &call, &token, secret, &s->receipt, &s->err));
    return (sk_actor){.token_id = sk_arena_str(s->arena, sk_str_from(s->receipt.id)), .role = role};
}

static void test_rules__two_tokens_of_one_name_are_one_person(void **state)
{
    stand *s = *state;
    sk_actor anna = person(s, "Anna", SK_ROLE_RULE_AUTHOR),
             at_home = person(s, "Anna", SK_ROLE_ADMIN);
    sk_actor bram = person(s, "Bram", SK_ROLE_RULE_AUTHOR),
             reading = person(s, "Cor", SK_ROLE_READER);
    sk_call call = call_by(&anna);
    sk_rules_record record;

    ok(s, sk_engine_push_rules(s->engine, &call, SK_STR(STRICT), &s->receipt, &s->err));
    memcpy(last_hash, s->receipt.id, 65);
    refused(s, SK_EDENIED, "", approve(s, &anna, last_hash));
    refused(s, SK_EDENIED, "", approve(s, &at_home, last_hash));
    refused(s, SK_EDENIED, "", approve(s, &reading, last_hash));
    ok(s, approve(s, &bram, last_hash));
    call = call_by(&bram);
    refused(s, SK_EDENIED, "",
            sk_engine_activate_rules(s->engine, &call, sk_str_from(last_hash), 0, &s->receipt,
                                     &s->err));
    refused(s, SK_EDENIED, "", sk_engine_rollback_rules(s->engine, &call, &s->receipt, &s->err));
    call = call_by(&at_home);
    ok(s,
       sk_engine_activate_rules(s->engine, &call, sk_str_from(last_hash), 0, &s->receipt, &s->err));
    stand_reopen(s);
    ok(s, sk_engine_get_rules(s->engine, &reader, SK_STR(""), s->arena, &record, &s->err));
    assert_str(record.author_name, "Anna");
    assert_str(record.approved_by_name, "Bram");
    assert_str(record.policy, "Streng.");
    assert_int_equal(record.activation_count, 1);
    assert_str(record.activations[0].by_name, "Anna");
    assert_int_equal(record.activations[0].before.size, 64);
    assert_false(record.activations[0].rolled_back);
}

/* ---- The way back ---- */

static sk_status roll_back(stand *s)
{
    sk_call call = call_by(&admin);

    return sk_engine_rollback_rules(s->engine, &call, &s->receipt, &s->err);
}

static void assert_active(stand *s, const char *hash)
{
    char now[65];

    active_hash(s, now);
    assert_string_equal(now, hash);
}

static void test_rollback__goes_back_one_by_one(void **state)
{
    stand *s = *state;
    char standard[65], strict[65], patient[65];
    sk_rules_record record;

    active_hash(s, standard);
    refused(s, SK_ECONFLICT, "", roll_back(s));
    use(s, STRICT);
    active_hash(s, strict);
    use(s, PATIENT);
    active_hash(s, patient);
    ok(s, activate(s, strict));
    ok(s, roll_back(s));
    assert_string_equal(s->receipt.id, patient);
    assert_active(s, patient);
    stand_reopen(s);
    ok(s, roll_back(s));
    assert_active(s, strict);
    ok(s, roll_back(s));
    assert_active(s, standard);
    refused(s, SK_ECONFLICT, "", roll_back(s));
    assert_active(s, standard);
    assert_int_equal(count_events(s, "rules.activated"), 6);
    ok(s, sk_engine_get_rules(s->engine, &admin, sk_str_from(strict), s->arena, &record, &s->err));
    assert_int_equal(record.state, SK_RULES_RETIRED);
    assert_int_equal(record.activation_count, 3);
    assert_str(record.activations[1].before, patient);
    assert_true(record.activations[2].rolled_back);
    /* What was rolled back may become active again, and is on the way back then. */
    ok(s, activate(s, strict));
    ok(s, roll_back(s));
    assert_active(s, standard);
}

static void test_rollback__remembers_the_last_twenty(void **state)
{
    stand *s = *state;
    char strict[65], patient[65];
    sk_rules_record record;

    use(s, STRICT);
    active_hash(s, strict);
    use(s, PATIENT);
    active_hash(s, patient);
    for (int i = 0; i < 15; i++) {
        ok(s, activate(s, strict));
        ok(s, activate(s, patient));
    }
    ok(s, sk_engine_get_rules(s->engine, &admin, SK_STR(""), s->arena, &record, &s->err));
    assert_int_equal(record.activation_count, 16);
    for (int i = 0; i < 20; i++)
        ok(s, roll_back(s));
    refused(s, SK_ECONFLICT, "", roll_back(s));
    ok(s, sk_engine_get_rules(s->engine, &admin, SK_STR(""), s->arena, &record, &s->err));
    assert_int_equal(record.activation_count, 20);
    stand_check(s);
}

/* ---- Not too much at once ---- */

static sk_status activate_up_to(stand *s, const char *hash, uint32_t percent)
{
    sk_call call = call_by(&admin);

    return sk_engine_activate_rules(s->engine, &call, sk_str_from(hash), percent, &s->receipt,
                                    &s->err);
}

/** `far` pairs across the border between the buurten, which STRICT forbids, and `near` others. */
/** `spoken`: by the helpers, while the others speak Dutch; none: by nobody. */
static void put_many(stand *s, int far, int near, sk_strs spoken)
{
    sk_str dutch = SK_STR("nl");

    for (int i = 0; i < far + near; i++) {
        char party[16], asking[16], offering[16];
        /* Each pair has an hour of the week of its own: nobody else fits. */
        sk_window at = {.short_form = true,
                        .days = (uint8_t)(1u << (i / 24 % 7)),
                        .from_min = (uint16_t)(60 * (i % 24)),
                        .to_min = (uint16_t)(60 * (i % 24 + 1) % 1440)};
        sk_listing asked = need("", "p1"), helped = offer("", "p2");

        snprintf(party, sizeof(party), "p-%d", i);
        snprintf(asking, sizeof(asking), "n-%d", i);
        snprintf(offering, sizeof(offering), "o-%d", i);
        put_party(s, party, SK_PARTY_RESIDENT);
        asked.id = sk_str_from(asking);
        helped.id = sk_str_from(offering);
        helped.party_id = sk_str_from(party);
        helped.windows = asked.windows = &at;
        helped.window_count = asked.window_count = 1;
        if (i < far)
            helped.point = (sk_point){52.1412, 5.1034};
        helped.languages = spoken;
        if (spoken.count)
            asked.languages = (sk_strs){&dutch, 1};
        put(s, asked);
        put(s, helped);
    }
}

static void propose_many(stand *s, int far, int near)
{
    put_many(s, far, near, (sk_strs){0});
    assert_int_equal(suggestions(s, 0).count, far + near);
}

static void test_activate__refuses_to_withdraw_too_much(void **state)
{
    stand *s = *state;
    char standard[65];
    uint64_t before;

    active_hash(s, standard);
    propose_many(s, 20, 40);
    push(s, STRICT);
    ok(s, approve(s, &admin, last_hash));
    before = sk_engine_last_event(s->engine);
    refused(s, SK_ELIMIT, "maxChangePercent", activate(s, last_hash));
    assert_non_null(strstr(s->err.message, "20 of 60 open suggestions (34 %), more than the 25 %"));
    assert_non_null(strstr(s->err.message, "--max-change 34"));
    refused(s, SK_ELIMIT, "maxChangePercent", activate_up_to(s, last_hash, 33));
    refused(s, SK_EINVAL, "maxChangePercent", activate_up_to(s, last_hash, 101));
    assert_int_equal(sk_engine_last_event(s->engine), before);
    assert_active(s, standard);
    ok(s, activate_up_to(s, last_hash, 34));
    assert_int_equal(suggestions(s, 0).count, 40);
    stand_check(s);
}

/* What waiting needs are allowed no more is withdrawn just as what a hard rule forbids. */
static void test_activate__counts_what_is_allowed_no_more(void **state)
{
    stand *s = *state;
    sk_str arabic = SK_STR("ar");
    char standard[65];

    active_hash(s, standard);
    use(s, "return ruleset { name = \"wacht\", based_on = \"standaard\", policy = [[Wachten.]],\n"
           "  relax { after = \"1h\", languages = \"any\" } }");
    put_many(s, 0, 24, (sk_strs){&arabic, 1});
    assert_int_equal(suggestions(s, 0).count, 0);
    stand_to(s, START_MS + 2 * SK_HOUR_MS);
    assert_int_equal(suggestions(s, 0).count, 24);
    refused(s, SK_ELIMIT, "maxChangePercent", activate(s, standard));
    ok(s, activate_up_to(s, standard, 100));
    assert_int_equal(suggestions(s, 0).count, 0);
}

static void test_activate__lets_a_few_go(void **state)
{
    stand *s = *state;

    propose_many(s, 19, 1);
    use(s, STRICT);
    assert_int_equal(suggestions(s, 0).count, 1);
}

static void test_rollback__is_never_too_much(void **state)
{
    stand *s = *state;
    char strict[65];

    use(s, STRICT);
    active_hash(s, strict);
    use(s, "return ruleset { name = \"ruim\", based_on = \"standaard\", policy = [[Ruim.]] }");
    propose_many(s, 30, 0);
    refused(s, SK_ELIMIT, "maxChangePercent", activate(s, strict));
    ok(s, roll_back(s));
    assert_active(s, strict);
    assert_int_equal(suggestions(s, 0).count, 0);
}

static void test_rules__activation_tests_again_and_a_roll_back_returns(void **state)
{
    stand *s = *state;
    char standard[65], strict[65], now[65];

    active_hash(s, standard);
    propose_across(s);
    use(s, STRICT);
    active_hash(s, strict);
    assert_str(pair_of(s, "n1", "o1").reason, "rule:samen");
    stand_reopen(s);
    active_hash(s, now);
    assert_string_equal(now, strict);
    put(s, need("n1", "p1"));
    assert_int_equal(suggestions(s, 0).count, 0);
    ok(s, activate(s, standard));
    put(s, need("n1", "p1"));
    assert_int_equal(suggestions(s, 0).count, 1);
    assert_str(pair_of(s, "n1", "o1").rules_hash, standard);
    ok(s, activate(s, strict));
    assert_int_equal(suggestions(s, 0).count, 0);
    assert_int_equal(count_events(s, "rules.activated"), 3);
    stand_check(s);
}

static void test_rules__pushed_twice_is_one(void **state)
{
    stand *s = *state;
    const sk_rules_record *list;
    size_t count;

    push(s, STRICT);
    assert_true(s->receipt.created);
    push(s, STRICT);
    assert_false(s->receipt.created);
    assert_int_equal(count_events(s, "rules.pushed"), 1);
    ok(s, sk_engine_list_rules(s->engine, &admin, s->arena, &list, &count, &s->err));
    assert_int_equal(count, 2);
}

static void test_rules__relax_for_those_who_waited(void **state)
{
    stand *s = *state;
    sk_listing far = offer("o1", "p2");

    use(s, PATIENT);
    far.point = (sk_point){52.1412, 5.1034};
    put(s, need("n1", "p1"));
    put(s, far);
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    stand_to(s, START_MS + 3 * SK_DAY_MS - 1);
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    stand_to(s, START_MS + 4 * SK_DAY_MS);
    assert_int_equal(suggestions(s, ALL_STATES).count, 1);
}

/* ---- Behind the activation ---- */

#define NO_LIMITS                                                                                  \
    "return ruleset { name = \"ruim\", based_on = \"standaard\", policy = [[Ruim.]],\n"            \
    "  limits = { per_need = 100, per_helper = 1000 } }\n"
#define STRICT_NO_LIMITS                                                                           \
    "return ruleset { name = \"streng\", based_on = \"standaard\", policy = [[Streng.]],\n"        \
    "  limits = { per_need = 100, per_helper = 1000 },\n"                                          \
    "  hard { \"samen\", expr = \"need.buurt == offer.buurt\", why = \"zelfde buurt\" } }\n"

/** Open pairs of near needs with far offers, `sides` times `sides`. */
static size_t propose_square(stand *s, int sides)
{
    sk_suggestion_filter filter = {.limit = 256};
    sk_suggestion_page page;
    size_t open = 0;
    char id[16];

    for (int i = 0; i < sides; i++) {
        sk_listing asked = need("", "p1"), helped = offer("", "p2");

        snprintf(id, sizeof(id), "n%02d", i);
        asked.id = sk_str_from(id);
        put(s, asked);
        id[0] = 'o';
        helped.id = sk_str_from(id);
        helped.party_id = i % 2 ? SK_STR("p2") : SK_STR("p3");
        helped.point = (sk_point){52.1412, 5.1034};
        put(s, helped);
    }
    /* A round proposes 20 at most: until all pairs are there. */
    for (int i = 0; i < sides; i++) {
        snprintf(id, sizeof(id), "n%02d", i);
        put(s, need(id, "p1"));
        put(s, need(id, "p1"));
    }
    do {
        ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
        open += page.count;
        filter.after = page.next;
    } while (page.next.size);
    return open;
}

static uint64_t left_to_test(stand *s)
{
    sk_engine_status st;

    ok(s, sk_engine_get_status(s->engine, &admin, &st, &s->err));
    return st.suggestions_to_test;
}

static void test_activate__tests_again_in_pieces_between_requests(void **state)
{
    stand *s = *state;
    sk_suggestion_page left;
    size_t open;
    uint64_t commands;

    use(s, NO_LIMITS);
    open = propose_square(s, 40);
    assert_true(open > 1000);
    push(s, STRICT_NO_LIMITS);
    ok(s, approve(s, &admin, last_hash));
    ok(s, activate_up_to(s, last_hash, 100));
    assert_int_equal(count_events(s, "suggestion.withdrawn"), 1000);
    assert_true(sk_engine_has_work(s->engine));
    assert_int_equal(left_to_test(s), open - 1000);
    /* Between two pieces the new set judges, and a test of a party's own finds the same. */
    put(s, need("n98", "p4"));
    assert_int_equal(s->receipt.suggestions_created, 0);
    put(s, offer("o98", "p5"));
    assert_int_equal(s->receipt.suggestions_created, 20);
    assert_str(last_event(s).type, "suggestion.created");
    assert_str(last_event(s).rules_hash, last_hash);
    assert_true(sk_engine_has_work(s->engine));
    /* A restart goes on where it stopped. */
    stand_reopen(s);
    while (sk_engine_has_work(s->engine)) {
        commands = sk_engine_commands(s->engine);
        ok(s, sk_engine_tick(s->engine, &s->err));
        assert_int_equal(sk_engine_commands(s->engine), commands + 1);
    }
    assert_int_equal(count_events(s, "suggestion.withdrawn"), open);
    assert_int_equal(left_to_test(s), 0);
    left = suggestions(s, 0);
    assert_true(left.count >= 20);
    for (size_t i = 0; i < left.count; i++)
        assert_str(left.items[i].supply_id, "o98");
    stand_check(s);
}

static void test_activate__another_change_starts_from_the_beginning(void **state)
{
    stand *s = *state;
    size_t open;

    use(s, NO_LIMITS);
    open = propose_square(s, 40);
    push(s, STRICT_NO_LIMITS);
    ok(s, approve(s, &admin, last_hash));
    ok(s, activate_up_to(s, last_hash, 100));
    ok(s, roll_back(s));
    /* What was withdrawn may be proposed again, what was not stays. */
    assert_false(sk_engine_has_work(s->engine));
    assert_int_equal(count_events(s, "suggestion.withdrawn"), 1000);
    ok(s, activate_up_to(s, last_hash, 100));
    while (sk_engine_has_work(s->engine))
        ok(s, sk_engine_tick(s->engine, &s->err));
    assert_int_equal(count_events(s, "suggestion.withdrawn"), open);
    assert_int_equal(suggestions(s, 0).count, 0);
    stand_check(s);
}

/* ---- What it is based on changes ---- */

static void write_base(stand *s, const char *threshold)
{
    char path[128], text[160];
    int size = snprintf(text, sizeof(text),
                        "return ruleset { name = \"basis\", based_on = \"standaard\", policy = "
                        "[[Basis.]], threshold = %s }\n",
                        threshold);

    snprintf(path, sizeof(path), "%s/basis.lua", s->folder);
    ok(s, sk_file_write(path, (sk_str){text, (size_t)size}, 0600, &s->err));
}

static void test_open__a_changed_base_is_another_rule_set(void **state)
{
    stand *s = *state;
    static const char local[] =
        "return ruleset { name = \"lokaal\", based_on = \"basis\", policy = [[Lokaal.]] }\n";
    char standard[65], before[65], after[65];
    sk_rules_record record;

    s->rules_dir = s->folder;
    write_base(s, "0.45");
    stand_reopen(s);
    active_hash(s, standard);
    use(s, local);
    active_hash(s, before);
    write_base(s, "0.5");
    stand_reopen(s);
    active_hash(s, after);
    assert_string_not_equal(before, after);
    assert_str(last_event(s).detail, after);
    ok(s, sk_engine_get_rules(s->engine, &admin, sk_str_from(before), s->arena, &record, &s->err));
    assert_int_equal(record.state, SK_RULES_RETIRED);
    stand_reopen(s);
    assert_int_equal(count_events(s, "rules.activated"), 2);
    /* What was approved is no more; the standard is a way back. */
    refused(s, SK_ECONFLICT, "hash", activate(s, before));
    ok(s, activate(s, standard));
}

/* ---- A function that fails ---- */

static void test_rules__a_failing_function_loses_its_term_only(void **state)
{
    stand *s = *state;
    sk_suggestion made;

    use(s, FAILING);
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    made = pair_of(s, "n1", "o1");
    assert_str(made.terms[made.term_count - 1].name, "kapot");
    assert_false(made.terms[made.term_count - 1].applies);
    stand_check(s);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_rules__a_second_person_approves),
        ON_STAND(test_rules__failing_examples_are_told_and_end_there),
        ON_STAND(test_rules__a_repeated_push_tells_of_its_examples_too),
        ON_STAND(test_rules__two_tokens_of_one_name_are_one_person),
        ON_STAND(test_rollback__goes_back_one_by_one),
        ON_STAND(test_rollback__remembers_the_last_twenty),
        ON_STAND(test_activate__refuses_to_withdraw_too_much),
        ON_STAND(test_activate__counts_what_is_allowed_no_more),
        ON_STAND(test_activate__lets_a_few_go),
        ON_STAND(test_rollback__is_never_too_much),
        ON_STAND(test_activate__tests_again_in_pieces_between_requests),
        ON_STAND(test_activate__another_change_starts_from_the_beginning),
        ON_STAND(test_rules__activation_tests_again_and_a_roll_back_returns),
        ON_STAND(test_rules__pushed_twice_is_one),
        ON_STAND(test_rules__relax_for_those_who_waited),
        ON_STAND(test_open__a_changed_base_is_another_rule_set),
        ON_STAND(test_rules__a_failing_function_loses_its_term_only),
    };

    return cmocka_run_group_tests_name("engine.rulesets", tests, NULL, NULL);
}
