/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>

/* Tokens: 32 random bytes that are shown once; only their hash is kept. They are few, so that a
 * look-up compares with all, in constant time each. */

#define TOKEN_BYTES 32

static sk_status add_token(void *context, const sk_token *token, sk_error *err)
{
    sk_engine *e = context;
    sk_token *items = sk_realloc(e->tokens, (e->token_count + 1) * sizeof(sk_token));
    sk_token *copy;
    sk_str *areas;

    if (!items)
        return sk_fail(err, SK_ENOMEM, "no memory for tokens");
    e->tokens = items;
    copy = &items[e->token_count];
    *copy = *token;
    copy->id = sk_arena_str(e->token_arena, token->id);
    copy->name = sk_arena_str(e->token_arena, token->name);
    copy->connector_id = sk_arena_str(e->token_arena, token->connector_id);
    areas = sk_arena_calloc(e->token_arena, token->areas.count, sizeof(sk_str));
    if (!copy->id.data || !copy->name.data || !copy->connector_id.data || !areas)
        return sk_fail(err, SK_ENOMEM, "no memory for tokens");
    for (size_t i = 0; i < token->areas.count; i++)
        areas[i] = sk_arena_str(e->token_arena, token->areas.items[i]);
    copy->areas = (sk_strs){areas, token->areas.count};
    e->token_count++;
    return SK_OK;
}

sk_status load_tokens(sk_engine *e, sk_error *err)
{
    e->token_count = 0;
    sk_arena_reset(e->token_arena);
    return sk_store_each_token(e->store, add_token, e, err);
}

static void hash_token(sk_str token, uint8_t out[32])
{
    crypto_generichash(out, 32, (const uint8_t *)token.data, token.size, NULL, 0);
}

sk_status sk_engine_authenticate(sk_engine *e, sk_str token, sk_actor *out, sk_error *err)
{
    uint8_t hash[32];
    const sk_token *found = NULL;

    hash_token(token, hash);
    for (size_t i = 0; i < e->token_count; i++)
        if (sodium_memcmp(hash, e->tokens[i].hash, sizeof(hash)) == 0)
            found = &e->tokens[i];
    if (!found || found->revoked)
        return sk_fail_field(err, SK_EDENIED, "token", "no such token, or it was revoked");
    *out = (sk_actor){.token_id = found->id,
                      .role = found->role,
                      .areas = found->areas,
                      .connector_id = found->connector_id};
    return SK_OK;
}

/* ---- Names ---- */

static const sk_token *token_find(const sk_engine *e, sk_str id)
{
    for (size_t i = 0; i < e->token_count; i++)
        if (sk_str_eq(e->tokens[i].id, id))
            return &e->tokens[i];
    return NULL;
}

sk_str token_name(const sk_engine *e, sk_str id)
{
    const sk_token *token = token_find(e, id);

    return token ? token->name : SK_STR("");
}

sk_str token_called(const sk_engine *e, sk_str id, sk_arena *arena)
{
    const sk_token *token = token_find(e, id);
    const sk_connector *connector = NULL;
    char role[16];
    sk_str name;

    if (!token)
        return SK_STR("");
    if (token->name.size == 0 && token->connector_id.size)
        connector = connector_find(e, token->connector_id);
    name = connector ? connector->name : token->name;
    if (name.size == 0)
        return SK_STR("");
    snprintf(role, sizeof(role), "%s", sk_role_name(token->role));
    for (char *c = role; *c; c++)
        *c = *c == '_' ? ' ' : (char)tolower((unsigned char)*c);
    return sk_arena_printf(arena, "%.*s (%s)", SK_STR_ARG(name), role);
}

/* ---- Create ---- */

static void make_token(char out_token[65], char out_id[20], uint8_t out_hash[32])
{
    uint8_t secret[TOKEN_BYTES], id[8];

    randombytes_buf(secret, sizeof(secret));
    randombytes_buf(id, sizeof(id));
    sodium_bin2hex(out_token, 65, secret, sizeof(secret));
    out_id[0] = 't';
    out_id[1] = '-';
    sodium_bin2hex(out_id + 2, 17, id, sizeof(id));
    hash_token(sk_str_from(out_token), out_hash);
    sodium_memzero(secret, sizeof(secret));
}

