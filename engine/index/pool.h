/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/* Memory for what the index has millions of. Private to index. Layout: pool.c. */

#define POOL_CLASSES 256u
#define POOL_STEP 16u

typedef struct sk_pool {
    char **slabs;
    size_t slab_count, slab_capacity;
    size_t slab_size, used; /**< Of the last slab. */
    size_t bytes;           /**< Of all slabs. */
    void *free[POOL_CLASSES];
} sk_pool;

/** At least `size` bytes, not cleared, on a cache line when that large; NULL without memory. */
void *pool_take(sk_pool *pool, size_t size);
/** With the size that it was taken with. */
void pool_give(sk_pool *pool, void *memory, size_t size);
void pool_done(sk_pool *pool);
