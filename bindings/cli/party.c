/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <unistd.h>

/* schakel party: residents, organisations and professionals. */

static void add_contact(const cli_args *args, json_t *party)
{
    static const char *const names[] = {"name", "phone", "email", "address", "note"};
    json_t *contact = json_object();

    for (size_t i = 0; i < CLI_COUNT(names); i++)
        word_set(args, names[i], contact, names[i]);
    if (json_object_size(contact) > 0)
        json_object_set(party, "contact", contact);
    json_decref(contact);
}

/* "vog:bureau:2026-01-05T00:00:00Z:2028-01-05T00:00:00Z" does not survive the colons of a time, so
 * the parts are separated by commas. */
static int add_certificates(cli_app *cli, const cli_args *args, json_t *party)
{
    static const char *const keys[] = {"type", "checkedBy", "checkedOn", "validUntil"};
    json_t *list = json_array();

    for (size_t i = 0; i < args->given_count; i++) {
        const char *at = args->given[i].value;
        json_t *certificate = NULL;
        size_t part = 0;

        if (strcmp(args->given[i].flag->name, "certificate") != 0)
            continue;
        certificate = json_object();
        for (; part < 4 && *at; part++) {
            size_t size = strcspn(at, ",");

            json_object_set_new(certificate, keys[part], json_stringn(at, size));
            at += size + (at[size] == ',');
        }
        json_array_append_new(list, certificate);
        if (part < 4 || *at) {
            json_decref(list);
            return cli_usage(cli, "--certificate: give TYPE,CHECKEDBY,CHECKEDON,VALIDUNTIL");
        }
    }
    if (json_array_size(list) > 0)
        json_object_set(party, "certificates", list);
    json_decref(list);
    return CLI_DONE;
}

static int party_put(cli_app *cli, const cli_args *args)
{
    const char *file = cli_get(args, "file");
    json_t *party = NULL, *receipt = NULL;
    int code = CLI_DONE;

    if (file && (code = word_json_file(cli, file, &party)) != CLI_DONE)
        return code;
    if (!party)
        party = json_object();
    if (args->word_count > 0)
        json_object_set_new(party, "id", json_string(args->word[0]));
    if (cli_get(args, "kind"))
        json_object_set_new(party, "kind", json_string(word_enum(cli, cli_get(args, "kind"))));
    if (!json_object_get(party, "kind")) {
        code = cli_usage(cli, "--kind is missing: resident, organisation or professional");
        goto out;
    }
    word_list(args, "lang", party, "languages");
    word_list(args, "block", party, "blocks");
    word_set(args, "represented-by", party, "representedBy");
    add_contact(args, party);
    if ((code = add_certificates(cli, args, party)) != CLI_DONE)
        goto out;
    code = cli_command_ask(cli, json_pack("{s:{s:[O]}}", "putParties", "parties", party), &receipt);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s  version %lld, %s\n", cli_clean(cli, reply_text(receipt, "id")),
                (long long)reply_integer(receipt, "version"),
                reply_true(receipt, "created") ? "new" : "replaced");
out:
    json_decref(party);
    json_decref(receipt);
    return code;
}

static void print_party(cli_app *cli, const json_t *p)
{
    const json_t *contact = json_object_get(p, "contact");
    json_t *item = NULL;
    size_t i = 0;

    print_pair(cli, "id", reply_text(p, "id"));
    print_pair(cli, "kind", reply_text(p, "kind"));
    print_pair(cli, "languages", reply_joined(cli, json_object_get(p, "languages")));
    json_array_foreach(json_object_get(p, "certificates"), i, item)
        print_pair(cli, "certificate",
                   cli_text(cli, "%s, checked by %s on %s, until %s", reply_text(item, "type"),
                            reply_text(item, "checkedBy"), reply_text(item, "checkedOn"),
                            reply_text(item, "validUntil")));
    print_pair(cli, "blocks", reply_joined(cli, json_object_get(p, "blocks")));
    print_pair(cli, "represented by", reply_text(p, "representedBy"));
    print_pair(cli, "name", reply_text(contact, "name"));
    print_pair(cli, "phone", reply_text(contact, "phone"));
    print_pair(cli, "email", reply_text(contact, "email"));
    print_pair(cli, "address", reply_text(contact, "address"));
    print_pair(cli, "note", reply_text(contact, "note"));
    print_pair(cli, "version", cli_text(cli, "%lld", (long long)reply_integer(p, "version")));
}

