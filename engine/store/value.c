/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

void value_begin(sk_buf *out)
{
    const char layout = VALUE_LAYOUT;

    sk_buf_reset(out);
    sk_buf_add(out, &layout, 1);
}

size_t value_section_begin(sk_buf *out, section tag)
{
    const char byte = (char)tag;

    sk_buf_add(out, &byte, 1);
    sk_buf_u32(out, 0);
    return out->size;
}

void value_section_end(sk_buf *out, size_t place)
{
    const size_t size = out->size - place;

    if (out->failed)
        return;
    for (int i = 0; i < 4; i++)
        out->data[place - 4 + (size_t)i] = (char)(size >> (24 - 8 * i) & 0xff);
}

uint64_t value_u64(const char *bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static size_t read_u32(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | (size_t)b[3];
}

sk_status value_find(sk_str value, section tag, sk_str *out, sk_error *err)
{
    size_t at = 1;
    sk_str found = SK_STR("");

    if (value.size == 0 || value.data[0] != VALUE_LAYOUT)
        return sk_fail(err, SK_ECORRUPT, "a stored value has an unknown layout");
    while (at < value.size) {
        if (value.size - at < 5)
            return sk_fail(err, SK_ECORRUPT, "a stored value ends inside a section's head");
        const size_t size = read_u32(value.data + at + 1);

        if (value.size - at - 5 < size)
            return sk_fail(err, SK_ECORRUPT, "a stored value ends inside a section");
        if (value.data[at] == (char)tag)
            found = (sk_str){value.data + at + 5, size};
        at += 5 + size;
    }
    *out = found;
    return SK_OK;
}
