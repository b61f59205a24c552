/* SPDX-License-Identifier: MIT */
/*
 * write.h - one write to the database, until it is known what became of it.
 *
 * An answer may be lost when the write was applied, and a write may match nothing since it was
 * applied before. So whatever is not a plain yes or no is followed by a look at what stands there.
 * Each write is such that it can be sent again: it matches what was read, and nothing else.
 */
#ifndef PRITUNL_WRITE_H
#define PRITUNL_WRITE_H

#include <stdbool.h>

#include "base/error.h"
#include "io/db.h"

enum write_seen {
    WRITE_SEEN_NOTHING, /* it could not be read; error says why */
    WRITE_SEEN_BEFORE,  /* it is as it was */
    WRITE_SEEN_AFTER,   /* it is as it was to become */
    WRITE_SEEN_OTHER,   /* somebody else was there */
    WRITE_SEEN_GONE
};

struct write {
    const void *what;
    enum db_outcome (*send)(struct db *db, const void *what, struct error *error);
    enum write_seen (*look)(struct db *db, const void *what, struct error *error);
};

enum write_end {
    WRITE_DONE,
    WRITE_REFUSED, /* nothing was written; error says why */
    /*
     * nobody knows: it could not be read again, or what may have been written is there no more;
     * error says why
     */
    WRITE_UNKNOWN,
    WRITE_CONFLICT, /* nothing was written: somebody else was there; error is empty */
    WRITE_GONE      /* likewise: it is not there any more */
};

/*
 * write_until_known(db, write, confirmed, error): send it, and look where that says nothing; at
 * most twice. *confirmed is false where a majority has not confirmed it in time. After WRITE_DONE
 * the caller takes ENDING_WRITE away (base/ending.h), or says what was done.
 */
enum write_end write_until_known(struct db *db, const struct write *write, bool *confirmed,
                                 struct error *error);

#endif
