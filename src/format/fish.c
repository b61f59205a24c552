/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * Between single quotes fish knows two escapes, of the quote and of the backslash. It keeps characters of its own (wildcards,
 * bytes that are not UTF-8) among Unicode's noncharacters and private ones: these do not come back in every locale.
 */
static bool is_taken(uint32_t point)
{
    return (point >= 0xF600 && point <= 0xF8FF) || (point >= 0xFDD0 && point <= 0xFDEF) ||
           (point & 0xFFFE) == 0xFFFE;
}

bool fish_encode(const struct variable *variable, struct buf *out)
{
    const char *p = variable->value;
    size_t left = strlen(p);

    buf_add_format(out, "set -gx %s '", variable->name);
    while (left > 0) {
        uint32_t point = 0;
        size_t size = text_decode(p, left, &point);

        if (size == 0 || is_taken(point))
            return false;
        if (point == '\'' || point == '\\')
            buf_add_text(out, "\\");
        buf_add(out, p, size);
        p += size;
        left -= size;
    }
    return buf_add_text(out, "'\n");
}

static bool quoted(const char **at, struct buf *value)
{
    const char *p = *at + 1;

    for (; *p != '\'' && *p != '\0'; p++) {
        if (*p == '\\' && (p[1] == '\\' || p[1] == '\''))
            p++;
        buf_add(value, p, 1);
    }
    *at = *p == '\'' ? p + 1 : p;
    return *p == '\'';
}

bool fish_decode(const char *text, struct pairs *pairs)
{
    for (;;) {
        struct buf value = BUF_EMPTY(BUF_MAX);
        const char *name = NULL;
        size_t length = 0;

        scan_empty(&text, "#");
        if (*text == '\0')
            return true;
        if (!scan_text(&text, "set -gx ") || !scan_name(&text, &name, &length) ||
            !scan_text(&text, " ") ||
            !(*text == '\'' ? quoted(&text, &value) : scan_plain(&text, &value)) ||
            !scan_end(&text)) {
            buf_free(&value);
            return false;
        }
        pairs_add(pairs, name, length, buf_take(&value));
    }
}
