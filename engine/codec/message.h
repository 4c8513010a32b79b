/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The second face of codec, for wire alone: generated messages themselves, so that a dispatcher can
 * read a request and build an answer without a detour over bytes. Thread: any. */

#include <google/protobuf/timestamp.pb-c.h>
#include <schakel/v1/records.pb-c.h>
#include <schakel/v1/service.pb-c.h>

#include "codec/codec.h"

/** Bytes to a message in `arena`, of which at most `cap` bytes are used. First the bytes are walked
 *  by descriptor, without recursion: depth, number of elements, lengths, wire types, UTF-8, known
 *  enumerators, single fields and choices given once. SK_EPROTO with the field in JSON names,
 *  SK_ELIMIT past a bound, SK_ENOMEM. Never free the message; the arena does. */
sk_status sk_message_unpack(const ProtobufCMessageDescriptor *descriptor, sk_str bytes, size_t cap,
                            sk_arena *arena, ProtobufCMessage **out, sk_error *err);

/** A cap for requests: several times what the fullest one of SK_MESSAGE_MAX bytes needs. */
#define SK_REQUEST_MEMORY ((size_t)8 * 1024 * 1024)
/** A cap that no message at all reaches: two bytes can be a whole item of a list. */
#define SK_UNPACK_MEMORY(size) (4096 + (size_t)(size)*160)

/** Append the bytes of `message`: fields in ascending number, map entries in the given order, so
 *  that the same message gives the same bytes. Unlike the library's it keeps a negative zero.
 *  Check out->failed. */
void sk_message_pack(const ProtobufCMessage *message, sk_buf *out);

/* ---- From messages ----
 * Made by sk_message_unpack, whose checks these trust. What the model cannot hold is refused with
 * SK_EINVAL and the field, relative to the record ("availability[0].from"). Strings are views into
 * the message; arrays lie in `arena`. Absent times are 0. */

/** NULL: 0. Nanoseconds are cut to milliseconds. `field` names it in errors. */
sk_status sk_time_from_message(const Google__Protobuf__Timestamp *message, const char *field,
                               int64_t *out_ms, sk_error *err);
sk_status sk_listing_from_message(const Schakel__V1__Listing *message, sk_arena *arena,
                                  sk_listing *out, sk_error *err);
/** Words of relaxing as bits; `field` names the list in errors. */
sk_status sk_relax_from_message(size_t count, char *const *names, const char *field,
                                uint8_t *out_bits, sk_error *err);
sk_status sk_contact_from_message(const Schakel__V1__Contact *message, sk_contact *out,
                                  sk_error *err);
/** NULL: none. */
sk_status sk_preferences_from_message(const Schakel__V1__Preferences *message, sk_preferences *out,
                                      sk_error *err);
sk_status sk_party_from_message(const Schakel__V1__Party *message, sk_arena *arena, sk_party *out,
                                sk_error *err);
/** NULL: all missing or 0. */
sk_status sk_pair_values_from_message(const Schakel__V1__PairValues *message, sk_pair_values *out,
                                      sk_error *err);
/** `field` names the list in errors ("appointments"). Each has a start and an end. */
sk_status sk_appointments_from_message(Schakel__V1__Appointment *const *items, size_t count,
                                       const char *field, sk_arena *arena,
                                       const sk_appointment **out, sk_error *err);
sk_status sk_suggestion_from_message(const Schakel__V1__Suggestion *message, sk_arena *arena,
                                     sk_suggestion *out, sk_error *err);
sk_status sk_event_from_message(const Schakel__V1__Event *message, sk_event *out, sk_error *err);
sk_status sk_notice_from_message(const Schakel__V1__Notice *message, sk_notice *out, sk_error *err);
sk_status sk_area_from_message(const Schakel__V1__Area *message, sk_arena *arena, sk_area *out,
                               sk_error *err);
sk_status sk_connector_from_message(const Schakel__V1__Connector *message, sk_arena *arena,
                                    sk_connector *out, sk_error *err);
sk_status sk_token_from_message(const Schakel__V1__Token *message, sk_arena *arena, sk_token *out,
                                sk_error *err);
sk_status sk_rules_from_message(const Schakel__V1__RulesRecord *message, sk_arena *arena,
                                sk_rules_record *out, sk_error *err);
/** Counts that are absent are 0. */
sk_status sk_dry_summary_from_message(const Schakel__V1__DryRunSummary *message,
                                      sk_dry_summary *out, sk_error *err);
sk_status sk_taxonomy_from_message(const Schakel__V1__Taxonomy *message, sk_arena *arena,
                                   const sk_category **out_categories, size_t *out_count,
                                   const sk_related **out_related, size_t *out_related_count,
                                   sk_error *err);

/* ---- To messages ----
 * All in `arena`, strings copied. NULL is only ever a lack of memory, except for times. */

/** 0 is absent: `*out` is NULL. False: no memory. */
bool sk_time_to_message(int64_t time_ms, sk_arena *arena, Google__Protobuf__Timestamp **out);
/** A copy with a NUL behind, as messages want strings. */
char *sk_str_to_message(sk_str s, sk_arena *arena);
/** `*out` may become NULL for none. False: no memory. */
bool sk_strs_to_message(sk_strs strs, sk_arena *arena, size_t *out_count, char ***out);
Schakel__V1__Listing *sk_listing_to_message(const sk_listing *listing, sk_arena *arena);
Schakel__V1__Contact *sk_contact_to_message(const sk_contact *contact, sk_arena *arena);
/** NULL when there are none. False: no memory. */
bool sk_preferences_to_message(const sk_preferences *preferences, sk_arena *arena,
                               Schakel__V1__Preferences **out);
Schakel__V1__Party *sk_party_to_message(const sk_party *party, bool with_contact, sk_arena *arena);
Schakel__V1__Term *sk_term_to_message(const sk_term_value *term, sk_arena *arena);
Schakel__V1__PairValues *sk_pair_values_to_message(const sk_pair_values *values, sk_arena *arena);
Schakel__V1__Appointment *sk_appointment_to_message(const sk_appointment *appointment,
                                                    sk_arena *arena);
Schakel__V1__Relaxed *sk_relaxed_to_message(const sk_relaxed *relaxed, sk_arena *arena);
Schakel__V1__Suggestion *sk_suggestion_to_message(const sk_suggestion *suggestion, sk_arena *arena);
Schakel__V1__Event *sk_event_to_message(const sk_event *event, sk_arena *arena);
Schakel__V1__Notice *sk_notice_to_message(const sk_notice *notice, sk_arena *arena);
Schakel__V1__Area *sk_area_to_message(const sk_area *area, sk_arena *arena);
Schakel__V1__Connector *sk_connector_to_message(const sk_connector *connector, sk_arena *arena);
/** The hash is for the store; an answer goes without. */
Schakel__V1__Token *sk_token_to_message(const sk_token *token, bool with_hash, sk_arena *arena);
Schakel__V1__DryRunCounts *sk_dry_counts_to_message(const sk_dry_counts *counts, sk_arena *arena);
Schakel__V1__DryRunSummary *sk_dry_summary_to_message(const sk_dry_summary *summary,
                                                      sk_arena *arena);
/** An empty `source` stays out. */
Schakel__V1__RulesRecord *sk_rules_to_message(const sk_rules_record *record, sk_arena *arena);
Schakel__V1__Taxonomy *sk_taxonomy_to_message(const sk_category *categories, size_t count,
                                              const sk_related *related, size_t related_count,
                                              sk_arena *arena);
