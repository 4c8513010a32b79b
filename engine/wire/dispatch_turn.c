/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <sodium.h>
#include <stdio.h>

/* What every operation needs: pieces of the answer, the engine's call with the hash of its content,
 * receipts, batches, and paths in errors. */

/* ---- Pieces of the answer ---- */

void *turn_make(turn *t, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = sk_arena_alloc(t->arena, type->sizeof_message);

    if (message)
        type->message_init(message);
    return message;
}

void *turn_pointers(turn *t, size_t count)
{
    return sk_arena_calloc(t->arena, count, sizeof(void *));
}

char *turn_str(turn *t, sk_str s)
{
    return sk_str_to_message(s, t->arena);
}

sk_status turn_no_memory(turn *t, sk_error *err)
{
    /* Only a large answer fills that much of the arenas before their caps are met. */
    if (sk_arena_used(t->arena) + sk_arena_used(t->scratch) > SK_RESPONSE_MAX)
        return sk_fail(err, SK_ELIMIT, "the answer would be too large; ask for less at a time");
    return sk_fail(err, SK_ENOMEM, "no memory for an answer");
}

Schakel__V1__Error *turn_make_error(turn *t, sk_status st, const sk_error *err)
{
    Schakel__V1__Error *out = turn_make(t, &schakel__v1__error__descriptor);
    sk_error said = *err;

    if (!out)
        return NULL;
    turn_say(st, &said);
    out->field = turn_str(t, sk_str_from(said.field));
    out->message = turn_str(t, sk_str_from(said.message));
    return out->field && out->message ? out : NULL;
}

/* ---- Errors ---- */

void turn_say(sk_status st, sk_error *err)
{
    static const char *const words[] = {
        [SK_EINVAL] = "the request cannot be carried out as it stands",
        [SK_ENOTFOUND] = "there is no such record",
        [SK_ECONFLICT] = "something else came first",
        [SK_EDENIED] = "this token has no right to that",
        [SK_EBUSY] = "the engine is busy; try again",
        [SK_ELIMIT] = "a limit was reached",
        [SK_EPROTO] = "the bytes are no request",
        [SK_EUNIMPL] = "this is not built yet",
        [SK_ENOMEM] = "the engine has no memory left for this",
        [SK_EIO] = "disk or network failed",
        [SK_ECORRUPT] = "stored bytes contradict themselves",
        [SK_EINTERNAL] = "a fault of the engine's own",
    };

    if (err->message[0] == '\0' && (size_t)st < sizeof(words) / sizeof(words[0]) && words[st])
        snprintf(err->message, sizeof(err->message), "%s", words[st]);
}

/** A conflict about `id` is about the request's own id, which stands outside the operation; only a
 *  party's id can be in conflict itself. */
static bool is_about_request(const turn *t, const sk_error *err)
{
    return err->status == SK_ECONFLICT && strcmp(err->field, "id") == 0 &&
           t->number != SCHAKEL__V1__REQUEST__OP_PUT_PARTIES;
}

void turn_place(const turn *t, const char *list, size_t item, sk_error *err)
{
    char prefix[96];

    if (is_about_request(t, err))
        return;
    if (list)
        snprintf(prefix, sizeof(prefix), "%s.%s[%zu].", t->operation->name, list, item);
    else
        snprintf(prefix, sizeof(prefix), "%s.", t->operation->name);
    sk_error_within(err, prefix);
}

/* ---- Calls and receipts ---- */

/** BLAKE2b-256 over the operation's number and the canonical bytes of the item. */
static sk_status hash_body(turn *t, const ProtobufCMessage *body, uint8_t out[32], sk_error *err)
{
    sk_buf bytes = {0};
    bool failed = false;

    sk_buf_u32(&bytes, t->number);
    sk_message_pack(body, &bytes);
    failed = bytes.failed ||
             crypto_generichash(out, 32, (const uint8_t *)bytes.data, bytes.size, NULL, 0) != 0;
    sk_buf_done(&bytes);
    return failed ? sk_fail(err, SK_ENOMEM, "no memory for a request") : SK_OK;
}

sk_status turn_call(turn *t, uint32_t item, const ProtobufCMessage *body, sk_call *out,
                    sk_error *err)
{
    sk_call call = {.actor = t->actor, .request_id = sk_str_from(t->request->id), .item = item};
    sk_status st = hash_body(t, body, call.body_hash, err);

    if (st == SK_OK)
        *out = call;
    return st;
}

