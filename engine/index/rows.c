/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* Rows in pages: a row never moves, growth never copies, and a slot is found with one shift. */

#define LINE 64u

static bool add_page(sk_rows *rows)
{
    size_t bytes = (size_t)PAGE_ROWS * ROW_BYTES;
    char *raw;

    if (!sk_grow((void **)&rows->pages, &rows->page_capacity, rows->page_count + 1,
                 sizeof rows->pages[0]) ||
        !sk_grow((void **)&rows->raw, &rows->raw_capacity, rows->page_count + 1,
                 sizeof rows->raw[0]) ||
        !(raw = sk_calloc(1, bytes + LINE)))
        return false;
    rows->raw[rows->page_count] = raw;
    rows->pages[rows->page_count] = raw + (LINE - (uintptr_t)raw % LINE) % LINE;
    rows->page_count++;
    return true;
}

uint32_t rows_take(sk_rows *rows, uint32_t (*next_free)(const void *row))
{
    uint32_t slot = rows->free;

    if (slot != SK_NO_SLOT) {
        rows->free = next_free(rows_at(rows, slot));
        memset(rows_at(rows, slot), 0, ROW_BYTES);
        return slot;
    }
    if (rows->count == rows->page_count * PAGE_ROWS && !add_page(rows))
        return SK_NO_SLOT;
    return rows->count++;
}

void rows_done(sk_rows *rows)
{
    for (size_t i = 0; i < rows->page_count; i++)
        sk_free(rows->raw[i]);
    sk_free(rows->raw);
    sk_free(rows->pages);
    *rows = (sk_rows){.free = SK_NO_SLOT};
}

size_t rows_memory(const sk_rows *rows)
{
    return rows->page_count * ((size_t)PAGE_ROWS * ROW_BYTES + LINE + 2 * sizeof(void *));
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
