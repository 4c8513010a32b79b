/* SPDX-License-Identifier: EUPL-1.2 */
#include "daemon/config_plugins.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* Settings of plugins as the configuration file and the command line write them. They are kept as
 * written until all is read, since only then the folder of the plugins is known. A plugin's own
 * list of keys judges them (engine/plugin). */

#define MOST_SETTINGS 1024
#define MOST_IN_LIST 64

static sk_status keep(sk_config *c, const sk_plugin_setting *setting, sk_error *err)
{
    if (c->plugin_count == MOST_SETTINGS)
        return sk_fail_field(err, SK_ELIMIT, "plugins", "has more than %d settings", MOST_SETTINGS);
    if (!sk_grow((void **)&c->plugins, &c->plugin_capacity, c->plugin_count + 1,
                 sizeof(c->plugins[0])))
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    c->plugins[c->plugin_count++] = *setting;
    return SK_OK;
}

static const char *copy(sk_config *c, const char *text, size_t size)
{
    if (!c->arena && !(c->arena = sk_arena_new(0)))
        return NULL;
    return sk_arena_str(c->arena, (sk_str){text, size}).data;
}

static const char *copy_at(sk_config *c, lua_State *lua, int index)
{
    size_t size;
    const char *text = lua_tolstring(lua, index, &size);

    return copy(c, text, size);
}

/* ---- From the file ---- */

static sk_status read_list(lua_State *lua, sk_config *c, const char *place, sk_plugin_value *out,
                           sk_error *err)
{
    size_t count = lua_rawlen(lua, -1);
    const char **items;

    if (count > MOST_IN_LIST)
        return sk_fail_field(err, SK_EINVAL, place, "has more than %d items", MOST_IN_LIST);
    if ((!c->arena && !(c->arena = sk_arena_new(0))) ||
        !(items = sk_arena_calloc(c->arena, count + 1, sizeof(*items))))
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(lua, -1, (lua_Integer)i + 1) != LUA_TSTRING)
            return sk_fail_field(err, SK_EINVAL, place, "must be a list of texts");
        items[i] = copy_at(c, lua, -1);
        lua_pop(lua, 1);
        if (!items[i])
            return sk_fail(err, SK_ENOMEM, "no memory for settings");
    }
    *out = (sk_plugin_value){.kind = SK_PLUGIN_LIST, .list = items, .list_count = count};
    return SK_OK;
}

/** The value at the top of the stack. */
static sk_status read_value(lua_State *lua, sk_config *c, const char *place, sk_plugin_value *out,
                            sk_error *err)
{
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        *out = (sk_plugin_value){.kind = SK_PLUGIN_TEXT, .text = copy_at(c, lua, -1)};
        return out->text ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for settings");
    case LUA_TNUMBER:
        *out = (sk_plugin_value){.kind = SK_PLUGIN_NUMBER, .number = lua_tonumber(lua, -1)};
        return SK_OK;
    case LUA_TBOOLEAN:
        *out = (sk_plugin_value){.kind = SK_PLUGIN_TRUTH, .truth = lua_toboolean(lua, -1)};
        return SK_OK;
    case LUA_TTABLE:
        return read_list(lua, c, place, out, err);
    default:
        return sk_fail_field(err, SK_EINVAL, place,
                             "must be a text, a number, true or false, or a "
                             "list of texts");
    }
}

/** The settings of one plugin: a table at the top of the stack. */
static sk_status read_settings(lua_State *lua, sk_config *c, const char *plugin, sk_error *err)
{
    sk_plugin_setting setting = {.plugin = plugin};
    sk_status st = keep(c, &setting, err);

    lua_pushnil(lua);
    while (st == SK_OK && lua_next(lua, -2)) {
        char place[96];

        if (lua_type(lua, -2) != LUA_TSTRING)
            return sk_fail_field(err, SK_EINVAL, "plugins", "'%.32s' has a key that is no name",
                                 plugin);
        snprintf(place, sizeof(place), "plugins.%.32s.%.40s", plugin, lua_tostring(lua, -2));
        if (!(setting.key = copy_at(c, lua, -2)))
            return sk_fail(err, SK_ENOMEM, "no memory for settings");
        if ((st = read_value(lua, c, place, &setting.value, err)) == SK_OK)
            st = keep(c, &setting, err);
        lua_pop(lua, 1);
    }
    return st;
}

