/* SPDX-License-Identifier: MIT */
/*
 * file.h - reading files that we are about to trust.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * file_variable(name): the absolute path in this environment variable; NULL where it is unset or
 * empty, and, with a warning, where it is relative: such a one would mean another place in every
 * directory.
 */
const char *file_variable(const char *name);

/* file_wait_at_most(ms): how long a pipe that is named as a file is read; by itself, a minute. */
void file_wait_at_most(int64_t ms);

/*
 * file_expand(path): path with a leading "~/" replaced by $HOME/; a new string, to end with
 * mem_free().
 */
char *file_expand(const char *path);

/*
 * file_read(path, content, error)
 *
 * Read the whole file (content->max is the limit) into content, which the caller frees. "-" is
 * standard input. A regular file is refused that others than its owner may write (a private group
 * is nobody else, see owner.h), or that belongs to neither us, nor him who began us by sudo, nor
 * root, or that lies where everybody may write: it could name hosts. Pipes and standard input are
 * taken as they are; a pipe has to come to its end in time (file_wait_at_most).
 *
 *   ERROR_USAGE  missing, unreadable, too large, a directory, or refused as said; error->text names
 *                the path
 *
 * Where exposed is not NULL, *exposed says whether group or others may read the file (the caller
 * warns if it held a secret).
 */
bool file_read(const char *path, struct buf *content, bool *exposed, struct error *error);

/*
 * file_read_own(path, content, exposed, error): the same for what could name programs, which root
 * must not run because somebody else wrote them there: a file of him who said sudo is refused, too.
 */
bool file_read_own(const char *path, struct buf *content, bool *exposed, struct error *error);

/*
 * file_read_any(path, content, error): the same for what names neither, a request's body say,
 * whoever may write to the file.
 */
bool file_read_any(const char *path, struct buf *content, struct error *error);

/* file_exists(path): something is there (a symbolic link to nothing counts as nothing). */
bool file_exists(const char *path);

#endif
