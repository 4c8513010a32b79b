/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

/* Opening and closing the data folder.
 *
 *     path/db       the main database, column families as in inner.h
 *     path/keys     the keys of parties: see keys.c
 *     path/synced   how far db/ was synced: see mark.c
 *
 * Both databases' folders have mode 0700, whatever the files inside them have.
 *
 * Recovery. RocksDB replays its log up to the first damaged or missing record (point in time). The
 * stricter "tolerate a corrupted tail" would refuse to open after a power failure that left
 * garbage, not just a cut, behind the latest sync; and with two logs it may keep the second one's
 * changes while the first one's end is lost, a hole in the event sequence. Point in time never
 * makes a hole, and all that was synced lies before the first tear. What it cannot see is damage to
 * synced bytes: that is what the mark is for. After a crash the log is looked at read-only first,
 * so that a store that is refused stays as it was found. */

#define CACHE_BYTES_DEFAULT (64u << 20)
#define WRITE_BUFFER_BYTES (64u << 20)
#define LOG_BYTES_MAX (128u << 20)
#define BLOOM_BITS 10

static const char *const family_names[FAMILY_COUNT] = {"default",    "listing", "party", "secret",
                                                       "suggestion", "event",   "idem",  "rules",
                                                       "area",       "audit",   "meta",  "message"};

const char *family_name(family f)
{
    return family_names[f];
}

/* ---- Errors and paths ---- */

sk_status store_fail(sk_error *err, char *message, const char *what)
{
    sk_status st = SK_EIO;

    if (strncmp(message, "Corruption", 10) == 0)
        st = SK_ECORRUPT;
    if (strstr(message, "lock hold by current process") || strstr(message, "While lock file"))
        st = sk_fail(err, SK_ECONFLICT, "%s: the data folder is in use by another process", what);
    else if (strstr(message, "Column families not opened"))
        st = sk_fail(err, SK_EINVAL, "%s: the data folder was made by a newer version of Schakel",
                     what);
    else
        sk_fail(err, st, "%s: %s", what, message);
    rocksdb_free(message);
    return st;
}

char *store_join(const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = sk_malloc(size);

    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* ---- Options ---- */

static rocksdb_block_based_table_options_t *table_options(size_t cache_bytes)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_cache_t *cache =
        rocksdb_cache_create_lru(cache_bytes ? cache_bytes : CACHE_BYTES_DEFAULT);

    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    rocksdb_cache_destroy(cache); /* The table options hold it from here on. */
    return table;
}

/* Some options have no call in the C face. RocksDB would set aside 70 MB for each log, which a
 * memory file system really takes, and which a small machine's disk may not have. */
static rocksdb_options_t *options_base(void)
{
    rocksdb_options_t *plain = rocksdb_options_create(), *o = rocksdb_options_create();
    char *message = NULL;

    rocksdb_get_options_from_string(plain, "allow_fallocate=false", o, &message);
    rocksdb_free(message);
    rocksdb_options_destroy(plain);
    return o;
}

static rocksdb_options_t *database_options(const sk_store_options *options)
{
    rocksdb_options_t *o = options_base();
    rocksdb_block_based_table_options_t *table = table_options(options->cache_bytes);

    rocksdb_options_set_create_if_missing(o, !options->read_only);
    rocksdb_options_set_create_missing_column_families(o, !options->read_only);
    rocksdb_options_set_paranoid_checks(o, 1);
    rocksdb_options_set_wal_recovery_mode(o, rocksdb_point_in_time_recovery);
    rocksdb_options_set_write_buffer_size(o, WRITE_BUFFER_BYTES);
    rocksdb_options_set_db_write_buffer_size(o, WRITE_BUFFER_BYTES);
    rocksdb_options_set_max_total_wal_size(o, LOG_BYTES_MAX);
    rocksdb_options_set_compression(o, rocksdb_lz4_compression);
    rocksdb_options_set_max_open_files(o, 512);
    /* RocksDB would start sixteen threads for each change of a family's files, even for none. */
    rocksdb_options_set_max_file_opening_threads(o, 1);
    rocksdb_options_set_max_background_jobs(o, 2);
    rocksdb_options_set_keep_log_file_num(o, 2);
    /* RocksDB asserts that it does not write on in a log file of its own that failed, and does so
     * on a full disk. What goes wrong we say ourselves. */
    rocksdb_options_set_info_log_level(o, LOG_NOTHING);
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);
    rocksdb_options_set_manifest_preallocation_size(o, 1 << 16);
    rocksdb_options_set_skip_stats_update_on_db_open(o, 1);
    rocksdb_options_set_skip_checking_sst_file_sizes_on_db_open(o, 1);
    rocksdb_options_set_block_based_table_factory(o, table);
    rocksdb_block_based_options_destroy(table);
    return o;
}

/* ---- Opening as it is ---- */

/** How many of the families are there. Opening for reading makes none, and formats before 3 had no
 *  messages, the last of them. */
