/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* Messages: planned by rules, taken, reported, cancelled, erased. */

#define ASK                                                                                        \
    "return ruleset { name = 'vraag', based_on = 'standaard', policy = [[Vraag het.]],\n"          \
    "  pacing { quiet = false, max_per_day = 0, max_per_week = 0 },\n"                             \
    "  notify { 'vraag', on = 'suggestion.created', to = 'offer_party', channel = 'mail',\n"       \
    "    when = 'need.urgency < 3', subject = { nl = 'Kun jij helpen?' },\n"                       \
    "    text = { nl = 'Gevraagd: {need.title}. Bel {party}. {distance} ver.',\n"                  \
    "             en = 'Wanted: {need.title}.' } },\n"                                             \
    "  notify { 'ja', on = 'suggestion.connected', to = 'need_party',\n"                           \
    "    text = { nl = 'Bel {party}.' } },\n"                                                      \
    "  notify { 'weg', on = 'listing.expired', to = 'need_party', when = 'need.urgency < 9',\n"    \
    "    text = { nl = 'Verlopen: {need.title}.' } },\n"                                           \
    "  notify { 'ver', on = 'listing.expired', to = 'need_party', when = 'distance_m < 9000',\n"   \
    "    text = { nl = 'Nooit.' } } }"
#define PACED                                                                                      \
    "return ruleset { name = 'rustig', based_on = 'standaard', policy = [[Rustig.]],\n"            \
    "  pacing { quiet = { from = '20:00', to = '09:00', days = { 'SU' } }, max_per_day = 1,\n"     \
    "    max_per_week = 2, channel = 'mail' },\n"                                                  \
    "  notify { 'vraag', on = 'suggestion.created', to = 'offer_party',\n"                         \
    "    text = { nl = '{need.title}' } },\n"                                                      \
    "  notify { 'nood', on = 'suggestion.created', to = 'need_party',\n"                           \
    "    breaks = { 'quiet', 'budget' }, text = { nl = 'Nood.' } },\n"                             \
    "  notify { 'lijst', on = 'suggestion.created', to = 'connector',\n"                           \
    "    digest = { at = '14:00', days = { 'MO', 'TH' } }, text = { nl = '{need.title}' } } }"
#define OTHER                                                                                      \
    "return ruleset { name = 'ander', based_on = 'standaard', policy = [[Anders.]],\n"             \
    "  notify { 'ja', on = 'suggestion.connected', to = 'need_party',\n"                           \
    "    text = { nl = 'Bel {party}.' } } }"

static void put_named(stand *s, const char *id, const char *name, const char *language)
{
    sk_str spoken = sk_str_from(language);
    sk_call call = call_by(&admin);
    sk_party party = {.id = sk_str_from(id),
                      .kind = SK_PARTY_RESIDENT,
                      .languages = {&spoken, 1},
                      .has_contact = true,
                      .contact = {.name = sk_str_from(name), .email = SK_STR("x@example.org")}};

    ok(s, sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err));
}

static int telling_open(void **state)
{
    if (stand_open(state) != 0)
        return -1;
    put_named(*state, "p1", "Anna", "nl");
    put_named(*state, "p2", "Bas", "nl");
    use_rules(*state, ASK);
    return 0;
}

static void make_pair(stand *s)
{
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    assert_true(has_pair(s, "n1", "o1", ALL_STATES));
}

static sk_delivery take_one(stand *s, const char *channel)
{
    const sk_delivery *items = NULL;

    assert_int_equal(take(s, channel, 0, &items), 1);
    return items[0];
}

static void take_none(stand *s, const char *channel)
{
    const sk_delivery *items = NULL;

    assert_int_equal(take(s, channel, 0, &items), 0);
}

static sk_notice only_message(stand *s)
{
    sk_notice_page page = messages(s);

    assert_int_equal(page.count, 1);
    return page.items[0];
}

/* ---- Planning ---- */

