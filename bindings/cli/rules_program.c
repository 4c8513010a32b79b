/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules_local.h"

/* schakel rules program: what the engine makes of the expressions of a file. */

int rules_local_program(cli_app *cli, const cli_args *args)
{
    rules_file file = {0};
    sk_buf listing = {0};
    sk_error err = {0};
    int code = rules_file_open(cli, args, &file);

    if (code == CLI_DONE && sk_ruleset_disassemble(file.rules, &listing, &err) != SK_OK)
        code = cli_tell_error(cli, &err);
    if (code != CLI_DONE)
        goto out;
    if (cli->json) {
        fputs("{\"program\": ", cli->out);
        reply_print_string(cli->out, cli_text(cli, "%.*s", SK_STR_ARG(sk_buf_view(&listing))));
        fputs("}\n", cli->out);
    } else {
        fwrite(sk_buf_view(&listing).data, 1, listing.size, cli->out);
    }
out:
    sk_buf_done(&listing);
    rules_file_done(&file);
    return code;
}
