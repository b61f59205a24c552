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
#include "io/db.h"
#include "pritunl/access.h"
#include "pritunl/admin.h"
#include "pritunl/server.h"

enum verdict { VERDICT_UNKNOWN, VERDICT_ACCEPTED, VERDICT_REFUSED };

/*
 * What is to be verified, and all that is known about it. access may be NULL where the document is
 * such that nothing can be signed.
 */
struct verify_case {
    const struct access *access;
    const struct admin *admin; /* the document behind it; NULL where the pair came from elsewhere */
    const struct server *server; /* the settings; NULL likewise */
    struct db *db;    /* to ask for duplicates and nonces after a refusal; NULL: not asked */
    bool server_time; /* sign with the server's clock */
};

struct verify_result {
    enum verdict verdict;
    enum cause cause;   /* CAUSE_NONE exactly where accepted */
    long status;        /* of the signed request; 0 where none was answered */
    int64_t latency_ms; /* of the signed request; -1 where none was answered */
    const char *trust;  /* as contact_trust_name(); NULL where undecided */
    bool has_clock;
    int64_t clock_skew_s;
    char server[64];  /* Pritunl's version as /status tells it, else the Server header; "" */
    char detail[384]; /* what exactly was met, for people; "" */
};

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

/* verdict_name(verdict): "accepted", "refused", "unknown". */
const char *verdict_name(enum verdict verdict);

/*
 * verify_error(result, administrator, url, error): a result that is no acceptance, as an error with
 * its remedy; returns false.
 */
bool verify_error(const struct verify_result *result, const char *administrator, const char *url,
                  struct error *error);

#endif
