/* SPDX-License-Identifier: MIT */
/*
 * error.h - what went wrong, as data.
 *
 * A function that can fail returns false and fills the one struct error that its caller supplies;
 * only main prints it. kind decides the exit status (error_status), cause, where there is one, is
 * what `doctor` and --json name. No text in an error ever holds a secret, a password
 * or the user part of a URI.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#include "base/cause.h"

enum error_kind {
    ERROR_NONE,
    ERROR_REFUSED,   /* 1: the answer is no */
    ERROR_USAGE,     /* 2: wrong usage or configuration */
    ERROR_DATABASE,  /* 3: the database cannot be reached, or refuses us */
    ERROR_NOT_FOUND, /* 4: no such administrator */
    ERROR_AMBIGUOUS, /* 4: more than one could be meant */
    ERROR_API,       /* 5: the API cannot be reached or trusted */
    ERROR_UNUSABLE,  /* 6: there is no usable credential */
    ERROR_OUTPUT,    /* 7: the output cannot be written */
    ERROR_FORMAT,    /* 7: the format cannot carry the value */
    ERROR_CONFLICT,  /* 8: changed by someone else meanwhile */
    ERROR_WAIT,      /* 9: a wait ran out */
    ERROR_KIND_COUNT
};

struct error {
    enum error_kind kind;
    enum cause cause;  /* narrower than kind, or CAUSE_NONE */
    char text[1024];   /* what happened: why; one line, printable */
    char attempt[512]; /* a command that mends it, or empty; printed behind "try: " */
};

/*
 * error_set(error, kind, format, ...)
 *
 * Fill error; cause and attempt are cleared, text is cut to its room and made printable (control
 * characters and broken UTF-8 become '?'). Returns false, so that a function can end with `return
 * error_set(…);`.
 */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same, for the analyzers: they do not look into error.c, and must not take its result for
 * true.
 */
static inline bool error_said(bool said)
{
    (void)said;
    return false;
}
#define error_set(...) error_said(error_set(__VA_ARGS__))

/* error_try(error, format, ...): add the command that mends it. Returns false. */
bool error_try(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* error_blame(error, cause): what is to blame. Returns false. */
bool error_blame(struct error *error, enum cause cause);

/* error_status(kind): the exit status. */
int error_status(enum error_kind kind);

/* error_kind_name(kind): "usage", "not-found" …; static. */
const char *error_kind_name(enum error_kind kind);

#endif
