/* SPDX-License-Identifier: EUPL-1.2 */
#include "raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "helper.h"

static const char *const names[RAW_FAMILIES] = {"default",    "listing", "party", "secret",
                                                "suggestion", "event",   "idem",  "rules",
                                                "area",       "audit",   "meta",  "message"};

static rocksdb_column_family_handle_t *handle(raw *r, const char *family)
{
    for (int i = 0; i < RAW_FAMILIES; i++)
        if (strcmp(names[i], family) == 0)
            return r->handles[i];
    fail_msg("no family %s", family);
    return NULL;
}

static void assert_fine(char *message)
{
    if (message)
        fail_msg("RocksDB: %s", message);
}

void raw_open(const char *path, raw *out)
{
    char db[256], *message = NULL;
    const rocksdb_options_t *each[RAW_FAMILIES];
    rocksdb_options_t *options = rocksdb_options_create();

    out->dropped = false;
    snprintf(db, sizeof db, "%s/db", path);
    assert_int_equal(sk_dir_make(db, 0700, NULL), SK_OK);
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    for (int i = 0; i < RAW_FAMILIES; i++)
        each[i] = options;
    out->db = rocksdb_open_column_families(options, db, RAW_FAMILIES, names, each, out->handles,
                                           &message);
    rocksdb_options_destroy(options);
    assert_fine(message);
}

void raw_close(raw *r)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    char *message = NULL;

    for (int i = 0; i < RAW_FAMILIES; i++) {
        if (!r->dropped || i < RAW_FAMILIES - 1)
            rocksdb_flush_cf(r->db, options, r->handles[i], &message);
        assert_fine(message);
        rocksdb_column_family_handle_destroy(r->handles[i]);
    }
    rocksdb_flushoptions_destroy(options);
    rocksdb_close(r->db);
}

void raw_put(raw *r, const char *family, sk_str key, sk_str value)
{
    rocksdb_writeoptions_t *options = rocksdb_writeoptions_create();
    char *message = NULL;

    rocksdb_put_cf(r->db, options, handle(r, family), key.data, key.size, value.data, value.size,
                   &message);
    rocksdb_writeoptions_destroy(options);
    assert_fine(message);
}

void raw_delete(raw *r, const char *family, sk_str key)
{
    rocksdb_writeoptions_t *options = rocksdb_writeoptions_create();
    char *message = NULL;

    rocksdb_delete_cf(r->db, options, handle(r, family), key.data, key.size, &message);
    rocksdb_writeoptions_destroy(options);
    assert_fine(message);
}

static sk_str take(char *value, size_t size, sk_arena *arena)
{
    const sk_str copy = value ? sk_arena_str(arena, (sk_str){value, size}) : SK_STR("");

    rocksdb_free(value);
    return copy;
}

sk_str raw_get(raw *r, const char *family, sk_str key, sk_arena *arena)
{
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    char *message = NULL;
    size_t size = 0;
    char *value =
        rocksdb_get_cf(r->db, options, handle(r, family), key.data, key.size, &size, &message);

    rocksdb_readoptions_destroy(options);
    assert_fine(message);
    return take(value, size, arena);
}

sk_str raw_get_key(const char *path, sk_str key, sk_arena *arena)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    char name[256], *message = NULL;
    size_t size = 0;

    snprintf(name, sizeof name, "%s/keys", path);
    rocksdb_t *db = rocksdb_open_for_read_only(options, name, 0, &message);

    assert_fine(message);
    char *value = rocksdb_get(db, read, key.data, key.size, &size, &message);

    assert_fine(message);
    rocksdb_close(db);
    rocksdb_readoptions_destroy(read);
    rocksdb_options_destroy(options);
    return take(value, size, arena);
}
