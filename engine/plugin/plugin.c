/* SPDX-License-Identifier: EUPL-1.2 */
#include "plugin/internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

/* The life of a plugin: loaded and checked, given its settings, initialised before the engine
 * listens, started behind it, stopped before it.
 *
 * A shared object is code of the municipality's own choice and runs with all rights of the process,
 * so there is no sandbox here, only refusal of what cannot fit: another ABI, a file under another
 * name, the same plugin twice. Objects are never unloaded while the process runs, since a thread
 * of theirs may still return through their code. */

sk_plugins *sk_plugins_new(void)
{
    sk_plugins *plugins = sk_calloc(1, sizeof(*plugins));

    if (plugins)
        pthread_mutex_init(&plugins->lock, NULL);
    return plugins;
}

sk_plugin *plugin_find(const sk_plugins *plugins, const char *name)
{
    for (size_t i = 0; i < plugins->count; i++)
        if (strcmp(plugins->items[i]->descriptor->name, name) == 0)
            return plugins->items[i];
    return NULL;
}

/* ---- Loading ---- */

static bool is_name(const char *name)
{
    size_t size = strlen(name);

    return size >= 1 && size <= 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

static sk_status check_descriptor(const sk_plugin_descriptor *d, const char *name, const char *path,
                                  sk_error *err)
{
    if (!d)
        return sk_fail(err, SK_EINVAL, "%s is no plugin: it exports no '%s'", path,
                       SK_PLUGIN_SYMBOL);
    if (d->abi != SK_PLUGIN_ABI)
        return sk_fail(err, SK_EINVAL, "%s was built for plugin interface %u; this schakeld has %u",
                       path, d->abi, SK_PLUGIN_ABI);
    if (d->size < sizeof(*d) || !d->name || !d->init || !d->stop)
        return sk_fail(err, SK_EINVAL, "%s: its descriptor is not whole", path);
    if (strcmp(d->name, name) != 0)
        return sk_fail(err, SK_EINVAL, "%s calls itself '%s'", path, d->name);
    return SK_OK;
}

static sk_status open_object(const char *path, const char *name, void **out_object,
                             const sk_plugin_descriptor **out, sk_error *err)
{
    void *object;
    sk_status st;

    if (access(path, R_OK) != 0)
        return sk_fail(err, SK_ENOTFOUND, "there is no plugin '%s': %s cannot be read", name, path);
    if (!(object = dlopen(path, RTLD_NOW | RTLD_LOCAL)))
        return sk_fail(err, SK_EINVAL, "%s", dlerror());
    *out = dlsym(object, SK_PLUGIN_SYMBOL);
    if ((st = check_descriptor(*out, name, path, err)) != SK_OK) {
        dlclose(object);
        return st;
    }
    *out_object = object;
    return SK_OK;
}

static sk_status add_plugin(sk_plugins *plugins, void *object,
                            const sk_plugin_descriptor *descriptor, sk_error *err)
{
    sk_plugin *plugin = sk_calloc(1, sizeof(*plugin));

    if (!plugin || !sk_grow((void **)&plugins->items, &plugins->capacity, plugins->count + 1,
                            sizeof(plugins->items[0]))) {
        sk_free(plugin);
        return sk_fail(err, SK_ENOMEM, "no memory for a plugin");
    }
    plugin->all = plugins;
    plugin->object = object;
    plugin->descriptor = descriptor;
    snprintf(plugin->token_id, sizeof(plugin->token_id), "plugin:%s", descriptor->name);
    plugin->own = (sk_actor){.token_id = sk_str_from(plugin->token_id), .role = SK_ROLE_INTEGRATOR};
    plugins->items[plugins->count++] = plugin;
    return SK_OK;
}

sk_status sk_plugins_load(sk_plugins *plugins, const char *folder, const char *name, sk_error *err)
{
    const sk_plugin_descriptor *descriptor = NULL;
    void *object = NULL;
    char path[1100];
    sk_status st;

    if (!is_name(name))
        return sk_fail_field(err, SK_EINVAL, "plugins",
                             "'%.40s' is no name of a plugin: 1-32 of a-z 0-9 _ -", name);
    if (plugin_find(plugins, name))
        return sk_fail_field(err, SK_EINVAL, "plugins", "the plugin '%s' is named twice", name);
    if (snprintf(path, sizeof(path), "%s/%s.so", folder, name) >= (int)sizeof(path))
        return sk_fail_field(err, SK_EINVAL, "plugins", "the path of '%s' is too long", name);
    if ((st = open_object(path, name, &object, &descriptor, err)) != SK_OK)
        return st;
    if ((st = add_plugin(plugins, object, descriptor, err)) != SK_OK)
        dlclose(object);
    return st;
}

/* ---- Life ---- */

sk_status sk_plugins_init(sk_plugins *plugins, const sk_plugins_base *base, sk_error *err)
{
    plugins->base = base;
    for (size_t i = 0; i < plugins->count; i++) {
        sk_plugin *plugin = plugins->items[i];
        sk_status st = plugin->descriptor->init(plugin, &plugin_host, &plugin->state, err);

        if (st != SK_OK)
            return st;
        plugin->live = true;
    }
    return SK_OK;
}

sk_status sk_plugins_start(sk_plugins *plugins, sk_error *err)
{
    for (size_t i = 0; i < plugins->count; i++) {
        sk_plugin *plugin = plugins->items[i];
        sk_status st =
            plugin->descriptor->start ? plugin->descriptor->start(plugin->state, err) : SK_OK;

        if (st != SK_OK)
            return st;
        sk_log(SK_LOG_INFO, "plugin=%s state=started", plugin->descriptor->name);
    }
    return SK_OK;
}

void sk_plugins_ring(sk_plugins *plugins, uint64_t newest)
{
    if (plugins->count == 0)
        return;
    atomic_store(&plugins->newest, newest);
    plugins->base->wake(plugins->base->context);
}

void sk_plugins_deliver(sk_plugins *plugins)
{
    uint64_t newest = atomic_load(&plugins->newest);

    answers_deliver(plugins);
    if (newest == plugins->told)
        return;
    plugins->told = newest;
    for (size_t i = 0; i < plugins->count; i++) {
        sk_plugin *plugin = plugins->items[i];

        if (plugin->live && !plugin->stopped && plugin->descriptor->on_event)
            plugin->descriptor->on_event(plugin->state, newest);
    }
}

void sk_plugins_stop(sk_plugins *plugins)
{
    for (size_t i = plugins ? plugins->count : 0; i > 0; i--) {
        sk_plugin *plugin = plugins->items[i - 1];

        if (!plugin->live || plugin->stopped)
            continue;
        plugin->descriptor->stop(plugin->state);
        plugin->stopped = true;
    }
}

void sk_plugins_free(sk_plugins *plugins)
{
    if (!plugins)
        return;
    sk_plugins_stop(plugins);
    answers_done(plugins);
    for (size_t i = 0; i < plugins->count; i++) {
        settings_done(plugins->items[i]);
        sk_free(plugins->items[i]);
    }
    sk_free(plugins->items);
    pthread_mutex_destroy(&plugins->lock);
    sk_free(plugins);
}
