/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Messages on their way: taken by channels, reported on, listed, sent anew.
 *
 *     PLANNED --take--> SENDING --SENT--> SENT
 *        ^                | |  \--REFUSED, or the last RETRY--> DEAD --retryMessage--> PLANNED
 *        \-----lease------/ \---RETRY---> PLANNED, later
 *
 * A channel that dies between taking and reporting gets the same message again, with the same id
 * and the next attempt; the engine itself gives none to two at a time. */

#define TAKE_USUAL 16
#define TAKE_MAX 64
#define DIGEST_MAX 50 /**< Messages of one digest. */
#define LEASE_USUAL_MS (60 * 1000)
#define LEASE_MAX_MS (600 * 1000)

/* ---- Taking ---- */

static void start_sending(sk_engine *e, uint32_t index, uint64_t delivery, int64_t lease_ms)
{
    notice *m = &e->notices->items[index];

    m->state = SK_MESSAGE_SENDING;
    m->attempts++;
    m->delivery = delivery;
    m->changed_ms = e->now_ms;
    m->due_ms = e->now_ms + lease_ms;
    if (delivery == m->number && due_push(e, m->due_ms, DUE_LEASE, index) != SK_OK)
        e->failed = true;
    notice_put(e, index);
}

/** It stays PLANNED: its words could not be put together, or it may not go yet. */
static void put_back(sk_engine *e, uint32_t index, uint32_t from)
{
    if (lane_push(e, index) != SK_OK || lane_idle(e, from) != SK_OK)
        e->failed = true;
}

/** What is asked once more of a message that is about to go: true when it may. */
static sk_status may_go(sk_engine *e, uint32_t index, bool *out, sk_error *err)
{
    notice *m = &e->notices->items[index];
    uint32_t from = m->lane, to = from;
    int64_t due_ms = m->due_ms;
    sk_status st = SK_OK;

    *out = false;
    if (notice_stand_in(e, index, &to) != SK_OK)
        return sk_fail(err, SK_ENOMEM, "no memory for messages");
    m = &e->notices->items[index];
    if (to != from) {
        notice_move(e, index, to);
    } else if ((st = notice_pace(e, m, e->now_ms, true, err)) != SK_OK) {
        return st;
    } else if (m->due_ms <= e->now_ms) {
        m->due_ms = due_ms;
        *out = true;
        return SK_OK;
    }
    m->changed_ms = e->now_ms;
    notice_put(e, index);
    put_back(e, index, from);
    return SK_OK;
}

/** The others of its lane that are collected and due: they go with it. */
static sk_status gather_digest(sk_engine *e, uint32_t index, u32_list *out)
{
    notices *n = e->notices;
    const lane *l = &n->lanes[n->items[index].lane];

    if (list_push(out, index) != SK_OK)
        return SK_ENOMEM;
    if (!notice_is_collected(e, &n->items[index]))
        return SK_OK;
    for (uint32_t i = l->newest; i != SK_NO_NOTICE && out->count < DIGEST_MAX;
         i = n->items[i].next_in_lane) {
        const notice *m = &n->items[i];

        if (i != index && m->state == SK_MESSAGE_PLANNED && m->due_ms <= e->now_ms &&
            notice_is_collected(e, m) && list_push(out, i) != SK_OK)
            return SK_ENOMEM;
    }
    if (out->count > 2)
        qsort(out->items + 1, out->count - 1, sizeof(uint32_t), compare_u32);
    return SK_OK;
}

static sk_status compose_all(sk_engine *e, const u32_list *list, sk_arena *arena, sk_delivery *out,
                             sk_error *err)
{
    sk_str *ids = sk_arena_calloc(arena, list->count, sizeof(*ids));
    sk_status st = ids ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for messages");

    for (size_t i = 0; i < list->count && st == SK_OK; i++) {
        sk_delivery one;

        st = letter_compose(e, &e->notices->items[list->items[i]], arena, i ? &one : out, err);
        if (st != SK_OK)
            break;
        ids[i] = i ? one.id : out->id;
        if (i)
            out->text =
                sk_arena_printf(arena, "%.*s\n\n%.*s", SK_STR_ARG(out->text), SK_STR_ARG(one.text));
        if (!out->text.data)
            st = sk_fail(err, SK_ELIMIT, "too much at once; take fewer messages");
    }
    if (st == SK_OK && list->count > 1)
        out->message_ids = (sk_strs){ids, list->count};
    return st;
}

