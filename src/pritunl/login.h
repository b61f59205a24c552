/* SPDX-License-Identifier: MIT */
/*
 * login.h - what the console asks of an administrator beside the password (doc/pritunl.md).
 */
#ifndef PRITUNL_LOGIN_H
#define PRITUNL_LOGIN_H

#include <stdbool.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/change.h"

struct login_bars {
    bool code; /* a one-time code */
    bool yubikey;
    bool disabled;
};

/*
 * login_bars(change): what bars a login by the password alone once the change is made, whose
 * document edit_recover() has read.
 */
struct login_bars login_bars(const struct change *change);

/*
 * login_clear_tries(db, document, cleared, error): forget how often a login as this administrator
 * was tried: after 30 in ten minutes even the right password is refused. *cleared: there were any.
 * ERROR_DATABASE.
 */
bool login_clear_tries(struct db *db, const struct db_document *document, bool *cleared,
                       struct error *error);

#endif
