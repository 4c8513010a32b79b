/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/expr.h"

#include <stdarg.h>
#include <stdio.h>

/* Expression text -> tree, with types and units checked on the way.
 *
 * Precedence climbing over one table: or < and < not < comparisons < & < + - < * / < minus < call.
 * Comparisons do not associate: `a < b < c` is refused instead of meaning something odd. Each
 * node's type is known when it is made, so that an error names the operand that is wrong. Only an
 * `attr` that the rule set does not declare has no type before it runs: it fits wherever a number,
 * a text or a boolean is asked.
 *
 * Failure: the first fault stops the parse; every function then returns NULL up to the top.
 * Nesting is bounded, so the recursion is; long chains such as 1+1+1... grow in a loop. */

typedef struct parser {
    sk_str text;
    uint32_t position;
    sk_lexeme token;
    unsigned depth;
    sk_declared declared;
    sk_arena *arena;
    sk_expr_fault *fault;
} parser;

static sk_node *parse_level(parser *p, unsigned level);
static sk_node *parse_whole(parser *p);

/* ---- Faults ---- */

void sk_expr_fault_at(sk_expr_fault *fault, sk_str text, uint32_t at)
{
    fault->line = fault->character = 1;
    for (uint32_t i = 0; i < at && i < text.size; i++) {
        if (text.data[i] == '\n') {
            fault->line++;
            fault->character = 1;
        } else {
            fault->character += ((unsigned char)text.data[i] & 0xC0) != 0x80;
        }
    }
}

__attribute__((format(printf, 3, 4))) static sk_node *refuse(parser *p, uint32_t at,
                                                             const char *format, ...)
{
    va_list args;

    p->fault->status = SK_EINVAL;
    sk_expr_fault_at(p->fault, p->text, at);
    va_start(args, format);
    vsnprintf(p->fault->text, sizeof p->fault->text, format, args);
    va_end(args);
    return NULL;
}

static sk_node *no_memory(parser *p)
{
    refuse(p, p->token.at, "out of memory");
    p->fault->status = SK_ENOMEM;
    return NULL;
}

static sk_node *refuse_name(parser *p, const sk_lexeme *name, const char *what, const sk_hint *hint)
{
    const char *near = sk_hint_best(hint);
    int size = name->text.size > 40 ? 40 : (int)name->text.size;

    if (near)
        return refuse(p, name->at, "unknown %s `%.*s`; did you mean `%s`?", what, size,
                      name->text.data, near);
    return refuse(p, name->at, "unknown %s `%.*s`", what, size, name->text.data);
}

/* ---- Tokens ---- */

static bool next(parser *p)
{
    p->token = sk_expr_token(p->text, &p->position);
    if (p->token.kind == SK_TOK_BAD) {
        refuse(p, p->token.at, p->token.meant ? "%s; did you mean `%s`?" : "%s", p->token.problem,
               p->token.meant);
        return false;
    }
    return true;
}

static bool is_operator(const parser *p, const char *spelling)
{
    return p->token.kind == SK_TOK_OPERATOR && sk_str_eq(p->token.text, sk_str_from(spelling));
}

static bool is_word(const parser *p, const char *word)
{
    return p->token.kind == SK_TOK_NAME && sk_str_eq(p->token.text, sk_str_from(word));
}

static bool expect(parser *p, const char *spelling)
{
    if (is_operator(p, spelling))
        return next(p);
    if (p->token.kind == SK_TOK_END)
        refuse(p, p->token.at, "the expression ends where `%s` is expected", spelling);
    else
        refuse(p, p->token.at, "`%s` is expected here", spelling);
    return false;
}

/* ---- Nodes ---- */

