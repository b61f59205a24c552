/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

Suite *buf_suite(void);

START_TEST(test_grows)
{
    struct buf buf = BUF_EMPTY(BUF_MAX);

    ck_assert_str_eq(buf_text(&buf), "");
    for (int i = 0; i < 10000; i++) {
        ck_assert(buf_add(&buf, "0123456789", 10));
        ck_assert_uint_eq(buf.length, ((size_t)i + 1) * 10);
        ck_assert_int_eq(buf.data[buf.length], '\0');
    }
    for (size_t i = 0; i < buf.length; i++)
        ck_assert_int_eq(buf.data[i], (int)('0' + i % 10));
    ck_assert(!buf.full);
    buf_free(&buf);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.length, 0);
}
END_TEST

START_TEST(test_maximum)
{
    struct buf buf = BUF_EMPTY(5);

    ck_assert(buf_add_text(&buf, "abc"));
    ck_assert(!buf_add_text(&buf, "def"));
    ck_assert(buf.full);
    ck_assert_str_eq(buf_text(&buf), "abc");
    ck_assert(buf_add_text(&buf, "de"));
    ck_assert_str_eq(buf_text(&buf), "abcde");
    ck_assert(!buf_add(&buf, "f", 1));
    ck_assert(buf_add(&buf, NULL, 0));
    ck_assert(!buf_add_format(&buf, "%d", 1));
    ck_assert(buf_add_format(&buf, "%s", ""));
    ck_assert_str_eq(buf_text(&buf), "abcde");
    buf_free(&buf);
    ck_assert(!buf.full);
    ck_assert_uint_eq(buf.max, 5);
}
END_TEST

START_TEST(test_absurd_lengths)
{
    struct buf buf = BUF_EMPTY(BUF_MAX);
    struct buf none = BUF_EMPTY(0);
    /* Never read: refused by its length alone. */
    volatile size_t length = SIZE_MAX;

    ck_assert(!buf_add(&buf, "x", length));
    ck_assert(!buf_add(&buf, "x", length - 1));
    ck_assert(buf.full);
    ck_assert(buf_add_text(&buf, "x"));
    ck_assert(!buf_add(&buf, "x", length));
    ck_assert(!buf_add(&buf, "x", BUF_MAX));
    ck_assert_str_eq(buf_text(&buf), "x");
    ck_assert(!buf_add(&none, "x", 1));
    ck_assert_str_eq(buf_text(&none), "");
    buf_free(&buf);
    buf_free(&none);
}
END_TEST

START_TEST(test_format)
{
    struct buf buf = BUF_EMPTY(1000);

    ck_assert(buf_add_format(&buf, "%s=%05d", "key", 42));
    ck_assert(buf_add_format(&buf, ";%300s", "right"));
    ck_assert_uint_eq(buf.length, 9 + 1 + 300);
    ck_assert_mem_eq(buf.data, "key=00042; ", 11);
    ck_assert_str_eq(buf.data + buf.length - 5, "right");
    buf_free(&buf);
}
END_TEST

START_TEST(test_format_up_to_maximum)
{
    struct buf buf = BUF_EMPTY(4);

    ck_assert(!buf_add_format(&buf, "%d", 12345));
    ck_assert_str_eq(buf_text(&buf), "");
    ck_assert(buf_add_format(&buf, "%d", 1234));
    ck_assert_str_eq(buf_text(&buf), "1234");
    buf_free(&buf);
}
END_TEST

START_TEST(test_take)
{
    struct buf buf = BUF_EMPTY(100);
    char *text = buf_take(&buf);

    ck_assert_str_eq(text, "");
    mem_free(text);
    ck_assert(buf_add(&buf, "a\0b", 3));
    text = buf_take(&buf);
    ck_assert_mem_eq(text, "a\0b\0", 4);
    mem_free(text);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.length, 0);
    ck_assert(buf_add_text(&buf, "again"));
    ck_assert_str_eq(buf_text(&buf), "again");
    buf_free(&buf);
    buf_free(&buf);
}
END_TEST

Suite *buf_suite(void)
{
    Suite *suite = suite_create("buf");
    TCase *tests = tcase_create("buf");

    tcase_add_test(tests, test_grows);
    tcase_add_test(tests, test_maximum);
    tcase_add_test(tests, test_absurd_lengths);
    tcase_add_test(tests, test_format);
    tcase_add_test(tests, test_format_up_to_maximum);
    tcase_add_test(tests, test_take);
    suite_add_tcase(suite, tests);
    return suite;
}
