/* SPDX-License-Identifier: EUPL-1.2 */
#include "fixture.h"

static uint32_t put(fixture *f, const sk_listing *listing)
{
    uint32_t slot = SK_NO_SLOT;
    sk_error err = {0};

    if (sk_index_put(f->index, listing, &slot, &err) != SK_OK)
        fail_msg("%s %s", err.field, err.message);
    fixture_sound(f);
    return slot;
}

static sk_facts asker(void)
{
    return (sk_facts){.slot = SK_NO_SLOT,
                      .party = SK_NO_SLOT,
                      .kind = SK_KIND_NEED,
                      .has_point = true,
                      .lat_deg = 52.09,
                      .lon_deg = 5.12,
                      .cos_lat = sk_geo_cos_lat(52.09)};
}

static void test_put__files_an_open_listing_once_for_each_category(void **state)
{
    fixture f;
    sk_listing l = fixture_listing("l");
    sk_facts q = asker();
    uint32_t slot;

    (void)state;
    fixture_init(&f);
    slot = put(&f, &l);
    assert_int_equal(sk_index_find(f.index, SK_STR("l")), slot);
    assert_true(sk_str_eq(sk_index_id(f.index, slot), SK_STR("l")));
    assert_int_equal(fixture_seen(&f, &q, false), 2);
    assert_int_equal(fixture_seen(&f, &q, true), 0);
    l.remote = true;
    assert_int_equal(put(&f, &l), slot);
    assert_int_equal(fixture_seen(&f, &q, true), 2);
    l.has_point = false;
    put(&f, &l);
    assert_int_equal(fixture_seen(&f, &q, false), 0);
    assert_int_equal(sk_index_count(f.index, SK_SUPPLY), 1);
    fixture_done(&f);
}

static void test_set_status__takes_out_and_puts_back(void **state)
{
    fixture f;
    sk_listing l = fixture_listing("l");
    sk_facts q = asker();
    uint32_t slot;

    (void)state;
    fixture_init(&f);
    slot = put(&f, &l);
    sk_index_set_status(f.index, slot, SK_LISTING_PAUSED);
    fixture_sound(&f);
    assert_int_equal(fixture_seen(&f, &q, false), 0);
    sk_index_set_status(f.index, slot, SK_LISTING_OPEN);
    sk_index_set_taken(f.index, slot, 1);
    fixture_sound(&f);
    assert_int_equal(fixture_seen(&f, &q, false), 0);
    l.capacity = 2;
    put(&f, &l); /* Keeps what is taken. */
    assert_int_equal(sk_index_facts(f.index, slot)->taken, 1);
    assert_int_equal(fixture_seen(&f, &q, false), 2);
    sk_index_remove(f.index, slot);
    fixture_sound(&f);
    assert_int_equal(fixture_seen(&f, &q, false), 0);
    assert_null(sk_index_facts(f.index, slot));
    assert_int_equal(sk_index_find(f.index, SK_STR("l")), SK_NO_SLOT);
    fixture_done(&f);
}

static void test_put__refuses_what_it_cannot_place(void **state)
{
    static const sk_str unknown[] = {{"tuin", 4}};
    fixture f;
    sk_listing l = fixture_listing("l");
    uint32_t slot;
    sk_error err;

    (void)state;
    fixture_init(&f);
    l.party_id = SK_STR("z");
    assert_int_equal(sk_index_put(f.index, &l, &slot, &err), SK_EINVAL);
    assert_string_equal(err.field, "partyId");
    l = fixture_listing("l");
    l.categories = (sk_strs){unknown, 1};
    assert_int_equal(sk_index_put(f.index, &l, &slot, &err), SK_EINVAL);
    assert_string_equal(err.field, "categories");
    l = fixture_listing("l");
    l.kind = (sk_kind)9;
    assert_int_equal(sk_index_put(f.index, &l, &slot, &err), SK_EINVAL);
    assert_string_equal(err.field, "kind");
    assert_int_equal(sk_index_find(f.index, SK_STR("l")), SK_NO_SLOT);
    fixture_sound(&f);
    fixture_done(&f);
}

