/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A bounded queue of pointers: many threads post, one takes. Wakes its reader through an eventfd.
 */
typedef struct sk_mailbox sk_mailbox;

sk_mailbox *sk_mailbox_new(size_t capacity, sk_error *err);
void sk_mailbox_free(sk_mailbox *mailbox);
/** SK_EBUSY when full, SK_ECONFLICT once closed. Thread: any. */
sk_status sk_mailbox_post(sk_mailbox *mailbox, void *item);
/** Take up to `max` items, waiting at most `timeout_ms` (-1: for ever) for the first.
 *  0 items: time out, or closed and empty. Thread: reader. */
size_t sk_mailbox_take(sk_mailbox *mailbox, void **out_items, size_t max, int timeout_ms);
/** No more posts; the reader gets what is left. Thread: any. */
void sk_mailbox_close(sk_mailbox *mailbox);
bool sk_mailbox_closed(sk_mailbox *mailbox);
/** Readable while items wait; for an event loop. */
int sk_mailbox_fd(const sk_mailbox *mailbox);
size_t sk_mailbox_count(sk_mailbox *mailbox);
