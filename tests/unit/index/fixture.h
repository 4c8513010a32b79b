/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "index/index.h"

/* An index with two parties, and listings to put in it. */

#define NOW INT64_C(1772445600000) /* Monday 2 March 2026, 11:00 in Amsterdam. */

typedef struct fixture {
    sk_intern *words;
    sk_calendar *calendar;
    sk_taxonomy *taxonomy;
    sk_index *index;
} fixture;

static const sk_category fixture_categories[] = {
    {SK_STR("klus"), SK_STR("Klussen"), SK_STR("Jobs")},
    {SK_STR("klus.fiets"), SK_STR("Fietsen"), SK_STR("Bicycles")},
    {SK_STR("zorg"), SK_STR("Zorg"), SK_STR("Care")}};
static const sk_str fixture_codes[] = {{"klus", 4}, {"klus.fiets", 10}, {"zorg", 4}};

static inline uint32_t fixture_party(fixture *f, const char *id)
{
    sk_party party = {.id = sk_str_from(id), .kind = SK_PARTY_RESIDENT};
    uint32_t slot;
    sk_error err;

    assert_int_equal(sk_index_party_put(f->index, &party, &slot, &err), SK_OK);
    return slot;
}

static inline void fixture_init(fixture *f)
{
    sk_error err;

    f->words = sk_intern_new();
    assert_int_equal(sk_calendar_open(&f->calendar, &err), SK_OK);
    assert_int_equal(sk_taxonomy_new(fixture_categories, 3, NULL, 0, &f->taxonomy, &err), SK_OK);
    assert_int_equal(sk_index_new(f->words, f->calendar, f->taxonomy, NOW, &f->index, &err), SK_OK);
    fixture_party(f, "a");
    fixture_party(f, "b");
}

static inline void fixture_done(fixture *f)
{
    sk_index_free(f->index);
    sk_taxonomy_free(f->taxonomy);
    sk_calendar_close(f->calendar);
    sk_intern_free(f->words);
}

static inline sk_listing fixture_listing(const char *id)
{
    return (sk_listing){.id = sk_str_from(id),
                        .kind = SK_KIND_OFFER,
                        .party_id = SK_STR("a"),
                        .categories = {fixture_codes, 2},
                        .has_point = true,
                        .point = {52.09, 5.12},
                        .reach_m = 1000,
                        .valid_from_ms = NOW - SK_DAY_MS,
                        .valid_until_ms = NOW + 60 * SK_DAY_MS,
                        .created_ms = NOW - SK_DAY_MS,
                        .capacity = 1,
                        .status = SK_LISTING_OPEN};
}

static inline void fixture_sound(const fixture *f)
{
    sk_error err = {0};

    if (sk_index_check(f->index, &err) != SK_OK)
        fail_msg("%s", err.message);
}

/** How many candidates of the supply side a query in `categories` (codes 0 to 2) comes by. */
static inline size_t fixture_seen(const fixture *f, const sk_facts *query, bool from_afar)
{
    static sk_candidates seen;
    sk_walk *walk = sk_walk_new();
    size_t count = 0;

    sk_walk_begin(walk, f->index, query, SK_SUPPLY, from_afar, 0);
    for (uint32_t c = 0; c < 3; c++)
        assert_int_equal(sk_walk_add(walk, c), SK_OK);
    while (sk_walk_next(walk, &seen))
        count += seen.count;
    assert_false(sk_walk_failed(walk));
    sk_walk_free(walk);
    return count;
}
