/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/file.h"

#include "core/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static sk_status io_failed(sk_error *err, const char *verb, const char *path, int code)
{
    return sk_fail(err, code == ENOENT ? SK_ENOTFOUND : SK_EIO, "cannot %s %s: %s", verb, path,
                   strerrordesc_np(code));
}

/* ---- Reading ---- */

#define READ_STEP 65536

static sk_status read_all(int fd, const char *path, size_t max_size, sk_buf *out, sk_error *err)
{
    size_t before = out->size;
    ssize_t got = 0;

    do {
        char *room = sk_buf_reserve(out, READ_STEP);

        if (!room)
            return sk_fail(err, SK_ENOMEM, "out of memory while reading %s", path);
        do {
            got = read(fd, room, READ_STEP);
        } while (got < 0 && errno == EINTR);
        if (got < 0)
            return io_failed(err, "read", path, errno);
        out->size += (size_t)got;
        if (out->size - before > max_size)
            return sk_fail(err, SK_ELIMIT, "%s is larger than %zu bytes", path, max_size);
    } while (got > 0);
    return SK_OK;
}

sk_status sk_file_read(const char *path, size_t max_size, sk_buf *out, sk_error *err)
{
    size_t before = out->size;
    sk_status st = SK_OK;
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return io_failed(err, "open", path, errno);
    if (fstat(fd, &info) != 0) {
        st = io_failed(err, "read", path, errno);
        goto out;
    }
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > max_size) {
        st = sk_fail(err, SK_ELIMIT, "%s is larger than %zu bytes", path, max_size);
        goto out;
    }
    st = read_all(fd, path, max_size, out, err);
out:
    if (st != SK_OK)
        out->size = before;
    close(fd);
    return st;
}

/* ---- Writing ---- */

static int write_all(int fd, sk_str bytes)
{
    size_t done = 0;

    while (done < bytes.size) {
        ssize_t n = write(fd, bytes.data + done, bytes.size - done);

        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* The folder must be synced too, or the new name may be lost with the power. */
static int sync_folder_of(const char *path, char *scratch)
{
    char *slash = NULL;
    int fd = -1, code = 0;

    memcpy(scratch, path, strlen(path) + 1);
    slash = strrchr(scratch, '/');
    if (slash == scratch)
        slash[1] = '\0';
    else if (slash)
        *slash = '\0';
    fd = open(slash ? scratch : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    /* Some file systems refuse to sync a folder; they then have nothing to sync. */
    if (fsync(fd) != 0 && errno != EINVAL)
        code = errno;
    close(fd);
    return code;
}

static int write_beside(const char *path, char *beside, sk_str bytes, unsigned mode)
{
    int code = 0;
    int fd = mkostemp(beside, O_CLOEXEC);

    if (fd < 0)
        return errno;
    code = write_all(fd, bytes);
    if (code == 0 && (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0))
        code = errno;
    if (close(fd) != 0 && code == 0)
        code = errno;
    if (code == 0 && rename(beside, path) != 0)
        code = errno;
    if (code != 0)
        unlink(beside);
    return code;
}

sk_status sk_file_write(const char *path, sk_str bytes, unsigned mode, sk_error *err)
{
    static const char suffix[] = ".new.XXXXXX";
    size_t size = strlen(path) + sizeof(suffix);
    char *beside = sk_malloc(size);
    int code = 0;

    if (!beside)
        return sk_fail(err, SK_ENOMEM, "out of memory while writing %s", path);
    snprintf(beside, size, "%s%s", path, suffix);
    code = write_beside(path, beside, bytes, mode);
    if (code == 0)
        code = sync_folder_of(path, beside);
    sk_free(beside);
    return code == 0 ? SK_OK : io_failed(err, "write", path, code);
}

/* ---- Folders ---- */

static int make_one(const char *path, unsigned mode)
{
    struct stat info;

    if (mkdir(path, (mode_t)mode) == 0)
        return 0;
    if (errno != EEXIST)
        return errno;
    if (stat(path, &info) != 0)
        return errno;
    return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
}

sk_status sk_dir_make(const char *path, unsigned mode, sk_error *err)
{
    size_t size = strlen(path) + 1;
    char *part = sk_malloc(size);
    int code = 0;

    if (!part)
        return sk_fail(err, SK_ENOMEM, "out of memory while making %s", path);
    memcpy(part, path, size);
    for (size_t i = 1; i < size && code == 0; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        code = make_one(part, mode);
        part[i] = path[i];
    }
    sk_free(part);
    return code == 0 ? SK_OK : io_failed(err, "make", path, code);
}
