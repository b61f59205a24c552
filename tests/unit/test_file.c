/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "base/file_replace.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "child.h"

Suite *file_suite(void);

static void expect_expanded(const char *path, const char *expanded)
{
    char *text = file_expand(path);

    ck_assert_str_eq(text, expanded);
    mem_free(text);
}

START_TEST(test_expand)
{
    setenv("HOME", "/home/me", 1);
    expect_expanded("~/x/y", "/home/me/x/y");
    expect_expanded("~/", "/home/me/");
    expect_expanded("~", "~");
    expect_expanded("~other/x", "~other/x");
    expect_expanded("/a/~/b", "/a/~/b");
    expect_expanded("", "");
    setenv("HOME", "", 1);
    expect_expanded("~/x", "~/x");
    unsetenv("HOME");
    expect_expanded("~/x", "~/x");
}
END_TEST

static void expect_read(const char *path, const char *text, bool is_exposed)
{
    struct buf content = BUF_EMPTY(1000);
    struct error error = {0};
    bool exposed = !is_exposed;

    ck_assert_msg(file_read(path, &content, &exposed, &error), "%s", error.text);
    ck_assert_str_eq(buf_text(&content), text);
    ck_assert(exposed == is_exposed);
    buf_free(&content);
}

static void expect_refused(const char *path, const char *why, const char *attempt)
{
    struct buf content = BUF_EMPTY(1000);
    struct error error = {0};

    ck_assert_msg(!file_read(path, &content, NULL, &error), "%s was read", path);
    ck_assert_int_eq(error.kind, ERROR_USAGE);
    ck_assert_msg(strstr(error.text, why) != NULL, "%s", error.text);
    ck_assert_msg(strncmp(error.text, path, strlen(path)) == 0, "%s", error.text);
    ck_assert_str_eq(error.attempt, attempt);
    ck_assert_ptr_null(content.data);
}

START_TEST(test_read)
{
    make_file("private", "text\n", 0600);
    expect_read("private", "text\n", false);
    make_file("owner-only", "", 0400);
    expect_read("owner-only", "", false);
    make_file("group-reads", "x", 0640);
    expect_read("group-reads", "x", true);
    make_file("others-read", "x", 0604);
    expect_read("others-read", "x", true);
    make_file("all-execute", "x", 0711);
    expect_read("all-execute", "x", false);
    ck_assert_int_eq(symlink("private", "link"), 0);
    expect_read("link", "text\n", false);
    /* Size 0 says nothing in /proc. */
    struct buf content = BUF_EMPTY(100000);
    struct error error = {0};
    ck_assert(file_read("/proc/self/status", &content, NULL, &error));
    ck_assert_uint_gt(content.length, 100);
    buf_free(&content);
}
END_TEST

