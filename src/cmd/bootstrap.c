/* SPDX-License-Identifier: MIT */
#include "api/await.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/alter.h"
#include "cmd/enable.h"
#include "cmd/export.h"
#include "cmd/options.h"

#define AGAIN_MS 250
#define MS_PER_S 1000

struct bootstrap {
    struct settings *settings;
    const char *name;
    int64_t deadline_ms;
    struct export export;
    struct alteration alteration;
};

/* Will it be there by itself, sooner or later? A refused login or a wrong option will not. */
static bool may_come(const struct error *error)
{
    return error->kind == ERROR_NOT_FOUND || error->cause == CAUSE_DATABASE_UNREACHABLE ||
           error->cause == CAUSE_DATABASE_EMPTY;
}

static bool wait_for_administrator(struct bootstrap *bootstrap, struct error *error)
{
    struct flow *flow = &bootstrap->export.hand.flow;
    char *said = NULL;
    bool found = false;

    for (;;) {
        bool told = flow->told; /* by the round before */

        flow_init(flow, bootstrap->settings, bootstrap->name);
        flow->told = told;
        flow->writes = true;
        flow->patience_ms = bootstrap->deadline_ms - clock_monotonic_ms();
        found = flow_read(flow, error);
        if (found || !may_come(error))
            break;
        flow_clear(flow);
        if (clock_monotonic_ms() + AGAIN_MS > bootstrap->deadline_ms) {
            struct error why = *error;

            error_set(error, ERROR_WAIT, "the wait ran out: %s", why.text);
            error_blame(error, why.cause);
            error_try(error, "%s", why.attempt);
            break;
        }
        if (!text_equal(said, error->text))
            term_note("waiting: %s", error->text);
        mem_free(said);
        said = mem_text(error->text);
        clock_sleep_ms(AGAIN_MS);
    }
    mem_free(said);
    return found;
}

static bool enable_and_wait(struct bootstrap *bootstrap, struct error *error)
{
    struct alteration *alteration = &bootstrap->alteration;

    alteration->flow = &bootstrap->export.hand.flow;
    alteration->wants_verify = true;
    alteration->deadline_ms = bootstrap->deadline_ms;
    return enable_plan(alteration, false, error) &&
           alter_agree(bootstrap->settings, alteration, 1, error) && alter_run(alteration, error);
}

static bool run_bootstrap(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    struct bootstrap bootstrap = {.settings = settings, .name = run_word(run, 0)};
    struct hand *hand = &bootstrap.export.hand;
    bool done = false;

    bootstrap.deadline_ms =
        clock_monotonic_ms() + settings_number(settings, OPTION_WAIT) * MS_PER_S;
    if (!export_prepare(&bootstrap.export, settings, error))
        return false;
    if (!settings_flag(settings, OPTION_YES)) {
        error_set(error, ERROR_USAGE,
                  "bootstrap asks nobody, and needs --yes: nothing was changed");
        error_try(error, "pritunl-access bootstrap --yes");
        goto out;
    }
    if (!wait_for_administrator(&bootstrap, error) || !enable_and_wait(&bootstrap, error))
        goto out;
    if (bootstrap.alteration.dry_run) {
        done = alter_answer(settings, &bootstrap.alteration, 1, false, error);
        goto out;
    }
    hand->verified = bootstrap.alteration.verified == ALTER_ACCEPTED;
    done = hand_name(hand, bootstrap.export.format->tfvars, error) &&
           export_finish(&bootstrap.export, &run->status, error);
out:
    alter_clear(&bootstrap.alteration);
    change_free(bootstrap.alteration.change);
    export_clear(&bootstrap.export);
    return done;
}

const struct command cmd_bootstrap = {
    .name = "bootstrap",
    .arguments = "[ADMIN]",
    .summary = "a new machine's first credential, with no human at a console",
    .description = "Waits for the database and for the administrator, enables API access if "
                   "needed, waits until the API accepts the credential, exports it. One deadline "
                   "covers all waits. Run twice it changes nothing. Needs --yes.",
    .examples =
        (const char *const[]){"In a container or a cloud-init script:",
                              "pritunl-access bootstrap --yes -o /run/pritunl/api.env", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){EXPORT_OPTIONS, CHANGE_OPTIONS, OPTION_WAIT, OPTION_COUNT},
    .run = run_bootstrap,
};
