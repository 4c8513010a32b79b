/* SPDX-License-Identifier: EUPL-1.2 */
#include "stand.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const sk_actor admin = {.token_id = {"t-admin", 7}, .role = SK_ROLE_ADMIN};
const sk_actor second_admin = {.token_id = {"t-second", 8}, .role = SK_ROLE_ADMIN};
const sk_actor resident = {.token_id = {"t-resident", 10}, .role = SK_ROLE_RESIDENT};
const sk_actor reader = {.token_id = {"t-reader", 8}, .role = SK_ROLE_READER};
const sk_actor author = {.token_id = {"t-author", 8}, .role = SK_ROLE_RULE_AUTHOR};

const sk_category categories[5] = {
    {{"vervoer", 7}, {"Vervoer", 7}, {"Transport", 9}},
    {{"vervoer.ziekenhuis", 18}, {"Ziekenhuis", 10}, {"Hospital", 8}},
    {{"klussen", 7}, {"Klussen", 7}, {"Jobs", 4}},
    {{"taal", 4}, {"Taal", 4}, {"Language", 8}},
    {{"muziek", 6}, {"Muziek", 6}, {"Music", 5}}};

void ok(stand *s, sk_status st)
{
    if (st != SK_OK)
        fail_msg("status %d, %s: %s", (int)st, s->err.field, s->err.message);
}

void assert_str(sk_str got, const char *expected)
{
    if (!sk_str_eq(got, sk_str_from(expected)))
        fail_msg("'%.*s' is not '%s'", SK_STR_ARG(got), expected);
}

void refused(stand *s, sk_status expected, const char *field, sk_status st)
{
    if (st != expected || strcmp(s->err.field, field) != 0)
        fail_msg("status %d (expected %d), field '%s' (expected '%s'): %s", (int)st, (int)expected,
                 s->err.field, field, s->err.message);
}

/* ---- Opening and closing ---- */

sk_status stand_try_open(stand *s, int64_t clock_ms)
{
    sk_engine_options options = {.size = sizeof(options),
                                 .data_dir = s->folder,
                                 .clock = {.fixed = true, .fixed_ms = clock_ms},
                                 .no_sync = true,
                                 .rules_dir = s->rules_dir};

    return sk_engine_open(&options, &s->engine, &s->err);
}

int stand_bare(void **state)
{
    stand *s = calloc(1, sizeof(*s));

    s->random = 1;
    s->arena = sk_arena_new(0);
    strcpy(s->folder, "/tmp/schakel-engine-XXXXXX");
    if (!mkdtemp(s->folder))
        return -1;
    ok(s, stand_try_open(s, START_MS));
    *state = s;
    return 0;
}

void stand_fill(stand *s)
{
    sk_area areas[2] = {square(s, "BU00010001", "WK000100", "GM0001", 52.10, 5.10),
                        square(s, "BU00010101", "WK000101", "GM0001", 52.14, 5.10)};
    char id[16];

    put_areas(s, areas, 2);
    put_categories(s, 5);
    for (int i = 1; i <= 6; i++) {
        snprintf(id, sizeof(id), "p%d", i);
        put_party(s, id, SK_PARTY_RESIDENT);
    }
}

int stand_open(void **state)
{
    if (stand_bare(state) != 0)
        return -1;
    stand_fill(*state);
    return 0;
}

void stand_shut(stand *s)
{
    sk_engine_close(s->engine);
    s->engine = NULL;
}

void stand_reopen_at(stand *s, int64_t clock_ms)
{
    stand_shut(s);
    ok(s, stand_try_open(s, clock_ms));
}

void stand_reopen(stand *s)
{
    stand_reopen_at(s, sk_engine_now(s->engine));
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

int stand_close(void **state)
{
    stand *s = *state;

    stand_shut(s);
    nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    sk_arena_free(s->arena);
    free(s);
    return 0;
}

void stand_to(stand *s, int64_t at_ms)
{
    sk_call call = call_by(&admin);

    ok(s, sk_engine_step_clock(s->engine, &call, at_ms, &s->receipt, &s->err));
}

void stand_check(stand *s)
{
    ok(s, sk_engine_check(s->engine, &s->err));
}

/* ---- Commands ---- */

sk_call call_by(const sk_actor *actor)
{
    return (sk_call){.actor = actor};
}

sk_call call_as(const sk_actor *actor, const char *request_id, uint8_t body)
{
    return (sk_call){.actor = actor, .request_id = sk_str_from(request_id), .body_hash = {body}};
}

void put_party(stand *s, const char *id, sk_party_kind kind)
{
    sk_call call = call_by(&admin);
    sk_party party = {.id = sk_str_from(id), .kind = kind};

    ok(s, sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err));
}

