/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

#include "../c/src/fields.h"
#include "codec/codec.h"

/* schakel area: where.
 *
 * A municipality's areas are far larger than one request may be, so an import goes in pages:
 * `begin` drops what was staged before, `commit` puts all staged areas in the place of the old
 * ones. A page that is refused leaves the areas in use as they are. */

#define PAGE_BYTES (200 * 1024)
#define FILE_BYTES ((size_t)1024 * 1024 * 1024)
#define OP_PUT_AREAS 70

/* ---- Import ---- */

static void say_progress(const cli_app *cli, size_t done, size_t count)
{
    if (cli->terminal)
        fprintf(cli->err, "\rareas: %zu of %zu%s", done, count, done == count ? "\n" : "");
}

static int send_page(cli_app *cli, sk_buf *page, bool begin, bool commit)
{
    sk_buf op = {0}, request = {0};
    void *answer = NULL;
    size_t size = 0;
    int code = CLI_DONE;

    if (begin)
        field_put_number(&op, 1, 1);
    sk_buf_str(&op, sk_buf_view(page));
    if (commit)
        field_put_number(&op, 3, 1);
    field_put_bytes(&request, OP_PUT_AREAS, sk_buf_view(&op));
    request.failed |= page->failed || op.failed;
    code = cli_ask_bytes(cli, &request, &answer, &size);
    if (code == CLI_DONE && commit && cli->json) {
        char *json = NULL;

        if (schakel_decode("Response", answer, size, &json, NULL) == SK_OK)
            fprintf(cli->out, "%s\n", json);
        schakel_free(json);
    }
    if (code == CLI_DONE)
        schakel_free(answer);
    sk_buf_reset(page);
    sk_buf_done(&op);
    sk_buf_done(&request);
    return code;
}

static int send_areas(cli_app *cli, const sk_area *areas, size_t count)
{
    sk_buf page = {0}, area = {0};
    bool begun = false;
    int code = CLI_DONE;

    for (size_t i = 0; i < count && code == CLI_DONE; i++) {
        sk_buf_reset(&area);
        sk_encode_area(&areas[i], &area);
        page.failed |= area.failed;
        if (area.size > PAGE_BYTES) {
            code = cli_tell(cli, CLI_REFUSED, cli_text(cli, "%.*s", SK_STR_ARG(areas[i].code)),
                            "has too many corners to send; simplify its border");
            break;
        }
        if (page.size + area.size + FIELD_OVERHEAD > PAGE_BYTES) {
            code = send_page(cli, &page, !begun, false);
            begun = true;
            say_progress(cli, i, count);
        }
        field_put_bytes(&page, 2, sk_buf_view(&area));
    }
    if (code == CLI_DONE)
        code = send_page(cli, &page, !begun, true);
    if (code == CLI_DONE)
        say_progress(cli, count, count);
    sk_buf_done(&page);
    sk_buf_done(&area);
    return code;
}

static int area_import(cli_app *cli, const cli_args *args)
{
    const sk_area *areas = NULL;
    size_t count = 0;
    sk_buf text = {0};
    sk_error err = {0};
    int code = word_file(cli, args->word[0], FILE_BYTES, &text);

    if (code == CLI_DONE &&
        sk_geojson_areas(sk_buf_view(&text), cli->arena, &areas, &count, &err) != SK_OK)
        code = cli_tell_error(cli, &err);
    if (code == CLI_DONE && count == 0)
        code = cli_tell(cli, CLI_REFUSED, args->word[0], "holds no areas");
    if (code == CLI_DONE)
        code = send_areas(cli, areas, count);
    if (code == CLI_DONE && !cli->json)
        fprintf(cli->out, "%zu areas imported\n", count);
    sk_buf_done(&text);
    return code;
}

/* ---- List and find ---- */

static void print_areas(cli_app *cli, const json_t *items)
{
    json_t *a = NULL;
    size_t i = 0;
    table t;

    table_init(cli, &t, "buurt|name|wijk|wijk name|gemeente|>year");
    json_array_foreach((json_t *)items, i, a)
    {
        long long year = (long long)reply_integer(a, "year");

        table_add(&t, reply_text(a, "code"));
        table_add(&t, cli_clean(cli, reply_text(a, "name")));
        table_add(&t, reply_text(a, "wijk"));
        table_add(&t, cli_clean(cli, reply_text(a, "wijkName")));
        table_add(&t, reply_text(a, "gemeente"));
        table_add(&t, year ? cli_text(cli, "%lld", year) : "");
    }
    table_print(&t, cli->out, NULL);
    table_done(&t);
}

