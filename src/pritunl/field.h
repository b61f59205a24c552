/* SPDX-License-Identifier: MIT */
/*
 * field.h - a document's field as text, where it is such that a program can hold it as a string.
 */
#ifndef PRITUNL_FIELD_H
#define PRITUNL_FIELD_H

#include "io/db.h"

/*
 * field_text(value): a copy of text that is UTF-8 and holds no NUL; NULL for anything else.
 * field_text_there(value): the text itself, in the document.
 */
char *field_text(const struct db_value *value);
const char *field_text_there(const struct db_value *value);

/*
 * field_text_fault(value): what it is where field_text() gives NULL: "absent", "null", "int" …;
 * static.
 */
const char *field_text_fault(const struct db_value *value);

#endif
