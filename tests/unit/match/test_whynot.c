/* SPDX-License-Identifier: EUPL-1.2 */
#include "oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static sk_calendar *calendar;

/* ---- Against the full scan ---- */

/** That the worlds have any is a test of the test. */
static size_t related_seen;

typedef struct expected {
    uint64_t counts[512]; /**< By failed set. */
    oracle_match best[512][3], related[512][3];
    size_t best_count[512], related_count[512];
    uint64_t counterparts;
} expected;

static bool better(const world *w, oracle_match a, oracle_match b)
{
    if (a.millionths != b.millionths)
        return a.millionths > b.millionths;
    return sk_str_cmp(w->listings[a.at].listing.id, w->listings[b.at].listing.id) < 0;
}

static void note(const world *w, oracle_match best[3], size_t *count, oracle_match match)
{
    size_t i = *count;

    if (i == 3 && !better(w, match, best[2]))
        return;
    i = i == 3 ? 2 : (*count)++;
    for (; i > 0 && better(w, match, best[i - 1]); i--)
        best[i] = best[i - 1];
    best[i] = match;
}

/** One code of the one and one of the other are the same up to their first dot. */
static bool share_branch(const sk_listing *a, const sk_listing *b)
{
    for (size_t i = 0; i < a->categories.count; i++) {
        for (size_t j = 0; j < b->categories.count; j++) {
            const char *x = a->categories.items[i].data, *y = b->categories.items[j].data;
            size_t size = strcspn(x, "."), other = strcspn(y, ".");
            if (size == other && memcmp(x, y, size) == 0)
                return true;
        }
    }
    return false;
}

static void expect(world *w, oracle *o, size_t self_at, expected *e)
{
    const sk_listing *self = &w->listings[self_at].listing;

    memset(e, 0, sizeof *e);
    for (size_t i = 0; i < w->listing_count; i++) {
        const world_listing *l = &w->listings[i];
        if (!l->there || sk_kind_side(l->listing.kind) == sk_kind_side(self->kind) ||
            (l->listing.status != SK_LISTING_OPEN && l->listing.status != SK_LISTING_PAUSED) ||
            w->now_ms >= l->listing.valid_until_ms)
            continue;
        oracle_pair p = oracle_judge(o, self, self_at, i, true);
        uint32_t set = p.failed >> 1;
        if (p.failed >> SK_C_PARTIES & 1)
            continue;
        e->counterparts++;
        e->counts[set]++;
        note(w, e->best[set], &e->best_count[set], (oracle_match){i, p.millionths});
        if (p.failed >> SK_C_CATEGORY & 1 && (p.closeness > 0 || share_branch(self, &l->listing)))
            note(w, e->related[set], &e->related_count[set], (oracle_match){i, p.millionths});
    }
}

static void check_misses(const world *w, const oracle_match *want, const sk_near_miss *got,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].slot, w->listings[want[i].at].slot);
        assert_int_equal(got[i].score, want[i].millionths);
        assert_true(got[i].change.size > 0);
    }
}

static void check_group(const world *w, const expected *e, const sk_whynot_group *g)
{
    uint32_t set = g->failed_set >> 1;

    assert_int_equal(g->count, e->counts[set]);
    assert_int_equal(g->best_count, e->best_count[set]);
    assert_int_equal(g->related_count, e->related_count[set]);
    check_misses(w, e->best[set], g->best, g->best_count);
    check_misses(w, e->related[set], g->related, g->related_count);
    related_seen += g->related_count;
}

static void check_groups(const world *w, const expected *e, const sk_whynot *got)
{
    size_t singles = 0;

    assert_int_equal(got->counterparts, e->counterparts);
    assert_int_equal(got->possible, e->counts[0]);
    for (uint32_t c = 0; c < 8; c++) {
        if (e->counts[1u << c] == 0)
            continue;
        assert_true(singles < got->group_count);
        assert_int_equal(got->groups[singles].failed_set, 2u << c);
        check_group(w, e, &got->groups[singles++]);
    }
    if (singles > 0 || e->counterparts == e->counts[0]) {
        assert_int_equal(got->group_count, singles);
        return;
    }
    assert_int_equal(got->group_count, 1);
    for (uint32_t set = 1; set < 256; set++) {
        if (e->counts[set])
            assert_true(__builtin_popcount(set) >= __builtin_popcount(got->groups[0].failed_set));
    }
    check_group(w, e, &got->groups[0]);
}

/* ---- What would open the list ---- */

