/* SPDX-License-Identifier: MIT */
/*
 * edit.h - the changes that are made to an administrator, each built whole: what is written, and
 * what the decision to write it rests on.
 *
 * Not for writing them (change.h), nor for asking anybody whether they may be.
 */
#ifndef PRITUNL_EDIT_H
#define PRITUNL_EDIT_H

#include <stdbool.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"
#include "pritunl/change.h"

/* Each of these returns a new change, to end with change_free(), or NULL with error. */

/*
 * edit_enable(db, admin, renews, error): auth_api true; a new pair where renews says so, or the one
 * that is there is missing, unusable, or an earlier administrator's. ERROR_DATABASE.
 */
struct change *edit_enable(struct db *db, const struct admin *admin, bool renews,
                           struct error *error);

/*
 * edit_renew(db, admin, command, error): a new token, which nobody has, and a new secret, 32 of
 * [A-Za-z0-9] each, as Pritunl makes them. command is what the change is called by. ERROR_DATABASE.
 */
struct change *edit_renew(struct db *db, const struct admin *admin, const char *command,
                          struct error *error);

/* edit_disable(db, admin, erases, error): auth_api false, and with erases a new pair, too. */
struct change *edit_disable(struct db *db, const struct admin *admin, bool erases,
                            struct error *error);

/*
 * edit_take_over(admin, other): admin gets the pair of other, which can sign, while its own pair
 * and its auth_api are what was read. Never fails.
 */
struct change *edit_take_over(const struct admin *admin, const struct admin *other);

/*
 * edit_recover(db, admin, error): nothing is changed yet, but what the console's login rests on is
 * read, which is in no snapshot. ERROR_NOT_FOUND, ERROR_DATABASE.
 */
struct change *edit_recover(struct db *db, const struct admin *admin, struct error *error);

struct edit_recovery {
    const char *password; /* the new one, UTF-8 */
    bool clear_otp;
    bool clear_yubikey;
    bool enable_account;
};

/*
 * edit_set_recovery(change, recovery, error): a change that edit_recover() has begun: the password,
 * the end of the first one and of all sessions, and what else is asked for. What says nothing
 * already stays as it is. ERROR_OUTPUT where no password can be hashed.
 */
bool edit_set_recovery(struct change *change, const struct edit_recovery *recovery,
                       struct error *error);

#endif
