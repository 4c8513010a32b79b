/* SPDX-License-Identifier: EUPL-1.2 */
#include "helper.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Folders ---- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct {
    const char *bytes;
    size_t size;
    bool found;
} wanted;

static int look_into(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    sk_buf content = {0};

    (void)info;
    (void)place;
    if (kind != FTW_F)
        return 0;
    assert_int_equal(sk_file_read(path, SIZE_MAX / 2, &content, NULL), SK_OK);
    if (content.size && memmem(content.data, content.size, wanted.bytes, wanted.size))
        wanted.found = true;
    sk_buf_done(&content);
    return 0;
}

bool tree_contains(const char *path, const char *bytes, size_t size)
{
    wanted.bytes = bytes;
    wanted.size = size;
    wanted.found = false;
    nftw(path, look_into, 16, FTW_PHYS);
    return wanted.found;
}

/* ---- The fixture ---- */

void fixture_open(fixture *f, bool sync)
{
    const sk_store_options options = {
        .size = sizeof options, .path = f->path, .no_sync = !sync, .cache_bytes = 1 << 20};
    sk_error err = {0};

    if (sk_store_open(&options, &f->store, &err) != SK_OK)
        fail_msg("open: %s", err.message);
    f->batch = sk_batch_new(f->store);
    assert_non_null(f->batch);
}

void fixture_close(fixture *f)
{
    sk_batch_free(f->batch); /* Both take NULL: a test may have closed already. */
    sk_store_close(f->store);
    f->batch = NULL;
    f->store = NULL;
}

void fixture_write(fixture *f)
{
    sk_error err = {0};

    if (sk_store_write(f->store, f->batch, &err) != SK_OK)
        fail_msg("write: %s %s", err.field, err.message);
}

int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    strcpy(f->root, "/tmp/schakel-store-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->path, sizeof f->path, "%s/data", f->root);
    f->arena = sk_arena_new(0);
    fixture_open(f, false);
    *state = f;
    return 0;
}

int close_fixture(void **state)
{
    fixture *f = *state;

    fixture_close(f);
    sk_arena_free(f->arena);
    remove_tree(f->root);
    free(f);
    return 0;
}

/* ---- Records ---- */

sk_listing make_listing(const char *id, const char *party_id)
{
    static const sk_str categories[] = {{"vervoer.ziekenhuis", 18}, {"vervoer", 7}};
    static const sk_str languages[] = {{"nl", 2}, {"tr", 2}};
    static const sk_str traits[] = {{"vog", 3}, {"rijbewijs-b", 11}};
    static const int64_t exdates[] = {1772802000, 1773406800};
    static const sk_window windows[] = {
        {.short_form = true, .days = 0x15, .from_min = 840, .to_min = 960, .tzid = {"", 0}},
        {.start_local_s = 1772719200,
         .end_local_s = 1772726400,
         .rrule = {"FREQ=WEEKLY;BYDAY=TH", 20},
         .exdates_local_s = exdates,
         .exdate_count = 2,
         .tzid = {"Europe/Brussels", 15}}};
    static const sk_attr attributes[] = {
        {.name = {"etage", 5}, .type = SK_ATTR_NUMBER, .number = 2.5},
        {.name = {"hond", 4}, .type = SK_ATTR_BOOL, .boolean = true},
        {.name = {"kleur", 5}, .type = SK_ATTR_STRING, .string = {"gr\xc3\xb6n", 5}}};

    return (sk_listing){.id = sk_str_from(id),
                        .kind = SK_KIND_NEED,
                        .party_id = sk_str_from(party_id),
                        .title = SK_STR("Lift naar het ziekenhuis"),
                        .description = SK_STR("Dinsdag om tien uur, met rollator \xe2\x9c\x93"),
                        .categories = {categories, 2},
                        .has_point = true,
                        .point = {51.8433, 5.8525},
                        .reach_m = 1500,
                        .within_m = 8000,
                        .windows = windows,
                        .window_count = 2,
                        .duration_min = 90,
                        .valid_from_ms = 1772719200123,
                        .valid_until_ms = 1780495200456,
                        .languages = {languages, 2},
                        .requires_traits = {traits, 2},
                        .provides_traits = {traits, 1},
                        .capacity = 3,
                        .urgency = 2,
                        .attributes = attributes,
                        .attribute_count = 3,
                        .status = SK_LISTING_OPEN,
                        .created_ms = 1772719200001,
                        .updated_ms = 1772719300001,
                        .version = 7,
                        .buurt = SK_STR("BU02680101"),
                        .wijk = SK_STR("WK026801"),
                        .gemeente = SK_STR("GM0268")};
}

