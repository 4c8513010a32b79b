/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* From what people type to fields of a request. Only form is checked here, so that a slip of the
 * finger is a usage error; ranges and meaning are the engine's to judge. */

/* ---- Numbers and points ---- */

int word_number(cli_app *cli, const char *flag, const char *text, double *out)
{
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || strpbrk(text, "xXpP"))
        return cli_usage(cli, "%s: \"%s\" is not a number", flag, text);
    *out = value;
    return CLI_DONE;
}

int word_count(cli_app *cli, const char *flag, const char *text, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    unsigned long long value = 0;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0)
        return cli_usage(cli, "%s: \"%s\" is not a whole number", flag, text);
    if (value > most)
        return cli_usage(cli, "%s: %s is over %llu", flag, text, (unsigned long long)most);
    *out = value;
    return CLI_DONE;
}

int word_point(cli_app *cli, const char *flag, const char *text, json_t **out)
{
    const char *comma = strchr(text, ',');
    double lat = 0, lon = 0;
    int code = CLI_DONE;

    if (!comma || strchr(comma + 1, ','))
        return cli_usage(cli, "%s: \"%s\" is not LAT,LON such as 52.53,5.22", flag, text);
    if ((code = word_number(cli, flag, cli_text(cli, "%.*s", (int)(comma - text), text), &lat)) ||
        (code = word_number(cli, flag, comma + 1, &lon)))
        return code;
    *out = json_pack("{s:f, s:f}", "lat", lat, "lon", lon);
    return CLI_DONE;
}

/* ---- Windows ---- */

static const char *const day_codes[7] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
static const char *const day_dutch[7] = {"ma", "di", "wo", "do", "vr", "za", "zo"};

/* English codes and Dutch abbreviations; one reading each, since no abbreviation is shared. */
static int day_of(const char *text, size_t size)
{
    for (int i = 0; i < 7 && size == 2; i++) {
        if (strncasecmp(text, day_codes[i], 2) == 0 || strncasecmp(text, day_dutch[i], 2) == 0)
            return i;
    }
    return -1;
}

/* "MO", "MO-FR" (which may run over the week's end) or "daily" into `on`. */
static bool days_part(const char *text, size_t size, bool on[7])
{
    int first = 0, last = 0;

    if (size == 5 && strncasecmp(text, "daily", 5) == 0) {
        memset(on, true, 7);
        return true;
    }
    first = size >= 2 ? day_of(text, 2) : -1;
    last = size == 2 ? first : -1;
    if (size == 5 && text[2] == '-')
        last = day_of(text + 3, 2);
    if (first < 0 || last < 0)
        return false;
    for (int i = first;; i = (i + 1) % 7) {
        on[i] = true;
        if (i == last)
            return true;
    }
}

static json_t *days_of(const char *text, size_t size)
{
    bool on[7] = {false};
    json_t *days = NULL;
    const char *at = text, *end = text + size;

    while (at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;

        if (!days_part(at, (size_t)(stop - at), on))
            return NULL;
        at = stop + 1;
    }
    days = json_array();
    for (int i = 0; i < 7; i++) {
        if (on[i])
            json_array_append_new(days, json_string(day_codes[i]));
    }
    return days;
}

/* "9", "9:00", "14:00" or "24:00" at `*at`, written as "HH:MM". */
static bool time_of(const char **at, char out[6])
{
    unsigned hour = 0, minute = 0;
    const char *p = *at;

    if (!isdigit((unsigned char)*p))
        return false;
    hour = (unsigned)(*p++ - '0');
    if (isdigit((unsigned char)*p))
        hour = hour * 10 + (unsigned)(*p++ - '0');
    if (*p == ':' || *p == '.') {
        if (!isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]))
            return false;
        minute = (unsigned)(p[1] - '0') * 10 + (unsigned)(p[2] - '0');
        p += 3;
    }
    if (hour > 24 || minute > 59 || (hour == 24 && minute > 0))
        return false;
    snprintf(out, 6, "%02u:%02u", hour % 24 % 100, minute % 100);
    *at = p;
    return true;
}

static bool times_of(const char *text, char from[6], char to[6], const char **out_rest)
{
    const char *at = text;

    if (!time_of(&at, from) || *at++ != '-' || !time_of(&at, to))
        return false;
    *out_rest = at;
    return true;
}

static json_t *window_weekly(const char *text)
{
    const char *space = strchr(text, ' '), *rest = NULL;
    char from[6], to[6];
    json_t *days = NULL;

    if (!space || !times_of(space + strspn(space, " "), from, to, &rest) || *rest != '\0')
        return NULL;
    days = days_of(text, (size_t)(space - text));
    return days ? json_pack("{s:o, s:s, s:s}", "days", days, "from", from, "to", to) : NULL;
}

