/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/program.h"

#include <stdio.h>

/* Tree -> program.
 *
 * A program is a list of instructions without jumps; the number of an instruction is the register
 * that it writes, so every register is written once and a part that occurs twice is found by
 * comparing instructions. All expressions of one purpose (hard rules, terms) share one program and
 * so share their common parts.
 *
 *     decay(distance_m, 1500)      0: field distance_m
 *                                  1: const 1500
 *                                  2: add 1 0
 *                                  3: div 1 2
 *
 * Operations on constants alone are computed here, with the very function that the evaluator uses,
 * so that folding changes no answer. An operation is never reordered or simplified. Operands are
 * lowered from left to right, so that every compiler numbers the registers alike.
 *
 * The type of an attribute that is not declared is known only when it runs. Where the surroundings
 * ask for one type, the instruction reads that type and gives missing for the others. Where two
 * attributes are compared there are three readings, of which at most one is there: SK_OP_FIRST
 * takes it. Each node remembers the register of each reading, so that this never multiplies. */

typedef struct builder {
    sk_program *program;
    sk_expr_fault *fault;
} builder;

static int lower(builder *b, sk_node *node, sk_expr_type want);

sk_program *sk_program_new(sk_intern *words)
{
    sk_program *program = sk_calloc(1, sizeof *program);

    if (program)
        program->words = words;
    return program;
}

void sk_program_free(sk_program *program)
{
    if (!program)
        return;
    sk_free(program->columns);
    sk_free(program->sets);
    sk_free(program->scratch);
    sk_free(program->intervals);
    sk_free(program->code);
    sk_free(program);
}

void sk_program_declare(sk_program *program, sk_declared declared)
{
    program->declared = declared;
}

size_t sk_program_size(const sk_program *program)
{
    return program->count;
}

/* ---- Emitting ---- */

static int fail(builder *b, sk_status status, const char *text)
{
    b->fault->status = status;
    b->fault->line = b->fault->character = 1;
    snprintf(b->fault->text, sizeof b->fault->text, "%s", text);
    return -1;
}