sk_party make_party(const char *id)
{
    static const sk_str languages[] = {{"nl", 2}};
    static const sk_str blocks[] = {{"p-9", 3}, {"p-10", 4}};
    static const sk_certificate certificates[] = {{.type = {"vog", 3},
                                                   .checked_by = {"balie", 5},
                                                   .checked_on_ms = 1700000000000,
                                                   .valid_until_ms = 1800000000000}};

    return (sk_party){.id = sk_str_from(id),
                      .kind = SK_PARTY_RESIDENT,
                      .languages = {languages, 1},
                      .certificates = certificates,
                      .certificate_count = 1,
                      .blocks = {blocks, 2},
                      .represented_by = SK_STR("p-2"),
                      .preferences = {.channel = SK_STR("mail"),
                                      .has_quiet = true,
                                      .quiet_from_min = 1320,
                                      .quiet_to_min = 480,
                                      .max_per_day = 2,
                                      .max_per_week = 5},
                      .has_contact = true,
                      .contact = {.name = SK_STR("Fatma de Vries"),
                                  .phone = SK_STR("024-1234567"),
                                  .email = SK_STR("fatma@example.nl"),
                                  .address = SK_STR("Voorbeeldstraat 1"),
                                  .note = SK_STR("liever bellen")},
                      .created_ms = 1772719200001,
                      .updated_ms = 1772719300001,
                      .version = 3};
}

sk_suggestion make_suggestion(const char *id, const char *demand_id, const char *supply_id,
                              const char *party_id)
{
    static const sk_term_value terms[] = {
        {.name = {"wat", 3}, .weight = 4, .value = 0.7, .applies = true, .why = {"", 0}},
        {.name = {"nabij", 5},
         .weight = 3,
         .value = 0.1 + 0.2,
         .applies = true,
         .why = {"woont 650 m verderop", 20}},
        {.name = {"tijd", 4}, .weight = 2, .applies = false, .why = {"", 0}}};
    static const sk_appointment appointments[] = {{1772719200000, 1772722800000}};
    static const sk_step steps[] = {
        {.version = 1, .state = SK_STATE_PROPOSED, .at_ms = 1772719200000},
        {.version = 2,
         .state = SK_STATE_PARKED,
         .at_ms = 1772719260000,
         .by = {"t-1", 3},
         .reason = {"belt terug", 10}}};

    return (sk_suggestion){.id = sk_str_from(id),
                           .demand_id = sk_str_from(demand_id),
                           .supply_id = sk_str_from(supply_id),
                           .demand_party_id = sk_str_from(party_id),
                           .supply_party_id = sk_str_from(party_id),
                           .state = SK_STATE_PARKED,
                           .version = 2,
                           .score = 712345,
                           .terms = terms,
                           .term_count = 3,
                           .values = {.distance_m = 650.25,
                                      .overlap_min = 120,
                                      .longest_min = 60,
                                      .closeness = 0.7,
                                      .need_days_since_asked = NAN,
                                      .offer_days_since_asked = 1.5,
                                      .need_room = 1,
                                      .offer_room = 2},
                           .rules_hash = SK_STR("abc123"),
                           .assignee = SK_STR("c-1"),
                           .area = SK_STR("BU02680101"),
                           .created_ms = 1772719200000,
                           .updated_ms = 1772719260000,
                           .until_ms = 1772805600000,
                           .expires_ms = 1773928800000,
                           .reason = SK_STR("belt terug"),
                           .demand_yes = true,
                           .appointments = appointments,
                           .appointment_count = 1,
                           .steps = steps,
                           .step_count = 2,
                           .undo_state = SK_STATE_PROPOSED};
}

sk_event make_event(uint64_t seq)
{
    return (sk_event){.seq = seq,
                      .at_ms = 1772719200000 + (int64_t)seq,
                      .type = SK_STR("listing.created"),
                      .listing_id = SK_STR("l-1"),
                      .party_id = SK_STR("p-1"),
                      .suggestion_id = SK_STR(""),
                      .detail = SK_STR("test"),
                      .rules_hash = SK_STR("abc123")};
}

