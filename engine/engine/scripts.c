/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>

/* Where rule sets find what they are based on and what they require: inside the program, or in the
 * folder that the configuration names. A name has no dots and one slash at most, so that it cannot
 * leave that folder. */

#define MAX_SCRIPT (256 * 1024)

static bool name_ok(sk_str name)
{
    size_t slashes = 0;

    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';

        slashes += c == '/';
        if (!plain && !(c == '/' && i > 0))
            return false;
    }
    return name.size > 0 && name.size <= 64 && slashes <= 1;
}

sk_status sk_engine_find_script(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    const sk_engine *e = context;
    char path[4096];

    if (!name_ok(name))
        return sk_fail(err, SK_EINVAL, "'%.*s' is not the name of a rule set or library file",
                       SK_STR_ARG(name));
    for (const sk_builtin_script *s = sk_builtin_scripts; s->name; s++) {
        if (sk_str_eq(name, sk_str_from(s->name))) {
            sk_buf_add(out, s->text, s->size);
            return out->failed ? sk_fail(err, SK_ENOMEM, "no memory for a script") : SK_OK;
        }
    }
    if (!e || !e->rules_dir)
        return sk_fail(err, SK_ENOTFOUND, "there is no rule set or library file '%.*s'",
                       SK_STR_ARG(name));
    snprintf(path, sizeof(path), "%s/%.*s.lua", e->rules_dir, SK_STR_ARG(name));
    return sk_file_read(path, MAX_SCRIPT, out, err);
}
