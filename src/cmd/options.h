/* SPDX-License-Identifier: MIT */
/*
 * options.h - what was typed and set, as the typed options of steps: each is filled here, once.
 *
 * Below cmd/ nobody knows of settings.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cli/commands.h"
#include "step/change_run.h"
#include "step/handover.h"
#include "step/session.h"

/* Options that come together, for the rows of commands. */
#define CHANGE_OPTIONS OPTION_YES, OPTION_DRY_RUN, OPTION_NO_UNDO
#define OUTPUT_OPTIONS OPTION_OUTPUT, OPTION_MODE, OPTION_OWNER, OPTION_GROUP
#define EXPORT_OPTIONS OUTPUT_OPTIONS, OPTION_REPLACE, OPTION_FORMAT, OPTION_NAME, OPTION_NAMESPACE

/* How much runs side by side where --jobs is not given, and the setting's default is not meant. */
#define JOBS_DUMP 8
#define JOBS_PROFILES 256
#define JOBS_PROFILES_FEW 16 /* to begin with: dead ones must not wait for each other */

/*
 * options_session(settings, name): to read; name as the command line gives it, or NULL: then the
 * setting's. options_session_writing: what is read decides a write.
 */
struct session_options options_session(const struct settings *settings, const char *name);
struct session_options options_session_writing(const struct settings *settings, const char *name);

/* options_database: which database that is. */
struct database_config options_database(const struct settings *settings);

struct agree_options options_agree(const struct settings *settings);
struct change_options options_change(const struct settings *settings);

/* options_output: a NULL path where none was named. */
struct output_config options_output(const struct settings *settings);
struct handover_options options_handover(const struct settings *settings);

/* options_child(settings): a handover to a child, which takes the variables. */
struct handover_options options_child(const struct settings *settings);

/* options_wait_ms(settings): as --wait says, 0 without it. */
int64_t options_wait_ms(const struct settings *settings);

#endif
