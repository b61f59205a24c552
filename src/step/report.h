/* SPDX-License-Identifier: MIT */
/*
 * report.h - rows of values, which are both a table for people and an array of objects for --json.
 *
 * A value has a key, a heading and what it is. Without a key (NULL) it is for the table alone,
 * without a heading for JSON alone. Keys stand in the order in which they come, headings in the
 * order in which the report was given them.
 */
#ifndef STEP_REPORT_H
#define STEP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "io/json.h"

struct report;

/*
 * report_new(headings, form): what it is to become; rows are kept in that form alone. headings are
 * NULL-terminated and static. To end with report_answer() or report_free().
 */
enum report_form {
    REPORT_TABLE,
    REPORT_JSON, /* an array that leaves while it grows */
    REPORT_ROWS  /* for report_rows() */
};
struct report *report_new(const char *const *headings, enum report_form form);
void report_free(struct report *report);

/* report_row(report): the values that follow are another row's. */
void report_row(struct report *report);

/*
 * report_text: text NULL is null, and an empty cell. report_bool: yes or no. report_list: a list of
 * texts, joined by ", " in the table. report_json: value is taken over, for JSON alone. report_int
 * likewise. What is no text for a terminal is made printable; a cell is cut at 200 columns.
 */
void report_text(struct report *report, const char *key, const char *heading, const char *text);
void report_bool(struct report *report, const char *key, const char *heading, bool value);
void report_list(struct report *report, const char *key, const char *heading,
                 const char *const *texts, size_t count);
void report_json(struct report *report, const char *key, struct json *value);
void report_int(struct report *report, const char *key, int64_t value);

/*
 * report_cells(report, out): the table, columns as wide as they must be. Where standard output is a
 * terminal it fits its width: the last columns give way, so that the first should matter most.
 */
void report_cells(struct report *report, struct buf *out);

/* report_rows(report): the array, shared, to be put into another value. */
struct json *report_rows(struct report *report);

/* report_answer(report, error): the array or the table to stdout; frees the report. */
bool report_answer(struct report *report, struct error *error);

#endif
