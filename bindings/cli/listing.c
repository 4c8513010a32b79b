/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include <math.h>
#include <stdlib.h>

/* schakel listing: what people ask and have. */

/* ---- Put ---- */

static int add_windows(cli_app *cli, const cli_args *args, json_t *listing)
{
    json_t *windows = json_array(), *window = NULL;
    int code = CLI_DONE;

    for (size_t i = 0; i < args->given_count && code == CLI_DONE; i++) {
        if (strcmp(args->given[i].flag->name, "when") != 0)
            continue;
        code = word_window(cli, "--when", args->given[i].value, &window);
        if (code == CLI_DONE)
            json_array_append_new(windows, window);
    }
    if (code == CLI_DONE && json_array_size(windows) > 0)
        json_object_set(listing, "availability", windows);
    json_decref(windows);
    return code;
}

/* A number or true and false are those; anything else is text. "name=:12" keeps 12 as text. */
static json_t *attribute_value(const char *text)
{
    char *end = NULL;
    double number = strtod(text, &end);

    if (text[0] == ':')
        return json_string(text + 1);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    return *text && *end == '\0' && isfinite(number) ? json_real(number) : json_string(text);
}

static int add_attributes(cli_app *cli, const cli_args *args, json_t *listing)
{
    json_t *attributes = json_object();
    int code = CLI_DONE;

    for (size_t i = 0; i < args->given_count && code == CLI_DONE; i++) {
        const char *text = args->given[i].value, *equals = NULL;

        if (strcmp(args->given[i].flag->name, "attr") != 0)
            continue;
        equals = strchr(text, '=');
        if (!equals || equals == text)
            code = cli_usage(cli, "--attr: \"%s\" is not NAME=VALUE", text);
        else
            json_object_set_new(attributes, cli_text(cli, "%.*s", (int)(equals - text), text),
                                attribute_value(equals + 1));
    }
    if (code == CLI_DONE && json_object_size(attributes) > 0)
        json_object_set(listing, "attributes", attributes);
    json_decref(attributes);
    return code;
}

static int add_numbers(cli_app *cli, const cli_args *args, json_t *listing)
{
    static const char *const names[][2] = {{"reach", "reachM"},
                                           {"within", "withinM"},
                                           {"duration", "durationMin"},
                                           {"capacity", "capacity"},
                                           {"urgency", "urgency"}};
    int code = CLI_DONE;

    for (size_t i = 0; i < CLI_COUNT(names) && code == CLI_DONE; i++)
        code = word_set_count(cli, args, names[i][0], UINT32_MAX, listing, names[i][1]);
    return code;
}

/* The flags over what a file gave, so that one file serves as a template. */
static int listing_from_flags(cli_app *cli, const cli_args *args, json_t *listing)
{
    const char *at = cli_get(args, "at");
    json_t *point = NULL;
    int code = CLI_DONE;

    word_set(args, "id", listing, "id");
    word_set(args, "party", listing, "partyId");
    word_set(args, "title", listing, "title");
    word_set(args, "description", listing, "description");
    word_set(args, "from", listing, "validFrom");
    word_set(args, "until", listing, "validUntil");
    if (cli_get(args, "kind"))
        json_object_set_new(listing, "kind", json_string(word_kind(cli, cli_get(args, "kind"))));
    if (cli_get(args, "status"))
        json_object_set_new(listing, "status",
                            json_string(word_enum(cli, cli_get(args, "status"))));
    word_list(args, "category", listing, "categories");
    word_list(args, "lang", listing, "languages");
    word_list(args, "requires", listing, "requires");
    word_list(args, "provides", listing, "provides");
    if (cli_has(args, "remote"))
        json_object_set_new(listing, "remote", json_true());
    if (at && (code = word_point(cli, "--at", at, &point)) != CLI_DONE)
        return code;
    if (point)
        json_object_set_new(listing, "point", point);
    if ((code = add_numbers(cli, args, listing)) != CLI_DONE ||
        (code = add_windows(cli, args, listing)) != CLI_DONE)
        return code;
    return add_attributes(cli, args, listing);
}

static int missing_flags(cli_app *cli, const json_t *listing)
{
    static const char *const needed[][2] = {
        {"kind", "kind"}, {"partyId", "party"}, {"title", "title"}, {"categories", "category"}};

    for (size_t i = 0; i < CLI_COUNT(needed); i++) {
        if (!json_object_get(listing, needed[i][0]))
            return cli_usage(cli, "--%s is missing (see schakel listing put --help)", needed[i][1]);
    }
    if (!json_object_get(listing, "point") && !json_object_get(listing, "remote"))
        return cli_usage(cli, "--at LAT,LON is missing (or --remote for what needs no place)");
    return CLI_DONE;
}

