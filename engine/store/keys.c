/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

/* The keys of parties, and what is sealed under them.
 *
 * Each party has 32 random bytes in a RocksDB of its own, `keys/`, that no backup and no
 * replication stream contains: to destroy that key is to erase every sealed text of the party at
 * once, in old backups too.
 *
 *     keys/   "k/" party id -> layout byte, key id (8 random bytes), key (32)
 *             "e/" party id -> u64 time of the erasure
 *
 *     sealed  key id (8) | nonce (24, random) | XChaCha20-Poly1305 ciphertext
 *
 * The name and the id of the record are bound in as associated data, so that a sealed text moved to
 * another record does not open. The key id tells "sealed under a key that is gone" (an erased
 * party, or one that registered again under the same id) from damage.
 *
 * Destroying writes a deletion, syncs it, and compacts the key's place, so that the old bytes leave
 * the files now and not at some later compaction; files are small to keep that cheap.
 *
 * A bounded table in memory (one slot per hash) spares a read per sealed text. Threads: any; `lock`
 * guards the table only. The table is wiped at closing. */

#define KEY_ID_SIZE 8
#define KEY_SIZE crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES
#define RECORD_LAYOUT 1
#define RECORD_SIZE (1 + KEY_ID_SIZE + KEY_SIZE)
#define SLOT_COUNT 4096
#define PARTY_ID_MAX 64
#define AD_MAX 160

typedef struct party_key {
    unsigned char id[KEY_ID_SIZE];
    unsigned char key[KEY_SIZE];
} party_key;

struct key_slot {
    char party_id[PARTY_ID_MAX];
    uint8_t size; /**< Of the party's id; 0: the slot is empty. */
    party_key key;
};

/* ---- Opening ---- */

static rocksdb_t *open_database(const char *path, bool read_only, char **message)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_t *db = NULL;

    rocksdb_options_set_create_if_missing(options, !read_only);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_set_wal_recovery_mode(options, rocksdb_point_in_time_recovery);
    /* Small files, so that destroying one key rewrites little. */
    rocksdb_options_set_write_buffer_size(options, 1 << 20);
    rocksdb_options_set_target_file_size_base(options, 1 << 20);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_max_open_files(options, 64);
    rocksdb_options_set_max_file_opening_threads(options, 1);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_info_log_level(options, LOG_NOTHING);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_manifest_preallocation_size(options, 1 << 16);
    db = read_only ? rocksdb_open_for_read_only(options, path, 0, message)
                   : rocksdb_open(options, path, message);
    rocksdb_options_destroy(options);
    return db;
}

static bool database_exists(const char *path)
{
    char *current = store_join(path, "CURRENT");
    const bool exists = current && access(current, F_OK) == 0;

    sk_free(current);
    return exists;
}

sk_status keys_open(const char *path, bool read_only, keys *out, sk_error *err)
{
    char *message = NULL;

    if (read_only && !database_exists(path))
        return SK_OK; /* A restored backup without its keys: no party has one. */

    out->slots = sk_calloc(SLOT_COUNT, sizeof *out->slots);
    if (!out->slots)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    out->db = open_database(path, read_only, &message);
    if (!out->db) {
        sk_free(out->slots);
        out->slots = NULL;
        return store_fail(err, message, "opening the keys");
    }
    pthread_mutex_init(&out->lock, NULL);
    pthread_mutex_init(&out->sync_lock, NULL);
    out->read = rocksdb_readoptions_create();
    out->write = rocksdb_writeoptions_create();
    atomic_init(&out->dirty, false);
    return SK_OK;
}

void keys_close(keys *k)
{
    if (!k->db)
        return;
    rocksdb_close(k->db);
    rocksdb_readoptions_destroy(k->read);
    rocksdb_writeoptions_destroy(k->write);
    pthread_mutex_destroy(&k->lock);
    pthread_mutex_destroy(&k->sync_lock);
    sodium_memzero(k->slots, SLOT_COUNT * sizeof *k->slots);
    sk_free(k->slots);
    *k = (keys){0};
}

/* ---- The table in memory ---- */

static key_slot *slot_of(keys *k, sk_str party_id)
{
    return &k->slots[sk_str_hash(party_id) % SLOT_COUNT];
}

static bool slot_holds(const key_slot *slot, sk_str party_id)
{
    return slot->size != 0 && sk_str_eq((sk_str){slot->party_id, slot->size}, party_id);
}

