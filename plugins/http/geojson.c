/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/geojson.h"

#include "codec/codec.h"
#include "fields.h"
#include "http/problem.h"

enum { AREA_LIST_ITEMS = 1 };

static void write_ring(sk_buf *out, const sk_ring *ring)
{
    sk_buf_text(out, "[");
    for (size_t i = 0; i < ring->count; i++)
        /* Seven places are a centimetre. */
        sk_buf_printf(out, "%s[%.7f,%.7f]", i ? "," : "", ring->points[i].lon_deg,
                      ring->points[i].lat_deg);
    sk_buf_text(out, "]");
}

static void write_geometry(sk_buf *out, const sk_area *area)
{
    if (area->polygon_count == 0) {
        sk_buf_text(out, "null");
        return;
    }
    sk_buf_text(out, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (size_t i = 0; i < area->polygon_count; i++) {
        sk_buf_text(out, i ? ",[" : "[");
        for (size_t k = 0; k < area->polygons[i].ring_count; k++) {
            if (k)
                sk_buf_text(out, ",");
            write_ring(out, &area->polygons[i].rings[k]);
        }
        sk_buf_text(out, "]");
    }
    sk_buf_text(out, "]}");
}

static void write_text(sk_buf *out, const char *name, sk_str value)
{
    sk_buf_printf(out, ",\"%s\":", name);
    http_json_text(out, value);
}

static void write_feature(sk_buf *out, const sk_area *area)
{
    sk_buf_text(out, "{\"type\":\"Feature\",\"id\":");
    http_json_text(out, area->code);
    sk_buf_text(out, ",\"geometry\":");
    write_geometry(out, area);
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
}

sk_status http_geojson_areas(sk_str area_list, sk_arena *arena, sk_buf *out, sk_error *err)
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
        write_feature(out, &area);
    }
    sk_buf_text(out, "]}");
    return SK_OK;
}
