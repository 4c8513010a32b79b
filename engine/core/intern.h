/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/str.h"

/** Strings as dense numbers: 1, 2, 3 ... in order of first appearance; 0 means none.
 *  The numbers are for memory only; no answer may depend on them, since they differ after a
 *  restart. Strings are copied and never removed. Thread: owner. */
typedef struct sk_intern sk_intern;

sk_intern *sk_intern_new(void);
void sk_intern_free(sk_intern *intern);
/** The number of `s`, added when new; 0 without memory. */
uint32_t sk_intern_add(sk_intern *intern, sk_str s);
/** The number of `s`, or 0 when it was never added. */
uint32_t sk_intern_find(const sk_intern *intern, sk_str s);
/** View, valid while the intern lives; empty for 0. */
sk_str sk_intern_str(const sk_intern *intern, uint32_t id);
uint32_t sk_intern_count(const sk_intern *intern);
size_t sk_intern_memory(const sk_intern *intern);
