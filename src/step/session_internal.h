/* SPDX-License-Identifier: MIT */
/*
 * session_internal.h - what session.c and session_url.c share: the session itself.
 */
#ifndef STEP_SESSION_INTERNAL_H
#define STEP_SESSION_INTERNAL_H

#include <stdbool.h>

#include "step/session.h"

struct session {
    struct session_options options;
    bool is_beside;          /* the database is another session's */
    struct contact *contact; /* begun, or found; NULL until then */
    const char *host;        /* the _id of the one host that is meant; NULL: any */
    char *url_from;          /* where the contact's URL came from; NULL until session_reach() */
    struct db *db;
    bool on_host;
    bool silent;
    const struct snapshot *snapshot; /* what was read last; NULL before */
    struct snapshot *own; /* the same, where this session read it; beside another's it is NULL */
    const struct admin *admin; /* of snapshot; NULL where the pair is not from a database */
    struct access *access;     /* NULL where the document cannot sign */
};

/* session_is_database_alone(options): is the database the only source? */
bool session_is_database_alone(const struct session_options *options);

/*
 * session_given_url(session): the URL that was given, or NULL. What other tools' variables say
 * (PRITUNL_URL) is given as well, unless the pair comes from elsewhere than the database: then it
 * counts only where no URL is stored with the pair.
 */
const char *session_given_url(const struct session *session);

/*
 * session_known_url(session, url, from, error): the URL without asking anybody: given, or stored
 * with the pair; *url (a new string) is NULL where it is neither. False for a malformed one.
 */
bool session_known_url(const struct session *session, char **url, const char **from,
                       struct error *error);

#endif