static void test_created__tells_the_helper(void **state)
{
    stand *s = *state;
    sk_delivery d;

    make_pair(s);
    assert_str(last_event(s).type, "message.planned");
    assert_str(last_event(s).detail, "vraag");
    assert_str(last_event(s).party_id, "p2");
    d = take_one(s, "mail");
    assert_str(d.id, only_message(s).id.data);
    assert_int_equal(d.attempt, 1);
    assert_str(d.recipient_id, "p2");
    assert_str(d.to_name, "Bas");
    assert_str(d.to_email, "x@example.org");
    assert_str(d.subject, "Kun jij helpen?");
    assert_true(sk_str_starts(d.text, SK_STR("Gevraagd: ")));
    /* Nobody's name before both said yes: that sentence is left out. */
    assert_null(memmem(d.text.data, d.text.size, "Bel", 3));
    assert_non_null(memmem(d.text.data, d.text.size, "minder dan ", 11));
    take_none(s, "mail");
    stand_check(s);
}

static void test_when__is_asked(void **state)
{
    stand *s = *state;
    sk_listing urgent = need("n1", "p1");

    urgent.urgency = 3;
    put(s, urgent);
    put(s, offer("o1", "p2"));
    assert_true(has_pair(s, "n1", "o1", ALL_STATES));
    assert_int_equal(messages(s).count, 0);
}

static void test_language__of_the_recipient(void **state)
{
    stand *s = *state;
    sk_delivery d;

    put_named(s, "p2", "Bas", "en");
    put(s, need("n1", "p1"));
    sk_listing o = offer("o1", "p2");
    static const sk_str both[2] = {{"en", 2}, {"nl", 2}};

    o.languages = (sk_strs){both, 2};
    put(s, o);
    d = take_one(s, "mail");
    assert_str(d.language, "en");
    assert_true(sk_str_starts(d.text, SK_STR("Wanted: ")));
    /* No English subject: the text's language decides, else Dutch. */
    assert_str(d.subject, "Kun jij helpen?");
}

static void test_connected__names_the_other_and_goes_to_the_console(void **state)
{
    stand *s = *state;

    make_pair(s);
    connect(s, pair_of(s, "n1", "o1").id);
    assert_str(take_one(s, "console").text, "Bel Bas.");
}

static void test_listing_expired__knows_one_side_only(void **state)
{
    stand *s = *state;
    sk_listing soon = need("n1", "p1");
    sk_notice m;

    soon.valid_until_ms = START_MS + SK_HOUR_MS;
    put(s, soon);
    stand_to(s, START_MS + 2 * SK_HOUR_MS);
    m = only_message(s);
    assert_str(m.rule, "weg");
    assert_str(m.listing_id, "n1");
    assert_int_equal(m.created_ms, START_MS + SK_HOUR_MS);
    soon.valid_until_ms = START_MS + 9 * SK_DAY_MS;
    soon.status = SK_LISTING_OPEN;
    put(s, soon);
    m = only_message(s);
    assert_int_equal(m.state, SK_MESSAGE_CANCELLED);
    assert_str(m.reason, "renewed");
}

/* ---- On the way ---- */

static void test_report__sent_is_the_end(void **state)
{
    stand *s = *state;
    sk_delivery d;

    make_pair(s);
    d = take_one(s, "mail");
    ok(s, try_report(s, d.id, 1, SK_OUTCOME_SENT));
    assert_int_equal(only_message(s).state, SK_MESSAGE_SENT);
    assert_str(last_event(s).type, "message.sent");
    refused(s, SK_ECONFLICT, "id", try_report(s, d.id, 1, SK_OUTCOME_SENT));
    stand_to(s, START_MS + SK_DAY_MS);
    take_none(s, "mail");
}

static void test_lease__ends_and_a_late_report_still_counts(void **state)
{
    stand *s = *state;
    sk_delivery d;

    make_pair(s);
    d = take_one(s, "mail");
    stand_to(s, START_MS + SK_MINUTE_MS);
    assert_int_equal(only_message(s).state, SK_MESSAGE_PLANNED);
    ok(s, try_report(s, d.id, 1, SK_OUTCOME_SENT));
    take_none(s, "mail");
}