static void say_put(cli_app *cli, const json_t *receipt, const char *party)
{
    bool nobody = false;
    const char *id = cli_clean(cli, reply_text(receipt, "id"));
    int64_t count = reply_integer(receipt, "suggestionsCreated");

    fprintf(cli->out, "%s  version %lld, %s, %lld suggestion%s made\n", id,
            (long long)reply_integer(receipt, "version"),
            reply_true(receipt, "created") ? "new" : "replaced", (long long)count,
            count == 1 ? "" : "s");
    if (count == 0)
        nobody = say_why_none(cli, id, party);
    fprintf(cli->out, "Who fits, and why:        schakel match %s\n", id);
    if (count > 0)
        fprintf(cli->out, "What was suggested:       schakel suggestion list --listing %s\n", id);
    if (nobody)
        fprintf(cli->out, "What stood in the way:    schakel whynot %s\n", id);
}

/* --new-party KIND: make the party when it is not there yet; an existing one stays as it is. */
static int make_party(cli_app *cli, const cli_args *args, const json_t *listing)
{
    const char *kind = cli_get(args, "new-party"), *id = reply_text(listing, "partyId");
    json_t *found = NULL;
    bool json = cli->json;
    int code = CLI_DONE;

    if (!kind)
        return CLI_DONE;
    if ((code = cli_connect(cli)) != CLI_DONE)
        return code;
    found = cli_peek(cli, json_pack("{s:{s:s}}", "getParty", "id", id));
    if (!found) {
        /* One command, one answer on standard output: the listing's. */
        cli->json = false;
        code = cli_command_ask(cli,
                               json_pack("{s:{s:[{s:s, s:s}]}}", "putParties", "parties", "id", id,
                                         "kind", word_enum(cli, kind)),
                               NULL);
        cli->json = json;
    }
    json_decref(found);
    return code;
}

static int listing_put(cli_app *cli, const cli_args *args)
{
    const char *file = cli_get(args, "file");
    json_t *listing = NULL, *receipt = NULL;
    int code = CLI_DONE;

    if (file && (code = word_json_file(cli, file, &listing)) != CLI_DONE)
        return code;
    if (!listing)
        listing = json_object();
    if ((code = listing_from_flags(cli, args, listing)) != CLI_DONE ||
        (!file && (code = missing_flags(cli, listing)) != CLI_DONE) ||
        (code = make_party(cli, args, listing)) != CLI_DONE)
        goto out;
    code = cli_command_ask(cli, json_pack("{s:{s:[O]}}", "putListings", "listings", listing),
                           &receipt);
    if (code == CLI_DONE && !cli->json)
        say_put(cli, receipt, reply_text(listing, "partyId"));
    if (code == CLI_REFUSED)
        hint_categories(cli, json_object_get(listing, "categories"));
out:
    json_decref(listing);
    json_decref(receipt);
    return code;
}

/* ---- Get and list ---- */

static void print_window(cli_app *cli, const json_t *window)
{
    const char *days = reply_joined(cli, json_object_get(window, "days"));

    if (*days)
        print_pair(
            cli, "when",
            cli_text(cli, "%s %s-%s", days, reply_text(window, "from"), reply_text(window, "to")));
    else
        print_pair(cli, "when",
                   cli_text(cli, "%s to %s %s", reply_text(window, "start"),
                            reply_text(window, "end"), reply_text(window, "rrule")));
}

static void print_metres(cli_app *cli, const json_t *listing, const char *key, const char *name)
{
    if (reply_integer(listing, key) > 0)
        print_pair(cli, name, cli_text(cli, "%lld m", (long long)reply_integer(listing, key)));
}

