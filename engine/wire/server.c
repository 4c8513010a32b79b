/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/wire.h"

#include "wire/listen.h"
#include "wire/server_job.h"

#include <pthread.h>
#include <stdatomic.h>

/* Threads and their meeting points:
 *
 *   mailbox   NNG, loop -> engine thread; bounded
 *   commit    engine thread -> committer; a list under a mutex, as long as requests are in flight
 *   synced    how many of the engine's commands are on disk; written by the committer
 *
 * The engine thread hands over what it finished once its mailbox batch is done, so that one sync
 * serves them all while it works on the next. What a change of rules leaves to do comes in pieces,
 * one behind each such batch, so that requests wait for one piece at most. A question that saw
 * nothing unsynced is answered by the engine thread itself. Waiting reads stay with the engine
 * thread as jobs and are dispatched again when the log has grown or their time is up. */

#define MAILBOX_SIZE 4096
#define TAKE_AT_ONCE 64
#define WAIT_MAX_MS 30000
#define TICK_MS 1000
#define DRY_TICK_MS 50 /**< While a dry run goes on, so that its end is seen soon. */

struct sk_server {
    sk_engine *engine;
    sk_dispatcher *dispatcher;
    sk_mailbox *mailbox;
    sk_listeners *listeners;
    pthread_t engine_thread, committer_thread;
    bool engine_started, committer_started;
    atomic_uint_fast64_t synced;
    atomic_bool failed;
    void (*on_fatal)(void *context, const sk_error *error);
    void (*on_event)(void *context, uint64_t newest);
    void *context;
    atomic_int_fast64_t now_ms;
    uint32_t contexts;

    /* Engine thread only. */
    sk_job *waiting;
    uint32_t waiting_count;
    sk_job *done_first, *done_last;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    sk_job *commit_first, *commit_last;
    bool commit_closed;
};

/* ---- Answers ---- */

static void answer_job(sk_job *job)
{
    sk_answer answer = job->answer;
    void *context = job->context;
    sk_buf response = job->response;

    sk_free(job->copy);
    if (job->release)
        job->release(job);
    else
        job->response = (sk_buf){0};
    answer(context, sk_buf_view(&response));
    sk_buf_done(&response);
}

static void fatal(sk_server *server, const sk_error *error)
{
    if (!atomic_exchange(&server->failed, true) && server->on_fatal)
        server->on_fatal(server->context, error);
}

static void refuse_job(sk_job *job, sk_status status, const char *message, uint32_t retry_ms)
{
    sk_buf_reset(&job->response);
    sk_server_refusal(status, message, retry_ms, &job->response);
    answer_job(job);
}

/* ---- Engine thread ---- */

static void finish_job(sk_server *server, sk_job *job)
{
    job->commands = sk_engine_commands(server->engine);
    job->event = sk_engine_last_event(server->engine);
    if (job->commands <= atomic_load(&server->synced)) {
        answer_job(job);
        return;
    }
    job->next = NULL;
    if (server->done_last)
        server->done_last->next = job;
    else
        server->done_first = job;
    server->done_last = job;
}

static void hand_over(sk_server *server)
{
    if (!server->done_first)
        return;
    pthread_mutex_lock(&server->lock);
    if (server->commit_last)
        server->commit_last->next = server->done_first;
    else
        server->commit_first = server->done_first;
    server->commit_last = server->done_last;
    pthread_cond_signal(&server->wake);
    pthread_mutex_unlock(&server->lock);
    server->done_first = server->done_last = NULL;
}

static void dispatch_job(sk_server *server, sk_job *job)
{
    sk_dispatch_wait wait = {0};
    int64_t now = sk_monotonic_ms();

    sk_buf_reset(&job->response);
    sk_dispatch(server->dispatcher, job->own, job->request, &job->response, &wait);
    if (sk_engine_failed(server->engine)) {
        sk_error error = {.status = SK_EIO, .message = "the engine stopped after a failed write"};

        fatal(server, &error);
    }
    if (wait.waiting && job->deadline_ms == 0) {
        if (server->waiting_count >= server->contexts / 2) {
            refuse_job(job, SK_EBUSY, "too many reads are waiting for events", 1000);
            return;
        }
        job->deadline_ms = now + (wait.wait_ms < WAIT_MAX_MS ? wait.wait_ms : WAIT_MAX_MS);
        server->waiting_count++;
    } else if (!wait.waiting || job->deadline_ms <= now) {
        server->waiting_count -= job->deadline_ms != 0;
        finish_job(server, job);
        return;
    }
    job->seen_news = sk_engine_news(server->engine);
    job->next = server->waiting;
    server->waiting = job;
}

