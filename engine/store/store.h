/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of store: everything on disk. The only user of RocksDB, and of libsodium's sealing.
 *
 * A command fills one sk_batch and writes it with sk_store_write: atomic and at once visible to
 * readers, but durable only after a later sk_store_sync. Keys of parties live in a database of
 * their own (`keys/`), outside backups. */

#include "codec/codec.h"
#include "model/model.h"

typedef struct sk_store sk_store;
typedef struct sk_batch sk_batch;

#define SK_STORE_FORMAT 3 /**< Version of keys and values on disk; see upgrade.c. */

typedef struct sk_store_options {
    size_t size;      /**< sizeof(sk_store_options) */
    const char *path; /**< Data folder; made when absent. */
    bool no_sync;     /**< Tests only: sk_store_sync does nothing. */
    bool read_only;
    size_t cache_bytes; /**< Block cache; 0: 64 MiB. */
} sk_store_options;

/** Opens or makes the store; upgrades an older format in place, refuses a newer one (SK_EINVAL), a
 *  folder in use (SK_ECONFLICT) and one that lost what was synced (SK_ECORRUPT, left as it is). */
sk_status sk_store_open(const sk_store_options *options, sk_store **out, sk_error *err);
void sk_store_close(sk_store *store);

/* ---- Writing. Thread: engine ---- */

sk_batch *sk_batch_new(sk_store *store);
void sk_batch_free(sk_batch *batch);
void sk_batch_clear(sk_batch *batch);
/** Each encodes and adds; a failure is kept and returned by sk_store_write, which then writes
 *  nothing. `sealed`: title and description go under the key of the party (residents). Sealed texts
 *  for a party whose key was destroyed are refused (SK_ECONFLICT); with both empty, what was sealed
 *  before stays. */
void sk_batch_put_listing(sk_batch *batch, const sk_listing *listing, bool sealed);
void sk_batch_delete_listing(sk_batch *batch, sk_str id);
/** Contact details go sealed to `secret`; without any, stored ones are removed. Makes the party's
 *  key when there is none: an erased id may register again, and what was sealed before stays
 *  unreadable. */
void sk_batch_put_party(sk_batch *batch, const sk_party *party);
void sk_batch_delete_party(sk_batch *batch, sk_str id);
void sk_batch_put_suggestion(sk_batch *batch, const sk_suggestion *suggestion);
void sk_batch_delete_suggestion(sk_batch *batch, sk_str id);
void sk_batch_put_notice(sk_batch *batch, const sk_notice *notice);
void sk_batch_delete_notice(sk_batch *batch, sk_str id);
void sk_batch_put_event(sk_batch *batch, const sk_event *event);
void sk_batch_put_connector(sk_batch *batch, const sk_connector *connector);
void sk_batch_put_token(sk_batch *batch, const sk_token *token);
void sk_batch_put_area(sk_batch *batch, const sk_area *area);
void sk_batch_clear_areas(sk_batch *batch);
void sk_batch_put_taxonomy(sk_batch *batch, const sk_category *categories, size_t count,
                           const sk_related *related, size_t related_count);
void sk_batch_put_rules(sk_batch *batch, const sk_rules_record *record);
/** A small named value: clock, active rule set, cursors ("cursor/console") ... */
void sk_batch_put_meta(sk_batch *batch, sk_str name, sk_str value);
/** Idempotency: key (token id, request id, item); kept until sk_batch_delete_idem_before,
 *  which looks at what was written before, not at the same batch. */
void sk_batch_put_idem(sk_batch *batch, sk_str key, int64_t now_ms, const uint8_t body_hash[32],
                       sk_str receipt);
void sk_batch_delete_idem_before(sk_batch *batch, int64_t before_ms);
void sk_batch_put_audit(sk_batch *batch, uint64_t seq, int64_t now_ms, sk_str line);
/** Atomic; visible on return. Clears the batch also on failure. SK_EIO is final: the engine has to
 *  stop. */
sk_status sk_store_write(sk_store *store, sk_batch *batch, sk_error *err);
/** All that was written before this call began is durable on return (party keys first).
 *  Thread: any one (the committer), beside the engine. */
sk_status sk_store_sync(sk_store *store, sk_error *err);
/** Destroys the key of a party for good (durable on return) and records the erasure, so that a
 *  restored backup can be cleaned again. */
sk_status sk_store_destroy_key(sk_store *store, sk_str party_id, int64_t now_ms, sk_error *err);
/** Ids of erased parties that did not register again. */
sk_status sk_store_erased(sk_store *store, sk_arena *arena, sk_strs *out, sk_error *err);

/* ---- Reading. Thread: any; values live in `arena` ---- */

sk_status sk_store_get_listing(sk_store *store, sk_str id, sk_arena *arena, sk_listing *out,
                               sk_error *err);
/** Sealed texts and contact details whose key was destroyed come back empty; damaged ones are
 *  SK_ECORRUPT. Contact details only when `with_contact`. */
sk_status sk_store_get_party(sk_store *store, sk_str id, bool with_contact, sk_arena *arena,
                             sk_party *out, sk_error *err);
