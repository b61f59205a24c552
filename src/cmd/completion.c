/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/complete.h"
#include "cli/configuration.h"
#include "cli/help.h"
#include "cmd/options.h"
#include "pritunl/mark.h"
#include "step/answer.h"
#include "step/session.h"

/* Somebody has pressed TAB and waits: no database is worth more. */
#define PATIENCE_S 1

static void offer_administrators(const struct settings *settings, struct complete *complete,
                                 bool labels)
{
    const struct session_options options = options_session(settings, NULL);
    const struct snapshot_query query = {.silent = true};
    struct session *session = session_new(&options);
    struct error ignored = {0};
    const struct snapshot *snapshot = NULL;

    alarm(PATIENCE_S);
    if (session_survey_all(session, "completion", &query, &ignored))
        snapshot = session_snapshot(session);
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct mark mark = {0};
        bool temporary = mark_read(admin->document, &mark);

        if (temporary && labels)
            complete_offer(complete, mark.label, admin->username);
        if (!labels && admin->username != NULL)
            complete_offer(complete, admin->username,
                           temporary         ? "temporary"
                           : admin->auth_api ? "API on"
                                             : "API off");
        mark_clear(&mark);
    }
    session_free(session);
}

static void offer_profiles(const struct settings *settings, struct complete *complete)
{
    size_t count = 0;
    const char **names = settings_profiles(settings, &count);

    for (size_t i = 0; i < count; i++)
        complete_offer(complete, names[i], NULL);
    mem_free(names);
}

/* What the scripts ask: one word's candidates, in the form of cli/completion.c. */
static bool answer_words(struct run *run)
{
    size_t count = 0;
    struct complete complete;
    struct error ignored = {0};
    struct buf out = BUF_EMPTY(BUF_MAX);
    enum complete_kind kind = COMPLETE_WORDS;

    while (run->rest != NULL && run->rest[count] != NULL)
        count++;
    kind = complete_words(run->commands, run->rest, count, &complete);
    if (kind == COMPLETE_ADMINISTRATORS || kind == COMPLETE_LABELS || kind == COMPLETE_PROFILES) {
        complete_settings(run->rest, count, run->settings);
        term_set_style(&(struct term_style){.quiet = true});
        if (settings_from_environment(run->settings, &ignored) &&
            settings_from_files(run->settings, &ignored)) {
            if (kind == COMPLETE_PROFILES)
                offer_profiles(run->settings, &complete);
            else
                offer_administrators(run->settings, &complete, kind == COMPLETE_LABELS);
        }
    }
    if (kind == COMPLETE_FILES)
        buf_add_format(&out, "files %zu\n", complete.prefix);
    else if (kind == COMPLETE_COMMAND)
        buf_add_format(&out, "command %zu\n", complete.command_line);
    else
        buf_add_text(&out, "words\n");
    buf_add(&out, complete.offers.data, complete.offers.length);
    buf_free(&complete.offers);
    return answer_text(&out, run->error);
}

/*
 * "mdoc" and "words" are no shells: the build asks for the manual's sections, the scripts for
 * words.
 */
static bool run_completion(struct run *run)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *shell = run->word_count > 0 ? run->words[0] : "";

    if (text_equal(shell, "words"))
        return answer_words(run);
    if (text_equal(shell, "mdoc")) {
        help_mdoc(run->commands, &out);
    } else if (!completion_write(shell, &out)) {
        error_set(run->error, ERROR_USAGE, "completion: bash, zsh or fish is wanted");
        return error_try(run->error, "pritunl-access completion bash");
    }
    return answer_text(&out, run->error);
}

const struct command cmd_completion = {
    .name = "completion",
    .group = GROUP_HELP,
    .arguments = "bash|zsh|fish",
    .summary = "a completion script for a shell",
    .description = "Printed on stdout.",
    .examples =
        (const char *const[]){"For bash:", "eval \"$(pritunl-access completion bash)\"", NULL},
    .max_words = 1,
    .choices = "bash zsh fish",
    .takes_command = true,
    .ignores_files = true,
    .run = run_completion,
};
