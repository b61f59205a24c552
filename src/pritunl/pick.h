/* SPDX-License-Identifier: MIT */
/*
 * pick.h - which administrator is meant.
 */
#ifndef PRITUNL_PICK_H
#define PRITUNL_PICK_H

#include "pritunl/snapshot.h"

/*
 * pick_admin(snapshot, db, username, error)
 *
 * The administrator that is meant: of that username; where it is NULL, the only one with API access
 * on, else the only one there is, temporary ones left out. Where the snapshot was read for one name
 * and nobody has it, db is asked who else there is. NULL with
 *   ERROR_NOT_FOUND  nobody has this name; the text lists those there are
 *   ERROR_AMBIGUOUS  two documents carry the name, or the choice is not clear; the names are listed
 *   ERROR_DATABASE   as snapshot_read says
 */
const struct admin *pick_admin(const struct snapshot *snapshot, struct db *db, const char *username,
                               struct error *error);

#endif
