/* SPDX-License-Identifier: EUPL-1.2 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/codec.h"
#include "codec/message.h"
#include "codec/pack.h"
#include "codec/place.h"

/* Messages to JSON: unpacked, then walked by descriptor in ascending field number. What is zero or
 * empty is left out, except in a choice, where being given says something. Numbers print as short
 * as they can and still read back to the same bits. Failure (a NaN, a time outside RFC 3339, a map
 * with a doubled key: nothing that our own encoders make) is one error, and the output is cut back
 * to where it began. */

/* Keys of a map are compared each with each. */
#define MAP_MAX 1024

typedef struct printer {
    sk_buf *out;
    sk_error *err;
    bool pretty;
    int level;
} printer;

static sk_status print_body(printer *p, const ProtobufCMessage *message, const sk_place *place);

/* ---- Texts ---- */

static void print_text(printer *p, sk_str text)
{
    size_t plain = 0;

    sk_buf_text(p->out, "\"");
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        sk_buf_add(p->out, text.data + plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\')
            sk_buf_printf(p->out, "\\%c", c);
        else if (c == '\n')
            sk_buf_text(p->out, "\\n");
        else if (c == '\t')
            sk_buf_text(p->out, "\\t");
        else
            sk_buf_printf(p->out, "\\u%04x", c);
    }
    sk_buf_add(p->out, text.data + plain, text.size - plain);
    sk_buf_text(p->out, "\"");
}

static void print_line(printer *p)
{
    if (!p->pretty)
        return;
    sk_buf_text(p->out, "\n");
    for (int i = 0; i < p->level; i++)
        sk_buf_text(p->out, "  ");
}

/* Open before the first item, and what stands between items after it. */
static void print_separator(printer *p, bool *first, const char *open)
{
    sk_buf_text(p->out, *first ? open : ",");
    if (*first)
        p->level++;
    *first = false;
    print_line(p);
}

static void print_close(printer *p, bool empty, const char *close)
{
    if (!empty) {
        p->level--;
        print_line(p);
    }
    sk_buf_text(p->out, close);
}

static void print_name(printer *p, sk_str name)
{
    print_text(p, name);
    sk_buf_text(p->out, p->pretty ? ": " : ":");
}

/* ---- Numbers ---- */

/* Fifteen digits always print a short number short; only subnormal ones can need fewer than what
 * %.15g shows, and so are tried from one digit up. */
static sk_status print_real(printer *p, double value, const sk_place *place)
{
    char text[40];
    int digits = fabs(value) < 2.3e-308 ? 1 : 15;

    if (!isfinite(value))
        return sk_place_fail(p->err, SK_EINVAL, place, "not a number that JSON can write");
    if (value == 0) {
        /* "-0" would be read as a whole number, which has no sign. */
        sk_buf_text(p->out, signbit(value) ? "-0.0" : "0");
        return SK_OK;
    }
    for (; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    /* Whatever the process's locale. */
    for (char *c = text; *c; c++) {
        if (*c == ',')
            *c = '.';
    }
    sk_buf_text(p->out, text);
    return SK_OK;
}

static sk_status print_enum(printer *p, const ProtobufCEnumDescriptor *type, int number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);

    if (value)
        print_text(p, sk_str_from(sk_enum_short_name(type, value->name)));
    else
        sk_buf_printf(p->out, "%d", number);
    return SK_OK;
}

/* ---- Values ---- */

static sk_status print_value(printer *p, const ProtobufCFieldDescriptor *field, const void *member,
                             const sk_place *place)
{
    const ProtobufCBinaryData *bytes = member;

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        print_text(p, sk_str_from(*(char *const *)member));
        return SK_OK;
    case PROTOBUF_C_TYPE_BYTES:
        sk_buf_text(p->out, "\"");
        sk_base64_write((sk_str){(const char *)bytes->data, bytes->len}, p->out);
        sk_buf_text(p->out, "\"");
        return SK_OK;
    case PROTOBUF_C_TYPE_BOOL:
        sk_buf_text(p->out, *(const protobuf_c_boolean *)member ? "true" : "false");
        return SK_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        return print_real(p, *(const double *)member, place);
    case PROTOBUF_C_TYPE_ENUM:
        return print_enum(p, field->descriptor, *(const int *)member);
    case PROTOBUF_C_TYPE_MESSAGE:
        return print_body(p, *(ProtobufCMessage *const *)member, place);
    case PROTOBUF_C_TYPE_UINT32:
        sk_buf_printf(p->out, "%u", *(const uint32_t *)member);
        return SK_OK;
    case PROTOBUF_C_TYPE_INT32:
        sk_buf_printf(p->out, "%d", *(const int32_t *)member);
        return SK_OK;
    case PROTOBUF_C_TYPE_UINT64:
        sk_buf_printf(p->out, "\"%llu\"", (unsigned long long)*(const uint64_t *)member);
        return SK_OK;
    case PROTOBUF_C_TYPE_INT64:
        sk_buf_printf(p->out, "\"%lld\"", (long long)*(const int64_t *)member);
        return SK_OK;
    default:
        return sk_place_fail(p->err, SK_EINTERNAL, place, "a type without a form in JSON");
    }
}

/* Lists of plain values stand on one line, since a ring has hundreds. */
static sk_status print_list(printer *p, const ProtobufCFieldDescriptor *field, const char *items,
                            size_t count, const sk_place *up)
{
    bool tall = field->type == PROTOBUF_C_TYPE_MESSAGE;
    bool first = true;
    sk_status st = SK_OK;

    for (size_t i = 0; i < count && st == SK_OK; i++) {
        sk_place place = {.up = up, .field = field, .index = (int64_t)i};

        if (tall)
            print_separator(p, &first, "[");
        else
            sk_buf_text(p->out, i == 0 ? "[" : p->pretty ? ", " : ",");
        st = print_value(p, field, items + i * sk_item_size(field->type), &place);
    }
    print_close(p, !tall, "]");
    return st;
}

