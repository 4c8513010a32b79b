/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/program.h"

#include <math.h>

/* The same program over intervals: what can each register be for any pair of a block?
 *
 * One side of the pair (the query) is known, so its fields are points; of the other side and of
 * the pair only ranges are known. Every register gets the range of its values that are there, and
 * whether it may be missing; each rule below is conservative. Rounding to nearest is monotone, so
 * the ends of a range computed with the same operations enclose every rounded result inside it. An
 * end that is not finite means that some result may be, and so may be missing. Booleans are 0 and
 * 1; texts are ranges of word numbers, of use only when they are one point. */

/* Not the C library's fmin and fmax, which are calls: no end of a range is ever NAN here. */
static double least(double a, double b)
{
    return b < a ? b : a;
}

static double most(double a, double b)
{
    return b > a ? b : a;
}

static const sk_interval anything = {.lo = -INFINITY, .hi = INFINITY, .may_miss = true};

static sk_interval nothing(void)
{
    return (sk_interval){.lo = INFINITY, .hi = -INFINITY, .may_miss = true};
}

static sk_interval point(double value)
{
    return isnan(value) ? nothing() : (sk_interval){.lo = value, .hi = value};
}

static sk_interval range(double lo, double hi, bool may_miss)
{
    return (sk_interval){.lo = lo, .hi = hi, .may_miss = may_miss};
}

static bool empty(sk_interval x)
{
    return !(x.lo <= x.hi);
}

static bool is_point(sk_interval x)
{
    return x.lo == x.hi && !x.may_miss;
}

/** Repair ends that are no numbers, and note that a result that is not finite is missing. */
static sk_interval settle(sk_interval x)
{
    if (isnan(x.lo) || isnan(x.hi))
        return anything;
    if (isinf(x.lo) || isinf(x.hi))
        x.may_miss = true;
    return x;
}

static sk_interval join(sk_interval x, sk_interval y)
{
    return range(least(x.lo, y.lo), most(x.hi, y.hi), x.may_miss || y.may_miss);
}

/* ---- Arithmetic ---- */

/** The extremes of a monotone operation lie in the corners. */
static sk_interval corners(double a, double b, double c, double d)
{
    if (isnan(a) || isnan(b) || isnan(c) || isnan(d))
        return anything;
    return range(least(least(a, b), least(c, d)), most(most(a, b), most(c, d)), false);
}

static sk_interval bound_div(sk_interval x, sk_interval y)
{
    if (y.lo <= 0.0 && y.hi >= 0.0)
        return y.lo == 0.0 && y.hi == 0.0 ? nothing() : anything;
    return corners(x.lo / y.lo, x.lo / y.hi, x.hi / y.lo, x.hi / y.hi);
}

static sk_interval bound_abs(sk_interval x)
{
    if (x.lo >= 0.0)
        return x;
    if (x.hi <= 0.0)
        return range(-x.hi, -x.lo, x.may_miss);
    return range(0.0, most(-x.lo, x.hi), x.may_miss);
}

static sk_interval truth(bool may_be_true, bool may_be_false)
{
    return range(may_be_false ? 0.0 : 1.0, may_be_true ? 1.0 : 0.0, false);
}

static sk_interval bound_clamp(sk_interval x, sk_interval lo, sk_interval hi)
{
    /* With lo <= hi throughout it is monotone in all three. Otherwise it is still one of them. */
    if (lo.hi <= hi.lo)
        return range(least(most(x.lo, lo.lo), hi.lo), least(most(x.hi, lo.hi), hi.hi), false);
    return range(least(x.lo, least(lo.lo, hi.lo)), most(x.hi, most(lo.hi, hi.hi)), false);
}

