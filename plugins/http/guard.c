/* SPDX-License-Identifier: EUPL-1.2 */
#include "http/guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Problem: two readers of the same bytes that disagree on where a request ends let a stranger put
 * requests in another's mouth (request smuggling), and evhttp of libevent 2.1 is lenient: it takes
 * a bare line feed, folded lines and several lengths, reads a POST without a length until the end,
 * takes the body of a GET for the next request, and answers what it cannot read with a page of its
 * own. So its bytes first pass here:
 *
 *   socket -> raw -> [head] -> [body | chunks] -> clean -> evhttp
 *
 * What is not exactly RFC 9112 is refused; what is gets rewritten. Chunks are put together, so that
 * evhttp reads lengths only. A request is passed on whole, or not at all.
 *
 * Invariants: `clean` only ever grows by whole requests; after a refusal by nothing. At most one
 * head and one body of a connection are held, both within the limits. */

enum stage {
    STAGE_HEAD,
    STAGE_BODY,
    STAGE_CHUNK_SIZE,
    STAGE_CHUNK,
    STAGE_CHUNK_END,
    STAGE_TRAILER
};

#define MAX_HEADERS 64
#define MAX_TARGET 4096
#define MAX_LINE 256 /**< Of a chunk's size or a trailer. */
#define MAX_TRAILERS 16

/** What the lines of one head said. */
typedef struct head {
    const char *method, *target;
    size_t method_size, target_size;
    unsigned minor;
    unsigned seen; /**< Bits of single headers. */
    uint64_t length;
    bool has_length, chunked, close, keep, expect;
} head;

/* ---- Words of a line ---- */

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

/** True when the comma-separated list has the word. */
static bool lists(const char *text, size_t size, const char *word)
{
    size_t at = 0;

    while (at < size) {
        size_t begin, end;

        while (at < size && (text[at] == ' ' || text[at] == '\t' || text[at] == ','))
            at++;
        begin = at;
        while (at < size && text[at] != ',')
            at++;
        end = at;
        while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
            end--;
        if (is(text + begin, end - begin, word))
            return true;
    }
    return false;
}

/* ---- The head ---- */

static const char *read_request_line(const char *line, size_t size, head *h)
{
    const char *end = line + size, *at = line;

    while (at < end && *at >= 'A' && *at <= 'Z')
        at++;
    h->method = line;
    h->method_size = (size_t)(at - line);
    if (h->method_size == 0 || at == end || *at != ' ')
        return "400 request-line";
    h->target = ++at;
    while (at<end && * at> ' ' && *at < 0x7f && *at != '#')
        at++;
    h->target_size = (size_t)(at - h->target);
    if (h->target_size > MAX_TARGET)
        return "414 target";
    if (at == end || *at != ' ' || h->target_size == 0 || h->target[0] != '/')
        return "400 target";
    at++;
    if (end - at != 8 || memcmp(at, "HTTP/", 5) != 0)
        return "400 request-line";
    if (memcmp(at, "HTTP/1.1", 8) != 0 && memcmp(at, "HTTP/1.0", 8) != 0)
        return "505 version";
    h->minor = (unsigned)(at[7] - '0');
    return NULL;
}

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

static const char *check_method(const head *h)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strlen(methods[i]) == h->method_size &&
            memcmp(h->method, methods[i], h->method_size) == 0)
            return NULL;
    return "501 method";
}

static bool method_has_body(const head *h)
{
    return h->method[0] == 'P';
}

/* Headers that may come once. Of two, the reader before us may have believed the other. */
static const char *const single[] = {
    "Host",         "Content-Length", "Transfer-Encoding", "Authorization",
    "Content-Type", "If-Match",       "Idempotency-Key",   "Last-Event-ID",
    "Origin",       "Expect",         "Content-Encoding",  "If-None-Match"};
enum { ONE_HOST, ONE_LENGTH, ONE_CODING };

static const char *note_single(const char *name, size_t size, head *h)
{
    for (unsigned i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        if (!is(name, size, single[i]))
            continue;
        if (h->seen & 1u << i)
            return "400 twice";
        h->seen |= 1u << i;
    }
    return NULL;
}