static Schakel__V1__Receipts *make_receipts(turn *t, size_t count)
{
    Schakel__V1__Receipts *receipts = turn_make(t, &schakel__v1__receipts__descriptor);

    if (!receipts || (receipts->items = turn_pointers(t, count)) == NULL)
        return NULL;
    receipts->n_items = count;
    return receipts;
}

/** As the answer, once every item is there. */
static void answer_receipts(turn *t, Schakel__V1__Receipts *receipts)
{
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_RECEIPTS;
    t->response->receipts = receipts;
}

static char *make_warning(turn *t, const sk_receipt *receipt)
{
    static const char *const notes[] = {
        "a number that looks like a BSN was masked",
        "the point is not in the Netherlands; are lat and lon exchanged?",
        "the point lies outside all areas: no buurt, and no connector of one"};
    char text[256] = "";
    size_t size = 0;

    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
        if (receipt->notes >> i & 1)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", size ? "; " : "",
                                     notes[i]);
    if (receipt->examples_failed)
        snprintf(text, sizeof(text), "%u of its %u examples fail, so that it cannot be activated",
                 receipt->examples_failed, receipt->examples_run);
    return turn_str(t, sk_str_from(text));
}

/** The wire's form of an outcome; `st` other than SK_OK puts the error in. NULL: no memory. */
static Schakel__V1__Receipt *make_receipt(turn *t, sk_status st, const sk_receipt *receipt,
                                          const sk_error *err)
{
    Schakel__V1__Receipt *out = turn_make(t, &schakel__v1__receipt__descriptor);

    if (!out)
        return NULL;
    out->status = (Schakel__V1__Status)st;
    if (st != SK_OK) {
        out->error = turn_make_error(t, st, err);
        return out->error ? out : NULL;
    }
    out->id = turn_str(t, sk_str_from(receipt->id));
    out->version = receipt->version;
    out->created = receipt->created;
    out->repeated = receipt->repeated;
    out->suggestions_created = receipt->suggestions_created;
    out->event_seq = receipt->event_seq;
    out->warning = make_warning(t, receipt);
    return out->id && out->warning ? out : NULL;
}

sk_status turn_receipt(turn *t, sk_status st, const sk_receipt *receipt)
{
    Schakel__V1__Receipts *receipts = make_receipts(t, 1);

    if (st != SK_OK && t->err->field[0])
        turn_place(t, NULL, 0, t->err);
    t->placed = true;
    if (!receipts || (receipts->items[0] = make_receipt(t, st, receipt, t->err)) == NULL)
        return turn_no_memory(t, t->err);
    answer_receipts(t, receipts);
    return st;
}

/* ---- Batches ---- */

sk_status turn_check_count(turn *t, const char *list, size_t count)
{
    if (count == 0)
        return sk_fail_field(t->err, SK_EINVAL, list, "give at least one");
    if (count > SK_BATCH_MAX)
        return sk_fail_field(t->err, SK_ELIMIT, list, "%zu at once; at most %d are taken", count,
                             SK_BATCH_MAX);
    return SK_OK;
}

static sk_status put_one(turn *t, uint32_t number, const ProtobufCMessage *item, turn_put put,
                         sk_receipt *out, sk_error *err)
{
    sk_call call;
    sk_status st = turn_call(t, number, item, &call, err);

    sk_arena_reset(t->scratch);
    return st == SK_OK ? put(t, &call, item, out, err) : st;
}

sk_status turn_batch(turn *t, const char *list, ProtobufCMessage *const *items, size_t count,
                     turn_put put)
{
    Schakel__V1__Receipts *receipts = NULL;
    sk_status st = turn_check_count(t, list, count);

    if (st != SK_OK)
        return st;
    if ((receipts = make_receipts(t, count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count && !sk_engine_failed(t->engine); i++) {
        sk_receipt receipt = {0};
        sk_error err = {0};

        if ((st = put_one(t, (uint32_t)i, items[i], put, &receipt, &err)) != SK_OK)
            turn_place(t, list, i, &err);
        if ((receipts->items[i] = make_receipt(t, st, &receipt, &err)) == NULL)
            return turn_no_memory(t, t->err);
        if (st != SK_OK && count == 1) {
            *t->err = err;
            t->placed = true;
        }
    }
    answer_receipts(t, receipts);
    return count == 1 ? st : SK_OK;
}
