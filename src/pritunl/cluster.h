/* SPDX-License-Identifier: MIT */
/*
 * cluster.h - one look at Pritunl's database: administrators, settings and hosts in one round trip.
 */
#ifndef PRITUNL_CLUSTER_H
#define PRITUNL_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"
#include "pritunl/server.h"

struct cluster_query {
    const char *username; /* byte for byte; NULL: every administrator */
    /* settings and hosts matter; else they are read only where that costs nothing */
    bool wants_server;
    /* says nothing of temporary administrators that have expired; else warns of them */
    bool silent;
};

struct cluster {
    /* in the order of the database; with a username asked for, only those of that name */
    struct admin **admins;
    size_t admin_count;
    /* temporary ones, whoever was asked for; 0 where single finds looked for one name */
    size_t expired;
    struct server server;
};

/*
 * cluster_read(db, query, cluster, error)
 *
 * Read administrators, settings and hosts: one aggregate with $unionWith, or single finds where the
 * server does not know that or refuses a part. Settings and hosts that may not be read stay at
 * their defaults, with a warning (cluster->server.known is false). cluster is the caller's, to end
 * with cluster_clear(), also after a failure.
 *
 *   ERROR_DATABASE   as db_query says
 */
bool cluster_read(struct db *db, const struct cluster_query *query, struct cluster *cluster,
                  struct error *error);
void cluster_clear(struct cluster *cluster);

/*
 * cluster_find(db, query, cluster, error)
 *
 * cluster_read(), and from it the administrator that is meant: of that username; where it is NULL,
 * the only one with API access on, else the only one there is. Owned by cluster. NULL with
 *   ERROR_DATABASE   as above; cause "database-empty" where the database has no administrators at
 *                    all
 *   ERROR_NOT_FOUND  nobody has this name; the text lists those there are
 *   ERROR_AMBIGUOUS  two documents carry the name, or the choice is not clear; the names are listed
 */
const struct admin *cluster_find(struct db *db, const struct cluster_query *query,
                                 struct cluster *cluster, struct error *error);

/* cluster_pick(cluster, username, error): the same choice from a cluster that was read whole. */
const struct admin *cluster_pick(const struct cluster *cluster, const char *username,
                                 struct error *error);

/*
 * cluster_comes_later(cluster, admin): does an earlier document of a cluster that was read whole
 * carry admin's token? Its own, or NULL.
 */
const struct admin *cluster_comes_later(const struct cluster *cluster, const struct admin *admin);

/*
 * cluster_shares_token(cluster, admin, comes_first)
 *
 * Another document of a cluster that was read whole that carries admin's token, one that comes
 * before it (*comes_first) rather than one that comes later; or NULL.
 */
const struct admin *cluster_shares_token(const struct cluster *cluster, const struct admin *admin,
                                         bool *comes_first);

/*
 * cluster_front_is_open(cluster): is there an administrator for whom the web front lets the API's
 * requests pass?
 */
bool cluster_front_is_open(const struct cluster *cluster);

/*
 * cluster_need_admins(db, cluster, error): false with ERROR_DATABASE, "database-empty", where there
 * is not one.
 */
bool cluster_need_admins(const struct db *db, const struct cluster *cluster, struct error *error);

/*
 * cluster_earlier(db, admin, other, error): does a document that comes before admin's carry the
 * same token? *other is then its username, printable, to end with mem_free().
 */
bool cluster_earlier(struct db *db, const struct admin *admin, char **other, struct error *error);

/*
 * cluster_nonce_seen(db, token, nonce, seen, error): has the server stored this nonce, that is,
 * accepted the signature?
 */
bool cluster_nonce_seen(struct db *db, const char *token, const char *nonce, bool *seen,
                        struct error *error);

#endif
