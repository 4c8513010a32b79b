/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_str_cmp__is_bytewise(void **state)
{
    (void)state;
    assert_true(sk_str_cmp(SK_STR("a"), SK_STR("b")) < 0);
    assert_true(sk_str_cmp(SK_STR("a"), SK_STR("ab")) < 0);
    assert_true(sk_str_cmp(SK_STR("\xff"), SK_STR("a")) > 0);
    assert_int_equal(sk_str_cmp(SK_STR(""), (sk_str){NULL, 0}), 0);
    assert_true(sk_str_starts(SK_STR("abc"), SK_STR("ab")));
    assert_true(sk_str_starts(SK_STR("abc"), SK_STR("")));
    assert_false(sk_str_starts(SK_STR("ab"), SK_STR("abc")));
}

/* Decodes by the definition and encodes again: only the one right form comes back the same. */
static bool is_utf8(const unsigned char *at, size_t size, size_t *out_chars)
{
    size_t chars = 0;

    for (size_t i = 0; i < size; chars++) {
        size_t width = at[i] < 0x80   ? 1
                       : at[i] < 0xC0 ? 0
                       : at[i] < 0xE0 ? 2
                       : at[i] < 0xF0 ? 3
                                      : 4;
        uint32_t code = 0;
        size_t least = 0;

        if (width == 0 || at[i] >= 0xF8 || i + width > size)
            return false;
        code = width == 1 ? at[i] : at[i] & (0x7Fu >> width);
        for (size_t j = 1; j < width; j++) {
            if (at[i + j] >> 6 != 2)
                return false;
            code = code << 6 | (at[i + j] & 0x3F);
        }
        least = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (least != width || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return false;
        i += width;
    }
    *out_chars = chars;
    return true;
}

static void test_utf8_check__agrees_with_the_definition(void **state)
{
    static const unsigned char interesting[] = {
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
        0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF};
    unsigned char bytes[4];
    size_t valid = 0;

    (void)state;
    for (uint32_t i = 0; i < 26 * 26 * 26 * 26; i++) {
        size_t size = i % 4 + 1, chars = 0, got = 99;
        bool expected = false;

        for (uint32_t j = 0, rest = i; j < 4; j++, rest /= 26)
            bytes[j] = interesting[rest % 26];
        expected = is_utf8(bytes, size, &chars);
        assert_int_equal(sk_utf8_check((sk_str){(char *)bytes, size}, &got), expected);
        assert_int_equal(got, expected ? chars : 99);
        valid += expected;
    }
    assert_true(valid > 1000);
    assert_true(sk_utf8_check(SK_STR(""), NULL));
    assert_true(sk_utf8_check(SK_STR("\xf0\x9f\x9a\xb2 fiets"), NULL));
}

static void test_str_hash__spreads(void **state)
{
    unsigned buckets[256] = {0};
    char text[16];

    (void)state;
    assert_true(sk_str_hash(SK_STR("a")) == sk_str_hash(SK_STR("a")));
    assert_true(sk_str_hash(SK_STR("a")) != sk_str_hash(SK_STR("b")));
    assert_true(sk_str_hash((sk_str){NULL, 0}) == sk_str_hash(SK_STR("")));
    for (int i = 0; i < 25600; i++) {
        int size = snprintf(text, sizeof(text), "%d", i);

        buckets[sk_str_hash((sk_str){text, (size_t)size}) & 255]++;
    }
    for (int i = 0; i < 256; i++)
        assert_in_range(buckets[i], 40, 180);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_cmp__is_bytewise),
        cmocka_unit_test(test_utf8_check__agrees_with_the_definition),
        cmocka_unit_test(test_str_hash__spreads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
