/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <stdio.h>

/* From older formats to the present one, in place.
 *
 *     format 1   values were bare messages, without the layout byte; event keys were 20 decimal
 *                digits; titles, descriptions and contact details stood unsealed in their messages
 *     format 2   as inner.h describes, without the family of messages
 *     format 3   as inner.h describes
 *
 * From 2 to 3 no record changes: the family is made when the store is opened, and what is left is
 * the version, so that an older program does not come back to messages that it would forget.
 *
 * From 1, each record is decoded as it was and put again through the present batch functions, so
 * that there is one way only to write. Steps go family by family, in chunks; a chunk's new records,
 * the deletions of old keys, and how far the step came ("step/last key" under "upgrade") are one
 * atomic write. A crash at any moment continues behind the last chunk, and never converts a record
 * twice. The new version is written last, after a compaction that takes the unsealed texts out of
 * the files.
 *
 * Parties come before listings, since a listing is sealed when its party is a resident. */

#define CHUNK_RECORDS 500

/* ---- Format 1 ---- */

static sk_status convert_party(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err)
{
    sk_party party;
    const sk_status st = sk_decode_party(value, arena, &party, err);

    (void)key;
    if (st == SK_OK)
        sk_batch_put_party(batch, &party);
    return st;
}

static sk_status convert_listing(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                                 sk_error *err)
{
    sk_listing listing;
    sk_party party = {0};
    sk_status st = sk_decode_listing(value, arena, &listing, err);

    (void)key;
    if (st != SK_OK)
        return st;
    st = sk_store_get_party(batch->store, listing.party_id, false, arena, &party, err);
    if (st != SK_OK && st != SK_ENOTFOUND)
        return st;
    sk_batch_put_listing(batch, &listing, party.kind == SK_PARTY_RESIDENT);
    return SK_OK;
}

static sk_status convert_event(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err)
{
    sk_event event;
    const sk_status st = sk_decode_event(value, arena, &event, err);

    if (st != SK_OK)
        return st;
    batch_delete(batch, FAMILY_EVENT, key);
    sk_batch_put_event(batch, &event);
    return SK_OK;
}

/* The bare message gets its layout byte and section head. */
static void wrap(sk_batch *batch, family f, sk_str key, sk_str value, section tag)
{
    value_begin(&batch->value);
    const size_t place = value_section_begin(&batch->value, tag);

    sk_buf_str(&batch->value, value);
    value_section_end(&batch->value, place);
    batch_put(batch, f, key, sk_buf_view(&batch->value));
}

static sk_status convert_suggestion(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                                    sk_error *err)
{
    (void)arena;
    (void)err;
    wrap(batch, FAMILY_SUGGESTION, key, value, SECTION_MESSAGE);
    return SK_OK;
}

static sk_status convert_rules(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err)
{
    (void)arena;
    (void)err;
    wrap(batch, FAMILY_RULES, key, value, SECTION_MESSAGE);
    return SK_OK;
}

static sk_status convert_area(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                              sk_error *err)
{
    (void)arena;
    (void)err;
    wrap(batch, FAMILY_AREA, key, value, SECTION_MESSAGE);
    return SK_OK;
}

static sk_status convert_meta(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                              sk_error *err)
{
    (void)arena;
    (void)err;
    if (sk_str_eq(key, SK_STR(META_TAXONOMY)) || sk_str_starts(key, SK_STR(META_CONNECTOR)) ||
        sk_str_starts(key, SK_STR(META_TOKEN)))
        wrap(batch, FAMILY_META, key, value, SECTION_MESSAGE);
    return SK_OK;
}

typedef sk_status (*converter)(sk_batch *batch, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err);

/* Format 1 kept neither idempotency records nor an audit log. */
static const struct {
    family f;
    converter convert;
} steps[] = {{FAMILY_PARTY, convert_party},
             {FAMILY_LISTING, convert_listing},
             {FAMILY_SUGGESTION, convert_suggestion},
             {FAMILY_EVENT, convert_event},
             {FAMILY_RULES, convert_rules},
             {FAMILY_AREA, convert_area},
             {FAMILY_META, convert_meta}};
#define STEP_COUNT (sizeof steps / sizeof *steps)

/* ---- Progress ---- */

typedef struct progress {
    sk_store *store;
    sk_batch *batch;
    size_t step;
    sk_buf last; /**< Key of the last record of `step` that is converted; empty: none. */
    size_t in_chunk;
} progress;

static sk_status read_progress(progress *p, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value;
    const sk_status st =
        store_get(p->store, FAMILY_META, SK_STR(META_UPGRADE), &slice, &value, err);

    if (st != SK_OK)
        return st == SK_ENOTFOUND ? SK_OK : st;
    if (value.size > 0) {
        p->step = (size_t)value.data[0];
        sk_buf_str(&p->last, (sk_str){value.data + 1, value.size - 1});
    }
    rocksdb_pinnableslice_destroy(slice);
    return p->last.failed ? sk_fail(err, SK_ENOMEM, "out of memory") : SK_OK;
}