/** Operands that are all there. */
static sk_interval bound_present(sk_op op, sk_interval x, sk_interval y, sk_interval z)
{
    switch (op) {
    case SK_OP_ADD:
        return range(x.lo + y.lo, x.hi + y.hi, false);
    case SK_OP_SUB:
        return range(x.lo - y.hi, x.hi - y.lo, false);
    case SK_OP_MUL:
        return corners(x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi);
    case SK_OP_DIV:
        return bound_div(x, y);
    case SK_OP_NEG:
        return range(-x.hi, -x.lo, false);
    case SK_OP_ABS:
        return bound_abs(x);
    case SK_OP_MIN:
        return range(least(x.lo, y.lo), least(x.hi, y.hi), false);
    case SK_OP_MAX:
        return range(most(x.lo, y.lo), most(x.hi, y.hi), false);
    case SK_OP_CLAMP:
        return bound_clamp(x, y, z);
    case SK_OP_LT:
        return truth(x.lo < y.hi, x.hi >= y.lo);
    case SK_OP_LE:
        return truth(x.lo <= y.hi, x.hi > y.lo);
    case SK_OP_EQ:
        return truth(x.lo <= y.hi && y.lo <= x.hi, !(x.lo == x.hi && y.lo == y.hi && x.lo == y.lo));
    case SK_OP_AND:
        return range(x.lo * y.lo, x.hi * y.hi, false);
    case SK_OP_OR:
        return range(most(x.lo, y.lo), most(x.hi, y.hi), false);
    default: /* SK_OP_NOT */
        return range(1.0 - x.hi, 1.0 - x.lo, false);
    }
}

static sk_interval bound_if(sk_interval c, sk_interval x, sk_interval y)
{
    sk_interval result = nothing();

    if (empty(c))
        return result;
    result.may_miss = c.may_miss;
    if (c.hi > 0.0)
        result = join(result, x);
    if (c.lo <= 0.0)
        result = join(result, y);
    return result;
}

static sk_interval bound_first(sk_interval x, sk_interval y, sk_interval z)
{
    sk_interval result = join(join(x, y), z);

    result.may_miss = x.may_miss && y.may_miss && z.may_miss;
    return result;
}

static sk_interval bound_scalar(sk_op op, sk_interval x, sk_interval y, sk_interval z)
{
    unsigned arity = sk_op_arity(op);
    sk_interval result;

    if (op == SK_OP_IF)
        return bound_if(x, y, z);
    if (op == SK_OP_FIRST)
        return bound_first(x, y, z);
    if (empty(x) || (arity > 1 && empty(y)) || (arity > 2 && empty(z)))
        return nothing();
    result = settle(bound_present(op, x, y, z));
    result.may_miss |= x.may_miss || (arity > 1 && y.may_miss) || (arity > 2 && z.may_miss);
    return result;
}

/* ---- Leaves ---- */

/** What the field can be at all; texts are word numbers, of which nothing is known. */
static sk_interval bound_any(sk_field_id id)
{
    const sk_field *field = &sk_fields[id];

    return field->type == SK_T_STRING ? range(0.0, UINT32_MAX, field->may_miss)
                                      : range(field->least, field->most, field->may_miss);
}

static bool is_known(const sk_instr *instr, const sk_bounds *bounds)
{
    return bounds->query && (sk_side)instr->side == bounds->query_side;
}

static sk_interval bound_counterpart(sk_field_id id, int64_t now_ms, const sk_bounds *bounds)
{
    if (!bounds->query && id != SK_F_AGE)
        return bound_any(id);
    switch (id) {
    case SK_F_REACH:
    case SK_F_WITHIN:
    case SK_F_LOAD:
    case SK_F_OPEN:
        return range(0.0, UINT32_MAX, false);
    case SK_F_REMOTE:
        return range(0.0, 1.0, false);
    case SK_F_DURATION:
    case SK_F_CAPACITY:
        return range(0.0, UINT16_MAX, false);
    case SK_F_URGENCY:
        return range(0.0, UINT8_MAX, false);
    case SK_F_ROOM:
        return range(-4294967296.0, 4294967296.0, false);
    case SK_F_AGE:
        return range(sk_days_between(now_ms, bounds->created_hi_ms),
                     sk_days_between(now_ms, bounds->created_lo_ms), false);
    case SK_F_ASKED:
        return range(-1.1e11, 1.1e11, true);
    default:
        return range(0.0, UINT32_MAX, true);
    }
}

static sk_interval bound_field(const sk_instr *instr, int64_t now_ms, const sk_bounds *bounds,
                               const sk_pair *known)
{
    switch (instr->field) {
    case SK_F_DISTANCE:
        return range(bounds->distance_lo_m, bounds->distance_hi_m, bounds->distance_may_miss);
    case SK_F_OVERLAP:
    case SK_F_LONGEST:
        return range(0.0, bounds->overlap_hi_min, false);
    case SK_F_CLOSENESS:
        return range(bounds->closeness_lo, bounds->closeness_hi, false);
    default:
        break;
    }
    if (!is_known(instr, bounds))
        return bound_counterpart((sk_field_id)instr->field, now_ms, bounds);
    return point(sk_field_value((sk_field_id)instr->field, (sk_side)instr->side, known, now_ms));
}

