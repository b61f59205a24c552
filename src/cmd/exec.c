/* SPDX-License-Identifier: MIT */
#include "base/process.h"
#include "cmd/cmd.h"
#include "cmd/exec_issued.h"
#include "cmd/hand.h"
#include "place/child.h"

bool cmd_exec(struct settings *settings, const struct arguments *arguments, int *status,
              struct error *error)
{
    struct hand hand = {0};
    char **environment = NULL;
    bool taken = false;

    if (arguments->rest == NULL || arguments->rest[0] == NULL) {
        error_set(error, ERROR_USAGE, "exec: no command is given behind --");
        return error_try(error, "pritunl-access exec -- COMMAND");
    }
    if (settings_given(settings, OPTION_ISSUE))
        return exec_issued(settings, arguments, status, error);
    taken = hand_take(&hand, settings, arguments, false, error);
    if (taken)
        environment = child_environment(&hand.variables, settings_flag(settings, OPTION_PRISTINE));
    hand_clear(&hand);
    if (taken)
        process_become(arguments->rest, environment, status, error);
    child_free(environment);
    return false;
}
