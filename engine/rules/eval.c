/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/program.h"

#include <math.h>

#include "rules/field_read.h"

/* Running a program over columns of pairs.
 *
 *              lane 0    1    2  ...  63
 *     r0     [ 120.0  NAN  4e3  ...     ]   field distance_m
 *     r1     [ 1500   1500 1500 ...     ]   const, written once when the program is sealed
 *     r2     [ 1620   NAN  5500 ...     ]   add r1 r0
 *
 * One instruction runs over all lanes before the next one starts; the loops have eight lanes at a
 * time so that the compiler knows their length and uses vectors. Lanes past `count` hold leftovers
 * that nobody reads. Set columns hold views into the facts, or into scratch memory of their own
 * when an instruction builds the set. Nothing is allocated here. */

#define STEP 8

/* ---- Making room ---- */

static void fill_constants(sk_program *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->code[i].op != SK_OP_CONST)
            continue;
        for (size_t lane = 0; lane < SK_LANES; lane++)
            p->columns[i * SK_LANES + lane] = p->code[i].number;
    }
}

static unsigned moves_of(const sk_program *p, const sk_instr *instr)
{
    unsigned arity = sk_op_arity((sk_op)instr->op), moves = 0;

    if (instr->op == SK_OP_FIELD)
        return instr->field == SK_F_DISTANCE    ? SK_MOVES_DISTANCE
               : instr->field == SK_F_CLOSENESS ? SK_MOVES_CLOSENESS
               : instr->field == SK_F_AGE       ? SK_MOVES_CREATED
                                                : 0;
    if (arity > 0)
        moves |= p->code[instr->a].moves;
    if (arity > 1)
        moves |= p->code[instr->b].moves;
    if (arity > 2)
        moves |= p->code[instr->c].moves;
    return moves;
}

sk_status sk_program_seal(sk_program *program, sk_error *err)
{
    size_t lanes = (size_t)SK_LANES, scratch = program->scratch_count * lanes * SK_SET_MAX;

    program->columns = sk_calloc(program->count * lanes, sizeof *program->columns);
    program->sets = sk_calloc(program->set_count * lanes, sizeof *program->sets);
    program->scratch = sk_calloc(scratch, sizeof *program->scratch);
    program->intervals = sk_calloc(program->count, sizeof *program->intervals);
    if (!program->columns || !program->sets || !program->scratch || !program->intervals)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    fill_constants(program);
    for (size_t i = 0; i < program->count; i++)
        program->code[i].moves = (uint8_t)moves_of(program, &program->code[i]);
    program->sealed = true;
    return SK_OK;
}

const double *sk_program_column(const sk_program *program, int reg)
{
    return program->columns + (size_t)reg * SK_LANES;
}

/* ---- One lane ---- */

double sk_apply(sk_op op, double a, double b, double c)
{
    switch (op) {
    case SK_OP_ADD:
        return sk_apply_add(a, b);
    case SK_OP_SUB:
        return sk_apply_sub(a, b);
    case SK_OP_MUL:
        return sk_apply_mul(a, b);
    case SK_OP_DIV:
        return sk_apply_div(a, b);
    case SK_OP_NEG:
        return -a;
    case SK_OP_ABS:
        return fabs(a);
    case SK_OP_MIN:
        return sk_apply_min(a, b);
    case SK_OP_MAX:
        return sk_apply_max(a, b);
    case SK_OP_CLAMP:
        return sk_apply_clamp(a, b, c);
    case SK_OP_LT:
        return sk_apply_lt(a, b);
    case SK_OP_LE:
        return sk_apply_le(a, b);
    case SK_OP_EQ:
        return sk_apply_eq(a, b);
    case SK_OP_AND:
        return sk_apply_and(a, b);
    case SK_OP_OR:
        return sk_apply_or(a, b);
    case SK_OP_NOT:
        return sk_apply_not(a);
    case SK_OP_IF:
        return sk_apply_if(a, b, c);
    case SK_OP_FIRST:
        return sk_apply_first(a, b, c);
    default:
        return NAN;
    }
}

static uint32_t common_count(sk_set_view a, sk_set_view b)
{
    uint32_t i = 0, j = 0, count = 0;

    while (i < a.count && j < b.count) {
        uint32_t x = a.ids[i], y = b.ids[j];

        count += x == y;
        i += x <= y;
        j += y <= x;
    }
    return count;
}

static bool contains(sk_set_view set, uint32_t word)
{
    for (uint32_t i = 0; i < set.count; i++) {
        if (set.ids[i] == word)
            return true;
    }
    return false;
}

static inline double apply_has(sk_set_view set, double word)
{
    if (set.count == SK_SET_MISSING || isnan(word))
        return NAN;
    return contains(set, (uint32_t)word);
}

