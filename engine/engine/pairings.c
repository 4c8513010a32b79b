/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>
#include <stdlib.h>

/* Suggestions in memory: one small record each, appended in order of creation and never moved, so
 * that an index into the array orders like the id. The counters that limits, room and rules read
 * (open suggestions, taken places, load, last asked) are kept in step here and nowhere else. */

sk_str pairing_id(uint64_t number, char out[16])
{
    int size = snprintf(out, 16, "s%012llu", (unsigned long long)(number % 1000000000000ull));

    return (sk_str){out, (size_t)size};
}

bool pairing_number(sk_str id, uint64_t *out)
{
    uint64_t number = 0;

    if (id.size != 13 || id.data[0] != 's')
        return false;
    for (size_t i = 1; i < id.size; i++) {
        if (id.data[i] < '0' || id.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(id.data[i] - '0');
    }
    *out = number;
    return true;
}

size_t pairing_from(const sk_engine *e, uint64_t number)
{
    size_t lo = 0, hi = e->pairing_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (e->pairings[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint32_t pairing_find(const sk_engine *e, sk_str id)
{
    uint64_t number;
    size_t at;

    if (!pairing_number(id, &number))
        return SK_NONE;
    at = pairing_from(e, number);
    if (at < e->pairing_count && e->pairings[at].number == number && !e->pairings[at].erased)
        return (uint32_t)at;
    return SK_NONE;
}

uint32_t pairing_next(const sk_engine *e, uint32_t index, uint32_t listing)
{
    const pairing *p = &e->pairings[index];

    return p->demand == listing ? p->next_of_demand : p->next_of_supply;
}

/* ---- Room for extras ---- */

static sk_status grow_to(void **items, size_t *capacity, size_t need, size_t size)
{
    size_t before = *capacity;

    if (!sk_grow(items, capacity, need, size))
        return SK_ENOMEM;
    memset((char *)*items + before * size, 0, (*capacity - before) * size);
    return SK_OK;
}

sk_status extras_ensure(sk_engine *e, uint32_t listing_slot, uint32_t party_slot)
{
    if (listing_slot != SK_NONE && listing_slot >= e->listing_capacity) {
        void *items = e->listings;
        size_t before = e->listing_capacity;

        if (grow_to(&items, &e->listing_capacity, listing_slot + (size_t)1,
                    sizeof(listing_extra)) != SK_OK)
            return SK_ENOMEM;
        e->listings = items;
        for (size_t i = before; i < e->listing_capacity; i++)
            e->listings[i].newest = SK_NONE;
    }
    if (party_slot != SK_NONE && party_slot >= e->party_capacity) {
        void *items = e->parties;

        if (grow_to(&items, &e->party_capacity, party_slot + (size_t)1, sizeof(party_extra)) !=
            SK_OK)
            return SK_ENOMEM;
        e->parties = items;
    }
    if (party_slot != SK_NONE && party_slot >= e->party_slots)
        e->party_slots = party_slot + 1;
    return SK_OK;
}

/* ---- Counters ---- */

static bool takes_place(sk_state state, sk_side side)
{
    return state == SK_STATE_ACCEPTED || state == SK_STATE_INTRODUCED ||
           state == SK_STATE_CONNECTED || (side == SK_DEMAND && state == SK_STATE_COMPLETED);
}

static void count_taken(sk_engine *e, uint32_t slot, sk_state state, sk_side side, int sign)
{
    if (takes_place(state, side))
        sk_index_set_taken(e->index, slot, sk_index_facts(e->index, slot)->taken + sign);
}

static void count_case(sk_engine *e, const pairing *p, int sign)
{
    sk_state state = (sk_state)p->state;

    if (p->assignee && (sk_state_open(state) || state == SK_STATE_ACCEPTED ||
                        state == SK_STATE_INTRODUCED || state == SK_STATE_CONNECTED)) {
        void *items = e->cases;

        if (p->assignee >= e->cases_capacity &&
            grow_to(&items, &e->cases_capacity, p->assignee + (size_t)1, sizeof(uint32_t)) !=
                SK_OK) {
            e->failed = true;
            return;
        }
        e->cases = items;
        e->cases[p->assignee] += (uint32_t)sign;
    }
}

/* Whom a round could not propose anyway stands aside in the index, where it costs nothing. */
void settle_aside(sk_engine *e, uint32_t slot)
{
    const sk_facts *f = sk_index_facts(e->index, slot);
    const sk_ruleset_info *about = sk_ruleset_about(e->rules);
    bool full = sk_kind_side((sk_kind)f->kind) == SK_DEMAND
                    ? e->listings[slot].open_count >= about->max_open_per_demand
                    : e->parties[f->party].supply_open >= about->max_open_per_supply;

    sk_index_set_aside(e->index, slot, full);
}

/** After `sign` was added to its open suggestions: only at the limit anything changes. */
static void settle_supply(sk_engine *e, uint32_t party, int sign)
{
    uint32_t most = sk_ruleset_about(e->rules)->max_open_per_supply;
    uint32_t open = e->parties[party].supply_open;
    size_t count;
    const uint32_t *slots;

    if ((open >= most) == (open - (uint32_t)sign >= most))
        return;
    slots = sk_index_party_listings(e->index, party, &count);
    for (size_t i = 0; i < count; i++)
        settle_aside(e, slots[i]);
}

void settle_all_aside(sk_engine *e)
{
    for (uint32_t slot = 0; slot < sk_index_slots(e->index); slot++)
        if (sk_index_facts(e->index, slot))
            settle_aside(e, slot);
}

void pairing_count(sk_engine *e, const pairing *p, int sign)
{
    uint32_t demand_party = sk_index_facts(e->index, p->demand)->party;
    uint32_t supply_party = sk_index_facts(e->index, p->supply)->party;

    count_taken(e, p->demand, (sk_state)p->state, SK_DEMAND, sign);
    count_taken(e, p->supply, (sk_state)p->state, SK_SUPPLY, sign);
    count_case(e, p, sign);
    if (!sk_state_open((sk_state)p->state))
        return;
    e->open_count += (size_t)sign;
    e->listings[p->demand].open_count += (uint32_t)sign;
    e->listings[p->supply].open_count += (uint32_t)sign;
    e->parties[supply_party].supply_open += (uint32_t)sign;
    sk_index_party(e->index, demand_party)->open_suggestions += (uint32_t)sign;
    sk_index_party(e->index, supply_party)->open_suggestions += (uint32_t)sign;
    settle_aside(e, p->demand);
    settle_supply(e, supply_party, sign);
}

static bool has_room(const sk_engine *e, uint32_t slot)
{
    return sk_facts_room(sk_index_facts(e->index, slot)) >= 1;
}

void pairing_set_state(sk_engine *e, uint32_t index, sk_state state)
{
    pairing *p = &e->pairings[index];
    bool demand_room = has_room(e, p->demand), supply_room = has_room(e, p->supply);

    pairing_count(e, p, -1);
    p->state = (uint8_t)state;
    pairing_count(e, p, +1);
    if (!demand_room && has_room(e, p->demand))
        want_round(e, p->demand);
    if (!supply_room && has_room(e, p->supply))
        want_round(e, p->supply);
}

/* ---- Adding and removing ---- */

sk_status pairing_add(sk_engine *e, const pairing *given, uint32_t *out_index)
{
    void *items = e->pairings;
    pairing *p;
    uint32_t index = (uint32_t)e->pairing_count;

    if (!sk_grow(&items, &e->pairing_capacity, e->pairing_count + 1, sizeof(pairing)))
        return SK_ENOMEM;
    e->pairings = items;
    p = &e->pairings[index];
    *p = *given;
    p->next_of_demand = e->listings[p->demand].newest;
    p->next_of_supply = e->listings[p->supply].newest;
    e->listings[p->demand].newest = index;
    e->listings[p->supply].newest = index;
    e->pairing_count++;
    e->live_count++;
    *out_index = index;
    return SK_OK;
}

static void chain_remove(sk_engine *e, uint32_t listing, uint32_t index)
{
    uint32_t *link = &e->listings[listing].newest;

    while (*link != SK_NONE && *link != index) {
        pairing *p = &e->pairings[*link];

        link = p->demand == listing ? &p->next_of_demand : &p->next_of_supply;
    }
    if (*link == index)
        *link = pairing_next(e, index, listing);
}

void party_last_asked_recount(sk_engine *e, uint32_t party)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);
    int64_t latest = INT64_MIN;

    /* The newest pairing of a listing heads its chain. */
    for (size_t i = 0; i < count; i++) {
        uint32_t newest = e->listings[slots[i]].newest;

        if (newest != SK_NONE && e->pairings[newest].created_ms > latest)
            latest = e->pairings[newest].created_ms;
    }
    sk_index_party(e->index, party)->last_asked_ms = latest;
}

static void load_add(sk_engine *e, const pairing *p, int sign)
{
    uint32_t demand_party = sk_index_facts(e->index, p->demand)->party;
    uint32_t supply_party = sk_index_facts(e->index, p->supply)->party;

    sk_index_party(e->index, demand_party)->load_30d += (uint32_t)sign;
    sk_index_party(e->index, supply_party)->load_30d += (uint32_t)sign;
}

static bool in_load(const sk_engine *e, uint32_t index)
{
    for (size_t i = e->connected_done; i < e->connected.count; i++)
        if (e->connected.items[i] == index)
            return true;
    return false;
}

void pairing_erase(sk_engine *e, uint32_t index)
{
    pairing *p = &e->pairings[index];
    bool demand_room = has_room(e, p->demand), supply_room = has_room(e, p->supply);

    pairing_count(e, p, -1);
    if (p->connected_ms && in_load(e, index))
        load_add(e, p, -1);
    chain_remove(e, p->demand, index);
    chain_remove(e, p->supply, index);
    p->erased = true;
    p->state = SK_STATE_NONE;
    e->live_count--;
    party_last_asked_recount(e, sk_index_facts(e->index, p->demand)->party);
    party_last_asked_recount(e, sk_index_facts(e->index, p->supply)->party);
    if (!demand_room && has_room(e, p->demand))
        want_round(e, p->demand);
    if (!supply_room && has_room(e, p->supply))
        want_round(e, p->supply);
}

/* ---- Load of the last 30 days ---- */

void pairing_connected(sk_engine *e, uint32_t index, int64_t at_ms)
{
    pairing *p = &e->pairings[index];

    p->connected_ms = at_ms;
    if (list_push(&e->connected, index) != SK_OK) {
        e->failed = true;
        return;
    }
    load_add(e, p, +1);
}

/* A pair counts while connected_ms > now - 30 days; the queue is in order of connected_ms. */
void load_advance(sk_engine *e, int64_t now_ms)
{
    while (e->connected_done < e->connected.count) {
        const pairing *p = &e->pairings[e->connected.items[e->connected_done]];

        if (!p->erased && p->connected_ms > now_ms - SK_LOAD_WINDOW_MS)
            break;
        if (!p->erased)
            load_add(e, p, -1);
        e->connected_done++;
    }
}

/* ---- Orders for qsort ---- */

int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

int compare_slots(const void *a, const void *b, void *engine)
{
    const sk_engine *e = engine;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x == y ? 0 : sk_str_cmp(sk_index_id(e->index, x), sk_index_id(e->index, y));
}

/* ---- By party ---- */

sk_status party_open_pairings(sk_engine *e, uint32_t party, u32_list *out)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);

    if (sk_index_party(e->index, party)->open_suggestions == 0)
        return SK_OK;
    for (size_t i = 0; i < count; i++) {
        if (e->listings[slots[i]].open_count == 0)
            continue;
        for (uint32_t p = e->listings[slots[i]].newest; p != SK_NONE;
             p = pairing_next(e, p, slots[i]))
            if (sk_state_open((sk_state)e->pairings[p].state) && list_push(out, p) != SK_OK)
                return SK_ENOMEM;
    }
    return SK_OK;
}

