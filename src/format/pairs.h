/* SPDX-License-Identifier: MIT */
/*
 * pairs.h - names and values that were read from a text, and the small steps of reading one.
 */
#ifndef FORMAT_PAIRS_H
#define FORMAT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Who else than the reader that found it has a say in what a line means. */
enum claim {
    CLAIM_ALL,   /* every reader of such a text sees the same line */
    CLAIM_LOOSE, /* blanks beside the sign: a shell sees no assignment there */
    CLAIM_SHELL, /* export: a shell's reading counts, where it has one */
    CLAIM_MERGED /* brought in by "<<" of YAML: what stands there itself counts more */
};

struct pair {
    char *name;
    char *value;       /* NULL where fault says why it cannot be taken */
    const char *fault; /* a constant, for people */
    const char *at;    /* where it stands in the text, while that is read */
    size_t line;       /* the same as a number, from 1; 0 where that is not known */
    size_t group;      /* pairs of one object belong together; a flat text is one */
    enum claim claim;
};

struct pairs {
    struct pair *items; /* in the order of the text */
    size_t count;
    char **labels; /* of the groups: the way to the object ("data.data"), "" for the whole */
    size_t group_count;
    const char *format; /* as which the text was read */
    bool once;          /* readers do not agree on a name that stands twice */
    bool foreign;       /* something else than names and values stands there too */
    const char *fault;  /* why the text as a whole is not in the format; a constant */
};

/*
 * pairs_add(pairs, name, length, value): length bytes of name are copied; value is taken over. The
 * new pair belongs to the last group, and can be changed until the next one is added.
 */
struct pair *pairs_add(struct pairs *pairs, const char *name, size_t length, char *value);

/* pairs_fault(pairs, name, length, fault): a name whose value cannot be taken. */
struct pair *pairs_fault(struct pairs *pairs, const char *name, size_t length, const char *fault);

/* pairs_group(pairs, label): what is added from now on belongs together, and to nothing before. */
void pairs_group(struct pairs *pairs, const char *label);

/* pairs_find(items, count, name): the last of so many pairs that has that name, or NULL. */
struct pair *pairs_find(struct pair *items, size_t count, const char *name);

/* pairs_get(pairs, name): the value of the last pair of that name, or NULL; owned by pairs. */
const char *pairs_get(const struct pairs *pairs, const char *name);

/* pairs_cut(pairs, count): forget all but the first so many. */
void pairs_cut(struct pairs *pairs, size_t count);

/* pairs_number(pairs, text): turn at, which points into text and never goes back, into lines. */
void pairs_number(struct pairs *pairs, const char *text);

/* pairs_fail(pairs, fault): the text as a whole cannot be read. Returns false. */
bool pairs_fail(struct pairs *pairs, const char *fault);

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

/* is_plain_text(value): would scan_plain take all of it? */
bool is_plain_text(const char *value);

#endif
