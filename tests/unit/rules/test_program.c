/* SPDX-License-Identifier: EUPL-1.2 */
#include "unit/rules/rules_support.h"

#include <math.h>
#include <stdlib.h>

#include "rules/expr.h"

/* Random expressions, made as trees of our own, written as text for the engine and computed here by
 * walking the tree one pair at a time, straight from docs/matching.md 4. The engine parses, folds,
 * shares and runs them over 64 pairs at once, up to three in one program; the answers must be the
 * same bits (but for the sign of zero, which no answer shows). The same trees check the intervals:
 * no value may lie outside, and none be missing without notice. Half of the programs know the types
 * of some attributes. */

typedef struct tree {
    sk_op op;
    sk_expr_type type;
    sk_field_id field;
    sk_side side;
    uint32_t attribute; /**< Which of declared_as. */
    double number;
    const char *word;
    unsigned argc;
    struct tree *args[4];
} tree;

static tree nodes[3 * 4096];
static size_t node_count;

/** What the program at hand declares of the attributes; SK_T_ANY: nothing. */
static sk_expr_type declared_as[3];

/* ---- Making trees ---- */

static tree *grow(rnd *r, sk_expr_type type, int depth);

static tree *new_tree(sk_op op, sk_expr_type type)
{
    tree *t = &nodes[node_count++];

    assert_true(node_count < sizeof nodes / sizeof nodes[0]);
    *t = (tree){.op = op, .type = type};
    return t;
}

static tree *with(rnd *r, sk_op op, sk_expr_type type, unsigned argc, const sk_expr_type *types,
                  int depth)
{
    tree *t = new_tree(op, type);

    t->argc = argc;
    for (unsigned i = 0; i < argc; i++)
        t->args[i] = grow(r, types[i], depth - 1);
    return t;
}

#define WITH(op, type, ...)                                                                        \
    with(r, op, type, sizeof((sk_expr_type[]){__VA_ARGS__}) / sizeof(sk_expr_type),                \
         (sk_expr_type[]){__VA_ARGS__}, depth)

static tree *leaf_field(rnd *r, sk_expr_type type)
{
    tree *t = new_tree(SK_OP_FIELD, type);

    do
        t->field = (sk_field_id)rnd_below(r, SK_F_COUNT_);
    while (sk_fields[t->field].type != type);
    t->side = (sk_side)rnd_below(r, 2);
    return t;
}

static tree *leaf_attr(rnd *r, sk_expr_type type)
{
    uint32_t name = rnd_below(r, 3);
    tree *t;

    /* One that is not declared fits anywhere; of another type the compiler refuses it. */
    for (int i = 0; i < 3 && declared_as[name] != SK_T_ANY && declared_as[name] != type; i++)
        name = (name + 1) % 3;
    if (declared_as[name] != SK_T_ANY && declared_as[name] != type)
        return NULL;
    t = new_tree(SK_OP_ATTR, type);
    t->attribute = name;
    t->word = word_pool[12 + name];
    t->side = (sk_side)rnd_below(r, 2);
    return t;
}

static tree *leaf(rnd *r, sk_expr_type type)
{
    static const struct {
        double number;
        const char *spelling; /**< With a unit, which the product takes away again. */
    } numbers[] = {{0, NULL},
                   {1, NULL},
                   {0.5, NULL},
                   {2, NULL},
                   {3, NULL},
                   {60, NULL},
                   {1500, NULL},
                   {0.1, NULL},
                   {1e300, NULL},
                   {1e-300, NULL},
                   {1500, "(1 * 1.5 km)"},
                   {250, "(1 * 250m)"},
                   {90, "(1 * 90 min)"},
                   {120, "(1 * 2 h)"},
                   {3, "(1 * 3d)"}};
    uint32_t which = rnd_below(r, sizeof numbers / sizeof numbers[0]);
    tree *t;

    if (type == SK_T_SET || rnd_below(r, 2))
        return leaf_field(r, type);
    if (rnd_below(r, 3) == 0 && (t = leaf_attr(r, type)))
        return t;
    t = new_tree(SK_OP_CONST, type);
    t->number = type == SK_T_NUMBER ? numbers[which].number : rnd_below(r, 2);
    t->word = type == SK_T_NUMBER ? numbers[which].spelling : word_pool[rnd_below(r, WORD_POOL)];
    return t;
}

