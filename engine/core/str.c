/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/str.h"

#include "core/error.h"

#include <pthread.h>

#include <sodium.h>

int sk_str_cmp(sk_str a, sk_str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool sk_str_starts(sk_str s, sk_str prefix)
{
    return s.size >= prefix.size && sk_str_eq((sk_str){s.data, prefix.size}, prefix);
}

/* ---- UTF-8 ---- */

/* Bytes of the character at `at`, or 0 when it is none (RFC 3629, 4). */
static size_t utf8_width(const unsigned char *at, size_t left)
{
    size_t width = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;

    if (at[0] == 0 || at[0] > 0xF4 || width > left)
        return 0;
    for (size_t i = 1; i < width; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    /* The second byte tells overlong forms, surrogates and what lies beyond U+10FFFF. */
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return width;
}

bool sk_utf8_check(sk_str s, size_t *out_chars)
{
    size_t chars = 0;

    for (size_t at = 0; at < s.size; chars++) {
        size_t width = utf8_width((const unsigned char *)s.data + at, s.size - at);

        if (width == 0)
            return false;
        at += width;
    }
    if (out_chars)
        *out_chars = chars;
    return true;
}

/* ---- Hash ---- */

/* SipHash under a key that no client knows: tables cannot be flooded with chosen collisions. */
static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void draw_key(void)
{
    SK_ASSERT(sodium_init() >= 0);
    crypto_shorthash_keygen(hash_key);
}

uint64_t sk_str_hash(sk_str s)
{
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t hash = 0;

    pthread_once(&hash_once, draw_key);
    crypto_shorthash(out, (const unsigned char *)s.data, s.size, hash_key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}