static uint64_t count_more(world *w, oracle *o, size_t self_at, const oracle_allowance *then)
{
    const sk_listing *self = &w->listings[self_at].listing;
    oracle_allowance now = oracle_allowed(o->rules, self, w->now_ms, self->relaxed);
    uint64_t more = 0;

    for (size_t i = 0; i < w->listing_count; i++) {
        const sk_listing *l = &w->listings[i].listing;
        bool does[2];
        if (!w->listings[i].there || sk_kind_side(l->kind) == SK_DEMAND)
            continue;
        oracle_pair p = oracle_judge(o, self, self_at, i, true);
        for (int k = 0; k < 2; k++) {
            const oracle_allowance *a = k ? then : &now;
            does[k] = !p.would && p.closeness >= a->closeness &&
                      (p.shares_language || a->any_language) && oracle_near(self, l, a->extra_m) &&
                      p.millionths >= a->threshold;
        }
        more += does[1] && !does[0];
    }
    return more;
}

static uint8_t wider(const oracle_allowance *a, const oracle_allowance *b)
{
    return (uint8_t)((a->extra_m > b->extra_m) | (a->any_language > b->any_language) << 1 |
                     (a->closeness < b->closeness) << 2 | (a->threshold < b->threshold) << 3);
}

/** Each instant after now, ascending, and then each constraint. */
static void check_opens(world *w, oracle *o, size_t self_at, const sk_whynot *got)
{
    const sk_listing *self = &w->listings[self_at].listing;
    oracle_allowance now = oracle_allowed(o->rules, self, w->now_ms, self->relaxed);
    oracle_allowance before = now, then;
    size_t at = 0;

    for (int64_t last = w->now_ms, next; sk_kind_side(self->kind) == SK_DEMAND; last = next) {
        next = INT64_MAX;
        for (size_t i = 0; i < o->rules->relax_count; i++) {
            int64_t instant = self->created_ms + o->rules->relax[i].after_h * SK_HOUR_MS;
            if (instant > last && instant < next && oracle_covers(&o->rules->relax[i], self))
                next = instant;
        }
        if (next == INT64_MAX)
            break;
        then = oracle_allowed(o->rules, self, next, self->relaxed);
        if (wider(&then, &before)) {
            assert_true(at < got->open_count);
            assert_int_equal(got->opens[at].from_ms, next);
            assert_int_equal(got->opens[at].after_ms, next - self->created_ms);
            assert_int_equal(got->opens[at].constraints, wider(&then, &now));
            assert_true(got->opens[at].change.size > 0);
            assert_int_equal(got->opens[at++].count, count_more(w, o, self_at, &then));
        }
        before = then;
    }
    for (uint8_t bit = 1; sk_kind_side(self->kind) == SK_DEMAND && bit < 16; bit <<= 1) {
        then = oracle_allowed(o->rules, self, w->now_ms, self->relaxed | bit);
        if (!wider(&then, &now))
            continue;
        assert_true(at < got->open_count);
        assert_int_equal(got->opens[at].from_ms, 0);
        assert_int_equal(got->opens[at].constraints, bit);
        assert_int_equal(got->opens[at++].count, count_more(w, o, self_at, &then));
    }
    assert_int_equal(got->open_count, at);
}

static void ask(world *w, oracle *o, size_t at, expected *e)
{
    const world_listing *l = &w->listings[at];
    sk_whynot got;
    sk_error err;

    if (!l->there || l->listing.status != SK_LISTING_OPEN ||
        w->now_ms >= l->listing.valid_until_ms || (int32_t)l->listing.capacity <= l->taken)
        return;
    const sk_facts *self = sk_index_facts(w->index, l->slot);
    sk_query query = {.self = self,
                      .self_party = sk_index_party(w->index, self->party),
                      .now_ms = w->now_ms,
                      .limit = 20,
                      .may_case = true};
    if (sk_match_whynot(w->matcher, &query, w->arena, &got, &err) != SK_OK)
        fail_msg("%s %s", err.field, err.message);
    expect(w, o, at, e);
    check_groups(w, e, &got);
    check_opens(w, o, at, &got);
}

