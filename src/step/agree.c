/* SPDX-License-Identifier: MIT */
#include "step/agree.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/term.h"
#include "step/answer.h"

static void show_text(const char *text, struct error *error)
{
    struct buf safe = BUF_EMPTY(BUF_MAX);

    answer_wrap(text, term_width(STDERR_FILENO), &safe);
    term_write(STDERR_FILENO, buf_text(&safe), safe.length, error);
    buf_free(&safe);
}

bool agree(const struct agree_options *options, const char *text, const char *question,
           struct error *error)
{
    bool asks = !options->yes && !options->dry_run;
    bool silent = asks ? options->json && !term_can_ask() : options->json || term_style()->quiet;
    bool asked = false;

    if (*text == '\0')
        return true;
    if (!silent)
        show_text(text, error);
    if (!asks || term_confirm(question, &asked))
        return true;
    if (asked)
        error_set(error, ERROR_USAGE, "not agreed to: nothing was changed");
    else
        error_set(error, ERROR_USAGE,
                  "nobody is there to agree, and --yes is not given: nothing was changed");
    return error_try(error,
                     "the same command with --yes, or with --dry-run to see what it would change");
}
