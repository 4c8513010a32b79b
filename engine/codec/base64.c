/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sk_base64_write(sk_str bytes, sk_buf *out)
{
    const unsigned char *from = (const unsigned char *)bytes.data;

    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)from[i] << 16;
        char text[4];

        if (left > 1)
            group |= (uint32_t)from[i + 1] << 8;
        if (left > 2)
            group |= from[i + 2];
        for (int k = 0; k < 4; k++)
            text[k] = alphabet[group >> (18 - 6 * k) & 63];
        if (left < 3)
            text[3] = '=';
        if (left < 2)
            text[2] = '=';
        sk_buf_add(out, text, 4);
    }
}

static int digit_of(char c)
{
    const char *at = NULL;

    if (c == '-')
        c = '+';
    if (c == '_')
        c = '/';
    at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

bool sk_base64_read(sk_str text, sk_buf *out)
{
    size_t size = text.size;
    uint32_t group = 0;
    int digits = 0;

    /* Padding only where it completes a group of four. */
    for (int k = 0; k < 2 && size > 0 && text.size % 4 == 0 && text.data[size - 1] == '='; k++)
        size--;
    if (size % 4 == 1)
        return false;
    for (size_t i = 0; i < size; i++) {
        int digit = digit_of(text.data[i]);

        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
        if (++digits == 4) {
            char bytes[3] = {(char)(group >> 16), (char)(group >> 8), (char)group};

            sk_buf_add(out, bytes, 3);
            group = 0;
            digits = 0;
        }
    }
    if (digits > 1) {
        char bytes[2] = {(char)(group >> (6 * digits - 8)), (char)(group >> 2)};

        sk_buf_add(out, bytes, (size_t)digits - 1);
    }
    return true;
}
