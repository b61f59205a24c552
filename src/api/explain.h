/* SPDX-License-Identifier: MIT */
/*
 * explain.h - why a signed request was refused: Pritunl answers every reason with the same bare
 * 401.
 *
 * The order is the server's own: front, token, clock, flag, secret, signature, nonce, disabled; a
 * flag that is off comes first, since it brings the front's refusal about.
 */
#ifndef API_EXPLAIN_H
#define API_EXPLAIN_H

#include "api/contact.h"
#include "api/verdict.h"

/* explain_is_pritunl(answer): is this 401 one of those that Pritunl's API or front gives? */
bool explain_is_pritunl(const struct http_answer *answer);

/*
 * explain_is_skewed(contact, what): the clocks differ by more than the server allows, and we do not
 * go by the server's.
 */
bool explain_is_skewed(const struct contact *contact, const struct verify_case *what);

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
 * explain_refusal(contact, what, refusal, result): fill cause and detail of a result whose verdict
 * is VERDICT_REFUSED.
 */
void explain_refusal(struct contact *contact, const struct verify_case *what,
                     const struct refusal *refusal, struct verify_result *result);

#endif
