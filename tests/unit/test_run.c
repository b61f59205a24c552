/* SPDX-License-Identifier: MIT */
#include "base/run.h"

#include "child.h"

Suite *run_suite(void);

#define PATIENCE_MS 60000
#define SHELL(script) ((char *[]){"sh", "-c", script, NULL})

static bool run(char *const argv[], int64_t timeout_ms, size_t max, struct buf *output,
                struct error *error)
{
    *output = (struct buf)BUF_EMPTY(max);
    *error = (struct error){0};
    return run_capture(argv, timeout_ms, output, error);
}

START_TEST(test_what_it_prints)
{
    struct buf output;
    struct error error;

    ck_assert(run(SHELL("read x || printf 'a\\000b'; echo unseen >/dev/null"), PATIENCE_MS, 100,
                  &output, &error));
    ck_assert_uint_eq(output.length, 3);
    ck_assert_mem_eq(buf_text(&output), "a\0b", 3);
    buf_free(&output);
    ck_assert(run(SHELL(":"), PATIENCE_MS, 100, &output, &error));
    ck_assert_uint_eq(output.length, 0);
    buf_free(&output);
}
END_TEST

/* More than a pipe holds, to the last byte; and the limit to the byte. */
START_TEST(test_the_limit)
{
    static const struct {
        size_t max;
        bool fits;
    } rows[] = {{300000, true}, {299999, false}, {1, false}};
    struct buf output;
    struct error error;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(
            run(SHELL("head -c 300000 /dev/zero"), PATIENCE_MS, rows[i].max, &output, &error),
            rows[i].fits);
        ck_assert_uint_eq(output.length, rows[i].fits ? 300000 : 0);
        if (!rows[i].fits) {
            ck_assert_int_eq(error.kind, ERROR_UNUSABLE);
            ck_assert_ptr_nonnull(strstr(error.text, "prints more than"));
        }
        buf_free(&output);
    }
}
END_TEST

START_TEST(test_how_it_ends)
{
    static const struct {
        const char *script;
        const char *why;
    } rows[] = {{"echo kept-to-itself; exit 3", "ended with status 3"},
                {"echo kept-to-itself; kill -9 $$", "ended by signal 9"}};
    struct buf output;
    struct error error;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert(!run(SHELL((char *)rows[i].script), PATIENCE_MS, 100, &output, &error));
        ck_assert_int_eq(error.kind, ERROR_UNUSABLE);
        ck_assert_ptr_nonnull(strstr(error.text, rows[i].why));
        ck_assert_ptr_null(strstr(error.text, "kept"));
        ck_assert_uint_eq(output.length, 0);
    }
}
END_TEST

START_TEST(test_what_cannot_be_started)
{
    char *const missing[] = {"/nonexistent/program", NULL};
    char *const closed[] = {"./closed", NULL};
    struct buf output;
    struct error error;

    make_file("closed", "#!/bin/sh\n", 0600);
    ck_assert(!run(missing, PATIENCE_MS, 100, &output, &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    ck_assert(!run(closed, PATIENCE_MS, 100, &output, &error));
    ck_assert_int_eq(error.kind, ERROR_USAGE);
}
END_TEST

/* A FIFO's reading end sees the end of the file only when nobody holds the other: the child's child is gone as well. */
START_TEST(test_the_group_is_killed)
{
    struct buf output;
    struct error error;
    char byte = 0;
    int fifo = -1;

    ck_assert_int_eq(mkfifo("alive", 0600), 0);
    fifo = open("alive", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(fifo, 0);
    ck_assert(!run(SHELL("exec 3>alive; printf x >&3; (sleep 1000)& sleep 1000"), 500, 100, &output,
                   &error));
    ck_assert_int_eq(error.kind, ERROR_UNUSABLE);
    ck_assert_ptr_nonnull(strstr(error.text, "did not end in time"));
    ck_assert_int_eq(fcntl(fifo, F_SETFL, 0), 0);
    ck_assert_int_eq(read(fifo, &byte, 1), 1);
    ck_assert_int_eq(read(fifo, &byte, 1), 0);
    close(fifo);
}
END_TEST

/* One that goes on in the background and holds the pipe is not waited for. */
START_TEST(test_what_stays_behind)
{
    struct buf output;
    struct error error;
    int fifo = -1;

    ck_assert_int_eq(mkfifo("gate", 0600), 0);
    ck_assert(run(SHELL("(read x <gate) & echo done"), PATIENCE_MS, 100, &output, &error));
    ck_assert_str_eq(buf_text(&output), "done\n");
    buf_free(&output);
    fifo = open("gate", O_WRONLY | O_CLOEXEC); /* it still waits there */
    ck_assert_int_ge(fifo, 0);
    ck_assert_int_eq(write(fifo, "\n", 1), 1);
    close(fifo);
}
END_TEST

Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("run");

    tcase_add_checked_fixture(tests, folder_enter, folder_leave);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_what_it_prints);
    tcase_add_test(tests, test_the_limit);
    tcase_add_test(tests, test_how_it_ends);
    tcase_add_test(tests, test_what_cannot_be_started);
    tcase_add_test(tests, test_the_group_is_killed);
    tcase_add_test(tests, test_what_stays_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
