/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <math.h>

/* schakel match and schakel whynot: who fits, and what stood in the way of the others. */

/* ---- The JSON form of one listing's matches ---- */

static void json_terms(cli_app *cli, const json_t *terms)
{
    const char *comma = "";
    json_t *term = NULL;
    size_t i = 0;

    fputs("[", cli->out);
    json_array_foreach((json_t *)terms, i, term)
    {
        /* A term that does not apply has no value and no share in the score. */
        if (!reply_true(term, "applies") && !reply_true(term, "failed"))
            continue;
        fprintf(cli->out, "%s{\"name\": ", comma);
        reply_print_string(cli->out, reply_text(term, "name"));
        comma = ", ";
        if (reply_true(term, "failed")) {
            fputs(", \"failed\": true}", cli->out);
            continue;
        }
        fputs(", \"weight\": ", cli->out);
        reply_print_number(cli->out, reply_number(term, "weight"));
        fputs(", \"value\": ", cli->out);
        reply_print_number(cli->out, reply_number(term, "value"));
        fputs(", \"why\": ", cli->out);
        reply_print_string(cli->out, reply_text(term, "why"));
        fputs("}", cli->out);
    }
    fputs("]", cli->out);
}

/* Most pairs need nothing beyond what is usual. */
static void json_relaxed(cli_app *cli, const json_t *relaxed)
{
    json_t *one = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)relaxed, i, one)
    {
        fputs(i > 0 ? ", {\"constraint\": " : ", \"relaxed\": [{\"constraint\": ", cli->out);
        reply_print_string(cli->out, reply_text(one, "constraint"));
        fputs(", \"why\": ", cli->out);
        reply_print_string(cli->out, reply_text(one, "why"));
        fputs("}", cli->out);
    }
    fputs(json_array_size(relaxed) > 0 ? "]" : "", cli->out);
}

static void json_match(cli_app *cli, const json_t *item)
{
    fputs("{\"listingId\": ", cli->out);
    reply_print_string(cli->out, reply_text(item, "listingId"));
    fprintf(cli->out,
            ", \"score\": %lld, \"distanceM\": ", (long long)reply_integer(item, "score"));
    if (json_object_get(item, "distanceM"))
        reply_print_number(cli->out, reply_number(item, "distanceM"));
    else
        fputs("null", cli->out);
    fputs(", \"overlapMin\": ", cli->out);
    reply_print_number(cli->out, reply_number(item, "overlapMin"));
    fputs(", \"terms\": ", cli->out);
    json_terms(cli, json_object_get(item, "terms"));
    json_relaxed(cli, json_object_get(item, "relaxed"));
    fputs("}", cli->out);
}

static void json_matches(cli_app *cli, const json_t *result)
{
    const json_t *items = json_object_get(result, "matches");
    json_t *item = NULL;
    size_t i = 0;

    fputs("{\"matches\": [", cli->out);
    json_array_foreach((json_t *)items, i, item)
    {
        fputs(i > 0 ? ", " : "", cli->out);
        json_match(cli, item);
    }
    fputs("]", cli->out);
    if (json_array_size(items) == 0) {
        fputs(", \"reason\": ", cli->out);
        reply_print_string(cli->out, reply_text(result, "reason"));
    }
    fputs("}\n", cli->out);
}

/* ---- The form for people ---- */

static const char *metres(cli_app *cli, const json_t *item)
{
    double m = reply_number(item, "distanceM");

    if (!json_object_get(item, "distanceM"))
        return "remote";
    return m < 1000 ? cli_text(cli, "%.0f m", m) : decimal(cli, "%.1f km", m / 1000);
}

static const char *hours(cli_app *cli, const json_t *item)
{
    long long minutes = llround(reply_number(item, "overlapMin"));

    if (minutes < 60)
        return cli_text(cli, "%lld min", minutes);
    return minutes % 60 ? cli_text(cli, "%lld h %02lld", minutes / 60, minutes % 60)
                        : cli_text(cli, "%lld h", minutes / 60);
}

static const char *reasons(cli_app *cli, const json_t *terms)
{
    const char *text = "";
    json_t *term = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)terms, i, term)
    {
        const char *why = cli_clean(cli, reply_text(term, "why"));

        if (reply_true(term, "applies"))
            text = cli_text(
                cli, "%s       %-10s %s x %s%s%s\n", text, cli_clean(cli, reply_text(term, "name")),
                decimal(cli, "%.2f", reply_number(term, "value")),
                decimal(cli, "%.3g", reply_number(term, "weight")), *why ? "  " : "", why);
        else if (reply_true(term, "failed"))
            text = cli_text(cli, "%s       %-10s left out: its function failed\n", text,
                            cli_clean(cli, reply_text(term, "name")));
    }
    return text;
}

