/* SPDX-License-Identifier: MIT */
#include "cmd/enable.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/edit.h"
#include "step/change_run.h"

bool enable_plan(struct change_run *run, bool rotate, struct error *error)
{
    const struct session *session = run->session;
    const struct admin *admin = session_admin(session);

    run->change = edit_enable(session_db(session), admin, rotate, error);
    if (run->change == NULL)
        return false;
    if (change_renews_token(run->change) && admin->token != NULL)
        run->effect = "anything that uses the old token stops working";
    if (admin->disabled && change_waits(run->options))
        return change_never_accepted(session, error);
    if (admin->disabled)
        term_warn(
            "%s is disabled: the API will refuse it until pritunl-access recover --enable-account",
            admin_name(admin));
    return true;
}

static bool plan_enable(struct change_run *run, struct error *error)
{
    return enable_plan(run, false, error);
}

static bool plan_renewal(struct change_run *run, struct error *error)
{
    return enable_plan(run, true, error);
}

static bool run_enable(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, run_word(run, 0));
    const struct change_options how = options_change(run->settings);
    bool rotate = settings_flag(run->settings, OPTION_ROTATE);
    struct session *session = session_new(&options);
    bool done = change_one(session, &how, rotate ? plan_renewal : plan_enable, run->error);

    session_free(session);
    return done;
}

const struct command cmd_enable = {
    .name = "enable",
    .group = GROUP_MEND,
    .everyday = "enable --wait",
    .everyday_for = "API access on, until it works",
    .arguments = "[ADMIN]",
    .summary = "turn API access on, with a token and secret that work",
    .description = "Sets auth_api to true, and makes a token and secret where they are missing, "
                   "unusable or another administrator's. Shows what changes, asks, keeps an undo "
                   "record, and asks the API afterwards.",
    .examples = (const char *const[]){"Switch API access on, and wait until every host takes it:",
                                      "pritunl-access enable --wait", "What would it change?",
                                      "pritunl-access enable --dry-run", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){CHANGE_OPTIONS, OPTION_WAIT, OPTION_ROTATE, OPTION_COUNT},
    .run = run_enable,
};
