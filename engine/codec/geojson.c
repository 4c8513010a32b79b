/* SPDX-License-Identifier: EUPL-1.2 */
#include <stdio.h>

#include "codec/codec.h"
#include "codec/json_text.h"
#include "codec/place.h"

/* Problem: a municipality's areas come as one file of tens of megabytes, of which a tree in memory
 * takes ten times as much. So the text is checked once as a whole, then only its top is read by
 * hand, and each feature becomes a tree of its own that is gone before the next.
 *
 *     {"type": "FeatureCollection", "features": [ {feature}, {feature}, ... ]}
 *                                                 |-- one tree at a time
 *
 * What is read: RFC 7946, Polygon and MultiPolygon in WGS84 degrees, rings closed, heights ignored,
 * other members and properties ignored. Whether rings cross or areas overlap is geo's business.
 * Failure: one error with the path of the fault; the arena may hold the areas read so far. */

#define TEXT_MAX ((size_t)256 * 1024 * 1024)
#define NESTED_MAX 32
#define FEATURES_MAX 100000

typedef struct reader {
    sk_arena *arena;
    sk_error *err;
} reader;

static sk_status no_memory(reader *r)
{
    return sk_fail(r->err, SK_ENOMEM, "out of memory while reading areas");
}

/* ---- Positions and rings ---- */

static sk_status read_degrees(reader *r, json_t *value, double bound, const char *what,
                              const sk_place *place, double *out)
{
    double degrees = json_number_value(value);

    if (!json_is_number(value))
        return sk_place_fail(r->err, SK_EINVAL, place, "a position is [longitude, latitude]");
    if (!(degrees >= -bound && degrees <= bound))
        return sk_place_fail(r->err, SK_EINVAL, place,
                             "%s %g is outside [%g, %g]; coordinates are WGS84 degrees", what,
                             degrees, -bound, bound);
    *out = degrees;
    return SK_OK;
}

static sk_status read_position(reader *r, json_t *value, const sk_place *place, sk_point *out)
{
    sk_status st = SK_OK;

    if (json_array_size(value) < 2)
        return sk_place_fail(r->err, SK_EINVAL, place, "a position is [longitude, latitude]");
    st = read_degrees(r, json_array_get(value, 0), 180, "longitude", place, &out->lon_deg);
    if (st == SK_OK)
        st = read_degrees(r, json_array_get(value, 1), 90, "latitude", place, &out->lat_deg);
    return st;
}

static sk_status read_ring(reader *r, json_t *value, const sk_place *place, sk_ring *out)
{
    size_t count = json_array_size(value);
    sk_point *points = NULL;
    sk_status st = SK_OK;

    if (count < 4)
        return sk_place_fail(r->err, SK_EINVAL, place, "a ring needs at least four positions");
    if ((points = sk_arena_calloc(r->arena, count, sizeof(*points))) == NULL)
        return no_memory(r);
    for (size_t i = 0; i < count && st == SK_OK; i++) {
        sk_place at = {.up = place, .index = (int64_t)i};

        st = read_position(r, json_array_get(value, i), &at, &points[i]);
    }
    if (st != SK_OK)
        return st;
    if (points[0].lat_deg != points[count - 1].lat_deg ||
        points[0].lon_deg != points[count - 1].lon_deg)
        return sk_place_fail(r->err, SK_EINVAL, place,
                             "a ring ends where it starts, with the same position");
    *out = (sk_ring){points, count};
    return SK_OK;
}

static sk_status read_polygon(reader *r, json_t *value, const sk_place *place, sk_polygon *out)
{
    size_t count = json_array_size(value);
    sk_ring *rings = NULL;
    sk_status st = SK_OK;

    if (count == 0)
        return sk_place_fail(r->err, SK_EINVAL, place, "a polygon needs at least one ring");
    if ((rings = sk_arena_calloc(r->arena, count, sizeof(*rings))) == NULL)
        return no_memory(r);
    for (size_t i = 0; i < count && st == SK_OK; i++) {
        sk_place at = {.up = place, .index = (int64_t)i};

        st = read_ring(r, json_array_get(value, i), &at, &rings[i]);
    }
    *out = (sk_polygon){rings, count};
    return st;
}

