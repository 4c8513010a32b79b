/* SPDX-License-Identifier: EUPL-1.2 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "codec/base64.h"
#include "codec/codec.h"
#include "codec/json_text.h"
#include "codec/pack.h"
#include "codec/place.h"

/* Problem: every message of the contract comes in as JSON too: from the gateway, the command line,
 * an import. One walk over the descriptors serves them all, and gives each fault its path.
 *
 * The text is checked first (json_check.c), then read by jansson, then written as wire bytes
 * without a message in between: fields in ascending number, whatever their order in the text, so
 * that equal requests give equal bytes. Maps keep the order of the text.
 *
 * A `sk_place` on the stack of each step names where it stands. Recursion follows the descriptors,
 * which do not contain themselves. Failure: one error; the output is cut back to where it began. */

typedef struct writer {
    sk_buf *out;
    sk_error *err;
} writer;

static sk_status write_body(writer *w, const ProtobufCMessageDescriptor *type, json_t *value,
                            const sk_place *place);

static sk_status wrong_type(writer *w, const sk_place *place, const char *wanted)
{
    return sk_place_fail(w->err, SK_EINVAL, place, "must be %s", wanted);
}

static sk_str text_of(json_t *value)
{
    return (sk_str){json_string_value(value), json_string_length(value)};
}

/* ---- Numbers ---- */

/* Whole numbers may be written as 7, 7.0 or 7e0; the sign apart, so that both 64-bit types fit. */
typedef struct whole {
    bool negative;
    uint64_t size;
} whole;

static bool whole_of_real(double value, whole *out)
{
    double size = fabs(value);

    if (!(size < 18446744073709551616.0) || floor(size) != size)
        return false;
    *out = (whole){value < 0, (uint64_t)size};
    return true;
}

static bool whole_of_text(sk_str text, whole *out)
{
    size_t i = text.size > 0 && text.data[0] == '-';
    uint64_t size = 0;

    if (i == text.size || text.size > 20)
        return false;
    for (; i < text.size; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.data[i] - '0';

        if (digit > 9 || size > (UINT64_MAX - digit) / 10)
            return false;
        size = size * 10 + digit;
    }
    *out = (whole){text.data[0] == '-', size};
    return true;
}

static bool whole_fits(whole n, ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
        return n.size <= UINT32_MAX && (!n.negative || n.size == 0);
    case PROTOBUF_C_TYPE_INT32:
        return n.size <= (uint64_t)INT32_MAX + n.negative;
    case PROTOBUF_C_TYPE_UINT64:
        return !n.negative || n.size == 0;
    default:
        return n.size <= (uint64_t)INT64_MAX + n.negative;
    }
}

static sk_status write_whole(writer *w, const ProtobufCFieldDescriptor *field, json_t *value,
                             const sk_place *place)
{
    bool wide = field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_INT64;
    whole n = {0};
    bool read = false;

    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);

        n = (whole){number < 0, number < 0 ? 0 - (uint64_t)number : (uint64_t)number};
        read = true;
    } else if (json_is_real(value)) {
        read = whole_of_real(json_real_value(value), &n);
    } else if (json_is_string(value) && wide) {
        read = whole_of_text(text_of(value), &n);
    } else {
        return wrong_type(w, place, wide ? "a whole number or one in a string" : "a number");
    }
    if (!read)
        return wrong_type(w, place, "a whole number");
    if (!whole_fits(n, field->type))
        return sk_place_fail(w->err, SK_EINVAL, place, "number out of range");
    sk_wire_varint(w->out, n.negative ? 0 - n.size : n.size);
    return SK_OK;
}

static sk_status write_real(writer *w, json_t *value, const sk_place *place)
{
    if (!json_is_number(value))
        return wrong_type(w, place, "a number");
    sk_wire_double(w->out, json_number_value(value));
    return SK_OK;
}

/* ---- Enumerators ---- */

static sk_status unknown_enumerator(writer *w, const ProtobufCEnumDescriptor *type,
                                    const sk_place *place)
{
    char names[200] = "";
    size_t at = 0;

    for (unsigned i = 0; i < type->n_values && at < sizeof(names) - 40; i++) {
        const char *name = sk_enum_short_name(type, type->values[i].name);

        if (strcmp(name, "UNSPECIFIED") != 0)
            at += (size_t)snprintf(names + at, sizeof(names) - at, " %.38s", name);
    }
    return sk_place_fail(w->err, SK_EINVAL, place, "must be one of%s", names);
}

