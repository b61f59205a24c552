/* SPDX-License-Identifier: MIT */
#include "pritunl/judgement.h"

#include "pritunl/version.h"

/* A version without a STRICT front takes whatever is true. */
static bool is_lenient(const struct snapshot *snapshot)
{
    return version_since(snapshot_server(snapshot), VERSION_STRICT) == KNOWN_NO;
}

static enum cause judge_in_order(const struct admin *admin, bool front_is_open, bool comes_later)
{
    if (admin->flag_fault == CAUSE_API_DISABLED ||
        (admin->flag_fault != CAUSE_NONE && !front_is_open))
        return admin->flag_fault;
    if (admin->token_fault != CAUSE_NONE)
        return admin->token_fault;
    if (comes_later)
        return CAUSE_TOKEN_DUPLICATE;
    if (admin->secret_fault != CAUSE_NONE)
        return admin->secret_fault;
    return admin->disabled ? CAUSE_ADMINISTRATOR_DISABLED : CAUSE_NONE;
}

static struct judgement judge_document(const struct admin *admin, bool front_is_open,
                                       bool comes_later)
{
    enum cause fault = judge_in_order(admin, front_is_open, comes_later);
    enum cause reason = fault != CAUSE_NONE ? fault : admin->flag_fault;

    return (struct judgement){
        .usable = fault == CAUSE_NONE, .reason = reason, .detail = admin_detail(admin, reason)};
}

struct judgement judgement_of(const struct snapshot *snapshot, const struct admin *admin)
{
    struct judgement found =
        judge_document(admin, snapshot_front_is_open(snapshot) || is_lenient(snapshot),
                       snapshot_comes_later(snapshot, admin) != NULL);

    if (found.usable && is_lenient(snapshot))
        found = (struct judgement){.usable = true, .reason = CAUSE_NONE, .detail = ""};
    return found;
}

struct judgement judgement_alone(const struct admin *admin)
{
    return judge_document(admin, true, false);
}
