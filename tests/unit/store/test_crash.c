/* SPDX-License-Identifier: EUPL-1.2 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "raw.h"

/* A crash at any moment: what was acknowledged after a sync is there, whole, and events are
 * gapless. And damage to what was synced is noticed, not passed over. */

#define ROUNDS 20

/* ---- Killed with SIGKILL ---- */

static void put_number(sk_batch *batch, uint64_t n)
{
    char party_id[24], listing_id[24], number[24];

    snprintf(party_id, sizeof party_id, "p-%llu", (unsigned long long)n / 3);
    snprintf(listing_id, sizeof listing_id, "l-%llu", (unsigned long long)n);
    snprintf(number, sizeof number, "%llu", (unsigned long long)n);
    const sk_party party = make_party(party_id);
    const sk_listing listing = make_listing(listing_id, party_id);
    const sk_event event = make_event(n);

    sk_batch_put_party(batch, &party);
    sk_batch_put_listing(batch, &listing, true);
    sk_batch_put_event(batch, &event);
    sk_batch_put_meta(batch, SK_STR("newest"), sk_str_from(number));
}

typedef struct committer {
    sk_store *store;
    int pipe_fd;
    _Atomic uint64_t written;
} committer;

/* As the engine's committer: sync for all that was written, then say so. */
static void *commit(void *context)
{
    committer *c = context;

    for (;;) {
        const uint64_t number = atomic_load(&c->written);

        if (sk_store_sync(c->store, NULL) != SK_OK ||
            write(c->pipe_fd, &number, sizeof number) != sizeof number)
            _exit(2);
    }
    return NULL;
}

static _Noreturn void run_child(const char *path, uint64_t first, int pipe_fd)
{
    const sk_store_options options = {.size = sizeof options, .path = path};
    committer c = {.pipe_fd = pipe_fd};
    pthread_t thread;

    if (sk_store_open(&options, &c.store, NULL) != SK_OK)
        _exit(3);
    sk_batch *batch = sk_batch_new(c.store);

    atomic_init(&c.written, first - 1);
    if (pthread_create(&thread, NULL, commit, &c) != 0)
        _exit(4);
    for (uint64_t n = first;; n++) {
        put_number(batch, n);
        if (sk_store_write(c.store, batch, NULL) != SK_OK)
            _exit(5);
        atomic_store(&c.written, n);
    }
}

/* RocksDB's threads do not survive a fork: the child is this program, started anew. */
static _Noreturn void exec_child(fixture *f, uint64_t first, int pipe_fd)
{
    char number[24], fd[12];

    snprintf(number, sizeof number, "%llu", (unsigned long long)first);
    snprintf(fd, sizeof fd, "%d", pipe_fd);
    execl("/proc/self/exe", "test_store_crash", f->path, number, fd, (char *)NULL);
    _exit(6);
}

/* Run a child for a random while; the last number that it acknowledged. */
static uint64_t run_round(fixture *f, uint64_t first)
{
    int fds[2], status = 0;
    uint64_t acknowledged = first - 1, number = 0;

    assert_int_equal(pipe(fds), 0);
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        exec_child(f, first, fds[1]);
    }
    close(fds[1]);
    /* The first acknowledgement, then a random moment. */
    assert_int_equal(read(fds[0], &number, sizeof number), sizeof number);
    usleep((useconds_t)(rand() % 30000));
    kill(child, SIGKILL);
    do
        acknowledged = number > acknowledged ? number : acknowledged;
    while (read(fds[0], &number, sizeof number) == sizeof number);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return acknowledged;
}

static void check_numbers(fixture *f, uint64_t from, uint64_t last)
{
    for (uint64_t n = from; n <= last; n++) {
        char id[24];
        sk_listing listing;
        sk_party party;

        snprintf(id, sizeof id, "l-%llu", (unsigned long long)n);
        assert_int_equal(sk_store_get_listing(f->store, sk_str_from(id), f->arena, &listing, NULL),
                         SK_OK);
        assert_str_equal(listing.title, SK_STR("Lift naar het ziekenhuis"));
        assert_int_equal(
            sk_store_get_party(f->store, listing.party_id, true, f->arena, &party, NULL), SK_OK);
        assert_true(party.has_contact);
    }
}

