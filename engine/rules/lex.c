/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/expr.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

/* Tokens of the expression language. A number may carry a unit, which turns it into the unit of
 * the fields at once: metres, minutes or days. Other languages' operators are recognised only to
 * say what is written here instead. */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* ---- Numbers ---- */

typedef struct unit_word {
    const char *word;
    sk_unit unit;
    double factor;
} unit_word;

/* Reference comments, as in fields.c. */
/* clang-format off */
static const unit_word unit_words[] = {
    /*--- Metres.
    ---@example distance_m < 500 m */
    {"m", SK_U_METRE, 1},
    /*--- Kilometres, as metres.
    ---@example decay(distance_m, 1.5 km) */
    {"km", SK_U_METRE, 1000},
    /*--- Minutes.
    ---@example longest_min >= 90 min */
    {"min", SK_U_MINUTE, 1},
    /*--- Hours, as minutes.
    ---@example ramp(overlap_min, 0, 4 h) */
    {"h", SK_U_MINUTE, 60},
    /*--- Days.
    ---@example need.age_days > 3 d */
    {"d", SK_U_DAY, 1},
};
/* clang-format on */

static uint32_t skip_digits(sk_str text, uint32_t i)
{
    while (i < text.size && is_digit(text.data[i]))
        i++;
    return i;
}

static uint32_t number_end(sk_str text, uint32_t i)
{
    i = skip_digits(text, i);
    if (i < text.size && text.data[i] == '.')
        i = skip_digits(text, i + 1);
    if (i < text.size && (text.data[i] == 'e' || text.data[i] == 'E')) {
        uint32_t j = i + 1;

        if (j < text.size && (text.data[j] == '+' || text.data[j] == '-'))
            j++;
        if (j < text.size && is_digit(text.data[j]))
            i = skip_digits(text, j);
    }
    return i;
}

/** The C locale's reading, whatever the program around us has set. */
static bool read_number(sk_str digits, double *out)
{
    char copy[64];
    locale_t c_locale;

    if (digits.size >= sizeof copy)
        return false;
    memcpy(copy, digits.data, digits.size);
    copy[digits.size] = '\0';
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c_locale)
        return false;
    *out = strtod_l(copy, NULL, c_locale);
    freelocale(c_locale);
    return isfinite(*out);
}

sk_unit sk_unit_find(sk_str word)
{
    for (size_t i = 0; i < sizeof unit_words / sizeof unit_words[0]; i++) {
        if (unit_words[i].factor == 1 && sk_str_eq(word, sk_str_from(unit_words[i].word)))
            return unit_words[i].unit;
    }
    return SK_U_NONE;
}

/** What people write for a unit, in Dutch and English; letters count as small ones. */
static const char *meant_unit(sk_str word)
{
    static const struct {
        const char *word, *unit;
    } others[] = {{"m", "m"},          {"meter", "m"},     {"meters", "m"},   {"metre", "m"},
                  {"metres", "m"},     {"mtr", "m"},       {"km", "km"},      {"kilometer", "km"},
                  {"kilometre", "km"}, {"kms", "km"},      {"min", "min"},    {"mins", "min"},
                  {"minuut", "min"},   {"minuten", "min"}, {"minute", "min"}, {"minutes", "min"},
                  {"h", "h"},          {"u", "h"},         {"uur", "h"},      {"uren", "h"},
                  {"hr", "h"},         {"hrs", "h"},       {"hour", "h"},     {"hours", "h"},
                  {"d", "d"},          {"dag", "d"},       {"dagen", "d"},    {"day", "d"},
                  {"days", "d"}};
    char small[12] = "";

    for (size_t i = 0; i < word.size && word.size < sizeof small; i++)
        small[i] = (char)(word.data[i] >= 'A' && word.data[i] <= 'Z' ? word.data[i] + ('a' - 'A')
                                                                     : word.data[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(small, others[i].word) == 0)
            return others[i].unit;
    }
    return NULL;
}

static const char *read_unit(sk_str word, sk_lexeme *token)
{
    for (size_t i = 0; i < sizeof unit_words / sizeof unit_words[0]; i++) {
        if (sk_str_eq(word, sk_str_from(unit_words[i].word))) {
            token->unit = unit_words[i].unit;
            token->number *= unit_words[i].factor;
            return isfinite(token->number) ? NULL : "this number is too large";
        }
    }
    token->meant = meant_unit(word);
    return token->meant ? "unknown unit" : "unknown unit; known are m, km, min, h and d";
}

static bool is_operator_word(sk_str word)
{
    return sk_str_eq(word, SK_STR("and")) || sk_str_eq(word, SK_STR("or")) ||
           sk_str_eq(word, SK_STR("not"));
}

