/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/export.h"
#include "cmd/lend.h"
#include "cmd/options.h"
#include "pritunl/issued.h"

static bool offer_issued(struct lend *lend, struct export *export, int *status, struct error *error)
{
    char *plan = text_format("  %s: a new administrator with API access, %s, until %s\n",
                             lend->admin->username,
                             lend->super_user ? "a super user" : "no super user", lend->expires);
    bool done = lend_offer(lend, export, plan, 0, status, error);

    if (done && lend->stands)
        term_note("%s expires at %s; try: pritunl-access revoke %s", lend->admin->username,
                  lend->expires, lend->admin->username);
    mem_free(plan);
    return done;
}

static bool run_issue(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    struct lend lend = {.super_user = settings_flag(settings, OPTION_SUPER)};
    struct export export;
    struct flow *flow = &export.hand.flow;
    bool done = false;

    if (run->word_count == 0) {
        error_set(error, ERROR_USAGE, "issue: no label is given");
        return error_try(error, "pritunl-access issue LABEL");
    }
    lend.label = run->words[0];
    if (!issued_label(lend.label, error) ||
        !issued_lifetime(settings_text(settings, OPTION_LIFETIME), &lend.lifetime_ms, error) ||
        !export_prepare(&export, settings, error))
        return false;
    lend.tfvars = export.format->tfvars;
    flow_init(flow, settings, NULL);
    done = flow_begin(flow, error) && lend_read(flow, error) && lend_plan(&lend, flow, error) &&
           offer_issued(&lend, &export, &run->status, error);
    lend_clear(&lend);
    export_clear(&export);
    return done;
}

const struct command cmd_issue = {
    .name = "issue",
    .arguments = "LABEL",
    .summary = "a temporary administrator with a credential of its own, exported",
    .description =
        "No super user unless --super; nobody can log in as it. It is verified before it is "
        "handed out, and removed again if the API does not accept it. Expired ones are "
        "deleted by revoke --expired. A label is not blank, holds no comma, and has at most "
        "200 characters.",
    .examples =
        (const char *const[]){
            "A credential for one job, for an hour:",
            "pritunl-access issue \"nightly job\" --lifetime 1h --yes -o /run/pritunl/job.env",
            NULL},
    .max_words = 1,
    .options = (const enum option_id[]){EXPORT_OPTIONS, OPTION_YES, OPTION_DRY_RUN, OPTION_WAIT,
                                        OPTION_LIFETIME, OPTION_SUPER, OPTION_COUNT},
    .run = run_issue,
};
