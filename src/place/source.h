/* SPDX-License-Identifier: MIT */
/*
 * source.h - where an administrator's API token and secret come from, other than Pritunl's database
 * (database.h).
 *
 * A source finds one pair and hands it over; it does not judge whether the server accepts it
 * (api/verify.h) nor where it goes next (sink/). It needs no database.
 */
#ifndef PLACE_SOURCE_H
#define PLACE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/pairs.h"
#include "format/sets.h"
#include "pritunl/access.h"

struct source_config {
    /*
     * "env", "env:NAMES", "file:PATH", "aws:SECRET_ID", "command:PROGRAM ARG…", "command:[JSON
     * array]"
     */
    const char *where;
    const char *names;         /* names that are looked for before all known ones; or NULL */
    const char *administrator; /* whose pair, where documents of several stand there; or NULL */
    bool url_given;            /* the URL that is stored there is not wanted */
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/* source_is_database(where): is it "mongodb"? */
bool source_is_database(const char *where);

/*
 * source_shown(where): as people may read it, a new string: of a program its name alone, since an
 * argument may be a secret.
 */
char *source_shown(const char *where);

/*
 * source_check(where, error): is it one of those above, or mongodb? ERROR_USAGE; nothing is read.
 */
bool source_check(const char *where, struct error *error);

/*
 * source_read(config, found, error)
 *
 * Obtain one token and secret from config->where, and the URL that is stored with them, where there
 * is one. Reads the environment, a file, AWS or a program's output; changes none.
 *
 * On true, *found is a new pair owned by the caller, to end with access_free(); its token and
 * secret are such that requests can be signed with them, its url_from names the source. On false,
 * *found is NULL and error says why:
 *   ERROR_NOT_FOUND  there is no such pair there: cause "token-unknown" or "secret-missing"
 *   ERROR_AMBIGUOUS  two pairs or two URLs that differ
 *   ERROR_UNUSABLE   something is there, but it is not a usable pair; or a program failed
 *   ERROR_USAGE      a file cannot be read or trusted, a program cannot be run, AWS's settings are
 *                    incomplete
 *   ERROR_DATABASE   AWS cannot be reached (cause "source-unreachable") or refuses us
 *                    ("source-refused")
 * No text placed in error contains any part of the secret.
 */
bool source_read(const struct source_config *config, struct access **found, struct error *error);

/* ---- the sources, one a file: fill pairs; false as above ---- */

struct place {
    const char *rest; /* of where, behind the colon */
    const struct sets *names;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
    bool silent; /* says nothing of who may read it: it is to be compared, not used */
};

/*
 * source_value(name, text): what is the whole of a variable or a file: a new string, without the
 * line break at its end, which is its file's. Quotation marks and blanks around it may be meant,
 * and mostly are not: a warning names them.
 */
char *source_value(const char *name, const char *text);

bool source_file(const struct place *place, struct pairs *pairs, struct error *error);
bool source_command(const struct place *place, struct pairs *pairs, struct error *error);
bool source_aws(const struct place *place, struct pairs *pairs, struct error *error);

#endif
