/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* Pacing as the engine asks for it: the question of pacing.c put together from the rule set, from
 * what a party prefers and from what was sent to it.
 *
 * It is asked when a message is planned, again when the party's preferences change, something was
 * sent to it or a connector's absence changes, and once more when a channel takes it, since rules
 * and clocks may have moved meanwhile. */

/* ---- What a party prefers ---- */

static bool prefers_nothing(const sk_preferences *p)
{
    return p->channel.size == 0 && !p->has_quiet && !p->max_per_day && !p->max_per_week &&
           !p->quiet_days && !p->pause_until_ms && !p->has_digest;
}

sk_status party_prefers(sk_engine *e, uint32_t slot, const sk_party *party)
{
    const sk_preferences *p = &party->preferences;
    notices *n = e->notices;
    uint32_t at = e->parties[slot].likes;
    void *items = n->likes;

    if (prefers_nothing(p)) {
        e->parties[slot].likes = 0;
        return SK_OK;
    }
    if (!at && !sk_grow(&items, &n->likes_capacity, n->likes_count + 1, sizeof(likes)))
        return SK_ENOMEM;
    n->likes = items;
    at = at ? at : (uint32_t)++n->likes_count;
    n->likes[at - 1] = (likes){.channel = p->channel.size ? sk_intern_add(e->words, p->channel) : 0,
                               .max_per_day = p->max_per_day,
                               .max_per_week = p->max_per_week,
                               .pause_until_ms = p->pause_until_ms,
                               .has_quiet = p->has_quiet,
                               .quiet_from_min = p->quiet_from_min,
                               .quiet_to_min = p->quiet_to_min,
                               .quiet_days = p->quiet_days,
                               .has_digest = p->has_digest,
                               .digest_min = p->digest_min};
    e->parties[slot].likes = at;
    return p->channel.size && !n->likes[at - 1].channel ? SK_ENOMEM : SK_OK;
}

const likes *party_likes(const sk_engine *e, uint32_t party)
{
    uint32_t at = e->parties[party].likes;

    return at ? &e->notices->likes[at - 1] : NULL;
}

static const likes *likes_of_lane(const sk_engine *e, const lane *l)
{
    uint32_t party = l->kind == SK_RECIPIENT_PARTY
                         ? sk_index_party_find(e->index, sk_intern_str(e->words, l->recipient))
                         : SK_NO_SLOT;

    return party == SK_NO_SLOT ? NULL : party_likes(e, party);
}

static bool is_console(const sk_engine *e, const lane *l)
{
    return sk_str_eq(sk_intern_str(e->words, l->channel), SK_STR("console"));
}

/* ---- The question ---- */

static sk_status add_sent(notices *n, int64_t at_ms)
{
    void *items = n->sent;

    if (!sk_grow(&items, &n->sent_capacity, n->sent_count + 1, sizeof(int64_t)))
        return SK_ENOMEM;
    n->sent = items;
    n->sent[n->sent_count++] = at_ms;
    return SK_OK;
}

/** What the party got of late, and what is on its way; a digest counts as one. */
static sk_status gather_sent(sk_engine *e, const lane *of)
{
    notices *n = e->notices;
    uint32_t l = notice_first_lane(e, of->recipient);

    n->sent_count = 0;
    for (; l != SK_NO_NOTICE; l = n->lanes[l].next_of_recipient) {
        if (n->lanes[l].kind != of->kind || is_console(e, &n->lanes[l]))
            continue;
        for (uint32_t i = n->lanes[l].newest; i != SK_NO_NOTICE; i = n->items[i].next_in_lane) {
            const notice *m = &n->items[i];
            bool sending = m->state == SK_MESSAGE_SENDING;

            if ((sending || m->sent_ms) && m->delivery == m->number &&
                add_sent(n, sending ? m->changed_ms : m->sent_ms) != SK_OK)
                return SK_ENOMEM;
        }
    }
    return SK_OK;
}

static void ask_rules(const sk_engine *e, const sk_notify_info *block, pace_question *q)
{
    const sk_pacing *p = sk_ruleset_pacing(e->rules);

    if (!(block->breaks & SK_BREAKS_QUIET))
        q->quiet[0] = (pace_quiet){p->has_quiet, p->quiet_from_min, p->quiet_to_min, p->quiet_days};
    if (!(block->breaks & SK_BREAKS_BUDGET)) {
        q->day_most[0] = p->max_per_day;
        q->week_most[0] = p->max_per_week;
    }
}

static void ask_party(const likes *own, pace_question *q)
{
    if (!own)
        return;
    q->quiet[1] =
        (pace_quiet){own->has_quiet, own->quiet_from_min, own->quiet_to_min, own->quiet_days};
    q->day_most[1] = own->max_per_day;
    q->week_most[1] = own->max_per_week;
    q->pause_until_ms = own->pause_until_ms;
}

static void ask_digest(const sk_notify_info *block, const likes *own, pace_question *q)
{
    if (own && own->has_digest) {
        q->has_digest = true;
        q->digest_min = own->digest_min;
    } else if (block->has_digest && !(block->breaks & SK_BREAKS_DIGEST)) {
        q->has_digest = true;
        q->digest_min = block->digest_min;
        q->digest_days = block->digest_days;
    }
}

