/* SPDX-License-Identifier: MIT */
/*
 * doctor_gather.h - the evidence that doctor gathers once.
 */
#ifndef CMD_DOCTOR_GATHER_H
#define CMD_DOCTOR_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/verify.h"
#include "pritunl/rights.h"
#include "step/session.h"

/* What db, contact, url_from, snapshot, admin and pair point to is a session's. */
struct evidence {
    struct session_options mine; /* the question's, of the database alone */
    struct session *session;
    struct db *db;
    struct contact *contact;
    const char *url_from;
    const struct snapshot *snapshot; /* of everybody; NULL where the database was not read */
    const struct admin *admin;
    bool read; /* the database was read, and holds administrators; else database says why not */
    struct error database;
    enum rights rights; /* of the database's user */
    bool reached;       /* a URL is known; else api says why not */
    struct error api;
    /*
     * verified holds an answer; where the database was not read, that of the unsigned /ping alone
     */
    bool asked;
    struct verify_result verified;
    enum cause untrusted;        /* what the certificate lacks where the database was not read */
    char *journal;               /* why the server refused by its own account, or NULL */
    struct verify_answer *hosts; /* with --every-host */
    size_t host_count;
    enum cause cause;                    /* the one cause, once it is known */
    const struct verify_answer *culprit; /* the host that it is of, or NULL */
    bool several; /* nobody was named, and there are several: nothing more was asked */
    /*
     * With --source: a pair that lies elsewhere is judged, and admin is whoever has its token. NULL
     * where there is none, which lack tells.
     */
    bool judges_pair;
    struct session *place; /* where it was read */
    const struct access *pair;
    char *source;
    struct error lack;
    bool same;        /* its secret is admin's, too */
    enum cause fault; /* what the documents have against it */
};

/*
 * evidence_gather(evidence, question, error)
 *
 * Ask everything once: the database and, where the URL is known, the API side by side. evidence is
 * zeroed before, and ended with evidence_clear() in any case. False for a mistake in the question,
 * as session_begin, database_open and snapshot_pick say; a database that cannot be read is an
 * answer: then only /ping is asked, within connect-timeout of the beginning; a pair of another
 * source is asked about as well as can be.
 */
struct question {
    struct session_options session;
    size_t host_jobs; /* every online host is asked too, so many side by side; 0: none is */
};

bool evidence_gather(struct evidence *evidence, const struct question *question,
                     struct error *error);
void evidence_clear(struct evidence *evidence);

#endif
