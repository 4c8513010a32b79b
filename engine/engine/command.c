/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <inttypes.h>
#include <stdlib.h>

/* The one way to change anything.
 *
 *   command_begin    time moves; what is due runs as commands of its own; a request that was
 *                    answered before gets that answer
 *   (the caller)     checks first, then changes memory and adds to the batch: step 1
 *   command_commit   step 2, open suggestions of the parties touched are tested again;
 *                    step 3, rounds; functions of rules that failed in them are counted;
 *                    step 4, who is told (notify.c); then one
 *                    batch with the records, the events, the clock, the idempotency record and the
 *                    audit line
 *
 * Until the caller changes something, command_cancel forgets the command. After that a failure
 * cannot be taken back in memory, so the engine stops (command_broken). */

sk_status list_push(u32_list *list, uint32_t value)
{
    void *items = list->items;

    if (!sk_grow(&items, &list->capacity, list->count + 1, sizeof(uint32_t)))
        return SK_ENOMEM;
    list->items = items;
    list->items[list->count++] = value;
    return SK_OK;
}

sk_str call_token(const sk_call *call)
{
    return call && call->actor ? call->actor->token_id : SK_STR("");
}

/* ---- Idempotency ---- */

/* Token, request and place in the batch; NUL keeps them apart, since ids hold none. */
static sk_str idem_key(sk_engine *e, const sk_call *call)
{
    return sk_arena_printf(e->cmd.arena, "%.*s%c%.*s%c%u", SK_STR_ARG(call->actor->token_id), 0,
                           SK_STR_ARG(call->request_id), 0, call->item);
}

#define NO_ID "*" /**< No id has this character. */
#define ALL_NOTES (SK_NOTE_MASKED | SK_NOTE_SWAPPED | SK_NOTE_OUTSIDE)

static void receipt_write(const sk_receipt *receipt, sk_buf *out)
{
    sk_buf_printf(out, "%s %" PRIu64 " %d %u %" PRIu64 " %u %u %u",
                  receipt->id[0] ? receipt->id : NO_ID, receipt->version, receipt->created,
                  receipt->suggestions_created, receipt->event_seq, receipt->notes,
                  receipt->examples_run, receipt->examples_failed);
}

/** The number after a space at `*at`, which moves behind it. */
static bool number_read(const char **at, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    uint64_t number = 0;

    if (**at != ' ' || (*at)[1] < '0' || (*at)[1] > '9')
        return false;
    number = strtoull(*at + 1, &end, 10);
    if (number > most)
        return false;
    *at = end;
    *out = number;
    return true;
}

static sk_status receipt_read(sk_str text, sk_receipt *out, sk_error *err)
{
    char line[192];
    sk_receipt receipt = {.repeated = true};
    uint64_t created = 0, suggestions = 0, notes = 0, run = 0, failed = 0;
    const char *at = NULL;
    size_t id_size = 0;

    if (text.size >= sizeof(line))
        return sk_fail(err, SK_ECORRUPT, "a stored answer is too long");
    memcpy(line, text.data, text.size);
    line[text.size] = '\0';
    id_size = strcspn(line, " ");
    at = line + id_size;
    if (id_size == 0 || id_size >= sizeof(receipt.id) ||
        !number_read(&at, UINT64_MAX, &receipt.version) || !number_read(&at, 1, &created) ||
        !number_read(&at, UINT32_MAX, &suggestions) ||
        !number_read(&at, UINT64_MAX, &receipt.event_seq) || !number_read(&at, ALL_NOTES, &notes) ||
        /* Answers of an earlier version end here. */
        (*at &&
         (!number_read(&at, SK_MAX_EXAMPLES, &run) || !number_read(&at, SK_MAX_EXAMPLES, &failed))))
        return sk_fail(err, SK_ECORRUPT, "a stored answer cannot be read");
    if (!sk_str_eq((sk_str){line, id_size}, SK_STR(NO_ID)))
        memcpy(receipt.id, line, id_size);
    receipt.created = created != 0;
    receipt.suggestions_created = (uint32_t)suggestions;
    receipt.notes = (uint32_t)notes;
    receipt.examples_run = (uint32_t)run;
    receipt.examples_failed = (uint32_t)failed;
    *out = receipt;
    return SK_OK;
}

