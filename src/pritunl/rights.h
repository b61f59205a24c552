/* SPDX-License-Identifier: MIT */
/*
 * rights.h - what the database user of this connection may do.
 */
#ifndef PRITUNL_RIGHTS_H
#define PRITUNL_RIGHTS_H

#include "io/db.h"

enum rights {
    RIGHTS_UNKNOWN,  /* it could not be asked */
    RIGHTS_NO_LOGIN, /* the database asks for none */
    RIGHTS_UNSAID,   /* it does not say what the user may do */
    RIGHTS_READ,
    RIGHTS_WRITE
};

/*
 * rights_read(db): ask. rights_of(answer, name): the same of an answer to queries/privileges.json,
 * for the database of that name.
 */
enum rights rights_read(struct db *db);
enum rights rights_of(const struct db_document *answer, const char *name);

#endif
