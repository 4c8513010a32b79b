/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* Tokens: made once, kept as a hash, revoked for good. */

static void create(stand *s, sk_token token, char out[65])
{
    sk_call call = call_by(&admin);

    ok(s, sk_engine_create_token(s->engine, &call, &token, out, &s->receipt, &s->err));
}

static sk_status revoke(stand *s, const char *id)
{
    sk_call call = call_by(&admin);

    return sk_engine_revoke_token(s->engine, &call, sk_str_from(id), &s->receipt, &s->err);
}

static void test_create_token__is_known_also_after_a_restart(void **state)
{
    stand *s = *state;
    static const sk_str areas[2] = {{"BU00010001", 10}, {"WK000101", 8}};
    char token[65];
    sk_actor actor;

    create(s,
           (sk_token){.name = SK_STR("vera"),
                      .role = SK_ROLE_CONNECTOR,
                      .areas = {areas, 2},
                      .connector_id = SK_STR("vera")},
           token);
    for (int i = 0; i < 2; i++) {
        ok(s, sk_engine_authenticate(s->engine, sk_str_from(token), &actor, &s->err));
        assert_int_equal(actor.role, SK_ROLE_CONNECTOR);
        assert_int_equal(actor.areas.count, 2);
        assert_str(actor.areas.items[1], "WK000101");
        assert_str(actor.connector_id, "vera");
        stand_reopen(s);
    }
    token[0] ^= 1;
    refused(s, SK_EDENIED, "token",
            sk_engine_authenticate(s->engine, sk_str_from(token), &actor, &s->err));
    refused(s, SK_EDENIED, "token", sk_engine_authenticate(s->engine, SK_STR(""), &actor, &s->err));
}

/** Whom a token stands for; until the next token is made. */
static sk_actor actor_of(stand *s, const char *token)
{
    sk_actor actor;

    ok(s, sk_engine_authenticate(s->engine, sk_str_from(token), &actor, &s->err));
    return actor;
}

static void test_decide__names_who_was_first_to_those_who_decide(void **state)
{
    stand *s = *state;
    char first[65], second[65], web[65];
    sk_actor anja, bo, site;
    sk_suggestion got;
    sk_decide d = {.version = 1, .decision = SK_DECIDE_ACCEPT};
    sk_decide no = {
        .version = 1, .decision = SK_DECIDE_DECLINE, .sides = 2, .reason = SK_STR("druk")};
    sk_call call;

    create(s, (sk_token){.name = SK_STR("Anja"), .role = SK_ROLE_CONNECTOR}, first);
    create(s, (sk_token){.role = SK_ROLE_CONNECTOR}, second);
    create(s, (sk_token){.name = SK_STR("site"), .role = SK_ROLE_RESIDENT}, web);
    anja = actor_of(s, first);
    bo = actor_of(s, second);
    site = actor_of(s, web);
    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    d.suggestion_id = no.suggestion_id = pair_of(s, "n1", "o1").id;
    call = call_by(&anja);
    ok(s, sk_engine_decide(s->engine, &call, &d, &s->receipt, &s->err));
    call = call_by(&bo);
    refused(s, SK_ECONFLICT, "version",
            sk_engine_decide(s->engine, &call, &d, &s->receipt, &s->err));
    assert_non_null(strstr(s->err.message, "by Anja (connector)"));
    call = call_by(&site);
    refused(s, SK_ECONFLICT, "version",
            sk_engine_decide(s->engine, &call, &no, &s->receipt, &s->err));
    assert_non_null(strstr(s->err.message, "by token t-"));
    ok(s, sk_engine_get_suggestion(s->engine, &bo, d.suggestion_id, s->arena, &got, &s->err));
    assert_str(got.steps[got.step_count - 1].by_name, "Anja (connector)");
    assert_true(got.steps[got.step_count - 1].by.size > 0);
    ok(s, sk_engine_get_suggestion(s->engine, &site, d.suggestion_id, s->arena, &got, &s->err));
    assert_int_equal(got.steps[got.step_count - 1].by_name.size, 0);
}

static void test_create_token__a_repetition_does_not_show_it_again(void **state)
{
    stand *s = *state;
    sk_call call = call_as(&admin, "r1", 1);
    sk_token token = {.name = SK_STR("x"), .role = SK_ROLE_READER};
    const sk_token *list;
    size_t count;
    char out[65];

    ok(s, sk_engine_create_token(s->engine, &call, &token, out, &s->receipt, &s->err));
    refused(s, SK_ECONFLICT, "id",
            sk_engine_create_token(s->engine, &call, &token, out, &s->receipt, &s->err));
    ok(s, sk_engine_list_tokens(s->engine, &admin, s->arena, &list, &count, &s->err));
    assert_int_equal(count, 1);
}

static const char *sought;
static bool found;

