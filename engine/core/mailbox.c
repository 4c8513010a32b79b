/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/mailbox.h"

#include "core/alloc.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Problem: library threads and the loop hand work to the engine thread, which must never be
 * flooded: a full box says so at once instead of growing or dropping.
 *
 * Layout: a ring of pointers under one mutex. A reader that blocks waits on the condition; an event
 * loop watches the eventfd, which is raised when the box becomes non-empty and lowered when it is
 * emptied, both under the mutex, so that it is readable exactly while items wait.
 *
 * A taker gets many items at once, so that the lock is taken per batch and not per item. */

struct sk_mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    void **items;
    size_t capacity, head, count;
    int fd;
    bool closed;
};

static sk_status init_locks(sk_mailbox *box, sk_error *err)
{
    pthread_condattr_t attributes;
    int code = 0;

    /* Time-outs must not stretch when somebody sets the host's clock. */
    if (pthread_condattr_init(&attributes) != 0)
        return sk_fail(err, SK_EINTERNAL, "cannot make the mailbox's condition");
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    code = pthread_cond_init(&box->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    if (code != 0)
        return sk_fail(err, SK_EINTERNAL, "cannot make the mailbox's condition");
    if (pthread_mutex_init(&box->lock, NULL) != 0) {
        pthread_cond_destroy(&box->filled);
        return sk_fail(err, SK_EINTERNAL, "cannot make the mailbox's lock");
    }
    return SK_OK;
}

sk_mailbox *sk_mailbox_new(size_t capacity, sk_error *err)
{
    sk_mailbox *box = sk_calloc(1, sizeof(*box));

    if (!box || (box->items = sk_calloc(capacity, sizeof(void *))) == NULL) {
        sk_fail(err, SK_ENOMEM, "out of memory for a mailbox of %zu", capacity);
        sk_free(box);
        return NULL;
    }
    box->capacity = capacity;
    box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (box->fd < 0) {
        sk_fail(err, SK_EIO, "cannot make an eventfd: %s", strerrordesc_np(errno));
        goto fail;
    }
    if (init_locks(box, err) == SK_OK)
        return box;
    close(box->fd);
fail:
    sk_free(box->items);
    sk_free(box);
    return NULL;
}

void sk_mailbox_free(sk_mailbox *mailbox)
{
    if (!mailbox)
        return;
    close(mailbox->fd);
    pthread_cond_destroy(&mailbox->filled);
    pthread_mutex_destroy(&mailbox->lock);
    sk_free(mailbox->items);
    sk_free(mailbox);
}

/* A nonblocking eventfd that holds 0 or 1 takes these 8 bytes or already says the same. */
static void raise_locked(sk_mailbox *box)
{
    uint64_t one = 1;

    while (write(box->fd, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
}

static void lower_locked(sk_mailbox *box)
{
    uint64_t value = 0;

    while (read(box->fd, &value, sizeof(value)) < 0 && errno == EINTR) {
    }
}

sk_status sk_mailbox_post(sk_mailbox *mailbox, void *item)
{
    sk_status st = SK_OK;

    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->closed) {
        st = SK_ECONFLICT;
    } else if (mailbox->count == mailbox->capacity) {
        st = SK_EBUSY;
    } else {
        mailbox->items[(mailbox->head + mailbox->count) % mailbox->capacity] = item;
        if (mailbox->count++ == 0) {
            raise_locked(mailbox);
            pthread_cond_signal(&mailbox->filled);
        }
    }
    pthread_mutex_unlock(&mailbox->lock);
    return st;
}

static void wait_locked(sk_mailbox *box, int timeout_ms)
{
    struct timespec until;
    int code = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ms > 0) {
        until.tv_sec += timeout_ms / 1000;
        until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
    }
    while (box->count == 0 && !box->closed && code == 0) {
        if (timeout_ms < 0)
            code = pthread_cond_wait(&box->filled, &box->lock);
        else
            code = pthread_cond_timedwait(&box->filled, &box->lock, &until);
    }
}

size_t sk_mailbox_take(sk_mailbox *mailbox, void **out_items, size_t max, int timeout_ms)
{
    size_t taken = 0;

    if (max == 0)
        return 0;
    pthread_mutex_lock(&mailbox->lock);
    if (timeout_ms != 0)
        wait_locked(mailbox, timeout_ms);
    while (taken < max && mailbox->count > 0) {
        out_items[taken++] = mailbox->items[mailbox->head];
        mailbox->head = (mailbox->head + 1) % mailbox->capacity;
        mailbox->count--;
    }
    if (taken > 0 && mailbox->count == 0)
        lower_locked(mailbox);
    pthread_mutex_unlock(&mailbox->lock);
    return taken;
}

void sk_mailbox_close(sk_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    pthread_cond_broadcast(&mailbox->filled);
    pthread_mutex_unlock(&mailbox->lock);
}

bool sk_mailbox_closed(sk_mailbox *mailbox)
{
    bool closed = false;

    pthread_mutex_lock(&mailbox->lock);
    closed = mailbox->closed;
    pthread_mutex_unlock(&mailbox->lock);
    return closed;
}

int sk_mailbox_fd(const sk_mailbox *mailbox)
{
    return mailbox->fd;
}

size_t sk_mailbox_count(sk_mailbox *mailbox)
{
    size_t count = 0;

    pthread_mutex_lock(&mailbox->lock);
    count = mailbox->count;
    pthread_mutex_unlock(&mailbox->lock);
    return count;
}
