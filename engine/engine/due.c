/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Time by itself (docs/matching.md 5 and 7): instants that fall due are commands of the engine, run
 * before the next command or question, in the order (instant, kind, id).
 *
 * A binary heap holds one entry per planned instant. Entries are never searched for: one whose
 * listing or suggestion has changed meanwhile is recognised when it comes up, and dropped, or when
 * the heap would have to grow. The full hour and midnight are not in the heap; they are the next
 * two numbers. */

#define DUE_COMPACT_FROM 256

/* ---- Is the entry still meant? ---- */

static bool may_fall_due(const sk_facts *f)
{
    return f && (f->status == SK_LISTING_OPEN || f->status == SK_LISTING_PAUSED);
}

/** The instant of the `relax` step that is planned for the listing. */
static int64_t relax_planned_ms(const sk_engine *e, uint32_t slot)
{
    uint8_t step = e->listings[slot].relax_step;
    size_t count;
    const sk_relax *steps = sk_ruleset_relax(e->rules, &count);

    return step ? sk_index_facts(e->index, slot)->created_ms + steps[step - 1].after_ms : INT64_MAX;
}

static bool due_valid(const sk_engine *e, const due_entry *d)
{
    const pairing *p;
    const sk_facts *f;

    if (d->kind == DUE_RELAX || d->kind == DUE_VALID_UNTIL || d->kind == DUE_CASE_END) {
        f = sk_index_facts(e->index, d->ref);
        if (d->kind == DUE_CASE_END)
            return f && f->relaxed;
        return may_fall_due(f) &&
               d->at_ms == (d->kind == DUE_RELAX ? relax_planned_ms(e, d->ref) : f->valid_until_ms);
    }
    if (d->kind == DUE_LEASE)
        return e->notices->items[d->ref].state == SK_MESSAGE_SENDING &&
               e->notices->items[d->ref].due_ms == d->at_ms;
    p = &e->pairings[d->ref];
    if (p->erased)
        return false;
    if (d->kind == DUE_PARKED)
        return p->state == SK_STATE_PARKED && p->until_ms == d->at_ms;
    return sk_state_open((sk_state)p->state);
}

/* ---- The heap ---- */

/* Ids are left out: those of one instant and kind are sorted when they come up together, so that a
 * slot that meanwhile belongs to another listing cannot bend the heap. */
static bool due_before(const due_entry *a, const due_entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->kind < b->kind;
}

/** Put `entry` into the hole at `i`, below which the heap is in order. */
static void due_sink(sk_engine *e, size_t i, due_entry entry)
{
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= e->due_count)
            break;
        if (child + 1 < e->due_count && due_before(&e->due[child + 1], &e->due[child]))
            child++;
        if (!due_before(&e->due[child], &entry))
            break;
        e->due[i] = e->due[child];
        i = child;
    }
    e->due[i] = entry;
}

/** An entry leaves the heap: its listing may be planned again. */
static void due_forget(sk_engine *e, const due_entry *d)
{
    if (d->kind == DUE_VALID_UNTIL && e->listings[d->ref].planned_ms == d->at_ms)
        e->listings[d->ref].planned_ms = 0;
    if (d->kind == DUE_RELAX && sk_index_facts(e->index, d->ref) &&
        relax_planned_ms(e, d->ref) == d->at_ms)
        e->listings[d->ref].relax_step = 0;
}

static void due_pop(sk_engine *e)
{
    due_entry last = e->due[--e->due_count];

    due_forget(e, &e->due[0]);
    if (e->due_count)
        due_sink(e, 0, last);
}

/** Drop the entries that mean nothing any more. */
static void due_compact(sk_engine *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->due_count; i++) {
        if (due_valid(e, &e->due[i]))
            e->due[kept++] = e->due[i];
        else
            due_forget(e, &e->due[i]);
    }
    e->due_count = kept;
    for (size_t i = kept / 2; i-- > 0;)
        due_sink(e, i, e->due[i]);
}

/* A heap that is full loses what means nothing first, and grows when half of it or more is left: so
 * neither is done often. */