static int look(const char *path, const struct stat *about, int kind)
{
    static char bytes[1 << 20];
    FILE *file = kind == FTW_F ? fopen(path, "rb") : NULL;
    size_t size;

    (void)about;
    while (file && (size = fread(bytes, 1, sizeof(bytes), file)) > 0)
        found |= memmem(bytes, size, sought, strlen(sought)) != NULL;
    if (file)
        fclose(file);
    return 0;
}

static void test_create_token__only_its_hash_is_on_disk(void **state)
{
    stand *s = *state;
    char token[65];

    create(s, (sk_token){.name = SK_STR("zichtbaar"), .role = SK_ROLE_READER}, token);
    stand_shut(s);
    sought = "zichtbaar";
    found = false;
    ftw(s->folder, look, 16);
    assert_true(found);
    sought = token;
    found = false;
    ftw(s->folder, look, 16);
    assert_false(found);
    ok(s, stand_try_open(s, START_MS));
}

static void test_revoke_token__at_once_and_for_good(void **state)
{
    stand *s = *state;
    char token[65], id[65];
    sk_actor actor;

    create(s, (sk_token){.name = SK_STR("x"), .role = SK_ROLE_READER}, token);
    memcpy(id, s->receipt.id, 65);
    ok(s, revoke(s, id));
    for (int i = 0; i < 2; i++) {
        refused(s, SK_EDENIED, "token",
                sk_engine_authenticate(s->engine, sk_str_from(token), &actor, &s->err));
        stand_reopen(s);
    }
    refused(s, SK_ENOTFOUND, "id", revoke(s, "t-0000"));
}

/* Without one nobody could ever make another. */
static void test_revoke_token__not_the_last_administrator(void **state)
{
    stand *s = *state;
    char token[65], first[65], second[65];

    create(s, (sk_token){.name = SK_STR("a"), .role = SK_ROLE_ADMIN}, token);
    memcpy(first, s->receipt.id, 65);
    refused(s, SK_ECONFLICT, "id", revoke(s, first));
    create(s, (sk_token){.name = SK_STR("b"), .role = SK_ROLE_ADMIN}, token);
    memcpy(second, s->receipt.id, 65);
    ok(s, revoke(s, first));
    ok(s, revoke(s, first));
    refused(s, SK_ECONFLICT, "id", revoke(s, second));
}

static void test_bootstrap__once(void **state)
{
    stand *s = *state;
    char token[65], none[65];
    sk_actor actor;

    ok(s, sk_engine_bootstrap(s->engine, token, &s->err));
    ok(s, sk_engine_authenticate(s->engine, sk_str_from(token), &actor, &s->err));
    assert_int_equal(actor.role, SK_ROLE_ADMIN);
    stand_reopen(s);
    ok(s, sk_engine_bootstrap(s->engine, none, &s->err));
    assert_string_equal(none, "");
}

static void test_areas__bound_what_a_connector_sees_and_decides(void **state)
{
    stand *s = *state;
    static const sk_str areas[1] = {{"WK000101", 8}};
    sk_actor local = {.token_id = SK_STR("t"), .role = SK_ROLE_CONNECTOR, .areas = {areas, 1}};
    sk_suggestion_filter filter = {.states = ALL_STATES};
    sk_suggestion_page page;
    sk_suggestion one;
    sk_call call = call_by(&local);
    sk_decide d = {.version = 1, .decision = SK_DECIDE_ACCEPT};

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    d.suggestion_id = pair_of(s, "n1", "o1").id;
    ok(s, sk_engine_list_suggestions(s->engine, &local, &filter, s->arena, &page, &s->err));
    assert_int_equal(page.count, 0);
    refused(s, SK_EDENIED, "",
            sk_engine_get_suggestion(s->engine, &local, d.suggestion_id, s->arena, &one, &s->err));
    refused(s, SK_EDENIED, "", sk_engine_decide(s->engine, &call, &d, &s->receipt, &s->err));
    refused(s, SK_EDENIED, "",
            sk_engine_undo(s->engine, &call, d.suggestion_id, 1, &s->receipt, &s->err));
    assert_int_equal(suggestion_of(s, d.suggestion_id).state, SK_STATE_PROPOSED);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_create_token__is_known_also_after_a_restart),
        ON_STAND(test_decide__names_who_was_first_to_those_who_decide),
        ON_STAND(test_create_token__a_repetition_does_not_show_it_again),
        ON_STAND(test_create_token__only_its_hash_is_on_disk),
        ON_STAND(test_revoke_token__at_once_and_for_good),
        ON_STAND(test_revoke_token__not_the_last_administrator),
        ON_STAND(test_bootstrap__once),
        ON_STAND(test_areas__bound_what_a_connector_sees_and_decides),
    };

    return cmocka_run_group_tests_name("engine.tokens", tests, NULL, NULL);
}
