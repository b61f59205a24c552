/* SPDX-License-Identifier: MIT */
/*
 * revoke.h - the end of a temporary administrator, who is never the last enabled super user.
 */
#ifndef PRITUNL_REVOKE_H
#define PRITUNL_REVOKE_H

#include <stdbool.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"

/*
 * revoke_admin(db, admin, pins_pair, error)
 *
 * Delete it as mark_remove() does. Where it is an enabled super user, look again afterwards, since
 * others may have been deleted at the same moment: with no other one left it is put back as it was.
 *
 *   ERROR_REFUSED   it is the last enabled super user, and it stands
 *   ERROR_DATABASE  also where it is gone and could not be looked after, or put back: said so
 *   and the errors of mark_remove()
 */
bool revoke_admin(struct db *db, const struct admin *admin, bool pins_pair, struct error *error);

#endif
