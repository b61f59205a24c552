/* SPDX-License-Identifier: MIT */
/*
 * explain.h - why a signed request was refused: Pritunl answers every reason with the same bare
 * 401.
 *
 * The order is the server's own: front, token, clock, flag, secret, signature, nonce, disabled; a
 * flag that is off comes first, since it brings the front's refusal about. Nothing is concluded
 * from a question that was not answered: what could not be told apart is named together.
 */
#ifndef API_EXPLAIN_H
#define API_EXPLAIN_H

#include "api/contact.h"
#include "api/verdict.h"

/*
 * explain_before_secret(contact, what, result)
 *
 * What the server looks at between the flag and the secret, as far as the database and the clocks
 * show it: CAUSE_TOKEN_DUPLICATE, CAUSE_CLOCK_SKEW (both with result->detail), or CAUSE_NONE.
 */
enum cause explain_before_secret(const struct contact *contact, const struct verify_case *what,
                                 struct verify_result *result);

/* A signed request that was refused. */
struct refusal {
    const struct http_answer *answer;
    const char *nonce;
};

/*
 * explain_refusal(contact, what, refusal, result): fill cause, also, detail and remedy of a result
 * whose verdict is VERDICT_REFUSED; a few more requests tell causes apart. No remedy writes where
 * the pair may be good.
 */
void explain_refusal(struct contact *contact, const struct verify_case *what,
                     const struct refusal *refusal, struct verify_result *result);

#endif
