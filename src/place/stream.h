/* SPDX-License-Identifier: MIT */
/*
 * stream.h - output that is longer than memory should be: to standard output, or into a private
 * file that is old or new.
 */
#ifndef PLACE_STREAM_H
#define PLACE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct stream;

/*
 * stream_open(path, stream, error)
 *
 * "-" is standard output, which gets what is added as it comes (in pieces of some 64 KiB). Any
 * other path is left alone until stream_close(); what is added meanwhile lies in a nameless file
 * beside it (base/file.h), mode 0600. ERROR_OUTPUT.
 */
bool stream_open(const char *path, struct stream **stream, struct error *error);

/*
 * stream_add(stream, bytes, length, error): ERROR_OUTPUT. stream_flush(stream, error): nothing is
 * kept back.
 */
bool stream_add(struct stream *stream, const char *bytes, size_t length, struct error *error);
bool stream_flush(struct stream *stream, struct error *error);

/*
 * stream_close(stream, changed, error): the last of it is out, the file in place; *changed is true
 * for standard output.
 */
bool stream_close(struct stream *stream, bool *changed, struct error *error);

/* stream_free(stream): NULL is fine. Without stream_close() before it, path is what it was. */
void stream_free(struct stream *stream);

#endif
