/* SPDX-License-Identifier: MIT */
/*
 * completion.h - scripts by which shells complete our words, made from the tables of commands and
 * options.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/commands.h"

/*
 * completion_write(commands, shell, out): a script for "bash", "zsh" or "fish"; false for another
 * shell.
 */
bool completion_write(const struct command *const *commands, const char *shell, struct buf *out);

#endif
