/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"

#define NEEDLES_MAX 256
#define NEEDLE_SHORT 4 /* shorter ones occur in ordinary words */

struct needles {
    char *at[NEEDLES_MAX]; /* longest first */
    size_t count;
    bool full;
};

static void add_one(struct needles *needles, const char *text, size_t length)
{
    size_t place = 0;

    if (length == 0)
        return;
    if (needles->count == NEEDLES_MAX) {
        needles->full = true;
        return;
    }
    while (place < needles->count && strlen(needles->at[place]) >= length)
        place++;
    memmove(&needles->at[place + 1], &needles->at[place],
            (needles->count - place) * sizeof(needles->at[0]));
    needles->at[place] = mem_copy(text, length);
    needles->count++;
}

/*
 * The characters that these bytes always become in base64, whatever stands before and behind them:
 * in three ways, by the place where they begin.
 */
static void add_base64(struct needles *needles, const char *text)
{
    size_t length = strlen(text);
    char *shifted = text_format("  %s", text);

    for (size_t before = 0; before <= 2; before++) {
        size_t first = (before * 8 + 5) / 6;
        size_t last = (before + length) * 8 / 6;
        char *coded = crypto_base64(shifted + 2 - before, before + length);

        for (int url = 0; url < 2 && last >= first + NEEDLE_SHORT; url++) {
            for (char *p = coded; url == 1 && *p != '\0'; p++)
                *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
            if (url == 0 || strpbrk(coded, "-_") != NULL)
                add_one(needles, coded + first, last - first);
        }
        mem_free(coded);
    }
    mem_free(shifted);
}

/* As it stands in the URI, decoded, and in base64. */
static void add_needle(struct needles *needles, const char *text, size_t length)
{
    char *raw = mem_copy(text, length);
    char *decoded = mongoc_uri_unescape(raw);

    add_one(needles, raw, length);
    if (decoded != NULL && strcmp(decoded, raw) != 0)
        add_one(needles, decoded, strlen(decoded));
    if (decoded != NULL)
        add_base64(needles, decoded);
    bson_free(decoded);
    mem_free(raw);
}

static void add_user(struct needles *needles, const char *rest)
{
    size_t authority = strcspn(rest, "/?");
    const char *at = memrchr(rest, '@', authority);
    const char *colon = NULL;

    if (at == NULL)
        return;
    colon = memchr(rest, ':', (size_t)(at - rest));
    add_needle(needles, rest, (size_t)(at - rest));
    if (colon != NULL) {
        add_needle(needles, rest, (size_t)(colon - rest));
        add_needle(needles, colon + 1, (size_t)(at - colon - 1));
    }
}

/* "AWS_SESSION_TOKEN:…,CANONICALIZE_HOST_NAME:true", of which ':' and ',' may be escaped. */
static void add_properties(struct needles *needles, const char *value, size_t length)
{
    static const char name[] = "AWS_SESSION_TOKEN";
    const char *end = value + length;

    while (value < end) {
        size_t item = strcspn(value, ",&;");
        const char *comma = strcasestr(value, "%2C");
        const char *token = value + sizeof name - 1;

        if (comma != NULL && comma < value + item)
            item = (size_t)(comma - value);
        if (strncasecmp(value, name, sizeof name - 1) == 0) {
            token += strncasecmp(token, "%3A", 3) == 0 ? 3 : 1;
            if (token < value + item)
                add_needle(needles, token, item - (size_t)(token - value));
        }
        value += item;
        value += value < end && *value == '%' ? 3 : 1;
    }
}

static void add_options(struct needles *needles, const char *rest)
{
    const char *option = strchr(rest, '?');

    while (option != NULL) {
        const char *value = NULL;
        size_t length = strcspn(++option, "&;");
        size_t name = strcspn(option, "=&;");

        value = option + name + 1;
        if (name < length && (strncasecmp(option, "tlsCertificateKeyFilePassword", name) == 0 ||
                              strncasecmp(option, "sslClientCertificateKeyPassword", name) == 0))
            add_needle(needles, value, length - name - 1);
        if (name < length && strncasecmp(option, "authMechanismProperties", name) == 0)
            add_properties(needles, value, length - name - 1);
        option = strpbrk(option, "&;");
    }
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)((at - digits) % 16) : -1;
}

