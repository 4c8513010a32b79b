/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/str.h"

/** A growing run of bytes. Zero-initialise; end with sk_buf_done. Once memory was out, `failed`
 *  stays set and further additions do nothing, so that callers check once at the end. */
typedef struct sk_buf {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
} sk_buf;

void sk_buf_done(sk_buf *buf);
static inline void sk_buf_reset(sk_buf *buf)
{
    buf->size = 0;
}
/** Room for `extra` more bytes; NULL and `failed` without memory. */
char *sk_buf_reserve(sk_buf *buf, size_t extra);
void sk_buf_add(sk_buf *buf, const void *bytes, size_t size);
void sk_buf_str(sk_buf *buf, sk_str s);
void sk_buf_text(sk_buf *buf, const char *text);
void sk_buf_printf(sk_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Big-endian integers, so that keys sort as numbers. */
void sk_buf_u32(sk_buf *buf, uint32_t value);
void sk_buf_u64(sk_buf *buf, uint64_t value);
static inline sk_str sk_buf_view(const sk_buf *buf)
{
    return (sk_str){buf->data ? buf->data : "", buf->size};
}
