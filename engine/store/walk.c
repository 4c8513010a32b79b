/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

/* Walks over one family in key order, each over a consistent view: a RocksDB iterator sees the
 * state of the moment it was made. Values are handed out in an arena that is reset after each. */

/* ---- The walk ---- */

static void seek(rocksdb_iterator_t *it, const sk_buf *from, sk_str after)
{
    rocksdb_iter_seek(it, from->data, from->size);
    if (after.size == 0 || !rocksdb_iter_valid(it))
        return;
    sk_str key;

    key.data = rocksdb_iter_key(it, &key.size);
    if (sk_str_eq(key, sk_buf_view(from)))
        rocksdb_iter_next(it);
}

static sk_status run(rocksdb_iterator_t *it, sk_str prefix, store_visit visit, void *context,
                     sk_arena *arena, sk_error *err)
{
    sk_status st = SK_OK;

    for (; st == SK_OK && rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
        sk_str key, value;

        key.data = rocksdb_iter_key(it, &key.size);
        if (!sk_str_starts(key, prefix))
            return SK_OK;
        value.data = rocksdb_iter_value(it, &value.size);
        key = (sk_str){key.data + prefix.size, key.size - prefix.size};
        st = visit(context, key, value, arena, err);
        sk_arena_reset(arena);
    }
    return st;
}

sk_status store_walk(sk_store *store, family f, sk_str prefix, sk_str after, store_visit visit,
                     void *context, sk_error *err)
{
    sk_arena *arena = sk_arena_new(0);
    sk_buf from = {0};
    char *message = NULL;
    sk_status st = SK_OK;

    if (!store->families[f]) { /* An older format, opened for reading. */
        sk_arena_free(arena);
        return SK_OK;
    }
    sk_buf_str(&from, prefix);
    sk_buf_str(&from, after);
    if (!arena || from.failed) {
        sk_buf_done(&from);
        sk_arena_free(arena);
        return sk_fail(err, SK_ENOMEM, "out of memory");
    }
    rocksdb_iterator_t *it = rocksdb_create_iterator_cf(store->db, store->walk, store->families[f]);

    seek(it, &from, after);
    st = run(it, prefix, visit, context, arena, err);
    rocksdb_iter_get_error(it, &message);
    rocksdb_iter_destroy(it);
    if (message)
        st = store_fail(err, message, family_name(f));
    sk_buf_done(&from);
    sk_arena_free(arena);
    return st;
}

/* ---- Records ---- */

typedef struct each {
    sk_store *store;
    bool full; /**< With texts, or with contact details. */
    void *context;
    union {
        sk_each_listing listing;
        sk_each_party party;
        sk_each_suggestion suggestion;
        sk_each_notice notice;
        sk_each_connector connector;
        sk_each_token token;
        sk_each_area area;
        sk_each_rules rules;
        sk_each_audit audit;
    } call;
} each;

static sk_status visit_listing(void *context, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err)
{
    const each *e = context;
    sk_listing listing;
    const sk_status st = store_listing_from(e->store, value, e->full, arena, &listing, err);

    (void)key;
    return st == SK_OK ? e->call.listing(e->context, &listing, err) : st;
}

static sk_status visit_party(void *context, sk_str key, sk_str value, sk_arena *arena,
                             sk_error *err)
{
    const each *e = context;
    sk_str message;
    sk_party party;
    sk_status st = store_message(value, &message, err);

    if (st == SK_OK)
        st = sk_decode_party(message, arena, &party, err);
    if (st == SK_OK && e->full)
        st = store_party_contact(e->store, key, arena, &party, err);
    return st == SK_OK ? e->call.party(e->context, &party, err) : st;
}

/* The other kinds differ only in their type. */
#define VISIT(kind, type)                                                                          \
    static sk_status visit_##kind(void *context, sk_str key, sk_str value, sk_arena *arena,        \
                                  sk_error *err)                                                   \
    {                                                                                              \
        const each *e = context;                                                                   \
        sk_str message;                                                                            \
        type record;                                                                               \
        sk_status st = store_message(value, &message, err);                                        \
                                                                                                   \
        (void)key;                                                                                 \
        if (st == SK_OK)                                                                           \
            st = sk_decode_##kind(message, arena, &record, err);                                   \
        return st == SK_OK ? e->call.kind(e->context, &record, err) : st;                          \
    }

