/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

#include <math.h>

/* schakel rules check and test: what an author wants to know before anybody else sees the file, and
 * what a pipeline wants as an exit status. */

static const char *const levels[] = {"note", "warning", "error"};

static const char *text_of(cli_app *cli, sk_str text)
{
    return cli_clean(cli, cli_text(cli, "%.*s", SK_STR_ARG(text)));
}

/* ---- Check, for people ---- */

/* What the index can do with a term, in a word or two. */
static const char *index_words(cli_app *cli, const sk_rule_info *rule, unsigned index)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{SK_INDEX_DISTANCE, "distance"},
                 {SK_INDEX_CLOSENESS, "closeness"},
                 {SK_INDEX_OVERLAP, "overlap"},
                 {SK_INDEX_AGE, "age"},
                 {SK_INDEX_ONE_SIDE, "one side"}};
    const char *all = "";

    if (rule->function)
        return "no: function";
    for (size_t i = 0; i < CLI_COUNT(words); i++) {
        if (index & words[i].bit)
            all = cli_text(cli, "%s%s%s", all, *all ? ", " : "", words[i].word);
    }
    return *all ? all : "no";
}

static const char *range_words(cli_app *cli, const sk_rule_check *range)
{
    double lo = range->lo < 0 ? 0 : range->lo, hi = range->hi > 1 ? 1 : range->hi;

    return range->lo <= range->hi
               ? cli_text(cli, "%g-%g", round(lo * 100) / 100, round(hi * 100) / 100)
               : "none";
}

static void add_rule(cli_app *cli, table *t, const sk_rule_info *rule, bool hard,
                     const sk_rule_check *measured)
{
    table_add(t, text_of(cli, rule->name));
    table_add(t, hard ? "hard" : cli_text(cli, "%.4g", rule->weight));
    table_add(t, hard || rule->function ? "" : range_words(cli, measured));
    table_add(t, hard ? "" : index_words(cli, rule, measured->index));
    table_add(t, cli_text(cli, "%.0f", measured->cost_ns));
    table_add(t, rule->function ? "(function)" : text_of(cli, rule->source));
}

static void print_rules(cli_app *cli, const sk_ruleset *rules, const sk_rules_check *check)
{
    const sk_ruleset_info *info = sk_ruleset_about(rules);
    table t;

    table_init(cli, &t, "rule|>weight|value|index|>ns|says");
    for (uint32_t i = 0; i < info->hard_count; i++)
        add_rule(cli, &t, sk_ruleset_hard_rule(rules, i), true, &check->hard[i]);
    for (uint32_t i = 0; i < info->term_count; i++)
        add_rule(cli, &t, sk_ruleset_term(rules, i), false, &check->term[i]);
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static void print_about(cli_app *cli, const sk_ruleset *rules, const sk_rules_check *check)
{
    const sk_ruleset_info *info = sk_ruleset_about(rules);

    print_pair(cli, "name", text_of(cli, info->name));
    print_pair(cli, "based on", text_of(cli, info->based_on));
    print_pair(cli, "hash", info->hash);
    print_pair(cli, "threshold",
               cli_text(cli, "%.3f; scores lie between %.3f and %.3f",
                        (double)info->threshold / 1e6, check->score_lo, check->score_hi));
    print_pair(cli, "suggestions",
               cli_text(cli, "at most %u per need, %u per helper", info->max_open_per_demand,
                        info->max_open_per_supply));
    print_pair(cli, "examples", cli_text(cli, "%u", info->example_count));
    print_pair(cli, "cost",
               cli_text(cli, "%u instructions, about %.0f ns per candidate%s", check->instructions,
                        check->cost_ns,
                        check->function_ns > 0
                            ? cli_text(cli, "; functions %.0f us for each of the best %d",
                                       check->function_ns / 1000, SK_TWO_PHASE)
                            : ""));
    fputs("\n", cli->out);
    print_rules(cli, rules, check);
}

static void print_findings(cli_app *cli, const sk_rules_check *check)
{
    fputs("\n", cli->out);
    for (int level = SK_FINDING_ERROR; level >= SK_FINDING_NOTE; level--) {
        for (size_t i = 0; i < check->finding_count; i++) {
            const sk_finding *f = &check->findings[i];

            if ((int)f->level != level)
                continue;
            fprintf(cli->out, "%s: %s%s%s%s%s\n", levels[level], text_of(cli, f->place),
                    f->place.size ? ": " : "", text_of(cli, f->rule), f->rule.size ? ": " : "",
                    text_of(cli, f->text));
        }
    }
    fprintf(cli->out, "%s%u error%s, %u warning%s, %u note%s\n", check->finding_count ? "\n" : "",
            check->errors, check->errors == 1 ? "" : "s", check->warnings,
            check->warnings == 1 ? "" : "s", check->notes, check->notes == 1 ? "" : "s");
}

/* ---- Check, for programs ---- */

static json_t *string_of(sk_str text)
{
    return json_stringn(text.data, text.size);
}

static json_t *rule_json(cli_app *cli, const sk_rule_info *rule, bool hard,
                         const sk_rule_check *measured)
{
    json_t *object =
        json_pack("{s:o, s:b, s:i, s:f}", "name", string_of(rule->name), "function", rule->function,
                  "instructions", (int)measured->instructions, "costNs", measured->cost_ns);

    if (!rule->function)
        json_object_set_new(object, "expr", string_of(rule->source));
    if (!hard)
        json_object_update_new(object, json_pack("{s:f, s:s}", "weight", rule->weight, "index",
                                                 index_words(cli, rule, measured->index)));
    if (!hard && !rule->function && measured->lo <= measured->hi)
        json_object_update_new(
            object, json_pack("{s:f, s:f}", "least", measured->lo, "most", measured->hi));
    return object;
}

static json_t *findings_json(const sk_rules_check *check)
{
    json_t *list = json_array();

    for (size_t i = 0; i < check->finding_count; i++) {
        const sk_finding *f = &check->findings[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o, s:o}", "level", levels[f->level],
                                        "code", f->code, "place", string_of(f->place), "rule",
                                        string_of(f->rule), "text", string_of(f->text)));
    }
    return list;
}

