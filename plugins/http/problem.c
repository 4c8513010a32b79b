/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *reason, *type, *title, *detail;
} table[] = {
    {200, "OK", NULL, NULL, NULL},
    {201, "Created", NULL, NULL, NULL},
    {204, "No Content", NULL, NULL, NULL},
    {304, "Not Modified", NULL, NULL, NULL},
    {400, "Bad Request", "ongeldig", "De aanvraag klopt niet",
     "Kijk bij errors wat er anders moet."},
    {401, "Unauthorized", "geen-token", "Er is geen geldig token",
     "Stuur een geldig token mee: Authorization: Bearer TOKEN."},
    {403, "Forbidden", "geen-recht", "Dit token mag dit niet",
     "Vraag de beheerder om een token met dit recht."},
    {404, "Not Found", "onbekend", "Dit bestaat niet", "Er is niets op dit adres."},
    {405, "Method Not Allowed", "methode", "Deze methode kan hier niet",
     "In de kop Allow staat wat wel kan."},
    {406, "Not Acceptable", "stelsel", "Dit stelsel is er niet",
     "Accept-Crs kan CRS84 of EPSG:28992 (RD) zijn."},
    {409, "Conflict", "conflict", "Dit gaat niet samen met wat er al is",
     "Lees het gegeven opnieuw en beslis dan."},
    {412, "Precondition Failed", "veranderd", "Dit is intussen veranderd",
     "Lees het gegeven opnieuw en beslis dan."},
    {413, "Content Too Large", "te-groot", "De aanvraag is te groot", "Stuur minder tegelijk."},
    {414, "URI Too Long", "te-lang", "Het adres is te lang", "Stuur minder tegelijk."},
    {415, "Unsupported Media Type", "geen-json", "De inhoud is geen JSON",
     "Stuur Content-Type: application/json, zonder Content-Encoding."},
    {417, "Expectation Failed", "verwachting", "Deze verwachting kan niet",
     "Alleen Expect: 100-continue wordt begrepen."},
    {422, "Unprocessable Content", "grens", "Dit is te groot of te veel", "Stuur minder tegelijk."},
    {428, "Precondition Required", "if-match", "If-Match ontbreekt",
     "Stuur met If-Match de ETag mee van het voorstel dat u zag."},
    {429, "Too Many Requests", "te-vaak", "Te veel aanvragen",
     "Wacht zo lang als in Retry-After staat."},
    {431, "Request Header Fields Too Large", "koppen", "De koppen zijn te groot",
     "Stuur minder of kortere koppen."},
    {500, "Internal Server Error", "storing", "Er ging iets mis",
     "Probeer het later nog eens en meld het de beheerder."},
    {501, "Not Implemented", "niet-gemaakt", "Dit kan nog niet", "Deze mogelijkheid is er niet."},
    {503, "Service Unavailable", "bezet", "Even niet bereikbaar",
     "Stuur dezelfde aanvraag straks opnieuw."},
    {505, "HTTP Version Not Supported", "http", "Deze versie van HTTP kan niet",
     "Gebruik HTTP/1.1."},
};

static size_t row_of(int status)
{
    size_t fallback = 0;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status)
            return i;
        if (table[i].status == 500)
            fallback = i;
    }
    return fallback;
}

const char *http_reason(int status)
{
    return table[row_of(status)].reason;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);

    return a >= b && strcmp(text + a - b, end) == 0;
}

int http_status_of(sk_status status, const char *field)
{
    switch (status) {
    case SK_OK:
        return 200;
    case SK_EINVAL:
    case SK_EPROTO:
        return 400;
    case SK_ENOTFOUND:
        return 404;
    case SK_ECONFLICT:
        return ends_with(field, ".version") ? 412 : 409;
    case SK_EDENIED:
        return strcmp(field, "token") == 0 ? 401 : 403;
    case SK_ELIMIT:
        return 422;
    case SK_EUNIMPL:
        return 501;
    case SK_EBUSY:
    case SK_ENOMEM:
    case SK_EIO:
        return 503;
    case SK_ECORRUPT:
    case SK_EINTERNAL:
        break;
    }
    return 500;
}

/* ---- Faults ---- */

void http_fault_add(http_faults *faults, sk_arena *arena, const char *in, sk_str place,
                    const char *code, const char *format, ...)
{
    char text[400];
    va_list args;

    if (faults->count == HTTP_MAX_FAULTS)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    faults->items[faults->count++] = (http_fault){.in = in,
                                                  .place = sk_arena_str(arena, place),
                                                  .code = code,
                                                  .detail = sk_arena_str(arena, sk_str_from(text))};
}

