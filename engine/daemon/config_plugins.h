/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <lua.h>

#include "daemon/daemon.h"

/** The table `plugins` of a configuration file, at the top of the stack. */
sk_status sk_config_read_plugins(lua_State *lua, sk_config *config, sk_error *err);
