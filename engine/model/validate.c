/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/validate.h"

#include "model/text.h"

#include <math.h>
#include <stdio.h>

/* Listings: every field in the order of the contract's table, the first fault wins. Values come
 * from the codec, so arrays are as long as they say, and nothing else about them is known.
 * Parties and connectors are in validate_party.c. */

#define MAX_METRES 100000
#define MAX_RRULE 512
#define MAX_TZID 64
#define MAX_ATTRIBUTE_CHARS 1000
#define DAY_S 86400
#define MINUTES_OF_DAY 1440

static sk_status at_most(const char *field, uint32_t value, uint32_t max, sk_error *err)
{
    if (value > max)
        return sk_fail_field(err, SK_EINVAL, field, "%u is more than %u", value, max);
    return SK_OK;
}

/* ---- Place and categories ---- */

static sk_status check_point(const sk_listing *listing, sk_error *err)
{
    double lat = listing->point.lat_deg, lon = listing->point.lon_deg;

    if (!listing->has_point) {
        if (!listing->remote)
            return sk_fail_field(err, SK_EINVAL, "point", "is required unless remote is true");
        return SK_OK;
    }
    if (!isfinite(lat) || lat < -90 || lat > 90)
        return sk_fail_field(err, SK_EINVAL, "point.lat", "%g is outside [-90, 90]", lat);
    if (!isfinite(lon) || lon < -180 || lon > 180)
        return sk_fail_field(err, SK_EINVAL, "point.lon", "%g is outside [-180, 180]", lon);
    return SK_OK;
}

static sk_status check_categories(const sk_listing *listing, const sk_taxonomy *taxonomy,
                                  sk_error *err)
{
    sk_strs codes = listing->categories;
    sk_status st = SK_OK;

    if (codes.count == 0)
        return sk_fail_field(err, SK_EINVAL, "categories", "needs at least one code");
    st = sk_codes_check("categories", codes, SK_MAX_CATEGORIES, sk_category_code_valid,
                        "a category code like \"vervoer.ziekenhuis\"", err);
    for (size_t i = 0; taxonomy && i < codes.count && st == SK_OK; i++) {
        if (sk_taxonomy_find(taxonomy, codes.items[i]) < 0)
            st = sk_fail_field(err, SK_EINVAL, sk_path_of("categories", (int)i, "").text,
                               "\"%.*s\" is not in the taxonomy", SK_STR_ARG(codes.items[i]));
    }
    return st;
}

/* ---- Availability ---- */

static sk_status check_short_window(const sk_window *window, int index, sk_error *err)
{
    if (window->days == 0 || window->days > 127)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".days").text,
                             "needs one or more of MO TU WE TH FR SA SU");
    if (window->from_min >= MINUTES_OF_DAY)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".from").text,
                             "is not between 00:00 and 23:59");
    if (window->to_min >= MINUTES_OF_DAY)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".to").text,
                             "is not between 00:00 and 23:59");
    if (window->rrule.size != 0)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".rrule").text,
                             "does not go with days, from and to");
    if (window->exdate_count != 0)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".exdate").text,
                             "does not go with days, from and to");
    return SK_OK;
}

static bool local_in_range(int64_t local_s)
{
    return local_s >= SK_TIME_MIN_MS / 1000 && local_s <= SK_TIME_MAX_MS / 1000;
}

static sk_status check_exdates(const sk_window *window, int index, sk_error *err)
{
    sk_path path = sk_path_of("availability", index, ".exdate");

    if (window->exdate_count > SK_MAX_EXDATES)
        return sk_fail_field(err, SK_EINVAL, path.text, "has %zu entries, at most %d are allowed",
                             window->exdate_count, SK_MAX_EXDATES);
    for (size_t i = 0; i < window->exdate_count; i++) {
        if (!local_in_range(window->exdates_local_s[i]))
            return sk_fail_field(err, SK_EINVAL, sk_path_of(path.text, (int)i, "").text,
                                 "is outside the years 1 to 9999");
    }
    return SK_OK;
}

static sk_status check_long_window(const sk_window *window, int index, sk_error *err)
{
    int64_t start = window->start_local_s, end = window->end_local_s;

    if (!local_in_range(start))
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".start").text,
                             "is outside the years 1 to 9999");
    if (!local_in_range(end) || end <= start)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".end").text,
                             "must be after start");
    if (end - start > DAY_S)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".end").text,
                             "is more than 24 hours after start");
    if (window->rrule.size > MAX_RRULE)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", index, ".rrule").text,
                             "has %zu bytes, at most %d are allowed", window->rrule.size,
                             MAX_RRULE);
    return check_exdates(window, index, err);
}

