/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "cli.h"

/* The report of a dry run for people: as text and as a page. Whoever reads it decides about rules,
 * not about software, so it is in plain Dutch.
 *
 *   rules_dry_run.c   the command: ask, progress, which form
 *   dry_run_read.c    figures and words out of the engine's answer
 *   dry_run_hide.c    figures per buurt that are too small to show
 *   dry_run_text.c    text
 *   dry_run_html.c    a page without scripts
 *   dry_run_plot.c    its plots, as SVG */

typedef enum dry_figure {
    DRY_LISTINGS,
    DRY_BEFORE,
    DRY_AFTER,
    DRY_APPEAR,
    DRY_VANISH,
    DRY_MOVED,
    DRY_FIGURES
} dry_figure;

typedef enum dry_hidden { DRY_SHOWN, DRY_SMALL, DRY_ALSO } dry_hidden;

/** A line of a table: a buurt, a wijk, a branch, an age, a moment. */
typedef struct dry_line {
    const char *code, *name;
    size_t group; /**< Of a buurt: the place of its wijk. */
    int64_t n[DRY_FIGURES];
    uint8_t hidden[DRY_FIGURES];
} dry_line;

typedef struct dry_lines {
    dry_line *items;
    size_t count, capacity;
} dry_lines;

/** Wijken, each the sum of its buurten; buurten in order of their wijken. */
typedef struct dry_areas {
    dry_lines wijken, buurten;
} dry_areas;

/* ---- dry_run_read.c ---- */

extern const char *const dry_figure_names[DRY_FIGURES];
/** Rows of the report under `key`, without suppression. Ends the program without memory. */
void dry_lines_read(cli_app *cli, const json_t *report, const char *key, dry_lines *out);
void dry_moments_read(cli_app *cli, const json_t *report, dry_lines *out);
/** With suppression. */
void dry_areas_read(cli_app *cli, const json_t *report, dry_areas *out);
void dry_areas_done(dry_areas *areas);
/** "1.234" */
const char *dry_count(cli_app *cli, int64_t count);
/** As a table shows it: "1.234", "< 5" or "*". */
const char *dry_cell(cli_app *cli, const dry_line *line, int figure);
/** "12,5 %" of a share. */
const char *dry_percent(cli_app *cli, double share);
/** "0,87" of millionths. */
const char *dry_score(cli_app *cli, int64_t millionths);
/** "450 m", "1,2 km". */
const char *dry_metres(cli_app *cli, double metres);
/** "5 maart 2026, 10.00 uur (UTC)"; the text itself when it is no time. */
const char *dry_moment(cli_app *cli, const char *time);
const char *dry_distance_label(size_t bin);
/** Why a pair is in one list only, in a sentence. */
const char *dry_why(cli_app *cli, const json_t *pair);
/** The reasons of a pair's terms: "zelfde buurt; woont 600 m verderop". */
const char *dry_reasons(cli_app *cli, const json_t *pair, const char *key);
/** A title, or the id where there is none. */
const char *dry_title(const json_t *object);
/** "komt erbij", "valt weg", "1 -> 3" ... */
const char *dry_change(cli_app *cli, const json_t *pair);
const char *dry_kind(const json_t *object);

/* ---- dry_run_hide.c ---- */

#define DRY_LEAST 5
/** Hides figures from 1 to 4, and others where those could be worked out from what is shown. */
void dry_hide(dry_areas *areas);

/* ---- The forms ---- */

void dry_run_text(cli_app *cli, const json_t *report);
void dry_run_html(cli_app *cli, const json_t *report, sk_buf *out);

/** Text for HTML. */
void dry_escape(sk_buf *out, const char *text);
/** Bars of what appears and vanishes (and moves), a line each; hidden ones say so. */
void dry_plot_changes(cli_app *cli, const dry_lines *lines, const char *title, sk_buf *out);
/** Pairs of bars, before and after; `labels` are the bins. */
void dry_plot_bins(cli_app *cli, const char *const *labels, const json_t *before,
                   const json_t *after, const char *title, sk_buf *out);
void dry_plot_lorenz(const json_t *before, const json_t *after, const char *title, sk_buf *out);

/* ---- The command ---- */

int rules_dry_run(cli_app *cli, const cli_args *args);
/** The latest dry run of a record: "+12 -3 on 2026-03-05", or "". */
const char *dry_run_short(cli_app *cli, const json_t *record);
extern const cli_flag dry_run_flags[5];