static tree *grow_number(rnd *r, int depth)
{
    static const sk_op plain[] = {SK_OP_ADD, SK_OP_SUB, SK_OP_MUL,  SK_OP_DIV,
                                  SK_OP_MIN, SK_OP_MAX, SK_OP_DECAY};

    switch (rnd_below(r, 14)) {
    case 0:
        return WITH(SK_OP_NEG, SK_T_NUMBER, SK_T_NUMBER);
    case 1:
        return WITH(SK_OP_ABS, SK_T_NUMBER, SK_T_NUMBER);
    case 2:
        return WITH(SK_OP_CLAMP, SK_T_NUMBER, SK_T_NUMBER);
    case 3:
        return WITH(SK_OP_CLAMP, SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER);
    case 4:
        return WITH(SK_OP_RAMP, SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER);
    case 5:
        return WITH(SK_OP_IF, SK_T_NUMBER, SK_T_BOOL, SK_T_NUMBER, SK_T_NUMBER);
    case 6:
        return WITH(SK_OP_COUNT, SK_T_NUMBER, SK_T_SET);
    case 7:
        return WITH(SK_OP_JACCARD, SK_T_NUMBER, SK_T_SET, SK_T_SET);
    case 8:
        return WITH(SK_OP_MAX, SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER);
    default:
        return WITH(plain[rnd_below(r, 7)], SK_T_NUMBER, SK_T_NUMBER, SK_T_NUMBER);
    }
}

/** Nothing says which type an attribute has; only what surrounds it does. */
static bool is_any(const tree *t)
{
    return (t->op == SK_OP_ATTR && declared_as[t->attribute] == SK_T_ANY) ||
           (t->op == SK_OP_IF && is_any(t->args[1]) && is_any(t->args[2]));
}

static void loosen(tree *t)
{
    t->type = SK_T_ANY;
    for (unsigned i = 1; i < t->argc; i++)
        loosen(t->args[i]);
}

static tree *grow_equal(rnd *r, int depth)
{
    static const sk_expr_type types[] = {SK_T_NUMBER, SK_T_BOOL, SK_T_STRING, SK_T_SET};
    sk_op op = rnd_below(r, 2) ? SK_OP_EQ : SK_OP_NE;
    sk_expr_type type = types[rnd_below(r, 4)];
    tree *t = WITH(op, SK_T_BOOL, type, type);

    if (rnd_below(r, 5) == 0) {
        tree *x = leaf_attr(r, SK_T_ANY), *y = leaf_attr(r, SK_T_ANY);

        if (x && y) {
            t->args[0] = x;
            t->args[1] = y;
        }
    }
    if (is_any(t->args[0]) && is_any(t->args[1])) {
        loosen(t->args[0]);
        loosen(t->args[1]);
    }
    return t;
}

static tree *grow_bool(rnd *r, int depth)
{
    static const sk_op orders[] = {SK_OP_LT, SK_OP_LE, SK_OP_GT, SK_OP_GE};

    switch (rnd_below(r, 10)) {
    case 0:
        return WITH(SK_OP_NOT, SK_T_BOOL, SK_T_BOOL);
    case 1:
        return WITH(SK_OP_AND, SK_T_BOOL, SK_T_BOOL, SK_T_BOOL);
    case 2:
        return WITH(SK_OP_OR, SK_T_BOOL, SK_T_BOOL, SK_T_BOOL);
    case 3:
        return WITH(SK_OP_HAS, SK_T_BOOL, SK_T_SET, SK_T_STRING);
    case 4:
        return WITH(SK_OP_UNDER, SK_T_BOOL, SK_T_SET, SK_T_STRING);
    case 5:
        return WITH(SK_OP_SUBSET, SK_T_BOOL, SK_T_SET, SK_T_SET);
    case 6:
        return WITH(SK_OP_IF, SK_T_BOOL, SK_T_BOOL, SK_T_BOOL, SK_T_BOOL);
    case 7:
        return grow_equal(r, depth);
    default:
        return WITH(orders[rnd_below(r, 4)], SK_T_BOOL, SK_T_NUMBER, SK_T_NUMBER);
    }
}

