/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/scan.h"

#include "codec/codec.h"
#include "codec/place.h"

/* Problem: protobuf-c unpacks recursively and without bounds, turns two bytes of input into a
 * hundred of memory, merges what is given twice and says only "no" when something is wrong. So
 * hostile or broken bytes are found here, before it sees them.
 *
 * Layout: one pass with a stack of frames, one per open message.
 *
 *     Request  putListings -> frame 1  listings[3] -> frame 2  point -> frame 3  lat
 *     |-------|--------------|-----------------------|---------------|-----|      end of each
 *
 * Invariants: the reading place never passes the end of the innermost frame, which never passes
 * that of the one around it. A frame counts its fields, which gives the index in paths and finds
 * single fields and choices that come twice; no encoder writes those, and merging them is how one
 * checker and another come to see different messages.
 *
 * Bounds: SK_DEPTH_MAX frames; SK_ELEMENTS_MAX submessages, list items and unknown fields in all.
 * Packed numbers are not counted: a byte of them costs at most eight. Unknown fields are stepped
 * over, never into. Failure: one error with the path; nothing is allocated. */

#define FIELDS_MAX 64

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

typedef struct frame {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *end;
    sk_place place; /* the field being read */
    uint32_t counts[FIELDS_MAX];
} frame;

typedef struct scan {
    const uint8_t *at;
    frame *top;
    size_t elements;
    sk_error *err;
    frame frames[SK_DEPTH_MAX];
} scan;

static sk_status fail(scan *s, sk_status status, const char *what)
{
    return sk_place_fail(s->err, status, &s->top->place, "%s", what);
}

/* ---- Numbers ---- */

static bool read_varint(scan *s, uint64_t *out)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 70 && s->at < s->top->end; shift += 7) {
        uint8_t byte = *s->at++;

        if (shift == 63 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool step_over(scan *s, uint64_t size)
{
    if (size > (uint64_t)(s->top->end - s->at))
        return false;
    s->at += size;
    return true;
}

static int wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_64;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_32;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_BYTES;
    default:
        return WIRE_VARINT;
    }
}

static sk_status check_varint(scan *s, const ProtobufCFieldDescriptor *field, uint64_t value)
{
    int64_t number = (int64_t)value;

    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        return value <= UINT32_MAX ? SK_OK : fail(s, SK_EPROTO, "number too large");
    case PROTOBUF_C_TYPE_INT32:
        return number >= INT32_MIN && number <= INT32_MAX ? SK_OK
                                                          : fail(s, SK_EPROTO, "number too large");
    case PROTOBUF_C_TYPE_BOOL:
        return value <= 1 ? SK_OK : fail(s, SK_EPROTO, "a bool is 0 or 1");
    case PROTOBUF_C_TYPE_ENUM:
        if (number < INT32_MIN || number > INT32_MAX ||
            !protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number))
            return sk_place_fail(s->err, SK_EPROTO, &s->top->place, "unknown number %lld",
                                 (long long)number);
        return SK_OK;
    default:
        return SK_OK;
    }
}

static sk_status scan_number(scan *s, const ProtobufCFieldDescriptor *field)
{
    uint64_t value = 0;

    switch (wire_of(field->type)) {
    case WIRE_64:
        return step_over(s, 8) ? SK_OK : fail(s, SK_EPROTO, "the message ends inside a number");
    case WIRE_32:
        return step_over(s, 4) ? SK_OK : fail(s, SK_EPROTO, "the message ends inside a number");
    default:
        if (!read_varint(s, &value))
            return fail(s, SK_EPROTO, "malformed number");
        return check_varint(s, field, value);
    }
}

/* ---- Fields ---- */

static sk_status count_element(scan *s)
{
    if (++s->elements > SK_ELEMENTS_MAX)
        return sk_place_fail(s->err, SK_ELIMIT, &s->top->place, "a message of more than %d parts",
                             SK_ELEMENTS_MAX);
    return SK_OK;
}

/* Count the field in its frame and refuse what may come only once. */
static sk_status note_field(scan *s, const ProtobufCFieldDescriptor *field)
{
    frame *f = s->top;
    size_t index = (size_t)(field - f->type->fields);
    uint32_t before = f->counts[index]++;
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    char name[SK_JSON_NAME_MAX];

    f->place.field = field;
    f->place.index = repeated ? (int64_t)before : -1;
    if (repeated)
        return SK_OK;
    if (before)
        return fail(s, SK_EPROTO, "given twice");
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return SK_OK;
    for (unsigned i = 0; i < f->type->n_fields; i++) {
        const ProtobufCFieldDescriptor *other = &f->type->fields[i];

        if (i != index && f->counts[i] && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            other->quantifier_offset == field->quantifier_offset)
            return sk_place_fail(s->err, SK_EPROTO, &f->place, "cannot stand beside %s",
                                 sk_json_name(other->name, name).data);
    }
    return SK_OK;
}

