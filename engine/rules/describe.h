/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* A page while it is made; shared by the files behind sk_ruleset_describe. */

#include "rules/explain.h"
#include "rules/uses.h"

#define SK_PAGE_BLOCKS 48

typedef struct sk_writer {
    sk_ruleset *rules;
    const sk_taxonomy *taxonomy;
    sk_arena *arena;
    sk_block *blocks;
    size_t count;
    sk_buf text;   /**< A text at hand; sk_writer_take makes a copy and empties it. */
    sk_str *cells; /**< Of the table at hand. */
    size_t cell_count, cell_capacity;
    bool failed; /**< Memory was out. */
} sk_writer;

/** What `text` holds, in the arena. */
sk_str sk_writer_take(sk_writer *w);
void sk_writer_heading(sk_writer *w, const char *key, const char *text);
/** Ends the text at hand as a block. */
void sk_writer_text(sk_writer *w, const char *key);
/** Adds a cell: `text`, copied. */
void sk_writer_cell(sk_writer *w, sk_str text);
/** Adds the text at hand as a cell. */
void sk_writer_cell_taken(sk_writer *w);
/** Ends the cells at hand as a table; no rows, no table. */
void sk_writer_table(sk_writer *w, const char *key, const char *caption, const char *const *keys,
                     const char *const *columns, size_t column_count, int code_column);

/** The part with the examples. */
void sk_describe_examples(sk_writer *w);
/** The part with the data that is read, and by which rules. */
sk_status sk_describe_data(sk_writer *w, sk_error *err);

/** "62 %": a weight's share of all. */
void sk_describe_share(const sk_ruleset *rules, const sk_rule *rule, sk_buf *out);
/** "3 dagen" */
void sk_describe_duration(int64_t ms, sk_buf *out);