void put_blocker(stand *s, const char *id, const char *blocked)
{
    sk_call call = call_by(&admin);
    sk_str names[1] = {sk_str_from(blocked)};
    sk_party party = {.id = sk_str_from(id), .kind = SK_PARTY_RESIDENT, .blocks = {names, 1}};

    ok(s, sk_engine_put_party(s->engine, &call, &party, &s->receipt, &s->err));
}

static const sk_str ride[1] = {{"vervoer.ziekenhuis", 18}};

static sk_listing listing(const char *id, const char *party, sk_kind kind, const char *title)
{
    return (sk_listing){.id = sk_str_from(id),
                        .kind = kind,
                        .party_id = sk_str_from(party),
                        .title = sk_str_from(title),
                        .categories = {ride, 1},
                        .has_point = true,
                        .point = {52.1012, 5.1034},
                        .reach_m = 10000};
}

sk_listing need(const char *id, const char *party)
{
    return listing(id, party, SK_KIND_NEED, "Rit naar het ziekenhuis");
}

sk_listing offer(const char *id, const char *party)
{
    sk_listing made = listing(id, party, SK_KIND_OFFER, "Ik rijd graag");

    made.point = (sk_point){52.1043, 5.1067};
    return made;
}

sk_status try_put(stand *s, const sk_listing *given)
{
    sk_call call = call_by(&admin);

    return sk_engine_put_listing(s->engine, &call, given, &s->receipt, &s->err);
}

void put(stand *s, sk_listing given)
{
    ok(s, try_put(s, &given));
}

sk_status try_status(stand *s, const char *id, sk_listing_status status)
{
    sk_call call = call_by(&admin);

    return sk_engine_set_listing_status(s->engine, &call, sk_str_from(id), status, SK_STR(""),
                                        &s->receipt, &s->err);
}

sk_listing listing_of(stand *s, const sk_actor *actor, const char *id)
{
    sk_listing out;

    ok(s, sk_engine_get_listing(s->engine, actor, sk_str_from(id), s->arena, &out, &s->err));
    return out;
}

sk_area square(stand *s, const char *code, const char *wijk, const char *gemeente, double lat,
               double lon)
{
    sk_point *points = sk_arena_calloc(s->arena, 5, sizeof(sk_point));
    sk_ring *ring = sk_arena_calloc(s->arena, 1, sizeof(sk_ring));
    sk_polygon *polygon = sk_arena_calloc(s->arena, 1, sizeof(sk_polygon));

    for (int i = 0; i < 5; i++)
        points[i] = (sk_point){lat + (i == 2 || i == 3 ? 0.01 : -0.01),
                               lon + (i == 1 || i == 2 ? 0.02 : -0.02)};
    *ring = (sk_ring){points, 5};
    *polygon = (sk_polygon){ring, 1};
    return (sk_area){.code = sk_str_from(code),
                     .name = sk_str_from(code),
                     .wijk = sk_str_from(wijk),
                     .wijk_name = sk_str_from(wijk),
                     .gemeente = sk_str_from(gemeente),
                     .gemeente_name = sk_str_from(gemeente),
                     .polygons = polygon,
                     .polygon_count = 1};
}

void put_areas(stand *s, const sk_area *areas, size_t count)
{
    sk_call call = call_by(&admin);

    ok(s, sk_engine_put_areas(s->engine, &call, true, areas, count, true, &s->receipt, &s->err));
}

void put_categories(stand *s, size_t count)
{
    sk_call call = call_by(&admin);

    ok(s,
       sk_engine_put_taxonomy(s->engine, &call, categories, count, NULL, 0, &s->receipt, &s->err));
}

/* ---- Suggestions ---- */

