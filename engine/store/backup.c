/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Backup and restore.
 *
 *     to/db            a RocksDB checkpoint of the main database
 *     to/backup.json   format, last event, when it was made; written last: no file, no backup
 *
 * The keys of parties are never in a backup, so that an erasure reaches every backup too. A restore
 * leaves the keys alone that are in the data folder: records of parties erased since stay
 * unreadable, and sk_store_erased names them for the engine to erase again. On a new machine
 * without `keys/` the sealed texts are gone; that folder has to be kept apart, as docs/operating.md
 * says.
 *
 * A checkpoint flushes first and links unchanging files when it can, so it is quick, consistent and
 * runs beside writes. A restore copies into a folder beside and renames it at the end: a crash
 * leaves no half store. */

#define MANIFEST_NAME "backup.json"
#define RESTORING_NAME "db.restoring"

static sk_status fail_path(sk_error *err, const char *path)
{
    return sk_fail(err, SK_EIO, "%s: %s", path, strerror(errno));
}

/* ---- Folders ---- */

static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    bool empty = true;

    if (!folder)
        return errno == ENOENT;
    while (empty && (entry = readdir(folder)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return empty;
}

typedef sk_status (*file_call)(void *context, const char *path, const char *name, sk_error *err);

/* Call for each plain file of a folder. */
static sk_status each_file(const char *path, file_call call, void *context, sk_error *err)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    sk_status st = SK_OK;

    if (!folder)
        return fail_path(err, path);
    while (st == SK_OK && (entry = readdir(folder))) {
        char *name = store_join(path, entry->d_name);
        struct stat info;

        if (!name)
            st = sk_fail(err, SK_ENOMEM, "out of memory");
        else if (lstat(name, &info) == 0 && S_ISREG(info.st_mode))
            st = call(context, name, entry->d_name, err);
        sk_free(name);
    }
    closedir(folder);
    return st;
}

static sk_status sync_folder(const char *path, sk_error *err)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    sk_status st = SK_OK;

    if (fd < 0)
        return fail_path(err, path);
    if (fsync(fd) != 0)
        st = fail_path(err, path);
    close(fd);
    return st;
}

/* ---- Backup ---- */

static sk_status make_checkpoint(sk_store *store, const char *to, sk_error *err)
{
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(store->db, &message);

    if (checkpoint)
        rocksdb_checkpoint_create(checkpoint, to, 0, &message);
    if (checkpoint)
        rocksdb_checkpoint_object_destroy(checkpoint);
    return message ? store_fail(err, message, "making the backup") : SK_OK;
}

static sk_status write_manifest(const char *to, uint64_t last_event, sk_error *err)
{
    const sk_clock host = {0};
    char *path = store_join(to, MANIFEST_NAME), time[32];
    const sk_str made = sk_time_format(sk_clock_now(&host), time);
    sk_buf text = {0};
    sk_status st = SK_OK;

    sk_buf_printf(&text, "{\"format\": %d, \"lastEvent\": %llu, \"madeAt\": \"%.*s\"}\n",
                  SK_STORE_FORMAT, (unsigned long long)last_event, SK_STR_ARG(made));
    st = path && !text.failed ? sk_file_write(path, sk_buf_view(&text), 0600, err)
                              : sk_fail(err, SK_ENOMEM, "out of memory");
    sk_buf_done(&text);
    sk_free(path);
    return st;
}

/* Open the copy and ask it: the store itself may already be further. */
static sk_status copied_last_event(const char *to, uint64_t *out, sk_error *err)
{
    const sk_store_options options = {.size = sizeof options, .path = to, .read_only = true};
    sk_store *copy = NULL;
    sk_status st = store_open_main_only(&options, &copy, err);

    if (st == SK_OK)
        st = sk_store_last_event(copy, out, err);
    store_release(copy);
    return st;
}

sk_status sk_store_backup(sk_store *store, const char *to, sk_error *err)
{
    char *db = NULL;
    uint64_t last_event = 0;
    sk_status st = SK_OK;

    if (!folder_is_empty(to))
        return sk_fail(err, SK_ECONFLICT, "%s: the folder for the backup is not empty", to);
    if ((st = sk_dir_make(to, 0700, err)) != SK_OK)
        return st;
    if (!(db = store_join(to, "db")))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = make_checkpoint(store, db, err)) != SK_OK)
        goto out;
    if (chmod(db, 0700) != 0) {
        st = fail_path(err, db);
        goto out;
    }
    if ((st = copied_last_event(to, &last_event, err)) == SK_OK)
        st = write_manifest(to, last_event, err);
