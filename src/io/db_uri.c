/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/tls_file.h"

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

/* Is one of the hosts an IPv6 address without brackets? */
static bool is_host_bare(const char *host, size_t length)
{
    const char *end = host + length;
    bool bare = false;

    while (!bare && host < end) {
        size_t one = strcspn(host, ",/?");

        bare = text_lacks_brackets(host, one);
        host += one + 1;
    }
    return bare;
}

/* Is it the host that the driver does not understand, or the database? */
static bool refuse_uri_place(const char *uri, const char *rest, struct error *error)
{
    const char *user = user_end(rest);
    const char *host = user != NULL ? user + 1 : rest;
    size_t length = strcspn(host, "/?");
    bool is_srv = text_starts(uri, SCHEME_SRV);

    if (!is_srv && is_host_bare(host, length)) {
        error_set(error, ERROR_USAGE,
                  "the MongoDB URI is malformed: an IPv6 address stands in brackets");
        error_try(error, SCHEME "[ADDRESS]:PORT/DATABASE");
        return true;
    }
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
    if (refuse_uri_place(uri, rest, error))
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

/* By the names that Pritunl knows; what else its configuration holds is nothing to it. */
static void set_read_preference(mongoc_uri_t *uri, const char *name)
{
    static const struct {
        const char *name;
        mongoc_read_mode_t mode;
    } modes[] = {{"primary", MONGOC_READ_PRIMARY},
                 {"primaryPreferred", MONGOC_READ_PRIMARY_PREFERRED},
                 {"secondary", MONGOC_READ_SECONDARY},
                 {"secondaryPreferred", MONGOC_READ_SECONDARY_PREFERRED},
                 {"nearest", MONGOC_READ_NEAREST}};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (text_equal(name, modes[i].name)) {
            mongoc_read_prefs_t *preference = mongoc_read_prefs_new(modes[i].mode);

            mongoc_uri_set_read_prefs_t(uri, preference);
            mongoc_read_prefs_destroy(preference);
        }
    }
}

/* Of 0, and less, the driver would make a limit of its own: of socketTimeoutMS 5 minutes a call. */
static void set_time(mongoc_uri_t *uri, const char *option, int64_t milliseconds)
{
    if (mongoc_uri_get_option_as_int32(uri, option, 0) <= 0 && milliseconds > 0) {
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

int64_t db_uri_patience(const mongoc_uri_t *uri)
{
    int64_t connect = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, 0);
    int64_t selection = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 0);

    return connect > selection ? connect : selection;
}

/* The driver reads where we have: a pipe's second reader finds nothing. */
static void set_readable(mongoc_uri_t *uri, const char *option)
{
    const char *path = mongoc_uri_get_option_as_utf8(uri, option, NULL);
    const char *place = tls_file_path(path);

    if (place != path)
        mongoc_uri_set_option_as_utf8(uri, option, place);
}

/* The driver would only say that the connection broke. */
static bool check_files(mongoc_uri_t *uri, struct error *error)
{
    const char *authorities = mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCAFILE, NULL);
    const char *identity =
        mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, NULL);
    const char *password =
        mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD, NULL);

    if ((authorities != NULL &&
         !tls_file_authorities("the tlsCAFile of the MongoDB URI", authorities, error)) ||
        (identity != NULL && !tls_file_identity("the tlsCertificateKeyFile of the MongoDB URI",
                                                identity, password, error)))
        return false;
    set_readable(uri, MONGOC_URI_TLSCAFILE);
    set_readable(uri, MONGOC_URI_TLSCERTIFICATEKEYFILE);
    return true;
}

/* What came in with the value and is none of it; NULL where it is clean. */
static const char *stray_part(const char *uri)
{
    static const char quotes[] = "\"'`";
    size_t length = strlen(uri);
    const char *rest = after_scheme(uri);

    for (const char *at = uri; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r')
            return "it holds a line break";
        if (iscntrl((unsigned char)*at) && *at != '\t')
            return "it holds a control character";
    }
    if (length == 0)
        return NULL;
    if (isspace((unsigned char)uri[0]))
        return "it begins with a blank";
    if (isspace((unsigned char)uri[length - 1]))
        return "it ends with a blank";
    if (strchr(quotes, uri[0]) != NULL || (rest != NULL && strchr(quotes, uri[length - 1]) != NULL))
        return "it stands in quotation marks, which are taken for a part of it";
    return NULL;
}

