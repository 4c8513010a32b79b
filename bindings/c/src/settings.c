/* SPDX-License-Identifier: EUPL-1.2 */
#include "internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* Where the engine is and with which token, from the caller's options and the environment. The one
 * thing to guard: an administrator's token must not travel to an address that has nothing to do
 * with the folder it lies in. So admin.token is read only when address and folder come from one
 * source: both from the options, or both from the environment, or the address is the folder's own
 * socket. */

#define TOKEN_MAX 512

char *settings_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sk_malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static char *join(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = sk_malloc(size);

    if (text)
        snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

static const char *given(const char *text)
{
    return text && *text ? text : NULL;
}

static const char *environment(const char *name)
{
    return given(getenv(name));
}

/* ---- Token ---- */

static bool token_fits(sk_str token)
{
    for (size_t i = 0; i < token.size; i++) {
        if (!isgraph((unsigned char)token.data[i]))
            return false;
    }
    return token.size > 0;
}

static sk_status token_read(const char *data_dir, char **out, sk_error *err)
{
    sk_status st = SK_OK;
    sk_error cause = {0};
    sk_buf text = {0};
    char *path = join(data_dir, "/", "admin.token");

    if (!path)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    st = sk_file_read(path, TOKEN_MAX, &text, &cause);
    if (st == SK_ENOTFOUND) {
        /* A folder without an engine: connecting says so better than a missing file would. */
        st = SK_OK;
        goto out;
    }
    if (st != SK_OK) {
        st = sk_fail(err, SK_EDENIED, "%s", cause.message);
        goto out;
    }
    while (text.size > 0 && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    if (!token_fits(sk_buf_view(&text))) {
        st = sk_fail(err, SK_EINVAL, "%s holds no token", path);
        goto out;
    }
    sk_buf_add(&text, "", 1);
    if (text.failed || !(*out = settings_copy(text.data)))
        st = sk_fail(err, SK_ENOMEM, "out of memory");
out:
    sk_buf_done(&text);
    sk_free(path);
    return st;
}

/* ---- Address ---- */

static sk_status url_check(const char *url, sk_error *err)
{
    if (strncmp(url, "ipc://", 6) == 0 && url[6] != '\0')
        return SK_OK;
    if (strncmp(url, "tcp://", 6) == 0 || strncmp(url, "tls+tcp://", 10) == 0)
        return strrchr(url, ':') > strstr(url, "://")
                   ? SK_OK
                   : sk_fail_field(err, SK_EINVAL, "url", "%s has no port", url);
    return sk_fail_field(err, SK_EINVAL, "url",
                         "%s is not ipc://PATH, tcp://HOST:PORT or tls+tcp://HOST:PORT", url);
}

static sk_status url_find(schakel_client *client, const char *url, const char *data_dir,
                          sk_error *err)
{
    if (!url && !data_dir)
        return sk_fail_field(err, SK_EINVAL, "url",
                             "no engine named: give a data folder (SCHAKEL_DATA_DIR) or an "
                             "address (SCHAKEL_URL)");
    client->url = url ? settings_copy(url) : join("ipc://", data_dir, "/schakel.sock");
    if (!client->url)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    return url_check(client->url, err);
}

static sk_status copy_optional(const char *text, char **out, sk_error *err)
{
    if (given(text) && !(*out = settings_copy(text)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    return SK_OK;
}

sk_status settings_find(schakel_client *client, const schakel_options *options, sk_error *err)
{
    sk_status st = SK_OK;
    const char *url = given(options->url), *data_dir = given(options->data_dir);
    const char *token = given(options->token);

    if (!url && !data_dir) {
        url = environment("SCHAKEL_URL");
        data_dir = environment("SCHAKEL_DATA_DIR");
    }
    if (!token)
        token = environment("SCHAKEL_TOKEN");
    if (token && (strlen(token) > TOKEN_MAX || !token_fits(sk_str_from(token))))
        return sk_fail_field(err, SK_EINVAL, "token", "has spaces or is too long");
    if ((st = url_find(client, url, data_dir, err)) != SK_OK ||
        (st = copy_optional(options->events_url, &client->events_url, err)) != SK_OK ||
        (st = copy_optional(options->ca_file, &client->ca_file, err)) != SK_OK ||
        (st = copy_optional(token, &client->token, err)) != SK_OK)
        return st;
    return token || !data_dir ? SK_OK : token_read(data_dir, &client->token, err);
}

sk_status settings_events_url(const schakel_client *client, char **out, sk_error *err)
{
    const char *colon = strrchr(client->url, ':');
    char *url = NULL, *end = NULL;
    char port[16];
    long number = 0;

    if (client->events_url) {
        url = settings_copy(client->events_url);
    } else if (strncmp(client->url, "ipc://", 6) == 0) {
        url = join(client->url, ".events", "");
    } else {
        number = strtol(colon + 1, &end, 10);
        if (end == colon + 1 || *end != '\0' || number < 1 || number > 65534)
            return sk_fail_field(err, SK_EINVAL, "url", "%s has no port to count on from",
                                 client->url);
        snprintf(port, sizeof(port), ":%ld", number + 1);
        url = join(client->url, port, "");
        if (url)
            memcpy(url + (colon - client->url), port, strlen(port) + 1);
    }
    if (!url)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    *out = url;
    return SK_OK;
}
