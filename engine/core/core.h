/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of core: what every module may use. It knows nothing of neighbourhoods. */

#include "core/alloc.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/ids.h"
#include "core/intern.h"
#include "core/log.h"
#include "core/mailbox.h"
#include "core/str.h"
#include "core/time.h"
