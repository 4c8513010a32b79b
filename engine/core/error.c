/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/error.h"

#include "core/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *sk_status_name(sk_status status)
{
    static const char *const names[] = {
        [SK_OK] = "OK",
        [SK_EINVAL] = "INVALID",
        [SK_ENOTFOUND] = "NOT_FOUND",
        [SK_ECONFLICT] = "CONFLICT",
        [SK_EDENIED] = "DENIED",
        [SK_EBUSY] = "BUSY",
        [SK_ELIMIT] = "LIMIT",
        [SK_EPROTO] = "PROTOCOL",
        [SK_EUNIMPL] = "UNIMPLEMENTED",
        [SK_ENOMEM] = "NO_MEMORY",
        [SK_EIO] = "IO",
        [SK_ECORRUPT] = "CORRUPT",
        [SK_EINTERNAL] = "INTERNAL",
    };
    size_t number = (size_t)status;

    return number < sizeof(names) / sizeof(names[0]) ? names[number] : "INTERNAL";
}

/* Texts quote input and may be cut in the middle of a character. What leaves here is UTF-8 without
 * control characters whatever came in, so that no error can break a log line or a message. */
static void make_clean(char *text)
{
    size_t size = strlen(text);
    size_t at = 0;

    while (at < size) {
        unsigned char lead = (unsigned char)text[at];
        size_t width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

        if (lead < 0x20 || lead == 0x7F) {
            text[at++] = ' ';
        } else if (at + width > size && width > 1) {
            text[at] = '\0';
            return;
        } else if (!sk_utf8_check((sk_str){text + at, width}, NULL)) {
            text[at++] = '?';
        } else {
            at += width;
        }
    }
}

#undef sk_fail /* error.h wraps both for clang-tidy. */
sk_status sk_fail(sk_error *err, sk_status status, const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    err->field[0] = '\0';
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    make_clean(err->message);
    return status;
}

#undef sk_fail_field
sk_status sk_fail_field(sk_error *err, sk_status status, const char *field, const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    snprintf(err->field, sizeof(err->field), "%s", field);
    make_clean(err->field);
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    make_clean(err->message);
    return status;
}

void sk_error_within(sk_error *err, const char *prefix)
{
    char path[sizeof(err->field)];
    size_t size = 0;

    if (!err)
        return;
    /* A fault without a path of its own lies in the prefix itself, which then ends without dot. */
    snprintf(path, sizeof(path), "%s", prefix);
    size = strlen(path);
    if (err->field[0] == '\0' && size > 0 && path[size - 1] == '.')
        path[size - 1] = '\0';
    else
        snprintf(path + size, sizeof(path) - size, "%s", err->field);
    make_clean(path);
    memcpy(err->field, path, sizeof(path));
}

void sk_assert_failed(const char *file, int line, const char *fact)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, fact);
    abort();
}
