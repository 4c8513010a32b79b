/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/codec.h"

/* Any text as JSON, and as the JSON of a Request and of a Listing. What is taken must be valid
 * JSON, print, and read back to the same bytes. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_message(const char *name, sk_str json)
{
    sk_buf bytes = {0}, text = {0}, again = {0};
    sk_error err = {0};

    if (sk_json_to_message(name, json, &bytes, &err) == SK_OK) {
        SK_ASSERT(sk_json_check(json, NULL) == SK_OK);
        SK_ASSERT(sk_message_to_json(name, sk_buf_view(&bytes), true, &text, &err) == SK_OK);
        SK_ASSERT(sk_json_check(sk_buf_view(&text), NULL) == SK_OK);
        SK_ASSERT(sk_json_to_message(name, sk_buf_view(&text), &again, &err) == SK_OK);
        SK_ASSERT(sk_str_eq(sk_buf_view(&bytes), sk_buf_view(&again)));
    } else {
        SK_ASSERT(err.message[0] && bytes.size == 0);
    }
    sk_buf_done(&bytes);
    sk_buf_done(&text);
    sk_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sk_str json = {(const char *)data, size};

    /* Longer ones can have more parts than a message may. */
    if (size > 4096)
        return 0;
    as_message("Request", json);
    as_message("Listing", json);
    return 0;
}
