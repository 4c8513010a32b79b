/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "store/store.h"

/* A data folder of its own per test, and records that use every field. */

typedef struct fixture {
    char path[96]; /**< The data folder; does not exist yet. */
    char root[64]; /**< Its parent, removed at the end. */
    sk_store *store;
    sk_batch *batch;
    sk_arena *arena;
} fixture;

/** For cmocka: a fixture with an open store in `*state`, and its end. */
int open_fixture(void **state);
int close_fixture(void **state);
/** Open with `no_sync` unless `sync`; asserts success. */
void fixture_open(fixture *f, bool sync);
void fixture_close(fixture *f);
/** Write the fixture's batch; asserts success. */
void fixture_write(fixture *f);
/** Remove a folder with all below it. */
void remove_tree(const char *path);
/** True when any file below `path` holds these bytes. */
bool tree_contains(const char *path, const char *bytes, size_t size);

sk_listing make_listing(const char *id, const char *party_id);
sk_party make_party(const char *id);
sk_suggestion make_suggestion(const char *id, const char *demand_id, const char *supply_id,
                              const char *party_id);
sk_event make_event(uint64_t seq);
sk_area make_area(const char *code);

void assert_listing_equal(const sk_listing *a, const sk_listing *b);
void assert_party_equal(const sk_party *a, const sk_party *b);
void assert_suggestion_equal(const sk_suggestion *a, const sk_suggestion *b);
void assert_str_equal(sk_str a, sk_str b);
