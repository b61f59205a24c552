/* SPDX-License-Identifier: MIT */
/*
 * database.h - which database, and opening it.
 */
#ifndef PLACE_DATABASE_H
#define PLACE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "io/db.h"

struct database_config {
    const char *uri; /* or NULL */
    /* or NULL; "-" is standard input. Of uri and uri_file at most one is given */
    const char *uri_file;
    const char *pritunl_conf; /* Pritunl's own configuration, read where neither is given */
    /* of the collections; NULL: what pritunl_conf says, where it is read, else none */
    const char *prefix;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/*
 * database_open(config, db, on_host, error)
 *
 * Open the database that config names. *on_host says whether it was Pritunl's own configuration
 * that named it: this machine then is a host of the cluster. Warns about a URI that others may read
 * and about a connection that is not encrypted.
 *
 *   ERROR_USAGE      no database is named, a file cannot be read or trusted, the URI is malformed
 *   ERROR_DATABASE   as db_open says
 */
bool database_open(const struct database_config *config, struct db **db, bool *on_host,
                   struct error *error);

/*
 * database_named(config, uri, from, prefix, error)
 *
 * Which database that would be, without asking it: its URI as it stands there, secrets and all,
 * who names it (NULL: config itself), and the prefix; new strings. What could only come from
 * standard input is not read: *uri is NULL then. ERROR_USAGE as above.
 */
bool database_named(const struct database_config *config, char **uri, char **from, char **prefix,
                    struct error *error);

/*
 * database_journal(pritunl_conf): where the Pritunl of that configuration keeps its journal
 * (api/journal.h); a new string.
 */
char *database_journal(const char *pritunl_conf);

#endif