static void print_listing(cli_app *cli, const json_t *l)
{
    const json_t *point = json_object_get(l, "point");
    json_t *window = NULL;
    size_t i = 0;

    print_pair(cli, "id", reply_text(l, "id"));
    print_pair(cli, "kind", reply_text(l, "kind"));
    print_pair(cli, "title", reply_text(l, "title"));
    print_pair(cli, "description", reply_text(l, "description"));
    print_pair(cli, "party", reply_text(l, "partyId"));
    print_pair(cli, "categories", reply_joined(cli, json_object_get(l, "categories")));
    if (point)
        print_pair(
            cli, "at",
            cli_text(cli, "%.6g,%.6g", reply_number(point, "lat"), reply_number(point, "lon")));
    print_pair(cli, "remote", reply_true(l, "remote") ? "yes" : "");
    print_metres(cli, l, "reachM", "reach");
    print_metres(cli, l, "withinM", "within");
    json_array_foreach(json_object_get(l, "availability"), i, window) print_window(cli, window);
    if (reply_integer(l, "durationMin") > 0)
        print_pair(cli, "duration",
                   cli_text(cli, "%lld min", (long long)reply_integer(l, "durationMin")));
    print_pair(cli, "languages", reply_joined(cli, json_object_get(l, "languages")));
    print_pair(cli, "requires", reply_joined(cli, json_object_get(l, "requires")));
    print_pair(cli, "provides", reply_joined(cli, json_object_get(l, "provides")));
    print_pair(cli, "urgency", cli_text(cli, "%lld", (long long)reply_integer(l, "urgency")));
    print_pair(cli, "capacity", cli_text(cli, "%lld", (long long)reply_integer(l, "capacity")));
    print_pair(cli, "status", reply_text(l, "status"));
    if (*reply_text(l, "relaxedUntil"))
        print_pair(cli, "relaxed",
                   cli_text(cli, "%s until %s", reply_joined(cli, json_object_get(l, "relaxed")),
                            reply_text(l, "relaxedUntil")));
    print_pair(cli, "valid",
               cli_text(cli, "%s to %s", reply_text(l, "validFrom"), reply_text(l, "validUntil")));
    print_pair(cli, "buurt", reply_text(l, "buurt"));
    print_pair(cli, "version", cli_text(cli, "%lld", (long long)reply_integer(l, "version")));
}

static int listing_get(cli_app *cli, const cli_args *args)
{
    json_t *answer = NULL;
    int code = cli_ask(cli, json_pack("{s:{s:s}}", "getListing", "id", args->word[0]), &answer);

    if (code == CLI_DONE && !cli->json)
        print_listing(cli, json_object_get(answer, "listing"));
    json_decref(answer);
    return code;
}

static void print_listings(cli_app *cli, const json_t *items)
{
    json_t *l = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, "id|kind|status|title|category|buurt|party");
    json_array_foreach((json_t *)items, i, l)
    {
        table_add(&t, cli_clean(cli, reply_text(l, "id")));
        table_add(&t, reply_text(l, "kind"));
        table_add(&t, reply_text(l, "status"));
        table_add(&t, cli_clean(cli, reply_text(l, "title")));
        table_add(&t, reply_joined(cli, json_object_get(l, "categories")));
        table_add(&t, reply_text(l, "buurt"));
        table_add(&t, reply_text(l, "partyId"));
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static int listing_list(cli_app *cli, const cli_args *args)
{
    json_t *op = json_object(), *answer = NULL;
    int code = word_set_count(cli, args, "limit", 256, op, "limit");

    if (cli_get(args, "kind"))
        json_object_set_new(op, "kind", json_string(word_kind(cli, cli_get(args, "kind"))));
    if (cli_get(args, "status"))
        json_object_set_new(op, "status", json_string(word_enum(cli, cli_get(args, "status"))));
    word_set(args, "party", op, "partyId");
    word_set(args, "category", op, "category");
    word_set(args, "area", op, "area");
    word_set(args, "after", op, "after");
    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:O}", "listListings", op), &answer);
    if (code == CLI_DONE && !cli->json) {
        const json_t *page = json_object_get(answer, "listings");

        if (json_array_size(json_object_get(page, "items")) == 0)
            fputs("No listings.\n", cli->out);
        else
            print_listings(cli, json_object_get(page, "items"));
        if (*reply_text(page, "next"))
            fprintf(cli->out, "There are more: --after %s\n", reply_text(page, "next"));
    }
    json_decref(op);
    json_decref(answer);
    return code;
}

/* ---- Status ---- */

static int say_status(cli_app *cli, json_t *request, const char *id, const char *what)
{
    int code = cli_command_ask(cli, request, NULL);

    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%s %s\n", id, what);
    return code;
}

static int set_status(cli_app *cli, const cli_args *args, const char *status, const char *what)
{
    return say_status(
        cli, json_pack("{s:{s:s, s:s}}", "setListingStatus", "id", args->word[0], "status", status),
        args->word[0], what);
}

static int listing_withdraw(cli_app *cli, const cli_args *args)
{
    json_t *op = json_pack("{s:s}", "id", args->word[0]);

    word_set(args, "reason", op, "reason");
    return say_status(cli, json_pack("{s:o}", "withdrawListing", op), args->word[0], "withdrawn");
}

static int listing_pause(cli_app *cli, const cli_args *args)
{
    return set_status(cli, args, "PAUSED", "paused");
}

