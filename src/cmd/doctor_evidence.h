/* SPDX-License-Identifier: MIT */
/*
 * doctor_evidence.h - what doctor's parts fill in and look at.
 */
#ifndef CMD_DOCTOR_EVIDENCE_H
#define CMD_DOCTOR_EVIDENCE_H

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
    /* The administrator that a reset seems to have made anew, or NULL; and what is older. */
    const struct admin *renewed;
    char older[192];
};

#endif
