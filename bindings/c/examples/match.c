/* SPDX-License-Identifier: EUPL-1.2 */

/* Who could help, and why? Puts a party and a need, asks for matches, and prints the answer.
 *
 *     cc match.c $(pkg-config --cflags --libs schakel) -o match
 *     SCHAKEL_DATA_DIR=/var/lib/schakel ./match 52.5300 5.2200 vervoer.ziekenhuis */

#include <stdio.h>
#include <stdlib.h>

#include <schakel/client.h>

static int told(const char *what, sk_status st, const sk_error *err)
{
    if (st != SK_OK)
        fprintf(stderr, "%s: %s%s%s (%s)\n", what, err->field, err->field[0] ? ": " : "",
                err->message, schakel_status_name(st));
    return st != SK_OK;
}

static int ask(schakel_client *client, const char *what, const char *request)
{
    sk_error err = {0};
    char *answer = NULL;
    sk_status st = schakel_call_json(client, request, &answer, &err);

    if (answer)
        printf("%s: %s\n", what, answer);
    schakel_free(answer);
    return told(what, st, &err);
}

int main(int argc, char **argv)
{
    schakel_options options = {.size = sizeof(options), .timeout_ms = 5000};
    schakel_client *client = NULL;
    sk_error err = {0};
    char need[512], match[600];
    int failed = 0;

    if (argc != 4) {
        fprintf(stderr, "usage: %s LAT LON CATEGORY\n", argv[0]);
        return 2;
    }
    snprintf(need, sizeof(need),
             "{\"id\": \"example-need\", \"kind\": \"NEED\", \"partyId\": \"example-party\","
             " \"title\": \"Wie rijdt er mee?\", \"categories\": [\"%.64s\"],"
             " \"point\": {\"lat\": %.6f, \"lon\": %.6f}, \"withinM\": 5000}",
             argv[3], strtod(argv[1], NULL), strtod(argv[2], NULL));
    if (told("open", schakel_open(&options, &client, &err), &err))
        return 3;
    failed = ask(client, "party",
                 "{\"putParties\": {\"parties\": [{\"id\": \"example-party\","
                 " \"kind\": \"RESIDENT\"}]}}");
    snprintf(match, sizeof(match), "{\"putListings\": {\"listings\": [%s]}}", need);
    failed = failed || ask(client, "need", match);
    failed = failed || ask(client, "match",
                           "{\"match\": {\"queries\": [{\"listingId\": \"example-need\","
                           " \"limit\": 5}]}}");
    schakel_close(client);
    return failed;
}
