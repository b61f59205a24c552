/* SPDX-License-Identifier: MIT */
#include "base/term.h"
#include "cmd/flow.h"
#include "pritunl/judgement.h"

void flow_verify(struct flow *flow, struct verify_result *result)
{
    const struct verify_case what = {
        .access = flow->access,
        .admin = flow->admin,
        .server = flow->db != NULL ? snapshot_server(flow->snapshot) : NULL,
        .db = flow->db,
        .server_time = settings_flag(flow->settings, OPTION_SERVER_TIME)};

    verify_run(flow->contact, flow_certificate(flow), &what, result);
    if (result->verdict == VERDICT_ACCEPTED && flow->admin != NULL &&
        flow->admin->flag_fault == CAUSE_FLAG_NOT_BOOLEAN)
        term_warn("%s: accepted only while another administrator keeps the web front open",
                  cause_text(CAUSE_FLAG_NOT_BOOLEAN));
}

bool flow_usable(const struct flow *flow, struct error *error)
{
    struct judgement found = {.usable = true};

    if (flow->admin != NULL)
        found = judgement_alone(flow->admin);
    if (found.usable)
        return true;
    error_set(error, ERROR_UNUSABLE, "there is no usable credential of %s: %s%s%s%s",
              admin_name(flow->admin), cause_text(found.reason), *found.detail != '\0' ? " (" : "",
              found.detail, *found.detail != '\0' ? ")" : "");
    error_blame(error, found.reason);
    cause_write_remedy(found.reason, flow->admin->username, error->attempt, sizeof error->attempt);
    return false;
}
