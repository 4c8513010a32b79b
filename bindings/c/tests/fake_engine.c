/* SPDX-License-Identifier: EUPL-1.2 */
#include "fake_engine.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>

#include "codec/codec.h"

#define THREADS_MAX 32

struct fake_engine {
    nng_socket rep, pub;
    int has_pub;
    char *url;
    fake_answer answer;
    void *context;
    unsigned threads;
    atomic_uint running;
    atomic_bool stopping;
    struct fake_thread {
        fake_engine *engine;
        pthread_t thread;
        nng_aio *aio;
    } thread[THREADS_MAX];
};

static void must(int code)
{
    if (code != 0) {
        fprintf(stderr, "fake engine: %s\n", nng_strerror(code));
        abort();
    }
}

char *fake_text(const char *format, ...)
{
    char *text = NULL;
    va_list list;

    va_start(list, format);
    must(vasprintf(&text, format, list) < 0 ? NNG_ENOMEM : 0);
    va_end(list);
    return text;
}

static char *request_json(nng_msg *msg)
{
    sk_buf json = {0};
    sk_error err = {0};
    char *text = NULL;

    if (sk_message_to_json("Request", (sk_str){nng_msg_body(msg), nng_msg_len(msg)}, false, &json,
                           &err) != SK_OK) {
        fprintf(stderr, "fake engine: request: %s: %s\n", err.field, err.message);
        abort();
    }
    text = fake_text("%.*s", SK_STR_ARG(sk_buf_view(&json)));
    sk_buf_done(&json);
    return text;
}

static void set_answer(nng_msg *msg, const char *json)
{
    sk_buf bytes = {0};
    sk_error err = {0};

    nng_msg_clear(msg);
    if (strncmp(json, "raw:", 4) == 0) {
        must(nng_msg_append(msg, json + 4, strlen(json + 4)));
        return;
    }
    if (sk_json_to_message("Response", sk_str_from(json), &bytes, &err) != SK_OK) {
        fprintf(stderr, "fake engine: answer: %s: %s\n%s\n", err.field, err.message, json);
        abort();
    }
    must(nng_msg_append(msg, bytes.data, bytes.size));
    sk_buf_done(&bytes);
}

static bool finished(nng_aio *aio)
{
    nng_aio_wait(aio);
    return nng_aio_result(aio) == 0;
}

static void serve_one(fake_engine *engine, nng_ctx ctx, nng_aio *aio)
{
    nng_msg *msg = nng_aio_get_msg(aio);
    char *request = request_json(msg), *answer = engine->answer(engine->context, request);

    free(request);
    if (!answer) {
        nng_msg_free(msg);
        return;
    }
    set_answer(msg, answer);
    free(answer);
    nng_aio_set_msg(aio, msg);
    nng_ctx_send(ctx, aio);
    if (!finished(aio))
        nng_msg_free(msg);
}

static void *serve(void *argument)
{
    struct fake_thread *t = argument;
    nng_ctx ctx;

    must(nng_ctx_open(&ctx, t->engine->rep));
    while (!t->engine->stopping) {
        nng_ctx_recv(ctx, t->aio);
        if (finished(t->aio))
            serve_one(t->engine, ctx, t->aio);
    }
    nng_ctx_close(ctx);
    t->engine->running--;
    return NULL;
}

fake_engine *fake_engine_start(const char *url, unsigned threads, fake_answer answer, void *context)
{
    fake_engine *engine = calloc(1, sizeof(*engine));

    must(engine && threads <= THREADS_MAX ? 0 : NNG_ENOMEM);
    engine->url = fake_text("%s", url);
    engine->answer = answer;
    engine->context = context;
    engine->threads = threads;
    must(nng_rep0_open(&engine->rep));
    must(nng_listen(engine->rep, url, NULL, 0));
    engine->running = threads;
    for (unsigned i = 0; i < threads; i++) {
        struct fake_thread *t = &engine->thread[i];

        t->engine = engine;
        must(nng_aio_alloc(&t->aio, NULL, NULL));
        must(pthread_create(&t->thread, NULL, serve, t) ? NNG_ENOMEM : 0);
    }
    return engine;
}

void fake_engine_open_doorbell(fake_engine *engine)
{
    char *url = fake_text("%s.events", engine->url);

    must(nng_pub0_open(&engine->pub));
    must(nng_listen(engine->pub, url, NULL, 0));
    engine->has_pub = 1;
    free(url);
}

void fake_engine_ring(fake_engine *engine, uint64_t seq)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(seq >> (56 - 8 * i));
    must(nng_send(engine->pub, bytes, sizeof(bytes), 0));
}

/* NNG 1.5.2 hangs or frees too early when a socket is closed under contexts in use, and may hang
 * when a message comes in meanwhile; a test must not. */
typedef struct ending {
    nng_socket socket;
    atomic_bool done;
} ending;

static void *close_socket(void *argument)
{
    ending *e = argument;

    nng_close(e->socket);
    e->done = true;
    return NULL;
}

/* Leaves a thread that does not come back, with its few bytes, to the end of the process. */
static void end_socket(nng_socket socket)
{
    static ending endings[4096];
    static atomic_uint count;
    ending *e = &endings[count++ % 4096];
    pthread_t thread;

    e->socket = socket;
    e->done = false;
    must(pthread_create(&thread, NULL, close_socket, e) ? NNG_ENOMEM : 0);
    pthread_detach(thread);
    for (int i = 0; i < 2000 && !e->done; i++)
        usleep(500);
}

void fake_engine_stop(fake_engine *engine)
{
    engine->stopping = true;
    while (engine->running > 0) {
        for (unsigned i = 0; i < engine->threads; i++)
            nng_aio_cancel(engine->thread[i].aio);
        usleep(1000);
    }
    for (unsigned i = 0; i < engine->threads; i++) {
        pthread_join(engine->thread[i].thread, NULL);
        nng_aio_free(engine->thread[i].aio);
    }
    end_socket(engine->rep);
    if (engine->has_pub)
        end_socket(engine->pub);
    free(engine->url);
    free(engine);
}

/* ---- Folders ---- */

char *fake_folder_make(void)
{
    char *folder = fake_text("/tmp/schakel-test-XXXXXX");

    must(mkdtemp(folder) ? 0 : NNG_EPERM);
    return folder;
}

void fake_folder_remove(char *folder)
{
    char *command = fake_text("rm -rf '%s'", folder);

    must(system(command) == 0 ? 0 : NNG_EPERM);
    free(command);
    free(folder);
}

void fake_file(const char *folder, const char *name, const char *text)
{
    char *path = fake_text("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    must(file && fputs(text, file) >= 0 && fclose(file) == 0 ? 0 : NNG_EPERM);
    free(path);
}
