/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <check.h>
#include <time.h>

Suite *clock_suite(void);

START_TEST(test_text)
{
    /* From GNU date -u -d @SECONDS. */
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {-1000, "1969-12-31T23:59:59Z"},
        {-1001, "1969-12-31T23:59:58Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {1795366800999, "2026-11-22T17:00:00Z"},
        {4294967296000, "2106-02-07T06:28:16Z"},
        {253402300799999, "9999-12-31T23:59:59Z"},
        {253402300800000, ""},
        {-62167219200000, "0000-01-01T00:00:00Z"},
        {-62167219200001, ""},
        {INT64_MAX, ""},
        {INT64_MIN, ""},
    };
    char text[CLOCK_TEXT_SIZE] = "x";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        clock_text(rows[i].ms, text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

START_TEST(test_clocks)
{
    struct timespec nap = {.tv_nsec = 30000000};
    int64_t before = clock_monotonic_ms();
    int64_t wall = clock_wall_ms();
    int64_t now = (int64_t)time(NULL) * 1000;

    nanosleep(&nap, NULL);
    ck_assert_int_ge(clock_monotonic_ms() - before, 30);
    ck_assert_int_le(clock_monotonic_ms() - before, 10000);
    ck_assert_int_ge(wall, now - 2000);
    ck_assert_int_le(wall, now + 2000);
}
END_TEST

Suite *clock_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");

    tcase_add_test(tests, test_text);
    tcase_add_test(tests, test_clocks);
    suite_add_tcase(suite, tests);
    return suite;
}
