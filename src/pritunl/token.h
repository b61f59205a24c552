/* SPDX-License-Identifier: MIT */
/*
 * token.h - what the database knows of one token now: who holds it, and which nonces it was used
 * with.
 */
#ifndef PRITUNL_TOKEN_H
#define PRITUNL_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"

/* token_is_taken(db, token, taken, error): does an administrator have it? ERROR_DATABASE. */
bool token_is_taken(struct db *db, const char *token, bool *taken, struct error *error);

/*
 * token_is_earlier(db, admin, other, error): does a document that comes before admin's carry the
 * same token? *other is then its username, printable, to end with mem_free(). False with error set
 * where that cannot be asked: error is cleared before.
 */
bool token_is_earlier(struct db *db, const struct admin *admin, char **other, struct error *error);

/*
 * token_nonce_is_seen(db, token, nonce, seen, error): has the server stored this nonce, that is,
 * accepted the signature? ERROR_DATABASE.
 */
bool token_nonce_is_seen(struct db *db, const char *token, const char *nonce, bool *seen,
                         struct error *error);

/*
 * token_last_use(db, token, wall_ms, error): when the server took a signature with it last; -1
 * where it did not within the 24 hours that nonces are kept. ERROR_DATABASE.
 */
bool token_last_use(struct db *db, const char *token, int64_t *wall_ms, struct error *error);

#endif
