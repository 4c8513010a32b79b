/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>

/* Reading the event log with a cursor, and acknowledging. What a consumer acknowledged is kept, so
 * that it goes on there after a restart of either. */

static sk_str cursor_name(sk_str consumer, char out[80])
{
    int size = snprintf(out, 80, "cursor/%.*s", SK_STR_ARG(consumer));

    return (sk_str){out, (size_t)size};
}

static sk_status cursor_get(sk_engine *e, sk_str consumer, sk_arena *arena, uint64_t *out,
                            sk_error *err)
{
    char name[80];
    sk_str value;
    sk_status st = sk_store_get_meta(e->store, cursor_name(consumer, name), arena, &value, err);

    *out = 0;
    if (st == SK_ENOTFOUND)
        return SK_OK;
    if (st != SK_OK)
        return st;
    for (size_t i = 0; i < value.size; i++)
        *out = *out << 8 | (uint8_t)value.data[i];
    return SK_OK;
}

uint64_t sk_engine_last_event(const sk_engine *e)
{
    return e->last_event;
}

sk_status sk_engine_read_events(sk_engine *e, const sk_actor *actor, uint64_t after,
                                sk_str consumer, uint32_t limit, sk_arena *arena,
                                const sk_event **out, size_t *out_count, uint64_t *out_last,
                                sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_EVENTS, err);

    if (st != SK_OK)
        return st;
    if (limit > 1000)
        return sk_fail_field(err, SK_EINVAL, "limit", "at most 1000");
    if (after == UINT64_MAX && consumer.size == 0)
        after = 0;
    if (after == UINT64_MAX) {
        if (!sk_id_valid(consumer))
            return sk_fail_field(err, SK_EINVAL, "consumer", "1-64 of A-Z a-z 0-9 . _ : -");
        if ((st = cursor_get(e, consumer, arena, &after, err)) != SK_OK)
            return st;
    }
    *out_last = e->last_event;
    *out_count = 0;
    *out = NULL;
    if (after >= e->last_event)
        return SK_OK;
    return sk_store_read_events(e->store, after, limit ? limit : 100, arena, out, out_count, err);
}

sk_status sk_engine_ack_events(sk_engine *e, const sk_call *call, sk_str consumer, uint64_t seq,
                               sk_receipt *out, sk_error *err)
{
    char name[80];
    uint8_t bytes[8];
    sk_status st = require_right(call->actor, RIGHT_EVENTS, err);

    if (st != SK_OK)
        return st;
    if (!sk_id_valid(consumer))
        return sk_fail_field(err, SK_EINVAL, "consumer", "1-64 of A-Z a-z 0-9 . _ : -");
    if ((st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if (seq > e->last_event) {
        command_cancel(e);
        return sk_fail_field(err, SK_EINVAL, "seq", "the newest event is %llu",
                             (unsigned long long)e->last_event);
    }
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(seq >> (56 - 8 * i));
    sk_batch_put_meta(e->cmd.batch, cursor_name(consumer, name), (sk_str){(char *)bytes, 8});
    return command_commit(e, consumer, seq, false, out, err);
}