static void test_whynot__agrees_with_the_full_scan(void **state)
{
    expected *e = malloc(sizeof *e);

    (void)state;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        world w;
        oracle o;
        oracle_rules rules = oracle_standaard;
        world_init(&w, calendar, seed, 12, seed % 10 == 0 ? 200 : 8 + seed % 40);
        if (seed % 2)
            rules = oracle_rules_random(&w.random, seed % 3 == 0);
        sk_ruleset *set = oracle_rules_load(&rules, w.words);
        sk_matcher_set_rules(w.matcher, set);
        for (int i = 0; i < 20; i++)
            world_change(&w);
        oracle_init(&o, &w, &rules);
        for (size_t i = 0; i < w.listing_count && i < 12; i++)
            ask(&w, &o, i, e);
        oracle_done(&o);
        sk_ruleset_free(set);
        world_done(&w);
    }
    free(e);
    assert_true(related_seen > 100);
}

/* ---- What would have to change ---- */

typedef struct scene {
    sk_intern *words;
    sk_taxonomy *taxonomy;
    sk_index *index;
    sk_matcher *matcher;
    sk_ruleset *rules;
    sk_arena *arena;
    sk_listing need, offer;
    int32_t offer_taken;
} scene;

#define NOW INT64_C(1772445600000) /* Monday 2 March 2026, 11:00 in Amsterdam. */

static sk_str codes_a[] = {{"klus", 4}};
static sk_str codes_b[] = {{"zorg", 4}};

static void scene_init(scene *s)
{
    static const sk_category categories[] = {{SK_STR("klus"), SK_STR("Klussen"), SK_STR("Jobs")},
                                             {SK_STR("zorg"), SK_STR("Zorg"), SK_STR("Care")}};
    const char *text = "return ruleset { name = \"x\", policy = \"x\",\n"
                       "hard { \"rust\", expr = \"offer.urgency < 3\", why = \"eerst bellen\" },\n"
                       "term { \"wat\", weight = 1, expr = \"closeness\" } }";
    sk_rules_source source = {.name = SK_STR("x"), .text = sk_str_from(text)};
    sk_error err;

    *s = (scene){.words = sk_intern_new(), .arena = sk_arena_new(0)};
    assert_int_equal(sk_taxonomy_new(categories, 2, NULL, 0, &s->taxonomy, &err), SK_OK);
    assert_int_equal(sk_index_new(s->words, calendar, s->taxonomy, NOW, &s->index, &err), SK_OK);
    assert_int_equal(sk_matcher_new(s->index, &s->matcher, &err), SK_OK);
    if (sk_ruleset_load(&source, s->words, &s->rules, &err) != SK_OK)
        fail_msg("%s", err.message);
    sk_matcher_set_rules(s->matcher, s->rules);
    s->need = (sk_listing){.id = SK_STR("n"),
                           .kind = SK_KIND_NEED,
                           .party_id = SK_STR("a"),
                           .categories = {codes_a, 1},
                           .has_point = true,
                           .point = {52.09, 5.12},
                           .reach_m = 1000,
                           .valid_from_ms = NOW - SK_DAY_MS,
                           .valid_until_ms = NOW + 60 * SK_DAY_MS,
                           .created_ms = NOW - SK_DAY_MS,
                           .capacity = 1,
                           .status = SK_LISTING_OPEN};
    s->offer = s->need;
    s->offer.id = SK_STR("o");
    s->offer.kind = SK_KIND_OFFER;
    s->offer.party_id = SK_STR("b");
    for (int i = 0; i < 2; i++) {
        sk_party party = {.id = i ? SK_STR("b") : SK_STR("a"), .kind = SK_PARTY_RESIDENT};
        uint32_t slot;
        assert_int_equal(sk_index_party_put(s->index, &party, &slot, &err), SK_OK);
    }
}

static void scene_done(scene *s)
{
    sk_matcher_free(s->matcher);
    sk_ruleset_free(s->rules);
    sk_index_free(s->index);
    sk_taxonomy_free(s->taxonomy);
    sk_intern_free(s->words);
    sk_arena_free(s->arena);
}

static void says(scene *s, uint32_t set, const char *want)
{
    sk_whynot got;
    sk_error err;
    uint32_t need, offer;

    assert_int_equal(sk_index_put(s->index, &s->need, &need, &err), SK_OK);
    assert_int_equal(sk_index_put(s->index, &s->offer, &offer, &err), SK_OK);
    sk_index_set_taken(s->index, offer, s->offer_taken);
    const sk_facts *self = sk_index_facts(s->index, need);
    sk_query query = {.self = self,
                      .self_party = sk_index_party(s->index, self->party),
                      .now_ms = NOW,
                      .limit = 20};
    assert_int_equal(sk_match_whynot(s->matcher, &query, s->arena, &got, &err), SK_OK);
    assert_int_equal(got.counterparts, 1);
    assert_int_equal(got.group_count, 1);
    assert_int_equal(got.groups[0].failed_set, set);
    if (!sk_str_eq(got.groups[0].best[0].change, sk_str_from(want)))
        fail_msg("\"%.*s\" instead of \"%s\"", SK_STR_ARG(got.groups[0].best[0].change), want);
    scene_done(s);
}

