/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/pool.h"

#include <sys/mman.h>

/* A search touches facts, sets and blocks all over memory; half of what that costs is looking up
 * the pages. So everything of which there are many lies in a few large slabs, for which the system
 * is asked to use huge pages, and small pieces carry no header.
 *
 * Slabs double from 64 KiB to 32 MiB and are given back only all together. Pieces of up to 4 KiB
 * go back to a list of their size (in steps of 16 bytes); larger ones (pages of rows) never do. */

#define FIRST_SLAB ((size_t)64 << 10)
#define LARGEST_SLAB ((size_t)32 << 20)
#define HUGE_PAGE ((uintptr_t)2 << 20)
#define LINE 64u

static size_t rounded(size_t size)
{
    size_t step = size >= 4 * LINE ? LINE : POOL_STEP;

    return size == 0 ? POOL_STEP : (size + step - 1) / step * step;
}

static void ask_huge_pages(char *slab, size_t size)
{
    size_t before = -(uintptr_t)slab % HUGE_PAGE; /* Up to the first whole page. */

    /* Only a wish: without huge pages all works, if slower. */
    if (size >= before + HUGE_PAGE)
        (void)madvise(slab + before, (size - before) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
}

static bool add_slab(sk_pool *pool, size_t least)
{
    size_t size = pool->slab_count == 0 ? FIRST_SLAB : pool->slab_size * 2;
    char *slab;

    if (size > LARGEST_SLAB)
        size = LARGEST_SLAB;
    while (size < least + LINE)
        size *= 2;
    if (!sk_grow((void **)&pool->slabs, &pool->slab_capacity, pool->slab_count + 1,
                 sizeof pool->slabs[0]) ||
        !(slab = sk_malloc(size)))
        return false;
    ask_huge_pages(slab, size);
    pool->slabs[pool->slab_count++] = slab;
    pool->slab_size = size;
    pool->bytes += size;
    pool->used = 0;
    return true;
}

void *pool_take(sk_pool *pool, size_t size)
{
    size_t bytes = rounded(size), class = bytes / POOL_STEP;
    char *memory;

    if (class < POOL_CLASSES && pool->free[class]) {
        memory = pool->free[class];
        memcpy(&pool->free[class], memory, sizeof(void *));
        return memory;
    }
    if ((pool->slab_count == 0 || pool->used + bytes + LINE > pool->slab_size) &&
        !add_slab(pool, bytes))
        return NULL;
    memory = pool->slabs[pool->slab_count - 1] + pool->used;
    if (bytes >= 4 * LINE)
        memory += (LINE - (uintptr_t)memory % LINE) % LINE;
    pool->used = (size_t)(memory - pool->slabs[pool->slab_count - 1]) + bytes;
    return memory;
}

void pool_give(sk_pool *pool, void *memory, size_t size)
{
    size_t class = rounded(size) / POOL_STEP;

    if (class >= POOL_CLASSES)
        return;
    memcpy(memory, &pool->free[class], sizeof(void *));
    pool->free[class] = memory;
}

void pool_done(sk_pool *pool)
{
    for (size_t i = 0; i < pool->slab_count; i++)
        sk_free(pool->slabs[i]);
    sk_free(pool->slabs);
    *pool = (sk_pool){0};
}
