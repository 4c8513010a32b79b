/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/place.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/message.h"

#define STEPS_MAX 40

static size_t add_step(char *path, size_t size, size_t at, const sk_place *step)
{
    char name[SK_JSON_NAME_MAX];
    int wrote = 0;

    if (step->field) {
        sk_json_name(step->field->name, name);
        wrote = snprintf(path + at, size - at, "%s%s", at ? "." : "", name);
    } else if (step->key.size > 0) {
        wrote = snprintf(path + at, size - at, "%s%.*s", at ? "." : "", SK_STR_ARG(step->key));
    }
    at = wrote < 0 || (size_t)wrote >= size - at ? size - 1 : at + (size_t)wrote;
    if (step->index >= 0) {
        wrote = snprintf(path + at, size - at, "[%lld]", (long long)step->index);
        at = wrote < 0 || (size_t)wrote >= size - at ? size - 1 : at + (size_t)wrote;
    }
    return at;
}

sk_status sk_place_fail(sk_error *err, sk_status status, const sk_place *place, const char *format,
                        ...)
{
    const sk_place *steps[STEPS_MAX];
    char path[sizeof(((sk_error *)0)->field)] = "";
    char text[sizeof(((sk_error *)0)->message)];
    size_t count = 0, at = 0;
    va_list args;

    for (; place && count < STEPS_MAX; place = place->up) {
        if (place->field || place->key.size > 0 || place->index >= 0)
            steps[count++] = place;
    }
    while (count > 0)
        at = add_step(path, sizeof(path), at, steps[--count]);
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return sk_fail_field(err, status, path, "%s", text);
}

sk_str sk_json_name(const char *proto_name, char out[SK_JSON_NAME_MAX])
{
    size_t at = 0;
    bool upper = false;

    for (; *proto_name && at < SK_JSON_NAME_MAX - 1; proto_name++) {
        if (*proto_name == '_') {
            upper = true;
            continue;
        }
        out[at++] = (char)(upper ? toupper((unsigned char)*proto_name) : *proto_name);
        upper = false;
    }
    out[at] = '\0';
    return (sk_str){out, at};
}

/* protoc names the entry of `my_field` "MyFieldEntry". */
bool sk_field_is_map(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    char name[SK_JSON_NAME_MAX];
    sk_str expected = sk_json_name(field->name, name);

    if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    name[0] = (char)toupper((unsigned char)name[0]);
    return entry->n_fields == 2 && strcmp(entry->fields[0].name, "key") == 0 &&
           strcmp(entry->fields[1].name, "value") == 0 &&
           strncmp(entry->short_name, name, expected.size) == 0 &&
           strcmp(entry->short_name + expected.size, "Entry") == 0;
}

bool sk_message_is_timestamp(const ProtobufCMessageDescriptor *descriptor)
{
    return strcmp(descriptor->name, "google.protobuf.Timestamp") == 0;
}

bool sk_message_is_scalar(const ProtobufCMessageDescriptor *descriptor)
{
    return strcmp(descriptor->name, "schakel.v1.AttributeValue") == 0;
}

/* The prefix is the type's name in upper case with a low line before each further capital:
 * ListingStatus gives LISTING_STATUS_. */
const char *sk_enum_short_name(const ProtobufCEnumDescriptor *type, const char *name)
{
    const char *rest = name;

    for (const char *p = type->short_name; *p; p++) {
        if (isupper((unsigned char)*p) && p != type->short_name && *rest++ != '_')
            return name;
        if (*rest++ != toupper((unsigned char)*p))
            return name;
    }
    return *rest == '_' && rest[1] ? rest + 1 : name;
}

/* Messages do not contain themselves, so that this ends. */
static const ProtobufCMessageDescriptor *find_under(const ProtobufCMessageDescriptor *type,
                                                    const char *name)
{
    const ProtobufCMessageDescriptor *found = NULL;

    if (strcmp(type->package_name, "schakel.v1") == 0 && strcmp(type->short_name, name) == 0)
        return type;
    for (unsigned i = 0; i < type->n_fields && !found; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            found = find_under(type->fields[i].descriptor, name);
    }
    return found;
}

const ProtobufCMessageDescriptor *sk_message_find(const char *name)
{
    const ProtobufCMessageDescriptor *found = NULL;

    /* Every message of the contract is part of one of these two. */
    if ((found = find_under(&schakel__v1__request__descriptor, name)) == NULL)
        found = find_under(&schakel__v1__response__descriptor, name);
    return found;
}
