/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the commands: each the order of its steps and its output.
 *
 * Every function returns true where it has answered, with its exit status in *status; false with
 * the error that main prints.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/settings.h"

bool cmd_list(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);
bool cmd_show(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);
bool cmd_verify(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_export(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_exec(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);
bool cmd_doctor(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_enable(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_disable(struct settings *settings, const struct arguments *arguments, int *status,
                 struct error *error);
bool cmd_rotate(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_undo(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);
bool cmd_bootstrap(struct settings *settings, const struct arguments *arguments, int *status,
                   struct error *error);
bool cmd_issue(struct settings *settings, const struct arguments *arguments, int *status,
               struct error *error);
bool cmd_revoke(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_recover(struct settings *settings, const struct arguments *arguments, int *status,
                 struct error *error);
bool cmd_snapshot(struct settings *settings, const struct arguments *arguments, int *status,
                  struct error *error);
bool cmd_restore(struct settings *settings, const struct arguments *arguments, int *status,
                 struct error *error);
bool cmd_audit(struct settings *settings, const struct arguments *arguments, int *status,
               struct error *error);
bool cmd_api(struct settings *settings, const struct arguments *arguments, int *status,
             struct error *error);
bool cmd_sign(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);
bool cmd_routes(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_dump(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);
bool cmd_forget(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_config(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error);
bool cmd_completion(struct settings *settings, const struct arguments *arguments, int *status,
                    struct error *error);
bool cmd_help(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error);

#endif
