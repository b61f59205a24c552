/* SPDX-License-Identifier: MIT */
/*
 * output.h - text to standard output or into a private file.
 */
#ifndef PLACE_OUTPUT_H
#define PLACE_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file_replace.h"

struct output_config {
    const char *path;  /* "-" is standard output */
    const char *mode;  /* octal, as text; NULL: 0600 */
    const char *owner; /* name or number; NULL: ours */
    const char *group;
};

/*
 * output_attributes(config, attributes, error): the texts as numbers; ERROR_USAGE where they are
 * none, or name nobody.
 */
bool output_attributes(const struct output_config *config, struct file_attributes *attributes,
                       struct error *error);

/* output_is_stdout(config) */
bool output_is_stdout(const struct output_config *config);

/*
 * output_write(config, content, changed, error): *changed is true for standard output. ERROR_USAGE
 * as above, ERROR_OUTPUT.
 */
bool output_write(const struct output_config *config, const struct buf *content, bool *changed,
                  struct error *error);

/*
 * output_fits_terminal(content, error): nothing in it would be obeyed by the terminal that standard
 * output is, if it is one; else ERROR_OUTPUT. output_write asks it.
 */
bool output_fits_terminal(const struct buf *content, struct error *error);

/*
 * output_holds_only(path, names, error)
 *
 * Would nothing be lost if the file at path were replaced: is it missing, empty, or a credential
 * file under no other names than those that are known (format/names.h; names is the setting)?
 * ERROR_OUTPUT names the others.
 */
bool output_holds_only(const char *path, const char *names, struct error *error);

/*
 * output_differs(path, content, differs, error): compare without writing; a missing file differs.
 * ERROR_USAGE: cannot be read.
 */
bool output_differs(const char *path, const struct buf *content, bool *differs,
                    struct error *error);

/*
 * output_append(path, content, error): append to a file that others write lines to; its last line
 * is ended first. ERROR_OUTPUT.
 */
bool output_append(const char *path, const struct buf *content, struct error *error);

#endif
