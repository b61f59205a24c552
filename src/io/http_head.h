/* SPDX-License-Identifier: MIT */
/*
 * http_head.h - the header lines of an answer, as they came.
 */
#ifndef IO_HTTP_HEAD_H
#define IO_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * http_head_line(line, size, name, length): the value of that header line, without the blanks
 * around it; NULL where the line has another name. Names are compared without regard to case.
 */
const char *http_head_line(const char *line, size_t size, const char *name, size_t *length);

/* http_head_says(head, name, words): does a header of that name hold these words, in any case? */
bool http_head_says(const struct buf *head, const char *name, const char *words);

/* http_head_number(head, name): the whole number that the first such header is, or -1. */
long http_head_number(const struct buf *head, const char *name);

#endif