/* How many bytes of text are this one, as it is, percent-encoded or behind a backslash; or 0. */
static size_t spelling(char byte, const char *text)
{
    int high = text[0] == '%' ? hex_value(text[1]) : -1;
    int low = high >= 0 ? hex_value(text[2]) : -1;

    if (low >= 0 && (char)(high << 4 | low) == byte)
        return 3;
    if (text[0] == '\\' && text[1] == byte)
        return 2;
    return text[0] == byte || (text[0] == '+' && byte == ' ');
}

/*
 * How many bytes of text are the needle that it begins with, or 0. A needle that the end of the
 * text cuts is one, too: libmongoc's messages are short.
 */
static size_t spelt_at(const char *needle, const char *text)
{
    size_t used = 0;
    size_t met = 0;

    for (; needle[met] != '\0' && text[used] != '\0'; met++) {
        size_t step = spelling(needle[met], text + used);

        if (step == 0)
            return 0;
        used += step;
    }
    return needle[met] == '\0' || met >= NEEDLE_SHORT ? used : 0;
}

/* The longest needle that text begins with. */
static size_t needle_at(const struct needles *needles, const char *text)
{
    for (size_t i = 0; i < needles->count; i++) {
        size_t used = spelt_at(needles->at[i], text);

        if (used > 0)
            return used;
    }
    return 0;
}

static bool is_too_short(const struct needles *needles, const char *text)
{
    for (; *text != '\0'; text++)
        for (size_t i = 0; i < needles->count; i++)
            if (strlen(needles->at[i]) < NEEDLE_SHORT && spelt_at(needles->at[i], text) > 0)
                return true;
    return needles->full;
}

char *db_redact(const char *uri, const char *text)
{
    struct needles needles = {0};
    struct buf redacted = BUF_EMPTY(BUF_MAX);
    const char *rest = strstr(uri, "://");

    if (rest != NULL) {
        add_user(&needles, rest + 3);
        add_options(&needles, rest + 3);
    }
    if (is_too_short(&needles, text))
        goto out;
    while (*text != '\0') {
        size_t length = needle_at(&needles, text);

        if (length > 0)
            buf_add_text(&redacted, "***");
        else
            buf_add(&redacted, text, 1);
        text += length > 0 ? length : 1;
    }
out:
    for (size_t i = 0; i < needles.count; i++)
        mem_free(needles.at[i]);
    return buf_take(&redacted);
}

#define CODE_UNAUTHORIZED 13
#define CODE_LOGIN 18
#define CODE_ATLAS 8000
#define CODE_NAME_MAX 60

#define LOGIN_FAILED "authentication failed"
#define CERTIFICATE_FAILED "certificate verify failed"

static const char no_answer[] = "no answer in time";
static const char hung_up[] = "it closed the connection";
static const char old_server[] = "its MongoDB version is not one that this driver speaks";

/* What libmongoc says of a server that it cannot use; the first that fits is the most telling. */
static const struct {
    const char *sign;
    const char *words;
} reasons[] = {
    {"wire version", old_server},
    {"Failed to look up SRV", "its name has no SRV record"},
    {"Failed to look up TXT", "its TXT record cannot be read"},
    {"Failed to resolve", "its name cannot be resolved"},
    {"refused", "connection refused"},
    {"UNIX domain socket", "nobody listens on that socket"},
    {"onnection closed", hung_up},
    {"onnection reset", hung_up},
    {"losed connection", hung_up},
    {"Invalid reply", "what it answers is not MongoDB's protocol"},
    {"timeout calling", no_answer},
    {"timed out", no_answer},
    {"Failed to connect to target host", "connection refused, or no answer"},
    {"socket error or timeout", "the connection broke, or no answer came in time"},
    {"onnection error", "the connection broke"},
    /* the driver leaves a server alone for five seconds, and forgets what it was */
    {"No servers yet eligible for rescan", "it could not be reached a moment ago"},
};

/*
 * What happened to the first server, a new string: WHAT out of "No suitable servers found (…):
 * [WHAT calling hello on 'HOST:PORT'] […]", where the text has this form.
 */
static char *first_of(const char *text)
{
    const char *begin = strchr(text, '[');
    const char *end = NULL;

    begin = begin != NULL ? begin + 1 : text;
    end = strstr(begin, " calling ");
    if (end == NULL || (size_t)(end - begin) > strcspn(begin, "]"))
        end = begin + strcspn(begin, "]");
    return mem_copy(begin, (size_t)(end - begin));
}

