/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <malloc.h>
#include <stdatomic.h>

/* A small world that is busy for long takes no more memory than one that just began. The
 * allocator's functions are wrapped by the linker, so that only the engine's own memory counts. */

#define COMMANDS 100000
#define WARM_UP 10000

static atomic_llong live_bytes;

void *__real_sk_malloc(size_t size);
void *__real_sk_calloc(size_t count, size_t size);
void *__real_sk_realloc(void *memory, size_t size);
int __real_sk_grow(void **items, size_t *capacity, size_t need, size_t item_size);
void __real_sk_free(void *memory);
void *__wrap_sk_malloc(size_t size);
void *__wrap_sk_calloc(size_t count, size_t size);
void *__wrap_sk_realloc(void *memory, size_t size);
int __wrap_sk_grow(void **items, size_t *capacity, size_t need, size_t item_size);
void __wrap_sk_free(void *memory);

static void *counted(void *memory)
{
    live_bytes += (long long)malloc_usable_size(memory);
    return memory;
}

void *__wrap_sk_malloc(size_t size)
{
    return counted(__real_sk_malloc(size));
}

void *__wrap_sk_calloc(size_t count, size_t size)
{
    return counted(__real_sk_calloc(count, size));
}

void *__wrap_sk_realloc(void *memory, size_t size)
{
    live_bytes -= (long long)malloc_usable_size(memory);
    return counted(__real_sk_realloc(memory, size));
}

int __wrap_sk_grow(void **items, size_t *capacity, size_t need, size_t item_size)
{
    int done;

    live_bytes -= (long long)malloc_usable_size(*items);
    done = __real_sk_grow(items, capacity, need, item_size);
    counted(*items);
    return done;
}

void __wrap_sk_free(void *memory)
{
    live_bytes -= (long long)malloc_usable_size(memory);
    __real_sk_free(memory);
}

/* ---- A busy small world ---- */

static const char *const ids[] = {"l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9"};

/** Each put has another end and place. */
static void put_one(stand *s, uint32_t i)
{
    sk_listing made = need(ids[i % 10], "p1");

    made.valid_until_ms = START_MS + SK_DAY_MS + (int64_t)i * 1000;
    made.point.lat_deg += 0.0001 * (i % 97);
    put(s, made);
}

static void ask_one(stand *s, sk_arena *arena)
{
    sk_listing given = offer("", "");
    sk_ask ask = {.given = &given};
    sk_match_answer answer;

    given.id = given.party_id = SK_STR("");
    sk_arena_reset(arena);
    ok(s, sk_engine_match(s->engine, &admin, &ask, arena, &answer, &s->err));
    assert_int_equal(answer.count, 11);
}

static void one_command(stand *s, sk_arena *arena, uint32_t i)
{
    sk_call call = call_as(&admin, "again", 1);
    sk_listing refused_one = need("l0", "nobody");

    switch (i % 8) {
    case 0:
        ok(s, try_status(s, ids[i % 10], SK_LISTING_PAUSED));
        ok(s, try_status(s, ids[i % 10], SK_LISTING_OPEN));
        break;
    case 1:
        ask_one(s, arena);
        break;
    case 2:
        refused(s, SK_EINVAL, "partyId", try_put(s, &refused_one));
        break;
    case 3:
        ok(s, sk_engine_ack_events(s->engine, &call, SK_STR("console"), 1, &s->receipt, &s->err));
        break;
    default:
        put_one(s, i);
    }
}

static void test_commands__memory_does_not_grow(void **state)
{
    stand *s = *state;
    sk_arena *arena = sk_arena_new(0);
    sk_listing first = need("first", "p2");
    long long before = 0, after;

    /* Falls due before all others, so that those forgotten behind it do not come up. */
    first.valid_until_ms = START_MS + SK_HOUR_MS;
    put(s, first);
    for (uint32_t i = 0; i < 10; i++)
        put_one(s, i);
    for (uint32_t i = 0; i < COMMANDS; i++) {
        if (i == WARM_UP)
            before = live_bytes;
        one_command(s, arena, i);
    }
    after = live_bytes;
    if (after > before + 16 * 1024)
        fail_msg("%lld bytes at command %d, %lld at %d", before, WARM_UP, after, COMMANDS);
    stand_check(s);
    sk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands__memory_does_not_grow, stand_open,
                                        stand_close),
    };

    return cmocka_run_group_tests_name("engine.memory", tests, NULL, NULL);
}
