/* SPDX-License-Identifier: MIT */
#include "api/verify.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/explain.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"
#include "pritunl/judgement.h"
#include "pritunl/version.h"

#define STATUS_PATH "/status"
#define PAGE_MAX ((size_t)64 * 1024)
#define ANSWER_MAX ((size_t)128 * 1024) /* of /status; its tree may take 40 times as much */

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

/* Is this what Pritunl answers to GET /status? Takes version and host out of it. */
static bool is_status(const struct http_answer *answer, struct verify_result *result, char **host)
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
    *host = known ? mem_text(json_text(json_get(status, "current_host"), NULL)) : NULL;
    json_free(status);
    return known;
}

/* The other host of the cluster that answered in the place of the one that was asked; or NULL. */
static const struct host *other_host(const struct verify_case *what, const char *answered)
{
    const struct server *server = what->server;

    if (what->host == NULL || answered == NULL || text_equal(what->host, answered))
        return NULL;
    for (size_t i = 0; server != NULL && i < server->host_count; i++)
        if (text_equal(server->hosts[i].id, answered))
            return &server->hosts[i];
    return NULL;
}

/* What another host answers says nothing of the one that was asked. */
static void judge_host(const struct verify_case *what, const char *answered,
                       struct verify_result *result)
{
    const struct host *other = other_host(what, answered);

    if (other == NULL) {
        set(result, VERDICT_ACCEPTED, CAUSE_NONE, NULL);
        return;
    }
    set(result, VERDICT_UNKNOWN, CAUSE_UNREACHABLE, NULL);
    snprintf(result->detail, sizeof result->detail, "the host %.100s answers at this one's address",
             other->name);
}

static void take_way(const struct contact *contact, enum cause cause, struct verify_result *result)
{
    set(result, VERDICT_UNKNOWN, cause, contact_detail(contact));
    result->words = contact_words(contact, cause);
    snprintf(result->remedy, sizeof result->remedy, "%s", contact_remedy(contact));
}

/* Pritunl failed on a request that was in order: it has seen the pair, and this is its answer. */
static void judge_failure(const struct verify_case *what, struct verify_result *result)
{
    enum known broken = version_is(what->server, VERSION_BROKEN);

    set(result, VERDICT_REFUSED, CAUSE_SERVER_ERROR,
        broken == KNOWN_NO ? "status 500"
                           : "status 500; Pritunl " VERSION_BROKEN
                             " fails so on every signed request, and " VERSION_MENDED " mends it");
    if (broken == KNOWN_YES)
        snprintf(result->remedy, sizeof result->remedy,
                 "update Pritunl to " VERSION_MENDED " or newer: no pair can work before");
}

/* 200, and not what was due. */
static void judge_content(const struct http_answer *answer, struct verify_result *result)
{
    bool json = text_starts(answer->content_type, "application/json") || answer->status != 200;

    set(result, VERDICT_UNKNOWN, json ? CAUSE_NOT_PRITUNL : CAUSE_PROXY_ANSWER, NULL);
    snprintf(result->detail, sizeof result->detail, "status %ld, %s", answer->status,
             *answer->content_type != '\0' ? answer->content_type : "no content type");
}

static void judge_answer(struct contact *contact, const struct verify_case *what,
                         const struct refusal *met, struct verify_result *result)
{
    const struct http_answer *answer = met->answer;
    const struct answerer *answerer = contact_answerer(contact);
    char *host = NULL;

    result->status = answer->status;
    result->latency_ms = answer->latency_ms;
    if (answerer_is_refusal(answer)) {
        result->verdict = VERDICT_REFUSED;
        result->by_api = answerer->origin == ORIGIN_API;
        explain_refusal(contact, what, met, result);
    } else if (answerer->cause == CAUSE_SERVER_ERROR && answerer->origin == ORIGIN_API) {
        judge_failure(what, result);
    } else if (answerer->cause != CAUSE_NONE) {
        take_way(contact, answerer->cause, result);
    } else if (answer->status == 200 && is_status(answer, result, &host)) {
        judge_host(what, host, result);
    } else {
        judge_content(answer, result);
    }
    mem_free(host);
}

