/* SPDX-License-Identifier: MIT */
#include "api/call.h"

#include <poll.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/ending.h"
#include "base/mem.h"
#include "base/text.h"

#define FIRST_DELAY_MS 50
#define OTHER_LINES 1 /* Content-Type */

void call_sign(const struct contact *contact, const struct access *access, const struct call *call,
               struct call_wire *wire)
{
    size_t count = 0;
    bool typed = false;
    struct sign_request request = {.method = call->method,
                                   .path = call->path->decoded,
                                   .timestamp_s = clock_wall_ms() / 1000,
                                   .nonce = wire->nonce};

    *wire = (struct call_wire){0};
    if (call->server_time)
        request.timestamp_s += contact_skew_s(contact);
    sign_nonce(wire->nonce);
    if (call->flaw == CALL_ODD_NONCE)
        memcpy(wire->nonce + SIGN_NONCE_LENGTH - 2, "\xc3\xa9", 2);
    sign_make(access, &request, &wire->signs);
    if (call->flaw == CALL_ODD_SIGNATURE) {
        mem_free(wire->signs.line[SIGN_SIGNATURE]);
        wire->signs.line[SIGN_SIGNATURE] = mem_text("Auth-Signature: \xc3\xa9");
    }
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

enum cause call_attempt(struct contact *contact, const struct access *access,
                        const struct call *call, char nonce[SIGN_NONCE_LENGTH + 1],
                        struct http_answer *answer)
{
    struct call_wire wire;
    enum cause cause = CAUSE_NONE;

    call_sign(contact, access, call, &wire);
    if (nonce != NULL)
        memcpy(nonce, wire.nonce, sizeof wire.nonce);
    cause = contact_request(contact, &wire.request, answer);
    call_wire_clear(&wire);
    return cause;
}

bool call_is_harmless(const char *method)
{
    return text_equal(method, "GET") || text_equal(method, "HEAD");
}

bool call_again(const struct call *call, const struct http_answer *answer, unsigned attempt,
                int64_t *delay_ms)
{
    bool cut = answer->failure == HTTP_FAILURE_UNREACHABLE && answer->sent;
    bool away =
        answer->failure == HTTP_FAILURE_NONE && (answer->status == 502 || answer->status == 504);

    *delay_ms = cut && attempt == 1 ? 0 : (int64_t)FIRST_DELAY_MS << (attempt - 1);
    return call_is_harmless(call->method) && attempt < CALL_ATTEMPTS && (cut || away);
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
    if (!call_is_harmless(call->method))
        ending_note(ENDING_WRITE, "%s %s may have been sent, and may have been done", call->method,
                    call->path->decoded);
    for (unsigned attempt = 1; again; attempt++) {
        if (call->stream_begin != NULL)
            call->stream_begin(call->stream_context);
        cause = call_attempt(contact, access, &watched, NULL, answer);
        again = (!watch.streamed || call->stream_begin != NULL) &&
                call_again(call, answer, attempt, &delay_ms);
        if (again && delay_ms > 0)
            poll(NULL, 0, (int)delay_ms);
    }
    if (cause == CAUSE_NONE && answer->status / 100 == 4)
        ending_note(ENDING_WRITE, NULL);
    return cause;
}
