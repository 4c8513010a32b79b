/* SPDX-License-Identifier: EUPL-1.2 */
#include "daemon/config_plugins.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>

/* The configuration is Lua, like the rules, but data only: no library is open, so that all a file
 * can do is to build its table. */

#define MAX_CONFIG (64 * 1024)
#define MAX_INSTRUCTIONS 1000000

typedef sk_status (*read_key)(lua_State *lua, const char *key, sk_config *config, sk_error *err);

static sk_status wrong_type(const char *key, const char *wanted, sk_error *err)
{
    return sk_fail_field(err, SK_EINVAL, key, "must be %s", wanted);
}

/* ---- One value, at the top of the stack ---- */

static sk_status read_text(lua_State *lua, const char *key, char *out, size_t size, sk_error *err)
{
    if (lua_type(lua, -1) != LUA_TSTRING)
        return wrong_type(key, "a string", err);
    if (snprintf(out, size, "%s", lua_tostring(lua, -1)) >= (int)size)
        return sk_fail_field(err, SK_EINVAL, key, "is longer than %zu bytes", size - 1);
    return SK_OK;
}

static sk_status read_urls(lua_State *lua, const char *key, char out[][1024], size_t *out_count,
                           sk_error *err)
{
    lua_Integer count;

    if (lua_type(lua, -1) != LUA_TTABLE)
        return wrong_type(key, "a list of URLs", err);
    count = (lua_Integer)lua_rawlen(lua, -1);
    if (count > SK_MAX_LISTEN)
        return sk_fail_field(err, SK_EINVAL, key, "has more than %d URLs", SK_MAX_LISTEN);
    for (lua_Integer i = 1; i <= count; i++) {
        sk_status st;

        lua_rawgeti(lua, -1, i);
        st = read_text(lua, key, out[i - 1], 1024, err);
        lua_pop(lua, 1);
        if (st != SK_OK)
            return st;
    }
    *out_count = (size_t)count;
    return SK_OK;
}

/* ---- The keys ---- */

static sk_status read_data(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    return read_text(lua, key, c->data_dir, sizeof(c->data_dir), err);
}

static sk_status read_backups(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    return read_text(lua, key, c->backup_dir, sizeof(c->backup_dir), err);
}

static sk_status read_rules(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    return read_text(lua, key, c->rules_dir, sizeof(c->rules_dir), err);
}

static sk_status read_listen(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    return read_urls(lua, key, c->listen, &c->listen_count, err);
}

static sk_status read_events(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    return read_urls(lua, key, c->events, &c->events_count, err);
}

static sk_status read_log(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    char text[16];
    sk_status st = read_text(lua, key, text, sizeof(text), err);

    if (st != SK_OK)
        return st;
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, levels[i]) == 0) {
            c->log_level = (sk_log_level)i;
            return SK_OK;
        }
    }
    return sk_fail_field(err, SK_EINVAL, key, "must be debug, info, warn or error");
}

static sk_status read_contexts(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    lua_Integer value;

    if (!lua_isinteger(lua, -1))
        return wrong_type(key, "a whole number", err);
    value = lua_tointeger(lua, -1);
    if (value < 2 || value > 1024)
        return sk_fail_field(err, SK_EINVAL, key, "must lie between 2 and 1024");
    c->contexts = (uint32_t)value;
    return SK_OK;
}

static sk_status read_plugin_dir(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    return read_text(lua, key, c->plugin_dir, sizeof(c->plugin_dir), err);
}

static sk_status read_plugins(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    (void)key;
    return sk_config_read_plugins(lua, c, err);
}

static sk_status read_tls(lua_State *lua, const char *key, sk_config *c, sk_error *err)
{
    if (lua_type(lua, -1) != LUA_TTABLE)
        return wrong_type(key, "a table such as { cert = \"server.pem\" }", err);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        sk_status st = SK_OK;

        if (lua_type(lua, -2) != LUA_TSTRING || strcmp(lua_tostring(lua, -2), "cert") != 0)
            st = sk_fail_field(err, SK_EINVAL, key, "knows only the key 'cert'");
        else
            st = read_text(lua, "tls.cert", c->tls_cert, sizeof(c->tls_cert), err);
        if (st != SK_OK)
            return st;
        lua_pop(lua, 1);
    }
    return SK_OK;
}

