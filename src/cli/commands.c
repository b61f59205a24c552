/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stddef.h>

#include "base/text.h"

static const char *const list_examples[] = {"Who has API access?", "pritunl-access list",
                                            "For monitoring:", "pritunl-access list --json", NULL};
static const char *const show_examples[] = {"The credential, masked:", "pritunl-access show",
                                            "One bare value:", "pritunl-access show --field url",
                                            NULL};
static const char *const verify_examples[] = {
    "Does it work?", "pritunl-access verify",
    "On every host of the cluster, for every administrator:",
    "pritunl-access verify --all --every-host --json", NULL};
static const char *const export_examples[] = {"A file for Terraform's environment:",
                                              "pritunl-access export -o pritunl.env",
                                              "Into this shell:",
                                              "eval \"$(pritunl-access export -f sh)\"",
                                              "Does the file still hold the truth?",
                                              "pritunl-access export -o pritunl.env --check",
                                              NULL};
static const char *const exec_examples[] = {
    "Terraform with the credential in its environment alone:",
    "pritunl-access exec -- terraform plan", NULL};
static const char *const forget_examples[] = {
    "Delete what was exported:", "pritunl-access forget pritunl.env", NULL};
static const char *const config_examples[] = {"Where does each setting come from?",
                                              "pritunl-access config", NULL};
static const char *const completion_examples[] = {
    "For bash:", "eval \"$(pritunl-access completion bash)\"", NULL};
static const char *const help_examples[] = {"About one command:", "pritunl-access help export",
                                            NULL};

const struct command_row command_table[COMMAND_COUNT] = {
    [COMMAND_LIST] =
        {.name = "list",
         .arguments = "",
         .summary = "every administrator, and whether its API credential can work",
         .description =
             "Reads the database alone: name, API ready or why not, super user, disabled, and "
             "the first four characters of the token. Whether the server agrees, verify says.",
         .examples = list_examples},
    [COMMAND_SHOW] =
        {.name = "show",
         .arguments = "[ADMIN]",
         .summary = "one administrator's credential and flags",
         .description =
             "Token and secret are masked unless --reveal or --field asks for them. Says where "
             "the URL comes from.",
         .examples = show_examples,
         .max_arguments = 1},
    [COMMAND_VERIFY] =
        {.name = "verify",
         .arguments = "[ADMIN]",
         .summary = "one signed request: accepted, or the exact cause",
         .description = "Sends one signed GET /status and names the one cause where it is refused.",
         .examples = verify_examples,
         .max_arguments = 1},
    [COMMAND_EXPORT] =
        {.name = "export",
         .arguments = "[ADMIN]",
         .summary = "recover, verify, then write the credential",
         .description =
             "Nothing is written if the API does not accept the credential. A file is replaced "
             "in one step, and left untouched if it already holds the same.",
         .examples = export_examples,
         .max_arguments = 1,
         .own_output = true},
    [COMMAND_EXEC] =
        {.name = "exec",
         .arguments = "[ADMIN] -- COMMAND [ARGUMENT ...]",
         .summary = "recover, verify, then become a command that has the credential",
         .description =
             "The credential is in the command's environment alone; the database's URI is not. "
             "A failure before the command starts gives 125; 126: it cannot be run, 127: not found.",
         .examples = exec_examples,
         .max_arguments = 1,
         .takes_command = true,
         .own_output = true},
    [COMMAND_FORGET] =
        {.name = "forget",
         .arguments = "FILE ...",
         .summary = "delete exported credential files",
         .description =
             "Each file is looked at first, before any is deleted: only what export wrote goes, a "
             "file that holds anything else stays.",
         .examples = forget_examples,
         .max_arguments = -1},
    [COMMAND_CONFIG] = {.name = "config",
                        .arguments = "",
                        .summary = "the settings in force, and where each came from",
                        .description = "Secrets are redacted.",
                        .examples = config_examples},
    [COMMAND_COMPLETION] = {.name = "completion",
                            .arguments = "bash|zsh|fish",
                            .summary = "a completion script for a shell",
                            .description = "Printed on stdout.",
                            .examples = completion_examples,
                            .max_arguments = 1,
                            .own_output = true},
    [COMMAND_HELP] = {.name = "help",
                      .arguments = "[COMMAND]",
                      .summary = "help, also about one command",
                      .description = "The same as --help.",
                      .examples = help_examples,
                      .max_arguments = 1,
                      .own_output = true},
};

enum command command_find(const char *name, const char **nearest)
{
    const char *names[COMMAND_COUNT];

    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i] = command_table[i].name;
        if (text_equal(names[i], name))
            return (enum command)i;
    }
    *nearest = text_nearest(name, names, COMMAND_COUNT);
    return COMMAND_COUNT;
}
