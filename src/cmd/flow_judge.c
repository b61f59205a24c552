/* SPDX-License-Identifier: MIT */
#include "base/term.h"
#include "cmd/flow.h"

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
    enum cause fault = flow->admin != NULL ? admin_fault(flow->admin) : CAUSE_NONE;
    const char *detail = NULL;

    if (fault == CAUSE_NONE)
        return true;
    detail = admin_detail(flow->admin, fault);
    error_set(error, ERROR_UNUSABLE, "there is no usable credential of %s: %s%s%s%s",
              admin_name(flow->admin), cause_text(fault), *detail != '\0' ? " (" : "", detail,
              *detail != '\0' ? ")" : "");
    error_because(error, cause_name(fault));
    cause_write_remedy(fault, flow->admin->username, error->attempt, sizeof error->attempt);
    return false;
}
