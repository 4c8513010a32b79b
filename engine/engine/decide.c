/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* What people decide about suggestions. Each decision names the version that it saw: of two who
 * decide at once the second is refused and learns who was first. */

#define MAX_REASON 500
#define MAX_APPOINTMENTS 64

typedef struct decision_rule {
    uint32_t from; /**< Bit per state. */
    sk_state to;
    const char *event;
    right needs;
    bool reason;
    const char *verb;
} decision_rule;

#define IN(state) (1u << (state))
#define OPEN (IN(SK_STATE_PROPOSED) | IN(SK_STATE_PARKED))

static const decision_rule rules[] = {
    [SK_DECIDE_ACCEPT] = {OPEN, SK_STATE_ACCEPTED, "suggestion.accepted", RIGHT_DECIDE, false,
                          "accept"},
    [SK_DECIDE_REJECT] = {OPEN, SK_STATE_REJECTED, "suggestion.rejected", RIGHT_DECIDE, true,
                          "reject"},
    [SK_DECIDE_PARK] = {OPEN, SK_STATE_PARKED, "suggestion.parked", RIGHT_DECIDE, false, "park"},
    [SK_DECIDE_INTRODUCE] = {IN(SK_STATE_ACCEPTED), SK_STATE_INTRODUCED, "suggestion.introduced",
                             RIGHT_DECIDE, false, "introduce"},
    [SK_DECIDE_YES] = {IN(SK_STATE_INTRODUCED), SK_STATE_CONNECTED, "suggestion.connected",
                       RIGHT_ANSWER, false, "say yes to"},
    [SK_DECIDE_DECLINE] = {IN(SK_STATE_ACCEPTED) | IN(SK_STATE_INTRODUCED), SK_STATE_DECLINED,
                           "suggestion.declined", RIGHT_ANSWER, true, "decline"},
    [SK_DECIDE_COMPLETE] = {IN(SK_STATE_CONNECTED), SK_STATE_COMPLETED, "suggestion.completed",
                            RIGHT_DECIDE, false, "complete"},
    [SK_DECIDE_END] = {IN(SK_STATE_CONNECTED), SK_STATE_ENDED, "suggestion.ended", RIGHT_DECIDE,
                       false, "end"},
};

/* ---- Finding and refusing ---- */

/** Who took the last step, in words for this actor: only those who decide learn names. */
static sk_str by_whom(const sk_engine *e, const sk_actor *actor, const sk_suggestion *s)
{
    sk_str by = s->step_count ? s->steps[s->step_count - 1].by : SK_STR("");
    sk_str name = SK_STR("");

    if (by.size == 0)
        return SK_STR("the engine");
    if (require_right(actor, RIGHT_DECIDE, NULL) == SK_OK)
        name = token_called(e, by, e->cmd.arena);
    return name.size ? name : sk_arena_printf(e->cmd.arena, "token %.*s", SK_STR_ARG(by));
}

/** Who was first, for the one who comes second. */
static sk_status conflict(const sk_engine *e, const sk_actor *actor, const sk_suggestion *s,
                          const char *what, sk_error *err)
{
    sk_str by = by_whom(e, actor, s);
    char at[32];

    return sk_fail_field(err, SK_ECONFLICT, "version",
                         "%s: it became %s at %.*s and is at version %llu, by %.*s", what,
                         sk_state_name(s->state), SK_STR_ARG(sk_time_format(s->updated_ms, at)),
                         (unsigned long long)s->version, SK_STR_ARG(by));
}

