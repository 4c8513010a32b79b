/* SPDX-License-Identifier: EUPL-1.2 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/plugin.h"

#include <string.h>

/* Loading, settings and the way of an answer, with the plugins of tests/support/plugins. */

typedef struct process {
    unsigned wakes, questions;
    sk_buf log;
    void (*answer)(void *context, sk_str response);
    void *answer_context;
    sk_str asker;
} process;

static void keep_line(void *context, sk_log_level level, const char *line)
{
    process *p = context;

    (void)level;
    sk_buf_printf(&p->log, "%s\n", line);
}

static sk_status submit(void *context, const sk_actor *own, sk_str request,
                        void (*answer)(void *context, sk_str response), void *answer_context,
                        sk_error *err)
{
    process *p = context;

    (void)err;
    assert_int_equal(request.size, 3);
    p->questions++;
    p->answer = answer;
    p->answer_context = answer_context;
    p->asker = own ? own->token_id : SK_STR("");
    return SK_OK;
}

static int64_t now_ms(void *context)
{
    (void)context;
    return 1000;
}

static void wake(void *context)
{
    process *p = context;

    p->wakes++;
}

static void refused(sk_status st, sk_status expected, const sk_error *err, const char *words)
{
    assert_int_equal(st, expected);
    if (!strstr(err->message, words))
        fail_msg("'%s' does not say '%s'", err->message, words);
}

static sk_status set_text(sk_plugins *plugins, const char *name, const char *key, const char *text,
                          sk_error *err)
{
    sk_plugin_value value = {.kind = SK_PLUGIN_TEXT, .text = text};

    return sk_plugins_set(plugins, name, key, &value, err);
}

/* ---- Loading ---- */

static void test_load__refuses_what_is_no_plugin_of_this_name(void **state)
{
    static const struct {
        const char *name;
        sk_status status;
        const char *words;
    } cases[] = {
        {"nowhere", SK_ENOTFOUND, "there is no plugin 'nowhere'"},
        {"none", SK_EINVAL, "is no plugin: it exports no 'schakel_plugin'"},
        {"old", SK_EINVAL, "was built for plugin interface 999; this schakeld has 1"},
        {"other", SK_EINVAL, "calls itself 'somebody_else'"},
        {"half", SK_EINVAL, "its descriptor is not whole"},
        {"../echo", SK_EINVAL, "is no name of a plugin"},
        {"", SK_EINVAL, "is no name of a plugin"},
    };
    sk_plugins *plugins = sk_plugins_new();
    sk_error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sk_status st = sk_plugins_load(plugins, PLUGINS, cases[i].name, &err);
        refused(st, cases[i].status, &err, cases[i].words);
    }
    assert_int_equal(sk_plugins_load(plugins, PLUGINS, "echo", &err), SK_OK);
    refused(sk_plugins_load(plugins, PLUGINS, "echo", &err), SK_EINVAL, &err, "named twice");
    sk_plugins_free(plugins);
}

/* ---- Settings ---- */

static void test_set__refuses_by_place(void **state)
{
    sk_plugins *plugins = sk_plugins_new();
    sk_error err = {0};

    (void)state;
    assert_int_equal(sk_plugins_load(plugins, PLUGINS, "echo", &err), SK_OK);
    refused(set_text(plugins, "mail", "word", "x", &err), SK_EINVAL, &err, "not loaded");
    refused(set_text(plugins, "echo", "wrod", "x", &err), SK_EINVAL, &err,
            "it knows word, times, loud, friends");
    assert_string_equal(err.field, "plugins.echo.wrod");
    refused(set_text(plugins, "echo", "times", "x", &err), SK_EINVAL, &err, "must be a number");
    refused(sk_plugins_set_word(plugins, "echo", "times", "3x", &err), SK_EINVAL, &err,
            "must be a number");
    refused(sk_plugins_set_word(plugins, "echo", "loud", "yes", &err), SK_EINVAL, &err,
            "must be true or false");
    refused(sk_plugins_check(plugins, &err), SK_EINVAL, &err, "is required: what to say");
    assert_string_equal(err.field, "plugins.echo.word");
    assert_int_equal(set_text(plugins, "echo", "word", "hoi", &err), SK_OK);
    refused(set_text(plugins, "echo", "word", "dag", &err), SK_EINVAL, &err, "set twice");
    assert_int_equal(sk_plugins_check(plugins, &err), SK_OK);
    sk_plugins_free(plugins);
}

