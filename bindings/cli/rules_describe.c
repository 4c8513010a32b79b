/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

/* schakel rules describe: the page of a rule set as Markdown, HTML or JSON, and its entry for the
 * algorithm register.
 *
 * Every text of the page may come from a rule file, so every text is escaped where it is printed,
 * in one function per language. The HTML is one file: no script, nothing fetched from elsewhere
 * (its own policy forbids both), headings in order, tables with a caption and with heads. */

/* ---- Escaping ---- */

static void put_html(FILE *out, sk_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c == '\'')
            fputs("&#39;", out);
        else
            fputc((unsigned char)c < 32 && c != '\n' && c != '\t' ? ' ' : c, out);
    }
}

/* Nothing that Markdown or the HTML inside it would read as more than text; a cell has no lines. */
static void put_markdown(FILE *out, sk_str text, bool cell)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (strchr("\\`*_[]|#~", c) && c != '\0')
            fprintf(out, "\\%c", c);
        else if ((unsigned char)c < 32 && (cell || c != '\n'))
            fputc(' ', out);
        else
            fputc(c, out);
    }
}

/* Code between backticks when it holds nothing that could end them or be taken for HTML; else as
 * escaped text. */
static void put_markdown_code(FILE *out, sk_str text)
{
    bool plain = text.size > 0;

    for (size_t i = 0; i < text.size; i++)
        plain = plain && (unsigned char)text.data[i] >= 32 && !strchr("`|<&\\", text.data[i]);
    if (plain)
        fprintf(out, "`%.*s`", SK_STR_ARG(text));
    else
        put_markdown(out, text, true);
}

/* ---- Paragraphs ---- */

/* The next paragraph of a text, which empty lines part; false at the end. */
static bool next_paragraph(sk_str text, size_t *at, sk_str *out)
{
    size_t begin = *at, end = 0;

    while (begin < text.size && (text.data[begin] == '\n' || text.data[begin] == ' '))
        begin++;
    for (end = begin; end < text.size; end++) {
        if (end + 1 < text.size && text.data[end] == '\n' && text.data[end + 1] == '\n')
            break;
    }
    *at = end;
    while (end > begin && (text.data[end - 1] == '\n' || text.data[end - 1] == ' '))
        end--;
    *out = (sk_str){text.data + begin, end - begin};
    return end > begin;
}

/* The next line of a paragraph. */
static bool next_line(sk_str text, size_t *at, sk_str *out)
{
    size_t begin = *at, end = begin;

    while (end < text.size && text.data[end] != '\n')
        end++;
    *out = (sk_str){text.data + begin, end - begin};
    *at = end + 1;
    return begin < text.size;
}

/* How many characters "1. " or "- " takes at the start of a line; 0: it is no item of a list. */
static size_t item_mark(sk_str line, bool *out_numbered)
{
    size_t digits = 0;

    while (digits < line.size && line.data[digits] >= '0' && line.data[digits] <= '9')
        digits++;
    *out_numbered = digits > 0;
    if (digits > 0 && digits + 1 < line.size && line.data[digits] == '.' &&
        line.data[digits + 1] == ' ')
        return digits + 2;
    return digits == 0 && line.size > 2 && line.data[0] == '-' && line.data[1] == ' ' ? 2 : 0;
}

/* ---- HTML ---- */

static const char html_head[] =
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<style>\n"
    "body { font: 1.1rem/1.6 sans-serif; color: #1a1a1a; background: #fff; margin: 0 auto; "
    "max-width: 60rem; padding: 1rem; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }\n"
    "caption { text-align: left; font-weight: bold; padding: .3rem 0; }\n"
    "th, td { border: 1px solid #767676; padding: .4rem .6rem; text-align: left; "
    "vertical-align: top; overflow-wrap: anywhere; }\n"
    "th { background: #f0f0f0; }\n"
    "td, tbody th { font-weight: normal; }\n"
    "code { font-size: .95em; }\n"
    "</style>\n";

