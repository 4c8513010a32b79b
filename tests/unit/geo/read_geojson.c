/* SPDX-License-Identifier: EUPL-1.2 */
#include "read_geojson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FILE *open_data(const char *name)
{
    const char *folder = getenv("SCHAKEL_DATA");
    char path[4096];

    if (!folder)
        return NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "r");
}

static sk_str property(const char *line, const char *name, sk_arena *arena)
{
    char key[40];
    const char *at, *end;

    snprintf(key, sizeof key, "\"%s\":\"", name);
    if (!(at = strstr(line, key)))
        return SK_STR("");
    at += strlen(key);
    end = strchr(at, '"');
    return sk_arena_str(arena, (sk_str){at, (size_t)(end - at)});
}

static void skip_to_value(const char **at)
{
    while (**at == ',' || **at == ' ')
        ++*at;
}

static sk_ring read_ring(const char **at, sk_arena *arena)
{
    sk_point *points = NULL;
    size_t count = 0, capacity = 1;

    for (const char *c = *at; strncmp(c, "]]", 2) != 0; c++)
        capacity += *c == '[';
    points = sk_arena_calloc(arena, capacity, sizeof *points);

    ++*at;
    while (**at != ']') {
        char *end = NULL;

        points[count].lon_deg = strtod(*at + 1, &end);
        points[count].lat_deg = strtod(end + 1, &end);
        count++;
        *at = end + 1;
        skip_to_value(at);
    }
    ++*at;
    return (sk_ring){points, count};
}

static sk_polygon read_polygon(const char **at, sk_arena *arena)
{
    sk_ring *rings = sk_arena_calloc(arena, 64, sizeof *rings);
    size_t count = 0;

    ++*at;
    while (**at != ']') {
        rings[count++] = read_ring(at, arena);
        skip_to_value(at);
    }
    ++*at;
    return (sk_polygon){rings, count};
}

static void read_feature(const char *line, const char *at, sk_arena *arena, sk_area *out)
{
    sk_polygon *polygons = sk_arena_calloc(arena, 64, sizeof *polygons);
    size_t count = 0;

    if (strstr(line, "\"MultiPolygon\"")) {
        at++;
        while (*at != ']') {
            polygons[count++] = read_polygon(&at, arena);
            skip_to_value(&at);
        }
    } else {
        polygons[count++] = read_polygon(&at, arena);
    }
    *out = (sk_area){.code = property(line, "code", arena),
                     .name = property(line, "naam", arena),
                     .wijk = property(line, "wijkcode", arena),
                     .gemeente = property(line, "gemeentecode", arena),
                     .polygons = polygons,
                     .polygon_count = count};
}

bool read_geojson(const char *name, sk_arena *arena, sk_area **out, size_t *out_count)
{
    FILE *file = open_data(name);
    sk_area *areas = NULL;
    char *line = NULL;
    size_t size = 0, count = 0;

    if (!file)
        return false;
    areas = sk_arena_calloc(arena, 20000, sizeof *areas);
    while (getline(&line, &size, file) > 0) {
        static const char mark[] = "\"coordinates\":";
        const char *at = strstr(line, mark);

        if (at)
            read_feature(line, at + sizeof mark - 1, arena, &areas[count++]);
    }
    free(line);
    fclose(file);
    *out = areas;
    *out_count = count;
    return true;
}
