/* SPDX-License-Identifier: MIT */
/* file_replace when something goes wrong in the middle of it. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file_replace.h"
#include "child.h"

Suite *atomic_suite(void);

/* The flag that O_TMPFILE has beside O_DIRECTORY. */
#define TMPFILE_BIT ((unsigned)(O_TMPFILE & ~O_DIRECTORY))

/* What happens at an fsync: the moment at which the temporary file is complete and not yet in place. */
static int (*at_fsync)(int fd);

/* Stands before the C library's in this program. */
int fsync(int fd)
{
    return at_fsync != NULL ? at_fsync(fd) : (int)syscall(SYS_fsync, fd);
}

static bool replace(const char *text, bool *changed, struct error *error)
{
    static const struct file_attributes attributes = {
        .mode = 0600, .owner = FILE_OWNER_UNCHANGED, .group = FILE_GROUP_UNCHANGED};
    struct buf content = BUF_EMPTY(BUF_MAX);
    bool done = false;

    buf_add_text(&content, text);
    done = file_replace("file", &content, &attributes, changed, error);
    buf_free(&content);
    return done;
}

/* What the C library says of EIO, behind that. */
static const char *failure_text(const char *before)
{
    static char text[128];

    snprintf(text, sizeof(text), "%s: %s", before, strerror(EIO));
    return text;
}

static void expect_failure(const char *text)
{
    struct error error = {0};
    bool changed = true;

    ck_assert(!replace("new", &changed, &error));
    ck_assert(!changed);
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_str_eq(error.text, text);
    expect_content("file", "old");
    ck_assert_uint_eq(count_files("."), 1);
}

/* Both ways of making the temporary file: 0 without a name, 1 with one, 2 where linkat says no. */
static void choose_way(int way)
{
    make_file("file", "old", 0600);
    if (way == 1)
        deny(SYS_openat, 2, TMPFILE_BIT, EOPNOTSUPP);
    else if (way == 2)
        deny(SYS_linkat, 0, 0, EPERM);
}

#define WAYS 3

START_TEST(test_every_way)
{
    struct error error = {0};
    struct stat info = {0};
    bool changed = false;

    choose_way(_i);
    umask(0);
    ck_assert_msg(replace("new", &changed, &error), "%s", error.text);
    ck_assert(changed);
    ck_assert_int_eq(error.kind, ERROR_NONE);
    expect_content("file", "new");
    ck_assert_uint_eq(count_files("."), 1);
    ck_assert_int_eq(stat("file", &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
}
END_TEST

static int fail_with_eio(int fd)
{
    (void)fd;
    errno = EIO;
    return -1;
}

START_TEST(test_fsync_fails)
{
    choose_way(_i);
    at_fsync = fail_with_eio;
    expect_failure(failure_text("file"));
}
END_TEST

static int fail_on_directory(int fd)
{
    struct stat info = {0};

    ck_assert_int_eq(fstat(fd, &info), 0);
    return S_ISDIR(info.st_mode) ? fail_with_eio(fd) : 0;
}

/* Too late to go back: the message says so, and so does *changed. */
START_TEST(test_fsync_of_directory_fails)
{
    struct error error = {0};
    bool changed = false;

    choose_way(_i);
    at_fsync = fail_on_directory;
    ck_assert(!replace("new", &changed, &error));
    ck_assert(changed);
    ck_assert_int_eq(error.kind, ERROR_OUTPUT);
    ck_assert_str_eq(error.text, failure_text("file: replaced, but perhaps not for good"));
    expect_content("file", "new");
}
END_TEST

START_TEST(test_rename_fails)
{
    choose_way(_i);
    deny(SYS_renameat, 0, 0, EIO);
    expect_failure(failure_text("file"));
}
END_TEST

START_TEST(test_size_limit)
{
    struct rlimit limit = {0};
    struct error error = {0};
    bool changed = true;
    bool done = true;

    choose_way(_i);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 2;
    setrlimit(RLIMIT_FSIZE, &limit);
    /* Check itself writes to a file: nothing may be asserted under the limit. */
    done = replace("new", &changed, &error);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert(!done && !changed);
    ck_assert_str_eq(error.text, "file: File too large");
    expect_content("file", "old");
    ck_assert_uint_eq(count_files("."), 1);
}
END_TEST

static void fill_disk(void *context)
{
    size_t length = (size_t)256 * 1024;
    char *text = calloc(1, length + 1);
    struct error error = {0};
    bool changed = true;

    (void)context;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", ".", "tmpfs", 0, "size=128k,mode=0700") != 0 || chdir(folder) != 0)
        _exit(77);
    make_file("file", "old", 0600);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', length);
    ck_assert(!replace(text, &changed, &error));
    ck_assert_str_eq(error.text, "file: No space left on device");
    expect_content("file", "old");
    ck_assert_uint_eq(count_files("."), 1);
    free(text);
}

START_TEST(test_disk_full)
{
    int status = in_child(fill_disk, NULL);

    /* 77: this system lets us mount nothing. */
    ck_assert(exited(status, 0) || exited(status, 77));
}
END_TEST

static int ending;

static int end_at_fsync(int fd)
{
    kill(getpid(), ending);
    return (int)syscall(SYS_fsync, fd);
}

static void replace_and_end(void *context)
{
    struct error error = {0};
    bool changed = false;

    (void)context;
    at_fsync = end_at_fsync;
    replace("new", &changed, &error);
}

static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/* The process ends by the signal, with nothing left behind. */
START_TEST(test_signal)
{
    int status = 0;
    struct rlimit no_core = {0};

    choose_way(_i % WAYS);
    setrlimit(RLIMIT_CORE, &no_core);
    ending = endings[_i / WAYS];
    status = in_child(replace_and_end, NULL);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), ending);
    expect_content("file", "old");
    ck_assert_uint_eq(count_files("."), 1);
}
END_TEST

