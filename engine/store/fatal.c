/* SPDX-License-Identifier: EUPL-1.2 */
#include "store/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RocksDB as Debian builds it has its assertions on. One of them says that a file which failed is
 * not touched again, and RocksDB itself does not keep to it: a sync that begins while another
 * thread's write fails comes upon the failed log. Nothing is lost by that, since what was not
 * synced was not acknowledged; but the process would end as if it were broken. So this assertion,
 * and no other, is handed to who decides how the process ends.
 *
 * The symbol takes the place of libc's for the whole program, which is why it must be visible. */

static _Atomic(sk_store_fatal) on_fatal;

void sk_store_on_fatal(sk_store_fatal handler)
{
    atomic_store(&on_fatal, handler);
}

/* NOLINTNEXTLINE: libc's name, and declared by assert.h only where assertions are on. */
__attribute__((visibility("default"))) _Noreturn void
__assert_fail(const char *assertion, const char *file, unsigned line, const char *function);

/* NOLINTNEXTLINE */
void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    sk_store_fatal handler = atomic_load(&on_fatal);

    if (handler && strstr(file, "writable_file_writer"))
        handler();
    fprintf(stderr, "%s:%u: %s: Assertion `%s' failed.\n", file, line, function, assertion);
    abort();
}
