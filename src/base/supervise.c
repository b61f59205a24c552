/* SPDX-License-Identifier: MIT */
#include "base/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"

#define CANNOT_RUN 126
#define BY_SIGNAL 128

/* What a child that could not become the program tells. */
struct report {
    int status;
    struct error error;
};

static void become(char *const argv[], char *const environment[], int out)
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

static int status_of(int ended)
{
    return WIFSIGNALED(ended) ? BY_SIGNAL + WTERMSIG(ended) : WEXITSTATUS(ended);
}

static int wait_for(pid_t child)
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
            return status_of(ended);
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

bool supervise(char *const argv[], char *const environment[], int *status, struct error *error)
{
    struct report report = {0};
    int ends[2] = {-1, -1};
    pid_t child = -1;
    bool failed = false;

    *status = CANNOT_RUN;
    set_signals();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_OUTPUT, "cannot run %s: %s", argv[0], strerror(errno));
    child = fork();
    if (child == 0)
        become(argv, environment, ends[1]);
    close(ends[1]);
    if (child < 0) {
        error_set(error, ERROR_OUTPUT, "cannot run %s: %s", argv[0], strerror(errno));
        close(ends[0]);
        return false;
    }
    failed = read_report(ends[0], &report);
    close(ends[0]);
    *status = wait_for(child);
    if (failed)
        *error = report.error;
    return !failed;
}
