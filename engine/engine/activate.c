/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* A rule set becomes the law, and the way back.
 *
 *   activate   a set that is approved, or was active before; refused when it would withdraw more
 *              open suggestions at once than is allowed, counted with the test that follows
 *   roll back  the set that was active before this one, without that limit: who goes back is in a
 *              hurry
 *
 * Both are one command: the records of the old and the new set, the event, and what is left to do.
 * Open suggestions are tested again behind it (retest.c).
 *
 * CHAIN_NAME in meta is the way back: the hashes of the sets that were active before this one,
 * oldest first, 64 bytes each, at most SK_RULES_ACTIVATIONS. Activating adds the old set to its
 * end, rolling back takes it from there, so that rolling back twice goes back twice, and never to
 * what was rolled back. */

#define CHAIN_NAME "rules/chain"
#define HASH_SIZE 64u

typedef struct change {
    sk_rules_record record;
    sk_ruleset *rules;
    sk_str chain; /**< As it will be. */
    bool again;   /**< The active set itself, to start with a clean record. */
    bool back;
} change;

/* ---- The way back ---- */

static sk_status read_chain(sk_engine *e, sk_str *out, sk_error *err)
{
    sk_status st = sk_store_get_meta(e->store, SK_STR(CHAIN_NAME), e->cmd.arena, out, err);

    if (st == SK_ENOTFOUND)
        *out = SK_STR("");
    else if (st == SK_OK && out->size % HASH_SIZE != 0)
        return sk_fail(err, SK_ECORRUPT, "the list of earlier rule sets has the wrong size");
    return st == SK_ENOTFOUND ? SK_OK : st;
}

static sk_status longer_chain(sk_engine *e, sk_str *chain, sk_error *err)
{
    sk_str kept = *chain;

    if (kept.size >= SK_RULES_ACTIVATIONS * HASH_SIZE) {
        size_t drop = kept.size - (SK_RULES_ACTIVATIONS - 1) * HASH_SIZE;

        kept = (sk_str){kept.data + drop, kept.size - drop};
    }
    *chain = sk_arena_printf(e->cmd.arena, "%.*s%s", SK_STR_ARG(kept), e->rules_hash);
    return chain->data ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory to activate rules");
}

/* ---- What is noted ---- */

sk_status activation_note(sk_engine *e, sk_rules_record *record, const sk_rules_activation *note,
                          sk_error *err)
{
    size_t kept = record->activation_count;
    sk_rules_activation *items;

    if (kept >= SK_RULES_ACTIVATIONS)
        kept = SK_RULES_ACTIVATIONS - 1;
    items = sk_arena_calloc(e->cmd.arena, kept + 1, sizeof(*items));
    if (!items)
        return sk_fail(err, SK_ENOMEM, "no memory to activate rules");
    if (kept)
        memcpy(items, record->activations + record->activation_count - kept, kept * sizeof(*items));
    items[kept] = *note;
    record->activations = items;
    record->activation_count = kept + 1;
    return SK_OK;
}

static sk_status retire_active(sk_engine *e, sk_error *err)
{
    sk_rules_record record;
    sk_status st = rules_find(e, sk_str_from(e->rules_hash), &record, err);

    if (st != SK_OK)
        return st;
    record.state = SK_RULES_RETIRED;
    sk_batch_put_rules(e->cmd.batch, &record);
    return SK_OK;
}

/** The whole command, once all is checked. Takes change->rules. */
static sk_status carry_out(sk_engine *e, const sk_call *call, change *c, sk_receipt *out,
                           sk_error *err)
{
    sk_rules_activation note = {.at_ms = e->now_ms,
                                .by = call_token(call),
                                .by_name = token_name(e, call_token(call)),
                                .before = sk_arena_str(e->cmd.arena, sk_str_from(e->rules_hash)),
                                .rolled_back = c->back};
    sk_status st = note.before.data ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory to activate");

    if (st != SK_OK || (!c->again && (st = retire_active(e, err)) != SK_OK) ||
        (st = activation_note(e, &c->record, &note, err)) != SK_OK) {
        sk_ruleset_free(c->rules);
        command_cancel(e);
        return st;
    }
    c->record.state = SK_RULES_ACTIVE;
    c->record.activated_ms = e->now_ms;
    c->record.faults = NULL;
    c->record.fault_count = 0;
    rules_put(e, &c->record, "rules.activated");
    sk_batch_put_meta(e->cmd.batch, SK_STR(ACTIVE_NAME), c->record.hash);
    sk_batch_put_meta(e->cmd.batch, SK_STR(CHAIN_NAME), c->chain);
    pending_begin(e, false);
    if ((st = command_commit(e, c->record.hash, 1, false, out, err)) != SK_OK) {
        sk_ruleset_free(c->rules);
        return st;
    }
    rules_use(e, c->rules, &c->record);
    return pending_start(e, err);
}