static sk_status write_enum(writer *w, const ProtobufCEnumDescriptor *type, json_t *value,
                            const sk_place *place)
{
    const ProtobufCEnumValue *found = NULL;
    double number = 0;

    for (unsigned i = 0; i < type->n_values && json_is_string(value) && !found; i++) {
        const char *name = type->values[i].name;
        sk_str text = text_of(value);

        if (sk_str_eq(text, sk_str_from(name)) ||
            sk_str_eq(text, sk_str_from(sk_enum_short_name(type, name))))
            found = &type->values[i];
    }
    if (json_is_number(value)) {
        number = json_number_value(value);
        if (number >= 0 && number <= INT32_MAX && floor(number) == number)
            found = protobuf_c_enum_descriptor_get_value(type, (int)number);
    }
    if (!found)
        return unknown_enumerator(w, type, place);
    sk_wire_varint(w->out, (uint64_t)found->value);
    return SK_OK;
}

/* ---- Bytes and times ---- */

static sk_status write_bytes(writer *w, json_t *value, const sk_place *place)
{
    size_t start = sk_wire_open(w->out);

    if (!json_is_string(value) || !sk_base64_read(text_of(value), w->out))
        return wrong_type(w, place, "base64 in a string");
    sk_wire_close(w->out, start);
    return SK_OK;
}

static sk_status write_time(writer *w, const ProtobufCMessageDescriptor *type, json_t *value,
                            const sk_place *place)
{
    sk_error inner = {0};
    int64_t time_ms = 0, seconds = 0, nanos = 0;

    if (!json_is_string(value))
        return wrong_type(w, place, "a time in a string, such as \"2026-03-05T14:00:00Z\"");
    if (sk_time_parse(text_of(value), &time_ms, &inner) != SK_OK)
        return sk_place_fail(w->err, SK_EINVAL, place, "%s", inner.message);
    seconds = sk_floor_div(time_ms, 1000);
    nanos = (time_ms - seconds * 1000) * 1000000;
    if (seconds != 0) {
        sk_wire_tag(w->out, &type->fields[0], false);
        sk_wire_varint(w->out, (uint64_t)seconds);
    }
    if (nanos != 0) {
        sk_wire_tag(w->out, &type->fields[1], false);
        sk_wire_varint(w->out, (uint64_t)nanos);
    }
    return SK_OK;
}

/* ---- Values ---- */

static sk_status write_value(writer *w, const ProtobufCFieldDescriptor *field, json_t *value,
                             const sk_place *place)
{
    size_t start = 0;
    sk_status st = SK_OK;

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (!json_is_string(value))
            return wrong_type(w, place, "a string");
        sk_wire_bytes(w->out, text_of(value));
        return SK_OK;
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(w, value, place);
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(value))
            return wrong_type(w, place, "true or false");
        sk_wire_varint(w->out, json_is_true(value));
        return SK_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        return write_real(w, value, place);
    case PROTOBUF_C_TYPE_ENUM:
        return write_enum(w, field->descriptor, value, place);
    case PROTOBUF_C_TYPE_MESSAGE:
        start = sk_wire_open(w->out);
        st = write_body(w, field->descriptor, value, place);
        sk_wire_close(w->out, start);
        return st;
    default:
        return write_whole(w, field, value, place);
    }
}

/* Proto3 leaves out a zero or empty value; its bytes are all zero, and only then. */
static bool all_zero(const sk_buf *out, size_t from)
{
    for (size_t i = from; i < out->size; i++) {
        if (out->data[i])
            return false;
    }
    return true;
}

