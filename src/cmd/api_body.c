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

static bool keep_harmless(void *context, const char *key, const struct json *value)
{
    if (!is_trap(key))
        json_put(context, key, json_share(value));
    return true;
}

static bool replace_field(void *context, const char *key, const struct json *value)
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
    json_each(there, keep_harmless, merged);
    json_each(given, replace_field, merged);
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

/*
 * The fields of an administrator that the front writes anew: one that is not given reaches Pritunl
 * as empty, or as false.
 */
static const struct field {
    const char *name;
    enum json_type type;
} fields[] = {{"username", JSON_TEXT}, {"super_user", JSON_BOOL}, {"disabled", JSON_BOOL},
              {"auth_api", JSON_BOOL}, {"yubikey_id", JSON_TEXT}, {"otp_auth", JSON_BOOL}};

#define FIELDS (sizeof fields / sizeof *fields)
#define AUTH_API 3 /* among them */

struct found {
    bool renews;
    bool given[FIELDS];
};

/*
 * The front is written in Go, for which Token and token are one name; given is only what has the
 * name itself.
 */
static bool look_at_field(void *context, const char *key, const struct json *value)
{
    struct found *found = context;
    enum json_type type = json_type_of(value);
    size_t length = 0;

    if (strcasecmp(key, "token") == 0 || strcasecmp(key, "secret") == 0) {
        json_text(value, &length);
        found->renews = found->renews || json_is_true(value) || length > 0 ||
                        (type != JSON_TEXT && type != JSON_BOOL && type != JSON_NULL_VALUE);
    }
    for (size_t i = 0; i < FIELDS; i++) /* the last one counts, also over what is merged */
        if (strcasecmp(key, fields[i].name) == 0)
            found->given[i] = text_equal(key, fields[i].name) && type == fields[i].type;
    return true;
}

static void name_missing(const struct found *found, struct buf *names)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (!found->given[i])
            buf_add_format(names, "%s%s", names->length > 0 ? ", " : "", fields[i].name);
}

static void say_why(const struct found *found, bool readable, const struct buf *missing,
                    struct buf *text)
{
    if (found->renews) {
        buf_add_text(text, "a token or secret in the body makes Pritunl renew the credential");
    } else if (!readable) {
        buf_add_text(text, "the body cannot be read, so it may renew or switch off a credential");
    } else {
        buf_add_format(text, "what the body does not give Pritunl makes empty or false: %s%s",
                       buf_text(missing),
                       found->given[AUTH_API] ? ""
                                              : "; without auth_api it switches API access off and "
                                                "replaces token and secret");
    }
}

bool api_body_is_harmless(const char *method, const struct request_path *path,
                          const struct buf *body, bool merged, struct error *error)
{
    struct found found = {.renews = false};
    struct buf why = BUF_EMPTY(BUF_MAX);
    struct buf missing = BUF_EMPTY(BUF_MAX);
    struct error ignored;
    struct json *given = NULL;
    bool readable = false;

    if (!text_equal(method, "PUT") || !request_path_is(path, "admin") ||
        request_path_depth(path) != 2)
        return true;
    for (size_t i = 0; i < FIELDS; i++)
        found.given[i] = merged;
    given = json_parse(buf_text(body), body->length, "--data", &ignored);
    readable = json_type_of(given) == JSON_MAP;
    json_each(given, look_at_field, &found);
    json_free(given);
    name_missing(&found, &missing);
    if (readable && missing.length == 0 && !found.renews)
        return true; /* an empty buffer owns nothing */
    say_why(&found, readable, &missing, &why);
    buf_free(&missing);
    error_set(error, ERROR_USAGE, "%s %s: %s", method, path->decoded, buf_text(&why));
    buf_free(&why);
    return error_try(error,
                     merged || found.renews
                         ? "--yes"
                         : "--get-merge, which sends the other fields as they are, or --yes");
}
