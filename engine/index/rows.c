/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* Rows in pages: a row never moves, growth never copies, and a slot is found with one shift. */

static bool add_page(sk_rows *rows, sk_pool *pool)
{
    size_t bytes = (size_t)PAGE_ROWS * ROW_BYTES;
    char *page;

    if (!sk_grow((void **)&rows->pages, &rows->page_capacity, rows->page_count + 1,
                 sizeof rows->pages[0]) ||
        !(page = pool_take(pool, bytes)))
        return false;
    memset(page, 0, bytes);
    rows->pages[rows->page_count++] = page;
    return true;
}

uint32_t rows_take(sk_rows *rows, sk_pool *pool, uint32_t (*next_free)(const void *row))
{
    uint32_t slot = rows->free;

    if (slot != SK_NO_SLOT) {
        rows->free = next_free(rows_at(rows, slot));
        memset(rows_at(rows, slot), 0, ROW_BYTES);
        return slot;
    }
    if (rows->count == rows->page_count * PAGE_ROWS && !add_page(rows, pool))
        return SK_NO_SLOT;
    return rows->count++;
}

void rows_done(sk_rows *rows)
{
    sk_free(rows->pages);
}

bool table_reach(uint32_t **cells, size_t *capacity, size_t index, uint32_t fill)
{
    size_t old = *capacity;

    if (index < old)
        return true;
    if (!sk_grow((void **)cells, capacity, index + 1, sizeof **cells))
        return false;
    for (size_t i = old; i < *capacity; i++)
        (*cells)[i] = fill;
    return true;
}
