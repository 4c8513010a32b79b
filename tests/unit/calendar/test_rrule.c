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

/* ---- Refusals ---- */

static const char *const wrong[] = {"",
                                    ";",
                                    "FREQ=",
                                    "FREQ=DAYLY",
                                    "DAILY",
                                    "INTERVAL=2",
                                    "FREQ=DAILY;",
                                    ";FREQ=DAILY",
                                    "FREQ=DAILY;;COUNT=2",
                                    "RRULE:FREQ=DAILY",
                                    "FREQ=DAILY;FREQ=DAILY",
                                    "FREQ=DAILY;COUNT=2;UNTIL=20260101",
                                    "FREQ=DAILY;COUNT=0",
                                    "FREQ=DAILY;COUNT=-1",
                                    "FREQ=DAILY;COUNT=+1",
                                    "FREQ=DAILY;COUNT=",
                                    "FREQ=DAILY;COUNT=1.5",
                                    "FREQ=DAILY;COUNT=99999999999",
                                    "FREQ=DAILY;INTERVAL=0",
                                    "FREQ=DAILY;INTERVAL=1x",
                                    "FREQ=DAILY;UNTIL=2026",
                                    "FREQ=DAILY;UNTIL=20260230",
                                    "FREQ=DAILY;UNTIL=20260101T",
                                    "FREQ=DAILY;UNTIL=20260101T2500",
                                    "FREQ=DAILY;UNTIL=20260101T250000",
                                    "FREQ=DAILY;UNTIL=20260101Z",
                                    "FREQ=DAILY;UNTIL=20260101T100000ZZ",
                                    "FREQ=DAILY;BYSECOND=61",
                                    "FREQ=DAILY;BYMINUTE=60",
                                    "FREQ=DAILY;BYHOUR=24",
                                    "FREQ=DAILY;BYHOUR=-1",
                                    "FREQ=DAILY;BYHOUR=",
                                    "FREQ=DAILY;BYHOUR=1,",
                                    "FREQ=DAILY;BYHOUR=,1",
                                    "FREQ=DAILY;BYHOUR=001",
                                    "FREQ=DAILY;BYMONTH=0",
                                    "FREQ=DAILY;BYMONTH=13",
                                    "FREQ=DAILY;BYMONTH=-1",
                                    "FREQ=MONTHLY;BYMONTHDAY=0",
                                    "FREQ=MONTHLY;BYMONTHDAY=32",
                                    "FREQ=MONTHLY;BYMONTHDAY=-32",
                                    "FREQ=MONTHLY;BYMONTHDAY=--1",
                                    "FREQ=YEARLY;BYYEARDAY=0",
                                    "FREQ=YEARLY;BYYEARDAY=367",
                                    "FREQ=YEARLY;BYWEEKNO=54",
                                    "FREQ=YEARLY;BYWEEKNO=0",
                                    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0",
                                    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367",
                                    "FREQ=MONTHLY;BYSETPOS=1",
                                    "FREQ=MONTHLY;BYDAY=0MO",
                                    "FREQ=MONTHLY;BYDAY=54MO",
                                    "FREQ=MONTHLY;BYDAY=M",
                                    "FREQ=MONTHLY;BYDAY=MON",
                                    "FREQ=MONTHLY;BYDAY=MO TU",
                                    "FREQ=WEEKLY;BYDAY=1MO",
                                    "FREQ=DAILY;BYDAY=-1MO",
                                    "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO",
                                    "FREQ=WEEKLY;BYMONTHDAY=1",
                                    "FREQ=DAILY;BYYEARDAY=1",
                                    "FREQ=WEEKLY;BYYEARDAY=1",
                                    "FREQ=MONTHLY;BYYEARDAY=1",
                                    "FREQ=MONTHLY;BYWEEKNO=1",
                                    "FREQ=DAILY;WKST=XX",
                                    "FREQ=DAILY;WKST=",
                                    "FREQ=YEARLY;BYEASTER=1",
                                    "RSCALE=GREGORIAN;FREQ=DAILY",
                                    "FREQ=DAILY;X-NAME=1",
                                    "FREQ=DAILY ;COUNT=2",
                                    "FREQ=DAILY\n",
                                    "FREQ=DAILY;COUNT =2",
                                    "FREQ=DAILY;COUNT=2;",
                                    "FREQ=DAILY,WEEKLY"};

static void test_parse__refuses_what_the_rfc_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        sk_rrule rule = {.count = 42};
        sk_error err = {0};

        if (sk_rrule_parse(sk_str_from(wrong[i]), &rule, &err) != SK_EINVAL || rule.count != 42)
            fail_msg("accepted: %s", wrong[i]);
        assert_string_equal(err.field, "rrule");
    }
}

