/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fence.h"
#include "base/mem.h"

static bool make_room(struct buf *buf, size_t length)
{
    size_t needed = 0;
    size_t size = 0;

    if (length > buf->max || buf->length > buf->max - length) {
        buf->full = true;
        return false;
    }
    needed = buf->length + length + 1;
    if (needed <= buf->size) {
        fence_take(buf->data, buf->size);
        return true;
    }
    size = needed < 64 ? 64 : needed;
    if (size < buf->size * 2)
        size = buf->size * 2;
    buf->data = mem_grow(buf->data, size);
    buf->size = size;
    return true;
}

/* Behind the NUL. */
static void fence(const struct buf *buf)
{
    fence_put(buf->data + buf->length + 1, buf->size - buf->length - 1);
}

bool buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (length == 0)
        return true;
    if (!make_room(buf, length))
        return false;
    memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    fence(buf);
    return true;
}

bool buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    int length = 0;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !make_room(buf, (size_t)length)) {
        buf->full = true;
        return false;
    }
    va_start(arguments, format);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
    fence(buf);
    return true;
}

const char *buf_text(const struct buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    char *text = buf->data != NULL ? buf->data : mem_copy("", 0);

    buf->data = NULL;
    buf_free(buf);
    return text;
}

void buf_free(struct buf *buf)
{
    mem_free(buf->data);
    buf->data = NULL;
    buf->length = 0;
    buf->size = 0;
    buf->full = false;
}