START_TEST(test_read_refused)
{
    make_file("group-writes", "x", 0660);
    make_file("all write", "x", 0606);
    ck_assert_int_eq(mkdir("directory", 0700), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(symlink("loop", "loop"), 0);
    ck_assert_int_eq(symlink("group-writes", "link"), 0);
    expect_refused("group-writes", "its group may write to it", "chmod go-w group-writes");
    expect_refused("all write", "everybody may write to it", "chmod go-w 'all write'");
    expect_refused("link", "its group may write to it", "chmod go-w link");
    expect_refused("directory", "Is a directory", "");
    expect_refused("missing", "No such file or directory", "");
    expect_refused("dangling", "No such file or directory", "");
    expect_refused("loop", strerror(ELOOP), "");
    expect_refused("group-writes/x", "Not a directory", "");
    expect_refused("", "No such file or directory", "");
}
END_TEST

START_TEST(test_read_of_somebody_else)
{
    if (geteuid() != 0)
        return;
    make_file("foreign", "x", 0600);
    ck_assert_int_eq(chown("foreign", SOMEBODY_ELSE, SOMEBODY_ELSE), 0);
    expect_refused("foreign", "belongs to another user (65534)",
                   "chown root foreign, or run as that user: sudo -u nobody pritunl-access ...");
}
END_TEST

static void read_as_somebody_else(void *context)
{
    (void)context;
    become_somebody_else();
    expect_read("of-root", "x", true);
    expect_refused("private", "Permission denied", "sudo pritunl-access ...");
}

START_TEST(test_read_of_root)
{
    if (geteuid() != 0)
        return;
    make_file("of-root", "x", 0644);
    make_file("private", "x", 0600);
    ck_assert_int_eq(chmod(".", 0755), 0);
    ck_assert(exited(in_child(read_as_somebody_else, NULL), 0));
}
END_TEST

START_TEST(test_read_limit)
{
    struct buf content = BUF_EMPTY(4);
    struct error error = {0};

    make_file("exact", "1234", 0600);
    make_file("more", "12345", 0600);
    ck_assert(file_read("exact", &content, NULL, &error));
    ck_assert_str_eq(buf_text(&content), "1234");
    buf_free(&content);
    ck_assert(!file_read("more", &content, NULL, &error));
    ck_assert_str_eq(error.text, "more: larger than 4 bytes");
    ck_assert_ptr_null(content.data);
    ck_assert(!file_read("/dev/zero", &content, NULL, &error));
    ck_assert_str_eq(error.text, "/dev/zero: larger than 4 bytes");
    content.max = 1000000;
    ck_assert(!file_read("/dev/zero", &content, NULL, &error));
    ck_assert_ptr_null(content.data);
}
END_TEST

START_TEST(test_read_name_is_printable)
{
    struct buf content = BUF_EMPTY(4);
    struct error error = {0};

    ck_assert(!file_read("a\033[2Jb", &content, NULL, &error));
    ck_assert_str_eq(error.text, "a?[2Jb: No such file or directory");
}
END_TEST

static void feed_fifo(void *context)
{
    int fd = -1;

    (void)context;
    usleep(50000);
    fd = open("fifo", O_WRONLY);
    ck_assert_int_eq(write(fd, "from ", 5), 5);
    usleep(50000);
    ck_assert_int_eq(write(fd, "fifo", 4), 4);
}

/* Its writer may come later, and pause. */
START_TEST(test_read_fifo)
{
    pid_t writer = -1;
    int status = 0;

    ck_assert_int_eq(mkfifo("fifo", 0622), 0);
    ck_assert_int_eq(chmod("fifo", 0622), 0);
    writer = start_child(feed_fifo, NULL);
    expect_read("fifo", "from fifo", false);
    ck_assert_int_eq(waitpid(writer, &status, 0), writer);
    ck_assert(exited(status, 0));
}
END_TEST

static void feed_pipe(void *context)
{
    const int *input = context;

    usleep(50000);
    ck_assert_int_eq(write(input[1], "piped", 5), 5);
}

static void read_input(void *context)
{
    const int *input = context;
    struct buf content = BUF_EMPTY(10);
    struct error error = {0};

    dup2(input[0], STDIN_FILENO);
    close(input[1]);
    expect_read("-", "piped", false);
    /* Still open, for whoever reads next. */
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
    ck_assert(freopen("open-to-all", "r", stdin) != NULL);
    expect_read("-", "y", false);
    ck_assert(freopen("/dev/zero", "r", stdin) != NULL);
    ck_assert(!file_read("-", &content, NULL, &error));
    ck_assert_str_eq(error.text, "standard input: larger than 10 bytes");
    close(STDIN_FILENO);
    ck_assert(!file_read("-", &content, NULL, &error));
    ck_assert_str_eq(error.text, "standard input: Bad file descriptor");
}

START_TEST(test_read_standard_input)
{
    int input[2] = {-1, -1};
    pid_t writer = -1;

    make_file("open-to-all", "y", 0666);
    /* Others may have made it non-blocking. */
    ck_assert_int_eq(pipe2(input, O_NONBLOCK), 0);
    writer = start_child(feed_pipe, input);
    close(input[1]);
    input[1] = open("/dev/null", O_RDONLY);
    ck_assert(exited(in_child(read_input, input), 0));
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
    close(input[0]);
    close(input[1]);
}
END_TEST

START_TEST(test_exists)
{
    make_file("file", "", 0);
    ck_assert_int_eq(symlink("file", "link"), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert(file_exists("file"));
    ck_assert(file_exists("link"));
    ck_assert(file_exists("."));
    ck_assert(!file_exists("dangling"));
    ck_assert(!file_exists("missing"));
    ck_assert(!file_exists(""));
}
END_TEST

static bool append(const char *path, const char *text, struct error *error)
{
    struct buf content = BUF_EMPTY(BUF_MAX);
    bool done = false;

    buf_add_text(&content, text);
    done = file_append(path, &content, error);
    buf_free(&content);
    return done;
}

START_TEST(test_append)
{
    struct error error = {0};
    struct stat info = {0};

    umask(0);
    ck_assert(append("new", "one\n", &error));
    ck_assert_int_eq(stat("new", &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert(append("new", "two\n", &error));
    ck_assert(append("new", "", &error));
    expect_read("new", "one\ntwo\n", false);
    make_file("old", "old\n", 0644);
    ck_assert(append("old", "more\n", &error));
    expect_read("old", "old\nmore\n", true);
}
END_TEST

static void expect_not_appended(const char *path, const char *why)
{
    struct error error = {0};

    ck_assert(!append(path, "SECRET", &error));
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_msg(strstr(error.text, why) != NULL, "%s", error.text);
    ck_assert_ptr_null(strstr(error.text, "SECRET"));
}

START_TEST(test_append_refused)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    make_file("file", "old", 0600);
    ck_assert_int_eq(symlink("file", "link"), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_eq(mkdir("directory", 0700), 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
    expect_not_appended("link", "a symbolic link");
    expect_not_appended("fifo", "a FIFO");
    expect_not_appended("directory", "a directory");
    expect_not_appended("socket", "a socket");
    expect_not_appended("/dev/null", "a device");
    expect_not_appended("missing/file", "No such file or directory");
    expect_read("file", "old", false);
    close(listener);
}
END_TEST

/* A file with half of an entry would be worse than none. */
START_TEST(test_append_leaves_no_half)
{
    struct rlimit limit = {0};
    struct error error = {0};
    bool done = false;

    make_file("file", "12345678", 0600);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 10;
    setrlimit(RLIMIT_FSIZE, &limit);
    /* Check itself writes to a file: nothing may be asserted under the limit. */
    done = append("file", "SECRET", &error);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert(!done);
    ck_assert_str_eq(error.text, "file: File too large");
    expect_read("file", "12345678", false);
}
END_TEST

Suite *file_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");

    tcase_add_checked_fixture(tests, folder_enter, folder_leave);
    tcase_add_test(tests, test_expand);
    tcase_add_test(tests, test_read);
    tcase_add_test(tests, test_read_refused);
    tcase_add_test(tests, test_read_of_somebody_else);
    tcase_add_test(tests, test_read_of_root);
    tcase_add_test(tests, test_read_limit);
    tcase_add_test(tests, test_read_name_is_printable);
    tcase_add_test(tests, test_read_fifo);
    tcase_add_test(tests, test_read_standard_input);
    tcase_add_test(tests, test_exists);
    tcase_add_test(tests, test_append);
    tcase_add_test(tests, test_append_refused);
    tcase_add_test(tests, test_append_leaves_no_half);
    suite_add_tcase(suite, tests);
    return suite;
}
