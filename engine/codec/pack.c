/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/pack.h"

#include "codec/message.h"

/* Problem: protobuf-c's own packing walks a message twice and drops a negative zero, so that a
 * stored double would not come back bit for bit. Packing by descriptor is little more than a
 * screen of code, appends to the buffer that the store wants, and serves JSON too.
 *
 * The length of a submessage stands before it and is known after it: the inner bytes are written
 * first and then moved up by the size of their length. Messages are at most six deep, so that a
 * byte moves at most six times. */

/* ---- Writing ---- */

void sk_wire_varint(sk_buf *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;

    while (value >= 0x80) {
        bytes[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    sk_buf_add(out, bytes, size);
}

void sk_wire_tag(sk_buf *out, const ProtobufCFieldDescriptor *field, bool packed)
{
    unsigned wire = 0;

    if (packed || field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES ||
        field->type == PROTOBUF_C_TYPE_MESSAGE)
        wire = 2;
    else if (field->type == PROTOBUF_C_TYPE_DOUBLE)
        wire = 1;
    sk_wire_varint(out, (uint64_t)field->id << 3 | wire);
}

void sk_wire_double(sk_buf *out, double value)
{
    uint8_t bytes[8];
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof(bits));
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    sk_buf_add(out, bytes, sizeof(bytes));
}

void sk_wire_bytes(sk_buf *out, sk_str bytes)
{
    sk_wire_varint(out, bytes.size);
    sk_buf_str(out, bytes);
}

size_t sk_wire_open(const sk_buf *out)
{
    return out->size;
}

void sk_wire_close(sk_buf *out, size_t start)
{
    size_t inner = out->size - start;
    size_t length_size = 0;

    if (out->failed)
        return;
    sk_wire_varint(out, inner);
    if (out->failed)
        return;
    length_size = out->size - start - inner;
    /* The length was written behind; it and the inner bytes change places. */
    uint8_t length[10];
    memcpy(length, out->data + start + inner, length_size);
    memmove(out->data + start + length_size, out->data + start, inner);
    memcpy(out->data + start, length, length_size);
}

/* ---- Packing ---- */

static void pack_fields(const ProtobufCMessage *message, sk_buf *out);

/* One value; `member` points at it inside the message or at an item of a list. */
static void pack_value(const ProtobufCFieldDescriptor *field, const void *member, sk_buf *out)
{
    size_t start = 0;

    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        sk_wire_varint(out, *(const uint32_t *)member);
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BOOL:
        sk_wire_varint(out, (uint64_t)(int64_t) * (const int32_t *)member);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_INT64:
        sk_wire_varint(out, *(const uint64_t *)member);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        sk_wire_double(out, *(const double *)member);
        break;
    case PROTOBUF_C_TYPE_STRING:
        sk_wire_bytes(out, sk_str_from(*(char *const *)member));
        break;
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *data = member;
        sk_wire_bytes(out, (sk_str){(const char *)data->data, data->len});
        break;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        start = sk_wire_open(out);
        if (*(ProtobufCMessage *const *)member)
            pack_fields(*(ProtobufCMessage *const *)member, out);
        sk_wire_close(out, start);
        break;
    default:
        SK_ASSERT(!"a type that the wire contract does not use");
    }
}

size_t sk_item_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BOOL:
        return 4;
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 8;
    }
}
static_assert(sizeof(protobuf_c_boolean) == 4 && sizeof(void *) == 8, "sizes of list items");

static void pack_list(const ProtobufCFieldDescriptor *field, const char *items, size_t count,
                      sk_buf *out)
{
    size_t step = sk_item_size(field->type);
    size_t start = 0;

    if (count == 0)
        return;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) {
        sk_wire_tag(out, field, true);
        start = sk_wire_open(out);
        for (size_t i = 0; i < count; i++)
            pack_value(field, items + i * step, out);
        sk_wire_close(out, start);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        sk_wire_tag(out, field, false);
        pack_value(field, items + i * step, out);
    }
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BOOL:
        return *(const int32_t *)member == 0;
    case PROTOBUF_C_TYPE_STRING:
        return *(char *const *)member == NULL || **(char *const *)member == '\0';
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)member)->len == 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(ProtobufCMessage *const *)member == NULL;
    default: /* eight bytes, a double too: by its bits */
        return *(const uint64_t *)member == 0;
    }
}

bool sk_field_present(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    const char *base = (const char *)message;

    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *)(base + field->quantifier_offset) == field->id;
    return !is_default(field, base + field->offset);
}

static void pack_fields(const ProtobufCMessage *message, sk_buf *out)
{
    const char *base = (const char *)message;

    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const char *member = base + field->offset;

        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            pack_list(field, *(char *const *)member,
                      *(const size_t *)(base + field->quantifier_offset), out);
        } else if (sk_field_present(field, message)) {
            sk_wire_tag(out, field, false);
            pack_value(field, member, out);
        }
    }
}

void sk_message_pack(const ProtobufCMessage *message, sk_buf *out)
{
    pack_fields(message, out);
}
