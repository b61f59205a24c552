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
 * answer_wrap(text, width, out): its lines, each printable, and broken between words where it is
 * longer than width (term_width()). answer_prose(text, error): as answer_text, so broken.
 */
void answer_wrap(const char *text, size_t width, struct buf *out);
bool answer_prose(struct buf *text, struct error *error);

/*
 * answer_attempt(attempt, used, width, out): a command that mends it, as it is to be typed here:
 * behind sudo, if that began us. used columns of its line are taken; width is term_width()'s.
 */
void answer_attempt(const char *attempt, size_t used, size_t width, struct buf *out);

/*
 * answer_ready(error): before something is written to the database: can the answer be written?
 * ERROR_OUTPUT where it is known that it cannot.
 */
bool answer_ready(struct error *error);

/*
 * answer_error(error): {"error": {"kind", "message", "try"}} as a value to print.
 * answer_error_lines(error): what happened, and what mends it, on standard error.
 * answer_before_signal(error): likewise, with what was done, where a signal that was held back ends
 * us at its release, and main will not come to say it.
 */
struct json *answer_error(const struct error *error);
void answer_error_lines(const struct error *error);
void answer_before_signal(const struct error *error);

#endif
