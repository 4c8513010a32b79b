/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

/* What goes out by export comes back in by import, and matches as before. */

typedef struct copy {
    size_t parties, listings, connectors, pages;
} copy;

static void import_page(stand *to, const sk_export_page *page, copy *c)
{
    sk_call call = call_by(&admin);

    for (size_t i = 0; i < page->party_count; i++)
        ok(to, sk_engine_put_party(to->engine, &call, &page->parties[i], &to->receipt, &to->err));
    for (size_t i = 0; i < page->listing_count; i++)
        put(to, page->listings[i]);
    for (size_t i = 0; i < page->connector_count; i++)
        ok(to, sk_engine_put_connector(to->engine, &call, &page->connectors[i], &to->receipt,
                                       &to->err));
    c->parties += page->party_count;
    c->listings += page->listing_count;
    c->connectors += page->connector_count;
    c->pages++;
}

static copy copy_all(stand *from, stand *to, uint32_t limit)
{
    sk_export_page page;
    sk_str after = SK_STR("");
    copy c = {0};

    do {
        ok(from, sk_engine_export(from->engine, &admin, after, limit, false, from->arena, &page,
                                  &from->err));
        import_page(to, &page, &c);
        after = page.next;
    } while (after.size);
    return c;
}

static void fill(stand *s)
{
    static const sk_str areas[1] = {{"GM0001", 6}};
    sk_call call = call_by(&admin);
    sk_connector vera = {.id = SK_STR("vera"), .name = SK_STR("Vera"), .areas = {areas, 1}};
    static const char *const ids[] = {"l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8"};
    static const char *const parties[] = {"p1", "p2", "p3", "p4"};

    ok(s, sk_engine_put_connector(s->engine, &call, &vera, &s->receipt, &s->err));
    for (int i = 0; i < 8; i++) {
        sk_listing made = i % 2 ? need(ids[i], parties[i % 4]) : offer(ids[i], parties[i % 4]);

        made.point.lat_deg += 0.001 * i;
        stand_to(s, START_MS + i * SK_DAY_MS);
        put(s, made);
    }
    ok(s, try_status(s, "l7", SK_LISTING_PAUSED));
}

static void assert_same_matches(stand *a, stand *b, const char *id)
{
    sk_ask ask = {.id = sk_str_from(id)};
    sk_match_answer x, y;

    ok(a, sk_engine_match(a->engine, &admin, &ask, a->arena, &x, &a->err));
    ok(b, sk_engine_match(b->engine, &admin, &ask, b->arena, &y, &b->err));
    assert_int_equal(x.count, y.count);
    assert_string_equal(x.reason, y.reason);
    for (size_t i = 0; i < x.count; i++) {
        assert_true(sk_str_eq(x.items[i].listing_id, y.items[i].listing_id));
        assert_true(sk_str_eq(x.items[i].title, y.items[i].title));
    }
}

static void test_export__comes_back_by_import(void **state)
{
    stand *s = *state;
    void *other_state;
    stand *other;
    copy c;

    fill(s);
    for (uint32_t limit = 1; limit <= 8; limit += 7) {
        assert_int_equal(stand_open(&other_state), 0);
        other = other_state;
        stand_to(other, sk_engine_now(s->engine));
        c = copy_all(s, other, limit);
        assert_int_equal(c.parties, 6);
        assert_int_equal(c.listings, 8);
        assert_int_equal(c.connectors, 1);
        assert_same_matches(s, other, "l2");
        assert_same_matches(s, other, "l5");
        assert_same_matches(s, other, "l7");
        assert_int_equal(listing_of(other, &admin, "l1").created_ms, START_MS);
        assert_int_equal(listing_of(other, &admin, "l7").status, SK_LISTING_PAUSED);
        stand_close(&other_state);
    }
}

static void test_export__refuses_a_cursor_that_it_did_not_give(void **state)
{
    stand *s = *state;
    sk_export_page page;

    refused(s, SK_EINVAL, "after",
            sk_engine_export(s->engine, &admin, SK_STR("x"), 0, false, s->arena, &page, &s->err));
    refused(s, SK_EINVAL, "limit",
            sk_engine_export(s->engine, &admin, SK_STR(""), 257, false, s->arena, &page, &s->err));
}

int main(void)
{
#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
    const struct CMUnitTest tests[] = {
        ON_STAND(test_export__comes_back_by_import),
        ON_STAND(test_export__refuses_a_cursor_that_it_did_not_give),
    };

    return cmocka_run_group_tests_name("engine.export", tests, NULL, NULL);
}
