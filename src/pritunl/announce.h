/* SPDX-License-Identifier: MIT */
/*
 * announce.h - tell Pritunl's consoles, and its audit log, what was changed.
 *
 * The event that makes open consoles read the administrators again, and with auditing "all" a line
 * about the administrator. Nothing depends on it: what cannot be said is warned about. With
 * redis_uri or secondary_mongodb_uri set the event's bus is not in this database: left out, and
 * said so.
 */
#ifndef PRITUNL_ANNOUNCE_H
#define PRITUNL_ANNOUNCE_H

#include "io/db.h"
#include "pritunl/admin.h"
#include "pritunl/change.h"
#include "pritunl/server.h"

/* announce_changed(db, server, change): what was changed, by the fields' names. */
void announce_changed(struct db *db, const struct server *server, const struct change *change);

/* announce_leased(db, server, admin, label, made): a temporary one was made, or deleted. */
void announce_leased(struct db *db, const struct server *server, const struct admin *admin,
                     const char *label, bool made);

/* announce_changed(db, server, change): what was changed, by the fields' names. */
void announce_changed(struct db *db, const struct server *server, const struct change *change);

/*
 * announce_leased(db, server, admin, label, made): a temporary administrator was made, or deleted.
 */
void announce_leased(struct db *db, const struct server *server, const struct admin *admin,
                     const char *label, bool made);

#endif
