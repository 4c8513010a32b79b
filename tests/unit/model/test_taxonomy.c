/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const sk_category small[] = {
    {SK_STR("vervoer"), SK_STR("Vervoer"), SK_STR("Transport")},
    {SK_STR("vervoer.ziekenhuis"), SK_STR("Naar het ziekenhuis"), SK_STR("Hospital")},
    {SK_STR("zorg"), SK_STR("Zorg"), SK_STR("Care")},
    {SK_STR("zorg.a"), SK_STR(""), SK_STR("")},
    {SK_STR("zorg.a.b"), SK_STR(""), SK_STR("")},
    {SK_STR("zorg-x"), SK_STR(""), SK_STR("")},
    {SK_STR("zorg.a.b.c"), SK_STR(""), SK_STR("")},
    {SK_STR("zorg.a.b.c.d"), SK_STR(""), SK_STR("")},
    {SK_STR("zorg.a.b.c.d.e"), SK_STR(""), SK_STR("")},
    {SK_STR("zorg.z"), SK_STR(""), SK_STR("")},
};

static double closeness(const sk_taxonomy *t, const char *a, const char *b)
{
    int x = sk_taxonomy_find(t, sk_str_from(a)), y = sk_taxonomy_find(t, sk_str_from(b));

    assert_true(x >= 0 && y >= 0);
    assert_true(sk_taxonomy_closeness(t, x, y) == sk_taxonomy_closeness(t, y, x));
    return sk_taxonomy_closeness(t, x, y);
}

static void test_closeness__follows_the_contract(void **state)
{
    const sk_related related[] = {{SK_STR("vervoer"), SK_STR("zorg.a"), 0.5},
                                  {SK_STR("zorg.z"), SK_STR("zorg-x"), 0.25},
                                  {SK_STR("zorg.a"), SK_STR("zorg.a.b"), 0.1}};
    sk_taxonomy *t = NULL;

    (void)state;
    assert_int_equal(sk_taxonomy_new(small, 10, related, 3, &t, NULL), SK_OK);
    assert_int_equal(sk_taxonomy_count(t), 10);
    assert_int_equal(sk_taxonomy_related_count(t), 3);
    assert_true(closeness(t, "zorg", "zorg") == 1);
    assert_true(closeness(t, "zorg", "zorg.a") == 0.7);
    assert_true(closeness(t, "zorg", "zorg.a.b") == 0.49);
    assert_true(closeness(t, "zorg", "zorg.a.b.c") == 0.343);
    assert_true(closeness(t, "zorg", "zorg.a.b.c.d") == 0.2401);
    assert_true(closeness(t, "zorg", "zorg.a.b.c.d.e") == 0);
    assert_true(closeness(t, "zorg", "zorg-x") == 0);
    assert_true(closeness(t, "zorg.z", "zorg.a") == 0);
    assert_true(closeness(t, "vervoer", "zorg.a") == 0.5);
    assert_true(closeness(t, "vervoer.ziekenhuis", "zorg.a.b.c") == 0.5);
    assert_true(closeness(t, "vervoer", "zorg") == 0);
    assert_true(closeness(t, "zorg-x", "zorg.z") == 0.25);
    assert_true(closeness(t, "zorg.a", "zorg.a.b") == 0.7);
    assert_int_equal(sk_taxonomy_find(t, SK_STR("zor")), -1);
    assert_int_equal(sk_taxonomy_find(t, SK_STR("zzz")), -1);
    assert_true(sk_str_eq(sk_taxonomy_at(t, 0)->code, SK_STR("vervoer")));
    assert_true(sk_str_eq(sk_taxonomy_at(t, 0)->label_en, SK_STR("Transport")));
    assert_true(sk_str_eq(sk_taxonomy_at(t, 3)->code, SK_STR("zorg-x")));
    assert_true(sk_str_eq(sk_taxonomy_related_at(t, 1)->a, SK_STR("zorg.a")));
    sk_taxonomy_free(t);
    sk_taxonomy_free(NULL);
}

/* ---- Against the contract's sentences ---- */

static bool is_or_is_under(sk_str code, sk_str above)
{
    return sk_str_eq(code, above) || (sk_str_starts(code, above) && code.data[above.size] == '.');
}

