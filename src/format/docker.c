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

static size_t line_length(const char *line)
{
    size_t length = strcspn(line, "\n");

    return length > 0 && line[length - 1] == '\r' ? length - 1 : length;
}

/* Only a text with our mark in it; without one, dotenv.c reads docker's lines. */
bool docker_decode(const char *text, struct pairs *pairs)
{
    const char *at = text;
    bool marked = false;
    bool literal = false;

    for (; *at != '\0'; at += *at == '\n') {
        const char *name = NULL;
        size_t length = 0;

        if (text_starts(at, MARK)) {
            marked = true;
            literal = true;
        } else if (scan_name(&at, &name, &length) && scan_text(&at, "=")) {
            struct pair *pair = pairs_add(pairs, name, length, mem_copy(at, line_length(at)));

            pair->at = name;
            if (!literal && !is_plain_text(pair->value))
                pair->fault = "quotes and other signs are a part of it for docker: other readers "
                              "take it otherwise";
            literal = false;
        } else {
            const char *line = at;

            scan_blanks(&line);
            pairs->foreign = pairs->foreign || (*line != '#' && !scan_end(&line));
        }
        at += strcspn(at, "\n");
    }
    pairs_number(pairs, text);
    return marked || pairs_fail(pairs, "no file that says that it is docker's");
}
