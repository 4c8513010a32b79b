/* SPDX-License-Identifier: EUPL-1.2 */
#include "dry_run.h"

/* The report of a dry run as one page: no scripts, nothing fetched, so that it can be kept with the
 * decision. Everything that came from people or from the engine is escaped; every plot has a table
 * with the same figures. */

static const char page_begin[] =
    "<!DOCTYPE html>\n<html lang=\"nl\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<style>\n"
    "body{font:16px/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:2px solid #0b5c46}\n"
    "table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:bold}\n"
    "th,td{padding:.2rem .7rem;border-bottom:1px solid #bbb;text-align:left;vertical-align:top}\n"
    "td.n,th.n{text-align:right}tr.w th,tr.w td{background:#eef4f1;font-weight:bold}\n"
    "svg{max-width:100%;height:auto}svg text{font:12px sans-serif;fill:#1a1a1a}\n"
    ".a{fill:#0b5c46}.v{fill:#a4400b}.m{fill:#54606b}.b{fill:#fff;stroke:#54606b;stroke-width:1.5;"
    "stroke-dasharray:3 2}\n"
    ".x{stroke:#54606b}.f{fill:none;stroke:#54606b}.la{fill:none;stroke:#0b5c46;stroke-width:3}\n"
    ".lb{fill:none;stroke:#54606b;stroke-width:2;stroke-dasharray:5 4}\n"
    "figure{margin:1rem 0}figcaption{font-size:.9rem}summary{cursor:pointer}\n"
    "</style>\n";

/* ---- Pieces ---- */

static void tag(sk_buf *out, const char *name, const char *text)
{
    sk_buf_printf(out, "<%s>", name);
    dry_escape(out, text);
    sk_buf_printf(out, "</%.*s>\n", (int)strcspn(name, " "), name);
}

static void number_cell(sk_buf *out, const char *text)
{
    tag(out, "td class=\"n\"", text);
}

static void table_begin(sk_buf *out, const char *caption, const char *first)
{
    sk_buf_text(out, "<table>");
    tag(out, "caption", caption);
    sk_buf_text(out, "<thead><tr>");
    tag(out, "th scope=\"col\"", first);
    for (int i = 0; i < DRY_FIGURES; i++)
        tag(out, "th scope=\"col\" class=\"n\"", dry_figure_names[i]);
    sk_buf_text(out, "</tr></thead><tbody>\n");
}

static void table_end(sk_buf *out)
{
    sk_buf_text(out, "</tbody></table>\n");
}

static void line_row(cli_app *cli, sk_buf *out, const dry_line *line, const char *class)
{
    sk_buf_printf(out, "<tr%s>", class);
    tag(out, "th scope=\"row\"",
        *line->name && *line->code && strcmp(line->name, line->code) != 0
            ? cli_text(cli, "%s (%s)", line->name, line->code)
            : (*line->name ? line->name : line->code));
    for (int i = 0; i < DRY_FIGURES; i++)
        number_cell(out, dry_cell(cli, line, i));
    sk_buf_text(out, "</tr>\n");
}

/* ---- Head ---- */

static void write_head(cli_app *cli, const json_t *report, sk_buf *out)
{
    const json_t *before = json_object_get(report, "before");
    const json_t *after = json_object_get(report, "after");
    const json_t *moments = json_object_get(report, "moments");
    size_t count = json_array_size(moments);
    const char *first = dry_moment(cli, reply_text(json_array_get(moments, 0), "at"));
    const char *last =
        dry_moment(cli, reply_text(json_array_get(moments, count ? count - 1 : 0), "at"));

    sk_buf_text(out, page_begin);
    tag(out, "title", cli_text(cli, "Proef met regelset %s", reply_text(after, "name")));
    sk_buf_text(out, "</head>\n<body>\n<main>\n");
    tag(out, "h1", cli_text(cli, "Proef met regelset %s", reply_text(after, "name")));
    tag(out, "p",
        cli_text(cli, "Vergeleken met de regels van nu: %s (%.12s). De proefregels: %.12s.",
                 reply_text(before, "name"), reply_text(before, "hash"),
                 reply_text(after, "hash")));
    tag(out, "p",
        count > 1 ? cli_text(cli, "Bekeken: %zu momenten, van %s tot %s, bij elkaar opgeteld.",
                             count, first, last)
                  : cli_text(cli, "Bekeken: %s.", first));
    if (*reply_text(report, "backup"))
        tag(out, "p", cli_text(cli, "In de reservekopie %s.", reply_text(report, "backup")));
    if (*reply_text(after, "policy")) {
        tag(out, "h2", "Waarom deze regels");
        tag(out, "p", reply_text(after, "policy"));
    }
}