static int listing_reopen(cli_app *cli, const cli_args *args)
{
    return set_status(cli, args, "OPEN", "open");
}

static int listing_fulfil(cli_app *cli, const cli_args *args)
{
    return set_status(cli, args, "FULFILLED", "fulfilled");
}

/* ---- Relaxing ---- */

static const char *const relaxable[] = {"distance", "language", "category", "threshold"};

static int constraints_of(cli_app *cli, const cli_args *args, json_t *out)
{
    bool all = cli_has(args, "all"), off = cli_has(args, "off");

    for (size_t i = 0; i < CLI_COUNT(relaxable); i++) {
        if (cli_has(args, relaxable[i]))
            json_array_append_new(out, json_string(relaxable[i]));
    }
    if ((json_array_size(out) > 0) + all + off != 1)
        return cli_usage(cli, "give some of --distance --language --category --threshold, or "
                              "--all, or --off");
    return CLI_DONE;
}

/* All that the rule set's steps have for this listing: what why-not says that a case would open,
 * and what its case has already. */
static int all_constraints(cli_app *cli, const char *id, json_t *out)
{
    json_t *why = cli_peek(cli, json_pack("{s:{s:s}}", "whyNot", "listingId", id));
    json_t *got = cli_peek(cli, json_pack("{s:{s:s}}", "getListing", "id", id));
    json_t *opening = NULL, *word = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(json_object_get(got, "listing"), "relaxed"), i, word)
        json_array_append(out, word);
    json_array_foreach(json_object_get(json_object_get(why, "whyNot"), "opens"), i, opening)
    {
        if (!json_object_get(opening, "from"))
            json_array_extend(out, json_object_get(opening, "constraints"));
    }
    json_decref(why);
    json_decref(got);
    return json_array_size(out) > 0
               ? CLI_DONE
               : cli_tell(cli, CLI_REFUSED, "", "the rule set relaxes nothing more for this one");
}

/** --all looks at the listing first, so what is no need at all is said here. */
static int must_ask_for(cli_app *cli, const char *id)
{
    int code = cli_connect(cli);
    json_t *got = NULL;
    const char *kind = "";

    if (code != CLI_DONE)
        return code;
    got = cli_peek(cli, json_pack("{s:{s:s}}", "getListing", "id", id));
    kind = reply_text(json_object_get(got, "listing"), "kind");
    if (!*kind)
        code = cli_tell(cli, CLI_REFUSED, id, "there is no such listing");
    else if (strcmp(kind, "NEED") != 0 && strcmp(kind, "INITIATIVE") != 0)
        code = cli_tell(cli, CLI_REFUSED, id, "only a need or an initiative can be relaxed");
    json_decref(got);
    return code;
}

static int listing_relax(cli_app *cli, const cli_args *args)
{
    const char *id = args->word[0];
    json_t *constraints = json_array(), *op = NULL, *receipt = NULL;
    int code = constraints_of(cli, args, constraints);

    if (code == CLI_DONE && cli_has(args, "all") && (code = must_ask_for(cli, id)) == CLI_DONE)
        code = all_constraints(cli, id, constraints);
    if (code != CLI_DONE)
        goto out;
    op = json_pack("{s:s, s:O}", "listingId", id, "constraints", constraints);
    word_set(args, "until", op, "until");
    code = cli_command_ask(cli, json_pack("{s:o}", "relaxCase", op), &receipt);
    if (code != CLI_DONE || cli->json)
        goto out;
    if (cli_has(args, "off")) {
        fprintf(cli->out, "%s as usual again\n", id);
    } else {
        int64_t count = reply_integer(receipt, "suggestionsCreated");

        fprintf(cli->out, "%s relaxed: %s; %lld suggestion%s made\n", id,
                reply_joined(cli, constraints), (long long)count, count == 1 ? "" : "s");
    }
out:
    json_decref(constraints);
    json_decref(receipt);
    return code;
}

/* ---- The commands ---- */

