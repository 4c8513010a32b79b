/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Reads everything once and says in plain English what is wrong.
 *
 * Opening is read-only, so that looking never changes what is looked at. Reading a block checks its
 * checksum; decoding checks the message; then ids are compared with keys, events must count from 1
 * without a gap, and what a record refers to must exist, unless its party was erased. Faults are
 * collected, not stopped at; only the first hundred are spelled out. No line holds more than ids.
 */

#define FAULTS_SPELLED 100

typedef struct inspection {
    sk_store *store;
    sk_buf *report;
    size_t faults;
    size_t records;    /**< Of the family being walked. */
    size_t unreadable; /**< Sealed parts whose key was destroyed. */
    uint64_t last_event;
} inspection;

/* ---- Saying ---- */

static void fault(inspection *in, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(inspection *in, const char *format, ...)
{
    char text[400];
    va_list args;

    if (++in->faults > FAULTS_SPELLED)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sk_buf_printf(in->report, "Fault: %s\n", text);
}

/* A status seen while reading a record: memory ends the walk, all else is a finding. */
static sk_status found(inspection *in, family f, sk_str key, sk_status st, const sk_error *error)
{
    if (st == SK_ENOMEM)
        return st;
    if (st != SK_OK)
        fault(in, "%s \"%.*s\": %s.", family_name(f), SK_STR_ARG(key), error->message);
    return SK_OK;
}

static void compare_id(inspection *in, family f, sk_str key, sk_str id)
{
    if (!sk_str_eq(key, id))
        fault(in, "%s \"%.*s\" is stored under another key, \"%.*s\".", family_name(f),
              SK_STR_ARG(id), SK_STR_ARG(key));
}

/* ---- References ---- */

static bool party_erased(inspection *in, sk_str party_id)
{
    bool erased = false;

    return keys_was_erased(&in->store->keys, party_id, &erased, NULL) == SK_OK && erased;
}

static void want_party(inspection *in, family f, sk_str key, sk_str party_id)
{
    bool there = false;

    if (store_has(in->store, FAMILY_PARTY, party_id, &there, NULL) == SK_OK && !there &&
        !party_erased(in, party_id))
        fault(in, "%s \"%.*s\" names the party \"%.*s\", which does not exist.", family_name(f),
              SK_STR_ARG(key), SK_STR_ARG(party_id));
}

static void want_listing(inspection *in, family f, sk_str key, sk_str listing_id, sk_str party_id)
{
    bool there = false;

    if (store_has(in->store, FAMILY_LISTING, listing_id, &there, NULL) == SK_OK && !there &&
        !party_erased(in, party_id))
        fault(in, "%s \"%.*s\" names the listing \"%.*s\", which does not exist.", family_name(f),
              SK_STR_ARG(key), SK_STR_ARG(listing_id));
}

/* A sealed part that does not open because its key is not there. */
static void count_unreadable(inspection *in, family f, sk_str key, sk_str party_id)
{
    in->unreadable++;
    if (!party_erased(in, party_id))
        fault(in, "%s \"%.*s\" is sealed, and the key of its party is missing.", family_name(f),
              SK_STR_ARG(key));
}

/* ---- Records ---- */

static sk_status inspect_listing(void *context, sk_str key, sk_str value, sk_arena *arena,
                                 sk_error *err)
{
    inspection *in = context;
    sk_listing listing;
    sk_str sealed;
    sk_error error;
    sk_status st = store_listing_from(in->store, value, true, arena, &listing, &error);

    (void)err;
    in->records++;
    if (st == SK_OK)
        st = value_find(value, SECTION_SEALED, &sealed, &error);
    if (st != SK_OK)
        return found(in, FAMILY_LISTING, key, st, &error);
    compare_id(in, FAMILY_LISTING, key, listing.id);
    want_party(in, FAMILY_LISTING, key, listing.party_id);
    if (sealed.size && listing.title.size + listing.description.size == 0)
        count_unreadable(in, FAMILY_LISTING, key, listing.party_id);
    return SK_OK;
}

static sk_status inspect_secret(void *context, sk_str key, sk_str value, sk_arena *arena,
                                sk_error *err)
{
    inspection *in = context;
    sk_party party = {0};
    sk_error error;
    const sk_status st = store_party_contact(in->store, key, arena, &party, &error);

    (void)value;
    (void)err;
    in->records++;
    if (st != SK_OK)
        return found(in, FAMILY_SECRET, key, st, &error);
    want_party(in, FAMILY_SECRET, key, key);
    if (!party.has_contact)
        count_unreadable(in, FAMILY_SECRET, key, key);
    return SK_OK;
}

/* Records whose only content is their message, and `check` what holds for them beyond it. */
#define INSPECT(kind, type, f, check)                                                              \
    static sk_status inspect_##kind(void *context, sk_str key, sk_str value, sk_arena *arena,      \
                                    sk_error *err)                                                 \
    {                                                                                              \
        inspection *in = context;                                                                  \
        sk_str message;                                                                            \
        sk_error error;                                                                            \
        type record;                                                                               \
        sk_status st = store_message(value, &message, &error);                                     \
                                                                                                   \
        (void)err;                                                                                 \
        in->records++;                                                                             \
        if (st == SK_OK)                                                                           \
            st = sk_decode_##kind(message, arena, &record, &error);                                \
        if (st != SK_OK)                                                                           \
            return found(in, f, key, st, &error);                                                  \
        check(in, key, &record);                                                                   \
        return SK_OK;                                                                              \
    }

