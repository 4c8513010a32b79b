/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Time by itself (docs/matching.md 5 and 7): instants that fall due are commands of the engine, run
 * before the next command or question, in the order (instant, kind, id).
 *
 * A binary heap holds one entry per planned instant. Entries are never searched for: one whose
 * listing or suggestion has changed meanwhile is recognised when it comes up, and dropped. The full
 * hour and midnight are not in the heap; they are the next two numbers. */

/* ---- The heap ---- */

/* Ids are left out: those of one instant and kind are sorted when they come up together, so that a
 * slot that meanwhile belongs to another listing cannot bend the heap. */
static bool due_before(const due_entry *a, const due_entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->kind < b->kind;
}

sk_status due_push(sk_engine *e, int64_t at_ms, due_kind kind, uint32_t ref)
{
    due_entry entry = {.at_ms = at_ms, .ref = ref, .kind = (uint8_t)kind};
    void *items = e->due;
    size_t i = e->due_count;

    if (!sk_grow(&items, &e->due_capacity, e->due_count + 1, sizeof(due_entry)))
        return SK_ENOMEM;
    e->due = items;
    e->due_count++;
    while (i > 0 && due_before(&entry, &e->due[(i - 1) / 2])) {
        e->due[i] = e->due[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    e->due[i] = entry;
    return SK_OK;
}

static void due_pop(sk_engine *e)
{
    due_entry last = e->due[--e->due_count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= e->due_count)
            break;
        if (child + 1 < e->due_count && due_before(&e->due[child + 1], &e->due[child]))
            child++;
        if (!due_before(&e->due[child], &last))
            break;
        e->due[i] = e->due[child];
        i = child;
    }
    if (e->due_count)
        e->due[i] = last;
}

/* ---- Is the entry still meant? ---- */

static bool due_valid(const sk_engine *e, const due_entry *d)
{
    const pairing *p;
    const sk_facts *f;

    if (d->kind == DUE_VALID_UNTIL) {
        f = sk_index_facts(e->index, d->ref);
        return f && f->valid_until_ms == d->at_ms &&
               (f->status == SK_LISTING_OPEN || f->status == SK_LISTING_PAUSED);
    }
    p = &e->pairings[d->ref];
    if (p->erased)
        return false;
    if (d->kind == DUE_PARKED)
        return p->state == SK_STATE_PARKED && p->until_ms == d->at_ms;
    return sk_state_open((sk_state)p->state);
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

static sk_status run_entry(sk_engine *e, const due_entry *d, sk_error *err)
{
    sk_status st = SK_OK;

    command_begin_own(e);
    if (d->kind == DUE_VALID_UNTIL)
        st = listing_expires(e, d->ref, err);
    else if (d->kind == DUE_HOUR)
        sk_batch_delete_idem_before(e->cmd.batch, e->now_ms - SK_IDEM_LIFE_MS);
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

static int compare_due_ids(const void *a, const void *b, void *context)
{
    const sk_engine *e = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return sk_str_cmp(sk_index_id(e->index, x), sk_index_id(e->index, y));
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/** Take all entries of the first one's instant and kind, in order of their ids. */
static sk_status take_group(sk_engine *e, const due_entry *first, u32_list *group)
{
    while (e->due_count && e->due[0].at_ms == first->at_ms && e->due[0].kind == first->kind) {
        if (due_valid(e, &e->due[0]) && list_push(group, e->due[0].ref) != SK_OK)
            return SK_ENOMEM;
        due_pop(e);
    }
    if (first->kind == DUE_VALID_UNTIL)
        qsort_r(group->items, group->count, sizeof(uint32_t), compare_due_ids, e);
    else if (group->count)
        qsort(group->items, group->count, sizeof(uint32_t), compare_numbers);
    return SK_OK;
}

static sk_status run_group(sk_engine *e, const due_entry *first, sk_error *err)
{
    u32_list group = {0};
    due_entry d = *first;
    sk_status st = take_group(e, first, &group);

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
    return advance(e, err);
}

int64_t sk_engine_now(const sk_engine *e)
{
    return e->now_ms;
}
