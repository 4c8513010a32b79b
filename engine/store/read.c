/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

/* Single records, and events after a cursor. Bytes are decoded straight from RocksDB's block (the
 * decoders copy into the caller's arena), so a read copies once. */

/* ---- Values ---- */

sk_status store_get(sk_store *store, family f, sk_str key, rocksdb_pinnableslice_t **out,
                    sk_str *out_value, sk_error *err)
{
    char *message = NULL;
    rocksdb_pinnableslice_t *slice = rocksdb_get_pinned_cf(
        store->db, store->read, store->families[f], key.data, key.size, &message);

    if (message)
        return store_fail(err, message, family_name(f));
    if (!slice)
        return sk_fail(err, SK_ENOTFOUND, "no %s \"%.*s\"", family_name(f),
                       (int)(key.size < 100 ? key.size : 100), key.data);
    out_value->data = rocksdb_pinnableslice_value(slice, &out_value->size);
    *out = slice;
    return SK_OK;
}

sk_status store_has(sk_store *store, family f, sk_str key, bool *out, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0};
    const sk_status st = store_get(store, f, key, &slice, &value, err);

    if (st != SK_OK && st != SK_ENOTFOUND)
        return st;
    *out = st == SK_OK;
    if (slice)
        rocksdb_pinnableslice_destroy(slice);
    return SK_OK;
}

sk_status store_message(sk_str value, sk_str *out, sk_error *err)
{
    return value_find(value, SECTION_MESSAGE, out, err);
}

/* ---- Listings and parties ---- */

static sk_status split_texts(sk_str plain, sk_listing *out, sk_error *err)
{
    const unsigned char *b = (const unsigned char *)plain.data;
    size_t size = 0;

    if (plain.size >= 4)
        size = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | (size_t)b[3];
    if (plain.size < 4 || plain.size - 4 < size)
        return sk_fail(err, SK_ECORRUPT, "the sealed texts of a listing are cut");
    out->title = (sk_str){plain.data + 4, size};
    out->description = (sk_str){plain.data + 4 + size, plain.size - 4 - size};
    return SK_OK;
}

sk_status store_listing_from(sk_store *store, sk_str value, bool texts, sk_arena *arena,
                             sk_listing *out, sk_error *err)
{
    sk_str message, sealed, plain;
    sk_listing listing;
    bool readable = false;
    sk_status st = store_message(value, &message, err);

    if (st != SK_OK || (st = value_find(value, SECTION_SEALED, &sealed, err)) != SK_OK)
        return st;
    if ((st = sk_decode_listing(message, arena, &listing, err)) != SK_OK)
        return st;
    if (texts && sealed.size) {
        st = keys_unseal(&store->keys, listing.party_id, "listing", listing.id, sealed, arena,
                         &plain, &readable, err);
        if (st == SK_OK && readable)
            st = split_texts(plain, &listing, err);
    }
    if (st == SK_OK)
        *out = listing;
    return st;
}

sk_status sk_store_get_listing(sk_store *store, sk_str id, sk_arena *arena, sk_listing *out,
                               sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0};
    sk_status st = store_get(store, FAMILY_LISTING, id, &slice, &value, err);

    if (st != SK_OK)
        return st;
    st = store_listing_from(store, value, true, arena, out, err);
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