static bool cache_get(keys *k, sk_str party_id, party_key *out)
{
    pthread_mutex_lock(&k->lock);
    const key_slot *slot = slot_of(k, party_id);
    const bool found = slot_holds(slot, party_id);

    if (found)
        *out = slot->key;
    pthread_mutex_unlock(&k->lock);
    return found;
}

static void cache_put(keys *k, sk_str party_id, const party_key *key)
{
    if (party_id.size > PARTY_ID_MAX)
        return;
    pthread_mutex_lock(&k->lock);
    key_slot *slot = slot_of(k, party_id);

    memcpy(slot->party_id, party_id.data, party_id.size);
    slot->size = (uint8_t)party_id.size;
    slot->key = *key;
    pthread_mutex_unlock(&k->lock);
}

static void cache_drop(keys *k, sk_str party_id)
{
    pthread_mutex_lock(&k->lock);
    key_slot *slot = slot_of(k, party_id);

    if (slot_holds(slot, party_id))
        sodium_memzero(slot, sizeof *slot);
    pthread_mutex_unlock(&k->lock);
}

/* ---- The database ---- */

static sk_status name_key(sk_str party_id, char kind, char out[PARTY_ID_MAX + 2], sk_str *out_key,
                          sk_error *err)
{
    if (party_id.size == 0 || party_id.size > PARTY_ID_MAX)
        return sk_fail_field(err, SK_EINVAL, "partyId", "a party's id has 1 to 64 characters");
    out[0] = kind;
    out[1] = '/';
    memcpy(out + 2, party_id.data, party_id.size);
    *out_key = (sk_str){out, party_id.size + 2};
    return SK_OK;
}

static sk_status database_has(keys *k, sk_str party_id, char kind, bool *out, sk_error *err)
{
    char bytes[PARTY_ID_MAX + 2], *message = NULL;
    size_t size = 0;
    sk_str key = {0};
    sk_status st = name_key(party_id, kind, bytes, &key, err);

    *out = false;
    if (st != SK_OK || !k->db)
        return st;
    char *value = rocksdb_get(k->db, k->read, key.data, key.size, &size, &message);

    if (message)
        return store_fail(err, message, "reading a key");
    *out = value != NULL;
    if (value)
        sodium_memzero(value, size);
    rocksdb_free(value);
    return SK_OK;
}

static sk_status find_key(keys *k, sk_str party_id, party_key *out, bool *out_found, sk_error *err)
{
    char bytes[PARTY_ID_MAX + 2], *message = NULL;
    size_t size = 0;
    sk_str key = {0};
    sk_status st = name_key(party_id, 'k', bytes, &key, err);

    if (st != SK_OK)
        return st;
    *out_found = false;
    if (!k->db || (*out_found = cache_get(k, party_id, out)))
        return SK_OK;
    char *value = rocksdb_get(k->db, k->read, key.data, key.size, &size, &message);

    if (message)
        return store_fail(err, message, "reading a key");
    if (!value)
        return SK_OK;
    if (size == RECORD_SIZE && value[0] == RECORD_LAYOUT) {
        memcpy(out->id, value + 1, KEY_ID_SIZE);
        memcpy(out->key, value + 1 + KEY_ID_SIZE, KEY_SIZE);
        cache_put(k, party_id, out);
        *out_found = true;
    } else {
        st = sk_fail(err, SK_ECORRUPT, "the key of a party has an unknown layout");
    }
    sodium_memzero(value, size);
    rocksdb_free(value);
    return st;
}

static sk_status write_new_key(keys *k, sk_str party_id, sk_error *err)
{
    char bytes[PARTY_ID_MAX + 2], record[RECORD_SIZE], *message = NULL;
    party_key made;
    sk_str key = {0};
    sk_status st = name_key(party_id, 'k', bytes, &key, err);

    if (st != SK_OK)
        return st;
    randombytes_buf(&made, sizeof made);
    record[0] = RECORD_LAYOUT;
    memcpy(record + 1, made.id, KEY_ID_SIZE);
    memcpy(record + 1 + KEY_ID_SIZE, made.key, KEY_SIZE);
    rocksdb_put(k->db, k->write, key.data, key.size, record, sizeof record, &message);
    /* After the write: a sync that clears the flag has then seen the key. */
    atomic_store(&k->dirty, true);
    if (message)
        st = store_fail(err, message, "writing a key");
    else
        cache_put(k, party_id, &made);
    sodium_memzero(&made, sizeof made);
    sodium_memzero(record, sizeof record);
    return st;
}

