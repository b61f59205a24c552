/* SPDX-License-Identifier: MIT */
/*
 * completion.h - scripts by which shells complete our words: each asks the program (complete.h).
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdbool.h>

#include "base/buf.h"

/* completion_write(shell, out): a script for "bash", "zsh" or "fish"; false for another shell. */
bool completion_write(const char *shell, struct buf *out);

#endif
