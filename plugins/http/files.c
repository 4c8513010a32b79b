/* SPDX-License-Identifier: EUPL-1.2 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/gateway.h"

/* Files of one folder. Each part of a path is opened inside the one before, without following
 * links, and may hold plain characters only and not begin with a dot: whatever a path says, it
 * never leaves the folder. Beside NAME may lie NAME.gz, made beforehand. */

#define MAX_FILE ((off_t)16 << 20)

typedef struct found {
    int fd;
    struct stat info;
    bool zipped;
} found;

static bool is_plain(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return name[0] && name[0] != '.' && strlen(name) < 128 && name[strspn(name, plain)] == '\0';
}

/** The folder of the path, and its last part in `name`; -1: no such thing. */
static int open_folder(const char *root, sk_str path, char name[140])
{
    int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    size_t at = 1;

    while (folder >= 0) {
        const char *slash = memchr(path.data + at, '/', path.size - at);
        size_t size = (slash ? (size_t)(slash - path.data) : path.size) - at;
        int inner;

        if (size == 0 && !slash)
            snprintf(name, 140, "index.html");
        else if (snprintf(name, 132, "%.*s", (int)size, path.data + at) >= 128 || !is_plain(name))
            break;
        if (!slash)
            return folder;
        inner = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(folder);
        folder = inner;
        at += size + 1;
    }
    if (folder >= 0)
        close(folder);
    return -1;
}

static bool open_plain(int folder, const char *name, found *out)
{
    out->fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (out->fd < 0)
        return false;
    if (fstat(out->fd, &out->info) == 0 && S_ISREG(out->info.st_mode) &&
        out->info.st_size <= MAX_FILE)
        return true;
    close(out->fd);
    return false;
}

static bool open_file(const exchange *x, char name[140], found *out)
{
    const char *accept =
        evhttp_find_header(evhttp_request_get_input_headers(x->request), "Accept-Encoding");
    int folder = open_folder(x->gateway->set.files, x->target.path, name);
    size_t size;
    bool fine;

    if (folder < 0)
        return false;
    size = strlen(name);
    memcpy(name + size, ".gz", 4);
    out->zipped = accept && strcasestr(accept, "gzip") && open_plain(folder, name, out);
    name[size] = '\0';
    fine = out->zipped || open_plain(folder, name, out);
    close(folder);
    return fine;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *end, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".json", "application/json"},
                 {".svg", "image/svg+xml"},
                 {".png", "image/png"},
                 {".ico", "image/x-icon"},
                 {".woff2", "font/woff2"},
                 {".webmanifest", "application/manifest+json"},
                 {".txt", "text/plain; charset=utf-8"}};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(dot, types[i].end) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static void send_file(exchange *x, const char *name, found *file)
{
    struct evbuffer *out = evbuffer_new();
    const char *have =
        evhttp_find_header(evhttp_request_get_input_headers(x->request), "If-None-Match");
    char tag[64], size[24];
    int status = 200;

    snprintf(tag, sizeof(tag), "\"%llx-%llx%s\"", (unsigned long long)file->info.st_size,
             (unsigned long long)file->info.st_mtim.tv_sec * 1000000000ull +
                 (unsigned long long)file->info.st_mtim.tv_nsec,
             file->zipped ? "-gz" : "");
    headers_add(x, false);
    header_put(x, "ETag", tag);
    header_put(x, "Vary", "Accept-Encoding");
    header_put(x, "Cache-Control", "no-cache");
    if (have && strcmp(have, tag) == 0)
        status = 304;
    if (status == 200) {
        header_put(x, "Content-Type", type_of(name));
        if (file->zipped)
            header_put(x, "Content-Encoding", "gzip");
        snprintf(size, sizeof(size), "%lld", (long long)file->info.st_size);
        header_put(x, "Content-Length", size);
    }
    /* On success the buffer owns the file. */
    if (status != 200 || x->head || !out || file->info.st_size == 0 ||
        evbuffer_add_file(out, file->fd, 0, file->info.st_size) != 0)
        close(file->fd);
    metrics_count(x->gateway, x, status);
    evhttp_send_reply(x->request, status, http_reason(status), out);
    if (out)
        evbuffer_free(out);
    exchange_free(x);
}

void serve_file(exchange *x)
{
    char name[140] = "";
    found file = {.fd = -1};

    if (x->gateway->set.files && open_file(x, name, &file))
        send_file(x, name, &file);
    else
        exchange_problem(x, 404, NULL, NULL);
}