static sk_status find(sk_engine *e, const sk_actor *actor, sk_str id, uint64_t version,
                      uint32_t *out_index, sk_error *err)
{
    uint32_t index = pairing_find(e, id);
    const sk_facts *demand;
    sk_suggestion *s;
    sk_status st;

    if (index == SK_NONE)
        return sk_fail_field(err, SK_ENOTFOUND, "suggestionId", "there is no such suggestion");
    demand = sk_index_facts(e->index, e->pairings[index].demand);
    if (!actor_covers(actor, sk_intern_str(e->words, demand->buurt),
                      sk_intern_str(e->words, demand->wijk),
                      sk_intern_str(e->words, demand->gemeente)))
        return sk_fail(err, SK_EDENIED, "this suggestion is outside the areas of this token");
    if ((st = record_of(e, index, &s, err)) != SK_OK)
        return st;
    if (s->version != version)
        return conflict(e, actor, s, "somebody was first", err);
    *out_index = index;
    return SK_OK;
}

static sk_status check_appointments(const sk_appointment *list, size_t count, sk_error *err)
{
    if (count > MAX_APPOINTMENTS)
        return sk_fail_field(err, SK_EINVAL, "appointments", "at most %d", MAX_APPOINTMENTS);
    for (size_t i = 0; i < count; i++)
        if (list[i].start_ms < 0 || list[i].end_ms > SK_TIME_MAX_MS ||
            list[i].end_ms <= list[i].start_ms || list[i].end_ms - list[i].start_ms > SK_DAY_MS)
            return sk_fail_field(err, SK_EINVAL, "appointments",
                                 "appointment %zu must end after it starts, within 24 hours",
                                 i + 1);
    return SK_OK;
}

/** The accepted pair that took the last place, for the message. */
static sk_status no_room(sk_engine *e, uint32_t listing, sk_error *err)
{
    char id[16];

    for (uint32_t i = e->listings[listing].newest; i != SK_NONE; i = pairing_next(e, i, listing)) {
        sk_state state = (sk_state)e->pairings[i].state;

        if (state == SK_STATE_ACCEPTED || state == SK_STATE_INTRODUCED ||
            state == SK_STATE_CONNECTED || state == SK_STATE_COMPLETED)
            return sk_fail_field(err, SK_ECONFLICT, "suggestionId",
                                 "listing %.*s has no place left: suggestion %.*s is %s",
                                 SK_STR_ARG(sk_index_id(e->index, listing)),
                                 SK_STR_ARG(pairing_id(e->pairings[i].number, id)),
                                 sk_state_name(state));
    }
    return sk_fail_field(err, SK_ECONFLICT, "suggestionId", "listing %.*s has no place left",
                         SK_STR_ARG(sk_index_id(e->index, listing)));
}

static sk_status check_text(sk_str text, const char *field, sk_error *err)
{
    size_t chars;

    if (!sk_utf8_check(text, &chars))
        return sk_fail_field(err, SK_EINVAL, field, "must be UTF-8 without NUL");
    if (chars > MAX_REASON)
        return sk_fail_field(err, SK_EINVAL, field, "at most %d characters", MAX_REASON);
    return SK_OK;
}

/* ---- Checking a decision ---- */

static sk_status check_park(sk_engine *e, const sk_decide *d, uint32_t index, sk_error *err)
{
    int64_t expires_ms = e->pairings[index].created_ms + SK_OPEN_LIFE_MS;

    if (d->until_ms <= e->now_ms || d->until_ms >= expires_ms)
        return sk_fail_field(err, SK_EINVAL, "until",
                             "must lie between now and the suggestion's expiry");
    return SK_OK;
}

static sk_status check_room(sk_engine *e, const pairing *p, sk_error *err)
{
    if (sk_facts_room(sk_index_facts(e->index, p->demand)) < 1)
        return no_room(e, p->demand, err);
    if (sk_facts_room(sk_index_facts(e->index, p->supply)) < 1)
        return no_room(e, p->supply, err);
    return SK_OK;
}

