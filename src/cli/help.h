/* SPDX-License-Identifier: MIT */
/*
 * help.h - help and the manual's tables, made from the tables of commands and options.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buf.h"
#include "cli/commands.h"

/*
 * help_general(commands, width, out): the screen of `pritunl-access help`, 24 lines of 80 columns.
 * help_options(width, out): every setting and option.
 * help_command(command, width, out): one command's own.
 * Nothing but example lines is broader than width.
 */
void help_general(const struct command *const *commands, size_t width, struct buf *out);
void help_options(size_t width, struct buf *out);
void help_command(const struct command *command, size_t width, struct buf *out);

/* help_mdoc(commands, out): the manual's sections COMMANDS, OPTIONS and CAUSES, in mdoc(7). */
void help_mdoc(const struct command *const *commands, struct buf *out);

#endif