/* What a pair needed beyond what is usual, each on a line of its own. */
static const char *relaxed(cli_app *cli, const json_t *item)
{
    const char *text = "";
    json_t *one = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(item, "relaxed"), i, one) text =
        cli_text(cli, "%s       let op: %s\n", text, cli_clean(cli, reply_text(one, "why")));
    return text;
}

/* One asks for helpers, or, with an offer, for who can use it. */
static const char *heading(const json_t *items)
{
    const char *kind = reply_text(json_array_get(items, 0), "kind");

    return strcmp(kind, "NEED") == 0 || strcmp(kind, "INITIATIVE") == 0 ? "who asks"
                                                                        : "who could help";
}

static void print_matches(cli_app *cli, const json_t *items)
{
    const char *lines[101] = {NULL};
    json_t *item = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, cli_text(cli, ">#|score|%s|buurt|>distance|>overlap|id", heading(items)));
    json_array_foreach((json_t *)items, i, item)
    {
        table_add(&t, cli_text(cli, "%zu", i + 1));
        table_add(&t, decimal(cli, "%.3f", (double)reply_integer(item, "score") / 1e6));
        table_add(&t, cli_clean(cli, reply_text(item, "title")));
        table_add(&t, reply_text(item, "buurt"));
        table_add(&t, metres(cli, item));
        table_add(&t, hours(cli, item));
        table_add(&t, cli_clean(cli, reply_text(item, "listingId")));
        if (i < 100)
            lines[i] = cli_text(cli, "%s%s", reasons(cli, json_object_get(item, "terms")),
                                relaxed(cli, item));
    }
    table_print(&t, cli->out, lines);
    table_done(&t);
}

static int print_result(cli_app *cli, const json_t *result, const char *id)
{
    const char *reason = reply_text(result, "reason");
    const json_t *items = json_object_get(result, "matches");

    if (json_array_size(items) > 0) {
        print_matches(cli, items);
        return CLI_DONE;
    }
    if (strcmp(reason, "no match") == 0 || !*reason)
        fputs("Nobody fits now.\n", cli->out);
    else
        fprintf(cli->out, "No matches: the listing is %s.\n", cli_clean(cli, reason));
    if (id)
        fprintf(cli->out, "What stood in the way:    schakel whynot %s\n", id);
    return CLI_DONE;
}

/* ---- Asking ---- */

/* {"listingId"} or {"listing"}: what to look for. */
static int query_of(cli_app *cli, const cli_args *args, json_t **out)
{
    const char *file = cli_get(args, "listing");
    json_t *listing = NULL;
    int code = CLI_DONE;

    if ((file != NULL) == (args->word_count > 0))
        return cli_usage(cli, "give the id of a listing, or --listing FILE");
    if (!file) {
        *out = json_pack("{s:s}", "listingId", args->word[0]);
        return CLI_DONE;
    }
    if ((code = word_json_file(cli, file, &listing)) == CLI_DONE)
        *out = json_pack("{s:o}", "listing", listing);
    return code;
}

static int ask_match(cli_app *cli, json_t *query, json_t **out_answer, json_t **out_result)
{
    const json_t *error = NULL;
    bool json = cli->json;
    int code = CLI_DONE;

    /* The JSON form of one listing's matches is this command's own. */
    cli->json = false;
    code = cli_ask(cli, json_pack("{s:{s:[O]}}", "match", "queries", query), out_answer);
    cli->json = json;
    if (code != CLI_DONE)
        return code;
    *out_result =
        json_array_get(json_object_get(json_object_get(*out_answer, "matches"), "results"), 0);
    error = json_object_get(*out_result, "error");
    if (!error)
        return CLI_DONE;
    return cli_tell(cli, CLI_REFUSED, place_in_words(cli, reply_text(error, "field")),
                    reply_text(error, "message"));
}

static int match_run(cli_app *cli, const cli_args *args)
{
    json_t *query = NULL, *answer = NULL, *result = NULL;
    int code = query_of(cli, args, &query);

    if (code != CLI_DONE || (code = word_set_count(cli, args, "limit", 100, query, "limit")) ||
        (code = ask_match(cli, query, &answer, &result)) != CLI_DONE)
        goto out;
    if (cli->json)
        json_matches(cli, result);
    else
        code = print_result(cli, result, args->word_count > 0 ? args->word[0] : NULL);
out:
    json_decref(query);
    json_decref(answer);
    return code;
}

/* ---- Why not ---- */

static const char *in_words(const char *constraint)
{
    static const char *const words[][2] = {{"open", "paused, or no place left"},
                                           {"category", "about something else"},
                                           {"distance", "too far away"},
                                           {"time", "no time in common"},
                                           {"language", "no language in common"},
                                           {"traits", "lacks something required"},
                                           {"rules", "a rule of the municipality says no"}};

    for (size_t i = 0; i < CLI_COUNT(words); i++) {
        if (strcmp(words[i][0], constraint) == 0)
            return words[i][1];
    }
    return "";
}

static bool has_word(const json_t *array, const char *word)
{
    json_t *item = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)array, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), word) == 0)
            return true;
    }
    return false;
}

