/* SPDX-License-Identifier: MIT */
#include "base/term.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "child.h"

Suite *term_suite(void);

/* Each write arrives as one packet. */
static int packets = -1;
static int kept_stderr = -1;

static void catch_stderr(void)
{
    int ends[2] = {-1, -1};

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    kept_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    packets = ends[0];
}

static void release_stderr(void)
{
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    close(packets);
}

static void expect_said(const char *text)
{
    static char packet[32768];
    ssize_t got = recv(packets, packet, sizeof(packet) - 1, 0);

    packet[got > 0 ? got : 0] = '\0';
    ck_assert_str_eq(packet, text);
}

START_TEST(test_lines)
{
    struct term_style style = {0};

    term_warn("a %s", "b");
    expect_said("pritunl-access: warning: a b\n");
    term_note("%d", 7);
    expect_said("pritunl-access: 7\n");
    term_verbose("unasked");
    expect_said("");
    term_warn("two\nlines\033[2J\xc2\x9b\xff%s", "é");
    expect_said("pritunl-access: warning: two?lines?[2J??é\n");
    style.verbose = true;
    term_set_style(&style);
    term_verbose("asked");
    expect_said("pritunl-access: asked\n");
    style.quiet = true;
    term_set_style(&style);
    ck_assert(term_style()->quiet);
    term_warn("x");
    term_note("x");
    term_verbose("x");
    expect_said("");
    /* No escapes where standard error is no terminal. */
    style = (struct term_style){.color = true};
    term_set_style(&style);
    term_warn("x");
    expect_said("pritunl-access: warning: x\n");
}
END_TEST

START_TEST(test_long_line)
{
    static char text[100000];
    char packet[32768] = "";
    ssize_t got = 0;

    memset(text, 'x', sizeof(text) - 1);
    term_warn("%s", text);
    got = recv(packets, packet, sizeof(packet), 0);
    ck_assert_int_gt(got, 10000);
    ck_assert_int_eq(packet[got - 1], '\n');
    expect_said("");
}
END_TEST

START_TEST(test_write_errors)
{
    struct error error = {0};
    int ends[2] = {-1, -1};
    int full = open("/dev/full", O_WRONLY);

    ck_assert(!term_write(full, "x", 1, &error));
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_str_eq(error.text, "output: No space left on device");
    ck_assert(term_write(full, "", 0, &error));
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert(!term_write(ends[1], "x", 1, &error));
    ck_assert_str_eq(error.text, "output: Broken pipe");
    dup2(full, STDERR_FILENO);
    ck_assert(!term_write(STDERR_FILENO, "x", 1, &error));
    ck_assert_str_eq(error.text, "standard error: No space left on device");
    close(ends[1]);
    close(full);
}
END_TEST

static void read_slowly(void *context)
{
    const int *ends = context;
    char bytes[1000] = "";
    size_t length = 0;
    ssize_t got = 0;

    close(ends[1]);
    while ((got = read(ends[0], bytes, sizeof(bytes))) > 0) {
        length += (size_t)got;
        usleep(100);
    }
    _exit(length == 300000 ? 0 : 1);
}

/* A pipe that others made non-blocking takes a part now and the rest later. */
START_TEST(test_write_to_slow_reader)
{
    static char bytes[300000];
    struct error error = {0};
    int ends[2] = {-1, -1};
    pid_t reader = -1;
    int status = 0;

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    fcntl(ends[0], F_SETFL, 0);
    reader = start_child(read_slowly, ends);
    ck_assert(term_write(ends[1], bytes, sizeof(bytes), &error));
    close(ends[1]);
    close(ends[0]);
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert(exited(status, 0));
}
END_TEST

Suite *term_suite(void)
{
    Suite *suite = suite_create("term");
    TCase *lines = tcase_create("lines");
    TCase *plain = tcase_create("plain");

    tcase_add_checked_fixture(lines, catch_stderr, release_stderr);
    tcase_add_test(lines, test_lines);
    tcase_add_test(lines, test_long_line);
    suite_add_tcase(suite, lines);
    tcase_add_test(plain, test_write_errors);
    tcase_add_test(plain, test_write_to_slow_reader);
    suite_add_tcase(suite, plain);
    return suite;
}
