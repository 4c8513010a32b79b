/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <pthread.h>

/* Suggestions are as many as listings, and opening has to wait for both. So a second thread reads
 * and decodes them while the engine thread fills the index, and keeps what memory needs of each:
 * numbers in one array, ids as text in one buffer. Both are given back when the engine has them. */

typedef struct slim {
    int64_t created_ms, until_ms, connected_ms, score;
    uint64_t version;
    size_t text; /**< Where its strings begin: id, demand, supply, assignee. */
    uint8_t sizes[4];
    uint8_t state;
    bool has_appointments;
} slim;

struct early_reader {
    sk_store *store;
    const load_lens *lens; /**< May be NULL. */
    pthread_t thread;
    slim *items;
    size_t count, capacity;
    sk_buf text;
    sk_status status;
    sk_error error;
};

static sk_status keep(early_reader *reader, const sk_suggestion *s, sk_error *err)
{
    const sk_str strings[4] = {s->id, s->demand_id, s->supply_id, s->assignee};
    void *items = reader->items;
    slim *item;

    if (!sk_grow(&items, &reader->capacity, reader->count + 1, sizeof(slim)))
        return sk_fail(err, SK_ENOMEM, "no memory for suggestions");
    reader->items = items;
    item = &reader->items[reader->count++];
    *item = (slim){.created_ms = s->created_ms,
                   .until_ms = s->until_ms,
                   .connected_ms = s->connected_ms,
                   .score = s->score,
                   .version = s->version,
                   .text = reader->text.size,
                   .state = (uint8_t)s->state,
                   .has_appointments = s->appointment_count > 0};
    for (int i = 0; i < 4; i++) {
        item->sizes[i] = (uint8_t)strings[i].size;
        sk_buf_str(&reader->text, strings[i]);
    }
    return reader->text.failed ? sk_fail(err, SK_ENOMEM, "no memory for suggestions") : SK_OK;
}

static sk_status keep_seen(void *context, const sk_suggestion *stored, sk_error *err)
{
    early_reader *reader = context;
    sk_suggestion s = *stored;
    sk_status st = SK_OK;

    if (reader->lens)
        st = reader->lens->suggestion(reader->lens->context, &s, err);
    if (st != SK_OK)
        return st == SK_ENOTFOUND ? SK_OK : st;
    return keep(reader, &s, err);
}

static void *read_all(void *argument)
{
    early_reader *reader = argument;

    reader->status =
        sk_store_each_suggestion(reader->store, SK_STR(""), keep_seen, reader, &reader->error);
    return NULL;
}

sk_status early_start(sk_store *store, const load_lens *lens, early_reader **out, sk_error *err)
{
    early_reader *reader = sk_calloc(1, sizeof(*reader));

    if (!reader)
        return sk_fail(err, SK_ENOMEM, "no memory to open the engine");
    reader->store = store;
    reader->lens = lens;
    if (pthread_create(&reader->thread, NULL, read_all, reader) != 0) {
        sk_free(reader);
        return sk_fail(err, SK_EIO, "cannot start a thread to read suggestions");
    }
    *out = reader;
    return SK_OK;
}

static sk_suggestion widen(const early_reader *reader, const slim *item)
{
    sk_str strings[4];
    size_t at = item->text;

    for (int i = 0; i < 4; i++) {
        strings[i] = (sk_str){reader->text.data + at, item->sizes[i]};
        at += item->sizes[i];
    }
    return (sk_suggestion){.id = strings[0],
                           .demand_id = strings[1],
                           .supply_id = strings[2],
                           .assignee = strings[3],
                           .state = (sk_state)item->state,
                           .version = item->version,
                           .score = item->score,
                           .created_ms = item->created_ms,
                           .until_ms = item->until_ms,
                           .connected_ms = item->connected_ms,
                           .appointment_count = item->has_appointments};
}

sk_status early_finish(early_reader *reader, sk_each_suggestion each, void *context, sk_error *err)
{
    sk_status st;

    pthread_join(reader->thread, NULL);
    st = reader->status;
    if (st != SK_OK && err)
        *err = reader->error;
    for (size_t i = 0; i < reader->count && each && st == SK_OK; i++) {
        sk_suggestion s = widen(reader, &reader->items[i]);

        st = each(context, &s, err);
    }
    sk_free(reader->items);
    sk_buf_done(&reader->text);
    sk_free(reader);
    return st;
}
