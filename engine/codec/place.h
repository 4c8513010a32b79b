/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside codec: where in a message a fault lies, as a path in JSON names. */

#include <protobuf-c/protobuf-c.h>

#include "core/core.h"

/** One step of a path, kept on the stack of whoever walks a message; `up` is NULL at the root.
 *  A step is a field, a map's key (`key`) or, in text that is not ours, a plain word; with only an
 *  index it is an item of a list in a list. */
typedef struct sk_place {
    const struct sk_place *up;
    const ProtobufCFieldDescriptor *field;
    sk_str key;
    int64_t index; /**< In a repeated field; -1: none. */
} sk_place;

/** As sk_fail_field, with the path of `place` ("putListings.listings[0].point.lat"). */
sk_status sk_place_fail(sk_error *err, sk_status status, const sk_place *place, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/** The JSON name of a proto name: `load_30d` is "load30d". Cut at the size of `out`. */
#define SK_JSON_NAME_MAX 64
sk_str sk_json_name(const char *proto_name, char out[SK_JSON_NAME_MAX]);

/** A map<K, V>: protoc makes it a repeated message of `key` and `value`, named after the field. */
bool sk_field_is_map(const ProtobufCFieldDescriptor *field);
bool sk_message_is_timestamp(const ProtobufCMessageDescriptor *descriptor);
/** AttributeValue, which in JSON is a bare string, number or bool. */
bool sk_message_is_scalar(const ProtobufCMessageDescriptor *descriptor);
/** "KIND_NEED" without the prefix of its type: "NEED". */
const char *sk_enum_short_name(const ProtobufCEnumDescriptor *type, const char *name);
/** The message of the contract called `name` ("Request", "Listing"), or NULL. */
const ProtobufCMessageDescriptor *sk_message_find(const char *name);