static int families_there(const rocksdb_options_t *o, const char *path)
{
    char *message = NULL;
    size_t count = 0;
    char **names = rocksdb_list_column_families(o, path, &count, &message);
    bool messages = false;

    rocksdb_free(message);
    for (size_t i = 0; names && i < count; i++)
        messages = messages || strcmp(names[i], family_names[FAMILY_MESSAGE]) == 0;
    if (!names)
        return FAMILY_COUNT;
    rocksdb_list_column_families_destroy(names, count);
    return messages ? FAMILY_COUNT : FAMILY_MESSAGE;
}

static sk_status open_main(sk_store *store, const sk_store_options *options, sk_error *err)
{
    char *path = store_join(options->path, "db"), *message = NULL;
    const rocksdb_options_t *family_options[FAMILY_COUNT];
    rocksdb_options_t *o = NULL;

    if (!path)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    o = database_options(options);
    for (int f = 0; f < FAMILY_COUNT; f++)
        family_options[f] = o;
    store->db = options->read_only
                    ? rocksdb_open_for_read_only_column_families(o, path, families_there(o, path),
                                                                 family_names, family_options,
                                                                 store->families, 0, &message)
                    : rocksdb_open_column_families(o, path, FAMILY_COUNT, family_names,
                                                   family_options, store->families, &message);
    rocksdb_options_destroy(o);
    sk_free(path);
    return message ? store_fail(err, message, "opening the store") : SK_OK;
}

static sk_status open_keys(sk_store *store, const sk_store_options *options, sk_error *err)
{
    char *path = store_join(options->path, "keys");

    if (!path)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    const sk_status st = keys_open(path, options->read_only, &store->keys, err);

    sk_free(path);
    return st;
}

static sk_status make_folder(const char *path, const char *name, sk_error *err)
{
    char *folder = store_join(path, name);
    sk_status st = SK_OK;

    if (!folder)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = sk_dir_make(folder, 0700, err)) == SK_OK && chmod(folder, 0700) != 0)
        st = sk_fail(err, SK_EIO, "%s: %s", folder, strerror(errno));
    sk_free(folder);
    return st;
}

static sk_status make_folders(const char *path, sk_error *err)
{
    sk_status st = sk_dir_make(path, 0700, err);

    if (st == SK_OK)
        st = make_folder(path, "db", err);
    if (st == SK_OK)
        st = make_folder(path, "keys", err);
    return st;
}

/* What closing has to undo, whatever was reached. */
void store_release(sk_store *store)
{
    if (!store)
        return;
    keys_close(&store->keys);
    if (store->snapshot)
        rocksdb_release_snapshot(store->db, store->snapshot);
    if (store->db && !store->of) {
        for (int f = 0; f < FAMILY_COUNT; f++)
            if (store->families[f])
                rocksdb_column_family_handle_destroy(store->families[f]);
        rocksdb_close(store->db);
    }
    if (store->read)
        rocksdb_readoptions_destroy(store->read);
    if (store->walk)
        rocksdb_readoptions_destroy(store->walk);
    if (store->write)
        rocksdb_writeoptions_destroy(store->write);
    if (store->mark_fd >= 0)
        close(store->mark_fd);
    pthread_mutex_destroy(&store->gate);
    sk_free(store->path);
    sk_free(store);
}

sk_store *store_new(const sk_store_options *options)
{
    sk_store *store = sk_calloc(1, sizeof *store);
    size_t path_size = 0;

    if (!store)
        return NULL;
    store->mark_fd = -1;
    store->no_sync = options->no_sync;
    store->read_only = options->read_only;
    atomic_init(&store->failed, false);
    pthread_mutex_init(&store->gate, NULL);
    store->read = rocksdb_readoptions_create();
    store->walk = rocksdb_readoptions_create();
    store->write = rocksdb_writeoptions_create();
    rocksdb_readoptions_set_fill_cache(store->walk, 0);
    path_size = strlen(options->path) + 1;
    store->path = sk_malloc(path_size);
    if (!store->path) {
        store_release(store);
        return NULL;
    }
    memcpy(store->path, options->path, path_size);
    return store;
}

sk_status store_open_raw(const sk_store_options *options, sk_store **out, sk_error *err)
{
    sk_status st = SK_OK;
    sk_store *store = NULL;

    if (sodium_init() < 0)
        return sk_fail(err, SK_EINTERNAL, "libsodium does not start");
    if (!options->read_only && (st = make_folders(options->path, err)) != SK_OK)
        return st;
    if (!(store = store_new(options)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = open_main(store, options, err)) != SK_OK)
        goto out;
    if ((st = open_keys(store, options, err)) != SK_OK)
        goto out;
    *out = store;
    store = NULL;
out:
    store_release(store);
    return st;
}

sk_status store_open_main_only(const sk_store_options *options, sk_store **out, sk_error *err)
{
    sk_store *store = store_new(options);

    if (!store)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    const sk_status st = open_main(store, options, err);

    if (st == SK_OK)
        *out = store;
    else
        store_release(store);
    return st;
}

/* ---- The format ---- */

