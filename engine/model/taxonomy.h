/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/** The category tree: codes such as "vervoer.ziekenhuis", their labels, and related entries.
 *  Immutable once made. Thread: any, while nobody frees it. */
typedef struct sk_taxonomy sk_taxonomy;

/** Bounds that keep the lists of near codes small; more is SK_ELIMIT. */
#define SK_TAXONOMY_MAX_CODES 10000
#define SK_TAXONOMY_MAX_RELATED 10000
#define SK_TAXONOMY_MAX_NEAR 4000000

typedef struct sk_category {
    sk_str code;
    sk_str label_nl, label_en;
} sk_category;

typedef struct sk_related {
    sk_str a, b;
    double closeness; /**< In (0, 1]. */
} sk_related;

/** All copied. Refuses bad or double codes, a code without its parent, unknown related codes and
 *  closeness outside (0, 1], naming the entry ("categories[3].code"). SK_ELIMIT past the bounds
 *  above; the last is on all lists of near codes together. */
sk_status sk_taxonomy_new(const sk_category *categories, size_t count, const sk_related *related,
                          size_t related_count, sk_taxonomy **out, sk_error *err);
void sk_taxonomy_free(sk_taxonomy *taxonomy);

size_t sk_taxonomy_count(const sk_taxonomy *taxonomy);
size_t sk_taxonomy_related_count(const sk_taxonomy *taxonomy);
/** Views in ascending code order. */
const sk_category *sk_taxonomy_at(const sk_taxonomy *taxonomy, size_t index);
const sk_related *sk_taxonomy_related_at(const sk_taxonomy *taxonomy, size_t index);
/** Index of a code, or -1. */
int sk_taxonomy_find(const sk_taxonomy *taxonomy, sk_str code);
/** Closeness of two codes as in docs/matching.md 2, ancestors and related entries included. */
double sk_taxonomy_closeness(const sk_taxonomy *taxonomy, int a, int b);

/** C3 asks for this, unless a rule set asks less of it for those that wait; never for less than the
 *  second. */
#define SK_CLOSENESS_LEAST 0.3
#define SK_CLOSENESS_RELAXED_LEAST 0.1

/** Codes near `index`: every code with closeness >= SK_CLOSENESS_RELAXED_LEAST, with it, closest
 *  first then by index. */
typedef struct sk_near {
    int index;
    double closeness;
} sk_near;
/** View, valid while the taxonomy lives. */
const sk_near *sk_taxonomy_near(const sk_taxonomy *taxonomy, int index, size_t *out_count);
