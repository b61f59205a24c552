/* SPDX-License-Identifier: MIT */
/*
 * license.h - the cluster's licence key, which nothing else reads.
 */
#ifndef PRITUNL_LICENSE_H
#define PRITUNL_LICENSE_H

#include "base/error.h"
#include "io/db.h"

/*
 * license_read(db, error): asked for by a query of its own; a new string. NULL with ERROR_UNUSABLE
 * where none stands there, or what db_query() says.
 */
char *license_read(struct db *db, struct error *error);

#endif