sk_suggestion_page suggestions(stand *s, uint32_t states)
{
    sk_suggestion_filter filter = {.states = states, .limit = 256};
    sk_suggestion_page page;

    ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
    return page;
}

sk_suggestion suggestion_of(stand *s, sk_str id)
{
    sk_suggestion out;

    ok(s, sk_engine_get_suggestion(s->engine, &admin, id, s->arena, &out, &s->err));
    return out;
}

static const sk_suggestion *find_pair(stand *s, const char *demand, const char *supply,
                                      uint32_t states)
{
    sk_suggestion_page page = suggestions(s, states);

    for (size_t i = page.count; i-- > 0;)
        if (sk_str_eq(page.items[i].demand_id, sk_str_from(demand)) &&
            sk_str_eq(page.items[i].supply_id, sk_str_from(supply)))
            return &page.items[i];
    return NULL;
}

sk_suggestion pair_of(stand *s, const char *demand, const char *supply)
{
    const sk_suggestion *found = find_pair(s, demand, supply, ALL_STATES);

    if (!found)
        fail_msg("no suggestion of %s and %s", demand, supply);
    return *found;
}

bool has_pair(stand *s, const char *demand, const char *supply, uint32_t states)
{
    return find_pair(s, demand, supply, states) != NULL;
}

sk_status try_decide(stand *s, sk_str id, sk_decision decision, int64_t until_ms)
{
    sk_call call = call_by(&admin);
    sk_decide d = {.suggestion_id = id,
                   .version = suggestion_of(s, id).version,
                   .decision = decision,
                   .reason = SK_STR("daarom"),
                   .until_ms = until_ms,
                   .sides = decision == SK_DECIDE_YES ? 3 : 1};

    return sk_engine_decide(s->engine, &call, &d, &s->receipt, &s->err);
}

void decide(stand *s, sk_str id, sk_decision decision)
{
    ok(s, try_decide(s, id, decision, 0));
}

void park(stand *s, sk_str id, int64_t until_ms)
{
    ok(s, try_decide(s, id, SK_DECIDE_PARK, until_ms));
}

sk_status try_undo(stand *s, sk_str id)
{
    sk_call call = call_by(&admin);

    return sk_engine_undo(s->engine, &call, id, suggestion_of(s, id).version, &s->receipt, &s->err);
}

void connect(stand *s, sk_str id)
{
    decide(s, id, SK_DECIDE_ACCEPT);
    decide(s, id, SK_DECIDE_INTRODUCE);
    decide(s, id, SK_DECIDE_YES);
}

/* ---- Events ---- */

static size_t read_events(stand *s, uint64_t after, const sk_event **out)
{
    size_t count;
    uint64_t last;

    ok(s, sk_engine_read_events(s->engine, &admin, after, SK_STR(""), 1000, s->arena, out, &count,
                                &last, &s->err));
    return count;
}

size_t count_events(stand *s, const char *type)
{
    const sk_event *events;
    size_t found = 0, count;

    for (uint64_t after = 0; (count = read_events(s, after, &events)) > 0; after += count)
        for (size_t i = 0; i < count; i++)
            found += sk_str_eq(events[i].type, sk_str_from(type));
    return found;
}

sk_event last_event(stand *s)
{
    const sk_event *events;
    size_t count = read_events(s, sk_engine_last_event(s->engine) - 1, &events);

    assert_int_equal(count, 1);
    return events[0];
}

/* ---- Messages ---- */

void use_rules(stand *s, const char *source)
{
    sk_call by_author = call_by(&author), by_admin = call_by(&admin);
    sk_str hash;

    ok(s, sk_engine_push_rules(s->engine, &by_author, sk_str_from(source), &s->receipt, &s->err));
    hash = sk_arena_str(s->arena, sk_str_from(s->receipt.id));
    ok(s, sk_engine_approve_rules(s->engine, &by_admin, hash, &s->receipt, &s->err));
    ok(s, sk_engine_activate_rules(s->engine, &by_admin, hash, 100, &s->receipt, &s->err));
}

sk_notice_page messages(stand *s)
{
    sk_notice_filter filter = {.limit = 256};
    sk_notice_page page;

    ok(s, sk_engine_list_messages(s->engine, &admin, &filter, s->arena, &page, &s->err));
    return page;
}