sk_area make_area(const char *code)
{
    static const sk_point points[] = {{52, 5}, {52, 6}, {53, 6}, {52, 5}};
    static const sk_ring ring = {points, 4};
    static const sk_polygon polygon = {&ring, 1};

    return (sk_area){.code = sk_str_from(code),
                     .name = SK_STR("Stadscentrum"),
                     .wijk = SK_STR("WK026801"),
                     .wijk_name = SK_STR("Centrum"),
                     .gemeente = SK_STR("GM0268"),
                     .gemeente_name = SK_STR("Nijmegen"),
                     .year = 2024,
                     .polygons = &polygon,
                     .polygon_count = 1};
}

/* ---- Comparing ---- */

void assert_str_equal(sk_str a, sk_str b)
{
    if (!sk_str_eq(a, b))
        fail_msg("\"%.*s\" is not \"%.*s\"", SK_STR_ARG(a), SK_STR_ARG(b));
}

static void assert_strs_equal(sk_strs a, sk_strs b)
{
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        assert_str_equal(a.items[i], b.items[i]);
}

static void assert_windows_equal(const sk_listing *a, const sk_listing *b)
{
    assert_int_equal(a->window_count, b->window_count);
    for (size_t i = 0; i < a->window_count; i++) {
        const sk_window *x = &a->windows[i], *y = &b->windows[i];

        assert_int_equal(x->short_form, y->short_form);
        assert_int_equal(x->days, y->days);
        assert_int_equal(x->from_min, y->from_min);
        assert_int_equal(x->to_min, y->to_min);
        assert_int_equal(x->start_local_s, y->start_local_s);
        assert_int_equal(x->end_local_s, y->end_local_s);
        assert_str_equal(x->rrule, y->rrule);
        assert_str_equal(x->tzid, y->tzid);
        assert_int_equal(x->exdate_count, y->exdate_count);
        for (size_t e = 0; e < x->exdate_count; e++)
            assert_int_equal(x->exdates_local_s[e], y->exdates_local_s[e]);
    }
}

static const sk_attr *find_attr(const sk_listing *listing, sk_str name)
{
    for (size_t i = 0; i < listing->attribute_count; i++)
        if (sk_str_eq(listing->attributes[i].name, name))
            return &listing->attributes[i];
    fail_msg("no attribute %.*s", SK_STR_ARG(name));
    return NULL;
}

void assert_listing_equal(const sk_listing *a, const sk_listing *b)
{
    assert_str_equal(a->id, b->id);
    assert_str_equal(a->party_id, b->party_id);
    assert_str_equal(a->title, b->title);
    assert_str_equal(a->description, b->description);
    assert_strs_equal(a->categories, b->categories);
    assert_strs_equal(a->languages, b->languages);
    assert_strs_equal(a->requires_traits, b->requires_traits);
    assert_strs_equal(a->provides_traits, b->provides_traits);
    assert_windows_equal(a, b);
    assert_true(a->kind == b->kind && a->status == b->status && a->remote == b->remote);
    assert_true(a->has_point == b->has_point && a->point.lat_deg == b->point.lat_deg &&
                a->point.lon_deg == b->point.lon_deg);
    assert_true(a->reach_m == b->reach_m && a->within_m == b->within_m &&
                a->duration_min == b->duration_min && a->capacity == b->capacity &&
                a->urgency == b->urgency && a->version == b->version);
    assert_true(a->valid_from_ms == b->valid_from_ms && a->valid_until_ms == b->valid_until_ms &&
                a->created_ms == b->created_ms && a->updated_ms == b->updated_ms);
    assert_str_equal(a->buurt, b->buurt);
    assert_str_equal(a->wijk, b->wijk);
    assert_str_equal(a->gemeente, b->gemeente);
    assert_int_equal(a->attribute_count, b->attribute_count);
    for (size_t i = 0; i < a->attribute_count; i++) {
        const sk_attr *x = &a->attributes[i], *y = find_attr(b, x->name);

        assert_true(x->type == y->type && x->number == y->number && x->boolean == y->boolean);
        assert_str_equal(x->string, y->string);
    }
}

