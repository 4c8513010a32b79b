/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The mark: a small file beside the database that knows how far it was synced.
 *
 * RocksDB recovers its write-ahead log up to the first damaged record. After a power failure that
 * is right, since what lies behind the latest sync was promised to nobody and may be torn. But the
 * same mode would drop synced changes without a word when the medium rots. So each sync notes
 * RocksDB's sequence number here, after the fact and without a sync of its own: the mark may lag
 * behind, which only weakens the check, and it can never run ahead. At opening, a database that has
 * not reached its mark has lost what was promised, and is refused.
 *
 * Layout: three u64, big-endian: sequence, 1 when closed in order, and a check over both; a file
 * that fails the check counts as absent. */

#define MARK_NAME "synced"
#define MARK_SIZE 24

static uint64_t check_of(uint64_t sequence, uint64_t clean)
{
    return ~(sequence * UINT64_C(0x9e3779b97f4a7c15) + clean);
}

static void put_u64(char *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (char)(value >> (56 - 8 * i) & 0xff);
}

void mark_read(const char *path, mark *out)
{
    char bytes[MARK_SIZE];
    char *name = store_join(path, MARK_NAME);
    const int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;

    *out = (mark){0};
    sk_free(name);
    if (fd < 0)
        return;
    if (pread(fd, bytes, sizeof bytes, 0) == MARK_SIZE &&
        value_u64(bytes + 16) == check_of(value_u64(bytes), value_u64(bytes + 8)))
        *out = (mark){value_u64(bytes), value_u64(bytes + 8) == 1};
    close(fd);
}

sk_status mark_open(const char *path, int *out_fd, sk_error *err)
{
    char *name = store_join(path, MARK_NAME);

    if (!name)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    const int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    sk_free(name);
    if (fd < 0)
        return sk_fail(err, SK_EIO, "%s/" MARK_NAME ": %s", path, strerror(errno));
    *out_fd = fd;
    return SK_OK;
}

void mark_write(int fd, mark m)
{
    char bytes[MARK_SIZE];

    put_u64(bytes, m.sequence);
    put_u64(bytes + 8, m.clean);
    put_u64(bytes + 16, check_of(m.sequence, m.clean));
    /* A mark that cannot be written stays behind, which is safe. */
    if (pwrite(fd, bytes, sizeof bytes, 0) != MARK_SIZE)
        sk_log(SK_LOG_DEBUG, "store=mark error=\"%s\"", strerror(errno));
}

void mark_remove(const char *path)
{
    char *name = store_join(path, MARK_NAME);

    if (name)
        unlink(name);
    sk_free(name);
}