static tree *grow(rnd *r, sk_expr_type type, int depth)
{
    if (depth <= 0 || rnd_below(r, 5) == 0)
        return leaf(r, type);
    switch (type) {
    case SK_T_NUMBER:
        return grow_number(r, depth);
    case SK_T_BOOL:
        return grow_bool(r, depth);
    case SK_T_SET:
        if (rnd_below(r, 2))
            return WITH(SK_OP_INTERSECT, SK_T_SET, SK_T_SET, SK_T_SET);
        return WITH(SK_OP_IF, SK_T_SET, SK_T_BOOL, SK_T_SET, SK_T_SET);
    default:
        return WITH(SK_OP_IF, SK_T_STRING, SK_T_BOOL, SK_T_STRING, SK_T_STRING);
    }
}

/* ---- Writing them ---- */

static const struct {
    sk_op op;
    const char *name;
    int level; /**< 0: a call. */
} spellings[] = {
    {SK_OP_OR, "or", 1},     {SK_OP_AND, "and", 2},     {SK_OP_NOT, "not ", 3},
    {SK_OP_EQ, "==", 4},     {SK_OP_NE, "!=", 4},       {SK_OP_LT, "<", 4},
    {SK_OP_LE, "<=", 4},     {SK_OP_GT, ">", 4},        {SK_OP_GE, ">=", 4},
    {SK_OP_SUBSET, "<=", 4}, {SK_OP_INTERSECT, "&", 5}, {SK_OP_ADD, "+", 6},
    {SK_OP_SUB, "-", 6},     {SK_OP_MUL, "*", 7},       {SK_OP_DIV, "/", 7},
    {SK_OP_NEG, "-", 8},     {SK_OP_ABS, "abs", 0},     {SK_OP_MIN, "min", 0},
    {SK_OP_MAX, "max", 0},   {SK_OP_CLAMP, "clamp", 0}, {SK_OP_RAMP, "ramp", 0},
    {SK_OP_IF, "if", 0},     {SK_OP_COUNT, "count", 0}, {SK_OP_JACCARD, "jaccard", 0},
    {SK_OP_HAS, "has", 0},   {SK_OP_UNDER, "under", 0}, {SK_OP_DECAY, "decay", 0},
};

static void write_leaf(const tree *t, sk_buf *out)
{
    const char *side = t->side == SK_DEMAND ? "need" : "offer";

    if (t->op == SK_OP_ATTR)
        sk_buf_printf(out, "attr(%s, '%s')", side, t->word);
    else if (t->op == SK_OP_FIELD) {
        /* The product takes the unit away, which random trees do not respect. */
        sk_buf_printf(out, sk_fields[t->field].unit ? "(1 * %s%s%s)" : "%s%s%s",
                      sk_fields[t->field].of_side ? side : "",
                      sk_fields[t->field].of_side ? "." : "", sk_fields[t->field].name);
    } else if (t->type == SK_T_NUMBER && t->word)
        sk_buf_text(out, t->word);
    else if (t->type == SK_T_NUMBER)
        sk_buf_printf(out, "%.17g", t->number);
    else if (t->type == SK_T_BOOL)
        sk_buf_text(out, t->number != 0 ? "true" : "false");
    else
        sk_buf_printf(out, "\"%s\"", t->word);
}

static void write_tree(const tree *t, int level, sk_buf *out)
{
    size_t i = 0;

    if (t->argc == 0) {
        write_leaf(t, out);
        return;
    }
    while (spellings[i].op != t->op)
        i++;
    if (spellings[i].level == 0) {
        sk_buf_printf(out, "%s(", spellings[i].name);
        for (unsigned k = 0; k < t->argc; k++) {
            sk_buf_text(out, k ? ", " : "");
            write_tree(t->args[k], 0, out);
        }
        sk_buf_text(out, ")");
        return;
    }
    if (spellings[i].level < level)
        sk_buf_text(out, "(");
    if (t->argc == 1) {
        sk_buf_text(out, spellings[i].name);
        write_tree(t->args[0], spellings[i].level, out);
    } else {
        write_tree(t->args[0], spellings[i].level + (spellings[i].level == 4), out);
        sk_buf_printf(out, " %s ", spellings[i].name);
        write_tree(t->args[1], spellings[i].level + 1, out);
    }
    if (spellings[i].level < level)
        sk_buf_text(out, ")");
}

