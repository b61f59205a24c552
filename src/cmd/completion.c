/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"
#include "base/text.h"
#include "cli/help.h"
#include "cmd/options.h"
#include "step/answer.h"

/* "mdoc" is no shell: it prints the manual's sections that come from the tables, for the build. */
static bool run_completion(struct run *run)
{
    struct error *error = run->error;
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *shell = run->word_count > 0 ? run->words[0] : "";

    if (text_equal(shell, "mdoc")) {
        help_mdoc(run->commands, &out);
    } else if (!completion_write(run->commands, shell, &out)) {
        error_set(error, ERROR_USAGE, "completion: bash, zsh or fish is wanted");
        return error_try(error, "pritunl-access completion bash");
    }
    return answer_text(&out, error);
}

const struct command cmd_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "a completion script for a shell",
    .description = "Printed on stdout.",
    .examples =
        (const char *const[]){"For bash:", "eval \"$(pritunl-access completion bash)\"", NULL},
    .max_words = 1,
    .choices = "bash zsh fish",
    .ignores_files = true,
    .run = run_completion,
};