sk_status keys_exists(keys *k, sk_str party_id, bool *out, sk_error *err)
{
    party_key key;
    const sk_status st = find_key(k, party_id, &key, out, err);

    sodium_memzero(&key, sizeof key);
    return st;
}

sk_status keys_was_erased(keys *k, sk_str party_id, bool *out, sk_error *err)
{
    return database_has(k, party_id, 'e', out, err);
}

sk_status keys_make(keys *k, sk_str party_id, key_want want, bool *out_made, sk_error *err)
{
    bool found = false, erased = false;
    sk_status st = keys_exists(k, party_id, &found, err);

    *out_made = false;
    if (st != SK_OK || found)
        return st;
    if (want == KEY_LISTING) {
        if ((st = keys_was_erased(k, party_id, &erased, err)) != SK_OK)
            return st;
        if (erased)
            return sk_fail_field(err, SK_ECONFLICT, "partyId", "party %.*s was erased",
                                 SK_STR_ARG(party_id));
    }
    if ((st = write_new_key(k, party_id, err)) == SK_OK)
        *out_made = true;
    return st;
}

sk_status keys_sync(keys *k, sk_error *err)
{
    char *message = NULL;

    /* Under the lock, so that who finds nothing to do knows that it is done, not under way. */
    pthread_mutex_lock(&k->sync_lock);
    if (atomic_exchange(&k->dirty, false))
        rocksdb_flush_wal(k->db, 1, &message);
    pthread_mutex_unlock(&k->sync_lock);
    return message ? store_fail(err, message, "syncing the keys") : SK_OK;
}

/* ---- Sealing ---- */

static sk_status bind_name(const char *name, sk_str id, char out[AD_MAX], size_t *out_size,
                           sk_error *err)
{
    const int size = snprintf(out, AD_MAX, "%s/%.*s", name, SK_STR_ARG(id));

    if (size < 0 || size >= AD_MAX)
        return sk_fail_field(err, SK_EINVAL, "id", "the id is too long");
    *out_size = (size_t)size;
    return SK_OK;
}

static void seal_with(const party_key *key, const char *ad, size_t ad_size, sk_str plain,
                      unsigned char *out)
{
    memcpy(out, key->id, KEY_ID_SIZE);
    randombytes_buf(out + KEY_ID_SIZE, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + KEY_ID_SIZE + NONCE_SIZE, NULL, (const unsigned char *)plain.data, plain.size,
        (const unsigned char *)ad, ad_size, NULL, out + KEY_ID_SIZE, key->key);
}

sk_status keys_seal(keys *k, sk_str party_id, const char *name, sk_str id, sk_str plain,
                    sk_buf *out, sk_error *err)
{
    const size_t size = KEY_ID_SIZE + NONCE_SIZE + plain.size + TAG_SIZE;
    char ad[AD_MAX];
    size_t ad_size = 0;
    party_key key;
    bool found = false;
    sk_status st = bind_name(name, id, ad, &ad_size, err);

    if (st != SK_OK || (st = find_key(k, party_id, &key, &found, err)) != SK_OK)
        return st;
    if (!found)
        return sk_fail(err, SK_EINTERNAL, "party %.*s has no key", SK_STR_ARG(party_id));
    char *bytes = sk_buf_reserve(out, size);

    if (bytes) {
        seal_with(&key, ad, ad_size, plain, (unsigned char *)bytes);
        out->size += size;
    } else {
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    }
    sodium_memzero(&key, sizeof key);
    return st;
}

static sk_status unseal_with(const party_key *key, const char *ad, size_t ad_size, sk_str sealed,
                             sk_arena *arena, sk_str *out, sk_error *err)
{
    const unsigned char *bytes = (const unsigned char *)sealed.data;
    const size_t size = sealed.size - KEY_ID_SIZE - NONCE_SIZE - TAG_SIZE;
    unsigned char *plain = sk_arena_alloc(arena, size);

    if (!plain)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, bytes + KEY_ID_SIZE + NONCE_SIZE, size + TAG_SIZE,
            (const unsigned char *)ad, ad_size, bytes + KEY_ID_SIZE, key->key) != 0)
        return sk_fail(err, SK_ECORRUPT, "sealed bytes of %.*s do not open", (int)ad_size, ad);
    *out = (sk_str){(const char *)plain, size};
    return SK_OK;
}

