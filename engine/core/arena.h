/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/str.h"

/** Memory that is given back all at once. Not shared between threads. */
typedef struct sk_arena sk_arena;

/** `cap_bytes` bounds all that is handed out between two resets; 0: no bound. NULL: no memory. */
sk_arena *sk_arena_new(size_t cap_bytes);
void sk_arena_free(sk_arena *arena);
/** Forget everything handed out; keeps the first block for reuse. */
void sk_arena_reset(sk_arena *arena);

/** 16-byte aligned, not cleared; NULL past the cap or without memory. A size of 0 gives non-NULL.
 */
void *sk_arena_alloc(sk_arena *arena, size_t size);
/** Cleared memory for `count` items; NULL on overflow too. */
void *sk_arena_calloc(sk_arena *arena, size_t count, size_t size);
/** Copied, with a NUL behind; on failure `.data` is NULL. */
sk_str sk_arena_str(sk_arena *arena, sk_str s);
sk_str sk_arena_printf(sk_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t sk_arena_used(const sk_arena *arena);