static void test_lease__gives_the_same_id_with_the_next_attempt(void **state)
{
    stand *s = *state;
    sk_delivery first, second;

    make_pair(s);
    first = take_one(s, "mail");
    stand_to(s, START_MS + SK_MINUTE_MS);
    stand_reopen(s);
    second = take_one(s, "mail");
    assert_true(sk_str_eq(first.id, second.id));
    assert_int_equal(second.attempt, 2);
    refused(s, SK_ECONFLICT, "attempt", try_report(s, first.id, 1, SK_OUTCOME_SENT));
    assert_int_equal(only_message(s).state, SK_MESSAGE_SENDING);
    ok(s, try_report(s, first.id, 2, SK_OUTCOME_SENT));
}

static void test_retry__backs_off_and_dies(void **state)
{
    static const int64_t minutes[7] = {1, 5, 30, 120, 360, 720, 1440};
    stand *s = *state;
    sk_delivery d;
    sk_notice m;

    make_pair(s);
    for (uint32_t i = 0; i < 8; i++) {
        sk_call call = call_by(&admin);

        d = take_one(s, "mail");
        assert_int_equal(d.attempt, i + 1);
        if (i == 0)
            refused(s, SK_ECONFLICT, "id",
                    sk_engine_retry_message(s->engine, &call, d.id, &s->receipt, &s->err));
        ok(s, try_report(s, d.id, d.attempt, SK_OUTCOME_RETRY));
        m = only_message(s);
        if (i == 7)
            break;
        assert_int_equal(m.state, SK_MESSAGE_PLANNED);
        assert_int_equal(m.due_ms - sk_engine_now(s->engine), minutes[i] * SK_MINUTE_MS);
        take_none(s, "mail");
        stand_to(s, m.due_ms);
    }
    assert_int_equal(m.state, SK_MESSAGE_DEAD);
    assert_str(last_event(s).type, "message.dead");
    stand_reopen(s);
    sk_call call = call_by(&admin);

    ok(s, sk_engine_retry_message(s->engine, &call, m.id, &s->receipt, &s->err));
    assert_int_equal(take_one(s, "mail").attempt, 9);
}

static void test_order__one_at_a_time_to_each_recipient(void **state)
{
    stand *s = *state;
    sk_delivery d;

    put(s, offer("o1", "p2"));
    put(s, need("n1", "p1"));
    put(s, need("n2", "p3"));
    assert_int_equal(messages(s).count, 2);
    d = take_one(s, "mail");
    assert_true(sk_str_eq(d.id, messages(s).items[0].id));
    ok(s, try_report(s, d.id, 1, SK_OUTCOME_SENT));
    assert_true(sk_str_eq(take_one(s, "mail").id, messages(s).items[1].id));
}

/* ---- Reasons that go ---- */

static void test_cancel__when_the_suggestion_is_decided(void **state)
{
    stand *s = *state;

    make_pair(s);
    decide(s, pair_of(s, "n1", "o1").id, SK_DECIDE_ACCEPT);
    assert_int_equal(only_message(s).state, SK_MESSAGE_CANCELLED);
    assert_str(only_message(s).reason, "accepted");
    take_none(s, "mail");
    /* Back again: nobody was told, so nobody is told twice. */
    ok(s, try_undo(s, pair_of(s, "n1", "o1").id));
    assert_int_equal(messages(s).count, 1);
}

static void test_cancel__not_what_is_being_sent(void **state)
{
    stand *s = *state;
    sk_delivery d;

    make_pair(s);
    d = take_one(s, "mail");
    decide(s, pair_of(s, "n1", "o1").id, SK_DECIDE_ACCEPT);
    assert_int_equal(only_message(s).state, SK_MESSAGE_SENDING);
    ok(s, try_report(s, d.id, 1, SK_OUTCOME_RETRY));
    assert_int_equal(only_message(s).state, SK_MESSAGE_CANCELLED);
}

static void test_activate__cancels_what_no_block_stands_for(void **state)
{
    stand *s = *state;

    make_pair(s);
    use_rules(s, OTHER);
    assert_str(only_message(s).reason, "rules");
    stand_check(s);
}

static void test_erase__takes_the_messages_along(void **state)
{
    stand *s = *state;
    sk_call call = call_by(&admin);

    make_pair(s);
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p1"), &s->receipt, &s->err));
    assert_int_equal(messages(s).count, 0);
    assert_int_equal(count_events(s, "message.cancelled"), 1);
    stand_check(s);
    stand_reopen(s);
    stand_check(s);
}

