/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/dry_inner.h"

#include <sodium.h>
#include <stdio.h>

/* The life of a dry run, as the engine thread sees it.
 *
 *     start    everything that the thread needs is copied, a view of the store is taken
 *     (run)    the engine goes on; who asks gets the progress
 *     settle   the thread ended: its main figures are noted in the store, by a command of their own
 *     get      the report, until the next run starts or the engine stops
 *
 * At most one runs at a time. Its bounds are wall-clock, number of listings, and the size of the
 * rule set; beyond one it fails and says so. Stopping the engine cancels it and waits for the
 * thread, which looks several hundred times a second whether to go on. */

#define SOURCE_MAX (64 * 1024)
#define RUN_MS INT64_C(600000)
#define RUN_LISTINGS 2000000
#define SUMMARY_KEY "dry-run/"

/* ---- What is asked ---- */

static sk_status check_source(const sk_dry_ask *ask, sk_error *err)
{
    if (!ask->source.size == !ask->hash.size)
        return sk_fail_field(err, SK_EINVAL, ask->source.size ? "hash" : "source",
                             "give either the text of a rule set or the hash of a stored one");
    if (ask->source.size > SOURCE_MAX)
        return sk_fail_field(err, SK_ELIMIT, "source", "a rule set has at most %d bytes",
                             SOURCE_MAX);
    return SK_OK;
}

static sk_status check_times(const sk_engine *e, const sk_dry_ask *ask, sk_error *err)
{
    bool period = ask->from_ms != 0 || ask->to_ms != 0;

    if (ask->at_ms != 0 && period)
        return sk_fail_field(err, SK_EINVAL, "at", "give one moment or a period, not both");
    if (period && (ask->from_ms == 0 || ask->to_ms == 0))
        return sk_fail_field(err, SK_EINVAL, ask->from_ms ? "to" : "from",
                             "a period has a beginning and an end");
    if (ask->from_ms > ask->to_ms)
        return sk_fail_field(err, SK_EINVAL, "to", "a period ends after it begins");
    if (ask->at_ms > e->now_ms || ask->to_ms > e->now_ms)
        return sk_fail_field(err, SK_EINVAL, ask->at_ms ? "at" : "to",
                             "that is in the future: a dry run looks at what was");
    return SK_OK;
}

static sk_status check_ask(const sk_engine *e, const sk_dry_ask *ask, sk_error *err)
{
    sk_status st = check_source(ask, err);

    if (st == SK_OK)
        st = check_times(e, ask, err);
    if (st == SK_OK && ask->backup.size &&
        (!sk_id_valid(ask->backup) || ask->backup.data[0] == '.'))
        st = sk_fail_field(err, SK_EINVAL, "backup",
                           "the name of a backup, such as 2026-11-23, and no path");
    return st;
}

/** One moment, each day of a period, or 31 moments spread over a longer one. */
static void set_moments(struct dry_run *run, const sk_dry_ask *ask)
{
    int64_t length = ask->to_ms - ask->from_ms;
    int64_t days = length / SK_DAY_MS;

    if (ask->from_ms == 0) {
        run->moments[0] = ask->at_ms ? ask->at_ms : ask->backup.size ? 0 : run->now_ms;
        run->moment_count = 1;
        return;
    }
    run->moment_count = days < SK_DRY_MOMENTS ? (uint32_t)days + 1 : SK_DRY_MOMENTS;
    for (uint32_t i = 0; i < run->moment_count; i++)
        run->moments[i] = days < SK_DRY_MOMENTS ? ask->from_ms + i * SK_DAY_MS
                                                : ask->from_ms + length / (SK_DRY_MOMENTS - 1) * i;
}

/* ---- Start ---- */

static void free_run(struct dry_run *run)
{
    if (!run)
        return;
    sk_store_close(run->view);
    dry_sums_done(&run->sums);
    sk_intern_free(run->erased);
    sk_arena_free(run->arena);
    sk_free(run);
}

static sk_status copy_strings(sk_engine *e, struct dry_run *run, const sk_actor *actor,
                              sk_str request_id, const sk_dry_ask *ask, sk_error *err)
{
    sk_arena *a = run->arena;

    run->request_id = sk_arena_str(a, request_id);
    run->by = sk_arena_str(a, actor->token_id);
    run->by_name = SK_STR("");
    for (size_t i = 0; i < e->token_count; i++)
        if (sk_str_eq(e->tokens[i].id, actor->token_id))
            run->by_name = sk_arena_str(a, e->tokens[i].name);
    run->backup = sk_arena_str(a, ask->backup);
    run->backup_path = sk_arena_printf(a, "%s/%.*s", e->backup_dir, SK_STR_ARG(ask->backup));
    run->rules_dir = sk_arena_str(a, sk_str_from(e->rules_dir));
    if (!run->request_id.data || !run->by.data || !run->by_name.data || !run->backup.data ||
        !run->backup_path.data || !run->rules_dir.data)
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    return SK_OK;
}

