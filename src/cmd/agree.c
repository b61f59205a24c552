/* SPDX-License-Identifier: MIT */
#include "cmd/agree.h"

#include <string.h>
#include <unistd.h>

#include "base/term.h"

bool agree(const struct settings *settings, const char *text, const char *question,
           struct error *error)
{
    bool yes = settings_flag(settings, OPTION_YES);
    bool asks = !yes && !settings_flag(settings, OPTION_DRY_RUN);
    bool json = settings_flag(settings, OPTION_JSON);
    bool silent = asks ? json && !term_can_ask() : json || settings_flag(settings, OPTION_QUIET);
    bool asked = false;

    if (*text == '\0')
        return true;
    if (!silent)
        term_write(STDERR_FILENO, text, strlen(text), error);
    if (!asks || term_confirm(question, &asked))
        return true;
    if (asked)
        return error_set(error, ERROR_USAGE, "not agreed to: nothing was changed");
    error_set(error, ERROR_USAGE,
              "nobody is there to agree, and --yes is not given: nothing was changed");
    return error_try(error,
                     "the same command with --yes, or with --dry-run to see what it would change");
}
