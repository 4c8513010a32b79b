/* SPDX-License-Identifier: EUPL-1.2 */
#include <schakel/plugin.h>
#include <stdio.h>

/* Plugins that must be refused, by what the build defines. */

static sk_status refuse(sk_plugin *plugin, const sk_plugin_host *host, void **out_state,
                        sk_error *err)
{
    (void)plugin;
    (void)host;
    (void)out_state;
    snprintf(err->message, sizeof err->message, "no modem");
    return err->status = SK_EIO;
}

__attribute__((unused)) static void stop(void *state)
{
    (void)state;
}

#ifdef FAULTY_OLD
__attribute__((visibility("default"))) extern const sk_plugin_descriptor schakel_plugin;
const sk_plugin_descriptor schakel_plugin = {
    .abi = 999, .size = sizeof schakel_plugin, .name = "old", .init = refuse, .stop = stop};
#elif defined(FAULTY_OTHER)
SK_PLUGIN(somebody_else, .init = refuse, .stop = stop);
#elif defined(FAULTY_HALF)
SK_PLUGIN(half, .init = refuse);
#elif defined(FAULTY_UNWILLING)
SK_PLUGIN(unwilling, .init = refuse, .stop = stop);
#endif
