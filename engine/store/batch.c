/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <sodium.h>

/* One command's changes, and the two ways to disk: write and sync.
 *
 * A batch collects into a RocksDB write batch; the first fault is kept and makes sk_store_write
 * refuse, so that nobody has to check each addition. Writing appends to the log without a sync:
 * atomic, at once visible, and safe from a crash of the process but not of the machine. The
 * committer syncs for many writes at once.
 *
 * Party keys live in another database, so the order of syncs matters: a record whose key is lost is
 * lost too. A sync takes the keys first, then the log. But a batch with a new key that is written
 * between these two would have its records synced and its key not. Therefore `gate`:
 *
 *     sync:   [gate: syncing = true]  keys  log  [gate: syncing = false]
 *     write:  [gate: if new keys and syncing, sync the keys; write]
 *
 * Outside a running sync nothing is synced early, so a write costs no sync of its own. What
 * remains: the kernel may by itself bring a record to disk before its key, and the machine may fail
 * in those milliseconds before the next sync; then a command that nobody was answered for is there
 * without its sealed texts, and verify names it.
 *
 * Threads: batches and writes belong to the engine thread, sk_store_sync to one committer. After a
 * failed write or sync nothing succeeds any more, since a kernel that failed to write a page may
 * report the next sync of it as done. */

/* ---- Collecting ---- */

sk_batch *sk_batch_new(sk_store *store)
{
    sk_batch *batch = sk_calloc(1, sizeof *batch);

    if (!batch)
        return NULL;
    batch->store = store;
    batch->batch = rocksdb_writebatch_create();
    return batch;
}

static void wipe(sk_buf *buf)
{
    if (buf->data)
        sodium_memzero(buf->data, buf->capacity);
    buf->size = 0;
}

void sk_batch_free(sk_batch *batch)
{
    if (!batch)
        return;
    rocksdb_writebatch_destroy(batch->batch);
    wipe(&batch->plain);
    sk_buf_done(&batch->plain);
    sk_buf_done(&batch->key);
    sk_buf_done(&batch->value);
    sk_free(batch);
}

void sk_batch_clear(sk_batch *batch)
{
    rocksdb_writebatch_clear(batch->batch);
    wipe(&batch->plain);
    batch->plain.failed = batch->key.failed = batch->value.failed = false;
    batch->new_keys = false;
    batch->status = SK_OK;
}

void batch_fail(sk_batch *batch, sk_status status, const sk_error *error)
{
    if (batch->status != SK_OK)
        return;
    batch->status = status;
    batch->error = *error;
}

static void fail_memory(sk_batch *batch)
{
    sk_error error;

    batch_fail(batch, sk_fail(&error, SK_ENOMEM, "out of memory"), &error);
}

void batch_put(sk_batch *batch, family f, sk_str key, sk_str value)
{
    if (batch->key.failed || batch->value.failed || batch->plain.failed)
        fail_memory(batch);
    if (batch->status == SK_OK)
        rocksdb_writebatch_put_cf(batch->batch, batch->store->families[f], key.data, key.size,
                                  value.data, value.size);
}

void batch_delete(sk_batch *batch, family f, sk_str key)
{
    if (batch->key.failed)
        fail_memory(batch);
    if (batch->status == SK_OK)
        rocksdb_writebatch_delete_cf(batch->batch, batch->store->families[f], key.data, key.size);
}

/* ---- Writing ---- */

static sk_status stopped(sk_error *err)
{
    return sk_fail(err, SK_EIO, "the store stopped after an earlier fault of the disk");
}

static sk_status write_batch(sk_store *store, sk_batch *batch, sk_error *err)
{
    char *message = NULL;

    rocksdb_write(store->db, store->write, batch->batch, &message);
    if (!message)
        return SK_OK;
    atomic_store(&store->failed, true);
    store_fail(err, message, "writing to the store");
    if (err) /* Whatever RocksDB calls it: for the engine it is final. */
        err->status = SK_EIO;
    return SK_EIO;
}

static sk_status write_with_keys(sk_store *store, sk_batch *batch, sk_error *err)
{
    sk_status st = SK_OK;

    pthread_mutex_lock(&store->gate);
    if (store->syncing)
        st = keys_sync(&store->keys, err);
    if (st == SK_OK)
        st = write_batch(store, batch, err);
    else
        atomic_store(&store->failed, true);
    pthread_mutex_unlock(&store->gate);
    return st;
}

sk_status sk_store_write(sk_store *store, sk_batch *batch, sk_error *err)
{
    sk_status st = batch->status;

    if (store->read_only)
        st = sk_fail(err, SK_EDENIED, "the store is open for reading only");
    else if (atomic_load(&store->failed))
        st = stopped(err);
    else if (st != SK_OK) {
        if (err)
            *err = batch->error;
    } else if (rocksdb_writebatch_count(batch->batch) > 0)
        st = batch->new_keys ? write_with_keys(store, batch, err) : write_batch(store, batch, err);
    if (st == SK_EIO) /* Also a key that could not be written while the batch was filled. */
        atomic_store(&store->failed, true);
    sk_batch_clear(batch);
    return st;
}

/* ---- Syncing ---- */

static void set_syncing(sk_store *store, bool syncing)
{
    pthread_mutex_lock(&store->gate);
    store->syncing = syncing;
    pthread_mutex_unlock(&store->gate);
}

static sk_status sync_both(sk_store *store, sk_error *err)
{
    const uint64_t sequence = rocksdb_get_latest_sequence_number(store->db);
    char *message = NULL;
    sk_status st = keys_sync(&store->keys, err);

    if (st != SK_OK)
        return st;
    rocksdb_flush_wal(store->db, 1, &message);
    if (message)
        return store_fail(err, message, "syncing the store");
    mark_write(store->mark_fd, (mark){.sequence = sequence});
    return SK_OK;
}

sk_status sk_store_sync(sk_store *store, sk_error *err)
{
    sk_status st = SK_OK;

    if (store->no_sync || store->read_only)
        return SK_OK;
    if (atomic_load(&store->failed))
        return stopped(err);
    set_syncing(store, true);
    st = sync_both(store, err);
    set_syncing(store, false);
    if (st != SK_OK)
        atomic_store(&store->failed, true);
    return st;
}

sk_status sk_store_destroy_key(sk_store *store, sk_str party_id, int64_t now_ms, sk_error *err)
{
    if (store->read_only)
        return sk_fail(err, SK_EDENIED, "the store is open for reading only");
    if (atomic_load(&store->failed))
        return stopped(err);
    const sk_status st = keys_destroy(&store->keys, party_id, now_ms, err);

    if (st == SK_EIO)
        atomic_store(&store->failed, true);
    return st;
}

sk_status sk_store_erased(sk_store *store, sk_arena *arena, sk_strs *out, sk_error *err)
{
    return keys_erased(&store->keys, arena, out, err);
}
