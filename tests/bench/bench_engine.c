/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/engine.h"

#include "measure.h"
#include "national.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The engine in process over national data: bench_engine [listings ...]. Imports with suggestion
 * rounds, durably (one sync per 256), asks, closes and opens again. Prints TSV: name, n, value,
 * unit. */

#define BATCH 256
#define QUESTIONS 4000

static const sk_actor admin = {.token_id = {"bench", 5}, .role = SK_ROLE_ADMIN};

static double resident_mib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long pages = 0, resident = 0;

    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576.0;
}

static sk_engine *open_engine(const char *folder)
{
    sk_engine_options options = {.size = sizeof options,
                                 .data_dir = folder,
                                 .clock = {.fixed = true, .fixed_ms = NATION_NOW_MS}};
    sk_engine *engine;
    sk_error err = {0};

    must(sk_engine_open(&options, &engine, &err), &err);
    return engine;
}

/* ---- Import ---- */

static void put_party(sk_engine *engine, size_t number)
{
    sk_call call = {.actor = &admin};
    sk_party party = {.kind = SK_PARTY_RESIDENT};
    sk_receipt receipt;
    sk_error err = {0};
    char id[40];

    snprintf(id, sizeof id, "p%zu", number);
    party.id = sk_str_from(id);
    must(sk_engine_put_party(engine, &call, &party, &receipt, &err), &err);
}

static void put_listing(sk_engine *engine, nation *n, size_t number)
{
    sk_call call = {.actor = &admin};
    sk_receipt receipt;
    sk_error err = {0};
    nation_listing m;

    nation_listing_make(n, number, &m);
    m.listing.title = SK_STR("Wie kan mij helpen met iets kleins in de buurt?");
    m.listing.description = SK_STR("Het gaat om een klein uur, liefst doordeweeks. Koffie staat "
                                   "klaar, en de hond is lief.");
    must(sk_engine_put_listing(engine, &call, &m.listing, &receipt, &err), &err);
}

static void import(sk_engine *engine, nation *n, size_t listings)
{
    sk_error err = {0};
    int64_t start = sk_monotonic_ns(), part = start;

    for (size_t i = 0; i < listings; i++) {
        if (i % 2 == 0)
            put_party(engine, i / 2);
        put_listing(engine, n, i);
        if (i % BATCH == BATCH - 1)
            must(sk_engine_sync(engine, &err), &err);
        if ((i + 1) % (listings / 5) == 0 && isatty(STDERR_FILENO)) {
            fprintf(stderr, "%zu listings, %.1f s for this fifth\n", i + 1, seconds_since(part));
            part = sk_monotonic_ns();
        }
    }
    must(sk_engine_sync(engine, &err), &err);
    report("import.seconds", listings, seconds_since(start), "s");
    report("import.rate", listings, (double)listings / seconds_since(start), "listings/s");
}

/* ---- Questions ---- */

static void ask(sk_engine *engine, nation *n, size_t listings)
{
    int64_t *took = malloc(QUESTIONS * sizeof *took);
    sk_arena *arena = sk_arena_new(0);
    sk_error err = {0};

    for (size_t i = 0; i < QUESTIONS; i++) {
        char id[40];
        sk_ask question = {.id = {id, 36}};
        sk_match_answer answer;
        int64_t start;

        sk_id_make(NATION_NOW_MS, nation_below(n, (uint32_t)listings), id);
        start = sk_monotonic_ns();
        must(sk_engine_match(engine, &admin, &question, arena, &answer, &err), &err);
        took[i] = sk_monotonic_ns() - start;
        sk_arena_reset(arena);
    }
    report("answer.median", listings, (double)percentile(took, QUESTIONS, 50) / 1e3, "us");
    report("answer.p99", listings, (double)percentile(took, QUESTIONS, 99) / 1e3, "us");
    sk_arena_free(arena);
    free(took);
}

/** Why-not looks at the whole other side. */
static void ask_why_not(sk_engine *engine, nation *n, size_t listings)
{
    enum { TIMES = 21 };
    int64_t took[TIMES];
    sk_arena *arena = sk_arena_new(0);
    sk_error err = {0};

    for (size_t i = 0; i < TIMES; i++) {
        char id[40];
        sk_ask question = {.id = {id, 36}};
        sk_whynot_answer answer;
        int64_t start;

        sk_id_make(NATION_NOW_MS, nation_below(n, (uint32_t)listings), id);
        start = sk_monotonic_ns();
        must(sk_engine_whynot(engine, &admin, &question, arena, &answer, &err), &err);
        took[i] = sk_monotonic_ns() - start;
        sk_arena_reset(arena);
    }
    report("whynot.median", listings, (double)percentile(took, TIMES, 50) / 1e6, "ms");
    sk_arena_free(arena);
}