static sk_status check_windows(const sk_listing *listing, sk_error *err)
{
    sk_status st = SK_OK;

    if (listing->window_count > SK_MAX_WINDOWS)
        return sk_fail_field(err, SK_EINVAL, "availability",
                             "has %zu windows, at most %d are allowed", listing->window_count,
                             SK_MAX_WINDOWS);
    for (size_t i = 0; i < listing->window_count && st == SK_OK; i++) {
        const sk_window *window = &listing->windows[i];

        if (window->tzid.size > MAX_TZID)
            return sk_fail_field(err, SK_EINVAL, sk_path_of("availability", (int)i, ".tzid").text,
                                 "has %zu bytes, at most %d are allowed", window->tzid.size,
                                 MAX_TZID);
        st = window->short_form ? check_short_window(window, (int)i, err)
                                : check_long_window(window, (int)i, err);
    }
    return st;
}

/* ---- Attributes ---- */

bool sk_attribute_name_valid(sk_str name)
{
    if (name.size < 1 || name.size > 64)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '_' && c != '-')
            return false;
    }
    return true;
}

/* A municipality's own field is an identifier more often than prose: nine digits are refused here
 * and not masked, or somebody's link to another system would silently break. */
static bool looks_like_bsn(const sk_attr *attr)
{
    char digits[16];

    if (attr->type == SK_ATTR_STRING)
        return attr->string.size == 9 && sk_bsn_valid(attr->string);
    if (!(attr->number >= 100000000 && attr->number <= 999999999) ||
        attr->number != (double)(int64_t)attr->number)
        return false;
    return sk_bsn_valid(
        (sk_str){digits, (size_t)snprintf(digits, sizeof(digits), "%.0f", attr->number)});
}

static sk_status check_attribute_value(const sk_attr *attr, const char *field, sk_error *err)
{
    if (attr->type != SK_ATTR_BOOL && looks_like_bsn(attr))
        return sk_fail_field(err, SK_EINVAL, field,
                             "looks like a citizen service number (BSN), which is not allowed");
    switch (attr->type) {
    case SK_ATTR_STRING:
        return sk_text_check(field, attr->string, MAX_ATTRIBUTE_CHARS, err);
    case SK_ATTR_NUMBER:
        if (!isfinite(attr->number))
            return sk_fail_field(err, SK_EINVAL, field, "must be a finite number");
        return SK_OK;
    case SK_ATTR_BOOL:
        return SK_OK;
    }
    return sk_fail_field(err, SK_EINVAL, field, "must be a string, a number or a boolean");
}

static sk_status check_attributes(const sk_listing *listing, sk_error *err)
{
    sk_status st = SK_OK;

    if (listing->attribute_count > SK_MAX_ATTRIBUTES)
        return sk_fail_field(err, SK_EINVAL, "attributes",
                             "has %zu entries, at most %d are allowed", listing->attribute_count,
                             SK_MAX_ATTRIBUTES);
    for (size_t i = 0; i < listing->attribute_count && st == SK_OK; i++) {
        const sk_attr *attr = &listing->attributes[i];
        sk_path name = sk_path_of("attributes", (int)i, ".name");

        if (!sk_attribute_name_valid(attr->name))
            return sk_fail_field(err, SK_EINVAL, name.text,
                                 "must be 1 to 64 of a-z A-Z 0-9 _ and hyphen");
        for (size_t j = 0; j < i; j++) {
            if (sk_str_eq(attr->name, listing->attributes[j].name))
                return sk_fail_field(err, SK_EINVAL, name.text, "\"%.*s\" is there twice",
                                     SK_STR_ARG(attr->name));
        }
        st = check_attribute_value(attr, sk_path_of("attributes", (int)i, ".value").text, err);
    }
    return st;
}

/* ---- Times ---- */

