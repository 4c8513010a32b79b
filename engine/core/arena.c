/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/arena.h"

#include "core/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

/* Problem: a message is decoded into hundreds of small pieces that all die together.
 *
 * Layout: a list of blocks, the newest first; pieces are cut from the front of the newest.
 *
 *     arena -> [block | used .... free] -> [block full] -> [first block full]
 *
 * A piece larger than a quarter of a block gets a block of its own behind the newest, so that it
 * does not throw away what is left there. The first block is made with the arena and outlives a
 * reset: a message of usual size costs no call to the heap.
 *
 * Invariants: `size` and `used` of a block are multiples of ALIGN; `handed_out` is the sum of all
 * pieces since the last reset and never passes `cap`. Failure: NULL, and the arena stays usable. */

#define ALIGN 16
#define FIRST_BLOCK 4096
#define LARGEST_BLOCK (256 * 1024)

typedef struct block {
    struct block *next;
    size_t size, used;
    size_t pad;
} block;

static_assert(sizeof(block) % ALIGN == 0, "pieces start aligned behind the block's head");

struct sk_arena {
    block *newest, *first;
    size_t cap, handed_out;
    size_t next_size;
};

static block *block_new(size_t size)
{
    block *made = sk_malloc(sizeof(block) + size);

    if (made)
        *made = (block){.size = size};
    return made;
}

static void *block_cut(block *from, size_t size)
{
    void *piece = (char *)(from + 1) + from->used;

    from->used += size;
    return piece;
}

sk_arena *sk_arena_new(size_t cap_bytes)
{
    sk_arena *arena = sk_calloc(1, sizeof(*arena));

    if (!arena)
        return NULL;
    if ((arena->first = block_new(FIRST_BLOCK)) == NULL) {
        sk_free(arena);
        return NULL;
    }
    arena->newest = arena->first;
    arena->cap = cap_bytes ? cap_bytes : SIZE_MAX;
    arena->next_size = FIRST_BLOCK * 2;
    return arena;
}

void sk_arena_free(sk_arena *arena)
{
    if (!arena)
        return;
    sk_arena_reset(arena);
    sk_free(arena->first);
    sk_free(arena);
}

void sk_arena_reset(sk_arena *arena)
{
    for (block *b = arena->newest, *next; b; b = next) {
        next = b->next;
        if (b != arena->first)
            sk_free(b);
    }
    arena->newest = arena->first;
    arena->first->next = NULL;
    arena->first->used = 0;
    arena->next_size = FIRST_BLOCK * 2;
    arena->handed_out = 0;
}

/* A block with room for `size` bytes, already linked in. */
static block *block_with_room(sk_arena *arena, size_t size)
{
    block *made = NULL;

    if (arena->newest->size - arena->newest->used >= size)
        return arena->newest;
    if (size > arena->next_size / 4) {
        if ((made = block_new(size)) == NULL)
            return NULL;
        made->next = arena->newest->next;
        arena->newest->next = made;
        return made;
    }
    if ((made = block_new(arena->next_size)) == NULL)
        return NULL;
    made->next = arena->newest;
    arena->newest = made;
    if (arena->next_size < LARGEST_BLOCK)
        arena->next_size *= 2;
    return made;
}

void *sk_arena_alloc(sk_arena *arena, size_t size)
{
    size_t room = size ? size : 1;
    block *from = NULL;

    if (room > SIZE_MAX / 2)
        return NULL;
    room = (room + ALIGN - 1) / ALIGN * ALIGN;
    if (room > arena->cap - arena->handed_out)
        return NULL;
    if ((from = block_with_room(arena, room)) == NULL)
        return NULL;
    arena->handed_out += room;
    return block_cut(from, room);
}

void *sk_arena_calloc(sk_arena *arena, size_t count, size_t size)
{
    void *piece = NULL;

    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    if ((piece = sk_arena_alloc(arena, count * size)) != NULL)
        memset(piece, 0, count * size);
    return piece;
}

sk_str sk_arena_str(sk_arena *arena, sk_str s)
{
    char *copy = s.size < SIZE_MAX ? sk_arena_alloc(arena, s.size + 1) : NULL;

    if (!copy)
        return (sk_str){NULL, 0};
    if (s.size)
        memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    return (sk_str){copy, s.size};
}

sk_str sk_arena_printf(sk_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text = NULL;
    int size = 0;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    if (size >= 0 && (text = sk_arena_alloc(arena, (size_t)size + 1)) != NULL)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(args);
    return (sk_str){text, text ? (size_t)size : 0};
}

size_t sk_arena_used(const sk_arena *arena)
{
    return arena->handed_out;
}
