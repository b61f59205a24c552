/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pritunl/cause.h"

Suite *db_suite(void);

static bool open_with(struct db_options options, const char *uri, struct db **db,
                      struct error *error)
{
    options.uri = uri;
    options.default_name = "pritunl";
    options.prefix = "";
    return db_open(&options, db, error);
}

static bool open_uri(const char *uri, struct db **db, struct error *error)
{
    return open_with((struct db_options){.connect_timeout_ms = 10000, .timeout_ms = 60000}, uri, db,
                     error);
}

static struct db *opened(const char *uri)
{
    struct error error = {0};
    struct db *db = NULL;

    ck_assert_msg(open_uri(uri, &db, &error), "%s: %s", uri, error.text);
    return db;
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in: %s", part, text);
}

/* Every secret in the URIs of this file has this in it. */
static void expect_no_secret(const struct error *error)
{
    ck_assert_msg(strstr(error->text, "QQ") == NULL, "%s", error->text);
    ck_assert_msg(strstr(error->attempt, "QQ") == NULL, "%s", error->attempt);
}

static const struct {
    const char *uri;
    const char *text;
    const char *attempt;
} refused[] = {
    {"", "is empty", ""},
    {"QQu:QQp@host", "does not begin with mongodb://", ""},
    {"postgres://QQu:QQp@host/pritunl", "does not begin with mongodb://", ""},
    {"mongodb:/QQu:QQp@host/pritunl", "does not begin with mongodb://", ""},
    {"mongodb://QQu:QQp\xff@host/pritunl", "UTF-8", ""},
    {"mongodb://QQu:QQ@QQ@host/pritunl", "percent-encoded", "%40 for @"},
    {"mongodb://QQu:QQ@QQ@host/pritunl?appName=me@work", "percent-encoded", "%40"},
    {"mongodb://QQu:QQ:QQ@host/pritunl", "percent-encoded", "%3A for :"},
    {"mongodb://QQu:QQ/QQ@host/pritunl", "percent-encoded", "%2F for /"},
    {"mongodb://QQu:1/QQ@host/pritunl", "percent-encoded", "%2F"},
    {"mongodb://QQu:1/QQ?QQ=1@host/pritunl", "percent-encoded", "%3F for ?"},
    {"mongodb://QQu:1?w=QQ@host/pritunl", "percent-encoded", "%3F"},
    {"mongodb://QQu/a=QQ?a=QQ:QQ@host/?appName=me@work", "percent-encoded", "%2F"},
    {"mongodb://QQu:50%QQ@host/pritunl", "percent-encoded", "%25 for %"},
    {"mongodb://QQu:QQ%4@host/pritunl", "percent-encoded", "%25"},
    {"mongodb://QQu\\@host/pritunl", "percent-encoded", "%40"},
    {"mongodb://", "no valid host", "HOST:PORT"},
    {"mongodb:///pritunl", "no valid host", ""},
    {"mongodb://QQu:QQp@/pritunl", "no valid host", ""},
    {"mongodb://QQu:QQp@host:port/pritunl", "no valid host", ""},
    {"mongodb://QQu:QQp@host:99999/pritunl", "no valid host", ""},
    {"mongodb://host:QQp", "no valid host", ""},
    {"mongodb+srv://QQu:QQp@host.example.com:27017/pritunl", "no valid host", "without a port"},
    {"mongodb+srv://QQu:QQp@localhost/pritunl", "no valid host", "NAME.DOMAIN.TLD"},
    {"mongodb://QQu:QQp@host/pri tunl", "database name", ""},
    {"mongodb://QQu:QQp@host/pritunl?connectTimeoutMS=QQ", "option connectTimeoutMS is not", ""},
    {"mongodb://QQu:QQp@host/pritunl?w=1&readPreference=QQ", "option readPreference is not", ""},
    {"mongodb://QQu:QQp@host/pritunl?QQ", "name=value", ""},
    {"mongodb://QQu:QQp@host/pritunl?tls=true&ssl=false", "do not fit together", ""},
    {"mongodb://a,b/pritunl?directConnection=true", "do not fit together", ""},
    {"mongodb://QQu:QQp@host/pritunl?authMechanism=SCRAM-SHA-256&w=QQ&wTimeoutMS=QQ", "wTimeoutMS",
     ""},
};

START_TEST(test_refused)
{
    struct error error = {0};
    struct db *db = NULL;

    ck_assert_msg(!open_uri(refused[_i].uri, &db, &error), "%s", refused[_i].uri);
    ck_assert_ptr_null(db);
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    expect_in(error.text, refused[_i].text);
    expect_in(error.attempt, refused[_i].attempt);
    expect_no_secret(&error);
}
END_TEST

