/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <schakel/status.h>

/** Fill `err` (may be NULL) and return `status`. Thread: any. */
sk_status sk_fail(sk_error *err, sk_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** As sk_fail, for a fault in the input field `field` (copied, cut at the size of the buffer). */
sk_status sk_fail_field(sk_error *err, sk_status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#ifdef __clang_analyzer__
/* clang-tidy looks at one file at a time. Without this it follows paths on which a failure says
 * SK_OK, and finds faults there. */
#define sk_fail(err, status, ...) ((void)sk_fail(err, status, __VA_ARGS__), (status))
#define sk_fail_field(err, status, ...) ((void)sk_fail_field(err, status, __VA_ARGS__), (status))
#endif

/** Put `prefix` before the field path of `err`, such as "listings[3]." Does nothing on NULL. */
void sk_error_within(sk_error *err, const char *prefix);

/** Abort with place and text: our bug, in every build. */
void sk_assert_failed(const char *file, int line, const char *fact) __attribute__((noreturn));

#define SK_ASSERT(fact) ((fact) ? (void)0 : sk_assert_failed(__FILE__, __LINE__, #fact))
#ifdef SK_DEBUG
#define SK_DEBUG_ASSERT(fact) SK_ASSERT(fact)
#else
#define SK_DEBUG_ASSERT(fact) ((void)0)
#endif
