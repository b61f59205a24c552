/* SPDX-License-Identifier: MIT */
#include "cmd/hand.h"

#include "base/mem.h"
#include "base/term.h"

bool hand_verify(struct hand *hand, struct error *error)
{
    struct flow *flow = &hand->flow;
    struct verify_result result;

    if (!flow_reach(flow, error))
        return false;
    flow_verify(flow, &result);
    if (result.verdict != VERDICT_ACCEPTED)
        return verify_error(&result, flow_name(flow), flow->access->url, error);
    if (contact_only_we_trust(flow->contact) && !settings_flag(flow->settings, OPTION_CHECK) &&
        !settings_flag(flow->settings, OPTION_INSECURE_CONSUMER))
        term_warn(
            "the certificate of %s is vouched for by no authority of this system: give it to the "
            "consumer, or use "
            "--insecure-consumer (PRITUNL_INSECURE=true for Terraform)",
            flow->access->url);
    hand->verified = true;
    return true;
}

static bool name_place(struct hand *hand, struct error *error)
{
    char *url = NULL;
    char *from = NULL;
    bool done = flow_place(&hand->flow, &url, &from, error);

    if (done)
        access_set_url(hand->flow.access, url, from);
    mem_free(url);
    mem_free(from);
    return done;
}

static struct names_config names_of(const struct settings *settings, bool tfvars)
{
    return (struct names_config){settings_text(settings, OPTION_NAMES),
                                 settings_flag(settings, OPTION_INSECURE_CONSUMER), tfvars};
}

bool hand_name(struct hand *hand, bool tfvars, struct error *error)
{
    const struct names_config names = names_of(hand->flow.settings, tfvars);

    return names_make(&names, hand->flow.access, &hand->variables, error);
}

bool hand_take(struct hand *hand, const struct settings *settings, const char *name, bool tfvars,
               struct error *error)
{
    bool verifies = !settings_flag(settings, OPTION_NO_VERIFY);
    const struct names_config names = names_of(settings, tfvars);

    *hand = (struct hand){0};
    flow_init(&hand->flow, settings, name);
    /* A wrong name is found before anything is asked. */
    if (!names_check(&names, error) || (verifies && !flow_begin(&hand->flow, error)) ||
        !flow_read(&hand->flow, error) || !flow_usable(&hand->flow, error))
        return false;
    if (!(verifies ? hand_verify(hand, error) : name_place(hand, error)))
        return false;
    return hand_name(hand, tfvars, error);
}

void hand_clear(struct hand *hand)
{
    names_clear(&hand->variables);
    flow_clear(&hand->flow);
}
