/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The table of routes, made of routes.py, and what a target says. Thread: any. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"

typedef enum http_method {
    HTTP_GET,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT
} http_method;

typedef enum http_place { HTTP_IN_PATH, HTTP_IN_QUERY, HTTP_IN_IF_MATCH } http_place;
typedef enum http_kind { HTTP_TEXT, HTTP_NUMBER, HTTP_TRUTH, HTTP_WORD } http_kind;
typedef enum http_body { HTTP_BODY_NONE, HTTP_BODY_REQUIRED, HTTP_BODY_OPTIONAL } http_body;

typedef struct http_param {
    const char *name, *field; /**< In the request, and of the operation's message. */
    http_place in;
    http_kind kind;
    bool wide; /**< 64 bits. */
    bool many; /**< Comma-separated. */
    const char *const *words;
} http_param;

typedef struct http_route {
    http_method method;
    const char *path; /**< Such as "/v1/plaatsingen/{id}". */
    const char *operation, *within;
    const char *answer;                     /**< The message of the answer. */
    const char *creates;                    /**< Where a made record is found. */
    uint32_t result, unwrap, version, next; /**< Field numbers; 0: none. */
    http_body body;
    bool command, paged, geojson, stream, within_many, forbids_id;
    const http_param *params;
    size_t param_count;
} http_route;

/** At most so many {names} in a path. */
#define HTTP_MAX_PLACES 2
#define HTTP_MAX_QUERY 16

typedef struct http_match {
    const http_route *route; /**< NULL: none with this method. */
    bool known;              /**< The path exists. */
    unsigned allowed;        /**< Bits of the methods that it has. */
    sk_str places[HTTP_MAX_PLACES];
} http_match;

/** Decoded; texts in the arena. */
typedef struct http_target {
    sk_str path;
    sk_str names[HTTP_MAX_QUERY], values[HTTP_MAX_QUERY];
    size_t query_count;
} http_target;

/** Strict: UTF-8 after decoding, no control characters, no empty, "." or ".." segments, no encoded
 *  slash. SK_EINVAL with the field "path" or "query". */
sk_status http_target_parse(sk_str target, sk_arena *arena, http_target *out, sk_error *err);
void http_route_find(sk_str path, http_method method, http_match *out);
const http_route *http_route_at(size_t index, size_t *out_count);
const char *http_method_name(http_method method);
/** openapi.json. */
sk_str http_openapi(void);
