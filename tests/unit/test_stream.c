/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "child.h"
#include "place/stream.h"

Suite *stream_suite(void);

#define PIECE 70000 /* more than is kept back */

static void must(bool done, const struct error *error)
{
    ck_assert_msg(done, "%s", error->text);
}

START_TEST(test_old_until_closed)
{
    struct stream *stream = NULL;
    struct error error = {0};
    struct stat info = {0};
    bool changed = false;

    make_file("file", "old", 0640);
    must(stream_open("file", &stream, &error), &error);
    must(stream_add(stream, "ne", 2, &error) && stream_flush(stream, &error) &&
             stream_add(stream, "w", 1, &error),
         &error);
    expect_content("file", "old");
    ck_assert_uint_eq(count_files("."), 1); /* what is written meanwhile has no name */
    must(stream_close(stream, &changed, &error), &error);
    stream_free(stream);
    ck_assert(changed);
    expect_content("file", "new");
    ck_assert_int_eq(lstat("file", &info), 0);
    ck_assert_uint_eq(info.st_mode, S_IFREG | 0600);
    ck_assert_uint_eq(count_files("."), 1);
}
END_TEST

START_TEST(test_given_up)
{
    struct stream *stream = NULL;
    struct error error = {0};

    make_file("file", "old", 0600);
    must(stream_open("file", &stream, &error) && stream_add(stream, "new", 3, &error), &error);
    stream_free(stream);
    must(stream_open("other", &stream, &error) && stream_add(stream, "new", 3, &error), &error);
    stream_free(stream);
    stream_free(NULL);
    expect_content("file", "old");
    ck_assert_uint_eq(count_files("."), 1);
}
END_TEST

START_TEST(test_the_same_is_left_alone)
{
    struct stream *stream = NULL;
    struct error error = {0};
    struct stat before = {0};
    struct stat after = {0};
    bool changed = true;

    make_file("file", "same", 0600);
    ck_assert_int_eq(stat("file", &before), 0);
    must(stream_open("file", &stream, &error) && stream_add(stream, "same", 4, &error) &&
             stream_close(stream, &changed, &error),
         &error);
    stream_free(stream);
    ck_assert_int_eq(stat("file", &after), 0);
    ck_assert(!changed && before.st_ino == after.st_ino);
}
END_TEST

/* Pieces smaller and larger than what is kept back, in their order. */
START_TEST(test_long)
{
    static char expected[4 * PIECE];
    struct stream *stream = NULL;
    struct buf content = BUF_EMPTY(sizeof expected);
    struct error error = {0};
    size_t length = 0;
    bool changed = false;

    must(stream_open("file", &stream, &error), &error);
    for (size_t size = 1; length + size < sizeof expected; size = size * 2 + 1) {
        memset(expected + length, (int)('a' + size % 26), size);
        must(stream_add(stream, expected + length, size, &error), &error);
        length += size;
    }
    ck_assert_uint_gt(length, PIECE);
    must(stream_close(stream, &changed, &error), &error);
    stream_free(stream);
    must(file_read("file", &content, NULL, &error), &error);
    ck_assert_uint_eq(content.length, length);
    ck_assert_int_eq(memcmp(content.data, expected, length), 0);
    buf_free(&content);
}
END_TEST

START_TEST(test_refused_at_once)
{
    static const char *const places[] = {"link", "folder", "missing/file", "/dev/full", ""};
    struct stream *stream = NULL;

    make_file("target", "old", 0600);
    ck_assert_int_eq(symlink("target", "link"), 0);
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct error error = {0};

        ck_assert_msg(!stream_open(places[i], &stream, &error), "%s", places[i]);
        ck_assert_ptr_null(stream);
        ck_assert_int_eq((int)error.kind, ERROR_OUTPUT);
    }
    expect_content("target", "old");
}
END_TEST

static void to_stdout(void *context)
{
    struct stream *stream = NULL;
    struct error error = {0};
    bool changed = false;
    bool done = false;

    (void)context;
    done = dup2(open("out", O_WRONLY | O_CREAT, 0600), STDOUT_FILENO) >= 0 &&
           stream_open("-", &stream, &error) && stream_add(stream, "one ", 4, &error) &&
           stream_flush(stream, &error) && stream_add(stream, "two", 3, &error) &&
           stream_close(stream, &changed, &error) && changed;
    stream_free(stream);
    _exit(done ? 0 : 1);
}

START_TEST(test_standard_output)
{
    ck_assert(exited(in_child(to_stdout, NULL), 0));
    expect_content("out", "one two");
}
END_TEST

static void to_full(void *context)
{
    static char piece[PIECE];
    const size_t *length = context;
    struct stream *stream = NULL;
    struct error error = {0};
    bool changed = false;
    bool done = false;

    done =
        dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO) >= 0 && stream_open("-", &stream, &error);
    done = done &&
           !(stream_add(stream, piece, *length, &error) && stream_close(stream, &changed, &error));
    _exit(done && error.kind == ERROR_OUTPUT ? 0 : 1);
}

START_TEST(test_full)
{
    static size_t lengths[] = {1, PIECE};

    ck_assert(exited(in_child(to_full, &lengths[_i]), 0));
}
END_TEST

Suite *stream_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *tests = tcase_create("stream");

    tcase_add_checked_fixture(tests, folder_enter, folder_leave);
    tcase_add_test(tests, test_old_until_closed);
    tcase_add_test(tests, test_given_up);
    tcase_add_test(tests, test_the_same_is_left_alone);
    tcase_add_test(tests, test_long);
    tcase_add_test(tests, test_refused_at_once);
    tcase_add_test(tests, test_standard_output);
    tcase_add_loop_test(tests, test_full, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
