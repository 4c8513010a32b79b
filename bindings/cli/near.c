/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <ctype.h>

/* "Did you mean": the nearest of the words that would have done. Near is few slips of the finger
 * for the length of the word, or the same beginning. */

#define LONGEST 64

static char lower(char c)
{
    return (char)tolower((unsigned char)c);
}

/* How many letters were left out, added, changed or exchanged with their neighbour. */
static size_t slips(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1], width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        rows[0][j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t least = above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));

            least = above[j] + 1 < least ? above[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]) && two_above[j - 2] + 1 < least)
                least = two_above[j - 2] + 1;
            row[j] = least;
        }
    }
    return rows[strlen(a) % 3][width];
}

void near_offer(nearest *n, const char *candidate)
{
    size_t size = strlen(n->word), most = size < 4 ? 1 : size < 8 ? 2 : size / 4, found = 0;

    if (size == 0 || size > LONGEST || strlen(candidate) > LONGEST)
        return;
    found = slips(n->word, candidate);
    if (size >= 2 && strncasecmp(candidate, n->word, size) == 0)
        found = 1;
    else if (found > most && size > 3 && strncasecmp(candidate, n->word, 3) == 0)
        found = most;
    if (found <= most && (!n->best || found < n->slips)) {
        n->best = candidate;
        n->slips = found;
    }
}
