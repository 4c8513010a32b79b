/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

#include <stdio.h>

/* The words of relaxing (docs/matching.md 7), from and to messages. */

sk_status sk_relax_from_message(size_t count, char *const *names, const char *field,
                                uint8_t *out_bits, sk_error *err)
{
    uint8_t bits = 0;
    char path[48];

    for (size_t i = 0; i < count; i++) {
        uint8_t bit = sk_relax_from(sk_str_from(names[i]));

        snprintf(path, sizeof(path), "%s[%zu]", field, i);
        if (!bit)
            return sk_fail_field(err, SK_EINVAL, path,
                                 "\"%.40s\" is none of distance language category threshold",
                                 names[i]);
        bits |= bit;
    }
    *out_bits = bits;
    return SK_OK;
}

Schakel__V1__Relaxed *sk_relaxed_to_message(const sk_relaxed *relaxed, sk_arena *arena)
{
    Schakel__V1__Relaxed *out = sk_arena_alloc(arena, sizeof(*out));

    if (!out)
        return NULL;
    schakel__v1__relaxed__init(out);
    out->constraint = sk_str_to_message(sk_str_from(sk_relax_name(relaxed->constraint)), arena);
    out->why = sk_str_to_message(relaxed->why, arena);
    return out->constraint && out->why ? out : NULL;
}