/** Dispatch again those whose time is up or for whom there may be news. */
static void wake_waiting(sk_server *server, bool all)
{
    sk_job *job = server->waiting;
    int64_t now = sk_monotonic_ms();
    uint64_t news = sk_engine_news(server->engine);

    server->waiting = NULL;
    while (job) {
        sk_job *next = job->next;

        if (all)
            job->deadline_ms = 1;
        if (all || job->deadline_ms <= now || job->seen_news < news) {
            dispatch_job(server, job);
        } else {
            job->next = server->waiting;
            server->waiting = job;
        }
        job = next;
    }
}

static int next_timeout(sk_server *server)
{
    int64_t due = sk_engine_next_due(server->engine);
    int64_t now = sk_monotonic_ms();
    int64_t tick = sk_engine_dry_running(server->engine) ? DRY_TICK_MS : TICK_MS;
    int64_t timeout = due < 0 || due > tick ? tick : due;

    if (sk_engine_has_work(server->engine))
        return 0;
    for (sk_job *job = server->waiting; job; job = job->next)
        if (job->deadline_ms - now < timeout)
            timeout = job->deadline_ms - now;
    return timeout > 0 ? (int)timeout : 0;
}

/** Time by itself: what falls due while nobody asks. */
static void tick(sk_server *server)
{
    sk_error error = {0};
    uint64_t before = sk_engine_commands(server->engine);

    if (sk_engine_tick(server->engine, &error) != SK_OK) {
        fatal(server, &error);
        return;
    }
    if (sk_engine_commands(server->engine) != before) {
        sk_job *job = sk_calloc(1, sizeof(*job));

        if (!job)
            return;
        /* A job without an answer makes the committer sync and ring the doorbell. */
        job->release = sk_free;
        finish_job(server, job);
    }
}

