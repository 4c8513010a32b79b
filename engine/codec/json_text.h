/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside codec: JSON text itself. */

#include <jansson.h>

#include "core/core.h"

/** A place in JSON text. `at` moves forward; `start` is kept for lines and columns in errors. */
typedef struct sk_json_cursor {
    const char *start, *at, *end;
} sk_json_cursor;

void sk_json_skip_space(sk_json_cursor *cursor);
/** Step over one value, nested at most `depth_max` deep, checking all of its syntax. */
sk_status sk_json_skip_value(sk_json_cursor *cursor, int depth_max, sk_error *err);
/** Step over a string; `cursor` stands at its opening quote. */
sk_status sk_json_skip_string(sk_json_cursor *cursor, sk_error *err);
/** "line 3, column 7: " and `what`. Columns count characters. */
sk_status sk_json_fail(const sk_json_cursor *cursor, sk_error *err, sk_status status,
                       const char *what);
/** The whole text is one value. */
sk_status sk_json_check_all(sk_str json, int depth_max, sk_error *err);
/** A tree of text that sk_json_check_all or sk_json_skip_value passed. Owned: json_decref. Refuses
 *  doubled names, NUL in strings and numbers out of range. */
sk_status sk_json_load(sk_str json, json_t **out, sk_error *err);
