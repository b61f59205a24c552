/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "child.h"

Suite *process_suite(void);

/* One process_become in a child, its standard output caught. */
struct
try {
    char *const *argv;
    char *const *environment;
    void (*before)(void); /* what the process that started us had set up */
    int output;
    char said[4096]; /* the program's output, or the error's text */
};

static void run_try(void *context)
{
    struct try *try = context;
    struct error error = {0};
    sigset_t all;
    int status = 0;

    dup2(try->output, STDOUT_FILENO);
    if (try->before != NULL)
        try->before();
    process_begin();
    /* As a thread of ours may be when it becomes another. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    process_become(try->argv, try->environment, &status, &error);
    if (error.kind != ERROR_OUTPUT || write(STDOUT_FILENO, error.text, strlen(error.text)) < 0)
        _exit(99);
    _exit(status);
}

/* Its exit status. */
static int become(struct try *try)
{
    int ends[2] = {-1, -1};
    ssize_t got = 0;
    size_t length = 0;
    int status = 0;

    memset(try->said, 0, sizeof(try->said));
    ck_assert_int_eq(pipe(ends), 0);
    try->output = ends[1];
    status = in_child(run_try, try);
    close(ends[1]);
    while ((got = read(ends[0], try->said + length, sizeof(try->said) - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    ck_assert_msg(WIFEXITED(status), "wait status %x", (unsigned)status);
    return WEXITSTATUS(status);
}

static char path_here[160];
static char *here[] = {path_here, (char[]){"A=1"}, NULL};

static void expect(char *const argv[], int status, const char *said)
{
    struct try try = {.argv = argv, .environment = here};

    ck_assert_int_eq(become(&try), status);
    ck_assert_str_eq(try.said, said);
}

#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

static void enter(void)
{
    folder_enter();
    snprintf(path_here, sizeof(path_here), "PATH=%s/one:%s/two:/missing", folder, folder);
    ck_assert_int_eq(mkdir("one", 0700), 0);
    ck_assert_int_eq(mkdir("two", 0700), 0);
}

START_TEST(test_runs)
{
    make_file("two/hello", "#!/bin/sh\necho \"hello $A $1 $#\"\nexit 33\n", 0700);
    expect(ARGV("hello", "a b", "c"), 33, "hello 1 a b 2\n");
    expect(ARGV("two/hello"), 33, "hello 1  0\n");
    expect(ARGV("./two/hello"), 33, "hello 1  0\n");
    /* The first that can be run. */
    make_file("one/hello", "not this", 0600);
    expect(ARGV("hello", "x"), 33, "hello 1 x 1\n");
    make_file("one/hello", "#!/bin/sh\necho first\n", 0700);
    expect(ARGV("hello"), 0, "first\n");
}
END_TEST

START_TEST(test_environment_is_the_given_one)
{
    struct try try = {.argv = ARGV("/usr/bin/env"), .environment = here};
    char expected[256] = "";

    setenv("SECRET_OF_OURS", "x", 1);
    snprintf(expected, sizeof(expected), "%s\nA=1\n", path_here);
    ck_assert_int_eq(become(&try), 0);
    ck_assert_str_eq(try.said, expected);
}
END_TEST

START_TEST(test_not_found)
{
    ck_assert_int_eq(mkdir("one/directory", 0700), 0);
    make_file("two/orphan", "#!/missing/interpreter\n", 0700);
    expect(ARGV("missing-program"), 127, "cannot run missing-program: not found in PATH");
    expect(ARGV("directory"), 127, "cannot run directory: not found in PATH");
    expect(ARGV("./missing"), 127, "cannot run ./missing: not found");
    expect(ARGV(""), 127, "cannot run : not found in PATH");
    expect(ARGV("two/orphan"), 127,
           "cannot run two/orphan: the interpreter that it names is not there");
}
END_TEST

START_TEST(test_cannot_run)
{
    static char bytes[] = {1, 2, 0, 3, '\n'};
    int fd = -1;

    make_file("two/plain", "text", 0644);
    make_file("two/binary", "", 0700);
    fd = open("two/binary", O_WRONLY);
    ck_assert_int_eq(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    close(fd);
    expect(ARGV("plain"), 126, "cannot run plain: Permission denied");
    expect(ARGV("two/plain"), 126, "cannot run two/plain: Permission denied");
    expect(ARGV("./two"), 126, "cannot run ./two: Permission denied");
    expect(ARGV("two/plain/x"), 126, "cannot run two/plain/x: Not a directory");
    expect(ARGV("binary"), 126, "cannot run binary: Exec format error");
}
END_TEST

START_TEST(test_script_without_interpreter)
{
    make_file("two/script", "echo \"$# $1\"\nexit 5\n", 0700);
    make_file("two/empty", "", 0700);
    expect(ARGV("script", "-x", "b"), 5, "2 -x\n");
    expect(ARGV("empty"), 0, "");
}
END_TEST

START_TEST(test_path_forms)
{
    struct try try = {.argv = ARGV("-c")};

    /* Names that sh could take for an option. */
    ck_assert_int_eq(mkdir("-d", 0700), 0);
    make_file("-c", "echo dash\n", 0700);
    make_file("-d/x", "echo slash\n", 0700);
    try.environment = (char *[]){(char[]){"PATH=/missing:"}, NULL};
    ck_assert_int_eq(become(&try), 0);
    ck_assert_str_eq(try.said, "dash\n");
    try.environment = (char *[]){(char[]){"PATH="}, NULL};
    ck_assert_int_eq(become(&try), 0);
    try.environment = (char *[]){(char[]){"PATH=::/missing"}, NULL};
    ck_assert_int_eq(become(&try), 0);
    try.environment = (char *[]){(char[]){"PATH=/missing"}, NULL};
    ck_assert_int_eq(become(&try), 127);
    try.argv = ARGV("-d/x");
    ck_assert_int_eq(become(&try), 0);
    ck_assert_str_eq(try.said, "slash\n");
    /* No PATH: where the system's own programs are. */
    try.environment = (char *[]){NULL};
    try.argv = ARGV("sh", "-c", "echo found");
    ck_assert_int_eq(become(&try), 0);
    ck_assert_str_eq(try.said, "found\n");
}
END_TEST

static void odd_parent(void)
{
    struct rlimit core = {0};
    sigset_t hang_up;

    getrlimit(RLIMIT_CORE, &core);
    core.rlim_cur = core.rlim_max == RLIM_INFINITY ? 12345 * 1024 : core.rlim_max;
    setrlimit(RLIMIT_CORE, &core);
    umask(027);
    signal(SIGUSR1, SIG_IGN);
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    sigprocmask(SIG_SETMASK, &hang_up, NULL);
    dup2(STDOUT_FILENO, 3);
    dup2(STDOUT_FILENO, 9);
    dup2(STDOUT_FILENO, 250);
}

static void ignoring_parent(void)
{
    odd_parent();
    signal(SIGPIPE, SIG_IGN);
}

/* Denied first, because from then on Check's own descriptor is lost. */
static void parent_on_old_kernel(void)
{
    deny(SYS_close_range, 0, 0, ENOSYS);
    odd_parent();
}

static void parent_without_proc(void)
{
    deny(SYS_openat, 2, O_DIRECTORY, ENOENT);
    parent_on_old_kernel();
}

/* SIGUSR1 is 10, SIGPIPE 13, SIGXFSZ 25; bit n - 1 of the mask is signal n. 32 and 33 are the C library's own. */
#define WITH_USR1 0x200UL
#define WITH_USR1_AND_PIPE 0x1200UL
#define ORDINARY 0x7fffffffUL

static unsigned long mask_in(const char *text, const char *label)
{
    const char *line = strstr(text, label);

    ck_assert_msg(line != NULL, "%s", text);
    return strtoul(line + strlen(label), NULL, 16) & ORDINARY;
}

START_TEST(test_restores)
{
    static void (*const parents[])(void) = {odd_parent, ignoring_parent, parent_on_old_kernel,
                                            parent_without_proc};
    char script[] = "umask; for f in 3 9 250; do test -e /proc/$$/fd/$f && echo open $f; done; "
                    "test \"$(ulimit -c)\" != 0 && echo core; "
                    "test -r /proc/$$/mem && echo dumpable";
    struct try try = {.argv = ARGV("/bin/sh", "-c", script)};

    try.environment = (char *[]){(char[]){"PATH=/bin:/usr/bin"}, NULL};
    try.before = parents[_i];
    ck_assert_int_eq(become(&try), 0);
    ck_assert_str_eq(try.said, "0027\ncore\ndumpable\n");
    /* A shell changes its signals: look without one. */
    try.argv = ARGV("cat", "/proc/self/status");
    ck_assert_int_eq(become(&try), 0);
    ck_assert_uint_eq(mask_in(try.said, "SigBlk:"), 1);
    ck_assert_uint_eq(mask_in(try.said, "SigIgn:"),
                      parents[_i] == ignoring_parent ? WITH_USR1_AND_PIPE : WITH_USR1);
}
END_TEST

static void begin_and_look(void *context)
{
    struct rlimit core = {.rlim_cur = 1};
    struct sigaction action = {0};
    int ends[2] = {-1, -1};

    (void)context;
    signal(SIGPIPE, SIG_DFL);
    umask(0);
    process_begin();
    ck_assert_uint_eq(umask(0), 077);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
    ck_assert_uint_eq(core.rlim_cur, 0);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
    ck_assert_int_eq(sigaction(SIGPIPE, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_IGN);
    ck_assert_int_eq(sigaction(SIGXFSZ, NULL, &action), 0);
    ck_assert(action.sa_handler == SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
}

START_TEST(test_begin)
{
    ck_assert(exited(in_child(begin_and_look, NULL), 0));
}
END_TEST

static void begin_without_descriptors(void *context)
{
    char byte = 'x';

    (void)context;
    close(0);
    close(1);
    close(2);
    process_begin();
    for (int fd = 0; fd <= 2; fd++) {
        struct stat info = {0};
        struct stat null = {0};

        ck_assert_int_eq(fstat(fd, &info), 0);
        ck_assert_int_eq(stat("/dev/null", &null), 0);
        ck_assert_uint_eq(info.st_rdev, null.st_rdev);
    }
    /* What is written to a closed standard output is lost: that must show. */
    ck_assert_int_eq(write(1, &byte, 1), -1);
    ck_assert_int_eq(read(0, &byte, 1), -1);
}

START_TEST(test_begin_without_descriptors)
{
    ck_assert(exited(in_child(begin_without_descriptors, NULL), 0));
}
END_TEST

static void fail_and_look(void *context)
{
    struct rlimit core = {.rlim_cur = 1};
    struct sigaction action = {0};
    struct error error = {0};
    int status = 0;

    (void)context;
    umask(022);
    process_begin();
    process_become(ARGV("/missing"), here, &status, &error);
    ck_assert_int_eq(status, 127);
    ck_assert_uint_eq(umask(0), 077);
    getrlimit(RLIMIT_CORE, &core);
    ck_assert_uint_eq(core.rlim_cur, 0);
    sigaction(SIGPIPE, NULL, &action);
    ck_assert(action.sa_handler == SIG_IGN);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
}

/* Who could not become another is as careful as before. */
START_TEST(test_failure_hardens_again)
{
    ck_assert(exited(in_child(fail_and_look, NULL), 0));
}
END_TEST

Suite *process_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *tests = tcase_create("process");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, enter, folder_leave);
    tcase_add_test(tests, test_runs);
    tcase_add_test(tests, test_environment_is_the_given_one);
    tcase_add_test(tests, test_not_found);
    tcase_add_test(tests, test_cannot_run);
    tcase_add_test(tests, test_script_without_interpreter);
    tcase_add_test(tests, test_path_forms);
    tcase_add_loop_test(tests, test_restores, 0, 4);
    tcase_add_test(tests, test_begin);
    tcase_add_test(tests, test_begin_without_descriptors);
    tcase_add_test(tests, test_failure_hardens_again);
    suite_add_tcase(suite, tests);
    return suite;
}