sk_status sk_store_get_suggestion(sk_store *store, sk_str id, sk_arena *arena, sk_suggestion *out,
                                  sk_error *err);
sk_status sk_store_get_rules(sk_store *store, sk_str hash, sk_arena *arena, sk_rules_record *out,
                             sk_error *err);
/** The value, or SK_ENOTFOUND. */
sk_status sk_store_get_meta(sk_store *store, sk_str name, sk_arena *arena, sk_str *out,
                            sk_error *err);
sk_status sk_store_get_idem(sk_store *store, sk_str key, sk_arena *arena, uint8_t out_hash[32],
                            sk_str *out_receipt, sk_error *err);
/** Events with seq > after, at most `max`. */
sk_status sk_store_read_events(sk_store *store, uint64_t after, size_t max, sk_arena *arena,
                               const sk_event **out, size_t *out_count, sk_error *err);
/** Number of the newest event; 0 when there is none. */
sk_status sk_store_last_event(sk_store *store, uint64_t *out_seq, sk_error *err);
/** Replaces ids in past events of a listing or party? No: events hold ids only and stay. */

/** Called for each record in key order with an arena that is reset after each; a status other than
 *  SK_OK ends the walk and is returned. `after`: start behind this id; empty: from the start.
 *  `texts` false leaves sealed titles and descriptions out (faster). */
typedef sk_status (*sk_each_listing)(void *context, const sk_listing *listing, sk_error *err);
typedef sk_status (*sk_each_party)(void *context, const sk_party *party, sk_error *err);
typedef sk_status (*sk_each_suggestion)(void *context, const sk_suggestion *s, sk_error *err);
typedef sk_status (*sk_each_notice)(void *context, const sk_notice *notice, sk_error *err);
typedef sk_status (*sk_each_connector)(void *context, const sk_connector *c, sk_error *err);
typedef sk_status (*sk_each_token)(void *context, const sk_token *token, sk_error *err);
typedef sk_status (*sk_each_area)(void *context, const sk_area *area, sk_error *err);
typedef sk_status (*sk_each_rules)(void *context, const sk_rules_record *r, sk_error *err);
/** `line` is a view, valid during the call. */
typedef sk_status (*sk_each_audit)(void *context, uint64_t seq, int64_t at_ms, sk_str line,
                                   sk_error *err);
sk_status sk_store_each_listing(sk_store *store, sk_str after, bool texts, sk_each_listing each,
                                void *context, sk_error *err);
sk_status sk_store_each_party(sk_store *store, sk_str after, bool with_contact, sk_each_party each,
                              void *context, sk_error *err);
sk_status sk_store_each_suggestion(sk_store *store, sk_str after, sk_each_suggestion each,
                                   void *context, sk_error *err);
sk_status sk_store_each_notice(sk_store *store, sk_each_notice each, void *context, sk_error *err);
sk_status sk_store_each_connector(sk_store *store, sk_each_connector each, void *context,
                                  sk_error *err);
sk_status sk_store_each_token(sk_store *store, sk_each_token each, void *context, sk_error *err);
sk_status sk_store_each_area(sk_store *store, sk_each_area each, void *context, sk_error *err);
sk_status sk_store_each_rules(sk_store *store, sk_each_rules each, void *context, sk_error *err);
/** Audit lines with seq > after. */
sk_status sk_store_each_audit(sk_store *store, uint64_t after, sk_each_audit each, void *context,
                              sk_error *err);
/** The stored taxonomy; SK_ENOTFOUND before the first import. */
sk_status sk_store_get_taxonomy(sk_store *store, sk_taxonomy **out, sk_error *err);

/* ---- Looking at one moment ---- */

/** All reads of the view see the store as it is now, whatever is written later. Sealed texts and
 *  contact details cannot be read through it. Made by the engine thread; belongs to one other
 *  thread from then on; closed (sk_store_close) before `store`. */
sk_status sk_store_open_view(sk_store *store, sk_store **out, sk_error *err);
/** The backup in folder `from`, for reading, as a view. SK_EINVAL when it holds no finished backup
 *  of this format. Thread: any. */
sk_status sk_store_open_backup(const char *from, sk_store **out, sk_error *err);

/* ---- Keeping ---- */

/** A consistent copy in a new folder `to`, without the keys. Thread: any. */
sk_status sk_store_backup(sk_store *store, const char *to, sk_error *err);
/** Called, from whatever thread, when RocksDB comes upon a file that failed while another thread
 * was just told so. It ends the process; should it return, the process aborts. */
typedef void (*sk_store_fatal)(void);
void sk_store_on_fatal(sk_store_fatal handler);
/** Put a backup back into an empty or absent data folder; existing keys there stay. */
sk_status sk_store_restore(const char *from, const char *path, sk_error *err);
/** Reads every record of format 3, checks checksums, decoding, gapless events and references;
 *  appends what it found in words. SK_ECORRUPT when something is wrong. SK_ECONFLICT while another
 *  process has it open, which cannot open it meanwhile either; this process must not. */
sk_status sk_store_verify(const char *path, sk_buf *report, sk_error *err);
