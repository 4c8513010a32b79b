/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/geojson.h"

#include "codec/codec.h"
#include "fields.h"
#include "http/problem.h"

enum { AREA_LIST_ITEMS = 1 };

static sk_status write_ring(sk_buf *out, sk_rd *rd, const sk_ring *ring, sk_error *err)
{
    sk_status st;
    double x_m, y_m;

    sk_buf_text(out, "[");
    for (size_t i = 0; i < ring->count; i++) {
        sk_point at = ring->points[i];

        /* Seven places of a degree are a centimetre. */
        if (!rd) {
            sk_buf_printf(out, "%s[%.7f,%.7f]", i ? "," : "", at.lon_deg, at.lat_deg);
            continue;
        }
        if ((st = sk_rd_from_wgs84(rd, at, &x_m, &y_m, err)) != SK_OK)
            return st;
        sk_buf_printf(out, "%s[%.2f,%.2f]", i ? "," : "", x_m, y_m);
    }
    sk_buf_text(out, "]");
    return SK_OK;
}

static sk_status write_geometry(sk_buf *out, sk_rd *rd, const sk_area *area, sk_error *err)
{
    sk_status st = SK_OK;

    if (area->polygon_count == 0) {
        sk_buf_text(out, "null");
        return SK_OK;
    }
    sk_buf_text(out, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (size_t i = 0; i < area->polygon_count && st == SK_OK; i++) {
        sk_buf_text(out, i ? ",[" : "[");
        for (size_t k = 0; k < area->polygons[i].ring_count && st == SK_OK; k++) {
            if (k)
                sk_buf_text(out, ",");
            st = write_ring(out, rd, &area->polygons[i].rings[k], err);
        }
        sk_buf_text(out, "]");
    }
    sk_buf_text(out, "]}");
    return st;
}

static void write_text(sk_buf *out, const char *name, sk_str value)
{
    sk_buf_printf(out, ",\"%s\":", name);
    http_json_text(out, value);
}

static sk_status write_feature(sk_buf *out, sk_rd *rd, const sk_area *area, sk_error *err)
{
    sk_status st;

    sk_buf_text(out, "{\"type\":\"Feature\",\"id\":");
    http_json_text(out, area->code);
    sk_buf_text(out, ",\"geometry\":");
    st = write_geometry(out, rd, area, err);
    sk_buf_text(out, ",\"properties\":{\"code\":");
    http_json_text(out, area->code);
    write_text(out, "naam", area->name);
    write_text(out, "wijkcode", area->wijk);
    write_text(out, "wijknaam", area->wijk_name);
    write_text(out, "gemeentecode", area->gemeente);
    write_text(out, "gemeentenaam", area->gemeente_name);
    if (area->year)
        sk_buf_printf(out, ",\"jaar\":%u", area->year);
    sk_buf_text(out, "}}");
    return st;
}

sk_status http_geojson_areas(sk_str area_list, sk_rd *rd, sk_arena *arena, sk_buf *out,
                             sk_error *err)
{
    bool first = true;
    sk_status st;
    wire_field f;

    sk_buf_text(out, "{\"type\":\"FeatureCollection\",\"features\":[");
    while (field_next(&area_list, &f)) {
        sk_area area;

        if (f.number != AREA_LIST_ITEMS)
            continue;
        if ((st = sk_decode_area(f.bytes, arena, &area, err)) != SK_OK)
            return st;
        if (!first)
            sk_buf_text(out, ",");
        first = false;
        if ((st = write_feature(out, rd, &area, err)) != SK_OK)
            return st;
    }
    sk_buf_text(out, "]}");
    return SK_OK;
}
