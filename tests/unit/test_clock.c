/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <check.h>
#include <signal.h>
#include <sys/time.h>
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
    int64_t before = clock_monotonic_ms();
    int64_t wall = clock_wall_ms();
    int64_t now = (int64_t)time(NULL) * 1000;

    clock_sleep_ms(30);
    clock_sleep_ms(0);
    clock_sleep_ms(-5);
    ck_assert_int_ge(clock_monotonic_ms() - before, 30);
    ck_assert_int_le(clock_monotonic_ms() - before, 10000);
    ck_assert_int_ge(wall, now - 2000);
    ck_assert_int_le(wall, now + 2000);
}
END_TEST

static void do_nothing(int number)
{
    (void)number;
}

START_TEST(test_a_signal_does_not_shorten_the_sleep)
{
    struct sigaction action = {.sa_handler = do_nothing};
    struct itimerval soon = {.it_value = {.tv_usec = 10000}, .it_interval = {.tv_usec = 10000}};
    struct itimerval never = {0};
    int64_t before = clock_monotonic_ms();

    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    clock_sleep_ms(60);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    ck_assert_int_ge(clock_monotonic_ms() - before, 60);
}
END_TEST

Suite *clock_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");

    tcase_add_test(tests, test_text);
    tcase_add_test(tests, test_clocks);
    tcase_add_test(tests, test_a_signal_does_not_shorten_the_sleep);
    suite_add_tcase(suite, tests);
    return suite;
}