sk_status keys_unseal(keys *k, sk_str party_id, const char *name, sk_str id, sk_str sealed,
                      sk_arena *arena, sk_str *out, bool *out_readable, sk_error *err)
{
    char ad[AD_MAX];
    size_t ad_size = 0;
    party_key key;
    bool found = false;
    sk_status st = bind_name(name, id, ad, &ad_size, err);

    if (st != SK_OK)
        return st;
    if (sealed.size < KEY_ID_SIZE + NONCE_SIZE + TAG_SIZE)
        return sk_fail(err, SK_ECORRUPT, "sealed bytes of %s are too short", ad);
    if ((st = find_key(k, party_id, &key, &found, err)) != SK_OK)
        return st;
    if (!found || memcmp(key.id, sealed.data, KEY_ID_SIZE) != 0)
        *out_readable = false;
    else if ((st = unseal_with(&key, ad, ad_size, sealed, arena, out, err)) == SK_OK)
        *out_readable = true;
    sodium_memzero(&key, sizeof key);
    return st;
}

/* ---- Erasing ---- */

/* Compact the place of one key down to the bottom, so that no file holds its bytes any more. */
static void scrub(keys *k, sk_str key)
{
    rocksdb_compactoptions_t *options = rocksdb_compactoptions_create();

    rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0);
    rocksdb_compactoptions_set_bottommost_level_compaction(options, 2); /* force */
    rocksdb_compact_range_opt(k->db, options, key.data, key.size, key.data, key.size);
    rocksdb_compactoptions_destroy(options);
}

sk_status keys_destroy(keys *k, sk_str party_id, int64_t now_ms, sk_error *err)
{
    char key_bytes[PARTY_ID_MAX + 2], erasure_bytes[PARTY_ID_MAX + 2], *message = NULL;
    sk_str key = {0}, erasure = {0};
    sk_buf time = {0};
    sk_status st = name_key(party_id, 'k', key_bytes, &key, err);

    if (st != SK_OK || (st = name_key(party_id, 'e', erasure_bytes, &erasure, err)) != SK_OK)
        return st;
    sk_buf_u64(&time, (uint64_t)now_ms);
    if (time.failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    rocksdb_writeoptions_t *sync = rocksdb_writeoptions_create();

    rocksdb_writeoptions_set_sync(sync, 1);
    rocksdb_writebatch_delete(batch, key.data, key.size);
    rocksdb_writebatch_put(batch, erasure.data, erasure.size, time.data, time.size);
    rocksdb_write(k->db, sync, batch, &message);
    rocksdb_writeoptions_destroy(sync);
    rocksdb_writebatch_destroy(batch);
    sk_buf_done(&time);
    if (message)
        return store_fail(err, message, "destroying a key");
    cache_drop(k, party_id);
    scrub(k, key);
    return SK_OK;
}

static sk_status add_erased(keys *k, sk_str party_id, sk_arena *arena, sk_str **items,
                            size_t *capacity, size_t *count, sk_error *err)
{
    bool alive = false;
    sk_status st = keys_exists(k, party_id, &alive, err);

    if (st != SK_OK || alive)
        return st;
    if (!sk_grow((void **)items, capacity, *count + 1, sizeof **items) ||
        !((*items)[*count] = sk_arena_str(arena, party_id)).data)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    ++*count;
    return SK_OK;
}

sk_status keys_erased(keys *k, sk_arena *arena, sk_strs *out, sk_error *err)
{
    rocksdb_iterator_t *it = NULL;
    sk_status st = SK_OK;
    sk_str *items = NULL, *copy = NULL;
    size_t count = 0, capacity = 0;
    char *message = NULL;

    if (!k->db) {
        *out = (sk_strs){0};
        return SK_OK;
    }
    it = rocksdb_create_iterator(k->db, k->read);
    for (rocksdb_iter_seek(it, "e/", 2); st == SK_OK && rocksdb_iter_valid(it);
         rocksdb_iter_next(it)) {
        sk_str key;

        key.data = rocksdb_iter_key(it, &key.size);
        if (!sk_str_starts(key, SK_STR("e/")))
            break;
        key = (sk_str){key.data + 2, key.size - 2};
        st = add_erased(k, key, arena, &items, &capacity, &count, err);
    }
    rocksdb_iter_get_error(it, &message);
    rocksdb_iter_destroy(it);
    if (message)
        st = store_fail(err, message, "reading the erasures");
    if (st == SK_OK && !(copy = sk_arena_calloc(arena, count + 1, sizeof *copy)))
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    if (st == SK_OK) {
        if (count)
            memcpy(copy, items, count * sizeof *copy);
        *out = (sk_strs){copy, count};
    }
    sk_free(items);
    return st;
}
