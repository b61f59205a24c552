/* SPDX-License-Identifier: MIT */
#include "cmd/enable.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/alter.h"
#include "cmd/options.h"
#include "cmd/renew.h"

static const char token_effect[] = "anything that uses the old token stops working";

bool enable_plan(struct alteration *alteration, bool rotate, struct error *error)
{
    struct flow *flow = alteration->flow;
    bool waits = alteration->deadline_ms != 0 || settings_given(flow->settings, OPTION_WAIT);

    alteration->change = change_new("enable", flow->admin->username, flow->admin->document);
    change_set(alteration->change, "auth_api", db_bool(true));
    change_pin(alteration->change, "auth_api");
    if (!(rotate ? renew_pair(flow->db, alteration->change, error)
                 : renew_where_unusable(flow->db, flow->admin, alteration->change, error)))
        return false;
    alteration->effect = change_writes(alteration->change, "token") && flow->admin->token != NULL
                             ? token_effect
                             : NULL;
    if (flow->admin->disabled && waits)
        return alter_never_accepted(flow, error);
    if (flow->admin->disabled)
        term_warn(
            "%s is disabled: the API will refuse it until pritunl-access recover --enable-account",
            admin_name(flow->admin));
    return true;
}

static bool plan_enable(struct alteration *alteration, struct error *error)
{
    return enable_plan(alteration, settings_flag(alteration->flow->settings, OPTION_ROTATE), error);
}

static bool run_enable(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;

    return alter_one(settings, run_word(run, 0), plan_enable, error);
}

const struct command cmd_enable = {
    .name = "enable",
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
