/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* An engine in a folder of its own, with a fixed clock, two buurten, a small taxonomy and a few
 * parties; and short words for what the tests do with it. What must not fail ends the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "engine/engine.h"

/** Monday 2026-03-02, 10:00 UTC: when every stand begins. */
#define START_MS INT64_C(1772445600000)
#define ALL_STATES 0xfffu

typedef struct stand {
    char folder[64];
    sk_engine *engine;
    sk_arena *arena; /**< For answers; lives as long as the stand. */
    sk_error err;
    sk_receipt receipt;
    uint64_t random;
    const char *rules_dir;
} stand;

extern const sk_actor admin, second_admin, resident, reader, author;

/** Set-up and tear-down of a cmocka test. `stand_open` has areas, taxonomy and the parties p1 to p6
 *  (residents); `stand_bare` nothing. */
int stand_open(void **state);
int stand_bare(void **state);
int stand_close(void **state);
void stand_fill(stand *s);
/** Close and open again at the same clock, or at another. */
void stand_reopen(stand *s);
void stand_reopen_at(stand *s, int64_t clock_ms);
sk_status stand_try_open(stand *s, int64_t clock_ms);
void stand_shut(stand *s);
/** Step the fixed clock. */
void stand_to(stand *s, int64_t at_ms);
void stand_check(stand *s);

/** Without a request id, so that every call is a command of its own. */
sk_call call_by(const sk_actor *actor);
sk_call call_as(const sk_actor *actor, const char *request_id, uint8_t body);

void ok(stand *s, sk_status st);
/** Strings of answers need not end with a NUL. */
void assert_str(sk_str got, const char *expected);
void refused(stand *s, sk_status expected, const char *field, sk_status st);

void put_party(stand *s, const char *id, sk_party_kind kind);
void put_blocker(stand *s, const char *id, const char *blocked);
sk_listing need(const char *id, const char *party);
sk_listing offer(const char *id, const char *party);
sk_status try_put(stand *s, const sk_listing *listing);
void put(stand *s, sk_listing listing);
sk_status try_status(stand *s, const char *id, sk_listing_status status);
sk_listing listing_of(stand *s, const sk_actor *actor, const char *id);
void put_areas(stand *s, const sk_area *areas, size_t count);
/** A square buurt of some 2 km around the point. */
sk_area square(stand *s, const char *code, const char *wijk, const char *gemeente, double lat,
               double lon);
extern const sk_category categories[5];
void put_categories(stand *s, size_t count);

/** All suggestions in the states of the mask, by id. */
sk_suggestion_page suggestions(stand *s, uint32_t states);
sk_suggestion suggestion_of(stand *s, sk_str id);
/** The suggestion of this pair, newest first; fails the test when there is none. */
sk_suggestion pair_of(stand *s, const char *demand, const char *supply);
bool has_pair(stand *s, const char *demand, const char *supply, uint32_t states);
sk_status try_decide(stand *s, sk_str id, sk_decision decision, int64_t until_ms);
void decide(stand *s, sk_str id, sk_decision decision);
void park(stand *s, sk_str id, int64_t until_ms);
sk_status try_undo(stand *s, sk_str id);
/** Accept, introduce and both say yes. */
void connect(stand *s, sk_str id);

/** Push, approve and activate. */
void use_rules(stand *s, const char *source);
/** All messages, by id. */
sk_notice_page messages(stand *s);
/** Take at most `limit` of a channel, for a minute; how many there were. */
size_t take(stand *s, const char *channel, uint32_t limit, const sk_delivery **out);
sk_status try_report(stand *s, sk_str id, uint32_t attempt, sk_outcome outcome);

size_t count_events(stand *s, const char *type);
sk_event last_event(stand *s);
/** What one engine knows that another must know too: status, every suggestion, every event and
 *  every listing, as text. Freed with sk_buf_done. */
sk_buf stand_dump(stand *s);
void assert_same(sk_buf *before, sk_buf *after);
uint32_t below(stand *s, uint32_t n);
