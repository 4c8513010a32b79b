/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include <rocksdb/c.h>

#include "store/store.h"

/* Inside store only. */

/* ---- Families ---- */

/* Column families of `db/`, with their keys:
 *
 *   default     nothing            listing, party, suggestion   the id
 *   secret      the party's id     event, audit                 u64 big-endian
 *   rules       the hash           area                         the code
 *   message     the id
 *   idem        "k" key -> record; "t" u64 time, key -> nothing
 *   meta        "format", "upgrade", "taxonomy", "connector/" id, "token/" id, "value/" name */
typedef enum family {
    FAMILY_DEFAULT,
    FAMILY_LISTING,
    FAMILY_PARTY,
    FAMILY_SECRET,
    FAMILY_SUGGESTION,
    FAMILY_EVENT,
    FAMILY_IDEM,
    FAMILY_RULES,
    FAMILY_AREA,
    FAMILY_AUDIT,
    FAMILY_META,
    FAMILY_MESSAGE,
    FAMILY_COUNT
} family;

const char *family_name(family f);

#define META_FORMAT "format"
#define META_UPGRADE "upgrade"
#define META_TAXONOMY "taxonomy"
#define META_CONNECTOR "connector/"
#define META_TOKEN "token/"
#define META_VALUE "value/"

/* ---- Values ---- */

/* Every value but those of meta's "format", "upgrade" and "value/" is
 *
 *     layout byte | section | section ...        section: tag byte, u32 size big-endian, bytes
 *
 * so that a sealed part, or later another, can stand beside the message without touching it. */
#define VALUE_LAYOUT 1
#define LOG_NOTHING 4 /**< RocksDB's level for messages of its own that it never writes. */

typedef enum section {
    SECTION_MESSAGE = 1, /**< The record's protobuf message. */
    SECTION_SEALED = 2,  /**< key id, nonce, ciphertext: see keys.c. */
    SECTION_AUDIT = 3,   /**< u64 time, the line. */
    SECTION_IDEM = 4     /**< u64 time, 32 bytes of hash, the receipt. */
} section;

void value_begin(sk_buf *out);
/** Opens a section; returns its place for value_end. */
size_t value_section_begin(sk_buf *out, section tag);
void value_section_end(sk_buf *out, size_t place);
/** View of one section, empty when it is not there. SK_ECORRUPT for a broken layout. */
sk_status value_find(sk_str value, section tag, sk_str *out, sk_error *err);
uint64_t value_u64(const char *bytes);
/** Times may be negative; as keys they must still sort. */
static inline uint64_t value_time_key(int64_t time_ms)
{
    return (uint64_t)time_ms ^ UINT64_C(0x8000000000000000);
}

/* ---- Keys of parties ---- */

typedef struct key_slot key_slot;

typedef struct keys {
    rocksdb_t *db;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    pthread_mutex_t lock;      /**< Guards `slots`. */
    pthread_mutex_t sync_lock; /**< One sync at a time; taken after the store's gate. */
    key_slot *slots;
    atomic_bool dirty; /**< Something was written that is not yet synced. */
} keys;

/** What to do when a party has no key. */
typedef enum key_want {
    KEY_FIND,    /**< Say so. */
    KEY_LISTING, /**< Make one, unless the party was erased. */
    KEY_PARTY    /**< Make one: an erased id may register again. */
} key_want;

sk_status keys_open(const char *path, bool read_only, keys *out, sk_error *err);
void keys_close(keys *k);
/** Make the party's key if there is none; `out_made` tells. */
sk_status keys_make(keys *k, sk_str party_id, key_want want, bool *out_made, sk_error *err);
/** Append the sealed `plain` to `out`. `name` ("listing", "secret") and `id` are bound in. The key
 *  exists: call keys_make before. */
sk_status keys_seal(keys *k, sk_str party_id, const char *name, sk_str id, sk_str plain,
                    sk_buf *out, sk_error *err);
/** The plain text in `arena`. A key that is gone is no error: `out_readable` is false. */
sk_status keys_unseal(keys *k, sk_str party_id, const char *name, sk_str id, sk_str sealed,
                      sk_arena *arena, sk_str *out, bool *out_readable, sk_error *err);
