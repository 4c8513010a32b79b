/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/intern.h"

#include "core/alloc.h"

/* Problem: ids, codes and words occur millions of times; matching compares them as numbers. There
 * may be some millions of distinct ones, so what each costs beyond its bytes counts.
 *
 * Layout: the bytes lie in chunks of 64 KiB, each string behind its length (7 bits a byte, least
 * first). A position is one u32: chunk number and offset. A string that does not fit a chunk gets
 * a larger chunk of its own, at offset 0.
 *
 *     places[id] ----> chunk, offset ----> | 5 h a l l o | 3 v o g | ...
 *     table[hash & mask] = tag | id
 *
 * The table has 2^k entries of u32. An id needs fewer than k bits as long as the table is never
 * full, so that the bits above hold a piece of the hash: most false candidates are rejected
 * without touching their bytes. Linear probing, at most 3/4 full. Growing hashes every string
 * again, which costs less than keeping hashes around.
 *
 * Cost: 4 bytes of place, 5.3 to 10.7 of table and 1 of length a string.
 *
 * Failure: without memory, or after 4 GiB of strings, sk_intern_add answers 0 and nothing changed.
 * Threads: one owner; reads may be shared while nobody adds. */

#define CHUNK_BITS 16
#define CHUNK_SIZE ((size_t)1 << CHUNK_BITS)
#define CHUNKS_MAX ((size_t)1 << (32 - CHUNK_BITS))
#define FIRST_BITS 6
#define LAST_BITS 31
#define LENGTH_BYTES_MAX 5

struct sk_intern {
    uint32_t *table;
    unsigned bits;
    uint32_t count;
    uint32_t *places; /* places[id - 1] */
    size_t place_capacity;
    char **chunks;
    size_t chunk_count, chunk_capacity;
    size_t used; /* bytes in the last chunk; CHUNK_SIZE or more: full */
    size_t chunk_bytes;
};

/* ---- Strings ---- */

static sk_str string_at(const sk_intern *intern, uint32_t id)
{
    uint32_t place = intern->places[id - 1];
    const unsigned char *at =
        (const unsigned char *)intern->chunks[place >> CHUNK_BITS] + (place & (CHUNK_SIZE - 1));
    size_t size = 0;
    unsigned shift = 0;

    while (*at & 0x80) {
        size |= (size_t)(*at++ & 0x7F) << shift;
        shift += 7;
    }
    size |= (size_t)*at++ << shift;
    return (sk_str){(const char *)at, size};
}

static bool chunk_add(sk_intern *intern, size_t size)
{
    void *chunks = intern->chunks;
    char *made = NULL;

    if (intern->chunk_count == CHUNKS_MAX)
        return false;
    if (!sk_grow(&chunks, &intern->chunk_capacity, intern->chunk_count + 1, sizeof(char *)))
        return false;
    intern->chunks = chunks;
    if ((made = sk_malloc(size)) == NULL)
        return false;
    intern->chunks[intern->chunk_count++] = made;
    intern->chunk_bytes += size;
    intern->used = 0;
    return true;
}

/* Copy `s` and make its place the next id's. The caller has made room in `places`. */
static bool string_store(sk_intern *intern, sk_str s)
{
    unsigned char head[LENGTH_BYTES_MAX];
    size_t head_size = 0, left = s.size, need = 0;
    char *to = NULL;

    for (; left >= 0x80; left >>= 7)
        head[head_size++] = (unsigned char)(0x80 | (left & 0x7F));
    head[head_size++] = (unsigned char)left;
    need = head_size + s.size;
    if (intern->chunk_count == 0 || intern->used >= CHUNK_SIZE ||
        need > CHUNK_SIZE - intern->used) {
        if (!chunk_add(intern, need > CHUNK_SIZE ? need : CHUNK_SIZE))
            return false;
    }
    to = intern->chunks[intern->chunk_count - 1] + intern->used;
    memcpy(to, head, head_size);
    if (s.size)
        memcpy(to + head_size, s.data, s.size);
    intern->places[intern->count] =
        (uint32_t)((intern->chunk_count - 1) << CHUNK_BITS | intern->used);
    intern->used += need;
    return true;
}

