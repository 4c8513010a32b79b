/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>
#include <stdlib.h>

/* Messages in memory: everything that their record on disk says, but as numbers, so that a change
 * writes the record without reading it. Appended in order of creation; an erased one leaves a hole
 * until the next start. */

/* ---- Ids ---- */

sk_str notice_id(uint64_t number, char out[16])
{
    int size = snprintf(out, 16, "m%012llu", (unsigned long long)(number % 1000000000000ull));

    return (sk_str){out, (size_t)size};
}

static bool notice_number(sk_str id, uint64_t *out)
{
    char as_pairing[16];

    if (id.size != 13 || id.data[0] != 'm')
        return false;
    memcpy(as_pairing, id.data, id.size);
    as_pairing[0] = 's';
    return pairing_number((sk_str){as_pairing, id.size}, out);
}

size_t notice_from(const sk_engine *e, uint64_t number)
{
    const notices *n = e->notices;
    size_t lo = 0, hi = n->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (n->items[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint32_t notice_find(const sk_engine *e, sk_str id)
{
    const notices *n = e->notices;
    uint64_t number;
    size_t at;

    if (!notice_number(id, &number))
        return SK_NO_NOTICE;
    at = notice_from(e, number);
    if (at < n->count && n->items[at].number == number && !n->items[at].gone)
        return (uint32_t)at;
    return SK_NO_NOTICE;
}

/* ---- Records ---- */

static sk_str recipient_id(const sk_engine *e, const lane *l)
{
    return sk_intern_str(e->words, l->recipient);
}

void notice_record(const sk_engine *e, const notice *n, char id[3][16], sk_notice *out)
{
    const lane *l = &e->notices->lanes[n->lane];

    *out = (sk_notice){.id = notice_id(n->number, id[0]),
                       .recipient_kind = (sk_recipient)l->kind,
                       .recipient_id = recipient_id(e, l),
                       .channel = sk_intern_str(e->words, l->channel),
                       .rule = sk_intern_str(e->words, n->rule),
                       .rules_hash = sk_intern_str(e->words, n->hash),
                       .on = sk_str_from(sk_on_name((sk_on)n->on)),
                       .state = (sk_message_state)n->state,
                       .created_ms = n->created_ms,
                       .due_ms = n->due_ms,
                       .changed_ms = n->changed_ms,
                       .sent_ms = n->sent_ms,
                       .attempts = n->attempts,
                       .failures = n->failures,
                       .reason = sk_intern_str(e->words, n->reason)};
    out->held_by = sk_str_from(pace_word((pace_hold)n->held));
    if (n->delivery)
        out->delivery_id = notice_id(n->delivery, id[2]);
    if (n->about == ABOUT_PAIRING)
        out->suggestion_id = pairing_id(e->pairings[n->subject].number, id[1]);
    else
        out->listing_id = sk_index_id(e->index, n->subject);
}

void notice_put(sk_engine *e, uint32_t index)
{
    char ids[3][16];
    sk_notice record;

    notice_record(e, &e->notices->items[index], ids, &record);
    sk_batch_put_notice(e->cmd.batch, &record);
}

void notice_emit(sk_engine *e, const notice *n, const char *type, sk_str detail)
{
    const lane *l = &e->notices->lanes[n->lane];
    char ids[3][16];
    sk_notice record;
    sk_event event = {.type = sk_str_from(type), .detail = detail};

    notice_record(e, n, ids, &record);
    event.message_id = record.id;
    event.suggestion_id = record.suggestion_id;
    event.listing_id = record.listing_id;
    event.rules_hash = record.rules_hash;
    if (l->kind == SK_RECIPIENT_PARTY)
        event.party_id = record.recipient_id;
    emit_event(e, &event);
}

/* ---- Chains ---- */

static sk_status head_ensure(uint32_t **heads, size_t *capacity, uint32_t at)
{
    void *items = *heads;
    size_t before = *capacity;

    if (at < *capacity)
        return SK_OK;
    if (!sk_grow(&items, capacity, at + (size_t)1, sizeof(uint32_t)))
        return SK_ENOMEM;
    *heads = items;
    memset(*heads + before, 0, (*capacity - before) * sizeof(uint32_t));
    return SK_OK;
}

static uint32_t *subject_head(notices *n, notice_about about, uint32_t subject)
{
    uint32_t **heads = about == ABOUT_PAIRING ? &n->of_pairing : &n->of_listing;
    size_t *capacity = about == ABOUT_PAIRING ? &n->pairing_capacity : &n->listing_capacity;

    return head_ensure(heads, capacity, subject) == SK_OK ? &(*heads)[subject] : NULL;
}

uint32_t notice_newest(const sk_engine *e, notice_about about, uint32_t subject)
{
    const notices *n = e->notices;
    const uint32_t *heads = about == ABOUT_PAIRING ? n->of_pairing : n->of_listing;
    size_t capacity = about == ABOUT_PAIRING ? n->pairing_capacity : n->listing_capacity;

    return subject < capacity && heads[subject] ? heads[subject] - 1 : SK_NO_NOTICE;
}

/** First lane of a recipient's word; lanes of one word may be of another kind. */
uint32_t notice_first_lane(const sk_engine *e, uint32_t word)
{
    const notices *n = e->notices;

    return word < n->recipient_capacity && n->of_recipient[word] ? n->of_recipient[word] - 1
                                                                 : SK_NO_NOTICE;
}

sk_status notice_lane(sk_engine *e, sk_recipient kind, uint32_t recipient, uint32_t channel,
                      uint32_t *out_lane)
{
    notices *n = e->notices;
    void *items = n->lanes;
    uint32_t i = notice_first_lane(e, recipient);

    for (; i != SK_NO_NOTICE; i = n->lanes[i].next_of_recipient)
        if (n->lanes[i].kind == kind && n->lanes[i].channel == channel)
            break;
    if (i == SK_NO_NOTICE) {
        if (head_ensure(&n->of_recipient, &n->recipient_capacity, recipient) != SK_OK ||
            !sk_grow(&items, &n->lane_capacity, n->lane_count + 1, sizeof(lane)))
            return SK_ENOMEM;
        n->lanes = items;
        i = (uint32_t)n->lane_count++;
        n->lanes[i] = (lane){.recipient = recipient,
                             .channel = channel,
                             .kind = (uint8_t)kind,
                             .next_of_recipient = notice_first_lane(e, recipient),
                             .newest = SK_NO_NOTICE,
                             .sending = SK_NO_NOTICE};
        n->of_recipient[recipient] = i + 1;
    }
    *out_lane = i;
    return SK_OK;
}

sk_status notice_add(sk_engine *e, const notice *given, uint32_t *out_index)
{
    notices *n = e->notices;
    void *items = n->items;
    uint32_t index = (uint32_t)n->count, *head;
    notice *added;

    if (!(head = subject_head(n, (notice_about)given->about, given->subject)) ||
        !sk_grow(&items, &n->capacity, n->count + 1, sizeof(notice)))
        return SK_ENOMEM;
    n->items = items;
    added = &n->items[index];
    *added = *given;
    added->next_of_subject = *head ? *head - 1 : SK_NO_NOTICE;
    *head = index + 1;
    added->next_in_lane = n->lanes[given->lane].newest;
    n->lanes[given->lane].newest = index;
    n->count++;
    n->live++;
    *out_index = index;
    if (given->state == SK_MESSAGE_PLANNED)
        return lane_push(e, index);
    if (given->state != SK_MESSAGE_SENDING)
        return SK_OK;
    if (given->delivery != given->number) /* Of a digest, whose first message stands for all. */
        return SK_OK;
    n->lanes[given->lane].sending = index;
    return due_push(e, given->due_ms, DUE_LEASE, index);
}

static void lane_unlink(notices *n, uint32_t index);

void notice_move(sk_engine *e, uint32_t index, uint32_t lane_number)
{
    notices *n = e->notices;
    notice *m = &n->items[index];
    uint32_t *link = &n->lanes[lane_number].newest;

    lane_unlink(n, index);
    /* Chains of lanes run from the newest down. */
    while (*link != SK_NO_NOTICE && *link > index)
        link = &n->items[*link].next_in_lane;
    m->next_in_lane = *link;
    *link = index;
    m->lane = lane_number;
}

sk_status notice_delivery(const sk_engine *e, uint32_t index, u32_list *out)
{
    const notices *n = e->notices;
    const notice *first = &n->items[index];

    for (uint32_t i = n->lanes[first->lane].newest; i != SK_NO_NOTICE; i = n->items[i].next_in_lane)
        if (n->items[i].state == first->state && n->items[i].delivery == first->number &&
            list_push(out, i) != SK_OK)
            return SK_ENOMEM;
    for (size_t i = 0; i < out->count / 2; i++) {
        uint32_t swapped = out->items[i];

        out->items[i] = out->items[out->count - 1 - i];
        out->items[out->count - 1 - i] = swapped;
    }
    return SK_OK;
}

/* ---- Going ---- */

static void chain_drop(notices *n, uint32_t *head, uint32_t index, bool of_subject)
{
    uint32_t *link = NULL, at = *head ? *head - 1 : SK_NO_NOTICE;

    while (at != SK_NO_NOTICE && at != index) {
        link = of_subject ? &n->items[at].next_of_subject : &n->items[at].next_in_lane;
        at = *link;
    }
    if (at == SK_NO_NOTICE)
        return;
    at = of_subject ? n->items[index].next_of_subject : n->items[index].next_in_lane;
    if (link)
        *link = at;
    else
        *head = at == SK_NO_NOTICE ? 0 : at + 1;
}

static void lane_unlink(notices *n, uint32_t index)
{
    lane *l = &n->lanes[n->items[index].lane];
    uint32_t first = l->newest == SK_NO_NOTICE ? 0 : l->newest + 1;

    chain_drop(n, &first, index, false);
    l->newest = first ? first - 1 : SK_NO_NOTICE;
}

/** The first message of a digest goes while it is being sent: the others wait again. */
static void release_others(sk_engine *e, uint32_t index)
{
    notices *n = e->notices;
    u32_list list = {0};

    if (notice_delivery(e, index, &list) != SK_OK)
        e->failed = true;
    for (size_t i = 0; i < list.count; i++) {
        notice *m = &n->items[list.items[i]];

        if (list.items[i] == index)
            continue;
        m->state = SK_MESSAGE_PLANNED;
        m->due_ms = m->changed_ms = e->now_ms;
        notice_put(e, list.items[i]);
        if (lane_push(e, list.items[i]) != SK_OK)
            e->failed = true;
    }
    sk_free(list.items);
}

static void notice_remove(sk_engine *e, uint32_t index)
{
    notices *n = e->notices;
    notice *gone = &n->items[index];
    lane *l = &n->lanes[gone->lane];
    uint32_t *head = subject_head(n, (notice_about)gone->about, gone->subject);
    char id[16];

    if (l->sending == index)
        release_others(e, index);
    sk_batch_delete_notice(e->cmd.batch, notice_id(gone->number, id));
    if (head)
        chain_drop(n, head, index, true);
    lane_unlink(n, index);
    gone->gone = true;
    gone->state = SK_MESSAGE_NONE;
    n->live--;
    if (l->sending == index && lane_idle(e, gone->lane) != SK_OK)
        e->failed = true;
}

/** An erasure takes it along; what was still to be told is told off. */
static void notice_erase(sk_engine *e, uint32_t index)
{
    const notice *n = &e->notices->items[index];

    if (n->state == SK_MESSAGE_PLANNED)
        notice_emit(e, n, "message.cancelled", SK_STR("erased"));
    notice_remove(e, index);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void erase_in_order(sk_engine *e, u32_list *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof(uint32_t), compare_numbers);
    for (size_t i = 0; i < list->count; i++)
        notice_erase(e, list->items[i]);
    sk_free(list->items);
}

void notices_erase_subject(sk_engine *e, notice_about about, uint32_t subject)
{
    u32_list list = {0};
    uint32_t i = notice_newest(e, about, subject);

    for (; i != SK_NO_NOTICE; i = e->notices->items[i].next_of_subject)
        if (list_push(&list, i) != SK_OK)
            e->failed = true;
    erase_in_order(e, &list);
}

void notices_erase_party(sk_engine *e, uint32_t party)
{
    const notices *n = e->notices;
    u32_list list = {0};
    uint32_t l = notice_first_lane(e, sk_index_party(e->index, party)->id);

    for (; l != SK_NO_NOTICE; l = n->lanes[l].next_of_recipient) {
        if (n->lanes[l].kind != SK_RECIPIENT_PARTY)
            continue;
        for (uint32_t i = n->lanes[l].newest; i != SK_NO_NOTICE; i = n->items[i].next_in_lane)
            if (list_push(&list, i) != SK_OK)
                e->failed = true;
    }
    erase_in_order(e, &list);
}

void notices_expire(sk_engine *e)
{
    notices *n = e->notices;

    for (size_t i = 0; i < n->count; i++) {
        const notice *old = &n->items[i];

        if (e->now_ms - old->created_ms < SK_NOTICE_LIFE_MS)
            break;
        if (!old->gone && old->state >= SK_MESSAGE_SENT &&
            e->now_ms - old->changed_ms >= SK_NOTICE_LIFE_MS)
            notice_remove(e, (uint32_t)i);
    }
}

/* ---- Loading ---- */

static sk_status find_subject(const sk_engine *e, const sk_notice *r, notice *n, sk_error *err)
{
    n->about = r->suggestion_id.size ? ABOUT_PAIRING : ABOUT_LISTING;
    n->subject = n->about == ABOUT_PAIRING ? pairing_find(e, r->suggestion_id)
                                           : sk_index_find(e->index, r->listing_id);
    if (n->subject == SK_NONE)
        return sk_fail(err, SK_ECORRUPT, "message %.*s is about something that is not there",
                       SK_STR_ARG(r->id));
    return SK_OK;
}

static sk_status load_notice(void *context, const sk_notice *r, sk_error *err)
{
    sk_engine *e = context;
    notice n = {.created_ms = r->created_ms,
                .changed_ms = r->changed_ms,
                .sent_ms = r->sent_ms,
                .due_ms = r->due_ms,
                .rule = sk_intern_add(e->words, r->rule),
                .hash = sk_intern_add(e->words, r->rules_hash),
                .reason = r->reason.size ? sk_intern_add(e->words, r->reason) : 0,
                .attempts = r->attempts,
                .failures = (uint8_t)r->failures,
                .state = (uint8_t)r->state,
                .on = (uint8_t)sk_on_from(r->on)};
    uint32_t recipient = sk_intern_add(e->words, r->recipient_id);
    uint32_t channel = sk_intern_add(e->words, r->channel), index;
    sk_status st = find_subject(e, r, &n, err);

    if (st != SK_OK)
        return st;
    while (n.held < PACE_HOLDS - 1 && !sk_str_eq(sk_str_from(pace_word(n.held)), r->held_by))
        n.held++;
    if (!notice_number(r->id, &n.number) ||
        (r->delivery_id.size && !notice_number(r->delivery_id, &n.delivery)) ||
        n.state < SK_MESSAGE_PLANNED || n.state > SK_MESSAGE_DEAD)
        return sk_fail(err, SK_ECORRUPT, "%.*s is no message", SK_STR_ARG(r->id));
    if (!n.rule || !n.hash || (r->reason.size && !n.reason) || !recipient || !channel ||
        notice_lane(e, r->recipient_kind, recipient, channel, &n.lane) != SK_OK ||
        notice_add(e, &n, &index) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for messages");
    return SK_OK;
}

sk_status load_notices(sk_engine *e, sk_error *err)
{
    notify_use_rules(e);
    return sk_store_each_notice(e->store, load_notice, e, err);
}

void notices_done(notices *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->lane_count; i++)
        sk_free(n->lanes[i].heap);
    for (size_t i = 0; i < n->queue_count; i++)
        sk_free(n->queues[i].heap);
    sk_free(n->lanes);
    sk_free(n->queues);
    sk_free(n->items);
    sk_free(n->of_pairing);
    sk_free(n->of_listing);
    sk_free(n->of_recipient);
    sk_free(n->likes);
    sk_free(n->sent);
    sk_free(n->told);
    sk_free(n);
}

/* ---- Checking ---- */

static bool lane_holds(const lane *l, uint32_t index)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->heap[i] == index)
            return true;
    return false;
}

sk_status notices_check(const sk_engine *e, sk_error *err)
{
    const notices *n = e->notices;
    size_t live = 0;
    char id[16];

    for (size_t i = 0; i < n->count; i++) {
        const notice *m = &n->items[i];
        const lane *l = &n->lanes[m->lane];

        if (m->gone)
            continue;
        live++;
        if (m->state == SK_MESSAGE_PLANNED && !lane_holds(l, (uint32_t)i))
            return sk_fail(err, SK_EINTERNAL, "message %.*s waits in no lane",
                           SK_STR_ARG(notice_id(m->number, id)));
        if ((m->state == SK_MESSAGE_SENDING && m->delivery == m->number) != (l->sending == i))
            return sk_fail(err, SK_EINTERNAL, "message %.*s: its lane says otherwise",
                           SK_STR_ARG(notice_id(m->number, id)));
        if (m->state == SK_MESSAGE_PLANNED && notice_gone(e, m))
            return sk_fail(err, SK_EINTERNAL, "message %.*s waits without a reason",
                           SK_STR_ARG(notice_id(m->number, id)));
    }
    return live == n->live ? SK_OK : sk_fail(err, SK_EINTERNAL, "messages were counted wrongly");
}