static void *run_engine(void *argument)
{
    sk_server *server = argument;
    void *items[TAKE_AT_ONCE];

    for (;;) {
        size_t count = sk_mailbox_take(server->mailbox, items, TAKE_AT_ONCE, next_timeout(server));

        for (size_t i = 0; i < count; i++)
            dispatch_job(server, items[i]);
        if (count == 0 && sk_mailbox_closed(server->mailbox))
            break;
        if (count == 0 || sk_engine_has_work(server->engine) ||
            sk_engine_dry_running(server->engine))
            tick(server);
        wake_waiting(server, false);
        atomic_store(&server->now_ms, sk_engine_now(server->engine));
        hand_over(server);
    }
    wake_waiting(server, true);
    hand_over(server);
    pthread_mutex_lock(&server->lock);
    server->commit_closed = true;
    pthread_cond_signal(&server->wake);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* ---- Committer ---- */

static sk_job *take_commits(sk_server *server)
{
    sk_job *jobs;

    pthread_mutex_lock(&server->lock);
    while (!server->commit_first && !server->commit_closed)
        pthread_cond_wait(&server->wake, &server->lock);
    jobs = server->commit_first;
    server->commit_first = server->commit_last = NULL;
    pthread_mutex_unlock(&server->lock);
    return jobs;
}

static void answer_synced(sk_server *server, sk_job *jobs, bool failed)
{
    while (jobs) {
        sk_job *next = jobs->next;

        if (!jobs->answer) {
            sk_free(jobs);
        } else if (failed) {
            refuse_job(jobs, SK_EIO, "the change could not be written; the engine stops", 0);
        } else {
            answer_job(jobs);
        }
        jobs = next;
    }
    (void)server;
}

static void ring(sk_server *server, uint64_t event)
{
    sk_listeners_ring(server->listeners, event);
    if (server->on_event)
        server->on_event(server->context, event);
}

static void *run_committer(void *argument)
{
    sk_server *server = argument;
    sk_job *jobs;
    uint64_t rung = 0;

    while ((jobs = take_commits(server))) {
        sk_error error = {0};
        uint64_t commands = 0, event = 0;
        bool failed;

        for (sk_job *job = jobs; job; job = job->next) {
            commands = job->commands > commands ? job->commands : commands;
            event = job->event > event ? job->event : event;
        }
        failed = sk_engine_sync(server->engine, &error) != SK_OK;
        if (failed)
            fatal(server, &error);
        else
            atomic_store(&server->synced, commands);
        answer_synced(server, jobs, failed);
        if (!failed && event > rung)
            ring(server, rung = event);
    }
    return NULL;
}

/* ---- Submitting ---- */

void sk_server_post(sk_server *server, sk_job *job)
{
    if (atomic_load(&server->failed))
        refuse_job(job, SK_EIO, "the engine has stopped", 0);
    else if (sk_mailbox_post(server->mailbox, job) != SK_OK)
        refuse_job(job, SK_EBUSY, "the engine has more requests than it can hold; try again", 200);
}

int64_t sk_server_now(const sk_server *server)
{
    return atomic_load(&server->now_ms);
}

sk_status sk_server_submit(sk_server *server, const sk_actor *own, sk_str request, sk_answer answer,
                           void *context, sk_error *err)
{
    sk_job *job = sk_calloc(1, sizeof(*job));

    if (!job || !(job->copy = sk_malloc(request.size + 1))) {
        sk_free(job);
        return sk_fail(err, SK_ENOMEM, "no memory for a request");
    }
    memcpy(job->copy, request.data, request.size);
    job->request = (sk_str){job->copy, request.size};
    job->release = sk_free;
    job->own = own;
    job->answer = answer;
    job->context = context;
    sk_server_post(server, job);
    return SK_OK;
}

/* ---- Start and stop ---- */

static sk_status open_mailbox(sk_server *server, sk_error *err)
{
    sk_error error = {0};

    server->mailbox = sk_mailbox_new(MAILBOX_SIZE, &error);
    return server->mailbox ? SK_OK : sk_fail(err, error.status, "%s", error.message);
}

static sk_status start_threads(sk_server *server, sk_error *err)
{
    if (pthread_create(&server->committer_thread, NULL, run_committer, server) != 0)
        return sk_fail(err, SK_EIO, "cannot start the committer thread");
    server->committer_started = true;
    if (pthread_create(&server->engine_thread, NULL, run_engine, server) != 0)
        return sk_fail(err, SK_EIO, "cannot start the engine thread");
    server->engine_started = true;
    return SK_OK;
}

sk_status sk_server_start(const sk_server_options *options, sk_engine *engine, sk_server **out,
                          sk_error *err)
{
    sk_server *server = sk_calloc(1, sizeof(*server));
    sk_status st;

    if (!server)
        return sk_fail(err, SK_ENOMEM, "no memory for the server");
    server->engine = engine;
    server->on_fatal = options->on_fatal;
    server->on_event = options->on_event;
    atomic_store(&server->now_ms, sk_engine_now(engine));
    server->context = options->context;
    server->contexts = options->contexts ? options->contexts : 64;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->wake, NULL);
    if ((st = sk_dispatcher_new(engine, &server->dispatcher, err)) != SK_OK ||
        (st = open_mailbox(server, err)) != SK_OK ||
        (st = sk_listeners_open(options, server, server->contexts, &server->listeners, err)) !=
            SK_OK ||
        (st = start_threads(server, err)) != SK_OK ||
        (st = sk_listeners_start(server->listeners, err)) != SK_OK) {
        sk_server_stop(server);
        return st;
    }
    *out = server;
    return SK_OK;
}

void sk_server_stop(sk_server *server)
{
    if (!server)
        return;
    sk_listeners_quiet(server->listeners);
    if (server->mailbox)
        sk_mailbox_close(server->mailbox);
    if (server->engine_started)
        pthread_join(server->engine_thread, NULL);
    if (server->committer_started) {
        pthread_mutex_lock(&server->lock);
        server->commit_closed = true;
        pthread_cond_signal(&server->wake);
        pthread_mutex_unlock(&server->lock);
        pthread_join(server->committer_thread, NULL);
    }
    sk_listeners_close(server->listeners);
    sk_mailbox_free(server->mailbox);
    sk_dispatcher_free(server->dispatcher);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->wake);
    sk_free(server);
}