static const cli_flag put_flags[] = {
    {"kind", "KIND", "need, initiative, offer, skill, place or activity"},
    {"party", "ID", "whose it is"},
    {"new-party", "KIND", "make that party when it is not there: resident, organisation ..."},
    {"title", "TEXT", "at most 200 characters"},
    {"description", "TEXT", "at most 4,000 characters"},
    {"category", "CODE", "what it is about; more with commas or by repeating"},
    {"at", "LAT,LON", "where, WGS84 degrees"},
    {"reach", "M", "how far this party travels (0: others come here)"},
    {"within", "M", "how near the other must be (0: no bound)"},
    {"remote", NULL, "can be done by telephone or online"},
    {"when", "WINDOW",
     "\"MO,TH 14:00-16:00\", \"ma-vr 9-12\", \"daily 19-21\",\n"
     "                           \"2026-03-05 14:00-16:00\"; repeat for more"},
    {"duration", "MIN", "how long one meeting takes"},
    {"from", "TIME", "valid from, such as 2026-03-01T00:00:00Z (now)"},
    {"until", "TIME", "valid until (90 days)"},
    {"lang", "CODE", "languages: nl, ar ..."},
    {"requires", "TRAIT", "what the other must have: vog, rijbewijs-b ..."},
    {"provides", "TRAIT", "what this one has"},
    {"capacity", "N", "how many pairs at once (1)"},
    {"urgency", "N", "0 to 3"},
    {"attr", "NAME=VALUE", "a field of the municipality's own"},
    {"status", "STATUS", "open (default) or paused"},
    {"id", "ID", "your own id; an existing one is replaced"},
    {"file", "FILE", "a listing as JSON, - for standard input; flags go over it"},
};
static const cli_flag list_flags[] = {
    {"kind", "KIND", "only this kind"},
    {"status", "STATUS", "open, paused, fulfilled, withdrawn or expired"},
    {"party", "ID", "only of this party"},
    {"category", "CODE", "this code and all under it"},
    {"area", "CODE", "buurt, wijk or gemeente"},
    {"after", "ID", "the page behind this id"},
    {"limit", "N", "at most 256 (50)"},
};
static const cli_flag relax_flags[] = {
    {"distance", NULL, "farther away"},
    {"language", NULL, "without a common language"},
    {"category", NULL, "less alike"},
    {"threshold", NULL, "a lower score"},
    {"all", NULL, "all that the rule set has steps for"},
    {"until", "TIME", "how long (as long as the listing is valid)"},
    {"off", NULL, "as usual again"},
};
static const cli_flag withdraw_flags[] = {
    {"reason", "WORD", "why, in a word of a-z 0-9 - . such as opgelost"}};

static const cli_command listing_commands[] = {
    {"put", "--kind KIND --party ID --title TEXT --category CODE --at LAT,LON ... | --file FILE",
     "make a listing, or replace one",
     "Example: somebody needs a lift to the hospital on Monday and Thursday afternoon.\n\n"
     "  schakel listing put --kind need --party p1 --title \"Rit naar het ziekenhuis\" \\\n"
     "      --category vervoer.ziekenhuis --at 52.53,5.22 --within 5000 \\\n"
     "      --when \"MO,TH 14:00-16:00\" --lang nl --requires rijbewijs-b --urgency 2\n",
     CLI_FLAGS(put_flags), 0, 0, listing_put},
    {"get", "ID", "show one listing", "Example: schakel listing get n-12\n", NULL, 0, 1, 1,
     listing_get},
    {"list", "[--kind KIND] [--status STATUS] [--category CODE] [--area CODE] ...",
     "show listings, by id",
     "Example: open needs about transport in one buurt\n\n"
     "  schakel listing list --kind need --status open --category vervoer --area BU99010201\n",
     CLI_FLAGS(list_flags), 0, 0, listing_list},
    {"withdraw", "ID [--reason WORD]", "take a listing away; its open suggestions end",
     "Example: schakel listing withdraw n-12 --reason niet-meer-nodig\n", CLI_FLAGS(withdraw_flags),
     1, 1, listing_withdraw},
    {"pause", "ID", "no suggestions for a while", "Example: schakel listing pause o-7\n", NULL, 0,
     1, 1, listing_pause},
    {"reopen", "ID", "open a paused or fulfilled listing again",
     "Example: schakel listing reopen o-7\n", NULL, 0, 1, 1, listing_reopen},
    {"relax", "ID [--distance --language --category --threshold | --all] [--until TIME] | --off",
     "allow one listing that asks what the rules give those that wait",
     "The `relax` steps of the rule set say how much; schakel whynot says what it would open.\n"
     "Example: schakel listing relax n-12 --distance --until 2026-03-20T00:00:00Z\n",
     CLI_FLAGS(relax_flags), 1, 1, listing_relax},
    {"fulfil", "ID", "it has been solved", "Example: schakel listing fulfil n-12\n", NULL, 0, 1, 1,
     listing_fulfil},
};
const cli_group listing_group = {
    "listing", "what people ask and have: needs, offers, skills, places",
    "A listing belongs to a party. See the categories with schakel taxonomy export.\n",
    listing_commands, CLI_COUNT(listing_commands)};
