/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <ctype.h>

/* Where a fault lies, in the words of who typed it. The engine names the place in its own request,
 * "putListings.listings[0].point.lat"; whoever put one listing knows "point.lat", and who gave the
 * point with --at is told that flag. */

/* What a command wraps around the one thing that its user gave. */
static const char *const wrappers[] = {"listings[0].", "parties[0].", "connectors[0].",
                                       "queries[0].",  "listing.",    "taxonomy."};

/* Flags that are not called as their field is; others are, with hyphens for capitals. */
static const char *const flag_names[][2] = {{"partyId", "party"},
                                            {"categories", "category"},
                                            {"point", "at"},
                                            {"reachM", "reach"},
                                            {"withinM", "within"},
                                            {"durationMin", "duration"},
                                            {"availability", "when"},
                                            {"validFrom", "from"},
                                            {"validUntil", "until"},
                                            {"languages", "lang"},
                                            {"attributes", "attr"},
                                            {"blocks", "block"},
                                            {"certificates", "certificate"},
                                            {"areas", "area"},
                                            {"substituteId", "substitute"},
                                            {"version", "seen"},
                                            {"appointments", "meet"},
                                            {"states", "state"},
                                            {"listingId", "listing"},
                                            {"connectorId", "connector"}};

/* Fields that a word of the command line fills, by the word's number. */
static const struct {
    const char *field;
    size_t word;
} words[] = {{"id", 0}, {"suggestionId", 0}, {"listingId", 0}, {"name", 0}, {"connectorId", 1}};

static const char *without(const char *text, const char *beginning)
{
    size_t size = strlen(beginning);

    return strncmp(text, beginning, size) == 0 ? text + size : NULL;
}

const char *place_in_input(const char *op, const char *field)
{
    const char *rest = without(field, op);

    if (!*op || !rest || *rest != '.')
        return field;
    field = rest + 1;
    for (size_t i = 0; i < CLI_COUNT(wrappers); i++) {
        if ((rest = without(field, wrappers[i])))
            field = rest;
    }
    return field;
}

/* "absentFrom" is filled by "absent-from". */
static bool is_flag_of(const char *flag, const char *field, size_t size)
{
    for (size_t i = 0; i < CLI_COUNT(flag_names); i++) {
        if (strlen(flag_names[i][0]) == size && strncmp(flag_names[i][0], field, size) == 0 &&
            strcmp(flag_names[i][1], flag) == 0)
            return true;
    }
    for (size_t i = 0; i < size; i++) {
        if (isupper((unsigned char)field[i]) && *flag++ != '-')
            return false;
        if (*flag++ != (char)tolower((unsigned char)field[i]))
            return false;
    }
    return *flag == '\0';
}

static const char *given_flag(const cli_args *args, const char *field, size_t size)
{
    for (size_t i = 0; i < args->given_count; i++) {
        if (is_flag_of(args->given[i].flag->name, field, size))
            return args->given[i].flag->name;
    }
    return NULL;
}

const char *place_in_words(cli_app *cli, const char *field)
{
    const cli_args *args = cli->args;
    const char *path = place_in_input(cli->op, field), *last = NULL, *flag = NULL;

    if (!args || !*path)
        return path;
    flag = given_flag(args, path, strcspn(path, ".["));
    last = strrchr(path, '.');
    if (!flag && last)
        flag = given_flag(args, last + 1, strlen(last + 1));
    if (flag)
        return cli_text(cli, "--%s", flag);
    for (size_t i = 0; i < CLI_COUNT(words); i++) {
        if (strcmp(path, words[i].field) == 0 && words[i].word < args->word_count)
            return args->word[words[i].word];
    }
    return path;
}
