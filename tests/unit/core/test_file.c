/* SPDX-License-Identifier: EUPL-1.2 */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/sk-test-file-XXXXXX";

static const char *inside(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(inside("note"));
    rmdir(inside("a/b/c"));
    rmdir(inside("a/b"));
    rmdir(inside("a"));
    /* Fails when a write left something behind. */
    return rmdir(folder);
}

static void test_write__replaces_whole(void **state)
{
    sk_buf buf = {0};
    sk_error err;
    struct stat info;

    (void)state;
    assert_int_equal(sk_file_write(inside("note"), SK_STR("first and long"), 0600, &err), SK_OK);
    assert_int_equal(sk_file_write(inside("note"), SK_STR("second"), 0640, &err), SK_OK);
    sk_buf_text(&buf, "> ");
    assert_int_equal(sk_file_read(inside("note"), 100, &buf, &err), SK_OK);
    assert_true(sk_str_eq(sk_buf_view(&buf), SK_STR("> second")));
    assert_int_equal(stat(inside("note"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    sk_buf_done(&buf);
}

static void test_read__refuses_and_leaves_the_buffer(void **state)
{
    sk_buf buf = {0};
    sk_error err;

    (void)state;
    sk_buf_text(&buf, "kept");
    assert_int_equal(sk_file_read(inside("absent"), 100, &buf, &err), SK_ENOTFOUND);
    assert_non_null(strstr(err.message, "absent"));
    assert_int_equal(sk_file_read(folder, 100, &buf, &err), SK_EIO);
    assert_int_equal(sk_file_write(inside("note"), SK_STR("12345"), 0600, &err), SK_OK);
    assert_int_equal(sk_file_read(inside("note"), 4, &buf, &err), SK_ELIMIT);
    assert_int_equal(sk_file_read("/dev/zero", 100000, &buf, &err), SK_ELIMIT);
    assert_true(sk_str_eq(sk_buf_view(&buf), SK_STR("kept")));
    assert_int_equal(sk_file_read(inside("note"), 5, &buf, &err), SK_OK);
    assert_int_equal(sk_file_write(inside("no/note"), SK_STR("x"), 0600, &err), SK_ENOTFOUND);
    sk_buf_done(&buf);
}

static void test_dir_make__makes_all_above(void **state)
{
    sk_error err;

    (void)state;
    assert_int_equal(sk_dir_make(inside("a/b/c"), 0700, &err), SK_OK);
    assert_int_equal(sk_dir_make(inside("a/b/c/"), 0700, &err), SK_OK);
    assert_int_equal(sk_file_write(inside("note"), SK_STR("x"), 0600, &err), SK_OK);
    assert_int_equal(sk_dir_make(inside("note/x"), 0700, &err), SK_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write__replaces_whole),
        cmocka_unit_test(test_read__refuses_and_leaves_the_buffer),
        cmocka_unit_test(test_dir_make__makes_all_above),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
