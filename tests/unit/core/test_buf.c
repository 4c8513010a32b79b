/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_add__appends_everything(void **state)
{
    sk_buf buf = {0};

    (void)state;
    assert_int_equal(sk_buf_view(&buf).size, 0);
    assert_non_null(sk_buf_reserve(&buf, 0));
    sk_buf_text(&buf, "a");
    sk_buf_str(&buf, SK_STR("bc"));
    sk_buf_printf(&buf, "%d%s", 42, "x");
    sk_buf_u32(&buf, 0x01020304);
    sk_buf_u64(&buf, UINT64_C(0x05060708090A0B0C));
    assert_int_equal(buf.size, 6 + 12);
    assert_memory_equal(buf.data, "abc42x\1\2\3\4\5\6\7\10\11\12\13\14", 18);
    assert_false(buf.failed);
    sk_buf_done(&buf);
    assert_null(buf.data);
}

static void test_add__stays_failed(void **state)
{
    sk_buf buf = {0};

    (void)state;
    sk_buf_text(&buf, "kept");
    sk_alloc_fail_after(0);
    assert_null(sk_buf_reserve(&buf, 100));
    sk_alloc_fail_after(-1);
    assert_true(buf.failed);
    sk_buf_text(&buf, "x");
    assert_int_equal(buf.size, 4);
    sk_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add__appends_everything),
        cmocka_unit_test(test_add__stays_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
