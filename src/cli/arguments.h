/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - the command line, taken apart.
 */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/commands.h"

/*
 * arguments_parse(argc, argv, run)
 *
 * Fill a run whose commands, settings and error are set, and whose command is the one that is meant
 * where none is named. Options stand anywhere before "--" and are taken over into settings (--name
 * VALUE, --name=VALUE, -n VALUE, -nVALUE, flags of one letter joined; names are never abbreviated).
 * A value of --mongodb-uri with a password is wiped from argv afterwards. What follows "--" is a
 * word too, unless the command takes a command line there. ERROR_USAGE. To end with
 * arguments_clear() either way.
 */
bool arguments_parse(int argc, char **argv, struct run *run);
void arguments_clear(struct run *run);

#endif
