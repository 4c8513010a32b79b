/* SPDX-License-Identifier: EUPL-1.2 */
#include "internal.h"

#include "codec/codec.h"

sk_status schakel_encode(const char *message, const char *json, void **out_bytes, size_t *out_size,
                         sk_error *err)
{
    sk_buf bytes = {0};
    sk_status st = sk_json_to_message(message, sk_str_from(json), &bytes, err);

    /* A message without a byte is a message; reserve, so that there is memory to give. */
    if (st == SK_OK && (!sk_buf_reserve(&bytes, 1) || bytes.failed))
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    if (st != SK_OK) {
        sk_buf_done(&bytes);
        return st;
    }
    *out_bytes = bytes.data;
    *out_size = bytes.size;
    return SK_OK;
}

sk_status schakel_decode(const char *message, const void *bytes, size_t size, char **out_json,
                         sk_error *err)
{
    sk_buf json = {0};
    sk_status st = sk_message_to_json(message, (sk_str){bytes, size}, false, &json, err);

    sk_buf_add(&json, "", 1);
    if (st == SK_OK && json.failed)
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    if (st != SK_OK) {
        sk_buf_done(&json);
        return st;
    }
    *out_json = json.data;
    return SK_OK;
}

void schakel_free(void *memory)
{
    sk_free(memory);
}

const char *schakel_status_name(sk_status status)
{
    return sk_status_name(status);
}
