/* SPDX-License-Identifier: MIT */
/*
 * call.h - one signed request of any method and path over a judged contact.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "api/contact.h"
#include "api/request.h"
#include "api/sign.h"

/* What is made wrong on purpose, since the answer to it tells causes apart. */
enum call_flaw {
    CALL_SOUND,
    /* a byte that is not ASCII in place of the signature: 500 once token and secret were found */
    CALL_ODD_SIGNATURE,
    CALL_ODD_NONCE /* such a byte in the nonce: older versions answer 500 to that one alone */
};

struct call {
    const char *method;
    const struct request_path *path;
    const char *const *headers; /* further lines, "Name: value" */
    size_t header_count;
    const char *body; /* NULL: none; goes as JSON unless headers name another Content-Type */
    size_t body_length;
    bool server_time; /* sign by the server's clock, where it is known */
    enum call_flaw flaw;
    struct buf *head; /* these three as in struct http_request */
    bool (*stream)(void *context, const struct http_answer *answer, const char *bytes,
                   size_t length);
    void *stream_context;
    /* Forget what was streamed: before each attempt. Without it none follows one that streamed. */
    void (*stream_begin)(void *context);
};

/* A call with its headers and a nonce of its own: what goes out once. */
struct call_wire {
    char nonce[SIGN_NONCE_LENGTH + 1];
    struct sign_headers signs;
    const char **lines;
    struct http_request request; /* points into this and into the call */
};

/* call_sign(contact, access, call, wire): to end with call_wire_clear(), after the request. */
void call_sign(const struct contact *contact, const struct access *access, const struct call *call,
               struct call_wire *wire);
void call_wire_clear(struct call_wire *wire);

/*
 * call_attempt(contact, access, call, nonce, answer): signed and sent as contact_request() does it,
 * once; nonce, unless NULL, is where the one that went out is left.
 */
enum cause call_attempt(struct contact *contact, const struct access *access,
                        const struct call *call, char nonce[SIGN_NONCE_LENGTH + 1],
                        struct http_answer *answer);

/* call_is_harmless(method): does it change nothing (GET, HEAD)? */
bool call_is_harmless(const char *method);

/*
 * call_again(call, answer, attempt, delay_ms)
 *
 * May and should the call be made once more (signed anew), after this many attempts? Only one that
 * changes nothing, after a 502, a 504 or a connection that was cut under it, and at
 * most CALL_ATTEMPTS times in all.
 */
#define CALL_ATTEMPTS 6
bool call_again(const struct call *call, const struct http_answer *answer, unsigned attempt,
                int64_t *delay_ms);

/*
 * call_send(contact, access, call, answer): as contact_request(), again where call_again() says so
 * and nothing was streamed.
 */
enum cause call_send(struct contact *contact, const struct access *access, const struct call *call,
                     struct http_answer *answer);

#endif
