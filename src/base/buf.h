/* SPDX-License-Identifier: MIT */
/*
 * buf.h - bytes that grow up to a maximum chosen where the buffer is made.
 *
 * The bytes are always followed by a NUL that length does not count, so data can be read as a
 * string where the content allows it. Growing wipes the block that is left behind (mem.h).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;    /* NULL while empty; else length bytes and a NUL */
    size_t length; /* bytes used */
    size_t size;   /* bytes allocated */
    size_t max; /* length never passes this; BUF_MAX where the caller has nothing smaller to say */
    bool full;  /* an append was refused because of max; nothing of it was stored */
};

#define BUF_MAX ((size_t)64 * 1024 * 1024)

#define BUF_EMPTY(limit)                                                                           \
    {                                                                                              \
        .max = (limit)                                                                             \
    }

/*
 * buf_add, buf_add_text, buf_add_format: append; false when that would pass max (then full is set
 * and the content stays).
 */
bool buf_add(struct buf *buf, const void *bytes, size_t length);
bool buf_add_text(struct buf *buf, const char *text);
bool buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* buf_text(buf): the content as a string, "" while empty; owned by buf. */
const char *buf_text(const struct buf *buf);

/*
 * buf_take(buf): hand the content over as an allocated string (never NULL); buf is empty
 * afterwards.
 */
char *buf_take(struct buf *buf);

/* buf_free(buf): wipe and release; buf may be used again. */
void buf_free(struct buf *buf);

#endif