/* ---- Table ---- */

static uint32_t tag_of(uint64_t hash, unsigned bits)
{
    return (uint32_t)(hash >> 32) >> bits << bits;
}

/* The entry of `s`, or the empty entry where it belongs. */
static uint32_t *entry_for(const sk_intern *intern, sk_str s, uint64_t hash)
{
    uint32_t mask = ((uint32_t)1 << intern->bits) - 1;
    uint32_t tag = tag_of(hash, intern->bits);
    uint32_t at = (uint32_t)hash & mask;

    while (intern->table[at] != 0) {
        uint32_t entry = intern->table[at];

        if ((entry & ~mask) == tag && sk_str_eq(string_at(intern, entry & mask), s))
            break;
        at = (at + 1) & mask;
    }
    return &intern->table[at];
}

static bool table_grow(sk_intern *intern)
{
    unsigned bits = intern->table ? intern->bits + 1 : FIRST_BITS;
    uint32_t mask = ((uint32_t)1 << bits) - 1;
    uint32_t *table = NULL;

    if (bits > LAST_BITS)
        return false;
    if ((table = sk_calloc((size_t)1 << bits, sizeof(*table))) == NULL)
        return false;
    for (uint32_t id = 1; id <= intern->count; id++) {
        uint64_t hash = sk_str_hash(string_at(intern, id));
        uint32_t at = (uint32_t)hash & mask;

        while (table[at] != 0)
            at = (at + 1) & mask;
        table[at] = tag_of(hash, bits) | id;
    }
    sk_free(intern->table);
    intern->table = table;
    intern->bits = bits;
    return true;
}

/* ---- Face ---- */

sk_intern *sk_intern_new(void)
{
    sk_intern *intern = sk_calloc(1, sizeof(*intern));

    if (intern && !table_grow(intern)) {
        sk_free(intern);
        return NULL;
    }
    return intern;
}

void sk_intern_free(sk_intern *intern)
{
    if (!intern)
        return;
    for (size_t i = 0; i < intern->chunk_count; i++)
        sk_free(intern->chunks[i]);
    sk_free(intern->chunks);
    sk_free(intern->places);
    sk_free(intern->table);
    sk_free(intern);
}

uint32_t sk_intern_add(sk_intern *intern, sk_str s)
{
    uint64_t hash = sk_str_hash(s);
    uint32_t *entry = entry_for(intern, s, hash);
    void *places = intern->places;

    if (*entry != 0)
        return *entry & (((uint32_t)1 << intern->bits) - 1);
    if (s.size > UINT32_MAX)
        return 0;
    if (intern->count + 1 > ((uint32_t)3 << intern->bits) / 4) {
        if (!table_grow(intern))
            return 0;
        entry = entry_for(intern, s, hash);
    }
    if (!sk_grow(&places, &intern->place_capacity, (size_t)intern->count + 1, sizeof(uint32_t)))
        return 0;
    intern->places = places;
    if (!string_store(intern, s))
        return 0;
    *entry = tag_of(hash, intern->bits) | ++intern->count;
    return intern->count;
}

uint32_t sk_intern_find(const sk_intern *intern, sk_str s)
{
    return *entry_for(intern, s, sk_str_hash(s)) & (((uint32_t)1 << intern->bits) - 1);
}

sk_str sk_intern_str(const sk_intern *intern, uint32_t id)
{
    return id == 0 || id > intern->count ? SK_STR("") : string_at(intern, id);
}

uint32_t sk_intern_count(const sk_intern *intern)
{
    return intern->count;
}

size_t sk_intern_memory(const sk_intern *intern)
{
    return sizeof(*intern) + ((size_t)sizeof(uint32_t) << intern->bits) +
           intern->place_capacity * sizeof(uint32_t) + intern->chunk_capacity * sizeof(char *) +
           intern->chunk_bytes;
}