static sk_status copy_set(sk_engine *e, struct dry_run *run, int side, sk_str hash, sk_error *err)
{
    sk_rules_record record;
    sk_status st = sk_store_get_rules(e->store, hash, run->arena, &record, err);

    if (st == SK_ENOTFOUND)
        return sk_fail_field(err, SK_ENOTFOUND, "hash", "there is no rule set with this hash");
    if (st == SK_OK) {
        run->source[side] = record.source;
        run->set_name[side] = record.name;
        run->hash[side] = record.hash;
        if (side == 0) {
            run->faults = record.faults;
            run->fault_count = record.fault_count;
        }
    }
    return st;
}

static sk_status copy_sets(sk_engine *e, struct dry_run *run, const sk_dry_ask *ask, sk_error *err)
{
    sk_status st = copy_set(e, run, 0, sk_str_from(e->rules_hash), err);

    if (st != SK_OK || ask->hash.size)
        return st == SK_OK ? copy_set(e, run, 1, ask->hash, err) : st;
    run->source[1] = sk_arena_str(run->arena, ask->source);
    run->set_name[1] = SK_STR("source");
    return run->source[1].data ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for a dry run");
}

/** Whom a backup may still hold, though they were erased since. */
static sk_status copy_erased(sk_engine *e, struct dry_run *run, sk_error *err)
{
    bool enough = (run->erased = sk_intern_new()) != NULL;

    for (uint32_t i = 1; enough && i <= sk_intern_count(e->erased); i++)
        enough = sk_intern_add(run->erased, sk_intern_str(e->erased, i)) != 0;
    return enough ? SK_OK : sk_fail(err, SK_ENOMEM, "no memory for a dry run");
}

static sk_status make_run(sk_engine *e, const sk_actor *actor, sk_str request_id,
                          const sk_dry_ask *ask, struct dry_run *run, sk_error *err)
{
    uint8_t random[8];
    sk_status st;

    if (!(run->arena = sk_arena_new(0)))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    randombytes_buf(random, sizeof(random));
    sodium_bin2hex(run->id, sizeof(run->id), random, sizeof(random));
    run->now_ms = e->now_ms;
    run->begin_ms = sk_monotonic_ms();
    run->deadline_ms = run->begin_ms + (e->dry_run_ms ? e->dry_run_ms : RUN_MS);
    run->most_listings = e->dry_run_listings ? e->dry_run_listings : RUN_LISTINGS;
    set_moments(run, ask);
    if ((st = copy_strings(e, run, actor, request_id, ask, err)) != SK_OK ||
        (st = copy_sets(e, run, ask, err)) != SK_OK || (st = copy_erased(e, run, err)) != SK_OK)
        return st;
    return ask->backup.size ? SK_OK : sk_store_open_view(e->store, &run->view, err);
}

static void describe(const struct dry_run *run, sk_dry_run *out)
{
    static const char *const phases[] = {"loading", "before", "after", "counting", "done"};
    unsigned phase = atomic_load(&run->phase);

    *out = (sk_dry_run){.id = sk_str_from(run->id),
                        .state = SK_DRY_RUNNING,
                        .phase = phases[phase],
                        .done = atomic_load(&run->done),
                        .total = atomic_load(&run->total),
                        .moment = atomic_load(&run->moment),
                        .moments = run->moment_count};
    if (!run->joined)
        return;
    out->took_ms = run->took_ms;
    out->state = run->status == SK_OK ? SK_DRY_DONE : SK_DRY_FAILED;
    if (run->status != SK_OK && atomic_load(&run->cancel))
        out->state = SK_DRY_CANCELLED;
    if (run->status == SK_OK)
        out->report = &run->report;
    else
        out->error = run->error;
}

sk_status sk_engine_start_dry_run(sk_engine *e, const sk_actor *actor, sk_str request_id,
                                  const sk_dry_ask *ask, sk_dry_run *out, sk_error *err)
{
    struct dry_run *run;
    sk_status st = question_begin(e, actor, RIGHT_RULES, err);

    if (st != SK_OK || (st = dry_settle(e, err)) != SK_OK)
        return st;
    if (e->dry && request_id.size && sk_str_eq(e->dry->request_id, request_id) &&
        sk_str_eq(e->dry->by, actor->token_id)) {
        describe(e->dry, out);
        return SK_OK;
    }
    if (e->dry && !e->dry->joined)
        return sk_fail(err, SK_EBUSY, "another dry run is going on; wait for it or cancel it");
    if ((st = check_ask(e, ask, err)) != SK_OK)
        return st;
    if (!(run = sk_calloc(1, sizeof(*run))))
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    if ((st = make_run(e, actor, request_id, ask, run, err)) == SK_OK &&
        pthread_create(&run->thread, NULL, dry_work, run) != 0)
        st = sk_fail(err, SK_EIO, "cannot start a thread for the dry run");
    if (st != SK_OK) {
        free_run(run);
        return st;
    }
    free_run(e->dry);
    e->dry = run;
    describe(run, out);
    return SK_OK;
}

