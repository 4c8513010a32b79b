/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/ruleset.h"

#include <math.h>
#include <stdio.h>

/* Reasons in Dutch: a template such as "woont {distance} verderop", filled in. A template whose
 * placeholder has no value gives nothing at all, so that nobody reads half a sentence. */

typedef enum placeholder {
    PH_NONE,
    PH_DISTANCE,
    PH_TIMES,
    PH_OVERLAP,
    PH_CATEGORY,
    PH_VALUE,
    PH_FIELD
} placeholder;

/* ---- Numbers and words ---- */

void sk_why_number(sk_buf *out, double value, int decimals)
{
    char text[64];
    size_t size;

    if (fabs(value) >= 1e15)
        return;
    snprintf(text, sizeof text, "%.*f", decimals, value);
    size = strlen(text);
    if (decimals > 0) {
        while (size > 0 && text[size - 1] == '0')
            size--;
        if (size > 0 && (text[size - 1] == '.' || text[size - 1] == ','))
            size--;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.')
            text[i] = ',';
    }
    sk_buf_add(out, text, size);
}

bool sk_why_distance(double distance_m, sk_buf *out)
{
    double rounded;

    if (!isfinite(distance_m) || distance_m < 0.0)
        return false;
    rounded = fmax(50.0, floor(distance_m / 50.0 + 0.5) * 50.0);
    if (rounded < 1000.0) {
        sk_why_number(out, rounded, 0);
        sk_buf_text(out, " m");
    } else {
        sk_why_number(out, floor(distance_m / 100.0 + 0.5) / 10.0, 1);
        sk_buf_text(out, " km");
    }
    return true;
}

static bool put_overlap(sk_buf *out, double minutes)
{
    long whole;

    if (!(minutes >= 1.0 && minutes < 1e9))
        return false;
    whole = (long)minutes;
    if (whole >= 60)
        sk_buf_printf(out, "%ld uur", whole / 60);
    if (whole >= 60 && whole % 60)
        sk_buf_text(out, " en ");
    if (whole % 60)
        sk_buf_printf(out, "%ld %s", whole % 60, whole % 60 == 1 ? "minuut" : "minuten");
    return true;
}

static bool put_text(sk_buf *out, sk_str text)
{
    sk_buf_str(out, text);
    return text.size > 0;
}

/* ---- Fields ---- */

/** "need.reach_m" -> its field; SK_F_COUNT_ when it is none. */
static sk_field_id field_of(sk_str name, sk_side *out_side)
{
    sk_str prefix = sk_str_starts(name, SK_STR("need.")) ? SK_STR("need.") : SK_STR("offer.");

    if (!sk_str_starts(name, prefix))
        return SK_F_COUNT_;
    *out_side = prefix.size == 5 ? SK_DEMAND : SK_SUPPLY;
    return sk_field_find((sk_str){name.data + prefix.size, name.size - prefix.size}, true);
}

static bool put_set(const sk_ruleset *rules, sk_ids ids, sk_buf *out)
{
    sk_str last = {"", 0};

    /* In the order of the codes, since the numbers of words differ after a restart. */
    for (uint32_t done = 0; done < ids.count; done++) {
        sk_str least = {"", 0};

        for (uint32_t i = 0; i < ids.count; i++) {
            sk_str code = sk_intern_str(rules->words, ids.ids[i]);

            if ((done == 0 || sk_str_cmp(code, last) > 0) &&
                (least.size == 0 || sk_str_cmp(code, least) < 0))
                least = code;
        }
        if (done > 0)
            sk_buf_text(out, ", ");
        sk_buf_str(out, least);
        last = least;
    }
    return ids.count > 0;
}

