/* SPDX-License-Identifier: EUPL-1.2 */
#include "dry_run.h"

#include <math.h>

/* The plots of the page: SVG inside HTML, drawn here, without scripts and without colour as the
 * only difference (before is hatched, after is plain; what vanishes goes to the left). Each has a
 * title, and the page gives its figures as a table beside it. */

#define BAR_H 14
#define LINE_H 22
#define LABEL_W 230
#define PLOT_W 760
#define MOST_LINES 60

void dry_escape(sk_buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '&')
            sk_buf_text(out, "&amp;");
        else if (c == '<')
            sk_buf_text(out, "&lt;");
        else if (c == '>')
            sk_buf_text(out, "&gt;");
        else if (c == '"')
            sk_buf_text(out, "&quot;");
        else if (c == '\'')
            sk_buf_text(out, "&#39;");
        else if (c < 0x20 || c == 0x7f)
            sk_buf_text(out, " ");
        else
            sk_buf_add(out, text, 1);
    }
}

static void begin(sk_buf *out, int width, int height, const char *title)
{
    sk_buf_printf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"", width,
                  height, width);
    dry_escape(out, title);
    sk_buf_text(out, "\"><title>");
    dry_escape(out, title);
    sk_buf_text(out, "</title>");
}

static void text_at(sk_buf *out, int x, int y, const char *anchor, const char *text)
{
    sk_buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
    dry_escape(out, text);
    sk_buf_text(out, "</text>");
}

/* ---- Changes ---- */

static int64_t largest(const dry_lines *lines)
{
    int64_t most = 1;

    for (size_t i = 0; i < lines->count; i++)
        for (int f = DRY_APPEAR; f <= DRY_MOVED; f++)
            if (lines->items[i].hidden[f] == DRY_SHOWN && lines->items[i].n[f] > most)
                most = lines->items[i].n[f];
    return most;
}

typedef struct scale {
    int zero, half; /**< Where 0 lies, and the width of the largest. */
    int64_t most;
} scale;

static int width_of(const scale *s, int64_t count)
{
    return (int)((double)count * s->half / (double)s->most);
}

static void plot_line(cli_app *cli, const dry_line *line, const scale *s, int y, sk_buf *out)
{
    int appear = line->hidden[DRY_APPEAR] ? 0 : width_of(s, line->n[DRY_APPEAR]);
    int vanish = line->hidden[DRY_VANISH] ? 0 : width_of(s, line->n[DRY_VANISH]);
    int moved = line->hidden[DRY_MOVED] ? 0 : width_of(s, line->n[DRY_MOVED]);

    text_at(out, LABEL_W - 8, y + BAR_H - 3, "end", *line->name ? line->name : line->code);
    sk_buf_printf(out, "<rect class=\"v\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                  s->zero - vanish, y, vanish, BAR_H - 4);
    sk_buf_printf(out, "<rect class=\"a\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", s->zero,
                  y, appear, BAR_H - 4);
    sk_buf_printf(out, "<rect class=\"m\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"3\"/>", s->zero,
                  y + BAR_H - 3, moved);
    text_at(out, s->zero - vanish - 4, y + BAR_H - 3, "end", dry_cell(cli, line, DRY_VANISH));
    text_at(out, s->zero + (appear > moved ? appear : moved) + 4, y + BAR_H - 3, "start",
            dry_cell(cli, line, DRY_APPEAR));
}

void dry_plot_changes(cli_app *cli, const dry_lines *lines, const char *title, sk_buf *out)
{
    size_t count = lines->count < MOST_LINES ? lines->count : MOST_LINES;
    int side = (PLOT_W - LABEL_W) / 2;
    scale s = {.zero = LABEL_W + side, .half = side - 50, .most = largest(lines)};

    begin(out, PLOT_W, (int)count * LINE_H + 30, title);
    text_at(out, s.zero - 8, 14, "end", "\xe2\x97\x80 valt weg");
    text_at(out, s.zero + 8, 14, "start", "komt erbij \xe2\x96\xb6 (dunne streep: verschuift)");
    for (size_t i = 0; i < count; i++)
        plot_line(cli, &lines->items[i], &s, 24 + (int)i * LINE_H, out);
    sk_buf_printf(out, "<line class=\"x\" x1=\"%d\" x2=\"%d\" y1=\"20\" y2=\"%d\"/></svg>", s.zero,
                  s.zero, (int)count * LINE_H + 24);
}

/* ---- Bins ---- */

static double number_at(const json_t *array, size_t i)
{
    const json_t *value = json_array_get(array, i);
    json_t *holder = json_object();
    double number;

    /* Through reply_number, which reads 64 bits as text too. */
    json_object_set(holder, "n", (json_t *)value);
    number = reply_number(holder, "n");
    json_decref(holder);
    return number;
}

void dry_plot_bins(cli_app *cli, const char *const *labels, const json_t *before,
                   const json_t *after, const char *title, sk_buf *out)
{
    size_t count = json_array_size(before);
    double most = 1;
    int step = count ? PLOT_W / (int)count : PLOT_W, high = 160;

    for (size_t i = 0; i < count; i++)
        most = fmax(most, fmax(number_at(before, i), number_at(after, i)));
    begin(out, PLOT_W, high + 60, title);
    for (size_t i = 0; i < count; i++) {
        double b = number_at(before, i), a = number_at(after, i);
        int x = (int)i * step, bar = (step - 6) / 2;
        int tall_b = (int)(b * high / most), tall_a = (int)(a * high / most);

        sk_buf_printf(out, "<rect class=\"b\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                      x + 2, 20 + high - tall_b, bar, tall_b);
        sk_buf_printf(out, "<rect class=\"a\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                      x + 2 + bar, 20 + high - tall_a, bar, tall_a);
        text_at(out, x + step / 2, high + 38, "middle", labels[i]);
    }
    text_at(out, 4, 14, "start", cli_text(cli, "hoogste balk: %s", dry_count(cli, (int64_t)most)));
    sk_buf_printf(out, "<line class=\"x\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/></svg>", PLOT_W,
                  20 + high, 20 + high);
}

/* ---- Lorenz ---- */

static void curve(const json_t *shares, const char *class, sk_buf *out)
{
    size_t count = json_array_size(shares);

    sk_buf_printf(out, "<polyline class=\"%s\" points=\"", class);
    for (size_t i = 0; i < count; i++)
        sk_buf_printf(out, "%d,%d ", 40 + (int)(300 * i / (count > 1 ? count - 1 : 1)),
                      320 - (int)(300 * number_at(shares, i)));
    sk_buf_text(out, "\"/>");
}

void dry_plot_lorenz(const json_t *before, const json_t *after, const char *title, sk_buf *out)
{
    begin(out, 380, 360, title);
    sk_buf_text(out, "<line class=\"x\" x1=\"40\" y1=\"320\" x2=\"340\" y2=\"20\"/>"
                     "<rect class=\"f\" x=\"40\" y=\"20\" width=\"300\" height=\"300\"/>");
    curve(before, "lb", out);
    curve(after, "la", out);
    text_at(out, 190, 345, "middle", "deel van de helpers, minst gevraagde eerst");
    text_at(out, 36, 30, "end", "100%");
    text_at(out, 36, 320, "end", "0");
    sk_buf_text(out, "</svg>");
}
