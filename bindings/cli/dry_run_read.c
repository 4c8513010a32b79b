/* SPDX-License-Identifier: EUPL-1.2 */
#include "dry_run.h"

#include <math.h>
#include <stdlib.h>

/* Figures and Dutch words out of the engine's answer, as both forms of the report need them. What
 * came over the network and is to be shown goes through cli_clean. */

const char *const dry_figure_names[DRY_FIGURES] = {"vragen", "nu",  "proef",
                                                   "erbij",  "weg", "verschuift"};

/* ---- Lines ---- */

static dry_line *add_line(dry_lines *lines)
{
    if (!sk_grow((void **)&lines->items, &lines->capacity, lines->count + 1,
                 sizeof(*lines->items))) {
        fputs("schakel: out of memory\n", stderr);
        exit(CLI_REFUSED);
    }
    lines->items[lines->count] = (dry_line){.code = "", .name = ""};
    return &lines->items[lines->count++];
}

static void read_figures(const json_t *row, dry_line *out)
{
    static const char *const keys[DRY_FIGURES] = {"listings", "before", "after",
                                                  "appear",   "vanish", "moved"};
    const json_t *counts = json_object_get(row, "counts");

    for (int i = 0; i < DRY_FIGURES; i++)
        out->n[i] = reply_integer(counts, keys[i]);
}

static const char *age_name(const char *key)
{
    static const char *const names[][2] = {{"0-1", "tot 1 dag oud"},
                                           {"1-7", "1 tot 7 dagen"},
                                           {"7-30", "7 tot 30 dagen"},
                                           {"30-90", "30 tot 90 dagen"},
                                           {"90-", "90 dagen of ouder"}};

    for (size_t i = 0; i < CLI_COUNT(names); i++)
        if (strcmp(names[i][0], key) == 0)
            return names[i][1];
    return key;
}

void dry_lines_read(cli_app *cli, const json_t *report, const char *key, dry_lines *out)
{
    json_t *row = NULL;
    size_t i = 0;

    *out = (dry_lines){0};
    json_array_foreach(json_object_get(report, key), i, row)
    {
        dry_line *line = add_line(out);

        line->code = cli_clean(cli, reply_text(row, "key"));
        line->name = cli_clean(cli, reply_text(row, "name"));
        if (!*line->name)
            line->name = age_name(line->code);
        read_figures(row, line);
    }
}

void dry_moments_read(cli_app *cli, const json_t *report, dry_lines *out)
{
    json_t *row = NULL;
    size_t i = 0;

    *out = (dry_lines){0};
    json_array_foreach(json_object_get(report, "moments"), i, row)
    {
        dry_line *line = add_line(out);

        line->name = dry_moment(cli, reply_text(row, "at"));
        read_figures(row, line);
    }
}

/* ---- Areas ---- */

/** The place of the wijk, made when it is new. */
static size_t wijk_of(cli_app *cli, const json_t *row, dry_lines *wijken)
{
    const char *code = reply_text(row, "wijk");
    dry_line *made;

    for (size_t i = 0; i < wijken->count; i++)
        if (strcmp(wijken->items[i].code, code) == 0)
            return i;
    made = add_line(wijken);
    made->code = cli_clean(cli, code);
    made->name = cli_clean(cli, reply_text(row, "wijkName"));
    if (!*code)
        made->name = "buiten alle buurten";
    return wijken->count - 1;
}

static int compare_groups(const void *a, const void *b)
{
    const dry_line *x = a, *y = b;

    return x->group != y->group ? (x->group > y->group) - (x->group < y->group)
                                : strcmp(x->code, y->code);
}

void dry_areas_read(cli_app *cli, const json_t *report, dry_areas *out)
{
    json_t *row = NULL;
    size_t i = 0;

    *out = (dry_areas){0};
    json_array_foreach(json_object_get(report, "areas"), i, row)
    {
        dry_line *line = add_line(&out->buurten);
        dry_line *wijk;

        line->group = wijk_of(cli, row, &out->wijken);
        line->code = cli_clean(cli, reply_text(row, "key"));
        line->name = cli_clean(cli, reply_text(row, "name"));
        if (!*line->code)
            line->name = "buiten alle buurten";
        read_figures(row, line);
        wijk = &out->wijken.items[line->group];
        for (int f = 0; f < DRY_FIGURES; f++)
            wijk->n[f] += line->n[f];
    }
    if (out->buurten.count > 1)
        qsort(out->buurten.items, out->buurten.count, sizeof(dry_line), compare_groups);
    dry_hide(out);
}

void dry_areas_done(dry_areas *areas)
{
    sk_free(areas->wijken.items);
    sk_free(areas->buurten.items);
}

/* ---- Numbers ---- */

const char *dry_count(cli_app *cli, int64_t count)
{
    long long n = (long long)(count < 0 ? -count : count);
    const char *sign = count < 0 ? "-" : "", *rest = "";

    for (; n >= 1000; n /= 1000)
        rest = cli_text(cli, ".%03lld%s", n % 1000, rest);
    return cli_text(cli, "%s%lld%s", sign, n, rest);
}

