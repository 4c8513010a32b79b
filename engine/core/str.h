/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Bytes with a length, mostly UTF-8; not terminated. A view: whoever made it owns the bytes. */
typedef struct sk_str {
    const char *data;
    size_t size;
} sk_str;

typedef struct sk_strs {
    const sk_str *items;
    size_t count;
} sk_strs;

#define SK_STR(literal) ((sk_str){"" literal, sizeof(literal) - 1})
/** For printf("%.*s", SK_STR_ARG(s)). */
#define SK_STR_ARG(s) (int)(s).size, (s).data

static inline sk_str sk_str_from(const char *text)
{
    return text ? (sk_str){text, strlen(text)} : (sk_str){"", 0};
}

static inline bool sk_str_eq(sk_str a, sk_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** Bytewise order, a prefix first. */
int sk_str_cmp(sk_str a, sk_str b);
bool sk_str_starts(sk_str s, sk_str prefix);

/** True when the bytes are UTF-8 (no surrogates, no overlong forms) without NUL;
 *  `out_chars` (may be NULL) gets the number of code points. */
bool sk_utf8_check(sk_str s, size_t *out_chars);

/** A fast keyed hash for tables in memory. Never stored, and no answer may depend on its order. */
uint64_t sk_str_hash(sk_str s);