static sk_interval bound_attr(const sk_instr *instr, const sk_bounds *bounds, const sk_pair *known)
{
    const sk_attr_facts *attr;

    if (!is_known(instr, bounds))
        return instr->type == SK_T_BOOL ? range(0.0, 1.0, true) : anything;
    attr = sk_facts_attr(instr->side == SK_DEMAND ? known->need : known->offer, instr->word);
    if (!attr)
        return nothing();
    return attr->type == sk_attr_type_of((sk_expr_type)instr->type) ? point(sk_finite(attr->value))
                                                                    : nothing();
}

/* ---- Sets ---- */

static sk_interval unknown_set(bool may_miss)
{
    return range(0.0, 1.0, may_miss);
}

static sk_interval known_set(const uint32_t *ids, uint32_t count)
{
    sk_interval result = point(1.0);

    result.set_known = true;
    result.set = (sk_set_view){ids, count};
    return result;
}

static sk_interval bound_set(sk_program *p, const sk_instr *instr, int64_t now_ms,
                             const sk_bounds *bounds, const sk_pair *known)
{
    const sk_interval *a = &p->intervals[instr->a], *b = &p->intervals[instr->b];
    uint32_t *scratch = p->scratch + (size_t)instr->scratch * SK_LANES * SK_SET_MAX;

    if (instr->op == SK_OP_SET_FIELD) {
        sk_ids ids;

        if (!is_known(instr, bounds))
            return unknown_set(false);
        ids = sk_field_set((sk_field_id)instr->field, (sk_side)instr->side, known, now_ms, scratch);
        return known_set(ids.ids, ids.count);
    }
    if (instr->op == SK_OP_SET_IF)
        return is_point(*a) ? p->intervals[a->lo != 0.0 ? instr->b : instr->c] : unknown_set(true);
    return unknown_set(a->may_miss || b->may_miss);
}

static sk_interval bound_over_sets(const sk_program *p, const sk_instr *instr)
{
    const sk_interval *a = &p->intervals[instr->a], *b = &p->intervals[instr->b];
    bool has_word = instr->op == SK_OP_HAS || instr->op == SK_OP_UNDER;
    bool two = instr->op != SK_OP_COUNT;
    bool may_miss = a->may_miss || (two && b->may_miss);

    if (a->set_known && (!two || (has_word ? is_point(*b) : b->set_known)))
        return point(
            sk_apply_set((sk_op)instr->op, a->set, b->set, has_word ? b->lo : 0.0, p->words));
    if (has_word && empty(*b))
        return nothing();
    if (instr->op == SK_OP_COUNT)
        return range(0.0, UINT32_MAX, may_miss);
    return range(0.0, 1.0, may_miss || instr->op == SK_OP_JACCARD);
}

/* ---- Face ---- */

void sk_program_bound(sk_program *program, int64_t now_ms, const sk_bounds *bounds, unsigned moved)
{
    /* Both sides point at the query, so that its fields can be read whichever side it is. */
    sk_pair known = {.need = bounds->query,
                     .offer = bounds->query,
                     .need_party = bounds->query_party,
                     .offer_party = bounds->query_party};

    for (size_t i = 0; i < program->count; i++) {
        const sk_instr *instr = &program->code[i];
        sk_interval *out = &program->intervals[i];
        sk_op op = (sk_op)instr->op;

        if (!((instr->moves | SK_MOVES_ALL) & moved))
            continue;
        if (op == SK_OP_CONST)
            *out = point(instr->number);
        else if (sk_op_is_scalar(op))
            *out = bound_scalar(op, program->intervals[instr->a], program->intervals[instr->b],
                                program->intervals[instr->c]);
        else if (op == SK_OP_FIELD)
            *out = bound_field(instr, now_ms, bounds, &known);
        else if (op == SK_OP_ATTR)
            *out = bound_attr(instr, bounds, &known);
        else if (sk_op_gives_set(op))
            *out = bound_set(program, instr, now_ms, bounds, &known);
        else
            *out = bound_over_sets(program, instr);
    }
}

const sk_interval *sk_program_interval(const sk_program *program, int reg)
{
    return &program->intervals[reg];
}