static void check_events(fixture *f, uint64_t last)
{
    const sk_event *events = NULL;
    size_t count = 0;

    assert_int_equal(sk_store_read_events(f->store, 0, SIZE_MAX, f->arena, &events, &count, NULL),
                     SK_OK);
    assert_int_equal(count, last);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(events[i].seq, i + 1);
}

static void test_kill__acknowledged_is_there_and_events_are_gapless(void **state)
{
    fixture *f = *state;
    uint64_t last = 0, sum = 0;

    fixture_close(f);
    srand((unsigned)time(NULL));
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t first = last + 1;
        const uint64_t acknowledged = run_round(f, first);
        char text[24];
        sk_str newest = SK_STR("0");

        fixture_open(f, true);
        assert_int_equal(sk_store_last_event(f->store, &last, NULL), SK_OK);
        assert_true(last >= acknowledged);
        check_events(f, last);
        check_numbers(f, first, last);
        if (last > 0)
            assert_int_equal(sk_store_get_meta(f->store, SK_STR("newest"), f->arena, &newest, NULL),
                             SK_OK);
        snprintf(text, sizeof text, "%llu", (unsigned long long)last);
        assert_str_equal(newest, sk_str_from(text));
        sum += acknowledged - (first - 1);
        fixture_close(f);
        sk_arena_reset(f->arena);
    }
    print_message("%d kills, %llu batches acknowledged\n", ROUNDS, (unsigned long long)sum);
    assert_true(sum > ROUNDS);
    fixture_open(f, true);
}

/* ---- Damaged logs ---- */

static void newest_log(fixture *f, char out[500])
{
    char folder[160];
    long best = -1;

    snprintf(folder, sizeof folder, "%s/db", f->path);
    DIR *dir = opendir(folder);
    const struct dirent *entry = NULL;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        const char *dot = strrchr(entry->d_name, '.');

        if (dot && strcmp(dot, ".log") == 0 && atol(entry->d_name) > best) {
            best = atol(entry->d_name);
            snprintf(out, 500, "%s/%s", folder, entry->d_name);
        }
    }
    closedir(dir);
    assert_true(best >= 0);
}

/* A copy of the data folder as a crash would leave it: the store is open and not closed. */
static void copy_crashed(fixture *f, fixture *copy)
{
    char command[300];

    *copy = *f;
    snprintf(copy->path, sizeof copy->path, "%s/crashed", f->root);
    remove_tree(copy->path);
    snprintf(command, sizeof command, "cp -r %s %s", f->path, copy->path);
    assert_int_equal(system(command), 0);
}

static void write_numbers(fixture *f, uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n <= to; n++) {
        put_number(f->batch, n);
        fixture_write(f);
    }
}

static void test_torn_tail__opens_at_every_cut_behind_the_sync(void **state)
{
    fixture *f = *state, copy;
    char log[500];
    struct stat synced, now;
    uint64_t last = 0;

    fixture_close(f);
    fixture_open(f, true);
    write_numbers(f, 1, 20);
    assert_int_equal(sk_store_sync(f->store, NULL), SK_OK);
    newest_log(f, log);
    assert_int_equal(stat(log, &synced), 0);
    write_numbers(f, 21, 23);
    assert_int_equal(stat(log, &now), 0);
    for (off_t cut = now.st_size; cut >= synced.st_size; cut -= 97) {
        copy_crashed(f, &copy);
        newest_log(&copy, log);
        assert_int_equal(truncate(log, cut), 0);
        fixture_open(&copy, true);
        assert_int_equal(sk_store_last_event(copy.store, &last, NULL), SK_OK);
        assert_true(last >= 20);
        check_events(&copy, last);
        check_numbers(&copy, 1, last);
        fixture_close(&copy);
    }
    assert_int_equal(last, 20);
}