static void write_totals(cli_app *cli, const json_t *report, sk_buf *out)
{
    static const char *const rows[][2] = {{"listings", "Vragen bekeken"},
                                          {"before", "Voorstellen met de regels van nu"},
                                          {"after", "Voorstellen met de proefregels"},
                                          {"appear", "Voorstellen die erbij komen"},
                                          {"vanish", "Voorstellen die wegvallen"},
                                          {"moved", "Voorstellen op een andere plaats in de lijst"},
                                          {"same", "Voorstellen die gelijk blijven"},
                                          {"first", "Vragen die nu niets hebben en dan wel"},
                                          {"last", "Vragen die nu iets hebben en dan niets meer"}};
    const json_t *total = json_object_get(report, "total");

    tag(out, "h2", "In het kort");
    sk_buf_text(out, "<table>");
    tag(out, "caption", "Wat verandert");
    sk_buf_text(out, "<tbody>\n");
    for (size_t i = 0; i < CLI_COUNT(rows); i++) {
        sk_buf_text(out, "<tr>");
        tag(out, "th scope=\"row\"", rows[i][1]);
        number_cell(out, dry_count(cli, reply_integer(total, rows[i][0])));
        sk_buf_text(out, "</tr>\n");
    }
    table_end(out);
    tag(out, "p",
        "Een proef verandert niets. Openstaande voorstellen tellen niet mee: beide regelsets "
        "beginnen met een schone lei.");
}

/* ---- Where, what, how old ---- */

static void write_areas(cli_app *cli, const json_t *report, sk_buf *out)
{
    dry_areas areas;
    size_t next = 0;

    dry_areas_read(cli, report, &areas);
    tag(out, "h2", "Per wijk en buurt");
    sk_buf_text(out, "<figure>");
    dry_plot_changes(cli, areas.buurten.count <= 40 ? &areas.buurten : &areas.wijken,
                     "Voorstellen die erbij komen en wegvallen, per buurt of wijk", out);
    sk_buf_text(out, "</figure>\n");
    tag(out, "p",
        "Aantallen van 1 tot en met 4 zijn verborgen (< 5), omdat ze over te weinig mensen gaan. "
        "Een * is ook verborgen: anders was zo'n aantal uit te rekenen.");
    table_begin(out, "Per wijk en buurt", "wijk, buurt");
    for (size_t w = 0; w < areas.wijken.count; w++) {
        line_row(cli, out, &areas.wijken.items[w], " class=\"w\"");
        for (; next < areas.buurten.count && areas.buurten.items[next].group == w; next++)
            if (*areas.buurten.items[next].code)
                line_row(cli, out, &areas.buurten.items[next], "");
    }
    table_end(out);
    dry_areas_done(&areas);
}

static void write_lines(cli_app *cli, dry_lines *lines, const char *heading, const char *first,
                        bool plot, sk_buf *out)
{
    if (lines->count > 0) {
        tag(out, "h2", heading);
        if (plot) {
            sk_buf_text(out, "<figure>");
            dry_plot_changes(cli, lines, heading, out);
            sk_buf_text(out, "</figure>\n");
        }
        table_begin(out, heading, first);
        for (size_t i = 0; i < lines->count; i++)
            line_row(cli, out, &lines->items[i], "");
        table_end(out);
    }
    sk_free(lines->items);
}