/** Was this request answered before? SK_ENOTFOUND: no. */
static sk_status idem_look_up(sk_engine *e, const sk_call *call, sk_receipt *out, sk_error *err)
{
    uint8_t hash[32];
    sk_str stored, key = idem_key(e, call);
    sk_status st;

    if (!key.data)
        return sk_fail(err, SK_ENOMEM, "no memory for a request");
    if ((st = sk_store_get_idem(e->store, key, e->cmd.arena, hash, &stored, err)) != SK_OK)
        return st;
    if (memcmp(hash, call->body_hash, sizeof(hash)) != 0)
        return sk_fail_field(err, SK_ECONFLICT, "id",
                             "this request id was used within 24 hours with another content");
    return receipt_read(stored, out, err);
}

/* ---- Begin ---- */

static void command_reset(sk_engine *e)
{
    command *c = &e->cmd;

    for (size_t i = 0; i < c->stepped.count; i++)
        e->pairings[c->stepped.items[i]].stepped = false;
    sk_arena_reset(c->arena);
    sk_batch_clear(c->batch);
    c->call = NULL;
    c->touched.count = c->rounds.count = c->created.count = c->stepped.count = 0;
    c->record_count = 0;
    c->suggestions_created = 0;
    e->notices->told_count = 0;
    sk_matcher_forget_failures(e->matcher);
    c->first_event = e->last_event + 1;
}

void command_begin_own(sk_engine *e)
{
    SK_ASSERT(!e->cmd.running);
    command_reset(e);
    e->cmd.running = true;
}

sk_status command_begin(sk_engine *e, const sk_call *call, sk_receipt *out, sk_error *err)
{
    sk_status st = advance(e, err);

    if (st != SK_OK)
        return st;
    memset(out, 0, sizeof(*out));
    command_begin_own(e);
    e->cmd.call = call;
    if (call->request_id.size == 0)
        return SK_OK;
    if (!sk_id_valid(call->request_id)) {
        command_cancel(e);
        return sk_fail_field(err, SK_EINVAL, "id", "1-64 of A-Z a-z 0-9 . _ : - are allowed");
    }
    st = idem_look_up(e, call, out, err);
    if (st == SK_ENOTFOUND)
        return SK_OK;
    command_cancel(e);
    return st;
}

void command_cancel(sk_engine *e)
{
    sk_batch_clear(e->cmd.batch);
    e->cmd.running = false;
}

sk_status command_broken(sk_engine *e, sk_status status)
{
    e->cmd.running = false;
    e->failed = true;
    sk_log(SK_LOG_ERROR, "engine=stopped status=%s", sk_status_name(status));
    return status;
}

/* ---- What a command gathers ---- */

void touch_party(sk_engine *e, uint32_t party)
{
    if (list_push(&e->cmd.touched, party) != SK_OK)
        e->failed = true;
}

void want_round(sk_engine *e, uint32_t listing)
{
    if (list_push(&e->cmd.rounds, listing) != SK_OK)
        e->failed = true;
}

void want_rounds_of_party(sk_engine *e, uint32_t party)
{
    size_t count;
    const uint32_t *slots = sk_index_party_listings(e->index, party, &count);

    for (size_t i = 0; i < count; i++)
        want_round(e, slots[i]);
}

void pair_left_open(sk_engine *e, uint32_t demand, uint32_t supply)
{
    want_round(e, demand);
    want_rounds_of_party(e, sk_index_facts(e->index, supply)->party);
}

void emit_event(sk_engine *e, const sk_event *given)
{
    sk_event event = *given;

    event.seq = ++e->last_event;
    event.at_ms = e->now_ms;
    sk_batch_put_event(e->cmd.batch, &event);
    notify_told(e, &event);
}

