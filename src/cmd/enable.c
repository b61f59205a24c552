/* SPDX-License-Identifier: MIT */
#include "cmd/enable.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/alter.h"
#include "cmd/cmd.h"
#include "cmd/overlap.h"
#include "cmd/renew.h"

static const char token_effect[] = "anything that uses the old token stops working";

/* To wait for a disabled administrator would never end: say why before anything is written. */
static bool never_accepted(const struct flow *flow, struct error *error)
{
    enum cause cause = CAUSE_ADMINISTRATOR_DISABLED;

    error_set(error, ERROR_UNUSABLE,
              "%s is disabled, and would not be accepted: nothing was changed",
              admin_name(flow->admin));
    error_because(error, cause_name(cause));
    cause_write_remedy(cause, flow->admin->username, error->attempt, sizeof error->attempt);
    return false;
}

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
        return never_accepted(flow, error);
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

static bool plan_rotate(struct alteration *alteration, struct error *error)
{
    struct flow *flow = alteration->flow;

    alteration->effect = token_effect;
    alteration->change = change_new("rotate", flow->admin->username, flow->admin->document);
    if (!renew_pair(flow->db, alteration->change, error))
        return false;
    if (settings_given(flow->settings, OPTION_WAIT) && flow->admin->disabled)
        return never_accepted(flow, error);
    if (flow->admin->flag_fault != CAUSE_API_DISABLED)
        return true;
    if (settings_given(flow->settings, OPTION_WAIT))
        return flow_usable(flow, error);
    term_warn("API access is off for %s, and stays off: pritunl-access enable",
              admin_name(flow->admin));
    return true;
}

/* Read, plan, show, agree, write, answer. */
static bool alter_one(const struct settings *settings, const struct arguments *arguments,
                      bool (*plan)(struct alteration *alteration, struct error *error),
                      struct error *error)
{
    struct flow flow;
    struct alteration alteration = {.flow = &flow, .wants_verify = true};
    bool done = false;

    flow_init(&flow, settings, arguments->word_count > 0 ? arguments->words[0] : NULL);
    flow.writes = true;
    done = flow_read(&flow, error) && plan(&alteration, error) &&
           alter_agree(settings, &alteration, 1, error) && alter_run(&alteration, error) &&
           alter_answer(settings, &alteration, 1, false, error);
    alter_clear(&alteration);
    change_free(alteration.change);
    flow_clear(&flow);
    return done;
}

bool cmd_enable(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    *status = 0;
    return alter_one(settings, arguments, plan_enable, error);
}

bool cmd_rotate(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    *status = 0;
    return overlap_wanted(settings) ? cmd_overlap(settings, arguments, status, error)
                                    : alter_one(settings, arguments, plan_rotate, error);
}