static const char *read_length(const char *value, size_t size, head *h)
{
    if (size == 0 || size > 10)
        return "400 content-length";
    for (size_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9')
            return "400 content-length";
        h->length = h->length * 10 + (uint64_t)(value[i] - '0');
    }
    h->has_length = true;
    return NULL;
}

/** Headers that say how to read the rest. `*out_pass`: evhttp may see this one too. */
static const char *note_framing(const char *name, size_t name_size, const char *value, size_t size,
                                head *h, bool *out_pass)
{
    *out_pass = false;
    if (is(name, name_size, "Content-Length"))
        return read_length(value, size, h);
    if (is(name, name_size, "Transfer-Encoding")) {
        h->chunked = true;
        return is(value, size, "chunked") && h->minor == 1 ? NULL : "400 transfer-encoding";
    }
    if (is(name, name_size, "Expect")) {
        h->expect = true;
        return is(value, size, "100-continue") ? NULL : "417 expect";
    }
    if (is(name, name_size, "Connection")) {
        h->close |= lists(value, size, "close");
        h->keep |= lists(value, size, "keep-alive");
        return NULL;
    }
    *out_pass = !is(name, name_size, HTTP_REFUSED) && !is(name, name_size, "Upgrade") &&
                !is(name, name_size, "Proxy-Connection") && !is(name, name_size, "Keep-Alive") &&
                !is(name, name_size, "TE") && !is(name, name_size, "Trailer");
    return NULL;
}

static const char *read_header(const char *line, size_t size, head *h, struct evbuffer *out)
{
    size_t name = 0, begin, end = size;
    const char *fault;
    bool pass;

    while (name < size && is_token(line[name]))
        name++;
    if (name == 0 || name == size || line[name] != ':')
        return "400 header";
    for (begin = name + 1; begin < size && (line[begin] == ' ' || line[begin] == '\t'); begin++)
        ;
    while (end > begin && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        end--;
    for (size_t i = begin; i < end; i++)
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
            return "400 header";
    if ((fault = note_single(line, name, h)) != NULL ||
        (fault = note_framing(line, name, line + begin, end - begin, h, &pass)) != NULL)
        return fault;
    if (pass)
        evbuffer_add_printf(out, "%.*s: %.*s\r\n", (int)name, line, (int)(end - begin),
                            line + begin);
    return NULL;
}

static const char *check_head(const head *h, const http_guard_limits *limits)
{
    if (h->minor == 1 && !(h->seen & 1u << ONE_HOST))
        return "400 host";
    if (h->has_length && h->chunked)
        return "400 two-lengths";
    if (!method_has_body(h) && (h->chunked || h->length > 0))
        return "400 body";
    if (h->has_length && h->length > limits->body)
        return "413 body";
    return check_method(h);
}

/** Reads the lines of a head that ends with an empty line; writes the checked ones to `out`. */
static const char *read_head(const char *text, size_t size, head *h, struct evbuffer *out)
{
    size_t at = 0, lines = 0;

    while (at < size) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = (size_t)(end - text) - at;
        const char *fault;

        if (length == 0 || end[-1] != '\r')
            return "400 line-end";
        if (--length == 0)
            return lines ? NULL : "400 request-line";
        if (lines == 0) {
            if ((fault = read_request_line(text, length, h)) != NULL)
                return fault;
            evbuffer_add_printf(out, "%.*s %.*s HTTP/1.%u\r\n", (int)h->method_size, h->method,
                                (int)h->target_size, h->target, h->minor);
        } else if ((fault = read_header(text + at, length, h, out)) != NULL) {
            return fault;
        }
        if (++lines > MAX_HEADERS + 1)
            return "431 headers";
        at = (size_t)(end - text) + 1;
    }
    return "400 line-end";
}

/* ---- Passing on ---- */

static bool refuse(http_guard *g, const char *why, struct evbuffer *clean)
{
    g->dead = true;
    g->requests++;
    return evbuffer_add_printf(clean,
                               "GET / HTTP/1.1\r\nHost: -\r\n" HTTP_REFUSED
                               ": %s\r\nConnection: close\r\n\r\n",
                               why) > 0;
}

static bool pass_on(http_guard *g, struct evbuffer *clean, size_t body, bool has_body)
{
    g->stage = STAGE_HEAD;
    g->requests++;
    if (evbuffer_add_buffer(clean, g->head) != 0)
        return false;
    if (has_body && evbuffer_add_printf(clean, "Content-Length: %zu\r\n", body) < 0)
        return false;
    return evbuffer_add(clean, "\r\n", 2) == 0;
}

