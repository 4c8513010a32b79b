/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/check.h"
#include "rules/program.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Words that nothing has: a category that the taxonomy lacks, a language that ISO 639-1 lacks, a
 * kind of the other side, an area code that is none, a trait that is nearly another, an attribute
 * that is not among those declared. A rule with
 * such a word loads and runs, and silently never holds; so this is where a slip is found. */

typedef struct place {
    sk_checker *c;
    const sk_rule *rule;
    const char *kind;
} place;

__attribute__((format(printf, 4, 5))) static void tell(const place *p, sk_finding_level level,
                                                       const char *code, const char *format, ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sk_check_add(p->c, level, code, p->rule, p->kind, "%s", text);
}

/* ---- One word ---- */

static void check_category(const place *p, sk_str code)
{
    const sk_taxonomy *taxonomy = p->c->options->taxonomy;
    char name[80];
    const char *near;
    sk_hint hint;

    if (!taxonomy || sk_taxonomy_find(taxonomy, code) >= 0)
        return;
    sk_hint_start(&hint, code);
    for (size_t i = 0; i < sk_taxonomy_count(taxonomy); i++) {
        snprintf(name, sizeof name, "%.*s", SK_STR_ARG(sk_taxonomy_at(taxonomy, i)->code));
        sk_hint_add(&hint, sk_arena_str(p->c->arena, sk_str_from(name)).data);
    }
    near = sk_hint_best(&hint);
    tell(p, SK_FINDING_WARNING, "unknown-category",
         near ? "the taxonomy has no category '%.*s'; did you mean '%s'?"
              : "the taxonomy has no category '%.*s'",
         SK_STR_ARG(code), near);
}

static void check_language(const place *p, sk_str code)
{
    if (!sk_language_valid(code))
        tell(p, SK_FINDING_WARNING, "unknown-language",
             "'%.*s' is no language of ISO 639-1, such as 'nl' or 'ar'", SK_STR_ARG(code));
}

/** Traits are the municipality's own words; but one that no example has and that is nearly one
 *  that an example does have is a slip. */
static void check_trait(const place *p, sk_str code)
{
    const sk_ruleset *rules = p->c->rules;
    const char *near;
    sk_hint hint;

    if (!sk_trait_valid(code)) {
        tell(p, SK_FINDING_WARNING, "unknown-trait", "'%.*s' is no trait: 1-64 of a-z 0-9 - .",
             SK_STR_ARG(code));
        return;
    }
    sk_hint_start(&hint, code);
    for (uint32_t i = 0; i < rules->info.example_count; i++) {
        for (int side = 0; side < 2; side++) {
            const sk_facts *f = &rules->examples[i]->side[side].facts;
            sk_ids sets[2] = {sk_facts_requires(f), sk_facts_provides(f)};

            for (int s = 0; s < 2; s++) {
                for (uint32_t k = 0; k < sets[s].count; k++) {
                    sk_str known = sk_intern_str(rules->words, sets[s].ids[k]);

                    if (sk_str_eq(known, code))
                        return;
                    sk_hint_add(&hint, sk_arena_str(p->c->arena, known).data);
                }
            }
        }
    }
    near = sk_hint_best(&hint);
    if (near)
        tell(p, SK_FINDING_WARNING, "unknown-trait",
             "no example has the trait '%.*s'; did you mean '%s'?", SK_STR_ARG(code), near);
}

static void check_kind(const place *p, sk_side side, sk_str name)
{
    sk_kind kind = sk_kind_from(name);

    if (kind == SK_KIND_NONE || sk_kind_side(kind) != side)
        tell(p, SK_FINDING_WARNING, "unknown-kind", "%s.kind is never '%.*s'; it is %s",
             side == SK_DEMAND ? "need" : "offer", SK_STR_ARG(name),
             side == SK_DEMAND ? "NEED or INITIATIVE" : "OFFER, SKILL, PLACE or ACTIVITY");
}

static void check_area(const place *p, sk_field_id field, sk_str code)
{
    static const struct {
        const char *letters;
        size_t digits;
    } forms[] = {{"BU", 8}, {"WK", 6}, {"GM", 4}};
    size_t form = (size_t)(field - SK_F_BUURT), i = 2;

    while (i < code.size && isdigit((unsigned char)code.data[i]))
        i++;
    if (code.size != forms[form].digits + 2 || i != code.size ||
        memcmp(code.data, forms[form].letters, 2) != 0)
        tell(p, SK_FINDING_WARNING, "unknown-area", "'%.*s' is no code of a %s: %s and %zu digits",
             SK_STR_ARG(code), sk_fields[field].name, forms[form].letters, forms[form].digits);
}

/* ---- Rules ---- */

/** The field that a set comes from: the left one of an intersection. */
static const sk_instr *set_field(const sk_program *program, uint16_t reg)
{
    const sk_instr *instr = &program->code[reg];

    while (instr->op == SK_OP_INTERSECT)
        instr = &program->code[instr->a];
    return instr->op == SK_OP_SET_FIELD ? instr : NULL;
}

