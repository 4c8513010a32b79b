/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/describe.h"

#include <math.h>

/* Two tables of the page: the examples with what came of them, and the data that the rules read. */

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* ---- Examples ---- */

static void put_words(sk_writer *w, const char *before, sk_ids ids, bool categories, bool languages)
{
    for (uint32_t i = 0; i < ids.count; i++) {
        sk_str code = sk_intern_str(w->rules->words, ids.ids[i]);

        sk_buf_text(&w->text, i > 0 ? ", " : w->text.size > 0 ? "; " : "");
        sk_buf_text(&w->text, i == 0 ? before : "");
        sk_buf_str(&w->text, categories  ? sk_explain_category(code, w->taxonomy)
                             : languages ? sk_language_dutch(code)
                                         : code);
    }
}

static void put_number(sk_writer *w, const char *before, double number, double usual, sk_unit unit,
                       const char *after)
{
    if (number == usual || isnan(number))
        return;
    sk_buf_text(&w->text, w->text.size > 0 ? "; " : "");
    sk_buf_text(&w->text, before);
    sk_explain_number(number, unit, &w->text);
    sk_buf_text(&w->text, after);
}

static void put_area(sk_writer *w, const sk_facts *f)
{
    static const char *const words[] = {"buurt ", "wijk ", "gemeente "};
    const uint32_t codes[] = {f->buurt, f->wijk, f->gemeente};

    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i] == 0)
            continue;
        sk_buf_printf(&w->text, "%s%s%.*s", w->text.size > 0 ? "; " : "", words[i],
                      SK_STR_ARG(sk_intern_str(w->rules->words, codes[i])));
        return;
    }
}

/** The attribute whose name follows `after`, so that they come in the order of their names. */
static const sk_attr_facts *next_attribute(const sk_writer *w, const sk_facts *f, sk_str after)
{
    const sk_attr_facts *found = NULL;
    sk_str least = {"", 0};

    for (uint32_t i = 0; i < f->attr_count; i++) {
        sk_str name = sk_intern_str(w->rules->words, f->attrs[i].name);

        if (sk_str_cmp(name, after) > 0 && (!found || sk_str_cmp(name, least) < 0)) {
            found = &f->attrs[i];
            least = name;
        }
    }
    return found;
}

static void put_attributes(sk_writer *w, const sk_facts *f)
{
    const sk_attr_facts *attr;
    sk_str name = {"", 0};

    while ((attr = next_attribute(w, f, name))) {
        name = sk_intern_str(w->rules->words, attr->name);
        sk_buf_printf(&w->text, "%s%.*s: ", w->text.size > 0 ? "; " : "", SK_STR_ARG(name));
        if (attr->type == SK_ATTR_STRING)
            sk_buf_str(&w->text, sk_intern_str(w->rules->words, (uint32_t)attr->value));
        else if (attr->type == SK_ATTR_BOOL)
            sk_buf_text(&w->text, attr->value != 0.0 ? "ja" : "nee");
        else
            sk_explain_number(attr->value, SK_U_NONE, &w->text);
    }
}

static void put_side(sk_writer *w, const sk_example_side *side)
{
    const sk_facts *f = &side->facts;
    const sk_party_facts *p = &side->party;
    double asked = p->last_asked_ms == INT64_MIN
                       ? (double)NAN
                       : sk_days_between(SK_EXAMPLE_NOW_MS, p->last_asked_ms);

    put_words(w, "", sk_facts_categories(f), true, false);
    put_words(w, "spreekt ", sk_facts_languages(f), false, true);
    put_words(w, "eist ", sk_facts_requires(f), false, false);
    put_words(w, "heeft ", sk_facts_provides(f), false, false);
    if (f->remote)
        sk_buf_printf(&w->text, "%skan op afstand", w->text.size > 0 ? "; " : "");
    put_number(w, "duurt ", f->duration_min, 0, SK_U_MINUTE, "");
    put_number(w, "urgentie ", f->urgency, 0, SK_U_NONE, "");
    put_number(w, "reist tot ", f->reach_m, 0, SK_U_METRE, "");
    put_number(w, "staat er ", sk_days_between(SK_EXAMPLE_NOW_MS, f->created_ms), 0, SK_U_DAY, "");
    put_number(w, "de laatste 30 dagen ", p->load_30d, 0, SK_U_NONE, " keer gekoppeld");
    put_number(w, "", p->open_suggestions, 0, SK_U_NONE, " open voorstellen");
    put_number(w, "gevraagd ", asked, (double)NAN, SK_U_DAY, " geleden");
    put_area(w, f);
    put_attributes(w, f);
    sk_writer_cell_taken(w);
}

