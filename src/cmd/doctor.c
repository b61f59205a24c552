/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/doctor_checks.h"
#include "cmd/doctor_gather.h"
#include "cmd/doctor_overview.h"
#include "cmd/doctor_pair.h"
#include "cmd/doctor_reset.h"
#include "cmd/options.h"
#include "step/answer.h"

#define INDENT 7

static enum verdict verdict_of(const struct evidence *evidence)
{
    if (evidence->judges_pair && !evidence->asked)
        return evidence->cause != CAUSE_NONE ? VERDICT_REFUSED : VERDICT_UNKNOWN;
    if ((!evidence->read && !evidence->judges_pair) || !evidence->asked)
        return VERDICT_UNKNOWN;
    return evidence->culprit != NULL ? evidence->culprit->result.verdict
                                     : evidence->verified.verdict;
}

static int status_for(const struct evidence *evidence)
{
    if (!evidence->read && !evidence->judges_pair)
        return error_status(ERROR_DATABASE);
    if (!evidence->asked && evidence->cause == CAUSE_NONE)
        return error_status(evidence->api.kind);
    switch (verdict_of(evidence)) {
    case VERDICT_ACCEPTED:
        return 0;
    case VERDICT_REFUSED:
        return error_status(ERROR_REFUSED);
    default:
        return error_status(ERROR_API);
    }
}

/* What the API, or the one host that is to blame, was found to say. */
static const struct verify_result *result_of(const struct evidence *evidence)
{
    return evidence->culprit != NULL ? &evidence->culprit->result : &evidence->verified;
}

static void remedy_of(const struct evidence *evidence, char *text, size_t size)
{
    const struct admin *admin = evidence->admin;
    const char *name = admin != NULL ? admin->username : NULL;
    enum cause cause = evidence->cause;

    if (evidence->renewed != NULL && (cause == CAUSE_API_DISABLED || cause == CAUSE_TOKEN_UNKNOWN))
        reset_remedy(evidence, text, size);
    else if (evidence->judges_pair)
        pair_remedy(evidence, text, size);
    else if (!evidence->read && evidence->database.attempt[0] != '\0')
        snprintf(text, size, "%s", evidence->database.attempt);
    else if (cause != CAUSE_NONE && cause == result_of(evidence)->cause)
        verify_remedy(result_of(evidence), name, text, size);
    else if (cause != CAUSE_NONE)
        cause_write_remedy(cause, name, text, size);
    else
        snprintf(text, size, "%s", evidence->asked ? "" : evidence->api.attempt);
}

/* Another cause that no request could tell from the one; CAUSE_NONE: none. */
static enum cause also_of(const struct evidence *evidence)
{
    const struct verify_result *result = result_of(evidence);

    return evidence->cause == result->cause && evidence->fault == CAUSE_NONE ? result->also
                                                                             : CAUSE_NONE;
}

static char *cause_line(const struct evidence *evidence)
{
    enum cause cause = evidence->cause;
    enum cause also = also_of(evidence);

    if (also == CAUSE_NONE)
        return text_format("%s: %s", cause_name(cause), cause_text(cause));
    return text_format("%s: %s; or %s: %s", cause_name(cause), cause_text(cause), cause_name(also),
                       cause_text(also));
}

/* Whose pair it is, as far as anybody says. */
static const char *whose_pair(const struct evidence *evidence)
{
    if (evidence->admin == NULL && evidence->pair != NULL)
        return evidence->pair->administrator;
    return evidence->admin != NULL ? evidence->admin->username : NULL;
}

static const char *state_name(enum finding_state state)
{
    static const char *const names[] = {"ok", "warn", "fail", "skip"};

    return names[state];
}

static bool write_diagnosis_json(const struct evidence *evidence, const struct finding *findings,
                                 size_t count, struct error *error)
{
    struct json *json = json_make_object();
    struct json *checks = json_make_array();
    char remedy[512] = "";

    remedy_of(evidence, remedy, sizeof remedy);
    for (size_t i = 0; i < count; i++) {
        struct json *check = json_make_object();

        json_put_text(check, "name", findings[i].name);
        json_put_text(check, "state", state_name(findings[i].state));
        json_put_text(check, "detail", findings[i].detail);
        json_add(checks, check);
    }
    json_put_text(json, "administrator", whose_pair(evidence));
    if (evidence->judges_pair)
        json_put_text(json, "source", evidence->source);
    json_put_text(json, "verdict", verdict_name(verdict_of(evidence)));
    json_put_text(json, "cause", cause_name(evidence->cause));
    json_put_text(json, "also", cause_name(also_of(evidence)));
    json_put_text(json, "remedy", remedy[0] != '\0' ? remedy : NULL);
    json_put(json, "checks", checks);
    return answer_json(json, error);
}

