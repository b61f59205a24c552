/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "base/mem.h"
#include "base/process.h"
#include "base/run.h"
#include "base/text.h"
#include "cmd/options.h"
#include "io/crypto.h"
#include "place/child.h"
#include "pritunl/mark.h"
#include "step/handover.h"
#include "step/lease.h"

#define RANDOM_LENGTH 8
#define STATUS_EXEC_FAILED 125

static char *make_label(void)
{
    char random[RANDOM_LENGTH + 1];

    crypto_random_text(random, RANDOM_LENGTH);
    return text_format("exec %ld %s", (long)getpid(), random);
}

/* All places where the pair is, other than in the command. */
struct given {
    struct session *session;
    struct lease *lease;
    struct handover *handover;
    char **environment;
};

/* While the command runs nothing here needs the pair, and no look into our memory finds it. */
static void forget_given(void *context)
{
    struct given *given = context;

    child_free(given->environment);
    given->environment = NULL;
    handover_forget(given->handover);
    lease_forget_pair(given->lease, given->session);
    mem_wipe_stack();
}

/* From here on it is taken back, whatever happens. */
static bool run_issued(struct run *run, struct session *session, struct lease *lease,
                       struct handover *handover)
{
    struct given given = {session, lease, handover, NULL};
    struct supervised program = {.argv = run->rest, .started = forget_given, .context = &given};
    bool ran = false;

    if (!lease_make(lease, session, run->error) || !lease_verify(lease, session, run->error))
        return false;
    handover_warn(handover, session);
    if (handover_name(handover, session, true, run->error)) {
        given.environment = child_environment(handover_variables(handover),
                                              settings_flag(run->settings, OPTION_PRISTINE));
        program.environment = given.environment;
        mem_wipe_stack(); /* what waits lays its frames over it */
        ran = supervise(&program, &run->status, run->error);
        child_free(given.environment);
    }
    lease_back(lease, session);
    return ran;
}

/*
 * --issue: issue, verify, run the command and wait, passing signals on; revoke, however it ends. If
 * this process is killed, the expiry stands.
 */
static bool exec_issued(struct run *run, struct handover *handover)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const char *lifetime = settings_text(run->settings, OPTION_ISSUE);
    struct session *session = session_new(&options);
    char *label = make_label();
    struct lease lease = {.options = {.label = label}};
    bool done = mark_lifetime(lifetime, &lease.options.lifetime_ms, run->error) &&
                session_begin(session, run->error) && lease_read(session, run->error) &&
                lease_plan(&lease, session, run->error) &&
                run_issued(run, session, &lease, handover);

    session_free(session);
    lease_clear(&lease);
    mem_free(label);
    return done;
}

/* Where this returns, the command was not run. */
static void become_command(struct run *run, struct handover *handover)
{
    const struct session_options options = options_session(run->settings, run_word(run, 0));
    struct session *session = session_new(&options);
    char **environment = NULL;
    bool taken = handover_take(handover, session, run->error);

    if (taken)
        environment = child_environment(handover_variables(handover),
                                        settings_flag(run->settings, OPTION_PRISTINE));
    session_free(session);
    if (taken)
        process_become(run->rest, environment, &run->status, run->error);
    child_free(environment);
}

static bool check_issue(const struct run *run)
{
    if (run->word_count > 0)
        return error_set(run->error, ERROR_USAGE,
                         "exec: --issue makes an administrator of its own, and takes none");
    if (settings_flag(run->settings, OPTION_NO_VERIFY))
        return error_set(run->error, ERROR_USAGE,
                         "exec: --issue always verifies: not with --no-verify");
    return true;
}

static bool run_exec(struct run *run)
{
    const struct handover_options options = options_child(run->settings);
    bool issues = settings_given(run->settings, OPTION_ISSUE);
    struct handover *handover = NULL;
    bool done = false;

    if (run->rest == NULL || run->rest[0] == NULL) {
        error_set(run->error, ERROR_USAGE, "exec: no command is given behind --");
        return error_try(run->error, "pritunl-access exec -- COMMAND");
    }
    if (issues && !check_issue(run))
        return false;
    handover = handover_new(&options, run->error);
    if (handover == NULL)
        return false;
    if (!process_find(run->rest[0], &run->status, run->error)) {
        handover_free(handover);
        return false;
    }
    if (issues)
        done = exec_issued(run, handover);
    else
        become_command(run, handover);
    handover_free(handover);
    return done;
}

const struct command cmd_exec = {
    .name = "exec",
    .group = GROUP_HAND_OVER,
    .everyday = "exec -- terraform plan",
    .everyday_for = "a command that has the credential",
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_NAMES, OPTION_INSECURE_CONSUMER,
                                         OPTION_COUNT},
    .arguments = "[ADMIN] -- COMMAND [ARGUMENT ...]",
    .summary = "recover, verify, then become a command that has the credential",
    .description =
        "The credential is in the command's environment alone; the database's URI is not. "
        "With --issue it is a temporary administrator's, made without asking and deleted "
        "when the command has ended. "
        "A failure before the command starts gives 125; 126: it cannot be run, 127: not "
        "found.",
    .examples = (const char *const[]){"Terraform with the credential in its environment alone:",
                                      "pritunl-access exec -- terraform plan", NULL},
    .max_words = 1,
    .takes_command = true,
    .options = (const enum option_id[]){OPTION_NO_VERIFY, OPTION_PRISTINE, OPTION_YES, OPTION_ISSUE,
                                        OPTION_COUNT},
    .failure = STATUS_EXEC_FAILED,
    .run = run_exec,
};
