/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <stdlib.h>

/* Reading answers, and laying them out in columns. Answers come from the engine, but through a
 * network: whatever has the wrong type reads as absent. */

/* ---- Answers ---- */

const char *reply_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

double reply_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? strtod(json_string_value(value), NULL)
                                 : json_number_value(value);
}

int64_t reply_integer(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_string(value))
        return strtoll(json_string_value(value), NULL, 10);
    return json_is_integer(value) ? json_integer_value(value) : 0;
}

const char *decimal(cli_app *cli, const char *format, double number)
{
    char text[64], *point = NULL;

    snprintf(text, sizeof(text), format, number);
    if ((point = strchr(text, '.')))
        *point = ',';
    return cli_text(cli, "%s", text);
}

bool reply_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

const char *reply_joined(cli_app *cli, const json_t *array)
{
    const char *text = "";
    size_t i = 0;
    json_t *item = NULL;

    json_array_foreach((json_t *)array, i, item)
    {
        const char *word = json_string_value(item);

        text = cli_text(cli, "%s%s%s", text, *text ? ", " : "", word ? word : "");
    }
    return text;
}

void reply_print_number(FILE *out, double number)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    fputs(text, out);
}

void reply_print_string(FILE *out, const char *text)
{
    json_t *value = json_string(text);

    if (value)
        json_dumpf(value, out, JSON_ENCODE_ANY);
    json_decref(value);
}

/* ---- Tables ---- */

/* Columns on the screen: code points, which is right for Dutch. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void table_init(cli_app *cli, table *t, const char *headers)
{
    *t = (table){0};
    for (const char *at = headers; *at;) {
        size_t size = strcspn(at, "|");

        t->right[t->columns] = *at == '>';
        table_add(t, cli_text(cli, "%.*s", (int)(size - (*at == '>')), at + (*at == '>')));
        t->columns++;
        at += size + (at[size] == '|');
    }
}

void table_add(table *t, const char *cell)
{
    if (!sk_grow((void **)&t->cells, &t->cell_capacity, t->cell_count + 1, sizeof(*t->cells))) {
        fputs("schakel: out of memory\n", stderr);
        exit(CLI_REFUSED);
    }
    t->cells[t->cell_count++] = cell;
}

static void print_row(const table *t, FILE *out, size_t row, const size_t *width)
{
    size_t pending = 0;

    fputs("  ", out);
    for (size_t c = 0; c < t->columns; c++) {
        const char *cell = t->cells[row * t->columns + c];
        size_t fill = width[c] - width_of(cell);
        size_t before = pending + (t->right[c] ? fill : 0);

        /* Fill is written only when something follows, so that no line ends in spaces. */
        if (*cell) {
            fprintf(out, "%*s%s", (int)before, "", cell);
            pending = t->right[c] ? 2 : fill + 2;
        } else {
            pending += width[c] + 2;
        }
    }
    fputc('\n', out);
}

void table_print(const table *t, FILE *out, const char *const *lines)
{
    size_t width[TABLE_COLUMNS] = {0};
    size_t rows = t->columns ? t->cell_count / t->columns : 0;

    for (size_t i = 0; i < rows * t->columns; i++) {
        size_t w = width_of(t->cells[i]);

        if (w > width[i % t->columns])
            width[i % t->columns] = w;
    }
    for (size_t row = 0; row < rows; row++) {
        print_row(t, out, row, width);
        if (row > 0 && lines && lines[row - 1])
            fputs(lines[row - 1], out);
    }
}

void table_done(table *t)
{
    sk_free(t->cells);
    *t = (table){0};
}

void print_pair(cli_app *cli, const char *name, const char *value)
{
    if (*value)
        fprintf(cli->out, "%-14s %s\n", name, cli_clean(cli, value));
}
