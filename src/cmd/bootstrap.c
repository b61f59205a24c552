/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/enable.h"
#include "cmd/options.h"
#include "step/change_run.h"
#include "step/handover.h"

#define AGAIN_MS 250
#define SPEAK_MS 10000
#define MS_PER_S 1000

struct bootstrap {
    struct session_options options;
    struct change_options how;
    struct session *session;
    struct change_run change;
};

/*
 * Will it be there by itself, sooner or later? A refused login or a wrong option will not; nor will
 * a login whose hashing has no end, of which each try would leave one more at work.
 */
static bool may_come(const struct bootstrap *bootstrap, const struct error *error)
{
    if (db_computes(session_db(bootstrap->session)))
        return false;
    return error->kind == ERROR_NOT_FOUND || error->cause == CAUSE_DATABASE_UNREACHABLE ||
           error->cause == CAUSE_DATABASE_EMPTY;
}

static int64_t least_ms(int64_t one_ms, int64_t other_ms)
{
    return one_ms < other_ms ? one_ms : other_ms;
}

/* One round: no longer than the deadline is away, and what was said is not said again. */
static bool read_once(struct bootstrap *bootstrap, struct error *error)
{
    struct session_options options = bootstrap->options;
    int64_t left_ms = bootstrap->how.deadline_ms - clock_monotonic_ms();
    bool found = false;

    if (left_ms > 0) {
        options.database.connect_timeout_ms =
            least_ms(options.database.connect_timeout_ms, left_ms);
        options.database.timeout_ms = least_ms(options.database.timeout_ms, left_ms);
    }
    bootstrap->session = session_new(&options);
    found = session_read(bootstrap->session, error);
    if (snapshot_expired(session_snapshot(bootstrap->session)) > 0)
        bootstrap->options.silent = true;
    return found;
}

/*
 * What the end of the wait cut off is no answer: that of the round before stands, and the other is
 * said behind it.
 */
static void end_of_wait(const struct error *before, bool cut, struct error *error)
{
    const struct error last = *error;
    bool both = cut && before->text[0] != '\0' && !text_equal(before->text, last.text) &&
                last.cause == CAUSE_DATABASE_UNREACHABLE;
    const struct error *why = both ? before : &last;

    error_set(error, ERROR_WAIT, "the wait ran out: %s%s%s", why->text,
              both ? "; and at its end: " : "", both ? last.text : "");
    error_blame(error, why->cause);
    error_try(error, "%s", why->attempt);
}

/* When what is waited for changes, and every ten seconds; as await_accepted() does it. */
static void say_waiting(const char *text, const char *said, int64_t *spoke_ms)
{
    int64_t now_ms = clock_monotonic_ms();

    if (text_equal(text, said) && now_ms < *spoke_ms + SPEAK_MS)
        return;
    term_note("waiting: %s", text);
    *spoke_ms = now_ms;
}

static bool wait_for_administrator(struct bootstrap *bootstrap, struct error *error)
{
    struct error before = {.text = ""}; /* the round before */
    int64_t spoke_ms = 0;
    bool found = false;

    while (found = read_once(bootstrap, error), !found && may_come(bootstrap, error)) {
        int64_t left_ms = bootstrap->how.deadline_ms - clock_monotonic_ms();

        session_free(bootstrap->session);
        bootstrap->session = NULL;
        if (left_ms < AGAIN_MS) {
            end_of_wait(&before, left_ms <= 0, error);
            break;
        }
        say_waiting(error->text, before.text, &spoke_ms);
        before = *error;
        term_countdown(left_ms);
        clock_sleep_ms(AGAIN_MS);
    }
    term_progress_end();
    return found;
}

static bool enable_and_wait(struct bootstrap *bootstrap, const struct handover *handover,
                            struct error *error)
{
    struct change_run *change = &bootstrap->change;

    *change = (struct change_run){
        .session = bootstrap->session, .options = &bootstrap->how, .wants_verify = true};
    return enable_plan(change, false, error) && handover_ready(handover, error) &&
           change_runs_agree(change, 1, error) && change_run_do(change, error);
}

/* What stands after the change is handed over. */
static bool hand_over_enabled(const struct bootstrap *bootstrap, struct handover *handover,
                              struct error *error)
{
    const struct change_run *change = &bootstrap->change;
    bool differs = false;

    if (bootstrap->how.agree.dry_run)
        return change_runs_answer(change, 1, false, error);
    return handover_name(handover, change->after, change->verified == CHANGE_ACCEPTED, error) &&
           handover_write(handover, NULL, &differs, error);
}

static bool run_bootstrap(struct run *run)
{
    const struct handover_options output = options_handover(run->settings);
    struct bootstrap bootstrap = {.options =
                                      options_session_writing(run->settings, run_word(run, 0)),
                                  .how = options_change(run->settings)};
    struct handover *handover = NULL;
    bool done = false;

    bootstrap.how.deadline_ms =
        clock_monotonic_ms() + settings_number(run->settings, OPTION_WAIT) * MS_PER_S;
    handover = handover_new(&output, run->error);
    if (handover == NULL)
        return false;
    if (!bootstrap.how.agree.yes) {
        error_set(run->error, ERROR_USAGE,
                  "bootstrap asks nobody, and needs --yes: nothing was changed");
        error_try(run->error, "pritunl-access bootstrap --yes");
    } else {
        done = wait_for_administrator(&bootstrap, run->error) &&
               enable_and_wait(&bootstrap, handover, run->error) &&
               hand_over_enabled(&bootstrap, handover, run->error);
    }
    handover_free(handover);
    change_run_clear(&bootstrap.change);
    session_free(bootstrap.session);
    return done;
}

const struct command cmd_bootstrap = {
    .name = "bootstrap",
    .group = GROUP_HAND_OVER,
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_NAMES, OPTION_INSECURE_CONSUMER, OPTION_COUNT},
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
