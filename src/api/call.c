/* SPDX-License-Identifier: MIT */
#include "api/call.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/explain.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"

#define FIRST_DELAY_MS 50
#define WORDS_MAX 300 /* of Pritunl's own text */
#define OTHER_LINES 1 /* Content-Type */

void call_sign(const struct contact *contact, const struct access *access, const struct call *call,
               struct call_wire *wire)
{
    char nonce[SIGN_NONCE_LENGTH + 1];
    size_t count = 0;
    bool typed = false;
    struct sign_request request = {.method = call->method,
                                   .path = call->path->decoded,
                                   .timestamp_s = clock_wall_ms() / 1000,
                                   .nonce = nonce};

    *wire = (struct call_wire){0};
    if (call->server_time)
        request.timestamp_s += contact_skew_s(contact);
    sign_nonce(nonce);
    sign_make(access, &request, &wire->signs);
    wire->lines =
        mem_zero(SIGN_HEADER_COUNT + OTHER_LINES + call->header_count, sizeof *wire->lines);
    for (int i = 0; i < SIGN_HEADER_COUNT; i++)
        wire->lines[count++] = wire->signs.line[i];
    for (size_t i = 0; i < call->header_count; i++) {
        typed = typed || strncasecmp(call->headers[i], "Content-Type:", 13) == 0;
        wire->lines[count++] = call->headers[i];
    }
    if (call->body != NULL && !typed)
        wire->lines[count++] = "Content-Type: application/json";
    wire->request = (struct http_request){.method = call->method,
                                          .path = call->path->target,
                                          .headers = wire->lines,
                                          .header_count = count,
                                          .body = call->body,
                                          .body_length = call->body_length,
                                          .head = call->head,
                                          .stream = call->stream,
                                          .stream_context = call->stream_context};
}

void call_wire_clear(struct call_wire *wire)
{
    sign_free(&wire->signs);
    mem_free(wire->lines);
    *wire = (struct call_wire){0};
}

bool call_again(const struct call *call, const struct http_answer *answer, unsigned attempt,
                int64_t *delay_ms)
{
    bool harmless = text_equal(call->method, "GET") || text_equal(call->method, "HEAD");
    bool cut = answer->failure == HTTP_FAILURE_UNREACHABLE && answer->sent;
    bool away =
        answer->failure == HTTP_FAILURE_NONE && (answer->status == 502 || answer->status == 504);

    *delay_ms = cut && attempt == 1 ? 0 : (int64_t)FIRST_DELAY_MS << (attempt - 1);
    return harmless && attempt < CALL_ATTEMPTS && (cut || away);
}

struct watch {
    const struct call *call;
    bool streamed;
};

static bool note(void *context, const struct http_answer *answer, const char *bytes, size_t length)
{
    struct watch *watch = context;

    watch->streamed = true;
    return watch->call->stream(watch->call->stream_context, answer, bytes, length);
}

enum cause call_send(struct contact *contact, const struct access *access, const struct call *call,
                     struct http_answer *answer)
{
    struct watch watch = {.call = call};
    struct call watched = *call;
    enum cause cause = CAUSE_NONE;
    int64_t delay_ms = 0;
    bool again = true;

    if (call->stream != NULL) {
        watched.stream = note;
        watched.stream_context = &watch;
    }
    for (unsigned attempt = 1; again; attempt++) {
        struct call_wire wire;

        call_sign(contact, access, &watched, &wire);
        cause = contact_request(contact, &wire.request, answer);
        call_wire_clear(&wire);
        again = !watch.streamed && call_again(call, answer, attempt, &delay_ms);
        if (again && delay_ms > 0)
            poll(NULL, 0, (int)delay_ms);
    }
    return cause;
}

static bool say(struct error *error, enum error_kind kind, enum cause cause,
                const struct call *call, const char *administrator, const char *detail)
{
    error_set(error, kind, "%s %s: %s%s%s%s", call->method, call->path->decoded,
              cause != CAUSE_NONE ? cause_text(cause) : detail,
              cause != CAUSE_NONE && *detail != '\0' ? " (" : "", cause != CAUSE_NONE ? detail : "",
              cause != CAUSE_NONE && *detail != '\0' ? ")" : "");
    if (cause == CAUSE_NONE)
        return false;
    error_because(error, cause_name(cause));
    cause_write_remedy(cause, administrator, error->attempt, sizeof error->attempt);
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
    return say(error, ERROR_REFUSED, CAUSE_PATH_REWRITTEN, call, administrator,
               "the same credential is accepted for GET /status");
}

static enum cause cause_of_answer(const struct verify_case *what, const struct call *call,
                                  const struct http_answer *answer, const char *code)
{
    const struct server *server = what->server;

    if (text_equal(code, "requires_super_user"))
        return CAUSE_SUPER_USER_REQUIRED;
    if (answer->status == 404 && request_path_is(call->path, "link") &&
        (server == NULL || server->plan == NULL || strstr(server->plan, "enterprise") == NULL))
        return CAUSE_LICENCE_REQUIRED;
    return contact_classify(answer, false);
}

/* Where the web front's bare answers have a known reason. */
static const char *hint(const struct call *call, const struct http_answer *answer)
{
    if (answer->status == 520 || answer->status == 415)
        return " (the web front wants a JSON body here)";
    if (answer->status == 400 && answer->body.length == 0)
        return call->body_length > REQUEST_BODY_MAX
                   ? " (the body is over the 50,000 bytes that the web front takes)"
                   : " (the web front cannot read the body: no JSON, or a value of the wrong type)";
    if (answer->status == 500 && request_path_depth(call->path) > 1)
        return " (an id that Pritunl does not know is answered like this too)";
    return "";
}

bool call_error(struct contact *contact, const struct verify_case *what, const struct call *call,
                enum cause cause, const struct http_answer *answer, struct error *error)
{
    const char *administrator = what->access->administrator;
    enum error_kind kind = ERROR_REFUSED;
    char detail[WORDS_MAX + 256];
    char text[WORDS_MAX + 128];
    char code[64];

    if (cause != CAUSE_NONE) {
        bool unsure = answer->sent && !text_equal(call->method, "GET");

        snprintf(detail, sizeof detail, "%s%s", contact_detail(contact),
                 unsure ? "; nobody knows whether it was done" : "");
        return say(error, ERROR_API, cause, call, administrator, detail);
    }
    if (answer->status == 401 && explain_is_pritunl(answer))
        return explain_refused(contact, what, call, error);
    words(answer, text, sizeof text, code);
    snprintf(detail, sizeof detail, "%s%s%s%s", text, hint(call, answer),
             *answer->location != '\0' ? ", to " : "", answer->location);
    cause = cause_of_answer(what, call, answer, code);
    if (cause == CAUSE_REDIRECTED || cause == CAUSE_PROXY_ANSWER || cause == CAUSE_WEB_NOT_READY) {
        snprintf(detail, sizeof detail, "status %ld%s%s", answer->status,
                 *answer->location != '\0' ? ", to " : "", answer->location);
        kind = contact_ping(contact) != CAUSE_NONE ? ERROR_API : ERROR_REFUSED;
    }
    return say(error, kind, cause, call, administrator, detail);
}