static void write_tables(cli_app *cli, const json_t *report, sk_buf *out)
{
    dry_lines lines;

    dry_moments_read(cli, report, &lines);
    if (lines.count > 1)
        write_lines(cli, &lines, "Per moment", "moment", true, out);
    else
        sk_free(lines.items);
    write_areas(cli, report, out);
    dry_lines_read(cli, report, "categories", &lines);
    write_lines(cli, &lines, "Per soort hulp", "soort", true, out);
    tag(out, "p", "Een vraag telt mee bij elke soort die zij noemt.");
    dry_lines_read(cli, report, "ages", &lines);
    write_lines(cli, &lines, "Naar leeftijd van de vraag", "leeftijd", true, out);
}

/* ---- Before and after ---- */

static void write_bins(cli_app *cli, const json_t *before, const json_t *after, const char *key,
                       const char *const *labels, const char *title, sk_buf *out)
{
    const json_t *b = json_object_get(before, key), *a = json_object_get(after, key);
    json_t *value = NULL;
    size_t i = 0;

    tag(out, "h3", title);
    sk_buf_text(out, "<figure>");
    dry_plot_bins(cli, labels, b, a, title, out);
    tag(out, "figcaption", "Open balk met streepjes: regels van nu. Volle balk: proefregels.");
    sk_buf_text(out, "</figure>\n<details><summary>Als tabel</summary><table>");
    tag(out, "caption", title);
    sk_buf_text(out, "<thead><tr><th scope=\"col\"></th><th scope=\"col\" class=\"n\">nu</th>"
                     "<th scope=\"col\" class=\"n\">proef</th></tr></thead><tbody>\n");
    json_array_foreach((json_t *)b, i, value)
    {
        json_t *pair = json_pack("{s:O,s:O?}", "b", value, "a", json_array_get(a, i));

        sk_buf_text(out, "<tr>");
        tag(out, "th scope=\"row\"", labels[i]);
        number_cell(out, dry_count(cli, reply_integer(pair, "b")));
        number_cell(out, dry_count(cli, reply_integer(pair, "a")));
        sk_buf_text(out, "</tr>\n");
        json_decref(pair);
    }
    table_end(out);
    sk_buf_text(out, "</details>\n");
}

static double part(const json_t *load, const char *some, const char *all)
{
    return reply_number(load, all) > 0 ? reply_number(load, some) / reply_number(load, all) : 0;
}

static void two_row(sk_buf *out, const char *name, const char *before, const char *after)
{
    sk_buf_text(out, "<tr>");
    tag(out, "th scope=\"row\"", name);
    number_cell(out, before);
    number_cell(out, after);
    sk_buf_text(out, "</tr>\n");
}

/** The curve as figures. */
static void write_lorenz_table(cli_app *cli, const json_t *before, const json_t *after, sk_buf *out)
{
    json_t *share = NULL;
    size_t i = 0, count = json_array_size(before);

    sk_buf_text(out, "<details><summary>Als tabel</summary><table>");
    tag(out, "caption", "Deel van de voorstellen voor de minst gevraagde helpers");
    sk_buf_text(out, "<thead><tr><th scope=\"col\">deel van de helpers</th><th scope=\"col\" "
                     "class=\"n\">nu</th><th scope=\"col\" class=\"n\">proef</th></tr></thead>"
                     "<tbody>\n");
    json_array_foreach((json_t *)before, i, share)
        two_row(out, dry_percent(cli, count > 1 ? (double)i / (double)(count - 1) : 0),
                dry_percent(cli, json_number_value(share)),
                dry_percent(cli, json_number_value(json_array_get(after, i))));
    table_end(out);
    sk_buf_text(out, "</details>\n");
}

