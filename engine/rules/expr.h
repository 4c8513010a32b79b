/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The expression language, inside the module: text -> typed tree -> register program. */

#include "rules/rules.h"

#define SK_EXPR_MAX_BYTES 2000
#define SK_EXPR_MAX_DEPTH 64
#define SK_PROGRAM_MAX_OPS 2048
#define SK_PROGRAM_MAX_SCRATCH 64 /**< Sets that an evaluation has to build. */
#define SK_SET_MAX 64             /**< Words in one set: 32 provides and 32 certificates. */

typedef enum sk_expr_type {
    SK_T_NUMBER,
    SK_T_BOOL,
    SK_T_STRING,
    SK_T_SET,
    SK_T_ANY /**< attr(): string, number or boolean, known only when it runs. */
} sk_expr_type;

typedef enum sk_unit { SK_U_NONE, SK_U_METRE, SK_U_MINUTE, SK_U_DAY } sk_unit;
/** Of "m", "min" or "d"; SK_U_NONE for anything else. */
sk_unit sk_unit_find(sk_str word);

typedef enum sk_op {
    /* Leaves. */
    SK_OP_CONST,
    SK_OP_FIELD,
    SK_OP_SET_FIELD,
    SK_OP_ATTR,
    /* Numbers and booleans, each a function of at most three columns. */
    SK_OP_ADD,
    SK_OP_SUB,
    SK_OP_MUL,
    SK_OP_DIV,
    SK_OP_NEG,
    SK_OP_ABS,
    SK_OP_MIN,
    SK_OP_MAX,
    SK_OP_CLAMP,
    SK_OP_LT,
    SK_OP_LE,
    SK_OP_EQ,
    SK_OP_AND,
    SK_OP_OR,
    SK_OP_NOT,
    SK_OP_IF,
    SK_OP_FIRST, /**< The first operand that is not missing. */
    /* Sets. */
    SK_OP_COUNT,
    SK_OP_HAS,
    SK_OP_UNDER,
    SK_OP_JACCARD,
    SK_OP_SUBSET,
    SK_OP_SET_EQ,
    SK_OP_INTERSECT,
    SK_OP_SET_IF,
    /* In trees only: the program spells them with the ones above. */
    SK_OP_NE,
    SK_OP_GT,
    SK_OP_GE,
    SK_OP_DECAY,
    SK_OP_RAMP
} sk_op;

typedef enum sk_field_id {
    SK_F_KIND,
    SK_F_CATEGORIES,
    SK_F_LANGUAGES,
    SK_F_REQUIRES,
    SK_F_PROVIDES,
    SK_F_REACH,
    SK_F_WITHIN,
    SK_F_REMOTE,
    SK_F_DURATION,
    SK_F_CAPACITY,
    SK_F_ROOM,
    SK_F_URGENCY,
    SK_F_AGE,
    SK_F_BUURT,
    SK_F_WIJK,
    SK_F_GEMEENTE,
    SK_F_LOAD,
    SK_F_OPEN,
    SK_F_ASKED,
    SK_F_DISTANCE,
    SK_F_OVERLAP,
    SK_F_LONGEST,
    SK_F_CLOSENESS,
    SK_F_COUNT_
} sk_field_id;

typedef struct sk_field {
    const char *name;
    sk_expr_type type;
    sk_unit unit;
    bool of_side;       /**< need. or offer. before it; else a field of the pair. */
    double least, most; /**< Of numbers and booleans. */
    bool may_miss;
} sk_field;

/** In the order of sk_field_id. */
extern const sk_field sk_fields[SK_F_COUNT_];
/** SK_F_COUNT_ when there is none. */
sk_field_id sk_field_find(sk_str name, bool of_side);
const char *sk_expr_type_name(sk_expr_type type);

/** now - then, in days with fractions. */
double sk_days_between(int64_t now_ms, int64_t then_ms);
/** One number, boolean (0, 1) or string (its word) of a pair; NAN: missing. */
double sk_field_value(sk_field_id id, sk_side side, const sk_pair *pair, int64_t now_ms);
/** One set of a pair; `scratch` holds SK_SET_MAX words and may be what comes back. */
sk_ids sk_field_set(sk_field_id id, sk_side side, const sk_pair *pair, int64_t now_ms,
                    uint32_t *scratch);

/** Is some code of the set `top` itself, or below it in the tree of dotted codes? */
bool sk_set_under(sk_ids codes, uint32_t top_word, const sk_intern *words);

/** Names that came near; add them all, then ask for the best. */
typedef struct sk_hint {
    sk_str word;
    const char *best;
    size_t distance;
} sk_hint;
void sk_hint_start(sk_hint *hint, sk_str word);
void sk_hint_add(sk_hint *hint, const char *name);
/** NULL when nothing is near enough to be a slip of the keyboard. */
const char *sk_hint_best(const sk_hint *hint);