static sk_node *new_node(parser *p, sk_op op, sk_expr_type type, uint32_t at, uint32_t argc)
{
    sk_node *node = sk_arena_calloc(p->arena, 1, sizeof *node);

    if (!node)
        return no_memory(p);
    node->op = op;
    node->type = type;
    node->at = at;
    node->argc = argc;
    for (size_t i = 0; i < SK_T_ANY; i++)
        node->reg[i] = -1;
    if (argc > 0) {
        node->args = sk_arena_calloc(p->arena, argc, sizeof *node->args);
        if (!node->args)
            return no_memory(p);
    }
    return node;
}

static bool fits(const sk_node *node, sk_expr_type want)
{
    return node->type == want || (node->type == SK_T_ANY && want != SK_T_SET);
}

static bool check_type(parser *p, const sk_node *node, sk_expr_type want, const char *who)
{
    if (fits(node, want))
        return true;
    refuse(p, node->at, "%s needs %s, but this is %s", who, sk_expr_type_name(want),
           sk_expr_type_name(node->type));
    return false;
}

static const char *unit_name(sk_unit unit)
{
    static const char *const names[] = {"", "metres", "minutes", "days"};

    return names[unit];
}

/** Adding or comparing metres and minutes is a slip: a wrong unit or a wrong field. */
static bool check_units(parser *p, const sk_node *a, const sk_node *b)
{
    if (a->unit == SK_U_NONE || b->unit == SK_U_NONE || a->unit == b->unit)
        return true;
    refuse(p, b->at, "this is in %s, but it meets a value in %s", unit_name(b->unit),
           unit_name(a->unit));
    return false;
}

static sk_node *binary(parser *p, sk_op op, sk_expr_type type, sk_node *a, sk_node *b)
{
    sk_node *node = new_node(p, op, type, a->at, 2);

    if (!node)
        return NULL;
    node->args[0] = a;
    node->args[1] = b;
    if (op == SK_OP_ADD || op == SK_OP_SUB)
        node->unit = a->unit ? a->unit : b->unit;
    return node;
}

/* ---- Operators ---- */

enum {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_MEET,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_UNARY
};

static const struct {
    const char *spelling;
    unsigned level;
    sk_op op;
} binaries[] = {
    {"or", LEVEL_OR, SK_OP_OR},         {"and", LEVEL_AND, SK_OP_AND},
    {"==", LEVEL_COMPARE, SK_OP_EQ},    {"!=", LEVEL_COMPARE, SK_OP_NE},
    {"<=", LEVEL_COMPARE, SK_OP_LE},    {">=", LEVEL_COMPARE, SK_OP_GE},
    {"<", LEVEL_COMPARE, SK_OP_LT},     {">", LEVEL_COMPARE, SK_OP_GT},
    {"&", LEVEL_MEET, SK_OP_INTERSECT}, {"+", LEVEL_SUM, SK_OP_ADD},
    {"-", LEVEL_SUM, SK_OP_SUB},        {"*", LEVEL_PRODUCT, SK_OP_MUL},
    {"/", LEVEL_PRODUCT, SK_OP_DIV},
};

static int binary_here(const parser *p, unsigned level)
{
    if (p->token.kind != SK_TOK_OPERATOR && p->token.kind != SK_TOK_NAME)
        return -1;
    for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++) {
        if (binaries[i].level == level &&
            sk_str_eq(p->token.text, sk_str_from(binaries[i].spelling)))
            return (int)i;
    }
    return -1;
}

static sk_node *equality(parser *p, sk_op op, sk_node *a, sk_node *b)
{
    if (!fits(b, a->type) && !fits(a, b->type))
        return refuse(p, b->at, "this is %s, but it is compared with %s",
                      sk_expr_type_name(b->type), sk_expr_type_name(a->type));
    if (!check_units(p, a, b))
        return NULL;
    return binary(p, op, SK_T_BOOL, a, b);
}

