/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/explain.h"

#include <math.h>

/* The tree of an expression as Dutch text.
 *
 * Three ways of saying, by type: a condition is a clause ("de helper heeft 'vog'"), a number a noun
 * ("de afstand"), and the value of a term, where it has a shape that people know, says how it moves
 * ("hoe kleiner de afstand, hoe hoger"). Whatever has no shape of its own is spelled out: each
 * operator has words, so that everything can be said, if not always nicely. The exact expression
 * stands beside it on the page.
 *
 * The trees come from the parser, so their depth is bounded, and so is the recursion. */

typedef struct speaker {
    sk_buf *out;
    const sk_taxonomy *taxonomy;
} speaker;

static void say_number(const speaker *s, const sk_node *node, sk_unit unit);
static void say_truth(const speaker *s, const sk_node *node, bool denied);

static void say(const speaker *s, const char *text)
{
    sk_buf_text(s->out, text);
}

/* ---- Fields ---- */

/* Of the side that asks, and of the side that offers; of the pair in the first place. */
static const char *const nouns[SK_F_COUNT_][2] = {
    [SK_F_KIND] = {"de soort vraag", "de soort aanbod"},
    [SK_F_CATEGORIES] = {"de onderwerpen van de vraag", "de onderwerpen van het aanbod"},
    [SK_F_LANGUAGES] = {"de talen van wie vraagt", "de talen van de helper"},
    [SK_F_REQUIRES] = {"wat de vraag eist", "wat het aanbod eist"},
    [SK_F_PROVIDES] = {"wat wie vraagt heeft", "wat de helper heeft"},
    [SK_F_REACH] = {"hoe ver wie vraagt wil reizen", "hoe ver de helper wil reizen"},
    [SK_F_WITHIN] = {"hoe dichtbij het moet zijn voor wie vraagt",
                     "hoe dichtbij het moet zijn voor de helper"},
    [SK_F_REMOTE] = {"of de vraag op afstand kan", "of het aanbod op afstand kan"},
    [SK_F_DURATION] = {"hoe lang het duurt", "hoe lang het aanbod duurt"},
    [SK_F_CAPACITY] = {"het aantal plaatsen van de vraag", "het aantal plaatsen van het aanbod"},
    [SK_F_ROOM] = {"het aantal vrije plaatsen van de vraag",
                   "het aantal vrije plaatsen van het aanbod"},
    [SK_F_URGENCY] = {"de urgentie van de vraag (0 tot 3)", "de urgentie van het aanbod (0 tot 3)"},
    [SK_F_AGE] = {"de tijd dat de vraag er staat", "de tijd dat het aanbod er staat"},
    [SK_F_BUURT] = {"de buurt van de vraag", "de buurt van het aanbod"},
    [SK_F_WIJK] = {"de wijk van de vraag", "de wijk van het aanbod"},
    [SK_F_GEMEENTE] = {"de gemeente van de vraag", "de gemeente van het aanbod"},
    [SK_F_LOAD] = {"het aantal keer dat wie vraagt de laatste 30 dagen is gekoppeld",
                   "het aantal keer dat de helper de laatste 30 dagen is gekoppeld"},
    [SK_F_OPEN] = {"het aantal open voorstellen van wie vraagt",
                   "het aantal open voorstellen van de helper"},
    [SK_F_ASKED] = {"de tijd sinds wie vraagt het laatst een voorstel kreeg",
                    "de tijd sinds de helper het laatst is gevraagd"},
    [SK_F_DISTANCE] = {"de afstand", "de afstand"},
    [SK_F_OVERLAP] = {"de tijd die beiden hebben", "de tijd die beiden hebben"},
    [SK_F_LONGEST] = {"de langste tijd achter elkaar die beiden hebben",
                      "de langste tijd achter elkaar die beiden hebben"},
    [SK_F_CLOSENESS] = {"hoe goed het aanbod bij de vraag past",
                        "hoe goed het aanbod bij de vraag past"},
};

const char *sk_explain_field(sk_field_id id, sk_side side)
{
    return nouns[id][side == SK_SUPPLY];
}

static const char *listing(sk_side side)
{
    return side == SK_DEMAND ? "de vraag" : "het aanbod";
}

static const char *person(sk_side side)
{
    return side == SK_DEMAND ? "wie vraagt" : "de helper";
}

sk_str sk_explain_category(sk_str code, const sk_taxonomy *taxonomy)
{
    int index = taxonomy ? sk_taxonomy_find(taxonomy, code) : -1;

    return index >= 0 ? sk_taxonomy_at(taxonomy, (size_t)index)->label_nl : code;
}

