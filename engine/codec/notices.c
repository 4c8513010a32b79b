/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

/* Notices to messages and back: flat records, mostly of strings. */

typedef struct text_field {
    size_t model, message; /**< Offsets of the sk_str and of the char pointer. */
} text_field;

#define TEXT(model, message)                                                                       \
    {                                                                                              \
        offsetof(sk_notice, model), offsetof(Schakel__V1__Notice, message)                         \
    }

static const text_field texts[] = {
    TEXT(id, id),
    TEXT(recipient_id, recipient_id),
    TEXT(channel, channel),
    TEXT(rule, rule),
    TEXT(rules_hash, rules_hash),
    TEXT(on, on),
    TEXT(suggestion_id, suggestion_id),
    TEXT(listing_id, listing_id),
    TEXT(held_by, held_by),
    TEXT(reason, reason),
    TEXT(delivery_id, delivery_id),
};
#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

Schakel__V1__Notice *sk_notice_to_message(const sk_notice *notice, sk_arena *arena)
{
    Schakel__V1__Notice *out = sk_arena_alloc(arena, sizeof(*out));

    if (!out)
        return NULL;
    schakel__v1__notice__init(out);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const sk_str *text = (const sk_str *)((const char *)notice + texts[i].model);
        char **to = (char **)((char *)out + texts[i].message);

        if (text->size && !(*to = sk_str_to_message(*text, arena)))
            return NULL;
    }
    out->recipient_kind = (Schakel__V1__RecipientKind)notice->recipient_kind;
    out->state = (Schakel__V1__MessageState)notice->state;
    out->attempts = notice->attempts;
    out->failures = notice->failures;
    if (!sk_time_to_message(notice->created_ms, arena, &out->created_at) ||
        !sk_time_to_message(notice->due_ms, arena, &out->due_at) ||
        !sk_time_to_message(notice->changed_ms, arena, &out->changed_at) ||
        !sk_time_to_message(notice->sent_ms, arena, &out->sent_at))
        return NULL;
    return out;
}

sk_status sk_notice_from_message(const Schakel__V1__Notice *message, sk_notice *out, sk_error *err)
{
    sk_notice notice = {.recipient_kind = (sk_recipient)message->recipient_kind,
                        .state = (sk_message_state)message->state,
                        .attempts = message->attempts,
                        .failures = message->failures};
    sk_status st;

    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const char *text = *(char *const *)((const char *)message + texts[i].message);

        *(sk_str *)((char *)&notice + texts[i].model) = sk_str_from(text);
    }
    if ((st = sk_time_from_message(message->created_at, "createdAt", &notice.created_ms, err)) !=
            SK_OK ||
        (st = sk_time_from_message(message->due_at, "dueAt", &notice.due_ms, err)) != SK_OK ||
        (st = sk_time_from_message(message->changed_at, "changedAt", &notice.changed_ms, err)) !=
            SK_OK ||
        (st = sk_time_from_message(message->sent_at, "sentAt", &notice.sent_ms, err)) != SK_OK)
        return st;
    *out = notice;
    return SK_OK;
}
