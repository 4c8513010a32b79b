/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* The counters that pairings.c keeps in step, counted anew. Costly: for tests. */

typedef struct counts {
    uint32_t *listing_open;
    uint32_t *supply_open;
    uint32_t *party_open;
    int32_t *taken;
    uint32_t *load;
    uint32_t *cases;
    int64_t *asked;
    size_t open, live;
} counts;

static bool takes(uint8_t state, bool demand)
{
    return state == SK_STATE_ACCEPTED || state == SK_STATE_INTRODUCED ||
           state == SK_STATE_CONNECTED || (demand && state == SK_STATE_COMPLETED);
}

static void count_one(sk_engine *e, const pairing *p, counts *c)
{
    uint32_t demand = sk_index_facts(e->index, p->demand)->party;
    uint32_t supply = sk_index_facts(e->index, p->supply)->party;

    c->live++;
    c->asked[demand] = c->asked[supply] = p->created_ms;
    if (p->assignee && (sk_state_open((sk_state)p->state) || takes(p->state, false)))
        c->cases[p->assignee]++;
    c->taken[p->demand] += takes(p->state, true);
    c->taken[p->supply] += takes(p->state, false);
    if (p->connected_ms && p->connected_ms > e->now_ms - SK_LOAD_WINDOW_MS) {
        c->load[demand]++;
        c->load[supply]++;
    }
    if (!sk_state_open((sk_state)p->state))
        return;
    c->open++;
    c->listing_open[p->demand]++;
    c->listing_open[p->supply]++;
    c->supply_open[supply]++;
    c->party_open[demand]++;
    c->party_open[supply]++;
}

static sk_status compare_listings(sk_engine *e, const counts *c, sk_error *err)
{
    for (uint32_t slot = 0; slot < sk_index_slots(e->index); slot++) {
        const sk_facts *f = sk_index_facts(e->index, slot);

        if (f &&
            (f->taken != c->taken[slot] || e->listings[slot].open_count != c->listing_open[slot]))
            return sk_fail(err, SK_EINTERNAL,
                           "listing %.*s: taken %d counted %d, open %u counted %u",
                           SK_STR_ARG(sk_index_id(e->index, slot)), f->taken, c->taken[slot],
                           e->listings[slot].open_count, c->listing_open[slot]);
    }
    return SK_OK;
}

static sk_status compare_parties(sk_engine *e, const counts *c, sk_error *err)
{
    for (uint32_t slot = 0; slot < e->party_slots; slot++) {
        const sk_party_facts *f = sk_index_party(e->index, slot);

        if (!f)
            continue;
        if (f->last_asked_ms != (c->asked[slot] ? c->asked[slot] : INT64_MIN))
            return sk_fail(err, SK_EINTERNAL, "party %.*s: last asked at another time",
                           SK_STR_ARG(sk_index_party_id(e->index, slot)));
        if (f->open_suggestions != c->party_open[slot] || f->load_30d != c->load[slot] ||
            e->parties[slot].supply_open != c->supply_open[slot])
            return sk_fail(
                err, SK_EINTERNAL,
                "party %.*s: open %u counted %u, load %u counted %u, supply %u counted %u",
                SK_STR_ARG(sk_index_party_id(e->index, slot)), f->open_suggestions,
                c->party_open[slot], f->load_30d, c->load[slot], e->parties[slot].supply_open,
                c->supply_open[slot]);
    }
    return SK_OK;
}

static sk_status compare_cases(const sk_engine *e, const uint32_t *cases, sk_error *err)
{
    for (uint32_t word = 1; word < e->cases_capacity; word++)
        if (e->cases[word] != cases[word])
            return sk_fail(err, SK_EINTERNAL, "connector %.*s: %u cases counted %u",
                           SK_STR_ARG(sk_intern_str(e->words, word)), e->cases[word], cases[word]);
    return SK_OK;
}

sk_status sk_engine_check(sk_engine *e, sk_error *err)
{
    sk_arena *arena = sk_arena_new(0);
    size_t slots = sk_index_slots(e->index) + (size_t)1, parties = e->party_slots + (size_t)1;
    counts c = {0};
    sk_status st;

    if (!arena)
        return sk_fail(err, SK_ENOMEM, "no memory to check");
    c.listing_open = sk_arena_calloc(arena, slots, sizeof(uint32_t));
    c.taken = sk_arena_calloc(arena, slots, sizeof(int32_t));
    c.supply_open = sk_arena_calloc(arena, parties, sizeof(uint32_t));
    c.party_open = sk_arena_calloc(arena, parties, sizeof(uint32_t));
    c.load = sk_arena_calloc(arena, parties, sizeof(uint32_t));
    c.cases = sk_arena_calloc(arena, e->cases_capacity + 1, sizeof(uint32_t));
    c.asked = sk_arena_calloc(arena, parties, sizeof(int64_t));
    for (size_t i = 0; i < e->pairing_count; i++)
        if (!e->pairings[i].erased)
            count_one(e, &e->pairings[i], &c);
    if (c.open != e->open_count || c.live != e->live_count)
        st = sk_fail(err, SK_EINTERNAL, "suggestions: %zu open counted %zu", e->open_count, c.open);
    else if ((st = compare_listings(e, &c, err)) == SK_OK &&
             (st = compare_parties(e, &c, err)) == SK_OK &&
             (st = compare_cases(e, c.cases, err)) == SK_OK && (st = due_check(e, err)) == SK_OK &&
             (st = notices_check(e, err)) == SK_OK)
        st = sk_index_check(e->index, err);
    sk_arena_free(arena);
    return st;
}
