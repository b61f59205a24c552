/* SPDX-License-Identifier: MIT */
/*
 * dump_value.h - what a document holds, as the API would tell it. For dump_database.c.
 */
#ifndef PRITUNL_DUMP_VALUE_H
#define PRITUNL_DUMP_VALUE_H

#include "io/db.h"
#include "io/json.h"

/* dump_value(value): texts, numbers, truths, ids and lists of these; null for anything else. */
struct json *dump_value(const struct db_value *value);

/* dump_object(document, fields): these fields; id is the document's _id. */
struct json *dump_object(const struct db_document *document, const char *const *fields);

/*
 * dump_whole(document): all of it but _id, dates as ISO 8601; NULL where something in it has no
 * JSON.
 */
struct json *dump_whole(const struct db_document *document);

#endif
