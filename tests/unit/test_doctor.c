/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_gather.h"
#include "cmd/doctor_checks.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

Suite *doctor_suite(void);

#define WINDOW_S 43200

static struct evidence evidence;
static struct finding findings[FINDINGS_MAX];
static size_t count;

/* What the snapshot is made of: the settings, then administrators. */
static struct db_document *documents[8];
static size_t document_count;
static struct snapshot *snapshot; /* which evidence only points to */

static void add_document(const char *json)
{
    struct error error = {0};
    struct db_document *document = db_document_from_json(json, &error);

    ck_assert_msg(document != NULL, "%s: %s", json, error.text);
    ck_assert_uint_lt(document_count, sizeof documents / sizeof *documents);
    documents[document_count++] = document;
}

static void look(size_t administrator)
{
    snapshot_free(snapshot);
    snapshot = snapshot_of((const struct db_document *const *)documents, document_count);
    evidence.snapshot = snapshot;
    evidence.admin = snapshot_admin(evidence.snapshot, administrator);
}

static void add_admin(const char *fields)
{
    char *json =
        text_format("{\"part\": \"administrator\", \"_id\": 1, \"super_user\": true, %s}", fields);

    add_document(json);
    look(0);
    mem_free(json);
}

static void set_settings(const char *fields)
{
    char *json = text_format("{\"part\": \"settings\", \"_id\": \"app\"%s}", fields);

    db_document_free(documents[0]);
    documents[0] = NULL;
    add_document(json);
    documents[0] = documents[--document_count];
    look(0);
    mem_free(json);
}

static const char *const good =
    "\"username\": \"me\", \"auth_api\": true, \"token\": \"token-of-me\", \"secret\": \"long enough\"";

/* All is well with the administrator whose fields these are; nothing has been sent anywhere. */
static void make(const char *fields)
{
    const struct contact_options options = {
        .url = "https://vpn.example.com", .connect_timeout_ms = 1, .timeout_ms = 1};
    const struct db_options database = {.uri = "mongodb://127.0.0.1:1/vpn",
                                        .default_name = "pritunl",
                                        .prefix = "",
                                        .connect_timeout_ms = 1,
                                        .timeout_ms = 1};
    struct error error = {0};

    evidence = (struct evidence){.read = true,
                                 .reached = true,
                                 .asked = true,
                                 .verified = {.verdict = VERDICT_ACCEPTED,
                                              .status = 200,
                                              .latency_ms = 3,
                                              .trust = "system",
                                              .has_clock = true}};
    add_document("{\"part\": \"settings\", \"_id\": \"app\"}");
    ck_assert_msg(db_open(&database, &evidence.db, &error), "%s", error.text);
    evidence.contact = contact_open(&options, &error);
    ck_assert_msg(evidence.contact != NULL, "%s", error.text);
    evidence.url_from = "--url";
    add_admin(fields);
}

static void clear(void)
{
    evidence_clear(&evidence);
    contact_abandon(evidence.contact);
    db_free(evidence.db);
    snapshot_free(snapshot);
    snapshot = NULL;
    while (document_count > 0)
        db_document_free(documents[--document_count]);
    count = 0;
}

static void run(void)
{
    count = checks_run(&evidence, findings);
    ck_assert_uint_le(count, FINDINGS_MAX);
}

static const struct finding *find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(findings[i].name, name))
            return &findings[i];
    ck_abort_msg("there is no check %s", name);
    return NULL;
}

static size_t in_state(enum finding_state state)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += findings[i].state == state;
    return found;
}

static void says(const char *name, enum finding_state state, const char *words)
{
    const struct finding *finding = find(name);

    ck_assert_msg(finding->state == state, "%s is %d: %s", name, (int)finding->state,
                  finding->detail);
    ck_assert_msg(strstr(finding->detail, words) != NULL, "%s: %s", name, finding->detail);
}

/* The server refused, or nobody answered, for this reason. */
static void blame(enum cause cause, long status)
{
    evidence.cause = cause;
    evidence.verified.cause = cause;
    evidence.verified.status = status;
    evidence.verified.verdict = status != 0 ? VERDICT_REFUSED : VERDICT_UNKNOWN;
}

START_TEST(test_health)
{
    make(good);
    run();
    ck_assert_uint_eq(in_state(FINDING_FAIL), 0);
    says("privileges", FINDING_SKIP, "not known");
    says("hosts", FINDING_WARN, "none is online");
    ck_assert_uint_eq(in_state(FINDING_OK), count - 2);
    says("url", FINDING_OK, "https://vpn.example.com (--url)");
}
END_TEST

