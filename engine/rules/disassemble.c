/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/program.h"
#include "rules/ruleset.h"

#include <math.h>

/* The programs of a rule set as text, for the curious and for whoever doubts the compiler:
 *
 *     terms: 5 instructions
 *       r0   field     distance_m
 *       r1   const     1500
 *       r2   add       r1 r0
 *       r3   div       r1 r2              term 'nabij'
 *
 * Behind an instruction stands how often it is used when that is more than once, and whose result
 * it is. Constants that nothing uses were folded into others. */

static const char *const names[] = {
    [SK_OP_CONST] = "const",      [SK_OP_FIELD] = "field",
    [SK_OP_SET_FIELD] = "set",    [SK_OP_ATTR] = "attr",
    [SK_OP_ADD] = "add",          [SK_OP_SUB] = "sub",
    [SK_OP_MUL] = "mul",          [SK_OP_DIV] = "div",
    [SK_OP_NEG] = "neg",          [SK_OP_ABS] = "abs",
    [SK_OP_MIN] = "min",          [SK_OP_MAX] = "max",
    [SK_OP_CLAMP] = "clamp",      [SK_OP_LT] = "less",
    [SK_OP_LE] = "at-most",       [SK_OP_EQ] = "equal",
    [SK_OP_AND] = "and",          [SK_OP_OR] = "or",
    [SK_OP_NOT] = "not",          [SK_OP_IF] = "if",
    [SK_OP_FIRST] = "first",      [SK_OP_COUNT] = "count",
    [SK_OP_HAS] = "has",          [SK_OP_UNDER] = "under",
    [SK_OP_JACCARD] = "jaccard",  [SK_OP_SUBSET] = "subset",
    [SK_OP_SET_EQ] = "set-equal", [SK_OP_INTERSECT] = "intersect",
    [SK_OP_SET_IF] = "set-if",
};

/* ---- One instruction ---- */