/** Where an expression is wrong, and how. */
typedef struct sk_expr_fault {
    sk_status status;
    uint32_t line;      /**< Of the expression; 1 is the first. */
    uint32_t character; /**< Of that line, not byte; 1 is the first. */
    char text[200];
} sk_expr_fault;

typedef struct sk_node {
    sk_op op;
    sk_expr_type type;
    sk_unit unit;
    sk_side side;      /**< SK_OP_FIELD of a side, SK_OP_ATTR. */
    sk_field_id field; /**< SK_OP_FIELD, SK_OP_SET_FIELD */
    uint32_t at;       /**< Byte offset in the text. */
    uint32_t argc;
    double number; /**< SK_OP_CONST of a number or boolean. */
    sk_str text;   /**< SK_OP_CONST of a string, SK_OP_ATTR: a view of the expression. */
    struct sk_node **args;
    int reg[SK_T_ANY]; /**< Where each type of it was put in the program; -1: not yet. */
} sk_node;

/** Attributes whose type is known. */
typedef struct sk_declared {
    const sk_attribute_info *items;
    size_t count;
} sk_declared;
/** NULL: it is not declared. */
const sk_attribute_info *sk_declared_find(sk_declared declared, sk_str name);

/** Point the fault at byte `at` of `text`. */
void sk_expr_fault_at(sk_expr_fault *fault, sk_str text, uint32_t at);

/** Parse and check types. The tree lives in `arena` and views `text`. */
sk_status sk_expr_parse(sk_str text, sk_declared declared, sk_arena *arena, sk_node **out,
                        sk_expr_fault *fault);

/* ---- Tokens ---- */

typedef enum sk_lexeme_kind {
    SK_TOK_END,
    SK_TOK_NUMBER,
    SK_TOK_STRING,
    SK_TOK_NAME,
    SK_TOK_OPERATOR, /**< `text` spells it. */
    SK_TOK_BAD       /**< `problem` says why. */
} sk_lexeme_kind;

typedef struct sk_lexeme {
    sk_lexeme_kind kind;
    uint32_t at;
    sk_str text;
    double number;
    sk_unit unit;
    const char *problem;
    const char *meant; /**< Of a BAD one: what was probably meant, or NULL. */
} sk_lexeme;

/** The token that starts at or after `*position`, which moves past it. */
sk_lexeme sk_expr_token(sk_str text, uint32_t *position);

/* ---- Programs ---- */

typedef struct sk_set_view {
    const uint32_t *ids;
    uint32_t count; /**< SK_SET_MISSING: missing. */
} sk_set_view;
#define SK_SET_MISSING UINT32_MAX

typedef struct sk_instr {
    uint8_t op, type, side, field;
    uint16_t a, b, c; /**< Operand registers; an instruction's own number is its register. */
    uint16_t set;     /**< Set column of a set instruction. */
    uint16_t scratch; /**< Scratch column of one that builds sets. */
    uint8_t moves;    /**< What of sk_bounds its range depends on; set when sealed. */
    uint32_t word;    /**< SK_OP_ATTR: name */
    double number;    /**< SK_OP_CONST */
} sk_instr;

/** What is known of a register over a block of pairs. */
typedef struct sk_interval {
    double lo, hi; /**< Of the values that are there; lo > hi: none. */
    bool may_miss;
    bool set_known;
    sk_set_view set;
} sk_interval;

typedef struct sk_program sk_program;

/** `words` is borrowed for its life. */
sk_program *sk_program_new(sk_intern *words);
void sk_program_free(sk_program *program);
/** From here on these attributes have their declared type. Borrowed until the program is sealed. */
void sk_program_declare(sk_program *program, sk_declared declared);
/** Compile one more expression; parts that it shares with earlier ones are computed once. */
sk_status sk_program_add(sk_program *program, sk_str text, sk_expr_type want, int *out_reg,
                         sk_expr_fault *fault);
/** Make room for evaluation; nothing can be added afterwards. */
sk_status sk_program_seal(sk_program *program, sk_error *err);
size_t sk_program_size(const sk_program *program);

/** Evaluate every register for `count` <= SK_LANES pairs. Allocates nothing. */
void sk_program_run(sk_program *program, int64_t now_ms, const sk_pair *pairs, size_t count);
/** The column of a register after a run: SK_LANES doubles, NAN where missing. */
const double *sk_program_column(const sk_program *program, int reg);

/** Parts of sk_bounds, as bits. */
#define SK_MOVES_DISTANCE 1u
#define SK_MOVES_CLOSENESS 2u
#define SK_MOVES_CREATED 4u
#define SK_MOVES_ALL 8u

/** Evaluate over intervals. `moved`: what of the bounds differs from the call before;
 *  SK_MOVES_ALL: all may. Allocates nothing. */
void sk_program_bound(sk_program *program, int64_t now_ms, const sk_bounds *bounds, unsigned moved);
const sk_interval *sk_program_interval(const sk_program *program, int reg);