/* ---- Appointments ---- */

static int compare_ranges(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static size_t merge_ranges(int64_t *ranges, size_t count)
{
    size_t kept = 0;

    qsort(ranges, count, 2 * sizeof(int64_t), compare_ranges);
    for (size_t i = 0; i < count; i++) {
        if (kept && ranges[2 * i] <= ranges[2 * kept - 1]) {
            if (ranges[2 * i + 1] > ranges[2 * kept - 1])
                ranges[2 * kept - 1] = ranges[2 * i + 1];
            continue;
        }
        ranges[2 * kept] = ranges[2 * i];
        ranges[2 * kept + 1] = ranges[2 * i + 1];
        kept++;
    }
    return kept;
}

typedef struct range_list {
    int64_t *items; /**< Pairs. */
    size_t count, capacity;
} range_list;

static sk_status add_ranges(sk_engine *e, uint32_t index, range_list *ranges, sk_error *err)
{
    sk_suggestion read;
    const sk_suggestion *s;
    sk_status st = record_peek(e, index, &read, &s, err);
    void *items = ranges->items;

    if (st != SK_OK)
        return st;
    if (!sk_grow(&items, &ranges->capacity, ranges->count + s->appointment_count,
                 2 * sizeof(int64_t)))
        return SK_ENOMEM;
    ranges->items = items;
    for (size_t i = 0; i < s->appointment_count; i++) {
        ranges->items[2 * ranges->count] = sk_floor_div(s->appointments[i].start_ms, SK_SLOT_MS);
        ranges->items[2 * ranges->count + 1] =
            sk_floor_div(s->appointments[i].end_ms + SK_SLOT_MS - 1, SK_SLOT_MS);
        ranges->count++;
    }
    return SK_OK;
}

sk_status party_busy_recount(sk_engine *e, uint32_t party, sk_error *err)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);
    range_list ranges = {0};
    sk_status st = SK_OK;

    for (size_t i = 0; i < count && st == SK_OK; i++)
        for (uint32_t p = e->listings[slots[i]].newest; p != SK_NONE && st == SK_OK;
             p = pairing_next(e, p, slots[i]))
            if (e->pairings[p].state == SK_STATE_CONNECTED && e->pairings[p].has_appointments)
                st = add_ranges(e, p, &ranges, err);
    if (st == SK_OK && ranges.count)
        ranges.count = merge_ranges(ranges.items, ranges.count);
    if (st == SK_OK)
        st = sk_index_party_set_busy(e->index, party, ranges.items, (uint32_t)ranges.count, err);
    sk_free(ranges.items);
    return st;
}