static const struct {
    const char *uri;
    const char *name;
    const char *hosts;
    bool pool;
    bool tls;
    bool loopback;
} accepted[] = {
    {"mongodb://localhost", "pritunl", "localhost:27017", false, false, true},
    {"mongodb://localhost:27017/vpn", "vpn", "localhost:27017", false, false, true},
    {"mongodb://127.1.2.3/", "pritunl", "127.1.2.3:27017", false, false, true},
    {"mongodb://[::1]:1/x", "x", "[::1]:1", false, false, true},
    {"mongodb://%2Ftmp%2Fmongodb.sock/x", "x", "/tmp/mongodb.sock", false, false, true},
    {"mongodb://localhost.example.com/x", "x", "localhost.example.com:27017", false, false, false},
    {"mongodb://128.0.0.1/x?tls=true", "x", "128.0.0.1:27017", false, true, false},
    {"mongodb://QQu:QQp@db.example/x?ssl=true", "x", "db.example:27017", false, true, false},
    {"mongodb://QQu:p%40%2F%3A@h/x", "x", "h:27017", false, false, false},
    {"mongodb://QQu:p#[]$@h/x", "x", "h:27017", false, false, false},
    {"mongodb://h/x?appName=me%40work", "x", "h:27017", false, false, false},
    {"mongodb://h/x?directConnection=true", "x", "h:27017", false, false, false},
    {"mongodb://h/x?loadBalanced=true", "x", "h:27017", false, false, false},
    {"mongodb://h/x?directConnection=false", "x", "h:27017", true, false, false},
    {"mongodb://h/x?replicaSet=rs0", "x", "h:27017", true, false, false},
    {"mongodb://localhost,h:2/x", "x", "localhost:27017,h:2", true, false, false},
    {"mongodb://localhost,127.0.0.1:2/x", "x", "localhost:27017,127.0.0.1:2", true, false, true},
};

START_TEST(test_accepted)
{
    struct db *db = opened(accepted[_i].uri);

    ck_assert_str_eq(db_name(db), accepted[_i].name);
    ck_assert_str_eq(db_hosts(db), accepted[_i].hosts);
    ck_assert_int_eq(db->pool != NULL, accepted[_i].pool);
    ck_assert_int_eq(db_is_tls(db), accepted[_i].tls);
    ck_assert_int_eq(db_is_loopback(db), accepted[_i].loopback);
    db_free(db);
}
END_TEST

static void expect_times(const char *uri, int32_t connect, int32_t selection, int32_t socket)
{
    struct db *db = opened(uri);

    ck_assert_int_eq(mongoc_uri_get_option_as_int32(db->uri, MONGOC_URI_CONNECTTIMEOUTMS, -1),
                     connect);
    ck_assert_int_eq(
        mongoc_uri_get_option_as_int32(db->uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, -1),
        selection);
    ck_assert_int_eq(mongoc_uri_get_option_as_int32(db->uri, MONGOC_URI_SOCKETTIMEOUTMS, -1),
                     socket);
    db_free(db);
}

START_TEST(test_defaults)
{
    struct db *db = opened("mongodb://h/x");

    ck_assert_str_eq(mongoc_uri_get_appname(db->uri), "pritunl-access");
    db_free(db);
    db = opened("mongodb://h/x?appName=mine");
    ck_assert_str_eq(mongoc_uri_get_appname(db->uri), "mine");
    db_free(db);
    expect_times("mongodb://h/x", 10000, 10000, 60000);
    expect_times("mongodb://h/x?connectTimeoutMS=1&socketTimeoutMS=2", 1, 10000, 2);
    expect_times("mongodb://h/x?serverSelectionTimeoutMS=30", 30, 30, 60000);
    expect_times("mongodb://h/x?serverSelectionTimeoutMS=30000", 10000, 30000, 60000);
    expect_times("mongodb://h/x?connectTimeoutMS=0&serverSelectionTimeoutMS=0&socketTimeoutMS=0",
                 10000, 10000, 60000);
    expect_times("mongodb://h/x?connectTimeoutMS=-1&socketTimeoutMS=-1", 10000, 10000, 60000);
}
END_TEST

START_TEST(test_read_preference)
{
    struct db_options options = {.read_preference = "secondaryPreferred"};
    struct error error = {0};
    struct db *db = NULL;

    ck_assert(open_with(options, "mongodb://h/x", &db, &error));
    ck_assert_int_eq(mongoc_read_prefs_get_mode(mongoc_client_get_read_prefs(db->client)),
                     MONGOC_READ_SECONDARY_PREFERRED);
    db_free(db);
    ck_assert(open_with(options, "mongodb://h/x?readPreference=nearest", &db, &error));
    ck_assert_int_eq(mongoc_read_prefs_get_mode(mongoc_client_get_read_prefs(db->client)),
                     MONGOC_READ_SECONDARY_PREFERRED);
    db_free(db);
    options.read_preference = "tertiary"; /* Pritunl passes it over */
    ck_assert(open_with(options, "mongodb://h/x?readPreference=nearest", &db, &error));
    ck_assert_int_eq(mongoc_read_prefs_get_mode(mongoc_client_get_read_prefs(db->client)),
                     MONGOC_READ_NEAREST);
    db_free(db);
}
END_TEST

