/* SPDX-License-Identifier: MIT */
/*
 * renew.h - new tokens and secrets in a change.
 */
#ifndef STEP_RENEW_H
#define STEP_RENEW_H

#include <stdbool.h>

#include "base/error.h"
#include "pritunl/change.h"

/*
 * renew_pair(db, change, error)
 *
 * Set token and secret to new random ones, 32 of [A-Za-z0-9] as Pritunl makes them; the token is
 * one that no administrator has. ERROR_DATABASE where that cannot be asked.
 */
bool renew_pair(struct db *db, struct change *change, struct error *error);

/*
 * renew_where_unusable(db, admin, change, error): the same where the pair is missing, unusable or
 * an earlier administrator's.
 */
bool renew_where_unusable(struct db *db, const struct admin *admin, struct change *change,
                          struct error *error);

#endif
