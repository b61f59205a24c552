/* SPDX-License-Identifier: MIT */
/*
 * mask.h - which parts of Pritunl's answers are secrets: tokens, passwords, private keys, one-time
 * codes, of everybody.
 *
 * Field names are judged, since the answers have many and grow new ones: better one too many than
 * one too few. A value that is null, a truth or empty is no secret and stays, so that what is set
 * can still be told from what is not.
 */
#ifndef PRITUNL_MASK_H
#define PRITUNL_MASK_H

#include <stdbool.h>

#include "io/json.h"

#define MASK_TEXT "********"
#define MASK_ANSWER_MAX ((size_t)16 * 1024 * 1024) /* what is masked must be held and parsed */

/* mask_is_secret(name): does a field of this name hold a secret? Upper and lower case are one. */
bool mask_is_secret(const char *name);

/*
 * mask_copy(value): value with each secret's text or number in place of it MASK_TEXT; its own, to
 * end with json_free().
 */
struct json *mask_copy(const struct json *value);

#endif
