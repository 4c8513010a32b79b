/* SPDX-License-Identifier: EUPL-1.2 */
#include "calendar/rrule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#define MAX_STARTS 4000

typedef struct starts {
    int64_t at[MAX_STARTS];
    size_t count, max;
} starts;

static bool keep(void *context, int64_t start_s)
{
    starts *s = context;

    if (s->count == s->max)
        return false;
    s->at[s->count++] = start_s;
    return s->count < s->max;
}

/* 19970902T090000 */
static int64_t stamp(const char *text)
{
    sk_civil civil = {0};

    assert_int_equal(sscanf(text, "%4d%2d%2dT%2d%2d%2d", &civil.year, &civil.month, &civil.day,
                            &civil.hour, &civil.minute, &civil.second),
                     6);
    return sk_civil_to_local(&civil);
}

static sk_status walk(const char *text, int64_t start, int64_t from, int64_t until, size_t max,
                      int64_t *steps, starts *out)
{
    sk_rrule rule;
    sk_error err;

    out->count = 0;
    out->max = max;
    if (sk_rrule_parse(sk_str_from(text), &rule, &err) != SK_OK)
        fail_msg("%s: %s", text, err.message);
    return sk_rrule_walk(&rule, start, from, until, steps, keep, out, &err);
}

/* ---- The cases of dateutil ---- */

/* A set of starts as a case gives it: rules and dates, less excluded dates. */
typedef struct recurrence {
    starts all;
    int64_t excluded[16];
    size_t excluded_count;
    int64_t start;
    bool bounded, valid;
} recurrence;

static int start_order(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void add_rule(recurrence *r, const char *text, size_t wanted)
{
    static starts got;
    int64_t steps = 3000000;
    sk_rrule rule;

    r->bounded = strcasestr(text, "COUNT") || strcasestr(text, "UNTIL");
    if (sk_rrule_parse(sk_str_from(text), &rule, NULL) != SK_OK) {
        r->valid = false;
        return;
    }
    assert_int_equal(walk(text, r->start, INT64_MIN / 2, INT64_MAX / 2, wanted + 20, &steps, &got),
                     SK_OK);
    memcpy(r->all.at + r->all.count, got.at, got.count * sizeof(int64_t));
    r->all.count += got.count;
}

/* The lines of a case that is written as iCalendar. */
static void add_lines(recurrence *r, const char *text, size_t wanted)
{
    char copy[2000], *rest = NULL;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *line = strtok_r(copy, " \n", &rest); line; line = strtok_r(NULL, " \n", &rest)) {
        const char *value = strchr(line, ':');

        assert_non_null(value++);
        if (strncasecmp(line, "DTSTART", 7) == 0)
            r->start = stamp(value);
        else if (strncasecmp(line, "RRULE", 5) == 0)
            add_rule(r, value, wanted);
        else if (strncasecmp(line, "RDATE", 5) == 0)
            r->all.at[r->all.count++] = stamp(value);
        else if (strncasecmp(line, "EXDATE", 6) == 0)
            r->excluded[r->excluded_count++] = stamp(value);
        else
            r->valid = false;
    }
}

/* In order, each once, without the excluded. */
static void settle(recurrence *r)
{
    size_t kept = 0;

    qsort(r->all.at, r->all.count, sizeof(int64_t), start_order);
    for (size_t i = 0; i < r->all.count; i++) {
        bool drop = kept > 0 && r->all.at[kept - 1] == r->all.at[i];

        for (size_t j = 0; j < r->excluded_count; j++)
            drop = drop || r->excluded[j] == r->all.at[i];
        if (!drop)
            r->all.at[kept++] = r->all.at[i];
    }
    r->all.count = kept;
}

static void read_case(const json_t *object, recurrence *r)
{
    const char *rule = json_string_value(json_object_get(object, "rrule"));
    size_t wanted = json_array_size(json_object_get(object, "expect"));

    *r = (recurrence){.valid = true};
    if (rule) {
        r->start = stamp(json_string_value(json_object_get(object, "dtstart")));
        add_rule(r, rule, wanted);
    } else {
        add_lines(r, json_string_value(json_object_get(object, "ical")), wanted);
    }
    settle(r);
}

static bool case_holds(const json_t *object, const recurrence *r)
{
    const json_t *expect = json_object_get(object, "expect");
    const char *id = json_string_value(json_object_get(object, "id"));
    size_t wanted = json_array_size(expect);

    for (size_t i = 0; i < wanted; i++) {
        const char *text = json_string_value(json_array_get(expect, i));

        if (i >= r->all.count || r->all.at[i] != stamp(text)) {
            print_message("%s: number %zu is not %s\n", id, i, text);
            return false;
        }
    }
    if (r->bounded && r->all.count != wanted) {
        print_message("%s: more than expected\n", id);
        return false;
    }
    return r->valid;
}

static void test_walk__agrees_with_dateutil(void **state)
{
    const char *data = getenv("SCHAKEL_DATA");
    char path[512], line[4000];
    int valid = 0, held = 0, refused = 0, accepted = 0;
    static recurrence r;
    FILE *file = NULL;

    (void)state;
    if (!data) {
        print_message("skipped: SCHAKEL_DATA is not set\n");
        return;
    }
    snprintf(path, sizeof(path), "%s/time/rrule_dateutil.jsonl", data);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        json_t *object = json_loads(line, 0, NULL);

        assert_non_null(object);
        read_case(object, &r);
        if (json_is_true(json_object_get(object, "rfc5545_valid"))) {
            valid++;
            held += case_holds(object, &r);
        } else if (r.valid) {
            print_message("accepted though not valid: %s", line);
            accepted++;
        } else {
            refused++;
        }
        json_decref(object);
    }
    fclose(file);
    print_message("%d of %d valid cases hold; %d invalid ones refused, %d accepted\n", held, valid,
                  refused, accepted);
    assert_int_equal(held, valid);
    assert_int_equal(accepted, 0);
    assert_true(valid > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk__agrees_with_dateutil),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