const char *dry_cell(cli_app *cli, const dry_line *line, int figure)
{
    if (line->hidden[figure] == DRY_SMALL)
        return "< 5";
    return line->hidden[figure] == DRY_ALSO ? "*" : dry_count(cli, line->n[figure]);
}

const char *dry_percent(cli_app *cli, double share)
{
    return decimal(cli, "%.1f %%", 100 * share);
}

const char *dry_score(cli_app *cli, int64_t millionths)
{
    return decimal(cli, "%.2f", (double)millionths / 1e6);
}

const char *dry_metres(cli_app *cli, double metres)
{
    return metres < 1000 ? decimal(cli, "%.0f m", metres) : decimal(cli, "%.1f km", metres / 1000);
}

const char *dry_moment(cli_app *cli, const char *time)
{
    static const char *const months[] = {"januari",   "februari", "maart",    "april",
                                         "mei",       "juni",     "juli",     "augustus",
                                         "september", "oktober",  "november", "december"};
    int64_t time_ms = 0;
    sk_civil at;

    if (sk_time_parse(sk_str_from(time), &time_ms, NULL) != SK_OK)
        return cli_clean(cli, time);
    at = sk_civil_from_local(sk_floor_div(time_ms, 1000));
    return cli_text(cli, "%d %s %d, %d.%02d uur (UTC)", at.day, months[at.month - 1], at.year,
                    at.hour, at.minute);
}

const char *dry_distance_label(size_t bin)
{
    static const char *const labels[] = {"tot 250 m", "tot 500 m", "tot 1 km", "tot 2 km",
                                         "tot 5 km",  "tot 10 km", "verder",   "op afstand"};

    return bin < CLI_COUNT(labels) ? labels[bin] : "";
}

/* ---- Pairs ---- */

const char *dry_why(cli_app *cli, const json_t *pair)
{
    const char *why = reply_text(pair, "why");
    const char *set = reply_integer(pair, "rankAfter") == 0 ? "de proefregels" : "de regels van nu";

    if (strncmp(why, "rule:", 5) == 0)
        return cli_text(cli, "mag niet volgens %s: regel '%s'", set, cli_clean(cli, why + 5));
    if (strcmp(why, "threshold") == 0)
        return cli_text(cli, "haalt bij %s de drempel niet", set);
    if (strcmp(why, "distance") == 0)
        return cli_text(cli, "is te ver weg voor %s", set);
    if (strcmp(why, "language") == 0)
        return cli_text(cli, "spreekt geen taal die %s vragen", set);
    if (strcmp(why, "category") == 0)
        return cli_text(cli, "lijkt voor %s te weinig op wat gevraagd is", set);
    if (strcmp(why, "others") == 0)
        return cli_text(cli, "past bij %s, maar anderen gaan voor of er is geen plek meer", set);
    return "";
}

const char *dry_reasons(cli_app *cli, const json_t *pair, const char *key)
{
    const char *text = "";
    json_t *term = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(pair, key), i, term)
    {
        const char *why = reply_text(term, "why");

        if (*why)
            text = cli_text(cli, "%s%s%s", text, *text ? "; " : "", cli_clean(cli, why));
    }
    return text;
}

const char *dry_title(const json_t *object)
{
    return *reply_text(object, "title") ? reply_text(object, "title")
                                        : reply_text(object, "listingId");
}

const char *dry_change(cli_app *cli, const json_t *pair)
{
    int64_t before = reply_integer(pair, "rankBefore"), after = reply_integer(pair, "rankAfter");

    if (before == 0)
        return "komt erbij";
    if (after == 0)
        return "valt weg";
    if (before == after)
        return cli_text(cli, "blijft op plaats %lld", (long long)after);
    return cli_text(cli, "van plaats %lld naar %lld", (long long)before, (long long)after);
}

const char *dry_kind(const json_t *object)
{
    static const char *const kinds[][2] = {{"NEED", "hulpvraag"}, {"INITIATIVE", "initiatief"},
                                           {"OFFER", "aanbod"},   {"SKILL", "talent"},
                                           {"PLACE", "plek"},     {"ACTIVITY", "activiteit"}};

    for (size_t i = 0; i < CLI_COUNT(kinds); i++)
        if (strcmp(kinds[i][0], reply_text(object, "kind")) == 0)
            return kinds[i][1];
    return "plaatsing";
}

const char *dry_run_short(cli_app *cli, const json_t *record)
{
    const json_t *run = json_object_get(record, "dryRun");
    const json_t *counts = json_object_get(run, "counts");

    if (!run)
        return "";
    return cli_text(cli, "+%lld -%lld on %.10s", (long long)reply_integer(counts, "appear"),
                    (long long)reply_integer(counts, "vanish"),
                    cli_clean(cli, reply_text(run, "runAt")));
}
