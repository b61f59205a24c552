/* SPDX-License-Identifier: MIT */
/*
 * pairs.h - names and values that were read from a text, and the small steps of reading one.
 */
#ifndef FORMAT_PAIRS_H
#define FORMAT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct pair {
    char *name;
    char *value;
};

struct pairs {
    struct pair *items; /* in the order of the text */
    size_t count;
};

/* pairs_add(pairs, name, length, value): length bytes of name are copied; value is taken over. */
void pairs_add(struct pairs *pairs, const char *name, size_t length, char *value);

/* pairs_get(pairs, name): the value of the last pair of that name, or NULL; owned by pairs. */
const char *pairs_get(const struct pairs *pairs, const char *name);

void pairs_clear(struct pairs *pairs);

/*
 * The steps: each looks at the text behind *at, and where it finds what it is for, moves *at behind
 * that and returns true; else *at stays. Lines may end with CR LF.
 */

/* scan_text(at, word): exactly word. */
bool scan_text(const char **at, const char *word);

/* scan_blanks(at): spaces and tabs, also none of them. */
void scan_blanks(const char **at);

/* scan_end(at): blanks, then the end of the line or of the text. */
bool scan_end(const char **at);

/* scan_name(at, name, length): a variable's name, and how long it is; it is not copied. */
bool scan_name(const char **at, const char **name, size_t *length);

/*
 * scan_plain(at, value): characters that mean the same to every reader, at least one; appended to
 * value.
 */
bool scan_plain(const char **at, struct buf *value);

/*
 * scan_empty(at, comments): empty lines, and those whose first character beside blanks is one of
 * comments. True also for none.
 */
void scan_empty(const char **at, const char *comments);

/*
 * scan_assignments(text, scan, pairs)
 *
 * A whole text of assignments, a line each: scan reads one, but for its end, and appends to value.
 * Empty lines and those that begin with # are skipped. False, and pairs hold what came before,
 * where something else stands there.
 */
typedef bool scan_assignment(const char **at, const char **name, size_t *length, struct buf *value);
bool scan_assignments(const char *text, scan_assignment *scan, struct pairs *pairs);

/* is_plain_text(value): would scan_plain take all of it? */
bool is_plain_text(const char *value);

#endif