/* The front refuses before anybody looks at the pair; it says so to a request without one, too. */
static bool is_front_strict(struct contact *contact)
{
    const struct http_request request = {.method = "GET", .path = STATUS_PATH};
    struct http_answer answer = HTTP_ANSWER_EMPTY(PAGE_MAX);
    bool strict = contact_request(contact, &request, &answer) == CAUSE_NONE &&
                  answerer_front_says(&answer, "Missing token");

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
        take_way(contact, cause, result);
        return;
    }
    result->strict = is_front_strict(contact);
    if (fault != CAUSE_API_DISABLED && result->strict)
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
    /* A token that the document lacks is mended as a missing secret is. */
    if (result->cause == CAUSE_TOKEN_UNKNOWN && what->admin != NULL)
        cause_write_remedy(CAUSE_SECRET_MISSING, what->admin->username, result->remedy,
                           sizeof result->remedy);
}

/* By the server's clock, where its answer says the time: its journal goes by that. */
static void take_moment(const struct http_answer *answer, struct verify_result *result)
{
    result->answered_s = answer->date_s >= 0 ? answer->date_s : clock_wall_ms() / 1000;
    result->sent_s = result->answered_s - (answer->latency_ms + 999) / 1000;
    snprintf(result->address, sizeof result->address, "%s", answer->local);
}

static void ask_signed(struct contact *contact, const struct verify_case *what,
                       struct verify_result *result)
{
    static const struct request_path path = {.target = STATUS_PATH, .decoded = STATUS_PATH};
    const struct call call = {.method = "GET", .path = &path, .server_time = what->server_time};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    char nonce[SIGN_NONCE_LENGTH + 1];
    enum cause cause = call_attempt(contact, what->access, &call, nonce, &answer);

    take_moment(&answer, result);
    if (cause != CAUSE_NONE)
        take_way(contact, cause, result);
    else
        judge_answer(contact, what, &(struct refusal){&answer, nonce}, result);
    http_answer_free(&answer);
}

/* What is being waited for, and whether waiting helps. */
static void tell_of_strict(const struct server *server, struct verify_result *result)
{
    if (server == NULL || !server->known)
        return;
    if (server->auto_restart) {
        snprintf(result->detail, sizeof result->detail, "it looks again every %lld s",
                 (long long)server->check_interval_s);
        return;
    }
    snprintf(result->detail, sizeof result->detail,
             "it waits for a restart by hand: server_auto_restart is off");
    snprintf(result->remedy, sizeof result->remedy, "sudo systemctl restart pritunl on each host");
}

void verify_run(struct contact *contact, const char *certificate, const struct verify_case *what,
                struct verify_result *result)
{
    enum cause cause = CAUSE_NONE;

    *result = (struct verify_result){.verdict = VERDICT_UNKNOWN, .latency_ms = -1};
    cause = contact_judge(contact, certificate);
    if (cause == CAUSE_NONE && what->server_time && !contact_find_clock(contact))
        cause = contact_ping(contact);
    if (cause != CAUSE_NONE)
        take_way(contact, cause, result);
    else if (what->access == NULL || (what->admin != NULL && !admin_can_sign(what->admin)))
        judge_unsigned(contact, what, result);
    else
        ask_signed(contact, what, result);
    if (result->cause == CAUSE_WEB_STRICT)
        tell_of_strict(what->server, result);
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
    take_way(contact, ping, result);
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

void verify_words(const struct verify_result *result, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s",
             result->words != NULL ? result->words : cause_text(result->cause),
             result->also != CAUSE_NONE ? ", or " : "",
             result->also != CAUSE_NONE ? cause_text(result->also) : "");
}

void verify_remedy(const struct verify_result *result, const char *administrator, char *text,
                   size_t size)
{
    if (result->remedy[0] != '\0')
        snprintf(text, size, "%s", result->remedy);
    else
        cause_write_remedy(result->cause, administrator, text, size);
}

bool verify_error(const struct verify_result *result, const char *administrator, const char *url,
                  struct error *error)
{
    enum error_kind kind = result->verdict == VERDICT_REFUSED            ? ERROR_REFUSED
                           : cause_kind(result->cause) == ERROR_DATABASE ? ERROR_DATABASE
                                                                         : ERROR_API;
    char words[256];

    verify_words(result, words, sizeof words);
    error_set(error, kind, "%s %s%s%s: %s%s%s%s",
              result->verdict == VERDICT_REFUSED ? "the API refuses" : "cannot verify",
              administrator != NULL ? administrator : "the credential", url != NULL ? " at " : "",
              url != NULL ? url : "", words, *result->detail != '\0' ? " (" : "", result->detail,
              *result->detail != '\0' ? ")" : "");
    error_blame(error, result->cause);
    verify_remedy(result, administrator, error->attempt, sizeof error->attempt);
    return false;
}
