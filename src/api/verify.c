/* SPDX-License-Identifier: MIT */
#include "api/verify.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/explain.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"
#include "pritunl/judgement.h"

#define STATUS_PATH "/status"
#define PAGE_MAX ((size_t)64 * 1024)
#define ANSWER_MAX ((size_t)1024 * 1024)

static void take_contact(const struct contact *contact, struct verify_result *result)
{
    result->trust = contact_trust_name(contact);
    result->has_clock = contact_has_clock(contact);
    result->clock_skew_s = contact_skew_s(contact);
    if (result->server[0] == '\0')
        snprintf(result->server, sizeof result->server, "%s", contact_server(contact));
}

static void set(struct verify_result *result, enum verdict verdict, enum cause cause,
                const char *detail)
{
    result->verdict = verdict;
    result->cause = cause;
    if (detail != NULL && *detail != '\0')
        snprintf(result->detail, sizeof result->detail, "%s", detail);
}

/* Is this what Pritunl answers to GET /status? Takes the version out of it. */
static bool is_status(const struct http_answer *answer, struct verify_result *result)
{
    struct error ignored;
    struct json *status =
        json_parse(buf_text(&answer->body), answer->body.length, "answer", &ignored);
    const struct json *version = json_get(status, "server_version");
    bool known = version != NULL && json_get(status, "org_count") != NULL;

    if (known && json_text(version, NULL) != NULL) {
        char *printable =
            text_printable(json_text(version, NULL), strlen(json_text(version, NULL)));

        snprintf(result->server, sizeof result->server, "%s", printable);
        mem_free(printable);
    }
    json_free(status);
    return known;
}

/*
 * An answer that no Pritunl gives to a signed request: the unsigned one tells whether the way there
 * is to blame.
 */
static void judge_odd(struct contact *contact, enum cause cause, const struct http_answer *answer,
                      struct verify_result *result)
{
    enum cause ping = contact_ping(contact);

    if (ping != CAUSE_NONE) {
        set(result, VERDICT_UNKNOWN, ping, contact_detail(contact));
        return;
    }
    set(result, VERDICT_REFUSED, cause, NULL);
    snprintf(result->detail, sizeof result->detail, "status %ld, %s%s%s", answer->status,
             *answer->content_type != '\0' ? answer->content_type : "no content type",
             *answer->location != '\0' ? ", to " : "", answer->location);
}

static void judge_answer(struct contact *contact, const struct verify_case *what,
                         const struct refusal *met, struct verify_result *result)
{
    const struct http_answer *answer = met->answer;
    enum cause cause = contact_classify(answer, false);

    result->status = answer->status;
    result->latency_ms = answer->latency_ms;
    if (cause == CAUSE_NONE && answer->status == 200) {
        if (is_status(answer, result)) {
            set(result, VERDICT_ACCEPTED, CAUSE_NONE, NULL);
            return;
        }
        cause = text_starts(answer->content_type, "application/json") ? CAUSE_NOT_PRITUNL
                                                                      : CAUSE_PROXY_ANSWER;
    }
    if (cause == CAUSE_NONE && answer->status == 401 && explain_is_pritunl(answer)) {
        result->verdict = VERDICT_REFUSED;
        explain_refusal(contact, what, met, result);
        return;
    }
    judge_odd(contact, cause != CAUSE_NONE ? cause : CAUSE_NOT_PRITUNL, answer, result);
}

/* The front refuses before anybody looks at the pair; it says so to a request without one, too. */
static bool is_front_strict(struct contact *contact)
{
    const struct http_request request = {.method = "GET", .path = STATUS_PATH};
    struct http_answer answer = HTTP_ANSWER_EMPTY(PAGE_MAX);
    bool strict = contact_request(contact, &request, &answer) == CAUSE_NONE &&
                  contact_front_says(&answer, "Missing token");

    http_answer_free(&answer);
    return strict;
}

/*
 * Nothing can be signed: the way there is looked at all the same, since what is wrong with it comes
 * first.
 */
static void judge_unsigned(struct contact *contact, const struct verify_case *what,
                           struct verify_result *result)
{
    enum cause cause = contact_ping(contact);
    enum cause fault =
        what->admin != NULL ? judgement_alone(what->admin).reason : CAUSE_TOKEN_UNKNOWN;
    enum cause before = CAUSE_NONE;

