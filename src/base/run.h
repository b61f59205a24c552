/* SPDX-License-Identifier: MIT */
/*
 * run.h - run another program to its end, and take what it prints.
 */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * run_capture(argv, timeout_ms, output, error)
 *
 * Run argv[0] (looked up in PATH, no shell) with our environment, nothing on standard input and our
 * standard error; what it prints goes to output (output->max is the limit). It runs in a process
 * group of its own, which holds our terminal meanwhile where we have one, so that it can ask there.
 * The whole group is killed when the time is over or the limit is passed.
 *
 *   ERROR_USAGE     it cannot be started
 *   ERROR_UNUSABLE  it took too long, printed too much, or ended with another status than 0;
 *                   nothing it printed is in error
 */
bool run_capture(char *const argv[], int64_t timeout_ms, struct buf *output, struct error *error);

/*
 * supervise(program, status, error)
 *
 * Start program->argv[0] as process_become() does, in our process group, and wait. Every signal is
 * blocked in the calling thread already (signals_hold()) and stays so: those that ask to end or
 * tell something (HUP, INT, QUIT, TERM, USR1, USR2, ALRM) are passed on, unless the terminal has
 * sent them to the program too; stopping and going on work as for one job.
 *
 * started is called once the program has its own copy of everything: what it was given may be
 * wiped here. True when it has run: *status is its exit status, or 128 and the number of the signal
 * that ended it. False where it could not be started: *status is 126 or 127, ERROR_OUTPUT.
 */
struct supervised {
    char *const *argv;
    char *const *environment;
    void (*started)(void *context); /* or NULL */
    void *context;
};

bool supervise(const struct supervised *program, int *status, struct error *error);

#endif