static sk_status scan_packed(scan *s, const ProtobufCFieldDescriptor *field, const uint8_t *end)
{
    const uint8_t *outer = s->top->end;
    sk_status st = SK_OK;

    s->top->end = end;
    s->top->counts[field - s->top->type->fields]--;
    while (s->at < end && st == SK_OK) {
        s->top->place.index = s->top->counts[field - s->top->type->fields]++;
        st = scan_number(s, field);
    }
    s->top->end = outer;
    return st;
}

static sk_status open_message(scan *s, const ProtobufCMessageDescriptor *type, const uint8_t *end)
{
    frame *inner = s->top + 1;

    if (inner == s->frames + SK_DEPTH_MAX)
        return fail(s, SK_ELIMIT, "nested too deeply");
    SK_ASSERT(type->n_fields <= FIELDS_MAX);
    inner->type = type;
    inner->end = end;
    inner->place = (sk_place){.up = &s->top->place, .index = -1};
    memset(inner->counts, 0, type->n_fields * sizeof(inner->counts[0]));
    s->top = inner;
    return count_element(s);
}

static sk_status scan_bytes(scan *s, const ProtobufCFieldDescriptor *field)
{
    const uint8_t *start = NULL;
    uint64_t size = 0;
    sk_status st = SK_OK;

    if (!read_varint(s, &size) || size > (uint64_t)(s->top->end - s->at))
        return fail(s, SK_EPROTO, "the message ends inside this field");
    start = s->at;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return open_message(s, field->descriptor, start + size);
    if (wire_of(field->type) != WIRE_BYTES)
        return scan_packed(s, field, start + size);
    if (field->label == PROTOBUF_C_LABEL_REPEATED && (st = count_element(s)) != SK_OK)
        return st;
    s->at = start + size;
    if (field->type == PROTOBUF_C_TYPE_STRING &&
        !sk_utf8_check((sk_str){(const char *)start, (size_t)size}, NULL))
        return fail(s, SK_EPROTO, "not UTF-8, or with a NUL in it");
    return SK_OK;
}

static sk_status skip_unknown(scan *s, int wire)
{
    uint64_t value = 0;
    bool whole = false;
    sk_status st = SK_OK;

    s->top->place.field = NULL;
    if ((st = count_element(s)) != SK_OK)
        return st;
    switch (wire) {
    case WIRE_VARINT:
        whole = read_varint(s, &value);
        break;
    case WIRE_64:
        whole = step_over(s, 8);
        break;
    case WIRE_BYTES:
        whole = read_varint(s, &value) && step_over(s, value);
        break;
    case WIRE_32:
        whole = step_over(s, 4);
        break;
    default:
        return fail(s, SK_EPROTO, "groups and wire types 6 and 7 are not understood");
    }
    return whole ? SK_OK : fail(s, SK_EPROTO, "the message ends inside an unknown field");
}

static sk_status scan_field(scan *s)
{
    const ProtobufCFieldDescriptor *field = NULL;
    uint64_t tag = 0;
    bool repeated = false;
    int wire = 0;
    sk_status st = SK_OK;

    s->top->place.field = NULL;
    s->top->place.index = -1;
    if (!read_varint(s, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
        return fail(s, SK_EPROTO, "malformed field number");
    wire = (int)(tag & 7);
    field = protobuf_c_message_descriptor_get_field(s->top->type, (unsigned)(tag >> 3));
    if (!field)
        return skip_unknown(s, wire);
    if ((st = note_field(s, field)) != SK_OK)
        return st;
    repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (wire == WIRE_BYTES && (wire_of(field->type) == WIRE_BYTES || repeated))
        return scan_bytes(s, field);
    if (wire != wire_of(field->type))
        return fail(s, SK_EPROTO, "encoded as another type");
    if (repeated && (st = count_element(s)) != SK_OK)
        return st;
    return scan_number(s, field);
}

sk_status sk_wire_scan(const ProtobufCMessageDescriptor *descriptor, sk_str bytes, sk_error *err)
{
    scan s;
    sk_status st = SK_OK;

    SK_ASSERT(descriptor->n_fields <= FIELDS_MAX);
    /* Frames are cleared as they are opened: all twelve at once would cost more than the scan of
     * a small record. */
    s.at = (const uint8_t *)bytes.data;
    s.elements = 0;
    s.err = err;
    s.top = s.frames;
    s.top->type = descriptor;
    s.top->end = s.at + bytes.size;
    s.top->place = (sk_place){.index = -1};
    memset(s.top->counts, 0, descriptor->n_fields * sizeof(s.top->counts[0]));
    for (;;) {
        while (s.at == s.top->end && s.top > s.frames)
            s.top--;
        if (s.at == s.top->end)
            return SK_OK;
        if ((st = scan_field(&s)) != SK_OK)
            return st;
    }
}
