/* SPDX-License-Identifier: MIT */
/*
 * record.h - undo records: what a writing command is about to change, kept in a private file before
 * it does.
 *
 * They hold old and new secrets, since that is what an undo puts back. They lie in
 * $STATE_DIRECTORY, else $XDG_STATE_HOME/pritunl-access, else ~/.local/state/pritunl-access (0700),
 * one file (0600) a change: undo-ID.json.
 */
#ifndef PRITUNL_RECORD_H
#define PRITUNL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/change.h"

struct record {
    char *id; /* with its number, by which they are ordered */
    char *path;
    int64_t time_ms;
    char *command; /* what made the change */
    char *place;   /* "database/prefix": a record is only undone in the database that it is of */
    struct change *change;
};

/* record_place(db, prefix): what place of this database is; a new string. */
char *record_place(const struct db *db);

/*
 * record_save(change, place, id, error)
 *
 * Write the record and fsync file and directory; *id is a new string. ERROR_OUTPUT where no state
 * directory can be written: nothing must be changed then.
 */
bool record_save(const struct change *change, const char *place, char **id, struct error *error);

/*
 * record_list(place, records, count, error)
 *
 * All readable records of that place, oldest first; what is no record of ours is passed over with a
 * warning that says why. The array and its records are the caller's, to end with
 * record_list_free(). No state directory is no record.
 */
bool record_list(const char *place, struct record **records, size_t *count, struct error *error);
void record_list_free(struct record *records, size_t count);

/*
 * record_purge(records, found, count, error): delete what record_list() found; *count says how many
 * were there still. ERROR_OUTPUT.
 */
bool record_purge(const struct record *records, size_t found, size_t *count, struct error *error);

/* record_names(change, names): the written fields as "a, b"; a new string. */
char *record_names(const struct change *change);

#endif
