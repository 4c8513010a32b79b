/* SPDX-License-Identifier: EUPL-1.2 */
#include "dry_run.h"

/* Figures about few people in a small place say too much about each of them. A figure from 1 to 4
 * is not shown. But a hidden figure can be worked out when it is the only one hidden
 *
 *   - among the buurten of a wijk, whose sum is shown,
 *   - among the wijken, whose sum is the municipality's,
 *   - in its own line, where after = before + appear - vanish,
 *
 * so then the smallest other one is hidden too. Hiding one may lay bare another; it goes on until
 * nothing changes, which it does, since figures are only ever hidden. A 0 is shown, unless it has
 * to hide another. */

/* ---- One column ---- */

static bool is_hidden(const dry_line *line, int figure)
{
    return line->hidden[figure] != DRY_SHOWN;
}

/** Hides the smallest shown figure of the group, zeros last. False: there is none. */
static bool hide_smallest(dry_line *lines, size_t count, int figure)
{
    dry_line *best = NULL;

    for (size_t i = 0; i < count; i++) {
        dry_line *line = &lines[i];

        if (is_hidden(line, figure))
            continue;
        if (!best ||
            (line->n[figure] > 0 && (best->n[figure] == 0 || line->n[figure] < best->n[figure])))
            best = line;
    }
    if (best)
        best->hidden[figure] = DRY_ALSO;
    return best != NULL;
}

static size_t count_hidden(const dry_line *lines, size_t count, int figure)
{
    size_t hidden = 0;

    for (size_t i = 0; i < count; i++)
        hidden += is_hidden(&lines[i], figure);
    return hidden;
}

/* ---- Groups ---- */

/** With a sum that is shown, one hidden figure is none; with a hidden sum, none hidden is too few,
 *  since then they add up to it. */
static bool hide_in_group(dry_line *lines, size_t count, int figure, bool sum_hidden)
{
    size_t hidden = count_hidden(lines, count, figure);

    if ((!sum_hidden && hidden == 1) || (sum_hidden && hidden == 0))
        return hide_smallest(lines, count, figure);
    return false;
}

static size_t group_end(const dry_lines *lines, size_t begin)
{
    size_t end = begin;

    while (end < lines->count && lines->items[end].group == lines->items[begin].group)
        end++;
    return end;
}

static bool hide_columns(dry_areas *areas)
{
    dry_lines *buurten = &areas->buurten;
    bool changed = false;

    for (int figure = 0; figure < DRY_FIGURES; figure++) {
        changed |= hide_in_group(areas->wijken.items, areas->wijken.count, figure, false);
        for (size_t begin = 0, end; begin < buurten->count; begin = end) {
            dry_line *wijk = &areas->wijken.items[buurten->items[begin].group];

            end = group_end(buurten, begin);
            /* The only buurt of its wijk has the same figures. */
            if (end - begin == 1 && is_hidden(&buurten->items[begin], figure) &&
                !is_hidden(wijk, figure)) {
                wijk->hidden[figure] = DRY_ALSO;
                changed = true;
            }
            changed |=
                hide_in_group(&buurten->items[begin], end - begin, figure, is_hidden(wijk, figure));
        }
    }
    return changed;
}

/* ---- Lines ---- */

static bool hide_in_line(dry_line *line)
{
    static const dry_figure bound[] = {DRY_AFTER, DRY_BEFORE, DRY_APPEAR, DRY_VANISH};
    size_t hidden = 0;

    for (size_t i = 0; i < CLI_COUNT(bound); i++)
        hidden += is_hidden(line, bound[i]);
    if (hidden != 1)
        return false;
    line->hidden[is_hidden(line, DRY_AFTER) ? DRY_BEFORE : DRY_AFTER] = DRY_ALSO;
    return true;
}

static bool hide_lines(dry_lines *lines)
{
    bool changed = false;

    for (size_t i = 0; i < lines->count; i++)
        changed |= hide_in_line(&lines->items[i]);
    return changed;
}

static void hide_small(dry_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        for (int figure = 0; figure < DRY_FIGURES; figure++)
            if (lines->items[i].n[figure] > 0 && lines->items[i].n[figure] < DRY_LEAST)
                lines->items[i].hidden[figure] = DRY_SMALL;
}

void dry_hide(dry_areas *areas)
{
    bool changed = true;

    hide_small(&areas->wijken);
    hide_small(&areas->buurten);
    while (changed) {
        changed = hide_columns(areas);
        changed |= hide_lines(&areas->wijken);
        changed |= hide_lines(&areas->buurten);
    }
}