/* "2026-03-05 14:00-16:00" and, to repeat, " FREQ=WEEKLY;COUNT=4" behind it. */
static json_t *window_dated(cli_app *cli, const char *text)
{
    const char *rest = NULL, *date = cli_text(cli, "%.10s", text);
    const char *times = text + 10 + strspn(text + 10, " T");
    char from[6], to[6], local[32];
    int64_t start_s = 0, end_s = 0;
    json_t *window = NULL;

    if (times == text + 10 || !times_of(times, from, to, &rest) || (*rest != '\0' && *rest != ' '))
        return NULL;
    if (sk_local_parse(sk_str_from(cli_text(cli, "%sT%s", date, from)), &start_s, NULL) != SK_OK ||
        sk_local_parse(sk_str_from(cli_text(cli, "%sT%s", date, to)), &end_s, NULL) != SK_OK)
        return NULL;
    if (end_s <= start_s)
        end_s += 86400;
    window = json_pack("{s:s}", "start", cli_text(cli, "%sT%s", date, from));
    json_object_set_new(window, "end",
                        json_string(cli_text(cli, "%.16s", sk_local_format(end_s, local).data)));
    rest += strspn(rest, " ");
    if (*rest != '\0')
        json_object_set_new(window, "rrule", json_string(rest));
    return window;
}

int word_window(cli_app *cli, const char *flag, const char *text, json_t **out)
{
    bool dated = strlen(text) > 10 && isdigit((unsigned char)text[0]) && text[4] == '-';
    json_t *window = dated ? window_dated(cli, text) : window_weekly(text);

    if (!window)
        return cli_usage(
            cli, "%s: \"%s\" is neither \"MO,TH 14:00-16:00\" nor \"2026-03-05 14:00-16:00\"", flag,
            text);
    *out = window;
    return CLI_DONE;
}

/* ---- Enumerators and lists ---- */

const char *word_enum(cli_app *cli, const char *text)
{
    char *copy = (char *)cli_text(cli, "%s", text);

    for (char *c = copy; *c; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    return copy;
}

const char *word_kind(cli_app *cli, const char *text)
{
    static const char *const dutch[][2] = {{"hulpvraag", "NEED"}, {"initiatief", "INITIATIVE"},
                                           {"aanbod", "OFFER"},   {"talent", "SKILL"},
                                           {"plek", "PLACE"},     {"activiteit", "ACTIVITY"}};

    for (size_t i = 0; i < CLI_COUNT(dutch); i++) {
        if (strcasecmp(text, dutch[i][0]) == 0)
            return dutch[i][1];
    }
    return word_enum(cli, text);
}

static void add_parts(json_t *array, const char *text)
{
    while (*text) {
        size_t size = strcspn(text, ",");
        size_t skip = strspn(text, " ");

        if (skip < size)
            json_array_append_new(array, json_stringn(text + skip, size - skip));
        text += size + (text[size] == ',');
    }
}

void word_list(const cli_args *args, const char *name, json_t *object, const char *key)
{
    json_t *array = NULL;

    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].flag->name, name) != 0)
            continue;
        if (!array)
            json_object_set_new(object, key, array = json_array());
        add_parts(array, args->given[i].value);
    }
}

void word_set(const cli_args *args, const char *name, json_t *object, const char *key)
{
    const char *value = cli_get(args, name);

    if (value)
        json_object_set_new(object, key, json_string(value));
}

int word_set_count(cli_app *cli, const cli_args *args, const char *name, uint64_t most,
                   json_t *object, const char *key)
{
    const char *value = cli_get(args, name);
    uint64_t number = 0;
    int code = CLI_DONE;

    if (!value)
        return CLI_DONE;
    if ((code = word_count(cli, cli_text(cli, "--%s", name), value, most, &number)) == CLI_DONE)
        json_object_set_new(object, key, json_integer((json_int_t)number));
    return code;
}

/* ---- Files ---- */

static int read_stream(cli_app *cli, size_t most, sk_buf *out)
{
    size_t got = 0;

    do {
        char *room = sk_buf_reserve(out, 65536);

        if (!room)
            return cli_tell(cli, CLI_REFUSED, "", "out of memory");
        got = fread(room, 1, 65536, cli->in);
        out->size += got;
        if (out->size > most)
            return cli_tell(cli, CLI_REFUSED, "", "standard input is too large");
    } while (got > 0);
    return CLI_DONE;
}

int word_file(cli_app *cli, const char *path, size_t most, sk_buf *out)
{
    sk_error err = {0};

    if (strcmp(path, "-") == 0)
        return read_stream(cli, most, out);
    return sk_file_read(path, most, out, &err) == SK_OK ? CLI_DONE : cli_tell_error(cli, &err);
}

int word_json_file(cli_app *cli, const char *path, json_t **out)
{
    sk_buf text = {0};
    json_error_t fault;
    json_t *value = NULL;
    int code = word_file(cli, path, SCHAKEL_REQUEST_MAX, &text);

    if (code != CLI_DONE)
        goto out;
    value = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES, &fault);
    if (!value) {
        code = cli_tell(cli, CLI_REFUSED, path,
                        cli_text(cli, "line %d, column %d: %s", fault.line, fault.column,
                                 cli_clean(cli, fault.text)));
        goto out;
    }
    if (!json_is_object(value)) {
        code = cli_tell(cli, CLI_REFUSED, path, "is not a JSON object");
        json_decref(value);
        goto out;
    }
    *out = value;
out:
    sk_buf_done(&text);
    return code;
}
