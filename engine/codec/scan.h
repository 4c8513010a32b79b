/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside codec: the check of wire bytes before the library may unpack them. */

#include <protobuf-c/protobuf-c.h>

#include "core/core.h"

sk_status sk_wire_scan(const ProtobufCMessageDescriptor *descriptor, sk_str bytes, sk_error *err);
