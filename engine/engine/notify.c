/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <math.h>

/* Step 4 of a command (docs/notifications.md): who is told of what.
 *
 * While the command runs, its events about suggestions and listings are noted (`told`). At its end
 * the messages about each of them that lost their reason are cancelled, and then the blocks of the
 * rule set are asked, event by event. Without blocks and without messages nothing is noted. */

/* ---- Noting ---- */

static bool is_idle(const sk_engine *e)
{
    return !e->notices || !e->rules ||
           (e->notices->live == 0 && sk_ruleset_about(e->rules)->notify_count == 0);
}

static bool find_subject(const sk_engine *e, const sk_event *event, told *out)
{
    uint32_t slot;

    if (sk_str_starts(event->type, SK_STR("suggestion."))) {
        out->about = ABOUT_PAIRING;
        return pairing_number(event->suggestion_id, &out->number);
    }
    if (!sk_str_starts(event->type, SK_STR("listing.")))
        return false;
    slot = sk_index_find(e->index, event->listing_id);
    out->about = ABOUT_LISTING;
    out->number = slot;
    return slot != SK_NO_SLOT;
}

void notify_told(sk_engine *e, const sk_event *event)
{
    told noted = {.on = (uint8_t)sk_on_from(event->type), .distance_m = (double)NAN};
    notices *n = e->notices;
    void *items;

    if (is_idle(e) || !find_subject(e, event, &noted))
        return;
    items = n->told;
    if (!sk_grow(&items, &n->told_capacity, n->told_count + 1, sizeof(told))) {
        e->failed = true;
        return;
    }
    n->told = items;
    n->told[n->told_count++] = noted;
}

void notify_told_values(sk_engine *e, const sk_pair_values *values)
{
    notices *n = e->notices;
    told *last;

    if (is_idle(e) || n->told_count == 0)
        return;
    last = &n->told[n->told_count - 1];
    last->distance_m = values->distance_m;
    last->overlap_min = values->overlap_min;
    last->longest_min = values->longest_min;
    last->closeness = values->closeness;
}

/* ---- Reasons ---- */

#define IN(state) (1u << (state))

/** In which states of a suggestion a message about it still stands. */
static const uint32_t stands_in[SK_ON_COUNT_] = {
    [SK_ON_CREATED] = IN(SK_STATE_PROPOSED) | IN(SK_STATE_PARKED),
    [SK_ON_ACCEPTED] = IN(SK_STATE_ACCEPTED) | IN(SK_STATE_INTRODUCED) | IN(SK_STATE_CONNECTED),
    [SK_ON_INTRODUCED] = IN(SK_STATE_INTRODUCED) | IN(SK_STATE_CONNECTED),
    [SK_ON_DECLINED] = IN(SK_STATE_DECLINED),
    [SK_ON_REJECTED] = IN(SK_STATE_REJECTED),
    [SK_ON_CONNECTED] = IN(SK_STATE_CONNECTED),
};

static const char *state_word(sk_state state)
{
    static const char *const words[] = {"",          "proposed",  "accepted",  "rejected",
                                        "parked",    "withdrawn", "expired",   "introduced",
                                        "connected", "declined",  "completed", "ended"};

    return words[state];
}

const sk_notify_info *notify_block(const sk_engine *e, const notice *m)
{
    const notices *n = e->notices;

    for (uint32_t i = 0; i < sk_ruleset_about(e->rules)->notify_count; i++) {
        const sk_notify_info *block = sk_ruleset_notify(e->rules, i);

        if (n->rule_words[i] == m->rule && block->on == (sk_on)m->on)
            return block;
    }
    return NULL;
}

const char *notice_gone(const sk_engine *e, const notice *m)
{
    if (!notify_block(e, m))
        return "rules";
    if (m->about == ABOUT_LISTING)
        return sk_index_facts(e->index, m->subject)->status == SK_LISTING_EXPIRED ? NULL
                                                                                  : "renewed";
    if (stands_in[m->on] & IN(e->pairings[m->subject].state))
        return NULL;
    return state_word((sk_state)e->pairings[m->subject].state);
}

static void cancel(sk_engine *e, uint32_t index, const char *reason)
{
    notice *m = &e->notices->items[index];

    m->state = SK_MESSAGE_CANCELLED;
    m->changed_ms = e->now_ms;
    m->reason = sk_intern_add(e->words, sk_str_from(reason));
    if (!m->reason)
        e->failed = true;
    notice_put(e, index);
    notice_emit(e, m, "message.cancelled", sk_str_from(reason));
}

/** Oldest first: the chain is walked to its end and back. */
static void cancel_chain(sk_engine *e, uint32_t index)
{
    const notice *m;
    const char *reason;

    if (index == SK_NO_NOTICE)
        return;
    cancel_chain(e, e->notices->items[index].next_of_subject);
    m = &e->notices->items[index];
    reason = m->state == SK_MESSAGE_PLANNED ? notice_gone(e, m) : NULL;
    if (reason)
        cancel(e, index, reason);
}

/* ---- Planning ---- */

