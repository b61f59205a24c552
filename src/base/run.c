/* SPDX-License-Identifier: MIT */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"

#define CHUNK 4096
#define TICK_MS 5 /* how often a program that prints nothing is looked after */
#define NOT_STARTED 125

struct child {
    const char *name;
    pid_t pid;
    int output; /* what it prints; nobody blocks on it */
    int report; /* why it could not be started: a struct error, or nothing */
    int64_t deadline;
    bool ended;
    int status;
};

static _Noreturn void become_captured(char *const argv[], int output, int report)
{
    struct error why;
    int status = 0;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
        _exit(NOT_STARTED);
    process_become(argv, environ, &status, &why);
    if (write(report, &why, sizeof why) < 0)
        _exit(NOT_STARTED);
    _exit(NOT_STARTED);
}

/* To whom the terminal belongs; -1 where we have none, or are not in front ourselves. */
static int take_terminal(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (terminal >= 0 && tcgetpgrp(terminal) != getpgrp()) {
        close(terminal);
        terminal = -1;
    }
    return terminal;
}

/* SIGTTOU would stop us where we are no longer in front. */
static void give_terminal(int terminal, pid_t group)
{
    sigset_t stop;
    sigset_t before;

    if (terminal < 0)
        return;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &stop, &before);
    tcsetpgrp(terminal, group);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool start_child(char *const argv[], struct child *child, struct error *error)
{
    int output[2] = {-1, -1};
    int report[2] = {-1, -1};

    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
        goto fail;
    child->pid = fork();
    if (child->pid < 0)
        goto fail;
    if (child->pid == 0)
        become_captured(argv, output[1], report[1]);
    setpgid(child->pid, child->pid); /* the child does the same: whoever comes first */
    close(output[1]);
    close(report[1]);
    child->output = output[0];
    child->report = report[0];
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    return true;
fail:
    error_set(error, ERROR_USAGE, "cannot run %s: %s", argv[0], strerror(errno));
    for (int i = 0; i < 2; i++) {
        if (output[i] >= 0)
            close(output[i]);
        if (report[i] >= 0)
            close(report[i]);
    }
    return false;
}

/* Closed by a successful exec: then there is nothing to read. */
static bool was_started(const struct child *child, struct error *error)
{
    struct error why = {0};
    ssize_t got = read(child->report, &why, sizeof why);

    return got <= 0 || error_set(error, ERROR_USAGE, "%.*s", (int)sizeof why.text - 1, why.text);
}

static void look_after_child(struct child *child, int options)
{
    if (!child->ended && waitpid(child->pid, &child->status, options) == child->pid)
        child->ended = true;
}

/*
 * 1 where something was read, 0 at the end, -1 where there is nothing now, -2 where it is too much.
 */
static int take_output(const struct child *child, struct buf *output)
{
    char chunk[CHUNK];
    ssize_t got = read(child->output, chunk, sizeof chunk);
    int result = got > 0 ? 1 : got == 0 ? 0 : -1;

    if (got > 0 && !buf_add(output, chunk, (size_t)got))
        result = -2;
    mem_wipe(chunk, sizeof chunk);
    return result;
}

/*
 * Until the program has ended and what it printed is read; a child of its own that holds on to the
 * pipe is not waited for.
 */
static bool follow(struct child *child, struct buf *output, struct error *error)
{
    bool open = true;

    while (open || !child->ended) {
        struct pollfd ready = {.fd = open ? child->output : -1, .events = POLLIN};
        int state = -1;

        poll(&ready, 1, TICK_MS);
        look_after_child(child, WNOHANG);
        while (open && (state = take_output(child, output)) > 0)
            ;
        if (state == -2)
            return error_set(error, ERROR_UNUSABLE, "%s prints more than %zu bytes", child->name,
                             output->max);
        open = open && state != 0 && !child->ended;
        if (!child->ended && clock_monotonic_ms() >= child->deadline)
            return error_set(error, ERROR_UNUSABLE, "%s did not end in time, and was killed",
                             child->name);
    }
    if (WIFSIGNALED(child->status))
        return error_set(error, ERROR_UNUSABLE, "%s was ended by signal %d", child->name,
                         WTERMSIG(child->status));
    return WEXITSTATUS(child->status) == 0 ||
           error_set(error, ERROR_UNUSABLE, "%s ended with status %d", child->name,
                     WEXITSTATUS(child->status));
}