/* As under nohup: a signal that does not end us does not keep us from the work. */
START_TEST(test_ignored_signal)
{
    struct error error = {0};
    bool changed = false;
    sigset_t before;
    sigset_t after;

    choose_way(_i);
    signal(SIGHUP, SIG_IGN);
    ending = SIGHUP;
    at_fsync = end_at_fsync;
    sigprocmask(SIG_SETMASK, NULL, &before);
    ck_assert_msg(replace("new", &changed, &error), "%s", error.text);
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int i = 1; i < NSIG; i++)
        ck_assert_int_eq(sigismember(&before, i), sigismember(&after, i));
    expect_content("file", "new");
}
END_TEST

static void replace_forever(void *context)
{
    size_t length = (size_t)1024 * 1024;
    char *text = calloc(1, length + 1);

    (void)context;
    ck_assert_ptr_nonnull(text);
    for (char letter = 'a';; letter = letter == 'z' ? 'a' : (char)(letter + 1)) {
        struct error error = {0};
        bool changed = false;

        memset(text, letter, length);
        replace(text, &changed, &error);
    }
}

static void expect_one_whole(void)
{
    size_t length = (size_t)1024 * 1024;
    char *bytes = calloc(1, length + 1);
    int fd = open("file", O_RDONLY);

    ck_assert(fd >= 0 && bytes != NULL);
    ck_assert_int_eq(read(fd, bytes, length + 1), (ssize_t)length);
    ck_assert_int_eq(memcmp(bytes, bytes + 1, length - 1), 0);
    close(fd);
    free(bytes);
}

/* At any moment: whole, and with the polite signal nothing beside it. */
START_TEST(test_killed_anywhere)
{
    int signals[] = {SIGTERM, SIGKILL};
    struct error error = {0};
    bool changed = false;
    char *text = calloc(1, (size_t)1024 * 1024 + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '0', (size_t)1024 * 1024);
    ck_assert(replace(text, &changed, &error));
    free(text);
    for (unsigned round = 0; round < 60; round++) {
        pid_t child = start_child(replace_forever, NULL);
        int status = 0;

        usleep(1000 + round * 617 % 20000);
        kill(child, signals[_i]);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        expect_one_whole();
        if (signals[_i] == SIGTERM)
            ck_assert_uint_eq(count_files("."), 1);
    }
    /* Only a kill between two system calls leaves a file: a rare thing. */
    ck_assert_uint_le(count_files("."), 6);
}
END_TEST

static int kill_at_fsync(int fd)
{
    (void)fd;
    kill(getpid(), SIGKILL);
    return -1;
}

static void replace_and_be_killed(void *context)
{
    struct error error = {0};
    bool changed = false;

    (void)context;
    at_fsync = kill_at_fsync;
    replace("new", &changed, &error);
}

/* Where the file system knows files without a name, even this leaves none. */
START_TEST(test_killed_before_named)
{
    int probe = open(".", O_TMPFILE | O_WRONLY, 0600);
    int status = 0;

    make_file("file", "old", 0600);
    status = in_child(replace_and_be_killed, NULL);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    expect_content("file", "old");
    if (probe >= 0) {
        ck_assert_uint_eq(count_files("."), 1);
        close(probe);
    }
}
END_TEST

Suite *atomic_suite(void)
{
    Suite *suite = suite_create("atomic");
    TCase *tests = tcase_create("atomic");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, folder_enter, folder_leave);
    tcase_add_loop_test(tests, test_every_way, 0, WAYS);
    tcase_add_loop_test(tests, test_fsync_fails, 0, WAYS);
    tcase_add_loop_test(tests, test_fsync_of_directory_fails, 0, WAYS);
    tcase_add_loop_test(tests, test_rename_fails, 0, WAYS);
    tcase_add_loop_test(tests, test_size_limit, 0, WAYS);
    tcase_add_test(tests, test_disk_full);
    tcase_add_loop_test(tests, test_signal, 0, WAYS * 4);
    tcase_add_loop_test(tests, test_ignored_signal, 0, WAYS);
    tcase_add_loop_test(tests, test_killed_anywhere, 0, 2);
    tcase_add_test(tests, test_killed_before_named);
    suite_add_tcase(suite, tests);
    return suite;
}
