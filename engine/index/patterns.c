/* SPDX-License-Identifier: EUPL-1.2 */
#include "index/internal.h"

/* Availability patterns: equal windows are stored and expanded once, so that their overlap with a
 * query is computed once too.
 *
 * A pattern is found by the bytes of its windows. Behind its bits stand those bytes, from which the
 * windows are made again when the horizon leaves the 57 words (38 days) that are expanded. Words
 * count from 1970 in steps of 64 slots, so that the bits of any two patterns line up.
 *
 * Listings hold a reference each. A listing that is only asked about has nobody to give its
 * reference back; the latest 4,096 such references stand in a ring. */

#define NO_PATTERN UINT32_MAX

/* ---- Windows as bytes ---- */

/** One window at the head of its bytes; exdates, rrule and tzid follow, each padded to 8 bytes. */
typedef struct packed_window {
    int64_t start_local_s, end_local_s;
    uint32_t exdate_count, rrule_size, tzid_size;
    uint16_t from_min, to_min;
    uint8_t short_form, days;
    uint8_t zero[6];
} packed_window;
static_assert(sizeof(packed_window) == 40, "no padding: the bytes are compared");

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static void pack_bytes(sk_buf *out, const void *bytes, size_t size)
{
    static const char zeros[8];

    sk_buf_add(out, bytes, size);
    sk_buf_add(out, zeros, padded(size) - size);
}

static void pack_window(sk_buf *out, const sk_window *window)
{
    packed_window head = {.tzid_size = (uint32_t)window->tzid.size,
                          .short_form = window->short_form};

    if (window->short_form) {
        head.from_min = window->from_min;
        head.to_min = window->to_min;
        head.days = window->days;
    } else {
        head.start_local_s = window->start_local_s;
        head.end_local_s = window->end_local_s;
        head.exdate_count = (uint32_t)window->exdate_count;
        head.rrule_size = (uint32_t)window->rrule.size;
    }
    pack_bytes(out, &head, sizeof head);
    pack_bytes(out, window->exdates_local_s, head.exdate_count * sizeof(int64_t));
    pack_bytes(out, window->rrule.data, head.rrule_size);
    pack_bytes(out, window->tzid.data, head.tzid_size);
}

/** The window that starts at `*at`; a view of the bytes. */
static sk_window unpack_window(const char **at)
{
    const packed_window *head = (const packed_window *)*at;
    const char *exdates = *at + sizeof *head;
    const char *rrule = exdates + head->exdate_count * sizeof(int64_t);
    const char *tzid = rrule + padded(head->rrule_size);

    *at = tzid + padded(head->tzid_size);
    return (sk_window){.short_form = head->short_form,
                       .days = head->days,
                       .from_min = head->from_min,
                       .to_min = head->to_min,
                       .start_local_s = head->start_local_s,
                       .end_local_s = head->end_local_s,
                       .rrule = {rrule, head->rrule_size},
                       .exdates_local_s = (const int64_t *)exdates,
                       .exdate_count = head->exdate_count,
                       .tzid = {tzid, head->tzid_size}};
}

/* ---- Expanding ---- */

int64_t sk_index_first_word(int64_t now_ms)
{
    return sk_floor_div(sk_floor_div(now_ms, SK_SLOT_MS), 64);
}

static const char *pattern_bytes(const sk_pattern *pattern)
{
    return (const char *)(pattern->bits + PATTERN_WORDS);
}

