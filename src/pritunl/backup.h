/* SPDX-License-Identifier: MIT */
/*
 * backup.h - one administrator's API access as text, to be put back later: what the file of
 * `snapshot` holds of each.
 *
 * The text is Extended JSON, so that values come back with the types that they had.
 */
#ifndef PRITUNL_BACKUP_H
#define PRITUNL_BACKUP_H

#include <stdbool.h>

#include "io/db.h"
#include "pritunl/admin.h"
#include "pritunl/change.h"

struct backup;

/* backup_text(admin): _id, username, token, secret and auth_api; a new string. */
char *backup_text(const struct admin *admin);

/*
 * backup_read(text, username): what backup_text() has written of the administrator of that name;
 * NULL where it is no such text (either may be NULL). To end with backup_free(), for which NULL is
 * fine.
 */
struct backup *backup_read(const char *text, const char *username);
void backup_free(struct backup *backup);

/* backup_was_on(backup): was auth_api exactly true? */
bool backup_was_on(const struct backup *backup);

/*
 * backup_restore(backup, admin): the change that puts it back into admin; what the backup lacks
 * stays as it is. To end with change_free(). Never fails.
 */
struct change *backup_restore(const struct backup *backup, const struct admin *admin);

#endif