/* Constants are shared by their bits: -0.0 is not 0.0, and nil (a NaN) is itself. */
static uint64_t bits_of(double number)
{
    uint64_t bits = 0;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static bool same(const sk_instr *x, const sk_instr *y)
{
    return x->op == y->op && x->type == y->type && x->side == y->side && x->field == y->field &&
           x->a == y->a && x->b == y->b && x->c == y->c && x->word == y->word &&
           bits_of(x->number) == bits_of(y->number);
}

static bool builds_set(const sk_instr *instr)
{
    return instr->op == SK_OP_INTERSECT ||
           (instr->op == SK_OP_SET_FIELD && instr->field == SK_F_PROVIDES);
}

static int emit(builder *b, sk_instr instr)
{
    sk_program *p = b->program;

    for (size_t i = 0; i < p->count; i++) {
        if (same(&p->code[i], &instr))
            return (int)i;
    }
    if (p->count == SK_PROGRAM_MAX_OPS)
        return fail(b, SK_ELIMIT, "the rule set's expressions are too large together");
    if (!sk_grow((void **)&p->code, &p->capacity, p->count + 1, sizeof *p->code))
        return fail(b, SK_ENOMEM, "out of memory");
    if (sk_op_gives_set((sk_op)instr.op))
        instr.set = p->set_count++;
    if (builds_set(&instr)) {
        if (p->scratch_count == SK_PROGRAM_MAX_SCRATCH)
            return fail(b, SK_ELIMIT, "the rule set intersects too many sets");
        instr.scratch = p->scratch_count++;
    }
    p->code[p->count] = instr;
    return (int)p->count++;
}

static int emit_const(builder *b, sk_expr_type type, double number)
{
    return emit(b, (sk_instr){.op = SK_OP_CONST, .type = (uint8_t)type, .number = number});
}

static int emit_op(builder *b, sk_op op, sk_expr_type type, int x, int y, int z)
{
    const sk_instr *code = b->program->code;
    unsigned arity = sk_op_arity(op);
    sk_instr instr = {.op = (uint8_t)op, .type = (uint8_t)type};

    if (x < 0 || (arity > 1 && y < 0) || (arity > 2 && z < 0))
        return -1;
    instr.a = (uint16_t)x;
    instr.b = arity > 1 ? (uint16_t)y : 0;
    instr.c = arity > 2 ? (uint16_t)z : 0;
    if (sk_op_is_scalar(op) && code[x].op == SK_OP_CONST &&
        (arity < 2 || code[y].op == SK_OP_CONST) && (arity < 3 || code[z].op == SK_OP_CONST))
        return emit_const(b, type,
                          sk_apply(op, code[x].number, arity > 1 ? code[y].number : 0,
                                   arity > 2 ? code[z].number : 0));
    return emit(b, instr);
}

/* ---- Trees ---- */

static int lower_const(builder *b, const sk_node *node)
{
    uint32_t word;

    if (node->type != SK_T_STRING)
        return emit_const(b, node->type, node->number);
    word = sk_intern_add(b->program->words, node->text);
    if (!word)
        return fail(b, SK_ENOMEM, "out of memory");
    return emit_const(b, SK_T_STRING, word);
}

static int lower_attr(builder *b, const sk_node *node, sk_expr_type want)
{
    uint32_t word = sk_intern_add(b->program->words, node->text);

    if (!word)
        return fail(b, SK_ENOMEM, "out of memory");
    return emit(
        b, (sk_instr){
               .op = SK_OP_ATTR, .type = (uint8_t)want, .side = (uint8_t)node->side, .word = word});
}

static int lower_equal(builder *b, sk_node *x, sk_node *y)
{
    sk_expr_type type = x->type == SK_T_ANY ? y->type : x->type;
    int reading[3], left;

    if (type != SK_T_ANY) {
        left = lower(b, x, type);
        return emit_op(b, type == SK_T_SET ? SK_OP_SET_EQ : SK_OP_EQ, SK_T_BOOL, left,
                       lower(b, y, type), 0);
    }
    for (int i = 0; i < 3; i++) {
        sk_expr_type as = (sk_expr_type[]){SK_T_NUMBER, SK_T_STRING, SK_T_BOOL}[i];

        left = lower(b, x, as);
        reading[i] = emit_op(b, SK_OP_EQ, SK_T_BOOL, left, lower(b, y, as), 0);
    }
    return emit_op(b, SK_OP_FIRST, SK_T_BOOL, reading[0], reading[1], reading[2]);
}

/** min and max of many: from the left. */
static int lower_fold(builder *b, sk_node *node)
{
    int reg = lower(b, node->args[0], SK_T_NUMBER);

    for (uint32_t i = 1; i < node->argc; i++)
        reg = emit_op(b, node->op, SK_T_NUMBER, reg, lower(b, node->args[i], SK_T_NUMBER), 0);
    return reg;
}

static int lower_unit_clamp(builder *b, int x)
{
    int zero = emit_const(b, SK_T_NUMBER, 0);

    return emit_op(b, SK_OP_CLAMP, SK_T_NUMBER, x, zero, emit_const(b, SK_T_NUMBER, 1));
}

static int lower_numeric_call(builder *b, sk_node *node)
{
    int x = lower(b, node->args[0], SK_T_NUMBER);
    int y = node->argc > 1 ? lower(b, node->args[1], SK_T_NUMBER) : 0;
    int z = node->argc > 2 ? lower(b, node->args[2], SK_T_NUMBER) : 0;

    switch (node->op) {
    case SK_OP_DECAY:
        return emit_op(b, SK_OP_DIV, SK_T_NUMBER, y, emit_op(b, SK_OP_ADD, SK_T_NUMBER, y, x, 0),
                       0);
    case SK_OP_RAMP:
        x = emit_op(b, SK_OP_SUB, SK_T_NUMBER, x, y, 0);
        z = emit_op(b, SK_OP_SUB, SK_T_NUMBER, z, y, 0);
        return lower_unit_clamp(b, emit_op(b, SK_OP_DIV, SK_T_NUMBER, x, z, 0));
    case SK_OP_CLAMP:
        if (node->argc == 1)
            return lower_unit_clamp(b, x);
        break;
    default:
        break;
    }
    return emit_op(b, node->op, SK_T_NUMBER, x, y, z);
}

static int lower_if(builder *b, sk_node *node, sk_expr_type want)
{
    int condition = lower(b, node->args[0], SK_T_BOOL), yes = lower(b, node->args[1], want);

    return emit_op(b, want == SK_T_SET ? SK_OP_SET_IF : SK_OP_IF, want, condition, yes,
                   lower(b, node->args[2], want));
}

static int lower_two(builder *b, sk_node *node, sk_op op, sk_expr_type x, sk_expr_type y)
{
    int left = lower(b, node->args[0], x);

    return emit_op(b, op, node->type, left, lower(b, node->args[1], y), 0);
}

/** a > b is b < a. */
static int lower_swapped(builder *b, sk_node *node, sk_op op)
{
    int x = lower(b, node->args[0], SK_T_NUMBER), y = lower(b, node->args[1], SK_T_NUMBER);

    return emit_op(b, op, SK_T_BOOL, y, x, 0);
}

static int lower_new(builder *b, sk_node *node, sk_expr_type want)
{
    switch (node->op) {
    case SK_OP_CONST:
        return lower_const(b, node);
    case SK_OP_FIELD:
    case SK_OP_SET_FIELD:
        return emit(b, (sk_instr){.op = (uint8_t)node->op,
                                  .type = (uint8_t)node->type,
                                  .side = (uint8_t)node->side,
                                  .field = (uint8_t)node->field});
    case SK_OP_ATTR:
        return lower_attr(b, node, want);
    case SK_OP_IF:
        return lower_if(b, node, want);
    case SK_OP_MIN:
    case SK_OP_MAX:
        return lower_fold(b, node);
    case SK_OP_AND:
    case SK_OP_OR:
        return lower_two(b, node, node->op, SK_T_BOOL, SK_T_BOOL);
    case SK_OP_NOT:
        return emit_op(b, SK_OP_NOT, SK_T_BOOL, lower(b, node->args[0], SK_T_BOOL), 0, 0);
    case SK_OP_EQ:
        return lower_equal(b, node->args[0], node->args[1]);
    case SK_OP_NE:
        return emit_op(b, SK_OP_NOT, SK_T_BOOL, lower_equal(b, node->args[0], node->args[1]), 0, 0);
    case SK_OP_GT:
        return lower_swapped(b, node, SK_OP_LT);
    case SK_OP_GE:
        return lower_swapped(b, node, SK_OP_LE);
    case SK_OP_LT:
    case SK_OP_LE:
        return lower_two(b, node, node->op, SK_T_NUMBER, SK_T_NUMBER);
    case SK_OP_COUNT:
        return emit_op(b, SK_OP_COUNT, SK_T_NUMBER, lower(b, node->args[0], SK_T_SET), 0, 0);
    case SK_OP_HAS:
    case SK_OP_UNDER:
        return lower_two(b, node, node->op, SK_T_SET, SK_T_STRING);
    case SK_OP_JACCARD:
    case SK_OP_SUBSET:
    case SK_OP_INTERSECT:
        return lower_two(b, node, node->op, SK_T_SET, SK_T_SET);
    default:
        return lower_numeric_call(b, node);
    }
}

static int lower(builder *b, sk_node *node, sk_expr_type want)
{
    if (node->reg[want] < 0)
        node->reg[want] = lower_new(b, node, want);
    return node->reg[want];
}

/* ---- Face ---- */

static void check_root(sk_str text, const sk_node *node, sk_expr_type want, sk_expr_fault *fault)
{
    if (node->type == want || node->type == SK_T_ANY)
        return;
    fault->status = SK_EINVAL;
    sk_expr_fault_at(fault, text, node->at);
    snprintf(fault->text, sizeof fault->text, "%s is needed, but this is %s%s",
             sk_expr_type_name(want), sk_expr_type_name(node->type),
             want == SK_T_NUMBER && node->type == SK_T_BOOL ? "; write if(..., 1, 0)" : "");
}

sk_status sk_program_add(sk_program *program, sk_str text, sk_expr_type want, int *out_reg,
                         sk_expr_fault *fault)
{
    builder b = {.program = program, .fault = fault};
    sk_arena *arena = sk_arena_new(0);
    sk_node *node = NULL;
    int reg;

    *fault = (sk_expr_fault){.status = SK_OK};
    if (!arena) {
        fail(&b, SK_ENOMEM, "out of memory");
        return fault->status;
    }
    if (sk_expr_parse(text, program->declared, arena, &node, fault) != SK_OK)
        goto out;
    check_root(text, node, want, fault);
    if (fault->status != SK_OK)
        goto out;
    reg = lower(&b, node, want);
    if (reg >= 0)
        *out_reg = reg;
out:
    sk_arena_free(arena);
    return fault->status;
}
