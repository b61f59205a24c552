/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"
#include "step/handover.h"

static bool run_export(struct run *run)
{
    const struct session_options options = options_session(run->settings, run_word(run, 0));
    const struct handover_options how = options_handover(run->settings);
    struct handover *handover = handover_new(&how, run->error);
    struct session *session = NULL;
    bool differs = false;
    bool done = false;

    if (handover == NULL)
        return false;
    session = session_new(&options);
    done = handover_take(handover, session, run->error) &&
           handover_write(handover, NULL, &differs, run->error);
    if (done && differs)
        run->status = error_status(ERROR_REFUSED);
    handover_free(handover);
    session_free(session);
    return done;
}

const struct command cmd_export = {
    .name = "export",
    .group = GROUP_HAND_OVER,
    .everyday = "export -o pritunl.env",
    .everyday_for = "the credential into a file",
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_NAMES, OPTION_INSECURE_CONSUMER,
                                         OPTION_COUNT},
    .arguments = "[ADMIN]",
    .summary = "recover, verify, then write the credential",
    .description =
        "Nothing is written if the API does not accept the credential. A file is replaced "
        "in one step, and left untouched if it already holds the same. --check names what "
        "differs: url, token, secret, names, certificate, or the text alone.",
    .examples =
        (const char *const[]){
            "A file for Terraform's environment:", "pritunl-access export -o pritunl.env",
            "Into this shell:", "eval \"$(pritunl-access export -f sh)\"",
            "Does the file still hold the truth?", "pritunl-access export -o pritunl.env --check",
            "With the certificate, for what can trust a file:",
            "pritunl-access export -o pritunl.env --ca-file pritunl.pem", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){EXPORT_OPTIONS, OPTION_NO_VERIFY, OPTION_CHECK,
                                        OPTION_CA_FILE, OPTION_COUNT},
    .run = run_export,
};
