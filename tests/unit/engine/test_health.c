/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <stdio.h>

/* Functions of rules that fail: a term goes off after three failures in five minutes, a hard rule
 * is told once, and all of that lives on in the record of the rule set. */

#define BROKEN                                                                                     \
    "return ruleset { name = \"stuk\", based_on = \"standaard\", policy = [[Stuk.]],\n"            \
    "  term { \"kapot\", weight = 1,\n"                                                            \
    "    lua = function(need, offer) return need.attributes.naam.lengte end },\n"                  \
    "  term { \"heel\", weight = 1, lua = function(need, offer) return 1 end } }\n"
#define NOSY                                                                                       \
    "return ruleset { name = \"nieuwsgierig\", based_on = \"standaard\", policy = [[Stuk.]],\n"    \
    "  term { \"kapot\", weight = 1, lua = function(need, offer)\n"                                \
    "    return offer[need.attributes.naam] end } }\n"
#define HARD                                                                                       \
    "return ruleset { name = \"streng\", based_on = \"standaard\", policy = [[Streng.]],\n"        \
    "  hard { \"nooit\", lua = function(need, offer) return offer.reach_m / nil end },\n"          \
    "  term { \"ook\", weight = 1, lua = function(need, offer) return nil + 1 end } }\n"
#define SANE                                                                                       \
    "return ruleset { name = \"goed\", based_on = \"standaard\", policy = [[Goed.]],\n"            \
    "  hard { \"altijd\", lua = function(need, offer) return need.urgency < 3 end } }\n"

static char last_hash[65];

static sk_status activate(stand *s, const char *hash)
{
    sk_call call = call_by(&admin);

    return sk_engine_activate_rules(s->engine, &call, sk_str_from(hash), 100, &s->receipt, &s->err);
}

static void use(stand *s, const char *source)
{
    sk_call call = call_by(&author), second = call_by(&admin);

    ok(s, sk_engine_push_rules(s->engine, &call, sk_str_from(source), &s->receipt, &s->err));
    memcpy(last_hash, s->receipt.id, 65);
    ok(s,
       sk_engine_approve_rules(s->engine, &second, sk_str_from(last_hash), &s->receipt, &s->err));
    ok(s, activate(s, last_hash));
}

static sk_rules_record record_of(stand *s)
{
    sk_rules_record record;

    ok(s, sk_engine_get_rules(s->engine, &admin, SK_STR(""), s->arena, &record, &s->err));
    return record;
}

static size_t off_count(stand *s)
{
    sk_engine_status st;

    ok(s, sk_engine_get_status(s->engine, &admin, &st, &s->err));
    return st.rules_off.count;
}