START_TEST(test_missing_file)
{
    struct error error = {0};
    struct db *db = NULL;

    ck_assert(!open_uri("mongodb://QQu:QQp@h/x?tlsCAFile=/nowhere/ca.pem", &db, &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    expect_in(error.text, "tlsCAFile");
    expect_in(error.text, "/nowhere/ca.pem: No such file");
    expect_no_secret(&error);
}
END_TEST

static const struct {
    const char *uri;
    const char *text;
    const char *redacted;
} redactions[] = {
    {"mongodb://h/x", "all of it", "all of it"},
    {"mongodb://alice:secret@h/x", "alice may not: secret secret", "*** may not: *** ***"},
    {"mongodb://alice:secret@h/x", "alice:secret@h", "***@h"},
    {"mongodb://alice@h/x", "no user alice@x", "no user ***@x"},
    {"mongodb://al%40ice:se%2Fcret@h/x", "al@ice al%40ice se/cret se%2Fcret", "*** *** *** ***"},
    {"mongodb://abcd:abcdef@h/x", "abcdef abcd abc", "*** *** abc"},
    {"mongodb://a:secret@h/x", "bad password", ""},
    {"mongodb://a:secret@h/x", "bug", "bug"},
    {"mongodb://alice:pa%2Fss%20word@h/x", "pa%2fss%20word pa%2Fss+word %70a/ss word",
     "*** *** ***"},
    {"mongodb://alice:pa\"ss@h/x", "pa\\\"ss.", "***."},
    /* base64 of "xx", "x" or nothing, "secret\xff?", and "y" */
    {"mongodb://alice:secret@h/x", "c2VjcmV0eQ== eHNlY3JldA== eHhzZWNyZXR5",
     "***eQ== eH***A== eHh***R5"},
    {"mongodb://alice:se%3E%3Fcret@h/x", "c2U-P2NyZXQ= c2U+P2NyZXQ=", "***Q= ***Q="},
    {"mongodb://alice:secretpassword@h/x", "cut: secretpa", "cut: ***"},
    {"mongodb://alice:secretpassword@h/x", "cut: sec", "cut: sec"},
    {"mongodb://a:secret@h/x", "user %61", ""},
    {"mongodb://h/x?tlsCertificateKeyFilePassword=key%20pass", "the key pass is", "the *** is"},
    {"mongodb://h/x?w=1&authMechanismProperties=A:bcdef,AWS_SESSION_TOKEN:toktok", "toktok bcdef",
     "*** bcdef"},
    {"mongodb://h/x?authMechanismProperties=A:bcdef%2Caws_session_token%3Atoktok", "toktok bcdef",
     "*** bcdef"},
    {"mongodb://h/x?authMechanismProperties=AWS_SESSION_TOKEN%3atoktok%2CA:bcdef&w=1",
     "toktok bcdef", "*** bcdef"},
};

START_TEST(test_redact)
{
    char *redacted = db_redact(redactions[_i].uri, redactions[_i].text);

    ck_assert_str_eq(redacted, redactions[_i].redacted);
    mem_free(redacted);
}
END_TEST

#define HOME "mongodb://QQuser:QQpassword@db.example:27017/pritunl"
#define ONCE "No suitable servers found (`serverSelectionTryOnce` set): "

static const struct {
    const char *uri;
    uint32_t domain;
    uint32_t code;
    const char *message;
    const char *cause;
    const char *text;
    int db_code;
} failures[] = {
    {HOME, MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, "Authentication failed.",
     "database-auth", "refuses the login", 0},
    {HOME, MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, "Could not find QQuser@pritunl",
     "database-auth", "Could not find ***@pritunl", 0},
    {HOME, MONGOC_ERROR_SASL, 1, "SASL Failure", "database-auth", "SASL Failure", 0},
    {HOME, MONGOC_ERROR_SCRAM, MONGOC_ERROR_SCRAM_PROTOCOL_ERROR, "SCRAM Failure", "database-auth",
     "SCRAM Failure", 0},
    {HOME, MONGOC_ERROR_QUERY, 18, "Authentication failed.", "database-auth", "login", 18},
    {HOME, MONGOC_ERROR_QUERY, 13, "not authorized on pritunl", "database-permission",
     "does not let this user read pritunl.hosts", 13},
    {HOME, MONGOC_ERROR_QUERY, 8000, "user is not allowed", "database-permission",
     "does not let this user read", 8000},
    {"mongodb://h/x", MONGOC_ERROR_QUERY, 13, "requires authentication", "database-auth",
     "wants a login", 13},
    {HOME, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
     ONCE "[connection refused calling hello on 'db.example:27017']", "database-unreachable",
     "cannot reach the database at db.example:27017: connection refused", 0},
    {HOME, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
     ONCE "[socket timeout calling hello on 'db.example:27017']", "database-unreachable",
     ": no answer in time", 0},
    {HOME, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
     ONCE "[something new about QQpassword calling hello on 'db.example:27017']",
     "database-unreachable", ": something new about ***", 0},
    {HOME, MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE,
     ONCE "[TLS handshake failed: certificate verify failed (18): self-signed certificate calling "
          "hello on 'db.example:27017']",
     "database-unreachable", "certificate is refused: self-signed certificate", 0},
    {HOME, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET,
     "Failed to read 4 bytes: socket error or timeout", "database-unreachable",
     "the connection broke", 0},
    {HOME, MONGOC_ERROR_QUERY, 10107, "not primary", "database-unreachable", "not primary", 10107},
    {HOME, MONGOC_ERROR_COLLECTION, 1, "", NULL, "cannot be asked: no reason is given", 0},
    {"mongodb://a:QQpassword@h/x", MONGOC_ERROR_PROTOCOL, 1, "a b", NULL,
     "cannot be asked: its own words are withheld", 0},
    {HOME, MONGOC_ERROR_QUERY, 40324, "Unrecognized pipeline stage name: '$unionWith'", NULL,
     "(code 40324)", 40324},
    {HOME, MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_INVALID_REPLY, "Corrupt QQuser", NULL,
     "Corrupt ***", 0},
};

START_TEST(test_failure)
{
    struct db *db = opened(failures[_i].uri);
    bson_error_t why = {.domain = failures[_i].domain, .code = failures[_i].code};
    struct error error = {0};

    snprintf(why.message, sizeof(why.message), "%s", failures[_i].message);
    ck_assert(!db_failure(db, "hosts", &why, NULL, &error));
    ck_assert_int_eq(error.kind, ERROR_DATABASE);
    ck_assert_msg(text_equal(cause_name(error.cause), failures[_i].cause), "%s",
                  cause_name(error.cause));
    ck_assert_int_eq(db->code, failures[_i].db_code);
    expect_in(error.text, failures[_i].text);
    expect_no_secret(&error);
    db_free(db);
}
END_TEST

/* A socket of this machine that answers nothing: refusing connections, or taking them silently. */
static int silent_socket(bool listening, char *uri, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    if (listening)
        ck_assert_int_eq(listen(fd, 5), 0);
    snprintf(uri, size, "mongodb://QQuser:QQpassword@127.0.0.1:%u/x", ntohs(address.sin_port));
    return fd;
}

static int64_t expect_unreachable(const char *uri, const char *text)
{
    struct db_options options = {.connect_timeout_ms = 400};
    struct error error = {0};
    struct db *db = NULL;
    struct db_rows *rows = NULL;
    int64_t begin = clock_monotonic_ms();

    ck_assert(open_with(options, uri, &db, &error));
    ck_assert(!db_query(db, QUERY_HOSTS, NULL, 0, &rows, &error));
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(error.kind, ERROR_DATABASE);
    ck_assert_int_eq(error.cause, CAUSE_DATABASE_UNREACHABLE);
    expect_in(error.text, text);
    expect_no_secret(&error);
    db_free(db);
    return clock_monotonic_ms() - begin;
}

START_TEST(test_unreachable)
{
    char uri[128] = "";
    int fd = silent_socket(false, uri, sizeof(uri));
    int64_t elapsed = expect_unreachable(uri, "connection refused");

    ck_assert_int_lt(elapsed, 300);
    close(fd);
    fd = silent_socket(true, uri, sizeof(uri));
    elapsed = expect_unreachable(uri, "no answer in time");
    ck_assert_int_ge(elapsed, 390);
    ck_assert_int_lt(elapsed, 3000);
    close(fd);
}
END_TEST

Suite *db_suite(void)
{
    Suite *suite = suite_create("db");
    TCase *tests = tcase_create("db");

    tcase_add_checked_fixture(tests, db_begin, NULL);
    tcase_add_loop_test(tests, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_loop_test(tests, test_accepted, 0, sizeof(accepted) / sizeof(accepted[0]));
    tcase_add_test(tests, test_defaults);
    tcase_add_test(tests, test_read_preference);
    tcase_add_test(tests, test_missing_file);
    tcase_add_loop_test(tests, test_redact, 0, sizeof(redactions) / sizeof(redactions[0]));
    tcase_add_loop_test(tests, test_failure, 0, sizeof(failures) / sizeof(failures[0]));
    tcase_add_test(tests, test_unreachable);
    suite_add_tcase(suite, tests);
    return suite;
}