static const struct {
    const char *key;
    read_key read;
} keys[] = {
    {"data", read_data},       {"listen", read_listen},     {"events", read_events},
    {"tls", read_tls},         {"backups", read_backups},   {"rules", read_rules},
    {"log", read_log},         {"contexts", read_contexts}, {"plugin_dir", read_plugin_dir},
    {"plugins", read_plugins},
};

static sk_status read_table(lua_State *lua, sk_config *config, sk_error *err)
{
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "?";
        read_key read = NULL;
        sk_status st;

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            if (strcmp(key, keys[i].key) == 0)
                read = keys[i].read;
        if (!read)
            return sk_fail_field(err, SK_EINVAL, key,
                                 "is no key; known are data, listen, events, tls, backups, rules, "
                                 "log, contexts, plugin_dir and plugins");
        if ((st = read(lua, key, config, err)) != SK_OK)
            return st;
        lua_pop(lua, 1);
    }
    return SK_OK;
}

/* ---- The file ---- */

static void too_long(lua_State *lua, lua_Debug *debug)
{
    (void)debug;
    luaL_error(lua, "the configuration runs too long");
}

sk_status sk_config_read(const char *path, sk_config *config, sk_error *err)
{
    sk_buf text = {0};
    lua_State *lua = NULL;
    sk_status st = sk_file_read(path, MAX_CONFIG, &text, err);

    if (st != SK_OK)
        goto out;
    if (!(lua = luaL_newstate())) {
        st = sk_fail(err, SK_ENOMEM, "no memory to read the configuration");
        goto out;
    }
    lua_sethook(lua, too_long, LUA_MASKCOUNT, MAX_INSTRUCTIONS);
    if (luaL_loadbufferx(lua, text.data, text.size, "@config", "t") != LUA_OK ||
        lua_pcall(lua, 0, 1, 0) != LUA_OK)
        st = sk_fail(err, SK_EINVAL, "%s: %s", path, lua_tostring(lua, -1));
    else if (lua_type(lua, -1) != LUA_TTABLE)
        st = sk_fail(err, SK_EINVAL, "%s: must return a table", path);
    else
        st = read_table(lua, config, err);
out:
    if (lua)
        lua_close(lua);
    sk_buf_done(&text);
    return st;
}

sk_status sk_config_finish_plugins(sk_config *c)
{
    if (!c->plugin_dir[0])
        snprintf(c->plugin_dir, sizeof(c->plugin_dir), "%s", SK_PLUGIN_DIR);
    return SK_OK;
}

sk_status sk_config_finish(sk_config *c, sk_error *err)
{
    sk_config_finish_plugins(c);
    if (!c->data_dir[0])
        return sk_fail_field(err, SK_EINVAL, "data", "say where the data lives: --data DIR");
    if (strlen(c->data_dir) > 900)
        return sk_fail_field(err, SK_EINVAL, "data", "this path is too long");
    if (c->listen_count == 0) {
        snprintf(c->listen[0], 1024, "ipc://%.900s/schakel.sock", c->data_dir);
        c->listen_count = 1;
        if (c->events_count == 0) {
            snprintf(c->events[0], 1024, "ipc://%.900s/schakel.sock.events", c->data_dir);
            c->events_count = 1;
        }
    }
    for (size_t i = 0; i < c->listen_count; i++)
        if (strncmp(c->listen[i], "tls+tcp://", 10) == 0 && !c->tls_cert[0])
            return sk_fail_field(err, SK_EINVAL, "tls.cert", "%s needs a certificate",
                                 c->listen[i]);
    return SK_OK;
}