static bool due_room(sk_engine *e)
{
    void *items = e->due;
    size_t need = e->due_count + 1;

    if (need <= e->due_capacity)
        return true;
    if (e->due_capacity >= DUE_COMPACT_FROM) {
        due_compact(e);
        if (e->due_count < e->due_capacity / 2)
            return true;
    }
    if (!sk_grow(&items, &e->due_capacity, e->due_capacity + 1, sizeof(due_entry)))
        return false;
    e->due = items;
    return true;
}

sk_status due_push(sk_engine *e, int64_t at_ms, due_kind kind, uint32_t ref)
{
    due_entry entry = {.at_ms = at_ms, .ref = ref, .kind = (uint8_t)kind};
    size_t i;

    if (!due_room(e))
        return SK_ENOMEM;
    i = e->due_count++;
    while (i > 0 && due_before(&entry, &e->due[(i - 1) / 2])) {
        e->due[i] = e->due[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    e->due[i] = entry;
    return SK_OK;
}

/** Only the next step is in the heap; when it has run, the one after it is planned. */
static sk_status plan_relax(sk_engine *e, uint32_t slot)
{
    const sk_facts *f = sk_index_facts(e->index, slot);
    listing_extra *extra = &e->listings[slot];
    int next = -1;
    size_t count;
    const sk_relax *steps = sk_ruleset_relax(e->rules, &count);

    if (count && sk_kind_side((sk_kind)f->kind) == SK_DEMAND)
        next = sk_ruleset_next_relax(e->rules, f, e->now_ms);
    if (next >= 0 && extra->relax_step != next + 1 &&
        due_push(e, f->created_ms + steps[next].after_ms, DUE_RELAX, slot) != SK_OK)
        return SK_ENOMEM;
    extra->relax_step = (uint8_t)(next + 1);
    return SK_OK;
}

sk_status due_plan_listing(sk_engine *e, uint32_t slot)
{
    const sk_facts *f = sk_index_facts(e->index, slot);
    listing_extra *extra = &e->listings[slot];

    if (!may_fall_due(f))
        return SK_OK;
    if (extra->planned_ms != f->valid_until_ms) {
        if (due_push(e, f->valid_until_ms, DUE_VALID_UNTIL, slot) != SK_OK)
            return SK_ENOMEM;
        extra->planned_ms = f->valid_until_ms;
    }
    return plan_relax(e, slot);
}

/* What was planned by the other set's steps goes first: planning may look through the whole heap.
 */
void due_plan_relax_anew(sk_engine *e)
{
    uint32_t slots = sk_index_slots(e->index);

    for (uint32_t slot = 0; slot < slots && slot < e->listing_capacity; slot++)
        e->listings[slot].relax_step = 0;
    for (uint32_t slot = 0; slot < slots && !e->lens; slot++) {
        if (sk_index_facts(e->index, slot) && due_plan_listing(e, slot) != SK_OK)
            e->failed = true;
    }
}

/* ---- What happens ---- */

static sk_status listing_expires(sk_engine *e, uint32_t slot, sk_error *err)
{
    sk_str id = sk_index_id(e->index, slot);
    sk_listing listing;
    sk_status st = sk_store_get_listing(e->store, id, e->cmd.arena, &listing, err);
    uint32_t party = sk_index_facts(e->index, slot)->party;

    if (st != SK_OK)
        return st;
    listing.status = SK_LISTING_EXPIRED;
    listing.version++;
    listing.updated_ms = e->now_ms;
    sk_batch_put_listing(e->cmd.batch, &listing, e->parties[party].kind == SK_PARTY_RESIDENT);
    sk_index_set_status(e->index, slot, SK_LISTING_EXPIRED);
    emit(e, "listing.expired", listing.id, listing.party_id, SK_STR(""), SK_STR(""));
    touch_party(e, party);
    return SK_OK;
}

static sk_status suggestion_falls_due(sk_engine *e, const due_entry *d, sk_error *err)
{
    const pairing *p = &e->pairings[d->ref];
    uint32_t demand = p->demand, supply = p->supply;
    sk_status st;

    if (d->kind == DUE_PARKED)
        st = suggestion_step(e, d->ref, SK_STATE_PROPOSED, "suggestion.returned", SK_STR(""),
                             SK_STR(""), err);
    else
        st = suggestion_step(e, d->ref, SK_STATE_EXPIRED, "suggestion.expired", SK_STR(""),
                             SK_STR(""), err);
    if (st != SK_OK)
        return st;
    touch_party(e, sk_index_facts(e->index, demand)->party);
    touch_party(e, sk_index_facts(e->index, supply)->party);
    if (d->kind == DUE_EXPIRY)
        pair_left_open(e, demand, supply);
    return SK_OK;
}

/* Every open suggestion is tested again, then every open demand listing gets a round. */
static sk_status midnight(sk_engine *e)
{
    uint32_t slots = sk_index_slots(e->index);

    for (uint32_t party = 0; party < e->party_slots; party++) {
        const sk_party_facts *facts = sk_index_party(e->index, party);

        if (facts && facts->open_suggestions)
            touch_party(e, party);
    }
    for (uint32_t slot = 0; slot < slots; slot++) {
        const sk_facts *f = sk_index_facts(e->index, slot);

        if (f && sk_kind_side((sk_kind)f->kind) == SK_DEMAND)
            want_round(e, slot);
    }
    return SK_OK;
}

/** What was kept long enough goes. */
static void on_the_hour(sk_engine *e)
{
    sk_batch_delete_idem_before(e->cmd.batch, e->now_ms - SK_IDEM_LIFE_MS);
    notices_expire(e);
}

static sk_status run_entry(sk_engine *e, const due_entry *d, sk_error *err)
{
    sk_status st = SK_OK;

    command_begin_own(e);
    if (d->kind == DUE_VALID_UNTIL)
        st = listing_expires(e, d->ref, err);
    else if (d->kind == DUE_CASE_END)
        st = case_ends(e, d->ref, err);
    else if (d->kind == DUE_LEASE)
        st = lease_ends(e, d->ref, err);
    else if (d->kind == DUE_HOUR)
        on_the_hour(e);
    else if (d->kind == DUE_MIDNIGHT)
        st = midnight(e);
    else
        st = suggestion_falls_due(e, d, err);
    if (st != SK_OK)
        return command_broken(e, st);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

/* ---- Advancing ---- */

void due_start(sk_engine *e, int64_t now_ms)
{
    e->now_ms = now_ms;
    e->started = true;
    e->next_hour_ms = (sk_floor_div(now_ms, SK_HOUR_MS) + 1) * SK_HOUR_MS;
    e->next_midnight_ms = (sk_floor_div(now_ms, SK_DAY_MS) + 1) * SK_DAY_MS;
    e->idem_end_ms = now_ms + SK_IDEM_LIFE_MS;
}

/** The earliest of the heap, the hour and midnight that still means something. */
static bool due_first(sk_engine *e, due_entry *out)
{
    while (e->due_count && !due_valid(e, &e->due[0]))
        due_pop(e);
    *out = (due_entry){.at_ms = e->next_hour_ms, .kind = DUE_HOUR};
    if (e->next_midnight_ms < out->at_ms)
        *out = (due_entry){.at_ms = e->next_midnight_ms, .kind = DUE_MIDNIGHT};
    if (e->due_count && e->due[0].at_ms <= out->at_ms)
        *out = e->due[0];
    return e->started;
}

static sk_status move_time(sk_engine *e, int64_t now_ms, sk_error *err)
{
    if (now_ms > e->now_ms)
        e->now_ms = now_ms;
    load_advance(e, e->now_ms);
    return sk_index_advance(e->index, e->now_ms, err);
}

/** Take all entries of the first one's instant and kind, in order of their ids. */
static sk_status take_group(sk_engine *e, const due_entry *first, u32_list *group)
{
    while (e->due_count && e->due[0].at_ms == first->at_ms && e->due[0].kind == first->kind) {
        if (due_valid(e, &e->due[0]) && list_push(group, e->due[0].ref) != SK_OK)
            return SK_ENOMEM;
        due_pop(e);
    }
    if (group->count == 0)
        return SK_OK;
    if (first->kind == DUE_VALID_UNTIL || first->kind == DUE_CASE_END)
        qsort_r(group->items, group->count, sizeof(uint32_t), compare_slots, e);
    else
        qsort(group->items, group->count, sizeof(uint32_t), compare_u32);
    return SK_OK;
}

/** Rounds for all listings that reach the age of a step at this instant, as one command. */
static sk_status relax_group(sk_engine *e, const u32_list *group, sk_error *err)
{
    command_begin_own(e);
    for (size_t i = 0; i < group->count; i++) {
        want_round(e, group->items[i]);
        if (plan_relax(e, group->items[i]) != SK_OK)
            return command_broken(e, SK_ENOMEM);
    }
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

static sk_status run_group(sk_engine *e, const due_entry *first, sk_error *err)
{
    u32_list group = {0};
    due_entry d = *first;
    sk_status st = take_group(e, first, &group);

    if (st == SK_OK && first->kind == DUE_RELAX) {
        st = relax_group(e, &group, err);
        group.count = 0;
    }
    for (size_t i = 0; i < group.count && st == SK_OK; i++) {
        d.ref = group.items[i];
        if (due_valid(e, &d))
            st = run_entry(e, &d, err);
    }
    sk_free(group.items);
    return st == SK_OK ? SK_OK : command_broken(e, st);
}

static sk_status run_due(sk_engine *e, const due_entry *d, sk_error *err)
{
    if (d->kind == DUE_HOUR) {
        e->next_hour_ms += SK_HOUR_MS;
        return run_entry(e, d, err);
    }
    if (d->kind == DUE_MIDNIGHT) {
        e->next_midnight_ms += SK_DAY_MS;
        return run_entry(e, d, err);
    }
    return run_group(e, d, err);
}

/* A demonstration may step its clock by centuries. An hour finds nothing to do once the last stored
 * answer is gone, and a midnight when nothing is planned, since whatever is open has an end. All of
 * those but the last ones before the clock are passed over; after due_first the heap is empty when
 * nothing in it means anything. */
static bool skip_idle(sk_engine *e, int64_t clock_ms)
{
    int64_t last_hour_ms = sk_floor_div(clock_ms, SK_HOUR_MS) * SK_HOUR_MS;
    int64_t last_midnight_ms = sk_floor_div(clock_ms, SK_DAY_MS) * SK_DAY_MS;
    bool hours = e->next_hour_ms > e->idem_end_ms + SK_HOUR_MS && e->next_hour_ms < last_hour_ms;
    bool midnights = e->due_count == 0 && e->next_midnight_ms < last_midnight_ms;

    if (hours)
        e->next_hour_ms = last_hour_ms;
    if (midnights)
        e->next_midnight_ms = last_midnight_ms;
    return hours || midnights;
}

sk_status advance(sk_engine *e, sk_error *err)
{
    int64_t clock_ms = sk_clock_now(&e->clock);
    due_entry d;
    sk_status st;

    if (e->failed)
        return sk_fail(err, SK_EIO, "the engine has stopped after a failed write");
    if (!e->started)
        due_start(e, clock_ms);
    if (clock_ms < e->now_ms)
        clock_ms = e->now_ms;
    while (due_first(e, &d) && d.at_ms <= clock_ms) {
        if (skip_idle(e, clock_ms))
            continue;
        if ((st = move_time(e, d.at_ms, err)) != SK_OK)
            return command_broken(e, st);
        if ((st = run_due(e, &d, err)) != SK_OK)
            return st;
    }
    if ((st = move_time(e, clock_ms, err)) != SK_OK)
        return command_broken(e, st);
    return SK_OK;
}

int64_t sk_engine_next_due(sk_engine *e)
{
    due_entry d;
    int64_t now = sk_clock_now(&e->clock);

    if (!due_first(e, &d))
        return -1;
    return d.at_ms > now ? d.at_ms - now : 0;
}

sk_status sk_engine_tick(sk_engine *e, sk_error *err)
{
    sk_status st = advance(e, err);

    if (st == SK_OK)
        st = dry_settle(e, err);
    return st == SK_OK && sk_engine_has_work(e) ? pending_piece(e, err) : st;
}

int64_t sk_engine_now(const sk_engine *e)
{
    return e->now_ms;
}

/* ---- Checking ---- */

/** What was found in the heap for a listing. */
typedef struct planned_listing {
    int64_t until_ms;
    bool relax, case_end;
} planned_listing;

static sk_status check_listings(const sk_engine *e, const planned_listing *planned, sk_error *err)
{
    for (uint32_t slot = 0; slot < sk_index_slots(e->index); slot++) {
        const sk_facts *f = sk_index_facts(e->index, slot);
        const planned_listing *p = &planned[slot];
        bool demand = f && sk_kind_side((sk_kind)f->kind) == SK_DEMAND;

        if (may_fall_due(f) &&
            (p->until_ms != f->valid_until_ms || e->listings[slot].planned_ms != f->valid_until_ms))
            return sk_fail(err, SK_EINTERNAL, "listing %.*s: its end is not planned",
                           SK_STR_ARG(sk_index_id(e->index, slot)));
        if (may_fall_due(f) && demand &&
            p->relax != (sk_ruleset_next_relax(e->rules, f, e->now_ms) >= 0))
            return sk_fail(err, SK_EINTERNAL, "listing %.*s: its next `relax` step is not planned",
                           SK_STR_ARG(sk_index_id(e->index, slot)));
        if (f && f->relaxed && (!demand || !p->case_end))
            return sk_fail(err, SK_EINTERNAL, "listing %.*s: the end of its case is not planned",
                           SK_STR_ARG(sk_index_id(e->index, slot)));
    }
    return SK_OK;
}

static sk_status check_pairings(const sk_engine *e, const uint8_t *planned, sk_error *err)
{
    char id[16];

    for (size_t i = 0; i < e->pairing_count; i++) {
        const pairing *p = &e->pairings[i];
        uint8_t wanted = 1u << DUE_EXPIRY | (p->state == SK_STATE_PARKED ? 1u << DUE_PARKED : 0);

        if (!p->erased && sk_state_open((sk_state)p->state) && (planned[i] & wanted) != wanted)
            return sk_fail(err, SK_EINTERNAL, "suggestion %.*s: its time is not planned",
                           SK_STR_ARG(pairing_id(p->number, id)));
    }
    return SK_OK;
}

sk_status due_check(const sk_engine *e, sk_error *err)
{
    planned_listing *listings =
        sk_calloc(sk_index_slots(e->index) + (size_t)1, sizeof(planned_listing));
    uint8_t *pairings = sk_calloc(e->pairing_count + 1, 1);
    sk_status st = listings && pairings ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory to check");

    for (size_t i = 0; st == SK_OK && i < e->due_count; i++) {
        const due_entry *d = &e->due[i];

        if (i && due_before(d, &e->due[(i - 1) / 2]))
            st = sk_fail(err, SK_EINTERNAL, "what falls due is out of order");
        else if (!due_valid(e, d) || d->kind == DUE_LEASE)
            continue;
        else if (d->kind == DUE_VALID_UNTIL)
            listings[d->ref].until_ms = d->at_ms;
        else if (d->kind == DUE_RELAX)
            listings[d->ref].relax = true;
        else if (d->kind == DUE_CASE_END)
            listings[d->ref].case_end = true;
        else
            pairings[d->ref] |= (uint8_t)(1u << d->kind);
    }
    if (st == SK_OK)
        st = check_listings(e, listings, err);
    if (st == SK_OK)
        st = check_pairings(e, pairings, err);
    sk_free(listings);
    sk_free(pairings);
    return st;
}
