/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/help.h"
#include "cmd/options.h"
#include "step/answer.h"

#define WIDTH ((size_t)79) /* in a pipe, and where there is room: longer lines are hard to read */

static bool run_help(struct run *run)
{
    struct error *error = run->error;
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *word = run_word(run, 0);
    const struct command *command = NULL;
    size_t columns = term_width(STDOUT_FILENO);
    size_t width = columns < WIDTH ? columns : WIDTH;

    if (word == NULL) {
        help_general(run->commands, width, &out);
        return answer_prose(&out, error);
    }
    if (text_equal(word, "options")) {
        help_options(width, &out);
        return answer_prose(&out, error);
    }
    command = command_find(run->commands, word);
    if (command == NULL) {
        const char *nearest = command_nearest(run->commands, word);
        char *printable = text_printable(word, strlen(word));

        error_set(error, ERROR_USAGE, "help: there is no command %s", printable);
        mem_free(printable);
        return error_try(error, "pritunl-access help%s%s", nearest != NULL ? " " : "",
                         nearest != NULL ? nearest : "");
    }
    help_command(command, width, &out);
    return answer_prose(&out, error);
}

const struct command cmd_help = {
    .name = "help",
    .group = GROUP_HELP,
    .arguments = "[COMMAND | options]",
    .summary = "help, also about one command",
    .description = "The same as --help.",
    .examples =
        (const char *const[]){"About one command:", "pritunl-access help export",
                              "Every setting and option:", "pritunl-access help options", NULL},
    .max_words = 1,
    .names_command = true,
    .ignores_files = true,
    .run = run_help,
};
