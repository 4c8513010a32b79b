/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/validate.h"

/* Nobody needs a citizen service number (BSN) here, and people paste them anyway. Its test, the
 * 11-proef, also passes one in eleven of other nine-digit numbers; losing those is the lesser harm.
 *
 * In free text a number may be written in groups: digits with one space, dot or hyphen between two
 * of them are one run. A run of more than nine digits is a telephone or bank number, but nine
 * digits that stand together within it are masked as well, since "123456782 06-12345678" is a BSN
 * and a telephone number. */

#define BSN_DIGITS 9

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 9 a + 8 b + ... + 2 h - i is a multiple of 11; all zeros was never given out. */
static bool passes(const char digits[BSN_DIGITS])
{
    int sum = 0, all = 0;

    for (int i = 0; i < BSN_DIGITS; i++) {
        int digit = digits[i] - '0';

        sum += digit * (i == BSN_DIGITS - 1 ? -1 : BSN_DIGITS - i);
        all += digit;
    }
    return all > 0 && sum % 11 == 0;
}

bool sk_bsn_valid(sk_str digits)
{
    char nine[BSN_DIGITS] = {'0'};

    if (digits.size != BSN_DIGITS && digits.size != BSN_DIGITS - 1)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        if (!is_digit(digits.data[i]))
            return false;
    }
    memcpy(nine + BSN_DIGITS - digits.size, digits.data, digits.size);
    return passes(nine);
}

/* ---- Masking ---- */

/* The end of the run that starts at `from`, and how many digits it has. */
static size_t run_end(sk_str text, size_t from, bool joined, size_t *out_digits)
{
    size_t at = from, digits = 0;

    while (at < text.size) {
        char c = text.data[at];
        bool separator = joined && (c == ' ' || c == '.' || c == '-');

        if (is_digit(c))
            digits++;
        else if (!separator || at + 1 >= text.size || !is_digit(text.data[at + 1]))
            break;
        at++;
    }
    *out_digits = digits;
    return at;
}

static bool run_passes(sk_str text, size_t from, size_t end)
{
    char nine[BSN_DIGITS] = {'0'};
    size_t count = 0;

    for (size_t i = from; i < end && count < BSN_DIGITS; i++) {
        if (is_digit(text.data[i]))
            nine[count++] = text.data[i];
    }
    return passes(nine);
}

/* Overwrite the runs of nine in `text[from, end)` of `out`, a copy of text that is made when the
 * first one is found. */
static bool mask_runs(sk_str text, size_t from, size_t end, bool joined, sk_arena *arena,
                      char **out)
{
    for (size_t at = from; at < end;) {
        size_t digits = 0, stop = 0;

        if (!is_digit(text.data[at])) {
            at++;
            continue;
        }
        stop = run_end(text, at, joined, &digits);
        if (digits == BSN_DIGITS && run_passes(text, at, stop)) {
            if (!*out && (*out = (char *)sk_arena_str(arena, text).data) == NULL)
                return false;
            for (size_t i = at; i < stop; i++) {
                if (is_digit(text.data[i]))
                    (*out)[i] = '*';
            }
        } else if (joined && digits > BSN_DIGITS) {
            if (!mask_runs(text, at, stop, false, arena, out))
                return false;
        }
        at = stop;
    }
    return true;
}

sk_status sk_bsn_mask(sk_str text, sk_arena *arena, sk_str *out, bool *out_masked, sk_error *err)
{
    char *copy = NULL;

    if (!mask_runs(text, 0, text.size, true, arena, &copy))
        return sk_fail(err, SK_ENOMEM, "out of memory for a text of %zu bytes", text.size);
    *out = copy ? (sk_str){copy, text.size} : text;
    if (out_masked)
        *out_masked = copy != NULL;
    return SK_OK;
}
