/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The outer shell of protobuf messages: enough to look at an envelope or to put one around ready
 * bytes, without decoding what is inside. */

#include "core/core.h"

typedef struct wire_field {
    uint32_t number;
    unsigned type;  /**< 0 number, 1 and 5 fixed, 2 bytes. */
    uint64_t value; /**< Of type 0. */
    sk_str bytes;   /**< Of type 2; view. */
} wire_field;

static inline bool field_varint(sk_str *at, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 10 && i < at->size; i++) {
        unsigned char byte = (unsigned char)at->data[i];

        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            at->data += i + 1;
            at->size -= i + 1;
            return true;
        }
    }
    return false;
}

/** The next field of `at`, which moves on. False at the end (then at->size is 0) and on bytes that
 *  are no message (then it is not). */
static inline bool field_next(sk_str *at, wire_field *out)
{
    sk_str rest = *at;
    uint64_t tag = 0, size = 0;

    if (rest.size == 0 || !field_varint(&rest, &tag) || tag >> 3 == 0 || tag >> 32 != 0)
        return false;
    *out = (wire_field){.number = (uint32_t)(tag >> 3), .type = (unsigned)(tag & 7)};
    if (out->type == 0) {
        if (!field_varint(&rest, &out->value))
            return false;
    } else if (out->type == 2 || out->type == 1 || out->type == 5) {
        size = out->type == 1 ? 8 : 4;
        if (out->type == 2 && !field_varint(&rest, &size))
            return false;
        if (size > rest.size)
            return false;
        out->bytes = (sk_str){rest.data, (size_t)size};
        rest.data += size;
        rest.size -= (size_t)size;
    } else {
        return false;
    }
    *at = rest;
    return true;
}

/** The last field with this number (the one that counts), or false. */
static inline bool field_find(sk_str message, uint32_t number, wire_field *out)
{
    wire_field f;
    bool found = false;

    while (field_next(&message, &f)) {
        if (f.number == number) {
            *out = f;
            found = true;
        }
    }
    return found;
}

static inline void field_put_varint(sk_buf *out, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;

    do {
        bytes[size] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
        size++;
    } while (value != 0);
    sk_buf_add(out, bytes, size);
}

static inline void field_put_number(sk_buf *out, uint32_t number, uint64_t value)
{
    field_put_varint(out, (uint64_t)number << 3);
    field_put_varint(out, value);
}

static inline void field_put_bytes(sk_buf *out, uint32_t number, sk_str bytes)
{
    field_put_varint(out, (uint64_t)number << 3 | 2);
    field_put_varint(out, bytes.size);
    sk_buf_str(out, bytes);
}

/** Bytes that field_put_bytes adds at most beside the content. */
#define FIELD_OVERHEAD 12