static sk_status check_times(const sk_listing *listing, int64_t now_ms, sk_error *err)
{
    sk_status st = SK_OK;

    if ((st = sk_time_check("validFrom", listing->valid_from_ms, err)) != SK_OK)
        return st;
    if ((st = sk_time_check("validUntil", listing->valid_until_ms, err)) != SK_OK)
        return st;
    if ((st = sk_time_check("createdAt", listing->created_ms, err)) != SK_OK)
        return st;
    if (listing->created_ms > now_ms)
        return sk_fail_field(err, SK_EINVAL, "createdAt", "is in the future");
    if (listing->valid_until_ms - listing->created_ms > SK_LISTING_LIFE_MAX_MS)
        return sk_fail_field(err, SK_EINVAL, "validUntil", "is more than two years after creation");
    return SK_OK;
}

/* ---- The listing ---- */

static sk_status check_who_and_what(const sk_listing *listing, sk_error *err)
{
    sk_status st = SK_OK;

    /* An empty id is one that the engine still has to make. */
    if (listing->id.size != 0 && (st = sk_id_check("id", listing->id, err)) != SK_OK)
        return st;
    if (!sk_kind_name(listing->kind))
        return sk_fail_field(err, SK_EINVAL, "kind",
                             "must be NEED, INITIATIVE, OFFER, SKILL, PLACE or ACTIVITY");
    if ((st = sk_id_check("partyId", listing->party_id, err)) != SK_OK)
        return st;
    if ((st = sk_text_require("title", listing->title, 200, err)) != SK_OK)
        return st;
    return sk_text_check("description", listing->description, 4000, err);
}

static sk_status check_numbers(const sk_listing *listing, sk_error *err)
{
    sk_status st = SK_OK;

    if ((st = at_most("reachM", listing->reach_m, MAX_METRES, err)) != SK_OK ||
        (st = at_most("withinM", listing->within_m, MAX_METRES, err)) != SK_OK ||
        (st = at_most("durationMin", listing->duration_min, MINUTES_OF_DAY, err)) != SK_OK ||
        (st = at_most("urgency", listing->urgency, 3, err)) != SK_OK)
        return st;
    if (listing->capacity < 1 || listing->capacity > 1000)
        return sk_fail_field(err, SK_EINVAL, "capacity", "%u is outside 1 to 1000",
                             listing->capacity);
    return SK_OK;
}

static sk_status check_code_sets(const sk_listing *listing, sk_error *err)
{
    static const char trait[] = "a trait code of a-z 0-9 . and hyphen";
    sk_status st = sk_codes_check("languages", listing->languages, SK_MAX_CODES, sk_language_valid,
                                  "an ISO 639-1 code such as \"nl\"", err);

    if (st == SK_OK)
        st = sk_codes_check("requires", listing->requires_traits, SK_MAX_CODES, sk_trait_valid,
                            trait, err);
    if (st == SK_OK)
        st = sk_codes_check("provides", listing->provides_traits, SK_MAX_CODES, sk_trait_valid,
                            trait, err);
    return st;
}

sk_status sk_listing_check(const sk_listing *listing, const sk_taxonomy *taxonomy, int64_t now_ms,
                           sk_error *err)
{
    sk_status st = SK_OK;

    if ((st = check_who_and_what(listing, err)) != SK_OK ||
        (st = check_categories(listing, taxonomy, err)) != SK_OK ||
        (st = check_point(listing, err)) != SK_OK || (st = check_numbers(listing, err)) != SK_OK ||
        (st = check_windows(listing, err)) != SK_OK ||
        (st = check_times(listing, now_ms, err)) != SK_OK ||
        (st = check_code_sets(listing, err)) != SK_OK ||
        (st = check_attributes(listing, err)) != SK_OK)
        return st;
    if (!sk_listing_status_name(listing->status))
        return sk_fail_field(err, SK_EINVAL, "status",
                             "must be OPEN, PAUSED, FULFILLED, WITHDRAWN or EXPIRED");
    return SK_OK;
}

void sk_listing_defaults(sk_listing *listing, int64_t now_ms)
{
    if (listing->status == SK_LISTING_NONE)
        listing->status = SK_LISTING_OPEN;
    if (listing->capacity == 0)
        listing->capacity = 1;
    if (listing->created_ms == 0)
        listing->created_ms = now_ms;
    if (listing->valid_from_ms == 0)
        listing->valid_from_ms = listing->created_ms;
    if (listing->valid_until_ms == 0)
        listing->valid_until_ms = listing->created_ms + SK_LISTING_LIFE_MS;
}
