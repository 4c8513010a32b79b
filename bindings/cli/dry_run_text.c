/* SPDX-License-Identifier: EUPL-1.2 */
#include "dry_run.h"

/* The report of a dry run as text, in the order in which somebody who decides asks: what changes,
 * where, for whom, who gains and loses, and what that looks like in ten cases. */

#define MOST_BUURTEN 200

/* ---- In short ---- */

static void print_figure(cli_app *cli, const char *name, const char *value)
{
    fprintf(cli->out, "  %-46s %9s\n", name, value);
}

static void print_head(cli_app *cli, const json_t *report)
{
    const json_t *before = json_object_get(report, "before");
    const json_t *after = json_object_get(report, "after");
    const json_t *moments = json_object_get(report, "moments");
    size_t count = json_array_size(moments);
    const char *first = dry_moment(cli, reply_text(json_array_get(moments, 0), "at"));

    fprintf(cli->out, "Proef met regelset '%s' (%.12s)\n",
            cli_clean(cli, reply_text(after, "name")), reply_text(after, "hash"));
    fprintf(cli->out, "naast de regels van nu: '%s' (%.12s)\n",
            cli_clean(cli, reply_text(before, "name")), reply_text(before, "hash"));
    if (count > 1)
        fprintf(cli->out, "Bekeken: %zu momenten, van %s tot %s\n", count, first,
                dry_moment(cli, reply_text(json_array_get(moments, count - 1), "at")));
    else
        fprintf(cli->out, "Bekeken: %s\n", first);
    if (*reply_text(report, "backup"))
        fprintf(cli->out, "In de reservekopie: %s\n", cli_clean(cli, reply_text(report, "backup")));
    fputs("Een proef verandert niets. Openstaande voorstellen tellen niet mee: beide regelsets\n"
          "beginnen met een schone lei.\n",
          cli->out);
}

static void print_totals(cli_app *cli, const json_t *report)
{
    static const char *const lines[][2] = {{"listings", "Vragen bekeken"},
                                           {"before", "Voorstellen met de regels van nu"},
                                           {"after", "Voorstellen met de proefregels"},
                                           {"appear", "  komen erbij"},
                                           {"vanish", "  vallen weg"},
                                           {"moved", "  staan op een andere plaats in de lijst"},
                                           {"same", "  blijven gelijk"},
                                           {"first", "Vragen die nu niets hebben en dan wel"},
                                           {"last", "Vragen die nu iets hebben en dan niets meer"}};
    const json_t *total = json_object_get(report, "total");

    fputs("\nIn het kort\n", cli->out);
    for (size_t i = 0; i < CLI_COUNT(lines); i++)
        print_figure(cli, lines[i][1], dry_count(cli, reply_integer(total, lines[i][0])));
    print_figure(cli, "Open aanbod", dry_count(cli, reply_integer(report, "supply")));
}

/* ---- Tables ---- */

static void add_figures(cli_app *cli, table *t, const dry_line *line)
{
    for (int i = 0; i < DRY_FIGURES; i++)
        table_add(t, dry_cell(cli, line, i));
}

static void print_lines(cli_app *cli, const char *heading, const char *what, dry_lines *lines)
{
    table t;

    if (lines->count > 0) {
        fprintf(cli->out, "\n%s\n", heading);
        table_init(cli, &t, cli_text(cli, "%s|>vragen|>nu|>proef|>erbij|>weg|>verschuift", what));
        for (size_t i = 0; i < lines->count; i++) {
            table_add(&t, *lines->items[i].name ? lines->items[i].name : lines->items[i].code);
            add_figures(cli, &t, &lines->items[i]);
        }
        table_print(&t, cli->out, NULL);
        table_done(&t);
    }
    sk_free(lines->items);
}

