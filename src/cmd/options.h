/* SPDX-License-Identifier: MIT */
/*
 * options.h - what the rows of commands share: their run, and options that come together.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cli/commands.h"

#define CHANGE_OPTIONS OPTION_YES, OPTION_DRY_RUN, OPTION_NO_UNDO
#define OUTPUT_OPTIONS OPTION_OUTPUT, OPTION_MODE, OPTION_OWNER, OPTION_GROUP
#define EXPORT_OPTIONS OUTPUT_OPTIONS, OPTION_FORMAT, OPTION_NAME, OPTION_NAMESPACE

#endif
