/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Installed before threads start and then only read, hence no lock. */
static sk_log_sink installed;
static void *installed_context;
static sk_log_level installed_least;

void sk_log_install(sk_log_sink sink, void *context, sk_log_level least)
{
    installed = sink;
    installed_context = context;
    installed_least = least;
}

void sk_log(sk_log_level level, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (!installed || level < installed_least)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    /* Quoted input must not be able to forge a line of its own. */
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    }
    installed(installed_context, level, line);
}