static bool text_is(json_t *value, const char *wanted)
{
    return json_is_string(value) && strcmp(json_string_value(value), wanted) == 0;
}

static sk_status read_geometry(reader *r, json_t *geometry, const sk_place *up, sk_area *out)
{
    sk_place place = {.up = up, .key = SK_STR("geometry"), .index = -1};
    sk_place inside = {.up = &place, .key = SK_STR("coordinates"), .index = -1};
    json_t *coordinates = json_object_get(geometry, "coordinates");
    bool multi = text_is(json_object_get(geometry, "type"), "MultiPolygon");
    size_t count = multi ? json_array_size(coordinates) : 1;
    sk_polygon *polygons = NULL;
    sk_status st = SK_OK;

    if (!multi && !text_is(json_object_get(geometry, "type"), "Polygon"))
        return sk_place_fail(r->err, SK_EINVAL, &place, "must be a Polygon or a MultiPolygon");
    if (count == 0)
        return sk_place_fail(r->err, SK_EINVAL, &inside, "at least one polygon is needed");
    if ((polygons = sk_arena_calloc(r->arena, count, sizeof(*polygons))) == NULL)
        return no_memory(r);
    if (!multi)
        st = read_polygon(r, coordinates, &inside, &polygons[0]);
    for (size_t i = 0; multi && i < count && st == SK_OK; i++) {
        sk_place at = {.up = &inside, .index = (int64_t)i};

        st = read_polygon(r, json_array_get(coordinates, i), &at, &polygons[i]);
    }
    out->polygons = polygons;
    out->polygon_count = count;
    return st;
}

/* ---- Properties ---- */

static sk_status read_text(reader *r, json_t *properties, const char *name, bool required,
                           const sk_place *up, sk_str *out)
{
    sk_place place = {.up = up, .key = sk_str_from(name), .index = -1};
    json_t *value = json_object_get(properties, name);

    if (!required && (!value || json_is_null(value)))
        return SK_OK;
    if (!json_is_string(value) || (required && json_string_length(value) == 0))
        return sk_place_fail(r->err, SK_EINVAL, &place, "a text is needed");
    *out = sk_arena_str(r->arena, (sk_str){json_string_value(value), json_string_length(value)});
    return out->data ? SK_OK : no_memory(r);
}

static sk_status read_year(reader *r, json_t *properties, const sk_place *up, uint32_t *out)
{
    sk_place place = {.up = up, .key = SK_STR("jaar"), .index = -1};
    json_t *value = json_object_get(properties, "jaar");
    double year = json_number_value(value);

    if (!value || json_is_null(value))
        return SK_OK;
    if (!json_is_number(value) || !(year >= 1800 && year <= 9999) || year != (uint32_t)year)
        return sk_place_fail(r->err, SK_EINVAL, &place, "must be a year such as 2024");
    *out = (uint32_t)year;
    return SK_OK;
}

static sk_status read_properties(reader *r, json_t *properties, const sk_place *up, sk_area *out)
{
    sk_place place = {.up = up, .key = SK_STR("properties"), .index = -1};
    const struct {
        const char *name;
        bool required;
        sk_str *out;
    } texts[] = {
        {"code", true, &out->code},           {"naam", true, &out->name},
        {"wijkcode", true, &out->wijk},       {"gemeentecode", true, &out->gemeente},
        {"wijknaam", false, &out->wijk_name}, {"gemeentenaam", false, &out->gemeente_name},
    };
    sk_status st = SK_OK;

    if (!json_is_object(properties))
        return sk_place_fail(r->err, SK_EINVAL, &place, "must be an object");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && st == SK_OK; i++)
        st = read_text(r, properties, texts[i].name, texts[i].required, &place, texts[i].out);
    return st == SK_OK ? read_year(r, properties, &place, &out->year) : st;
}

/* ---- Features ---- */

static sk_status read_feature(reader *r, sk_str text, size_t index, sk_area *out)
{
    sk_place place = {.key = SK_STR("features"), .index = (int64_t)index};
    sk_error inner = {0};
    json_t *feature = NULL;
    sk_status st = SK_OK;

    if ((st = sk_json_load(text, &feature, &inner)) != SK_OK)
        return sk_place_fail(r->err, st, &place, "within this feature, %s", inner.message);
    if (!text_is(json_object_get(feature, "type"), "Feature"))
        st = sk_place_fail(r->err, SK_EINVAL, &place, "must be an object of type Feature");
    if (st == SK_OK)
        st = read_properties(r, json_object_get(feature, "properties"), &place, out);
    if (st == SK_OK)
        st = read_geometry(r, json_object_get(feature, "geometry"), &place, out);
    json_decref(feature);
    return st;
}

