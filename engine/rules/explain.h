/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Rules in Dutch words, for the page that a municipality publishes. */

#include "rules/ruleset.h"

/** A condition as a clause: "de helper heeft 'vog'". `taxonomy` (NULL: none) gives the labels of
 *  categories. */
sk_status sk_explain_condition(sk_str expr, sk_declared declared, const sk_taxonomy *taxonomy,
                               sk_buf *out, sk_error *err);
/** A term's value as a clause: "hoe kleiner de afstand, hoe hoger; de helft bij 1,5 km". */
sk_status sk_explain_value(sk_str expr, sk_declared declared, const sk_taxonomy *taxonomy,
                           sk_buf *out, sk_error *err);

/** What the field is, in Dutch: "het aantal dagen dat de vraag er staat". */
const char *sk_explain_field(sk_field_id id, sk_side side);
/** "1,5 km", "2 uur", "14 dagen", "0,7" */
void sk_explain_number(double number, sk_unit unit, sk_buf *out);
/** "Hulp thuis" of a code, or the code itself. */
sk_str sk_explain_category(sk_str code, const sk_taxonomy *taxonomy);