static sk_node *ordering(parser *p, sk_op op, const char *spelling, sk_node *a, sk_node *b)
{
    if (a->type == SK_T_SET && b->type == SK_T_SET) {
        if (op == SK_OP_LE)
            return binary(p, SK_OP_SUBSET, SK_T_BOOL, a, b);
        return refuse(p, a->at, "sets know `<=` (is part of), `==` and `!=`, not `%s`", spelling);
    }
    if (!check_type(p, a, SK_T_NUMBER, spelling) || !check_type(p, b, SK_T_NUMBER, spelling) ||
        !check_units(p, a, b))
        return NULL;
    return binary(p, op, SK_T_BOOL, a, b);
}

static sk_node *combine(parser *p, int which, sk_node *a, sk_node *b)
{
    const char *spelling = binaries[which].spelling;
    sk_op op = binaries[which].op;

    switch (op) {
    case SK_OP_EQ:
    case SK_OP_NE:
        return equality(p, op, a, b);
    case SK_OP_LT:
    case SK_OP_LE:
    case SK_OP_GT:
    case SK_OP_GE:
        return ordering(p, op, spelling, a, b);
    case SK_OP_AND:
    case SK_OP_OR:
        if (!check_type(p, a, SK_T_BOOL, spelling) || !check_type(p, b, SK_T_BOOL, spelling))
            return NULL;
        return binary(p, op, SK_T_BOOL, a, b);
    case SK_OP_INTERSECT:
        if (!check_type(p, a, SK_T_SET, spelling) || !check_type(p, b, SK_T_SET, spelling))
            return NULL;
        return binary(p, op, SK_T_SET, a, b);
    default:
        if (!check_type(p, a, SK_T_NUMBER, spelling) || !check_type(p, b, SK_T_NUMBER, spelling))
            return NULL;
        if ((op == SK_OP_ADD || op == SK_OP_SUB) && !check_units(p, a, b))
            return NULL;
        return binary(p, op, SK_T_NUMBER, a, b);
    }
}

static bool deeper(parser *p)
{
    if (++p->depth <= SK_EXPR_MAX_DEPTH)
        return true;
    refuse(p, p->token.at, "nested deeper than %d", SK_EXPR_MAX_DEPTH);
    p->fault->status = SK_ELIMIT;
    return false;
}

/** `not` and the minus sign. */
static sk_node *parse_prefix(parser *p, sk_op op, sk_expr_type type, const char *spelling,
                             unsigned level)
{
    uint32_t at = p->token.at;
    sk_node *operand, *node;

    if (!deeper(p) || !next(p))
        return NULL;
    operand = parse_level(p, level);
    if (!operand || !check_type(p, operand, type, spelling))
        return NULL;
    p->depth--;
    node = new_node(p, op, type, at, 1);
    if (!node)
        return NULL;
    node->args[0] = operand;
    node->unit = operand->unit;
    return node;
}

/* ---- Calls ---- */

