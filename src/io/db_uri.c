/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/db_internal.h"

#define SCHEME "mongodb://"
#define SCHEME_SRV "mongodb+srv://"
#define ESCAPES                                                                                    \
    "write them as %%40 for @, %%3A for :, %%2F for /, %%3F for ?, %%23 for #, %%25 for %%"

/* What follows the scheme, or NULL where there is none that we know. */
static const char *after_scheme(const char *uri)
{
    if (text_starts(uri, SCHEME)) {
        return uri + strlen(SCHEME);
    }
    return text_starts(uri, SCHEME_SRV) ? uri + strlen(SCHEME_SRV) : NULL;
}

static bool is_escaped_well(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            continue;
        }
        if (i + 2 >= length || strspn(text + i + 1, "0123456789abcdefABCDEF") < 2) {
            return false;
        }
        i += 2;
    }
    return true;
}

/*
 * Is there an '@' that the user part's end cannot be? "mongodb://u:1/x@host/db" would else be host u, port 1 and database
 * x@host: parts of a password, taken for names that we print.
 */
static bool is_user_unescaped(const char *rest)
{
    size_t authority = strcspn(rest, "/?#");
    const char *at = memchr(rest, '@', authority);
    const char *last = strrchr(rest, '@');
    const char *options = strchr(rest, '?');
    const char *password = NULL;

    if (last == NULL) {
        return false;
    }
    if (at == NULL) {
        /* In the options of a URI that has no user part, as in "mongodb://host/?appName=me@work". */
        return rest[authority] != '/' || options == NULL || last < options;
    }
    if (memchr(at + 1, '@', authority - (size_t)(at + 1 - rest)) != NULL) {
        return true;
    }
    password = memchr(rest, ':', (size_t)(at - rest));
    return (password != NULL && memchr(password + 1, ':', (size_t)(at - password - 1)) != NULL) ||
           !is_escaped_well(rest, (size_t)(at - rest)) ||
           (options != NULL ? strcspn(at + 1, "@") < (size_t)(options - at - 1)
                            : strchr(at + 1, '@') != NULL);
}

/* Never without a place for the error: libmongoc 2 aborts on some URIs then. */
static mongoc_uri_t *parse(const char *uri)
{
    bson_error_t why = {0};

    return mongoc_uri_new_with_error(uri, &why);
}

static bool is_option_accepted(const char *option, size_t length)
{
    char *uri = text_format(SCHEME "localhost/?%.*s", (int)length, option);
    mongoc_uri_t *parsed = parse(uri);
    bool accepted = parsed != NULL;

    mongoc_uri_destroy(parsed);
    mem_free(uri);
    return accepted;
}

/* The option that the driver refuses even alone: its name only, since a value may be a password. */
static bool refuse_option(const char *options, struct error *error)
{
    while (*options != '\0') {
        size_t length = strcspn(options, "&;");
        size_t name = strspn(options, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (length > 0 && length < INT_MAX && !is_option_accepted(options, length)) {
            if (name == 0 || name > 60 || options[name] != '=') {
                return error_set(error, ERROR_USAGE,
                                 "the MongoDB URI is malformed: behind '?' there must be "
                                 "name=value pairs, joined by '&'");
            }
            return error_set(error, ERROR_USAGE,
                             "the MongoDB URI is malformed: the value of its option %.*s is not "
                             "valid",
                             (int)name, options);
        }
        options += length + (options[length] != '\0');
    }
    return error_set(error, ERROR_USAGE,
                     "the MongoDB URI is malformed: its options contradict each other or its "
                     "hosts");
}

static bool refuse(const char *uri, struct error *error)
{
    const char *rest = after_scheme(uri);
    const char *host = NULL;
    const char *options = NULL;
    char *short_uri = NULL;
    mongoc_uri_t *parsed = NULL;

    if (*uri == '\0') {
        return error_set(error, ERROR_USAGE, "the MongoDB URI is empty");
    }
    if (rest == NULL) {
        return error_set(error, ERROR_USAGE,
                         "the MongoDB URI is malformed: it does not begin with " SCHEME
                         " or " SCHEME_SRV);
    }
    if (!text_is_utf8(uri, strlen(uri))) {
        return error_set(error, ERROR_USAGE, "the MongoDB URI is malformed: it is not UTF-8");
    }
    if (is_user_unescaped(rest)) {
        error_set(error, ERROR_USAGE,
                  "the MongoDB URI is malformed: its user name or password holds characters that "
                  "must be percent-encoded");
        return error_try(error, ESCAPES);
    }
    options = strchr(rest, '?');
    host = memchr(rest, '@', strcspn(rest, "/?"));
    host = host != NULL ? host + 1 : rest;
    short_uri = text_format("%.*s%.*s", (int)(rest - uri), uri, (int)strcspn(host, "/?"), host);
    parsed = parse(short_uri);
    mem_free(short_uri);
    if (parsed == NULL) {
        error_set(error, ERROR_USAGE, "the MongoDB URI is malformed: it names no valid host%s",
                  text_starts(uri, SCHEME_SRV) ? " (with +srv: one domain name, without a port)"
                                               : "");
        return error_try(error, SCHEME "HOST:PORT/DATABASE");
    }
    mongoc_uri_destroy(parsed);
    if (options != NULL) {
        return refuse_option(options + 1, error);
    }
    return error_set(error, ERROR_USAGE,
                     "the MongoDB URI is malformed: its user part or database name is not valid");
}

static bool set_read_preference(mongoc_uri_t *uri, const char *name, struct error *error)
{
    static const struct {
        const char *name;
        mongoc_read_mode_t mode;
    } modes[] = {{"primary", MONGOC_READ_PRIMARY},
                 {"primaryPreferred", MONGOC_READ_PRIMARY_PREFERRED},
                 {"secondary", MONGOC_READ_SECONDARY},
                 {"secondaryPreferred", MONGOC_READ_SECONDARY_PREFERRED},
                 {"nearest", MONGOC_READ_NEAREST}};
    mongoc_read_prefs_t *preference = NULL;

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcasecmp(name, modes[i].name) == 0) {
            preference = mongoc_read_prefs_new(modes[i].mode);
            mongoc_uri_set_read_prefs_t(uri, preference);
            mongoc_read_prefs_destroy(preference);
            return true;
        }
    }
    error_set(error, ERROR_USAGE, "\"%s\" is not a read preference", name);
    return error_try(error, "primary, primaryPreferred, secondary, secondaryPreferred or nearest");
}

