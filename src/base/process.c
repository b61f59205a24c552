/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define SHELL "/bin/sh"
#define CANNOT_RUN 126
#define NOT_FOUND 127

/* Writing past a limit or to a closed pipe is an error to report, not a reason to die. */
static const int ignored[] = {SIGPIPE, SIGXFSZ};
#define LIMIT 1
#define IGNORED_COUNT (sizeof(ignored) / sizeof(ignored[0]))

/* What process_begin met. */
static struct {
    bool begun;
    mode_t mask;
    struct rlimit core;
    struct sigaction actions[IGNORED_COUNT];
    struct sigaction limit; /* SIGXFSZ, before we ignored it */
    bool limited;
    sigset_t signals;
} met;

/*
 * Before any library's constructor: that of Debian 12's libmongoc makes a file, and under `ulimit
 * -f 0` the signal would end us without a word.
 */
static void ignore_limit(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    met.limited = sigaction(SIGXFSZ, &ignore, &met.limit) == 0;
}
__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = ignore_limit;

static void open_standard(void)
{
    /*
     * Opened the wrong way round: where standard output was closed, writing a credential to it
     * must fail instead of succeeding with nothing written.
     */
    static const int flags[] = {O_WRONLY, O_RDONLY, O_RDWR};

    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
            _exit(7);
}

/* The hard limit stays, else it could not be given back. */
static void harden(void)
{
    struct rlimit none = {.rlim_cur = 0, .rlim_max = met.core.rlim_max};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < IGNORED_COUNT; i++)
        sigaction(ignored[i], &ignore, NULL);
}

void process_begin(void)
{
    open_standard();
    met.mask = umask(077);
    getrlimit(RLIMIT_CORE, &met.core);
    pthread_sigmask(SIG_SETMASK, NULL, &met.signals);
    for (size_t i = 0; i < IGNORED_COUNT; i++)
        sigaction(ignored[i], NULL, &met.actions[i]);
    if (met.limited && met.actions[LIMIT].sa_handler == SIG_IGN)
        met.actions[LIMIT] = met.limit;
    met.begun = true;
    harden();
    prctl(PR_SET_DUMPABLE, 0);
}

bool process_is_elevated(void)
{
    return getauxval(AT_SECURE) != 0;
}

const char *process_sudo(void)
{
    const char *user = getenv("SUDO_USER");

    return geteuid() == 0 && user != NULL && !text_equal(user, "root") ? "sudo " : "";
}

void process_end_by_pipe(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t pipe;

    for (size_t i = 0; i < IGNORED_COUNT; i++)
        if (ignored[i] == SIGPIPE && (!met.begun || met.actions[i].sa_handler == SIG_IGN))
            return;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigaction(SIGPIPE, &usual, NULL);
    pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
    raise(SIGPIPE);
}

static void soften(sigset_t *signals)
{
    umask(met.mask);
    setrlimit(RLIMIT_CORE, &met.core);
    for (size_t i = 0; i < IGNORED_COUNT; i++)
        sigaction(ignored[i], &met.actions[i], NULL);
    pthread_sigmask(SIG_SETMASK, &met.signals, signals);
}

static void close_on_exec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags >= 0)
        fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

/* Not only ours: what the process that started us left open is not the program's either. */
static void close_all_on_exec(void)
{
    DIR *open_files = NULL;
    struct dirent *entry = NULL;
    long last = sysconf(_SC_OPEN_MAX);

    /* musl has no function for it. */
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    open_files = opendir("/proc/self/fd");
    if (open_files == NULL) {
        for (int fd = 3; fd < last; fd++)
            close_on_exec(fd);
        return;
    }
    while ((entry = readdir(open_files)) != NULL) {
        long fd = 0;

        if (text_number(entry->d_name, 3, 0x7fffffff, &fd))
            close_on_exec((int)fd);
    }
    closedir(open_files);
}

/* A file without "#!" is a script of the shell's if its first line holds no NUL. */
static bool is_text(const char *path)
{
    char start[128] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t length = fd >= 0 ? read(fd, start, sizeof(start)) : -1;
    const char *line_end = length > 0 ? memchr(start, '\n', (size_t)length) : NULL;

    if (fd >= 0)
        close(fd);
    if (line_end != NULL)
        length = line_end - start;
    return length >= 0 && memchr(start, '\0', (size_t)length) == NULL;
}