bool sk_set_under(sk_ids codes, uint32_t top_word, const sk_intern *words)
{
    sk_str top = sk_intern_str(words, top_word);

    for (uint32_t i = 0; i < codes.count; i++) {
        sk_str code;

        if (codes.ids[i] == top_word)
            return true;
        code = sk_intern_str(words, codes.ids[i]);
        if (code.size > top.size && code.data[top.size] == '.' && sk_str_starts(code, top))
            return true;
    }
    return false;
}

double sk_apply_set(sk_op op, sk_set_view a, sk_set_view b, double word, const sk_intern *words)
{
    uint32_t common;

    if (a.count == SK_SET_MISSING)
        return NAN;
    switch (op) {
    case SK_OP_COUNT:
        return a.count;
    case SK_OP_HAS:
        return apply_has(a, word);
    case SK_OP_UNDER:
        return isnan(word) ? NAN : sk_set_under((sk_ids){a.ids, a.count}, (uint32_t)word, words);
    default:
        break;
    }
    if (b.count == SK_SET_MISSING)
        return NAN;
    common = common_count(a, b);
    switch (op) {
    case SK_OP_JACCARD:
        /* Two empty sets: 0 / 0, which is missing. */
        return sk_apply_div(common, (double)a.count + (double)b.count - common);
    case SK_OP_SUBSET:
        return common == a.count;
    default:
        return a.count == b.count && common == a.count;
    }
}

/* ---- Columns of numbers ---- */

#define LANES(result)                                                                              \
    for (size_t from = 0; from < count; from += STEP) {                                            \
        for (size_t i = from; i < from + STEP; i++)                                                \
            out[i] = (result);                                                                     \
    }                                                                                              \
    break

static void run_scalar(sk_op op, double *restrict out, const double *a, const double *b,
                       const double *c, size_t count)
{
    switch (op) {
    case SK_OP_ADD:
        LANES(sk_apply_add(a[i], b[i]));
    case SK_OP_SUB:
        LANES(sk_apply_sub(a[i], b[i]));
    case SK_OP_MUL:
        LANES(sk_apply_mul(a[i], b[i]));
    case SK_OP_DIV:
        LANES(sk_apply_div(a[i], b[i]));
    case SK_OP_MIN:
        LANES(sk_apply_min(a[i], b[i]));
    case SK_OP_MAX:
        LANES(sk_apply_max(a[i], b[i]));
    case SK_OP_CLAMP:
        LANES(sk_apply_clamp(a[i], b[i], c[i]));
    case SK_OP_LT:
        LANES(sk_apply_lt(a[i], b[i]));
    case SK_OP_LE:
        LANES(sk_apply_le(a[i], b[i]));
    case SK_OP_EQ:
        LANES(sk_apply_eq(a[i], b[i]));
    case SK_OP_AND:
        LANES(sk_apply_and(a[i], b[i]));
    case SK_OP_OR:
        LANES(sk_apply_or(a[i], b[i]));
    case SK_OP_NOT:
        LANES(sk_apply_not(a[i]));
    case SK_OP_IF:
        LANES(sk_apply_if(a[i], b[i], c[i]));
    default:
        LANES(sk_apply(op, a[i], b[i], c[i]));
    }
}

/* ---- Leaves ---- */

/* With the field constant the compiler keeps one case of sk_field_read's switch in each loop. */
#define COLUMN(id)                                                                                 \
    case id:                                                                                       \
        for (size_t i = 0; i < count; i++)                                                         \
            out[i] = sk_field_read(id, side, &pairs[i], now_ms);                                   \
        break

static void run_field(const sk_instr *instr, int64_t now_ms, const sk_pair *pairs, size_t count,
                      double *restrict out)
{
    sk_side side = (sk_side)instr->side;

    switch (instr->field) {
        COLUMN(SK_F_DISTANCE);
        COLUMN(SK_F_OVERLAP);
        COLUMN(SK_F_LONGEST);
        COLUMN(SK_F_CLOSENESS);
        COLUMN(SK_F_DURATION);
        COLUMN(SK_F_AGE);
        COLUMN(SK_F_LOAD);
        COLUMN(SK_F_URGENCY);
        COLUMN(SK_F_WIJK);
    default:
        for (size_t i = 0; i < count; i++)
            out[i] = sk_field_read((sk_field_id)instr->field, side, &pairs[i], now_ms);
        break;
    }
}

static void run_attr(const sk_instr *instr, const sk_pair *pairs, size_t count,
                     double *restrict out)
{
    sk_attr_type want = sk_attr_type_of((sk_expr_type)instr->type);
    sk_side side = (sk_side)instr->side;
    uint32_t name = instr->word;

    for (size_t i = 0; i < count; i++) {
        const sk_facts *facts = side == SK_DEMAND ? pairs[i].need : pairs[i].offer;
        const sk_attr_facts *attr = sk_facts_attr(facts, name);

        out[i] = attr && attr->type == want ? sk_finite(attr->value) : (double)NAN;
    }
}