static sk_status send_all(sk_engine *e, uint32_t index, const sk_take *take, sk_arena *arena,
                          sk_delivery *out, sk_error *err)
{
    uint32_t number = e->notices->items[index].lane;
    u32_list list = {0};
    char id[16];
    sk_status st = gather_digest(e, index, &list);

    st = st == SK_OK ? compose_all(e, &list, arena, out, err)
                     : sk_fail(err, st, "no memory for messages");
    for (size_t i = 0; i < list.count && st == SK_OK; i++)
        start_sending(e, list.items[i], e->notices->items[index].number, take->lease_ms);
    if (st == SK_OK && list.count > 1)
        st = lane_rebuild(e, number);
    sk_free(list.items);
    if (st != SK_OK) {
        put_back(e, index, number);
        return st;
    }
    out->attempt = e->notices->items[index].attempts;
    audit(e, "message.taken", notice_id(e->notices->items[index].number, id));
    return SK_OK;
}

/** `*out_changed`: something was written, though nothing may go. */
static sk_status take_due(sk_engine *e, uint32_t channel, const sk_take *take, sk_arena *arena,
                          sk_delivery *items, size_t *out_count, bool *out_changed, sk_error *err)
{
    sk_status st = SK_OK;

    while (*out_count < take->limit) {
        uint32_t index = queue_take(e, channel, e->now_ms);
        bool may = false;

        if (index == SK_NO_NOTICE)
            return SK_OK;
        *out_changed = true;
        if ((st = may_go(e, index, &may, err)) != SK_OK)
            return command_broken(e, st);
        if (!may)
            continue;
        if ((st = send_all(e, index, take, arena, &items[*out_count], err)) != SK_OK)
            return *out_count ? SK_OK : st;
        (*out_count)++;
    }
    return SK_OK;
}

static sk_status check_take(sk_take *take, sk_error *err)
{
    if (!sk_trait_valid(take->channel))
        return sk_fail_field(err, SK_EINVAL, "channel",
                             "the name of a channel: 1 to 64 of a-z 0-9 . and hyphen");
    if (take->limit > TAKE_MAX)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most %d", TAKE_MAX);
    if (take->lease_ms > LEASE_MAX_MS)
        return sk_fail_field(err, SK_EINVAL, "leaseMs", "at most %d", LEASE_MAX_MS);
    take->limit = take->limit ? take->limit : TAKE_USUAL;
    take->lease_ms = take->lease_ms ? take->lease_ms : LEASE_USUAL_MS;
    return SK_OK;
}

sk_status sk_engine_take_messages(sk_engine *e, const sk_actor *actor, const sk_take *given,
                                  sk_arena *arena, const sk_delivery **out, size_t *out_count,
                                  int64_t *out_next_ms, sk_error *err)
{
    sk_take take = *given;
    sk_call call = {.actor = actor};
    sk_delivery *items;
    sk_receipt receipt;
    size_t count = 0;
    uint32_t channel;
    bool changed = false;
    sk_status st = require_right(actor, RIGHT_CHANNEL, err);

    if (st != SK_OK || (st = check_take(&take, err)) != SK_OK)
        return st;
    if (!(items = sk_arena_calloc(arena, take.limit, sizeof(*items))))
        return sk_fail(err, SK_ENOMEM, "no memory for messages");
    if ((st = command_begin(e, &call, &receipt, err)) != SK_OK)
        return st;
    channel = sk_intern_find(e->words, take.channel);
    st = take_due(e, channel, &take, arena, items, &count, &changed, err);
    if (e->failed)
        return st;
    if (changed) {
        sk_status wrote = command_commit(e, SK_STR(""), 0, false, &receipt, err);

        st = wrote == SK_OK ? st : wrote;
    } else {
        command_cancel(e);
    }
    if (st != SK_OK)
        return st;
    *out_next_ms = queue_next(e, channel);
    *out = items;
    *out_count = count;
    return SK_OK;
}

