/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "cmd/alter.h"
#include "cmd/cmd.h"
#include "cmd/renew.h"

/*
 * One alteration an administrator; each has a flow of its own name that borrows the one database.
 */
struct batch {
    struct flow flow;
    struct flow *flows;
    struct alteration *alterations;
    size_t count;
};

static bool plan(struct batch *batch, const struct admin *admin, bool erase, struct error *error)
{
    struct alteration *alteration = &batch->alterations[batch->count];
    struct flow *flow = &batch->flows[batch->count];

    batch->count++;
    *flow = batch->flow;
    flow->admin = admin;
    alteration->flow = flow;
    alteration->change = change_new("disable", admin->username, admin->document);
    alteration->effect = "anything that uses this administrator's token stops working";
    if (admin->auth_api)
        change_set(alteration->change, "auth_api", db_bool(false));
    change_pin(alteration->change, "auth_api");
    return !erase || renew_pair(batch->flow.db, alteration->change, error);
}

static bool plan_all(struct batch *batch, const struct admin *const *admins, size_t count,
                     bool erase, struct error *error)
{
    batch->flows = mem_zero(count, sizeof *batch->flows);
    batch->alterations = mem_zero(count, sizeof *batch->alterations);
    for (size_t i = 0; i < count; i++)
        if (!plan(batch, admins[i], erase, error))
            return false;
    return true;
}

static void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        change_free(batch->alterations[i].change);
        alter_clear(&batch->alterations[i]);
    }
    mem_free(batch->alterations);
    mem_free(batch->flows);
    flow_clear(&batch->flow);
}

static bool read_admins(struct batch *batch, bool all, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true};

    if (!all)
        return flow_read(&batch->flow, error);
    return flow_open(&batch->flow, error) && flow_survey(&batch->flow, &everybody, error);
}

bool cmd_disable(struct settings *settings, const struct arguments *arguments, int *status,
                 struct error *error)
{
    bool all = settings_flag(settings, OPTION_ALL);
    struct batch batch = {0};
    const struct admin *const *admins = NULL;
    size_t count = 1;
    bool done = false;

    *status = 0;
    if (all && arguments->word_count > 0)
        return error_set(error, ERROR_USAGE,
                         "disable: --all and an administrator exclude each other");
    flow_init(&batch.flow, settings, arguments->word_count > 0 ? arguments->words[0] : NULL);
    batch.flow.writes = true;
    if (!read_admins(&batch, all, error))
        goto out;
    admins = all ? snapshot_admins(batch.flow.snapshot) : &batch.flow.admin;
    count = all ? snapshot_count(batch.flow.snapshot) : 1;
    if (!plan_all(&batch, admins, count, settings_flag(settings, OPTION_ERASE), error) ||
        !alter_agree(settings, batch.alterations, batch.count, error))
        goto out;
    for (size_t i = 0; i < batch.count; i++)
        if (!alter_run(&batch.alterations[i], error)) {
            while (i-- > 0)
                alter_note(&batch.alterations[i]);
            goto out;
        }
    done = alter_answer(settings, batch.alterations, batch.count, all, error);
out:
    batch_clear(&batch);
    return done;
}