static int server_code(const bson_error_t *why, const bson_t *reply)
{
    bson_iter_t at;

    if (reply != NULL && bson_iter_init_find(&at, reply, "code") && BSON_ITER_HOLDS_NUMBER(&at))
        return (int)bson_iter_as_int64(&at);
    return why->domain == MONGOC_ERROR_QUERY || why->domain == MONGOC_ERROR_SERVER ? (int)why->code
                                                                                   : 0;
}

/* A server that fails the driver's first words is reported as if it refused a login. */
static bool has_login(const struct db *db)
{
    return mongoc_uri_get_username(db->uri) != NULL ||
           mongoc_uri_get_auth_mechanism(db->uri) != NULL;
}

/* While logging in the driver reports everything as a login that failed: also what is no answer. */
static bool is_no_verdict(const bson_error_t *why)
{
    return strstr(why->message, "Failed to send \"") != NULL ||
           strstr(why->message, "Received invalid SCRAM reply") != NULL;
}

static bool is_login(const struct db *db, const bson_error_t *why, int code)
{
    if (code == CODE_LOGIN)
        return true;
    if (!has_login(db) || is_no_verdict(why))
        return false;
    return why->domain == MONGOC_ERROR_SASL || why->domain == MONGOC_ERROR_SCRAM ||
           (why->domain == MONGOC_ERROR_CLIENT && (why->code == MONGOC_ERROR_CLIENT_AUTHENTICATE ||
                                                   why->code == MONGOC_ERROR_CLIENT_GETNONCE));
}

static bool is_unreachable(const bson_error_t *why)
{
    return why->domain == MONGOC_ERROR_SERVER_SELECTION || why->domain == MONGOC_ERROR_STREAM ||
           strstr(why->message, "socket error or timeout") != NULL ||
           (why->domain == MONGOC_ERROR_PROTOCOL &&
            why->code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION);
}

/*
 * The server is there, and is no member that may answer now: not primary, recovering, shutting
 * down; or a mongos that reaches none (HostUnreachable, HostNotFound, NetworkTimeout,
 * FailedToSatisfyReadPreference, ExceededTimeLimit, SocketException: by MongoDB's table of codes,
 * not observed).
 */
static bool is_no_primary(int code)
{
    static const int codes[] = {6,    7,     89,    91,    133,   189,   262,
                                9001, 10058, 10107, 11600, 11602, 13435, 13436};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (code == codes[i])
            return true;
    return false;
}

/* The names of codes are short words. */
static bool is_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = strspn(text, letters);

    return length > 0 && length <= CODE_NAME_MAX && text[length] == '\0';
}

/* In user and password; of Pritunl's own configuration it has become a blank. */
static bool has_plus(const char *uri)
{
    const char *rest = strstr(uri, "://");
    const char *end = rest != NULL ? memrchr(rest + 3, '@', strcspn(rest + 3, "/?")) : NULL;

    return end != NULL && memchr(rest, '+', (size_t)(end - rest)) != NULL;
}

static bool refuse_login(const struct db *db, const bson_error_t *why, const char *driver,
                         struct error *error)
{
    const char *source = mongoc_uri_get_auth_source(db->uri);
    bool is_plain = why->message[0] == '\0' ||
                    strncasecmp(why->message, LOGIN_FAILED, strlen(LOGIN_FAILED)) == 0;

    error_set(error, ERROR_DATABASE, "the database at %s refuses the login: %s", db->hosts,
              is_plain ? "the user, its password or the database that keeps it is wrong" : driver);
    error_blame(error, CAUSE_DATABASE_AUTH);
    if (db->blanks || has_plus(db->text)) {
        return error_try(error, "%s: write %%20 for a blank and %%2B for a +",
                         db->blanks
                             ? "the + in the URI was read as a blank, as Pritunl reads its own"
                             : "the + in user or password was read as such; in Pritunl's own "
                               "configuration it is a blank");
    }
    if (mongoc_uri_get_srv_hostname(db->uri) !=
        NULL) /* whose DNS record may name another authSource */
        return error_try(error, "check user, password and authSource in the MongoDB URI");
    if (!text_equal(source, "admin") && !text_equal(source, "$external")) {
        return error_try(error,
                         "check user and password in the MongoDB URI, and add authSource=admin if "
                         "the user was created in admin (it was looked for in %s)",
                         source);
    }
    return error_try(error, "check user, password and authSource (it was %s) in the MongoDB URI",
                     source);
}

