/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* A request of HTTP as a Request of the contract, and a Response as an answer. Thread: any. */

#include "geo/geo.h"
#include "http/problem.h"

typedef struct http_ask {
    const http_match *match;
    const http_target *target;
    sk_str token, request_id;
    sk_str if_match; /**< `.data` NULL: not given. */
    sk_str body;
} http_ask;

/** Appends the bytes of the Request to `out`. Otherwise the HTTP status of the refusal, with every
 *  fault that can be seen without the engine. 0: fine. */
int http_translate(const http_ask *ask, sk_arena *arena, sk_buf *out, http_faults *faults);

/** Zero-initialise; end with http_answer_done. */
typedef struct http_answer {
    sk_rd *rd; /**< Given: geometry in RD instead of CRS84. */
    int status;
    sk_buf body;
    const char *type; /**< Of the content. */
    uint64_t version; /**< 0: none. */
    sk_buf next;      /**< Where the next page begins; empty: the last. */
    sk_buf created;   /**< The id of a record that was made. */
    unsigned retry_s; /**< With 429 and 503. */
} http_answer;

/** What the bytes of a Response say on this route. Never fails: what cannot be read is a 500. */
void http_answer_read(const http_route *route, sk_str response, sk_arena *arena, http_answer *out);
void http_answer_problem(http_answer *out, int status, const char *detail,
                         const http_faults *faults);
/** Puts `_links` at the end of the JSON object that `body` is. `self` and `next` are targets. */
void http_answer_links(http_answer *answer, sk_str self, sk_str next);
void http_answer_done(http_answer *answer);