/* ---- Numbers ---- */

static void say_whole(sk_buf *out, double number, const char *one, const char *many)
{
    sk_why_number(out, number, 2);
    sk_buf_printf(out, " %s", number == 1 ? one : many);
}

void sk_explain_number(double number, sk_unit unit, sk_buf *out)
{
    if (fabs(number) >= 1e15) /* Beyond what sk_why_number writes. */
        sk_buf_printf(out, "%.6g", number);
    else if (unit == SK_U_METRE && fabs(number) >= 1000)
        say_whole(out, number / 1000, "km", "km");
    else if (unit == SK_U_METRE)
        say_whole(out, number, "meter", "meter");
    else if (unit == SK_U_MINUTE && fabs(number) >= 60 && fmod(number, 30) == 0)
        say_whole(out, number / 60, "uur", "uur");
    else if (unit == SK_U_MINUTE)
        say_whole(out, number, "minuut", "minuten");
    else if (unit == SK_U_DAY)
        say_whole(out, number, "dag", "dagen");
    else
        sk_why_number(out, number, 6);
}

static bool is_const(const sk_node *node, double number)
{
    return node->op == SK_OP_CONST && node->type == SK_T_NUMBER && node->number == number;
}

static bool is_plain(const sk_node *node)
{
    return node->op == SK_OP_CONST || node->op == SK_OP_FIELD || node->op == SK_OP_ATTR;
}

/** A part of a sum, with brackets when it is one itself. */
static void say_part(const speaker *s, const sk_node *node, sk_unit unit)
{
    bool loose = node->op == SK_OP_ADD || node->op == SK_OP_SUB || node->op == SK_OP_MUL ||
                 node->op == SK_OP_DIV || node->op == SK_OP_IF;

    say(s, loose ? "(" : "");
    say_number(s, node, unit);
    say(s, loose ? ")" : "");
}

static void say_two(const speaker *s, const sk_node *node, const char *word, sk_unit unit)
{
    say_part(s, node->args[0], unit);
    say(s, word);
    say_part(s, node->args[1], unit);
}

static void say_list(const speaker *s, const sk_node *node, const char *start, sk_unit unit)
{
    say(s, start);
    for (uint32_t i = 0; i < node->argc; i++) {
        say(s, i == 0 ? "" : i + 1 == node->argc ? " en " : ", ");
        say_number(s, node->args[i], unit);
    }
}

static void say_set(const speaker *s, const sk_node *node)
{
    if (node->op == SK_OP_INTERSECT) {
        say(s, "wat gelijk is in ");
        say_set(s, node->args[0]);
        say(s, " en ");
        say_set(s, node->args[1]);
    } else if (node->op == SK_OP_IF) {
        say_set(s, node->args[1]);
        say(s, " (als geldt: ");
        say_truth(s, node->args[0], false);
        say(s, "; anders ");
        say_set(s, node->args[2]);
        say(s, ")");
    } else {
        say(s, sk_explain_field(node->field, node->side));
    }
}

static void say_if(const speaker *s, const sk_node *node, sk_unit unit)
{
    say_number(s, node->args[1], unit);
    say(s, " als geldt: ");
    say_truth(s, node->args[0], false);
    say(s, "; anders ");
    say_number(s, node->args[2], unit);
}

static void say_call(const speaker *s, const sk_node *node, sk_unit unit)
{
    switch (node->op) {
    case SK_OP_ABS:
        say(s, node->args[0]->op == SK_OP_SUB ? "het verschil tussen " : "de grootte van ");
        if (node->args[0]->op == SK_OP_SUB)
            say_two(s, node->args[0], " en ", unit);
        else
            say_number(s, node->args[0], unit);
        break;
    case SK_OP_COUNT:
        say(s, "het aantal in ");
        say_set(s, node->args[0]);
        break;
    case SK_OP_JACCARD:
        say(s, "de overeenkomst tussen ");
        say_set(s, node->args[0]);
        say(s, " en ");
        say_set(s, node->args[1]);
        break;
    case SK_OP_CLAMP:
        say_number(s, node->args[0], unit);
        say(s, " (niet lager of hoger dan ");
        sk_explain_number(node->argc > 1 ? node->args[1]->number : 0, unit, s->out);
        say(s, " en ");
        sk_explain_number(node->argc > 2 ? node->args[2]->number : 1, unit, s->out);
        say(s, ")");
        break;
    case SK_OP_DECAY:
        say_list(s, node, "de afname over ", node->args[0]->unit);
        break;
    default:
        say_list(s, node, "de oploop over ", node->args[0]->unit);
    }
}

