/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* Allocations left before failure sets in; negative: none fails. Relaxed order will do, since the
 * hook only serves tests that set it before their threads start. */
static _Atomic long fail_after = -1;

static int must_fail(void)
{
    long left = atomic_load_explicit(&fail_after, memory_order_relaxed);

    while (left > 0 &&
           !atomic_compare_exchange_weak_explicit(&fail_after, &left, left - 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return left == 0;
}

void *sk_malloc(size_t size)
{
    return must_fail() ? NULL : malloc(size ? size : 1);
}

void *sk_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *sk_realloc(void *memory, size_t size)
{
    return must_fail() ? NULL : realloc(memory, size ? size : 1);
}

void sk_free(void *memory)
{
    free(memory);
}

int sk_grow(void **items, size_t *capacity, size_t need, size_t item_size)
{
    size_t wanted = *capacity < 8 ? 8 : *capacity;
    void *grown = NULL;

    if (need <= *capacity)
        return 1;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2)
            return 0;
        wanted *= 2;
    }
    if (item_size != 0 && wanted > SIZE_MAX / item_size)
        return 0;
    if ((grown = sk_realloc(*items, wanted * item_size)) == NULL)
        return 0;
    *items = grown;
    *capacity = wanted;
    return 1;
}

void sk_alloc_fail_after(long count)
{
    atomic_store_explicit(&fail_after, count, memory_order_relaxed);
}