sk_status keys_sync(keys *k, sk_error *err);
sk_status keys_destroy(keys *k, sk_str party_id, int64_t now_ms, sk_error *err);
sk_status keys_erased(keys *k, sk_arena *arena, sk_strs *out, sk_error *err);
sk_status keys_was_erased(keys *k, sk_str party_id, bool *out, sk_error *err);
sk_status keys_exists(keys *k, sk_str party_id, bool *out, sk_error *err);

/* ---- The mark of what was synced: see mark.c ---- */

typedef struct mark {
    uint64_t sequence; /**< RocksDB's sequence number at the latest sync. */
    bool clean;        /**< The store was closed in order. */
} mark;

/** `out` stays zero when there is no (valid) mark. */
void mark_read(const char *path, mark *out);
sk_status mark_open(const char *path, int *out_fd, sk_error *err);
void mark_write(int fd, mark m);
void mark_remove(const char *path);

/* ---- The store ---- */

struct sk_store {
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    rocksdb_readoptions_t *read; /**< Single records. */
    rocksdb_readoptions_t *walk; /**< Long walks: they do not fill the cache. */
    rocksdb_writeoptions_t *write;
    keys keys;
    pthread_mutex_t gate; /**< Between a write with new keys and a sync; see batch.c. */
    bool syncing;         /**< Under `gate`. */
    atomic_bool failed;   /**< A write or a sync failed: no further one may succeed. */
    char *path;
    int mark_fd;
    bool no_sync, read_only;
    struct sk_store *of;                /**< A view borrows the databases of this one. */
    const rocksdb_snapshot_t *snapshot; /**< Of a view. */
};

/** Convert and free RocksDB's message. */
sk_status store_fail(sk_error *err, char *message, const char *what);
/** Opens both databases as they are: no format check, no upgrade, no mark. */
sk_status store_open_raw(const sk_store_options *options, sk_store **out, sk_error *err);
/** A store without databases; NULL without memory. */
sk_store *store_new(const sk_store_options *options);
/** The main database alone, for a look at a backup; `options->read_only` is set. Reads of sealed
 *  parts are not possible. */
sk_status store_open_main_only(const sk_store_options *options, sk_store **out, sk_error *err);
void store_release(sk_store *store);
/** The format number that `text` begins with; 0, which no format has, when there is none. */
uint32_t store_format_read(const char *text);
/** The stored format, 0 when none is. */
sk_status store_format(sk_store *store, uint32_t *out, sk_error *err);
sk_status store_upgrade(sk_store *store, uint32_t format, sk_error *err);
char *store_join(const char *folder, const char *name);
/** `from` holds a finished backup of a format that is known. */
sk_status store_check_manifest(const char *from, sk_error *err);

/** One value, or SK_ENOTFOUND with `what` and the key. Free with rocksdb_pinnableslice_destroy. */
sk_status store_get(sk_store *store, family f, sk_str key, rocksdb_pinnableslice_t **out,
                    sk_str *out_value, sk_error *err);
/** `out` false: no such key. */
sk_status store_has(sk_store *store, family f, sk_str key, bool *out, sk_error *err);

/** Called for each key with `prefix` in order; `key` comes without it. */
typedef sk_status (*store_visit)(void *context, sk_str key, sk_str value, sk_arena *arena,
                                 sk_error *err);
sk_status store_walk(sk_store *store, family f, sk_str prefix, sk_str after, store_visit visit,
                     void *context, sk_error *err);

/* Values to records; shared by single reads, walks and verify. */
sk_status store_listing_from(sk_store *store, sk_str value, bool texts, sk_arena *arena,
                             sk_listing *out, sk_error *err);
sk_status store_party_contact(sk_store *store, sk_str id, sk_arena *arena, sk_party *party,
                              sk_error *err);
sk_status store_message(sk_str value, sk_str *out, sk_error *err);

/* ---- Batches ---- */

struct sk_batch {
    sk_store *store;
    rocksdb_writebatch_t *batch;
    sk_buf key, value, plain;
    bool new_keys;
    sk_status status;
    sk_error error;
};

/** Keep the first fault. */
void batch_fail(sk_batch *batch, sk_status status, const sk_error *error);
void batch_put(sk_batch *batch, family f, sk_str key, sk_str value);
void batch_delete(sk_batch *batch, family f, sk_str key);