/* ---- Reporting ---- */

/** How long to wait after so many attempts in vain, at least one; INT64_MAX: no more. */
static int64_t back_off(uint32_t failures)
{
    static const int64_t minutes[SK_FAILURES_MAX - 1] = {1, 5, 30, 120, 360, 720, 1440};

    return failures < SK_FAILURES_MAX ? minutes[failures - 1] * SK_MINUTE_MS : INT64_MAX;
}

static sk_status settle_one(sk_engine *e, uint32_t index, const sk_report *report, sk_error *err)
{
    notice *m = &e->notices->items[index];
    bool held = m->state == SK_MESSAGE_SENDING;
    sk_str reason = report->reason.size ? report->reason : SK_STR("failed");
    const char *gone = notice_gone(e, m);
    sk_status st = SK_OK;
    int64_t wait_ms;

    /* The end of its lease was counted already. */
    if (report->outcome == SK_OUTCOME_RETRY && held)
        m->failures++;
    wait_ms = back_off(m->failures ? m->failures : 1);
    m->changed_ms = e->now_ms;
    m->reason = report->outcome == SK_OUTCOME_SENT ? 0 : sk_intern_add(e->words, reason);
    if (report->outcome == SK_OUTCOME_SENT) {
        m->state = SK_MESSAGE_SENT;
        m->sent_ms = m->due_ms = e->now_ms;
        notice_emit(e, m, "message.sent", SK_STR(""));
    } else if (report->outcome == SK_OUTCOME_REFUSED || wait_ms == INT64_MAX) {
        m->state = SK_MESSAGE_DEAD;
        notice_emit(e, m, "message.dead", reason);
    } else if (held && gone) {
        m->state = SK_MESSAGE_CANCELLED;
        m->reason = sk_intern_add(e->words, sk_str_from(gone));
        notice_emit(e, m, "message.cancelled", sk_str_from(gone));
    } else if (held) {
        m->state = SK_MESSAGE_PLANNED;
        st = notice_pace(e, m, e->now_ms + wait_ms, true, err);
        if (st == SK_OK)
            st = lane_push(e, index);
    }
    notice_put(e, index);
    return st;
}

/** All that were taken together. */
static sk_status settle(sk_engine *e, uint32_t index, const sk_report *report, sk_error *err)
{
    notices *n = e->notices;
    uint32_t number = n->items[index].lane;
    bool held = n->items[index].state == SK_MESSAGE_SENDING;
    u32_list list = {0};
    sk_status st = held ? notice_delivery(e, index, &list) : list_push(&list, index);

    for (size_t i = 0; i < list.count && st == SK_OK; i++)
        st = settle_one(e, list.items[i], report, err);
    sk_free(list.items);
    if (st == SK_OK && held)
        st = lane_idle(e, number);
    /* Its budget shrank. */
    if (st == SK_OK && report->outcome == SK_OUTCOME_SENT)
        st =
            notices_settle(e, (sk_recipient)n->lanes[number].kind, n->lanes[number].recipient, err);
    return st;
}