static void check_party(inspection *in, sk_str key, const sk_party *party)
{
    compare_id(in, FAMILY_PARTY, key, party->id);
}

static void check_suggestion(inspection *in, sk_str key, const sk_suggestion *s)
{
    compare_id(in, FAMILY_SUGGESTION, key, s->id);
    want_listing(in, FAMILY_SUGGESTION, key, s->demand_id, s->demand_party_id);
    want_listing(in, FAMILY_SUGGESTION, key, s->supply_id, s->supply_party_id);
}

static void check_notice(inspection *in, sk_str key, const sk_notice *notice)
{
    bool there = false;

    compare_id(in, FAMILY_MESSAGE, key, notice->id);
    if (notice->suggestion_id.size &&
        store_has(in->store, FAMILY_SUGGESTION, notice->suggestion_id, &there, NULL) == SK_OK &&
        !there)
        fault(in, "message \"%.*s\" is about the suggestion \"%.*s\", which does not exist.",
              SK_STR_ARG(key), SK_STR_ARG(notice->suggestion_id));
    if (notice->listing_id.size)
        want_listing(in, FAMILY_MESSAGE, key, notice->listing_id, SK_STR(""));
}

static void check_rules(inspection *in, sk_str key, const sk_rules_record *record)
{
    compare_id(in, FAMILY_RULES, key, record->hash);
}

static void check_area(inspection *in, sk_str key, const sk_area *area)
{
    compare_id(in, FAMILY_AREA, key, area->code);
}

static void check_connector(inspection *in, sk_str key, const sk_connector *connector)
{
    compare_id(in, FAMILY_META, key, connector->id);
}

static void check_token(inspection *in, sk_str key, const sk_token *token)
{
    compare_id(in, FAMILY_META, key, token->id);
}

INSPECT(party, sk_party, FAMILY_PARTY, check_party)
INSPECT(suggestion, sk_suggestion, FAMILY_SUGGESTION, check_suggestion)
INSPECT(notice, sk_notice, FAMILY_MESSAGE, check_notice)
INSPECT(rules, sk_rules_record, FAMILY_RULES, check_rules)
INSPECT(area, sk_area, FAMILY_AREA, check_area)
INSPECT(connector, sk_connector, FAMILY_META, check_connector)
INSPECT(token, sk_token, FAMILY_META, check_token)

static void count_event(inspection *in, uint64_t seq)
{
    if (seq == in->last_event + 2)
        fault(in, "event %llu is missing.", (unsigned long long)seq - 1);
    else if (seq != in->last_event + 1)
        fault(in, "the events %llu to %llu are missing.", (unsigned long long)in->last_event + 1,
              (unsigned long long)seq - 1);
    in->last_event = seq;
}

/* An event's key is binary: its number is shown instead. */
static sk_status inspect_event(void *context, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err)
{
    inspection *in = context;
    sk_str message;
    sk_event event;
    sk_error error;
    sk_status st = SK_OK;

    (void)err;
    in->records++;
    if (key.size != 8) {
        fault(in, "an event has a broken key.");
        return SK_OK;
    }
    const unsigned long long seq = value_u64(key.data);

    count_event(in, seq);
    if ((st = store_message(value, &message, &error)) == SK_OK)
        st = sk_decode_event(message, arena, &event, &error);
    if (st == SK_ENOMEM)
        return st;
    if (st != SK_OK)
        fault(in, "event %llu: %s.", seq, error.message);
    else if (event.seq != seq)
        fault(in, "event %llu is stored under the number %llu.", (unsigned long long)event.seq,
              seq);
    return SK_OK;
}