/* A paragraph; lines that begin as a list do become a list. */
static void html_paragraph(FILE *out, sk_str paragraph)
{
    const char *list = NULL;
    bool open = false;
    size_t at = 0;
    sk_str line;

    while (next_line(paragraph, &at, &line)) {
        bool numbered = false;
        size_t mark = item_mark(line, &numbered);

        if (mark > 0) {
            fputs(open && !list ? "</p>\n" : open ? "</li>\n" : "", out);
            if (!list)
                fprintf(out, "<%s>\n", list = numbered ? "ol" : "ul");
            fputs("<li>", out);
        } else {
            fputs(open ? "\n" : "<p>", out);
        }
        open = true;
        put_html(out, (sk_str){line.data + mark, line.size - mark});
    }
    if (list)
        fprintf(out, "</li>\n</%s>\n", list);
    else
        fputs(open ? "</p>\n" : "", out);
}

static void html_text(FILE *out, sk_str text)
{
    size_t at = 0;
    sk_str paragraph;

    while (next_paragraph(text, &at, &paragraph))
        html_paragraph(out, paragraph);
}

static void html_cell(FILE *out, const sk_block *block, size_t row, size_t column)
{
    bool code = block->code_column == (int)column;
    const char *element = column == 0 ? "th" : "td";

    fprintf(out, "<%s%s>%s", element, column == 0 ? " scope=\"row\"" : "", code ? "<code>" : "");
    put_html(out, block->cells[row * block->column_count + column]);
    fprintf(out, "%s</%s>", code ? "</code>" : "", element);
}

static void html_table(FILE *out, const sk_block *block)
{
    fputs("<table>\n<caption>", out);
    put_html(out, block->text);
    fputs("</caption>\n<thead><tr>", out);
    for (size_t c = 0; c < block->column_count; c++)
        fprintf(out, "<th scope=\"col\">%s</th>", block->columns[c]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t row = 0; row < block->row_count; row++) {
        fputs("<tr>", out);
        for (size_t c = 0; c < block->column_count; c++)
            html_cell(out, block, row, c);
        fputs("</tr>\n", out);
    }
    fputs("</tbody>\n</table>\n", out);
}

static void print_html(FILE *out, sk_str name, const sk_page *page)
{
    fputs("<!DOCTYPE html>\n<html lang=\"nl\">\n<head>\n", out);
    fputs(html_head, out);
    fputs("<title>Regels: ", out);
    put_html(out, name);
    fputs("</title>\n</head>\n<body>\n<main>\n<h1>Regels: ", out);
    put_html(out, name);
    fputs("</h1>\n", out);
    for (size_t i = 0; i < page->count; i++) {
        const sk_block *block = &page->blocks[i];

        if (block->kind == SK_BLOCK_TABLE) {
            html_table(out, block);
        } else if (block->kind == SK_BLOCK_TEXT) {
            html_text(out, block->text);
        } else {
            fputs("<h2>", out);
            put_html(out, block->text);
            fputs("</h2>\n", out);
        }
    }
    fputs("</main>\n</body>\n</html>\n", out);
}

/* ---- Markdown ---- */

static void markdown_text(FILE *out, sk_str text)
{
    size_t at = 0, line_at = 0;
    sk_str paragraph, line;

    while (next_paragraph(text, &at, &paragraph)) {
        for (line_at = 0; next_line(paragraph, &line_at, &line);) {
            bool numbered = false;
            size_t mark = item_mark(line, &numbered);

            fwrite(line.data, 1, mark, out);
            put_markdown(out, (sk_str){line.data + mark, line.size - mark}, false);
            fputc('\n', out);
        }
        fputc('\n', out);
    }
}

static void markdown_table(FILE *out, const sk_block *block)
{
    fputs("**", out);
    put_markdown(out, block->text, true);
    fputs("**\n\n|", out);
    for (size_t c = 0; c < block->column_count; c++)
        fprintf(out, " %s |", block->columns[c]);
    fputs("\n|", out);
    for (size_t c = 0; c < block->column_count; c++)
        fputs("---|", out);
    for (size_t i = 0; i < block->row_count * block->column_count; i++) {
        fputs(i % block->column_count == 0 ? "\n| " : " ", out);
        if (block->code_column == (int)(i % block->column_count))
            put_markdown_code(out, block->cells[i]);
        else
            put_markdown(out, block->cells[i], true);
        fputs(" |", out);
    }
    fputs("\n\n", out);
}

static void print_markdown(FILE *out, sk_str name, const sk_page *page)
{
    fputs("# Regels: ", out);
    put_markdown(out, name, true);
    fputs("\n\n", out);
    for (size_t i = 0; i < page->count; i++) {
        const sk_block *block = &page->blocks[i];

        if (block->kind == SK_BLOCK_TABLE) {
            markdown_table(out, block);
        } else if (block->kind == SK_BLOCK_TEXT) {
            markdown_text(out, block->text);
        } else {
            fputs("## ", out);
            put_markdown(out, block->text, true);
            fputs("\n\n", out);
        }
    }
}