static void check_member(const place *p, const sk_program *program, const sk_instr *instr)
{
    const sk_instr *set = set_field(program, instr->a), *word = &program->code[instr->b];
    sk_str code;

    if (!set || word->op != SK_OP_CONST)
        return;
    code = sk_intern_str(program->words, (uint32_t)word->number);
    if (set->field == SK_F_CATEGORIES)
        check_category(p, code);
    else if (instr->op == SK_OP_UNDER)
        tell(p, SK_FINDING_WARNING, "under-without-tree",
             "`under` looks in the tree of categories; use has(%s.%s, '%.*s')",
             set->side == SK_DEMAND ? "need" : "offer", sk_fields[set->field].name,
             SK_STR_ARG(code));
    else if (set->field == SK_F_LANGUAGES)
        check_language(p, code);
    else
        check_trait(p, code);
}

static void check_equal(const place *p, const sk_program *program, const sk_instr *instr)
{
    const sk_instr *a = &program->code[instr->a], *b = &program->code[instr->b];
    const sk_instr *field = a->op == SK_OP_FIELD ? a : b, *word = a->op == SK_OP_FIELD ? b : a;
    sk_str text;

    if (field->op != SK_OP_FIELD || word->op != SK_OP_CONST || word->type != SK_T_STRING)
        return;
    text = sk_intern_str(program->words, (uint32_t)word->number);
    if (field->field == SK_F_KIND)
        check_kind(p, (sk_side)field->side, text);
    else
        check_area(p, (sk_field_id)field->field, text);
}

/** While a rule set declares attributes, another name is more likely a slip than meant. */
static void check_attribute(const place *p, sk_str name)
{
    const sk_ruleset *rules = p->c->rules;
    sk_declared declared = {rules->attributes, rules->info.attribute_count};
    const char *near;
    sk_hint hint;

    if (declared.count == 0 || sk_declared_find(declared, name))
        return;
    sk_hint_start(&hint, name);
    for (size_t i = 0; i < declared.count; i++)
        sk_hint_add(&hint, sk_arena_str(p->c->arena, declared.items[i].name).data);
    near = sk_hint_best(&hint);
    tell(p, SK_FINDING_WARNING, "undeclared-attribute",
         near ? "`attributes` does not declare '%.*s'; did you mean '%s'?"
              : "`attributes` does not declare '%.*s'",
         SK_STR_ARG(name), near);
}

static void check_instr(void *context, const sk_program *program, const sk_instr *instr)
{
    if (instr->op == SK_OP_HAS || instr->op == SK_OP_UNDER)
        check_member(context, program, instr);
    else if (instr->op == SK_OP_EQ)
        check_equal(context, program, instr);
    else if (instr->op == SK_OP_ATTR)
        check_attribute(context, sk_intern_str(program->words, instr->word));
}

static void check_rule(sk_checker *c, const sk_rule *rule, bool hard)
{
    const sk_program *program = rule->info.function ? c->rules->when_program
                                : hard              ? c->rules->hard_program
                                                    : c->rules->term_program;
    place p = {.c = c, .rule = rule, .kind = hard ? "hard" : "term"};

    if (!sk_check_is_own(c, rule))
        return;
    if (rule->value_reg >= 0)
        sk_program_walk(program, rule->value_reg, check_instr, &p);
    if (rule->when_reg >= 0)
        sk_program_walk(program, rule->when_reg, check_instr, &p);
}

/* ---- Examples ---- */

static int compare_texts(const void *a, const void *b)
{
    return sk_str_cmp(*(const sk_str *)a, *(const sk_str *)b);
}

/** In the order of their names, since facts keep no order that means something. */
static void check_attributes(const place *p, const sk_facts *f)
{
    sk_str names[SK_MAX_ATTRIBUTES];

    for (uint32_t i = 0; i < f->attr_count; i++)
        names[i] = sk_intern_str(p->c->rules->words, f->attrs[i].name);
    qsort(names, f->attr_count, sizeof names[0], compare_texts);
    for (uint32_t i = 0; i < f->attr_count; i++)
        check_attribute(p, names[i]);
}

static void check_example(sk_checker *c, const sk_example *example)
{
    const sk_intern *words = c->rules->words;
    sk_str name = sk_arena_printf(c->arena, "example '%.*s'", SK_STR_ARG(example->name));
    place p = {.c = c, .kind = name.data ? name.data : ""};

    for (int side = 0; side < 2; side++) {
        const sk_facts *f = &example->side[side].facts;
        sk_ids categories = sk_facts_categories(f), languages = sk_facts_languages(f);

        for (uint32_t i = 0; i < categories.count; i++)
            check_category(&p, sk_intern_str(words, categories.ids[i]));
        for (uint32_t i = 0; i < languages.count; i++)
            check_language(&p, sk_intern_str(words, languages.ids[i]));
        check_attributes(&p, f);
    }
}

void sk_check_words(sk_checker *c)
{
    const sk_ruleset *rules = c->rules;

    for (uint32_t i = 0; i < rules->info.hard_count; i++)
        check_rule(c, &rules->hards[i], true);
    for (uint32_t i = 0; i < rules->info.term_count; i++)
        check_rule(c, &rules->terms[i], false);
    for (uint32_t i = 0; i < rules->relax_count; i++) {
        sk_str name = sk_arena_printf(c->arena, "relax %u", i + 1);
        place p = {.c = c, .kind = name.data ? name.data : ""};

        if (rules->relax[i].category)
            check_category(&p, sk_intern_str(rules->words, rules->relax[i].category));
    }
    for (uint32_t i = 0; i < rules->info.example_count; i++)
        check_example(c, rules->examples[i]);
}
