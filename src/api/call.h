/* SPDX-License-Identifier: MIT */
/*
 * call.h - one signed request of any method and path over a judged contact, and what its answer
 * means.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "api/request.h"
#include "api/sign.h"
#include "api/verify.h"

struct call {
    const char *method;
    const struct request_path *path;
    const char *const *headers; /* further lines, "Name: value" */
    size_t header_count;
    const char *body; /* NULL: none; goes as JSON unless headers name another Content-Type */
    size_t body_length;
    bool server_time; /* sign by the server's clock, where it is known */
    struct buf *head; /* these three as in struct http_request */
    bool (*stream)(void *context, const struct http_answer *answer, const char *bytes,
                   size_t length);
    void *stream_context;
};

/* A call with its headers and a nonce of its own: what goes out once. */
struct call_wire {
    struct sign_headers signs;
    const char **lines;
    struct http_request request; /* points into this and into the call */
};

/* call_sign(contact, access, call, wire): to end with call_wire_clear(), after the request. */
void call_sign(const struct contact *contact, const struct access *access, const struct call *call,
               struct call_wire *wire);
void call_wire_clear(struct call_wire *wire);

/*
 * call_again(call, answer, attempt, delay_ms)
 *
 * May and should the call be made once more (signed anew), after this many attempts? Only one that
 * changes nothing (GET, HEAD), after a 502, a 504 or a connection that was cut under it, and at
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

/*
 * call_error(contact, what, call, cause, answer, error)
 *
 * Why there is no 2xx answer: cause where none came, else the answer. A 401 is explained as verify
 * does it (a signed GET /status first); Pritunl's own words are shown. what->access is the pair.
 * Returns false.
 *
 *   ERROR_REFUSED  the API answered no, or failed on this request
 *   ERROR_API      it could not be reached, or the unsigned /ping shows that the way there is to
 *                  blame
 */
bool call_error(struct contact *contact, const struct verify_case *what, const struct call *call,
                enum cause cause, const struct http_answer *answer, struct error *error);

#endif
