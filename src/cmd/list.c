/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/judgement.h"
#include "pritunl/mark.h"
#include "step/report.h"
#include "step/session.h"

#define HINT_LENGTH 4
#define MS_PER_S 1000

/* The token's first characters, as far as it has them. */
static void write_hint(const struct admin *admin, char hint[HINT_LENGTH + 1])
{
    int length = 0;

    for (; length < HINT_LENGTH && admin->token != NULL && admin->token[length] != '\0'; length++)
        hint[length] = admin->token[length];
    hint[length] = '\0';
}

/*
 * "ready", "ready (flag-not-boolean)", "api-disabled", …; behind it, of a temporary one, the time
 * left. A new string.
 */
static char *write_state(const struct admin *admin, const struct judgement *judgement)
{
    char *state = judgement->reason == CAUSE_NONE ? mem_text("ready")
                  : judgement->usable ? text_format("ready (%s)", cause_name(judgement->reason))
                                      : mem_text(cause_name(judgement->reason));
    struct mark mark;
    char left[MARK_LEFT_SIZE];
    char *whole = NULL;

    if (!mark_read(admin->document, &mark))
        return state;
    mark_left(&mark, clock_wall_ms(), left);
    whole = text_format("%s, temporary (%s%s)", state, left,
                        mark.expires_ms > clock_wall_ms() ? " left" : "");
    mark_clear(&mark);
    mem_free(state);
    return whole;
}

/* label, issuer, issued, expires, left_s and expired of a temporary one. */
static void report_issued(struct report *report, const struct mark *mark)
{
    int64_t now_ms = clock_wall_ms();
    int64_t left_ms = mark->expires_ms <= now_ms ? 0 : mark->expires_ms - now_ms;
    char left[MARK_LEFT_SIZE];
    char time[CLOCK_TEXT_SIZE];

    mark_left(mark, now_ms, left);
    report_text(report, "label", "LABEL", mark->label);
    report_text(report, "issuer", "ISSUER", mark->issuer);
    clock_text(mark->issued_ms, time);
    report_text(report, "issued", NULL, time);
    clock_text(mark->expires_ms, time);
    report_text(report, "expires", "EXPIRES", time);
    report_int(report, "left_s", left_ms / MS_PER_S);
    report_text(report, NULL, "LEFT", left);
    report_bool(report, "expired", NULL, mark->expires_ms <= now_ms);
}

static void report_admin(struct report *report, const struct snapshot *snapshot,
                         const struct admin *admin)
{
    struct judgement judgement = judgement_of(snapshot, admin);
    const char *name = admin->username != NULL ? admin->username : "(no text)";
    char *state = write_state(admin, &judgement);
    char hint[HINT_LENGTH + 1];
    char *shown = NULL;

    write_hint(admin, hint);
    shown = text_format("%s%s", hint, hint[0] != '\0' ? "…" : "");
    report_text(report, "administrator", NULL, admin->username);
    report_text(report, NULL, "ADMINISTRATOR", name);
    report_text(report, "id", NULL, admin->id);
    report_bool(report, "auth_api", NULL, admin->auth_api);
    report_bool(report, "usable", NULL, judgement.usable);
    report_text(report, "reason", NULL, cause_name(judgement.reason));
    report_text(report, NULL, "API", state);
    report_bool(report, "disabled", "DISABLED", admin->disabled);
    report_bool(report, "super_user", "SUPER USER", admin->super_user);
    report_text(report, "token_hint", NULL, hint[0] != '\0' ? hint : NULL);
    report_text(report, NULL, "TOKEN", shown);
    mem_free(shown);
    mem_free(state);
}

static struct report *report_admins(const struct snapshot *snapshot, bool issued_only,
                                    enum report_form form)
{
    static const char *const everybody[] = {"ADMINISTRATOR", "API",   "SUPER USER",
                                            "DISABLED",      "TOKEN", NULL};
    static const char *const temporary[] = {"LABEL", "ADMINISTRATOR", "ISSUER", "EXPIRES",
                                            "LEFT",  "SUPER USER",    NULL};
    struct report *report = report_new(issued_only ? temporary : everybody, form);

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct mark mark = {0};
        bool is_issued = mark_read(admin->document, &mark);

        if (is_issued || !issued_only) {
            report_row(report);
            report_admin(report, snapshot, admin);
            report_bool(report, "temporary", NULL, is_issued);
        }
        if (is_issued)
            report_issued(report, &mark);
        mark_clear(&mark);
    }
    return report;
}

static bool run_list(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    const struct snapshot_query everybody = {0};
    struct session *session = session_new(&options);
    bool done = session_survey_all(session, "list", &everybody, run->error);

    if (done)
        done = report_answer(
            report_admins(session_snapshot(session), settings_flag(run->settings, OPTION_ISSUED),
                          settings_flag(run->settings, OPTION_JSON) ? REPORT_JSON : REPORT_TABLE),
            run->error);
    session_free(session);
    return done;
}

const struct command cmd_list = {
    .name = "list",
    .group = GROUP_LOOK,
    .arguments = "",
    .summary = "every administrator, and whether its API credential can work",
    .description =
        "Reads the database alone: name, API ready or why not, super user, disabled, and "
        "the first four characters of the token. Whether the server agrees, verify says.",
    .examples = (const char *const[]){"Who has API access?", "pritunl-access list",
                                      "For monitoring:", "pritunl-access list --json", NULL},
    .options = (const enum option_id[]){OPTION_ISSUED, OPTION_COUNT},
    .run = run_list,
};
