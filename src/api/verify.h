/* SPDX-License-Identifier: MIT */
/*
 * verify.h - does the server accept this credential, and if not, why?
 *
 * One signed GET /status over a judged contact; where it is refused, whatever the database and a
 * few harmless probes can still tell.
 */
#ifndef API_VERIFY_H
#define API_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "api/contact.h"
#include "api/verdict.h"

/*
 * verify_run(contact, certificate, what, result)
 *
 * Judge the contact (certificate is what the database holds, or NULL), ask, explain. Never fails:
 * what went wrong is the result.
 */
void verify_run(struct contact *contact, const char *certificate, const struct verify_case *what,
                struct verify_result *result);

/*
 * verify_ping(contact, until_ms, result, untrusted)
 *
 * Where neither a pair nor the database's certificate is known: what the unsigned /ping of a begun
 * contact showed (cause and detail in result, whose verdict stays unknown), waited for no longer
 * than until clock_monotonic_ms() is until_ms. *untrusted is what the certificate lacks
 * (CAUSE_TLS_…) as far as options and system can tell, else CAUSE_NONE.
 */
void verify_ping(struct contact *contact, int64_t until_ms, struct verify_result *result,
                 enum cause *untrusted);

/*
 * verify_words(result, text, size): what the cause means, and the other one where they could not be
 * told apart. verify_remedy(result, administrator, text, size): what to try.
 */
void verify_words(const struct verify_result *result, char *text, size_t size);
void verify_remedy(const struct verify_result *result, const char *administrator, char *text,
                   size_t size);

/* verdict_name(verdict): "accepted", "refused", "unknown". */
const char *verdict_name(enum verdict verdict);

/*
 * verify_error(result, administrator, url, error): a result that is no acceptance, as an error with
 * its remedy; returns false.
 */
bool verify_error(const struct verify_result *result, const char *administrator, const char *url,
                  struct error *error);

#endif
