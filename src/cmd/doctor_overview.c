/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_overview.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/judgement.h"
#include "pritunl/mark.h"
#include "pritunl/token.h"
#include "step/answer.h"
#include "step/report.h"

#define ASKED_MAX 100 /* of more administrators the last use is not asked: one query each */
#define INDENT 7      /* columns of "try:" and its blanks */
#define WHOSE "pritunl-access doctor --source file:PATH, or env, to see whose pair a program uses"

/* What is known of one administrator. */
struct portrait {
    const struct admin *admin;
    struct judgement judgement;
    bool temporary;
    struct mark mark;
    bool use_known;
    char last_use[CLOCK_TEXT_SIZE]; /* "" where there was none in the last 24 hours */
    char command[512];
};

static void portray(const struct evidence *evidence, const struct admin *admin,
                    struct portrait *portrait)
{
    struct error ignored;
    int64_t used_ms = -1;

    *portrait =
        (struct portrait){.admin = admin, .judgement = judgement_of(evidence->snapshot, admin)};
    portrait->temporary = mark_read(admin->document, &portrait->mark);
    if (admin->token != NULL && snapshot_count(evidence->snapshot) <= ASKED_MAX)
        portrait->use_known = token_last_use(evidence->db, admin->token, &used_ms, &ignored);
    if (used_ms >= 0)
        clock_text(used_ms, portrait->last_use);
    if (portrait->temporary && portrait->mark.expires_ms <= clock_wall_ms())
        cause_write_command("pritunl-access revoke%s", portrait->mark.label, portrait->command,
                            sizeof portrait->command);
    else if (!portrait->judgement.usable && portrait->judgement.reason == CAUSE_TOKEN_UNKNOWN)
        cause_write_remedy(CAUSE_SECRET_MISSING, admin->username, portrait->command,
                           sizeof portrait->command);
    else if (!portrait->judgement.usable)
        cause_write_remedy(portrait->judgement.reason, admin->username, portrait->command,
                           sizeof portrait->command);
    else
        cause_write_command("pritunl-access doctor%s", admin->username, portrait->command,
                            sizeof portrait->command);
}

static void report_portrait(struct report *report, const struct portrait *portrait)
{
    const struct admin *admin = portrait->admin;
    const struct judgement *judgement = &portrait->judgement;
    const char *used = portrait->last_use[0] != '\0' ? portrait->last_use : NULL;
    const char *label = portrait->temporary ? portrait->mark.label : NULL;

    report_row(report);
    report_text(report, "administrator", NULL, admin->username);
    report_text(report, NULL, "ADMINISTRATOR", admin_name(admin));
    report_text(report, "id", NULL, admin->id);
    report_bool(report, "usable", NULL, judgement->usable);
    report_text(report, "reason", NULL, cause_name(judgement->reason));
    report_text(report, NULL, "API", judgement->usable ? "ready" : cause_name(judgement->reason));
    report_text(report, "last_use", NULL, used);
    report_text(report, NULL, "LAST USE",
                used != NULL          ? used
                : portrait->use_known ? "not in 24 hours"
                                      : "not known");
    report_bool(report, "super_user", "SUPER USER", admin->super_user);
    report_text(report, "label", "TEMPORARY", label);
    report_text(report, "remedy", NULL, portrait->command);
}

static bool write_overview_json(struct report *report, struct error *error)
{
    struct json *json = json_make_object();

    json_put_null(json, "administrator");
    json_put_text(json, "verdict", verdict_name(VERDICT_UNKNOWN));
    json_put_null(json, "cause");
    json_put_null(json, "also");
    json_put_text(json, "remedy", WHOSE);
    json_put(json, "checks", json_make_array());
    json_put(json, "administrators", report_rows(report));
    return answer_json(json, error);
}

static bool write_overview_text(struct report *report, const struct buf *commands,
                                struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (commands->length > 0) {
        buf_add_text(&out, "Nobody was named, and several could be meant.\n\n");
        report_cells(report, &out);
        buf_add_text(&out, "\ntry:   ");
        answer_attempt(WHOSE, INDENT, term_width(STDOUT_FILENO), &out);
        buf_add_text(&out, buf_text(commands));
    }
    return answer_text(&out, error);
}

bool overview_write(const struct evidence *evidence, bool quiet, bool as_json, struct error *error)
{
    static const char *const headings[] = {"ADMINISTRATOR", "API",       "LAST USE",
                                           "SUPER USER",    "TEMPORARY", NULL};
    struct report *report = report_new(headings, as_json ? REPORT_ROWS : REPORT_TABLE);
    struct buf commands = BUF_EMPTY(BUF_MAX);
    size_t width = term_width(STDOUT_FILENO);
    bool done = false;

    for (size_t i = 0; i < snapshot_count(evidence->snapshot); i++) {
        struct portrait portrait;

        portray(evidence, snapshot_admin(evidence->snapshot, i), &portrait);
        if (!quiet || !portrait.judgement.usable) {
            report_portrait(report, &portrait);
            buf_add_format(&commands, "%*s", INDENT, "");
            answer_attempt(portrait.command, INDENT, width, &commands);
        }
        mark_clear(&portrait.mark);
    }
    done = as_json ? write_overview_json(report, error)
                   : write_overview_text(report, &commands, error);
    buf_free(&commands);
    report_free(report);
    return done;
}