/* ---- Computing them, plainly ---- */

typedef struct value {
    char kind; /**< '-' missing, 'n', 'b', 's', or 'S' */
    double number;
    uint32_t words[64], count;
} value;

typedef struct world {
    const sk_pair *pair;
    sk_intern *words;
} world;

static const value missing = {.kind = '-'};

static value compute(const tree *t, const world *w);

static value number_value(double number)
{
    return isfinite(number) ? (value){.kind = 'n', .number = number} : missing;
}

static value truth_value(bool truth)
{
    return (value){.kind = 'b', .number = truth};
}

static value word_value(uint32_t word)
{
    return word ? (value){.kind = 's', .number = word} : missing;
}

static bool in_set(const value *set, uint32_t word)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->words[i] == word)
            return true;
    }
    return false;
}

static void add_words(value *set, const uint32_t *ids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!in_set(set, ids[i]))
            set->words[set->count++] = ids[i];
    }
}

static value compute_set_field(const tree *t, const sk_facts *f, const sk_party_facts *p)
{
    value out = {.kind = 'S'};
    const uint32_t *categories = f->sets, *languages = categories + f->category_count;
    const uint32_t *needs = languages + f->language_count, *has = needs + f->require_count;

    if (t->field == SK_F_CATEGORIES)
        add_words(&out, categories, f->category_count);
    else if (t->field == SK_F_LANGUAGES && f->language_count > 0)
        add_words(&out, languages, f->language_count);
    else if (t->field == SK_F_LANGUAGES)
        add_words(&out, p->languages.ids, p->languages.count);
    else if (t->field == SK_F_REQUIRES)
        add_words(&out, needs, f->require_count);
    else {
        add_words(&out, has, f->provide_count);
        for (uint32_t i = 0; i < p->cert_count; i++) {
            if (p->certs[i].from_ms <= NOW_MS && NOW_MS < p->certs[i].until_ms)
                add_words(&out, &p->certs[i].type, 1);
        }
    }
    return out;
}

static value compute_field(const tree *t, const world *w)
{
    const sk_facts *f = t->side == SK_DEMAND ? w->pair->need : w->pair->offer;
    const sk_party_facts *p = t->side == SK_DEMAND ? w->pair->need_party : w->pair->offer_party;

    switch (t->field) {
    case SK_F_KIND:
        return word_value(f->kind_word);
    case SK_F_BUURT:
        return word_value(f->buurt);
    case SK_F_WIJK:
        return word_value(f->wijk);
    case SK_F_GEMEENTE:
        return word_value(f->gemeente);
    case SK_F_REMOTE:
        return truth_value(f->remote);
    case SK_F_REACH:
        return number_value(f->reach_m);
    case SK_F_WITHIN:
        return number_value(f->within_m);
    case SK_F_DURATION:
        return number_value(f->duration_min);
    case SK_F_CAPACITY:
        return number_value(f->capacity);
    case SK_F_ROOM:
        return number_value((double)f->capacity - f->taken);
    case SK_F_URGENCY:
        return number_value(f->urgency);
    case SK_F_AGE:
        return number_value((double)(NOW_MS - f->created_ms) / 86400000.0);
    case SK_F_LOAD:
        return number_value(p->load_30d);
    case SK_F_OPEN:
        return number_value(p->open_suggestions);
    case SK_F_ASKED:
        return p->last_asked_ms == INT64_MIN
                   ? missing
                   : number_value((double)(NOW_MS - p->last_asked_ms) / 86400000.0);
    case SK_F_DISTANCE:
        return number_value(w->pair->distance_m);
    case SK_F_OVERLAP:
        return number_value(w->pair->overlap_min);
    case SK_F_LONGEST:
        return number_value(w->pair->longest_min);
    case SK_F_CLOSENESS:
        return number_value(w->pair->closeness);
    default:
        return compute_set_field(t, f, p);
    }
}

