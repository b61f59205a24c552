/* SPDX-License-Identifier: MIT */
/*
 * dump_database.h - the dump of a Pritunl whose API is not asked.
 */
#ifndef PRITUNL_DUMP_DATABASE_H
#define PRITUNL_DUMP_DATABASE_H

#include <stdbool.h>

#include "base/error.h"
#include "io/db.h"
#include "pritunl/dump.h"

/*
 * dump_from_database(db, options, sink, error): the same document without the API. ERROR_USAGE for
 * links, settings and administrators, which only the API tells; ERROR_DATABASE.
 */
bool dump_from_database(struct db *db, const struct dump_options *options,
                        const struct dump_sink *sink, struct error *error);

#endif
