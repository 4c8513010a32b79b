/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

typedef enum sk_log_level { SK_LOG_DEBUG, SK_LOG_INFO, SK_LOG_WARN, SK_LOG_ERROR } sk_log_level;

/** Receives one line without newline. Called from any thread. */
typedef void (*sk_log_sink)(void *context, sk_log_level level, const char *line);

/** Install before threads start; NULL silences. */
void sk_log_install(sk_log_sink sink, void *context, sk_log_level least);
/** One `key=value` line. Never a title, a name, an address, a token: ids only. */
void sk_log(sk_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