static sk_lexeme number_token(sk_str text, uint32_t *position)
{
    uint32_t start = *position, end = number_end(text, start), word = end;
    sk_lexeme token = {.kind = SK_TOK_NUMBER, .at = start, .unit = SK_U_NONE};

    token.text = (sk_str){text.data + start, end - start};
    *position = end;
    if (!read_number(token.text, &token.number)) {
        token.kind = SK_TOK_BAD;
        token.problem = "this number is too large or has too many digits";
        return token;
    }
    while (word < text.size && (text.data[word] == ' ' || text.data[word] == '\t'))
        word++;
    end = word;
    while (end < text.size && (is_letter(text.data[end]) || is_digit(text.data[end])))
        end++;
    if (end > word && !is_digit(text.data[word])) {
        sk_str name = {text.data + word, end - word};

        if (is_operator_word(name))
            return token;
        token.problem = read_unit(name, &token);
        if (token.problem) {
            token.kind = SK_TOK_BAD;
            token.at = word;
        }
        *position = end;
    }
    return token;
}

/* ---- Everything else ---- */

static sk_lexeme string_token(sk_str text, uint32_t *position)
{
    uint32_t start = *position, end = start + 1;
    sk_lexeme token = {.kind = SK_TOK_STRING, .at = start};

    while (end < text.size && text.data[end] != text.data[start])
        end++;
    if (end == text.size) {
        token.kind = SK_TOK_BAD;
        token.problem = "this text has no closing quote";
        return token;
    }
    token.text = (sk_str){text.data + start + 1, end - start - 1};
    *position = end + 1;
    return token;
}

static const struct {
    const char *spelling;
    const char *problem; /**< NULL: an operator of ours. */
} operators[] = {
    {"==", NULL},
    {"!=", NULL},
    {"<=", NULL},
    {">=", NULL},
    {"&&", "write `and` for &&"},
    {"||", "write `or` for ||"},
    {"~=", "write `!=` for ~="},
    {"<>", "write `!=` for <>"},
    {"..", "texts cannot be joined in an expression"},
    {"<", NULL},
    {">", NULL},
    {"+", NULL},
    {"-", NULL},
    {"*", NULL},
    {"/", NULL},
    {"&", NULL},
    {"(", NULL},
    {")", NULL},
    {",", NULL},
    {".", NULL},
    {"=", "write `==` to compare"},
    {"!", "write `not` for !"},
    {"|", "write `or` for |"},
    {"%", "there is no % operator"},
    {"^", "there is no ^ operator"},
    {";", "write `,` between values"},
    {"\u2265", "write `>=`"},
    {"\u2264", "write `<=`"},
    {"\u2260", "write `!=`"},
    {"\u2018", "write a straight quote: '"},
    {"\u2019", "write a straight quote: '"},
    {"\u201c", "write a straight quote: '"},
    {"\u201d", "write a straight quote: '"},
};

static sk_lexeme operator_token(sk_str text, uint32_t *position)
{
    uint32_t at = *position;
    sk_lexeme token = {.kind = SK_TOK_BAD, .at = at, .problem = "unexpected character"};

    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        sk_str spelling = sk_str_from(operators[i].spelling);

        if (!sk_str_starts((sk_str){text.data + at, text.size - at}, spelling))
            continue;
        token.problem = operators[i].problem;
        token.kind = token.problem ? SK_TOK_BAD : SK_TOK_OPERATOR;
        token.text = (sk_str){text.data + at, spelling.size};
        *position = at + (uint32_t)spelling.size;
        break;
    }
    return token;
}

sk_lexeme sk_expr_token(sk_str text, uint32_t *position)
{
    uint32_t i = *position;
    sk_lexeme token = {.kind = SK_TOK_END};

    while (i < text.size && (text.data[i] == ' ' || text.data[i] == '\t' || text.data[i] == '\n' ||
                             text.data[i] == '\r'))
        i++;
    *position = i;
    token.at = i;
    if (i == text.size)
        return token;
    if (is_digit(text.data[i]) ||
        (text.data[i] == '.' && i + 1 < text.size && is_digit(text.data[i + 1])))
        return number_token(text, position);
    if (text.data[i] == '\'' || text.data[i] == '"')
        return string_token(text, position);
    if (!is_letter(text.data[i]))
        return operator_token(text, position);
    while (i < text.size && (is_letter(text.data[i]) || is_digit(text.data[i])))
        i++;
    token.kind = SK_TOK_NAME;
    token.text = (sk_str){text.data + token.at, i - token.at};
    *position = i;
    return token;
}
