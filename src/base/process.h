/* SPDX-License-Identifier: MIT */
/*
 * process.h - what a process that handles secrets does first, and how it becomes another one.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stddef.h>

#include "base/error.h"

/*
 * process_begin()
 *
 * Descriptors 0 to 2 are open (on /dev/null where they were not, in the wrong direction, so that
 * using one fails), umask 077, no core dumps, not dumpable, SIGPIPE and SIGXFSZ ignored (writing
 * fails with EPIPE and EFBIG). Called once, before anything else. The limits that were met are kept
 * for process_become().
 */
void process_begin(void);

/*
 * process_is_elevated(): did the kernel give us rights that our caller lacks (set-uid, set-gid,
 * capabilities of the file)? Then the environment and the files that it names are somebody else's.
 */
bool process_is_elevated(void);

/* process_sudo(): "sudo " where that began us, else "": in front of a command that we advise. */
const char *process_sudo(void);

/*
 * process_end_by_pipe(): end as SIGPIPE would have ended us, quietly; returns where whoever started
 * us had it ignored, and so wants to hear of it.
 */
void process_end_by_pipe(void);

/*
 * process_find(name, status, error): would process_become() find it by our PATH, and may we run it?
 * Else *status and error are as there.
 */
bool process_find(const char *name, int *status, struct error *error);

/*
 * process_become(argv, environment, error)
 *
 * Replace this process by argv[0] (looked up in PATH of environment, as a shell does), with
 * environment. Restores what process_begin changed (umask, core limit, signal dispositions and
 * mask); no descriptor above 2 reaches the program. Returns only on failure, with ERROR_OUTPUT;
 * *status is then 126 (cannot run) or 127 (not found).
 */
void process_become(char *const argv[], char *const environment[], int *status,
                    struct error *error);

#endif
