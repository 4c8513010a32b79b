/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* A stand-in for the engine: answers requests with what a test says. */

#include <stddef.h>
#include <stdint.h>

typedef struct fake_engine fake_engine;

/** The answer to a request, both as JSON; owned by the engine afterwards (free). NULL: never
 *  answer. "raw:..." is sent as it stands, behind the colon. Called from several threads at once.
 */
typedef char *(*fake_answer)(void *context, const char *request_json);

/** Listens on `url` with `threads` contexts. Aborts when it cannot: the test is broken then. */
fake_engine *fake_engine_start(const char *url, unsigned threads, fake_answer answer,
                               void *context);
/** Ring the doorbell at `url` + ".events"; made at the first ring. */
void fake_engine_ring(fake_engine *engine, uint64_t seq);
void fake_engine_open_doorbell(fake_engine *engine);
void fake_engine_stop(fake_engine *engine);

/** A folder for one test, gone with fake_folder_remove. */
char *fake_folder_make(void);
void fake_folder_remove(char *folder);
/** A printf into a new string. */
char *fake_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fake_file(const char *folder, const char *name, const char *text);
