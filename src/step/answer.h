/* SPDX-License-Identifier: MIT */
/*
 * answer.h - how commands write their answers to standard output.
 */
#ifndef STEP_ANSWER_H
#define STEP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "io/json.h"

/*
 * answer_json(value, error): one JSON value and a newline; takes value over. answer_text(text,
 * error): text, which is emptied.
 */
bool answer_json(struct json *value, struct error *error);
bool answer_text(struct buf *text, struct error *error);

/* answer_error(error): {"error": {"kind", "message", "try"}} as a value to print. */
struct json *answer_error(const struct error *error);

/*
 * A table of text; cells are copied, made printable, and cut where one is wider than 200 columns.
 */
struct table;
struct table *table_new(size_t columns);
void table_add(struct table *table, const char *const cells[]);
/*
 * table_write(table, out): columns as wide as they must be; the first row is the heading.
 * table_free(NULL) is fine.
 */
void table_write(const struct table *table, struct buf *out);
void table_free(struct table *table);

#endif
