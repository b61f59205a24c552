/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "pritunl/version.h"

Suite *version_suite(void);

struct row {
    const char *settings;
    const char *hosts[3]; /* online ones; one that begins with '-' is offline */
    enum known strict;    /* since VERSION_STRICT? */
    enum known broken;    /* is it VERSION_BROKEN? */
};

static const struct row rows[] = {
    {NULL, {NULL}, KNOWN_NOT, KNOWN_NOT},
    {"", {NULL}, KNOWN_NOT, KNOWN_NOT},
    {"nonsense", {"1.x", "."}, KNOWN_NOT, KNOWN_NOT},
    {"1.34.4681.89", {NULL}, KNOWN_YES, KNOWN_NO},
    {"1.32.4465.96", {NULL}, KNOWN_YES, KNOWN_NO},
    {"1.32.4465.95", {NULL}, KNOWN_NO, KNOWN_NO},
    {"1.32.4465", {NULL}, KNOWN_NO, KNOWN_NO},
    {"1.9.99999.99", {NULL}, KNOWN_NO, KNOWN_NO},
    {"2.0", {NULL}, KNOWN_YES, KNOWN_NO},
    {NULL, {"1.34.4681.89"}, KNOWN_YES, KNOWN_NO},
    {"1.34.4681.89", {"1.34.4681.89", "1.32.4278.1"}, KNOWN_NOT, KNOWN_NO},
    {"1.34.4681.89", {"-1.32.4278.1"}, KNOWN_YES, KNOWN_NO},
    {"1.32.4278.1", {"1.29.1914.1", NULL}, KNOWN_NO, KNOWN_NOT},
    {"1.30.2817.44", {NULL}, KNOWN_NO, KNOWN_YES},
    {"1.30.2817.44", {"1.30.2817.44"}, KNOWN_NO, KNOWN_YES},
    {"1.30.2847.71", {"1.30.2817.44"}, KNOWN_NO, KNOWN_NOT},
};

START_TEST(test_since)
{
    const struct row *row = &rows[_i];
    struct host hosts[3] = {0};
    struct server server = {.version = (char *)row->settings, .hosts = hosts};

    for (; server.host_count < 3 && row->hosts[server.host_count] != NULL; server.host_count++) {
        const char *version = row->hosts[server.host_count];
        struct host *host = &hosts[server.host_count];

        host->online = *version != '-';
        host->version = (char *)version + !host->online;
    }
    ck_assert_int_eq((int)version_since(&server, VERSION_STRICT), (int)row->strict);
    ck_assert_int_eq((int)version_is(&server, VERSION_BROKEN), (int)row->broken);
}
END_TEST

START_TEST(test_without_a_database)
{
    ck_assert_int_eq((int)version_since(NULL, VERSION_STRICT), (int)KNOWN_NOT);
    ck_assert_int_eq((int)version_is(NULL, VERSION_BROKEN), (int)KNOWN_NOT);
}
END_TEST

Suite *version_suite(void)
{
    Suite *suite = suite_create("version");
    TCase *cases = tcase_create("version");

    tcase_add_loop_test(cases, test_since, 0, sizeof rows / sizeof *rows);
    tcase_add_test(cases, test_without_a_database);
    suite_add_tcase(suite, cases);
    return suite;
}
