/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/engine.h"

#include "measure.h"
#include "national.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* A dry run over national data, in process: bench_dry_run [listings ...]. A rule set of expressions
 * that ranks by distance more than the standard one does. Prints TSV: name, n, value, unit. */

static const sk_actor admin = {.token_id = {"bench", 5}, .role = SK_ROLE_ADMIN};

static const char tried[] = "return ruleset { name = \"proef\", based_on = \"standaard\",\n"
                            "  policy = [[Wie dichtbij woont, gaat voor.]],\n"
                            "  term { \"nabij\", weight = 6, expr = \"decay(distance_m, 900)\" },\n"
                            "  term { \"dringend\", weight = 1, expr = \"need.urgency / 3\" },\n"
                            "  threshold = 0.5 }\n";

/* ---- The data ---- */

static void put(sk_engine *engine, nation *n, size_t number)
{
    sk_call call = {.actor = &admin};
    sk_party party = {.kind = SK_PARTY_RESIDENT};
    sk_receipt receipt;
    sk_error err = {0};
    nation_listing m;
    char id[40];

    snprintf(id, sizeof id, "p%zu", number / 2);
    party.id = sk_str_from(id);
    if (number % 2 == 0)
        must(sk_engine_put_party(engine, &call, &party, &receipt, &err), &err);
    nation_listing_make(n, number, &m);
    m.listing.title = SK_STR("Wie kan mij helpen met iets kleins in de buurt?");
    must(sk_engine_put_listing(engine, &call, &m.listing, &receipt, &err), &err);
}

static sk_engine *fill(const char *folder, size_t listings)
{
    sk_engine_options options = {.size = sizeof options,
                                 .data_dir = folder,
                                 .clock = {.fixed = true, .fixed_ms = NATION_NOW_MS},
                                 .no_sync = true};
    sk_call call = {.actor = &admin};
    nation *n = nation_new();
    sk_engine *engine;
    sk_receipt receipt;
    sk_error err = {0};

    must(sk_engine_open(&options, &engine, &err), &err);
    must(sk_engine_put_taxonomy(engine, &call, n->categories, n->category_count, n->related,
                                n->related_count, &receipt, &err),
         &err);
    for (size_t i = 0; i < listings; i++)
        put(engine, n, i);
    nation_free(n);
    return engine;
}

/* ---- The run ---- */

static void watch(sk_engine *engine, sk_str id, size_t listings)
{
    sk_arena *arena = sk_arena_new(0);
    sk_dry_run run;
    sk_error err = {0};
    const char *phase = "";
    int64_t begin = sk_monotonic_ns();

    do {
        usleep(1000);
        sk_arena_reset(arena);
        must(sk_engine_get_dry_run(engine, &admin, id, arena, &run, &err), &err);
        if (run.phase != phase) {
            char name[40];

            snprintf(name, sizeof name, "dry_run.until_%s", run.phase);
            report(name, listings, (double)(sk_monotonic_ns() - begin) / 1e9, "s");
            phase = run.phase;
        }
    } while (run.state == SK_DRY_RUNNING);
    must(run.error.status, &run.error);
    report("dry_run.seconds", listings, (double)run.took_ms / 1e3, "s");
    report("dry_run.demands", listings, (double)run.report->total.listings, "listings");
    report("dry_run.before", listings, (double)run.report->total.before, "pairs");
    report("dry_run.after", listings, (double)run.report->total.after, "pairs");
    report("dry_run.appear", listings, (double)run.report->total.appear, "pairs");
    report("dry_run.vanish", listings, (double)run.report->total.vanish, "pairs");
    sk_arena_free(arena);
}

static void run(size_t listings)
{
    char folder[] = "/tmp/schakel-bench-XXXXXX";
    sk_engine *engine;
    sk_dry_ask ask = {.source = sk_str_from(tried)};
    sk_dry_run started;
    struct rusage usage;
    sk_error err = {0};
    char id[17];

    if (!mkdtemp(folder))
        exit(1);
    engine = fill(folder, listings);
    must(sk_engine_start_dry_run(engine, &admin, SK_STR(""), &ask, &started, &err), &err);
    snprintf(id, sizeof id, "%.*s", SK_STR_ARG(started.id));
    watch(engine, sk_str_from(id), listings);
    getrusage(RUSAGE_SELF, &usage);
    report("dry_run.memory_peak", listings, (double)usage.ru_maxrss / 1024, "MiB");
    sk_engine_close(engine);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    printf("name\tn\tvalue\tunit\n");
    for (int i = 1; i < argc; i++)
        run((size_t)strtoul(argv[i], NULL, 10));
    if (argc == 1)
        run(200000);
    return 0;
}
