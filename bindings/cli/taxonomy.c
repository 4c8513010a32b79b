/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

/* schakel taxonomy, and help for who does not know a code by heart: a category is found by a part
 * of its code or of its label, in Dutch or English. */

static int taxonomy_import(cli_app *cli, const cli_args *args)
{
    json_t *taxonomy = NULL;
    int code = word_json_file(cli, args->word[0], &taxonomy);

    if (code != CLI_DONE)
        return code;
    code = cli_command_ask(cli, json_pack("{s:{s:O}}", "putTaxonomy", "taxonomy", taxonomy), NULL);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%zu categories and %zu relations imported\n",
                json_array_size(json_object_get(taxonomy, "categories")),
                json_array_size(json_object_get(taxonomy, "related")));
    json_decref(taxonomy);
    return code;
}

static int taxonomy_export(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    int code = cli_ask(cli, json_pack("{s:{}}", "getTaxonomy"), &answer);

    (void)args;
    if (code == CLI_DONE && !cli->json) {
        const json_t *taxonomy = json_object_get(answer, "taxonomy");

        if (taxonomy)
            json_dumpf(taxonomy, cli->out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        fputc('\n', cli->out);
    }
    json_decref(answer);
    return code;
}

/* ---- Find ---- */

static const char *label_of(const json_t *category, const char *language)
{
    return reply_text(json_object_get(category, "label"), language);
}

static const json_t *categories_of(const json_t *answer)
{
    return json_object_get(json_object_get(answer, "taxonomy"), "categories");
}

static bool is_about(const json_t *category, const char *word)
{
    return strcasestr(reply_text(category, "code"), word) ||
           strcasestr(label_of(category, "nl"), word) || strcasestr(label_of(category, "en"), word);
}

static json_t *found_for(const json_t *categories, const char *word)
{
    json_t *found = json_array(), *category = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)categories, i, category)
    {
        if (is_about(category, word))
            json_array_append(found, category);
    }
    return found;
}

static void print_found(cli_app *cli, const json_t *found)
{
    json_t *category = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, "code|Nederlands|English");
    json_array_foreach((json_t *)found, i, category)
    {
        table_add(&t, cli_clean(cli, reply_text(category, "code")));
        table_add(&t, cli_clean(cli, label_of(category, "nl")));
        table_add(&t, cli_clean(cli, label_of(category, "en")));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

/* The nearest code; a slip in one of its parts counts as one in the whole. */
static const char *nearest_code(const json_t *categories, const char *word)
{
    nearest whole = {.word = word}, part = {.word = word};
    const char *found = NULL, *before = NULL;
    json_t *category = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)categories, i, category)
    {
        const char *code = reply_text(category, "code"), *dot = strrchr(code, '.');

        near_offer(&whole, code);
        before = part.best;
        near_offer(&part, dot ? dot + 1 : code);
        if (part.best != before)
            found = code;
    }
    return whole.best ? whole.best : found;
}

static int taxonomy_find(cli_app *cli, const cli_args *args)
{
    bool json = cli->json;
    json_t *answer = NULL, *found = NULL;
    const char *near = NULL;
    int code = CLI_DONE;

    cli->json = false;
    code = cli_ask(cli, json_pack("{s:{}}", "getTaxonomy"), &answer);
    cli->json = json;
    if (code != CLI_DONE)
        return code;
    found = found_for(categories_of(answer), args->word[0]);
    near = nearest_code(categories_of(answer), args->word[0]);
    if (cli->json) {
        fputs("{\"categories\": ", cli->out);
        json_dumpf(found, cli->out, 0);
        fputs("}\n", cli->out);
    } else if (json_array_size(found) > 0) {
        print_found(cli, found);
    } else {
        fprintf(cli->out, "No category with \"%s\"%s%s%s; all of them: schakel taxonomy export\n",
                cli_clean(cli, args->word[0]), near ? "; near it is \"" : "",
                near ? cli_clean(cli, near) : "", near ? "\"" : "");
    }
    json_decref(found);
    json_decref(answer);
    return code;
}

/* ---- After a refusal ---- */

static bool has_code(const json_t *categories, const char *code)
{
    json_t *category = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)categories, i, category)
    {
        if (strcmp(reply_text(category, "code"), code) == 0)
            return true;
    }
    return false;
}

void hint_categories(cli_app *cli, const json_t *codes)
{
    json_t *answer =
        json_array_size(codes) ? cli_peek(cli, json_pack("{s:{}}", "getTaxonomy")) : NULL;
    const json_t *categories = categories_of(answer);
    json_t *item = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)codes, i, item)
    {
        const char *code = json_string_value(item), *near = NULL;

        if (!code || !categories || has_code(categories, code))
            continue;
        if ((near = nearest_code(categories, code)))
            fprintf(cli->err, "Did you mean the category \"%s\"? ", cli_clean(cli, near));
        fputs("Find one: schakel taxonomy find WORD\n", cli->err);
    }
    json_decref(answer);
}

/* ---- The commands ---- */

static const cli_command taxonomy_commands[] = {
    {"import", "FILE", "replace the categories",
     "{\"categories\": [{\"code\": \"vervoer\", \"label\": {\"nl\": \"Vervoer\", \"en\": "
     "\"Transport\"}}],\n \"related\": [{\"a\": \"...\", \"b\": \"...\", \"closeness\": 0.5}]}\n"
     "Refused while listings use codes that the file lacks.\n"
     "Example: schakel taxonomy import taxonomy.json\n",
     NULL, 0, 1, 1, taxonomy_import},
    {"export", "", "the categories in use, as such a file",
     "Example: schakel taxonomy export > taxonomy.json\n", NULL, 0, 0, 0, taxonomy_export},
    {"find", "WORD", "categories with this in their code or label",
     "Example: schakel taxonomy find boodschappen\n", NULL, 0, 1, 1, taxonomy_find},
};
const cli_group taxonomy_group = {"taxonomy", "the categories of needs and offers",
                                  "Categories describe the task, never a condition.\n",
                                  taxonomy_commands, CLI_COUNT(taxonomy_commands)};
