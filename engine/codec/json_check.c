/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/json_text.h"

#include "codec/codec.h"

/* Problem: jansson parses recursively to a fixed depth of 2,048, refuses some valid JSON (a NUL in
 * a name) and cannot step over a value in a file of many megabytes. This checker does: RFC 8259 and
 * nothing more, in one pass, without recursion and without memory.
 *
 * What is open is remembered as one bit a level (object or array), which is why a depth has a
 * bound. Strings must be UTF-8, with escaped surrogates in pairs; numbers are only looked at, not
 * read. Doubled names are valid JSON; sk_json_load refuses them, since there they mean something.
 * Failure: one error with line and column. */

#define DEPTH_LIMIT 64

sk_status sk_json_fail(const sk_json_cursor *cursor, sk_error *err, sk_status status,
                       const char *what)
{
    size_t line = 1, column = 1;

    for (const char *p = cursor->start; p < cursor->at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            column++;
        }
    }
    return sk_fail(err, status, "line %zu, column %zu: %s", line, column, what);
}

static sk_status fail(const sk_json_cursor *c, sk_error *err, const char *what)
{
    return sk_json_fail(c, err, SK_EPROTO, c->at == c->end ? "the text ends too early" : what);
}

void sk_json_skip_space(sk_json_cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool next_is(const sk_json_cursor *c, char wanted)
{
    return c->at < c->end && *c->at == wanted;
}

/* ---- Strings ---- */

/* Four hexadecimal digits at `at`; -1 when they are not. */
static int hex4(const sk_json_cursor *c, const char *at)
{
    int value = 0;

    if (c->end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char d = at[i];
        int digit = d >= '0' && d <= '9'   ? d - '0'
                    : d >= 'a' && d <= 'f' ? d - 'a' + 10
                    : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* `at` stands on the backslash. */
static sk_status skip_escape(sk_json_cursor *c, sk_error *err)
{
    int first = 0, second = 0;

    if (c->end - c->at < 2)
        return fail(c, err, "unfinished escape");
    if (c->at[1] != 'u') {
        if (c->at[1] == '\0' || !strchr("\"\\/bfnrt", c->at[1]))
            return fail(c, err, "unknown escape");
        c->at += 2;
        return SK_OK;
    }
    first = hex4(c, c->at + 2);
    if (first < 0)
        return fail(c, err, "\\u needs four hexadecimal digits");
    if (first >= 0xD800 && first <= 0xDFFF) {
        if (first <= 0xDBFF && c->end - c->at >= 12 && c->at[6] == '\\' && c->at[7] == 'u')
            second = hex4(c, c->at + 8);
        if (second < 0xDC00 || second > 0xDFFF)
            return fail(c, err, "half a surrogate pair");
        c->at += 6;
    }
    c->at += 6;
    return SK_OK;
}

sk_status sk_json_skip_string(sk_json_cursor *c, sk_error *err)
{
    sk_status st = SK_OK;

    c->at++;
    while (c->at < c->end && *c->at != '"') {
        unsigned char lead = (unsigned char)*c->at;
        size_t width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

        if (lead < 0x20)
            return fail(c, err, "a control character in a string must be escaped");
        if (lead == '\\') {
            if ((st = skip_escape(c, err)) != SK_OK)
                return st;
            continue;
        }
        if (lead >= 0x80 &&
            ((size_t)(c->end - c->at) < width || !sk_utf8_check((sk_str){c->at, width}, NULL)))
            return fail(c, err, "not UTF-8");
        c->at += width;
    }
    if (c->at == c->end)
        return fail(c, err, "");
    c->at++;
    return SK_OK;
}

/* ---- Other scalars ---- */

static bool skip_digits(sk_json_cursor *c)
{
    const char *first = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return c->at > first;
}

static sk_status skip_number(sk_json_cursor *c, sk_error *err)
{
    if (next_is(c, '-'))
        c->at++;
    if (next_is(c, '0'))
        c->at++;
    else if (!skip_digits(c))
        return fail(c, err, "a value is expected here");
    if (next_is(c, '.')) {
        c->at++;
        if (!skip_digits(c))
            return fail(c, err, "a digit is expected here");
    }
    if (next_is(c, 'e') || next_is(c, 'E')) {
        c->at++;
        if (next_is(c, '+') || next_is(c, '-'))
            c->at++;
        if (!skip_digits(c))
            return fail(c, err, "a digit is expected here");
    }
    return SK_OK;
}

static sk_status skip_word(sk_json_cursor *c, const char *word, sk_error *err)
{
    size_t size = strlen(word);

    if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0)
        return sk_json_fail(c, err, SK_EPROTO, "a value is expected here");
    c->at += size;
    return SK_OK;
}

static sk_status skip_scalar(sk_json_cursor *c, sk_error *err)
{
    switch (c->at < c->end ? *c->at : '\0') {
    case '"':
        return sk_json_skip_string(c, err);
    case 't':
        return skip_word(c, "true", err);
    case 'f':
        return skip_word(c, "false", err);
    case 'n':
        return skip_word(c, "null", err);
    default:
        return skip_number(c, err);
    }
}

/* ---- Nesting ---- */

typedef struct nesting {
    uint64_t objects; /* bit i: level i is an object */
    int depth, max;
} nesting;

static bool in_object(const nesting *n)
{
    return n->objects >> (n->depth - 1) & 1;
}

/* The name and colon before a member's value. */
static sk_status skip_name(sk_json_cursor *c, sk_error *err)
{
    sk_status st = SK_OK;

    sk_json_skip_space(c);
    if (!next_is(c, '"'))
        return fail(c, err, "a name in double quotes is expected here");
    if ((st = sk_json_skip_string(c, err)) != SK_OK)
        return st;
    sk_json_skip_space(c);
    if (!next_is(c, ':'))
        return fail(c, err, "':' is expected here");
    c->at++;
    return SK_OK;
}

/* `at` stands on a bracket. `out_empty`: it was closed at once. */
static sk_status open_bracket(sk_json_cursor *c, nesting *n, bool *out_empty, sk_error *err)
{
    bool object = *c->at == '{';

    if (n->depth == n->max)
        return sk_json_fail(c, err, SK_ELIMIT, "nested too deeply");
    n->objects &= ~(UINT64_C(1) << n->depth);
    n->objects |= (uint64_t)object << n->depth;
    n->depth++;
    c->at++;
    sk_json_skip_space(c);
    *out_empty = next_is(c, object ? '}' : ']');
    return !*out_empty && object ? skip_name(c, err) : SK_OK;
}

/* Behind a value: close what ends here, or step to the next value of what is open. */
static sk_status step_on(sk_json_cursor *c, nesting *n, sk_error *err)
{
    while (n->depth > 0) {
        sk_json_skip_space(c);
        if (next_is(c, in_object(n) ? '}' : ']')) {
            c->at++;
            n->depth--;
            continue;
        }
        if (!next_is(c, ','))
            return fail(c, err,
                        in_object(n) ? "',' or '}' is expected here"
                                     : "',' or ']' is expected here");
        c->at++;
        return in_object(n) ? skip_name(c, err) : SK_OK;
    }
    return SK_OK;
}

sk_status sk_json_skip_value(sk_json_cursor *c, int depth_max, sk_error *err)
{
    nesting n = {.max = depth_max < DEPTH_LIMIT ? depth_max : DEPTH_LIMIT};
    sk_status st = SK_OK;

    do {
        bool ended = true;

        sk_json_skip_space(c);
        if (next_is(c, '{') || next_is(c, '['))
            st = open_bracket(c, &n, &ended, err);
        else
            st = skip_scalar(c, err);
        if (st == SK_OK && ended)
            st = step_on(c, &n, err);
    } while (st == SK_OK && n.depth > 0);
    return st;
}

/* ---- Whole texts ---- */

sk_status sk_json_check_all(sk_str json, int depth_max, sk_error *err)
{
    sk_json_cursor c = {json.data, json.data, json.data + json.size};
    sk_status st = sk_json_skip_value(&c, depth_max, err);

    if (st != SK_OK)
        return st;
    sk_json_skip_space(&c);
    return c.at == c.end ? SK_OK : fail(&c, err, "something stands behind the value");
}

sk_status sk_json_check(sk_str json, sk_error *err)
{
    return sk_json_check_all(json, SK_DEPTH_MAX, err);
}

sk_status sk_json_load(sk_str json, json_t **out, sk_error *err)
{
    json_error_t fault;
    json_t *tree =
        json_loadb(json.data, json.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);

    if (!tree && json_error_code(&fault) == json_error_out_of_memory)
        return sk_fail(err, SK_ENOMEM, "out of memory while reading JSON");
    if (!tree)
        return sk_fail(err, SK_EPROTO, "line %d, column %d: %s", fault.line, fault.column,
                       fault.text);
    *out = tree;
    return SK_OK;
}
