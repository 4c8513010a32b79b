/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Faults of a request, and what is said about them: application/problem+json (RFC 9457), with all
 * faults at once, in Dutch. What the engine says about a field is English. Thread: any. */

#include "http/route.h"

#define HTTP_MAX_FAULTS 20

typedef struct http_fault {
    const char *in; /**< "body", "path", "query" or "header". */
    sk_str place;   /**< A JSON Pointer in the body; else a name. */
    const char *code;
    sk_str detail;
} http_fault;

typedef struct http_faults {
    http_fault items[HTTP_MAX_FAULTS];
    size_t count;
    bool precondition; /**< If-Match is what lacks. */
} http_faults;

/** More than fit are dropped. `detail` is copied to the arena. */
void http_fault_add(http_faults *faults, sk_arena *arena, const char *in, sk_str place,
                    const char *code, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/** The HTTP status for what the engine answered. */
int http_status_of(sk_status status, const char *field);
/** Where the field path of the engine lies in the request of this route. */
void http_fault_from_engine(http_faults *faults, sk_arena *arena, const http_route *route,
                            const sk_error *err);
/** `detail` NULL: the usual sentence of the status. */
void http_problem_write(int status, const char *detail, const http_faults *faults, sk_buf *out);
void http_json_text(sk_buf *out, sk_str text);
const char *http_reason(int status);
