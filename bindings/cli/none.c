/* SPDX-License-Identifier: EUPL-1.2 */
#include "cli.h"

/* Why a listing that was put got no suggestion. A round passes over a counterpart for one of four
 * reasons (docs/matching.md 5): it does not fit, it scores under the threshold, the pair was
 * suggested before, or a limit is reached. The first that holds for all is told. */

typedef struct tally {
    size_t fit, over, fresh; /**< Fitting; over the threshold; of those not suggested before. */
    size_t open;             /**< Open suggestions of a demand, or of the party of a supply. */
    int64_t best, threshold; /**< Millionths. */
    bool asks;               /**< The listing is a demand. */
    int64_t most_per_demand, most_per_supply;
} tally;

static bool is_suggested(const json_t *suggestions, const char *id, const char *other)
{
    json_t *s = NULL;
    size_t i = 0;

    json_array_foreach((json_t *)suggestions, i, s)
    {
        const char *demand = reply_text(s, "demandId"), *supply = reply_text(s, "supplyId");

        if ((strcmp(demand, id) == 0 && strcmp(supply, other) == 0) ||
            (strcmp(supply, id) == 0 && strcmp(demand, other) == 0))
            return true;
    }
    return false;
}

static void count_matches(const json_t *result, const json_t *suggestions, const char *id,
                          tally *out)
{
    json_t *match = NULL;
    size_t i = 0;

    out->threshold = reply_integer(result, "threshold");
    json_array_foreach(json_object_get(result, "matches"), i, match)
    {
        const char *kind = reply_text(match, "kind");
        int64_t score = reply_integer(match, "score");

        out->asks = strcmp(kind, "NEED") != 0 && strcmp(kind, "INITIATIVE") != 0;
        out->fit++;
        out->best = score > out->best ? score : out->best;
        out->over += score >= out->threshold;
        out->fresh += score >= out->threshold &&
                      !is_suggested(suggestions, id, reply_text(match, "listingId"));
    }
}

/* What the listing's own limit looks at: for a supply listing all that its party offers. */
static size_t count_open(const json_t *suggestions, const char *key, const char *id)
{
    size_t i = 0, count = 0;
    json_t *s = NULL;

    json_array_foreach((json_t *)suggestions, i, s)
    {
        const char *state = reply_text(s, "state");

        count += (strcmp(state, "PROPOSED") == 0 || strcmp(state, "PARKED") == 0) &&
                 strcmp(reply_text(s, key), id) == 0;
    }
    return count;
}

static void say_tally(cli_app *cli, const tally *t, const char *id, const char *party)
{
    if (t->fit == 0)
        fputs("Nobody fits now.\n", cli->out);
    else if (t->over == 0)
        fprintf(cli->out,
                "%zu fit%s, but none well enough: the best scores %s, the rules ask %s.\n", t->fit,
                t->fit == 1 ? "s" : "", decimal(cli, "%.3f", (double)t->best / 1e6),
                decimal(cli, "%.3f", (double)t->threshold / 1e6));
    else if (t->fresh == 0)
        fprintf(cli->out, "Whoever fits well enough (%zu) was suggested before.\n", t->over);
    else if ((int64_t)t->open >= (t->asks ? t->most_per_demand : t->most_per_supply))
        fprintf(cli->out,
                "%s has %zu open suggestion%s, as many as the rules allow. Decide about those "
                "first:\n                          schakel suggestion list --%s %s\n",
                t->asks ? "It" : "This party", t->open, t->open == 1 ? "" : "s",
                t->asks ? "listing" : "party", t->asks ? id : party);
    else
        fprintf(cli->out,
                "%zu fit%s well enough, but ha%s as many open suggestions as the rules allow"
                " (%lld).\n",
                t->fresh, t->fresh == 1 ? "s" : "", t->fresh == 1 ? "s" : "ve",
                (long long)(t->asks ? t->most_per_supply : t->most_per_demand));
}

static json_t *ask_match(cli_app *cli, const char *id)
{
    return cli_peek(
        cli, json_pack("{s:{s:[{s:s, s:i}]}}", "match", "queries", "listingId", id, "limit", 100));
}

/* `key`: listingId or partyId. */
static json_t *ask_suggestions(cli_app *cli, const char *key, const char *id)
{
    static const char *const states[] = {"PROPOSED",  "ACCEPTED",   "REJECTED",  "PARKED",
                                         "EXPIRED",   "INTRODUCED", "CONNECTED", "DECLINED",
                                         "COMPLETED", "ENDED"};
    json_t *list = json_array();

    for (size_t i = 0; i < CLI_COUNT(states); i++)
        json_array_append_new(list, json_string(states[i]));
    return cli_peek(cli, json_pack("{s:{s:s, s:o, s:i}}", "listSuggestions", key, id, "states",
                                   list, "limit", 256));
}

static const json_t *suggestions_of(const json_t *answer)
{
    return json_object_get(json_object_get(answer, "suggestions"), "items");
}

bool say_why_none(cli_app *cli, const char *id, const char *party)
{
    json_t *match = ask_match(cli, id), *made = ask_suggestions(cli, "listingId", id);
    json_t *of_party = *party ? ask_suggestions(cli, "partyId", party) : NULL;
    json_t *status = cli_peek(cli, json_pack("{s:{}}", "getStatus"));
    const json_t *result =
        json_array_get(json_object_get(json_object_get(match, "matches"), "results"), 0);
    const json_t *engine = json_object_get(status, "engineStatus");
    const char *reason = reply_text(result, "reason");
    tally t = {.most_per_demand = reply_integer(engine, "maxOpenPerDemand"),
               .most_per_supply = reply_integer(engine, "maxOpenPerSupply")};

    if (!result || !made || !engine) {
        fputs("Nobody new to suggest.\n", cli->out);
    } else if (*reason && strcmp(reason, "no match") != 0) {
        fprintf(cli->out, "Nothing is suggested for it: the listing is %s.\n",
                cli_clean(cli, reason));
    } else {
        count_matches(result, suggestions_of(made), id, &t);
        t.open = t.asks ? count_open(suggestions_of(made), "demandId", id)
                        : count_open(suggestions_of(of_party), "supplyPartyId", party);
        say_tally(cli, &t, id, party);
    }
    json_decref(of_party);
    json_decref(match);
    json_decref(made);
    json_decref(status);
    return t.fit == 0;
}
