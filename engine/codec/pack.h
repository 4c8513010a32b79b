/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside codec: wire bytes, written front to back. */

#include <protobuf-c/protobuf-c.h>

#include "core/core.h"

void sk_wire_varint(sk_buf *out, uint64_t value);
/** The tag of `field`; `packed` when its items follow as one run of bytes. */
void sk_wire_tag(sk_buf *out, const ProtobufCFieldDescriptor *field, bool packed);
void sk_wire_double(sk_buf *out, double value);
void sk_wire_bytes(sk_buf *out, sk_str bytes);
/** Bytes whose length is known at their end: what is added after open and before close. */
size_t sk_wire_open(const sk_buf *out);
void sk_wire_close(sk_buf *out, size_t start);
/** Whether the single `field` of `message` is there: what proto3 writes. A negative zero is. */
bool sk_field_present(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message);
/** Bytes of one item of a list of this type, in memory. */
size_t sk_item_size(ProtobufCType type);