/** `takes`: n number, b boolean, s set, w text; the last one repeats up to `most`. */
/* Reference comments, as in fields.c. */
/* clang-format off */
static const struct {
    const char *name, *takes;
    sk_op op;
    unsigned least, most;
    sk_expr_type gives;
} functions[] = {
    /*--- 1 at 0, a half at `half`, ever less beyond: `half / (half + x)`.
    ---@call decay(x, half)
    ---@example decay(distance_m, 1500 m) */
    {"decay", "nn", SK_OP_DECAY, 2, 2, SK_T_NUMBER},
    /*--- 0 up to `lo`, 1 from `hi` on, a straight line between. With `lo` above `hi` it goes down.
    ---@call ramp(x, lo, hi)
    ---@example ramp(overlap_min, 0, 4 h) */
    {"ramp", "nnn", SK_OP_RAMP, 3, 3, SK_T_NUMBER},
    /*--- x, but at least `lo` (0) and at most `hi` (1); `clamp(x)` will do.
    ---@call clamp(x, lo, hi)
    ---@example clamp(need.urgency / 3) */
    {"clamp", "nnn", SK_OP_CLAMP, 1, 3, SK_T_NUMBER},
    /*--- The least of 2 to 32 numbers.
    ---@call min(a, b, ...)
    ---@example min(need.age_days, offer.age_days) */
    {"min", "n", SK_OP_MIN, 2, 32, SK_T_NUMBER},
    /*--- The greatest of 2 to 32 numbers.
    ---@call max(a, b, ...)
    ---@example max(need.duration_min, 1 h) */
    {"max", "n", SK_OP_MAX, 2, 32, SK_T_NUMBER},
    /*--- x without its minus sign.
    ---@call abs(x)
    ---@example abs(attr(need, 'leeftijd') - attr(offer, 'leeftijd')) */
    {"abs", "n", SK_OP_ABS, 1, 1, SK_T_NUMBER},
    /*--- a when `c` is true, else b. Only the branch that it takes has to be known.
    ---@call if(c, a, b)
    ---@example if(need.wijk == offer.wijk, 1, 0) */
    {"if", "b", SK_OP_IF, 3, 3, SK_T_ANY},
    /*--- How many members.
    ---@call count(set)
    ---@example count(need.languages & offer.languages) */
    {"count", "s", SK_OP_COUNT, 1, 1, SK_T_NUMBER},
    /*--- Is it a member?
    ---@call has(set, code)
    ---@example has(offer.provides, 'vog') */
    {"has", "sw", SK_OP_HAS, 2, 2, SK_T_BOOL},
    /*--- Is some member this code, or below it in the tree of categories?
    ---@call under(set, code)
    ---@example under(need.categories, 'vervoer') */
    {"under", "sw", SK_OP_UNDER, 2, 2, SK_T_BOOL},
    /*--- How alike: common members / all members; missing for two empty sets.
    ---@call jaccard(set, set)
    ---@example jaccard(need.languages, offer.languages) */
    {"jaccard", "ss", SK_OP_JACCARD, 2, 2, SK_T_NUMBER},
    /*--- A municipality's own field: a text, number or boolean; missing when the listing has none
    of this name and of the type needed.
    ---@call attr(side, name)
    ---@example attr(need, 'huisdier') == true */
    {"attr", "", SK_OP_ATTR, 2, 2, SK_T_ANY},
};
/* clang-format on */
#define FUNCTIONS (sizeof functions / sizeof functions[0])
#define MAX_ARGS 32

static bool read_side(parser *p, sk_side *out)
{
    if (is_word(p, "need"))
        *out = SK_DEMAND;
    else if (is_word(p, "offer"))
        *out = SK_SUPPLY;
    else {
        refuse(p, p->token.at, "`need` or `offer` is expected here");
        return false;
    }
    return next(p);
}

const sk_attribute_info *sk_declared_find(sk_declared declared, sk_str name)
{
    for (size_t i = 0; i < declared.count; i++) {
        if (sk_str_eq(declared.items[i].name, name))
            return &declared.items[i];
    }
    return NULL;
}

static void take_declared(parser *p, sk_node *node)
{
    const sk_attribute_info *attribute = sk_declared_find(p->declared, node->text);

    if (!attribute)
        return;
    node->type = attribute->type == SK_ATTR_NUMBER   ? SK_T_NUMBER
                 : attribute->type == SK_ATTR_STRING ? SK_T_STRING
                                                     : SK_T_BOOL;
    node->unit = sk_unit_find(attribute->unit);
}

/** attr(side, "name"); the parenthesis has been read. */
static sk_node *parse_attr(parser *p, uint32_t at)
{
    sk_node *node = new_node(p, SK_OP_ATTR, SK_T_ANY, at, 0);

    if (!node || !read_side(p, &node->side) || !expect(p, ","))
        return NULL;
    if (p->token.kind != SK_TOK_STRING || p->token.text.size == 0)
        return refuse(p, p->token.at, "the name of an attribute is expected here, in quotes");
    node->text = p->token.text;
    take_declared(p, node);
    return next(p) && expect(p, ")") ? node : NULL;
}

