/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdlib.h>

/* Step 2 of a command: open suggestions that it may have made impossible are tested again, in order
 * of their ids, and withdrawn with the reason when they are. */

bool listing_open(const sk_engine *e, const sk_facts *f)
{
    return f->status == SK_LISTING_OPEN && e->now_ms < f->valid_until_ms && sk_facts_room(f) >= 1;
}

const char *closed_reason(const sk_facts *f, int64_t now_ms)
{
    switch ((sk_listing_status)f->status) {
    case SK_LISTING_PAUSED:
        return "paused";
    case SK_LISTING_FULFILLED:
        return "fulfilled";
    case SK_LISTING_WITHDRAWN:
        return "withdrawn";
    case SK_LISTING_EXPIRED:
        return "expired";
    default:
        break;
    }
    if (now_ms >= f->valid_until_ms)
        return "expired";
    return sk_facts_room(f) < 1 ? "filled" : "";
}

static sk_str open_reason(const sk_engine *e, const pairing *p)
{
    const sk_facts *d = sk_index_facts(e->index, p->demand);
    const sk_facts *s = sk_index_facts(e->index, p->supply);

    if (d->status != SK_LISTING_OPEN || s->status != SK_LISTING_OPEN)
        return SK_STR("closed");
    if (e->now_ms >= d->valid_until_ms || e->now_ms >= s->valid_until_ms)
        return SK_STR("expired");
    return SK_STR("filled");
}

static sk_str withdraw_reason(sk_engine *e, const pairing *p, sk_constraint failed, int hard)
{
    if (failed == SK_C_OPEN)
        return open_reason(e, p);
    if (failed == SK_C_RULES && hard >= 0)
        return sk_arena_printf(e->cmd.arena, "rule:%.*s",
                               SK_STR_ARG(sk_ruleset_hard_rule(e->rules, (uint32_t)hard)->name));
    return sk_str_from(sk_constraint_name(failed));
}

sk_status retest_one(sk_engine *e, uint32_t index, sk_error *err)
{
    pairing p = e->pairings[index];
    int hard = -1;
    sk_constraint failed = sk_match_test(e->matcher, p.demand, p.supply, e->now_ms, &hard);
    sk_str reason;
    sk_status st;

    if (failed == SK_C_NONE)
        return SK_OK;
    reason = withdraw_reason(e, &p, failed, hard);
    st = suggestion_step(e, index, SK_STATE_WITHDRAWN, "suggestion.withdrawn", reason, reason, err);
    if (st == SK_OK)
        pair_left_open(e, p.demand, p.supply);
    return st;
}

sk_status retest_touched(sk_engine *e, sk_error *err)
{
    u32_list open = {0};
    sk_status st = SK_OK;

    for (size_t i = 0; i < e->cmd.touched.count && st == SK_OK; i++)
        st = party_open_pairings(e, e->cmd.touched.items[i], &open);
    if (open.count)
        qsort(open.items, open.count, sizeof(uint32_t), compare_u32);
    for (size_t i = 0; i < open.count && st == SK_OK; i++) {
        uint32_t index = open.items[i];

        if ((i == 0 || open.items[i - 1] != index) &&
            sk_state_open((sk_state)e->pairings[index].state))
            st = retest_one(e, index, err);
    }
    sk_free(open.items);
    return st;
}

/* ---- After a change of taxonomy, areas or rules ---- */

static void put_pending(sk_engine *e)
{
    const uint64_t numbers[3] = {e->relocate_pending, e->retest_from, e->retest_end};
    sk_buf bytes = {0};

    for (int i = 0; i < 3; i++)
        sk_buf_u64(&bytes, numbers[i]);
    if (bytes.failed)
        e->failed = true;
    else
        sk_batch_put_meta(e->cmd.batch, SK_STR(ENGINE_PENDING), sk_buf_view(&bytes));
    sk_buf_done(&bytes);
}

/* Those that rounds add later were made under the new order already, so the end is known now. */
void pending_begin(sk_engine *e, bool relocate)
{
    e->relocate_pending = relocate;
    e->retest_from = 0;
    e->retest_end = e->last_event + 1;
    put_pending(e);
}

sk_status pending_piece(sk_engine *e, sk_error *err)
{
    size_t end = pairing_from(e, e->retest_end), tested = 0;
    size_t i = pairing_from(e, e->retest_from);
    sk_status st;

    command_begin_own(e);
    for (; i < end && tested < SK_RETEST_CHUNK; i++) {
        if (!sk_state_open((sk_state)e->pairings[i].state))
            continue;
        tested++;
        if ((st = retest_one(e, (uint32_t)i, err)) != SK_OK)
            return command_broken(e, st);
    }
    e->retest_from = i < end ? e->pairings[i].number : 0;
    e->retest_end = i < end ? e->retest_end : 0;
    put_pending(e);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

sk_status pending_start(sk_engine *e, sk_error *err)
{
    sk_status st = e->relocate_pending ? relocate_all(e, err) : SK_OK;

    e->relocate_pending = false;
    return st == SK_OK && e->retest_end ? pending_piece(e, err) : st;
}

bool sk_engine_has_work(const sk_engine *e)
{
    return e->retest_end != 0 && !e->failed;
}

static bool stands_under(sk_engine *e, sk_ruleset *rules, const pairing *p)
{
    int hard;

    sk_matcher_set_rules(e->matcher, rules);
    return sk_match_test(e->matcher, p->demand, p->supply, e->now_ms, &hard) == SK_C_NONE;
}

size_t count_unruly(sk_engine *e, sk_ruleset *rules)
{
    size_t count = 0;

    for (size_t i = 0; i < e->pairing_count; i++) {
        const pairing *p = &e->pairings[i];

        if (sk_state_open((sk_state)p->state) && !stands_under(e, rules, p))
            count += stands_under(e, e->rules, p);
    }
    sk_matcher_set_rules(e->matcher, e->rules);
    sk_matcher_forget_failures(e->matcher);
    return count;
}

sk_status pending_load(sk_engine *e, sk_error *err)
{
    uint64_t numbers[3] = {0};
    sk_str value;
    sk_status st = sk_store_get_meta(e->store, SK_STR(ENGINE_PENDING), e->cmd.arena, &value, err);

    if (st == SK_ENOTFOUND)
        return SK_OK;
    if (st == SK_OK && value.size != 24)
        return sk_fail(err, SK_ECORRUPT, "the engine's note of what is to do has the wrong size");
    if (st != SK_OK)
        return st;
    for (size_t i = 0; i < value.size; i++)
        numbers[i / 8] = numbers[i / 8] << 8 | (uint8_t)value.data[i];
    e->relocate_pending = numbers[0] != 0;
    e->retest_from = numbers[1];
    e->retest_end = numbers[2];
    return SK_OK;
}
