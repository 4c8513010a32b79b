/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

/* Help at three levels, all from the command table. */

static const char first_steps[] =
    "First steps, on the machine of the engine (DIR is its data folder):\n"
    "\n"
    "  export SCHAKEL_DATA_DIR=DIR\n"
    "  schakel status\n"
    "  schakel party put p1 --kind resident\n"
    "  schakel listing put --kind need --party p1 --title \"Wie rijdt er mee?\" \\\n"
    "      --category vervoer.ziekenhuis --at 52.53,5.22 --when \"MO,TH 14:00-16:00\"\n"
    "  schakel match ID          who could help, and why\n"
    "  schakel whynot ID         what stood in the way of the others\n"
    "\n";

static const char global_help[] =
    "Everywhere:\n"
    "  --data DIR         the engine's data folder on this machine ($SCHAKEL_DATA_DIR)\n"
    "  --url URL          ipc://, tcp:// or tls+tcp:// address instead ($SCHAKEL_URL)\n"
    "  --token-file FILE  token to show; default $SCHAKEL_TOKEN, else DIR/admin.token\n"
    "  --ca-file FILE     certificates to trust with tls+tcp\n"
    "  --timeout S        seconds to wait for an answer (30)\n"
    "  --json             the answer as JSON on standard output\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 done, 1 refused, 2 wrong usage, 3 no connection.\n";

void help_program(FILE *out)
{
    fputs("schakel - who could help whom in the neighbourhood, and why\n\n"
          "usage: schakel [--data DIR | --url URL] [--json] COMMAND ...\n\n",
          out);
    fputs(first_steps, out);
    fputs("Commands:\n", out);
    for (size_t i = 0; cli_groups[i]; i++)
        fprintf(out, "  %-12s %s\n", cli_groups[i]->name, cli_groups[i]->summary);
    fputs("\nMore: schakel help COMMAND, schakel COMMAND VERB --help, man schakel.\n\n", out);
    fputs(global_help, out);
}

void help_group(FILE *out, const cli_group *group)
{
    const cli_command *single = cli_find_command(group, NULL);

    if (single) {
        help_command(out, group, single);
        return;
    }
    fprintf(out, "schakel %s - %s\n\n", group->name, group->summary);
    for (size_t i = 0; i < group->command_count; i++) {
        const cli_command *command = &group->commands[i];

        fprintf(out, "  schakel %s %s %s\n      %s\n", group->name, command->verb,
                command->arguments, command->summary);
    }
    fprintf(out, "\n%s\n", group->help);
    fprintf(out, "More: schakel %s VERB --help.\n", group->name);
}

void help_command(FILE *out, const cli_group *group, const cli_command *command)
{
    const char *verb = command->verb ? command->verb : "";

    fprintf(out, "schakel %s%s%s - %s\n\nusage: schakel %s%s%s %s\n\n", group->name,
            *verb ? " " : "", verb, command->summary, group->name, *verb ? " " : "", verb,
            command->arguments);
    for (size_t i = 0; i < command->flag_count; i++) {
        const cli_flag *flag = &command->flags[i];
        int width =
            2 + (int)strlen(flag->name) + 1 + (flag->argument ? (int)strlen(flag->argument) : 0);

        fprintf(out, "  --%s %s%*s %s\n", flag->name, flag->argument ? flag->argument : "",
                width < 24 ? 24 - width : 0, "", flag->help);
    }
    fprintf(out, "%s%s", command->flag_count ? "\n" : "", command->help);
}