static sk_status write_single(writer *w, const ProtobufCFieldDescriptor *field, json_t *value,
                              const sk_place *place)
{
    bool always =
        field->type == PROTOBUF_C_TYPE_MESSAGE || (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    size_t before = w->out->size, start = 0;
    sk_status st = SK_OK;

    sk_wire_tag(w->out, field, false);
    start = w->out->size;
    st = write_value(w, field, value, place);
    if (st == SK_OK && !always && all_zero(w->out, start))
        w->out->size = before;
    return st;
}

static sk_status write_list(writer *w, const ProtobufCFieldDescriptor *field, json_t *list,
                            const sk_place *up)
{
    bool packed = (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
    sk_place place = {.up = up, .field = field, .index = -1};
    size_t start = 0;
    sk_status st = SK_OK;

    if (!json_is_array(list))
        return wrong_type(w, &place, "a list");
    if (json_array_size(list) == 0)
        return SK_OK;
    if (packed) {
        sk_wire_tag(w->out, field, true);
        start = sk_wire_open(w->out);
    }
    for (size_t i = 0; i < json_array_size(list) && st == SK_OK; i++) {
        place.index = (int64_t)i;
        if (!packed)
            sk_wire_tag(w->out, field, false);
        st = write_value(w, field, json_array_get(list, i), &place);
    }
    if (packed)
        sk_wire_close(w->out, start);
    return st;
}

static sk_status write_map(writer *w, const ProtobufCFieldDescriptor *field, json_t *map,
                           const sk_place *up)
{
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    sk_place outer = {.up = up, .field = field, .index = -1};
    const char *key = NULL;
    json_t *value = NULL;

    if (!json_is_object(map))
        return wrong_type(w, &outer, "an object");
    json_object_foreach(map, key, value)
    {
        sk_place place = {.up = &outer, .key = sk_str_from(key), .index = -1};
        size_t start = 0;
        sk_status st = SK_OK;

        sk_wire_tag(w->out, field, false);
        start = sk_wire_open(w->out);
        sk_wire_tag(w->out, &entry->fields[0], false);
        sk_wire_bytes(w->out, place.key);
        sk_wire_tag(w->out, &entry->fields[1], false);
        st = write_value(w, &entry->fields[1], value, &place);
        if (st != SK_OK)
            return st;
        sk_wire_close(w->out, start);
    }
    return SK_OK;
}

/* ---- Names ---- */

static bool field_is_called(const ProtobufCFieldDescriptor *field, const char *key)
{
    char name[SK_JSON_NAME_MAX];

    return strcmp(field->name, key) == 0 || strcmp(sk_json_name(field->name, name).data, key) == 0;
}

/* How many letters differ, at most `limit` + 1; letters of either case are the same. */
static size_t distance(sk_str a, sk_str b, size_t limit)
{
    size_t row[SK_JSON_NAME_MAX + 1];

    if (a.size >= SK_JSON_NAME_MAX || b.size >= SK_JSON_NAME_MAX)
        return limit + 1;
    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            int x = tolower((unsigned char)a.data[i - 1]);
            int y = tolower((unsigned char)b.data[j - 1]);
            size_t change = corner + (x != y);
            size_t add = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            corner = row[j];
            row[j] = change < add ? change : add;
        }
    }
    return row[b.size];
}

static sk_status unknown_field(writer *w, const ProtobufCMessageDescriptor *type,
                               const sk_place *place)
{
    char name[SK_JSON_NAME_MAX], best[SK_JSON_NAME_MAX] = "";
    size_t least = place->key.size < 4 ? 2 : 3;

    for (unsigned i = 0; i < type->n_fields; i++) {
        size_t far = distance(place->key, sk_json_name(type->fields[i].name, name), least);

        if (far < least) {
            least = far;
            memcpy(best, name, sizeof(best));
        }
    }
    if (*best)
        return sk_place_fail(w->err, SK_EINVAL, place, "unknown field; did you mean \"%s\"?", best);
    return sk_place_fail(w->err, SK_EINVAL, place, "unknown field of %s", type->short_name);
}

/* `field` and another of its choice are both given. */
static sk_status check_choice(writer *w, const ProtobufCMessageDescriptor *type,
                              const ProtobufCFieldDescriptor *field, const bool *given,
                              const sk_place *place)
{
    char name[SK_JSON_NAME_MAX];

    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return SK_OK;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *other = &type->fields[i];

        if (given[i] && other != field && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            other->quantifier_offset == field->quantifier_offset)
            return sk_place_fail(w->err, SK_EINVAL, place, "cannot stand beside \"%s\"",
                                 sk_json_name(other->name, name).data);
    }
    return SK_OK;
}

#define FIELDS_MAX 64

