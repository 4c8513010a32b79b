/* SPDX-License-Identifier: EUPL-1.2 */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>

void must(sk_status st, const sk_error *err)
{
    if (st == SK_OK)
        return;
    fprintf(stderr, "%s: %s\n", err->field, err->message);
    exit(1);
}

void report(const char *name, size_t n, double value, const char *unit)
{
    printf("%s\t%zu\t%.3f\t%s\n", name, n, value, unit);
    fflush(stdout);
}

double seconds_since(int64_t start_ns)
{
    return (double)(sk_monotonic_ns() - start_ns) / 1e9;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int64_t percentile(int64_t *took, size_t count, unsigned per_cent)
{
    qsort(took, count, sizeof *took, compare_ns);
    return took[count * per_cent / 100];
}

void remove_folder(const char *folder)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays behind\n", folder);
}
