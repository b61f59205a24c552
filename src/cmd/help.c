/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"

bool cmd_help(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *word = arguments->word_count > 0 ? arguments->words[0] : NULL;
    const char *nearest = NULL;
    enum command command = COMMAND_COUNT;

    (void)settings;
    *status = 0;
    if (word == NULL) {
        help_general(&out);
        return answer_text(&out, error);
    }
    command = command_find(word, &nearest);
    if (command == COMMAND_COUNT) {
        char *printable = text_printable(word, strlen(word));

        error_set(error, ERROR_USAGE, "help: there is no command %s", printable);
        mem_free(printable);
        return error_try(error, "pritunl-access help %s", nearest != NULL ? nearest : "");
    }
    help_command(command, &out);
    return answer_text(&out, error);
}

/* "mdoc" is no shell: it prints the manual's sections that come from the tables, for the build. */
bool cmd_completion(struct settings *settings, const struct arguments *arguments, int *status,
                    struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *shell = arguments->word_count > 0 ? arguments->words[0] : "";

    (void)settings;
    *status = 0;
    if (text_equal(shell, "mdoc")) {
        help_mdoc(&out);
    } else if (!completion_write(shell, &out)) {
        error_set(error, ERROR_USAGE, "completion: bash, zsh or fish is wanted");
        return error_try(error, "pritunl-access completion bash");
    }
    return answer_text(&out, error);
}