bool notice_is_collected(const sk_engine *e, const notice *m)
{
    const lane *l = &e->notices->lanes[m->lane];
    const sk_notify_info *block = notify_block(e, m);
    pace_question q = {0};

    if (block)
        ask_digest(block, is_console(e, l) ? NULL : likes_of_lane(e, l), &q);
    return q.has_digest;
}

/** Nobody is there for an absent connector without a substitute. */
static int64_t absent_until(const sk_engine *e, const lane *l)
{
    const sk_connector *c;

    if (l->kind != SK_RECIPIENT_CONNECTOR)
        return 0;
    c = connector_find(e, sk_intern_str(e->words, l->recipient));
    return c && !connector_present(e, c) ? c->absent_until_ms : 0;
}

sk_status notice_pace(sk_engine *e, notice *m, int64_t from_ms, bool collected, sk_error *err)
{
    notices *n = e->notices;
    const lane *l = &n->lanes[m->lane];
    const sk_notify_info *block = notify_block(e, m);
    pace_question q = {.from_ms = from_ms, .absent_until_ms = absent_until(e, l)};
    bool spared = l->kind != SK_RECIPIENT_ROLE && !is_console(e, l);
    const likes *own = spared ? likes_of_lane(e, l) : NULL;
    pace_hold hold = PACE_FREE;
    sk_status st = SK_OK;

    if (!block) {
        m->due_ms = from_ms;
        return SK_OK;
    }
    if (spared)
        ask_rules(e, block, &q);
    if (l->kind != SK_RECIPIENT_PARTY)
        q.day_most[0] = q.week_most[0] = 0;
    ask_party(own, &q);
    if (!collected)
        ask_digest(block, own, &q);
    if (q.day_most[0] || q.day_most[1] || q.week_most[0] || q.week_most[1]) {
        if (gather_sent(e, l) != SK_OK)
            return sk_fail(err, SK_ENOMEM, "no memory for messages");
        q.sent_ms = n->sent;
        q.sent_count = n->sent_count;
    }
    if ((st = pace_first(e->calendar, &q, &m->due_ms, &hold, err)) == SK_OK)
        m->held = (uint8_t)hold;
    return st;
}

/* ---- Asking anew ---- */

static sk_status settle_lane(sk_engine *e, uint32_t number, sk_error *err)
{
    notices *n = e->notices;
    sk_status st = SK_OK;

    for (uint32_t i = n->lanes[number].newest; i != SK_NO_NOTICE && st == SK_OK;
         i = n->items[i].next_in_lane) {
        notice *m = &n->items[i];
        notice before = *m;
        /* What waits for another attempt waits on. */
        int64_t from_ms = m->failures && m->due_ms > e->now_ms ? m->due_ms : e->now_ms;
        bool due = m->due_ms <= e->now_ms;

        if (m->state != SK_MESSAGE_PLANNED)
            continue;
        st = notice_pace(e, m, from_ms, due || m->failures, err);
        if (m->due_ms <= e->now_ms && due)
            m->due_ms = before.due_ms;
        if (m->due_ms != before.due_ms || m->held != before.held)
            notice_put(e, i);
    }
    return st == SK_OK ? lane_rebuild(e, number) : st;
}

sk_status notices_settle(sk_engine *e, sk_recipient kind, uint32_t recipient, sk_error *err)
{
    notices *n = e->notices;
    uint32_t l = notice_first_lane(e, recipient);
    sk_status st = SK_OK;

    for (; l != SK_NO_NOTICE && st == SK_OK; l = n->lanes[l].next_of_recipient)
        if (n->lanes[l].kind == kind)
            st = settle_lane(e, l, err);
    return st;
}

/** Somebody is absent or back: what waits for a connector may go, or has to wait. */
sk_status notices_settle_connectors(sk_engine *e, sk_error *err)
{
    notices *n = e->notices;
    sk_status st = SK_OK;

    if (n->live == 0)
        return SK_OK;
    command_begin_own(e);
    for (uint32_t l = 0; l < n->lane_count && st == SK_OK; l++)
        if (n->lanes[l].kind == SK_RECIPIENT_CONNECTOR)
            st = settle_lane(e, l, err);
    if (st != SK_OK)
        return command_broken(e, st);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

/* ---- Substitutes ---- */

/** The lane of who stands in for an absent connector now; the message's own otherwise. */
sk_status notice_stand_in(sk_engine *e, uint32_t index, uint32_t *out_lane)
{
    const notice *m = &e->notices->items[index];
    const lane *l = &e->notices->lanes[m->lane];
    const sk_connector *c = NULL, *in = NULL;

    *out_lane = m->lane;
    if (l->kind == SK_RECIPIENT_CONNECTOR)
        c = connector_find(e, sk_intern_str(e->words, l->recipient));
    in = c ? connector_present(e, c) : NULL;
    if (!in || in == c)
        return SK_OK;
    return notice_lane(e, SK_RECIPIENT_CONNECTOR, sk_intern_find(e->words, in->id), l->channel,
                       out_lane);
}