static sk_status inspect_audit(void *context, sk_str key, sk_str value, sk_arena *arena,
                               sk_error *err)
{
    inspection *in = context;
    sk_str record;
    sk_error error;
    const sk_status st = value_find(value, SECTION_AUDIT, &record, &error);

    (void)arena;
    (void)err;
    in->records++;
    if (st != SK_OK)
        return found(in, FAMILY_AUDIT, SK_STR("?"), st, &error);
    if (key.size != 8 || record.size < 8)
        fault(in, "an audit record is cut.");
    return SK_OK;
}

static sk_status inspect_idem(void *context, sk_str key, sk_str value, sk_arena *arena,
                              sk_error *err)
{
    inspection *in = context;
    sk_str record = SK_STR("");
    sk_error error;
    sk_status st = SK_OK;

    (void)arena;
    (void)err;
    if (key.size > 8 && key.data[0] == 't')
        return SK_OK;
    in->records++;
    if (key.size == 0 || key.data[0] != 'k')
        fault(in, "an idempotency record has a broken key.");
    else if ((st = value_find(value, SECTION_IDEM, &record, &error)) != SK_OK)
        return found(in, FAMILY_IDEM, key, st, &error);
    else if (record.size < 40)
        fault(in, "an idempotency record is cut.");
    return SK_OK;
}

static sk_status inspect_meta(void *context, sk_str key, sk_str value, sk_arena *arena,
                              sk_error *err)
{
    static const struct {
        const char *prefix;
        store_visit visit;
    } kinds[] = {{META_CONNECTOR, inspect_connector}, {META_TOKEN, inspect_token}};
    inspection *in = context;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t size = strlen(kinds[i].prefix);

        if (sk_str_starts(key, sk_str_from(kinds[i].prefix)))
            return kinds[i].visit(context, (sk_str){key.data + size, key.size - size}, value, arena,
                                  err);
    }
    in->records++;
    if (!sk_str_starts(key, SK_STR(META_VALUE)) && !sk_str_eq(key, SK_STR(META_FORMAT)) &&
        !sk_str_eq(key, SK_STR(META_TAXONOMY)))
        fault(in, "meta holds an unknown key, \"%.*s\".", SK_STR_ARG(key));
    return SK_OK;
}

/* ---- The walk ---- */

static sk_status inspect_family(inspection *in, family f, store_visit visit)
{
    sk_error error;
    const size_t faults = in->faults;
    sk_status st = SK_OK;

    in->records = 0;
    st = store_walk(in->store, f, SK_STR(""), SK_STR(""), visit, in, &error);
    if (st == SK_ENOMEM)
        return st;
    if (st != SK_OK)
        fault(in, "%s cannot be read beyond %zu records: %s.", family_name(f), in->records,
              error.message);
    sk_buf_printf(in->report, "%s: %zu record%s, %s.\n", family_name(f), in->records,
                  in->records == 1 ? "" : "s", in->faults == faults ? "sound" : "with faults");
    return SK_OK;
}

static sk_status inspect_taxonomy(inspection *in)
{
    sk_taxonomy *taxonomy = NULL;
    sk_error error;
    const sk_status st = sk_store_get_taxonomy(in->store, &taxonomy, &error);

    sk_taxonomy_free(taxonomy);
    if (st == SK_ENOMEM)
        return st;
    if (st != SK_OK && st != SK_ENOTFOUND)
        fault(in, "the taxonomy: %s.", error.message);
    return SK_OK;
}

