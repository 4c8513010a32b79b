/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of model: the nouns of docs/matching.md as plain values, their validation, and the
 * taxonomy. A value owns nothing: its strings and arrays live in the arena that it was made in. */

#include "core/core.h"
#include "model/facts.h"
#include "model/records.h"
#include "model/taxonomy.h"
#include "model/validate.h"
