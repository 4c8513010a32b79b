/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "model/records.h"
#include "model/taxonomy.h"

/* Every field of docs/matching.md 1, one error naming the field as the wire spells it
 * ("point.lat", "availability[2].to"). Windows are checked further by calendar (RRULE, zone).
 * Thread: any. */

#define SK_MAX_CATEGORIES 8
#define SK_MAX_WINDOWS 16
#define SK_MAX_ATTRIBUTES 32
#define SK_MAX_CODES 32 /**< languages, requires, provides, each */
#define SK_MAX_EXDATES 366
#define SK_MAX_CERTIFICATES 32
#define SK_MAX_BLOCKS 256
#define SK_MAX_AREAS 512
#define SK_LISTING_LIFE_MS (90 * SK_DAY_MS)
/** Two years, one of them a leap year. */
#define SK_LISTING_LIFE_MAX_MS (731 * SK_DAY_MS)

/** Checks a listing after the engine filled in the defaults (times, capacity, status).
 *  `taxonomy` NULL: categories are checked for form only. An empty id is one that the engine still
 *  makes. */
sk_status sk_listing_check(const sk_listing *listing, const sk_taxonomy *taxonomy, int64_t now_ms,
                           sk_error *err);
/** Fill in what the client left out: status, capacity, created, validFrom, validUntil. */
void sk_listing_defaults(sk_listing *listing, int64_t now_ms);
/** Checks a party; an empty id is one that the engine still makes. */
sk_status sk_party_check(const sk_party *party, int64_t now_ms, sk_error *err);
sk_status sk_connector_check(const sk_connector *connector, sk_error *err);

/** Of a municipality's own field: 1-64 of A-Z a-z 0-9 - _ */
bool sk_attribute_name_valid(sk_str name);
/** A trait code: 1-64 of a-z 0-9 - . */
bool sk_trait_valid(sk_str code);
bool sk_category_code_valid(sk_str code);
/** A code of ISO 639-1. */
bool sk_language_valid(sk_str code);
/** Its Dutch name, or the code itself when we have none. */
sk_str sk_language_dutch(sk_str code);
/** Nine digits (eight with a leading zero left out) that pass the Dutch citizen number's test. */
bool sk_bsn_valid(sk_str digits);
/** Replace the digits of each run of nine that passes by asterisks; one space, dot or hyphen
 * between two digits does not end a run. `out` is `text` itself when there is none, else a copy in
 *  `arena`. */
sk_status sk_bsn_mask(sk_str text, sk_arena *arena, sk_str *out, bool *out_masked, sk_error *err);
