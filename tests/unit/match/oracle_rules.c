/* SPDX-License-Identifier: EUPL-1.2 */
#include "oracle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Rules twice: as the rule language has them, and in C by docs/matching.md 4. */

static double days(const oracle_view *v, int64_t then_ms)
{
    return (double)(v->w->now_ms - then_ms) / (double)SK_DAY_MS;
}

static double asked_days(const oracle_view *v, const world_party *p)
{
    return !p || p->last_asked_ms == INT64_MIN ? NAN : days(v, p->last_asked_ms);
}

static double clamp(double x)
{
    return isnan(x) ? NAN : x < 0 ? 0 : x > 1 ? 1 : x;
}

static double decay(double x, double half)
{
    return half / (half + x);
}

static double ramp(double x, double lo, double hi)
{
    return clamp((x - lo) / (hi - lo));
}

static double either_missing(double a, double b, double value)
{
    return isnan(a) || isnan(b) ? NAN : value;
}

static sk_strs languages_of(const sk_listing *l, const world_party *p)
{
    return l->languages.count || !p ? l->languages : p->party.languages;
}

static bool in(sk_strs set, sk_str s, size_t before)
{
    for (size_t i = 0; i < before; i++) {
        if (sk_str_eq(set.items[i], s))
            return true;
    }
    return false;
}

static uint32_t load(const world_party *p)
{
    return p ? p->load_30d : 0;
}

static uint32_t open_suggestions(const world_party *p)
{
    return p ? p->open_suggestions : 0;
}

static bool provides_vog(const oracle_view *v)
{
    const world_party *p = v->offer_party;

    if (in(v->offer->provides_traits, SK_STR("vog"), v->offer->provides_traits.count))
        return true;
    for (size_t i = 0; p && i < p->party.certificate_count; i++) {
        const sk_certificate *c = &p->party.certificates[i];
        if (sk_str_eq(c->type, SK_STR("vog")) && c->checked_on_ms <= v->w->now_ms &&
            v->w->now_ms < c->valid_until_ms)
            return true;
    }
    return false;
}

/* ---- Terms ---- */

static double wat(const oracle_view *v)
{
    return v->closeness;
}

static double nabij(const oracle_view *v)
{
    return decay(v->distance_m, 1500);
}

static double tijd(const oracle_view *v)
{
    return ramp(v->overlap_min, 0, 4 * fmax(v->need->duration_min, 60));
}

static double eerlijk(const oracle_view *v)
{
    return 1 / (1 + (double)load(v->offer_party));
}

static double vers(const oracle_view *v)
{
    return decay(fmin(days(v, v->need->created_ms), days(v, v->offer->created_ms)), 30);
}

static double ver_weg(const oracle_view *v)
{
    return isnan(v->distance_m) ? NAN : v->distance_m > 3000 ? 0.9 : 0.2;
}

static double dringend(const oracle_view *v)
{
    return v->need->urgency / 3.0;
}

static double aanbod_dringend(const oracle_view *v)
{
    return v->offer->urgency / 3.0;
}

static double rustig(const oracle_view *v)
{
    return 1 / (1 + (double)open_suggestions(v->offer_party));
}

static double lang(const oracle_view *v)
{
    return ramp(v->longest_min, 30, 240);
}

static double even_oud(const oracle_view *v)
{
    return decay(fabs(days(v, v->need->created_ms) - days(v, v->offer->created_ms)), 10);
}

static double oud(const oracle_view *v)
{
    return ramp(days(v, v->offer->created_ms), 0, 60);
}

static double vog(const oracle_view *v)
{
    return provides_vog(v) ? 1 : 0;
}

static double talen(const oracle_view *v)
{
    sk_strs a = languages_of(v->need, v->need_party), b = languages_of(v->offer, v->offer_party);
    double both = 0, any = 0;

    for (size_t i = 0; i < a.count; i++) {
        if (in(a, a.items[i], i))
            continue;
        any++;
        both += in(b, a.items[i], b.count);
    }
    for (size_t i = 0; i < b.count; i++)
        any += !in(b, b.items[i], i) && !in(a, b.items[i], a.count);
    return any == 0 ? NAN : both / any;
}

static double lang_niet_gevraagd(const oracle_view *v)
{
    return ramp(asked_days(v, v->offer_party), 0, 1);
}

static double dichtheid(const oracle_view *v)
{
    return v->distance_m == 0 ? NAN : v->overlap_min / v->distance_m;
}

