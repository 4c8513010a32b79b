/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside engine: messages in memory (docs/notifications.md).
 *
 *   items      one small record per message that is kept, in order of creation
 *   lanes      one per recipient and channel: a heap of what is PLANNED, and what is SENDING
 *   queues     one per channel: a heap of lanes by when their first message may go
 *
 * A chain of messages runs through every suggestion and listing (newest first), and one through
 * every lane. */

#include "engine/engine.h"
#include "engine/pacing.h"

#define SK_NO_NOTICE UINT32_MAX
#define SK_FAILURES_MAX 8
#define SK_NOTICE_LIFE_MS (90 * SK_DAY_MS)

typedef enum notice_about { ABOUT_PAIRING, ABOUT_LISTING } notice_about;

typedef struct notice {
    uint64_t number; /**< The id is "m" and twelve digits of it. */
    int64_t created_ms, changed_ms, sent_ms;
    int64_t due_ms;   /**< SENDING: the end of its lease. */
    uint32_t subject; /**< Pairing index or listing slot. */
    uint32_t next_of_subject, next_in_lane;
    uint32_t lane;
    uint32_t rule, hash, reason; /**< Words. */
    uint64_t delivery; /**< Number of the message with which it was taken last; 0: never taken. */
    uint32_t attempts;
    uint8_t held, failures, state, about, on;
    bool gone; /**< A hole. */
} notice;

typedef struct lane {
    uint32_t recipient, channel; /**< Words. */
    uint32_t next_of_recipient;
    uint32_t newest;  /**< Chain of all its messages. */
    uint32_t sending; /**< Or SK_NO_NOTICE. */
    uint32_t count, capacity;
    uint32_t *heap; /**< PLANNED ones, and stale entries of others. */
    uint8_t kind;
} lane;

typedef struct queue_entry {
    int64_t due_ms;
    uint64_t number; /**< Of the lane's first message. */
    uint32_t lane;
} queue_entry;

typedef struct queue {
    uint32_t channel;
    queue_entry *heap;
    size_t count, capacity;
} queue;

/** What a party prefers, of those that prefer anything. */
typedef struct likes {
    int64_t pause_until_ms;
    uint32_t channel; /**< Word, or 0. */
    uint32_t max_per_day, max_per_week;
    uint16_t quiet_from_min, quiet_to_min, digest_min;
    uint8_t quiet_days;
    bool has_quiet, has_digest;
} likes;

/** An event of the command under way that a rule may be about, or that takes a reason away. */
typedef struct told {
    uint8_t on;
    uint8_t about;
    uint64_t number; /**< Of the suggestion, or the listing's slot. */
    double distance_m, overlap_min, longest_min, closeness;
} told;

typedef struct notices {
    notice *items;
    size_t count, capacity;
    size_t live;
    lane *lanes;
    size_t lane_count, lane_capacity;
    queue *queues;
    size_t queue_count, queue_capacity;
    uint32_t *of_pairing, *of_listing; /**< 1 + the newest message; 0: none. */
    size_t pairing_capacity, listing_capacity;
    uint32_t *of_recipient; /**< By word: 1 + the first lane. */
    size_t recipient_capacity;
    likes *likes;
    size_t likes_count, likes_capacity;
    int64_t *sent; /**< Scratch of pace.c. */
    size_t sent_count, sent_capacity;
    told *told;
    size_t told_count, told_capacity;
    uint32_t rule_words[SK_MAX_NOTIFY]; /**< Of the active set's blocks. */
    uint32_t rule_hash;
    bool rules_changed; /**< What waits may be of no block of the set any more. */
} notices;

/* ---- notices.c: the records ---- */