char *db_uri_text(const struct db_options *options)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    const char *rest = after_scheme(options->uri);

    if (!options->pritunl || rest == NULL)
        return mem_text(options->uri);
    buf_add(&text, options->uri, (size_t)(rest - options->uri));
    for (; *rest != '\0'; rest++)
        if (*rest == '+')
            buf_add_text(&text, "%20");
        else
            buf_add(&text, rest, 1);
    return buf_take(&text);
}

/* The names that older and other drivers have, and what this one says instead. */
static const char *better_name(const char *name, size_t length)
{
    static const char *const names[][2] = {
        {"ssl_ca_certs", "tlsCAFile"},
        {"sslCAFile", "tlsCAFile"},
        {"sslCA", "tlsCAFile"},
        {"tlsCA", "tlsCAFile"},
        {"ssl_certfile", "tlsCertificateKeyFile"},
        {"ssl_keyfile", "tlsCertificateKeyFile"},
        {"sslPEMKeyFile", "tlsCertificateKeyFile"},
        {"sslCert", "tlsCertificateKeyFile"},
        {"sslKey", "tlsCertificateKeyFile"},
        {"tlsCertificateFile", "tlsCertificateKeyFile"},
        {"tlsPrivateKeyFile", "tlsCertificateKeyFile"},
        {"tlsKeyFile", "tlsCertificateKeyFile"},
        {"tlsPEMKeyFile", "tlsCertificateKeyFile"},
        {"ssl_pem_passphrase", "tlsCertificateKeyFilePassword"},
        {"sslPEMKeyPassword", "tlsCertificateKeyFilePassword"},
        {"sslPass", "tlsCertificateKeyFilePassword"},
        {"tlsCertificateKeyPassword", "tlsCertificateKeyFilePassword"},
        {"ssl_cert_reqs", "tlsAllowInvalidCertificates"},
        {"sslValidate", "tlsAllowInvalidCertificates"},
        {"ssl_match_hostname", "tlsAllowInvalidHostnames"},
        {"sslInvalidHostNameAllowed", "tlsAllowInvalidHostnames"},
        {"sslInsecure", "tlsInsecure"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncasecmp(name, names[i][0], length) == 0 && names[i][0][length] == '\0')
            return names[i][1];
    return NULL;
}

/* By its name it is about TLS, or a file. */
static bool is_about_trust(const char *name, size_t length)
{
    char *copy = mem_copy(name, length);
    bool about = strncasecmp(copy, "tls", 3) == 0 || strncasecmp(copy, "ssl", 3) == 0 ||
                 strcasestr(copy, "file") != NULL || strcasestr(copy, "cert") != NULL;

    mem_free(copy);
    return about;
}

char *db_ignored(const char **at, const char **better)
{
    const char *option = *at;

    *better = NULL;
    if (option != NULL && after_scheme(option) != NULL)
        option = option + strcspn(option, "?") + (strchr(option, '?') != NULL);
    while (option != NULL && *option != '\0') {
        const char *name = option;
        size_t length = strcspn(name, "=&;");

        option += strcspn(option, "&;");
        option += *option != '\0';
        if (length > 0 && length <= OPTION_MAX && is_about_trust(name, length) &&
            !is_known_option(name, length)) {
            *at = option;
            *better = better_name(name, length);
            return text_printable(name, length);
        }
    }
    *at = option;
    return NULL;
}

static mongoc_uri_t *read_uri(const char *text, struct error *error)
{
    const char *rest = after_scheme(text);
    const char *stray = stray_part(text);
    mongoc_uri_t *uri = NULL;

    if (strlen(text) > URI_MAX) {
        error_set(error, ERROR_USAGE, "the MongoDB URI is too long");
    } else if (stray != NULL) {
        error_set(error, ERROR_USAGE, "the MongoDB URI is malformed: %s", stray);
    } else {
        uri = rest != NULL && !is_user_spilt(rest) ? parse(text) : NULL;
        if (uri == NULL)
            refuse_uri(text, error);
    }
    return uri;
}

mongoc_uri_t *db_uri_new(const struct db_options *options, struct error *error)
{
    char *text = db_uri_text(options);
    mongoc_uri_t *uri = read_uri(text, error);

    mem_free(text);
    if (uri == NULL || !check_files(uri, error)) {
        mongoc_uri_destroy(uri);
        return NULL;
    }
    if (options->read_preference != NULL)
        set_read_preference(uri, options->read_preference);
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
