/* SPDX-License-Identifier: MIT */
#include "cmd/exec_issued.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/run.h"
#include "base/text.h"
#include "cmd/lend.h"
#include "io/crypto.h"
#include "place/child.h"
#include "pritunl/issued.h"

#define RANDOM_LENGTH 8

static char *make_label(void)
{
    char random[RANDOM_LENGTH + 1];

    crypto_random_text(random, RANDOM_LENGTH);
    return text_format("exec %ld %s", (long)getpid(), random);
}

/* From here on it is taken back, whatever happens. */
static bool run(struct lend *lend, struct hand *hand, char *const argv[], int *status,
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

bool exec_issued(const struct settings *settings, const struct arguments *arguments, int *status,
                 struct error *error)
{
    const struct names_config names = {settings_text(settings, OPTION_NAMES),
                                       settings_flag(settings, OPTION_INSECURE_CONSUMER), false};
    struct lend lend = {0};
    struct hand hand = {0};
    char *label = make_label();
    bool done = false;

    lend.label = label;
    flow_init(&hand.flow, settings, NULL);
    if (arguments->word_count > 0)
        error_set(error, ERROR_USAGE,
                  "exec: --issue makes an administrator of its own, and takes none");
    else if (settings_flag(settings, OPTION_NO_VERIFY))
        error_set(error, ERROR_USAGE, "exec: --issue always verifies: not with --no-verify");
    else
        done = issued_lifetime(settings_text(settings, OPTION_ISSUE), &lend.lifetime_ms, error) &&
               names_check(&names, error) && flow_begin(&hand.flow, error) &&
               lend_read(&hand.flow, error) && lend_plan(&lend, &hand.flow, error) &&
               run(&lend, &hand, arguments->rest, status, error);
    lend_clear(&lend);
    hand_clear(&hand);
    mem_free(label);
    return done;
}
