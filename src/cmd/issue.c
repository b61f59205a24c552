/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/mark.h"
#include "step/offer.h"

static bool offer_issued(const struct offer *offer, struct error *error)
{
    const struct lease *lease = offer->lease;
    char *plan = text_format(
        "  %s: a new administrator with API access, %s, until %s\n", lease->admin->username,
        lease->options.super_user ? "a super user" : "no super user", lease->expires);
    bool done = offer_lease(offer, plan, error);

    if (done && lease->stands)
        term_note("%s expires at %s; try: %spritunl-access revoke %s", lease->admin->username,
                  lease->expires, process_sudo(), lease->admin->username);
    mem_free(plan);
    return done;
}

static bool run_issue(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct handover_options output = options_handover(run->settings);
    const struct agree_options agree = options_agree(run->settings);
    struct lease lease = {.options = {.label = run_word(run, 0),
                                      .super_user = settings_flag(run->settings, OPTION_SUPER),
                                      .wait_ms = options_wait_ms(run->settings)}};
    struct offer offer = {.agree = &agree, .lease = &lease};
    struct error *error = run->error;
    bool done = false;

    if (lease.options.label == NULL) {
        error_set(error, ERROR_USAGE, "issue: no label is given");
        return error_try(error, "pritunl-access issue LABEL");
    }
    if (!mark_label(lease.options.label, error) ||
        !mark_lifetime(settings_text(run->settings, OPTION_LIFETIME), &lease.options.lifetime_ms,
                       error))
        return false;
    offer.handover = handover_new(&output, error);
    if (offer.handover == NULL)
        return false;
    offer.session = session_new(&options);
    done = session_begin(offer.session, error) && lease_read(offer.session, error) &&
           lease_plan(&lease, offer.session, error) && offer_issued(&offer, error);
    handover_free(offer.handover);
    session_free(offer.session);
    lease_clear(&lease);
    return done;
}

const struct command cmd_issue = {
    .name = "issue",
    .group = GROUP_TEMPORARY,
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_URL, OPTION_NAMES,
                                         OPTION_INSECURE_CONSUMER, OPTION_COUNT},
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