static void test_retention__ninety_days_after_the_end(void **state)
{
    stand *s = *state;

    make_pair(s);
    ok(s, try_report(s, take_one(s, "mail").id, 1, SK_OUTCOME_SENT));
    stand_to(s, START_MS + 90 * SK_DAY_MS - SK_HOUR_MS);
    assert_true(messages(s).count >= 1);
    assert_str(messages(s).items[0].rule, "vraag");
    stand_to(s, START_MS + 90 * SK_DAY_MS);
    for (size_t i = 0; i < messages(s).count; i++)
        assert_false(sk_str_eq(messages(s).items[i].rule, SK_STR("vraag")));
    stand_check(s);
    stand_reopen(s);
    stand_check(s);
}

/* ---- Pacing ---- */

static int paced_open(void **state)
{
    if (stand_open(state) != 0)
        return -1;
    use_rules(*state, PACED);
    return 0;
}

static sk_notice message_by(stand *s, const char *rule, size_t which)
{
    sk_notice_page page = messages(s);

    for (size_t i = 0; i < page.count; i++)
        if (sk_str_eq(page.items[i].rule, sk_str_from(rule)) && which-- == 0)
            return page.items[i];
    fail_msg("no message of %s", rule);
    return page.items[0];
}

static void put_likes(stand *s, const char *id, sk_preferences likes)
{
    sk_call call = call_by(&admin);
    sk_party party = {.id = sk_str_from(id), .kind = SK_PARTY_RESIDENT, .preferences = likes};

    ok(s, sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err));
}

static void assert_due(sk_notice m, const char *utc, const char *held_by)
{
    char text[32];

    if (!sk_str_eq(sk_time_format(m.due_ms, text), sk_str_from(utc)))
        fail_msg("due %s, not %s", text, utc);
    assert_str(m.held_by, held_by);
}

static void test_pacing__quiet_hours_and_what_breaks_them(void **state)
{
    stand *s = *state;

    stand_to(s, START_MS + 10 * SK_HOUR_MS); /* Monday 21:00 */
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    assert_due(message_by(s, "vraag", 0), "2026-03-03T08:00:00Z", "quiet");
    assert_due(message_by(s, "nood", 0), "2026-03-02T20:00:00Z", "");
    /* Who sleeps early is not woken by a rule that breaks through. */
    put_likes(s, "p1",
              (sk_preferences){.has_quiet = true, .quiet_from_min = 1200, .quiet_to_min = 600});
    assert_due(message_by(s, "nood", 0), "2026-03-03T09:00:00Z", "quiet");
    take_none(s, "mail");
    stand_to(s, START_MS + 22 * SK_HOUR_MS);
    assert_str(take_one(s, "mail").recipient_id, "p2");
    stand_check(s);
}

static void test_pacing__budget_of_the_day(void **state)
{
    stand *s = *state;
    const sk_delivery *items;

    put(s, offer("o1", "p2"));
    put(s, need("n1", "p1"));
    put(s, need("n2", "p3"));
    assert_int_equal(take(s, "mail", 0, &items), 3); /* p2 once, p1 and p3 */
    for (size_t i = 0; i < 3; i++)
        ok(s, try_report(s, items[i].id, 1, SK_OUTCOME_SENT));
    assert_due(message_by(s, "vraag", 1), "2026-03-03T08:00:00Z", "quiet");
    stand_reopen(s);
    take_none(s, "mail");
    put_likes(s, "p2", (sk_preferences){.pause_until_ms = START_MS + 9 * SK_DAY_MS});
    assert_due(message_by(s, "vraag", 1), "2026-03-11T10:00:00Z", "pause");
    stand_check(s);
}

static void put_there(stand *s, const char *id, const char *substitute, int64_t absent_until_ms)
{
    sk_str area = SK_STR("GM0001");
    sk_call call = call_by(&admin);
    sk_connector c = {.id = sk_str_from(id),
                      .name = sk_str_from(id),
                      .areas = {&area, 1},
                      .absent_from_ms = absent_until_ms ? sk_engine_now(s->engine) : 0,
                      .absent_until_ms = absent_until_ms,
                      .substitute_id = sk_str_from(substitute)};

    ok(s, sk_engine_put_connector(s->engine, &call, &c, &s->receipt, &s->err));
}

