/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define SCHEME "mongodb://"
#define SCHEME_SRV "mongodb+srv://"
#define OPTION_MAX 60 /* longer names are none */
#define URI_MAX ((size_t)64 * 1024)

/* What follows the scheme, or NULL where there is none that we know. */
static const char *after_scheme(const char *uri)
{
    if (text_starts(uri, SCHEME))
        return uri + strlen(SCHEME);
    return text_starts(uri, SCHEME_SRV) ? uri + strlen(SCHEME_SRV) : NULL;
}

/* Where the user part ends: its '@', or NULL where there is none. */
static const char *user_end(const char *rest)
{
    return memchr(rest, '@', strcspn(rest, "/?"));
}

static bool is_known_option(const char *option, size_t length)
{
    char *key = mem_copy(option, length);
    bool known = mongoc_uri_option_is_utf8(key) || mongoc_uri_option_is_int32(key) ||
                 mongoc_uri_option_is_int64(key) || mongoc_uri_option_is_bool(key) ||
                 strncasecmp(key, "auth", 4) == 0 || strncasecmp(key, "read", 4) == 0;

    mem_free(key);
    return known;
}

/* libmongoc 1 does not see an '@', ':' or '/' behind a backslash. */
static bool is_hidden_from_driver(const char *rest)
{
    return strstr(rest, "\\@") != NULL || strstr(rest, "\\:") != NULL ||
           strstr(rest, "\\/") != NULL;
}

/*
 * Would the driver take parts of a user name or password for host, port, database or option, which
 * we print? It does so where a '/', '?' or '@' in them stands as it is: "mongodb://u:1/x@host/db"
 * is host u, port 1, database x@host.
 */
static bool is_user_spilt(const char *rest)
{
    const char *user = user_end(rest);
    const char *options = strchr(rest, '?');
    const char *place = user != NULL ? user + 1 : rest;
    size_t length = options != NULL && options > place ? (size_t)(options - place) : strlen(place);

    if (is_hidden_from_driver(rest) || memchr(place, '@', length) != NULL)
        return true;
    for (const char *at = options; at != NULL && (at = strchr(at, '@')) != NULL; at++) {
        const char *option = at;

        while (option[-1] != '?' && option[-1] != '&' && option[-1] != ';')
            option--;
        if (rest[strcspn(rest, "/?")] == '?' || !is_known_option(option, strcspn(option, "=&;")))
            return true;
    }
    return false;
}

static bool is_escaped(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '%' && strspn(text + i + 1, "0123456789abcdefABCDEF") < 2)
            return false;
    return true;
}

/* A second ':' in the user part, or a '%' that begins no escape. */
static bool is_user_unescaped(const char *rest)
{
    const char *user = user_end(rest);
    const char *password = NULL;

    if (user == NULL)
        return false;
    password = memchr(rest, ':', (size_t)(user - rest));
    return !is_escaped(rest, (size_t)(user - rest)) ||
           (password != NULL && memchr(password + 1, ':', (size_t)(user - password - 1)) != NULL);
}

/* Never without a place for the error: libmongoc 2 aborts on some URIs then. */
static mongoc_uri_t *parse(const char *uri)
{
    bson_error_t why = {0};

    return mongoc_uri_new_with_error(uri, &why);
}

static bool is_accepted_option(const char *before, const char *part, size_t length)
{
    char *uri = text_format("%s%.*s", before, (int)length, part);
    mongoc_uri_t *parsed = parse(uri);
    bool accepted = parsed != NULL;

    mongoc_uri_destroy(parsed);
    mem_free(uri);
    return accepted;
}

/* Alone: some mechanisms want a user and a password, some a user, some neither. */
static bool is_option_accepted(const char *option, size_t length)
{
    return is_accepted_option(SCHEME "localhost/?", option, length) ||
           is_accepted_option(SCHEME "user@localhost/?", option, length) ||
           is_accepted_option(SCHEME "user:password@localhost/?", option, length);
}

/*
 * Is it one option that the driver refuses even alone? Its name is said only, since a value may be
 * a password.
 */
