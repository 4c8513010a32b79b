/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <stddef.h>

/* All heap memory of the engine comes from here, so that a test can let the Nth allocation fail. */

/** Each returns NULL when memory is out. `sk_free(NULL)` is legal. Thread: any. */
void *sk_malloc(size_t size);
void *sk_calloc(size_t count, size_t size);
void *sk_realloc(void *memory, size_t size);
void sk_free(void *memory);

/** Grow `*items` (of `item_size` bytes each) to hold `need` items; doubles. False: out of memory,
 *  nothing changed. */
int sk_grow(void **items, size_t *capacity, size_t need, size_t item_size);

/** Tests only: let the allocation after the next `count` fail, and all that follow until called
 *  with -1. Thread: any, but set before threads start. */
void sk_alloc_fail_after(long count);