static void test_digest__one_delivery_of_several(void **state)
{
    stand *s = *state;
    sk_delivery d;

    put_there(s, "anja", "", 0);
    put(s, offer("o1", "p2"));
    put(s, need("n1", "p1"));
    put(s, need("n2", "p3"));
    assert_due(message_by(s, "lijst", 0), "2026-03-02T13:00:00Z", "digest");
    put_likes(s, "p1", (sk_preferences){.channel = SK_STR("sms")});
    for (const sk_delivery *items = NULL; take(s, "mail", 1, &items) > 0;)
        ok(s, try_report(s, items[0].id, items[0].attempt, SK_OUTCOME_REFUSED));
    stand_to(s, START_MS + 3 * SK_HOUR_MS);
    d = take_one(s, "mail");
    assert_str(d.recipient_id, "anja");
    assert_int_equal(d.message_ids.count, 2);
    stand_reopen(s);
    stand_check(s);
    stand_to(s, sk_engine_now(s->engine) + SK_MINUTE_MS);
    d = take_one(s, "mail");
    assert_int_equal(d.message_ids.count, 2);
    assert_int_equal(d.attempt, 2);
    refused(s, SK_ECONFLICT, "id", try_report(s, d.message_ids.items[1], 2, SK_OUTCOME_SENT));
    ok(s, try_report(s, d.id, 2, SK_OUTCOME_SENT));
    assert_int_equal(message_by(s, "lijst", 0).state, SK_MESSAGE_SENT);
    assert_int_equal(message_by(s, "lijst", 1).state, SK_MESSAGE_SENT);
    stand_check(s);
}

static void test_absent__the_substitute_gets_it_or_it_waits(void **state)
{
    stand *s = *state;

    put_there(s, "anja", "", 0);
    put(s, offer("o1", "p2"));
    put(s, need("n1", "p1"));
    put_there(s, "anja", "", START_MS + 4 * SK_DAY_MS);
    /* Back on Friday: the digest of Monday after. */
    assert_due(message_by(s, "lijst", 0), "2026-03-09T13:00:00Z", "digest");
    put_there(s, "bert", "", 0);
    put_there(s, "anja", "bert", START_MS + 4 * SK_DAY_MS);
    assert_due(message_by(s, "lijst", 0), "2026-03-02T13:00:00Z", "digest");
    stand_to(s, START_MS + 3 * SK_HOUR_MS);
    for (const sk_delivery *items = NULL; take(s, "mail", 1, &items) > 0;) {
        ok(s, try_report(s, items[0].id, items[0].attempt, SK_OUTCOME_SENT));
        if (items[0].recipient_kind == SK_RECIPIENT_CONNECTOR)
            assert_str(items[0].recipient_id, "bert");
    }
    assert_str(message_by(s, "lijst", 0).recipient_id, "bert");
    assert_int_equal(message_by(s, "lijst", 0).state, SK_MESSAGE_SENT);
    stand_check(s);
    stand_reopen(s);
    stand_check(s);
}

#define paced(name) cmocka_unit_test_setup_teardown(name, paced_open, stand_close)
#define told(name) cmocka_unit_test_setup_teardown(name, telling_open, stand_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        told(test_created__tells_the_helper),
        told(test_when__is_asked),
        told(test_language__of_the_recipient),
        told(test_connected__names_the_other_and_goes_to_the_console),
        told(test_listing_expired__knows_one_side_only),
        told(test_report__sent_is_the_end),
        told(test_lease__ends_and_a_late_report_still_counts),
        told(test_lease__gives_the_same_id_with_the_next_attempt),
        told(test_retry__backs_off_and_dies),
        told(test_order__one_at_a_time_to_each_recipient),
        told(test_cancel__when_the_suggestion_is_decided),
        told(test_cancel__not_what_is_being_sent),
        told(test_activate__cancels_what_no_block_stands_for),
        told(test_erase__takes_the_messages_along),
        told(test_retention__ninety_days_after_the_end),
        paced(test_pacing__quiet_hours_and_what_breaks_them),
        paced(test_pacing__budget_of_the_day),
        paced(test_digest__one_delivery_of_several),
        paced(test_absent__the_substitute_gets_it_or_it_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
