/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"

/*
 * Between single quotes fish knows two escapes, of the quote and of the backslash. It keeps
 * characters of its own (wildcards, bytes that are not UTF-8) among Unicode's noncharacters and
 * private ones: these do not come back in every locale.
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

static bool assignment(const char **at, const char **name, size_t *length, struct buf *value)
{
    return scan_text(at, "set -gx ") && scan_name(at, name, length) && scan_text(at, " ") &&
           (**at == '\'' ? quoted(at, value) : scan_plain(at, value));
}

bool fish_decode(const char *text, struct pairs *pairs)
{
    return scan_assignments(text, assignment, pairs);
}