static bool refuse_option(const char *options, struct error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    while (*options != '\0') {
        size_t length = strcspn(options, "&;");
        size_t name = strspn(options, letters);

        if (length > 0 && !is_option_accepted(options, length)) {
            if (name > 0 && name <= OPTION_MAX && options[name] == '=') {
                error_set(error, ERROR_USAGE,
                          "the MongoDB URI is malformed: its option %.*s is not valid", (int)name,
                          options);
            } else {
                error_set(error, ERROR_USAGE,
                          "the MongoDB URI is malformed: behind '?' it does not hold name=value "
                          "pairs joined by '&'");
            }
            return true;
        }
        options += length + (options[length] != '\0');
    }
    return false;
}

/* Is it the host that the driver does not understand, or the database? */
static bool refuse_place(const char *uri, const char *rest, struct error *error)
{
    const char *user = user_end(rest);
    const char *host = user != NULL ? user + 1 : rest;
    size_t length = strcspn(host, "/?");
    bool is_srv = text_starts(uri, SCHEME_SRV);

    if (!is_accepted_option(is_srv ? SCHEME_SRV : SCHEME, host, length)) {
        error_set(error, ERROR_USAGE, "the MongoDB URI is malformed: it names no valid host");
        error_try(error, is_srv ? SCHEME_SRV "NAME.DOMAIN.TLD/DATABASE (one name, without a port)"
                                : SCHEME "HOST:PORT/DATABASE");
        return true;
    }
    host += length;
    if (*host == '/' && !is_accepted_option(SCHEME "localhost", host, strcspn(host, "?"))) {
        error_set(error, ERROR_USAGE,
                  "the MongoDB URI is malformed: its database name is not valid");
        return true;
    }
    return false;
}

static bool refuse_uri(const char *uri, struct error *error)
{
    const char *rest = after_scheme(uri);
    const char *options = NULL;

    if (rest == NULL) {
        return error_set(error, ERROR_USAGE,
                         uri[0] == '\0'
                             ? "the MongoDB URI is empty"
                             : "the MongoDB URI is malformed: it does not begin with " SCHEME
                               " or " SCHEME_SRV);
    }
    if (!text_is_utf8(uri, strlen(uri)))
        return error_set(error, ERROR_USAGE, "the MongoDB URI is malformed: it is not UTF-8");
    if (is_user_spilt(rest) || is_user_unescaped(rest)) {
        error_set(error, ERROR_USAGE,
                  "the MongoDB URI is malformed: its user name or password holds characters that "
                  "must be percent-encoded");
        return error_try(error,
                         "write %%40 for @, %%3A for :, %%2F for /, %%3F for ?, %%25 for %%");
    }
    if (refuse_place(uri, rest, error))
        return false;
    options = strchr(rest, '?');
    if (options != NULL && rest[strcspn(rest, "/?")] == '?') {
        return error_set(
            error, ERROR_USAGE,
            "the MongoDB URI is malformed: between its hosts and '?' a '/' is missing");
    }
    if (options != NULL && refuse_option(options + 1, error))
        return false;
    return error_set(error, ERROR_USAGE,
                     "the MongoDB URI is malformed: its user part, hosts and options do not fit "
                     "together");
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

    /*
     * A single client looks for its server once, for connectTimeoutMS, and never asks for the other
     * limit.
     */
    if (selection > 0 && selection < connect)
        connect = selection;
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

    if (strlen(options->uri) > URI_MAX) {
        error_set(error, ERROR_USAGE, "the MongoDB URI is too long");
        return NULL;
    }
    if (rest != NULL && !is_user_spilt(rest))
        uri = parse(options->uri);
    if (uri == NULL) {
        refuse_uri(options->uri, error);
        return NULL;
    }
    if (!check_files(uri, error) || (options->read_preference != NULL &&
                                     !mongoc_uri_has_option(uri, MONGOC_URI_READPREFERENCE) &&
                                     !set_read_preference(uri, options->read_preference, error))) {
        mongoc_uri_destroy(uri);
        return NULL;
    }
    if (mongoc_uri_get_appname(uri) == NULL)
        mongoc_uri_set_appname(uri, "pritunl-access");
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

    if (service != NULL)
        return text_printable(service, strlen(service));
    for (const mongoc_host_list_t *at = mongoc_uri_get_hosts(uri); at != NULL; at = at->next)
        buf_add_format(&hosts, "%s%s", hosts.length > 0 ? "," : "", at->host_and_port);
    return buf_take(&hosts);
}