/* ---- Columns of sets ---- */

static uint32_t intersect(sk_set_view a, sk_set_view b, uint32_t *out)
{
    uint32_t i = 0, j = 0, count = 0;

    while (i < a.count && j < b.count && count < SK_SET_MAX) {
        if (a.ids[i] < b.ids[j])
            i++;
        else if (a.ids[i] > b.ids[j])
            j++;
        else {
            out[count++] = a.ids[i++];
            j++;
        }
    }
    return count;
}

static sk_set_view *set_column(sk_program *p, unsigned reg)
{
    return p->sets + (size_t)p->code[reg].set * SK_LANES;
}

static uint32_t *scratch_of(sk_program *p, const sk_instr *instr, size_t lane)
{
    return p->scratch + ((size_t)instr->scratch * SK_LANES + lane) * SK_SET_MAX;
}

/* As COLUMN; only `provides` may build its set, and has scratch. */
#define SET_COLUMN(id)                                                                             \
    case id:                                                                                       \
        for (size_t i = 0; i < count; i++) {                                                       \
            sk_ids ids = sk_field_read_set(id, side, &pairs[i], now_ms,                            \
                                           id == SK_F_PROVIDES ? scratch_of(p, instr, i) : NULL);  \
                                                                                                   \
            out[i] = (sk_set_view){ids.ids, ids.count};                                            \
        }                                                                                          \
        break

static void run_set_field(sk_program *p, const sk_instr *instr, int64_t now_ms,
                          const sk_pair *pairs, size_t count)
{
    sk_set_view *restrict out = p->sets + (size_t)instr->set * SK_LANES;
    sk_side side = (sk_side)instr->side;

    switch (instr->field) {
        SET_COLUMN(SK_F_CATEGORIES);
        SET_COLUMN(SK_F_LANGUAGES);
        SET_COLUMN(SK_F_REQUIRES);
        SET_COLUMN(SK_F_PROVIDES);
    default:
        break;
    }
}

static void run_building_set(sk_program *p, const sk_instr *instr, size_t count)
{
    sk_set_view *out = p->sets + (size_t)instr->set * SK_LANES;

    for (size_t i = 0; i < count; i++) {
        if (instr->op == SK_OP_INTERSECT) {
            sk_set_view a = set_column(p, instr->a)[i], b = set_column(p, instr->b)[i];
            uint32_t *words = scratch_of(p, instr, i);

            if (a.count == SK_SET_MISSING || b.count == SK_SET_MISSING)
                out[i] = (sk_set_view){NULL, SK_SET_MISSING};
            else
                out[i] = (sk_set_view){words, intersect(a, b, words)};
        } else {
            double condition = p->columns[(size_t)instr->a * SK_LANES + i];

            out[i] = isnan(condition)   ? (sk_set_view){NULL, SK_SET_MISSING}
                     : condition != 0.0 ? set_column(p, instr->b)[i]
                                        : set_column(p, instr->c)[i];
        }
    }
}

static void run_over_sets(sk_program *p, const sk_instr *instr, size_t count, double *restrict out)
{
    bool has_word = instr->op == SK_OP_HAS || instr->op == SK_OP_UNDER;
    bool two_sets = !has_word && instr->op != SK_OP_COUNT;
    const sk_set_view *a = set_column(p, instr->a);
    const sk_set_view *b = two_sets ? set_column(p, instr->b) : a;
    const double *words = has_word ? sk_program_column(p, instr->b) : NULL;

    if (instr->op == SK_OP_HAS) {
        for (size_t i = 0; i < count; i++)
            out[i] = apply_has(a[i], words[i]);
        return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = sk_apply_set((sk_op)instr->op, a[i], b[i], has_word ? words[i] : 0.0, p->words);
}

/* ---- Face ---- */

void sk_program_run(sk_program *program, int64_t now_ms, const sk_pair *pairs, size_t count)
{
    for (size_t i = 0; i < program->count; i++) {
        const sk_instr *instr = &program->code[i];
        double *out = program->columns + i * SK_LANES;
        sk_op op = (sk_op)instr->op;

        if (op == SK_OP_CONST)
            continue;
        if (sk_op_is_scalar(op))
            run_scalar(op, out, sk_program_column(program, instr->a),
                       sk_program_column(program, instr->b), sk_program_column(program, instr->c),
                       count);
        else if (op == SK_OP_FIELD)
            run_field(instr, now_ms, pairs, count, out);
        else if (op == SK_OP_ATTR)
            run_attr(instr, pairs, count, out);
        else if (op == SK_OP_SET_FIELD)
            run_set_field(program, instr, now_ms, pairs, count);
        else if (sk_op_gives_set(op))
            run_building_set(program, instr, count);
        else
            run_over_sets(program, instr, count, out);
    }
}