out:
    sk_free(db);
    return st;
}

/* ---- Restore ---- */

sk_status store_check_manifest(const char *from, sk_error *err)
{
    char *path = store_join(from, MANIFEST_NAME);
    const char *at = NULL;
    sk_buf text = {0};
    uint32_t format = 0;
    sk_status st = SK_OK;

    if (!path)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = sk_file_read(path, 4096, &text, err)) != SK_OK) {
        st = sk_fail(err, SK_EINVAL, "%s holds no finished backup (" MANIFEST_NAME " is missing)",
                     from);
        goto out;
    }
    sk_buf_add(&text, "", 1);
    at = text.failed ? NULL : strstr(text.data, "\"format\":");
    if (!at || (format = store_format_read(at + 9)) == 0)
        st = sk_fail(err, SK_ECORRUPT, "%s cannot be read", path);
    else if (format > SK_STORE_FORMAT)
        st = sk_fail(err, SK_EINVAL,
                     "the backup has format %u, this version of Schakel knows formats up to %d",
                     format, SK_STORE_FORMAT);
out:
    sk_buf_done(&text);
    sk_free(path);
    return st;
}

static sk_status copy_bytes(int in, int out, const char *name, sk_error *err)
{
    char *buffer = sk_malloc(1 << 16);
    sk_status st = SK_OK;
    ssize_t got = 0;

    if (!buffer)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    while (st == SK_OK && (got = read(in, buffer, 1 << 16)) > 0)
        for (ssize_t done = 0; st == SK_OK && done < got;) {
            const ssize_t put = write(out, buffer + done, (size_t)(got - done));

            if (put < 0)
                st = fail_path(err, name);
            else
                done += put;
        }
    if (st == SK_OK && (got < 0 || fsync(out) != 0))
        st = fail_path(err, name);
    sk_free(buffer);
    return st;
}

static sk_status copy_file(void *context, const char *path, const char *name, sk_error *err)
{
    char *target = store_join(context, name);
    const int in = open(path, O_RDONLY | O_CLOEXEC);
    int out = -1;
    sk_status st = SK_OK;

    if (!target)
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    else if (in < 0)
        st = fail_path(err, path);
    else if ((out = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        st = fail_path(err, target);
    else
        st = copy_bytes(in, out, target, err);
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) != 0 && st == SK_OK)
        st = fail_path(err, target);
    sk_free(target);
    return st;
}

static sk_status remove_file(void *context, const char *path, const char *name, sk_error *err)
{
    (void)context;
    (void)name;
    return unlink(path) == 0 ? SK_OK : fail_path(err, path);
}

/* An empty folder for the copy; what an earlier, broken restore left goes. */
static sk_status make_restoring(const char *restoring, sk_error *err)
{
    sk_status st = SK_OK;

    if (access(restoring, F_OK) == 0 &&
        (st = each_file(restoring, remove_file, NULL, err)) != SK_OK)
        return st;
    return sk_dir_make(restoring, 0700, err);
}

static sk_status restore_into(const char *source, const char *path, const char *restoring,
                              const char *db, sk_error *err)
{
    sk_status st = make_restoring(restoring, err);

    if (st != SK_OK || (st = each_file(source, copy_file, (void *)restoring, err)) != SK_OK)
        return st;
    if ((st = sync_folder(restoring, err)) != SK_OK)
        return st;
    mark_remove(path); /* It spoke of the store that was here before. */
    rmdir(db);         /* An empty folder may stand there. */
    if (rename(restoring, db) != 0)
        return fail_path(err, db);
    return sync_folder(path, err);
}

sk_status sk_store_restore(const char *from, const char *path, sk_error *err)
{
    char *db = store_join(path, "db"), *restoring = store_join(path, RESTORING_NAME);
    char *source = store_join(from, "db");
    sk_status st = SK_OK;

    if (!db || !restoring || !source) {
        st = sk_fail(err, SK_ENOMEM, "out of memory");
        goto out;
    }
    if ((st = store_check_manifest(from, err)) != SK_OK)
        goto out;
    if (!folder_is_empty(db)) {
        st = sk_fail(err, SK_ECONFLICT, "%s holds a store already: move it away first", path);
        goto out;
    }
    if ((st = sk_dir_make(path, 0700, err)) == SK_OK)
        st = restore_into(source, path, restoring, db, err);
out:
    sk_free(db);
    sk_free(restoring);
    sk_free(source);
    return st;
}