/** What an event is about, as rules see it. */
typedef struct subject {
    notice_about about;
    uint32_t index; /**< Pairing or listing slot. */
    uint32_t party[2];
    bool known[2]; /**< By side. */
    uint32_t connector;
    sk_pair pair;
    unsigned knows;
} subject;

static sk_status read_values(sk_engine *e, const told *t, subject *s, sk_error *err)
{
    sk_suggestion room;
    const sk_suggestion *record = NULL;
    sk_status st;

    if (t->on == SK_ON_CREATED) {
        s->pair.distance_m = t->distance_m;
        s->pair.overlap_min = t->overlap_min;
        s->pair.longest_min = t->longest_min;
        s->pair.closeness = t->closeness;
        return SK_OK;
    }
    if ((st = record_peek(e, s->index, &room, &record, err)) != SK_OK)
        return st;
    s->pair.distance_m = record->values.distance_m;
    s->pair.overlap_min = record->values.overlap_min;
    s->pair.longest_min = record->values.longest_min;
    s->pair.closeness = record->values.closeness;
    return SK_OK;
}

static sk_status fill_pair(sk_engine *e, const told *t, subject *s, sk_error *err)
{
    const pairing *p = &e->pairings[s->index];

    s->pair.need = sk_index_facts(e->index, p->demand);
    s->pair.offer = sk_index_facts(e->index, p->supply);
    s->party[SK_DEMAND] = s->pair.need->party;
    s->party[SK_SUPPLY] = s->pair.offer->party;
    s->known[SK_DEMAND] = s->known[SK_SUPPLY] = true;
    s->connector = p->assignee;
    s->knows = SK_KNOWS_NEED | SK_KNOWS_OFFER | SK_KNOWS_PAIR;
    return read_values(e, t, s, err);
}

static void fill_listing(sk_engine *e, subject *s)
{
    const sk_facts *f = sk_index_facts(e->index, s->index);
    sk_side side = sk_kind_side((sk_kind)f->kind);

    /* The other side is not read: see sk_ruleset_notify_holds. */
    s->pair.need = s->pair.offer = f;
    s->party[SK_DEMAND] = s->party[SK_SUPPLY] = f->party;
    s->known[side] = true;
    s->connector = assign_connector(e, f);
    s->knows = side == SK_DEMAND ? SK_KNOWS_NEED : SK_KNOWS_OFFER;
}

/** Word of who is to be told, and the channel that he prefers; 0: nobody. */
static uint32_t recipient_of(sk_engine *e, const subject *s, sk_to to, sk_recipient *out_kind,
                             uint32_t *out_channel)
{
    sk_side side = to == SK_TO_NEED_PARTY ? SK_DEMAND : SK_SUPPLY;
    const likes *own;

    *out_channel = 0;
    switch (to) {
    case SK_TO_CONNECTOR:
        *out_kind = SK_RECIPIENT_CONNECTOR;
        return s->connector;
    case SK_TO_NEED_PARTY:
    case SK_TO_OFFER_PARTY:
        *out_kind = SK_RECIPIENT_PARTY;
        own = party_likes(e, s->party[side]);
        *out_channel = own ? own->channel : 0;
        return s->known[side] ? sk_index_party(e->index, s->party[side])->id : 0;
    default:
        *out_kind = SK_RECIPIENT_ROLE;
        return sk_intern_add(e->words, to == SK_TO_ADMIN ? SK_STR("admin") : SK_STR("rule_author"));
    }
}

/** The same rule told the same recipient of the same thing already. */
static bool was_told(const sk_engine *e, const notice *given)
{
    const notices *n = e->notices;
    const lane *l = &n->lanes[given->lane];
    uint32_t i = notice_newest(e, (notice_about)given->about, given->subject);

    for (; i != SK_NO_NOTICE; i = n->items[i].next_of_subject) {
        const notice *m = &n->items[i];
        const lane *other = &n->lanes[m->lane];

        if (m->rule == given->rule && other->recipient == l->recipient && other->kind == l->kind &&
            m->state != SK_MESSAGE_CANCELLED)
            return true;
    }
    return false;
}

static sk_str usual_channel(const sk_engine *e, const sk_notify_info *block)
{
    return block->channel.size ? block->channel : sk_ruleset_pacing(e->rules)->channel;
}

static sk_status plan_one(sk_engine *e, const subject *s, uint32_t block_index, sk_error *err)
{
    const sk_notify_info *block = sk_ruleset_notify(e->rules, block_index);
    notice m = {.number = e->last_event + 1,
                .created_ms = e->now_ms,
                .changed_ms = e->now_ms,
                .due_ms = e->now_ms,
                .subject = s->index,
                .about = (uint8_t)s->about,
                .on = (uint8_t)block->on,
                .state = SK_MESSAGE_PLANNED,
                .rule = e->notices->rule_words[block_index],
                .hash = e->notices->rule_hash};
    sk_recipient kind = SK_RECIPIENT_NONE;
    uint32_t channel, index, recipient = recipient_of(e, s, block->to, &kind, &channel);
    sk_status st;

    if (!recipient)
        return SK_OK;
    if (!channel)
        channel = sk_intern_add(e->words, usual_channel(e, block));
    if (!channel || notice_lane(e, kind, recipient, channel, &m.lane) != SK_OK)
        return SK_ENOMEM;
    if (was_told(e, &m) || notice_gone(e, &m))
        return SK_OK;
    if ((st = notice_pace(e, &m, e->now_ms, false, err)) != SK_OK)
        return st;
    if (notice_add(e, &m, &index) != SK_OK)
        return SK_ENOMEM;
    notice_emit(e, &m, "message.planned", block->name);
    notice_put(e, index);
    return SK_OK;
}

