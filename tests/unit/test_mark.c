/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/mark.h"

#define HOUR INT64_C(3600000)

START_TEST(lifetimes)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"1", 1000},
                {"90s", 90000},
                {"5m", 300000},
                {"5h", 5 * HOUR},
                {"2d", 48 * HOUR},
                {"1y", 365 * 24 * HOUR},
                {"0", 3650 * 24 * HOUR},
                {"0d", 3650 * 24 * HOUR},
                {"100y", 36500 * 24 * HOUR}};
    static const char *const bad[] = {
        "", "h", "5 m", "5mm", "1.5h", "-1", "+1", "5M", "101y", "0x5", "99999999999999999999"};
    struct error error = {0};
    int64_t ms = 0;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(mark_lifetime(good[i].text, &ms, &error), "%s", good[i].text);
        ck_assert_int_eq(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!mark_lifetime(bad[i], &ms, &error), "%s", bad[i]);
        ck_assert_int_eq(error.kind, ERROR_USAGE);
    }
}
END_TEST

START_TEST(labels)
{
    char longest[2 * MARK_LABEL_MAX + 3];
    struct error error = {0};

    for (size_t i = 0; i < MARK_LABEL_MAX; i++)
        memcpy(longest + 2 * i, "\xC3\xA9", 2);
    longest[2 * (size_t)MARK_LABEL_MAX] = '\0';
    ck_assert(mark_label(longest, &error)); /* characters, not bytes */
    memcpy(longest + 2 * (size_t)MARK_LABEL_MAX, "x", 2);
    ck_assert(!mark_label(longest, &error));
    ck_assert(mark_label("-", &error));
    ck_assert(!mark_label("", &error));
    ck_assert(!mark_label("  ", &error));
    ck_assert(!mark_label("\xE3\x80\x80", &error));
    ck_assert(!mark_label("a,b", &error));
    ck_assert(!mark_label("a\tb", &error));
    ck_assert(!mark_label("a\xFF", &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
}
END_TEST

START_TEST(usernames)
{
    char *one = mark_username("Nightly: Job!");
    char *other = mark_username("nightly: job!");

    ck_assert(text_starts(one, "temp-nightly-job-"));
    ck_assert_str_ne(one, other);
    ck_assert_uint_eq(strspn(one, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(one));
    mem_free(one);
    mem_free(other);
}
END_TEST

START_TEST(time_left)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "expired"},
                 {-5, "expired"},
                 {1, "1 s"},
                 {59000, "59 s"},
                 {240000, "4 m"},
                 {250000, "4 m 10 s"},
                 {3 * HOUR + 20 * 60000, "3 h 20 m"},
                 {3650 * 24 * HOUR, "10 y"}};
    char text[MARK_LEFT_SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mark mark = {.expires_ms = 1000000 + cases[i].ms};

        mark_left(&mark, 1000000, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(documents)
{
    const struct mark_plan plan = {.label = "l",
                                   .issuer = "me@here",
                                   .token = "t",
                                   .secret = "s",
                                   .now_ms = 5,
                                   .lifetime_ms = 10};
    struct db_document *document = mark_document(&plan);
    struct mark mark;

    ck_assert_ptr_nonnull(document);
    ck_assert(mark_read(document, &mark));
    ck_assert_str_eq(mark.label, "l");
    ck_assert_str_eq(mark.issuer, "me@here");
    ck_assert_int_eq(mark.issued_ms, 5);
    ck_assert_int_eq(mark.expires_ms, 15);
    ck_assert_ptr_null(mark.replaces);
    ck_assert_int_eq(db_field(document, "super_user").type, DB_BOOL);
    ck_assert(!db_field(document, "super_user").boolean);
    ck_assert_int_eq(db_field(document, "disabled").type, DB_NULL);
    mark_clear(&mark);
    db_document_free(document);
}
END_TEST

Suite *mark_suite(void)
{
    Suite *suite = suite_create("issued");
    TCase *tests = tcase_create("issued");

    tcase_add_test(tests, lifetimes);
    tcase_add_test(tests, labels);
    tcase_add_test(tests, usernames);
    tcase_add_test(tests, time_left);
    tcase_add_test(tests, documents);
    suite_add_tcase(suite, tests);
    return suite;
}