uint32_t store_format_read(const char *text)
{
    const unsigned long number = strtoul(text, NULL, 10);

    return number <= UINT32_MAX ? (uint32_t)number : 0;
}

sk_status store_format(sk_store *store, uint32_t *out, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0};
    char text[16] = "";
    uint32_t format = 0;
    sk_status st = store_get(store, FAMILY_META, SK_STR(META_FORMAT), &slice, &value, err);

    if (st == SK_ENOTFOUND) {
        *out = 0;
        return SK_OK;
    }
    if (st != SK_OK)
        return st;
    if (value.size < sizeof text)
        memcpy(text, value.data, value.size);
    rocksdb_pinnableslice_destroy(slice);
    if ((format = store_format_read(text)) == 0)
        return sk_fail(err, SK_ECORRUPT, "the data folder's format version cannot be read");
    *out = format;
    return SK_OK;
}

static sk_status write_format(sk_store *store, sk_error *err)
{
    char text[16], *message = NULL;
    const int size = snprintf(text, sizeof text, "%d", SK_STORE_FORMAT);

    rocksdb_put_cf(store->db, store->write, store->families[FAMILY_META], META_FORMAT,
                   sizeof META_FORMAT - 1, text, (size_t)size, &message);
    return message ? store_fail(err, message, "writing the format version") : SK_OK;
}

static sk_status settle_format(sk_store *store, sk_error *err)
{
    uint32_t format = 0;
    sk_status st = store_format(store, &format, err);

    if (st != SK_OK || format == SK_STORE_FORMAT)
        return st;
    if (format > SK_STORE_FORMAT)
        return sk_fail(err, SK_EINVAL,
                       "the data folder has format %u, this version of Schakel knows formats up "
                       "to %d: use the newer version that wrote it",
                       format, SK_STORE_FORMAT);
    if (format == 0 && rocksdb_get_latest_sequence_number(store->db) != 0)
        return sk_fail(err, SK_ECORRUPT, "the data folder has records but no format version");
    if (store->read_only)
        return sk_fail(err, SK_EINVAL,
                       "the data folder has format %u: open it for writing once to upgrade it",
                       format);
    return format == 0 ? write_format(store, err) : store_upgrade(store, format, err);
}

/* ---- The mark ---- */

static sk_status check_mark(sk_store *store, const mark *m, sk_error *err)
{
    const uint64_t reached = rocksdb_get_latest_sequence_number(store->db);

    if (reached >= m->sequence)
        return SK_OK;
    return sk_fail(err, SK_ECORRUPT,
                   "the store lost changes that had been synced (it reaches %llu, and reached "
                   "%llu): its log is damaged; restore a backup",
                   (unsigned long long)reached, (unsigned long long)m->sequence);
}

/* After a crash: does the log reach the mark? Read-only, since recovery would cut a damaged log. */
static sk_status look_first(const sk_store_options *options, const mark *m, sk_error *err)
{
    sk_store_options look = *options;
    sk_store *store = NULL;
    sk_status st = SK_OK;

    look.read_only = true;
    if ((st = store_open_main_only(&look, &store, err)) != SK_OK)
        return st;
    st = check_mark(store, m, err);
    store_release(store);
    return st;
}

static bool database_exists(const char *path)
{
    char *current = store_join(path, "db/CURRENT");
    const bool exists = current && access(current, F_OK) == 0;

    sk_free(current);
    return exists;
}

/* ---- Opening and closing ---- */

static sk_status settle(sk_store *store, const mark *m, sk_error *err)
{
    sk_status st = check_mark(store, m, err);

    if (st != SK_OK || (st = settle_format(store, err)) != SK_OK)
        return st;
    if (store->read_only)
        return SK_OK;
    if ((st = mark_open(store->path, &store->mark_fd, err)) == SK_OK)
        mark_write(store->mark_fd, (mark){.sequence = m->sequence});
    return st;
}

sk_status sk_store_open(const sk_store_options *options, sk_store **out, sk_error *err)
{
    sk_store *store = NULL;
    mark m = {0};
    sk_status st = SK_OK;

    if (options->size != sizeof *options || !options->path || !options->path[0])
        return sk_fail(err, SK_EINVAL, "the store's options name no data folder");
    if (database_exists(options->path))
        mark_read(options->path, &m);
    else if (options->read_only)
        return sk_fail(err, SK_ENOTFOUND, "%s holds no store", options->path);
    if (m.sequence > 0 && !m.clean && (st = look_first(options, &m, err)) != SK_OK)
        return st;
    if ((st = store_open_raw(options, &store, err)) != SK_OK)
        return st;
    if ((st = settle(store, &m, err)) != SK_OK) {
        store_release(store);
        return st;
    }
    *out = store;
    return SK_OK;
}

void sk_store_close(sk_store *store)
{
    if (!store)
        return;
    if (!store->read_only && store->mark_fd >= 0 && !store->no_sync &&
        sk_store_sync(store, NULL) == SK_OK)
        mark_write(store->mark_fd, (mark){rocksdb_get_latest_sequence_number(store->db), true});
    store_release(store);
}