static value compute_attr(const tree *t, const world *w)
{
    const sk_facts *f = t->side == SK_DEMAND ? w->pair->need : w->pair->offer;
    uint32_t name = sk_intern_find(w->words, sk_str_from(t->word));

    for (uint32_t i = 0; i < f->attr_count; i++) {
        const sk_attr_facts *a = &f->attrs[i];
        value found = a->type == SK_ATTR_STRING   ? word_value((uint32_t)a->value)
                      : a->type == SK_ATTR_NUMBER ? number_value(a->value)
                                                  : truth_value(a->value != 0);
        char want = t->type == SK_T_NUMBER ? 'n' : t->type == SK_T_BOOL ? 'b' : 's';

        if (a->name == name)
            return t->type == SK_T_ANY || found.kind == want ? found : missing;
    }
    return missing;
}

static value compute_const(const tree *t, const world *w)
{
    if (t->type == SK_T_NUMBER)
        return number_value(t->number);
    if (t->type == SK_T_BOOL)
        return truth_value(t->number != 0);
    return word_value(sk_intern_find(w->words, sk_str_from(t->word)));
}

static bool below(sk_str code, sk_str top)
{
    return sk_str_eq(code, top) || (code.size > top.size && code.data[top.size] == '.' &&
                                    memcmp(code.data, top.data, top.size) == 0);
}

static value compute_sets(const tree *t, const world *w, const value *a, const value *b)
{
    value common = {.kind = 'S'};
    uint32_t all;

    if (t->op == SK_OP_COUNT)
        return number_value(a->count);
    if (t->op == SK_OP_HAS)
        return truth_value(in_set(a, (uint32_t)b->number));
    if (t->op == SK_OP_UNDER) {
        for (uint32_t i = 0; i < a->count; i++) {
            if (below(sk_intern_str(w->words, a->words[i]),
                      sk_intern_str(w->words, (uint32_t)b->number)))
                return truth_value(true);
        }
        return truth_value(false);
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (in_set(b, a->words[i]))
            add_words(&common, &a->words[i], 1);
    }
    all = a->count + b->count - common.count;
    switch (t->op) {
    case SK_OP_INTERSECT:
        return common;
    case SK_OP_JACCARD:
        return number_value((double)common.count / (double)all);
    case SK_OP_SUBSET:
        return truth_value(common.count == a->count);
    default:
        return truth_value((all == common.count) == (t->op == SK_OP_EQ));
    }
}