static bool says(sk_str text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

/** Whether the term of the best match applies. */
static bool applies(stand *s, const char *term)
{
    sk_ask question = {.id = SK_STR("n1")};
    sk_match_answer answer;

    ok(s, sk_engine_match(s->engine, &admin, &question, s->arena, &answer, &s->err));
    assert_true(answer.count > 0);
    for (size_t i = 0; i < answer.items[0].report.term_count; i++)
        if (sk_str_eq(answer.items[0].report.terms[i].name, sk_str_from(term)))
            return answer.items[0].report.terms[i].applies;
    fail_msg("there is no term '%s'", term);
    return false;
}

static void one_pair(stand *s)
{
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
}

/** One more need, while there is one offer: a round with one pair, whose function fails. */
static void fail_once(stand *s, int number)
{
    char id[16];
    sk_listing asked = need("", "p1");

    snprintf(id, sizeof(id), "nx%d", number);
    asked.id = sk_str_from(id);
    put(s, asked);
}

/* ---- Terms ---- */

static void test_match__says_which_term_failed(void **state)
{
    stand *s = *state;
    sk_ask question = {.id = SK_STR("n1")};
    sk_match_answer answer;
    const sk_pair_report *report;
    size_t failed = 0;

    use(s, BROKEN);
    one_pair(s);
    ok(s, sk_engine_match(s->engine, &admin, &question, s->arena, &answer, &s->err));
    assert_int_equal(answer.count, 1);
    report = &answer.items[0].report;
    for (size_t i = 0; i < report->term_count; i++) {
        assert_int_equal(report->terms[i].failed,
                         sk_str_eq(report->terms[i].name, SK_STR("kapot")));
        failed += report->terms[i].failed;
        assert_false(report->terms[i].failed && report->terms[i].applies);
    }
    assert_int_equal(failed, 1);
    assert_true(pair_of(s, "n1", "o1").terms[report->term_count - 2].failed);
}

static void test_term__goes_off_behind_the_third_failure(void **state)
{
    stand *s = *state;
    sk_rules_record record;

    use(s, BROKEN);
    put(s, offer("o1", "p2"));
    fail_once(s, 1);
    fail_once(s, 2);
    assert_int_equal(count_events(s, "rules.term_off"), 0);
    assert_int_equal(record_of(s).faults[0].failed_count, 2);
    fail_once(s, 3);
    assert_int_equal(count_events(s, "rules.term_off"), 1);
    assert_str(last_event(s).detail, "kapot");
    assert_str(last_event(s).rules_hash, last_hash);
    assert_int_equal(s->receipt.event_seq, last_event(s).seq);
    record = record_of(s);
    assert_int_equal(record.fault_count, 1);
    assert_str(record.faults[0].rule, "kapot");
    assert_int_equal(record.faults[0].off_ms, START_MS);
    assert_true(says(record.faults[0].reason, "(field 'naam')"));
    assert_int_equal(off_count(s), 1);
    fail_once(s, 4);
    assert_int_equal(count_events(s, "rules.term_off"), 1);
    stand_check(s);
}

static void test_term__many_failures_of_one_round_count_each(void **state)
{
    stand *s = *state;

    use(s, BROKEN);
    put(s, offer("o1", "p2"));
    put(s, offer("o2", "p3"));
    put(s, offer("o3", "p4"));
    assert_int_equal(count_events(s, "rules.term_off"), 0);
    put(s, need("n1", "p1"));
    assert_int_equal(count_events(s, "rules.term_off"), 1);
    /* The suggestions of that round come before it. */
    assert_str(last_event(s).type, "rules.term_off");
    assert_int_equal(suggestions(s, 0).count, 3);
}

static void test_term__five_minutes_forget_a_failure(void **state)
{
    stand *s = *state;

    use(s, BROKEN);
    put(s, offer("o1", "p2"));
    fail_once(s, 1);
    fail_once(s, 2);
    stand_to(s, START_MS + 5 * SK_MINUTE_MS);
    fail_once(s, 3);
    assert_int_equal(count_events(s, "rules.term_off"), 0);
    stand_reopen(s);
    stand_to(s, START_MS + 10 * SK_MINUTE_MS - 1);
    put(s, need("nx4", "p1"));
    assert_int_equal(count_events(s, "rules.term_off"), 0);
    stand_reopen(s);
    fail_once(s, 5);
    assert_int_equal(count_events(s, "rules.term_off"), 1);
}

static void test_term__questions_count_nothing_but_see_it_off(void **state)
{
    stand *s = *state;
    uint64_t before;

    use(s, BROKEN);
    one_pair(s);
    before = sk_engine_last_event(s->engine);
    for (int i = 0; i < 5; i++)
        assert_false(applies(s, "kapot"));
    put(s, need("n2", "p3"));
    assert_int_equal(count_events(s, "rules.term_off"), 0);
    put(s, need("n3", "p4"));
    assert_int_equal(count_events(s, "rules.term_off"), 1);
    assert_true(sk_engine_last_event(s->engine) > before);
    assert_false(applies(s, "kapot"));
    assert_true(applies(s, "heel"));
}

static void test_term__a_restart_changes_nothing(void **state)
{
    stand *s = *state;
    sk_buf before, after;

    use(s, BROKEN);
    put(s, offer("o1", "p2"));
    fail_once(s, 1);
    fail_once(s, 2);
    stand_reopen(s);
    fail_once(s, 3);
    assert_int_equal(count_events(s, "rules.term_off"), 1);
    before = stand_dump(s);
    stand_reopen(s);
    after = stand_dump(s);
    assert_same(&before, &after);
    assert_int_equal(off_count(s), 1);
    put(s, offer("o2", "p3"));
    assert_int_equal(record_of(s).faults[0].failed_count, 3);
}

static void test_term__activating_the_same_set_begins_anew(void **state)
{
    stand *s = *state;
    char standard[65];
    sk_call call = call_by(&admin);

    memcpy(standard, record_of(s).hash.data, 64);
    standard[64] = '\0';
    use(s, BROKEN);
    refused(s, SK_ECONFLICT, "hash", activate(s, last_hash));
    put(s, offer("o1", "p2"));
    for (int i = 0; i < 3; i++)
        fail_once(s, i);
    assert_int_equal(off_count(s), 1);
    ok(s, activate(s, last_hash));
    assert_int_equal(off_count(s), 0);
    assert_int_equal(record_of(s).fault_count, 0);
    assert_int_equal(record_of(s).state, SK_RULES_ACTIVE);
    assert_int_equal(record_of(s).activation_count, 2);
    refused(s, SK_ECONFLICT, "hash", activate(s, last_hash));
    /* The way back does not go through itself. */
    ok(s, sk_engine_rollback_rules(s->engine, &call, &s->receipt, &s->err));
    assert_string_equal(s->receipt.id, standard);
}

static void test_term__its_reason_says_nothing_of_people(void **state)
{
    stand *s = *state;
    sk_attr name = {.name = SK_STR("naam"), .type = SK_ATTR_STRING, .string = SK_STR("Jansen")};
    sk_listing asked = need("n1", "p1");
    sk_rules_record record;

    asked.attributes = &name;
    asked.attribute_count = 1;
    use(s, NOSY);
    put(s, offer("o1", "p2"));
    put(s, asked);
    record = record_of(s);
    assert_int_equal(record.fault_count, 1);
    assert_true(record.faults[0].reason.size > 0);
    assert_true(says(record.faults[0].reason, "unknown field '...'"));
}

/* ---- Hard rules ---- */

static void test_hard__is_told_once_and_never_off(void **state)
{
    stand *s = *state;
    sk_rules_record record;

    use(s, HARD);
    one_pair(s);
    put(s, offer("o2", "p3"));
    put(s, offer("o3", "p4"));
    assert_int_equal(suggestions(s, ALL_STATES).count, 0);
    assert_int_equal(count_events(s, "rules.hard_failing"), 1);
    /* Its pairs are not scored, so that their terms have no say. */
    assert_int_equal(count_events(s, "rules.term_off"), 0);
    record = record_of(s);
    assert_int_equal(record.fault_count, 1);
    assert_true(record.faults[0].hard);
    assert_int_equal(record.faults[0].off_ms, 0);
    stand_reopen(s);
    put(s, offer("o4", "p5"));
    assert_int_equal(count_events(s, "rules.hard_failing"), 1);
    assert_int_equal(off_count(s), 0);
    ok(s, activate(s, last_hash));
    put(s, offer("o5", "p6"));
    assert_int_equal(count_events(s, "rules.hard_failing"), 2);
}

static void test_hard__fails_what_is_tested_again(void **state)
{
    stand *s = *state;

    one_pair(s);
    assert_int_equal(suggestions(s, 0).count, 1);
    use(s, HARD);
    assert_int_equal(suggestions(s, 0).count, 0);
    assert_str(pair_of(s, "n1", "o1").reason, "rule:nooit");
    assert_int_equal(count_events(s, "rules.hard_failing"), 1);
    assert_str(last_event(s).type, "rules.hard_failing");
}

static void test_hard__that_works_is_not_told(void **state)
{
    stand *s = *state;

    use(s, SANE);
    one_pair(s);
    assert_int_equal(suggestions(s, 0).count, 1);
    assert_int_equal(record_of(s).fault_count, 0);
    assert_int_equal(count_events(s, "rules.hard_failing"), 0);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_match__says_which_term_failed),
        ON_STAND(test_term__goes_off_behind_the_third_failure),
        ON_STAND(test_term__many_failures_of_one_round_count_each),
        ON_STAND(test_term__five_minutes_forget_a_failure),
        ON_STAND(test_term__questions_count_nothing_but_see_it_off),
        ON_STAND(test_term__a_restart_changes_nothing),
        ON_STAND(test_term__activating_the_same_set_begins_anew),
        ON_STAND(test_term__its_reason_says_nothing_of_people),
        ON_STAND(test_hard__is_told_once_and_never_off),
        ON_STAND(test_hard__fails_what_is_tested_again),
        ON_STAND(test_hard__that_works_is_not_told),
    };

    return cmocka_run_group_tests_name("engine.health", tests, NULL, NULL);
}
