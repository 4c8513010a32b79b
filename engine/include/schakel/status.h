/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/** What a call came to. The numbers are part of the wire contract and never change. */
typedef enum sk_status {
    SK_OK = 0,
    SK_EINVAL = 1,    /**< The input is wrong; the error names the field. */
    SK_ENOTFOUND = 2, /**< No such record. */
    SK_ECONFLICT = 3, /**< Somebody else was first, or the version seen is stale. */
    SK_EDENIED = 4,   /**< No token, or one without this right. */
    SK_EBUSY = 5,     /**< A queue is full; try again after the time given. */
    SK_ELIMIT = 6,    /**< A size, depth or memory cap was reached. */
    SK_EPROTO = 7,    /**< Bytes that are no message, or text that is no JSON. */
    SK_EUNIMPL = 8,   /**< In the contract, but not built yet. */
    SK_ENOMEM = 9,    /**< Out of memory. */
    SK_EIO = 10,      /**< Disk or network failed. */
    SK_ECORRUPT = 11, /**< Stored bytes contradict themselves. */
    SK_EINTERNAL = 12 /**< Our own fault. */
} sk_status;

/** One described fault. `field` is the path of the faulty input ("listing.point.lat") or empty. */
typedef struct sk_error {
    sk_status status;
    char field[96];
    char message[288];
} sk_error;

/** The status as an upper-case word, such as "INVALID". Thread: any. */
const char *sk_status_name(sk_status status);

#ifdef __cplusplus
}
#endif