/* ---- The end ---- */

/** Kept by hash beside the record of the rule set, which need not be there yet. */
static sk_status note(sk_engine *e, struct dry_run *run, sk_error *err)
{
    const sk_actor actor = {.token_id = run->by};
    const sk_call call = {.actor = &actor};
    sk_dry_summary summary = {.by = run->by,
                              .by_name = run->by_name,
                              .run_ms = e->now_ms,
                              .from_ms = run->moments[0],
                              .to_ms = run->moments[run->moment_count - 1],
                              .moments = run->moment_count,
                              .backup = run->backup,
                              .against = run->report.hash[0],
                              .against_name = run->report.name[0],
                              .counts = run->report.total};
    sk_buf bytes = {0};
    char key[128];

    command_begin_own(e);
    e->cmd.call = &call;
    sk_encode_dry_summary(&summary, &bytes);
    if (bytes.failed) {
        sk_buf_done(&bytes);
        command_cancel(e);
        return sk_fail(err, SK_ENOMEM, "no memory to note a dry run");
    }
    snprintf(key, sizeof(key), SUMMARY_KEY "%.*s", SK_STR_ARG(run->report.hash[1]));
    sk_batch_put_meta(e->cmd.batch, sk_str_from(key), sk_buf_view(&bytes));
    sk_buf_done(&bytes);
    audit(e, "rules.dry_run", run->report.hash[1]);
    return command_commit(e, SK_STR(""), 0, false, NULL, err);
}

sk_status dry_settle(sk_engine *e, sk_error *err)
{
    struct dry_run *run = e->dry;
    sk_status st;

    if (!run || run->joined || !atomic_load(&run->ended))
        return SK_OK;
    pthread_join(run->thread, NULL);
    run->joined = true;
    e->news++;
    if (run->status != SK_OK)
        return SK_OK;
    st = advance(e, err);
    return st == SK_OK ? note(e, run, err) : st;
}

void dry_stop(sk_engine *e)
{
    if (!e->dry)
        return;
    atomic_store(&e->dry->cancel, true);
    if (!e->dry->joined)
        pthread_join(e->dry->thread, NULL);
    free_run(e->dry);
    e->dry = NULL;
}

bool sk_engine_dry_running(const sk_engine *e)
{
    return e->dry && !e->dry->joined;
}

uint64_t sk_engine_news(const sk_engine *e)
{
    return e->last_event + e->news;
}

/* ---- Questions ---- */

static sk_status find_run(sk_engine *e, const sk_actor *actor, sk_str id, sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_RULES, err);

    if (st != SK_OK || (st = dry_settle(e, err)) != SK_OK)
        return st;
    if (!e->dry || !sk_str_eq(id, sk_str_from(e->dry->id)))
        return sk_fail_field(err, SK_ENOTFOUND, "id",
                             "there is no such dry run; only the latest is kept, until a restart");
    return SK_OK;
}

sk_status sk_engine_get_dry_run(sk_engine *e, const sk_actor *actor, sk_str id, sk_arena *arena,
                                sk_dry_run *out, sk_error *err)
{
    sk_status st = find_run(e, actor, id, err);

    if (st != SK_OK)
        return st;
    describe(e->dry, out);
    return out->report ? dry_show(e, actor, arena, &out->report, err) : SK_OK;
}

sk_status sk_engine_cancel_dry_run(sk_engine *e, const sk_actor *actor, sk_str id, sk_dry_run *out,
                                   sk_error *err)
{
    sk_status st = find_run(e, actor, id, err);

    if (st != SK_OK)
        return st;
    if (!e->dry->joined)
        atomic_store(&e->dry->cancel, true);
    describe(e->dry, out);
    out->report = NULL;
    return SK_OK;
}

sk_status dry_summary_of(sk_engine *e, sk_arena *arena, sk_rules_record *record, sk_error *err)
{
    sk_dry_summary *summary = sk_arena_calloc(arena, 1, sizeof(*summary));
    sk_str bytes;
    char key[128];
    sk_status st;

    if (!summary)
        return sk_fail(err, SK_ENOMEM, "no memory for a dry run");
    snprintf(key, sizeof(key), SUMMARY_KEY "%.*s", SK_STR_ARG(record->hash));
    st = sk_store_get_meta(e->store, sk_str_from(key), arena, &bytes, err);
    if (st == SK_ENOTFOUND)
        return SK_OK;
    if (st == SK_OK && (st = sk_decode_dry_summary(bytes, arena, summary, err)) == SK_OK)
        record->dry_run = summary;
    return st;
}