static void put_pair(sk_writer *w, const sk_pair *pair)
{
    put_number(w, "", pair->distance_m, (double)NAN, SK_U_METRE, " uit elkaar");
    put_number(w, "", pair->overlap_min, 0, SK_U_MINUTE, " samen");
    if (pair->closeness < 1.0)
        put_number(w, "past voor ", pair->closeness * 100, 100, SK_U_NONE, " %");
    sk_writer_cell_taken(w);
}

static void put_outcome(sk_writer *w, const sk_example *example)
{
    sk_verdict verdict;
    bool reaches;

    sk_ruleset_judge(w->rules, SK_EXAMPLE_NOW_MS, &example->pair, &verdict);
    reaches = sk_millionths(verdict.score) >=
              sk_ruleset_allowance(w->rules, example->pair.need, SK_EXAMPLE_NOW_MS).threshold;
    if (!verdict.pass) {
        const sk_rule *rule = &w->rules->hards[verdict.failed_hard];

        sk_buf_text(&w->text, "geen voorstel: ");
        sk_buf_str(&w->text, rule->info.why.size ? rule->info.why : rule->info.name);
    } else {
        sk_buf_text(&w->text, reaches ? "voorstel, score " : "geen voorstel: score ");
        sk_why_number(&w->text, verdict.score, 2);
        sk_buf_text(&w->text, reaches ? "" : " is te laag");
    }
    sk_writer_cell_taken(w);
}

void sk_describe_examples(sk_writer *w)
{
    static const char *const keys[] = {"name", "need", "offer", "pair", "outcome"},
                             *const columns[] = {"Voorbeeld", "Vraag", "Aanbod", "Samen",
                                                 "Uitkomst"};

    if (w->rules->info.example_count == 0)
        return;
    sk_writer_heading(w, "examplesHeading", "Voorbeelden");
    sk_buf_text(&w->text,
                "Deze voorbeelden zijn bedacht; het zijn geen echte mensen. De uitkomst is "
                "met deze regels uitgerekend.");
    sk_writer_text(w, "examplesNote");
    for (uint32_t i = 0; i < w->rules->info.example_count; i++) {
        const sk_example *example = w->rules->examples[i];

        sk_writer_cell(w, example->name);
        put_side(w, &example->side[SK_DEMAND]);
        put_side(w, &example->side[SK_SUPPLY]);
        put_pair(w, &example->pair);
        put_outcome(w, example);
    }
    sk_writer_table(w, "examples", "Wat de regels doen met bedachte vragen", keys, columns,
                    COUNT(keys), -1);
}

/* ---- Data ---- */

/** The names of the rules that read something, as `reads` says. */
typedef bool (*reads)(const sk_uses *uses, size_t what, sk_str name);

static bool reads_pair(const sk_uses *uses, size_t what, sk_str name)
{
    (void)name;
    return uses->pair[what];
}

static bool reads_demand(const sk_uses *uses, size_t what, sk_str name)
{
    (void)name;
    return uses->side[SK_DEMAND][what];
}

static bool reads_supply(const sk_uses *uses, size_t what, sk_str name)
{
    (void)name;
    return uses->side[SK_SUPPLY][what];
}

static bool reads_attribute(const sk_uses *uses, size_t what, sk_str name)
{
    for (size_t i = 0; i < uses->attribute_count; i++) {
        if (uses->attributes[i].side == (sk_side)what && sk_str_eq(uses->attributes[i].name, name))
            return true;
    }
    return false;
}

static bool reads_any(const sk_uses *uses, size_t what, sk_str name)
{
    (void)what;
    (void)name;
    return uses->any_attribute;
}

typedef struct readers {
    sk_uses *of;   /**< Hard rules, then terms. */
    sk_uses relax; /**< What the waiting steps read. */
    uint32_t count;
} readers;

