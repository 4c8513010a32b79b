/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/ruleset.h"

/* The texts of messages: templates whose sentences are whole or not there. A sentence ends at a
 * point, question or exclamation mark with a space or nothing behind it, or at the end of a line;
 * so a title with a point in it, which is filled in later, ends none. */

static const char *const names[SK_LETTER_FIELDS] = {
    [SK_LETTER_NEED_TITLE] = "need.title",
    [SK_LETTER_OFFER_TITLE] = "offer.title",
    [SK_LETTER_BUURT] = "need.buurt_name",
    [SK_LETTER_DISTANCE] = "distance",
    [SK_LETTER_TIMES] = "times",
    [SK_LETTER_REASONS] = "reasons",
    [SK_LETTER_APPOINTMENT] = "appointment",
    [SK_LETTER_PARTY] = "party",
    [SK_LETTER_DEADLINE] = "deadline",
};

/** The placeholder that begins at `at`, and its size; -1: none. */
static int placeholder_at(sk_str text, size_t at, size_t *out_size)
{
    for (int f = 0; f < SK_LETTER_FIELDS; f++) {
        sk_str name = sk_str_from(names[f]);

        if (text.size - at >= name.size + 2 && text.data[at + name.size + 1] == '}' &&
            memcmp(text.data + at + 1, name.data, name.size) == 0) {
            *out_size = name.size + 2;
            return f;
        }
    }
    return -1;
}

sk_status sk_letter_check(sk_str text, sk_error *err)
{
    for (size_t i = 0; i < text.size; i++) {
        size_t size = 0;

        if (text.data[i] == '{' && placeholder_at(text, i, &size) < 0)
            return sk_fail(err, SK_EINVAL, "unknown placeholder at character %zu: \"%.*s\"", i + 1,
                           (int)(text.size - i < 20 ? text.size - i : 20), text.data + i);
    }
    return SK_OK;
}

const sk_tongue *sk_letter_tongue(const sk_letter *letter, sk_str language)
{
    for (uint32_t i = 0; i < letter->count; i++)
        if (sk_str_eq(letter->tongues[i].language, language))
            return &letter->tongues[i];
    return letter->count ? &letter->tongues[0] : NULL;
}

uint32_t sk_letter_uses(sk_str text)
{
    uint32_t used = 0;

    for (size_t i = 0; i < text.size; i++) {
        size_t size = 0;
        int field = text.data[i] == '{' ? placeholder_at(text, i, &size) : -1;

        if (field >= 0)
            used |= UINT32_C(1) << field;
    }
    return used;
}

/** One past the end of the sentence at `from`, with the white space behind it. */
static size_t sentence_end(sk_str text, size_t from)
{
    size_t i = from;

    while (i < text.size && text.data[i] != '\n') {
        bool stop = strchr(".?!", text.data[i]) != NULL;

        i++;
        if (stop && (i == text.size || text.data[i] == ' ' || text.data[i] == '\n'))
            break;
    }
    while (i < text.size && (text.data[i] == ' ' || text.data[i] == '\n'))
        i++;
    return i;
}

/** False, and nothing written, when a placeholder of the sentence has no value. */
static bool write_sentence(sk_str text, const sk_str values[SK_LETTER_FIELDS], sk_buf *out)
{
    size_t before = out->size;

    for (size_t i = 0; i < text.size;) {
        size_t size = 0;
        int field = text.data[i] == '{' ? placeholder_at(text, i, &size) : -1;

        if (field < 0) {
            sk_buf_add(out, text.data + i++, 1);
            continue;
        }
        if (values[field].size == 0) {
            out->size = before;
            return false;
        }
        sk_buf_str(out, values[field]);
        i += size;
    }
    return true;
}

void sk_letter_write(sk_str text, const sk_str values[SK_LETTER_FIELDS], sk_buf *out)
{
    size_t start = out->size;

    for (size_t i = 0; i < text.size;) {
        size_t end = sentence_end(text, i);

        write_sentence((sk_str){text.data + i, end - i}, values, out);
        i = end;
    }
    while (out->size > start &&
           (out->data[out->size - 1] == ' ' || out->data[out->size - 1] == '\n'))
        out->size--;
}
