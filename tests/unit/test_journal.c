/* SPDX-License-Identifier: MIT */
#include "api/journal.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

Suite *journal_suite(void);

#define ENDLESS_MS ((int64_t)60 * 1000) /* never waited for where the answer is there */

static char place[] = "/tmp/pritunl-access-journal-XXXXXX";
static char *path;

static void make_place(void)
{
    memcpy(place + strlen(place) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(place));
    path = text_format("%s/journal", place);
}

static void remove_place(void)
{
    unlink(path);
    rmdir(place);
    mem_free(path);
}

static void write_line(const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

#define LINE(time, address, rest)                                                                  \
    "{\"event\": \"admin_auth_failure\", \"timestamp\": " time ", \"remote_address\": \"" address  \
    "\", " rest "}\n"
#define OURS(reason) LINE("101", "10.0.0.1", "\"event_long\": \"" reason "\"")

/* Sent from 10.0.0.1, under way from second 100 to 102. */
static const struct journal_request request = {"10.0.0.1", 100, 102};

static const struct {
    const char *text;
    const char *account; /* NULL: nothing is said */
} lines[] = {
    {OURS("Duplicate nonce from reconnection"), "Duplicate nonce from reconnection"},
    {OURS("Adminsitrator missing secret"), "Adminsitrator missing secret"},
    {LINE("100", "10.0.0.1", "\"event_long\": \"Auth signature mismatch\""),
     "Auth signature mismatch"},
    {LINE("102", "10.0.0.1", "\"event_long\": \"Auth signature mismatch\""),
     "Auth signature mismatch"},
    {"no JSON\n[]\n7\n\n{}\n" OURS("Administrator disabled"), "Administrator disabled"},
    /* somebody else's */
    {LINE("99", "10.0.0.1", "\"event_long\": \"Auth signature mismatch\""), NULL},
    {LINE("103", "10.0.0.1", "\"event_long\": \"Auth signature mismatch\""), NULL},
    {LINE("101", "10.0.0.2", "\"event_long\": \"Auth signature mismatch\""), NULL},
    {LINE("\"101\"", "10.0.0.1", "\"event_long\": \"Auth signature mismatch\""), NULL},
    {LINE("101", "10.0.0.1", "\"reason\": \"invalid_password\""), NULL},
    {LINE("101", "10.0.0.2", "\"event_long\": \"Expired auth timestamp\"")
         OURS("Auth signature mismatch"),
     "Auth signature mismatch"},
    /* theirs or ours */
    {OURS("Expired auth timestamp") OURS("Auth signature mismatch"),
     "one of Expired auth timestamp, Auth signature mismatch"},
    {OURS("Expired auth timestamp") OURS("Expired auth timestamp"), "Expired auth timestamp"},
    {OURS("Expired auth timestamp") OURS("Auth signature mismatch") OURS("Expired auth timestamp"),
     "one of Expired auth timestamp, Auth signature mismatch"},
    /* not at its end yet, not a reason of a request's, not one line */
    {"{\"event\": \"admin_auth_failure\", \"timestamp\": 101, \"remote_address\": \"10.0.0.1\", "
     "\"event_long\": \"Administrator disabled\"}",
     NULL},
    {OURS("Duplicate nonce"), NULL},
    {OURS("Duplicate nonce from reconnection of abcdefgh"), NULL},
    {LINE("101", "10.0.0.1", "\"event_long\": [\"Administrator disabled\"]"), NULL},
    {LINE("101", "10.0.0.1",
          "\"event_long\": \"Administrator disabled\", \"event_long\": \"Administrator disabled\""),
     NULL},
    {"{\"event\": \"user_sync_failure\", \"timestamp\": 101, \"remote_address\": \"10.0.0.1\", "
     "\"event_long\": \"Auth signature mismatch\"}\n",
     NULL},
    {"", NULL},
};

static void expect(struct journal *journal, int64_t patience_ms, const char *account)
{
    char *found = journal_account(journal, &request, patience_ms);

    ck_assert_pstr_eq(found, account);
    mem_free(found);
}

START_TEST(test_lines)
{
    struct journal *journal = NULL;

    write_line(OURS("Invalid auth timestamp"));
    journal = journal_open(path);
    write_line(lines[_i].text);
    expect(journal, 0, lines[_i].account);
    journal_free(journal);
}
END_TEST

START_TEST(test_a_file_that_is_made_later)
{
    struct journal *journal = journal_open(path);

    expect(journal, 0, NULL);
    write_line(OURS("Administrator disabled"));
    expect(journal, ENDLESS_MS, "Administrator disabled");
    journal_free(journal);
    journal_free(NULL);
}
END_TEST

START_TEST(test_a_file_that_is_moved_away)
{
    char *old = text_format("%s.1", path);
    struct journal *journal = NULL;

    write_line("{}\n");
    journal = journal_open(path);
    write_line(OURS("Administrator disabled"));
    ck_assert_int_eq(rename(path, old), 0);
    expect(journal, ENDLESS_MS, "Administrator disabled");
    journal_free(journal);
    unlink(old);
    mem_free(old);
}
END_TEST

START_TEST(test_what_is_no_file)
{
    struct journal *journal = NULL;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    journal = journal_open(path);
    expect(journal, 0, NULL);
    journal_free(journal);
    journal = journal_open("/dev/zero");
    expect(journal, 0, NULL);
    journal_free(journal);
    journal = journal_open(place);
    expect(journal, 0, NULL);
    journal_free(journal);
}
END_TEST

START_TEST(test_patience_ends)
{
    struct journal *journal = journal_open(path);
    int64_t began_ms = clock_monotonic_ms();

    expect(journal, 120, NULL);
    ck_assert_int_ge(clock_monotonic_ms() - began_ms, 120);
    journal_free(journal);
}
END_TEST

Suite *journal_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");

    tcase_add_checked_fixture(tests, make_place, remove_place);
    tcase_add_loop_test(tests, test_lines, 0, (int)(sizeof lines / sizeof *lines));
    tcase_add_test(tests, test_a_file_that_is_made_later);
    tcase_add_test(tests, test_a_file_that_is_moved_away);
    tcase_add_test(tests, test_what_is_no_file);
    tcase_add_test(tests, test_patience_ends);
    suite_add_tcase(suite, tests);
    return suite;
}