static bool refuse_permission(const struct db *db, const char *what, struct error *error)
{
    if (!has_login(db)) {
        error_set(error, ERROR_DATABASE,
                  "the database at %s wants a login, and the MongoDB URI holds none", db->hosts);
        error_blame(error, CAUSE_DATABASE_AUTH);
        return error_try(error, "put it into the URI: mongodb://USER:PASSWORD@%s/%s", db->hosts,
                         db->name);
    }
    error_set(error, ERROR_DATABASE, "the database at %s does not let this user %s %s%s%s%s%s",
              db->hosts, db->privilege != NULL ? "write" : "read", db->name,
              what != NULL ? "." : "", what != NULL ? what : "",
              db->privilege != NULL ? ": the privilege is missing to " : "",
              db->privilege != NULL ? db->privilege : "");
    error_blame(error, CAUSE_DATABASE_PERMISSION);
    return error_try(
        error, "in mongosh: use %s; db.grantRolesToUser(\"USER\", [{role: \"%s\", db: \"%s\"}])",
        mongoc_uri_get_auth_source(db->uri), db->privilege != NULL ? "readWrite" : "read",
        db->name);
}

/* "… certificate verify failed (19): self-signed certificate in certificate chain" */
static bool refuse_certificate(const struct db *db, const char *driver, struct error *error)
{
    char *first = first_of(driver);
    const char *reason = strstr(first, "): ");

    reason = reason != NULL ? reason + 3 : "it is not trusted";
    error_set(error, ERROR_DATABASE,
              "cannot reach the database at %s: its TLS certificate is refused: %s", db->hosts,
              reason);
    error_blame(error, CAUSE_DATABASE_UNREACHABLE);
    if (strstr(reason, "expired") != NULL || strstr(reason, "not yet valid") != NULL) {
        error_try(error, "renew that server's certificate; or is this machine's clock wrong: date");
    } else if (strstr(reason, "mismatch") != NULL) {
        error_try(error, "name the host in the MongoDB URI as the server's certificate does");
    } else {
        error_try(error, "name the file of the authority that signed it in the MongoDB URI: "
                         "tlsCAFile=/path/to/ca.pem");
    }
    mem_free(first);
    return false;
}

/* All that libmongoc says of a topology without a server to read from is that it waited in vain. */
static void refuse_topology(const struct db *db, struct error *error)
{
    size_t count = 0;
    size_t known = 0;
    const char *set = mongoc_uri_get_replica_set(db->uri);
    mongoc_server_description_t **servers =
        mongoc_client_get_server_descriptions(db->client, &count);

    for (size_t i = 0; i < count; i++)
        known += strcmp(mongoc_server_description_type(servers[i]), "Unknown") != 0;
    mongoc_server_descriptions_destroy_all(servers, count);
    if (count == 0 && set != NULL) {
        error_set(
            error, ERROR_DATABASE,
            "cannot reach the database at %s: none of these is a member of the replica set %s",
            db->hosts, set);
        error_try(error, "check replicaSet in the MongoDB URI; in mongosh: rs.conf()._id");
    } else if (known > 0) {
        error_set(error, ERROR_DATABASE,
                  "cannot read the database at %s: no member that may be read from answers (no "
                  "primary, or the read preference fits none)",
                  db->hosts);
        error_try(error, "in mongosh: rs.status()");
    } else {
        error_set(error, ERROR_DATABASE, "cannot reach the database at %s: %s", db->hosts,
                  no_answer);
    }
}

static void try_to_reach(const struct db *db, const char *words, struct error *error)
{
    if (words == old_server)
        error_try(
            error,
            "update MongoDB: 3.6 is the oldest that can be asked (mongod --version, on that host)");
    else if (db_is_loopback(db)) {
        error_try(error, "see whether mongod runs (systemctl status mongod) and which URI is in "
                         "force (pritunl-access config)");
    } else {
        error_try(error, "check the host in the MongoDB URI (pritunl-access config says where it "
                         "came from) and the firewalls on the way");
    }
}