void notices_done(notices *n);
typedef struct u32_list {
    uint32_t *items;
    size_t count, capacity;
} u32_list;
/** Adds all that are SENDING together with this message, ascending. */
sk_status notice_delivery(const sk_engine *e, uint32_t index, u32_list *out);
sk_str notice_id(uint64_t number, char out[16]);
/** Index of the message with this id, or SK_NO_NOTICE. */
uint32_t notice_find(const sk_engine *e, sk_str id);
/** Index of the first one with this number or a higher one. */
size_t notice_from(const sk_engine *e, uint64_t number);
sk_status load_notices(sk_engine *e, sk_error *err);
/** The record as it is stored and answered; strings are views. */
void notice_record(const sk_engine *e, const notice *n, char id[3][16], sk_notice *out);
/** Adds the record to the batch as it is now. */
void notice_put(sk_engine *e, uint32_t index);
/** With the event of that name. */
void notice_emit(sk_engine *e, const notice *n, const char *type, sk_str detail);
/** The chain of a subject: its newest message, or SK_NO_NOTICE. */
uint32_t notice_newest(const sk_engine *e, notice_about about, uint32_t subject);
/** A new message; SK_ENOMEM. Its lane and PLANNED state go with it. */
sk_status notice_add(sk_engine *e, const notice *given, uint32_t *out_index);
sk_status notice_lane(sk_engine *e, sk_recipient kind, uint32_t recipient, uint32_t channel,
                      uint32_t *out_lane);
uint32_t notice_first_lane(const sk_engine *e, uint32_t word);
/** A message that waits in no heap goes on in another lane. */
void notice_move(sk_engine *e, uint32_t index, uint32_t lane);
/** Forget all about a subject, or to a recipient, that is erased; tells what was waiting. */
void notices_erase_subject(sk_engine *e, notice_about about, uint32_t subject);
void notices_erase_party(sk_engine *e, uint32_t party);
/** Remove what is past its retention; with the full hour. */
void notices_expire(sk_engine *e);
sk_status notices_check(const sk_engine *e, sk_error *err);

/* ---- queue.c: what goes next ---- */

/** PLANNED again, at its `due_ms`. */
sk_status lane_push(sk_engine *e, uint32_t index);
/** The first PLANNED message of an idle lane takes its place among the others of the channel. */
sk_status lane_offer(sk_engine *e, uint32_t lane);
/** The message of this channel that goes next and may go by `now_ms`; taken out of its lane, which
 *  is SENDING it from here on. SK_NO_NOTICE: none. */
uint32_t queue_take(sk_engine *e, uint32_t channel, int64_t now_ms);
/** When the channel has something next; INT64_MAX: nothing is planned. */
int64_t queue_next(sk_engine *e, uint32_t channel);
/** What a lane was sending has ended. */
sk_status lane_idle(sk_engine *e, uint32_t lane);

/** After times of its messages changed. */
sk_status lane_rebuild(sk_engine *e, uint32_t lane);

/* ---- pace.c: when it may go ---- */

sk_status party_prefers(sk_engine *e, uint32_t slot, const sk_party *party);
/** NULL: nothing. */
const likes *party_likes(const sk_engine *e, uint32_t party);
/** Sets `due_ms` and `held`: the first instant from `from_ms` on at which it may go. `collected`:
 * it was in its digest already. */
sk_status notice_pace(sk_engine *e, notice *m, int64_t from_ms, bool collected, sk_error *err);
/** It is told together with others. */
bool notice_is_collected(const sk_engine *e, const notice *m);
/** Something changed for this recipient: its messages that wait are paced anew. */
sk_status notices_settle(sk_engine *e, sk_recipient kind, uint32_t recipient, sk_error *err);
sk_status notices_settle_connectors(sk_engine *e, sk_error *err);
sk_status notice_stand_in(sk_engine *e, uint32_t index, uint32_t *out_lane);

/* ---- notify.c: step 4 of a command ---- */

/** Something happened that rules may be about. */
void notify_told(sk_engine *e, const sk_event *event);
/** The values of the suggestion that was just made. */
void notify_told_values(sk_engine *e, const sk_pair_values *values);
/** Cancels what lost its reason and plans what the command's events ask for. */
sk_status notify_step(sk_engine *e, sk_error *err);
/** Another rule set is active: what none of its blocks has a name for is cancelled by the next
 *  command. */
void notify_use_rules(sk_engine *e);
/** The block of the active rule set that made this message, or NULL. */
const sk_notify_info *notify_block(const sk_engine *e, const notice *n);
/** A word why it should not be sent any more; NULL: it still stands. */
const char *notice_gone(const sk_engine *e, const notice *n);

/* ---- letters.c: what a channel gets ---- */

sk_status letter_compose(sk_engine *e, const notice *n, sk_arena *arena, sk_delivery *out,
                         sk_error *err);
/** The lease of a message that is SENDING is over. */
sk_status lease_ends(sk_engine *e, uint32_t index, sk_error *err);
