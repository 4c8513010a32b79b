/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* A real engine in a temporary folder behind a dispatcher, asked and answering in JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "codec/codec.h"
#include "wire/wire.h"

typedef struct bench {
    char folder[64];
    sk_engine *engine;
    sk_dispatcher *dispatcher;
    sk_buf bytes, answer, text;
    json_t *last;
    sk_dispatch_wait wait;
    unsigned ids;
} bench;

/** cmocka's set-up and tear-down; the clock stands at 2026-03-02T10:00:00Z, a Monday. */
int bench_open(void **state);
int bench_close(void **state);
/** Taxonomy, areas, a connector, two parties, one need and one offer that suit each other. */
int bench_open_peopled(void **state);
/** Close the engine and open it again on the same folder. */
void bench_reopen(bench *b);

/** As the local administrator, with an id of its own unless given. The answer is a view until the
 *  next question. */
json_t *ask(bench *b, const char *request);
json_t *askf(bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Exactly this request, by its token. */
json_t *ask_wire(bench *b, const char *request);
json_t *ask_bytes(bench *b, const sk_actor *local, sk_str bytes);
/** The bytes of a request in JSON, in b->bytes. */
sk_str request_bytes(bench *b, const char *request);
/** A new token of a role, copied to `out` (65 bytes). */
void make_token(bench *b, const char *role, char *out);

/** The text at a path such as "receipts.items.0.status"; "" when absent. Numbers and booleans come
 *  as text; a status that is absent is "OK" (its zero value). */
const char *at(json_t *answer, const char *path);
/** Whether `words` stand anywhere in the bytes of the last response. */
bool says(const bench *b, const char *words);
/** Elements of the list at a path. */
size_t size_at(json_t *answer, const char *path);

#define assert_at(answer, path, expected) assert_string_equal(at(answer, path), expected)