static double least(double lo, double x, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static value compute_numbers(const tree *t, const double *x)
{
    switch (t->op) {
    case SK_OP_ADD:
        return number_value(x[0] + x[1]);
    case SK_OP_SUB:
        return number_value(x[0] - x[1]);
    case SK_OP_MUL:
        return number_value(x[0] * x[1]);
    case SK_OP_DIV:
        return number_value(x[0] / x[1]);
    case SK_OP_NEG:
        return number_value(-x[0]);
    case SK_OP_ABS:
        return number_value(fabs(x[0]));
    case SK_OP_MIN:
    case SK_OP_MAX: {
        double best = x[0];

        for (unsigned i = 1; i < t->argc; i++)
            best = t->op == SK_OP_MIN ? fmin(best, x[i]) : fmax(best, x[i]);
        return number_value(best);
    }
    case SK_OP_CLAMP:
        return number_value(t->argc == 1 ? least(0, x[0], 1) : least(x[1], x[0], x[2]));
    case SK_OP_DECAY:
        return isfinite(x[1] + x[0]) ? number_value(x[1] / (x[1] + x[0])) : missing;
    case SK_OP_RAMP: {
        double whole = x[2] - x[1], part = x[0] - x[1];

        if (!isfinite(whole) || !isfinite(part) || !isfinite(part / whole))
            return missing;
        return number_value(least(0, part / whole, 1));
    }
    case SK_OP_LT:
        return truth_value(x[0] < x[1]);
    case SK_OP_LE:
        return truth_value(x[0] <= x[1]);
    case SK_OP_GT:
        return truth_value(x[0] > x[1]);
    case SK_OP_GE:
        return truth_value(x[0] >= x[1]);
    case SK_OP_AND:
        return truth_value(x[0] != 0 && x[1] != 0);
    case SK_OP_OR:
        return truth_value(x[0] != 0 || x[1] != 0);
    case SK_OP_NOT:
        return truth_value(x[0] == 0);
    default:
        return truth_value((x[0] == x[1]) == (t->op == SK_OP_EQ));
    }
}

static value compute(const tree *t, const world *w)
{
    value args[4] = {0};
    double x[4] = {0};

    if (t->op == SK_OP_CONST)
        return compute_const(t, w);
    if (t->op == SK_OP_FIELD)
        return compute_field(t, w);
    if (t->op == SK_OP_ATTR)
        return compute_attr(t, w);
    if (t->op == SK_OP_IF) {
        args[0] = compute(t->args[0], w);
        return args[0].kind == '-' ? missing : compute(t->args[args[0].number != 0 ? 1 : 2], w);
    }
    for (unsigned i = 0; i < t->argc; i++) {
        args[i] = compute(t->args[i], w);
        if (args[i].kind == '-')
            return missing;
        x[i] = args[i].number;
    }
    if (args[0].kind == 'S')
        return compute_sets(t, w, &args[0], &args[1]);
    if (t->argc == 2 && args[0].kind != args[1].kind)
        return missing;
    return compute_numbers(t, x);
}

/* ---- Tests ---- */

/* The sanitizers take their time. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EXPRESSIONS 20000
#else
#define EXPRESSIONS 150000
#endif
#define TOGETHER 3 /**< Expressions in one program at most. */

typedef struct case_ {
    sk_buf text[TOGETHER];
    tree *tree[TOGETHER];
    int reg[TOGETHER];
    int count;
    size_t present, compared;
} case_;

static bool inside(const sk_interval *range, double got)
{
    return isnan(got) ? range->may_miss : range->lo <= got && got <= range->hi;
}

static void check_lane(const char *text, int lane, double got, value want)
{
    if (want.kind == '-' ? !isnan(got) : got != want.number)
        fail_msg("lane %d: %.17g, but walking the tree gives %c %.17g: %s", lane, got, want.kind,
                 want.number, text);
}

static void check_values(case_ *c, const sk_program *program, const block *b, sk_intern *words)
{
    for (int k = 0; k < c->count; k++) {
        for (int i = 0; i < BLOCK; i++) {
            world w = {&b->pairs[i], words};
            double got = sk_program_column(program, c->reg[k])[i];

            check_lane(c->text[k].data, i, got, compute(c->tree[k], &w));
            c->present += !isnan(got);
            c->compared++;
        }
    }
}

static void check_ranges(const case_ *c, sk_program *program, const sk_bounds *bounds)
{
    sk_program_bound(program, NOW_MS, bounds, SK_MOVES_ALL);
    for (int k = 0; k < c->count; k++) {
        const sk_interval *range = sk_program_interval(program, c->reg[k]);

        for (int i = 0; i < BLOCK; i++) {
            double got = sk_program_column(program, c->reg[k])[i];

            if (!inside(range, got))
                fail_msg("lane %d: %.17g is outside [%.17g, %.17g] %d: %s", i, got, range->lo,
                         range->hi, range->may_miss, c->text[k].data);
        }
    }
}

/** Declare some of the three attributes, or none. */
static void declare(rnd *r, sk_program *program, sk_attribute_info *items)
{
    static const sk_expr_type types[] = {SK_T_NUMBER, SK_T_BOOL, SK_T_STRING};
    static const sk_attr_type kinds[] = {SK_ATTR_NUMBER, SK_ATTR_BOOL, SK_ATTR_STRING};
    bool any = rnd_below(r, 2);
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        uint32_t type = rnd_below(r, 3);

        declared_as[i] = SK_T_ANY;
        if (!any || rnd_below(r, 3) == 0)
            continue;
        declared_as[i] = types[type];
        items[count++] =
            (sk_attribute_info){.name = sk_str_from(word_pool[12 + i]), .type = kinds[type]};
    }
    sk_program_declare(program, (sk_declared){items, count});
}

