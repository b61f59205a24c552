/* SPDX-License-Identifier: MIT */
/*
 * call_error.h - what the answer to a call means that is no 2xx.
 */
#ifndef API_CALL_ERROR_H
#define API_CALL_ERROR_H

#include <stdbool.h>

#include "api/call.h"
#include "api/verdict.h"

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
