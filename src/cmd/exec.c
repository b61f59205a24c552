/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "base/mem.h"
#include "base/process.h"
#include "base/run.h"
#include "base/text.h"
#include "cmd/hand.h"
#include "cmd/lend.h"
#include "cmd/options.h"
#include "io/crypto.h"
#include "place/child.h"
#include "pritunl/issued.h"

#define RANDOM_LENGTH 8
#define STATUS_EXEC_FAILED 125

static char *make_label(void)
{
    char random[RANDOM_LENGTH + 1];

    crypto_random_text(random, RANDOM_LENGTH);
    return text_format("exec %ld %s", (long)getpid(), random);
}

/* From here on it is taken back, whatever happens. */
static bool run_issued(struct lend *lend, struct hand *hand, char *const argv[], int *status,
                       struct error *error)
{
    char **environment = NULL;
    bool ran = false;

    if (!lend_make(lend, &hand->flow, error) || !lend_verify(lend, hand, 0, error))
        return false;
    environment =
        child_environment(&hand->variables, settings_flag(hand->flow.settings, OPTION_PRISTINE));
    ran = supervise(argv, environment, status, error);
    child_free(environment);
    lend_back(lend, &hand->flow);
    return ran;
}

/*
 * --issue: issue, verify, run the command and wait, passing signals on; revoke, however it ends. If
 * this process is killed, the expiry stands.
 */
static bool exec_issued(struct run *run)
{
    const struct settings *settings = run->settings;
    struct error *error = run->error;
    const struct names_config names = {settings_text(settings, OPTION_NAMES),
                                       settings_flag(settings, OPTION_INSECURE_CONSUMER), false};
    struct lend lend = {0};
    struct hand hand = {0};
    char *label = make_label();
    bool done = false;

    lend.label = label;
    flow_init(&hand.flow, settings, NULL);
    if (run->word_count > 0)
        error_set(error, ERROR_USAGE,
                  "exec: --issue makes an administrator of its own, and takes none");
    else if (settings_flag(settings, OPTION_NO_VERIFY))
        error_set(error, ERROR_USAGE, "exec: --issue always verifies: not with --no-verify");
    else
        done = issued_lifetime(settings_text(settings, OPTION_ISSUE), &lend.lifetime_ms, error) &&
               names_check(&names, error) && flow_begin(&hand.flow, error) &&
               lend_read(&hand.flow, error) && lend_plan(&lend, &hand.flow, error) &&
               run_issued(&lend, &hand, run->rest, &run->status, error);
    lend_clear(&lend);
    hand_clear(&hand);
    mem_free(label);
    return done;
}

static bool run_exec(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    struct hand hand = {0};
    char **environment = NULL;
    bool taken = false;

    if (run->rest == NULL || run->rest[0] == NULL) {
        error_set(error, ERROR_USAGE, "exec: no command is given behind --");
        return error_try(error, "pritunl-access exec -- COMMAND");
    }
    if (settings_given(settings, OPTION_ISSUE))
        return exec_issued(run);
    taken = hand_take(&hand, settings, run_word(run, 0), false, error);
    if (taken)
        environment = child_environment(&hand.variables, settings_flag(settings, OPTION_PRISTINE));
    hand_clear(&hand);
    if (taken)
        process_become(run->rest, environment, &run->status, error);
    child_free(environment);
    return false;
}

const struct command cmd_exec = {
    .name = "exec",
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