static void write_load(cli_app *cli, const json_t *before, const json_t *after, sk_buf *out)
{
    const json_t *b = json_object_get(before, "load"), *a = json_object_get(after, "load");

    tag(out, "h2", "Helpers: wie krijgt hoeveel voorstellen");
    sk_buf_text(out, "<table>");
    tag(out, "caption", "Verdeling over de helpers");
    sk_buf_text(out, "<thead><tr><th scope=\"col\"></th><th scope=\"col\" class=\"n\">nu</th>"
                     "<th scope=\"col\" class=\"n\">proef</th></tr></thead><tbody>\n");
    two_row(out, "Helpers met open aanbod", dry_count(cli, reply_integer(b, "helpers")),
            dry_count(cli, reply_integer(a, "helpers")));
    two_row(out, "Deel dat een voorstel krijgt", dry_percent(cli, part(b, "reached", "helpers")),
            dry_percent(cli, part(a, "reached", "helpers")));
    two_row(out, "Deel van wie 30 dagen niet hielp",
            dry_percent(cli, part(b, "idleReached", "idle")),
            dry_percent(cli, part(a, "idleReached", "idle")));
    two_row(out, "Meeste voorstellen voor \xc3\xa9\xc3\xa9n helper",
            dry_count(cli, reply_integer(b, "most")), dry_count(cli, reply_integer(a, "most")));
    two_row(out, "Ongelijkheid (0: ieder evenveel)",
            dry_score(cli, (int64_t)(1e6 * reply_number(b, "gini"))),
            dry_score(cli, (int64_t)(1e6 * reply_number(a, "gini"))));
    table_end(out);
    sk_buf_text(out, "<figure>");
    dry_plot_lorenz(json_object_get(b, "lorenz"), json_object_get(a, "lorenz"),
                    "Welk deel van de voorstellen krijgt welk deel van de helpers", out);
    tag(out, "figcaption",
        "Hoe dichter bij de rechte lijn, hoe eerlijker verdeeld. Streepjes: regels van nu. "
        "Doorgetrokken: proefregels.");
    sk_buf_text(out, "</figure>\n");
    write_lorenz_table(cli, json_object_get(b, "lorenz"), json_object_get(a, "lorenz"), out);
}