static sk_status check_token(const sk_token *token, sk_error *err)
{
    size_t chars;

    if (!sk_role_name(token->role))
        return sk_fail_field(err, SK_EINVAL, "role",
                             "RESIDENT, CONNECTOR, ADMIN, INTEGRATOR, READER, RULE_AUTHOR or "
                             "CHANNEL");
    if (!sk_utf8_check(token->name, &chars) || chars > 100)
        return sk_fail_field(err, SK_EINVAL, "name", "at most 100 characters of UTF-8");
    if (token->areas.count > SK_MAX_AREAS)
        return sk_fail_field(err, SK_EINVAL, "areas", "at most %d", SK_MAX_AREAS);
    for (size_t i = 0; i < token->areas.count; i++)
        if (!sk_id_valid(token->areas.items[i]))
            return sk_fail_field(err, SK_EINVAL, "areas", "codes of buurten, wijken or gemeenten");
    if (token->connector_id.size && !sk_id_valid(token->connector_id))
        return sk_fail_field(err, SK_EINVAL, "connectorId", "is not an id");
    return SK_OK;
}

sk_status sk_engine_create_token(sk_engine *e, const sk_call *call, const sk_token *given,
                                 char out_token[65], sk_receipt *out, sk_error *err)
{
    sk_token token = *given;
    char id[20];
    sk_status st = require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK)
        return st;
    if (out->repeated)
        return sk_fail_field(err, SK_ECONFLICT, "id", "this token was shown once; make a new one");
    if ((st = check_token(&token, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    make_token(out_token, id, token.hash);
    token.id = sk_str_from(id);
    token.created_ms = e->now_ms;
    token.revoked = false;
    sk_batch_put_token(e->cmd.batch, &token);
    emit(e, "token.created", SK_STR(""), SK_STR(""), SK_STR(""), token.id);
    audit(e, "token.created", token.id);
    if ((st = command_commit(e, token.id, 1, true, out, err)) != SK_OK)
        return st;
    st = load_tokens(e, err);
    return st == SK_OK ? SK_OK : command_broken(e, st);
}

sk_status sk_engine_bootstrap(sk_engine *e, char out_token[65], sk_error *err)
{
    sk_token token = {.name = SK_STR("first administrator"), .role = SK_ROLE_ADMIN};
    char id[20];
    sk_status st;

    out_token[0] = '\0';
    if (e->token_count)
        return SK_OK;
    make_token(out_token, id, token.hash);
    token.id = sk_str_from(id);
    token.created_ms = sk_clock_now(&e->clock);
    sk_batch_clear(e->cmd.batch);
    sk_batch_put_token(e->cmd.batch, &token);
    if ((st = sk_store_write(e->store, e->cmd.batch, err)) != SK_OK ||
        (st = sk_store_sync(e->store, err)) != SK_OK)
        return st;
    return load_tokens(e, err);
}

/* ---- List and revoke ---- */

sk_status sk_engine_list_tokens(sk_engine *e, const sk_actor *actor, sk_arena *arena,
                                const sk_token **out, size_t *out_count, sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_ADMIN, err);

    (void)arena;
    if (st != SK_OK)
        return st;
    *out = e->tokens;
    *out_count = e->token_count;
    return SK_OK;
}

static bool is_last_admin(const sk_engine *e, const sk_token *token)
{
    size_t others = 0;

    for (size_t i = 0; i < e->token_count; i++)
        others +=
            &e->tokens[i] != token && e->tokens[i].role == SK_ROLE_ADMIN && !e->tokens[i].revoked;
    return token->role == SK_ROLE_ADMIN && !token->revoked && others == 0;
}

sk_status sk_engine_revoke_token(sk_engine *e, const sk_call *call, sk_str id, sk_receipt *out,
                                 sk_error *err)
{
    sk_token *token = NULL;
    sk_status st = require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    for (size_t i = 0; i < e->token_count; i++)
        if (sk_str_eq(e->tokens[i].id, id))
            token = &e->tokens[i];
    if (!token)
        st = sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such token");
    else if (is_last_admin(e, token))
        st = sk_fail_field(err, SK_ECONFLICT, "id",
                           "without this token nobody can administer the engine; make another "
                           "administrator's token first");
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    token->revoked = true;
    sk_batch_put_token(e->cmd.batch, token);
    emit(e, "token.revoked", SK_STR(""), SK_STR(""), SK_STR(""), id);
    audit(e, "token.revoked", id);
    return command_commit(e, id, 2, false, out, err);
}
