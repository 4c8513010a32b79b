/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <rocksdb/c.h>

#include "store/store.h"

/* RocksDB behind the store's back: to damage it, and to lay out older formats. */

#define RAW_FAMILIES 12

typedef struct raw {
    rocksdb_t *db;
    rocksdb_column_family_handle_t *handles[RAW_FAMILIES];
    bool dropped; /**< The last family was. */
} raw;

/** Opens (and makes) the main database of a data folder that nobody else has open. */
void raw_open(const char *path, raw *out);
/** Flushes all to files, then closes. */
void raw_close(raw *r);
void raw_put(raw *r, const char *family, sk_str key, sk_str value);
void raw_delete(raw *r, const char *family, sk_str key);
/** Empty when there is none; in `arena`. */
sk_str raw_get(raw *r, const char *family, sk_str key, sk_arena *arena);
/** A value of the keys' database. */
sk_str raw_get_key(const char *path, sk_str key, sk_arena *arena);
