/* SPDX-License-Identifier: EUPL-1.2 */
#include "plugin/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Settings of plugins. Each plugin declares its keys; what it does not declare is refused by name,
 * so that a slip of the keyboard does not silently turn something off. */

#define MOST_IN_LIST 64

static const char *const kind_names[] = {"a text", "a number", "true or false", "a list of texts"};

/* ---- Values ---- */

static void value_done(sk_plugin_value *value)
{
    char **items = (char **)value->list;

    sk_free((char *)value->text);
    for (size_t i = 0; i < value->list_count; i++)
        sk_free(items[i]);
    sk_free(items);
    *value = (sk_plugin_value){0};
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sk_malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static sk_status value_copy(const sk_plugin_value *from, sk_plugin_value *out, sk_error *err)
{
    char **items = NULL;

    *out = (sk_plugin_value){.kind = from->kind, .number = from->number, .truth = from->truth};
    if (from->kind == SK_PLUGIN_TEXT && !(out->text = copy_text(from->text)))
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    if (from->kind != SK_PLUGIN_LIST)
        return SK_OK;
    if (!(items = sk_calloc(from->list_count + 1, sizeof(*items))))
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    out->list = (const char *const *)items;
    for (; out->list_count < from->list_count; out->list_count++)
        if (!(items[out->list_count] = copy_text(from->list[out->list_count]))) {
            value_done(out);
            return sk_fail(err, SK_ENOMEM, "no memory for settings");
        }
    return SK_OK;
}

/* ---- Keys ---- */

static void place_of(const char *name, const char *key, char out[96])
{
    snprintf(out, 96, "plugins.%.32s.%.40s", name, key);
}

static const sk_plugin_key *key_of(const sk_plugin *plugin, const char *name)
{
    for (const sk_plugin_key *key = plugin->descriptor->config; key && key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

static sk_status fail_key(const sk_plugin *plugin, const char *place, sk_error *err)
{
    sk_buf known = {0};

    for (const sk_plugin_key *key = plugin->descriptor->config; key && key->name; key++)
        sk_buf_printf(&known, "%s%s", known.size ? ", " : "", key->name);
    sk_fail_field(err, SK_EINVAL, place, "is no key of this plugin; it knows %s",
                  known.size && !known.failed ? known.data : "none");
    sk_buf_done(&known);
    return SK_EINVAL;
}

static const setting *setting_of(const sk_plugin *plugin, const char *key)
{
    for (size_t i = 0; i < plugin->setting_count; i++)
        if (strcmp(plugin->settings[i].key->name, key) == 0)
            return &plugin->settings[i];
    return NULL;
}

const sk_plugin_value *setting_get(const sk_plugin *plugin, const char *key, sk_plugin_kind kind)
{
    const setting *found = setting_of(plugin, key);

    return found && found->value.kind == kind ? &found->value : NULL;
}

void settings_done(sk_plugin *plugin)
{
    for (size_t i = 0; i < plugin->setting_count; i++)
        value_done(&plugin->settings[i].value);
    sk_free(plugin->settings);
}

/** The plugin and its key, both known and not yet set. */
static sk_status find_place(sk_plugins *plugins, const char *name, const char *key,
                            sk_plugin **out_plugin, const sk_plugin_key **out_key, sk_error *err)
{
    char place[96];

    place_of(name, key, place);
    if (!(*out_plugin = plugin_find(plugins, name)))
        return sk_fail_field(err, SK_EINVAL, place, "the plugin '%.32s' is not loaded", name);
    if (!(*out_key = key_of(*out_plugin, key)))
        return fail_key(*out_plugin, place, err);
    if (setting_of(*out_plugin, key))
        return sk_fail_field(err, SK_EINVAL, place, "is set twice");
    return SK_OK;
}

sk_status sk_plugins_set(sk_plugins *plugins, const char *name, const char *key,
                         const sk_plugin_value *value, sk_error *err)
{
    const sk_plugin_key *known;
    sk_plugin *plugin;
    char place[96];
    setting added;
    sk_status st = find_place(plugins, name, key, &plugin, &known, err);

    if (st != SK_OK)
        return st;
    place_of(name, key, place);
    if (value->kind != known->kind)
        return sk_fail_field(err, SK_EINVAL, place, "must be %s", kind_names[known->kind]);
    if (!sk_grow((void **)&plugin->settings, &plugin->setting_capacity, plugin->setting_count + 1,
                 sizeof(plugin->settings[0])))
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    added.key = known;
    if ((st = value_copy(value, &added.value, err)) == SK_OK)
        plugin->settings[plugin->setting_count++] = added;
    return st;
}

/* ---- From a word ---- */

static bool read_number(const char *word, double *out)
{
    char *end;

    *out = strtod(word, &end);
    return end != word && *end == '\0' && isfinite(*out);
}

static sk_status set_list(sk_plugins *plugins, const char *name, const char *key, const char *word,
                          sk_error *err)
{
    const char *items[MOST_IN_LIST];
    sk_plugin_value value = {.kind = SK_PLUGIN_LIST, .list = items};
    char *copy = copy_text(word), *rest = copy, *item;
    sk_status st = SK_OK;

    if (!copy)
        return sk_fail(err, SK_ENOMEM, "no memory for settings");
    while ((item = strsep(&rest, ",")) && st == SK_OK) {
        if (value.list_count == MOST_IN_LIST)
            st = sk_fail(err, SK_EINVAL, "a list has %d items at most", MOST_IN_LIST);
        else if (*item)
            items[value.list_count++] = item;
    }
    if (st == SK_OK)
        st = sk_plugins_set(plugins, name, key, &value, err);
    sk_free(copy);
    return st;
}

sk_status sk_plugins_set_word(sk_plugins *plugins, const char *name, const char *key,
                              const char *word, sk_error *err)
{
    const sk_plugin_key *known;
    sk_plugin *plugin;
    sk_plugin_value value;
    char place[96];
    sk_status st = find_place(plugins, name, key, &plugin, &known, err);

    if (st != SK_OK)
        return st;
    if (known->kind == SK_PLUGIN_LIST)
        return set_list(plugins, name, key, word, err);
    place_of(name, key, place);
    value = (sk_plugin_value){.kind = known->kind, .text = word};
    if (known->kind == SK_PLUGIN_NUMBER && !read_number(word, &value.number))
        return sk_fail_field(err, SK_EINVAL, place, "must be a number");
    if (known->kind == SK_PLUGIN_TRUTH && strcmp(word, "true") != 0 && strcmp(word, "false") != 0)
        return sk_fail_field(err, SK_EINVAL, place, "must be true or false");
    value.truth = strcmp(word, "true") == 0;
    return sk_plugins_set(plugins, name, key, &value, err);
}

/* ---- All of them ---- */

sk_status sk_plugins_check(const sk_plugins *plugins, sk_error *err)
{
    for (size_t i = 0; i < plugins->count; i++) {
        const sk_plugin *plugin = plugins->items[i];

        for (const sk_plugin_key *key = plugin->descriptor->config; key && key->name; key++) {
            char place[96];

            place_of(plugin->descriptor->name, key->name, place);
            if (key->required && !setting_of(plugin, key->name))
                return sk_fail_field(err, SK_EINVAL, place, "is required: %s",
                                     key->meaning ? key->meaning : kind_names[key->kind]);
        }
    }
    return SK_OK;
}

void sk_plugins_describe(const sk_plugins *plugins, sk_buf *out)
{
    for (size_t i = 0; i < plugins->count; i++) {
        const sk_plugin_descriptor *d = plugins->items[i]->descriptor;

        sk_buf_printf(out, "%s\n", d->name);
        for (const sk_plugin_key *key = d->config; key && key->name; key++)
            sk_buf_printf(out, "  %-20s %s%s: %s\n", key->name, kind_names[key->kind],
                          key->required ? ", required" : "", key->meaning ? key->meaning : "");
    }
}
