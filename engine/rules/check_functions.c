/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/check.h"
#include "rules/uses.h"

#include <ctype.h>

/* Functions that an expression could say. A function is slower than an expression, sees the best
 * hundred only and cannot be shown in words, so a function that only compares and computes is worth
 * a note. Its text is read word by word: as long as each word is one that expressions have too, an
 * expression can do it. Loops, locals, texts and calls of others end the matter. */

static const char *const sayable[] = {
    "function", "return", "if",  "then",  "else",  "elseif", "end",     "and",
    "or",       "not",    "nil", "true",  "false", "math",   "min",     "max",
    "abs",      "set",    "has", "under", "count", "subset", "jaccard", "attributes"};

/** The text of the lines from `first` to `last`, numbered from 1. */
static sk_str lines_of(sk_str text, int first, int last)
{
    const char *at = text.data, *end = text.data + text.size, *begin = NULL;

    for (int line = 1; at < end && line <= last; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        if (line == first)
            begin = at;
        at = newline ? newline + 1 : end;
    }
    return begin ? (sk_str){begin, (size_t)(at - begin)} : SK_STR("");
}

/** From the word `function` on; the lines may begin with `term { "x", lua = `. */
static sk_str from_function(sk_str text)
{
    const char *at = memmem(text.data, text.size, "function", 8);

    return at ? (sk_str){at, text.size - (size_t)(at - text.data)} : SK_STR("");
}

static bool is_sayable(sk_str word, const sk_str *parameters, size_t parameter_count)
{
    for (size_t i = 0; i < sizeof sayable / sizeof sayable[0]; i++) {
        if (sk_str_eq(word, sk_str_from(sayable[i])))
            return true;
    }
    for (size_t i = 0; i < parameter_count; i++) {
        if (sk_str_eq(word, parameters[i]))
            return true;
    }
    return sk_field_find(word, true) != SK_F_COUNT_ || sk_field_find(word, false) != SK_F_COUNT_;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t skip_text(sk_str text, size_t at)
{
    char quote = text.data[at++];

    while (at < text.size && text.data[at] != quote)
        at += text.data[at] == '\\' ? 2 : 1;
    return at + 1;
}

/** The next word at or after `*at`; false at the end. Texts in quotes are passed over. */
static bool next_word(sk_str text, size_t *at, sk_str *out)
{
    while (*at < text.size) {
        size_t begin = *at;
        char c = text.data[begin];

        if (c == '"' || c == '\'') {
            *at = skip_text(text, begin);
        } else if (is_letter(c)) {
            while (*at < text.size && is_letter(text.data[*at]))
                (*at)++;
            *out = (sk_str){text.data + begin, *at - begin};
            if (!isdigit((unsigned char)c))
                return true;
        } else {
            (*at)++;
        }
    }
    return false;
}

/** Every word up to the `end` that closes the function is one that expressions have too. */
static bool could_be_said(sk_str text)
{
    const char *close = memchr(text.data, ')', text.size);
    sk_str parameters[4], word;
    size_t parameter_count = 0, at = 8, open = 1;

    while (close && next_word(text, &at, &word) && word.data < close && parameter_count < 4)
        parameters[parameter_count++] = word;
    at = close ? (size_t)(close - text.data) : text.size;
    while (next_word(text, &at, &word)) {
        open += sk_str_eq(word, SK_STR("if"));
        open -= sk_str_eq(word, SK_STR("end"));
        if (open == 0)
            return true;
        if (sk_str_eq(word, SK_STR("function")) || !is_sayable(word, parameters, parameter_count))
            return false;
    }
    return false;
}

static void check_function(sk_checker *c, const sk_rule *rule, const char *kind)
{
    int first = 0, last = 0;
    sk_str text;

    if (!rule->info.function || !sk_check_is_own(c, rule) ||
        !sk_function_lines(c->rules, rule, &first, &last))
        return;
    text = from_function(lines_of(c->options->text, first, last));
    if (text.size > 0 && could_be_said(text))
        sk_check_add(c, SK_FINDING_NOTE, "function", rule, kind,
                     "its function could be an expression, which is faster, sees every "
                     "candidate and can be shown in words");
}

void sk_check_functions(sk_checker *c)
{
    for (uint32_t i = 0; i < c->rules->info.hard_count; i++)
        check_function(c, &c->rules->hards[i], "hard");
    for (uint32_t i = 0; i < c->rules->info.term_count; i++)
        check_function(c, &c->rules->terms[i], "term");
}
