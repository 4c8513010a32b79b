/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/text.h"

#include "model/validate.h"

#include <stdio.h>

sk_path sk_path_of(const char *name, int index, const char *rest)
{
    sk_path path;

    if (index < 0)
        snprintf(path.text, sizeof(path.text), "%s%s", name, rest);
    else
        snprintf(path.text, sizeof(path.text), "%s[%d]%s", name, index, rest);
    return path;
}

/* ---- Text ---- */

/* C0 without newline and tab, DEL, and C1 (two bytes in UTF-8). A browser's form sends its line
 * ends as CR LF, so a CR passes there and nowhere else. */
static bool has_control(sk_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        unsigned char next = i + 1 < text.size ? (unsigned char)text.data[i + 1] : 0;

        if (c == '\r' && next == '\n')
            continue;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || (c == 0xC2 && next < 0xA0))
            return true;
    }
    return false;
}

sk_status sk_text_check(const char *field, sk_str text, size_t max_chars, sk_error *err)
{
    size_t chars = 0;

    if (!sk_utf8_check(text, &chars))
        return sk_fail_field(err, SK_EINVAL, field, "is not UTF-8 text without NUL");
    if (chars > max_chars)
        return sk_fail_field(err, SK_EINVAL, field, "has %zu characters, at most %zu are allowed",
                             chars, max_chars);
    if (has_control(text))
        return sk_fail_field(err, SK_EINVAL, field,
                             "has a control character other than newline and tab");
    return SK_OK;
}

sk_status sk_text_require(const char *field, sk_str text, size_t max_chars, sk_error *err)
{
    size_t at = 0;

    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t' ||
                              text.data[at] == '\r' || text.data[at] == '\n'))
        at++;
    if (at == text.size)
        return sk_fail_field(err, SK_EINVAL, field, "is required");
    return sk_text_check(field, text, max_chars, err);
}

/* ---- Ids and times ---- */

sk_status sk_id_check(const char *field, sk_str id, sk_error *err)
{
    if (id.size == 0)
        return sk_fail_field(err, SK_EINVAL, field, "is required");
    if (!sk_id_valid(id))
        return sk_fail_field(err, SK_EINVAL, field,
                             "must be 1 to 64 of A-Z a-z 0-9 . _ : and hyphen");
    if (sk_bsn_valid(id))
        return sk_fail_field(err, SK_EINVAL, field,
                             "looks like a citizen service number (BSN), which is not allowed");
    return SK_OK;
}

sk_status sk_time_check(const char *field, int64_t time_ms, sk_error *err)
{
    if (time_ms < SK_TIME_MIN_MS || time_ms > SK_TIME_MAX_MS)
        return sk_fail_field(err, SK_EINVAL, field, "is outside the years 1 to 9999");
    return SK_OK;
}

/* ---- Codes ---- */

static bool is_code_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool sk_trait_valid(sk_str code)
{
    if (code.size < 1 || code.size > 64)
        return false;
    for (size_t i = 0; i < code.size; i++) {
        if (!is_code_char(code.data[i]) && code.data[i] != '.')
            return false;
    }
    return true;
}

bool sk_category_code_valid(sk_str code)
{
    size_t parts = 1;
    bool empty = true;

    if (code.size > 64)
        return false;
    for (size_t i = 0; i < code.size; i++) {
        if (code.data[i] == '.') {
            if (empty)
                return false;
            parts++;
            empty = true;
        } else if (is_code_char(code.data[i])) {
            empty = false;
        } else {
            return false;
        }
    }
    return !empty && parts <= 6;
}

bool sk_language_valid(sk_str code)
{
    /* The 183 codes of ISO 639-1: for each first letter, the second letters that follow it. */
    static const char *const seconds[26] = {"abefkmnrsvyz",
                                            "aegimnors",
                                            "aehorsuvy",
                                            "aevz",
                                            "elnostu",
                                            "afijory",
                                            "adlnuv",
                                            "aeiortuyz",
                                            "adegikostu",
                                            "av",
                                            "agijklmnorsuvwy",
                                            "abginotuv",
                                            "ghiklnrsty",
                                            "abdeglnorvy",
                                            "cjmrs",
                                            "ailst",
                                            "u",
                                            "mnouw",
                                            "acdegiklmnoqrstuvw",
                                            "aeghiklnorstwy",
                                            "gkrz",
                                            "eio",
                                            "ao",
                                            "h",
                                            "io",
                                            "ahu"};

    return code.size == 2 && code.data[0] >= 'a' && code.data[0] <= 'z' && code.data[1] != '\0' &&
           strchr(seconds[code.data[0] - 'a'], code.data[1]) != NULL;
}

static const struct {
    char code[3];
    const char *name;
} languages[] = {
    {"am", "Amhaars"},   {"ar", "Arabisch"},    {"bg", "Bulgaars"},  {"de", "Duits"},
    {"el", "Grieks"},    {"en", "Engels"},      {"es", "Spaans"},    {"fa", "Farsi"},
    {"fr", "Frans"},     {"fy", "Fries"},       {"hi", "Hindi"},     {"hr", "Kroatisch"},
    {"hu", "Hongaars"},  {"id", "Indonesisch"}, {"it", "Italiaans"}, {"ja", "Japans"},
    {"ku", "Koerdisch"}, {"nl", "Nederlands"},  {"pl", "Pools"},     {"ps", "Pasjtoe"},
    {"pt", "Portugees"}, {"ro", "Roemeens"},    {"ru", "Russisch"},  {"so", "Somalisch"},
    {"sr", "Servisch"},  {"ti", "Tigrinya"},    {"tr", "Turks"},     {"uk", "Oekraïens"},
    {"ur", "Urdu"},      {"vi", "Vietnamees"},  {"zh", "Chinees"},
};

sk_str sk_language_dutch(sk_str code)
{
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
        if (sk_str_eq(code, sk_str_from(languages[i].code)))
            return sk_str_from(languages[i].name);
    }
    return code;
}

sk_status sk_codes_check(const char *field, sk_strs codes, size_t max, bool (*valid)(sk_str),
                         const char *what, sk_error *err)
{
    if (codes.count > max)
        return sk_fail_field(err, SK_EINVAL, field, "has %zu entries, at most %zu are allowed",
                             codes.count, max);
    for (size_t i = 0; i < codes.count; i++) {
        sk_path path = sk_path_of(field, (int)i, "");
        sk_str code = codes.items[i];

        if (!valid(code))
            return sk_fail_field(err, SK_EINVAL, path.text, "\"%.*s\" is not %s",
                                 code.size > 80 ? 80 : (int)code.size, code.data, what);
        for (size_t j = 0; j < i; j++) {
            if (sk_str_eq(code, codes.items[j]))
                return sk_fail_field(err, SK_EINVAL, path.text, "\"%.*s\" is there twice",
                                     SK_STR_ARG(code));
        }
    }
    return SK_OK;
}
