/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/server.h"

#include <schakel/v1/service.pb-c.h>

void sk_server_refusal(sk_status status, const char *message, uint32_t retry_ms, sk_buf *out)
{
    Schakel__V1__Error error = SCHAKEL__V1__ERROR__INIT;
    Schakel__V1__Response response = SCHAKEL__V1__RESPONSE__INIT;
    char *room;

    error.message = (char *)message;
    error.retry_after_ms = retry_ms;
    response.status = (Schakel__V1__Status)status;
    response.error = &error;
    room = sk_buf_reserve(out, schakel__v1__response__get_packed_size(&response));
    if (room)
        out->size += schakel__v1__response__pack(&response, (uint8_t *)room);
}