/** Is there a number that somebody may have meant to write with a decimal comma? */
static bool has_decimal_comma(sk_str text)
{
    for (size_t i = 1; i + 1 < text.size; i++) {
        if (text.data[i] == ',' && strchr("0123456789", text.data[i - 1]) && text.data[i - 1] &&
            strchr("0123456789", text.data[i + 1]) && text.data[i + 1])
            return true;
    }
    return false;
}

static bool parse_args(parser *p, size_t which, sk_node **args, unsigned *out_count)
{
    unsigned count = 0;

    while (!is_operator(p, ")")) {
        if (count > 0 && !expect(p, ","))
            return false;
        if (count == functions[which].most) {
            refuse(p, p->token.at, "%s takes at most %u values%s", functions[which].name, count,
                   has_decimal_comma(p->text) ? "; a decimal is written with a point, as 0.5" : "");
            return false;
        }
        args[count] = parse_whole(p);
        if (!args[count])
            return false;
        count++;
        if (!is_operator(p, ")") && !is_operator(p, ","))
            return expect(p, ")");
    }
    *out_count = count;
    return next(p);
}

static bool check_args(parser *p, size_t which, sk_node **args, unsigned count, uint32_t at)
{
    const char *takes = functions[which].takes;
    size_t last = strlen(takes) - 1;

    if (count < functions[which].least || (functions[which].op == SK_OP_CLAMP && count == 2)) {
        refuse(p, at, "%s takes %u values%s", functions[which].name,
               functions[which].op == SK_OP_CLAMP ? 3 : functions[which].least,
               functions[which].op == SK_OP_CLAMP ? ", or 1" : "");
        return false;
    }
    if (functions[which].op == SK_OP_IF)
        return check_type(p, args[0], SK_T_BOOL, "if");
    for (unsigned i = 0; i < count; i++) {
        char letter = takes[i < last ? i : last];
        sk_expr_type want = letter == 'n'   ? SK_T_NUMBER
                            : letter == 'b' ? SK_T_BOOL
                            : letter == 's' ? SK_T_SET
                                            : SK_T_STRING;

        if (!check_type(p, args[i], want, functions[which].name))
            return false;
        if (want == SK_T_NUMBER && i > 0 && !check_units(p, args[0], args[i]))
            return false;
    }
    return true;
}

static bool finish_if(parser *p, sk_node *node)
{
    sk_node *a = node->args[1], *b = node->args[2];

    if (!fits(a, b->type) && !fits(b, a->type)) {
        refuse(p, b->at, "both branches of `if` must be alike: this is %s, the other %s",
               sk_expr_type_name(b->type), sk_expr_type_name(a->type));
        return false;
    }
    node->type = a->type == SK_T_ANY ? b->type : a->type;
    node->unit = a->unit ? a->unit : b->unit;
    return true;
}

static bool same_letters(sk_str a, const char *b)
{
    return a.size == strlen(b) && strncasecmp(a.data, b, a.size) == 0;
}

/** Who comes from a spreadsheet writes names in capitals, or in Dutch. */
static sk_node *refuse_function(parser *p, const sk_lexeme *name, const sk_hint *hint)
{
    static const char *const words[][2] = {
        {"als", "if(c, a, b)"}, {"and", "a and b"}, {"en", "a and b"}, {"or", "a or b"},
        {"of", "a or b"},       {"not", "not a"},   {"niet", "not a"},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (same_letters(name->text, words[i][0]))
            return refuse(p, name->at, "unknown function `%.*s`; write `%s`",
                          SK_STR_ARG(name->text), words[i][1]);
    }
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (same_letters(name->text, functions[i].name))
            return refuse(p, name->at, "unknown function `%.*s`; did you mean `%s`?",
                          SK_STR_ARG(name->text), functions[i].name);
    }
    return refuse_name(p, name, "function", hint);
}

