/* SPDX-License-Identifier: EUPL-1.2 */
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "fields.h"
#include "http/geojson.h"
#include "http/translate.h"

/* A Response's shell is looked at field by field; only the answer inside becomes JSON. */

enum { RESPONSE_STATUS = 2, RESPONSE_ERROR = 3 };
enum { ERROR_FIELD = 1, ERROR_MESSAGE = 2, ERROR_RETRY = 3 };
enum { RECEIPT_ID = 3, RECEIPT_CREATED = 5 };

void http_answer_done(http_answer *answer)
{
    sk_buf_done(&answer->body);
    sk_buf_done(&answer->next);
    sk_buf_done(&answer->created);
}

void http_answer_problem(http_answer *out, int status, const char *detail,
                         const http_faults *faults)
{
    out->status = status;
    out->type = "application/problem+json";
    out->body.failed = false;
    sk_buf_reset(&out->body);
    http_problem_write(status, detail, faults, &out->body);
}

static void copy_text(char *out, size_t room, sk_str message, uint32_t number)
{
    wire_field f;

    if (field_find(message, number, &f) && f.type == 2)
        snprintf(out, room, "%.*s", (int)f.bytes.size, f.bytes.data);
}

static void read_problem(const http_route *route, sk_status status, sk_str error, sk_arena *arena,
                         http_answer *out)
{
    sk_error err = {.status = status};
    http_faults faults = {0};
    wire_field f;
    int code;

    copy_text(err.field, sizeof(err.field), error, ERROR_FIELD);
    copy_text(err.message, sizeof(err.message), error, ERROR_MESSAGE);
    if (field_find(error, ERROR_RETRY, &f))
        out->retry_s = (unsigned)(f.value + 999) / 1000;
    code = http_status_of(status, err.field);
    if (code == 503 && out->retry_s == 0)
        out->retry_s = 1;
    if (err.message[0] && code < 500 && code != 401)
        http_fault_from_engine(&faults, arena, route, &err);
    http_answer_problem(out, code, NULL, &faults);
}

static uint64_t number_at(sk_str message, uint32_t field)
{
    wire_field f;

    return field && field_find(message, field, &f) ? f.value : 0;
}

static void read_result(const http_route *route, sk_str result, sk_arena *arena, http_answer *out)
{
    sk_error err = {0};
    sk_status st;
    wire_field f;

    out->status = 200;
    out->type = route->geojson ? "application/geo+json" : "application/json";
    out->version = number_at(result, route->version);
    if (route->next && field_find(result, route->next, &f))
        sk_buf_str(&out->next, f.bytes);
    if (route->creates && number_at(result, RECEIPT_CREATED) &&
        field_find(result, RECEIPT_ID, &f)) {
        out->status = 201;
        sk_buf_str(&out->created, f.bytes);
    }
    if (route->geojson)
        st = http_geojson_areas(result, out->rd, arena, &out->body, &err);
    else
        st = sk_message_to_json(route->answer, result, false, &out->body, &err);
    if (st != SK_OK || out->body.failed)
        http_answer_problem(out, 500, NULL, NULL);
}

void http_answer_read(const http_route *route, sk_str response, sk_arena *arena, http_answer *out)
{
    wire_field f;

    if (field_find(response, RESPONSE_STATUS, &f) && f.value != SK_OK) {
        sk_status status = (sk_status)f.value;

        read_problem(route, status, field_find(response, RESPONSE_ERROR, &f) ? f.bytes : SK_STR(""),
                     arena, out);
        return;
    }
    if (!field_find(response, route->result, &f) || f.type != 2) {
        http_answer_problem(out, 500, NULL, NULL);
        return;
    }
    if (route->unwrap) {
        sk_str whole = f.bytes;

        if (!field_find(whole, route->unwrap, &f) || f.type != 2) {
            http_answer_problem(out, 500, NULL, NULL);
            return;
        }
    }
    read_result(route, f.bytes, arena, out);
}

void http_answer_links(http_answer *answer, sk_str self, sk_str next)
{
    sk_buf *body = &answer->body;
    bool empty;

    if (body->size < 2 || body->data[body->size - 1] != '}')
        return;
    empty = body->data[body->size - 2] == '{';
    body->size--;
    sk_buf_text(body,
                empty ? "\"_links\":{\"self\":{\"href\":" : ",\"_links\":{\"self\":{\"href\":");
    http_json_text(body, self);
    sk_buf_text(body, "}");
    if (next.size) {
        sk_buf_text(body, ",\"next\":{\"href\":");
        http_json_text(body, next);
        sk_buf_text(body, "}");
    }
    sk_buf_text(body, "}}");
}
