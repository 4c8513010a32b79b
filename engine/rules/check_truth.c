/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/check.h"
#include "rules/program.h"

#include <math.h>

/* Can a condition hold at all?
 *
 * Intervals know each part by itself: `need.urgency > 3` has the interval [0, 0]. They do not know
 * that two parts speak of the same thing. So of a conjunction the parts are looked at together:
 *
 *     need.urgency >= 2 and need.urgency < 2       no number lies in both
 *     need.remote and not need.remote              a part and its opposite
 *     need.kind == 'NEED' and need.kind == 'X'     one text cannot be two
 *
 * Equal parts have equal registers, since a program computes nothing twice. */

#define PARTS_MAX 64

typedef struct parts {
    uint16_t reg[PARTS_MAX];
    size_t count;
} parts;

static void collect(const sk_program *program, uint16_t reg, parts *out)
{
    const sk_instr *instr = &program->code[reg];

    if (instr->op == SK_OP_AND) {
        collect(program, instr->a, out);
        collect(program, instr->b, out);
    } else if (out->count < PARTS_MAX) {
        out->reg[out->count++] = reg;
    }
}

/** The part says that register `*out_of` lies in the range; false when it says no such thing. */
static bool range_of(const sk_program *program, uint16_t reg, uint16_t *out_of, sk_interval *out)
{
    const sk_instr *instr = &program->code[reg], *a, *b;

    *out = (sk_interval){.lo = -INFINITY, .hi = INFINITY};
    if (instr->op != SK_OP_LT && instr->op != SK_OP_LE && instr->op != SK_OP_EQ)
        return false;
    a = &program->code[instr->a];
    b = &program->code[instr->b];
    if ((a->op == SK_OP_CONST) == (b->op == SK_OP_CONST))
        return false;
    *out_of = a->op == SK_OP_CONST ? instr->b : instr->a;
    if (instr->op == SK_OP_EQ)
        out->lo = out->hi = a->op == SK_OP_CONST ? a->number : b->number;
    else if (b->op == SK_OP_CONST)
        out->hi = instr->op == SK_OP_LE ? b->number : nextafter(b->number, -INFINITY);
    else
        out->lo = instr->op == SK_OP_LE ? a->number : nextafter(a->number, INFINITY);
    return true;
}

static bool exclude(const sk_program *program, uint16_t x, uint16_t y)
{
    const sk_instr *a = &program->code[x], *b = &program->code[y];
    uint16_t of_x = 0, of_y = 0;
    sk_interval in_x, in_y;

    if ((a->op == SK_OP_NOT && a->a == y) || (b->op == SK_OP_NOT && b->a == x))
        return true;
    return range_of(program, x, &of_x, &in_x) && range_of(program, y, &of_y, &in_y) &&
           of_x == of_y && fmax(in_x.lo, in_y.lo) > fmin(in_x.hi, in_y.hi);
}

sk_truth sk_check_truth(const sk_program *program, int reg)
{
    const sk_interval *value = sk_program_interval(program, reg);
    parts all = {.count = 0};

    if (!(value->lo <= value->hi) || value->hi < 1.0)
        return SK_TRUTH_NEVER;
    if (value->lo >= 1.0 && !value->may_miss)
        return SK_TRUTH_ALWAYS;
    collect(program, (uint16_t)reg, &all);
    for (size_t i = 0; i < all.count; i++) {
        for (size_t k = i + 1; k < all.count; k++) {
            if (exclude(program, all.reg[i], all.reg[k]))
                return SK_TRUTH_NEVER;
        }
    }
    return SK_TRUTH_OPEN;
}

/* ---- Walking ---- */

static void mark(const sk_program *program, uint16_t reg, bool *seen)
{
    const sk_instr *instr = &program->code[reg];
    unsigned arity = sk_op_arity((sk_op)instr->op);

    if (seen[reg])
        return;
    seen[reg] = true;
    if (arity > 0)
        mark(program, instr->a, seen);
    if (arity > 1)
        mark(program, instr->b, seen);
    if (arity > 2)
        mark(program, instr->c, seen);
}

void sk_program_walk(const sk_program *program, int reg, sk_instr_visit visit, void *context)
{
    bool seen[SK_PROGRAM_MAX_OPS] = {false};

    mark(program, (uint16_t)reg, seen);
    for (int i = 0; i <= reg; i++) {
        if (seen[i])
            visit(context, program, &program->code[i]);
    }
}
