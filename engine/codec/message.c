/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

#include "codec/scan.h"

/* Unpacking: the bytes are scanned first, then the library unpacks into the arena through an
 * allocator that counts. What it frees on the way stays in the arena until its reset; that is why
 * the cap stands on what is handed out and not on what is in use. */

typedef struct capped {
    sk_arena *arena;
    size_t left;
    bool over, out;
} capped;

static void *capped_alloc(void *context, size_t size)
{
    capped *c = context;
    void *piece = NULL;

    /* As the arena rounds: ten thousand empty strings are not ten thousand bytes. */
    if (size <= c->left)
        size = (size + 15) / 16 * 16;
    if (size > c->left) {
        c->over = true;
        return NULL;
    }
    if ((piece = sk_arena_alloc(c->arena, size)) == NULL)
        c->out = true;
    else
        c->left -= size;
    return piece;
}

static void capped_free(void *context, void *piece)
{
    (void)context;
    (void)piece;
}

sk_status sk_message_unpack(const ProtobufCMessageDescriptor *descriptor, sk_str bytes, size_t cap,
                            sk_arena *arena, ProtobufCMessage **out, sk_error *err)
{
    capped counted = {.arena = arena, .left = cap};
    ProtobufCAllocator allocator = {capped_alloc, capped_free, &counted};
    ProtobufCMessage *message = NULL;
    sk_status st = SK_OK;

    if ((st = sk_wire_scan(descriptor, bytes, err)) != SK_OK)
        return st;
    message = protobuf_c_message_unpack(descriptor, &allocator, bytes.size,
                                        (const uint8_t *)(bytes.data ? bytes.data : ""));
    if (message) {
        *out = message;
        return SK_OK;
    }
    if (counted.over)
        return sk_fail(err, SK_ELIMIT, "the message needs more than %zu bytes of memory", cap);
    if (counted.out)
        return sk_fail(err, SK_ENOMEM, "out of memory while reading a message");
    return sk_fail(err, SK_EPROTO, "the bytes are no %s", descriptor->short_name);
}
