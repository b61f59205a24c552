/* SPDX-License-Identifier: MIT */
/*
 * answer.h - how commands write their answers to standard output.
 */
#ifndef STEP_ANSWER_H
#define STEP_ANSWER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "io/json.h"

#define ANSWER_INDENT 2

/*
 * answer_json(value, error): one JSON value and a newline; takes value over. answer_text(text,
 * error): text, which is emptied. answer_piece(text, error): of a text that still grows: it is
 * written and emptied where it has become long.
 */
bool answer_json(struct json *value, struct error *error);
bool answer_text(struct buf *text, struct error *error);
bool answer_piece(struct buf *text, struct error *error);

/*
 * answer_ready(error): before something is written to the database: can the answer be written?
 * ERROR_OUTPUT where it is known that it cannot.
 */
bool answer_ready(struct error *error);

/* answer_error(error): {"error": {"kind", "message", "try"}} as a value to print. */
struct json *answer_error(const struct error *error);

#endif
