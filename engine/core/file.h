/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "core/buf.h"
#include "core/error.h"

/** Append the whole file to `out`; refuses more than `max_size` bytes. */
sk_status sk_file_read(const char *path, size_t max_size, sk_buf *out, sk_error *err);
/** Write beside, sync, rename: the file is there whole or not at all. `mode` such as 0600. */
sk_status sk_file_write(const char *path, sk_str bytes, unsigned mode, sk_error *err);
/** Make a folder and those above it. */
sk_status sk_dir_make(const char *path, unsigned mode, sk_error *err);