static double tak_a(const oracle_view *v)
{
    for (size_t i = 0; i < v->offer->categories.count; i++) {
        sk_str c = v->offer->categories.items[i];
        if (c.data[0] == 'a' && (c.size == 1 || c.data[1] == '.'))
            return 1;
    }
    return 0;
}

static double plaats_lua(const oracle_view *v)
{
    return v->offer->capacity == 2 ? 1 : 0.25;
}

static double dringend_lua(const oracle_view *v)
{
    return v->need->urgency < 3 || v->offer->urgency > 0;
}

/* ---- Conditions ---- */

static double dichtbij(const oracle_view *v)
{
    return either_missing(v->distance_m, 0, v->distance_m < 2000);
}

static double haast(const oracle_view *v)
{
    return v->need->urgency > 0;
}

static double vog_of_rustig(const oracle_view *v)
{
    return provides_vog(v) || v->need->urgency < 2;
}

static double niet_overbelast(const oracle_view *v)
{
    return load(v->offer_party) < 3;
}

static double niet_ver(const oracle_view *v)
{
    return either_missing(v->distance_m, 0, v->distance_m < 9000);
}

static double taal_of_dicht(const oracle_view *v)
{
    return languages_of(v->offer, v->offer_party).count > 0 || v->closeness > 0.5;
}

static const oracle_rule standard[] = {
    {"closeness", wat, false},
    {"decay(distance_m, 1500)", nabij, false},
    {"ramp(overlap_min, 0, 4 * max(need.duration_min, 60))", tijd, false},
    {"1 / (1 + offer.load_30d)", eerlijk, false},
    {"decay(min(need.age_days, offer.age_days), 30)", vers, false},
};
static const oracle_rule others[] = {
    {"if(distance_m > 3000, 0.9, 0.2)", ver_weg, false},
    {"need.urgency / 3", dringend, false},
    {"offer.urgency / 3", aanbod_dringend, false},
    {"1 / (1 + offer.open_suggestions)", rustig, false},
    {"ramp(longest_min, 30, 240)", lang, false},
    {"decay(abs(need.age_days - offer.age_days), 10)", even_oud, false},
    {"ramp(offer.age_days, 0, 60)", oud, false},
    {"if(has(offer.provides, 'vog'), 1, 0)", vog, false},
    {"jaccard(need.languages, offer.languages)", talen, false},
    {"ramp(offer.days_since_asked, 0, 1)", lang_niet_gevraagd, false},
    {"overlap_min / distance_m", dichtheid, false},
    {"if(under(offer.categories, 'a'), 1, 0)", tak_a, false},
};
static const oracle_rule lua_term = {
    "function(need, offer) return offer.capacity == 2 and 1 or 0.25 end", plaats_lua, true};
static const oracle_rule lua_hard = {
    "function(need, offer) return need.urgency < 3 or offer.urgency > 0 end", dringend_lua, true};
static const oracle_rule conditions[] = {{"distance_m < 2000", dichtbij, false},
                                         {"need.urgency > 0", haast, false}};
static const oracle_rule hards[] = {
    {"has(offer.provides, 'vog') or need.urgency < 2", vog_of_rustig, false},
    {"offer.load_30d < 3", niet_overbelast, false},
    {"distance_m < 9000", niet_ver, false},
    {"count(offer.languages) > 0 or closeness > 0.5", taal_of_dicht, false},
};

const oracle_rules oracle_standaard = {.terms = {{&standard[0], NULL, 4},
                                                 {&standard[1], NULL, 3},
                                                 {&standard[2], NULL, 2},
                                                 {&standard[3], NULL, 2},
                                                 {&standard[4], NULL, 1}},
                                       .term_count = 5};

/* ---- Rule sets ---- */

static void add_term(oracle_rules *out, rng *r, const oracle_rule *rule)
{
    static const double weights[] = {0.1, 0.5, 1, 2, 3};

    out->terms[out->term_count++] = (oracle_term){
        rule, rng_once(r, 4) ? &conditions[rng_below(r, 2)] : NULL, weights[rng_below(r, 5)]};
}

static oracle_relax random_relax(rng *r)
{
    static const int64_t ages_h[] = {1, 24, 24 * 9, 24 * 45, 24 * 200};
    static const char *const categories[] = {NULL, NULL, "a", "b", "c"};
    static const uint32_t metres[] = {1, 300, 5000, 100000};
    static const double closeness[] = {0.1, 0.2, 0.2401, 0.3};
    oracle_relax step = {ages_h[rng_below(r, 5)], categories[rng_below(r, 5)], 2, 0, false, 1};

    do {
        if (rng_once(r, 3))
            step.threshold = rng_below(r, 60) / 100.0;
        if (rng_once(r, 2))
            step.extra_m = metres[rng_below(r, 4)];
        if (rng_once(r, 3))
            step.any_language = true;
        if (rng_once(r, 2))
            step.closeness = closeness[rng_below(r, 4)];
    } while (step.threshold > 1 && !step.extra_m && !step.any_language && step.closeness == 1);
    return step;
}

