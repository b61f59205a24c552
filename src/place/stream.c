/* SPDX-License-Identifier: MIT */
#include "place/stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file_replace.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"

#define PIECE ((size_t)64 * 1024)

struct stream {
    char *path; /* NULL: standard output */
    int fd;
    struct buf kept; /* not yet written */
    size_t written;
};

bool stream_open(const char *path, struct stream **stream, struct error *error)
{
    bool is_stdout = text_equal(path, "-");
    int fd = STDOUT_FILENO;

    *stream = NULL;
    if (!is_stdout && !file_beside(path, &fd, error))
        return false;
    *stream = mem_zero(1, sizeof **stream);
    **stream = (struct stream){
        .path = is_stdout ? NULL : mem_text(path), .fd = fd, .kept = BUF_EMPTY(PIECE)};
    return true;
}

static bool write_out(struct stream *stream, const char *bytes, size_t length, struct error *error)
{
    if (stream->path == NULL)
        return term_write(stream->fd, bytes, length, error);
    while (length > 0) {
        ssize_t written = write(stream->fd, bytes, length);

        if (written < 0 && errno != EINTR)
            return error_set(error, ERROR_OUTPUT, "%s: %s", stream->path, strerror(errno));
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
            stream->written += (size_t)written;
        }
    }
    return true;
}

bool stream_flush(struct stream *stream, struct error *error)
{
    bool done = write_out(stream, buf_text(&stream->kept), stream->kept.length, error);

    stream->kept.length = 0;
    return done;
}

bool stream_add(struct stream *stream, const char *bytes, size_t length, struct error *error)
{
    if (stream->kept.length + length > PIECE && !stream_flush(stream, error))
        return false;
    return length > PIECE ? write_out(stream, bytes, length, error)
                          : buf_add(&stream->kept, bytes, length);
}

bool stream_close(struct stream *stream, bool *changed, struct error *error)
{
    static const struct file_attributes private = {0600, FILE_OWNER_UNCHANGED,
                                                   FILE_GROUP_UNCHANGED};

    *changed = true;
    if (!stream_flush(stream, error))
        return false;
    return stream->path == NULL ||
           file_replace_from(stream->path, stream->fd, stream->written, &private, changed, error);
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->path != NULL)
        close(stream->fd);
    buf_free(&stream->kept);
    mem_free(stream->path);
    mem_free(stream);
}