static void test_facts_of__needs_no_party(void **state)
{
    fixture f;
    sk_listing l = fixture_listing("l");
    sk_arena *arena = sk_arena_new(0);
    sk_facts facts;
    uint64_t bits[SK_HORIZON_WORDS];
    sk_error err;

    (void)state;
    fixture_init(&f);
    l.party_id = (sk_str){"", 0};
    assert_int_equal(sk_index_facts_of(f.index, &l, arena, &facts, &err), SK_OK);
    assert_int_equal(facts.party, SK_NO_SLOT);
    assert_int_equal(facts.category_count, 2);
    sk_index_availability(f.index, &facts, NOW, bits);
    assert_true(bits[0] == ~UINT64_C(0));
    assert_int_equal(sk_index_find(f.index, SK_STR("l")), SK_NO_SLOT);
    sk_arena_free(arena);
    fixture_done(&f);
}

/** Slot by slot, from the calendar and the contract. */
static void check_availability(const fixture *f, uint32_t slot, const sk_listing *l, int64_t now_ms,
                               const int64_t *busy)
{
    int64_t first = now_ms / SK_SLOT_MS;
    uint64_t got[SK_HORIZON_WORDS], want[SK_HORIZON_WORDS];
    sk_error err;

    sk_index_availability(f->index, sk_index_facts(f->index, slot), now_ms, got);
    assert_int_equal(sk_calendar_expand(f->calendar, l->windows, l->window_count, first,
                                        SK_HORIZON_SLOTS, want, &err),
                     SK_OK);
    for (int64_t i = 0; i < SK_HORIZON_SLOTS; i++) {
        int64_t at = first + i;
        bool in = (want[i / 64] >> (i % 64) & 1) && at * SK_SLOT_MS >= l->valid_from_ms &&
                  (at + 1) * SK_SLOT_MS <= l->valid_until_ms && !(busy[0] <= at && at < busy[1]);
        assert_int_equal(got[i / 64] >> (i % 64) & 1, in);
    }
}

static void test_availability__follows_the_clock(void **state)
{
    static const sk_window windows[] = {
        {.short_form = true, .days = 0x15, .from_min = 540, .to_min = 1020},
        {.short_form = true, .days = 0x60, .from_min = 1320, .to_min = 120}};
    fixture f;
    sk_listing l = fixture_listing("l");
    int64_t busy[2] = {NOW / SK_SLOT_MS + 190, NOW / SK_SLOT_MS + 300};
    uint32_t slot;
    sk_error err;

    (void)state;
    fixture_init(&f);
    l.windows = windows;
    l.window_count = 2;
    l.valid_from_ms = NOW + 3 * SK_DAY_MS + 1;
    l.valid_until_ms = NOW + 50 * SK_DAY_MS - 1;
    slot = put(&f, &l);
    assert_int_equal(
        sk_index_party_set_busy(f.index, sk_index_party_find(f.index, SK_STR("a")), busy, 1, &err),
        SK_OK);
    for (int64_t step = 0; step < 60; step++) { /* Over the change to summer time too. */
        int64_t now_ms = NOW + step * (SK_DAY_MS - SK_SLOT_MS - 1);
        assert_int_equal(sk_index_advance(f.index, now_ms, &err), SK_OK);
        fixture_sound(&f);
        check_availability(&f, slot, &l, now_ms, busy);
    }
    fixture_done(&f);
}

static void test_set_busy__refuses_disorder(void **state)
{
    const int64_t backwards[] = {5, 5}, crossing[] = {1, 4, 3, 6};
    fixture f;
    sk_error err;

    (void)state;
    fixture_init(&f);
    assert_int_equal(sk_index_party_set_busy(f.index, 0, backwards, 1, &err), SK_EINVAL);
    assert_int_equal(sk_index_party_set_busy(f.index, 0, crossing, 2, &err), SK_EINVAL);
    assert_int_equal(sk_index_party_set_busy(f.index, 9, crossing, 1, &err), SK_ENOTFOUND);
    assert_int_equal(sk_index_party(f.index, 0)->busy_count, 0);
    fixture_done(&f);
}

static void test_party_put__keeps_counters(void **state)
{
    static const sk_str blocked[] = {{"b", 1}, {"nobody", 6}, {"b", 1}};
    fixture f;
    sk_party party = {.id = SK_STR("a"), .kind = SK_PARTY_RESIDENT, .blocks = {blocked, 3}};
    uint32_t slot;
    sk_error err;

    (void)state;
    fixture_init(&f);
    sk_index_party(f.index, 0)->load_30d = 7;
    assert_int_equal(sk_index_party_put(f.index, &party, &slot, &err), SK_OK);
    assert_int_equal(slot, 0);
    assert_int_equal(sk_index_party(f.index, 0)->load_30d, 7);
    assert_int_equal(sk_index_party(f.index, 0)->blocks.count, 2);
    assert_int_equal(sk_index_party(f.index, 0)->last_asked_ms, INT64_MIN);
    assert_null(sk_index_party(f.index, 99));
    fixture_done(&f);
}