static double plain_closeness(const sk_taxonomy *t, sk_str a, sk_str b)
{
    static const double levels[] = {1, 0.7, 0.49, 0.343, 0.2401, 0, 0};
    sk_str low = a.size > b.size ? a : b, high = a.size > b.size ? b : a;
    double best = 0;

    if (is_or_is_under(low, high)) {
        int apart = 0;

        for (size_t i = high.size; i < low.size; i++)
            apart += low.data[i] == '.';
        best = levels[apart];
    }
    for (size_t i = 0; i < sk_taxonomy_related_count(t); i++) {
        const sk_related *r = sk_taxonomy_related_at(t, i);

        if (((is_or_is_under(a, r->a) && is_or_is_under(b, r->b)) ||
             (is_or_is_under(a, r->b) && is_or_is_under(b, r->a))) &&
            r->closeness > best)
            best = r->closeness;
    }
    return best;
}

static sk_taxonomy *random_taxonomy(sk_arena *arena, size_t count, size_t related_count)
{
    sk_category *categories = sk_arena_calloc(arena, count, sizeof(*categories));
    sk_related *related = sk_arena_calloc(arena, related_count, sizeof(*related));
    sk_taxonomy *t = NULL;
    sk_error err;

    for (size_t i = 0; i < count; i++) {
        sk_str parent = categories[i ? (size_t)random() % i : 0].code;
        int depth = 0;

        for (size_t j = 0; j < parent.size; j++)
            depth += parent.data[j] == '.';
        if (i < 3 || depth > 4)
            categories[i].code = sk_arena_printf(arena, "r-%zu", i);
        else
            categories[i].code = sk_arena_printf(arena, "%.*s.%zu", SK_STR_ARG(parent), i);
    }
    for (size_t i = 0; i < related_count; i++) {
        related[i].a = categories[(size_t)random() % count].code;
        related[i].b = categories[(size_t)random() % count].code;
        related[i].closeness = (double)(1 + random() % 100) / 100;
    }
    /* The last first: order of the input must not matter. */
    for (size_t i = 0; i < count / 2; i++) {
        sk_category keep = categories[i];

        categories[i] = categories[count - 1 - i];
        categories[count - 1 - i] = keep;
    }
    if (sk_taxonomy_new(categories, count, related, related_count, &t, &err) != SK_OK)
        fail_msg("%s: %s", err.field, err.message);
    return t;
}

static void assert_near(const sk_taxonomy *t, int index)
{
    size_t count = 0, expected = 0;
    const sk_near *near = sk_taxonomy_near(t, index, &count);

    for (size_t b = 0; b < sk_taxonomy_count(t); b++) {
        double plain =
            plain_closeness(t, sk_taxonomy_at(t, (size_t)index)->code, sk_taxonomy_at(t, b)->code);

        assert_true(sk_taxonomy_closeness(t, index, (int)b) == plain);
        expected += plain >= SK_CLOSENESS_RELAXED_LEAST;
    }
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        assert_true(near[i].closeness == sk_taxonomy_closeness(t, index, near[i].index));
        if (i > 0)
            assert_true(
                near[i - 1].closeness > near[i].closeness ||
                (near[i - 1].closeness == near[i].closeness && near[i - 1].index < near[i].index));
    }
}

static void test_closeness__agrees_with_the_plain_reading(void **state)
{
    (void)state;
    srandom(11);
    for (int round = 0; round < 30; round++) {
        sk_arena *arena = sk_arena_new(0);
        sk_taxonomy *t = random_taxonomy(arena, 1 + (size_t)random() % 120, (size_t)random() % 20);

        for (size_t i = 0; i < sk_taxonomy_count(t); i++)
            assert_near(t, (int)i);
        sk_taxonomy_free(t);
        sk_arena_free(arena);
    }
}

static void test_new__large_and_quick(void **state)
{
    sk_arena *arena = sk_arena_new(0);
    int64_t begin = 0;
    sk_taxonomy *t = NULL;

    (void)state;
    srandom(12);
    begin = sk_monotonic_ms();
    t = random_taxonomy(arena, 5000, 2000);
    print_message("5000 codes, 2000 related: %d ms\n", (int)(sk_monotonic_ms() - begin));
    assert_int_equal(sk_taxonomy_count(t), 5000);
    sk_taxonomy_free(t);
    sk_arena_free(arena);
}

/* ---- Refusals ---- */

static void assert_refused(const sk_category *categories, size_t count, const sk_related *related,
                           size_t related_count, sk_status status, const char *field)
{
    sk_taxonomy *t = NULL;
    sk_error err = {0};

    assert_int_equal(sk_taxonomy_new(categories, count, related, related_count, &t, &err), status);
    assert_string_equal(err.field, field);
    assert_null(t);
}

