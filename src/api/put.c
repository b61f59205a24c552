/* SPDX-License-Identifier: MIT */
#include "api/put.h"

#include <strings.h>

#include "base/term.h"
#include "base/text.h"

static bool is_trap(const char *key)
{
    static const char *const traps[] = {"token",      "secret",     "password",
                                        "otp_secret", "auth_token", "auth_secret"};

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

/* A setting that is not set may be told as false, also where the front wants text: sso is. */
static bool keep_setting(void *context, const char *key, const struct json *value)
{
    if (json_type_of(value) != JSON_BOOL || json_is_true(value))
        keep_harmless(context, key, value);
    return true;
}

static bool replace_field(void *context, const char *key, const struct json *value)
{
    json_put(context, key, json_share(value));
    return true;
}

struct json *put_merge(const struct request_path *path, const struct json *there,
                       const struct json *given, struct error *error)
{
    struct json *merged = json_make_object();

    json_each(there, request_path_is(path, "settings") ? keep_setting : keep_harmless, merged);
    json_each(given, replace_field, merged);
    if (!json_is_true(json_get(merged, "email_password")))
        return merged;
    json_free(merged);
    error_set(error, ERROR_USAGE,
              "--get-merge: %s tells of email_password only that it is set, and would empty it",
              path->decoded);
    error_try(error, "email_password in --data too");
    return NULL;
}

/* JSON_ABSENT: of whatever type. nullable: null says on purpose that it is to be empty. */
struct field {
    const char *name;
    enum json_type type;
    bool nullable;
};

static const struct field admin_fields[] = {
    {"username", JSON_TEXT, false},  {"super_user", JSON_BOOL, false},
    {"disabled", JSON_BOOL, false},  {"auth_api", JSON_BOOL, false},
    {"yubikey_id", JSON_TEXT, true}, {"otp_auth", JSON_BOOL, false}};
static const struct field user_fields[] = {{"name", JSON_ABSENT, false},
                                           {"email", JSON_ABSENT, true},
                                           {"auth_type", JSON_ABSENT, true},
                                           {"yubico_id", JSON_ABSENT, true},
                                           {"groups", JSON_ABSENT, true},
                                           {"disabled", JSON_ABSENT, true},
                                           {"network_links", JSON_ABSENT, true},
                                           {"bypass_secondary", JSON_ABSENT, true},
                                           {"client_to_client", JSON_ABSENT, true},
                                           {"mac_addresses", JSON_ABSENT, true},
                                           {"dns_servers", JSON_ABSENT, true},
                                           {"dns_suffix", JSON_ABSENT, true},
                                           {"port_forwarding", JSON_ABSENT, true}};
static const struct field organization_fields[] = {{"name", JSON_ABSENT, false},
                                                   {"auth_api", JSON_ABSENT, true}};

#define FIELDS_MAX 16
#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * What the front writes anew when it is PUT: a field that is not given reaches Pritunl as empty,
 * or as false (doc/pritunl.md). Where that does harm it needs a --yes; else it is said.
 */
static const struct target {
    const char *first; /* segment of the path, which has so many */
    size_t depth;
    bool does_harm;
    const struct field *fields;
    size_t count; /* 0: a hundred and more, which no body gives */
} targets[] = {{"admin", 2, true, admin_fields, COUNT(admin_fields)},
               {"settings", 1, true, NULL, 0},
               {"user", 3, false, user_fields, COUNT(user_fields)},
               {"organization", 2, false, organization_fields, COUNT(organization_fields)}};

struct put_look {
    const struct target *target;
    bool renews;
    bool merged;
    bool given[FIELDS_MAX];
};

static const struct target *put_target_of(const char *method, const struct request_path *path)
{
    for (size_t i = 0; text_equal(method, "PUT") && i < COUNT(targets); i++)
        if (request_path_is(path, targets[i].first) && request_path_depth(path) == targets[i].depth)
            return &targets[i];
    return NULL;
}

static bool is_given(const struct field *field, const char *key, const struct json *value)
{
    enum json_type type = json_type_of(value);

    if (!text_equal(key, field->name))
        return false;
    return type == JSON_NULL_VALUE ? field->nullable
                                   : field->type == JSON_ABSENT || type == field->type;
}

/*
 * The front is written in Go, for which Token and token are one name; given is only what has the
 * name itself.
 */
static bool look_at_field(void *context, const char *key, const struct json *value)
{
    struct put_look *look = context;
    enum json_type type = json_type_of(value);
    size_t length = 0;

    if (look->target->fields == admin_fields &&
        (strcasecmp(key, "token") == 0 || strcasecmp(key, "secret") == 0)) {
        json_text(value, &length);
        look->renews = look->renews || json_is_true(value) || length > 0 ||
                       (type != JSON_TEXT && type != JSON_BOOL && type != JSON_NULL_VALUE);
    }
    for (size_t i = 0; i < look->target->count; i++) /* the last one counts, also over the merged */
        if (strcasecmp(key, look->target->fields[i].name) == 0)
            look->given[i] = is_given(&look->target->fields[i], key, value);
    return true;
}

/* Whether there are any, by name; *off is whether auth_api of an administrator is among them. */
static bool name_missing(const struct put_look *look, struct buf *names, bool *off)
{
    const struct target *target = look->target;

    for (size_t i = 0; i < target->count; i++) {
        if (look->given[i])
            continue;
        buf_add_format(names, "%s%s", names->length > 0 ? ", " : "", target->fields[i].name);
        *off = *off ||
               (target->fields == admin_fields && text_equal(target->fields[i].name, "auth_api"));
    }
    if (target->count == 0 && !look->merged)
        buf_add_text(names, "every other setting, the server's certificate too, which it replaces");
    return names->length > 0;
}

static void say_why(const struct put_look *look, bool readable, const struct buf *missing, bool off,
                    struct buf *text)
{
    if (look->renews)
        buf_add_text(text, "a token or secret in the body makes Pritunl renew the credential");
    else if (!readable)
        buf_add_text(text, "the body cannot be read, so it may renew or switch off a credential");
    else
        buf_add_format(text,
                       "what the body does not give, or gives as null, Pritunl makes empty or "
                       "false: %s%s",
                       buf_text(missing),
                       off ? "; without auth_api it switches API access off and replaces token "
                             "and secret"
                           : "");
}

/* False where it cannot be read. */
static bool look_at_body(const struct buf *body, struct put_look *look)
{
    struct error ignored;
    struct json *given = json_parse(buf_text(body), body->length, "--data", &ignored);
    bool readable = json_type_of(given) == JSON_MAP;

    for (size_t i = 0; i < FIELDS_MAX; i++)
        look->given[i] = look->merged;
    json_each(given, look_at_field, look);
    json_free(given);
    return readable;
}

bool put_is_harmless(const char *method, const struct request_path *path, const struct buf *body,
                     bool merged, struct error *error)
{
    struct put_look look = {.target = put_target_of(method, path), .merged = merged};
    struct buf why = BUF_EMPTY(BUF_MAX);
    struct buf missing = BUF_EMPTY(BUF_MAX);
    bool readable = false;
    bool empties = false;
    bool off = false;

    if (look.target == NULL)
        return true;
    readable = look_at_body(body, &look);
    empties = name_missing(&look, &missing, &off);
    if (look.renews || empties || !readable)
        say_why(&look, readable, &missing, off, &why);
    buf_free(&missing);
    if (look.target->does_harm && why.length > 0)
        error_set(error, ERROR_USAGE, "%s %s: %s", method, path->decoded, buf_text(&why));
    else if (readable && why.length > 0)
        term_warn("%s %s: %s", method, path->decoded, buf_text(&why));
    buf_free(&why);
    if (!look.target->does_harm || (readable && !empties && !look.renews))
        return true;
    return error_try(error,
                     merged || look.renews
                         ? "--yes"
                         : "--get-merge, which sends the other fields as they are, or --yes");
}
