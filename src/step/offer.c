/* SPDX-License-Identifier: MIT */
#include "step/offer.h"

#include "base/term.h"
#include "step/answer.h"

static bool answer_plan(const struct offer *offer, struct error *error)
{
    const char *username = offer->lease->admin->username;
    struct json *json = NULL;

    if (!offer->agree->json) {
        term_note("%s would be made (dry run)", username);
        return true;
    }
    json = json_make_object();
    json_put_text(json, "administrator", username);
    lease_put(offer->lease, json);
    json_put_bool(json, "dry_run", true);
    return answer_json(json, error);
}

static bool hand_over(const struct offer *offer, struct error *error)
{
    struct json *more = json_make_object();
    bool differs = false;
    bool done = false;

    lease_put(offer->lease, more);
    if (offer->lease->options.wait_ms == 0)
        handover_warn(offer->handover, offer->session);
    done = handover_name(offer->handover, offer->session, true, error) &&
           handover_write(offer->handover, more, &differs, error);
    json_free(more);
    return done;
}

bool offer_lease(const struct offer *offer, const char *plan, struct error *error)
{
    if ((!offer->agree->dry_run && !handover_ready(offer->handover, error)) ||
        !agree(offer->agree, plan, "Make it?", error))
        return false;
    if (offer->agree->dry_run)
        return answer_plan(offer, error);
    if (!lease_make(offer->lease, offer->session, error) ||
        !lease_verify(offer->lease, offer->session, error))
        return false;
    if (hand_over(offer, error))
        return true; /* what fails after it says that it stands */
    lease_back(offer->lease, offer->session);
    return false;
}
