/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <stddef.h>

/** A Lua file that travels inside the program; the table ends with a NULL name. */
typedef struct sk_builtin_script {
    const char *name;
    const char *text;
    size_t size;
} sk_builtin_script;

extern const sk_builtin_script sk_builtin_scripts[];