static const struct {
    enum cause cause;
    long status;
    const char *fields; /* NULL: nothing is wrong with them */
    const char *check;
} causes[] = {
    {CAUSE_DNS, 0, NULL, "connection"},
    {CAUSE_UNREACHABLE, 0, NULL, "connection"},
    {CAUSE_TIMEOUT, 0, NULL, "connection"},
    {CAUSE_TLS_UNTRUSTED, 0, NULL, "certificate"},
    {CAUSE_TLS_NAME, 0, NULL, "certificate"},
    {CAUSE_TLS_EXPIRED, 0, NULL, "certificate"},
    {CAUSE_REDIRECTED, 0, NULL, "answer"},
    {CAUSE_REDIRECTED, 301, NULL, "answer"},
    {CAUSE_PROXY_ANSWER, 200, NULL, "answer"},
    {CAUSE_NOT_PRITUNL, 418, NULL, "answer"},
    {CAUSE_SERVER_ERROR, 500, NULL, "answer"},
    {CAUSE_WEB_NOT_READY, 502, NULL, "web front"},
    {CAUSE_WEB_STRICT, 401, NULL, "web front"},
    {CAUSE_API_DISABLED, 401, "\"username\": \"me\", \"token\": \"t\", \"secret\": \"12345678\"",
     "api access"},
    {CAUSE_FLAG_NOT_BOOLEAN, 401,
     "\"auth_api\": 1, \"token\": \"t\", \"secret\": \"12345678\", \"disabled\": true",
     "api access"},
    {CAUSE_TOKEN_UNKNOWN, 0, "\"auth_api\": true, \"token\": 7, \"secret\": \"short\"", "token"},
    {CAUSE_TOKEN_UNKNOWN, 401, NULL, "request"},
    {CAUSE_SECRET_MISSING, 0, "\"auth_api\": true, \"token\": \"t\", \"disabled\": true", "secret"},
    {CAUSE_SECRET_SHORT, 401, "\"auth_api\": true, \"token\": \"t\", \"secret\": \"1234567\"",
     "secret"},
    {CAUSE_SECRET_MISMATCH, 401, NULL, "request"},
    {CAUSE_NONCE_REPLAYED, 401, NULL, "request"},
    {CAUSE_ADMINISTRATOR_DISABLED, 401,
     "\"auth_api\": true, \"token\": \"t\", \"secret\": \"12345678\", \"disabled\": true",
     "administrator"},
    {CAUSE_PATH_REWRITTEN, 401, NULL, "request"},
    {CAUSE_HEADERS_STRIPPED, 401, NULL, "request"},
};

/* However much is wrong, one check fails: that of the cause. */
START_TEST(test_one_failure)
{
    make(causes[_i].fields != NULL ? causes[_i].fields : good);
    blame(causes[_i].cause, causes[_i].status);
    run();
    ck_assert_uint_eq(in_state(FINDING_FAIL), 1);
    ck_assert_int_eq(find(causes[_i].check)->state, FINDING_FAIL);
    ck_assert_int_eq((int)find(causes[_i].check)->cause, (int)causes[_i].cause);
}
END_TEST

START_TEST(test_the_clock)
{
    static const struct {
        int64_t skew_s;
        enum finding_state state;
    } clocks[] = {{0, FINDING_OK},
                  {60, FINDING_OK},
                  {-60, FINDING_OK},
                  {61, FINDING_WARN},
                  {-61, FINDING_WARN},
                  {WINDOW_S, FINDING_WARN},
                  {-WINDOW_S, FINDING_WARN},
                  {WINDOW_S + 1, FINDING_FAIL},
                  {-WINDOW_S - 1, FINDING_FAIL}};

    make(good);
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        evidence.verified.clock_skew_s = clocks[i].skew_s;
        blame(clocks[i].state == FINDING_FAIL ? CAUSE_CLOCK_SKEW : CAUSE_NONE, 401);
        run();
        ck_assert_int_eq(find("clock")->state, clocks[i].state);
    }
    evidence.verified.has_clock = false;
    run();
    ck_assert_int_eq(find("clock")->state, FINDING_SKIP);
}
END_TEST

START_TEST(test_a_shared_token)
{
    make(good);
    add_admin("\"username\": \"later\", \"token\": \"token-of-me\"");
    run();
    says("token", FINDING_WARN, "later carries the same one, and comes later");
    look(1);
    blame(CAUSE_TOKEN_DUPLICATE, 401);
    run();
    says("token", FINDING_FAIL, "me carries the same one, and comes first");
    ck_assert_uint_eq(in_state(FINDING_FAIL), 1);
}
END_TEST

START_TEST(test_others)
{
    make(good);
    for (int i = 0; i < 4; i++)
        add_admin("\"username\": \"x\", \"auth_api\": true");
    add_admin("\"username\": \"off\", \"auth_api\": false");
    run();
    says("others", FINDING_OK, "4 more with API access: x, x, x …");
}
END_TEST

START_TEST(test_the_front)
{
    make("\"auth_api\": 1, \"token\": \"t\", \"secret\": \"12345678\"");
    run();
    says("web front", FINDING_WARN, "nobody has auth_api exactly true");
    blame(CAUSE_WEB_STRICT, 401);
    set_settings(", \"settings_check_interval\": 17");
    run();
    says("web front", FINDING_FAIL, "every 17 s");
    set_settings(", \"settings_check_interval\": 17, \"server_auto_restart\": false");
    run();
    says("web front", FINDING_FAIL, "by hand only");
}
END_TEST

