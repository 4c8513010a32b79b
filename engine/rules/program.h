/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The inside of a program, shared by the compiler, the evaluator and the interval evaluator. */

#include "rules/expr.h"

struct sk_program {
    sk_intern *words;
    sk_declared declared;
    sk_instr *code;
    size_t count, capacity;
    uint16_t set_count, scratch_count;
    bool sealed;
    double *columns;        /**< count x SK_LANES */
    sk_set_view *sets;      /**< set_count x SK_LANES */
    uint32_t *scratch;      /**< scratch_count x SK_LANES x SK_SET_MAX */
    sk_interval *intervals; /**< count */
};

/* ---- What each operation computes ----
 *
 * Missing is NAN, so that it passes through arithmetic by itself. An operation whose result is not
 * finite gives NAN too: r + r * 0 leaves a finite r as it is and turns an infinity into NAN. For
 * operations that select rather than compute, adding 0 * operand brings in what is missing. */

static inline double sk_finite(double r)
{
    return r + r * 0.0;
}
static inline double sk_apply_add(double a, double b)
{
    return sk_finite(a + b);
}
static inline double sk_apply_sub(double a, double b)
{
    return sk_finite(a - b);
}
static inline double sk_apply_mul(double a, double b)
{
    return sk_finite(a * b);
}
static inline double sk_apply_div(double a, double b)
{
    return sk_finite(a / b);
}
static inline double sk_apply_min(double a, double b)
{
    return (b < a ? b : a) + (a * 0.0 + b * 0.0);
}
static inline double sk_apply_max(double a, double b)
{
    return (b > a ? b : a) + (a * 0.0 + b * 0.0);
}
static inline double sk_apply_clamp(double x, double lo, double hi)
{
    return (x < lo ? lo : x > hi ? hi : x) + (x * 0.0 + lo * 0.0 + hi * 0.0);
}
static inline double sk_apply_lt(double a, double b)
{
    return (a < b ? 1.0 : 0.0) + (a * 0.0 + b * 0.0);
}
static inline double sk_apply_le(double a, double b)
{
    return (a <= b ? 1.0 : 0.0) + (a * 0.0 + b * 0.0);
}
static inline double sk_apply_eq(double a, double b)
{
    return (a == b ? 1.0 : 0.0) + (a * 0.0 + b * 0.0);
}
static inline double sk_apply_and(double a, double b)
{
    return a * b;
}
static inline double sk_apply_or(double a, double b)
{
    return a + b - a * b;
}
static inline double sk_apply_not(double a)
{
    return 1.0 - a;
}
static inline double sk_apply_if(double c, double a, double b)
{
    return (c != 0.0 ? a : b) + c * 0.0;
}
static inline double sk_apply_first(double a, double b, double c)
{
    return a == a ? a : b == b ? b : c;
}

/** SK_OP_ADD .. SK_OP_FIRST for one lane: constant folding. */
double sk_apply(sk_op op, double a, double b, double c);

/** SK_OP_COUNT .. SK_OP_SET_EQ for one lane; `word` is the second operand of has and under. */
double sk_apply_set(sk_op op, sk_set_view a, sk_set_view b, double word, const sk_intern *words);

/** What a listing's attribute must be to be read as this type. */
static inline sk_attr_type sk_attr_type_of(sk_expr_type type)
{
    return type == SK_T_NUMBER   ? SK_ATTR_NUMBER
           : type == SK_T_STRING ? SK_ATTR_STRING
                                 : SK_ATTR_BOOL;
}

static inline unsigned sk_op_arity(sk_op op)
{
    switch (op) {
    case SK_OP_CONST:
    case SK_OP_FIELD:
    case SK_OP_SET_FIELD:
    case SK_OP_ATTR:
        return 0;
    case SK_OP_NEG:
    case SK_OP_ABS:
    case SK_OP_NOT:
    case SK_OP_COUNT:
        return 1;
    case SK_OP_CLAMP:
    case SK_OP_IF:
    case SK_OP_FIRST:
    case SK_OP_SET_IF:
        return 3;
    default:
        return 2;
    }
}
static inline bool sk_op_is_scalar(sk_op op)
{
    return op >= SK_OP_ADD && op <= SK_OP_FIRST;
}
static inline bool sk_op_gives_set(sk_op op)
{
    return op == SK_OP_SET_FIELD || op == SK_OP_INTERSECT || op == SK_OP_SET_IF;
}
