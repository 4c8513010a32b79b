/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/* Inside model only: the checks that records share. Each names the field it is given. */

/** A path such as "certificates[3].type"; `index` -1: `name` alone. */
typedef struct sk_path {
    char text[96];
} sk_path;
sk_path sk_path_of(const char *name, int index, const char *rest);

/** UTF-8 of at most `max_chars` code points, without control characters but newline and tab. */
sk_status sk_text_check(const char *field, sk_str text, size_t max_chars, sk_error *err);
/** As above, and not blank. */
sk_status sk_text_require(const char *field, sk_str text, size_t max_chars, sk_error *err);
/** A valid id that is no citizen number. */
sk_status sk_id_check(const char *field, sk_str id, sk_error *err);
sk_status sk_time_check(const char *field, int64_t time_ms, sk_error *err);

/** At most `max` codes for which `valid` holds, none twice; `what` such as "an ISO 639-1 code". */
sk_status sk_codes_check(const char *field, sk_strs codes, size_t max, bool (*valid)(sk_str),
                         const char *what, sk_error *err);
