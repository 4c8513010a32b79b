/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/message.h"

/* Any bytes as a Request, then as stored records. What unpacks must convert or be refused, print as
 * JSON that reads back to the same bytes, and never use more memory than its cap. */

#define CAP ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert_listings(const Schakel__V1__Request *request, sk_arena *arena)
{
    sk_listing listing;
    sk_error err = {0};

    if (request->op_case != SCHAKEL__V1__REQUEST__OP_PUT_LISTINGS)
        return;
    for (size_t i = 0; i < request->put_listings->n_listings; i++) {
        sk_status st =
            sk_listing_from_message(request->put_listings->listings[i], arena, &listing, &err);

        SK_ASSERT(st == SK_OK || err.message[0]);
    }
}

static void through_json(const ProtobufCMessage *message)
{
    sk_buf bytes = {0}, text = {0}, again = {0};
    sk_error err = {0};

    sk_message_pack(message, &bytes);
    if (sk_message_to_json("Request", sk_buf_view(&bytes), false, &text, &err) == SK_OK) {
        /* Times lose what is finer than a millisecond, so that only the text must come back. */
        SK_ASSERT(sk_json_to_message("Request", sk_buf_view(&text), &again, &err) == SK_OK);
        sk_buf_reset(&bytes);
        SK_ASSERT(sk_message_to_json("Request", sk_buf_view(&again), false, &bytes, &err) == SK_OK);
        SK_ASSERT(sk_str_eq(sk_buf_view(&bytes), sk_buf_view(&text)));
    }
    sk_buf_done(&bytes);
    sk_buf_done(&text);
    sk_buf_done(&again);
}

static void as_records(sk_str bytes, sk_arena *arena)
{
    sk_listing listing;
    sk_party party;
    sk_suggestion suggestion;
    sk_area area;

    sk_decode_listing(bytes, arena, &listing, NULL);
    sk_decode_party(bytes, arena, &party, NULL);
    sk_decode_suggestion(bytes, arena, &suggestion, NULL);
    sk_decode_area(bytes, arena, &area, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sk_str bytes = {(const char *)data, size};
    sk_arena *arena = sk_arena_new(0);
    ProtobufCMessage *message = NULL;
    sk_error err = {0};
    sk_status st = SK_ENOMEM;

    if (!arena)
        return 0;
    st = sk_message_unpack(&schakel__v1__request__descriptor, bytes, CAP, arena, &message, &err);
    SK_ASSERT(sk_arena_used(arena) <= CAP);
    SK_ASSERT((st == SK_OK) == (message != NULL));
    SK_ASSERT(st == SK_OK || err.message[0]);
    if (message) {
        convert_listings((const Schakel__V1__Request *)message, arena);
        through_json(message);
    }
    as_records(bytes, arena);
    sk_arena_free(arena);
    return 0;
}
