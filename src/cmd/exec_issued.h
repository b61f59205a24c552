/* SPDX-License-Identifier: MIT */
/*
 * exec_issued.h - exec --issue: a command with a temporary administrator of its own.
 */
#ifndef CMD_EXEC_ISSUED_H
#define CMD_EXEC_ISSUED_H

#include "cli/arguments.h"

/*
 * exec_issued(settings, arguments, status, error): issue, verify, run the command and wait, passing
 * signals on; revoke, however it ends. *status is the command's own. If this process is killed, the
 * expiry stands.
 */
bool exec_issued(const struct settings *settings, const struct arguments *arguments, int *status,
                 struct error *error);

#endif