static sk_status expand(sk_index *index, sk_pattern *pattern, int64_t base_word, sk_error *err)
{
    const char *at = pattern_bytes(pattern), *end = at + pattern->size;
    size_t count = 0;
    uint64_t bits[PATTERN_WORDS];
    sk_window *windows = NULL;
    sk_status st = SK_OK;

    for (const char *p = at; p < end; count++)
        unpack_window(&p);
    if (!(windows = sk_malloc(count * sizeof *windows)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        windows[i] = unpack_window(&at);
    if ((st = sk_calendar_expand(index->calendar, windows, count, base_word * 64,
                                 PATTERN_WORDS * 64, bits, err)) != SK_OK)
        goto out;
    memcpy(pattern->bits, bits, sizeof bits);
    pattern->base_word = base_word;
out:
    sk_free(windows);
    return st;
}

sk_status patterns_advance(sk_index *index, sk_error *err)
{
    sk_patterns *patterns = &index->patterns;
    int64_t word = sk_index_first_word(index->now_ms);

    for (uint32_t i = 1; i < patterns->count; i++) {
        sk_pattern *pattern = &patterns->items[i];
        sk_status st;
        if (pattern->size == 0 || (word >= pattern->base_word &&
                                   word + SK_SPAN_WORDS <= pattern->base_word + PATTERN_WORDS))
            continue;
        if ((st = expand(index, pattern, word, err)) != SK_OK)
            return st;
    }
    return SK_OK;
}

/* ---- Finding and counting ---- */

sk_status patterns_init(sk_patterns *patterns, sk_error *err)
{
    patterns->free = NO_PATTERN;
    patterns->chain_count = 64;
    patterns->chains = sk_malloc(patterns->chain_count * sizeof(uint32_t));
    patterns->asked = sk_calloc(ASKED_PATTERNS, sizeof(uint32_t));
    if (!patterns->chains || !patterns->asked ||
        !sk_grow((void **)&patterns->items, &patterns->capacity, 1, sizeof patterns->items[0]))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    memset(patterns->chains, 0xff, patterns->chain_count * sizeof(uint32_t));
    patterns->items[0] = (sk_pattern){0};
    patterns->count = 1;
    return SK_OK;
}

void patterns_done(sk_patterns *patterns)
{
    for (uint32_t i = 1; i < patterns->count; i++) {
        if (patterns->items[i].size)
            sk_free(patterns->items[i].bits);
    }
    sk_free(patterns->items);
    sk_free(patterns->chains);
    sk_free(patterns->asked);
    sk_buf_done(&patterns->scratch);
}

static uint32_t find(const sk_patterns *patterns, uint64_t hash, sk_str bytes)
{
    uint32_t i = patterns->chains[hash & (patterns->chain_count - 1)];

    while (i != NO_PATTERN) {
        const sk_pattern *p = &patterns->items[i];
        if (p->hash == hash && sk_str_eq((sk_str){pattern_bytes(p), p->size}, bytes))
            return i;
        i = p->next;
    }
    return NO_PATTERN;
}

/** Failing to grow only makes the chains longer. */
static void grow_chains(sk_patterns *patterns)
{
    uint32_t count = patterns->chain_count * 2;
    uint32_t *chains;

    if (patterns->count <= patterns->chain_count || !(chains = sk_malloc(count * sizeof *chains)))
        return;
    memset(chains, 0xff, count * sizeof *chains);
    for (uint32_t i = 1; i < patterns->count; i++) {
        sk_pattern *p = &patterns->items[i];
        if (p->size == 0)
            continue;
        p->next = chains[p->hash & (count - 1)];
        chains[p->hash & (count - 1)] = i;
    }
    sk_free(patterns->chains);
    patterns->chains = chains;
    patterns->chain_count = count;
}

static sk_status add(sk_index *index, uint64_t hash, sk_str bytes, uint32_t *out, sk_error *err)
{
    sk_patterns *patterns = &index->patterns;
    sk_pattern fresh = {.hash = hash, .size = (uint32_t)bytes.size};
    uint32_t number = patterns->free != NO_PATTERN ? patterns->free : patterns->count;
    uint32_t *chain;
    sk_status st;

    if (!sk_grow((void **)&patterns->items, &patterns->capacity, number + 1,
                 sizeof patterns->items[0]) ||
        !(fresh.bits = sk_malloc(PATTERN_WORDS * sizeof(uint64_t) + bytes.size)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    memcpy(fresh.bits + PATTERN_WORDS, bytes.data, bytes.size);
    if ((st = expand(index, &fresh, sk_index_first_word(index->now_ms), err)) != SK_OK) {
        sk_free(fresh.bits);
        return st;
    }
    if (number == patterns->free)
        patterns->free = patterns->items[number].next;
    else
        patterns->count++;
    chain = &patterns->chains[hash & (patterns->chain_count - 1)];
    fresh.next = *chain;
    *chain = number;
    patterns->items[number] = fresh;
    patterns->bytes += PATTERN_WORDS * sizeof(uint64_t) + bytes.size;
    grow_chains(patterns);
    *out = number;
    return SK_OK;
}

sk_status patterns_take(sk_index *index, const sk_window *windows, size_t count, uint32_t *out,
                        sk_error *err)
{
    sk_patterns *patterns = &index->patterns;
    uint64_t hash;
    uint32_t number;
    sk_status st;

    if (count == 0) {
        *out = 0;
        return SK_OK;
    }
    sk_buf_reset(&patterns->scratch);
    for (size_t i = 0; i < count; i++)
        pack_window(&patterns->scratch, &windows[i]);
    if (patterns->scratch.failed) {
        sk_buf_done(&patterns->scratch);
        patterns->scratch = (sk_buf){0};
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    hash = sk_str_hash(sk_buf_view(&patterns->scratch));
    number = find(patterns, hash, sk_buf_view(&patterns->scratch));
    if (number == NO_PATTERN &&
        (st = add(index, hash, sk_buf_view(&patterns->scratch), &number, err)) != SK_OK)
        return st;
    patterns->items[number].refs++;
    *out = number;
    return SK_OK;
}

void patterns_drop(sk_patterns *patterns, uint32_t number)
{
    sk_pattern *pattern = &patterns->items[number];
    uint32_t *link;

    if (number == 0 || --pattern->refs > 0)
        return;
    link = &patterns->chains[pattern->hash & (patterns->chain_count - 1)];
    while (*link != number)
        link = &patterns->items[*link].next;
    *link = pattern->next;
    patterns->bytes -= PATTERN_WORDS * sizeof(uint64_t) + pattern->size;
    sk_free(pattern->bits);
    *pattern = (sk_pattern){.next = patterns->free};
    patterns->free = number;
}

void patterns_asked(sk_patterns *patterns, uint32_t pattern)
{
    uint32_t *cell = &patterns->asked[patterns->asked_next++ % ASKED_PATTERNS];

    patterns_drop(patterns, *cell);
    *cell = pattern;
}

size_t patterns_memory(const sk_patterns *patterns)
{
    return patterns->bytes + patterns->capacity * sizeof patterns->items[0] +
           (patterns->chain_count + ASKED_PATTERNS) * sizeof(uint32_t);
}

/* ---- Availability ---- */

const uint64_t *sk_index_pattern_words(const sk_index *index, uint32_t pattern, int64_t first_word)
{
    const sk_pattern *p = &index->patterns.items[pattern];

    if (pattern == 0 || first_word < p->base_word ||
        first_word + SK_SPAN_WORDS > p->base_word + PATTERN_WORDS)
        return NULL;
    return p->bits + (first_word - p->base_word);
}

uint32_t sk_index_patterns(const sk_index *index)
{
    return index->patterns.count;
}

/** Clears the bits outside [from, to), in slots from the first bit of `span`. */
static void keep_between(uint64_t *span, int64_t from, int64_t to)
{
    for (int64_t w = 0; w < SK_SPAN_WORDS; w++) {
        int64_t lo = from - w * 64, hi = to - w * 64;
        if (hi <= 0 || lo >= 64 || lo >= hi) {
            span[w] = 0;
            continue;
        }
        if (lo > 0)
            span[w] &= ~UINT64_C(0) << lo;
        if (hi < 64)
            span[w] &= ~(~UINT64_C(0) << hi);
    }
}

static void clear_between(uint64_t *span, int64_t from, int64_t to)
{
    if (from < 0)
        from = 0;
    if (to > SK_SPAN_WORDS * 64)
        to = SK_SPAN_WORDS * 64;
    for (int64_t slot = from; slot < to; slot++)
        span[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

void sk_index_span(const sk_index *index, const sk_facts *facts, int64_t now_ms,
                   uint64_t out[SK_SPAN_WORDS])
{
    int64_t first = sk_index_first_word(now_ms), slot = sk_floor_div(now_ms, SK_SLOT_MS);
    int64_t from = -sk_floor_div(-facts->valid_from_ms, SK_SLOT_MS);
    int64_t to = sk_floor_div(facts->valid_until_ms, SK_SLOT_MS);
    const uint64_t *words = sk_index_pattern_words(index, facts->pattern, first);
    const sk_party_facts *party =
        facts->party == SK_NO_SLOT ? NULL : &party_row(index, facts->party)->facts;

    if (facts->pattern == 0)
        memset(out, 0xff, SK_SPAN_WORDS * sizeof out[0]);
    else if (words)
        memcpy(out, words, SK_SPAN_WORDS * sizeof out[0]);
    else
        memset(out, 0, SK_SPAN_WORDS * sizeof out[0]);
    if (from < slot)
        from = slot;
    if (to > slot + SK_HORIZON_SLOTS)
        to = slot + SK_HORIZON_SLOTS;
    keep_between(out, from - first * 64, to - first * 64);
    for (uint32_t i = 0; party && i < party->busy_count; i++)
        clear_between(out, party->busy_slots[2 * i] - first * 64,
                      party->busy_slots[2 * i + 1] - first * 64);
}

void sk_index_availability(const sk_index *index, const sk_facts *facts, int64_t now_ms,
                           uint64_t out_bits[SK_HORIZON_WORDS])
{
    uint64_t span[SK_SPAN_WORDS + 1];
    unsigned shift =
        (unsigned)(sk_floor_div(now_ms, SK_SLOT_MS) - sk_index_first_word(now_ms) * 64);

    sk_index_span(index, facts, now_ms, span);
    span[SK_SPAN_WORDS] = 0;
    for (size_t w = 0; w < SK_HORIZON_WORDS; w++)
        out_bits[w] = shift ? span[w] >> shift | span[w + 1] << (64 - shift) : span[w];
}