static sk_status check_decide(sk_engine *e, const sk_decide *d, uint32_t index, sk_error *err)
{
    const decision_rule *rule = &rules[d->decision];
    sk_suggestion *s;
    sk_status st;

    if ((st = record_of(e, index, &s, err)) != SK_OK)
        return st;
    if (!(rule->from & IN(s->state)))
        return sk_fail_field(err, SK_ECONFLICT, "decision", "cannot %s a suggestion that is %s",
                             rule->verb, sk_state_name(s->state));
    if (rule->reason && d->reason.size == 0)
        return sk_fail_field(err, SK_EINVAL, "reason", "say why: the matching learns from it");
    if ((st = check_text(d->reason, "reason", err)) != SK_OK ||
        (st = check_text(d->outcome, "outcome", err)) != SK_OK)
        return st;
    if (d->decision == SK_DECIDE_YES && (d->sides & 3) == 0)
        return sk_fail_field(err, SK_EINVAL, "side", "DEMAND, SUPPLY or BOTH: who says yes?");
    if (d->decision == SK_DECIDE_DECLINE && d->sides != 1 && d->sides != 2)
        return sk_fail_field(err, SK_EINVAL, "side", "DEMAND or SUPPLY: who declines?");
    if (d->decision == SK_DECIDE_PARK && (st = check_park(e, d, index, err)) != SK_OK)
        return st;
    if (d->decision == SK_DECIDE_ACCEPT && (st = check_room(e, &e->pairings[index], err)) != SK_OK)
        return st;
    return check_appointments(d->appointments, d->appointment_count, err);
}

/* ---- Carrying it out ---- */

static sk_status set_appointments(sk_engine *e, uint32_t index, const sk_appointment *list,
                                  size_t count, sk_error *err)
{
    sk_suggestion *s;
    sk_status st = record_of(e, index, &s, err);
    sk_appointment *copy;

    if (st != SK_OK)
        return st;
    copy = sk_arena_calloc(e->cmd.arena, count, sizeof(*copy));
    if (!copy)
        return sk_fail(err, SK_ENOMEM, "no memory for appointments");
    if (count)
        memcpy(copy, list, count * sizeof(*copy));
    s->appointments = copy;
    s->appointment_count = count;
    e->pairings[index].has_appointments = count > 0;
    return SK_OK;
}

static sk_status busy_of_both(sk_engine *e, uint32_t index, sk_error *err)
{
    uint32_t demand = sk_index_facts(e->index, e->pairings[index].demand)->party;
    uint32_t supply = sk_index_facts(e->index, e->pairings[index].supply)->party;
    sk_status st = party_busy_recount(e, demand, err);

    return st == SK_OK ? party_busy_recount(e, supply, err) : st;
}

static void touch_both(sk_engine *e, uint32_t index)
{
    touch_party(e, sk_index_facts(e->index, e->pairings[index].demand)->party);
    touch_party(e, sk_index_facts(e->index, e->pairings[index].supply)->party);
}

static sk_status say_yes(sk_engine *e, const sk_decide *d, uint32_t index, sk_error *err)
{
    sk_suggestion *s;
    bool both;
    sk_status st = record_of(e, index, &s, err);

    if (st != SK_OK)
        return st;
    s->demand_yes |= (d->sides & 1) != 0;
    s->supply_yes |= (d->sides & 2) != 0;
    both = s->demand_yes && s->supply_yes;
    if (!both)
        return suggestion_step(e, index, SK_STATE_INTRODUCED, "suggestion.yes", d->reason,
                               SK_STR(""), err);
    s->connected_ms = e->now_ms;
    if ((st = suggestion_step(e, index, SK_STATE_CONNECTED, "suggestion.connected", d->reason,
                              SK_STR(""), err)) != SK_OK)
        return st;
    pairing_connected(e, index, e->now_ms);
    if (d->appointment_count == 0)
        return SK_OK;
    st = set_appointments(e, index, d->appointments, d->appointment_count, err);
    return st == SK_OK ? busy_of_both(e, index, err) : st;
}

