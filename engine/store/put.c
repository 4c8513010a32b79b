/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <sodium.h>

/* Records to keys and values. Each addition fills the batch's own buffers, which are used again by
 * the next; RocksDB's write batch copies. What is to be sealed passes through `plain`, which is
 * wiped at once. */

/* ---- Parts ---- */

static bool stopped(const sk_batch *batch)
{
    return batch->status != SK_OK;
}

/* Put `prefix` and `id` together as the key. */
static sk_str named_key(sk_batch *batch, const char *prefix, sk_str id)
{
    sk_buf_reset(&batch->key);
    sk_buf_text(&batch->key, prefix);
    sk_buf_str(&batch->key, id);
    return sk_buf_view(&batch->key);
}

static sk_str number_key(sk_batch *batch, uint64_t number)
{
    sk_buf_reset(&batch->key);
    sk_buf_u64(&batch->key, number);
    return sk_buf_view(&batch->key);
}

static size_t begin_message(sk_batch *batch)
{
    value_begin(&batch->value);
    return value_section_begin(&batch->value, SECTION_MESSAGE);
}

static void put_message(sk_batch *batch, size_t place, family f, sk_str key)
{
    value_section_end(&batch->value, place);
    batch_put(batch, f, key, sk_buf_view(&batch->value));
}

/* Seal `plain` as a section of the value, and wipe it. */
static void seal_plain(sk_batch *batch, sk_str party_id, const char *name, sk_str id)
{
    const size_t place = value_section_begin(&batch->value, SECTION_SEALED);
    sk_error error;
    const sk_status st = keys_seal(&batch->store->keys, party_id, name, id,
                                   sk_buf_view(&batch->plain), &batch->value, &error);

    value_section_end(&batch->value, place);
    if (batch->plain.data)
        sodium_memzero(batch->plain.data, batch->plain.capacity);
    sk_buf_reset(&batch->plain);
    if (st != SK_OK)
        batch_fail(batch, st, &error);
}

static bool make_key(sk_batch *batch, sk_str party_id, key_want want)
{
    bool made = false;
    sk_error error;

    if (batch->store->read_only)
        return false; /* sk_store_write will say so. */
    const sk_status st = keys_make(&batch->store->keys, party_id, want, &made, &error);

    if (st != SK_OK)
        batch_fail(batch, st, &error);
    batch->new_keys = batch->new_keys || made;
    return st == SK_OK;
}

/* ---- Listings and parties ---- */

static void plain_texts(sk_batch *batch, const sk_listing *listing)
{
    sk_buf_reset(&batch->plain);
    sk_buf_u32(&batch->plain, (uint32_t)listing->title.size);
    sk_buf_str(&batch->plain, listing->title);
    sk_buf_str(&batch->plain, listing->description);
}

/* Texts that could not be read (their key is not here, as after a restore without keys/) come back
 * empty when the record is put again: what is sealed stays, so that the keys can still be brought.
 */
static void keep_sealed(sk_batch *batch, sk_str id)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value, sealed = SK_STR("");
    sk_error error;
    sk_status st = store_get(batch->store, FAMILY_LISTING, id, &slice, &value, &error);

    if (st == SK_OK && (st = value_find(value, SECTION_SEALED, &sealed, &error)) == SK_OK &&
        sealed.size) {
        const size_t place = value_section_begin(&batch->value, SECTION_SEALED);

        sk_buf_str(&batch->value, sealed);
        value_section_end(&batch->value, place);
    }
    if (slice)
        rocksdb_pinnableslice_destroy(slice);
    if (st != SK_OK && st != SK_ENOTFOUND)
        batch_fail(batch, st, &error);
}

void sk_batch_put_listing(sk_batch *batch, const sk_listing *listing, bool sealed)
{
    sk_listing shown = *listing;
    const bool texts = listing->title.size + listing->description.size > 0;

    if (stopped(batch) || (sealed && texts && !make_key(batch, listing->party_id, KEY_LISTING)))
        return;
    if (sealed)
        shown.title = shown.description = SK_STR("");
    const size_t place = begin_message(batch);

    sk_encode_listing(&shown, &batch->value);
    value_section_end(&batch->value, place);
    if (sealed && texts) {
        plain_texts(batch, listing);
        seal_plain(batch, listing->party_id, "listing", listing->id);
    } else if (sealed) {
        keep_sealed(batch, listing->id);
    }
    batch_put(batch, FAMILY_LISTING, listing->id, sk_buf_view(&batch->value));
}

