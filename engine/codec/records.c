/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

/* Stored records: model values to bytes and back, by way of the generated messages. An encoder
 * builds the message in a short-lived arena and packs it; a decoder unpacks into the caller's
 * arena, where the strings of the result point into the message. */

static sk_status unpack(const ProtobufCMessageDescriptor *type, sk_str bytes, sk_arena *arena,
                        void *out, sk_error *err)
{
    ProtobufCMessage *message = NULL;
    sk_status st = SK_OK;

    if (bytes.size > SK_RECORD_MAX)
        return sk_fail(err, SK_ELIMIT, "a record of %zu bytes, more than %d", bytes.size,
                       SK_RECORD_MAX);
    if ((st = sk_message_unpack(type, bytes, SK_UNPACK_MEMORY(bytes.size), arena, &message, err)) ==
        SK_OK)
        *(ProtobufCMessage **)out = message;
    return st;
}

static void pack(const void *message, sk_buf *out)
{
    if (message)
        sk_message_pack(message, out);
    else
        out->failed = true;
}

/* `arena` and `out` are the encoder's, `message`, `arena`, `out` and `err` the decoder's. */
#define ENCODE(to_message)                                                                         \
    do {                                                                                           \
        sk_arena *arena = sk_arena_new(0);                                                         \
        pack(arena ? (to_message) : NULL, out);                                                    \
        sk_arena_free(arena);                                                                      \
    } while (0)
#define DECODE(Type, descriptor, from_message)                                                     \
    do {                                                                                           \
        Type *message = NULL;                                                                      \
        sk_status st = unpack(&(descriptor), bytes, arena, &message, err);                         \
        return st == SK_OK ? (from_message) : st;                                                  \
    } while (0)

void sk_encode_listing(const sk_listing *listing, sk_buf *out)
{
    ENCODE(sk_listing_to_message(listing, arena));
}

sk_status sk_decode_listing(sk_str bytes, sk_arena *arena, sk_listing *out, sk_error *err)
{
    DECODE(Schakel__V1__Listing, schakel__v1__listing__descriptor,
           sk_listing_from_message(message, arena, out, err));
}

void sk_encode_contact(const sk_contact *contact, sk_buf *out)
{
    ENCODE(sk_contact_to_message(contact, arena));
}

sk_status sk_decode_contact(sk_str bytes, sk_arena *arena, sk_contact *out, sk_error *err)
{
    DECODE(Schakel__V1__Contact, schakel__v1__contact__descriptor,
           sk_contact_from_message(message, out, err));
}

void sk_encode_suggestion(const sk_suggestion *suggestion, sk_buf *out)
{
    ENCODE(sk_suggestion_to_message(suggestion, arena));
}

sk_status sk_decode_suggestion(sk_str bytes, sk_arena *arena, sk_suggestion *out, sk_error *err)
{
    DECODE(Schakel__V1__Suggestion, schakel__v1__suggestion__descriptor,
           sk_suggestion_from_message(message, arena, out, err));
}

void sk_encode_event(const sk_event *event, sk_buf *out)
{
    ENCODE(sk_event_to_message(event, arena));
}

sk_status sk_decode_event(sk_str bytes, sk_arena *arena, sk_event *out, sk_error *err)
{
    DECODE(Schakel__V1__Event, schakel__v1__event__descriptor,
           sk_event_from_message(message, out, err));
}

void sk_encode_notice(const sk_notice *notice, sk_buf *out)
{
    ENCODE(sk_notice_to_message(notice, arena));
}

sk_status sk_decode_notice(sk_str bytes, sk_arena *arena, sk_notice *out, sk_error *err)
{
    DECODE(Schakel__V1__Notice, schakel__v1__notice__descriptor,
           sk_notice_from_message(message, out, err));
}

void sk_encode_area(const sk_area *area, sk_buf *out)
{
    ENCODE(sk_area_to_message(area, arena));
}

sk_status sk_decode_area(sk_str bytes, sk_arena *arena, sk_area *out, sk_error *err)
{
    DECODE(Schakel__V1__Area, schakel__v1__area__descriptor,
           sk_area_from_message(message, arena, out, err));
}

void sk_encode_connector(const sk_connector *connector, sk_buf *out)
{
    ENCODE(sk_connector_to_message(connector, arena));
}

sk_status sk_decode_connector(sk_str bytes, sk_arena *arena, sk_connector *out, sk_error *err)
{
    DECODE(Schakel__V1__Connector, schakel__v1__connector__descriptor,
           sk_connector_from_message(message, arena, out, err));
}

void sk_encode_rules(const sk_rules_record *record, sk_buf *out)
{
    ENCODE(sk_rules_to_message(record, arena));
}

sk_status sk_decode_rules(sk_str bytes, sk_arena *arena, sk_rules_record *out, sk_error *err)
{
    DECODE(Schakel__V1__RulesRecord, schakel__v1__rules_record__descriptor,
           sk_rules_from_message(message, arena, out, err));
}

void sk_encode_dry_summary(const sk_dry_summary *summary, sk_buf *out)
{
    ENCODE(sk_dry_summary_to_message(summary, arena));
}

sk_status sk_decode_dry_summary(sk_str bytes, sk_arena *arena, sk_dry_summary *out, sk_error *err)
{
    DECODE(Schakel__V1__DryRunSummary, schakel__v1__dry_run_summary__descriptor,
           sk_dry_summary_from_message(message, out, err));
}

void sk_encode_party(const sk_party *party, bool with_contact, sk_buf *out)
{
    ENCODE(sk_party_to_message(party, with_contact, arena));
}

sk_status sk_decode_party(sk_str bytes, sk_arena *arena, sk_party *out, sk_error *err)
{
    DECODE(Schakel__V1__Party, schakel__v1__party__descriptor,
           sk_party_from_message(message, arena, out, err));
}

void sk_encode_token(const sk_token *token, sk_buf *out)
{
    ENCODE(sk_token_to_message(token, true, arena));
}

sk_status sk_decode_token(sk_str bytes, sk_arena *arena, sk_token *out, sk_error *err)
{
    DECODE(Schakel__V1__Token, schakel__v1__token__descriptor,
           sk_token_from_message(message, arena, out, err));
}

void sk_encode_taxonomy(const sk_category *categories, size_t count, const sk_related *related,
                        size_t related_count, sk_buf *out)
{
    ENCODE(sk_taxonomy_to_message(categories, count, related, related_count, arena));
}

sk_status sk_decode_taxonomy(sk_str bytes, sk_arena *arena, const sk_category **out_categories,
                             size_t *out_count, const sk_related **out_related,
                             size_t *out_related_count, sk_error *err)
{
    DECODE(Schakel__V1__Taxonomy, schakel__v1__taxonomy__descriptor,
           sk_taxonomy_from_message(message, arena, out_categories, out_count, out_related,
                                    out_related_count, err));
}