sk_status sk_config_read_plugins(lua_State *lua, sk_config *c, sk_error *err)
{
    sk_status st = SK_OK;

    if (lua_type(lua, -1) != LUA_TTABLE)
        return sk_fail_field(err, SK_EINVAL, "plugins",
                             "must be a table such as { http = { listen = \"127.0.0.1:8080\" } }");
    lua_pushnil(lua);
    while (st == SK_OK && lua_next(lua, -2)) {
        const char *plugin;

        if (lua_type(lua, -2) != LUA_TSTRING || lua_type(lua, -1) != LUA_TTABLE)
            return sk_fail_field(err, SK_EINVAL, "plugins",
                                 "names plugins with their settings: { http = { ... } }");
        if (!(plugin = copy_at(c, lua, -2)))
            return sk_fail(err, SK_ENOMEM, "no memory for settings");
        st = read_settings(lua, c, plugin, err);
        lua_pop(lua, 1);
    }
    return st;
}

/* ---- From the command line ---- */

sk_status sk_config_add_plugin(sk_config *c, const char *word, sk_error *err)
{
    const char *equals = strchr(word, '='), *dot = strchr(word, '.');
    sk_plugin_setting setting = {0};

    if ((dot == NULL) != (equals == NULL) || dot > equals)
        return sk_fail_field(err, SK_EINVAL, "--plugin", "write NAME or NAME.KEY=VALUE");
    setting.plugin = copy(c, word, dot ? (size_t)(dot - word) : strlen(word));
    if (dot) {
        setting.key = copy(c, dot + 1, (size_t)(equals - dot - 1));
        setting.word = copy(c, equals + 1, strlen(equals + 1));
    }
    if (!setting.plugin || (dot && (!setting.key || !setting.word)))
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    return keep(c, &setting, err);
}

/* ---- Use ---- */

static bool named_before(const sk_config *c, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(c->plugins[i].plugin, c->plugins[index].plugin) == 0)
            return true;
    return false;
}

static sk_status load_all(const sk_config *c, sk_plugins *plugins, sk_error *err)
{
    sk_status st = SK_OK;

    for (size_t i = 0; i < c->plugin_count && st == SK_OK; i++) {
        const sk_plugin_setting *s = &c->plugins[i];

        if (!named_before(c, i))
            st = sk_plugins_load(plugins, c->plugin_dir, s->plugin, err);
        if (st == SK_OK && s->word)
            st = sk_plugins_set_word(plugins, s->plugin, s->key, s->word, err);
        else if (st == SK_OK && s->key)
            st = sk_plugins_set(plugins, s->plugin, s->key, &s->value, err);
    }
    return st == SK_OK ? sk_plugins_check(plugins, err) : st;
}

sk_status sk_config_plugins(const sk_config *c, sk_plugins **out, sk_error *err)
{
    sk_plugins *plugins = sk_plugins_new();
    sk_status st;

    if (!plugins)
        return sk_fail(err, SK_ENOMEM, "no memory for plugins");
    if ((st = load_all(c, plugins, err)) == SK_OK)
        *out = plugins;
    else
        sk_plugins_free(plugins);
    return st;
}

static bool is_object(const struct dirent *entry, char name[64])
{
    size_t size = strlen(entry->d_name);

    if (size < 4 || size - 3 >= 64 || strcmp(entry->d_name + size - 3, ".so") != 0)
        return false;
    memcpy(name, entry->d_name, size - 3);
    name[size - 3] = '\0';
    return true;
}

sk_status sk_config_describe_plugins(const sk_config *c, sk_buf *out, sk_error *err)
{
    sk_plugins *plugins = sk_plugins_new();
    struct dirent **entries = NULL;
    int count = plugins ? scandir(c->plugin_dir, &entries, NULL, alphasort) : 0;
    char name[64];

    for (int i = 0; i < count; i++) {
        sk_error why = {0};

        if (is_object(entries[i], name) &&
            sk_plugins_load(plugins, c->plugin_dir, name, &why) != SK_OK)
            sk_buf_printf(out, "%s: %s\n", name, why.message);
        free(entries[i]);
    }
    free(entries);
    if (plugins)
        sk_plugins_describe(plugins, out);
    sk_plugins_free(plugins);
    if (count < 0)
        return sk_fail_field(err, SK_ENOTFOUND, "plugin_dir", "%s cannot be read", c->plugin_dir);
    return plugins ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for plugins");
}

void sk_config_done(sk_config *c)
{
    sk_free(c->plugins);
    sk_arena_free(c->arena);
    c->plugins = NULL;
    c->arena = NULL;
}