static sk_node *parse_call(parser *p, const sk_lexeme *name)
{
    sk_node *args[MAX_ARGS], *node;
    unsigned count = 0;
    size_t which = 0;
    sk_hint hint;

    sk_hint_start(&hint, name->text);
    for (; which < FUNCTIONS; which++) {
        if (sk_str_eq(name->text, sk_str_from(functions[which].name)))
            break;
        sk_hint_add(&hint, functions[which].name);
    }
    if (which == FUNCTIONS)
        return refuse_function(p, name, &hint);
    if (!deeper(p) || !next(p))
        return NULL;
    if (functions[which].op == SK_OP_ATTR) {
        p->depth--;
        return parse_attr(p, name->at);
    }
    if (!parse_args(p, which, args, &count) || !check_args(p, which, args, count, name->at))
        return NULL;
    p->depth--;
    node = new_node(p, functions[which].op, functions[which].gives, name->at, count);
    if (!node)
        return NULL;
    memcpy(node->args, args, count * sizeof *args);
    if (node->op == SK_OP_IF)
        return finish_if(p, node) ? node : NULL;
    if (node->op == SK_OP_MIN || node->op == SK_OP_MAX || node->op == SK_OP_CLAMP ||
        node->op == SK_OP_ABS)
        node->unit = args[0]->unit;
    return node;
}

/* ---- Values ---- */

/** A name that is no field here: perhaps it is one elsewhere, or an attribute, or a slip. */
static sk_node *refuse_field(parser *p, const sk_lexeme *name, bool of_side, sk_side side)
{
    const char *of = side == SK_DEMAND ? "need" : "offer";
    sk_hint hint;

    if (of_side && sk_field_find(name->text, false) != SK_F_COUNT_)
        return refuse(p, name->at, "`%.*s` is of the pair; write it without `%s.`",
                      SK_STR_ARG(name->text), of);
    if (sk_declared_find(p->declared, name->text))
        return refuse(p, name->at, "an attribute; write `attr(%s, '%.*s')`", of,
                      SK_STR_ARG(name->text));
    if (!of_side && sk_field_find(name->text, true) != SK_F_COUNT_)
        return refuse(p, name->at, "write `need.%.*s` or `offer.%.*s`", SK_STR_ARG(name->text),
                      SK_STR_ARG(name->text));
    sk_hint_start(&hint, name->text);
    for (int i = 0; i < SK_F_COUNT_; i++) {
        if (sk_fields[i].of_side == of_side)
            sk_hint_add(&hint, sk_fields[i].name);
    }
    if (!of_side && is_operator(p, ".")) {
        sk_hint_start(&hint, name->text);
        sk_hint_add(&hint, "need");
        sk_hint_add(&hint, "offer");
        return refuse_name(p, name, "side", &hint);
    }
    if (!of_side && !sk_hint_best(&hint))
        return refuse(p, name->at, "unknown field `%.*s`; a text stands in quotes: '%.*s'",
                      SK_STR_ARG(name->text), SK_STR_ARG(name->text));
    return refuse_name(p, name, "field", &hint);
}

static sk_node *parse_field(parser *p, const sk_lexeme *name, bool of_side, sk_side side)
{
    sk_field_id id = sk_field_find(name->text, of_side);
    sk_node *node;

    if (id == SK_F_COUNT_)
        return refuse_field(p, name, of_side, side);
    node = new_node(p, sk_fields[id].type == SK_T_SET ? SK_OP_SET_FIELD : SK_OP_FIELD,
                    sk_fields[id].type, name->at, 0);
    if (!node)
        return NULL;
    node->field = id;
    node->side = side;
    node->unit = sk_fields[id].unit;
    return node;
}