static void test_set__without_memory_keeps_what_was(void **state)
{
    const char *const friends[] = {"an", "bo"};
    sk_plugin_value value = {.kind = SK_PLUGIN_LIST, .list = friends, .list_count = 2};
    sk_plugins *plugins = sk_plugins_new();
    sk_error err = {0};
    sk_status st = SK_ENOMEM;

    (void)state;
    assert_int_equal(sk_plugins_load(plugins, PLUGINS, "echo", &err), SK_OK);
    for (int n = 0; st == SK_ENOMEM && n < 20; n++) {
        sk_alloc_fail_after(n);
        st = sk_plugins_set(plugins, "echo", "friends", &value, &err);
        sk_alloc_fail_after(-1);
    }
    assert_int_equal(st, SK_OK);
    sk_plugins_free(plugins);
}

/* ---- Life ---- */

static void test_life__answers_and_events_reach_the_plugin(void **state)
{
    process p = {0};
    sk_plugins_base base = {.context = &p, .submit = submit, .now_ms = now_ms, .wake = wake};
    sk_plugins *plugins = sk_plugins_new();
    sk_error err = {0};

    (void)state;
    sk_log_install(keep_line, &p, SK_LOG_INFO);
    assert_int_equal(sk_plugins_load(plugins, PLUGINS, "echo", &err), SK_OK);
    assert_int_equal(set_text(plugins, "echo", "word", "hoi", &err), SK_OK);
    assert_int_equal(sk_plugins_set_word(plugins, "echo", "times", "3", &err), SK_OK);
    assert_int_equal(sk_plugins_set_word(plugins, "echo", "friends", "an,bo,", &err), SK_OK);
    assert_int_equal(sk_plugins_init(plugins, &base, &err), SK_OK);
    assert_int_equal(sk_plugins_start(plugins, &err), SK_OK);
    assert_int_equal(p.questions, 1);
    assert_true(sk_str_eq(p.asker, SK_STR("plugin:echo")));
    sk_plugins_ring(plugins, 7);
    sk_plugins_ring(plugins, 9);
    p.answer(p.answer_context, SK_STR("12345"));
    assert_int_equal(p.wakes, 3);
    sk_plugins_deliver(plugins);
    sk_plugins_deliver(plugins);
    sk_plugins_stop(plugins);
    sk_plugins_free(plugins);
    sk_log_install(NULL, NULL, SK_LOG_ERROR);
    assert_string_equal(p.log.data, "plugin=echo hoi=3\n"
                                    "plugin=echo friends=2\n"
                                    "plugin=echo loud=0\n"
                                    "plugin=echo now=1\n"
                                    "plugin=echo state=started\n"
                                    "plugin=echo status_bytes=5\n"
                                    "plugin=echo event=9\n"
                                    "plugin=echo stopped_after_answers=1\n");
    sk_buf_done(&p.log);
}

static void test_stop__drops_what_comes_later(void **state)
{
    process p = {0};
    sk_plugins_base base = {.context = &p, .submit = submit, .now_ms = now_ms, .wake = wake};
    sk_plugins *plugins = sk_plugins_new();
    sk_error err = {0};

    (void)state;
    assert_int_equal(sk_plugins_load(plugins, PLUGINS, "echo", &err), SK_OK);
    assert_int_equal(set_text(plugins, "echo", "word", "hoi", &err), SK_OK);
    assert_int_equal(sk_plugins_init(plugins, &base, &err), SK_OK);
    assert_int_equal(sk_plugins_start(plugins, &err), SK_OK);
    sk_plugins_stop(plugins);
    p.answer(p.answer_context, SK_STR("late"));
    sk_plugins_ring(plugins, 12);
    sk_plugins_deliver(plugins);
    sk_plugins_free(plugins);
}

static void test_init__says_why_a_plugin_will_not(void **state)
{
    sk_plugins_base base = {0};
    sk_plugins *plugins = sk_plugins_new();
    sk_error err = {0};

    (void)state;
    assert_int_equal(sk_plugins_load(plugins, PLUGINS, "unwilling", &err), SK_OK);
    refused(sk_plugins_init(plugins, &base, &err), SK_EIO, &err, "no modem");
    sk_plugins_free(plugins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load__refuses_what_is_no_plugin_of_this_name),
        cmocka_unit_test(test_set__refuses_by_place),
        cmocka_unit_test(test_set__without_memory_keeps_what_was),
        cmocka_unit_test(test_life__answers_and_events_reach_the_plugin),
        cmocka_unit_test(test_stop__drops_what_comes_later),
        cmocka_unit_test(test_init__says_why_a_plugin_will_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
