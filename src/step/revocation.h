/* SPDX-License-Identifier: MIT */
/*
 * revocation.h - deleting temporary administrators, for revoke and forget.
 *
 * Not for choosing them: whoever does must have seen that each is one of ours (pritunl/mark.h).
 */
#ifndef STEP_REVOCATION_H
#define STEP_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "io/json.h"
#include "step/session.h"

struct revocation {
    const struct session *session; /* its snapshot is of everybody */
    const struct admin **chosen;   /* in the snapshot; NULL for one that stays after all */
    size_t count;
    struct json *revoked; /* usernames */
    size_t kept;          /* the last super user */
};

/*
 * revocation_init(revocation, session): nobody yet. revocation_clear(revocation): the
 * administrators stay the snapshot's.
 */
void revocation_init(struct revocation *revocation, const struct session *session);
void revocation_clear(struct revocation *revocation);

/* revocation_add(revocation, admin): this one too; nothing where it is chosen already. */
void revocation_add(struct revocation *revocation, const struct admin *admin);

/* revocation_show(revocation, out): who will be deleted, a line each. revocation_write: who was. */
void revocation_show(const struct revocation *revocation, struct buf *out);
void revocation_write(const struct revocation *revocation, bool dry_run, struct buf *out);

/*
 * revocation_check(revocation, error): ERROR_REFUSED where revocation_run() would refuse: for
 * whoever writes something else before.
 */
bool revocation_check(const struct revocation *revocation, struct error *error);

/*
 * revocation_run(revocation, dry_run, error)
 *
 * Delete and announce them, never the last enabled super user. ERROR_REFUSED where that one was
 * among them, else the errors of revoke_admin(); whatever fails then says who was deleted.
 */
bool revocation_run(struct revocation *revocation, bool dry_run, struct error *error);

#endif