/** A number as a noun; `unit` is what its surroundings count in. */
static void say_number(const speaker *s, const sk_node *node, sk_unit unit)
{
    unit = node->unit ? node->unit : unit;
    if (node->type == SK_T_BOOL && !is_plain(node) && node->op != SK_OP_IF) {
        say(s, "(");
        say_truth(s, node, false);
        say(s, ")");
        return;
    }
    switch (node->op) {
    case SK_OP_CONST:
        if (node->type == SK_T_STRING)
            sk_buf_printf(s->out, "'%.*s'", SK_STR_ARG(node->text));
        else if (node->type == SK_T_BOOL)
            say(s, node->number != 0.0 ? "ja" : "nee");
        else
            sk_explain_number(node->number, unit, s->out);
        break;
    case SK_OP_FIELD:
        say(s, sk_explain_field(node->field, node->side));
        break;
    case SK_OP_ATTR:
        sk_buf_printf(s->out, "het kenmerk '%.*s' van %s", SK_STR_ARG(node->text),
                      listing(node->side));
        break;
    case SK_OP_ADD:
        say_two(s, node, " plus ", unit);
        break;
    case SK_OP_SUB:
        say_two(s, node, " min ", unit);
        break;
    case SK_OP_MUL:
        say_two(s, node, " keer ", SK_U_NONE);
        break;
    case SK_OP_DIV:
        say_two(s, node, " gedeeld door ", SK_U_NONE);
        break;
    case SK_OP_NEG:
        say(s, "min ");
        say_part(s, node->args[0], unit);
        break;
    case SK_OP_MIN:
        say_list(s, node, "het kleinste van ", unit);
        break;
    case SK_OP_MAX:
        say_list(s, node, "het grootste van ", unit);
        break;
    case SK_OP_IF:
        say_if(s, node, unit);
        break;
    default:
        say_call(s, node, unit);
    }
}

/* ---- Conditions ---- */

static void say_member(const speaker *s, const sk_node *node, bool denied)
{
    const sk_node *set = node->args[0], *word = node->args[1];
    bool field = set->op == SK_OP_SET_FIELD && word->op == SK_OP_CONST;

    if (field && set->field == SK_F_CATEGORIES) {
        sk_str label = sk_explain_category(word->text, s->taxonomy);

        sk_buf_printf(s->out, "%s gaat %s%s '%.*s'", listing(set->side), denied ? "niet " : "",
                      node->op == SK_OP_HAS ? "precies over" : "over", SK_STR_ARG(label));
    } else if (field && set->field == SK_F_LANGUAGES) {
        sk_str name = sk_language_dutch(word->text);

        sk_buf_printf(s->out, "%s spreekt %s%.*s", person(set->side), denied ? "geen " : "",
                      SK_STR_ARG(name));
    } else if (field) {
        sk_buf_printf(s->out, "%s %s %s'%.*s'",
                      set->field == SK_F_PROVIDES ? person(set->side) : listing(set->side),
                      set->field == SK_F_PROVIDES ? "heeft" : "vraagt om", denied ? "geen " : "",
                      SK_STR_ARG(word->text));
    } else {
        say_number(s, word, SK_U_NONE);
        say(s, denied ? " hoort niet bij " : " hoort bij ");
        say_set(s, set);
    }
}

static bool same_field(const sk_node *a, const sk_node *b)
{
    return a->side != b->side &&
           ((a->op == SK_OP_FIELD && b->op == SK_OP_FIELD && a->field == b->field &&
             sk_fields[a->field].of_side) ||
            (a->op == SK_OP_ATTR && b->op == SK_OP_ATTR && sk_str_eq(a->text, b->text)));
}

/** "zij wonen in dezelfde wijk", when the two sides' same field is compared. */
static void say_same(const speaker *s, const sk_node *a, bool denied)
{
    if (a->op == SK_OP_ATTR) {
        sk_buf_printf(s->out, "vraag en aanbod hebben %s kenmerk '%.*s'",
                      denied ? "een verschillend" : "hetzelfde", SK_STR_ARG(a->text));
    } else if (a->field == SK_F_BUURT || a->field == SK_F_WIJK || a->field == SK_F_GEMEENTE) {
        sk_buf_printf(s->out, "vraag en aanbod liggen %sin dezelfde %s", denied ? "niet " : "",
                      sk_fields[a->field].name);
    } else {
        sk_buf_printf(s->out, "%s en %s zijn %sgelijk", sk_explain_field(a->field, SK_DEMAND),
                      sk_explain_field(a->field, SK_SUPPLY), denied ? "niet " : "");
    }
}

