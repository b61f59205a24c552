/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/mark.h"
#include "step/agree.h"
#include "step/answer.h"
#include "step/revocation.h"

static bool is_meant(bool all, const char *word, const struct admin *admin, const struct mark *mark)
{
    if (word != NULL)
        return text_equal(mark->label, word) || text_equal(admin->username, word) ||
               text_equal(admin->token, word);
    return all || mark->expires_ms <= clock_wall_ms();
}

/* What was typed is never repeated: it may be a token. */
static bool check_one_chosen(const struct revocation *revocation, struct error *error)
{
    if (revocation->count == 1)
        return true;
    if (revocation->count == 0)
        error_set(error, ERROR_NOT_FOUND,
                  "no temporary administrator has that label, username or token");
    else
        error_set(error, ERROR_AMBIGUOUS, "that names %zu temporary administrators: %s, %s …",
                  revocation->count, revocation->chosen[0]->username,
                  revocation->chosen[1]->username);
    return error_try(error, "pritunl-access list --issued");
}

/* word is NULL with --expired or --all-issued. */
static bool choose_issued(struct revocation *revocation, bool all, const char *word,
                          struct error *error)
{
    const struct snapshot *snapshot = session_snapshot(revocation->session);

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        struct mark mark;

        if (!mark_read(snapshot_admin(snapshot, i)->document, &mark))
            continue;
        if (is_meant(all, word, snapshot_admin(snapshot, i), &mark))
            revocation_add(revocation, snapshot_admin(snapshot, i));
        mark_clear(&mark);
    }
    return word == NULL || check_one_chosen(revocation, error);
}

static bool agree_to_revoke(const struct revocation *revocation,
                            const struct agree_options *options, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool agreed = true;

    revocation_show(revocation, &text);
    agreed = agree(options, buf_text(&text), "Delete this?", error);
    buf_free(&text);
    return agreed;
}

static bool answer_revocation(const struct revocation *revocation,
                              const struct agree_options *options, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct json *json = NULL;

    if (options->json) {
        json = json_make_object();
        json_put(json, "revoked", json_share(revocation->revoked));
        json_put_bool(json, "dry_run", options->dry_run);
        return answer_json(json, error);
    }
    revocation_write(revocation, options->dry_run, &out);
    if (revocation->count == 0)
        buf_add_text(&out, "nothing to revoke\n");
    return answer_prose(&out, error);
}

static bool run_revoke(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct agree_options how = options_agree(run->settings);
    const struct snapshot_query everybody = {.wants_server = true, .silent = true};
    const char *word = run_word(run, 0);
    bool expired = settings_flag(run->settings, OPTION_EXPIRED);
    bool all = settings_flag(run->settings, OPTION_ALL_ISSUED);
    struct revocation revocation;
    struct session *session = NULL;
    bool done = false;

    if ((word != NULL) + expired + all != 1) {
        error_set(
            run->error, ERROR_USAGE,
            "revoke: one of a label, username or token, --expired and --all-issued is wanted");
        return error_try(run->error, "pritunl-access list --issued");
    }
    session = session_new(&options);
    revocation_init(&revocation, session);
    done = session_open(session, run->error) && session_survey(session, &everybody, run->error) &&
           choose_issued(&revocation, all, word, run->error) && answer_ready(run->error) &&
           agree_to_revoke(&revocation, &how, run->error) &&
           revocation_run(&revocation, how.dry_run, run->error) &&
           answer_revocation(&revocation, &how, run->error);
    revocation_clear(&revocation);
    session_free(session);
    return done;
}

const struct command cmd_revoke = {
    .name = "revoke",
    .group = GROUP_TEMPORARY,
    .arguments = "[LABEL|USERNAME|TOKEN]",
    .summary = "delete a temporary administrator, and never another one",
    .description =
        "Only what issue made is ever deleted, whatever is typed, and never the last enabled "
        "super user.",
    .examples =
        (const char *const[]){"The job has ended:", "pritunl-access revoke \"nightly job\" --yes",
                              "What a timer runs:", "pritunl-access revoke --expired --yes", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){OPTION_YES, OPTION_DRY_RUN, OPTION_EXPIRED,
                                        OPTION_ALL_ISSUED, OPTION_COUNT},
    .run = run_revoke,
};
