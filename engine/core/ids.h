/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/str.h"

/** 1-64 of A-Z a-z 0-9 . _ : - */
bool sk_id_valid(sk_str id);
/** UUIDv7 text (36 bytes and NUL): the time from `now_ms`, all other bits hashed from `seq`,
 *  so that a replay makes the same ids. */
void sk_id_make(int64_t now_ms, uint64_t seq, char out[37]);
