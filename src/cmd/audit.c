/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/audit.h"
#include "pritunl/judgement.h"
#include "pritunl/mark.h"
#include "step/answer.h"
#include "step/report.h"
#include "step/session.h"

#define FINDINGS_MAX 8

struct auditing {
    const struct snapshot *snapshot; /* of everybody */
    const struct server *server;
    struct audit *log;
};

struct finding {
    bool live; /* the API takes it, as far as the documents tell */
    const char *names[FINDINGS_MAX];
    size_t count;
    char since[CLOCK_TEXT_SIZE]; /* when the document was made; "" where its _id does not tell */
};

static void add_finding(struct finding *finding, bool applies, const char *name)
{
    if (applies)
        finding->names[finding->count++] = name;
}

static void tell_since(const struct admin *admin, char text[CLOCK_TEXT_SIZE])
{
    int64_t made_ms = admin_made_ms(admin);

    text[0] = '\0';
    if (made_ms >= 0)
        clock_text(made_ms, text);
}

static void find_faults(const struct auditing *audit, size_t index, struct finding *finding)
{
    const struct admin *admin = snapshot_admin(audit->snapshot, index);
    struct mark mark = {0};
    bool temporary = mark_read(admin->document, &mark);
    bool comes_first = false;

    *finding = (struct finding){.live = judgement_of(audit->snapshot, admin).usable};
    tell_since(admin, finding->since);
    add_finding(finding, temporary && mark.expires_ms <= clock_wall_ms(), "expired");
    add_finding(finding, snapshot_shares_token(audit->snapshot, admin, &comes_first) != NULL,
                cause_name(CAUSE_TOKEN_DUPLICATE));
    add_finding(finding, admin->flag_fault == CAUSE_FLAG_NOT_BOOLEAN,
                cause_name(CAUSE_FLAG_NOT_BOOLEAN));
    add_finding(finding, admin->token_fault != CAUSE_NONE, cause_name(admin->token_fault));
    add_finding(finding, admin->secret_fault != CAUSE_NONE, cause_name(admin->secret_fault));
    add_finding(finding, admin->disabled && admin->auth_api,
                cause_name(CAUSE_ADMINISTRATOR_DISABLED));
    add_finding(finding, admin->default_password, "default-password");
    mark_clear(&mark);
}

static struct json *audit_lines_json(const struct auditing *audit, const struct admin *admin)
{
    struct json *list = json_make_array();
    struct audit_line line;

    for (size_t i = 0; audit_line(audit->log, admin, i, &line); i++) {
        struct json *row = json_make_object();
        char time[CLOCK_TEXT_SIZE] = "";

        if (line.time_ms >= 0)
            clock_text(line.time_ms, time);
        json_put_text(row, "time", time[0] != '\0' ? time : NULL);
        json_put_text(row, "type", line.type);
        json_put_text(row, "message", line.message);
        json_put_text(row, "note", audit_note(&line, audit->server));
        json_add(list, row);
    }
    return list;
}

static struct report *report_audit(const struct auditing *audit)
{
    static const char *const headings[] = {"ADMINISTRATOR", "API",      "SINCE",
                                           "SUPER USER",    "FINDINGS", NULL};
    struct report *report = report_new(headings);

    for (size_t i = 0; i < snapshot_count(audit->snapshot); i++) {
        const struct admin *admin = snapshot_admin(audit->snapshot, i);
        const char *name = admin->username != NULL ? admin->username : "(no text)";
        struct finding finding;

        find_faults(audit, i, &finding);
        report_row(report);
        report_text(report, "administrator", NULL, admin->username);
        report_text(report, NULL, "ADMINISTRATOR", name);
        report_text(report, "id", NULL, admin->id);
        report_bool(report, "live", NULL, finding.live);
        report_text(report, NULL, "API", finding.live ? "live" : "off");
        report_text(report, "since", "SINCE", finding.since[0] != '\0' ? finding.since : NULL);
        report_bool(report, "super_user", "SUPER USER", admin->super_user);
        report_bool(report, "temporary", NULL, mark_read(admin->document, NULL));
        report_list(report, "findings", "FINDINGS", finding.names, finding.count);
        report_json(report, "audit", audit_lines_json(audit, admin));
    }
    return report;
}

static void write_audit_lines(const struct auditing *audit, struct buf *out)
{
    for (size_t i = 0; i < snapshot_count(audit->snapshot); i++) {
        const struct admin *admin = snapshot_admin(audit->snapshot, i);
        struct json *lines = audit_lines_json(audit, admin);

        for (size_t k = 0; k < json_count(lines); k++) {
            const struct json *line = json_at(lines, k);
            const char *note = json_text(json_get(line, "note"), NULL);
            char *whole = text_format("%s  %s: %s%s%s%s",
                                      json_text(json_get(line, "time"), NULL) != NULL
                                          ? json_text(json_get(line, "time"), NULL)
                                          : "(no time)",
                                      admin->username != NULL ? admin->username : admin->id,
                                      json_text(json_get(line, "message"), NULL) != NULL
                                          ? json_text(json_get(line, "message"), NULL)
                                          : "",
                                      note != NULL ? " (" : "", note != NULL ? note : "",
                                      note != NULL ? ")" : "");
            char *printable = text_printable(whole, strlen(whole));

            buf_add_format(out, "%s\n", printable);
            mem_free(printable);
            mem_free(whole);
        }
        json_free(lines);
    }
}

static bool answer_audit(const struct auditing *audit, bool as_json, struct error *error)
{
    struct report *report = report_audit(audit);
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (as_json)
        return report_answer(report, true, error);
    report_cells(report, &out);
    report_free(report);
    write_audit_lines(audit, &out);
    return answer_text(&out, error);
}

static bool run_audit(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    const struct snapshot_query everybody = {
        .silent = true, .wants_passwords = true, .wants_server = true};
    struct session *session = session_new(&options);
    struct auditing audit = {0};
    bool done = session_survey_all(session, "audit", &everybody, run->error);

    if (done) {
        audit.snapshot = session_snapshot(session);
        audit.server = session_server(session);
        audit.log = audit_read(session_db(session), run->error);
        done = audit.log != NULL;
    }
    if (done)
        done = answer_audit(&audit, settings_flag(run->settings, OPTION_JSON), run->error);
    audit_free(audit.log);
    session_free(session);
    return done;
}

const struct command cmd_audit = {
    .name = "audit",
    .group = GROUP_LOOK,
    .arguments = "",
    .summary = "who has API access, since when, and what is odd about it",
    .description = "Reads the database alone: expired temporary administrators, duplicate "
                   "tokens, flags that are no booleans, short secrets, default passwords, "
                   "and the audit log's lines about tokens.",
    .examples = (const char *const[]){"Who can use the API, and what is odd about it?",
                                      "pritunl-access audit", NULL},
    .run = run_audit,
};
