/* SPDX-License-Identifier: EUPL-1.2 */
#include "match/internal.h"

#include <math.h>

/* How high can a pair score that is at least this far away and at least this old?
 *
 * The rule set answers that over intervals, but each answer costs a run of its programs. So the
 * answers are kept per search in a small table: distances in cells that widen with distance (a
 * quarter of an octave of d^2 + 64^2 m^2), ages in classes. A cell holds the bound for everything
 * from its near edge on, so that one cell says when a walk by distance can end. Bounds are rounded
 * up as docs/matching.md 6 says. */

#define UNASKED 1 /**< Cells beyond one that is known to be high enough. */
#define NEAR_M2 4096.0f
#define FAR_M 100000.0 /* No reach is larger. */

static const uint32_t class_days[CEILING_AGES] = {0, 14};

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/** Sign and exponent, and the first bit of the mantissa: two cells to the octave of squares. */
static uint32_t cell_of(float distance_m2)
{
    uint32_t cell = (bits_of(distance_m2 + NEAR_M2) >> 22) - (bits_of(NEAR_M2) >> 22);

    return cell < CEILING_CELLS ? cell : CEILING_CELLS - 1;
}

/** Rounded to float, d^2 + 64^2 may come out a hair too large; hence the little less. */
static double near_edge_m(uint32_t cell, double far_m)
{
    uint32_t bits = ((bits_of(NEAR_M2) >> 22) + cell) << 22;
    float square;

    memcpy(&square, &bits, sizeof square);
    double m2 = ((double)square - NEAR_M2) * 0.9999 - 0.01;
    return m2 > 0 ? fmin(sqrt(m2), far_m) : 0;
}

void ceiling_init(sk_ceiling *ceiling, sk_ruleset *rules, const sk_asked *asked,
                  const sk_allowance *allowed, const sk_index *index, double overlap_hi_min)
{
    int64_t now_min = asked->now_ms / SK_MINUTE_MS;

    ceiling->rules = rules;
    ceiling->begun = false;
    ceiling->bar = INT64_MIN;
    ceiling->now_ms = asked->now_ms;
    ceiling->far_m = FAR_M + allowed->extra_m;
    ceiling->closeness_lo = allowed->closeness;
    ceiling->bounds = (sk_bounds){.query = asked->facts,
                                  .query_party = asked->party,
                                  .query_side = asked->side,
                                  .distance_hi_m = ceiling->far_m,
                                  .overlap_hi_min = overlap_hi_min,
                                  .created_lo_ms = SK_TIME_MIN_MS};
    ceiling->newest_ms = sk_index_newest(index);
    if (ceiling->newest_ms < asked->now_ms)
        ceiling->newest_ms = asked->now_ms;
    for (int i = 1; i < CEILING_AGES; i++) {
        int64_t minute = now_min - (int64_t)class_days[i] * 24 * 60;
        ceiling->age_min[i] = minute > 0 ? (uint32_t)minute : 0;
    }
    ceiling->age_min[0] = UINT32_MAX;
    /* Before the first ceiling_level nothing is known, which ceiling_set_bar may ask already. */
    for (int a = 0; a < CEILING_AGES; a++) {
        ceiling->under[a] = 0;
        ceiling->over[a] = -1;
    }
}

void ceiling_level(sk_ceiling *ceiling, double closeness, bool from_afar)
{
    for (int a = 0; a < CEILING_AGES; a++) {
        for (int c = 0; c < CEILING_CELLS; c++)
            ceiling->known[a][c] = INT64_MIN;
        ceiling->under[a] = CEILING_CELLS;
        ceiling->over[a] = -1;
    }
    ceiling->bounds.closeness_lo = ceiling->bounds.closeness_hi = closeness;
    ceiling->bounds.distance_may_miss = from_afar;
}

static int64_t bound(sk_ceiling *ceiling, const sk_bounds *bounds)
{
    double highest = ceiling->begun
                         ? sk_ruleset_bound_again(ceiling->rules, ceiling->now_ms, bounds)
                         : sk_ruleset_bound(ceiling->rules, ceiling->now_ms, bounds);

    ceiling->begun = true;
    return sk_millionths(highest + 1e-9);
}

static int class_of(const sk_ceiling *ceiling, uint32_t created_min)
{
    int age = 0;

    while (age + 1 < CEILING_AGES && created_min <= ceiling->age_min[age + 1])
        age++;
    return age;
}

static int64_t bound_at(sk_ceiling *ceiling, uint32_t cell, int age)
{
    int64_t *known = &ceiling->known[age][cell];

    if (*known == INT64_MIN) {
        sk_bounds bounds = ceiling->bounds;
        bounds.distance_lo_m = near_edge_m(cell, ceiling->far_m);
        bounds.created_hi_ms =
            age == 0 ? ceiling->newest_ms : ((int64_t)ceiling->age_min[age] + 1) * SK_MINUTE_MS;
        *known = bound(ceiling, &bounds);
    }
    return *known;
}

void ceiling_set_bar(sk_ceiling *ceiling, int64_t bar)
{
    if (bar == ceiling->bar)
        return;
    ceiling->bar = bar;
    for (int age = 0; age < CEILING_AGES; age++) {
        ceiling->over[age] = -1;
        for (int cell = 0; cell < ceiling->under[age]; cell++) {
            int64_t known = ceiling->known[age][cell];
            if (known != INT64_MIN && known < bar)
                ceiling->under[age] = (int8_t)cell;
            else if (known != INT64_MIN)
                ceiling->over[age] = (int8_t)cell;
        }
    }
}

bool ceiling_under(sk_ceiling *ceiling, float distance_m2, uint32_t created_min)
{
    int cell, age;

    if (ceiling->bar <= 0)
        return false;
    cell = (int)cell_of(distance_m2);
    age = class_of(ceiling, created_min);
    if (cell >= ceiling->under[age])
        return true;
    /* A bound costs more than looking at one or two candidates in vain. */
    if (cell <= ceiling->over[age] + UNASKED)
        return false;
    if (bound_at(ceiling, (uint32_t)cell, age) >= ceiling->bar) {
        ceiling->over[age] = (int8_t)cell;
        return false;
    }
    /* What holds from a cell on holds for farther and older ones too. */
    for (; age < CEILING_AGES && ceiling->under[age] > cell; age++)
        ceiling->under[age] = (int8_t)cell;
    return true;
}

bool ceiling_below(sk_ceiling *ceiling, double closeness, bool may_miss)
{
    sk_bounds bounds = ceiling->bounds;

    if (ceiling->bar <= 0)
        return false;
    bounds.closeness_lo = ceiling->closeness_lo;
    bounds.closeness_hi = closeness;
    bounds.distance_may_miss = may_miss;
    bounds.distance_lo_m = 0;
    bounds.created_hi_ms = ceiling->newest_ms;
    return bound(ceiling, &bounds) < ceiling->bar;
}
