/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/buf.h"

#include "core/alloc.h"

#include <stdarg.h>
#include <stdio.h>

void sk_buf_done(sk_buf *buf)
{
    sk_free(buf->data);
    *buf = (sk_buf){0};
}

char *sk_buf_reserve(sk_buf *buf, size_t extra)
{
    void *data = buf->data;

    if (buf->failed)
        return NULL;
    if (extra > SIZE_MAX - buf->size || !sk_grow(&data, &buf->capacity, buf->size + extra, 1)) {
        buf->failed = true;
        return NULL;
    }
    buf->data = data;
    /* Nothing to reserve in an empty buffer still answers a place, so that NULL means failure. */
    return data ? buf->data + buf->size : "";
}

void sk_buf_add(sk_buf *buf, const void *bytes, size_t size)
{
    char *room = NULL;

    if (size == 0 || (room = sk_buf_reserve(buf, size)) == NULL)
        return;
    memcpy(room, bytes, size);
    buf->size += size;
}

void sk_buf_str(sk_buf *buf, sk_str s)
{
    sk_buf_add(buf, s.data, s.size);
}

void sk_buf_text(sk_buf *buf, const char *text)
{
    sk_buf_add(buf, text, strlen(text));
}

void sk_buf_printf(sk_buf *buf, const char *format, ...)
{
    va_list args, again;
    char *room = NULL;
    int size = 0;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    if (size < 0) {
        buf->failed = true;
    } else if ((room = sk_buf_reserve(buf, (size_t)size + 1)) != NULL) {
        vsnprintf(room, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
    va_end(args);
}

void sk_buf_u32(sk_buf *buf, uint32_t value)
{
    unsigned char bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
    sk_buf_add(buf, bytes, sizeof(bytes));
}

void sk_buf_u64(sk_buf *buf, uint64_t value)
{
    sk_buf_u32(buf, (uint32_t)(value >> 32));
    sk_buf_u32(buf, (uint32_t)value);
}