/* ---- Maps ---- */

static const char *entry_key(const ProtobufCMessage *entry)
{
    return *(char *const *)((const char *)entry + entry->descriptor->fields[0].offset);
}

static sk_status print_entry(printer *p, const ProtobufCFieldDescriptor *field,
                             ProtobufCMessage *const *entries, size_t at, const sk_place *up)
{
    const ProtobufCMessage *entry = entries[at];
    const ProtobufCFieldDescriptor *value = &entry->descriptor->fields[1];
    const void *member = (const char *)entry + value->offset;
    sk_place outer = {.up = up, .field = field, .index = -1};
    sk_place place = {.up = &outer, .key = sk_str_from(entry_key(entry)), .index = -1};

    for (size_t i = 0; i < at; i++) {
        if (strcmp(entry_key(entries[i]), entry_key(entry)) == 0)
            return sk_place_fail(p->err, SK_EINVAL, &place, "given twice");
    }
    print_name(p, place.key);
    if (value->type == PROTOBUF_C_TYPE_MESSAGE && !*(ProtobufCMessage *const *)member)
        return sk_place_fail(p->err, SK_EINVAL, &place, "without a value");
    return print_value(p, value, member, &place);
}

static sk_status print_map(printer *p, const ProtobufCFieldDescriptor *field,
                           ProtobufCMessage *const *entries, size_t count, const sk_place *up)
{
    sk_place place = {.up = up, .field = field, .index = -1};
    bool first = true;
    sk_status st = SK_OK;

    if (count > MAP_MAX)
        return sk_place_fail(p->err, SK_ELIMIT, &place, "more than %d entries", MAP_MAX);
    for (size_t i = 0; i < count && st == SK_OK; i++) {
        print_separator(p, &first, "{");
        st = print_entry(p, field, entries, i, up);
    }
    print_close(p, false, "}");
    return st;
}

/* ---- Messages ---- */

static sk_status print_field(printer *p, const ProtobufCFieldDescriptor *field,
                             const ProtobufCMessage *message, const sk_place *up)
{
    const char *member = (const char *)message + field->offset;
    sk_place place = {.up = up, .field = field, .index = -1};
    char name[SK_JSON_NAME_MAX];
    size_t count = 0;

    print_name(p, sk_json_name(field->name, name));
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return print_value(p, field, member, &place);
    count = *(const size_t *)((const char *)message + field->quantifier_offset);
    if (sk_field_is_map(field))
        return print_map(p, field, *(ProtobufCMessage *const *const *)member, count, up);
    return print_list(p, field, *(char *const *)member, count, up);
}

static bool is_shown(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)((const char *)message + field->quantifier_offset) > 0;
    return sk_field_present(field, message);
}

static sk_status print_object(printer *p, const ProtobufCMessage *message, const sk_place *place)
{
    bool first = true;
    sk_status st = SK_OK;

    for (unsigned i = 0; i < message->descriptor->n_fields && st == SK_OK; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

        if (!is_shown(field, message))
            continue;
        print_separator(p, &first, "{");
        st = print_field(p, field, message, place);
    }
    if (first)
        sk_buf_text(p->out, "{");
    print_close(p, first, "}");
    return st;
}

static sk_status print_time(printer *p, const ProtobufCMessage *message, const sk_place *place)
{
    sk_error inner = {0};
    int64_t time_ms = 0;
    char text[32];

    if (sk_time_from_message((const Google__Protobuf__Timestamp *)message, "", &time_ms, &inner) !=
        SK_OK)
        return sk_place_fail(p->err, SK_EINVAL, place, "%s", inner.message);
    print_text(p, sk_time_format(time_ms, text));
    return SK_OK;
}

static sk_status print_scalar(printer *p, const ProtobufCMessage *message, const sk_place *place)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

        if (sk_field_present(field, message))
            return print_value(p, field, (const char *)message + field->offset, place);
    }
    return sk_place_fail(p->err, SK_EINVAL, place, "without a value");
}

static sk_status print_body(printer *p, const ProtobufCMessage *message, const sk_place *place)
{
    if (sk_message_is_timestamp(message->descriptor))
        return print_time(p, message, place);
    if (sk_message_is_scalar(message->descriptor))
        return print_scalar(p, message, place);
    return print_object(p, message, place);
}

sk_status sk_message_to_json(const char *name, sk_str bytes, bool pretty, sk_buf *out,
                             sk_error *err)
{
    const ProtobufCMessageDescriptor *type = sk_message_find(name);
    printer p = {.out = out, .err = err, .pretty = pretty};
    sk_place root = {.index = -1};
    ProtobufCMessage *message = NULL;
    sk_arena *arena = NULL;
    size_t before = out->size;
    sk_status st = SK_OK;

    if (!type)
        return sk_fail(err, SK_EINVAL, "no message is called \"%s\"", name);
    if (bytes.size > SK_RECORD_MAX)
        return sk_fail(err, SK_ELIMIT, "a message of %zu bytes, more than %d", bytes.size,
                       SK_RECORD_MAX);
    if ((arena = sk_arena_new(0)) == NULL)
        return sk_fail(err, SK_ENOMEM, "out of memory while writing JSON");
    st = sk_message_unpack(type, bytes, SK_UNPACK_MEMORY(bytes.size), arena, &message, err);
    if (st == SK_OK)
        st = print_body(&p, message, &root);
    sk_arena_free(arena);
    if (st == SK_OK && out->failed)
        st = sk_fail(err, SK_ENOMEM, "out of memory while writing JSON");
    if (st != SK_OK)
        out->size = before;
    return st;
}
