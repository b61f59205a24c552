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
 * agree(settings, text, question, error): text (whole lines) goes to stderr, unless --json, or --quiet with --yes; then the question is
 * asked, unless --yes or --dry-run. ERROR_USAGE where nobody agreed.
 */
bool agree(const struct settings *settings, const char *text, const char *question,
           struct error *error);

#endif