static void print_areas(cli_app *cli, const json_t *report)
{
    dry_areas areas;
    size_t next = 0;
    table t;

    dry_areas_read(cli, report, &areas);
    fputs("\nPer wijk en buurt\n", cli->out);
    table_init(cli, &t, "code|wijk, buurt|>vragen|>nu|>proef|>erbij|>weg|>verschuift");
    for (size_t w = 0; w < areas.wijken.count; w++) {
        table_add(&t, areas.wijken.items[w].code);
        table_add(&t, areas.wijken.items[w].name);
        add_figures(cli, &t, &areas.wijken.items[w]);
        for (; next < areas.buurten.count && areas.buurten.items[next].group == w; next++) {
            if (areas.buurten.count > MOST_BUURTEN || !*areas.buurten.items[next].code)
                continue;
            table_add(&t, areas.buurten.items[next].code);
            table_add(&t, cli_text(cli, "  %s", areas.buurten.items[next].name));
            add_figures(cli, &t, &areas.buurten.items[next]);
        }
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
    fputs("  Aantallen van 1 tot en met 4 zijn verborgen (< 5), omdat ze over te weinig mensen\n"
          "  gaan. Een * is ook verborgen: anders was zo'n aantal uit te rekenen.\n",
          cli->out);
    if (areas.buurten.count > MOST_BUURTEN)
        fputs("  Er zijn te veel buurten voor deze lijst: --json geeft ze alle.\n", cli->out);
    dry_areas_done(&areas);
}

static void print_tables(cli_app *cli, const json_t *report)
{
    dry_lines lines;

    dry_moments_read(cli, report, &lines);
    if (lines.count > 1)
        print_lines(cli, "Per moment", "moment", &lines);
    else
        sk_free(lines.items);
    print_areas(cli, report);
    dry_lines_read(cli, report, "categories", &lines);
    print_lines(cli, "Per soort hulp (een vraag telt mee bij elke soort die zij noemt)", "soort",
                &lines);
    dry_lines_read(cli, report, "ages", &lines);
    print_lines(cli, "Naar leeftijd van de vraag", "leeftijd", &lines);
}

/* ---- Helpers ---- */

static double share(const json_t *load, const char *part, const char *whole)
{
    double of = reply_number(load, whole);

    return of > 0 ? reply_number(load, part) / of : 0;
}

static void print_two(cli_app *cli, const char *name, const char *before, const char *after)
{
    fprintf(cli->out, "  %-46s %9s  ->  %s\n", name, before, after);
}

static void print_load(cli_app *cli, const json_t *report)
{
    const json_t *b = json_object_get(report, "before"), *a = json_object_get(report, "after");
    const json_t *before = json_object_get(b, "load"), *after = json_object_get(a, "load");

    fputs("\nHelpers: wie krijgt hoeveel voorstellen (nu -> proef)\n", cli->out);
    print_figure(cli, "Helpers (mensen en organisaties met open aanbod)",
                 dry_count(cli, reply_integer(after, "helpers")));
    print_two(cli, "Deel dat een voorstel krijgt",
              dry_percent(cli, share(before, "reached", "helpers")),
              dry_percent(cli, share(after, "reached", "helpers")));
    print_two(cli, "Deel van wie 30 dagen niet hielp",
              dry_percent(cli, share(before, "idleReached", "idle")),
              dry_percent(cli, share(after, "idleReached", "idle")));
    print_two(cli, "Meeste voorstellen voor een helper",
              dry_count(cli, reply_integer(before, "most")),
              dry_count(cli, reply_integer(after, "most")));
    print_two(cli, "Ongelijkheid (0: ieder evenveel, 1: alles bij een)",
              dry_score(cli, (int64_t)(1e6 * reply_number(before, "gini"))),
              dry_score(cli, (int64_t)(1e6 * reply_number(after, "gini"))));
    print_two(cli, "De helft van de paren woont binnen",
              dry_metres(cli, reply_number(b, "medianM")),
              dry_metres(cli, reply_number(a, "medianM")));
}

static void print_helpers(cli_app *cli, const json_t *report, const char *key, const char *heading)
{
    json_t *helper = NULL;
    size_t i = 0;

    if (json_array_size(json_object_get(report, key)) > 0)
        fprintf(cli->out, "\n%s\n", heading);
    json_array_foreach(json_object_get(report, key), i, helper)
    {
        fprintf(cli->out, "  %-40s %6s  ->  %s\n", cli_clean(cli, reply_text(helper, "partyId")),
                dry_count(cli, reply_integer(helper, "before")),
                dry_count(cli, reply_integer(helper, "after")));
    }
}

static void print_failures(cli_app *cli, const json_t *report)
{
    json_t *failure = NULL;
    size_t i = 0;

    if (json_array_size(json_object_get(report, "failures")) > 0)
        fputs("\nFuncties die mislukten (zo'n regel telt dan niet mee)\n", cli->out);
    json_array_foreach(json_object_get(report, "failures"), i, failure)
    {
        fprintf(cli->out, "  %s, regel '%s': %s keer; %s\n",
                reply_true(failure, "after") ? "proef" : "nu",
                cli_clean(cli, reply_text(failure, "rule")),
                dry_count(cli, reply_integer(failure, "count")),
                cli_clean(cli, reply_text(failure, "reason")));
    }
}

/* ---- Cases ---- */

static void print_pair_line(cli_app *cli, const json_t *pair)
{
    const char *why = dry_why(cli, pair);
    const char *before = dry_reasons(cli, pair, "termsBefore");
    const char *after = dry_reasons(cli, pair, "termsAfter");

    fprintf(cli->out, "    %s: %s; score %s -> %s\n", cli_clean(cli, dry_title(pair)),
            dry_change(cli, pair), dry_score(cli, reply_integer(pair, "scoreBefore")),
            dry_score(cli, reply_integer(pair, "scoreAfter")));
    if (*why)
        fprintf(cli->out, "      %s\n", why);
    if (*before)
        fprintf(cli->out, "      nu: %s\n", before);
    if (*after && strcmp(before, after) != 0)
        fprintf(cli->out, "      proef: %s\n", after);
}

static void print_cases(cli_app *cli, const json_t *report)
{
    json_t *one = NULL, *pair = NULL;
    size_t i = 0, k = 0;

    if (json_array_size(json_object_get(report, "cases")) > 0)
        fputs("\nVragen waarvoor het meest verandert\n", cli->out);
    json_array_foreach(json_object_get(report, "cases"), i, one)
    {
        fprintf(cli->out, "  %zu. %s (%s %s, %s, %lld dagen oud)\n", i + 1,
                cli_clean(cli, dry_title(one)), dry_kind(one),
                cli_clean(cli, reply_text(one, "listingId")),
                cli_clean(cli, reply_text(one, "category")),
                (long long)reply_number(one, "ageDays"));
        json_array_foreach(json_object_get(one, "pairs"), k, pair) print_pair_line(cli, pair);
    }
}

void dry_run_text(cli_app *cli, const json_t *report)
{
    print_head(cli, report);
    print_totals(cli, report);
    print_tables(cli, report);
    print_load(cli, report);
    print_helpers(cli, report, "gainers", "Wie meer voorstellen krijgt (nu -> proef)");
    print_helpers(cli, report, "losers", "Wie minder voorstellen krijgt (nu -> proef)");
    print_failures(cli, report);
    print_cases(cli, report);
}
