/* SPDX-License-Identifier: MIT */
/* term.h's questions, on a terminal. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <utmp.h>

#include "base/term.h"
#include "child.h"

Suite *tty_suite(void);

/* A terminal with a process in front of it. */
static int master = -1;
static int slave = -1;
static char screen[4096];

static void open_screen(void)
{
    struct winsize window = {.ws_row = 24, .ws_col = 123};

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, &window), 0);
}

static void close_screen(void)
{
    close(master);
    close(slave);
}

/* Wait until the screen has shown text. */
static void wait_for(const char *text)
{
    size_t length = strlen(screen);

    while (strstr(screen, text) == NULL) {
        struct pollfd ready = {.fd = master, .events = POLLIN};
        ssize_t got = 0;

        ck_assert_msg(poll(&ready, 1, 10000) == 1, "the screen shows: %s", screen);
        got = read(master, screen + length, sizeof(screen) - 1 - length);
        ck_assert_int_gt(got, 0);
        length += (size_t)got;
    }
}

static void type(const char *keys)
{
    ck_assert_int_eq(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static bool echoes(void)
{
    struct termios modes = {0};

    ck_assert_int_eq(tcgetattr(master, &modes), 0);
    return (modes.c_lflag & ECHO) != 0;
}

static void confirm(void *context)
{
    bool asked = false;
    bool yes = false;

    (void)context;
    login_tty(dup(slave));
    yes = term_confirm("Really\033?", &asked);
    _exit((asked ? 1 : 0) + (yes ? 2 : 0));
}

START_TEST(test_confirm)
{
    static const struct {
        const char *keys;
        bool yes;
    } rows[] = {{"y\n", true},     {"yes\n", true},
                {"Y\n", true},     {"YES\n", true},
                {"n\n", false},    {"\n", false},
                {"ye\n", false},   {"yess\n", false},
                {" y\n", false},   {"y \n", false},
                {"\004", false},   {"y\004\004", false},
                {"no y\n", false}, {"yesyesyesyesyesyes\n", false}};
    pid_t child = start_child(confirm, NULL);
    int status = 0;

    wait_for("Really?? [y/N] ");
    type(rows[_i].keys);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(exited(status, rows[_i].yes ? 3 : 1), "%s", rows[_i].keys);
}
END_TEST

static void no_terminal(void *context)
{
    char password[8] = "x";
    bool asked = true;

    (void)context;
    setsid();
    ck_assert(!term_confirm("?", &asked));
    ck_assert(!asked);
    ck_assert(!term_password("?", password, sizeof(password)));
    ck_assert_str_eq(password, "");
}

START_TEST(test_no_terminal)
{
    ck_assert(exited(in_child(no_terminal, NULL), 0));
}
END_TEST

static int answers[2] = {-1, -1};

static void password(void *context)
{
    char word[16] = "";
    bool given = false;

    (void)context;
    login_tty(dup(slave));
    given = term_password("Password: ", word, sizeof(word));
    for (size_t i = 0; !given && i < sizeof(word); i++)
        ck_assert_int_eq(word[i], '\0');
    ck_assert_int_eq(write(answers[1], word, sizeof(word)), sizeof(word));
    _exit(given ? 0 : 1);
}

static void expect_password(const char *keys, bool given, const char *word)
{
    char got[16] = "";
    int status = 0;
    pid_t child = -1;

    ck_assert_int_eq(pipe(answers), 0);
    child = start_child(password, NULL);
    wait_for("Password: ");
    ck_assert(!echoes());
    type(keys);
    wait_for("Password: \r\n");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(exited(status, given ? 0 : 1));
    ck_assert_int_eq(read(answers[0], got, sizeof(got)), sizeof(got));
    ck_assert_str_eq(got, word);
    ck_assert(echoes());
    ck_assert_str_eq(screen, "Password: \r\n");
}

START_TEST(test_password)
{
    static const struct {
        const char *keys;
        bool given;
        const char *word;
    } rows[] = {{"s3cret wörd\n", true, "s3cret wörd"},
                {"123456789012345\n", true, "123456789012345"},
                {"1234567890123456\n", false, ""},
                {"much longer than there is room for it\n", false, ""},
                {"\n", true, ""},
                {"\004", false, ""},
                {"part\004\004", false, ""},
                {"wrong\x15right\n", true, "right"}};

    expect_password(rows[_i].keys, rows[_i].given, rows[_i].word);
}
END_TEST

/* Whoever interrupts gets back a terminal that shows what is typed. */
START_TEST(test_password_interrupted)
{
    static const struct {
        const char *keys;
        int signal;
    } rows[] = {{"half\003", SIGINT}, {"half\034", SIGQUIT}, {NULL, SIGTERM}, {NULL, SIGHUP}};
    int status = 0;
    pid_t child = -1;

    ck_assert_int_eq(pipe(answers), 0);
    child = start_child(password, NULL);
    wait_for("Password: ");
    ck_assert(!echoes());
    if (rows[_i].keys != NULL)
        type(rows[_i].keys);
    else
        kill(child, rows[_i].signal);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), rows[_i].signal);
    ck_assert(echoes());
    ck_assert_ptr_null(strstr(screen, "half"));
}
END_TEST

static void shell_with_job(void *context)
{
    pid_t job = -1;
    int status = 0;

    (void)context;
    login_tty(dup(slave));
    signal(SIGTTOU, SIG_IGN);
    job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        char word[16] = "";
        bool given = term_password("Password: ", word, sizeof(word));
        _exit(given && strcmp(word, "after") == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(job, &status, WUNTRACED), job);
    ck_assert(WIFSTOPPED(status));
    ck_assert(echoes());
    kill(job, SIGCONT);
    ck_assert_int_eq(waitpid(job, &status, 0), job);
    _exit(exited(status, 0) ? 0 : 1);
}

START_TEST(test_password_stopped)
{
    pid_t child = start_child(shell_with_job, NULL);
    int status = 0;

    wait_for("Password: ");
    type("before\032");
    wait_for("Password: \r\nPassword: ");
    ck_assert(!echoes());
    type("after\n");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(exited(status, 0));
    ck_assert_ptr_null(strstr(screen, "before"));
}
END_TEST

START_TEST(test_terminal)
{
    int file = open("/dev/null", O_RDWR);

    ck_assert(term_is_terminal(slave));
    ck_assert(!term_is_terminal(file));
    ck_assert(!term_is_terminal(-1));
    ck_assert_int_eq(term_columns(slave), 123);
    ck_assert_int_eq(term_columns(file), 80);
    close(file);
}
END_TEST

static void warn_in_color(void *context)
{
    struct term_style style = {.color = true};

    (void)context;
    login_tty(dup(slave));
    term_set_style(&style);
    term_warn("x");
}

START_TEST(test_color)
{
    ck_assert(exited(in_child(warn_in_color, NULL), 0));
    wait_for("\n");
    ck_assert_str_eq(screen, "pritunl-access: \033[33mwarning:\033[0m x\r\n");
}
END_TEST

Suite *tty_suite(void)
{
    Suite *suite = suite_create("tty");
    TCase *tests = tcase_create("tty");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, open_screen, close_screen);
    tcase_add_loop_test(tests, test_confirm, 0, 14);
    tcase_add_test(tests, test_no_terminal);
    tcase_add_loop_test(tests, test_password, 0, 8);
    tcase_add_loop_test(tests, test_password_interrupted, 0, 4);
    tcase_add_test(tests, test_password_stopped);
    tcase_add_test(tests, test_terminal);
    tcase_add_test(tests, test_color);
    suite_add_tcase(suite, tests);
    return suite;
}
