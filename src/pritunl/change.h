/* SPDX-License-Identifier: MIT */
/*
 * change.h - one change to one administrator's document: before, after, and a compare-and-set
 * between them.
 *
 * Not for deciding what to change (the commands do), for asking anybody (cmd/alter.h) or for
 * remembering it (record.h).
 */
#ifndef PRITUNL_CHANGE_H
#define PRITUNL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"

#define CHANGE_FIELDS_MAX 16

struct change_field {
    char *name;
    bool pin_only; /* the decision rests on it; it is not written */
    bool blind; /* neither pinned nor compared nor undone, but written along; pin_only is set too */
};

struct change {
    const char *command; /* "rotate" …; a string constant */
    char *administrator; /* username as stored; "" where it is no text */
    /* _id and each of the fields, as they were read; absent ones are absent */
    struct db_document *before;
    struct db_document *after; /* the same with their new values */
    struct change_field fields[CHANGE_FIELDS_MAX];
    size_t count;
};

/*
 * change_new(command, administrator, before): nothing changes yet. before is a document that holds
 * _id; copied. To end with change_free(), for which NULL is fine.
 */
struct change *change_new(const char *command, const char *administrator,
                          const struct db_document *before);
void change_free(struct change *change);

/*
 * change_set(change, name, value): name becomes value (DB_ABSENT: is removed). A value that is
 * there already changes nothing.
 */
void change_set(struct change *change, const char *name, struct db_value value);

/* change_pin(change, name): apply only while name is what was read. */
void change_pin(struct change *change, const char *name);

/*
 * change_blind(change, name, value): write it along with the others, whatever it is by then
 * (sessions come and go). It is no part of what is compared, recorded or undone.
 */
void change_blind(struct change *change, const char *name, struct db_value value);

/*
 * change_is_empty(change): nothing is to be written. change_writes(change, name): is name written?
 */
bool change_is_empty(const struct change *change);
bool change_writes(const struct change *change, const char *name);

/* change_renews_token(change): is a token written, so that the old one stops working? */
bool change_renews_token(const struct change *change);

/* change_opens_access(change): is API access turned on, or an account enabled? */
bool change_opens_access(const struct change *change);

/*
 * change_overwrites_secret(change): is a value lost that nobody can make again: a token, secret or
 * password that is there?
 */
bool change_overwrites_secret(const struct change *change);

/*
 * change_ends_access(change, admin): does whoever uses the administrator's pair of now lose access
 * by it, because another token or secret is written, API access turned off or the account disabled?
 */
bool change_ends_access(const struct change *change, const struct admin *admin);

/* change_reverse(change, command): a new change from after to before. */
struct change *change_reverse(const struct change *change, const char *command);

/*
 * change_match(filter, name, value): into a filter, what matches exactly this value: null, absent
 * and the types told apart.
 */
void change_match(struct db_builder *filter, const char *name, struct db_value value);

enum change_state {
    CHANGE_GONE,   /* the document is not there any more */
    CHANGE_BEFORE, /* the written fields are as they were, and so are the others that were pinned */
    CHANGE_PINNED, /* the written fields are as they were, a pinned one is not */
    CHANGE_AFTER,  /* they are as they were to become */
    CHANGE_OTHER   /* neither */
};

/*
 * change_look(db, change, state, error): read the document and compare the written fields, types
 * included. ERROR_DATABASE.
 */
bool change_look(struct db *db, const struct change *change, enum change_state *state,
                 struct error *error);

/*
 * change_apply(db, change, confirmed, error)
 *
 * Write it: one findAndModify whose filter pins _id and all fields with their types; an answer that
 * was lost is made up for by reading what is there. *confirmed is false where a majority has not
 * confirmed the write in time.
 *
 *   ERROR_CONFLICT   somebody changed one of the fields meanwhile; nothing was written
 *   ERROR_NOT_FOUND  the document is gone
 *   ERROR_DATABASE   refused, or unreachable; the text says whether something may have been written
 */
bool change_apply(struct db *db, const struct change *change, bool *confirmed, struct error *error);

/*
 * change_settle(db, change, written_ms, error)
 *
 * Pritunl saves whole documents from memory: a console save of the same moment can overwrite the
 * change (observed on 1.34 within 10 to 30 ms). Look again 200 ms after it was written (by
 * clock_monotonic_ms()); where the document is back at exactly what it was, apply once more and
 * look once more.
 *
 *   ERROR_CONFLICT   somebody else's value stands there now
 */
bool change_settle(struct db *db, const struct change *change, int64_t written_ms,
                   struct error *error);

/*
 * change_stands(db, change, error): is what was written still what stands there? A console save
 * that sets a password hashes between its reading and its writing (0.3 to 0.7 s on a busy host),
 * and overwrites whatever was written meanwhile. ERROR_CONFLICT: somebody else's value stands
 * there.
 */
bool change_stands(struct db *db, const struct change *change, struct error *error);

#endif
