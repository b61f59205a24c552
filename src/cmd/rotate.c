/* SPDX-License-Identifier: MIT */
#include "base/process.h"
#include "base/term.h"
#include "cmd/options.h"
#include "cmd/overlap.h"
#include "pritunl/edit.h"
#include "step/change_run.h"

static bool plan_rotate(struct change_run *run, struct error *error)
{
    const struct session *session = run->session;
    const struct admin *admin = session_admin(session);

    run->effect = "anything that uses the old token stops working";
    run->change = edit_renew(session_db(session), admin, "rotate", error);
    if (run->change == NULL)
        return false;
    if (change_waits(run->options) && admin->disabled)
        return change_never_accepted(session, error);
    if (admin->flag_fault != CAUSE_API_DISABLED)
        return true;
    if (change_waits(run->options))
        return session_usable(session, error);
    term_warn("API access is off for %s, and stays off: %spritunl-access enable", admin_name(admin),
              process_sudo());
    return true;
}

static bool run_rotate(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, run_word(run, 0));
    const struct change_options how = options_change(run->settings);
    struct session *session = NULL;
    bool done = false;

    if (overlap_wanted(run->settings))
        return overlap_run(run);
    session = session_new(&options);
    done = change_one(session, &how, plan_rotate, run->error);
    session_free(session);
    return done;
}

const struct command cmd_rotate = {
    .name = "rotate",
    .group = GROUP_MEND,
    .arguments = "[ADMIN]",
    .summary = "a new token and secret, in one step",
    .description =
        "Both are replaced at once or not at all; auth_api stays as it is. Anything that "
        "uses the old token stops working. With --overlap both pairs work until --finish.",
    .examples =
        (const char *const[]){
            "A new pair, into the file that Terraform reads:",
            "pritunl-access rotate --yes --wait && pritunl-access export -o pritunl.env",
            "For a consumer that cannot stop:",
            "pritunl-access rotate --overlap exporter --yes -o exporter.env", NULL},
    .max_words = 1,
    .options =
        (const enum option_id[]){EXPORT_OPTIONS, CHANGE_OPTIONS, OPTION_WAIT, OPTION_LIFETIME,
                                 OPTION_OVERLAP, OPTION_FINISH, OPTION_COUNT},
    .run = run_rotate,
};