static void set_time(mongoc_uri_t *uri, const char *option, int64_t milliseconds)
{
    if (!mongoc_uri_has_option(uri, option) && milliseconds > 0) {
        mongoc_uri_set_option_as_int32(
            uri, option, milliseconds > INT32_MAX ? INT32_MAX : (int32_t)milliseconds);
    }
}

static void set_times(mongoc_uri_t *uri, const struct db_options *options)
{
    int64_t connect = options->connect_timeout_ms;
    int64_t selection = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 0);

    /* A single client looks for its server once, for connectTimeoutMS, and never asks for the other limit. */
    if (selection > 0 && selection < connect) {
        connect = selection;
    }
    set_time(uri, MONGOC_URI_CONNECTTIMEOUTMS, connect);
    set_time(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, options->connect_timeout_ms);
    set_time(uri, MONGOC_URI_SOCKETTIMEOUTMS, options->timeout_ms);
}

/* The driver would only say that the connection broke. */
static bool check_files(const mongoc_uri_t *uri, struct error *error)
{
    static const struct {
        const char *option;
        const char *name;
    } files[] = {{MONGOC_URI_TLSCAFILE, "tlsCAFile"},
                 {MONGOC_URI_TLSCERTIFICATEKEYFILE, "tlsCertificateKeyFile"}};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *path = mongoc_uri_get_option_as_utf8(uri, files[i].option, NULL);

        if (path != NULL && access(path, R_OK) != 0) {
            return error_set(error, ERROR_USAGE, "cannot read the %s of the MongoDB URI: %s: %s",
                             files[i].name, path, strerror(errno));
        }
    }
    return true;
}

mongoc_uri_t *db_uri_new(const struct db_options *options, struct error *error)
{
    const char *rest = after_scheme(options->uri);
    mongoc_uri_t *uri = NULL;

    if (rest != NULL && !is_user_unescaped(rest)) {
        uri = parse(options->uri);
    }
    if (uri == NULL) {
        refuse(options->uri, error);
        return NULL;
    }
    if (!check_files(uri, error) || (options->read_preference != NULL &&
                                     !mongoc_uri_has_option(uri, MONGOC_URI_READPREFERENCE) &&
                                     !set_read_preference(uri, options->read_preference, error))) {
        mongoc_uri_destroy(uri);
        return NULL;
    }
    if (mongoc_uri_get_appname(uri) == NULL) {
        mongoc_uri_set_appname(uri, "pritunl-access");
    }
    set_times(uri, options);
    return uri;
}

bool db_uri_is_single(const mongoc_uri_t *uri)
{
    const mongoc_host_list_t *hosts = mongoc_uri_get_hosts(uri);

    return mongoc_uri_get_srv_hostname(uri) == NULL && mongoc_uri_get_replica_set(uri) == NULL &&
           mongoc_uri_get_option_as_bool(uri, MONGOC_URI_DIRECTCONNECTION, true) &&
           (hosts == NULL || hosts->next == NULL);
}

char *db_uri_hosts(const mongoc_uri_t *uri)
{
    struct buf hosts = BUF_EMPTY(BUF_MAX);
    const char *service = mongoc_uri_get_srv_hostname(uri);

    if (service != NULL) {
        return text_printable(service, strlen(service));
    }
    for (const mongoc_host_list_t *at = mongoc_uri_get_hosts(uri); at != NULL; at = at->next) {
        buf_add_format(&hosts, "%s%s", hosts.length > 0 ? "," : "", at->host_and_port);
    }
    return buf_take(&hosts);
}
