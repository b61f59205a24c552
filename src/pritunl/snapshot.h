/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - one look at Pritunl's database: administrators, settings and hosts in one round
 * trip.
 *
 * A snapshot never changes after it was read. Who wants to know what stands there now reads another
 * one; whatever was taken out of a snapshot lives as long as that one.
 */
#ifndef PRITUNL_SNAPSHOT_H
#define PRITUNL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"
#include "pritunl/server.h"

struct snapshot;

struct snapshot_query {
    const char *username; /* byte for byte; NULL: every administrator */
    /* settings and hosts matter; else they are read only where that costs nothing */
    bool wants_server;
    /* whose default password is still in place matters; else told only where it costs nothing */
    bool wants_passwords;
    /* says nothing of temporary administrators that have expired; else warns of them */
    bool silent;
};

/*
 * snapshot_read(db, query, error)
 *
 * Read administrators, settings and hosts: one aggregate with $unionWith, or single finds where the
 * server does not know that or refuses a part. Settings and hosts that may not be read stay at
 * their defaults, with a warning (snapshot_server()->known is false). To end with snapshot_free(),
 * for which NULL is fine. NULL with
 *   ERROR_DATABASE   as db_query says; cause "database-empty" where everybody was asked for and
 *                    nobody is there
 */
struct snapshot *snapshot_read(struct db *db, const struct snapshot_query *query,
                               struct error *error);
void snapshot_free(struct snapshot *snapshot);

/* snapshot_forget(snapshot): nobody is in it any more; the server stays. */
void snapshot_forget(struct snapshot *snapshot);

/*
 * snapshot_of(rows, count): the snapshot that these rows make, which are in the form that
 * queries/survey.json gives them.
 */
struct snapshot *snapshot_of(const struct db_document *const *rows, size_t count);

/*
 * snapshot_count(snapshot), snapshot_admin(snapshot, index): the administrators, in the order of
 * the database; with a username asked for, only those of that name. snapshot_admins: all of them.
 * Of NULL there is none.
 */
size_t snapshot_count(const struct snapshot *snapshot);
const struct admin *snapshot_admin(const struct snapshot *snapshot, size_t index);
const struct admin *const *snapshot_admins(const struct snapshot *snapshot);

/* snapshot_is_whole(snapshot): was everybody asked for? */
bool snapshot_is_whole(const struct snapshot *snapshot);

/*
 * snapshot_server(snapshot): settings and hosts; Pritunl's own defaults where nothing was read, or
 * snapshot is NULL.
 */
const struct server *snapshot_server(const struct snapshot *snapshot);

/*
 * snapshot_expired(snapshot): how many temporary administrators have expired, whoever was asked
 * for; 0 where single finds looked for one name.
 */
size_t snapshot_expired(const struct snapshot *snapshot);

/*
 * snapshot_find_only(snapshot, username): the only administrator of this name, byte for byte; NULL
 * where there is none, or more than one.
 */
const struct admin *snapshot_find_only(const struct snapshot *snapshot, const char *username);

/* snapshot_find(snapshot, document): the administrator that has the _id of document, or NULL. */
const struct admin *snapshot_find(const struct snapshot *snapshot,
                                  const struct db_document *document);

/*
 * snapshot_comes_later(snapshot, admin): of a snapshot of everybody the first document that carries
 * admin's token; NULL where that is admin's own.
 */
const struct admin *snapshot_comes_later(const struct snapshot *snapshot,
                                         const struct admin *admin);

/*
 * snapshot_shares_token(snapshot, admin, comes_first)
 *
 * Another document that carries admin's token, one that comes before it (*comes_first) rather than
 * one that comes later; or NULL. Of a snapshot of one name, whom the one round trip told of (of
 * others only _id, name and token are there); single finds look for nobody.
 */
const struct admin *snapshot_shares_token(const struct snapshot *snapshot,
                                          const struct admin *admin, bool *comes_first);

/* snapshot_has_token(snapshot, token): does one of them carry it? */
bool snapshot_has_token(const struct snapshot *snapshot, const char *token);

/*
 * snapshot_front_is_open(snapshot): is there an administrator for whom the web front lets the API's
 * requests pass?
 */
bool snapshot_front_is_open(const struct snapshot *snapshot);

#endif