    if (cause != CAUSE_NONE) {
        set(result, VERDICT_UNKNOWN, cause, contact_detail(contact));
        return;
    }
    if (fault != CAUSE_API_DISABLED && is_front_strict(contact))
        fault = what->admin != NULL && what->admin->flag_fault != CAUSE_NONE
                    ? what->admin->flag_fault
                    : CAUSE_WEB_STRICT;
    else if (cause_stage(fault) >= STAGE_SECRET)
        before = explain_before_secret(contact, what, result);
    if (before != CAUSE_NONE)
        set(result, VERDICT_REFUSED, before, NULL);
    else
        set(result, VERDICT_REFUSED, fault,
            what->admin != NULL ? admin_detail(what->admin, fault) : NULL);
}

static void ask_signed(struct contact *contact, const struct verify_case *what,
                       struct verify_result *result)
{
    static const struct request_path path = {.target = STATUS_PATH, .decoded = STATUS_PATH};
    const struct call call = {.method = "GET", .path = &path, .server_time = what->server_time};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    char nonce[SIGN_NONCE_LENGTH + 1];
    enum cause cause = call_once(contact, what->access, &call, nonce, &answer);

    if (cause != CAUSE_NONE)
        set(result, VERDICT_UNKNOWN, cause, contact_detail(contact));
    else
        judge_answer(contact, what, &(struct refusal){&answer, nonce}, result);
    http_answer_free(&answer);
}

void verify_run(struct contact *contact, const char *certificate, const struct verify_case *what,
                struct verify_result *result)
{
    enum cause cause = CAUSE_NONE;

    *result = (struct verify_result){.verdict = VERDICT_UNKNOWN, .latency_ms = -1};
    cause = contact_judge(contact, certificate);
    if (cause == CAUSE_NONE && what->server_time && !contact_has_clock(contact))
        cause = contact_ping(contact);
    if (cause != CAUSE_NONE)
        set(result, VERDICT_UNKNOWN, cause, contact_detail(contact));
    else if (what->access == NULL || (what->admin != NULL && !admin_can_sign(what->admin)))
        judge_unsigned(contact, what, result);
    else
        ask_signed(contact, what, result);
    take_contact(contact, result);
}

void verify_ping(struct contact *contact, int64_t until_ms, struct verify_result *result,
                 enum cause *untrusted)
{
    enum cause ping = CAUSE_NONE;

    *result = (struct verify_result){.verdict = VERDICT_UNKNOWN, .latency_ms = -1};
    *untrusted = CAUSE_NONE;
    if (!contact_wait(contact, until_ms)) {
        set(result, VERDICT_UNKNOWN, CAUSE_TIMEOUT, "no answer to /ping yet");
        return;
    }
    ping = contact_ping(contact);
    set(result, VERDICT_UNKNOWN, ping, contact_detail(contact));
    *untrusted = contact_judge(contact, NULL);
    if (cause_stage(*untrusted) != STAGE_CERTIFICATE)
        *untrusted = CAUSE_NONE;
    take_contact(contact, result);
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"unknown", "accepted", "refused"};

    return names[verdict];
}

bool verify_error(const struct verify_result *result, const char *administrator, const char *url,
                  struct error *error)
{
    enum error_kind kind = result->verdict == VERDICT_REFUSED            ? ERROR_REFUSED
                           : cause_kind(result->cause) == ERROR_DATABASE ? ERROR_DATABASE
                                                                         : ERROR_API;

    error_set(error, kind, "%s %s%s%s: %s%s%s%s",
              result->verdict == VERDICT_REFUSED ? "the API refuses" : "cannot verify",
              administrator != NULL ? administrator : "the credential", url != NULL ? " at " : "",
              url != NULL ? url : "", cause_text(result->cause),
              *result->detail != '\0' ? " (" : "", result->detail,
              *result->detail != '\0' ? ")" : "");
    error_blame(error, result->cause);
    cause_write_remedy(result->cause, administrator, error->attempt, sizeof error->attempt);
    return false;
}