VISIT(suggestion, sk_suggestion)
VISIT(notice, sk_notice)
VISIT(connector, sk_connector)
VISIT(token, sk_token)
VISIT(area, sk_area)
VISIT(rules, sk_rules_record)

static sk_status visit_audit(void *context, sk_str key, sk_str value, sk_arena *arena,
                             sk_error *err)
{
    const each *e = context;
    sk_str record;
    const sk_status st = value_find(value, SECTION_AUDIT, &record, err);

    (void)arena;
    if (st != SK_OK)
        return st;
    if (key.size != 8 || record.size < 8)
        return sk_fail(err, SK_ECORRUPT, "an audit record is cut");
    return e->call.audit(e->context, value_u64(key.data), (int64_t)value_u64(record.data),
                         (sk_str){record.data + 8, record.size - 8}, err);
}

/* ---- The face ---- */

sk_status sk_store_each_listing(sk_store *store, sk_str after, bool texts, sk_each_listing call,
                                void *context, sk_error *err)
{
    each e = {.store = store, .full = texts, .context = context, .call.listing = call};

    return store_walk(store, FAMILY_LISTING, SK_STR(""), after, visit_listing, &e, err);
}

sk_status sk_store_each_party(sk_store *store, sk_str after, bool with_contact, sk_each_party call,
                              void *context, sk_error *err)
{
    each e = {.store = store, .full = with_contact, .context = context, .call.party = call};

    return store_walk(store, FAMILY_PARTY, SK_STR(""), after, visit_party, &e, err);
}

sk_status sk_store_each_suggestion(sk_store *store, sk_str after, sk_each_suggestion call,
                                   void *context, sk_error *err)
{
    each e = {.store = store, .context = context, .call.suggestion = call};

    return store_walk(store, FAMILY_SUGGESTION, SK_STR(""), after, visit_suggestion, &e, err);
}

sk_status sk_store_each_notice(sk_store *store, sk_each_notice call, void *context, sk_error *err)
{
    each e = {.store = store, .context = context, .call.notice = call};

    return store_walk(store, FAMILY_MESSAGE, SK_STR(""), SK_STR(""), visit_notice, &e, err);
}

sk_status sk_store_each_connector(sk_store *store, sk_each_connector call, void *context,
                                  sk_error *err)
{
    each e = {.store = store, .context = context, .call.connector = call};

    return store_walk(store, FAMILY_META, SK_STR(META_CONNECTOR), SK_STR(""), visit_connector, &e,
                      err);
}

sk_status sk_store_each_token(sk_store *store, sk_each_token call, void *context, sk_error *err)
{
    each e = {.store = store, .context = context, .call.token = call};

    return store_walk(store, FAMILY_META, SK_STR(META_TOKEN), SK_STR(""), visit_token, &e, err);
}

sk_status sk_store_each_area(sk_store *store, sk_each_area call, void *context, sk_error *err)
{
    each e = {.store = store, .context = context, .call.area = call};

    return store_walk(store, FAMILY_AREA, SK_STR(""), SK_STR(""), visit_area, &e, err);
}

sk_status sk_store_each_rules(sk_store *store, sk_each_rules call, void *context, sk_error *err)
{
    each e = {.store = store, .context = context, .call.rules = call};

    return store_walk(store, FAMILY_RULES, SK_STR(""), SK_STR(""), visit_rules, &e, err);
}

sk_status sk_store_each_audit(sk_store *store, uint64_t after, sk_each_audit call, void *context,
                              sk_error *err)
{
    each e = {.store = store, .context = context, .call.audit = call};
    sk_buf from = {0};

    sk_buf_u64(&from, after);
    if (from.failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    const sk_status st =
        store_walk(store, FAMILY_AUDIT, SK_STR(""), sk_buf_view(&from), visit_audit, &e, err);

    sk_buf_done(&from);
    return st;
}
