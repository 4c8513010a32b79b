/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/core.h"

/* What every measurement needs: end on an error, take times, print TSV. */

/** Ends the program with the error's words, unless `st` is SK_OK. */
void must(sk_status st, const sk_error *err);
/** A line of TSV: name, n, value, unit. */
void report(const char *name, size_t n, double value, const char *unit);
double seconds_since(int64_t start_ns);
/** Sorts `took` and gives the value below which this many per cent lie. */
int64_t percentile(int64_t *took, size_t count, unsigned per_cent);
/** Removes a folder and all in it; says so when it cannot. */
void remove_folder(const char *folder);