/* ---- JSON ---- */

static json_t *string_of(sk_str text)
{
    return json_stringn(text.data, text.size);
}

static json_t *rows_json(const sk_block *block)
{
    json_t *rows = json_array();

    for (size_t row = 0; row < block->row_count; row++) {
        json_t *object = json_object();

        for (size_t c = 0; c < block->column_count; c++)
            json_object_set_new(object, block->keys[c],
                                string_of(block->cells[row * block->column_count + c]));
        json_array_append_new(rows, object);
    }
    return rows;
}

static int print_object(cli_app *cli, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

    if (!text)
        return cli_tell(cli, CLI_REFUSED, "", "out of memory");
    fprintf(cli->out, "%s\n", text);
    free(text);
    json_decref(object);
    return CLI_DONE;
}

/* Texts and tables by their keys; headings are for the eye. */
static int print_page_json(cli_app *cli, const sk_ruleset_info *info, const sk_page *page)
{
    json_t *object = json_pack("{s:o, s:s}", "name", string_of(info->name), "hash", info->hash);

    for (size_t i = 0; i < page->count; i++) {
        const sk_block *block = &page->blocks[i];

        if (block->kind == SK_BLOCK_TEXT)
            json_object_set_new(object, block->key, string_of(block->text));
        else if (block->kind == SK_BLOCK_TABLE)
            json_object_set_new(object, block->key, rows_json(block));
    }
    return print_object(cli, object);
}

/* ---- The register ---- */

static int print_register_json(cli_app *cli, const sk_register_field *fields, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        json_t *value = string_of(fields[i].text);

        if (fields[i].list) {
            json_t *list = json_array();

            if (fields[i].text.size > 0)
                json_array_append_new(list, value);
            else
                json_decref(value);
            value = list;
        }
        json_object_set_new(object, fields[i].key, value);
    }
    return print_object(cli, object);
}

static void print_register(FILE *out, const sk_register_field *fields, size_t count)
{
    fputs("# Algoritmeregister, publicatiestandaard 1.0.0\n\n", out);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].list && fields[i].text.size == 0)
            continue;
        fprintf(out, "## %s (`%s`)\n\n", fields[i].label, fields[i].key);
        markdown_text(out, fields[i].text);
    }
}

/* ---- The command ---- */

static int describe_register(cli_app *cli, const rules_file *file)
{
    const sk_register_field *fields = NULL;
    size_t count = 0;
    sk_error err = {0};

    if (sk_ruleset_register(file->rules, file->taxonomy, cli->arena, &fields, &count, &err) !=
        SK_OK)
        return cli_tell_error(cli, &err);
    if (cli->json)
        return print_register_json(cli, fields, count);
    print_register(cli->out, fields, count);
    return CLI_DONE;
}

static int describe_page(cli_app *cli, const rules_file *file, const char *format)
{
    const sk_ruleset_info *info = sk_ruleset_about(file->rules);
    sk_page page;
    sk_error err = {0};

    if (sk_ruleset_describe(file->rules, file->taxonomy, cli->arena, &page, &err) != SK_OK)
        return cli_tell_error(cli, &err);
    if (strcmp(format, "json") == 0)
        return print_page_json(cli, info, &page);
    if (strcmp(format, "html") == 0)
        print_html(cli->out, info->name, &page);
    else
        print_markdown(cli->out, info->name, &page);
    return CLI_DONE;
}

int rules_local_describe(cli_app *cli, const cli_args *args)
{
    const char *format = cli_has(args, "format") ? cli_get(args, "format")
                         : cli->json             ? "json"
                                                 : "md";
    rules_file file = {0};
    int code = CLI_DONE;

    if (strcmp(format, "md") != 0 && strcmp(format, "html") != 0 && strcmp(format, "json") != 0 &&
        strcmp(format, "register") != 0)
        return cli_usage(cli, "--format: \"%s\" is not md, html, register or json", format);
    if ((code = rules_file_open(cli, args, &file)) == CLI_DONE)
        code = strcmp(format, "register") == 0 ? describe_register(cli, &file)
                                               : describe_page(cli, &file, format);
    rules_file_done(&file);
    return code;
}