/** What an undo of this decision returns to. */
static void remember_undo(sk_suggestion *s, sk_decision decision, sk_state before)
{
    if (decision == SK_DECIDE_PARK)
        s->undo_state = SK_STATE_PROPOSED;
    else if (decision == SK_DECIDE_ACCEPT || decision == SK_DECIDE_REJECT)
        s->undo_state = before;
}

static sk_status step_decided(sk_engine *e, const sk_decide *d, uint32_t index, sk_error *err)
{
    const decision_rule *rule = &rules[d->decision];
    sk_state before = (sk_state)e->pairings[index].state;
    sk_suggestion *s;
    sk_status st;

    if ((st = record_of(e, index, &s, err)) != SK_OK)
        return st;
    if (d->decision == SK_DECIDE_PARK) {
        s->until_ms = d->until_ms;
        if (due_push(e, d->until_ms, DUE_PARKED, index) != SK_OK)
            return SK_ENOMEM;
    }
    if (d->outcome.size)
        s->outcome = d->outcome;
    if ((st = suggestion_step(e, index, rule->to, rule->event, d->reason, SK_STR(""), err)) !=
        SK_OK)
        return st;
    remember_undo(s, d->decision, before);
    if (sk_state_open(before) && !sk_state_open(rule->to))
        pair_left_open(e, e->pairings[index].demand, e->pairings[index].supply);
    if (before == SK_STATE_CONNECTED)
        return busy_of_both(e, index, err);
    return SK_OK;
}

static sk_status finish(sk_engine *e, uint32_t index, const char *action, sk_receipt *out,
                        sk_error *err)
{
    char id[16];
    sk_str name = pairing_id(e->pairings[index].number, id);

    touch_both(e, index);
    audit(e, action, name);
    return command_commit(e, name, e->pairings[index].version, false, out, err);
}