static void test_new__names_the_bad_entry(void **state)
{
    static const char *const bad[] = {"",  ".",   "a.",  ".a",       "a..b",
                                      "A", "a b", "a_b", "\xc3\xa9", "vervoer.a.b.c.d.e.f"};
    sk_category categories[3] = {small[0], small[2]};
    sk_related related[2] = {{SK_STR("zorg"), SK_STR("vervoer"), 1},
                             {SK_STR("zorg"), SK_STR("vervoer"), 0.5}};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        categories[2] = (sk_category){sk_str_from(bad[i]), SK_STR(""), SK_STR("")};
        assert_refused(categories, 3, NULL, 0, SK_EINVAL, "categories[2].code");
    }
    categories[2] = (sk_category){SK_STR("zorg"), SK_STR(""), SK_STR("")};
    assert_refused(categories, 3, NULL, 0, SK_EINVAL, "categories[2].code");
    categories[2] = (sk_category){SK_STR("wonen.tuin"), SK_STR(""), SK_STR("")};
    assert_refused(categories, 3, NULL, 0, SK_EINVAL, "categories[2].code");
    categories[2] = (sk_category){SK_STR("wonen"), SK_STR("a\xff"), SK_STR("")};
    assert_refused(categories, 3, NULL, 0, SK_EINVAL, "categories[2].label.nl");
    related[1].a = SK_STR("wonen");
    assert_refused(categories, 2, related, 2, SK_EINVAL, "related[1].a");
    related[1].a = SK_STR("zorg");
    related[1].b = SK_STR("wonen");
    assert_refused(categories, 2, related, 2, SK_EINVAL, "related[1].b");
    related[1].b = SK_STR("vervoer");
    for (int i = 0; i < 4; i++) {
        related[1].closeness = (double[]){0, -1, 1.01, NAN}[i];
        assert_refused(categories, 2, related, 2, SK_EINVAL, "related[1].closeness");
    }
    assert_refused(categories, SK_TAXONOMY_MAX_CODES + 1, NULL, 0, SK_ELIMIT, "categories");
}

static void test_new__bounds_hostile_relations(void **state)
{
    enum { COUNT = 5001, RELATED = 10000 };
    sk_arena *arena = sk_arena_new(0);
    sk_category *categories = sk_arena_calloc(arena, COUNT, sizeof(*categories));
    sk_related *related = sk_arena_calloc(arena, RELATED, sizeof(*related));

    (void)state;
    categories[0].code = SK_STR("a");
    for (size_t i = 1; i < COUNT; i++)
        categories[i].code = sk_arena_printf(arena, "a.%zu", i);
    for (size_t i = 0; i < RELATED; i++)
        related[i] = (sk_related){SK_STR("a"), SK_STR("a"), 0.5};
    assert_refused(categories, COUNT, related, RELATED, SK_ELIMIT, "related");
    sk_arena_free(arena);
}

static void test_new__reports_lack_of_memory(void **state)
{
    const sk_related related[] = {{SK_STR("vervoer"), SK_STR("zorg.a"), 0.5}};
    sk_status st = SK_ENOMEM;

    (void)state;
    for (long fail = 0; st == SK_ENOMEM; fail++) {
        sk_taxonomy *t = NULL;

        assert_true(fail < 100);
        sk_alloc_fail_after(fail);
        st = sk_taxonomy_new(small, 10, related, 1, &t, NULL);
        sk_alloc_fail_after(-1);
        assert_int_equal(st == SK_OK, t != NULL);
        sk_taxonomy_free(t);
    }
    assert_int_equal(st, SK_OK);
}

static void test_new__may_be_empty(void **state)
{
    sk_taxonomy *t = NULL;

    (void)state;
    assert_int_equal(sk_taxonomy_new(NULL, 0, NULL, 0, &t, NULL), SK_OK);
    assert_int_equal(sk_taxonomy_find(t, SK_STR("a")), -1);
    sk_taxonomy_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closeness__follows_the_contract),
        cmocka_unit_test(test_closeness__agrees_with_the_plain_reading),
        cmocka_unit_test(test_new__large_and_quick),
        cmocka_unit_test(test_new__names_the_bad_entry),
        cmocka_unit_test(test_new__bounds_hostile_relations),
        cmocka_unit_test(test_new__reports_lack_of_memory),
        cmocka_unit_test(test_new__may_be_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