sk_status store_party_contact(sk_store *store, sk_str id, sk_arena *arena, sk_party *party,
                              sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, sealed, plain = {0};
    sk_contact contact;
    bool readable = false;
    sk_status st = store_get(store, FAMILY_SECRET, id, &slice, &value, err);

    if (st == SK_ENOTFOUND)
        return SK_OK;
    if (st != SK_OK)
        return st;
    if ((st = value_find(value, SECTION_SEALED, &sealed, err)) != SK_OK)
        goto out;
    st = keys_unseal(&store->keys, id, "secret", id, sealed, arena, &plain, &readable, err);
    if (st != SK_OK || !readable)
        goto out;
    if ((st = sk_decode_contact(plain, arena, &contact, err)) == SK_OK) {
        party->has_contact = true;
        party->contact = contact;
    }
out:
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

sk_status sk_store_get_party(sk_store *store, sk_str id, bool with_contact, sk_arena *arena,
                             sk_party *out, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, message;
    sk_party party;
    sk_status st = store_get(store, FAMILY_PARTY, id, &slice, &value, err);

    if (st != SK_OK)
        return st;
    if ((st = store_message(value, &message, err)) == SK_OK)
        st = sk_decode_party(message, arena, &party, err);
    rocksdb_pinnableslice_destroy(slice);
    if (st == SK_OK && with_contact)
        st = store_party_contact(store, id, arena, &party, err);
    if (st == SK_OK)
        *out = party;
    return st;
}

/* ---- Other records ---- */

sk_status sk_store_get_suggestion(sk_store *store, sk_str id, sk_arena *arena, sk_suggestion *out,
                                  sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, message;
    sk_status st = store_get(store, FAMILY_SUGGESTION, id, &slice, &value, err);

    if (st != SK_OK)
        return st;
    if ((st = store_message(value, &message, err)) == SK_OK)
        st = sk_decode_suggestion(message, arena, out, err);
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

sk_status sk_store_get_rules(sk_store *store, sk_str hash, sk_arena *arena, sk_rules_record *out,
                             sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, message;
    sk_status st = store_get(store, FAMILY_RULES, hash, &slice, &value, err);

    if (st != SK_OK)
        return st;
    if ((st = store_message(value, &message, err)) == SK_OK)
        st = sk_decode_rules(message, arena, out, err);
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

/* Get `prefix` and `name` together. */
static sk_status get_named(sk_store *store, family f, const char *prefix, sk_str name,
                           rocksdb_pinnableslice_t **out, sk_str *out_value, sk_error *err)
{
    sk_buf key = {0};
    sk_status st = SK_OK;

    sk_buf_text(&key, prefix);
    sk_buf_str(&key, name);
    st = key.failed ? sk_fail(err, SK_ENOMEM, "out of memory")
                    : store_get(store, f, sk_buf_view(&key), out, out_value, err);
    sk_buf_done(&key);
    return st;
}

sk_status sk_store_get_meta(sk_store *store, sk_str name, sk_arena *arena, sk_str *out,
                            sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, copy;
    sk_status st = get_named(store, FAMILY_META, META_VALUE, name, &slice, &value, err);

    if (st != SK_OK)
        return st;
    copy = sk_arena_str(arena, value);
    rocksdb_pinnableslice_destroy(slice);
    if (!copy.data)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    *out = copy;
    return SK_OK;
}

sk_status sk_store_get_idem(sk_store *store, sk_str key, sk_arena *arena, uint8_t out_hash[32],
                            sk_str *out_receipt, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, record, receipt;
    sk_status st = get_named(store, FAMILY_IDEM, "k", key, &slice, &value, err);

    if (st != SK_OK)
        return st;
    if ((st = value_find(value, SECTION_IDEM, &record, err)) != SK_OK)
        goto out;
    if (record.size < 40) {
        st = sk_fail(err, SK_ECORRUPT, "an idempotency record is cut");
        goto out;
    }
    receipt = sk_arena_str(arena, (sk_str){record.data + 40, record.size - 40});
    if (!receipt.data) {
        st = sk_fail(err, SK_ENOMEM, "out of memory");
        goto out;
    }
    memcpy(out_hash, record.data + 8, 32);
    *out_receipt = receipt;
out:
    rocksdb_pinnableslice_destroy(slice);
    return st;
}

sk_status sk_store_get_taxonomy(sk_store *store, sk_taxonomy **out, sk_error *err)
{
    rocksdb_pinnableslice_t *slice = NULL;
    sk_str value = {0}, message;
    const sk_category *categories = NULL;
    const sk_related *related = NULL;
    size_t count = 0, related_count = 0;
    sk_arena *arena = sk_arena_new(0);
    sk_status st = SK_OK;

    if (!arena)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    if ((st = store_get(store, FAMILY_META, SK_STR(META_TAXONOMY), &slice, &value, err)) != SK_OK)
        goto out;
    if ((st = store_message(value, &message, err)) != SK_OK)
        goto out;
    st = sk_decode_taxonomy(message, arena, &categories, &count, &related, &related_count, err);
    if (st == SK_OK)
        st = sk_taxonomy_new(categories, count, related, related_count, out, err);
out:
    if (slice)
        rocksdb_pinnableslice_destroy(slice);
    sk_arena_free(arena);
    return st;
}

/* ---- Events ---- */

sk_status sk_store_last_event(sk_store *store, uint64_t *out_seq, sk_error *err)
{
    rocksdb_iterator_t *it =
        rocksdb_create_iterator_cf(store->db, store->walk, store->families[FAMILY_EVENT]);
    sk_status st = SK_OK;
    uint64_t seq = 0;
    size_t size = 0;
    char *message = NULL;

    rocksdb_iter_seek_to_last(it);
    if (rocksdb_iter_valid(it)) {
        const char *key = rocksdb_iter_key(it, &size);

        if (size == 8)
            seq = value_u64(key);
        else
            st = sk_fail(err, SK_ECORRUPT, "the last event has a broken key");
    }
    rocksdb_iter_get_error(it, &message);
    rocksdb_iter_destroy(it);
    if (message)
        return store_fail(err, message, "reading events");
    if (st == SK_OK)
        *out_seq = seq;
    return st;
}

typedef struct event_page {
    sk_event *events;
    size_t count, max;
    sk_arena *arena;
} event_page;

static sk_status read_page(rocksdb_iterator_t *it, event_page *page, sk_error *err)
{
    sk_status st = SK_OK;

    for (; page->count < page->max && rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
        sk_str value = {0}, message;

        value.data = rocksdb_iter_value(it, &value.size);
        if ((st = store_message(value, &message, err)) != SK_OK ||
            (st = sk_decode_event(message, page->arena, &page->events[page->count], err)) != SK_OK)
            return st;
        page->count++;
    }
    return SK_OK;
}

sk_status sk_store_read_events(sk_store *store, uint64_t after, size_t max, sk_arena *arena,
                               const sk_event **out, size_t *out_count, sk_error *err)
{
    uint64_t last = 0;
    event_page page = {.arena = arena};
    sk_buf key = {0};
    char *message = NULL;
    sk_status st = sk_store_last_event(store, &last, err);

    if (st != SK_OK)
        return st;
    if (last > after)
        page.max = last - after < max ? (size_t)(last - after) : max;
    page.events = sk_arena_calloc(arena, page.max + 1, sizeof *page.events);
    if (page.max > 0)
        sk_buf_u64(&key, after + 1);
    if (!page.events || key.failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    rocksdb_iterator_t *it =
        rocksdb_create_iterator_cf(store->db, store->read, store->families[FAMILY_EVENT]);

    rocksdb_iter_seek(it, key.data, key.size);
    st = page.max > 0 ? read_page(it, &page, err) : SK_OK;
    rocksdb_iter_get_error(it, &message);
    rocksdb_iter_destroy(it);
    sk_buf_done(&key);
    if (message)
        st = store_fail(err, message, "reading events");
    if (st != SK_OK)
        return st;
    *out = page.events;
    *out_count = page.count;
    return SK_OK;
}