static void run_script(const char *path, char *const argv[], char *const environment[])
{
    size_t count = 0;
    char **arguments = NULL;

    while (argv[count] != NULL)
        count++;
    arguments = mem_zero(count + 3, sizeof(char *));
    arguments[0] = mem_text(SHELL);
    arguments[1] = mem_text("--");
    arguments[2] = mem_text(path);
    memcpy(arguments + 3, argv + 1, (count - 1) * sizeof(char *));
    execve(SHELL, arguments, environment);
    for (size_t i = 0; i < 3; i++)
        mem_free(arguments[i]);
    mem_free(arguments);
}

/* Returns only when it failed, with why as an errno. */
static int execute(const char *path, char *const argv[], char *const environment[])
{
    execve(path, argv, environment);
    if (errno == ENOEXEC && is_text(path))
        run_script(path, argv, environment);
    return errno;
}

static bool is_file(const char *path)
{
    struct stat info = {0};

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static const char *search_path(char *const environment[])
{
    for (size_t i = 0; environment[i] != NULL; i++)
        if (text_starts(environment[i], "PATH="))
            return environment[i] + strlen("PATH=");
    return "/bin:/usr/bin";
}

/* As a shell does: the first that can be run; if there is none, why the first file cannot. */
static int search(char *const argv[], char *const environment[])
{
    const char *directory = search_path(environment);
    int why = ENOENT;

    for (;;) {
        size_t length = strcspn(directory, ":");
        char *path = text_format("%.*s/%s", length > 0 ? (int)length : 1,
                                 length > 0 ? directory : ".", argv[0]);
        int failed = execute(path, argv, environment);
        bool file = is_file(path);

        mem_free(path);
        if (file && failed != EACCES && failed != ENOENT)
            return failed;
        if (file && why == ENOENT)
            why = failed;
        if (directory[length] == '\0')
            return why;
        directory += length + 1;
    }
}

static void explain(const char *name, int why, struct error *error)
{
    char *word = text_shell(name);

    if (why != ENOENT) {
        error_set(error, ERROR_OUTPUT, "cannot run %s: %s", name, strerror(why));
    } else if (strchr(name, '/') == NULL) {
        error_set(error, ERROR_OUTPUT, "cannot run %s: not found in PATH", name);
    } else if (is_file(name)) {
        error_set(error, ERROR_OUTPUT, "cannot run %s: the interpreter that it names is not there",
                  name);
    } else {
        error_set(error, ERROR_OUTPUT, "cannot run %s: not found", name);
    }
    if (*name != '\0')
        error_try(error, strchr(name, '/') != NULL ? "ls -l %s" : "command -v %s", word);
    mem_free(word);
}

/* ENOENT, EACCES, or 0. */
static int program_fault(const char *path)
{
    if (!is_file(path))
        return access(path, F_OK) == 0 || errno == EACCES ? EACCES : ENOENT;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : EACCES;
}

static int program_fault_in_path(const char *name)
{
    const char *directory = search_path(environ);
    int why = ENOENT;

    for (;;) {
        size_t length = strcspn(directory, ":");
        char *path = text_format("%.*s/%s", length > 0 ? (int)length : 1,
                                 length > 0 ? directory : ".", name);
        int found = program_fault(path);

        if (found == 0 || (found == EACCES && is_file(path)))
            why = found;
        mem_free(path);
        if (found == 0 || directory[length] == '\0')
            return why;
        directory += length + 1;
    }
}

bool process_find(const char *name, int *status, struct error *error)
{
    int why = *name == '\0'               ? ENOENT
              : strchr(name, '/') != NULL ? program_fault(name)
                                          : program_fault_in_path(name);

    if (why == 0)
        return true;
    *status = why == ENOENT ? NOT_FOUND : CANNOT_RUN;
    explain(name, why, error);
    return false;
}

void process_become(char *const argv[], char *const environment[], int *status, struct error *error)
{
    const char *name = argv[0] != NULL ? argv[0] : "";
    sigset_t signals;
    int why = ENOENT;

    if (name[0] != '\0') {
        close_all_on_exec();
        if (met.begun)
            soften(&signals);
        why = strchr(name, '/') != NULL ? execute(name, argv, environment)
                                        : search(argv, environment);
        if (met.begun) {
            harden();
            pthread_sigmask(SIG_SETMASK, &signals, NULL);
        }
    }
    *status = why == ENOENT ? NOT_FOUND : CANNOT_RUN;
    explain(name, why, error);
}
