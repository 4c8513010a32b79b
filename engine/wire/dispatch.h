/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside wire: one request on its way through the dispatcher, and what every operation needs. */

#include <schakel/v1/service.pb-c.h>

#include "codec/message.h"
#include "wire/wire.h"

#define SK_BATCH_MAX 256 /**< Items of a batch, queries of a match. */

struct operation;

typedef struct turn {
    sk_engine *engine;
    sk_arena *arena;   /**< The request and the answer. */
    sk_arena *scratch; /**< Model values of one item; reset before the next. */
    const sk_actor *actor;
    sk_actor named; /**< Whom the token of the request stands for. */
    const struct operation *operation;
    uint32_t number; /**< Of the operation: its field in Request. */
    const Schakel__V1__Request *request;
    Schakel__V1__Response *response;
    sk_dispatch_wait wait;
    sk_error *err;
    bool placed;       /**< The path in `err` is whole: it begins at the request. */
    uint32_t retry_ms; /**< With SK_EBUSY: when to ask again. */
} turn;

/** One operation. A failure leaves its path in t->err relative to the operation's own message. */
typedef struct operation {
    const char *name; /**< In JSON. */
    bool command;     /**< Answers receipts, and needs an id. */
    sk_status (*run)(turn *t);
} operation;

/* ---- dispatch_turn.c ---- */

/** A message in t->arena; NULL: see turn_no_memory. */
void *turn_make(turn *t, const ProtobufCMessageDescriptor *type);
/** `count` pointers, all NULL. */
void *turn_pointers(turn *t, size_t count);
char *turn_str(turn *t, sk_str s);
/** A piece of the answer could not be made: it is too large, or memory is out. */
sk_status turn_no_memory(turn *t, sk_error *err);

/** The command of this request, or of item `item` of it; `body` is what a resend has to repeat. */
sk_status turn_call(turn *t, uint32_t item, const ProtobufCMessage *body, sk_call *out,
                    sk_error *err);
/** What became of the one command of this request, as its answer. */
sk_status turn_receipt(turn *t, sk_status st, const sk_receipt *receipt);
Schakel__V1__Error *turn_make_error(turn *t, sk_status st, const sk_error *err);

/** Puts item `item` of the batch. Arrays of its value go into t->scratch. */
typedef sk_status (*turn_put)(turn *t, const sk_call *call, const ProtobufCMessage *item,
                              sk_receipt *out, sk_error *err);
/** Each item by itself; a batch of one answers for the request too. `list` names the field. */
sk_status turn_batch(turn *t, const char *list, ProtobufCMessage *const *items, size_t count,
                     turn_put put);
/** 1 to SK_BATCH_MAX. */
sk_status turn_check_count(turn *t, const char *list, size_t count);

/** The path of `err` made whole: operation and, unless NULL, the item of a list. */
void turn_place(const turn *t, const char *list, size_t item, sk_error *err);
/** What an error without words comes to. */
void turn_say(sk_status st, sk_error *err);

/* ---- Operations, by subject ---- */

sk_status run_put_listings(turn *t);
sk_status run_get_listing(turn *t);
sk_status run_list_listings(turn *t);
sk_status run_withdraw_listing(turn *t);
sk_status run_set_listing_status(turn *t);
sk_status run_put_parties(turn *t);
sk_status run_get_party(turn *t);
sk_status run_erase_party(turn *t);
sk_status run_export_party(turn *t);

sk_status run_match(turn *t);
sk_status run_why_not(turn *t);

sk_status run_list_suggestions(turn *t);
sk_status run_get_suggestion(turn *t);
sk_status run_decide(turn *t);
sk_status run_hand_over(turn *t);
sk_status run_undo(turn *t);
sk_status run_relax_case(turn *t);
sk_status run_set_appointments(turn *t);

sk_status run_put_connectors(turn *t);
sk_status run_list_connectors(turn *t);
sk_status run_put_areas(turn *t);
sk_status run_list_areas(turn *t);
sk_status run_find_area(turn *t);
sk_status run_put_taxonomy(turn *t);
sk_status run_get_taxonomy(turn *t);

sk_status run_push_rules(turn *t);
sk_status run_test_rules(turn *t);
sk_status run_dry_run_rules(turn *t);
sk_status run_get_dry_run(turn *t);
sk_status run_cancel_dry_run(turn *t);
sk_status run_approve_rules(turn *t);
sk_status run_activate_rules(turn *t);
sk_status run_rollback_rules(turn *t);
sk_status run_list_rules(turn *t);
sk_status run_get_rules(turn *t);

sk_status run_read_events(turn *t);
sk_status run_ack_events(turn *t);
sk_status run_export(turn *t);
sk_status run_get_status(turn *t);
sk_status run_backup(turn *t);
sk_status run_create_token(turn *t);
sk_status run_list_tokens(turn *t);
sk_status run_revoke_token(turn *t);
sk_status run_step_clock(turn *t);

sk_status run_take_messages(turn *t);
sk_status run_report_message(turn *t);
sk_status run_list_messages(turn *t);
sk_status run_retry_message(turn *t);
