/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "cmd/options.h"
#include "pritunl/edit.h"
#include "step/answer.h"
#include "step/change_run.h"

/* One change an administrator, all planned in one session. */
struct batch {
    struct session *session;
    const struct change_options *options;
    bool erase;
    struct change_run *changes;
    size_t count;
};

static bool plan_disable(struct batch *batch, const struct admin *admin, struct error *error)
{
    struct change_run *run = &batch->changes[batch->count];

    batch->count++;
    run->session = batch->session;
    run->options = batch->options;
    run->effect = "anything that uses this administrator's token stops working";
    run->change = edit_disable(session_db(batch->session), admin, batch->erase, error);
    return run->change != NULL;
}

static bool plan_everybody(struct batch *batch, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true};
    const struct snapshot *snapshot = NULL;

    if (!session_open(batch->session, error) || !session_survey(batch->session, &everybody, error))
        return false;
    snapshot = session_snapshot(batch->session);
    batch->changes = mem_zero(snapshot_count(snapshot), sizeof *batch->changes);
    for (size_t i = 0; i < snapshot_count(snapshot); i++)
        if (!plan_disable(batch, snapshot_admin(snapshot, i), error))
            return false;
    return true;
}

static bool plan_one_admin(struct batch *batch, struct error *error)
{
    if (!session_read(batch->session, error))
        return false;
    batch->changes = mem_zero(1, sizeof *batch->changes);
    return plan_disable(batch, session_admin(batch->session), error);
}

static bool run_disable(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, run_word(run, 0));
    const struct change_options how = options_change(run->settings);
    bool all = settings_flag(run->settings, OPTION_ALL);
    struct batch batch = {.options = &how, .erase = settings_flag(run->settings, OPTION_ERASE)};
    bool done = false;

    if (all && run->word_count > 0)
        return error_set(run->error, ERROR_USAGE,
                         "disable: --all and an administrator exclude each other");
    batch.session = session_new(&options);
    done = (all ? plan_everybody(&batch, run->error) : plan_one_admin(&batch, run->error)) &&
           answer_ready(run->error) && change_runs_agree(batch.changes, batch.count, run->error) &&
           change_runs_do(batch.changes, batch.count, run->error) &&
           change_runs_answer(batch.changes, batch.count, all, run->error);
    change_runs_free(batch.changes, batch.count);
    session_free(batch.session);
    return done;
}

const struct command cmd_disable = {
    .name = "disable",
    .group = GROUP_MEND,
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