size_t take(stand *s, const char *channel, uint32_t limit, const sk_delivery **out)
{
    sk_take wanted = {.channel = sk_str_from(channel), .limit = limit};
    int64_t next_ms;
    size_t count;

    ok(s, sk_engine_take_messages(s->engine, &admin, &wanted, s->arena, out, &count, &next_ms,
                                  &s->err));
    return count;
}

sk_status try_report(stand *s, sk_str id, uint32_t attempt, sk_outcome outcome)
{
    sk_report report = {.id = id, .attempt = attempt, .outcome = outcome};
    sk_call call = call_by(&admin);

    return sk_engine_report_message(s->engine, &call, &report, &s->receipt, &s->err);
}

/* ---- Comparing ---- */

static void dump_messages(stand *s, sk_buf *out)
{
    sk_notice_filter filter = {.limit = 256};
    sk_notice_page page;

    do {
        ok(s, sk_engine_list_messages(s->engine, &admin, &filter, s->arena, &page, &s->err));
        for (size_t i = 0; i < page.count; i++) {
            sk_buf_printf(out, "\nmessage ");
            sk_encode_notice(&page.items[i], out);
        }
        filter.after = page.next;
    } while (page.next.size);
}

static void dump_listings(stand *s, sk_buf *out)
{
    sk_listing_filter filter = {.limit = 256};
    sk_listing_page page;

    ok(s, sk_engine_list_listings(s->engine, &admin, &filter, s->arena, &page, &s->err));
    for (size_t i = 0; i < page.count; i++) {
        sk_buf_printf(out, "\nlisting ");
        sk_encode_listing(&page.items[i], out);
    }
}

static void dump_status(stand *s, sk_buf *out)
{
    sk_engine_status st;
    const sk_connector *connectors;
    const uint32_t *cases;
    size_t count;

    ok(s, sk_engine_get_status(s->engine, &admin, &st, &s->err));
    sk_buf_printf(out,
                  "now %" PRId64 " listings %" PRIu64 " %" PRIu64 " parties %" PRIu64
                  " areas %" PRIu64 " suggestions %" PRIu64 " of %" PRIu64 " events %" PRIu64,
                  st.now_ms, st.demand_listings, st.supply_listings, st.parties, st.areas,
                  st.suggestions_open, st.suggestions, st.last_event);
    ok(s, sk_engine_list_connectors(s->engine, &admin, s->arena, &connectors, &cases, &count,
                                    &s->err));
    for (size_t i = 0; i < count; i++)
        sk_buf_printf(out, "\nconnector %.*s %u", SK_STR_ARG(connectors[i].id), cases[i]);
}

sk_buf stand_dump(stand *s)
{
    sk_buf out = {0};
    const sk_event *events;
    size_t count;
    sk_suggestion_filter filter = {.states = ALL_STATES, .limit = 256};
    sk_suggestion_page page;

    dump_status(s, &out);
    dump_listings(s, &out);
    dump_messages(s, &out);
    do {
        ok(s, sk_engine_list_suggestions(s->engine, &admin, &filter, s->arena, &page, &s->err));
        for (size_t i = 0; i < page.count; i++) {
            sk_buf_printf(&out, "\nsuggestion ");
            sk_encode_suggestion(&page.items[i], &out);
        }
        filter.after = page.next;
    } while (page.next.size);
    for (uint64_t after = 0; (count = read_events(s, after, &events)) > 0; after += count)
        for (size_t i = 0; i < count; i++) {
            sk_buf_printf(&out, "\nevent ");
            sk_encode_event(&events[i], &out);
        }
    return out;
}

void assert_same(sk_buf *before, sk_buf *after)
{
    sk_str a = sk_buf_view(before), b = sk_buf_view(after);
    size_t at = 0;

    while (at < a.size && at < b.size && a.data[at] == b.data[at])
        at++;
    if (!sk_str_eq(a, b))
        fail_msg("differs at byte %zu of %zu and %zu, behind: %.*s", at, a.size, b.size,
                 (int)(at < 60 ? at : 60), a.data + (at < 60 ? 0 : at - 60));
    sk_buf_done(before);
    sk_buf_done(after);
}

/* ---- Chance ---- */

uint32_t below(stand *s, uint32_t n)
{
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % n);
}