/* Write the chunk together with how far it came. */
static sk_status write_chunk(progress *p, sk_error *err)
{
    sk_buf value = {0};
    const char step = (char)p->step;

    sk_buf_add(&value, &step, 1);
    sk_buf_str(&value, sk_buf_view(&p->last));
    if (value.failed || p->last.failed) {
        sk_buf_done(&value);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    batch_put(p->batch, FAMILY_META, SK_STR(META_UPGRADE), sk_buf_view(&value));
    sk_buf_done(&value);
    p->in_chunk = 0;
    return sk_store_write(p->store, p->batch, err);
}

/* Format 1's keys of events are the only ones that change; the new ones are met by the walk of a
 * continued upgrade, and passed by. */
static bool is_converted(family f, sk_str key)
{
    return f == FAMILY_EVENT && key.size == 8;
}

static sk_status convert_one(void *context, sk_str key, sk_str value, sk_arena *arena,
                             sk_error *err)
{
    progress *p = context;
    const family f = steps[p->step].f;
    sk_status st = SK_OK;

    if (is_converted(f, key) || (f == FAMILY_META && (sk_str_eq(key, SK_STR(META_FORMAT)) ||
                                                      sk_str_eq(key, SK_STR(META_UPGRADE)))))
        return SK_OK;
    if ((st = steps[p->step].convert(p->batch, key, value, arena, err)) != SK_OK)
        return st;
    sk_buf_reset(&p->last);
    sk_buf_str(&p->last, key);
    return ++p->in_chunk < CHUNK_RECORDS ? SK_OK : write_chunk(p, err);
}

static sk_status run_steps(progress *p, sk_error *err)
{
    sk_status st = SK_OK;

    while (p->step < STEP_COUNT) {
        /* `last` changes during the walk, which copies it at its start. */
        st = store_walk(p->store, steps[p->step].f, SK_STR(""), sk_buf_view(&p->last), convert_one,
                        p, err);
        if (st != SK_OK)
            return st;
        p->step++;
        sk_buf_reset(&p->last);
        if ((st = write_chunk(p, err)) != SK_OK)
            return st;
    }
    return SK_OK;
}

/* ---- The end ---- */

/* Take what was unsealed out of the log and the files. */
static void scrub(sk_store *store)
{
    static const family cleaned[] = {FAMILY_PARTY, FAMILY_LISTING};
    rocksdb_compactoptions_t *options = rocksdb_compactoptions_create();

    rocksdb_compactoptions_set_bottommost_level_compaction(options, 2); /* force */
    for (size_t i = 0; i < sizeof cleaned / sizeof *cleaned; i++)
        rocksdb_compact_range_cf_opt(store->db, store->families[cleaned[i]], options, NULL, 0, NULL,
                                     0);
    rocksdb_compactoptions_destroy(options);
}

static sk_status flush_all(sk_store *store, sk_error *err)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    char *message = NULL;

    rocksdb_flushoptions_set_wait(options, 1);
    for (int f = 0; f < FAMILY_COUNT && !message; f++)
        rocksdb_flush_cf(store->db, options, store->families[f], &message);
    rocksdb_flushoptions_destroy(options);
    return message ? store_fail(err, message, "upgrading the store") : SK_OK;
}

static sk_status finish(progress *p, sk_error *err)
{
    char text[16];
    const int size = snprintf(text, sizeof text, "%d", SK_STORE_FORMAT);
    sk_status st = keys_sync(&p->store->keys, err);

    if (st != SK_OK || (st = flush_all(p->store, err)) != SK_OK)
        return st;
    scrub(p->store);
    batch_put(p->batch, FAMILY_META, SK_STR(META_FORMAT), (sk_str){text, (size_t)size});
    batch_delete(p->batch, FAMILY_META, SK_STR(META_UPGRADE));
    return sk_store_write(p->store, p->batch, err);
}

sk_status store_upgrade(sk_store *store, uint32_t format, sk_error *err)
{
    progress p = {.store = store};
    sk_status st = SK_OK;

    if (format != 1 && format != 2)
        return sk_fail(err, SK_EINVAL, "the data folder has the unknown format %u", format);
    sk_log(SK_LOG_INFO, "store=upgrade from=%u to=%d", format, SK_STORE_FORMAT);
    if (!(p.batch = sk_batch_new(store)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = read_progress(&p, err)) != SK_OK)
        goto out;
    if (format == 1 && (st = run_steps(&p, err)) != SK_OK)
        goto out;
    st = finish(&p, err);
out:
    sk_buf_done(&p.last);
    sk_batch_free(p.batch);
    return st;
}