static void test_party_remove__takes_its_listings_along(void **state)
{
    char id[16];
    fixture f;
    size_t count;

    (void)state;
    fixture_init(&f);
    for (int i = 0; i < 7; i++) {
        snprintf(id, sizeof id, "l%d", i);
        sk_listing l = fixture_listing(id);
        put(&f, &l);
    }
    sk_index_party_listings(f.index, 0, &count);
    assert_int_equal(count, 7);
    sk_index_party_remove(f.index, 0);
    fixture_sound(&f);
    assert_int_equal(sk_index_count(f.index, SK_SUPPLY), 0);
    assert_int_equal(sk_index_party_find(f.index, SK_STR("a")), SK_NO_SLOT);
    assert_int_equal(fixture_party(&f, "c"), 0); /* The row is used again. */
    fixture_done(&f);
}

static void test_set_taxonomy__files_anew_or_refuses(void **state)
{
    fixture f;
    sk_listing l = fixture_listing("l");
    sk_facts q = asker();
    sk_taxonomy *smaller, *other;
    sk_error err;

    (void)state;
    fixture_init(&f);
    put(&f, &l);
    assert_int_equal(sk_taxonomy_new(fixture_categories, 1, NULL, 0, &smaller, &err), SK_OK);
    assert_int_equal(sk_index_set_taxonomy(f.index, smaller, &err), SK_ECONFLICT);
    assert_ptr_equal(sk_index_taxonomy(f.index), f.taxonomy);
    fixture_sound(&f);
    assert_int_equal(sk_taxonomy_new(fixture_categories, 3, NULL, 0, &other, &err), SK_OK);
    assert_int_equal(sk_index_set_taxonomy(f.index, other, &err), SK_OK);
    fixture_sound(&f);
    assert_int_equal(fixture_seen(&f, &q, false), 2);
    sk_taxonomy_free(smaller);
    sk_taxonomy_free(f.taxonomy);
    f.taxonomy = other;
    fixture_done(&f);
}

/** Whatever allocation fails: an error, and everything as before. */
static void test_put__leaves_all_as_it_was_without_memory(void **state)
{
    static const sk_window window = {.short_form = true, .days = 2, .from_min = 60, .to_min = 90};
    char id[16];
    size_t failures = 0;
    fixture f;
    sk_error err;
    uint32_t slot;

    (void)state;
    fixture_init(&f);
    for (int i = 0; i < 400; i++) {
        snprintf(id, sizeof id, "l%d", i % 300);
        sk_listing l = fixture_listing(id);
        l.windows = &window;
        l.window_count = i % 2;
        l.remote = i % 3 == 0;
        for (long n = 0; n < 40; n++) {
            size_t before = sk_index_count(f.index, SK_SUPPLY);
            sk_alloc_fail_after(n);
            sk_status st = sk_index_put(f.index, &l, &slot, &err);
            sk_alloc_fail_after(-1);
            if (st == SK_OK)
                break;
            failures++;
            assert_int_equal(st, SK_ENOMEM);
            assert_int_equal(sk_index_count(f.index, SK_SUPPLY), before);
            fixture_sound(&f);
        }
    }
    assert_true(failures > 10);
    assert_int_equal(sk_index_count(f.index, SK_SUPPLY), 300);
    fixture_sound(&f);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put__files_an_open_listing_once_for_each_category),
        cmocka_unit_test(test_set_status__takes_out_and_puts_back),
        cmocka_unit_test(test_put__refuses_what_it_cannot_place),
        cmocka_unit_test(test_facts_of__needs_no_party),
        cmocka_unit_test(test_availability__follows_the_clock),
        cmocka_unit_test(test_set_busy__refuses_disorder),
        cmocka_unit_test(test_party_put__keeps_counters),
        cmocka_unit_test(test_party_remove__takes_its_listings_along),
        cmocka_unit_test(test_set_taxonomy__files_anew_or_refuses),
        cmocka_unit_test(test_put__leaves_all_as_it_was_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
