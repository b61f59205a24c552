/* SPDX-License-Identifier: MIT */
#include "cmd/api_body.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

bool api_body_read(const char *data, struct buf *body, struct error *error)
{
    char *path = NULL;
    bool done = false;

    if (*data != '@')
        return buf_add_text(body, data) ||
               error_set(error, ERROR_USAGE, "--data: larger than %zu bytes", body->max);
    if (data[1] == '\0')
        return error_set(error, ERROR_USAGE,
                         "--data: @ is to be followed by a file's name, or by -");
    path = file_expand(data + 1);
    done = file_read_any(path, body, error);
    mem_free(path);
    return done;
}

static bool is_trap(const char *key)
{
    static const char *const traps[] = {"token", "secret", "password", "otp_secret"};

    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        if (strcasecmp(key, traps[i]) == 0)
            return true;
    return false;
}

static bool keep(void *context, const char *key, const struct json *value)
{
    if (!is_trap(key))
        json_put(context, key, json_share(value));
    return true;
}

static bool replace(void *context, const char *key, const struct json *value)
{
    json_put(context, key, json_share(value));
    return true;
}

bool api_body_merge(struct ask *ask, const struct request_path *path, struct buf *body,
                    struct error *error)
{
    const struct call call = {.method = "GET", .path = path, .server_time = ask->what.server_time};
    struct json *given = json_parse(buf_text(body), body->length, "--data", error);
    struct json *there = NULL;
    struct json *merged = NULL;
    bool done = false;

    if (given == NULL)
        goto out;
    if (json_type_of(given) != JSON_MAP) {
        error_set(error, ERROR_USAGE, "--get-merge: the body must be a JSON object of fields");
        goto out;
    }
    if (!ask_json(ask, &call, API_BODY_MAX, &there, error))
        goto out;
    if (json_type_of(there) != JSON_MAP) {
        error_set(error, ERROR_USAGE, "--get-merge: %s answers no JSON object that could be merged",
                  path->decoded);
        goto out;
    }
    merged = json_make_object();
    json_each(there, keep, merged);
    json_each(given, replace, merged);
    buf_free(body);
    done =
        json_write(merged, 0, body) ||
        error_set(error, ERROR_USAGE, "--get-merge: the body is larger than %zu bytes", body->max);
out:
    json_free(merged);
    json_free(there);
    json_free(given);
    return done;
}

struct found {
    bool renews;
    bool has_flag;
};

/* The front is written in Go, for which Token and token are one name. */
static bool look(void *context, const char *key, const struct json *value)
{
    struct found *found = context;
    enum json_type type = json_type_of(value);
    size_t length = 0;

    if (strcasecmp(key, "token") == 0 || strcasecmp(key, "secret") == 0) {
        json_text(value, &length);
        found->renews = found->renews || json_is_true(value) || length > 0 ||
                        (type != JSON_TEXT && type != JSON_BOOL && type != JSON_NULL_VALUE);
    }
    if (strcasecmp(key, "auth_api") == 0)
        found->has_flag = type == JSON_BOOL; /* the last one counts, also over what is merged */
    return true;
}

bool api_body_is_harmless(const char *method, const struct request_path *path,
                          const struct buf *body, bool merged, struct error *error)
{
    struct found found = {false, merged};
    struct error ignored;
    struct json *given = NULL;
    bool readable = false;

    if (!text_equal(method, "PUT") || !request_path_is(path, "admin") ||
        request_path_depth(path) != 2)
        return true;
    given = json_parse(buf_text(body), body->length, "--data", &ignored);
    readable = json_type_of(given) == JSON_MAP;
    json_each(given, look, &found);
    json_free(given);
    if (readable && found.has_flag && !found.renews)
        return true;
    error_set(
        error, ERROR_USAGE, "%s %s: %s", method, path->decoded,
        found.renews ? "a token or secret in the body makes Pritunl renew the credential"
        : readable
            ? "without an auth_api of true or false in the body Pritunl switches API access off and replaces token and secret"
            : "the body cannot be read, so it may renew or switch off a credential");
    return error_try(error,
                     merged || found.renews
                         ? "--yes"
                         : "--get-merge, which sends the other fields as they are, or --yes");
}