static json_t *about_json(const sk_ruleset_info *info)
{
    return json_pack("{s:o, s:s, s:o, s:I, s:i, s:i, s:i}", "name", string_of(info->name), "hash",
                     info->hash, "basedOn", string_of(info->based_on), "threshold",
                     (json_int_t)info->threshold, "hard", (int)info->hard_count, "terms",
                     (int)info->term_count, "examples", (int)info->example_count);
}

static int print_json(cli_app *cli, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    if (!text)
        return cli_tell(cli, CLI_REFUSED, "", "out of memory");
    fprintf(cli->out, "%s\n", text);
    free(text);
    json_decref(object);
    return CLI_DONE;
}

static json_t *check_json(cli_app *cli, const sk_ruleset *rules, const sk_rules_check *check)
{
    const sk_ruleset_info *info = sk_ruleset_about(rules);
    json_t *hard = json_array(), *terms = json_array(), *object = about_json(info);

    for (uint32_t i = 0; i < info->hard_count; i++)
        json_array_append_new(
            hard, rule_json(cli, sk_ruleset_hard_rule(rules, i), true, &check->hard[i]));
    for (uint32_t i = 0; i < info->term_count; i++)
        json_array_append_new(terms,
                              rule_json(cli, sk_ruleset_term(rules, i), false, &check->term[i]));
    json_object_update_new(
        object, json_pack("{s:f, s:f, s:i, s:f, s:f, s:i, s:i, s:i, s:o, s:o, s:o}", "leastScore",
                          check->score_lo, "mostScore", check->score_hi, "instructions",
                          (int)check->instructions, "costNs", check->cost_ns, "functionNs",
                          check->function_ns, "errors", (int)check->errors, "warnings",
                          (int)check->warnings, "notes", (int)check->notes, "hardRules", hard,
                          "termRules", terms, "findings", findings_json(check)));
    return object;
}

int rules_local_check(cli_app *cli, const cli_args *args)
{
    rules_file file = {0};
    sk_rules_check check;
    sk_error err = {0};
    int code = rules_file_open(cli, args, &file);
    sk_check_options options = {.taxonomy = file.taxonomy, .text = sk_buf_view(&file.text)};

    if (code == CLI_DONE &&
        sk_ruleset_check(file.rules, &options, cli->arena, &check, &err) != SK_OK)
        code = cli_tell_error(cli, &err);
    if (code != CLI_DONE)
        goto out;
    if (cli->json) {
        code = print_json(cli, check_json(cli, file.rules, &check));
    } else {
        print_about(cli, file.rules, &check);
        print_findings(cli, &check);
    }
    if (check.errors > 0 || (cli_has(args, "strict") && check.warnings > 0))
        code = CLI_REFUSED;
out:
    rules_file_done(&file);
    return code;
}

/* ---- Test ---- */

static int test_json(cli_app *cli, const sk_ruleset *rules, uint32_t run, uint32_t failed,
                     const sk_buf *report)
{
    json_t *object = about_json(sk_ruleset_about(rules));

    json_object_update_new(object,
                           json_pack("{s:i, s:i, s:o}", "run", (int)run, "failed", (int)failed,
                                     "report", string_of(sk_buf_view(report))));
    return print_json(cli, object);
}

int rules_local_test(cli_app *cli, const cli_args *args)
{
    rules_file file = {0};
    sk_buf report = {0};
    sk_error err = {0};
    uint32_t run = 0, failed = 0;
    int code = rules_file_open(cli, args, &file);

    if (code == CLI_DONE && sk_ruleset_test(file.rules, &run, &failed, &report, &err) != SK_OK)
        code = cli_tell_error(cli, &err);
    if (code != CLI_DONE)
        goto out;
    if (cli->json) {
        code = test_json(cli, file.rules, run, failed, &report);
    } else {
        fwrite(sk_buf_view(&report).data, 1, report.size, cli->out);
        fprintf(cli->out, "%s%u example%s run, %u failed\n", report.size ? "\n" : "", run,
                run == 1 ? "" : "s", failed);
    }
    code = failed > 0 ? CLI_REFUSED : code;
out:
    sk_buf_done(&report);
    rules_file_done(&file);
    return code;
}