oracle_rules oracle_rules_random(rng *r, bool functions)
{
    oracle_rules out = {.term_count = 0};

    for (uint32_t i = 0; i < 5; i++) {
        if (rng_once(r, 2))
            add_term(&out, r, &standard[i]);
    }
    for (uint32_t i = 0; i < 12; i++) {
        if (rng_once(r, 5) && out.term_count < ORACLE_TERMS - 2)
            add_term(&out, r, &others[i]);
    }
    if (out.term_count == 0)
        add_term(&out, r, &standard[0]);
    for (uint32_t i = 0; i < 4; i++) {
        if (rng_once(r, 6) && out.hard_count < 3)
            out.hard[out.hard_count++] = &hards[i];
    }
    if (functions)
        add_term(&out, r, &lua_term);
    if (functions && rng_once(r, 2))
        out.hard[out.hard_count++] = &lua_hard;
    for (uint32_t n = rng_once(r, 2) ? 0 : 1 + rng_below(r, 4); out.relax_count < n;)
        out.relax[out.relax_count++] = random_relax(r);
    return out;
}

bool oracle_has_functions(const oracle_rules *rules)
{
    for (size_t i = 0; i < rules->term_count; i++) {
        if (rules->terms[i].rule->function)
            return true;
    }
    for (size_t i = 0; i < rules->hard_count; i++) {
        if (rules->hard[i]->function)
            return true;
    }
    return false;
}

static void write_rule(const oracle_rule *rule, sk_buf *out)
{
    if (rule->function)
        sk_buf_printf(out, ", lua = %s", rule->expression);
    else
        sk_buf_printf(out, ", expr = \"%s\"", rule->expression);
}

static void write_relax(const oracle_relax *step, sk_buf *out)
{
    sk_buf_printf(out, "relax { after = \"%lldh\"", (long long)step->after_h);
    if (step->category)
        sk_buf_printf(out, ", category = \"%s\"", step->category);
    if (step->threshold <= 1)
        sk_buf_printf(out, ", threshold = %.17g", step->threshold);
    if (step->extra_m)
        sk_buf_printf(out, ", reach = \"%u m\"", step->extra_m);
    if (step->any_language)
        sk_buf_text(out, ", languages = \"any\"");
    if (step->closeness < 1)
        sk_buf_printf(out, ", closeness = %.17g", step->closeness);
    sk_buf_text(out, " },\n");
}

void oracle_rules_write(const oracle_rules *rules, sk_buf *out)
{
    sk_buf_text(out, "return ruleset {\nname = \"proef\",\npolicy = [[Een proef.]],\n");
    for (size_t i = 0; i < rules->hard_count; i++) {
        sk_buf_printf(out, "hard { \"eis%zu\"", i);
        write_rule(rules->hard[i], out);
        sk_buf_text(out, ", why = \"het moet\" },\n");
    }
    for (size_t i = 0; i < rules->term_count; i++) {
        const oracle_term *t = &rules->terms[i];
        sk_buf_printf(out, "term { \"t%zu\", weight = %.17g", i, t->weight);
        if (t->when)
            sk_buf_printf(out, ", when = \"%s\"", t->when->expression);
        write_rule(t->rule, out);
        sk_buf_text(out, ", why = \"{distance} en {times}\" },\n");
    }
    for (size_t i = 0; i < rules->relax_count; i++)
        write_relax(&rules->relax[i], out);
    sk_buf_text(out, "threshold = 0.4,\n}\n");
}

sk_ruleset *oracle_rules_load(const oracle_rules *rules, sk_intern *words)
{
    sk_buf text = {0};
    sk_ruleset *out = NULL;
    sk_error err;

    oracle_rules_write(rules, &text);
    sk_rules_source source = {.name = SK_STR("proef.lua"), .text = sk_buf_view(&text)};
    if (sk_ruleset_load(&source, words, &out, &err) != SK_OK)
        fail_msg("%s %s\n%.*s", err.field, err.message, (int)text.size, text.data);
    sk_buf_done(&text);
    return out;
}