void sk_batch_delete_listing(sk_batch *batch, sk_str id)
{
    batch_delete(batch, FAMILY_LISTING, id);
}

static void put_contact(sk_batch *batch, const sk_party *party)
{
    if (!party->has_contact) {
        batch_delete(batch, FAMILY_SECRET, party->id);
        return;
    }
    sk_buf_reset(&batch->plain);
    sk_encode_contact(&party->contact, &batch->plain);
    value_begin(&batch->value);
    seal_plain(batch, party->id, "secret", party->id);
    batch_put(batch, FAMILY_SECRET, party->id, sk_buf_view(&batch->value));
}

void sk_batch_put_party(sk_batch *batch, const sk_party *party)
{
    if (stopped(batch) || !make_key(batch, party->id, KEY_PARTY))
        return;
    const size_t place = begin_message(batch);

    sk_encode_party(party, false, &batch->value);
    put_message(batch, place, FAMILY_PARTY, party->id);
    put_contact(batch, party);
}

void sk_batch_delete_party(sk_batch *batch, sk_str id)
{
    batch_delete(batch, FAMILY_PARTY, id);
    batch_delete(batch, FAMILY_SECRET, id);
}

/* ---- Other records ---- */

void sk_batch_put_suggestion(sk_batch *batch, const sk_suggestion *suggestion)
{
    const size_t place = begin_message(batch);

    sk_encode_suggestion(suggestion, &batch->value);
    put_message(batch, place, FAMILY_SUGGESTION, suggestion->id);
}

void sk_batch_delete_suggestion(sk_batch *batch, sk_str id)
{
    batch_delete(batch, FAMILY_SUGGESTION, id);
}

void sk_batch_put_notice(sk_batch *batch, const sk_notice *notice)
{
    const size_t place = begin_message(batch);

    sk_encode_notice(notice, &batch->value);
    put_message(batch, place, FAMILY_MESSAGE, notice->id);
}

void sk_batch_delete_notice(sk_batch *batch, sk_str id)
{
    batch_delete(batch, FAMILY_MESSAGE, id);
}

void sk_batch_put_event(sk_batch *batch, const sk_event *event)
{
    const size_t place = begin_message(batch);

    sk_encode_event(event, &batch->value);
    put_message(batch, place, FAMILY_EVENT, number_key(batch, event->seq));
}

void sk_batch_put_connector(sk_batch *batch, const sk_connector *connector)
{
    const size_t place = begin_message(batch);

    sk_encode_connector(connector, &batch->value);
    put_message(batch, place, FAMILY_META, named_key(batch, META_CONNECTOR, connector->id));
}

void sk_batch_put_token(sk_batch *batch, const sk_token *token)
{
    const size_t place = begin_message(batch);

    sk_encode_token(token, &batch->value);
    put_message(batch, place, FAMILY_META, named_key(batch, META_TOKEN, token->id));
}

void sk_batch_put_area(sk_batch *batch, const sk_area *area)
{
    const size_t place = begin_message(batch);

    sk_encode_area(area, &batch->value);
    put_message(batch, place, FAMILY_AREA, area->code);
}

static sk_status clear_area(void *context, sk_str key, sk_str value, sk_arena *arena, sk_error *err)
{
    (void)value;
    (void)arena;
    (void)err;
    batch_delete(context, FAMILY_AREA, key);
    return SK_OK;
}

void sk_batch_clear_areas(sk_batch *batch)
{
    sk_error error;
    const sk_status st =
        store_walk(batch->store, FAMILY_AREA, SK_STR(""), SK_STR(""), clear_area, batch, &error);

    if (st != SK_OK)
        batch_fail(batch, st, &error);
}