static int area_list(cli_app *cli, const cli_args *args)
{
    json_t *op = json_object(), *answer = NULL;
    int code = word_set_count(cli, args, "limit", UINT32_MAX, op, "limit");

    word_set(args, "after", op, "after");
    if (cli_has(args, "with-polygons"))
        json_object_set_new(op, "withPolygons", json_true());
    if (code == CLI_DONE)
        code = cli_ask(cli, json_pack("{s:O}", "listAreas", op), &answer);
    if (code == CLI_DONE && !cli->json) {
        const json_t *page = json_object_get(answer, "areas");

        if (json_array_size(json_object_get(page, "items")) == 0)
            fputs("No areas; see schakel area import --help.\n", cli->out);
        else
            print_areas(cli, json_object_get(page, "items"));
        if (*reply_text(page, "next"))
            fprintf(cli->out, "There are more: --after %s\n", reply_text(page, "next"));
    }
    json_decref(op);
    json_decref(answer);
    return code;
}

static void print_found(cli_app *cli, const json_t *found)
{
    const json_t *point = json_object_get(found, "point"), *rd = json_object_get(found, "rd");

    if (!*reply_text(found, "buurt"))
        fputs("Outside all areas.\n", cli->out);
    print_pair(cli, "buurt", reply_text(found, "buurt"));
    print_pair(cli, "name", reply_text(found, "buurtName"));
    print_pair(cli, "wijk", reply_text(found, "wijk"));
    print_pair(cli, "gemeente", reply_text(found, "gemeente"));
    if (point)
        print_pair(
            cli, "lat,lon",
            cli_text(cli, "%.6f,%.6f", reply_number(point, "lat"), reply_number(point, "lon")));
    if (rd)
        print_pair(cli, "RD x y",
                   cli_text(cli, "%.1f %.1f", reply_number(rd, "xM"), reply_number(rd, "yM")));
}

static int area_find(cli_app *cli, const cli_args *args)
{
    const char *first = args->word_count > 0 ? args->word[0] : "", *comma = strchr(first, ',');
    bool rd = cli_has(args, "rd");
    double a = 0, b = 0;
    json_t *answer = NULL;
    int code = CLI_DONE;

    if (args->word_count == 2 && !comma) {
        if ((code = word_number(cli, rd ? "X" : "LAT", first, &a)) ||
            (code = word_number(cli, rd ? "Y" : "LON", args->word[1], &b)))
            return code;
    } else if (args->word_count == 1 && comma) {
        first = cli_text(cli, "%.*s", (int)(comma - first), first);
        if ((code = word_number(cli, "first", first, &a)) ||
            (code = word_number(cli, "second", comma + 1, &b)))
            return code;
    } else {
        return cli_usage(cli, "give LAT LON, or --rd X Y");
    }
    code = cli_ask(cli,
                   rd ? json_pack("{s:{s:{s:f, s:f}}}", "findArea", "rd", "xM", a, "yM", b)
                      : json_pack("{s:{s:{s:f, s:f}}}", "findArea", "point", "lat", a, "lon", b),
                   &answer);
    if (code == CLI_DONE && !cli->json)
        print_found(cli, json_object_get(answer, "foundArea"));
    json_decref(answer);
    return code;
}

/* ---- The commands ---- */

static const cli_flag list_flags[] = {
    {"after", "CODE", "the page behind this code"},
    {"limit", "N", "areas of one page"},
    {"with-polygons", NULL, "with their borders (only seen with --json)"},
};
static const cli_flag find_flags[] = {{"rd", NULL, "X and Y in Rijksdriehoek metres"}};

static const cli_command area_commands[] = {
    {"import", "FILE", "replace all areas by those of a GeoJSON file",
     "A FeatureCollection of polygons with the properties code, naam, wijkcode, gemeentecode and\n"
     "perhaps wijknaam, gemeentenaam, jaar (CBS wijk- en buurtkaart). Replaced all at once.\n"
     "Example: schakel area import buurten2024.geojson\n",
     NULL, 0, 1, 1, area_import},
    {"list", "[--after CODE] [--limit N]", "the areas in use", "Example: schakel area list\n",
     CLI_FLAGS(list_flags), 0, 0, area_list},
    {"find", "LAT LON | --rd X Y", "in which buurt a point lies",
     "Examples:\n  schakel area find 52.53 5.22\n  schakel area find --rd 155000 463000\n",
     CLI_FLAGS(find_flags), 1, 2, area_find},
};
const cli_group area_group = {"area", "buurten, wijken and gemeenten",
                              "Areas give listings their buurt and connectors their work.\n",
                              area_commands, CLI_COUNT(area_commands)};
