/* SPDX-License-Identifier: MIT */
/*
 * run - run a program once and say what it took: wall-clock and processor seconds, and its
 * peak memory in KiB, on one line of stderr behind whatever it wrote there.
 *
 *   run PROGRAM ARGUMENT...
 *
 * The kernel counts for a child's peak what forked it was as large as: this is small, and Python is
 * not.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct rusage usage = {0};
    double began = now();
    int status = 0;
    pid_t child = -1;

    if (argc < 2 || (errno = posix_spawnp(&child, argv[1], NULL, NULL, argv + 1, environ)) != 0 ||
        wait4(child, &status, 0, &usage) < 0) {
        fprintf(stderr, "run: %s\n", strerror(errno));
        return 127;
    }
    fprintf(stderr, "%.6f %.6f %ld\n", now() - began,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
