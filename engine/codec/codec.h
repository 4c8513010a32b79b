/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of codec: model values <-> stored and sent protobuf bytes <-> proto3 JSON. With wire the
 * only user of the generated messages, and of jansson. Thread: any. */

#include "model/model.h"

#define SK_MESSAGE_MAX (256 * 1024) /**< A request's bytes at most. */
#define SK_DEPTH_MAX 12             /**< Nesting of messages and JSON at most. */
#define SK_ELEMENTS_MAX 65536       /**< Submessages, list items and unknown fields of a message. */
#define SK_RECORD_MAX (16 * 1024 * 1024) /**< Bytes of a stored record, or of JSON, at most. */

/* Encoders append to `out` (out->failed without memory). Decoders put all in `arena` and refuse
 * malformed bytes and wrong UTF-8 with SK_EPROTO, oversize and over-deep ones with SK_ELIMIT, times
 * and windows that mean nothing with SK_EINVAL, naming the field. Unknown fields are dropped. */
void sk_encode_listing(const sk_listing *listing, sk_buf *out);
sk_status sk_decode_listing(sk_str bytes, sk_arena *arena, sk_listing *out, sk_error *err);
void sk_encode_party(const sk_party *party, bool with_contact, sk_buf *out);
sk_status sk_decode_party(sk_str bytes, sk_arena *arena, sk_party *out, sk_error *err);
void sk_encode_contact(const sk_contact *contact, sk_buf *out);
sk_status sk_decode_contact(sk_str bytes, sk_arena *arena, sk_contact *out, sk_error *err);
void sk_encode_suggestion(const sk_suggestion *suggestion, sk_buf *out);
sk_status sk_decode_suggestion(sk_str bytes, sk_arena *arena, sk_suggestion *out, sk_error *err);
void sk_encode_notice(const sk_notice *notice, sk_buf *out);
sk_status sk_decode_notice(sk_str bytes, sk_arena *arena, sk_notice *out, sk_error *err);
void sk_encode_event(const sk_event *event, sk_buf *out);
sk_status sk_decode_event(sk_str bytes, sk_arena *arena, sk_event *out, sk_error *err);
void sk_encode_area(const sk_area *area, sk_buf *out);
sk_status sk_decode_area(sk_str bytes, sk_arena *arena, sk_area *out, sk_error *err);
void sk_encode_connector(const sk_connector *connector, sk_buf *out);
sk_status sk_decode_connector(sk_str bytes, sk_arena *arena, sk_connector *out, sk_error *err);
void sk_encode_token(const sk_token *token, sk_buf *out);
sk_status sk_decode_token(sk_str bytes, sk_arena *arena, sk_token *out, sk_error *err);
void sk_encode_rules(const sk_rules_record *record, sk_buf *out);
sk_status sk_decode_rules(sk_str bytes, sk_arena *arena, sk_rules_record *out, sk_error *err);
void sk_encode_dry_summary(const sk_dry_summary *summary, sk_buf *out);
sk_status sk_decode_dry_summary(sk_str bytes, sk_arena *arena, sk_dry_summary *out, sk_error *err);
void sk_encode_taxonomy(const sk_category *categories, size_t count, const sk_related *related,
                        size_t related_count, sk_buf *out);
/** Arrays in `arena`, ready for sk_taxonomy_new. */
sk_status sk_decode_taxonomy(sk_str bytes, sk_arena *arena, const sk_category **out_categories,
                             size_t *out_count, const sk_related **out_related,
                             size_t *out_related_count, sk_error *err);

/** proto3 JSON text to the bytes of the message `name` ("Request", "Listing" ...), and back.
 *  Enumerators go by name without their type's prefix, an attribute's value bare. Both append to
 *  `out`, which stays as it was on failure. Strict: duplicate keys, unknown fields, wrong types,
 * NaN and numbers out of range are refused with SK_EINVAL, naming the field
 *  ("putListings.listings[0].point.lat"), or with SK_EPROTO and the line and column. */
sk_status sk_json_to_message(const char *name, sk_str json, sk_buf *out, sk_error *err);
sk_status sk_message_to_json(const char *name, sk_str bytes, bool pretty, sk_buf *out,
                             sk_error *err);
/** Strict JSON (RFC 8259, so doubled keys and "\\u0000" pass), nested at most SK_DEPTH_MAX deep:
 *  valid or the place of the fault ("line 3, column 7"). */
sk_status sk_json_check(sk_str json, sk_error *err);

/** A GeoJSON FeatureCollection of (Multi)Polygons with `code`, `naam`, `wijkcode`, `gemeentecode`
 *  (and optional `wijknaam`, `gemeentenaam`, `jaar`) as areas in `arena`. */
sk_status sk_geojson_areas(sk_str json, sk_arena *arena, const sk_area **out, size_t *out_count,
                           sk_error *err);