/** Grow up to three expressions and compile them into one program. */
static void make_case(rnd *r, sk_program *program, case_ *c)
{
    uint32_t wanted = 1 + rnd_below(r, TOGETHER);

    c->count = 0;
    node_count = 0;
    for (uint32_t i = 0; i < wanted; i++) {
        sk_expr_type type = rnd_below(r, 3) ? SK_T_NUMBER : SK_T_BOOL;
        tree *t = grow(r, type, 1 + (int)rnd_below(r, 4));
        sk_buf *text = &c->text[c->count];
        sk_expr_fault fault;

        sk_buf_reset(text);
        write_tree(t, 0, text);
        sk_buf_add(text, "", 1);
        if (text->size - 1 > SK_EXPR_MAX_BYTES)
            continue;
        if (sk_program_add(program, sk_str_from(text->data), type, &c->reg[c->count], &fault) !=
            SK_OK)
            fail_msg("character %u: %s: %s", fault.character, fault.text, text->data);
        c->tree[c->count++] = t;
    }
    assert_int_equal(sk_program_seal(program, NULL), SK_OK);
}

static void test_run__agrees_with_a_tree_walker_and_its_intervals(void **state)
{
    static const sk_bounds widest = {.distance_hi_m = 5000,
                                     .distance_may_miss = true,
                                     .closeness_hi = 1,
                                     .overlap_hi_min = 40320,
                                     .created_lo_ms = NOW_MS - INT64_C(2000000000),
                                     .created_hi_ms = NOW_MS};
    static block b;
    rnd r = {20260301};
    sk_intern *words = sk_intern_new();
    case_ c = {.count = 0};
    int made = 0;

    (void)state;
    for (int n = 0; made < EXPRESSIONS; n++, made += c.count) {
        sk_program *program = sk_program_new(words);
        sk_attribute_info declared[3];

        if (n % 50 == 0)
            make_block(&r, words, &b);
        declare(&r, program, declared);
        make_case(&r, program, &c);
        sk_program_run(program, NOW_MS, b.pairs, BLOCK);
        check_values(&c, program, &b, words);
        check_ranges(&c, program, &b.bounds);
        check_ranges(&c, program, &widest);
        sk_program_free(program);
    }
    /* Enough of what is compared must be there, or the comparison says little. */
    assert_true(c.present > c.compared / 4);
    for (int i = 0; i < TOGETHER; i++)
        sk_buf_done(&c.text[i]);
    sk_intern_free(words);
}

static int add(sk_program *program, const char *text, sk_expr_type type)
{
    sk_expr_fault fault;
    int reg = -1;

    if (sk_program_add(program, sk_str_from(text), type, &reg, &fault) != SK_OK)
        fail_msg("%u: %s", fault.character, fault.text);
    return reg;
}

static void test_add__shares_common_parts_and_folds_constants(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_program *program = sk_program_new(words);
    int first = add(program, "decay(distance_m, 1500) * 2", SK_T_NUMBER);
    size_t size = sk_program_size(program);

    (void)state;
    assert_int_equal(add(program, "decay(distance_m, 3 * 500) * (1 + 1)", SK_T_NUMBER), first);
    /* New are only the constants 3, 500 and 1. */
    assert_int_equal(sk_program_size(program), size + 3);
    sk_program_free(program);
    sk_intern_free(words);
}

static void test_add__attributes_compared_deeply_stay_small(void **state)
{
    sk_intern *words = sk_intern_new();
    sk_program *program = sk_program_new(words);
    sk_buf text = {0};

    (void)state;
    for (int i = 0; i < 30; i++)
        sk_buf_text(&text, "if(");
    sk_buf_text(&text, "attr(need,'a')==attr(offer,'a')");
    for (int i = 0; i < 30; i++)
        sk_buf_text(&text, ",attr(need,'b'),attr(offer,'c'))==attr(need,'d')");
    assert_int_equal(
        sk_program_add(program, sk_buf_view(&text), SK_T_BOOL, &(int){0}, &(sk_expr_fault){0}),
        SK_OK);
    assert_true(sk_program_size(program) < 1000);
    sk_buf_done(&text);
    sk_program_free(program);
    sk_intern_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__agrees_with_a_tree_walker_and_its_intervals),
        cmocka_unit_test(test_add__shares_common_parts_and_folds_constants),
        cmocka_unit_test(test_add__attributes_compared_deeply_stay_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
