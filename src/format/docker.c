/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * docker's env-file: NAME=VALUE, everything behind the sign is the value. Lines are Go's: they end
 * with LF, a CR in front of it goes with it, none is longer than 64 KiB. Where other readers would
 * take a value for something else (quotes, a comment), a comment in front of it says whose file
 * this is: docker skips it, and our own reader knows.
 */
#define MARK "# docker env-file, not dotenv: the next value is all that stands behind the sign\n"
#define LINE_MAX_BYTES 65535

bool docker_encode(const struct variable *variable, struct buf *out)
{
    const char *value = variable->value;
    size_t length = strlen(value);

    if (!text_is_utf8(value, length) || strchr(value, '\n') != NULL || text_ends(value, "\r") ||
        strlen(variable->name) + length + 1 >= LINE_MAX_BYTES)
        return false;
    if (!is_plain_text(value))
        buf_add_text(out, MARK);
    return buf_add_format(out, "%s=%s\n", variable->name, value);
}

bool format_says_docker(const char **text)
{
    for (;;) {
        const char *before = *text;

        if (text_starts(before, MARK))
            return true;
        scan_blanks(text);
        if (**text == '#')
            *text += strcspn(*text, "\n");
        if (**text == '\0' || !scan_end(text))
            return false;
        if (*text == before)
            return false;
    }
}

static size_t line_length(const char *line)
{
    size_t length = strcspn(line, "\n");

    return length > 0 && line[length - 1] == '\r' ? length - 1 : length;
}

bool docker_decode(const char *text, struct pairs *pairs)
{
    for (;;) {
        bool literal = format_says_docker(&text) && scan_text(&text, MARK);
        struct buf value = BUF_EMPTY(BUF_MAX);
        const char *name = NULL;
        size_t length = 0;

        if (*text == '\0')
            return true;
        if (!scan_name(&text, &name, &length) || !scan_text(&text, "="))
            return false;
        buf_add(&value, text, line_length(text));
        text += strcspn(text, "\n");
        if ((!literal && !is_plain_text(buf_text(&value))) || !scan_end(&text)) {
            buf_free(&value);
            return false;
        }
        pairs_add(pairs, name, length, buf_take(&value));
    }
}
