/* SPDX-License-Identifier: MIT */
#include <check.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/doctor_gather.h"
#include "cmd/doctor_checks.h"

Suite *privileges_suite(void);

/* What a database with a login answers about its user, who reads the database "vpn". */
static const struct {
    const char *privileges;
    enum finding_state state;
} rows[] = {
    {"[{}]", FINDING_OK},
    {"[{\"resource\": {\"db\": \"vpn\", \"collection\": \"administrators\"}, \"actions\": [\"find\"]}]",
     FINDING_OK},
    {"[{\"resource\": {\"db\": \"vpn\"}, \"actions\": [\"find\", \"listCollections\", \"collStats\"]}]",
     FINDING_OK},
    {"[{\"resource\": {\"db\": \"another\"}, \"actions\": [\"find\", \"insert\", \"remove\"]}]",
     FINDING_OK},
    {"[{\"resource\": {\"cluster\": true}, \"actions\": [\"serverStatus\", \"shutdown\"]}]",
     FINDING_OK},
    {"[{\"resource\": 1, \"actions\": 2}]", FINDING_OK},
    {"[{\"actions\": [1, null]}]", FINDING_OK},
    {"[{\"resource\": {\"db\": \"vpn\"}, \"actions\": [\"find\", \"update\"]}]", FINDING_WARN},
    {"[{\"resource\": {\"db\": \"vpn\", \"collection\": \"users\"}, \"actions\": [\"insert\"]}]",
     FINDING_WARN},
    {"[{}, {\"resource\": {\"db\": \"\"}, \"actions\": [\"remove\"]}]", FINDING_WARN},
    {"[{\"resource\": {\"db\": \"vpn\"}, \"actions\": [\"dropDatabase\"]}]", FINDING_WARN},
    {"[{\"resource\": {\"anyResource\": true}, \"actions\": [\"anyAction\"]}]", FINDING_WARN},
    {"null", FINDING_SKIP},
    {"[]", FINDING_SKIP},
    {"\"text\"", FINDING_SKIP},
    {"[null, 7]", FINDING_SKIP},
};

/* The finding on an answer of that host; to end with mem_free(). */
static char *finding_of(const char *uri, const char *users, const char *privileges,
                        enum finding_state *state)
{
    const struct db_options options = {.uri = uri,
                                       .default_name = "pritunl",
                                       .prefix = "",
                                       .connect_timeout_ms = 1,
                                       .timeout_ms = 1};
    struct evidence evidence = {0};
    struct finding findings[FINDINGS_MAX];
    struct error error = {0};
    struct db_document *answer = NULL;
    char *detail = NULL;
    char *json = text_format(
        "{\"authInfo\": {\"authenticatedUsers\": %s, \"authenticatedUserPrivileges\": %s}}", users,
        privileges);

    ck_assert_msg(db_open(&options, &evidence.db, &error), "%s", error.text);
    answer = db_document_from_json(json, &error);
    ck_assert_msg(answer != NULL, "%s", error.text);
    evidence.rights = rights_of(answer, db_name(evidence.db));
    db_document_free(answer);
    for (size_t i = checks_run(&evidence, findings); i-- > 0;)
        if (text_equal(findings[i].name, "privileges")) {
            *state = findings[i].state;
            detail = mem_text(findings[i].detail);
        }
    ck_assert_ptr_nonnull(detail);
    evidence_clear(&evidence);
    db_free(evidence.db);
    mem_free(json);
    return detail;
}

START_TEST(test_a_user)
{
    enum finding_state state = FINDING_FAIL;
    char *detail =
        finding_of("mongodb://127.0.0.1:1/vpn", "[{\"user\": \"u\"}]", rows[_i].privileges, &state);

    ck_assert_msg(state == rows[_i].state, "%s: %s", rows[_i].privileges, detail);
    mem_free(detail);
}
END_TEST

START_TEST(test_no_login)
{
    enum finding_state state = FINDING_FAIL;

    mem_free(finding_of("mongodb://127.0.0.1:1/vpn", "[]", "[]", &state));
    ck_assert_int_eq(state, FINDING_OK);
    mem_free(finding_of("mongodb://192.0.2.1:1/vpn", "[]", "[]", &state));
    ck_assert_int_eq(state, FINDING_WARN);
}
END_TEST

Suite *privileges_suite(void)
{
    Suite *suite = suite_create("privileges");
    TCase *tests = tcase_create("privileges");

    tcase_add_checked_fixture(tests, db_begin, NULL);
    tcase_add_loop_test(tests, test_a_user, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(tests, test_no_login);
    suite_add_tcase(suite, tests);
    return suite;
}
