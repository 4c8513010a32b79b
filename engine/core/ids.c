/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/ids.h"

#include <sodium.h>

bool sk_id_valid(sk_str id)
{
    if (id.size < 1 || id.size > 64)
        return false;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != ':' && c != '-')
            return false;
    }
    return true;
}

void sk_id_make(int64_t now_ms, uint64_t seq, char out[37])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char number[8], hash[crypto_generichash_BYTES_MIN], uuid[16];
    size_t at = 0;

    for (int i = 0; i < 8; i++)
        number[i] = (unsigned char)(seq >> (56 - 8 * i));
    crypto_generichash(hash, sizeof(hash), number, sizeof(number), NULL, 0);

    /* RFC 9562, 5.7: 48 bits of time, version 7, 12 bits, variant 10, 62 bits. */
    for (int i = 0; i < 6; i++)
        uuid[i] = (unsigned char)((uint64_t)now_ms >> (40 - 8 * i));
    memcpy(uuid + 6, hash, 10);
    uuid[6] = (unsigned char)(0x70 | (uuid[6] & 0x0F));
    uuid[8] = (unsigned char)(0x80 | (uuid[8] & 0x3F));

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = hex[uuid[i] >> 4];
        out[at++] = hex[uuid[i] & 15];
    }
    out[at] = '\0';
}