/* All names are known, none comes in both spellings, and of each choice one is given. */
static sk_status check_names(writer *w, const ProtobufCMessageDescriptor *type, json_t *object,
                             const sk_place *up)
{
    bool given[FIELDS_MAX] = {false};
    const char *key = NULL;
    json_t *value = NULL;
    sk_status st = SK_OK;

    SK_ASSERT(type->n_fields <= FIELDS_MAX);
    json_object_foreach(object, key, value)
    {
        sk_place place = {.up = up, .key = sk_str_from(key), .index = -1};
        unsigned i = 0;

        while (i < type->n_fields && !field_is_called(&type->fields[i], key))
            i++;
        if (i == type->n_fields)
            return unknown_field(w, type, &place);
        if (json_is_null(value))
            continue;
        if (given[i])
            return sk_place_fail(w->err, SK_EINVAL, &place, "given twice, in two spellings");
        if ((st = check_choice(w, type, &type->fields[i], given, &place)) != SK_OK)
            return st;
        given[i] = true;
    }
    return SK_OK;
}

/* ---- Messages ---- */

/* A bare value takes the member of the choice that has its type. */
static sk_status write_scalar(writer *w, const ProtobufCMessageDescriptor *type, json_t *value,
                              const sk_place *place)
{
    ProtobufCType wanted = PROTOBUF_C_TYPE_BOOL;

    if (json_is_string(value))
        wanted = PROTOBUF_C_TYPE_STRING;
    else if (json_is_number(value))
        wanted = PROTOBUF_C_TYPE_DOUBLE;
    else if (!json_is_boolean(value))
        return wrong_type(w, place, "a string, a number, true or false");
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == wanted)
            return write_single(w, &type->fields[i], value, place);
    }
    return SK_EINTERNAL;
}

static json_t *member_of(json_t *object, const ProtobufCFieldDescriptor *field)
{
    char name[SK_JSON_NAME_MAX];
    json_t *value = json_object_get(object, sk_json_name(field->name, name).data);

    if (!value || json_is_null(value))
        value = json_object_get(object, field->name);
    return value && !json_is_null(value) ? value : NULL;
}

static sk_status write_object(writer *w, const ProtobufCMessageDescriptor *type, json_t *object,
                              const sk_place *up)
{
    sk_status st = SK_OK;

    if (!json_is_object(object))
        return wrong_type(w, up, "an object");
    if ((st = check_names(w, type, object, up)) != SK_OK)
        return st;
    for (unsigned i = 0; i < type->n_fields && st == SK_OK; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        sk_place place = {.up = up, .field = field, .index = -1};
        json_t *value = member_of(object, field);

        if (!value)
            continue;
        if (sk_field_is_map(field))
            st = write_map(w, field, value, up);
        else if (field->label == PROTOBUF_C_LABEL_REPEATED)
            st = write_list(w, field, value, up);
        else
            st = write_single(w, field, value, &place);
    }
    return st;
}

static sk_status write_body(writer *w, const ProtobufCMessageDescriptor *type, json_t *value,
                            const sk_place *place)
{
    if (sk_message_is_timestamp(type))
        return write_time(w, type, value, place);
    if (sk_message_is_scalar(type))
        return write_scalar(w, type, value, place);
    return write_object(w, type, value, place);
}

sk_status sk_json_to_message(const char *name, sk_str json, sk_buf *out, sk_error *err)
{
    const ProtobufCMessageDescriptor *type = sk_message_find(name);
    writer w = {out, err};
    sk_place root = {.index = -1};
    size_t before = out->size;
    json_t *tree = NULL;
    sk_status st = SK_OK;

    if (!type)
        return sk_fail(err, SK_EINVAL, "no message is called \"%s\"", name);
    if (json.size > SK_RECORD_MAX)
        return sk_fail(err, SK_ELIMIT, "JSON of %zu bytes, more than %d", json.size, SK_RECORD_MAX);
    if ((st = sk_json_check_all(json, SK_DEPTH_MAX, err)) != SK_OK)
        return st;
    if ((st = sk_json_load(json, &tree, err)) != SK_OK)
        return st;
    st = write_body(&w, type, tree, &root);
    json_decref(tree);
    if (st == SK_OK && out->failed)
        st = sk_fail(err, SK_ENOMEM, "out of memory while reading JSON");
    if (st != SK_OK)
        out->size = before;
    return st;
}