sk_status sk_engine_decide(sk_engine *e, const sk_call *call, const sk_decide *d, sk_receipt *out,
                           sk_error *err)
{
    uint32_t index = SK_NONE;
    sk_status st;

    if (d->decision <= SK_DECIDE_NONE || d->decision > SK_DECIDE_END)
        return sk_fail_field(err, SK_EINVAL, "decision",
                             "ACCEPT, REJECT, PARK, INTRODUCE, YES, DECLINE, COMPLETE or END");
    st = require_right(call->actor, rules[d->decision].needs, err);
    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = find(e, call->actor, d->suggestion_id, d->version, &index, err)) != SK_OK ||
        (st = check_decide(e, d, index, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    st = d->decision == SK_DECIDE_YES ? say_yes(e, d, index, err) : step_decided(e, d, index, err);
    if (st != SK_OK)
        return command_broken(e, st);
    return finish(e, index, rules[d->decision].event, out, err);
}

/* ---- Undo ---- */

static sk_status check_undo(sk_engine *e, const sk_actor *actor, uint32_t index, sk_error *err)
{
    sk_suggestion *s;
    sk_status st = record_of(e, index, &s, err);

    if (st != SK_OK)
        return st;
    if (s->undo_state == SK_STATE_NONE)
        return conflict(e, actor, s, "only the last ACCEPT, REJECT or PARK can be undone", err);
    if (e->now_ms >= s->created_ms + SK_OPEN_LIFE_MS)
        return conflict(e, actor, s, "the suggestion would have expired meanwhile", err);
    return SK_OK;
}

static sk_status do_undo(sk_engine *e, uint32_t index, sk_error *err)
{
    pairing *p = &e->pairings[index];
    sk_suggestion *s;
    sk_state back;
    sk_status st = record_of(e, index, &s, err);

    if (st != SK_OK)
        return st;
    back = s->undo_state == SK_STATE_PARKED && s->until_ms > e->now_ms ? SK_STATE_PARKED
                                                                       : SK_STATE_PROPOSED;
    if ((st = suggestion_step(e, index, back, "suggestion.undone", SK_STR(""), SK_STR(""), err)) !=
        SK_OK)
        return st;
    if (due_push(e, p->created_ms + SK_OPEN_LIFE_MS, DUE_EXPIRY, index) != SK_OK)
        return SK_ENOMEM;
    if (back == SK_STATE_PARKED)
        return due_push(e, p->until_ms, DUE_PARKED, index);
    return SK_OK;
}

sk_status sk_engine_undo(sk_engine *e, const sk_call *call, sk_str id, uint64_t version,
                         sk_receipt *out, sk_error *err)
{
    uint32_t index = SK_NONE;
    sk_status st = require_right(call->actor, RIGHT_DECIDE, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = find(e, call->actor, id, version, &index, err)) != SK_OK ||
        (st = check_undo(e, call->actor, index, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    if ((st = do_undo(e, index, err)) != SK_OK)
        return command_broken(e, st);
    return finish(e, index, "suggestion.undone", out, err);
}

/* ---- Hand over, appointments ---- */

static sk_status do_hand_over(sk_engine *e, uint32_t index, sk_str connector, sk_error *err)
{
    pairing *p = &e->pairings[index];
    sk_suggestion *s;
    sk_status st = record_of(e, index, &s, err);

    if (st != SK_OK)
        return st;
    pairing_count(e, p, -1);
    p->assignee = sk_intern_find(e->words, connector);
    pairing_count(e, p, +1);
    s->assignee = connector;
    return suggestion_step(e, index, s->state, "suggestion.handed_over", s->reason, SK_STR(""),
                           err);
}

sk_status sk_engine_hand_over(sk_engine *e, const sk_call *call, sk_str id, uint64_t version,
                              sk_str connector_id, sk_receipt *out, sk_error *err)
{
    uint32_t index = SK_NONE;
    sk_str name;
    char text[16];
    sk_status st = require_right(call->actor, RIGHT_DECIDE, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (!connector_find(e, connector_id))
        st = sk_fail_field(err, SK_ENOTFOUND, "connectorId", "there is no such connector");
    else
        st = find(e, call->actor, id, version, &index, err);
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    if ((st = do_hand_over(e, index, connector_id, err)) != SK_OK)
        return command_broken(e, st);
    name = pairing_id(e->pairings[index].number, text);
    audit(e, "suggestion.handed_over", name);
    return command_commit(e, name, e->pairings[index].version, false, out, err);
}

static sk_status do_appointments(sk_engine *e, uint32_t index, const sk_appointment *list,
                                 size_t count, sk_error *err)
{
    sk_suggestion *s;
    sk_status st;

    if ((st = set_appointments(e, index, list, count, err)) != SK_OK ||
        (st = record_of(e, index, &s, err)) != SK_OK ||
        (st = suggestion_step(e, index, SK_STATE_CONNECTED, "suggestion.appointments", s->reason,
                              SK_STR(""), err)) != SK_OK)
        return st;
    return busy_of_both(e, index, err);
}

sk_status sk_engine_set_appointments(sk_engine *e, const sk_call *call, sk_str id, uint64_t version,
                                     const sk_appointment *list, size_t count, sk_receipt *out,
                                     sk_error *err)
{
    uint32_t index = SK_NONE;
    sk_status st = require_right(call->actor, RIGHT_ANSWER, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = find(e, call->actor, id, version, &index, err)) == SK_OK)
        st = check_appointments(list, count, err);
    if (st == SK_OK && e->pairings[index].state != SK_STATE_CONNECTED)
        st = sk_fail_field(err, SK_ECONFLICT, "suggestionId",
                           "appointments belong to a pair that is CONNECTED; this one is %s",
                           sk_state_name((sk_state)e->pairings[index].state));
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    if ((st = do_appointments(e, index, list, count, err)) != SK_OK)
        return command_broken(e, st);
    return finish(e, index, "suggestion.appointments", out, err);
}