static void write_spread(cli_app *cli, const json_t *report, sk_buf *out)
{
    static const char *const counts[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"};
    const json_t *before = json_object_get(report, "before");
    const json_t *after = json_object_get(report, "after");
    const char *scores[20], *distances[8];

    for (size_t i = 0; i < CLI_COUNT(scores); i++)
        scores[i] = cli_text(cli, "%zu%%", 5 * i);
    for (size_t i = 0; i < CLI_COUNT(distances); i++)
        distances[i] = dry_distance_label(i);
    write_load(cli, before, after, out);
    if (json_array_size(json_object_get(json_object_get(before, "load"), "byCount")) ==
        CLI_COUNT(counts))
        write_bins(cli, json_object_get(before, "load"), json_object_get(after, "load"), "byCount",
                   counts, "Helpers naar aantal voorstellen", out);
    tag(out, "h2", "De paren zelf");
    if (json_array_size(json_object_get(before, "scores")) == CLI_COUNT(scores))
        write_bins(cli, before, after, "scores", scores, "Paren naar score", out);
    if (json_array_size(json_object_get(before, "distances")) == CLI_COUNT(distances))
        write_bins(cli, before, after, "distances", distances, "Paren naar afstand", out);
    tag(out, "p",
        cli_text(cli, "De helft van de paren woont binnen %s van elkaar; met de proefregels %s.",
                 dry_metres(cli, reply_number(before, "medianM")),
                 dry_metres(cli, reply_number(after, "medianM"))));
}

/* ---- People and cases ---- */

static void write_helpers(cli_app *cli, const json_t *report, const char *key, const char *title,
                          sk_buf *out)
{
    json_t *helper = NULL;
    size_t i = 0;

    if (json_array_size(json_object_get(report, key)) == 0)
        return;
    sk_buf_text(out, "<table>");
    tag(out, "caption", title);
    sk_buf_text(out, "<thead><tr><th scope=\"col\">deelnemer</th><th scope=\"col\" class=\"n\">nu"
                     "</th><th scope=\"col\" class=\"n\">proef</th></tr></thead><tbody>\n");
    json_array_foreach(json_object_get(report, key), i, helper)
        two_row(out, reply_text(helper, "partyId"), dry_count(cli, reply_integer(helper, "before")),
                dry_count(cli, reply_integer(helper, "after")));
    table_end(out);
}

static void write_failures(cli_app *cli, const json_t *report, sk_buf *out)
{
    json_t *failure = NULL;
    size_t i = 0;

    if (json_array_size(json_object_get(report, "failures")) == 0)
        return;
    tag(out, "h2", "Functies die mislukten");
    sk_buf_text(out, "<ul>\n");
    json_array_foreach(json_object_get(report, "failures"), i, failure)
        tag(out, "li",
            cli_text(cli, "%s, regel '%s': %s keer. %s",
                     reply_true(failure, "after") ? "Proefregels" : "Regels van nu",
                     reply_text(failure, "rule"), dry_count(cli, reply_integer(failure, "count")),
                     reply_text(failure, "reason")));
    sk_buf_text(out, "</ul>\n");
}

static void pair_row(cli_app *cli, const json_t *pair, sk_buf *out)
{
    const char *change = dry_change(cli, pair), *why = dry_why(cli, pair);

    sk_buf_text(out, "<tr>");
    tag(out, "th scope=\"row\"", dry_title(pair));
    tag(out, "td", *why ? cli_text(cli, "%s: %s", change, why) : change);
    number_cell(out, dry_score(cli, reply_integer(pair, "scoreBefore")));
    tag(out, "td", dry_reasons(cli, pair, "termsBefore"));
    number_cell(out, dry_score(cli, reply_integer(pair, "scoreAfter")));
    tag(out, "td", dry_reasons(cli, pair, "termsAfter"));
    sk_buf_text(out, "</tr>\n");
}

static void write_cases(cli_app *cli, const json_t *report, sk_buf *out)
{
    json_t *one = NULL, *pair = NULL;
    size_t i = 0, k = 0;

    if (json_array_size(json_object_get(report, "cases")) > 0)
        tag(out, "h2", "Vragen waarvoor het meest verandert");
    json_array_foreach(json_object_get(report, "cases"), i, one)
    {
        tag(out, "h3", cli_text(cli, "%zu. %s", i + 1, dry_title(one)));
        tag(out, "p",
            cli_text(cli, "%s %s, %s, %lld dagen oud", dry_kind(one), reply_text(one, "listingId"),
                     reply_text(one, "category"), (long long)reply_number(one, "ageDays")));
        sk_buf_text(out, "<table><thead><tr><th scope=\"col\">aanbod</th><th scope=\"col\">wat "
                         "verandert</th><th scope=\"col\" class=\"n\">score nu</th><th "
                         "scope=\"col\">waarom nu</th><th scope=\"col\" class=\"n\">score proef"
                         "</th><th scope=\"col\">waarom proef</th></tr></thead><tbody>\n");
        json_array_foreach(json_object_get(one, "pairs"), k, pair) pair_row(cli, pair, out);
        table_end(out);
    }
}

void dry_run_html(cli_app *cli, const json_t *report, sk_buf *out)
{
    write_head(cli, report, out);
    write_totals(cli, report, out);
    write_tables(cli, report, out);
    write_spread(cli, report, out);
    if (json_array_size(json_object_get(report, "gainers")) > 0 ||
        json_array_size(json_object_get(report, "losers")) > 0)
        tag(out, "h2", "Wie wint, wie verliest");
    write_helpers(cli, report, "gainers", "Meer voorstellen", out);
    write_helpers(cli, report, "losers", "Minder voorstellen", out);
    write_failures(cli, report, out);
    write_cases(cli, report, out);
    sk_buf_text(out, "</main>\n</body>\n</html>\n");
}