static void put_readers(sk_writer *w, const readers *all, reads test, size_t what, sk_str name)
{
    uint32_t hard_count = w->rules->info.hard_count;

    for (uint32_t i = 0; i < all->count; i++) {
        const sk_rule *rule =
            i < hard_count ? &w->rules->hards[i] : &w->rules->terms[i - hard_count];

        if (test(&all->of[i], what, name)) {
            sk_buf_text(&w->text, w->text.size > 0 ? ", " : "");
            sk_buf_str(&w->text, rule->info.name);
        }
    }
    if (test(&all->relax, what, name))
        sk_buf_text(&w->text, w->text.size > 0 ? ", wachttijd" : "wachttijd");
    sk_writer_cell_taken(w);
}

static void put_field(sk_writer *w, const readers *all, sk_field_id id, sk_side side, reads test)
{
    sk_writer_cell(w, sk_str_from(sk_explain_field(id, side)));
    sk_writer_cell(w, !sk_fields[id].of_side ? SK_STR("beiden")
                      : side == SK_DEMAND    ? SK_STR("wie vraagt")
                                             : SK_STR("wie aanbiedt"));
    put_readers(w, all, test, id, SK_STR(""));
}

static void put_attribute_rows(sk_writer *w, const readers *all, const sk_uses *whole)
{
    sk_declared declared = {w->rules->attributes, w->rules->info.attribute_count};

    for (size_t i = 0; i < whole->attribute_count; i++) {
        const sk_attribute_info *info = sk_declared_find(declared, whole->attributes[i].name);

        sk_buf_printf(&w->text, "het eigen kenmerk '%.*s'", SK_STR_ARG(whole->attributes[i].name));
        if (info && info->note.size > 0)
            sk_buf_printf(&w->text, ": %.*s", SK_STR_ARG(info->note));
        sk_writer_cell_taken(w);
        sk_writer_cell(w, whole->attributes[i].side == SK_DEMAND ? SK_STR("wie vraagt")
                                                                 : SK_STR("wie aanbiedt"));
        put_readers(w, all, reads_attribute, whole->attributes[i].side, whole->attributes[i].name);
    }
    if (whole->any_attribute) {
        sk_writer_cell(w, SK_STR("eigen kenmerken, die een functie leest"));
        sk_writer_cell(w, SK_STR("beiden"));
        put_readers(w, all, reads_any, 0, SK_STR(""));
    }
}

static void put_rows(sk_writer *w, const readers *all, const sk_uses *whole)
{
    for (int id = 0; id < SK_F_COUNT_; id++) {
        if (whole->pair[id])
            put_field(w, all, (sk_field_id)id, SK_DEMAND, reads_pair);
        if (whole->side[SK_DEMAND][id])
            put_field(w, all, (sk_field_id)id, SK_DEMAND, reads_demand);
        if (whole->side[SK_SUPPLY][id])
            put_field(w, all, (sk_field_id)id, SK_SUPPLY, reads_supply);
    }
    put_attribute_rows(w, all, whole);
}

static sk_status find_readers(sk_writer *w, readers *out, sk_error *err)
{
    const sk_ruleset_info *info = &w->rules->info;
    sk_status st = SK_OK;

    *out = (readers){.count = info->hard_count + info->term_count};
    out->of = sk_arena_calloc(w->arena, out->count + 1, sizeof *out->of);
    if (!out->of)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < out->count && st == SK_OK; i++) {
        bool hard = i < info->hard_count;

        st = sk_uses_of_rule(w->rules,
                             hard ? &w->rules->hards[i] : &w->rules->terms[i - info->hard_count],
                             hard, &out->of[i], err);
    }
    sk_uses_of_relax(w->rules, &out->relax);
    return st;
}

sk_status sk_describe_data(sk_writer *w, sk_error *err)
{
    static const char *const keys[] = {"field", "of", "rules"}, *const columns[] = {
                                                                    "Gegeven", "Van wie",
                                                                    "Voor welke regels"};
    sk_uses whole;
    readers all;
    sk_status st = find_readers(w, &all, err);

    if (st == SK_OK)
        st = sk_uses_of(w->rules, &whole, err);
    if (st != SK_OK)
        return st;
    sk_writer_heading(w, "dataHeading", "Welke gegevens de regels lezen");
    sk_buf_text(&w->text,
                "Deze lijst is uit de regels zelf afgeleid. Namen, adressen, telefoonnummers en de "
                "tekst van een vraag of aanbod lezen de regels nooit.");
    sk_writer_text(w, "dataNote");
    put_rows(w, &all, &whole);
    sk_writer_table(w, "data", "Gegevens en waarvoor zij dienen", keys, columns, COUNT(keys), -1);
    return SK_OK;
}