static void test_parse__takes_what_the_rfc_does(void **state)
{
    static const char *const right[] = {"FREQ=DAILY",
                                        "freq=daily;count=3",
                                        "COUNT=3;FREQ=DAILY",
                                        "FREQ=MONTHLY;BYDAY=+1MO,-1FR,TU",
                                        "FREQ=MONTHLY;BYMONTHDAY=+1,-31,05",
                                        "FREQ=SECONDLY;BYSECOND=60",
                                        "FREQ=DAILY;WKST=su",
                                        "FREQ=HOURLY;BYYEARDAY=-366,100;BYSETPOS=-366",
                                        "FREQ=YEARLY;BYWEEKNO=-53,53;BYDAY=MO",
                                        "FREQ=DAILY;UNTIL=20260101T235960Z",
                                        "FREQ=DAILY;INTERVAL=0002"};

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        sk_rrule rule;
        sk_error err;

        if (sk_rrule_parse(sk_str_from(right[i]), &rule, &err) != SK_OK)
            fail_msg("%s: %s", right[i], err.message);
    }
}

/* ---- Jumping ---- */

static size_t add_list(char *out, const char *name, int least, int most, bool negative)
{
    size_t size = (size_t)sprintf(out, ";%s=", name);
    int count = 1 + (int)(random() % 3);

    for (int i = 0; i < count; i++) {
        int number = least + (int)(random() % (most - least + 1));

        size += (size_t)sprintf(out + size, "%s%d", i ? "," : "",
                                negative && random() % 2 ? -number : number);
    }
    return size;
}

/* Any parts with any frequency; many are refused. */
static void random_rule(char *out)
{
    static const char *const freqs[] = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                        "WEEKLY",   "MONTHLY",  "YEARLY"};
    static const char *const days[] = {"MO", "TU,SA", "WE,TH,FR", "1MO", "-1FR,2SU", "53MO,-1TU"};
    int freq = (int)(random() % 7);

    out += sprintf(out, "FREQ=%s;INTERVAL=%d", freqs[freq],
                   1 + (int)(random() % (freq < 3 ? 5000 : 5)));
    if (random() % 3 == 0)
        out += add_list(out, "BYMONTH", 1, 12, false);
    if (random() % 5 == 0)
        out += add_list(out, "BYWEEKNO", 1, 53, true);
    if (random() % 5 == 0)
        out += add_list(out, "BYYEARDAY", 1, 366, true);
    if (random() % 4 == 0)
        out += add_list(out, "BYMONTHDAY", 1, 31, true);
    if (random() % 3 == 0)
        out += sprintf(out, ";BYDAY=%s", days[random() % 6]);
    if (random() % 4 == 0)
        out += add_list(out, "BYHOUR", 0, 23, false);
    if (random() % 4 == 0)
        out += add_list(out, "BYMINUTE", 0, 59, false);
    if (random() % 4 == 0)
        out += add_list(out, "BYSETPOS", 1, 5, true);
    if (random() % 4 == 0)
        out += sprintf(out, ";WKST=SU");
    if (random() % 4 == 0)
        sprintf(out, ";UNTIL=2000%02d01T120000", 1 + (int)(random() % 12));
}

static void test_walk__jumps_to_where_it_would_have_walked(void **state)
{
    static starts whole, jumped;
    int compared = 0;

    (void)state;
    srandom(99);
    while (compared < 3000) {
        int64_t start = 852076800 + random() % (86400 * 400);
        int64_t from = start + random() % (86400 * 900), until = from + 86400 * 28;
        int64_t steps = 3000000, plenty = 20000000;
        char text[400];
        sk_rrule rule;
        size_t skip = 0;

        random_rule(text);
        if (sk_rrule_parse(sk_str_from(text), &rule, NULL) != SK_OK)
            continue;
        /* COUNT makes the walk begin at the start; this one is never reached. */
        rule.count = rule.until == SK_UNTIL_NONE ? 999999999 : 0;
        whole = (starts){.max = MAX_STARTS};
        if (sk_rrule_walk(&rule, start, INT64_MIN / 2, until, &plenty, keep, &whole, NULL) !=
                SK_OK ||
            whole.count == MAX_STARTS)
            continue;
        rule.count = 0;
        jumped = (starts){.max = MAX_STARTS};
        assert_int_equal(sk_rrule_walk(&rule, start, from, until, &steps, keep, &jumped, NULL),
                         SK_OK);
        while (skip < whole.count && whole.at[skip] < from)
            skip++;
        if (whole.count - skip != jumped.count ||
            memcmp(whole.at + skip, jumped.at, jumped.count * sizeof(int64_t)) != 0)
            fail_msg("%s from %lld differs", text, (long long)from);
        for (size_t i = 1; i < whole.count; i++)
            assert_true(whole.at[i - 1] < whole.at[i]);
        compared++;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk__agrees_with_dateutil),
        cmocka_unit_test(test_parse__refuses_what_the_rfc_does),
        cmocka_unit_test(test_parse__takes_what_the_rfc_does),
        cmocka_unit_test(test_walk__jumps_to_where_it_would_have_walked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