START_TEST(test_the_journal)
{
    make(good);
    blame(CAUSE_SECRET_MISMATCH, 401);
    snprintf(evidence.verified.detail, sizeof evidence.verified.detail, "or a proxy");
    run();
    ck_assert_str_eq(find("request")->detail, "status 401: or a proxy");
    evidence.journal = mem_text("Auth signature mismatch");
    run();
    ck_assert_str_eq(find("request")->detail,
                     "status 401, the host's journal: Auth signature mismatch: or a proxy");
}
END_TEST

/* With --every-host the URL is fine, and hosts are not. */
START_TEST(test_hosts)
{
    static struct verify_answer hosts[] = {
        {.host = (char *)"one", .result = {.verdict = VERDICT_ACCEPTED}},
        {.host = (char *)"two", .result = {.cause = CAUSE_TIMEOUT}},
        {.host = (char *)"three", .result = {.cause = CAUSE_DNS}}};

    make(good);
    evidence.hosts = hosts;
    evidence.host_count = 1;
    run();
    says("hosts", FINDING_OK, "1 of 1");
    evidence.host_count = 3;
    evidence.culprit = &hosts[2];
    evidence.cause = CAUSE_DNS;
    run();
    says("hosts", FINDING_FAIL, "1 of 3 online accept; three: dns");
    ck_assert_uint_eq(in_state(FINDING_FAIL), 1);
    evidence.hosts = NULL;
    evidence.host_count = 0;
}
END_TEST

/* ---- the database's half alone, or the API's ---- */

START_TEST(test_no_url)
{
    make(good);
    evidence.reached = false;
    evidence.asked = false;
    error_set(&evidence.api, ERROR_USAGE, "no URL is known");
    run();
    says("url", FINDING_FAIL, "no URL is known");
    ck_assert_uint_eq(in_state(FINDING_FAIL), 1);
    says("request", FINDING_SKIP, "not sent");
}
END_TEST

static void lose_database(void)
{
    make(good);
    error_set(&evidence.database, ERROR_DATABASE, "it hides");
    error_blame(&evidence.database, CAUSE_DATABASE_UNREACHABLE);
    evidence.cause = CAUSE_DATABASE_UNREACHABLE;
    evidence.read = false;
    evidence.admin = NULL;
    evidence.snapshot = NULL;
    evidence.verified.verdict = VERDICT_UNKNOWN;
    evidence.verified.status = 0;
}

START_TEST(test_without_the_database)
{
    static const char *const skipped[] = {"privileges", "administrator", "api access", "token",
                                          "secret",     "web front",     "request",    "hosts",
                                          "others",     "pritunl"};
    static const char *const asked[] = {"url", "connection", "certificate", "answer", "clock"};

    lose_database();
    run();
    says("database", FINDING_FAIL, "it hides");
    ck_assert_uint_eq(in_state(FINDING_FAIL), 1);
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
        ck_assert_int_eq(find(skipped[i])->state, FINDING_SKIP);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        ck_assert_int_eq(find(asked[i])->state, FINDING_OK);
    evidence.reached = false;
    evidence.asked = false;
    run();
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        ck_assert_int_eq(find(asked[i])->state, FINDING_SKIP);
}
END_TEST

/* What /ping shows then is a warning, whatever it is. */
START_TEST(test_warnings_without_the_database)
{
    enum cause cause = causes[_i].cause;

    if (cause > CAUSE_WEB_NOT_READY)
        return;
    lose_database();
    evidence.verified.cause = cause;
    run();
    ck_assert_uint_eq(in_state(FINDING_FAIL), 1);
    ck_assert_int_eq(find("database")->state, FINDING_FAIL);
    ck_assert_int_eq(find(causes[_i].check)->state, FINDING_WARN);
}
END_TEST

START_TEST(test_a_certificate_that_cannot_be_compared)
{
    lose_database();
    evidence.verified.trust = NULL;
    evidence.untrusted = CAUSE_TLS_UNTRUSTED;
    run();
    says("certificate", FINDING_WARN, "without the database");
    ck_assert_int_eq(find("answer")->state, FINDING_OK);
}
END_TEST

Suite *doctor_suite(void)
{
    Suite *suite = suite_create("doctor");
    TCase *tests = tcase_create("doctor");
    const int cause_count = (int)(sizeof causes / sizeof *causes);

    tcase_add_checked_fixture(tests, db_begin, clear);
    tcase_add_test(tests, test_health);
    tcase_add_loop_test(tests, test_one_failure, 0, cause_count);
    tcase_add_test(tests, test_the_clock);
    tcase_add_test(tests, test_a_shared_token);
    tcase_add_test(tests, test_others);
    tcase_add_test(tests, test_the_front);
    tcase_add_test(tests, test_the_journal);
    tcase_add_test(tests, test_hosts);
    tcase_add_test(tests, test_no_url);
    tcase_add_test(tests, test_without_the_database);
    tcase_add_loop_test(tests, test_warnings_without_the_database, 0, cause_count);
    tcase_add_test(tests, test_a_certificate_that_cannot_be_compared);
    suite_add_tcase(suite, tests);
    return suite;
}