static bool renew(struct evbuffer **buffer)
{
    if (*buffer)
        evbuffer_drain(*buffer, evbuffer_get_length(*buffer));
    else
        *buffer = evbuffer_new();
    return *buffer != NULL;
}

typedef enum step { STEP_MORE, STEP_ON, STEP_OUT_OF_MEMORY } step;

static step refused(http_guard *g, const char *why, struct evbuffer *clean)
{
    return refuse(g, why, clean) ? STEP_MORE : STEP_OUT_OF_MEMORY;
}

/** Up to the empty line, 0 when there is none yet. One that ends without a carriage return ends a
 *  head too, which is then refused, so that its sender does not wait for an answer. */
static size_t head_size(struct evbuffer *raw)
{
    struct evbuffer_ptr right = evbuffer_search(raw, "\n\r\n", 3, NULL);
    struct evbuffer_ptr wrong = evbuffer_search(raw, "\n\n", 2, NULL);

    if (wrong.pos >= 0 && (right.pos < 0 || wrong.pos < right.pos))
        return (size_t)wrong.pos + 2;
    return right.pos < 0 ? 0 : (size_t)right.pos + 3;
}

static step step_head(http_guard *g, const http_guard_limits *limits, struct evbuffer *raw,
                      struct evbuffer *clean)
{
    head h = {0};
    const char *text, *fault;
    size_t size;
    char first[2];

    /* One empty line before a request is allowed (RFC 9112, 2.2). */
    if (evbuffer_copyout(raw, first, 2) == 2 && memcmp(first, "\r\n", 2) == 0)
        evbuffer_drain(raw, 2);
    size = head_size(raw);
    if (size > limits->head || (size == 0 && evbuffer_get_length(raw) > limits->head))
        return refused(g, "431 head", clean);
    if (size == 0)
        return STEP_MORE;
    if (!renew(&g->head) || (text = (const char *)evbuffer_pullup(raw, (ssize_t)size)) == NULL)
        return STEP_OUT_OF_MEMORY;
    if ((fault = read_head(text, size, &h, g->head)) != NULL ||
        (fault = check_head(&h, limits)) != NULL)
        return refused(g, fault, clean);
    if (h.close || h.keep)
        evbuffer_add_printf(g->head, "Connection: %s\r\n", h.close ? "close" : "keep-alive");
    g->body_left = (size_t)h.length;
    g->wants_continue = h.expect && (h.chunked || h.length > 0);
    g->stage = h.chunked ? STAGE_CHUNK_SIZE : STAGE_BODY;
    if (!method_has_body(&h) && !pass_on(g, clean, 0, false))
        return STEP_OUT_OF_MEMORY;
    evbuffer_drain(raw, size);
    return renew(&g->body) ? STEP_ON : STEP_OUT_OF_MEMORY;
}

static step step_body(http_guard *g, struct evbuffer *raw, struct evbuffer *clean)
{
    size_t size = g->body_left;

    if (evbuffer_get_length(raw) < size)
        return STEP_MORE;
    if (!pass_on(g, clean, size, true) || evbuffer_remove_buffer(raw, clean, size) != (int)size)
        return STEP_OUT_OF_MEMORY;
    g->body_left = 0;
    return STEP_ON;
}

/* ---- Chunks ---- */

/** A line of at most MAX_LINE bytes: its size, -1 when there is none yet, -2 when it is wrong. */
static int take_line(struct evbuffer *raw, char *line)
{
    struct evbuffer_ptr found = evbuffer_search(raw, "\n", 1, NULL);

    if (found.pos < 0)
        return evbuffer_get_length(raw) > MAX_LINE ? -2 : -1;
    if (found.pos < 1 || found.pos > MAX_LINE)
        return -2;
    evbuffer_remove(raw, line, (size_t)found.pos + 1);
    return line[found.pos - 1] == '\r' ? (int)found.pos - 1 : -2;
}