/* The best by score of those about something else may be about anything at all; what people are
 * shown is what is related. */
static void print_group(cli_app *cli, const json_t *group)
{
    const json_t *constraints = json_object_get(group, "constraints");
    const char *one = json_string_value(json_array_get(constraints, 0));
    bool about = has_word(constraints, "category");
    json_t *misses = json_object_get(group, about ? "related" : "best"), *miss = NULL;
    size_t i = 0;
    table t;

    fprintf(cli->out, "\n%lld by %s%s%s\n", (long long)reply_integer(group, "count"),
            reply_joined(cli, constraints), json_array_size(constraints) == 1 ? ": " : " together",
            json_array_size(constraints) == 1 && one ? in_words(one) : "");
    if (about && json_array_size(misses) == 0)
        fputs("  None of them is about something related.\n", cli->out);
    if (json_array_size(misses) == 0)
        return;
    table_init(cli, &t, "score|nearest|would fit with|id");
    json_array_foreach(misses, i, miss)
    {
        table_add(&t, decimal(cli, "%.3f", (double)reply_integer(miss, "score") / 1e6));
        table_add(&t, cli_clean(cli, reply_text(miss, "title")));
        table_add(&t, cli_clean(cli, reply_text(miss, "change")));
        table_add(&t, cli_clean(cli, reply_text(miss, "listingId")));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

/* What opens by itself, and what can be opened for this case at once. */
static void print_opens(cli_app *cli, const json_t *opens, const char *id)
{
    json_t *opening = NULL;
    bool may_case = false;
    size_t i = 0;

    if (json_array_size(opens) > 0)
        fputs("\nWhat would open the list:\n", cli->out);
    json_array_foreach((json_t *)opens, i, opening)
    {
        bool by_case = !json_object_get(opening, "from");

        if (by_case && reply_integer(opening, "count") == 0)
            continue;
        fprintf(cli->out, "  %s\n", cli_clean(cli, reply_text(opening, "change")));
        may_case |= by_case;
    }
    if (id && may_case)
        fprintf(cli->out, "At once, for this one:    schakel listing relax %s --all\n", id);
}

static void print_whynot(cli_app *cli, const json_t *why, const char *id)
{
    json_t *group = NULL;
    size_t i = 0;

    if (*reply_text(why, "reason")) {
        fprintf(cli->out, "The listing itself is %s.\n", cli_clean(cli, reply_text(why, "reason")));
        return;
    }
    fprintf(cli->out, "Of %lld counterparts %lld fit.\n",
            (long long)reply_integer(why, "counterparts"),
            (long long)reply_integer(why, "possible"));
    if (json_array_size(json_object_get(why, "groups")) > 0)
        fputs("How many fail on one thing alone:\n", cli->out);
    json_array_foreach(json_object_get(why, "groups"), i, group) print_group(cli, group);
    print_opens(cli, json_object_get(why, "opens"), id);
}

static int whynot_run(cli_app *cli, const cli_args *args)
{
    json_t *query = NULL, *answer = NULL;
    int code = query_of(cli, args, &query);

    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:O}", "whyNot", query), &answer);
    if (code == CLI_DONE && !cli->json)
        print_whynot(cli, json_object_get(answer, "whyNot"),
                     args->word_count > 0 ? args->word[0] : NULL);
    json_decref(query);
    json_decref(answer);
    return code;
}

/* ---- The commands ---- */

static const cli_flag match_flags[] = {
    {"limit", "N", "at most 100 (20)"},
    {"listing", "FILE", "a listing as JSON that is not stored, - for standard input"},
};
static const cli_flag whynot_flags[] = {
    {"listing", "FILE", "a listing as JSON that is not stored, - for standard input"},
};
static const cli_command match_commands[] = {
    {NULL, "ID [--limit N] | --listing FILE", "the best counterparts of one listing, and why",
     "Changes nothing. Each line is a counterpart with its score between 0 and 1; below it stand\n"
     "the terms of the rule set: value x weight and the reason in Dutch.\n"
     "Example: schakel match n-12 --limit 5\n",
     CLI_FLAGS(match_flags), 0, 1, match_run},
};
static const cli_command whynot_commands[] = {
    {NULL, "ID | --listing FILE", "what stood in the way of the others",
     "Counts the counterparts that fail on one thing alone, with the best of them and what would\n"
     "have to change. Of those about something else only related ones are shown. Then what the\n"
     "rule set's `relax` steps would open, by waiting or for this one at once.\n"
     "Example: schakel whynot n-12\n",
     CLI_FLAGS(whynot_flags), 0, 1, whynot_run},
};
const cli_group match_group = {"match", "the best counterparts of one listing, and why", "",
                               match_commands, CLI_COUNT(match_commands)};
const cli_group whynot_group = {"whynot", "what stood in the way of the others", "",
                                whynot_commands, CLI_COUNT(whynot_commands)};
