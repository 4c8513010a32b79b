/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* Areas and taxonomy: replaced as a whole, in pages, with all that follows from it. */

static sk_status page(stand *s, bool begin, const sk_area *areas, size_t count, bool commit)
{
    sk_call call = call_by(&admin);

    return sk_engine_put_areas(s->engine, &call, begin, areas, count, commit, &s->receipt, &s->err);
}

static uint64_t area_count(stand *s)
{
    sk_engine_status st;

    ok(s, sk_engine_get_status(s->engine, &admin, &st, &s->err));
    return st.areas;
}

static void test_put_areas__relocates_listings(void **state)
{
    stand *s = *state;
    sk_area moved = square(s, "BU00020001", "WK000200", "GM0002", 52.10, 5.10);

    put(s, need("n1", "p1"));
    assert_str(listing_of(s, &admin, "n1").buurt, "BU00010001");
    put_areas(s, &moved, 1);
    assert_str(listing_of(s, &admin, "n1").buurt, "BU00020001");
    assert_str(listing_of(s, &admin, "n1").gemeente, "GM0002");
    stand_reopen(s);
    assert_str(listing_of(s, &admin, "n1").wijk, "WK000200");
    put_areas(s, NULL, 0);
    assert_int_equal(area_count(s), 0);
    assert_str(listing_of(s, &admin, "n1").buurt, "");
    stand_check(s);
}

/* Neighbourhoods are regrouped while they keep their own code. */
static void test_put_areas__a_buurt_that_changes_its_wijk_relocates_too(void **state)
{
    stand *s = *state;
    sk_area moved = square(s, "BU00010001", "WK000199", "GM0009", 52.10, 5.10);
    sk_listing_filter filter = {.area = SK_STR("WK000199")};
    sk_listing_page found;

    put(s, need("n1", "p1"));
    put_areas(s, &moved, 1);
    assert_str(listing_of(s, &admin, "n1").wijk, "WK000199");
    assert_str(listing_of(s, &admin, "n1").gemeente, "GM0009");
    ok(s, sk_engine_list_listings(s->engine, &admin, &filter, s->arena, &found, &s->err));
    assert_int_equal(found.count, 1);
}

static void test_put_areas__in_pages(void **state)
{
    stand *s = *state;
    sk_area areas[3] = {square(s, "BU1", "WK1", "GM1", 52.1, 5.1),
                        square(s, "BU2", "WK1", "GM1", 52.2, 5.1),
                        square(s, "BU3", "WK1", "GM1", 52.3, 5.1)};

    ok(s, page(s, true, areas, 1, false));
    assert_int_equal(area_count(s), 2);
    ok(s, page(s, false, areas + 1, 1, false));
    ok(s, page(s, false, areas + 2, 1, true));
    assert_int_equal(area_count(s), 3);
    assert_int_equal(count_events(s, "areas.changed"), 2);
}

/* What came before is lost with a restart or a refused page: the rest alone must not become all. */
static void test_put_areas__a_later_page_alone_is_refused(void **state)
{
    stand *s = *state;
    sk_area areas[2] = {square(s, "BU1", "WK1", "GM1", 52.1, 5.1),
                        square(s, "BU2", "WK1", "GM1", 52.2, 5.1)};
    sk_area empty = {.code = SK_STR("BU3"), .name = SK_STR("x")};

    ok(s, page(s, true, areas, 1, false));
    stand_reopen(s);
    refused(s, SK_ECONFLICT, "begin", page(s, false, areas + 1, 1, true));
    assert_int_equal(area_count(s), 2);
    ok(s, page(s, true, areas, 1, false));
    assert_int_not_equal(page(s, false, &empty, 1, false), SK_OK);
    refused(s, SK_ECONFLICT, "begin", page(s, false, areas + 1, 1, true));
    assert_int_equal(area_count(s), 2);
}

static void test_find_area__gives_back_what_was_asked_and_no_more(void **state)
{
    stand *s = *state;
    sk_found_area found;

    ok(s, sk_engine_find_area(s->engine, &reader, false, 5.10, 52.10, s->arena, &found, &s->err));
    assert_str(found.area.code, "BU00010001");
    assert_int_equal(found.area.polygon_count, 0);
    ok(s, sk_engine_find_area(s->engine, &reader, false, 6.5, 52.9, s->arena, &found, &s->err));
    assert_int_equal(found.area.code.size, 0);
    refused(s, SK_EINVAL, "point",
            sk_engine_find_area(s->engine, &reader, false, 181, 52.9, s->arena, &found, &s->err));
}

/* ---- Taxonomy ---- */

static sk_status try_categories(stand *s, const sk_category *list, size_t count)
{
    sk_call call = call_by(&admin);

    return sk_engine_put_taxonomy(s->engine, &call, list, count, NULL, 0, &s->receipt, &s->err);
}

static void test_put_taxonomy__refused_while_a_code_is_in_use(void **state)
{
    stand *s = *state;
    sk_call call = call_by(&admin);

    put(s, need("n1", "p1"));
    put(s, offer("o1", "p2"));
    ok(s, try_status(s, "n1", SK_LISTING_WITHDRAWN));
    refused(s, SK_ECONFLICT, "categories", try_categories(s, categories, 1));
    refused(s, SK_ECONFLICT, "categories", try_categories(s, categories, 0));
    ok(s, try_categories(s, categories, 2));
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p1"), &s->receipt, &s->err));
    ok(s, sk_engine_erase_party(s->engine, &call, SK_STR("p2"), &s->receipt, &s->err));
    ok(s, try_categories(s, categories, 1));
    stand_reopen(s);
    stand_check(s);
}

static void test_put_taxonomy__tests_again(void **state)
{
    stand *s = *state;
    static const sk_str music[1] = {{"muziek", 6}}, language[1] = {{"taal", 4}};
    static const sk_related near[1] = {{{"muziek", 6}, {"taal", 4}, 0.9}};
    sk_listing asks = need("n1", "p1"), has = offer("o1", "p2");
    sk_call call = call_by(&admin);

    ok(s, sk_engine_put_taxonomy(s->engine, &call, categories, 5, near, 1, &s->receipt, &s->err));
    asks.categories = (sk_strs){music, 1};
    has.categories = (sk_strs){language, 1};
    put(s, asks);
    put(s, has);
    assert_true(has_pair(s, "n1", "o1", 1u << SK_STATE_PROPOSED));
    put_categories(s, 5);
    assert_str(pair_of(s, "n1", "o1").reason, "category");
    stand_check(s);
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_put_areas__relocates_listings),
        ON_STAND(test_put_areas__a_buurt_that_changes_its_wijk_relocates_too),
        ON_STAND(test_put_areas__in_pages),
        ON_STAND(test_put_areas__a_later_page_alone_is_refused),
        ON_STAND(test_find_area__gives_back_what_was_asked_and_no_more),
        ON_STAND(test_put_taxonomy__refused_while_a_code_is_in_use),
        ON_STAND(test_put_taxonomy__tests_again),
    };

    return cmocka_run_group_tests_name("engine.areas", tests, NULL, NULL);
}