void sk_batch_put_taxonomy(sk_batch *batch, const sk_category *categories, size_t count,
                           const sk_related *related, size_t related_count)
{
    const size_t place = begin_message(batch);

    sk_encode_taxonomy(categories, count, related, related_count, &batch->value);
    put_message(batch, place, FAMILY_META, SK_STR(META_TAXONOMY));
}

void sk_batch_put_rules(sk_batch *batch, const sk_rules_record *record)
{
    const size_t place = begin_message(batch);

    sk_encode_rules(record, &batch->value);
    put_message(batch, place, FAMILY_RULES, record->hash);
}

void sk_batch_put_meta(sk_batch *batch, sk_str name, sk_str value)
{
    batch_put(batch, FAMILY_META, named_key(batch, META_VALUE, name), value);
}

void sk_batch_put_audit(sk_batch *batch, uint64_t seq, int64_t now_ms, sk_str line)
{
    value_begin(&batch->value);
    const size_t place = value_section_begin(&batch->value, SECTION_AUDIT);

    sk_buf_u64(&batch->value, (uint64_t)now_ms);
    sk_buf_str(&batch->value, line);
    put_message(batch, place, FAMILY_AUDIT, number_key(batch, seq));
}

/* ---- Idempotency ---- */

/* Two rows: the record under its key, and its place in time, so that old ones are found without
 * looking at young ones. */
static sk_str time_key(sk_batch *batch, uint64_t time, sk_str key)
{
    sk_buf_reset(&batch->key);
    sk_buf_text(&batch->key, "t");
    sk_buf_u64(&batch->key, time);
    sk_buf_str(&batch->key, key);
    return sk_buf_view(&batch->key);
}

void sk_batch_put_idem(sk_batch *batch, sk_str key, int64_t now_ms, const uint8_t body_hash[32],
                       sk_str receipt)
{
    value_begin(&batch->value);
    const size_t place = value_section_begin(&batch->value, SECTION_IDEM);

    sk_buf_u64(&batch->value, value_time_key(now_ms));
    sk_buf_add(&batch->value, body_hash, 32);
    sk_buf_str(&batch->value, receipt);
    put_message(batch, place, FAMILY_IDEM, named_key(batch, "k", key));
    batch_put(batch, FAMILY_IDEM, time_key(batch, value_time_key(now_ms), key), SK_STR(""));
}

typedef struct expiry {
    sk_batch *batch;
    uint64_t before;
} expiry;

/* A record that was put again later stands under a younger time: only its old place goes. */
static sk_status record_time(sk_batch *batch, sk_str key, uint64_t *out, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value, record;
    sk_status st =
        store_get(batch->store, FAMILY_IDEM, named_key(batch, "k", key), &slice, &value, err);

    *out = UINT64_MAX;
    if (st != SK_OK)
        return st == SK_ENOTFOUND ? SK_OK : st;
    if ((st = value_find(value, SECTION_IDEM, &record, err)) == SK_OK && record.size >= 8)
        *out = value_u64(record.data);
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

static sk_status expire(void *context, sk_str key, sk_str value, sk_arena *arena, sk_error *err)
{
    const expiry *e = context;
    uint64_t time = 0;
    sk_status st = SK_OK;

    (void)value;
    (void)arena;
    if (key.size < 8)
        return sk_fail(err, SK_ECORRUPT, "an idempotency record has a broken key");
    if (value_u64(key.data) >= e->before)
        return SK_ECONFLICT; /* Ends the walk: all that follow are younger. */
    const sk_str name = {key.data + 8, key.size - 8};

    if ((st = record_time(e->batch, name, &time, err)) != SK_OK)
        return st;
    if (time < e->before)
        batch_delete(e->batch, FAMILY_IDEM, named_key(e->batch, "k", name));
    batch_delete(e->batch, FAMILY_IDEM, time_key(e->batch, value_u64(key.data), name));
    return SK_OK;
}

void sk_batch_delete_idem_before(sk_batch *batch, int64_t before_ms)
{
    expiry e = {batch, value_time_key(before_ms)};
    sk_error error;
    const sk_status st =
        store_walk(batch->store, FAMILY_IDEM, SK_STR("t"), SK_STR(""), expire, &e, &error);

    if (st != SK_OK && st != SK_ECONFLICT)
        batch_fail(batch, st, &error);
}
