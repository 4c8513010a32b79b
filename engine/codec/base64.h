/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside codec: bytes in JSON. */

#include "core/core.h"

void sk_base64_write(sk_str bytes, sk_buf *out);
/** Both alphabets, with or without padding. False: no base64; `out` may hold a part then. */
bool sk_base64_read(sk_str text, sk_buf *out);
