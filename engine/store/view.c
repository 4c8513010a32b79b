/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

/* Long read-only work beside the engine: a view of the open store that stands still, or a backup.
 * Neither has keys, so that sealed texts stay sealed.
 *
 * A view borrows database and column families of the store and reads through a snapshot of
 * RocksDB's, which costs nothing but that overwritten values are kept while it lives. */

sk_status sk_store_open_view(sk_store *store, sk_store **out, sk_error *err)
{
    const sk_store_options options = {
        .size = sizeof options, .path = store->path, .read_only = true};
    sk_store *view = store_new(&options);

    if (!view)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    view->of = store;
    view->db = store->db;
    memcpy(view->families, store->families, sizeof view->families);
    view->snapshot = rocksdb_create_snapshot(store->db);
    rocksdb_readoptions_set_snapshot(view->read, view->snapshot);
    rocksdb_readoptions_set_snapshot(view->walk, view->snapshot);
    *out = view;
    return SK_OK;
}

sk_status sk_store_open_backup(const char *from, sk_store **out, sk_error *err)
{
    const sk_store_options options = {.size = sizeof options, .path = from, .read_only = true};
    sk_store *backup = NULL;
    uint32_t format = 0;
    sk_status st = store_check_manifest(from, err);

    if (st != SK_OK || (st = store_open_main_only(&options, &backup, err)) != SK_OK)
        return st;
    if ((st = store_format(backup, &format, err)) == SK_OK && format != SK_STORE_FORMAT)
        st = sk_fail(err, SK_EINVAL, "the backup has format %u, this version of Schakel reads %d",
                     format, SK_STORE_FORMAT);
    if (st != SK_OK)
        store_release(backup);
    else
        *out = backup;
    return st;
}