static void say_equal(const speaker *s, const sk_node *node, bool denied)
{
    const sk_node *a = node->args[0], *b = node->args[1];

    if (same_field(a, b)) {
        say_same(s, a, denied);
    } else if (a->type == SK_T_SET) {
        say_set(s, a);
        say(s, denied ? " is niet gelijk aan " : " is gelijk aan ");
        say_set(s, b);
    } else {
        say_number(s, a, b->unit);
        say(s, denied ? " is niet " : " is ");
        say_number(s, b, a->unit);
    }
}

/** `count(a & b) > 0`: they have one in common. */
static bool say_common(const speaker *s, const sk_node *node, bool denied)
{
    const sk_node *count = node->args[0], *least = node->args[1], *meet;
    bool some = (node->op == SK_OP_GT && is_const(least, 0)) ||
                (node->op == SK_OP_GE && is_const(least, 1));

    if (!some || count->op != SK_OP_COUNT)
        return false;
    meet = count->args[0];
    if (meet->op == SK_OP_INTERSECT && meet->args[0]->op == SK_OP_SET_FIELD &&
        meet->args[0]->field == SK_F_LANGUAGES) {
        say(s, denied ? "zij spreken geen taal die beiden kennen"
                      : "zij spreken een taal die beiden kennen");
        return true;
    }
    say(s, denied ? "er is niets in " : "er is iets in ");
    say_set(s, meet);
    return true;
}

static void say_order(const speaker *s, const sk_node *node, bool denied)
{
    /* less, at most, more, at least; denied, the other way about */
    static const char *const words[] = {" is minder dan ", " is hoogstens ", " is meer dan ",
                                        " is minstens "};
    int which = node->op == SK_OP_LT ? 0 : node->op == SK_OP_LE ? 1 : node->op == SK_OP_GT ? 2 : 3;

    if (say_common(s, node, denied))
        return;
    say_number(s, node->args[0], node->args[1]->unit);
    say(s, words[denied ? 3 - which : which]);
    say_number(s, node->args[1], node->args[0]->unit);
}

/** A part of `and` or `or`, with brackets when it is of the other kind. */
static void say_side(const speaker *s, const sk_node *node, sk_op around, bool denied)
{
    sk_op op = node->op;
    bool loose = (op == SK_OP_AND || op == SK_OP_OR) && op != around;

    say(s, loose ? "(" : "");
    say_truth(s, node, denied);
    say(s, loose ? ")" : "");
}

static void say_subset(const speaker *s, const sk_node *node, bool denied)
{
    say_set(s, node->args[0]);
    say(s, denied ? " valt niet helemaal onder " : " valt helemaal onder ");
    say_set(s, node->args[1]);
}

static void say_leaf(const speaker *s, const sk_node *node, bool denied)
{
    if (node->op == SK_OP_CONST)
        say(s, (node->number != 0.0) != denied ? "altijd" : "nooit");
    else if (node->op == SK_OP_FIELD)
        sk_buf_printf(s->out, "%s kan %sop afstand", listing(node->side), denied ? "niet " : "");
    else if (node->op == SK_OP_ATTR)
        sk_buf_printf(s->out, "het kenmerk '%.*s' van %s is %s", SK_STR_ARG(node->text),
                      listing(node->side), denied ? "nee" : "ja");
    else
        say_number(s, node, SK_U_NONE);
}

static void say_truth(const speaker *s, const sk_node *node, bool denied)
{
    switch (node->op) {
    case SK_OP_NOT:
        say_truth(s, node->args[0], !denied);
        break;
    case SK_OP_AND:
    case SK_OP_OR:
        say_side(s, node->args[0], node->op, denied);
        say(s, (node->op == SK_OP_AND) != denied ? " en " : " of ");
        say_side(s, node->args[1], node->op, denied);
        break;
    case SK_OP_HAS:
    case SK_OP_UNDER:
        say_member(s, node, denied);
        break;
    case SK_OP_EQ:
        say_equal(s, node, denied);
        break;
    case SK_OP_NE:
        say_equal(s, node, !denied);
        break;
    case SK_OP_LT:
    case SK_OP_LE:
    case SK_OP_GT:
    case SK_OP_GE:
        say_order(s, node, denied);
        break;
    case SK_OP_SUBSET:
        say_subset(s, node, denied);
        break;
    case SK_OP_IF:
        say(s, "als geldt: ");
        say_truth(s, node->args[0], false);
        say(s, ", dan: ");
        say_truth(s, node->args[1], denied);
        say(s, "; anders: ");
        say_truth(s, node->args[2], denied);
        break;
    default:
        say_leaf(s, node, denied);
    }
}

