/* SPDX-License-Identifier: MIT */
/*
 * format.h - names and values as text that the program it is for reads back unchanged, or not at all.
 *
 * Pure: no files, no terminal. A value that a format cannot carry is refused, never approximated.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "format/names.h"

struct format {
    const char *name;
    /* Append name and value; false where the format cannot carry the value. */
    bool (*encode)(const struct variable *variable, struct buf *out);
    const char *opening; /* in front of all, between two, behind all */
    const char *between;
    const char *closing;
};

/* format_find(name): NULL where there is none. */
const struct format *format_find(const char *name);

/*
 * format_encode(format, variables, out, error)
 *
 * Append the whole text. ERROR_FORMAT where a value cannot be carried: the message names the variable and a format that can.
 */
bool format_encode(const struct format *format, const struct variables *variables, struct buf *out,
                   struct error *error);

/* The encoders, one a file. */
bool dotenv_encode(const struct variable *variable, struct buf *out);
bool sh_encode(const struct variable *variable, struct buf *out);
bool json_encode(const struct variable *variable, struct buf *out);
bool yaml_encode(const struct variable *variable, struct buf *out);

#endif