static sk_status inspect_all(inspection *in)
{
    static const struct {
        family f;
        store_visit visit;
    } families[] = {{FAMILY_LISTING, inspect_listing}, {FAMILY_PARTY, inspect_party},
                    {FAMILY_SECRET, inspect_secret},   {FAMILY_SUGGESTION, inspect_suggestion},
                    {FAMILY_EVENT, inspect_event},     {FAMILY_IDEM, inspect_idem},
                    {FAMILY_RULES, inspect_rules},     {FAMILY_AREA, inspect_area},
                    {FAMILY_AUDIT, inspect_audit},     {FAMILY_META, inspect_meta},
                    {FAMILY_MESSAGE, inspect_notice}};
    sk_status st = SK_OK;

    for (size_t i = 0; st == SK_OK && i < sizeof families / sizeof *families; i++)
        st = inspect_family(in, families[i].f, families[i].visit);
    return st == SK_OK ? inspect_taxonomy(in) : st;
}

static void inspect_head(inspection *in, const char *path)
{
    const uint64_t reached = rocksdb_get_latest_sequence_number(in->store->db);
    uint32_t format = 0;
    sk_error error;
    mark m;

    mark_read(path, &m);
    if (reached < m.sequence)
        fault(in, "changes that had been synced are missing: the log is damaged.");
    if (store_format(in->store, &format, &error) != SK_OK)
        fault(in, "the format version: %s.", error.message);
    else
        sk_buf_printf(in->report, "Format %u.\n", format);
    if (format != 0 && format != SK_STORE_FORMAT)
        fault(in, "format %u is not the present one, %d: open the store once to upgrade it.",
              format, SK_STORE_FORMAT);
    if (!in->store->keys.db)
        sk_buf_text(in->report, "The folder keys/ is missing: sealed texts cannot be read.\n");
}

static sk_status conclude(inspection *in, sk_error *err)
{
    if (in->faults > FAULTS_SPELLED)
        sk_buf_printf(in->report, "And %zu more faults.\n", in->faults - FAULTS_SPELLED);
    if (in->unreadable)
        sk_buf_printf(in->report, "%zu sealed parts have no key any more and stay unreadable.\n",
                      in->unreadable);
    if (in->faults == 0)
        sk_buf_text(in->report, "No faults found.\n");
    else
        sk_buf_printf(in->report, "%zu fault%s found.\n", in->faults, in->faults == 1 ? "" : "s");
    if (in->report->failed)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    return in->faults == 0 ? SK_OK
                           : sk_fail(err, SK_ECORRUPT, "%zu fault%s found in the store", in->faults,
                                     in->faults == 1 ? "" : "s");
}

/* RocksDB's own lock, shared: an engine that runs has it alone, so both cannot be. Reading beside a
 * running engine would change nothing, but files that go while they are read look like faults. */
static sk_status keep_engines_out(const char *path, int *out_lock, sk_error *err)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char *folder = store_join(path, "db"), *name = folder ? store_join(folder, "LOCK") : NULL;
    sk_status st = SK_OK;
    int fd = -1;

    if (!name)
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    else if (access(folder, F_OK) != 0)
        st = sk_fail(err, SK_ENOTFOUND, "%s holds no store", path);
    /* A store that no engine opened yet has no lock. */
    else if ((fd = open(name, O_RDONLY | O_CLOEXEC)) >= 0 && fcntl(fd, F_SETLK, &lock) != 0)
        st = sk_fail(err, SK_ECONFLICT, "an engine runs on %s; stop it, or verify a backup", path);
    if (st != SK_OK && fd >= 0)
        close(fd);
    else if (st == SK_OK)
        *out_lock = fd;
    sk_free(name);
    sk_free(folder);
    return st;
}

static sk_status inspect_store(const char *path, sk_buf *report, sk_error *err)
{
    const sk_store_options options = {.size = sizeof options, .path = path, .read_only = true};
    inspection in = {.report = report};
    sk_error error;
    sk_status st = SK_OK;

    if ((st = store_open_raw(&options, &in.store, &error)) != SK_OK) {
        if (st == SK_ENOMEM)
            return sk_fail(err, st, "out of memory");
        fault(&in, "the store cannot be opened: %s.", error.message);
        return conclude(&in, err);
    }
    inspect_head(&in, path);
    st = inspect_all(&in);
    sk_store_close(in.store);
    return st == SK_OK ? conclude(&in, err) : sk_fail(err, st, "out of memory");
}

sk_status sk_store_verify(const char *path, sk_buf *report, sk_error *err)
{
    int lock = -1;
    sk_status st = keep_engines_out(path, &lock, err);

    if (st != SK_OK)
        return st;
    st = inspect_store(path, report, err);
    if (lock >= 0)
        close(lock);
    return st;
}
