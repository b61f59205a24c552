/* SPDX-License-Identifier: MIT */
#include "api/call_error.h"

#include <stdio.h>
#include <string.h>

#include "api/explain.h"
#include "api/verify.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"

#define WORDS_MAX 300 /* of Pritunl's own text */

/* One call, whose it is, and over what it was made. */
struct failed_call {
    const struct contact *contact;
    const struct call *call;
    const char *administrator;
};

static bool say_no(struct error *error, enum error_kind kind, enum cause cause,
                   const struct failed_call *failed, const char *detail)
{
    const struct call *call = failed->call;

    error_set(error, kind, "%s %s: %s%s%s%s", call->method, call->path->decoded,
              cause != CAUSE_NONE ? contact_words(failed->contact, cause) : detail,
              cause != CAUSE_NONE && *detail != '\0' ? " (" : "", cause != CAUSE_NONE ? detail : "",
              cause != CAUSE_NONE && *detail != '\0' ? ")" : "");
    if (cause == CAUSE_NONE)
        return false;
    error_blame(error, cause);
    if (*contact_remedy(failed->contact) != '\0')
        return error_try(error, "%s", contact_remedy(failed->contact));
    cause_write_remedy(cause, failed->administrator, error->attempt, sizeof error->attempt);
    return false;
}

/*
 * What Pritunl itself says: error_msg of a JSON answer, else the text; "status N" in front. code:
 * the JSON's "error", or "".
 */
static void words(const struct http_answer *answer, char *text, size_t size, char code[64])
{
    struct error ignored;
    struct json *json =
        json_parse(buf_text(&answer->body), answer->body.length, "answer", &ignored);
    const char *message = json_text(json_get(json, "error_msg"), NULL);
    const char *name = json_text(json_get(json, "error"), NULL);
    char *shown = NULL;

    snprintf(code, 64, "%s", name != NULL ? name : "");
    if (message == NULL && json_type_of(json) != JSON_MAP)
        message = buf_text(&answer->body);
    message = message != NULL ? message : "";
    shown = text_printable(message, strnlen(message, WORDS_MAX));
    snprintf(text, size, "status %ld%s%s%s%s%s", answer->status, *shown != '\0' ? ": " : "", shown,
             *code != '\0' ? " [" : "", code, *code != '\0' ? "]" : "");
    mem_free(shown);
    json_free(json);
}

static bool explain_refused(struct contact *contact, const struct verify_case *what,
                            const struct call *call, struct error *error)
{
    const char *administrator = what->access->administrator;
    struct verify_result result;

    /* The contact was judged before: no certificate is needed again. */
    verify_run(contact, NULL, what, &result);
    if (result.verdict != VERDICT_ACCEPTED)
        return verify_error(&result, administrator, contact_url(contact), error);
    return say_no(error, ERROR_REFUSED, CAUSE_PATH_REWRITTEN,
                  &(struct failed_call){contact, call, administrator},
                  "the same credential is accepted for GET /status");
}

static enum cause cause_of_refusal(const struct verify_case *what, const struct call *call,
                                   const struct http_answer *answer, const char *code)
{
    const struct server *server = what->server;

    if (text_equal(code, "requires_super_user"))
        return CAUSE_SUPER_USER_REQUIRED;
    if (answer->status == 404 && request_path_is(call->path, "link") &&
        (server == NULL || server->plan == NULL || strstr(server->plan, "enterprise") == NULL))
        return CAUSE_LICENCE_REQUIRED;
    return CAUSE_NONE;
}

/* Where the web front's bare answers have a known reason. */
static const char *hint(const struct call *call, const struct http_answer *answer)
{
    if (answer->status == 520 || answer->status == 415)
        return " (the web front wants a JSON body here)";
    if (answer->status == 400 && answer->body.length == 0)
        return call->body_length > REQUEST_BODY_MAX
                   ? " (the body is over the 50,000 bytes that the web front takes)"
               : call->body_length > REQUEST_BODY_OLD_MAX
                   ? " (the web front cannot read the body: no JSON, a value of the wrong type, or "
                     "over the 8,192 bytes of fronts before 2023-08)"
                   : " (the web front cannot read the body: no JSON, or a value of the wrong type)";
    if (answer->status == 500 && request_path_depth(call->path) > 1)
        return " (an id that Pritunl does not know is answered like this too)";
    return "";
}

bool call_error(struct contact *contact, const struct verify_case *what, const struct call *call,
                enum cause cause, const struct http_answer *answer, struct error *error)
{
    const struct failed_call failed = {contact, call, what->access->administrator};
    const struct answerer *met = NULL;
    char detail[WORDS_MAX + 256];
    char text[WORDS_MAX + 128];
    char code[64];

    if (cause != CAUSE_NONE) {
        bool unsure = answer->sent && !text_equal(call->method, "GET");

        snprintf(detail, sizeof detail, "%s%s", contact_detail(contact),
                 unsure ? "; nobody knows whether it was done" : "");
        return say_no(error, ERROR_API, cause, &failed, detail);
    }
    if (answerer_is_refusal(answer))
        return explain_refused(contact, what, call, error);
    met = contact_look(contact, call->path->target, answer);
    if (met->cause != CAUSE_NONE && met->origin != ORIGIN_API)
        return say_no(error, ERROR_API, met->cause, &failed, contact_detail(contact));
    words(answer, text, sizeof text, code);
    snprintf(detail, sizeof detail, "%s%s", text, hint(call, answer));
    cause = cause_of_refusal(what, call, answer, code);
    if (cause == CAUSE_NONE)
        cause = met->cause;
    return say_no(error, ERROR_REFUSED, cause, &failed, detail);
}