void emit(sk_engine *e, const char *type, sk_str listing, sk_str party, sk_str suggestion,
          sk_str detail)
{
    sk_event event = {.type = sk_str_from(type),
                      .listing_id = listing,
                      .party_id = party,
                      .suggestion_id = suggestion,
                      .detail = detail};

    if (suggestion.size)
        event.rules_hash = sk_str_from(e->rules_hash);
    emit_event(e, &event);
}

void emit_rules(sk_engine *e, const char *type, sk_str detail)
{
    sk_event event = {
        .type = sk_str_from(type), .detail = detail, .rules_hash = sk_str_from(e->rules_hash)};

    emit_event(e, &event);
}

static void write_audit(sk_engine *e, sk_str actor, const char *action, sk_str object)
{
    char at[32];
    sk_str line = sk_arena_printf(e->cmd.arena, "at=%.*s actor=%.*s action=%s object=%.*s",
                                  SK_STR_ARG(sk_time_format(e->now_ms, at)), SK_STR_ARG(actor),
                                  action, SK_STR_ARG(object));

    if (!line.data)
        e->failed = true;
    else
        sk_batch_put_audit(e->cmd.batch, ++e->audit_seq, e->now_ms, line);
}

void audit(sk_engine *e, const char *action, sk_str object)
{
    write_audit(e, call_token(e->cmd.call), action, object);
}

void audit_own(sk_engine *e, const char *action, sk_str object)
{
    write_audit(e, SK_STR(""), action, object);
}

/* ---- Commit ---- */

/* The engine's own numbers, as one small value with each command. */
static void put_numbers(sk_engine *e)
{
    const uint64_t numbers[3] = {(uint64_t)e->now_ms, (uint64_t)e->next_midnight_ms, e->audit_seq};
    uint8_t bytes[24];

    for (int i = 0; i < 24; i++)
        bytes[i] = (uint8_t)(numbers[i / 8] >> (56 - 8 * (i % 8)));
    sk_batch_put_meta(e->cmd.batch, SK_STR(ENGINE_NUMBERS), (sk_str){(const char *)bytes, 24});
}

static void idem_store(sk_engine *e, const sk_receipt *receipt)
{
    const sk_call *call = e->cmd.call;
    sk_buf text = {0};
    sk_str key;

    if (!call || call->request_id.size == 0)
        return;
    key = idem_key(e, call);
    e->idem_end_ms = e->now_ms + SK_IDEM_LIFE_MS;
    receipt_write(receipt, &text);
    if (key.data && !text.failed)
        sk_batch_put_idem(e->cmd.batch, key, e->now_ms, call->body_hash, sk_buf_view(&text));
    else
        e->failed = true;
    sk_buf_done(&text);
}

sk_status command_commit(sk_engine *e, sk_str id, uint64_t version, bool created, sk_receipt *out,
                         sk_error *err)
{
    sk_receipt receipt = {.version = version, .created = created};
    sk_status st;

    SK_ASSERT(e->cmd.running && id.size < sizeof(receipt.id));
    if ((st = retest_touched(e, err)) != SK_OK || (st = run_rounds(e, err)) != SK_OK ||
        (st = records_write(e)) != SK_OK || (st = health_account(e, err)) != SK_OK ||
        (st = notify_step(e, err)) != SK_OK)
        return command_broken(e, st);
    memcpy(receipt.id, id.data, id.size);
    receipt.suggestions_created = e->cmd.suggestions_created;
    receipt.event_seq = e->last_event;
    if (out) {
        receipt.notes = out->notes;
        receipt.examples_run = out->examples_run;
        receipt.examples_failed = out->examples_failed;
    }
    idem_store(e, &receipt);
    put_numbers(e);
    if (e->failed || (st = sk_store_write(e->store, e->cmd.batch, err)) != SK_OK)
        return command_broken(e, st == SK_OK ? SK_ENOMEM : st);
    e->commands++;
    e->cmd.running = false;
    if (out)
        *out = receipt;
    return SK_OK;
}