/* text in at most width columns; what is cut off is shown by an ellipsis. */
static void write_cut(const char *text, size_t width, struct buf *out)
{
    char *printable = text_printable(text, strlen(text));
    char *fitting = text_fit_words(printable, width);

    buf_add_format(out, "%s\n", fitting);
    mem_free(fitting);
    mem_free(printable);
}

/* One line a check. */
static void write_finding(const struct finding *finding, size_t width, struct buf *out)
{
    static const char *const colors[] = {"\033[32m", "\033[33m", "\033[31m", "\033[2m"};
    bool color = term_style()->color && term_is_terminal(STDOUT_FILENO);

    buf_add_format(out, "%-13s %s%-4s%s  ", finding->name, color ? colors[finding->state] : "",
                   state_name(finding->state), color ? "\033[0m" : "");
    write_cut(finding->detail, width - 20, out);
}

static bool is_unwell(const struct finding *finding)
{
    return finding->state == FINDING_WARN || finding->state == FINDING_FAIL;
}

static bool has_warning(const struct finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_unwell(&findings[i]))
            return true;
    return false;
}

static bool write_diagnosis_text(const struct evidence *evidence, const struct finding *findings,
                                 size_t count, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    size_t width = term_width(STDOUT_FILENO);
    bool quiet = term_style()->quiet;
    const char *name = whose_pair(evidence);
    char remedy[512] = "";

    remedy_of(evidence, remedy, sizeof remedy);
    if (quiet && evidence->cause == CAUSE_NONE && evidence->asked && !has_warning(findings, count))
        return true;
    buf_add_text(&out, "administrator ");
    write_cut(name != NULL     ? name
              : evidence->read ? "(nobody in the database)"
                               : "(nobody could be read)",
              width - 14, &out);
    for (size_t i = 0; i < count; i++)
        if (!quiet || is_unwell(&findings[i]))
            write_finding(&findings[i], width, &out);
    if (evidence->cause == CAUSE_NONE && evidence->asked) {
        buf_add_text(&out, "\nThe API accepts the credential.\n");
    } else {
        char *cause =
            evidence->cause != CAUSE_NONE ? cause_line(evidence) : mem_text(evidence->api.text);

        buf_add_text(&out, "\ncause: ");
        text_wrap(cause, INDENT, INDENT, width, &out);
        buf_add_text(&out, "\n");
        mem_free(cause);
    }
    if (remedy[0] != '\0') {
        buf_add_text(&out, "try:   ");
        answer_attempt(remedy, INDENT, width, &out);
    }
    return answer_text(&out, error);
}

static bool run_doctor(struct run *run)
{
    const struct question question = {.session = options_session(run->settings, run_word(run, 0)),
                                      .host_jobs =
                                          settings_flag(run->settings, OPTION_EVERY_HOST)
                                              ? (size_t)settings_number(run->settings, OPTION_JOBS)
                                              : 0};
    struct evidence evidence = {0};
    struct finding findings[FINDINGS_MAX];
    size_t count = 0;
    bool done = evidence_gather(&evidence, &question, run->error);

    if (done && evidence.several) {
        run->status = error_status(ERROR_AMBIGUOUS);
        done = overview_write(&evidence, term_style()->quiet,
                              settings_flag(run->settings, OPTION_JSON), run->error);
    } else if (done) {
        count = checks_run(&evidence, findings);
        run->status = status_for(&evidence);
        done = settings_flag(run->settings, OPTION_JSON)
                   ? write_diagnosis_json(&evidence, findings, count, run->error)
                   : write_diagnosis_text(&evidence, findings, count, run->error);
    }
    evidence_clear(&evidence);
    return done;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .group = GROUP_LOOK,
    .everyday = "doctor",
    .everyday_for = "what is wrong, and what mends it",
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_CA_CERT, OPTION_PIN,
                                         OPTION_SERVER_TIME, OPTION_COUNT},
    .arguments = "[ADMIN]",
    .summary = "every question that can explain a refusal; one cause, one remedy",
    .description =
        "Looks from both ends: document, settings, hosts, clock, certificate, answer. What "
        "else is wrong beside the one cause is a warning. Where the database cannot be read, "
        "the API is asked its unsigned /ping all the same; on a Pritunl host that audits, its "
        "journal says why it refused. With --source it judges the token and secret that a program "
        "uses: whose they are, whether they are still the database's, what the API says. Where "
        "nobody is named and several could be meant it says what is known of each. With -q only "
        "what is not well. Changes nothing.",
    .examples = (const char *const[]){"Automation answers 401. Why?", "pritunl-access doctor",
                                      "Whose pair does this program use, and is it still right?",
                                      "pritunl-access doctor --source file:terraform.env",
                                      "Which host of the cluster is it?",
                                      "pritunl-access doctor --every-host", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){OPTION_EVERY_HOST, OPTION_COUNT},
    .run = run_doctor,
};
