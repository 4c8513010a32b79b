/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char last[2000];
static int lines;

static void keep(void *context, sk_log_level level, const char *line)
{
    (void)level;
    assert_ptr_equal(context, &lines);
    snprintf(last, sizeof(last), "%s", line);
    lines++;
}

static void test_log__one_line_from_the_level_on(void **state)
{
    char large[3000];

    (void)state;
    sk_log(SK_LOG_ERROR, "nobody listens");
    sk_log_install(keep, &lines, SK_LOG_INFO);
    sk_log(SK_LOG_DEBUG, "too low");
    assert_int_equal(lines, 0);
    sk_log(SK_LOG_WARN, "id=%s", "a\nlevel=forged");
    assert_string_equal(last, "id=a level=forged");
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    sk_log(SK_LOG_INFO, "%s", large);
    assert_int_equal(strlen(last), 1023);
    sk_log_install(NULL, NULL, SK_LOG_DEBUG);
    sk_log(SK_LOG_ERROR, "silent");
    assert_int_equal(lines, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__one_line_from_the_level_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
