/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include <stdio.h>

#include "geo/geo.h"

/* A reader for the tests' own GeoJSON: one feature a line, properties before geometry. Areas live
 * in `arena`. Written apart from codec's, so that geo's tests need nothing above geo. */

/** Reads `name` from the folder of SCHAKEL_DATA; false when it is not there. */
bool read_geojson(const char *name, sk_arena *arena, sk_area **out, size_t *out_count);
/** A line reader for CSV there; NULL when it is not there. Close with fclose. */
FILE *open_data(const char *name);