/** Everything open is tested again, and whoever still lacks suggestions gets a round. */
static void pass_midnight(sk_engine *engine, size_t listings)
{
    sk_call call = {.actor = &admin};
    sk_receipt receipt;
    sk_error err = {0};
    int64_t start = sk_monotonic_ns(), day = NATION_NOW_MS / SK_DAY_MS + 1;

    must(sk_engine_step_clock(engine, &call, day * SK_DAY_MS, &receipt, &err), &err);
    must(sk_engine_sync(engine, &err), &err);
    report("midnight.seconds", listings, seconds_since(start), "s");
}

/* ---- Rules ---- */

/** Withdraws some of what is open. */
static const char stricter[] =
    "return ruleset { name = \"dichtbij\", based_on = \"standaard\", policy = [[Dichtbij.]],\n"
    "  hard { \"dichtbij\", expr = \"distance_m < 1500\", why = \"woont te ver weg\" } }\n";

static void push_approved(sk_engine *engine, char out_hash[65])
{
    static const sk_actor second = {.token_id = {"second", 6}, .role = SK_ROLE_ADMIN};
    sk_call author = {.actor = &admin}, approver = {.actor = &second};
    sk_receipt receipt;
    sk_error err = {0};

    must(sk_engine_push_rules(engine, &author, sk_str_from(stricter), &receipt, &err), &err);
    memcpy(out_hash, receipt.id, 65);
    must(sk_engine_approve_rules(engine, &approver, sk_str_from(out_hash), &receipt, &err), &err);
}

/** What is left to do behind a change, piece by piece. */
static void finish_pieces(sk_engine *engine, size_t listings, const char *name)
{
    double longest = 0, all = 0;
    size_t pieces = 0;
    sk_error err = {0};

    for (; sk_engine_has_work(engine); pieces++) {
        int64_t start = sk_monotonic_ns();

        must(sk_engine_tick(engine, &err), &err);
        all += seconds_since(start);
        longest = seconds_since(start) > longest ? seconds_since(start) : longest;
    }
    must(sk_engine_sync(engine, &err), &err);
    fprintf(stderr, "%s: %zu pieces, %.3f s\n", name, pieces, all);
    report(name, listings, longest * 1e3, "ms");
}

static void activate(sk_engine *engine, size_t listings)
{
    sk_call call = {.actor = &admin};
    sk_engine_status status;
    sk_receipt receipt;
    sk_error err = {0};
    char hash[65];
    int64_t start;

    push_approved(engine, hash);
    must(sk_engine_get_status(engine, &admin, &status, &err), &err);
    report("rules.open", listings, (double)status.suggestions_open, "suggestions");
    start = sk_monotonic_ns();
    if (sk_engine_activate_rules(engine, &call, sk_str_from(hash), 1, &receipt, &err) != SK_ELIMIT)
        exit(1);
    fprintf(stderr, "%s\n", err.message);
    report("rules.refused", listings, seconds_since(start) * 1e3, "ms");
    start = sk_monotonic_ns();
    must(sk_engine_activate_rules(engine, &call, sk_str_from(hash), 100, &receipt, &err), &err);
    report("rules.activate", listings, seconds_since(start) * 1e3, "ms");
    finish_pieces(engine, listings, "rules.longest_piece");
    start = sk_monotonic_ns();
    must(sk_engine_rollback_rules(engine, &call, &receipt, &err), &err);
    report("rules.rollback", listings, seconds_since(start) * 1e3, "ms");
    finish_pieces(engine, listings, "rules.longest_piece_back");
}

static void taxonomy(sk_engine *engine, nation *n)
{
    sk_call call = {.actor = &admin};
    sk_receipt receipt;
    sk_error err = {0};

    must(sk_engine_put_taxonomy(engine, &call, n->categories, n->category_count, n->related,
                                n->related_count, &receipt, &err),
         &err);
}

static void run(size_t listings)
{
    char folder[] = "/tmp/schakel-bench-XXXXXX";
    nation *n = nation_new();
    double before = resident_mib();
    sk_engine_status status;
    sk_engine *engine;
    sk_error err = {0};
    int64_t start;

    if (!mkdtemp(folder) || !n)
        exit(1);
    engine = open_engine(folder);
    taxonomy(engine, n);
    import(engine, n, listings);
    must(sk_engine_get_status(engine, &admin, &status, &err), &err);
    report("import.suggestions", listings, (double)status.suggestions, "suggestions");
    report("index.bytes", listings, (double)status.index_bytes / (double)listings, "bytes/listing");
    ask(engine, n, listings);
    ask_why_not(engine, n, listings);
    report("memory.after_import", listings,
           (resident_mib() - before) * 1048576.0 / (double)listings, "bytes/listing");
    sk_engine_close(engine);
    start = sk_monotonic_ns();
    engine = open_engine(folder);
    report("restart.seconds", listings, seconds_since(start), "s");
    report("memory.after_restart", listings,
           (resident_mib() - before) * 1048576.0 / (double)listings, "bytes/listing");
    activate(engine, listings);
    pass_midnight(engine, listings);
    sk_engine_close(engine);
    nation_free(n);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    printf("name\tn\tvalue\tunit\n");
    for (int i = 1; i < argc; i++)
        run((size_t)strtoul(argv[i], NULL, 10));
    if (argc == 1)
        run(100000);
    return 0;
}