static bool put_field(const sk_ruleset *rules, sk_str name, const sk_why *values, sk_buf *out)
{
    uint32_t scratch[SK_SET_MAX];
    sk_side side = SK_DEMAND;
    sk_field_id id = field_of(name, &side);
    double value;

    if (id == SK_F_COUNT_ || !values->pair)
        return false;
    if (sk_fields[id].type == SK_T_SET)
        return put_set(rules, sk_field_set(id, side, values->pair, values->now_ms, scratch), out);
    value = sk_field_value(id, side, values->pair, values->now_ms);
    if (isnan(value))
        return false;
    if (sk_fields[id].type == SK_T_STRING)
        return put_text(out, sk_intern_str(rules->words, (uint32_t)value));
    if (sk_fields[id].type == SK_T_BOOL)
        sk_buf_text(out, value != 0.0 ? "ja" : "nee");
    else
        sk_why_number(out, value, 1);
    return true;
}

/* ---- Templates ---- */

static const struct {
    const char *name;
    placeholder what;
} placeholders[] = {{"distance", PH_DISTANCE},
                    {"times", PH_TIMES},
                    {"overlap", PH_OVERLAP},
                    {"category", PH_CATEGORY},
                    {"value", PH_VALUE}};

static placeholder placeholder_of(sk_str name)
{
    sk_side side;

    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        if (sk_str_eq(name, sk_str_from(placeholders[i].name)))
            return placeholders[i].what;
    }
    return field_of(name, &side) != SK_F_COUNT_ ? PH_FIELD : PH_NONE;
}

/** The name between the braces that open at `at`; false when they do not close. */
static bool braces(sk_str why, size_t at, sk_str *out_name)
{
    const char *end = memchr(why.data + at, '}', why.size - at);

    if (!end)
        return false;
    *out_name = (sk_str){why.data + at + 1, (size_t)(end - (why.data + at)) - 1};
    return true;
}

sk_status sk_why_check(sk_str why, sk_error *err)
{
    sk_hint hint;
    sk_str name;
    const char *near;

    for (size_t i = 0; i < why.size; i++) {
        if (why.data[i] != '{')
            continue;
        if (!braces(why, i, &name))
            return sk_fail(err, SK_EINVAL, "character %zu: this brace is never closed", i + 1);
        if (placeholder_of(name) == PH_NONE) {
            int size = name.size > 40 ? 40 : (int)name.size;

            sk_hint_start(&hint, name);
            for (size_t k = 0; k < sizeof placeholders / sizeof placeholders[0]; k++)
                sk_hint_add(&hint, placeholders[k].name);
            near = sk_hint_best(&hint);
            return sk_fail(err, SK_EINVAL,
                           near ? "unknown placeholder {%.*s}; did you mean {%s}?"
                                : "unknown placeholder {%.*s}",
                           size, name.data, near);
        }
        i += name.size + 1;
    }
    return SK_OK;
}

static bool put_placeholder(const sk_ruleset *rules, sk_str name, const sk_why *values, sk_buf *out)
{
    switch (placeholder_of(name)) {
    case PH_DISTANCE:
        return sk_why_distance(values->distance_m, out);
    case PH_TIMES:
        return put_text(out, values->times);
    case PH_OVERLAP:
        return put_overlap(out, values->overlap_min);
    case PH_CATEGORY:
        return put_text(out, values->category);
    case PH_VALUE:
        sk_why_number(out, floor(values->value * 100.0 + 0.5), 0);
        sk_buf_text(out, " %");
        return !isnan(values->value);
    default:
        return put_field(rules, name, values, out);
    }
}

void sk_ruleset_why(const sk_ruleset *rules, uint32_t index, const sk_why *values, sk_buf *out)
{
    size_t start = out->size;
    sk_str why, name;

    if (index >= rules->info.term_count)
        return;
    why = rules->terms[index].info.why;
    for (size_t i = 0; i < why.size; i++) {
        if (why.data[i] != '{' || !braces(why, i, &name)) {
            sk_buf_add(out, why.data + i, 1);
        } else if (put_placeholder(rules, name, values, out)) {
            i += name.size + 1;
        } else {
            out->size = start;
            return;
        }
    }
}