static sk_status check_report(const sk_engine *e, const sk_report *report, uint32_t *out_index,
                              sk_error *err)
{
    uint32_t index = notice_find(e, report->id);
    const notice *m;

    if (report->outcome < SK_OUTCOME_SENT || report->outcome > SK_OUTCOME_REFUSED)
        return sk_fail_field(err, SK_EINVAL, "outcome", "SENT, RETRY or REFUSED");
    if (report->reason.size && !sk_id_valid(report->reason))
        return sk_fail_field(err, SK_EINVAL, "reason",
                             "one word of 1-64 of A-Z a-z 0-9 . _ : -, nothing about people");
    if (index == SK_NO_NOTICE)
        return sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such message");
    m = &e->notices->items[index];
    if (m->attempts != report->attempt)
        return sk_fail_field(err, SK_ECONFLICT, "attempt",
                             "the message is at attempt %u; this report changes nothing",
                             m->attempts);
    /* A report that comes after the lease still counts, as long as nobody took the message anew. */
    if (m->attempts == 0 || m->delivery != m->number ||
        (m->state != SK_MESSAGE_SENDING && m->state != SK_MESSAGE_PLANNED))
        return sk_fail_field(err, SK_ECONFLICT, "id",
                             "the message is %s already; this report changes nothing",
                             sk_message_state_name((sk_message_state)m->state));
    *out_index = index;
    return SK_OK;
}

