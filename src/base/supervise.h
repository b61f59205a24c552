/* SPDX-License-Identifier: MIT */
/*
 * supervise.h - run a program beside us and wait for its end, whatever ends it.
 */
#ifndef BASE_SUPERVISE_H
#define BASE_SUPERVISE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * supervise(argv, environment, status, error)
 *
 * Start argv[0] as process_become() does, in our process group, and wait. Every signal is blocked
 * in the calling thread already (signals_hold()) and stays so: those that ask to end or tell
 * something (HUP, INT, QUIT, TERM, USR1, USR2, ALRM) are passed on, unless the terminal has sent
 * them to the program too; stopping and going on work as for one job.
 *
 * True when it has run: *status is its exit status, or 128 and the number of the signal that ended
 * it. False where it could not be started: *status is 126 or 127, ERROR_OUTPUT.
 */
bool supervise(char *const argv[], char *const environment[], int *status, struct error *error);

#endif