/* ---- Activate ---- */

static sk_status check_state(const sk_engine *e, const sk_rules_record *record, sk_error *err)
{
    if (record->state == SK_RULES_PUSHED)
        return sk_fail_field(err, SK_ECONFLICT, "hash",
                             "a second person has to approve this rule set first");
    if (record->state == SK_RULES_ACTIVE && health_is_clean(e))
        return sk_fail_field(err, SK_ECONFLICT, "hash", "this rule set is active already");
    return SK_OK;
}

static sk_status check_share(sk_engine *e, sk_ruleset *rules, uint32_t percent, sk_error *err)
{
    size_t hit = count_unruly(e, rules), all = e->open_count;
    unsigned share = all ? (unsigned)((hit * 100 + all - 1) / all) : 0;

    if (hit < SK_MAX_CHANGE_LEAST || hit * 100 <= all * percent)
        return SK_OK;
    return sk_fail_field(err, SK_ELIMIT, "maxChangePercent",
                         "this would withdraw %zu of %zu open suggestions (%u %%), more than the "
                         "%u %% allowed at once: look at the dry run, or say --max-change %u",
                         hit, all, share, percent, share);
}

static sk_status prepare(sk_engine *e, sk_str hash, uint32_t percent, change *c, sk_error *err)
{
    sk_status st = rules_find(e, hash, &c->record, err);

    if (st != SK_OK || (st = check_state(e, &c->record, err)) != SK_OK ||
        (st = read_chain(e, &c->chain, err)) != SK_OK ||
        (st = rules_compile_stored(e, &c->record, &c->rules, err)) != SK_OK)
        return st;
    c->again = c->record.state == SK_RULES_ACTIVE;
    if ((st = check_share(e, c->rules, percent, err)) == SK_OK && !c->again)
        st = longer_chain(e, &c->chain, err);
    if (st != SK_OK)
        sk_ruleset_free(c->rules);
    return st;
}

sk_status sk_engine_activate_rules(sk_engine *e, const sk_call *call, sk_str hash,
                                   uint32_t max_change_percent, sk_receipt *out, sk_error *err)
{
    change c = {0};
    sk_status st = require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (max_change_percent > 100)
        st = sk_fail_field(err, SK_EINVAL, "maxChangePercent", "1 to 100, or none for %d",
                           SK_MAX_CHANGE_PERCENT);
    else
        st = prepare(e, hash, max_change_percent ? max_change_percent : SK_MAX_CHANGE_PERCENT, &c,
                     err);
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    return carry_out(e, call, &c, out, err);
}

/* ---- Roll back ---- */

static sk_status prepare_back(sk_engine *e, change *c, sk_error *err)
{
    sk_error inner = {0};
    sk_status st = read_chain(e, &c->chain, err);
    sk_str hash;

    if (st != SK_OK)
        return st;
    if (c->chain.size == 0)
        return sk_fail(err, SK_ECONFLICT, "there is no earlier rule set to go back to");
    c->chain.size -= HASH_SIZE;
    hash = (sk_str){c->chain.data + c->chain.size, HASH_SIZE};
    if ((st = rules_find(e, hash, &c->record, err)) != SK_OK)
        return st;
    if ((st = rules_compile_stored(e, &c->record, &c->rules, &inner)) == SK_OK)
        return SK_OK;
    return sk_fail(err, st, "the set before, %.*s (%.12s), cannot come back: %s",
                   SK_STR_ARG(c->record.name), hash.data, inner.message);
}

sk_status sk_engine_rollback_rules(sk_engine *e, const sk_call *call, sk_receipt *out,
                                   sk_error *err)
{
    change c = {.back = true};
    sk_status st = require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = prepare_back(e, &c, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    return carry_out(e, call, &c, out, err);
}