static bool read_chunk_size(const char *line, size_t size, size_t *out)
{
    size_t value = 0, at = 0;

    for (; at < size; at++) {
        char c = line[at] | 0x20;
        unsigned digit;

        if (line[at] >= '0' && line[at] <= '9')
            digit = (unsigned)(line[at] - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a' + 10);
        else
            break;
        if (at == 8)
            return false;
        value = value * 16 + digit;
    }
    /* An extension is allowed and means nothing to us. */
    if (at == 0 || (at < size && line[at] != ';'))
        return false;
    for (; at < size; at++)
        if (line[at] < ' ' && line[at] != '\t')
            return false;
    *out = value;
    return true;
}

static step step_chunk_size(http_guard *g, const http_guard_limits *limits, struct evbuffer *raw,
                            struct evbuffer *clean)
{
    char line[MAX_LINE + 1];
    int size = take_line(raw, line);

    if (size == -1)
        return STEP_MORE;
    if (size < 0 || !read_chunk_size(line, (size_t)size, &g->body_left))
        return refused(g, "400 chunk", clean);
    if (g->body_left > limits->body || evbuffer_get_length(g->body) + g->body_left > limits->body)
        return refused(g, "413 body", clean);
    if (g->body_left) {
        g->stage = STAGE_CHUNK;
    } else {
        g->stage = STAGE_TRAILER;
        g->body_left = MAX_TRAILERS;
    }
    return STEP_ON;
}

static step step_chunk(http_guard *g, struct evbuffer *raw, struct evbuffer *clean)
{
    char end[2];

    if (g->stage == STAGE_CHUNK) {
        size_t there = evbuffer_get_length(raw);
        size_t take = there < g->body_left ? there : g->body_left;

        if (take && evbuffer_remove_buffer(raw, g->body, take) != (int)take)
            return STEP_OUT_OF_MEMORY;
        if ((g->body_left -= take) > 0)
            return STEP_MORE;
        g->stage = STAGE_CHUNK_END;
    }
    if (evbuffer_get_length(raw) < 2)
        return STEP_MORE;
    evbuffer_remove(raw, end, 2);
    if (memcmp(end, "\r\n", 2) != 0)
        return refused(g, "400 chunk", clean);
    g->stage = STAGE_CHUNK_SIZE;
    return STEP_ON;
}

/** Trailers are dropped: nothing here wants them. */
static step step_trailer(http_guard *g, struct evbuffer *raw, struct evbuffer *clean)
{
    char line[MAX_LINE + 1];
    int size = take_line(raw, line);

    if (size == -1)
        return STEP_MORE;
    if (size < 0 || (size > 0 && g->body_left-- == 0))
        return refused(g, "400 trailer", clean);
    if (size > 0)
        return STEP_ON;
    if (!pass_on(g, clean, evbuffer_get_length(g->body), true) ||
        evbuffer_add_buffer(clean, g->body) != 0)
        return STEP_OUT_OF_MEMORY;
    g->body_left = 0;
    return STEP_ON;
}

/* ---- The whole ---- */

bool http_guard_step(http_guard *g, const http_guard_limits *limits, struct evbuffer *raw,
                     struct evbuffer *clean)
{
    step next = STEP_ON;

    while (next == STEP_ON && !g->dead) {
        if (g->stage == STAGE_HEAD && evbuffer_get_length(raw) == 0)
            return true;
        switch ((enum stage)g->stage) {
        case STAGE_HEAD:
            next = step_head(g, limits, raw, clean);
            break;
        case STAGE_BODY:
            next = step_body(g, raw, clean);
            break;
        case STAGE_CHUNK_SIZE:
            next = step_chunk_size(g, limits, raw, clean);
            break;
        case STAGE_CHUNK:
        case STAGE_CHUNK_END:
            next = step_chunk(g, raw, clean);
            break;
        case STAGE_TRAILER:
            next = step_trailer(g, raw, clean);
            break;
        }
    }
    if (g->dead)
        evbuffer_drain(raw, evbuffer_get_length(raw));
    return next != STEP_OUT_OF_MEMORY;
}

bool http_guard_amid(const http_guard *g, struct evbuffer *raw)
{
    return !g->dead && (g->stage != STAGE_HEAD || evbuffer_get_length(raw) > 0);
}

void http_guard_done(http_guard *g)
{
    if (g->head)
        evbuffer_free(g->head);
    if (g->body)
        evbuffer_free(g->body);
}