/* A file that may not grow stands for a full disk. After the first fault nothing is taken on any
 * more, also when there is room again; what was synced is there at the next opening. */
static void test_write__a_full_disk_stops_the_store(void **state)
{
    fixture *f = *state;
    struct rlimit limit, small;
    struct stat info;
    char log[500];
    uint64_t n = 6, last = 0;
    sk_status st = SK_OK;
    sk_error err = {0};

    fixture_close(f);
    fixture_open(f, true);
    write_numbers(f, 1, 5);
    assert_int_equal(sk_store_sync(f->store, NULL), SK_OK);
    newest_log(f, log);
    assert_int_equal(stat(log, &info), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){(rlim_t)info.st_size + 5000, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (; st == SK_OK && n < 1000; n++) {
        put_number(f->batch, n);
        st = sk_store_write(f->store, f->batch, &err);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(st, SK_EIO);
    assert_int_equal(err.status, SK_EIO);
    put_number(f->batch, n);
    assert_int_equal(sk_store_write(f->store, f->batch, &err), SK_EIO);
    assert_int_equal(sk_store_sync(f->store, &err), SK_EIO);
    fixture_close(f);
    fixture_open(f, true);
    assert_int_equal(sk_store_last_event(f->store, &last, NULL), SK_OK);
    assert_true(last >= 5 && last < n);
    check_events(f, last);
    check_numbers(f, 1, last);
}

static void *sync_on_and_on(void *store)
{
    while (sk_store_sync(store, NULL) == SK_OK)
        continue;
    return NULL;
}

static void end_in_order(void)
{
    _exit(0);
}

/** In a process of its own: write and sync at once until no file may grow beyond `most` bytes, and
 *  on after that. Ends with 0 when all that was asked after the fault was refused. */
static void fill_the_disk(fixture *f, rlim_t most)
{
    struct rlimit limit = {most, most};
    pthread_t thread;
    uint64_t n = 6;
    sk_status st = SK_OK;
    bool refused = true;

    signal(SIGXFSZ, SIG_IGN);
    sk_store_on_fatal(end_in_order);
    if (pthread_create(&thread, NULL, sync_on_and_on, f->store) != 0 ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(2);
    for (; st == SK_OK && n < 10000; n++) {
        put_number(f->batch, n);
        st = sk_store_write(f->store, f->batch, NULL);
    }
    for (int i = 0; i < 3; i++) {
        put_number(f->batch, n);
        refused = refused && sk_store_write(f->store, f->batch, NULL) == SK_EIO &&
                  sk_store_sync(f->store, NULL) == SK_EIO;
    }
    pthread_join(thread, NULL);
    sk_store_close(f->store);
    _exit(st == SK_EIO && refused ? 0 : 1);
}

/** RocksDB's own log is a file that may fail, too. */
static void assert_log_empty(const fixture *f)
{
    char log[500];
    struct stat info;

    snprintf(log, sizeof(log), "%s/db/LOG", f->path);
    assert_int_equal(stat(log, &info), 0);
    assert_int_equal(info.st_size, 0);
}

/* RocksDB has assertions in it, and touching a file again after a fault is one. Whoever writes,
 * syncs or closes at that moment, the process must come to its own end. */
static void test_write__a_full_disk_never_aborts(void **state)
{
    fixture *f = *state;
    uint64_t last = 0;

#ifdef __SANITIZE_THREAD__
    /* It cannot follow a child that starts threads behind a fork. */
    print_message("skipped under the thread sanitizer\n");
    skip();
#endif

    fixture_close(f);
    for (rlim_t round = 0; round < ROUNDS; round++) {
        int status = 0;
        pid_t child = 0;

        remove_tree(f->path);
        fixture_open(f, true);
        write_numbers(f, 1, 5);
        assert_int_equal(sk_store_sync(f->store, NULL), SK_OK);
        fixture_close(f);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            fixture_open(f, true);
            fill_the_disk(f, round % 2 ? 10 : 20000 + 977 * round);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("round %d: status %x", (int)round, (unsigned)status);
        assert_log_empty(f);
        fixture_open(f, true);
        assert_int_equal(sk_store_last_event(f->store, &last, NULL), SK_OK);
        assert_true(last >= 5);
        check_events(f, last);
        check_numbers(f, 1, last);
        fixture_close(f);
    }
    fixture_open(f, true);
}

static void flip_byte(const char *path, off_t place)
{
    const int fd = open(path, O_RDWR);
    char byte = 0;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, place), 1);
    byte ^= 0x55;
    assert_int_equal(pwrite(fd, &byte, 1, place), 1);
    close(fd);
}

/* After a power failure the unsynced end may be garbage of the right length. */
static void test_garbage_tail__opens_with_all_that_was_synced(void **state)
{
    fixture *f = *state, copy;
    char log[500];
    struct stat synced;
    uint64_t last = 0;

    fixture_close(f);
    fixture_open(f, true);
    write_numbers(f, 1, 20);
    assert_int_equal(sk_store_sync(f->store, NULL), SK_OK);
    newest_log(f, log);
    assert_int_equal(stat(log, &synced), 0);
    write_numbers(f, 21, 30);
    copy_crashed(f, &copy);
    newest_log(&copy, log);
    flip_byte(log, synced.st_size + 300);
    fixture_open(&copy, true);
    assert_int_equal(sk_store_last_event(copy.store, &last, NULL), SK_OK);
    assert_true(last >= 20 && last < 30);
    check_events(&copy, last);
    fixture_close(&copy);
}

static void test_rotten_log__is_refused_and_left_as_it_was(void **state)
{
    fixture *f = *state, copy;
    char log[500];
    sk_store *store = NULL;
    sk_error err = {0};
    struct stat before, after;

    fixture_close(f);
    fixture_open(f, true);
    write_numbers(f, 1, 20);
    assert_int_equal(sk_store_sync(f->store, NULL), SK_OK);
    copy_crashed(f, &copy);
    newest_log(&copy, log);
    assert_int_equal(stat(log, &before), 0);
    flip_byte(log, before.st_size / 2);
    const sk_store_options options = {.size = sizeof options, .path = copy.path};

    for (int again = 0; again < 2; again++) {
        assert_int_equal(sk_store_open(&options, &store, &err), SK_ECORRUPT);
        assert_non_null(strstr(err.message, "restore a backup"));
        assert_null(store);
        assert_int_equal(stat(log, &after), 0);
        assert_int_equal(before.st_size, after.st_size);
    }
    sk_buf report = {0};

    assert_int_equal(sk_store_verify(copy.path, &report, &err), SK_ECORRUPT);
    assert_non_null(memmem(report.data, report.size, "log is damaged", 14));
    sk_buf_done(&report);
    /* The undamaged byte back: all is well again. */
    flip_byte(log, before.st_size / 2);
    fixture_open(&copy, true);
    check_events(&copy, 20);
    fixture_close(&copy);
}

static void test_mark__a_broken_one_is_ignored(void **state)
{
    fixture *f = *state;
    char path[160];

    fixture_close(f);
    fixture_open(f, true);
    write_numbers(f, 1, 5);
    fixture_close(f);
    snprintf(path, sizeof path, "%s/synced", f->path);
    flip_byte(path, 0);
    fixture_open(f, true);
    check_events(f, 5);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(int argc, char **argv)
{
    if (argc == 4)
        run_child(argv[1], strtoull(argv[2], NULL, 10), atoi(argv[3]));
    const struct CMUnitTest tests[] = {
        TEST(test_kill__acknowledged_is_there_and_events_are_gapless),
        TEST(test_torn_tail__opens_at_every_cut_behind_the_sync),
        TEST(test_garbage_tail__opens_with_all_that_was_synced),
        TEST(test_write__a_full_disk_stops_the_store),
        TEST(test_write__a_full_disk_never_aborts),
        TEST(test_rotten_log__is_refused_and_left_as_it_was),
        TEST(test_mark__a_broken_one_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
