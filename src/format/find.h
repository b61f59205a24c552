/* SPDX-License-Identifier: MIT */
/*
 * find.h - the one credential in what was read, or why there is none.
 */
#ifndef FORMAT_FIND_H
#define FORMAT_FIND_H

#include <stdbool.h>

#include "base/error.h"
#include "format/pairs.h"
#include "format/sets.h"
#include "pritunl/access.h"

struct wanted {
    const struct sets *names;  /* looked for before all known sets; or NULL */
    bool only;                 /* under these names alone */
    const char *administrator; /* whose document, where there are several; or NULL */
    bool own_url;              /* the set's own name of the URL counts before what others call it */
    bool no_url;               /* no URL is looked for */
};

/*
 * find_credential(wanted, where, pairs, access, error)
 *
 * Token and secret come from one set and one object, never half and half; the URL is the one that
 * stands there, or in the whole text, under any set's name. The fields of an administrator's
 * document are looked for last. where names the place in errors, which name lines and names and
 * never a value.
 *
 * On true *access is a new pair, owned by the caller. On false it is NULL:
 *   ERROR_NOT_FOUND  no whole pair: cause "token-unknown" or "secret-missing"
 *   ERROR_AMBIGUOUS  two that differ, or two URLs: the message lists them
 *   ERROR_UNUSABLE   a wanted value that cannot be taken as it stands there
 */
bool find_credential(const struct wanted *wanted, const char *where, const struct pairs *pairs,
                     struct access **access, struct error *error);

/* find_is_wanted(names, name): could name be one of a credential's, or its URL's? names or NULL. */
bool find_is_wanted(const struct sets *names, const char *name);

/* find_holds(names, pairs): is a token or a secret among them, readable or not? */
bool find_holds(const struct sets *names, const struct pairs *pairs);

#endif
