/* SPDX-License-Identifier: EUPL-1.2 */
#include "talk.h"

const char talk_put[] =
    "listing put --kind need --party p1 --title Rit_naar_het_ziekenhuis --category "
    "vervoer.ziekenhuis --at 52.53,5.22 --reach 3000 --within 5000 --when MO,TH_14:00-16:00 "
    "--lang nl,ar --requires rijbewijs-b --urgency 2 --attr trap=3 --attr lift=false "
    "--attr code=:12";

char *talk_answer(void *context, const char *request)
{
    talk *t = context;
    char *(*special)(talk *, const char *) = NULL;
    const char *usual = NULL;
    char *made = NULL;
    size_t size = 0;

    pthread_mutex_lock(&t->lock);
    size = strlen(t->requests);
    if (size + strlen(request) + 2 < sizeof(t->requests))
        snprintf(t->requests + size, sizeof(t->requests) - size, "%s\n", request);
    special = t->special;
    usual = t->answer ? t->answer : "{}";
    pthread_mutex_unlock(&t->lock);
    t->count++;
    made = special ? special(t, request) : NULL;
    return made ? made : fake_text("%s", usual);
}

int talk_open(void **state)
{
    talk *t = calloc(1, sizeof(*t));

    pthread_mutex_init(&t->lock, NULL);
    t->folder = fake_folder_make();
    t->url = fake_text("ipc://%s/schakel.sock", t->folder);
    fake_file(t->folder, "admin.token", "the-token\n");
    t->engine = fake_engine_start(t->url, 16, talk_answer, t);
    *state = t;
    return 0;
}

int talk_close(void **state)
{
    talk *t = *state;

    fake_engine_stop(t->engine);
    fake_folder_remove(t->folder);
    free(t->url);
    free(t->out);
    free(t->err);
    free(t);
    return 0;
}

/* What a test sets comes before the request, what it reads after the answer. That goes through NNG,
 * where the thread sanitizer does not look; the lock shows it. */
static void meet(talk *t)
{
    pthread_mutex_lock(&t->lock);
    pthread_mutex_unlock(&t->lock);
}

int run_with(talk *t, const char *line, const char *input)
{
    char *argv[64] = {"schakel", "--data", t->folder}, *copy = strdup(line), *rest = copy;
    int argc = 3, code = 0;
    size_t out_size = 0, err_size = 0;
    FILE *in = input ? fmemopen((char *)input, strlen(input), "r") : fopen("/dev/null", "r");
    FILE *out = NULL, *err = NULL;

    free(t->out);
    free(t->err);
    out = open_memstream(&t->out, &out_size);
    err = open_memstream(&t->err, &err_size);
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        for (char *c = word; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    meet(t);
    code = cli_main(argc, argv, in, out, err);
    meet(t);
    fclose(in);
    fclose(out);
    fclose(err);
    free(copy);
    return code;
}

int run(talk *t, const char *line)
{
    return run_with(t, line, NULL);
}

void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

void says_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in:\n%s", part, text);
}
