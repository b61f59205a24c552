/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - what is to be verified, and what came of it.
 */
#ifndef API_VERDICT_H
#define API_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

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
    const char *host; /* the _id of the host that must answer; NULL: any */
};

struct verify_result {
    enum verdict verdict;
    enum cause cause;   /* CAUSE_NONE exactly where accepted */
    const char *words;  /* what it means, where it can be said better than of all of the cause */
    enum cause also;    /* another one that no request could tell from it; CAUSE_NONE: none */
    bool strict;        /* the web front was seen to refuse whoever asks */
    long status;        /* of the signed request; 0 where none was answered */
    int64_t latency_ms; /* of the signed request; -1 where none was answered */
    bool by_api;        /* the refusal is the API's own, not the web front's */
    char address[64];   /* the one that the signed request was sent from; "" */
    int64_t sent_s;     /* between these seconds it was under way, by the server's clock */
    int64_t answered_s;
    const char *trust; /* as contact_trust_name(); NULL where undecided */
    bool has_clock;
    int64_t clock_skew_s;
    char server[64];  /* Pritunl's version as /status tells it, else the Server header; "" */
    char detail[384]; /* what exactly was met, for people; "" */
    char remedy[320]; /* better than that of all of the cause; "" */
};

#endif