void assert_party_equal(const sk_party *a, const sk_party *b)
{
    assert_str_equal(a->id, b->id);
    assert_strs_equal(a->languages, b->languages);
    assert_strs_equal(a->blocks, b->blocks);
    assert_str_equal(a->represented_by, b->represented_by);
    assert_int_equal(a->certificate_count, b->certificate_count);
    for (size_t i = 0; i < a->certificate_count; i++) {
        assert_str_equal(a->certificates[i].type, b->certificates[i].type);
        assert_str_equal(a->certificates[i].checked_by, b->certificates[i].checked_by);
        assert_int_equal(a->certificates[i].checked_on_ms, b->certificates[i].checked_on_ms);
        assert_int_equal(a->certificates[i].valid_until_ms, b->certificates[i].valid_until_ms);
    }
    assert_true(a->kind == b->kind && a->version == b->version && a->created_ms == b->created_ms &&
                a->updated_ms == b->updated_ms);
    assert_str_equal(a->preferences.channel, b->preferences.channel);
    assert_true(a->preferences.has_quiet == b->preferences.has_quiet &&
                a->preferences.quiet_from_min == b->preferences.quiet_from_min &&
                a->preferences.quiet_to_min == b->preferences.quiet_to_min &&
                a->preferences.max_per_day == b->preferences.max_per_day &&
                a->preferences.max_per_week == b->preferences.max_per_week);
    assert_int_equal(a->has_contact, b->has_contact);
    if (!a->has_contact)
        return;
    assert_str_equal(a->contact.name, b->contact.name);
    assert_str_equal(a->contact.phone, b->contact.phone);
    assert_str_equal(a->contact.email, b->contact.email);
    assert_str_equal(a->contact.address, b->contact.address);
    assert_str_equal(a->contact.note, b->contact.note);
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

void assert_suggestion_equal(const sk_suggestion *a, const sk_suggestion *b)
{
    assert_str_equal(a->id, b->id);
    assert_str_equal(a->demand_id, b->demand_id);
    assert_str_equal(a->supply_id, b->supply_id);
    assert_str_equal(a->demand_party_id, b->demand_party_id);
    assert_str_equal(a->supply_party_id, b->supply_party_id);
    assert_str_equal(a->rules_hash, b->rules_hash);
    assert_str_equal(a->assignee, b->assignee);
    assert_str_equal(a->area, b->area);
    assert_str_equal(a->reason, b->reason);
    assert_true(a->state == b->state && a->version == b->version && a->score == b->score &&
                a->undo_state == b->undo_state);
    assert_true(a->created_ms == b->created_ms && a->updated_ms == b->updated_ms &&
                a->until_ms == b->until_ms && a->expires_ms == b->expires_ms &&
                a->connected_ms == b->connected_ms);
    assert_true(a->demand_yes == b->demand_yes && a->supply_yes == b->supply_yes);
    assert_int_equal(a->term_count, b->term_count);
    for (size_t i = 0; i < a->term_count; i++) {
        assert_str_equal(a->terms[i].name, b->terms[i].name);
        assert_str_equal(a->terms[i].why, b->terms[i].why);
        assert_true(a->terms[i].weight == b->terms[i].weight &&
                    a->terms[i].applies == b->terms[i].applies &&
                    a->terms[i].value == b->terms[i].value);
    }
    assert_true(a->values.distance_m == b->values.distance_m &&
                a->values.closeness == b->values.closeness &&
                same_number(a->values.need_days_since_asked, b->values.need_days_since_asked) &&
                same_number(a->values.offer_days_since_asked, b->values.offer_days_since_asked));
    assert_int_equal(a->appointment_count, b->appointment_count);
    for (size_t i = 0; i < a->appointment_count; i++)
        assert_true(a->appointments[i].start_ms == b->appointments[i].start_ms &&
                    a->appointments[i].end_ms == b->appointments[i].end_ms);
    assert_int_equal(a->step_count, b->step_count);
    for (size_t i = 0; i < a->step_count; i++) {
        assert_true(a->steps[i].version == b->steps[i].version &&
                    a->steps[i].state == b->steps[i].state &&
                    a->steps[i].at_ms == b->steps[i].at_ms);
        assert_str_equal(a->steps[i].by, b->steps[i].by);
        assert_str_equal(a->steps[i].reason, b->steps[i].reason);
    }
}