/* Step to the next item of a list whose syntax was checked; false at its end. */
static bool next_item(sk_json_cursor *c, sk_str *out)
{
    const char *start = NULL;

    sk_json_skip_space(c);
    if (*c->at == '[' || *c->at == ',')
        c->at++;
    sk_json_skip_space(c);
    if (*c->at == ']')
        return false;
    start = c->at;
    SK_ASSERT(sk_json_skip_value(c, NESTED_MAX, NULL) == SK_OK);
    *out = (sk_str){start, (size_t)(c->at - start)};
    return true;
}

static sk_status read_features(reader *r, sk_str list, const sk_area **out, size_t *out_count)
{
    sk_json_cursor c = {list.data, list.data, list.data + list.size};
    sk_area *areas = NULL;
    size_t count = 0;
    sk_str item;

    while (next_item(&c, &item))
        count++;
    if (count > FEATURES_MAX)
        return sk_fail_field(r->err, SK_ELIMIT, "features", "%zu features, more than %d", count,
                             FEATURES_MAX);
    if ((areas = sk_arena_calloc(r->arena, count, sizeof(*areas))) == NULL)
        return no_memory(r);
    c.at = c.start;
    for (size_t i = 0; next_item(&c, &item); i++) {
        sk_status st = read_feature(r, item, i, &areas[i]);

        if (st != SK_OK)
            return st;
    }
    *out = areas;
    *out_count = count;
    return SK_OK;
}

/* ---- The top ---- */

/* Name and value of the next member of the object at `c`, whose syntax was checked. Names are
 * compared as written: nobody escapes the letters of "features". */
static bool next_member(sk_json_cursor *c, sk_str *out_name, sk_str *out_value)
{
    const char *start = NULL;

    sk_json_skip_space(c);
    if (*c->at == '{' || *c->at == ',')
        c->at++;
    sk_json_skip_space(c);
    if (*c->at == '}')
        return false;
    start = c->at;
    SK_ASSERT(sk_json_skip_string(c, NULL) == SK_OK);
    *out_name = (sk_str){start, (size_t)(c->at - start)};
    sk_json_skip_space(c);
    c->at++;
    sk_json_skip_space(c);
    start = c->at;
    SK_ASSERT(sk_json_skip_value(c, NESTED_MAX, NULL) == SK_OK);
    *out_value = (sk_str){start, (size_t)(c->at - start)};
    return true;
}

sk_status sk_geojson_areas(sk_str json, sk_arena *arena, const sk_area **out, size_t *out_count,
                           sk_error *err)
{
    sk_json_cursor c = {json.data, json.data, json.data + json.size};
    sk_str name, value, type = {0}, features = {0};
    reader r = {arena, err};
    sk_status st = SK_OK;
    char top = '\0';

    if (json.size > TEXT_MAX)
        return sk_fail(err, SK_ELIMIT, "%zu bytes of GeoJSON, more than %zu", json.size, TEXT_MAX);
    if ((st = sk_json_check_all(json, NESTED_MAX, err)) != SK_OK)
        return st;
    sk_json_skip_space(&c);
    top = *c.at;
    while (top == '{' && next_member(&c, &name, &value)) {
        if (sk_str_eq(name, SK_STR("\"type\"")))
            type = value;
        if (!sk_str_eq(name, SK_STR("\"features\"")))
            continue;
        if (features.data)
            return sk_fail_field(err, SK_EPROTO, "features", "given twice");
        features = value;
    }
    if (!sk_str_eq(type, SK_STR("\"FeatureCollection\"")))
        return sk_fail_field(err, SK_EINVAL, "type", "must be \"FeatureCollection\"");
    if (features.size == 0 || features.data[0] != '[')
        return sk_fail_field(err, SK_EINVAL, "features", "must be a list of features");
    return read_features(&r, features, out, out_count);
}
