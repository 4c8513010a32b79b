/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "cli.h"

#include "rules/rules.h"

/* Rule files on the author's own machine, without an engine. */

typedef struct rules_file {
    sk_intern *words;
    sk_ruleset *rules;
    sk_taxonomy *taxonomy;
    sk_buf text;
} rules_file;

/** Reads FILE, the first word, with what it is based on, and the taxonomy of --taxonomy or the one
 *  that came with the program. Returns an exit status, the error told. */
int rules_file_open(cli_app *cli, const cli_args *args, rules_file *out);
void rules_file_done(rules_file *file);

/** schakel rules check, test and describe. */
int rules_local_check(cli_app *cli, const cli_args *args);
int rules_local_test(cli_app *cli, const cli_args *args);
int rules_local_describe(cli_app *cli, const cli_args *args);
/** schakel rules program. */
int rules_local_program(cli_app *cli, const cli_args *args);

/** The hash that `given` means, asked of the engine: a whole hash, its first 6 or more characters,
 *  or a name. Of a name only sets in one of `states` ("PUSHED") are meant, of any with ""; when
 *  there is none, those in `otherwise`, unless that is NULL. */
int rules_find(cli_app *cli, const char *given, const char *states, const char *otherwise,
               const char **out);