sk_status sk_engine_report_message(sk_engine *e, const sk_call *call, const sk_report *report,
                                   sk_receipt *out, sk_error *err)
{
    uint32_t index = SK_NO_NOTICE;
    sk_status st = require_right(call->actor, RIGHT_CHANNEL, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = check_report(e, report, &index, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    if ((st = settle(e, index, report, err)) != SK_OK)
        return command_broken(e, st);
    return command_commit(e, report->id, report->attempt, false, out, err);
}

/* ---- Listing ---- */

typedef struct wanted {
    uint32_t party, connector, suggestion, rule; /**< 0 and SK_NONE: any. */
    uint32_t states;
} wanted;

static bool actor_sees(const sk_engine *e, const sk_actor *actor, const notice *m)
{
    uint32_t slot = m->about == ABOUT_PAIRING ? e->pairings[m->subject].demand : m->subject;
    const sk_facts *f = sk_index_facts(e->index, slot);

    return actor_covers(actor, sk_intern_str(e->words, f->buurt), sk_intern_str(e->words, f->wijk),
                        sk_intern_str(e->words, f->gemeente));
}

static bool fits(const sk_engine *e, const sk_actor *actor, const wanted *w, const notice *m)
{
    const lane *l = &e->notices->lanes[m->lane];

    if (m->gone || !(w->states & (1u << m->state)) || (w->rule && m->rule != w->rule))
        return false;
    if (w->party && (l->kind != SK_RECIPIENT_PARTY || l->recipient != w->party))
        return false;
    if (w->connector && (l->kind != SK_RECIPIENT_CONNECTOR || l->recipient != w->connector))
        return false;
    if (w->suggestion != SK_NONE && (m->about != ABOUT_PAIRING || m->subject != w->suggestion))
        return false;
    return actor_sees(e, actor, m);
}

/** False: a word that no message has. */
static bool find_word(const sk_engine *e, sk_str text, uint32_t *out)
{
    *out = text.size ? sk_intern_find(e->words, text) : 0;
    return !text.size || *out;
}

static sk_status read_page(const sk_engine *e, const u32_list *found, sk_arena *arena,
                           sk_notice_page *out, sk_error *err)
{
    sk_notice *items = sk_arena_calloc(arena, found->count, sizeof(*items));
    char(*ids)[3][16] = sk_arena_calloc(arena, found->count, sizeof(*ids));

    if (!items || !ids)
        return sk_fail(err, SK_ENOMEM, "no memory for a page");
    for (size_t i = 0; i < found->count; i++)
        notice_record(e, &e->notices->items[found->items[i]], ids[i], &items[i]);
    out->items = items;
    out->count = found->count;
    return SK_OK;
}

static sk_status list_page(const sk_engine *e, const sk_actor *actor, const wanted *w,
                           const sk_notice_filter *filter, sk_arena *arena, sk_notice_page *out,
                           sk_error *err)
{
    const notices *n = e->notices;
    uint32_t limit = filter->limit ? filter->limit : 50, after = notice_find(e, filter->after);
    size_t i = filter->after.size && after != SK_NO_NOTICE ? after + (size_t)1 : 0;
    u32_list found = {0};
    bool more = false;
    sk_status st = SK_OK;

    for (; i < n->count && st == SK_OK && !more; i++) {
        if (!fits(e, actor, w, &n->items[i]))
            continue;
        more = found.count == limit;
        if (!more)
            st = list_push(&found, (uint32_t)i);
    }
    if (st == SK_OK)
        st = read_page(e, &found, arena, out, err);
    sk_free(found.items);
    if (st == SK_OK)
        out->next = more ? out->items[out->count - 1].id : SK_STR("");
    return st;
}

sk_status sk_engine_list_messages(sk_engine *e, const sk_actor *actor,
                                  const sk_notice_filter *filter, sk_arena *arena,
                                  sk_notice_page *out, sk_error *err)
{
    wanted w = {.states = filter->states ? filter->states : UINT32_MAX, .suggestion = SK_NONE};
    sk_status st = question_begin(e, actor, RIGHT_MESSAGES, err);

    if (st != SK_OK)
        return st;
    if (filter->limit > 256)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 256");
    if (filter->after.size && notice_find(e, filter->after) == SK_NO_NOTICE)
        return sk_fail_field(err, SK_EINVAL, "after", "give the `next` of the page before");
    if (filter->suggestion_id.size) {
        w.suggestion = pairing_find(e, filter->suggestion_id);
        if (w.suggestion == SK_NONE)
            return sk_fail_field(err, SK_ENOTFOUND, "suggestionId", "there is no such suggestion");
    }
    if (filter->party_id.size && sk_index_party_find(e->index, filter->party_id) == SK_NO_SLOT)
        return sk_fail_field(err, SK_ENOTFOUND, "partyId", "there is no such party");
    if (filter->connector_id.size && !connector_find(e, filter->connector_id))
        return sk_fail_field(err, SK_ENOTFOUND, "connectorId", "there is no such connector");
    *out = (sk_notice_page){.next = SK_STR("")};
    if (!find_word(e, filter->party_id, &w.party) ||
        !find_word(e, filter->connector_id, &w.connector) || !find_word(e, filter->rule, &w.rule))
        return SK_OK;
    return list_page(e, actor, &w, filter, arena, out, err);
}

/* ---- Sending anew ---- */

static sk_status check_retry(const sk_engine *e, const sk_actor *actor, sk_str id,
                             uint32_t *out_index, sk_error *err)
{
    const notice *m;
    const char *gone;

    *out_index = notice_find(e, id);
    if (*out_index == SK_NO_NOTICE)
        return sk_fail_field(err, SK_ENOTFOUND, "id", "there is no such message");
    m = &e->notices->items[*out_index];
    if (!actor_sees(e, actor, m))
        return sk_fail(err, SK_EDENIED, "this message is outside the areas of this token");
    if (m->state != SK_MESSAGE_DEAD)
        return sk_fail_field(err, SK_ECONFLICT, "id", "only a DEAD message is sent anew; it is %s",
                             sk_message_state_name((sk_message_state)m->state));
    if ((gone = notice_gone(e, m)))
        return sk_fail_field(err, SK_ECONFLICT, "id", "what it tells of is gone: %s", gone);
    return SK_OK;
}

sk_status sk_engine_retry_message(sk_engine *e, const sk_call *call, sk_str id, sk_receipt *out,
                                  sk_error *err)
{
    uint32_t index = SK_NO_NOTICE;
    notice *m;
    sk_status st = require_right(call->actor, RIGHT_MESSAGES, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = check_retry(e, call->actor, id, &index, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    m = &e->notices->items[index];
    m->state = SK_MESSAGE_PLANNED;
    m->failures = 0;
    m->reason = 0;
    m->changed_ms = e->now_ms;
    if ((st = notice_pace(e, m, e->now_ms, true, err)) != SK_OK || lane_push(e, index) != SK_OK)
        return command_broken(e, st == SK_OK ? SK_ENOMEM : st);
    notice_emit(e, m, "message.retried", SK_STR(""));
    notice_put(e, index);
    audit(e, "message.retried", id);
    return command_commit(e, id, 0, false, out, err);
}
