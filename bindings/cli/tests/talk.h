/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "../cli.h"
#include "fake_engine.h"

/* The command against a stand-in for the engine. */

typedef struct talk {
    char *folder, *url, *out, *err;
    fake_engine *engine;
    pthread_mutex_t lock;
    char requests[16384]; /**< All of them, a line each. */
    atomic_int count, items;
    const char *answer; /**< For every request, unless `special` gives one. */
    char *(*special)(struct talk *t, const char *request);
} talk;

/** A put of one listing with about every flag. */
extern const char talk_put[];

/** What the stand-in says, with the talk as context. */
char *talk_answer(void *context, const char *request);
int talk_open(void **state);
int talk_close(void **state);
/** `line` is split at single spaces; "_" stands for a space inside a word. `input` may be NULL.
 *  Returns the exit status; what was printed is in `out` and `err`. */
int run_with(talk *t, const char *line, const char *input);
int run(talk *t, const char *line);
/** `text` has `part`, or has it not. */
void says(const char *text, const char *part);
void says_not(const char *text, const char *part);

#define TALK_TEST(f) cmocka_unit_test_setup_teardown(f, talk_open, talk_close)
/** What the environment of whoever runs the tests would say. */
static inline void talk_forget_environment(void)
{
    unsetenv("SCHAKEL_URL");
    unsetenv("SCHAKEL_DATA_DIR");
    unsetenv("SCHAKEL_TOKEN");
}