bool run_capture(char *const argv[], int64_t timeout_ms, struct buf *output, struct error *error)
{
    struct child child = {.name = argv[0], .deadline = clock_monotonic_ms() + timeout_ms};
    int terminal = take_terminal();
    bool done = false;

    if (start_child(argv, &child, error)) {
        give_terminal(terminal, child.pid);
        done = was_started(&child, error) && follow(&child, output, error);
        if (!done && !child.ended)
            kill(-child.pid, SIGKILL);
        look_after_child(&child, 0);
        give_terminal(terminal, getpgrp());
        close(child.output);
        close(child.report);
    }
    if (terminal >= 0)
        close(terminal);
    if (!done)
        buf_free(output);
    return done;
}

#define CANNOT_RUN 126
#define BY_SIGNAL 128

/* What a child that could not become the program tells. */
struct report {
    int status;
    struct error error;
};

static void become_supervised(char *const argv[], char *const environment[], int out)
{
    struct report report = {0};
    const char *from = (const char *)&report;
    size_t left = sizeof report;

    process_become(argv, environment, &report.status, &report.error);
    while (left > 0) {
        ssize_t written = write(out, from, left);

        if (written < 0 && errno != EINTR)
            break;
        if (written > 0) {
            from += written;
            left -= (size_t)written;
        }
    }
    _exit(report.status);
}

/* Nothing comes where the program runs: the pipe is closed on exec. */
static bool read_report(int in, struct report *report)
{
    char *to = (char *)report;
    size_t length = 0;

    while (length < sizeof *report) {
        ssize_t got = read(in, to + length, sizeof *report - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return length == sizeof *report;
}

/* A key at the terminal reached the child by itself, as long as it is in our process group. */
static bool is_passed_on(const siginfo_t *info, pid_t child)
{
    return info->si_code != SI_KERNEL || getpgid(child) != getpgrp();
}

static int exit_status_of(int ended)
{
    return WIFSIGNALED(ended) ? BY_SIGNAL + WTERMSIG(ended) : WEXITSTATUS(ended);
}

static int wait_for_child(pid_t child)
{
    static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};
    sigset_t awaited;
    int ended = 0;

    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        sigaddset(&awaited, passed[i]);
    for (;;) {
        siginfo_t info = {0};
        int signal = 0;
        pid_t found = waitpid(child, &ended, WNOHANG);

        if (found == child)
            return exit_status_of(ended);
        if (found < 0 && errno != EINTR)
            return BY_SIGNAL;
        signal = sigwaitinfo(&awaited, &info);
        if (signal > 0 && signal != SIGCHLD && is_passed_on(&info, child))
            kill(child, signal);
    }
}

/* What stops a job stops us too; and only a child whose end is told can be waited for. */
static void set_signals(void)
{
    static const int stopping[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT};
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t let;

    sigemptyset(&let);
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        sigaddset(&let, stopping[i]);
    sigaction(SIGCHLD, &usual, NULL);
    pthread_sigmask(SIG_UNBLOCK, &let, NULL);
}

bool supervise(const struct supervised *program, int *status, struct error *error)
{
    const char *name = program->argv[0];
    struct report report = {0};
    int ends[2] = {-1, -1};
    pid_t child = -1;
    bool failed = false;

    *status = CANNOT_RUN;
    set_signals();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_OUTPUT, "cannot run %s: %s", name, strerror(errno));
    child = fork();
    if (child == 0)
        become_supervised(program->argv, program->environment, ends[1]);
    close(ends[1]);
    if (child < 0) {
        error_set(error, ERROR_OUTPUT, "cannot run %s: %s", name, strerror(errno));
        close(ends[0]);
        return false;
    }
    if (program->started != NULL)
        program->started(program->context);
    failed = read_report(ends[0], &report);
    close(ends[0]);
    *status = wait_for_child(child);
    if (failed)
        *error = report.error;
    return !failed;
}