/** A text of the author's, which may hold anything, on one line. */
static void print_text(const sk_program *p, uint32_t word, sk_buf *out)
{
    sk_str text = sk_intern_str(p->words, word);

    sk_buf_text(out, "'");
    for (size_t i = 0; i < text.size; i++)
        sk_buf_add(out,
                   (unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f ? "?" : text.data + i,
                   1);
    sk_buf_text(out, "'");
}

static void print_const(const sk_program *p, const sk_instr *instr, sk_buf *out)
{
    if (isnan(instr->number))
        sk_buf_text(out, "missing");
    else if (instr->type == SK_T_STRING)
        print_text(p, (uint32_t)instr->number, out);
    else if (instr->type == SK_T_BOOL)
        sk_buf_text(out, instr->number != 0.0 ? "true" : "false");
    else
        sk_buf_printf(out, "%.17g", instr->number);
}

static void print_attr(const sk_program *p, const sk_instr *instr, sk_buf *out)
{
    static const char *const kinds[] = {
        [SK_T_NUMBER] = "number", [SK_T_BOOL] = "boolean", [SK_T_STRING] = "string"};

    sk_buf_text(out, instr->side == SK_DEMAND ? "need " : "offer ");
    print_text(p, instr->word, out);
    sk_buf_printf(out, " %s", kinds[instr->type]);
}

static void print_operands(const sk_program *p, const sk_instr *instr, sk_buf *out)
{
    const sk_field *field = &sk_fields[instr->field];
    unsigned arity = sk_op_arity((sk_op)instr->op);

    if (instr->op == SK_OP_CONST)
        print_const(p, instr, out);
    else if (instr->op == SK_OP_ATTR)
        print_attr(p, instr, out);
    else if (instr->op == SK_OP_FIELD || instr->op == SK_OP_SET_FIELD)
        sk_buf_printf(out, "%s%s",
                      !field->of_side            ? ""
                      : instr->side == SK_DEMAND ? "need."
                                                 : "offer.",
                      field->name);
    else
        sk_buf_printf(out,
                      arity > 2   ? "r%u r%u r%u"
                      : arity > 1 ? "r%u r%u"
                                  : "r%u",
                      instr->a, instr->b, instr->c);
}

/* ---- A program ---- */

typedef struct listing {
    const sk_ruleset *rules;
    const sk_program *program;
    sk_buf *out;
    uint16_t uses[SK_PROGRAM_MAX_OPS]; /**< As an operand. */
} listing;

static void count_uses(listing *l)
{
    for (size_t i = 0; i < l->program->count; i++) {
        const sk_instr *instr = &l->program->code[i];
        unsigned arity = sk_op_arity((sk_op)instr->op);

        if (arity > 0)
            l->uses[instr->a]++;
        if (arity > 1)
            l->uses[instr->b]++;
        if (arity > 2)
            l->uses[instr->c]++;
    }
}

/** The rules of one kind whose result is `reg`; how many. */
static unsigned print_results(const listing *l, const sk_rule *rules, uint32_t count,
                              const char *kind, int reg)
{
    unsigned found = 0;

    for (uint32_t i = 0; i < count; i++) {
        const sk_rule *rule = &rules[i];
        bool here = rule->info.function ? l->program == l->rules->when_program
                                        : l->program != l->rules->when_program;

        if (here && rule->value_reg == reg) {
            sk_buf_printf(l->out, "  %s '%.*s'", kind, SK_STR_ARG(rule->info.name));
            found++;
        }
        if (here && rule->when_reg == reg) {
            sk_buf_printf(l->out, "  when of %s '%.*s'", kind, SK_STR_ARG(rule->info.name));
            found++;
        }
    }
    return found;
}

static void print_line(const listing *l, size_t i)
{
    const sk_instr *instr = &l->program->code[i];
    const sk_ruleset *rules = l->rules;
    size_t start = l->out->size;
    unsigned results = 0;

    sk_buf_printf(l->out, "  r%-4zu %-10s ", i, names[instr->op]);
    print_operands(l->program, instr, l->out);
    sk_buf_printf(l->out, "%*s", l->out->size - start < 44 ? (int)(44 - (l->out->size - start)) : 0,
                  "");
    if (l->uses[i] > 1)
        sk_buf_printf(l->out, "  used %u times", l->uses[i]);
    if (l->program != rules->term_program)
        results += print_results(l, rules->hards, rules->info.hard_count, "hard", (int)i);
    if (l->program != rules->hard_program)
        results += print_results(l, rules->terms, rules->info.term_count, "term", (int)i);
    if (l->uses[i] + results == 0)
        sk_buf_text(l->out, "  folded");
    while (l->out->size > start && l->out->data[l->out->size - 1] == ' ')
        l->out->size--;
    sk_buf_text(l->out, "\n");
}

static void print_program(const sk_ruleset *rules, const sk_program *program, const char *name,
                          sk_buf *out)
{
    listing l = {.rules = rules, .program = program, .out = out};

    if (program->count == 0)
        return;
    count_uses(&l);
    sk_buf_printf(out, "%s%s: %zu instruction%s\n", out->size > 0 ? "\n" : "", name, program->count,
                  program->count == 1 ? "" : "s");
    for (size_t i = 0; i < program->count && !out->failed; i++)
        print_line(&l, i);
}

static void print_functions(const sk_rule *rules, uint32_t count, const char *kind, sk_buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i].info.function)
            sk_buf_printf(out, "\n%s '%.*s' is a function in Lua: %s\n", kind,
                          SK_STR_ARG(rules[i].info.name), rules[i].place);
    }
}

/* ---- Face ---- */

sk_status sk_ruleset_disassemble(const sk_ruleset *rules, sk_buf *out, sk_error *err)
{
    print_program(rules, rules->hard_program, "hard rules", out);
    print_program(rules, rules->term_program, "terms", out);
    print_program(rules, rules->when_program, "when of functions", out);
    print_functions(rules->hards, rules->info.hard_count, "hard", out);
    print_functions(rules->terms, rules->info.term_count, "term", out);
    return out->failed ? sk_fail(err, SK_ENOMEM, "out of memory") : SK_OK;
}