static void test_whynot__says_how_much_further(void **state)
{
    scene s;

    (void)state;
    scene_init(&s);
    s.offer.point.lat_deg = 52.09 + 0.0278; /* 3,091 m */
    says(&s, 1u << SK_C_DISTANCE, "2,1 km verder");
    scene_init(&s);
    s.offer.point.lat_deg = 52.09 + 0.0108; /* 1,201 m */
    says(&s, 1u << SK_C_DISTANCE, "210 m verder");
    scene_init(&s);
    s.offer.has_point = false;
    s.offer.remote = true;
    says(&s, 1u << SK_C_DISTANCE, "als het op afstand mag");
}

static void test_whynot__names_the_weekday(void **state)
{
    static const sk_window monday = {.short_form = true, .days = 1, .from_min = 540, .to_min = 660};
    static const sk_window wednesday = {
        .short_form = true, .days = 4, .from_min = 540, .to_min = 660};
    static const sk_window evening = {
        .short_form = true, .days = 1, .from_min = 1200, .to_min = 1260};
    scene s;

    (void)state;
    scene_init(&s);
    s.need.windows = &monday;
    s.offer.windows = &wednesday;
    s.need.window_count = s.offer.window_count = 1;
    says(&s, 1u << SK_C_TIME, "ook op woensdag");
    scene_init(&s);
    s.need.windows = &monday;
    s.offer.windows = &evening;
    s.need.window_count = s.offer.window_count = 1;
    says(&s, 1u << SK_C_TIME, "op een ander tijdstip");
    scene_init(&s);
    s.need.windows = &monday;
    s.need.window_count = 1;
    s.need.duration_min = 150;
    says(&s, 1u << SK_C_TIME, "30 minuten langer");
}

static void test_whynot__names_traits_language_and_category(void **state)
{
    static const sk_str traits[] = {{"vog", 3}, {"rijbewijs-b", 11}};
    static const sk_str nl[] = {{"nl", 2}}, tr[] = {{"tr", 2}};
    scene s;

    (void)state;
    scene_init(&s);
    s.need.requires_traits = (sk_strs){traits, 2};
    says(&s, 1u << SK_C_TRAITS, "rijbewijs-b, VOG");
    scene_init(&s);
    s.need.languages = (sk_strs){nl, 1};
    s.offer.languages = (sk_strs){tr, 1};
    says(&s, 1u << SK_C_LANGUAGE, "ook Turks");
    scene_init(&s);
    s.offer.categories = (sk_strs){codes_b, 1};
    says(&s, 1u << SK_C_CATEGORY, "ook Zorg");
}

static void test_whynot__names_pause_room_and_rule(void **state)
{
    scene s;

    (void)state;
    scene_init(&s);
    s.offer.status = SK_LISTING_PAUSED;
    says(&s, 1u << SK_C_OPEN, "als het aanbod niet meer gepauzeerd is");
    scene_init(&s);
    s.offer_taken = 1;
    says(&s, 1u << SK_C_OPEN, "als er weer plaats is");
    scene_init(&s);
    s.offer.urgency = 3;
    says(&s, 1u << SK_C_RULES, "eerst bellen");
}

static void test_whynot__joins_the_smallest_set(void **state)
{
    scene s;

    (void)state;
    scene_init(&s);
    s.offer.status = SK_LISTING_PAUSED;
    s.offer.urgency = 3;
    says(&s, 1u << SK_C_OPEN | 1u << SK_C_RULES,
         "als het aanbod niet meer gepauzeerd is, eerst bellen");
}

static int open_calendar(void **state)
{
    (void)state;
    return sk_calendar_open(&calendar, NULL) == SK_OK ? 0 : -1;
}

static int close_calendar(void **state)
{
    (void)state;
    sk_calendar_close(calendar);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whynot__says_how_much_further),
        cmocka_unit_test(test_whynot__names_the_weekday),
        cmocka_unit_test(test_whynot__names_traits_language_and_category),
        cmocka_unit_test(test_whynot__names_pause_room_and_rule),
        cmocka_unit_test(test_whynot__joins_the_smallest_set),
        cmocka_unit_test(test_whynot__agrees_with_the_full_scan),
    };

    return cmocka_run_group_tests(tests, open_calendar, close_calendar);
}