static int party_get(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    int code = cli_ask(cli,
                       json_pack("{s:{s:s, s:b}}", "getParty", "id", args->word[0], "withContact",
                                 cli_has(args, "with-contact")),
                       &answer);

    if (code == CLI_DONE && !cli->json)
        print_party(cli, json_object_get(json_object_get(answer, "party"), "party"));
    json_decref(answer);
    return code;
}

static int party_erase(cli_app *cli, const cli_args *args)
{
    int code = CLI_DONE;

    /* A script means what it says; a person at a terminal is asked to say it twice. */
    if (!cli_has(args, "yes") && fileno(cli->in) >= 0 && isatty(fileno(cli->in)))
        return cli_usage(cli, "erasing %s cannot be undone; add --yes when you are sure",
                         args->word[0]);
    code = cli_command_ask(cli, json_pack("{s:{s:s}}", "eraseParty", "id", args->word[0]), NULL);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s erased, with its listings and suggestions\n", args->word[0]);
    return code;
}

/* Always JSON: it is what a person gets who asks for their data. */
static int party_export(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    int code = cli_ask(cli, json_pack("{s:{s:s}}", "exportParty", "id", args->word[0]), &answer);

    if (code == CLI_DONE && !cli->json) {
        json_dumpf(json_object_get(answer, "partyExport"), cli->out, JSON_INDENT(2));
        fputc('\n', cli->out);
    }
    json_decref(answer);
    return code;
}

static const cli_flag put_flags[] = {
    {"kind", "KIND", "resident, organisation or professional"},
    {"lang", "CODE", "languages: nl, ar ..."},
    {"block", "ID", "never with this party; repeat for more"},
    {"represented-by", "ID", "a party that speaks for this one"},
    {"certificate", "T,BY,ON,UNTIL", "vog,balie,2026-01-05T00:00:00Z,2028-01-05T00:00:00Z"},
    {"name", "TEXT", "contact details, stored sealed"},
    {"phone", "TEXT", ""},
    {"email", "TEXT", ""},
    {"address", "TEXT", ""},
    {"note", "TEXT", ""},
    {"file", "FILE", "a party as JSON, - for standard input; flags go over it"},
};
static const cli_flag get_flags[] = {{"with-contact", NULL, "contact details too (audited)"}};
static const cli_flag erase_flags[] = {{"yes", NULL, "really; asked for at a terminal"}};

static const cli_command party_commands[] = {
    {"put", "[ID] --kind KIND ... | --file FILE", "make a party, or replace one",
     "A replaced party is replaced whole; only contact details stay when none are given.\n"
     "Example: schakel party put p1 --kind resident --lang nl,tr\n",
     CLI_FLAGS(put_flags), 0, 1, party_put},
    {"get", "ID [--with-contact]", "show one party", "Example: schakel party get p1\n",
     CLI_FLAGS(get_flags), 1, 1, party_get},
    {"erase", "ID [--yes]", "remove a party and all about it, for good",
     "Its listings and suggestions go too, and its key is destroyed.\n"
     "Example: schakel party erase p1 --yes\n",
     CLI_FLAGS(erase_flags), 1, 1, party_erase},
    {"export", "ID", "all that is known about a party, as JSON",
     "Example: schakel party export p1 > inzage.json\n", NULL, 0, 1, 1, party_export},
};
const cli_group party_group = {"party", "residents, organisations and professionals",
                               "A listing needs its party first.\n", party_commands,
                               CLI_COUNT(party_commands)};
