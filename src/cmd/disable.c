/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "cmd/alter.h"
#include "cmd/options.h"
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

static bool plan_disable(struct batch *batch, const struct admin *admin, bool erase,
                         struct error *error)
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

static bool plan_disables(struct batch *batch, const struct admin *const *admins, size_t count,
                          bool erase, struct error *error)
{
    batch->flows = mem_zero(count, sizeof *batch->flows);
    batch->alterations = mem_zero(count, sizeof *batch->alterations);
    for (size_t i = 0; i < count; i++)
        if (!plan_disable(batch, admins[i], erase, error))
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

static bool run_disable(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    bool all = settings_flag(settings, OPTION_ALL);
    struct batch batch = {0};
    const struct admin *const *admins = NULL;
    size_t count = 1;
    bool done = false;

    if (all && run->word_count > 0)
        return error_set(error, ERROR_USAGE,
                         "disable: --all and an administrator exclude each other");
    flow_init(&batch.flow, settings, run_word(run, 0));
    batch.flow.writes = true;
    if (!read_admins(&batch, all, error))
        goto out;
    admins = all ? snapshot_admins(batch.flow.snapshot) : &batch.flow.admin;
    count = all ? snapshot_count(batch.flow.snapshot) : 1;
    if (!plan_disables(&batch, admins, count, settings_flag(settings, OPTION_ERASE), error) ||
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

const struct command cmd_disable = {
    .name = "disable",
    .arguments = "[ADMIN]",
    .summary = "turn API access off",
    .description = "Token and secret stay, unless --erase, so that a later enable revives them.",
    .examples =
        (const char *const[]){"Nobody has API access any more, and no leaked pair comes back:",
                              "pritunl-access disable --all --erase --yes", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){CHANGE_OPTIONS, OPTION_ALL, OPTION_ERASE, OPTION_COUNT},
    .run = run_disable,
};
