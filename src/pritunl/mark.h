/* SPDX-License-Identifier: MIT */
/*
 * mark.h - temporary administrators (leases) as documents: how they are made, told from all others,
 * and deleted.
 *
 * One is marked by a sub-document of ours, pritunl_access: {label, issuer, issued_at, expires_at},
 * which Pritunl keeps as it is (it writes its own field names only). Whatever lacks one of the
 * four, or holds one as another type, is no administrator of ours. Not for asking the API, nor
 * anybody (step/lease.h).
 */
#ifndef PRITUNL_MARK_H
#define PRITUNL_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/admin.h"

#define MARK_FIELD "pritunl_access"
#define MARK_LABEL_MAX 200 /* characters */

struct mark {
    char *label;
    char *issuer;
    /* hex _id of the administrator whose pair it is to replace (rotate --overlap); or NULL */
    char *replaces;
    int64_t issued_ms; /* wall clock */
    int64_t expires_ms;
};

/*
 * mark_read(document, mark): is it one of ours? mark (may be NULL) is then the caller's, to
 * end with mark_clear().
 */
bool mark_read(const struct db_document *document, struct mark *mark);
void mark_clear(struct mark *mark);

/*
 * mark_is_same(one, other): is it the same one still, with the same pair, and as usable as it
 * was?
 */
bool mark_is_same(const struct admin *one, const struct admin *other);

/*
 * mark_lifetime(text, lifetime_ms, error): a whole number and one of s m h d y (365 days);
 * without a unit seconds; 0 is ten years. ERROR_USAGE for anything else, and beyond a hundred
 * years.
 */
bool mark_lifetime(const char *text, int64_t *lifetime_ms, struct error *error);

/*
 * mark_label(label, error): not blank, no comma, no control character, UTF-8, at most
 * MARK_LABEL_MAX characters; ERROR_USAGE.
 */
bool mark_label(const char *label, struct error *error);

/*
 * mark_username(label): a name of [a-z0-9-] that begins with what the label begins with and ends
 * with a digest of all of it, so that the unique index on usernames keeps labels apart too; a new
 * string.
 */
char *mark_username(const char *label);

/* mark_left(issued, now_ms, text): "4 m", "3 h 20 m", "9 y 364 d", "expired". */
#define MARK_LEFT_SIZE 48
void mark_left(const struct mark *mark, int64_t now_ms, char text[MARK_LEFT_SIZE]);

struct mark_plan {
    const char *label;
    const char *issuer;
    const char *token;
    const char *secret;
    const char *replaces; /* or NULL */
    int64_t now_ms;
    int64_t lifetime_ms;
    bool super_user;
};

/*
 * mark_document(plan): the whole document with a fresh _id, every field that Pritunl's own have;
 * its password is the hash of random bytes, so that nobody can log in as it. To end with
 * db_document_free(); NULL where no hash can be made.
 */
struct db_document *mark_document(const struct mark_plan *plan);

/*
 * mark_without_pair(document): what mark_remove() and a guard of super users need of it, without
 * token, secret and password. To end with db_document_free().
 */
struct db_document *mark_without_pair(const struct db_document *document);

/*
 * mark_insert(db, document, confirmed, error): one insert; an answer that was lost is made up for
 * by reading what is there. *confirmed is false where a majority has not confirmed it in time.
 *
 *   ERROR_USAGE     the username is taken: the label is in use
 *   ERROR_DATABASE  refused, or unreachable; the text says whether it may be there
 */
bool mark_insert(struct db *db, const struct db_document *document, bool *confirmed,
                 struct error *error);

/*
 * mark_remove(db, document, pins_pair, error): delete it; the filter pins _id, username and the
 * whole sub-document, and token and secret where that is asked for. One that is gone already is
 * fine. ERROR_CONFLICT where it is another document by now; ERROR_DATABASE.
 */
bool mark_remove(struct db *db, const struct db_document *document, bool pins_pair,
                 struct error *error);

#endif
