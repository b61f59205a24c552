/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/export.h"
#include "cmd/lend.h"
#include "pritunl/issued.h"

static bool offer(struct lend *lend, struct export *export, int *status, struct error *error)
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

bool cmd_issue(struct settings *settings, const struct arguments *arguments, int *status,
               struct error *error)
{
    struct lend lend = {.super_user = settings_flag(settings, OPTION_SUPER)};
    struct export export;
    struct flow *flow = &export.hand.flow;
    bool done = false;

    if (arguments->word_count == 0) {
        error_set(error, ERROR_USAGE, "issue: no label is given");
        return error_try(error, "pritunl-access issue LABEL");
    }
    *status = 0;
    lend.label = arguments->words[0];
    if (!issued_label(lend.label, error) ||
        !issued_lifetime(settings_text(settings, OPTION_LIFETIME), &lend.lifetime_ms, error) ||
        !export_prepare(&export, settings, error))
        return false;
    lend.tfvars = export.format->tfvars;
    flow_init(flow, settings, NULL);
    done = flow_begin(flow, error) && lend_read(flow, error) && lend_plan(&lend, flow, error) &&
           offer(&lend, &export, status, error);
    lend_clear(&lend);
    export_clear(&export);
    return done;
}
