/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

#include <ctype.h>
#include <limits.h>
#include <unistd.h>

/* Finding what a rule file is made of.
 *
 * What a file is based on or requires is looked for in --rules-dir and nowhere else when that is
 * given; else beside the file, in the installed folder, and last in the program itself, which has
 * the standard set and the library as the engine of the same version has them. Library files
 * ("lib/rust") may also lie in lib/ next to the rules' folder, as they do in the source tree. So
 * does the taxonomy. */

#define SOURCE_BYTES (200 * 1024)
#define FOLDERS 3

typedef struct folders {
    cli_app *cli;
    const char *folder[FOLDERS];
    size_t count;
    bool builtin;
} folders;

/* ---- Folders ---- */

/* share/schakel/rules beside the program's own bin/, so that an installation may be moved. */
static const char *beside_program(cli_app *cli)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash = NULL;

    if (size <= 0)
        return NULL;
    path[size] = '\0';
    if (!(slash = strrchr(path, '/')))
        return NULL;
    *slash = '\0';
    return cli_text(cli, "%s/../share/schakel/rules", path);
}

static void look_in(folders *f, const cli_args *args)
{
    const char *given = cli_get(args, "rules-dir"), *file = args->word[0];
    const char *slash = strrchr(file, '/'), *beside = NULL;

    if (given) {
        f->folder[f->count++] = given;
        return;
    }
    f->builtin = true;
    f->folder[f->count++] = slash == file ? "/"
                            : slash       ? cli_text(f->cli, "%.*s", (int)(slash - file), file)
                                          : ".";
    if ((beside = beside_program(f->cli)))
        f->folder[f->count++] = beside;
    f->folder[f->count++] = SCHAKEL_RULES_DIR;
}

/* Names come from the rule set: nothing that climbs out of the folder. */
static bool name_fits(sk_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        if (!isalnum((unsigned char)c) && c != '-' && c != '_' && c != '/')
            return false;
    }
    return name.size > 0 && name.size < 128 && name.data[0] != '/';
}

static sk_status find_builtin(sk_str name, sk_buf *out)
{
    for (const sk_builtin_script *s = sk_builtin_scripts; s->name; s++) {
        if (sk_str_eq(name, sk_str_from(s->name))) {
            sk_buf_add(out, s->text, s->size);
            return SK_OK;
        }
    }
    return SK_ENOTFOUND;
}

static sk_status find(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    const folders *f = context;
    sk_status st = SK_ENOTFOUND;

    for (size_t i = 0; i < f->count && st == SK_ENOTFOUND && name_fits(name); i++) {
        const char *in = cli_text(f->cli, "%s/%.*s.lua", f->folder[i], SK_STR_ARG(name));
        const char *above = cli_text(f->cli, "%s/../%.*s.lua", f->folder[i], SK_STR_ARG(name));

        st = sk_file_read(in, SOURCE_BYTES, out, err);
        if (st == SK_ENOTFOUND && sk_str_starts(name, SK_STR("lib/")))
            st = sk_file_read(above, SOURCE_BYTES, out, err);
    }
    if (st == SK_ENOTFOUND && f->builtin)
        st = find_builtin(name, out);
    return st;
}

/* ---- The taxonomy ---- */

static sk_str text_at(const json_t *object, const char *key)
{
    return sk_str_from(reply_text(object, key));
}

/* `file` is taken; `path` says where it came from. */
static int read_taxonomy(cli_app *cli, const char *path, json_t *file, sk_taxonomy **out)
{
    json_t *items = NULL, *item = NULL;
    sk_category *categories = NULL;
    sk_error err = {0};
    size_t i = 0;
    int code = CLI_DONE;

    items = json_object_get(file, "categories");
    categories = sk_calloc(json_array_size(items) + 1, sizeof(*categories));
    json_array_foreach(items, i, item)
    {
        const json_t *label = json_object_get(item, "label");

        categories[i] =
            (sk_category){text_at(item, "code"), text_at(label, "nl"), text_at(label, "en")};
    }
    if (sk_taxonomy_new(categories, json_array_size(items), NULL, 0, out, &err) != SK_OK)
        code = cli_tell(cli, CLI_REFUSED, path, cli_text(cli, "%s: %s", err.field, err.message));
    sk_free(categories);
    json_decref(file);
    return code;
}

static int open_taxonomy(cli_app *cli, const cli_args *args, const folders *f, sk_taxonomy **out)
{
    const char *path = cli_get(args, "taxonomy");
    sk_buf builtin = {0};
    json_t *file = NULL;
    int code = CLI_DONE;

    for (size_t i = 0; i < f->count && !path; i++) {
        const char *near = cli_text(cli, "%s/../taxonomy.json", f->folder[i]);

        path = access(near, R_OK) == 0 ? near : NULL;
    }
    if (path) {
        code = word_json_file(cli, path, &file);
    } else {
        find_builtin(SK_STR("taxonomy.json"), &builtin);
        file = json_loadb(sk_buf_view(&builtin).data, builtin.size, 0, NULL);
        sk_buf_done(&builtin);
    }
    return code == CLI_DONE ? read_taxonomy(cli, path ? path : "taxonomy", file, out) : code;
}

/* ---- A file ---- */

/* Lua names what it stumbled over; this says what somebody has most likely typed. */
static const char *slip(const char *message)
{
    if (strstr(message, "near '<\\226>'"))
        return "; write straight quotes: \"...\"";
    if (strstr(message, "unfinished string"))
        return "; is the closing quote missing?";
    if (strstr(message, "unexpected symbol near <eof>"))
        return "; is the closing } missing at the end?";
    if (strstr(message, " expected") && strstr(message, " near "))
        return "; is there a comma or a bracket missing before it?";
    return "";
}

static int tell_fault(cli_app *cli, const cli_args *args, const folders *f, const sk_error *err)
{
    const char *message = err->message;

    if (err->status == SK_ENOTFOUND)
        message = cli_text(cli,
                           cli_has(args, "rules-dir")
                               ? "%s in %s"
                               : "%s beside it (%s) or among the installed ones; say where with "
                                 "--rules-dir DIR",
                           err->message, f->folder[0]);
    else
        message = cli_text(cli, "%s%s", message, slip(message));
    /* The message names file, line and rule by itself. */
    return cli_tell(cli, CLI_REFUSED, strstr(message, ".lua:") ? "" : args->word[0], message);
}

int rules_file_open(cli_app *cli, const cli_args *args, rules_file *out)
{
    const char *slash = strrchr(args->word[0], '/');
    folders f = {.cli = cli};
    sk_error err = {0};
    sk_rules_source source = {
        .name = sk_str_from(slash ? slash + 1 : args->word[0]), .find = find, .context = &f};
    int code = word_file(cli, args->word[0], SOURCE_BYTES, &out->text);

    look_in(&f, args);
    if (code != CLI_DONE || (code = open_taxonomy(cli, args, &f, &out->taxonomy)) != CLI_DONE)
        return code;
    if (!(out->words = sk_intern_new()))
        return cli_tell(cli, CLI_REFUSED, "", "out of memory");
    source.text = sk_buf_view(&out->text);
    if (sk_ruleset_load(&source, out->words, &out->rules, &err) != SK_OK)
        return tell_fault(cli, args, &f, &err);
    return CLI_DONE;
}

void rules_file_done(rules_file *file)
{
    sk_ruleset_free(file->rules);
    sk_intern_free(file->words);
    sk_taxonomy_free(file->taxonomy);
    sk_buf_done(&file->text);
    *file = (rules_file){0};
}
