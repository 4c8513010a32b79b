/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/engine.h"

#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Planning messages, in process: bench_notify [listings]. So many listings expire at one instant,
 * without and with a rule that tells of it: the difference is the price of planning. Then all are
 * taken and reported. Prints TSV: name, n, value, unit. */

#define NOW_MS INT64_C(1772445600000)

static const sk_actor admin = {.token_id = {"bench", 5}, .role = SK_ROLE_ADMIN};
static const sk_actor author = {.token_id = {"maker", 5}, .role = SK_ROLE_RULE_AUTHOR};
static const sk_category category = {{"klussen", 7}, {"Klussen", 7}, {"Jobs", 4}};
static const char *const rules[2] = {
    "return ruleset { name = \"stil\", based_on = \"standaard\", policy = [[Stil.]] }",
    "return ruleset { name = \"praat\", based_on = \"standaard\", policy = [[Praat.]],\n"
    "  notify { \"weg\", on = \"listing.expired\", to = \"need_party\", channel = \"mail\",\n"
    "    text = { nl = \"Verlopen: {need.title}.\" } } }"};

static void use_rules(sk_engine *engine, const char *source)
{
    sk_call by_author = {.actor = &author}, by_admin = {.actor = &admin};
    sk_receipt pushed, receipt;
    sk_error err = {0};
    sk_str hash;

    must(sk_engine_push_rules(engine, &by_author, sk_str_from(source), &pushed, &err), &err);
    hash = sk_str_from(pushed.id);
    must(sk_engine_approve_rules(engine, &by_admin, hash, &receipt, &err), &err);
    must(sk_engine_activate_rules(engine, &by_admin, hash, 0, &receipt, &err), &err);
}

static sk_engine *fill(const char *folder, size_t listings, const char *source)
{
    sk_engine_options options = {.size = sizeof options,
                                 .data_dir = folder,
                                 .clock = {.fixed = true, .fixed_ms = NOW_MS},
                                 .no_sync = true};
    sk_call call = {.actor = &admin};
    sk_engine *engine;
    sk_receipt receipt;
    sk_error err = {0};

    must(sk_engine_open(&options, &engine, &err), &err);
    must(sk_engine_put_taxonomy(engine, &call, &category, 1, NULL, 0, &receipt, &err), &err);
    use_rules(engine, source);
    for (size_t i = 0; i < listings; i++) {
        char id[40], owner[40];
        sk_listing need = {.kind = SK_KIND_NEED,
                           .title = SK_STR("Wie helpt mij met iets kleins?"),
                           .categories = {&category.code, 1},
                           .remote = true,
                           .valid_until_ms = NOW_MS + 30 * SK_MINUTE_MS};
        sk_party party = {.kind = SK_PARTY_ORGANISATION};

        snprintf(id, sizeof id, "n%zu", i);
        snprintf(owner, sizeof owner, "p%zu", i);
        need.id = sk_str_from(id);
        need.party_id = party.id = sk_str_from(owner);
        must(sk_engine_put_party(engine, &call, &party, &receipt, &err), &err);
        must(sk_engine_put_listing(engine, &call, &need, &receipt, &err), &err);
    }
    return engine;
}

/** Seconds that the expiry of all takes. */
static double expire(sk_engine *engine)
{
    sk_call call = {.actor = &admin};
    sk_receipt receipt;
    sk_error err = {0};
    int64_t start = sk_monotonic_ns();

    must(sk_engine_step_clock(engine, &call, NOW_MS + 30 * SK_MINUTE_MS, &receipt, &err), &err);
    must(sk_engine_tick(engine, &err), &err);
    return seconds_since(start);
}

static size_t send_all(sk_engine *engine)
{
    sk_take take = {.channel = SK_STR("mail"), .limit = 64};
    sk_call call = {.actor = &admin};
    sk_arena *arena = sk_arena_new(0);
    size_t all = 0, count;
    sk_error err = {0};

    do {
        const sk_delivery *items;
        sk_receipt receipt;
        int64_t next_ms;

        sk_arena_reset(arena);
        must(sk_engine_take_messages(engine, &admin, &take, arena, &items, &count, &next_ms, &err),
             &err);
        for (size_t i = 0; i < count; i++) {
            sk_report sent = {items[i].id, items[i].attempt, SK_OUTCOME_SENT, SK_STR("")};

            must(sk_engine_report_message(engine, &call, &sent, &receipt, &err), &err);
        }
        all += count;
    } while (count);
    sk_arena_free(arena);
    return all;
}

int main(int argc, char **argv)
{
    size_t listings = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    double took[2];

    for (int told = 0; told < 2; told++) {
        char folder[] = "/tmp/schakel-bench-XXXXXX";
        sk_engine *engine;

        if (!mkdtemp(folder))
            return 1;
        engine = fill(folder, listings, rules[told]);
        took[told] = expire(engine);
        report(told ? "expire_told" : "expire_silent", listings, took[told], "s");
        if (told) {
            int64_t start = sk_monotonic_ns();
            size_t sent = send_all(engine);

            report("take_and_report", sent, seconds_since(start), "s");
        }
        sk_engine_close(engine);
        remove_folder(folder);
    }
    report("plan", listings, took[1] - took[0], "s");
    return 0;
}