/** "putListings.listings[0].point.lat" without what the route puts around the body. */
static const char *inside(const http_route *route, const char *field)
{
    char around[128];
    size_t size;

    snprintf(around, sizeof(around), "%s.%s%s%s", route->operation,
             route->within ? route->within : "", route->within_many ? "[0]" : "",
             route->within ? "." : "");
    size = strlen(around);
    if (strncmp(field, around, size) == 0)
        return field + size;
    /* The record itself, as a whole. */
    return strncmp(field, around, size - 1) == 0 && field[size - 1] == '\0' ? "" : NULL;
}

static sk_str pointer_of(sk_arena *arena, const char *path)
{
    sk_buf text = {0};
    sk_str made;

    if (*path)
        sk_buf_text(&text, "/");
    for (; *path; path++) {
        if (*path == '.' || *path == '[')
            sk_buf_text(&text, "/");
        else if (*path == '~')
            sk_buf_text(&text, "~0");
        else if (*path == '/')
            sk_buf_text(&text, "~1");
        else if (*path != ']')
            sk_buf_add(&text, path, 1);
    }
    made = sk_arena_str(arena, sk_buf_view(&text));
    sk_buf_done(&text);
    return made;
}

static const char *code_of(sk_status status)
{
    static const char *const codes[] = {
        "ok",       "invalid",       "not-found", "conflict", "denied",  "busy",    "limit",
        "protocol", "unimplemented", "no-memory", "io",       "corrupt", "internal"};

    return (size_t)status < sizeof(codes) / sizeof(codes[0]) ? codes[status] : "internal";
}

void http_fault_from_engine(http_faults *faults, sk_arena *arena, const http_route *route,
                            const sk_error *err)
{
    const char *path = inside(route, err->field), *code = code_of(err->status);

    if (strcmp(err->field, "id") == 0) {
        http_fault_add(faults, arena, "header", SK_STR("Idempotency-Key"), code, "%s",
                       err->message);
        return;
    }
    for (size_t i = 0; path && i < route->param_count; i++) {
        const http_param *p = &route->params[i];

        if (strcmp(p->field, path) != 0)
            continue;
        http_fault_add(faults, arena,
                       p->in == HTTP_IN_PATH    ? "path"
                       : p->in == HTTP_IN_QUERY ? "query"
                                                : "header",
                       sk_str_from(p->name), code, "%s", err->message);
        return;
    }
    http_fault_add(faults, arena, "body", path ? pointer_of(arena, path) : SK_STR(""), code, "%s",
                   err->message);
}

/* ---- Writing ---- */

void http_json_text(sk_buf *out, sk_str text)
{
    sk_buf_text(out, "\"");
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c == '"' || c == '\\')
            sk_buf_printf(out, "\\%c", c);
        else if (c < ' ' || c == 0x7f || c == '<')
            sk_buf_printf(out, "\\u%04x", c);
        else
            sk_buf_add(out, &text.data[i], 1);
    }
    sk_buf_text(out, "\"");
}

static void write_fault(sk_buf *out, const http_fault *fault)
{
    bool body = strcmp(fault->in, "body") == 0;

    sk_buf_printf(out, "{\"in\":\"%s\",\"location\":{\"%s\":", fault->in,
                  body ? "pointer" : "name");
    http_json_text(out, fault->place);
    sk_buf_printf(out, "},\"code\":\"%s\",\"detail\":", fault->code);
    http_json_text(out, fault->detail);
    sk_buf_text(out, "}");
}

void http_problem_write(int status, const char *detail, const http_faults *faults, sk_buf *out)
{
    size_t row = row_of(status);

    sk_buf_printf(out, "{\"type\":\"urn:schakel:fout:%s\",\"title\":", table[row].type);
    http_json_text(out, sk_str_from(table[row].title));
    sk_buf_printf(out, ",\"status\":%d,\"detail\":", status);
    http_json_text(out, sk_str_from(detail ? detail : table[row].detail));
    if (faults && faults->count) {
        sk_buf_text(out, ",\"errors\":[");
        for (size_t i = 0; i < faults->count; i++) {
            if (i)
                sk_buf_text(out, ",");
            write_fault(out, &faults->items[i]);
        }
        sk_buf_text(out, "]");
    }
    sk_buf_text(out, "}");
}
