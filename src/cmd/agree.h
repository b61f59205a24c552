/* SPDX-License-Identifier: MIT */
/*
 * agree.h - show what is about to happen, and ask.
 */
#ifndef CMD_AGREE_H
#define CMD_AGREE_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/settings.h"

/*
 * agree(settings, text, question, error)
 *
 * text (whole lines; "" where nothing is to happen: true at once) goes to stderr, and the question
 * is asked. With --yes or --dry-run it is not asked, and --quiet or --json keep text back.
 * ERROR_USAGE where nobody agreed.
 */
bool agree(const struct settings *settings, const char *text, const char *question,
           struct error *error);

#endif
