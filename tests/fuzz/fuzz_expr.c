/* SPDX-License-Identifier: EUPL-1.2 */
#include <math.h>
#include <stdlib.h>

#include "rules/explain.h"
#include "rules/expr.h"

/* Any bytes as an expression: refused with a place and a reason, or compiled and run, with every
 * value within its interval, and said in words. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Their words are 1, 2 ... */
static const char *const names[] = {"vervoer.x", "soort", "reis", "lift"};
static const uint32_t sets[] = {1, 2, 3, 4};
static sk_attr_facts attrs[] = {{2, SK_ATTR_STRING, 1}, {3, SK_ATTR_NUMBER, 3}};
static const sk_attribute_info declared[] = {
    {.name = SK_STR("soort"), .type = SK_ATTR_STRING},
    {.name = SK_STR("reis"), .type = SK_ATTR_NUMBER, .unit = SK_STR("min")},
    {.name = SK_STR("lift"), .type = SK_ATTR_BOOL}};
static const sk_cert_facts certs[] = {{3, 0, INT64_MAX}};

static void run(sk_program *program, int reg)
{
    sk_facts facts = {.sets = sets,
                      .category_count = 2,
                      .language_count = 1,
                      .provide_count = 1,
                      .kind_word = 1,
                      .wijk = 2,
                      .capacity = 1,
                      .urgency = 2};
    const sk_party_facts party = {.certs = certs, .cert_count = 1, .last_asked_ms = INT64_MIN};
    sk_pair pairs[2] = {{&facts, &facts, &party, &party, 600, 90, 45, 0.7},
                        {&facts, &facts, &party, &party, NAN, 0, 0, 0.3}};
    const sk_bounds bounds = {.query = &facts,
                              .query_party = &party,
                              .query_side = SK_DEMAND,
                              .distance_lo_m = 600,
                              .distance_hi_m = 600,
                              .distance_may_miss = true,
                              .closeness_lo = 0.3,
                              .closeness_hi = 0.7,
                              .overlap_hi_min = 90};
    const sk_interval *range;

    sk_facts_set_attrs(&facts, attrs, 2);
    sk_program_run(program, SK_DAY_MS, pairs, 2);
    sk_program_bound(program, SK_DAY_MS, &bounds, SK_MOVES_ALL);
    range = sk_program_interval(program, reg);
    for (int i = 0; i < 2; i++) {
        double value = sk_program_column(program, reg)[i];

        if (isnan(value) ? !range->may_miss : !(range->lo <= value && value <= range->hi))
            abort();
    }
}

static void explain(sk_str text)
{
    sk_declared none = {NULL, 0};
    sk_buf words = {0};

    if (sk_explain_condition(text, none, NULL, &words, NULL) != SK_OK || words.size == 0)
        abort();
    sk_buf_reset(&words);
    if (sk_explain_value(text, none, NULL, &words, NULL) != SK_OK || words.size == 0)
        abort();
    sk_buf_done(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sk_str text = {(const char *)data, size};
    sk_intern *words = sk_intern_new();
    sk_program *program = sk_program_new(words);
    sk_expr_fault fault;
    int reg = -1;

    /* Sometimes, as the text says itself, so that a finding comes back. */
    if (size % 2)
        sk_program_declare(program, (sk_declared){declared, 3});
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        sk_intern_add(words, sk_str_from(names[i]));
    if (sk_program_add(program, text, SK_T_NUMBER, &reg, &fault) == SK_OK ||
        sk_program_add(program, text, SK_T_BOOL, &reg, &fault) == SK_OK) {
        if (sk_program_seal(program, NULL) == SK_OK)
            run(program, reg);
        explain(text);
    } else if (fault.character == 0 || fault.text[0] == '\0') {
        abort();
    }
    sk_program_free(program);
    sk_intern_free(words);
    return 0;
}