/* ---- The value of a term ---- */

static void say_falling(const speaker *s, const sk_node *x, const sk_node *half)
{
    say(s, "hoe kleiner ");
    say_number(s, x, SK_U_NONE);
    say(s, ", hoe hoger; de helft bij ");
    say_number(s, half, x->unit);
}

static void say_ramp(const speaker *s, const sk_node *ramp, bool turned)
{
    const sk_node *x = ramp->args[0], *lo = ramp->args[1], *hi = ramp->args[2];
    bool down = lo->op == SK_OP_CONST && hi->op == SK_OP_CONST && lo->number > hi->number;

    say(s, down != turned ? "hoe kleiner " : "hoe groter ");
    say_number(s, x, SK_U_NONE);
    say(s, ", hoe hoger; ");
    say(s, turned ? "vol bij " : "niets bij ");
    say_number(s, lo, x->unit);
    say(s, turned ? ", niets vanaf " : ", vol vanaf ");
    say_number(s, hi, x->unit);
}

/** `c / (c + x)` is what decay is made of. */
static const sk_node *hidden_decay(const sk_node *node)
{
    const sk_node *sum = node->op == SK_OP_DIV ? node->args[1] : NULL;

    return sum && sum->op == SK_OP_ADD && node->args[0]->op == SK_OP_CONST &&
                   is_const(sum->args[0], node->args[0]->number)
               ? sum->args[1]
               : NULL;
}

static void say_value(const speaker *s, const sk_node *node)
{
    const sk_node *x = hidden_decay(node);

    if (node->op == SK_OP_DECAY) {
        say_falling(s, node->args[0], node->args[1]);
    } else if (x) {
        say_falling(s, x, node->args[0]);
    } else if (node->op == SK_OP_RAMP) {
        say_ramp(s, node, false);
    } else if (node->op == SK_OP_SUB && is_const(node->args[0], 1) &&
               node->args[1]->op == SK_OP_RAMP) {
        say_ramp(s, node->args[1], true);
    } else if (node->op == SK_OP_IF) {
        if (is_const(node->args[1], 1) && is_const(node->args[2], 0)) {
            say(s, "vol als geldt: ");
            say_truth(s, node->args[0], false);
            say(s, "; anders niets");
            return;
        }
        say(s, "als geldt: ");
        say_truth(s, node->args[0], false);
        say(s, ", dan ");
        say_value(s, node->args[1]);
        say(s, "; anders ");
        say_value(s, node->args[2]);
    } else if (node->op == SK_OP_FIELD) {
        say(s, sk_explain_field(node->field, node->side));
        say(s, ", van 0 tot 1");
    } else if (is_plain(node)) {
        say_number(s, node, SK_U_NONE);
    } else {
        say_number(s, node, SK_U_NONE);
        say(s, " (onder 0 telt als 0, boven 1 als 1)");
    }
}

/* ---- Face ---- */

static sk_status explain(sk_str expr, sk_declared declared, const sk_taxonomy *taxonomy,
                         bool condition, sk_buf *out, sk_error *err)
{
    sk_arena *arena = sk_arena_new(0);
    speaker s = {out, taxonomy};
    sk_expr_fault fault = {.status = SK_OK};
    sk_node *node = NULL;

    if (!arena || sk_expr_parse(expr, declared, arena, &node, &fault) != SK_OK) {
        sk_arena_free(arena);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    if (node->type == SK_T_BOOL || (condition && node->type == SK_T_ANY))
        say_truth(&s, node, false);
    else
        say_value(&s, node);
    sk_arena_free(arena);
    return out->failed ? sk_fail(err, SK_ENOMEM, "out of memory") : SK_OK;
}

sk_status sk_explain_condition(sk_str expr, sk_declared declared, const sk_taxonomy *taxonomy,
                               sk_buf *out, sk_error *err)
{
    return explain(expr, declared, taxonomy, true, out, err);
}

sk_status sk_explain_value(sk_str expr, sk_declared declared, const sk_taxonomy *taxonomy,
                           sk_buf *out, sk_error *err)
{
    return explain(expr, declared, taxonomy, false, out, err);
}
