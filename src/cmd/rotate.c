/* SPDX-License-Identifier: MIT */
#include "base/term.h"
#include "cmd/alter.h"
#include "cmd/options.h"
#include "cmd/overlap.h"
#include "cmd/renew.h"

static bool plan_rotate(struct alteration *alteration, struct error *error)
{
    struct flow *flow = alteration->flow;

    alteration->effect = "anything that uses the old token stops working";
    alteration->change = change_new("rotate", flow->admin->username, flow->admin->document);
    if (!renew_pair(flow->db, alteration->change, error))
        return false;
    if (settings_given(flow->settings, OPTION_WAIT) && flow->admin->disabled)
        return alter_never_accepted(flow, error);
    if (flow->admin->flag_fault != CAUSE_API_DISABLED)
        return true;
    if (settings_given(flow->settings, OPTION_WAIT))
        return flow_usable(flow, error);
    term_warn("API access is off for %s, and stays off: pritunl-access enable",
              admin_name(flow->admin));
    return true;
}

static bool run_rotate(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;

    return overlap_wanted(settings) ? overlap_run(run)
                                    : alter_one(settings, run_word(run, 0), plan_rotate, error);
}

const struct command cmd_rotate = {
    .name = "rotate",
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
