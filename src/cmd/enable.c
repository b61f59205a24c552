/* SPDX-License-Identifier: MIT */
#include "cmd/enable.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/alter.h"
#include "cmd/cmd.h"
#include "cmd/renew.h"

static const char token_effect[] = "anything that uses the old token stops working";

static const char *word_of(const struct arguments *arguments)
{
    return arguments->word_count > 0 ? arguments->words[0] : NULL;
}

/* Show, agree, write, answer: the same for one administrator, whatever the command. */
static bool alter_one(struct alteration *alteration, struct error *error)
{
    return alter_agree(alteration->flow->settings, alteration, 1, error) &&
           alter_run(alteration, error) &&
           alter_answer(alteration->flow->settings, alteration, 1, false, error);
}

static bool read_flow(struct flow *flow, const struct settings *settings,
                      const struct arguments *arguments, struct error *error)
{
    flow_init(flow, settings, word_of(arguments));
    flow->writes = true;
    return flow_read(flow, error);
}

/* To wait for a disabled administrator would never end: say why before anything is written. */
static bool never_accepted(const struct flow *flow, struct error *error)
{
    enum cause cause = CAUSE_ADMINISTRATOR_DISABLED;

    error_set(error, ERROR_UNUSABLE,
              "%s is disabled, and would not be accepted: nothing was changed",
              flow->admin->username);
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
            flow->admin->username);
    return true;
}

bool cmd_enable(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    struct alteration alteration = {.wants_verify = true};
    struct flow flow;
    bool done = false;

    *status = 0;
    if (!read_flow(&flow, settings, arguments, error))
        goto out;
    alteration.flow = &flow;
    if (!enable_plan(&alteration, settings_flag(settings, OPTION_ROTATE), error))
        goto out;
    done = alter_one(&alteration, error);
out:
    alter_clear(&alteration);
    change_free(alteration.change);
    flow_clear(&flow);
    return done;
}

bool cmd_rotate(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    struct alteration alteration = {.wants_verify = true, .effect = token_effect};
    struct flow flow;
    bool done = false;

    *status = 0;
    if (!read_flow(&flow, settings, arguments, error))
        goto out;
    alteration.flow = &flow;
    alteration.change = change_new("rotate", flow.admin->username, flow.admin->document);
    if (!renew_pair(flow.db, alteration.change, error))
        goto out;
    if (settings_given(settings, OPTION_WAIT) &&
        (flow.admin->flag_fault == CAUSE_API_DISABLED || flow.admin->disabled)) {
        flow.admin->disabled ? never_accepted(&flow, error) : flow_usable(&flow, error);
        goto out;
    }
    if (flow.admin->flag_fault == CAUSE_API_DISABLED)
        term_warn("API access is off for %s, and stays off: pritunl-access enable",
                  flow.admin->username);
    done = alter_one(&alteration, error);
out:
    alter_clear(&alteration);
    change_free(alteration.change);
    flow_clear(&flow);
    return done;
}
