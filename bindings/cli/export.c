/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../c/src/fields.h"
#include "codec/codec.h"

/* schakel export: what import reads, page by page. Records are cut out of the answer as bytes and
 * written as JSON by codec, so that every number keeps its shortest form. A file appears whole or
 * not at all. */

#define OP_EXPORT 100
#define RESULT_EXPORT_PAGE 100
#define PAGE_LIMIT 256

static const struct kind {
    const char *key, *message;
} kinds[] = {{"party", "Party"}, {"listing", "Listing"}, {"connector", "Connector"}};

typedef struct exporter {
    cli_app *cli;
    FILE *out;
    bool with_contact;
    sk_buf after, json;
    uint64_t count[3];
} exporter;

static int write_record(exporter *x, size_t kind, sk_str bytes)
{
    sk_error err = {0};

    sk_buf_reset(&x->json);
    if (sk_message_to_json(kinds[kind].message, bytes, false, &x->json, &err) != SK_OK)
        return cli_tell_error(x->cli, &err);
    fprintf(x->out, "{\"%s\": %.*s}\n", kinds[kind].key, SK_STR_ARG(sk_buf_view(&x->json)));
    x->count[kind]++;
    return ferror(x->out) ? cli_tell(x->cli, CLI_REFUSED, "", "cannot write the output") : CLI_DONE;
}

static int write_page(exporter *x, sk_str response)
{
    wire_field page = {0}, f;
    int code = CLI_DONE;

    sk_buf_reset(&x->after);
    if (!field_find(response, RESULT_EXPORT_PAGE, &page) || page.type != 2)
        return cli_tell(x->cli, CLI_REFUSED, "", "the answer is no page of an export");
    while (code == CLI_DONE && field_next(&page.bytes, &f)) {
        if (f.number >= 1 && f.number <= 3 && f.type == 2) {
            code = write_record(x, f.number - 1, f.bytes);
        } else if (f.number == 4 && f.type == 2) {
            sk_buf_reset(&x->after);
            sk_buf_str(&x->after, f.bytes);
        }
    }
    return code;
}

static int next_page(exporter *x)
{
    sk_buf op = {0}, request = {0};
    void *answer = NULL;
    size_t size = 0;
    int code = CLI_DONE;

    if (x->after.size > 0)
        field_put_bytes(&op, 1, sk_buf_view(&x->after));
    field_put_number(&op, 2, PAGE_LIMIT);
    if (x->with_contact)
        field_put_number(&op, 3, 1);
    field_put_bytes(&request, OP_EXPORT, sk_buf_view(&op));
    request.failed |= op.failed;
    code = cli_ask_bytes(x->cli, &request, &answer, &size);
    if (code == CLI_DONE) {
        code = write_page(x, (sk_str){answer, size});
        schakel_free(answer);
    }
    sk_buf_done(&op);
    sk_buf_done(&request);
    return code;
}

static int write_all(exporter *x)
{
    int code = CLI_DONE;

    do
        code = next_page(x);
    while (code == CLI_DONE && x->after.size > 0);
    return code;
}

static int write_file(exporter *x, const char *path)
{
    const char *part = cli_text(x->cli, "%s.part", path);
    int code = CLI_DONE;

    /* Contact details may be inside. */
    if (!(x->out = fopen(part, "we")))
        return cli_tell(x->cli, CLI_REFUSED, path, "cannot be made");
    fchmod(fileno(x->out), 0600);
    code = write_all(x);
    if (code == CLI_DONE && (fflush(x->out) != 0 || fsync(fileno(x->out)) != 0))
        code = cli_tell(x->cli, CLI_REFUSED, path, "cannot be written");
    fclose(x->out);
    if (code == CLI_DONE && rename(part, path) != 0)
        code = cli_tell(x->cli, CLI_REFUSED, path, "cannot be made");
    if (code != CLI_DONE)
        unlink(part);
    else if (!x->cli->json)
        fprintf(x->cli->out, "%llu parties, %llu listings, %llu connectors exported\n",
                (unsigned long long)x->count[0], (unsigned long long)x->count[1],
                (unsigned long long)x->count[2]);
    return code;
}

static int export_run(cli_app *cli, const cli_args *args)
{
    const char *path = args->word_count > 0 ? args->word[0] : "-";
    exporter x = {.cli = cli, .out = cli->out, .with_contact = cli_has(args, "with-contact")};
    bool file = strcmp(path, "-") != 0;
    int code = CLI_DONE;

    if (file && access(path, F_OK) == 0 && !cli_has(args, "force"))
        return cli_tell(cli, CLI_REFUSED, path, "is there already; --force replaces it");
    if ((code = cli_connect(cli)) == CLI_DONE)
        code = file ? write_file(&x, path) : write_all(&x);
    sk_buf_done(&x.after);
    sk_buf_done(&x.json);
    return code;
}

static const cli_flag export_flags[] = {
    {"with-contact", NULL, "contact details too; keep the file as safe as the engine"},
    {"force", NULL, "replace FILE when it is there"},
};
static const cli_command export_commands[] = {
    {NULL, "[FILE] [--with-contact] [--force]",
     "everything that import reads back, one JSON object a line",
     "Parties, then listings, then connectors, on standard output or in FILE (mode 0600).\n"
     "Example: schakel export wilgenmeer.ndjson\n",
     CLI_FLAGS(export_flags), 0, 1, export_run},
};
const cli_group export_group = {"export", "everything that import reads back", "", export_commands,
                                CLI_COUNT(export_commands)};
