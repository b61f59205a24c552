/* SPDX-License-Identifier: MIT */
/*
 * session.h - the one way a value goes: options, contact (begin), source, contact (judge), verify.
 *
 * A command calls these in this order and stops where it has what it needs. Only the source mongodb
 * brings a database with it: with any other there is neither database nor snapshot nor
 * administrator, and the pair is there.
 *
 * A session has one snapshot at a time; another survey replaces it, and whatever was taken out of
 * the one before is gone. Whoever must look again while others still hold what was read does it in
 * a session beside.
 */
#ifndef STEP_SESSION_H
#define STEP_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "api/contact.h"
#include "api/verify.h"
#include "base/error.h"
#include "place/database.h"
#include "pritunl/access.h"
#include "pritunl/snapshot.h"

struct session_options {
    const char *name;               /* the administrator's, or NULL for the contract's choice */
    struct contact_options contact; /* its url is the one that was given, or NULL */
    const char *url_from;           /* who gave it: "--url", a variable, a file */
    /* by another tool's variable: a URL that is stored with the pair counts before it */
    bool url_is_borrowed;
    struct database_config database;
    const char *const *sources; /* none: the database */
    size_t source_count;
    const char *names; /* names that a source's pair is looked for under first; or NULL */
    bool server_time;  /* sign with the server's clock */
    bool writes;       /* what is read decides a write: it is read from the primary */
    bool whole;        /* everybody is read: others are part of the answer */
    bool silent;       /* of temporary administrators that have expired */
};

struct session;

/*
 * session_new(options): what options point to must outlive the session. To end with session_free(),
 * for which NULL is fine.
 */
struct session *session_new(const struct session_options *options);
void session_free(struct session *session);

/*
 * session_beside(session): another one over the same database and, until it surveys, the same
 * snapshot, both of which stay session's. Its contact and its pair are its own. For another look,
 * and for a thread.
 */
struct session *session_beside(const struct session *session);

/*
 * session_begin(session, error): where the URL is known, connect to it in the background.
 * ERROR_USAGE for a bad URL, pin or CA file.
 */
bool session_begin(struct session *session, struct error *error);

/* session_open(session, error): the database, unread. */
bool session_open(struct session *session, struct error *error);

/*
 * session_survey(session, query, error): a new snapshot in place of the one that was there, and
 * nobody is chosen. The errors of snapshot_read().
 */
bool session_survey(struct session *session, const struct snapshot_query *query,
                    struct error *error);

/*
 * session_survey_all(session, what, query, error): open, and survey everybody; ERROR_USAGE where
 * the database is not the only source, for what (an option, a command) needs it.
 */
bool session_survey_all(struct session *session, const char *what,
                        const struct snapshot_query *query, struct error *error);

/* session_choose(session, admin): go on with that administrator of its snapshot, and the pair. */
void session_choose(struct session *session, const struct admin *admin);

/*
 * session_forget(session): nobody is chosen, and nobody's secrets are here any more; it surveyed by
 * itself, and goes on knowing the server.
 */
void session_forget(struct session *session);

/*
 * session_read(session, error)
 *
 * The pair, from the first source that has one: with mongodb the database is opened, and the
 * administrator chosen. Where no source has one, the last one's error: ERROR_UNUSABLE, or for
 * mongodb as pick_admin says.
 */
bool session_read(struct session *session, struct error *error);

/*
 * session_only_database(session, what, error): is mongodb the only source? Else ERROR_USAGE: what
 * (an option, a command) needs the database.
 */
bool session_only_database(const struct session *session, const char *what, struct error *error);

/*
 * session_input_free(options, what, error): may what (an option) read standard input? ERROR_USAGE
 * where the pair, or the database's URI, is to come from there.
 */
bool session_input_free(const struct session_options *options, const char *what,
                        struct error *error);

/*
 * session_place(session, url, from, error): the URL as it would be used, without asking it: the
 * given one, the one that is stored with the pair, or the best one that the database names. Both
 * new strings. ERROR_USAGE where none is known.
 */
bool session_place(const struct session *session, char **url, char **from, struct error *error);

/*
 * session_reach(session, error): have a contact, and the URL with the pair. ERROR_USAGE where no
 * URL is known.
 */
bool session_reach(struct session *session, struct error *error);

/*
 * session_reach_url, session_reach_host: a contact of its own to that URL, or to the best address
 * of that host; ERROR_API where it has none.
 */
bool session_reach_url(struct session *session, const char *url, struct error *error);
bool session_reach_host(struct session *session, const struct host *host, struct error *error);

/* session_verify(session, result): the verdict; session_reach() came before. */
void session_verify(struct session *session, struct verify_result *result);

/* session_accepted(session, error): reach and verify; false with why it is not accepted. */
bool session_accepted(struct session *session, struct error *error);

/* How a pair is waited for; the times are clock_monotonic_ms()'s. */
struct session_wait {
    int64_t changed_ms;
    int64_t deadline_ms;
    bool nobody_before; /* before the change nobody had access (api/await.h) */
    /* read what stands there now, before each round; NULL: what was read still counts */
    bool (*look)(void *context, struct error *error);
    void *context;
};

/*
 * session_await(session, wait, error): wait until the pair is accepted everywhere (api/await.h),
 * then session_reach(). A URL that is not known yet is waited for as well.
 */
bool session_await(struct session *session, const struct session_wait *wait, struct error *error);

/*
 * session_usable(session, error): is there a pair that could be handed over? ERROR_UNUSABLE with
 * cause and remedy.
 */
bool session_usable(const struct session *session, struct error *error);

/*
 * session_ask(session, error): begin, read, reach, and decide the contact's trust; nothing signed
 * has been sent. ERROR_UNUSABLE, and ERROR_API where it cannot be reached or trusted.
 */
bool session_ask(struct session *session, struct error *error);

/*
 * What is known, all of it the session's; NULL where it is not (yet), the server's settings
 * Pritunl's defaults then. The name is the administrator's username, where the source knows it;
 * the certificate the PEM that the database holds. session_case: all about the pair that a refusal
 * could be explained by.
 */
const struct session_options *session_options(const struct session *session);
const char *session_name(const struct session *session);
struct db *session_db(const struct session *session);
bool session_on_host(const struct session *session); /* this machine is a host of the cluster */
const struct snapshot *session_snapshot(const struct session *session);
const struct server *session_server(const struct session *session);
const char *session_certificate(const struct session *session);
const struct admin *session_admin(const struct session *session);
struct access *session_access(const struct session *session);
struct contact *session_contact(const struct session *session);
const char *session_url_from(const struct session *session);
struct verify_case session_case(const struct session *session);

#endif
