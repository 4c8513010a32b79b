/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

#include <ctype.h>

#include "rules/rules.h"

/* Rule sets on the author's own machine, by the same module that the engine runs. What a file is
 * based on or requires is looked for in --rules-dir; else beside the file, then in the installed
 * folder. Library files ("lib/afstand") may also lie in lib/ next to the rules' folder, as they do
 * in the source tree. */

#define SOURCE_BYTES (200 * 1024)

typedef struct folders {
    cli_app *cli;
    const char *folder[2];
    size_t count;
} folders;

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

static sk_status find(void *context, sk_str name, sk_buf *out, sk_error *err)
{
    static const char *const forms[] = {"%s/%.*s.lua", "%s/../%.*s.lua"};
    const folders *f = context;
    sk_status st = SK_ENOTFOUND;

    for (size_t i = 0; i < f->count && st == SK_ENOTFOUND && name_fits(name); i++) {
        for (size_t form = 0; form < 2 && st == SK_ENOTFOUND; form++) {
            const char *path = form == 0
                                   ? cli_text(f->cli, forms[0], f->folder[i], SK_STR_ARG(name))
                                   : cli_text(f->cli, forms[1], f->folder[i], SK_STR_ARG(name));

            st = sk_file_read(path, SOURCE_BYTES, out, err);
        }
    }
    if (st == SK_ENOTFOUND)
        return sk_fail(err, SK_ENOTFOUND, "there is no \"%.*s\" in %s", SK_STR_ARG(name),
                       f->folder[0]);
    return st;
}

static void look_in(folders *f, const cli_args *args)
{
    const char *given = cli_get(args, "rules-dir"), *file = args->word[0];
    const char *slash = strrchr(file, '/');

    if (given) {
        f->folder[f->count++] = given;
        return;
    }
    f->folder[f->count++] = slash == file ? "/"
                            : slash       ? cli_text(f->cli, "%.*s", (int)(slash - file), file)
                                          : ".";
    f->folder[f->count++] = SCHAKEL_RULES_DIR;
}

static int load(cli_app *cli, const cli_args *args, sk_intern *words, sk_ruleset **out)
{
    const char *slash = strrchr(args->word[0], '/');
    folders f = {.cli = cli};
    sk_buf text = {0};
    sk_error err = {0};
    sk_rules_source source = {
        .name = sk_str_from(slash ? slash + 1 : args->word[0]), .find = find, .context = &f};
    int code = word_file(cli, args->word[0], SOURCE_BYTES, &text);

    look_in(&f, args);
    source.text = sk_buf_view(&text);
    if (code == CLI_DONE && sk_ruleset_load(&source, words, out, &err) != SK_OK)
        code = cli_tell(cli, CLI_REFUSED, *err.field ? err.field : args->word[0], err.message);
    sk_buf_done(&text);
    return code;
}

/* ---- Check ---- */

static void print_rules(cli_app *cli, const sk_ruleset *rules, const sk_ruleset_info *info)
{
    table t;

    table_init(cli, &t, "rule|>weight|says");
    for (uint32_t i = 0; i < info->hard_count; i++) {
        const sk_rule_info *rule = sk_ruleset_hard_rule(rules, i);

        table_add(&t, cli_text(cli, "%.*s", SK_STR_ARG(rule->name)));
        table_add(&t, "hard");
        table_add(&t, rule->function
                          ? "(function)"
                          : cli_clean(cli, cli_text(cli, "%.*s", SK_STR_ARG(rule->source))));
    }
    for (uint32_t i = 0; i < info->term_count; i++) {
        const sk_rule_info *rule = sk_ruleset_term(rules, i);

        table_add(&t, cli_text(cli, "%.*s", SK_STR_ARG(rule->name)));
        table_add(&t, cli_text(cli, "%.4g", rule->weight));
        table_add(&t, rule->function
                          ? "(function)"
                          : cli_clean(cli, cli_text(cli, "%.*s", SK_STR_ARG(rule->source))));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static void print_json(cli_app *cli, const sk_ruleset_info *info, bool tested, uint32_t run,
                       uint32_t failed)
{
    fputs("{\"name\": ", cli->out);
    reply_print_string(cli->out, cli_text(cli, "%.*s", SK_STR_ARG(info->name)));
    fprintf(cli->out,
            ", \"hash\": \"%s\", \"threshold\": %lld, \"hard\": %u, \"terms\": %u, "
            "\"examples\": %u",
            info->hash, (long long)info->threshold, info->hard_count, info->term_count,
            info->example_count);
    if (tested)
        fprintf(cli->out, ", \"run\": %u, \"failed\": %u", run, failed);
    fputs("}\n", cli->out);
}

int rules_local_check(cli_app *cli, const cli_args *args)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    const sk_ruleset_info *info = NULL;
    int code =
        words ? load(cli, args, words, &rules) : cli_tell(cli, CLI_REFUSED, "", "out of memory");

    if (code != CLI_DONE)
        goto out;
    info = sk_ruleset_about(rules);
    if (cli->json) {
        print_json(cli, info, false, 0, 0);
        goto out;
    }
    print_pair(cli, "name", cli_text(cli, "%.*s", SK_STR_ARG(info->name)));
    print_pair(cli, "hash", info->hash);
    print_pair(cli, "threshold", cli_text(cli, "%.3f", (double)info->threshold / 1e6));
    print_pair(cli, "suggestions",
               cli_text(cli, "at most %u per need, %u per helper", info->max_open_per_demand,
                        info->max_open_per_supply));
    print_pair(cli, "examples", cli_text(cli, "%u", info->example_count));
    fputs("\n", cli->out);
    print_rules(cli, rules, info);
out:
    sk_ruleset_free(rules);
    sk_intern_free(words);
    return code;
}

/* ---- Test ---- */

int rules_local_test(cli_app *cli, const cli_args *args)
{
    sk_intern *words = sk_intern_new();
    sk_ruleset *rules = NULL;
    sk_buf report = {0};
    sk_error err = {0};
    uint32_t run = 0, failed = 0;
    int code =
        words ? load(cli, args, words, &rules) : cli_tell(cli, CLI_REFUSED, "", "out of memory");

    if (code == CLI_DONE && sk_ruleset_test(rules, &run, &failed, &report, &err) != SK_OK)
        code = cli_tell_error(cli, &err);
    if (code != CLI_DONE)
        goto out;
    if (cli->json) {
        print_json(cli, sk_ruleset_about(rules), true, run, failed);
    } else {
        fwrite(sk_buf_view(&report).data, 1, report.size, cli->out);
        fprintf(cli->out, "%u example%s run, %u failed\n", run, run == 1 ? "" : "s", failed);
    }
    code = failed > 0 ? CLI_REFUSED : CLI_DONE;
out:
    sk_buf_done(&report);
    sk_ruleset_free(rules);
    sk_intern_free(words);
    return code;
}