/* What the driver's words mean, in ours; NULL where they are none that we know. */
static const char *words_for(const struct db *db, const bson_error_t *why)
{
    const char *words = NULL;
    int refused = 0;

    for (size_t i = 0; words == NULL && i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (strstr(why->message, reasons[i].sign) != NULL)
            words = reasons[i].words;
    if (words != hung_up || !db_is_tls(db))
        return words;
    refused = db_probe(db->uri);
    return refused == 0              ? hung_up
           : refused == ECONNREFUSED ? "connection refused"
           : refused == ETIMEDOUT    ? "no connection in time"
                                     : strerror(refused);
}

static bool refuse_unreachable(const struct db *db, const bson_error_t *why, const char *driver,
                               struct error *error)
{
    char *first = first_of(driver);
    const char *words = words_for(db, why);
    const char *hint = "";

    *error = (struct error){0};
    if (words == NULL && strchr(why->message, '[') == NULL &&
        strstr(why->message, "erverSelectionTimeoutMS") != NULL) {
        refuse_topology(db, error);
    } else {
        if (words == no_answer || words == hung_up) {
            hint = db_is_tls(db)      ? " (does it speak TLS?)"
                   : words == hung_up ? " (does it want TLS, tls=true in the URI?)"
                                      : "";
        }
        error_set(error, ERROR_DATABASE, "cannot reach the database at %s: %s%s", db->hosts,
                  words != NULL ? words : first, hint);
    }
    if (error->attempt[0] == '\0')
        try_to_reach(db, words, error);
    mem_free(first);
    return error_blame(error, CAUSE_DATABASE_UNREACHABLE);
}

/*
 * "NoSuchTransaction (code 251)": of the server's own words only the name that it has for the code.
 */
static void refuse_write(const struct db *db, const bson_t *reply, struct error *error)
{
    const char *name = "its own words are withheld, since they may hold what was to be written";
    bson_iter_t at;

    if (reply != NULL && bson_iter_init_find(&at, reply, "codeName") && BSON_ITER_HOLDS_UTF8(&at) &&
        is_name(bson_iter_utf8(&at, NULL)))
        name = bson_iter_utf8(&at, NULL);
    error_set(error, ERROR_DATABASE, "the database at %s refuses the write: %s (code %d)",
              db->hosts, name, db->code);
    error_blame(error, is_no_primary(db->code) ? CAUSE_DATABASE_UNREACHABLE : CAUSE_NONE);
}

/* What the driver says, without the login; where nothing of that can be shown, why. */
static char *words_of(const struct db *db, const bson_error_t *why)
{
    char *redacted = NULL;

    if (why->message[0] == '\0')
        return mem_text("no reason is given");
    redacted = db_redact(db->text, why->message);
    if (redacted[0] != '\0')
        return redacted;
    mem_free(redacted);
    return mem_text("its own words are withheld, since a part of the MongoDB URI's login is in "
                    "them");
}

bool db_failure(struct db *db, const char *what, const bson_error_t *why, const bson_t *reply,
                struct error *error)
{
    char *driver = words_of(db, why);
    int code = server_code(why, reply);

    db->code = code;
    if (is_login(db, why, code)) {
        refuse_login(db, why, driver, error);
    } else if (code == CODE_UNAUTHORIZED || code == CODE_ATLAS) {
        refuse_permission(db, what, error);
    } else if (strstr(why->message, CERTIFICATE_FAILED) != NULL && code == 0) {
        refuse_certificate(db, driver, error);
    } else if (is_unreachable(why)) {
        refuse_unreachable(db, why, driver, error);
    } else if (code != 0 && db->privilege != NULL) {
        refuse_write(db, reply, error);
    } else if (code != 0) {
        error_set(error, ERROR_DATABASE, "the database at %s refuses to answer: %s (code %d)",
                  db->hosts, driver, code);
        error_blame(error, is_no_primary(code) ? CAUSE_DATABASE_UNREACHABLE : CAUSE_NONE);
    } else {
        error_set(error, ERROR_DATABASE, "the database at %s cannot be asked: %s", db->hosts,
                  driver);
    }
    mem_free(driver);
    return false;
}

bool db_refuse_endless(const struct db *db, int64_t waited_ms, struct error *error)
{
    error_set(error, ERROR_DATABASE,
              "cannot reach the database at %s: the driver came to no end within %lld ms%s",
              db->hosts, (long long)waited_ms,
              db->computes ? ", and kept computing: perhaps that server wants the password hashed "
                             "without end (SCRAM iterations)"
                           : "");
    error_blame(error, CAUSE_DATABASE_UNREACHABLE);
    return error_try(error, db->computes
                                ? "pritunl-access config, to see which database is asked, and "
                                  "whether it is yours"
                                : "a larger --timeout");
}
