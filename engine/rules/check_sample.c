/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/check.h"
#include "rules/program.h"

#include <math.h>

/* Made-up pairs, as witnesses.
 *
 * Intervals say what a value cannot be; that it can be something takes a pair that shows it. So
 * some hundred pairs are made of the ends and middles of what fields can be, and of the words that
 * the rules themselves name, always the same ones, and the terms are run over them. */

#define BATCHES 8
#define POOL_MAX 64

typedef struct sampler {
    sk_ruleset *rules;
    uint64_t state;
    uint32_t words[POOL_MAX], attributes[POOL_MAX];
    size_t word_count, attribute_count;
} sampler;

typedef struct sample_side {
    sk_facts facts;
    sk_party_facts party;
    uint32_t sets[4 * 8];
    sk_attr_facts attrs[4];
} sample_side;

static uint32_t below(sampler *s, uint32_t bound)
{
    s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(s->state >> 33) % bound;
}

/** An end of what the field can be, or something between, small numbers more often. */
static double sample(sampler *s, sk_field_id id)
{
    const sk_field *field = &sk_fields[id];
    double part = below(s, 1000) / 1000.0;

    switch (below(s, 4)) {
    case 0:
        return field->least;
    case 1:
        return field->most;
    default:
        return floor(field->least + (field->most - field->least) * part * part * part);
    }
}

/* ---- Words ---- */

static void collect(sampler *s, const sk_program *program)
{
    for (size_t i = 0; i < program->count; i++) {
        const sk_instr *instr = &program->code[i];

        if (instr->op == SK_OP_CONST && instr->type == SK_T_STRING && s->word_count < POOL_MAX)
            s->words[s->word_count++] = (uint32_t)instr->number;
        if (instr->op == SK_OP_ATTR && s->attribute_count < POOL_MAX)
            s->attributes[s->attribute_count++] = instr->word;
    }
}

static uint32_t any_word(sampler *s)
{
    return s->word_count > 0 ? s->words[below(s, (uint32_t)s->word_count)] : 0;
}

/** Up to three words, ascending and without doubles. */
static uint8_t sample_set(sampler *s, uint32_t *out)
{
    uint8_t count = 0;

    for (uint32_t tries = below(s, 4); tries > 0; tries--) {
        uint32_t word = any_word(s);
        uint8_t at = 0;

        while (at < count && out[at] < word)
            at++;
        if (word == 0 || (at < count && out[at] == word))
            continue;
        memmove(out + at + 1, out + at, (size_t)(count - at) * sizeof *out);
        out[at] = word;
        count++;
    }
    return count;
}

/* ---- Sides ---- */

static void sample_attributes(sampler *s, sample_side *side)
{
    size_t count = 0;

    for (size_t i = 0; i < s->attribute_count && count < 4; i++) {
        sk_attr_type type = (sk_attr_type)(SK_ATTR_STRING + below(s, 3));
        bool seen = false;

        for (size_t k = 0; k < count; k++)
            seen |= side->attrs[k].name == s->attributes[i];
        if (seen)
            continue;
        side->attrs[count++] = (sk_attr_facts){.name = s->attributes[i],
                                               .type = type,
                                               .value = type == SK_ATTR_STRING ? any_word(s)
                                                        : type == SK_ATTR_BOOL ? below(s, 2)
                                                                               : below(s, 200)};
    }
    sk_facts_set_attrs(&side->facts, side->attrs, count);
}

static void sample_facts(sampler *s, sample_side *side, sk_side which)
{
    sk_facts *f = &side->facts;
    uint32_t *set = side->sets;

    *f = (sk_facts){.sets = side->sets, .status = SK_LISTING_OPEN, .slot = SK_NO_SLOT};
    f->kind = (uint8_t)(which == SK_DEMAND ? SK_KIND_NEED : SK_KIND_OFFER);
    f->category_count = sample_set(s, set);
    f->language_count = sample_set(s, set += f->category_count);
    f->require_count = sample_set(s, set += f->language_count);
    f->provide_count = sample_set(s, set + f->require_count);
    f->reach_m = (uint32_t)sample(s, SK_F_REACH);
    f->within_m = (uint32_t)sample(s, SK_F_WITHIN);
    f->remote = below(s, 2);
    f->duration_min = (uint16_t)sample(s, SK_F_DURATION);
    f->capacity = (uint16_t)sample(s, SK_F_CAPACITY);
    f->urgency = (uint8_t)sample(s, SK_F_URGENCY);
    f->created_ms = SK_EXAMPLE_NOW_MS - (int64_t)sample(s, SK_F_AGE) * SK_DAY_MS;
    f->buurt = below(s, 2) ? any_word(s) : 0;
    f->wijk = below(s, 2) ? any_word(s) : 0;
    f->gemeente = below(s, 2) ? any_word(s) : 0;
    side->party = (sk_party_facts){.load_30d = (uint32_t)sample(s, SK_F_LOAD),
                                   .open_suggestions = (uint32_t)sample(s, SK_F_OPEN),
                                   .last_asked_ms = SK_EXAMPLE_NOW_MS -
                                                    (int64_t)sample(s, SK_F_ASKED) * SK_DAY_MS};
    sample_attributes(s, side);
}

static sk_pair sample_pair(sampler *s, sample_side *need, sample_side *offer)
{
    sample_facts(s, need, SK_DEMAND);
    sample_facts(s, offer, SK_SUPPLY);
    return (sk_pair){.need = &need->facts,
                     .offer = &offer->facts,
                     .need_party = &need->party,
                     .offer_party = &offer->party,
                     .distance_m = sample(s, SK_F_DISTANCE),
                     .overlap_min = sample(s, SK_F_OVERLAP),
                     .longest_min = sample(s, SK_F_LONGEST),
                     .closeness = below(s, 2) ? 1.0 : below(s, 1000) / 1000.0};
}

/* ---- Face ---- */

static void note_values(const sampler *s, double *out_lo, double *out_hi)
{
    const sk_ruleset *rules = s->rules;

    for (uint32_t t = 0; t < rules->info.term_count; t++) {
        const double *value;

        if (rules->terms[t].info.function)
            continue;
        value = sk_program_column(rules->term_program, rules->terms[t].value_reg);
        for (size_t i = 0; i < SK_LANES; i++) {
            /* Not true of what is missing. */
            if (value[i] < out_lo[t])
                out_lo[t] = value[i];
            if (value[i] > out_hi[t])
                out_hi[t] = value[i];
        }
    }
}

void sk_check_sample(sk_checker *c, double *out_lo, double *out_hi)
{
    sampler s = {.rules = c->rules, .state = 20260305};
    sample_side *sides = sk_arena_calloc(c->arena, 2 * SK_LANES, sizeof *sides);
    sk_pair pairs[SK_LANES];

    for (size_t t = 0; t < SK_MAX_TERMS; t++) {
        out_lo[t] = INFINITY;
        out_hi[t] = -INFINITY;
    }
    if (!sides) {
        c->failed = true;
        return;
    }
    collect(&s, c->rules->hard_program);
    collect(&s, c->rules->term_program);
    for (int batch = 0; batch < BATCHES; batch++) {
        for (size_t i = 0; i < SK_LANES; i++)
            pairs[i] = sample_pair(&s, &sides[2 * i], &sides[2 * i + 1]);
        sk_program_run(c->rules->term_program, SK_EXAMPLE_NOW_MS, pairs, SK_LANES);
        note_values(&s, out_lo, out_hi);
    }
}