static sk_node *parse_name(parser *p)
{
    sk_lexeme name = p->token;
    sk_side side;

    if (is_word(p, "true") || is_word(p, "false")) {
        sk_node *node = new_node(p, SK_OP_CONST, SK_T_BOOL, name.at, 0);

        if (node)
            node->number = is_word(p, "true");
        return node && next(p) ? node : NULL;
    }
    if (is_word(p, "not"))
        return refuse(p, name.at, "put parentheses around `not ...` here");
    if (is_word(p, "and") || is_word(p, "or"))
        return refuse(p, name.at, "a value is expected before `%.*s`", SK_STR_ARG(name.text));
    if (is_word(p, "need") || is_word(p, "offer")) {
        side = is_word(p, "need") ? SK_DEMAND : SK_SUPPLY;
        if (!next(p) || !expect(p, "."))
            return NULL;
        name = p->token;
        if (name.kind != SK_TOK_NAME)
            return refuse(p, name.at, "the name of a field is expected here");
        return next(p) ? parse_field(p, &name, true, side) : NULL;
    }
    if (!next(p))
        return NULL;
    if (is_operator(p, "("))
        return parse_call(p, &name);
    return parse_field(p, &name, false, SK_DEMAND);
}

static sk_node *parse_value(parser *p)
{
    sk_node *node = NULL;

    switch (p->token.kind) {
    case SK_TOK_NUMBER:
    case SK_TOK_STRING:
        node = new_node(p, SK_OP_CONST, p->token.kind == SK_TOK_NUMBER ? SK_T_NUMBER : SK_T_STRING,
                        p->token.at, 0);
        if (!node)
            return NULL;
        node->number = p->token.number;
        node->unit = p->token.unit;
        node->text = p->token.text;
        return next(p) ? node : NULL;
    case SK_TOK_NAME:
        return parse_name(p);
    case SK_TOK_END:
        return refuse(p, p->token.at, "the expression ends where a value is expected");
    default:
        break;
    }
    if (!is_operator(p, "("))
        return refuse(p, p->token.at, "a value is expected here, not `%.*s`",
                      SK_STR_ARG(p->token.text));
    if (!deeper(p) || !next(p))
        return NULL;
    node = parse_whole(p);
    p->depth--;
    return node && expect(p, ")") ? node : NULL;
}

static sk_node *parse_level(parser *p, unsigned level)
{
    sk_node *left;
    int which;

    if (level == LEVEL_NOT) {
        if (is_word(p, "not"))
            return parse_prefix(p, SK_OP_NOT, SK_T_BOOL, "not", LEVEL_NOT);
        return parse_level(p, LEVEL_COMPARE);
    }
    if (level == LEVEL_UNARY) {
        if (is_operator(p, "-"))
            return parse_prefix(p, SK_OP_NEG, SK_T_NUMBER, "-", LEVEL_UNARY);
        return parse_value(p);
    }
    left = parse_level(p, level + 1);
    while (left && (which = binary_here(p, level)) >= 0) {
        sk_node *right;

        if (!next(p))
            return NULL;
        right = parse_level(p, level + 1);
        left = right ? combine(p, which, left, right) : NULL;
        if (left && level == LEVEL_COMPARE && binary_here(p, level) >= 0)
            return refuse(p, p->token.at, "compare two values at a time: write `a < b and b < c`");
    }
    return left;
}

static sk_node *parse_whole(parser *p)
{
    return parse_level(p, LEVEL_OR);
}

sk_status sk_expr_parse(sk_str text, sk_declared declared, sk_arena *arena, sk_node **out,
                        sk_expr_fault *fault)
{
    parser p = {.text = text, .declared = declared, .arena = arena, .fault = fault};
    sk_node *node;

    *fault = (sk_expr_fault){.status = SK_OK};
    if (text.size > SK_EXPR_MAX_BYTES) {
        refuse(&p, 0, "longer than %d bytes", SK_EXPR_MAX_BYTES);
        fault->status = SK_ELIMIT;
        return fault->status;
    }
    if (!next(&p) || !(node = parse_whole(&p)))
        return fault->status;
    if (p.token.kind != SK_TOK_END) {
        refuse(&p, p.token.at, "an operator or the end is expected here");
        return fault->status;
    }
    *out = node;
    return SK_OK;
}