static sk_status plan(sk_engine *e, const told *t, subject *s, sk_error *err)
{
    uint32_t holds;
    sk_status st = SK_OK;

    if (s->about == ABOUT_LISTING)
        fill_listing(e, s);
    else if ((st = fill_pair(e, t, s, err)) != SK_OK)
        return st;
    s->pair.need_party = sk_index_party(e->index, s->party[SK_DEMAND]);
    s->pair.offer_party = sk_index_party(e->index, s->party[SK_SUPPLY]);
    holds = sk_ruleset_notify_holds(e->rules, e->now_ms, (sk_on)t->on, &s->pair, s->knows);
    for (uint32_t i = 0; holds >> i && st == SK_OK; i++)
        if (holds & UINT32_C(1) << i)
            st = plan_one(e, s, i, err);
    return st;
}

/** False: an erasure took it. */
static bool still_there(const sk_engine *e, const told *t, subject *s)
{
    size_t at;

    s->about = (notice_about)t->about;
    s->index = (uint32_t)t->number;
    if (t->about == ABOUT_LISTING)
        return sk_index_facts(e->index, s->index) != NULL;
    at = pairing_from(e, t->number);
    s->index = (uint32_t)at;
    return at < e->pairing_count && e->pairings[at].number == t->number && !e->pairings[at].erased;
}

/** What waits and is of no block of the rule set that is active now. */
static void cancel_blockless(sk_engine *e)
{
    notices *n = e->notices;

    for (size_t i = 0; i < n->count; i++)
        if (n->items[i].state == SK_MESSAGE_PLANNED && !notify_block(e, &n->items[i]))
            cancel(e, (uint32_t)i, "rules");
    n->rules_changed = false;
}

sk_status notify_step(sk_engine *e, sk_error *err)
{
    notices *n = e->notices;
    sk_status st = SK_OK;
    subject s;

    if (!e->rules) /* At opening, before anything else is loaded. */
        return SK_OK;
    if (n->rules_changed)
        cancel_blockless(e);
    for (size_t i = 0; i < n->told_count; i++)
        if (still_there(e, &n->told[i], &s))
            cancel_chain(e, notice_newest(e, s.about, s.index));
    for (size_t i = 0; i < n->told_count && st == SK_OK; i++) {
        s = (subject){.about = ABOUT_PAIRING};
        if (sk_ruleset_notify_on(e->rules, (sk_on)n->told[i].on) && still_there(e, &n->told[i], &s))
            st = plan(e, &n->told[i], &s, err);
    }
    n->told_count = 0;
    return st;
}

/* ---- Another rule set ---- */

void notify_use_rules(sk_engine *e)
{
    notices *n = e->notices;
    const sk_ruleset_info *about = sk_ruleset_about(e->rules);

    n->rule_hash = sk_intern_add(e->words, sk_str_from(about->hash));
    for (uint32_t i = 0; i < about->notify_count; i++) {
        n->rule_words[i] = sk_intern_add(e->words, sk_ruleset_notify(e->rules, i)->name);
        if (!n->rule_words[i])
            e->failed = true;
    }
    n->rules_changed = true;
}

/* ---- Leases ---- */

static sk_status lease_of_one_ends(sk_engine *e, uint32_t index)
{
    notice *m = &e->notices->items[index];
    const char *gone = notice_gone(e, m);

    m->changed_ms = m->due_ms = e->now_ms;
    m->failures++;
    if (gone) {
        cancel(e, index, gone);
        return SK_OK;
    }
    m->state = m->failures >= SK_FAILURES_MAX ? SK_MESSAGE_DEAD : SK_MESSAGE_PLANNED;
    if (m->state == SK_MESSAGE_DEAD) {
        m->reason = sk_intern_add(e->words, SK_STR("lease"));
        notice_emit(e, m, "message.dead", SK_STR("lease"));
    }
    notice_put(e, index);
    return m->state == SK_MESSAGE_PLANNED ? lane_push(e, index) : SK_OK;
}

sk_status lease_ends(sk_engine *e, uint32_t index, sk_error *err)
{
    u32_list list = {0};
    uint32_t lane_number = e->notices->items[index].lane;
    sk_status st = notice_delivery(e, index, &list);

    for (size_t i = 0; i < list.count && st == SK_OK; i++)
        st = lease_of_one_ends(e, list.items[i]);
    sk_free(list.items);
    if (st == SK_OK)
        st = lane_idle(e, lane_number);
    return st == SK_OK ? SK_OK : sk_fail(err, st, "no memory for messages");
}
