/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

#include <stdio.h>

/* What listings refer to: connectors, areas, the taxonomy. */

/* ---- Connectors ---- */

static sk_status put_connector(turn *t, const sk_call *call, const ProtobufCMessage *item,
                               sk_receipt *out, sk_error *err)
{
    sk_connector connector;
    sk_status st = sk_connector_from_message((const Schakel__V1__Connector *)item, t->scratch,
                                             &connector, err);

    return st == SK_OK ? sk_engine_put_connector(t->engine, call, &connector, out, err) : st;
}

sk_status run_put_connectors(turn *t)
{
    const Schakel__V1__PutConnectors *m = t->request->put_connectors;

    return turn_batch(t, "connectors", (ProtobufCMessage *const *)m->connectors, m->n_connectors,
                      put_connector);
}

sk_status run_list_connectors(turn *t)
{
    Schakel__V1__Connectors *out = turn_make(t, &schakel__v1__connectors__descriptor);
    const sk_connector *items = NULL;
    const uint32_t *cases = NULL;
    size_t count = 0;
    sk_status st =
        sk_engine_list_connectors(t->engine, t->actor, t->scratch, &items, &cases, &count, t->err);

    if (st != SK_OK)
        return st;
    if (!out || (out->items = turn_pointers(t, count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        if ((out->items[i] = sk_connector_to_message(&items[i], t->arena)) == NULL)
            return turn_no_memory(t, t->err);
    out->n_items = count;
    out->cases = (uint32_t *)cases;
    out->n_cases = count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_CONNECTORS;
    t->response->connectors = out;
    return SK_OK;
}

/* ---- Areas ---- */

static sk_status read_areas(turn *t, const Schakel__V1__PutAreas *m, sk_area **out)
{
    sk_area *areas = sk_arena_calloc(t->scratch, m->n_areas, sizeof(*areas));
    char prefix[32];
    sk_status st = SK_OK;

    if (!areas)
        return sk_fail(t->err, SK_ENOMEM, "no memory for areas");
    for (size_t i = 0; i < m->n_areas; i++) {
        st = sk_area_from_message(m->areas[i], t->scratch, &areas[i], t->err);
        if (st != SK_OK) {
            snprintf(prefix, sizeof(prefix), "areas[%zu].", i);
            sk_error_within(t->err, prefix);
            return st;
        }
    }
    *out = areas;
    return SK_OK;
}

sk_status run_put_areas(turn *t)
{
    const Schakel__V1__PutAreas *m = t->request->put_areas;
    sk_area *areas = NULL;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = read_areas(t, m, &areas);
    if (st == SK_OK)
        st = sk_engine_put_areas(t->engine, &call, m->begin != 0, areas, m->n_areas, m->commit != 0,
                                 &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_list_areas(turn *t)
{
    const Schakel__V1__ListAreas *m = t->request->list_areas;
    Schakel__V1__AreaList *out = turn_make(t, &schakel__v1__area_list__descriptor);
    const sk_area *items = NULL;
    size_t count = 0;
    sk_str next;
    sk_status st =
        sk_engine_list_areas(t->engine, t->actor, sk_str_from(m->after), m->limit,
                             m->with_polygons != 0, t->scratch, &items, &count, &next, t->err);

    if (st != SK_OK)
        return st;
    if (!out || (out->items = turn_pointers(t, count)) == NULL ||
        (out->next = turn_str(t, next)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        if ((out->items[i] = sk_area_to_message(&items[i], t->arena)) == NULL)
            return turn_no_memory(t, t->err);
    out->n_items = count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_AREAS;
    t->response->areas = out;
    return SK_OK;
}

static sk_status fill_found(turn *t, const sk_found_area *found, Schakel__V1__FoundArea *out)
{
    out->buurt = turn_str(t, found->area.code);
    out->buurt_name = turn_str(t, found->area.name);
    out->wijk = turn_str(t, found->area.wijk);
    out->gemeente = turn_str(t, found->area.gemeente);
    out->point = turn_make(t, &schakel__v1__point__descriptor);
    if (!out->buurt || !out->buurt_name || !out->wijk || !out->gemeente || !out->point)
        return turn_no_memory(t, t->err);
    out->point->lat = found->point.lat_deg;
    out->point->lon = found->point.lon_deg;
    if (!found->has_rd)
        return SK_OK;
    if ((out->rd = turn_make(t, &schakel__v1__rd_point__descriptor)) == NULL)
        return turn_no_memory(t, t->err);
    out->rd->x_m = found->rd_x_m;
    out->rd->y_m = found->rd_y_m;
    return SK_OK;
}

sk_status run_find_area(turn *t)
{
    const Schakel__V1__FindArea *m = t->request->find_area;
    Schakel__V1__FoundArea *out = turn_make(t, &schakel__v1__found_area__descriptor);
    sk_found_area found;
    sk_status st = SK_OK;

    if (!m->point == !m->rd)
        return sk_fail_field(t->err, SK_EINVAL, m->rd ? "rd" : "point",
                             "give either `point` in degrees or `rd` in metres");
    st = sk_engine_find_area(t->engine, t->actor, m->rd != NULL, m->rd ? m->rd->x_m : m->point->lon,
                             m->rd ? m->rd->y_m : m->point->lat, t->scratch, &found, t->err);
    if (st != SK_OK)
        return st;
    if (!out)
        return turn_no_memory(t, t->err);
    if ((st = fill_found(t, &found, out)) != SK_OK)
        return st;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_FOUND_AREA;
    t->response->found_area = out;
    return SK_OK;
}

/* ---- Taxonomy ---- */

static sk_status put_taxonomy(turn *t, const sk_call *call, const Schakel__V1__Taxonomy *taxonomy,
                              sk_receipt *out)
{
    const sk_category *categories = NULL;
    const sk_related *related = NULL;
    size_t count = 0, related_count = 0;
    sk_status st = SK_OK;

    if (!taxonomy)
        return sk_fail_field(t->err, SK_EINVAL, "taxonomy", "is required");
    st = sk_taxonomy_from_message(taxonomy, t->scratch, &categories, &count, &related,
                                  &related_count, t->err);
    if (st == SK_OK)
        st = sk_engine_put_taxonomy(t->engine, call, categories, count, related, related_count, out,
                                    t->err);
    if (st != SK_OK && t->err->field[0] && strcmp(t->err->field, "id") != 0)
        sk_error_within(t->err, "taxonomy.");
    return st;
}

sk_status run_put_taxonomy(turn *t)
{
    const Schakel__V1__PutTaxonomy *m = t->request->put_taxonomy;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = put_taxonomy(t, &call, m->taxonomy, &receipt);
    return turn_receipt(t, st, &receipt);
}

sk_status run_get_taxonomy(turn *t)
{
    const sk_taxonomy *taxonomy = NULL;
    sk_category *categories = NULL;
    sk_related *related = NULL;
    size_t count = 0, related_count = 0;
    sk_status st = sk_engine_get_taxonomy(t->engine, t->actor, &taxonomy, t->err);

    if (st != SK_OK)
        return st;
    count = sk_taxonomy_count(taxonomy);
    related_count = sk_taxonomy_related_count(taxonomy);
    categories = sk_arena_calloc(t->scratch, count, sizeof(*categories));
    related = sk_arena_calloc(t->scratch, related_count, sizeof(*related));
    if (!categories || !related)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        categories[i] = *sk_taxonomy_at(taxonomy, i);
    for (size_t i = 0; i < related_count; i++)
        related[i] = *sk_taxonomy_related_at(taxonomy, i);
    t->response->taxonomy =
        sk_taxonomy_to_message(categories, count, related, related_count, t->arena);
    if (!t->response->taxonomy)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_TAXONOMY;
    return SK_OK;
}
