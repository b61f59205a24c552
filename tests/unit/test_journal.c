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

static const struct {
    const char *text;
    const char *reason; /* NULL: none in it */
} lines[] = {
    {"{\"event\": \"admin_auth_failure\", \"reason\": \"Duplicate nonce from reconnection\"}\n",
     "Duplicate nonce from reconnection"},
    {"{\"reason_long\": \"Auth signature mismatch\", \"reason\": \"x\"}\n",
     "Auth signature mismatch"},
    {"{\"event\": \"y\", \"event_long\": \"Adminsitrator missing secret\"}\n",
     "Adminsitrator missing secret"},
    {"no JSON\n[]\n7\n\n{}\n{\"reason\": \"Administrator disabled\"}\n", "Administrator disabled"},
    {"{\"reason\": \"Expired auth timestamp\"}\n{\"reason\": \"Duplicate nonce from reconnection\"}\n",
     "Expired auth timestamp"},
    {"{\"reason\": \"Duplicate nonce from reconnection\"}", NULL}, /* not at its end yet */
    {"{\"event\": \"user_sync_failure\", \"event_long\": \"Duplicate nonce from reconnection\"}\n",
     NULL},
    {"{\"event\": \"sso_auth_failure\", \"reason\": \"Administrator disabled\"}\n", NULL},
    {"{\"reason\": \"Duplicate nonce of abcdefgh\"}\n", NULL},
    {"{\"reason\": 7, \"reason_long\": null, \"event_long\": [\"Duplicate nonce from reconnection\"]}\n",
     NULL},
    {"{\"reason\": \"Duplicate nonce from reconnection\", \"reason\": \"Duplicate nonce from reconnection\"}\n",
     NULL},
    {"", NULL},
};

START_TEST(test_lines)
{
    struct journal *journal = NULL;

    write_line("{\"reason\": \"Invalid auth timestamp\"}\n");
    journal = journal_open(path);
    write_line(lines[_i].text);
    ck_assert_pstr_eq(journal_reason(journal, lines[_i].reason != NULL ? ENDLESS_MS : 0),
                      lines[_i].reason);
    journal_free(journal);
}
END_TEST

START_TEST(test_a_file_that_is_made_later)
{
    struct journal *journal = journal_open(path);

    ck_assert_ptr_null(journal_reason(journal, 0));
    write_line("{\"reason\": \"Duplicate nonce from reconnection\"}\n");
    ck_assert_pstr_eq(journal_reason(journal, ENDLESS_MS), "Duplicate nonce from reconnection");
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
    write_line("{\"reason\": \"Duplicate nonce from reconnection\"}\n");
    ck_assert_int_eq(rename(path, old), 0);
    ck_assert_pstr_eq(journal_reason(journal, ENDLESS_MS), "Duplicate nonce from reconnection");
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
    ck_assert_ptr_null(journal_reason(journal, 0));
    journal_free(journal);
    journal = journal_open("/dev/zero");
    ck_assert_ptr_null(journal_reason(journal, 0));
    journal_free(journal);
    journal = journal_open(place);
    ck_assert_ptr_null(journal_reason(journal, 0));
    journal_free(journal);
}
END_TEST

START_TEST(test_patience_ends)
{
    struct journal *journal = journal_open(path);
    int64_t began_ms = clock_monotonic_ms();

    ck_assert_ptr_null(journal_reason(journal, 120));
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
