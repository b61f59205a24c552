/* SPDX-License-Identifier: MIT */
/*
 * announce.h - tell Pritunl's consoles, and its audit log, what was changed.
 */
#ifndef PRITUNL_ANNOUNCE_H
#define PRITUNL_ANNOUNCE_H

#include "io/db.h"
#include "pritunl/server.h"

/*
 * announce(db, server, id, type, message)
 *
 * The event that makes open consoles read the administrators again, and with auditing "all" a line
 * about the administrator whose _id is id (type "admin_updated" or "admin_created"). Nothing
 * depends on it: what cannot be said is warned about. With redis_uri or secondary_mongodb_uri set
 * the event's bus is not in this database: left out, and said so.
 */
void announce(struct db *db, const struct server *server, struct db_value id, const char *type,
              const char *message);

#endif
