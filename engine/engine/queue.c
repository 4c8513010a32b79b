/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* What goes next on each channel.
 *
 *   channel -> heap of (when, lane) -> lane -> heap of messages by (dueAt, id)
 *
 * Of one recipient and channel one message is SENDING at a time, so a lane stands in its channel's
 * heap only while it is idle. Entries are never searched for: one that says another time than its
 * lane's first message, or whose lane is busy, is dropped when it comes up. So is, in a lane, a
 * message that is not PLANNED any more; its time does not change while it lies there. */

/* ---- A lane's messages ---- */

static bool goes_before(const notices *n, uint32_t a, uint32_t b)
{
    const notice *x = &n->items[a], *y = &n->items[b];

    return x->due_ms != y->due_ms ? x->due_ms < y->due_ms : x->number < y->number;
}

static void lane_sink(const notices *n, lane *l, uint32_t i, uint32_t index)
{
    for (;;) {
        uint32_t child = 2 * i + 1;

        if (child >= l->count)
            break;
        if (child + 1 < l->count && goes_before(n, l->heap[child + 1], l->heap[child]))
            child++;
        if (!goes_before(n, l->heap[child], index))
            break;
        l->heap[i] = l->heap[child];
        i = child;
    }
    l->heap[i] = index;
}

static void lane_pop(const notices *n, lane *l)
{
    uint32_t last = l->heap[--l->count];

    if (l->count)
        lane_sink(n, l, 0, last);
}

/** The first message that is still PLANNED, or SK_NO_NOTICE. */
static uint32_t lane_head(const notices *n, lane *l)
{
    while (l->count && n->items[l->heap[0]].state != SK_MESSAGE_PLANNED)
        lane_pop(n, l);
    return l->count ? l->heap[0] : SK_NO_NOTICE;
}

static sk_status lane_grow(lane *l)
{
    void *items = l->heap;
    size_t capacity = l->capacity;

    if (!sk_grow(&items, &capacity, l->count + (size_t)1, sizeof(uint32_t)))
        return SK_ENOMEM;
    l->heap = items;
    l->capacity = (uint32_t)capacity;
    return SK_OK;
}

sk_status lane_push(sk_engine *e, uint32_t index)
{
    notices *n = e->notices;
    uint32_t number = n->items[index].lane, i;
    lane *l = &n->lanes[number];

    if (l->count == l->capacity && lane_grow(l) != SK_OK)
        return SK_ENOMEM;
    i = l->count++;
    while (i > 0 && goes_before(n, index, l->heap[(i - 1) / 2])) {
        l->heap[i] = l->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    l->heap[i] = index;
    return i == 0 ? lane_offer(e, number) : SK_OK;
}

static void lane_order(const notices *n, lane *l)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < l->count; i++)
        if (n->items[l->heap[i]].state == SK_MESSAGE_PLANNED)
            l->heap[kept++] = l->heap[i];
    l->count = kept;
    for (uint32_t i = kept / 2; i-- > 0;)
        lane_sink(n, l, i, l->heap[i]);
}

sk_status lane_rebuild(sk_engine *e, uint32_t number)
{
    lane_order(e->notices, &e->notices->lanes[number]);
    return lane_offer(e, number);
}

/* ---- A channel's lanes ---- */

static bool entry_before(const queue_entry *a, const queue_entry *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->number < b->number;
}

static queue *queue_of(notices *n, uint32_t channel)
{
    for (size_t i = 0; i < n->queue_count; i++)
        if (n->queues[i].channel == channel)
            return &n->queues[i];
    return NULL;
}

static queue *queue_ensure(notices *n, uint32_t channel)
{
    queue *q = queue_of(n, channel);
    void *items = n->queues;

    if (q)
        return q;
    if (!sk_grow(&items, &n->queue_capacity, n->queue_count + 1, sizeof(queue)))
        return NULL;
    n->queues = items;
    q = &n->queues[n->queue_count++];
    *q = (queue){.channel = channel};
    return q;
}

static void queue_sink(queue *q, size_t i, queue_entry entry)
{
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= q->count)
            break;
        if (child + 1 < q->count && entry_before(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!entry_before(&q->heap[child], &entry))
            break;
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = entry;
}

static void queue_pop(queue *q)
{
    queue_entry last = q->heap[--q->count];

    if (q->count)
        queue_sink(q, 0, last);
}

static sk_status queue_push(queue *q, queue_entry entry)
{
    void *items = q->heap;
    size_t i;

    if (!sk_grow(&items, &q->capacity, q->count + 1, sizeof(queue_entry)))
        return SK_ENOMEM;
    q->heap = items;
    i = q->count++;
    while (i > 0 && entry_before(&entry, &q->heap[(i - 1) / 2])) {
        q->heap[i] = q->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    q->heap[i] = entry;
    return SK_OK;
}

static queue_entry entry_of(const notices *n, uint32_t head)
{
    const notice *first = &n->items[head];

    return (queue_entry){first->due_ms, first->number, first->lane};
}

/** The entry on top that means something, or NULL. */
static const queue_entry *queue_head(notices *n, queue *q)
{
    while (q->count) {
        lane *l = &n->lanes[q->heap[0].lane];
        uint32_t head = l->sending == SK_NO_NOTICE ? lane_head(n, l) : SK_NO_NOTICE;

        if (head != SK_NO_NOTICE && n->items[head].due_ms == q->heap[0].due_ms &&
            n->items[head].number == q->heap[0].number)
            return &q->heap[0];
        queue_pop(q);
        /* Its first message may have been cancelled: it stands by the next one then. The entry that
         * was popped has left room. */
        if (head != SK_NO_NOTICE)
            queue_push(q, entry_of(n, head));
    }
    return NULL;
}

sk_status lane_offer(sk_engine *e, uint32_t number)
{
    notices *n = e->notices;
    lane *l = &n->lanes[number];
    uint32_t head = l->sending == SK_NO_NOTICE ? lane_head(n, l) : SK_NO_NOTICE;
    queue *q;

    if (head == SK_NO_NOTICE)
        return SK_OK;
    if (!(q = queue_ensure(n, l->channel)))
        return SK_ENOMEM;
    return queue_push(q, entry_of(n, head));
}

sk_status lane_idle(sk_engine *e, uint32_t number)
{
    e->notices->lanes[number].sending = SK_NO_NOTICE;
    return lane_offer(e, number);
}

uint32_t queue_take(sk_engine *e, uint32_t channel, int64_t now_ms)
{
    notices *n = e->notices;
    queue *q = queue_of(n, channel);
    const queue_entry *first = q ? queue_head(n, q) : NULL;
    uint32_t index;
    lane *l;

    if (!first || first->due_ms > now_ms)
        return SK_NO_NOTICE;
    l = &n->lanes[first->lane];
    queue_pop(q);
    index = l->heap[0];
    lane_pop(n, l);
    l->sending = index;
    return index;
}

int64_t queue_next(sk_engine *e, uint32_t channel)
{
    queue *q = queue_of(e->notices, channel);
    const queue_entry *first = q ? queue_head(e->notices, q) : NULL;

    return first ? first->due_ms : INT64_MAX;
}
